//! How much is kept, and the count of what was not.

/// Limits of a [`crate::Store`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Budget for kept spans and logs, in bytes by the store's own estimate. Whole traces leave, oldest first.
    pub max_bytes: usize,
    /// Spans kept of one trace; what comes after is dropped and counted.
    pub max_spans_per_trace: usize,
}

/// What a store has seen. Counts only grow: received = kept + duplicate + dropped + evicted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Spans offered.
    pub received: u64,
    /// Spans that are here now.
    pub kept: u64,
    /// Spans that were here already.
    pub duplicate: u64,
    /// Spans over the limit of their trace.
    pub dropped: u64,
    /// Spans that left with their trace to make room.
    pub evicted: u64,
    /// Bytes in use by the store's own estimate.
    pub bytes: usize,
}

impl Default for Limits {
    /// 256 MiB, and 200,000 spans a trace.
    fn default() -> Limits {
        Limits { max_bytes: 256 << 20, max_spans_per_trace: 200_000 }
    }
}
