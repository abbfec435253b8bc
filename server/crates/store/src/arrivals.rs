//! The order in which spans arrived, as runs of one trace each.

use imbl::Vector;

/// Spans of one trace that arrived one after another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    /// The number of the first.
    pub(crate) sequence: u64,
    /// Where the trace is.
    pub(crate) slot: u32,
    /// The first one's position in the trace.
    pub(crate) at: u32,
    pub(crate) count: u32,
}

/// Every run, oldest first; some are of traces that left. Cloning costs a few pointers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Arrivals {
    runs: Vector<Run>,
    /// Runs of traces that are here.
    live: usize,
}

impl Arrivals {
    /// Appends a span; true when it begins a run.
    pub(crate) fn push(&mut self, sequence: u64, slot: u32, at: u32) -> bool {
        if let Some(last) = self.runs.back_mut()
            && last.slot == slot
            && last.sequence + u64::from(last.count) == sequence
            && last.at + last.count == at
        {
            last.count += 1;
            return false;
        }
        self.runs.push_back(Run { sequence, slot, at, count: 1 });
        self.live += 1;
        true
    }

    /// Runs that hold a span numbered above `sequence`.
    pub(crate) fn after(&self, sequence: u64) -> impl Iterator<Item = Run> {
        let found = self
            .runs
            .binary_search_by(|run| (run.sequence + u64::from(run.count)).cmp(&sequence.saturating_add(1)));
        // What ends right at `sequence` is over.
        let from = found.map_or_else(|at| at, |at| at + 1);
        self.runs.focus().narrow(from..).into_iter().copied()
    }

    /// Notes that a trace of `runs` left, and forgets such runs: at once at the front, elsewhere when they are many.
    pub(crate) fn leave(&mut self, runs: u32) {
        self.live -= runs as usize;
    }

    pub(crate) fn trim(&mut self, is_here: impl Fn(&Run) -> bool) {
        while self.runs.front().is_some_and(|run| !is_here(run)) {
            self.runs.pop_front();
        }
        if self.runs.len() > self.live + self.live / 4 + 64 {
            self.runs = self.runs.iter().filter(|run| is_here(run)).copied().collect();
        }
    }

    /// How many runs are remembered.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.runs.len()
    }

    /// How many of them are of traces that are here.
    #[cfg(test)]
    pub(crate) fn live(&self) -> usize {
        self.live
    }
}
