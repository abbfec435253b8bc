//! How much is kept, and the count of what was not.

/// Limits of a [`crate::Store`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Budget for kept spans and logs, in bytes by the store's own estimate. Whole traces leave, oldest first.
    pub max_bytes: usize,
    /// Spans kept of one trace; what comes after is dropped and counted. Its log records have the same limit.
    pub max_spans_per_trace: usize,
}

/// What a store has seen. At any moment received = kept + duplicate + dropped + evicted, for spans and for logs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Spans offered.
    pub received: u64,
    /// Spans that are here now.
    pub kept: u64,
    /// Spans that were here already.
    pub duplicate: u64,
    /// Spans over the limit of their trace, or larger with their trace than the whole budget.
    pub dropped: u64,
    /// Spans that left with their trace to make room.
    pub evicted: u64,
    /// Bytes in use by the store's own estimate; never more than [`Limits::max_bytes`].
    pub bytes: usize,
    /// Log records, counted like the spans.
    pub logs: LogCounters,
}

/// What a store has seen of log records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogCounters {
    /// Records offered.
    pub received: u64,
    /// Records that are here now.
    pub kept: u64,
    /// Records that were here already.
    pub duplicate: u64,
    /// Records over the limit of their trace.
    pub dropped: u64,
    /// Records that left with their trace.
    pub evicted: u64,
}

impl Counters {
    /// Whether everything that was offered is accounted for.
    pub fn reconcile(&self) -> bool {
        let logs = &self.logs;
        self.received == self.kept + self.duplicate + self.dropped + self.evicted
            && logs.received == logs.kept + logs.duplicate + logs.dropped + logs.evicted
    }
}

impl Default for Limits {
    /// 256 MiB, and 200,000 spans a trace.
    fn default() -> Limits {
        Limits { max_bytes: 256 << 20, max_spans_per_trace: 200_000 }
    }
}
