//! Figures per key over sliding windows, whatever the keys are.

use std::{hash::Hash, time::Duration};

use imbl::HashMap;
use model::{SpanId, Timestamp, TraceId};

use crate::Figures;

/// One thing that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Observation {
    /// Its trace.
    pub trace_id: TraceId,
    /// Its span.
    pub span_id: SpanId,
    /// When it ended.
    pub end: Timestamp,
    /// How long it took.
    pub duration: Duration,
    /// Whether it failed.
    pub is_error: bool,
}

/// Figures per key. Cloning costs a few pointers, so a clone serves as a snapshot.
#[derive(Clone, Debug)]
pub struct Aggregates<K: Hash + Eq + Clone> {
    keys: HashMap<K, Vec<Observation>>,
}

impl<K: Hash + Eq + Clone> Default for Aggregates<K> {
    fn default() -> Aggregates<K> {
        Aggregates { keys: HashMap::new() }
    }
}

impl<K: Hash + Eq + Clone> Aggregates<K> {
    /// Counts one observation under `key`. What ended outside of the longest window that is kept is ignored.
    pub fn record(&mut self, key: K, observation: Observation) {
        self.keys.entry(key).or_default().push(observation);
    }

    /// The figures of all of `keys` together over the `window` that ends at `now`; `None` when nothing ended in it.
    pub fn figures<'a>(
        &self,
        _keys: impl IntoIterator<Item = &'a K>,
        _window: Duration,
        _now: Timestamp,
    ) -> Option<Figures>
    where
        K: 'a,
    {
        None
    }

    /// All keys that something was recorded under.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.keys.keys()
    }
}
