//! A list of traces that only grows at its end, and forgets the dead when they are many.

use std::collections::HashSet;

use imbl::Vector;

/// Dead entries that are not worth cleaning up.
const SLACK: usize = 32;

/// Traces that have something in common, by their slots. Adding is cheap, which matters most: it happens for each service and each tag
/// of each trace. May name traces that left, and one that left and came back twice.
#[derive(Clone, Debug, Default)]
pub(crate) struct Postings {
    traces: Vector<u32>,
    live: usize,
}

impl Postings {
    /// Adds a trace that is not among the live ones.
    pub(crate) fn add(&mut self, slot: u32) {
        self.traces.push_back(slot);
        self.live += 1;
    }

    /// Notes that a live trace left; `is_live` tells of the others. False when none is left.
    pub(crate) fn leave(&mut self, is_live: impl Fn(&u32) -> bool) -> bool {
        self.live = self.live.saturating_sub(1);
        if self.live > 0 && self.traces.len() > self.live + self.live / 4 + SLACK {
            let mut seen = HashSet::with_capacity(self.live);
            self.traces = self.traces.iter().filter(|id| is_live(id) && seen.insert(**id)).copied().collect();
        }
        self.live > 0
    }

    /// How many live traces there are.
    pub(crate) fn len(&self) -> usize {
        self.live
    }

    /// Candidates, some of them dead or repeated.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &u32> {
        self.traces.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_comes_and_goes_does_not_make_the_list_grow() {
        let mut postings = Postings::default();
        postings.add(1);
        for _ in 0..10_000 {
            postings.add(2);
            assert!(postings.leave(|_| true));
        }
        assert!(postings.iter().count() < 100);
        assert_eq!(postings.len(), 1);
        assert!(!postings.leave(|_| false));
    }

    #[test]
    fn the_dead_are_forgotten_once_they_are_the_majority() {
        let mut postings = Postings::default();
        (1..=1000).for_each(|id| postings.add(id));
        let mut left = 0;
        while postings.len() > 10 {
            left += 1;
            postings.leave(|id| *id > left);
        }
        assert!(postings.iter().count() <= 2 * 10 + SLACK);
        assert!((991..=1000).all(|id| postings.iter().any(|known| *known == id)));
    }
}
