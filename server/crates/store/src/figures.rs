//! The figures that people read: how often, how long, how often wrong.

use std::time::Duration;

use model::{SpanId, Timestamp, TraceId};

/// Calls, errors and latency of something over one window. Quantiles are within 3.2 % of the true value.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// How many ended in the window. Of what was sampled, how many those seen stand for (see [`model::Weight`]); all
    /// other figures but the exemplars count likewise.
    pub calls: u64,
    /// How many of them were seen.
    pub seen: u64,
    /// How many failed.
    pub errors: u64,
    /// Half were at most this long.
    pub p50: Duration,
    /// 95 % were at most this long.
    pub p95: Duration,
    /// 99 % were at most this long.
    pub p99: Duration,
    /// The longest.
    pub max: Duration,
    /// Sum of all durations.
    pub total: Duration,
    /// Calls in each part of the window, oldest first: what a sparkline shows.
    pub calls_over_time: Vec<u64>,
    /// Median duration in each part of the window, oldest first; zero where nothing ended.
    pub p50_over_time: Vec<Duration>,
    /// The slowest in the window.
    pub slowest: Option<Exemplar>,
    /// The last to end.
    pub latest: Option<Exemplar>,
    /// The last to fail.
    pub latest_error: Option<Exemplar>,
}

impl Figures {
    /// Whether they are estimates: those seen stand for another number of calls.
    pub fn is_estimate(&self) -> bool {
        self.calls != self.seen
    }
}

/// One span that stands for many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exemplar {
    /// Its trace.
    pub trace_id: TraceId,
    /// The span.
    pub span_id: SpanId,
    /// How long it took.
    pub duration: Duration,
    /// When it ended.
    pub end: Timestamp,
}
