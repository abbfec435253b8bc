//! Figures per key over sliding windows, whatever the keys are.

use std::{hash::Hash, sync::Arc, time::Duration};

use foldhash::fast::RandomState;
use imbl::{GenericHashMap, shared_ptr::DefaultSharedPtr};
use model::{SpanId, Timestamp, TraceId, Weight};

use crate::{
    Exemplar, Figures,
    window::{self, SLOTS, Window},
};

/// The window that [`Aggregates::default`] keeps.
const DEFAULT_WINDOW: Duration = Duration::from_secs(15 * 60);
/// Bytes that the figures of all keys may hold together.
const DEFAULT_MAX_BYTES: usize = 48 << 20;
/// What a key costs beyond its slots.
const PER_KEY: usize = 160;

/// One thing that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Its trace.
    pub trace_id: TraceId,
    /// Its span.
    pub span_id: SpanId,
    /// When it ended. Not in the future: what ends last decides what has expired.
    pub end: Timestamp,
    /// How long it took.
    pub duration: Duration,
    /// Whether it failed.
    pub is_error: bool,
    /// How many it stands for.
    pub weight: Weight,
}

/// What became of an observation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// It is the first of its key.
    First,
    /// It was counted.
    Counted,
    /// It ended too long before the latest of its key; counted as such.
    TooOld,
}

/// Figures per key. Cloning costs a few pointers, so a clone serves as a snapshot.
///
/// Time is cut into slots, 15 of them to the longest window, and a key keeps one distribution a slot. Bounded by
/// bytes: when they are used up, the quarter of the keys that recorded least recently is forgotten and counted.
#[derive(Clone, Debug)]
pub struct Aggregates<K: Hash + Eq + Clone> {
    /// Hashed in few instructions, from a number that each process draws for itself.
    keys: GenericHashMap<K, Entry, RandomState, DefaultSharedPtr>,
    slot: Duration,
    max_bytes: usize,
    bytes: usize,
    recorded: u64,
    too_old: u64,
    forgotten: u64,
}

#[derive(Clone, Debug, Default)]
struct Entry {
    /// The number of the latest record.
    latest: u64,
    window: Arc<Window>,
}

impl<K: Hash + Eq + Clone> Default for Aggregates<K> {
    /// Keeps the last 15 minutes in at most 48 MiB.
    fn default() -> Aggregates<K> {
        Aggregates::new(DEFAULT_WINDOW, DEFAULT_MAX_BYTES)
    }
}

impl<K: Hash + Eq + Clone> Aggregates<K> {
    /// Keeps `window`, the longest that figures can be asked for, in at most `max_bytes`.
    pub fn new(window: Duration, max_bytes: usize) -> Aggregates<K> {
        let slot = (window / SLOTS as u32).max(Duration::from_millis(1));
        let keys = GenericHashMap::default();
        Aggregates { keys, slot, max_bytes, bytes: 0, recorded: 0, too_old: 0, forgotten: 0 }
    }

    /// Counts one observation under `key`. What ended before everything that is kept of the key is ignored.
    pub fn record(&mut self, key: K, observation: Observation) -> Recorded {
        let number = window::slot_number(observation.end, self.slot);
        self.recorded += 1;
        let (mut growth, mut recorded) = (0, Recorded::Counted);
        let entry = self.keys.entry(key).or_insert_with(|| {
            (growth, recorded) = (PER_KEY as isize, Recorded::First);
            Entry::default()
        });
        entry.latest = self.recorded;
        match Arc::make_mut(&mut entry.window).record(number, observation) {
            Some(more) => growth += more,
            None => {
                self.too_old += 1;
                recorded = Recorded::TooOld;
            }
        }
        self.bytes = self.bytes.saturating_add_signed(growth);
        if self.bytes > self.max_bytes {
            self.forget_a_quarter();
        }
        recorded
    }

    /// The figures of all of `keys` together over the `window` that ends at `now`; `None` when nothing ended in it.
    ///
    /// A window begins with the slot that it touches first, so it may reach back by up to a slot more.
    pub fn figures<'a>(
        &self,
        keys: impl IntoIterator<Item = &'a K>,
        window: Duration,
        now: Timestamp,
    ) -> Option<Figures>
    where
        K: 'a,
    {
        let windows = keys.into_iter().filter_map(|key| self.keys.get(key)).map(|entry| &*entry.window);
        let longest = self.slot * SLOTS as u32;
        window::figures(windows, window::Span::of(window.min(longest), self.slot, now))
    }

    /// All keys that something was recorded under.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.keys.keys()
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The time that one point of a sparkline stands for.
    pub fn slot(&self) -> Duration {
        self.slot
    }

    /// Bytes in use by an estimate that errs on the large side.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Observations that ended before everything that is kept.
    pub fn too_old(&self) -> u64 {
        self.too_old
    }

    /// Keys forgotten to make room.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    fn forget_a_quarter(&mut self) {
        let mut latest: Vec<u64> = self.keys.values().map(|entry| entry.latest).collect();
        let last = latest.len() / 4;
        let (_, threshold, _) = latest.select_nth_unstable(last);
        let threshold = *threshold;
        let before = self.keys.len();
        let old: Vec<K> = self
            .keys
            .iter()
            .filter(|(_, entry)| entry.latest <= threshold)
            .map(|(key, _)| key.clone())
            .collect();
        for key in old {
            if let Some(entry) = self.keys.remove(&key) {
                self.bytes = self.bytes.saturating_sub(PER_KEY + entry.window.bytes());
            }
        }
        self.forgotten += (before - self.keys.len()) as u64;
    }
}

impl Observation {
    /// As an exemplar.
    pub fn exemplar(&self) -> Exemplar {
        Exemplar { trace_id: self.trace_id, span_id: self.span_id, duration: self.duration, end: self.end }
    }
}

#[cfg(test)]
mod tests;
