//! What the receiver did, in numbers: sent = taken + refused, with nothing unaccounted for.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counts since the start, shared between the receiver and whoever reports them.
#[derive(Debug, Default)]
pub struct Counters {
    requests: AtomicU64,
    failed_requests: AtomicU64,
    overloaded_requests: AtomicU64,
    metrics_requests: AtomicU64,
    bytes: AtomicU64,
    spans: AtomicU64,
    logs: AtomicU64,
    refused: AtomicU64,
    trimmed: AtomicU64,
}

/// [`Counters`] at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests to the three OTLP paths that got past the checks of host and origin.
    pub requests: u64,
    /// Of those, answered with an error other than overload.
    pub failed_requests: u64,
    /// Of those, told to come again.
    pub overloaded_requests: u64,
    /// Of those, metrics: answered and dropped.
    pub metrics_requests: u64,
    /// Bytes of bodies, as sent.
    pub bytes: u64,
    /// Spans that the sink took.
    pub spans: u64,
    /// Log records that the sink took.
    pub logs: u64,
    /// Spans and log records that were refused one by one.
    pub refused: u64,
    /// Parts left out of spans that were taken.
    pub trimmed: u64,
}

impl Counters {
    /// The counts now. Each is exact; together they may be a moment apart.
    pub fn read(&self) -> Counts {
        Counts {
            requests: self.requests.load(Relaxed),
            failed_requests: self.failed_requests.load(Relaxed),
            overloaded_requests: self.overloaded_requests.load(Relaxed),
            metrics_requests: self.metrics_requests.load(Relaxed),
            bytes: self.bytes.load(Relaxed),
            spans: self.spans.load(Relaxed),
            logs: self.logs.load(Relaxed),
            refused: self.refused.load(Relaxed),
            trimmed: self.trimmed.load(Relaxed),
        }
    }

    pub(crate) fn request(&self) {
        self.requests.fetch_add(1, Relaxed);
    }

    pub(crate) fn failed(&self) {
        self.failed_requests.fetch_add(1, Relaxed);
    }

    pub(crate) fn overloaded(&self) {
        self.overloaded_requests.fetch_add(1, Relaxed);
    }

    pub(crate) fn metrics(&self) {
        self.metrics_requests.fetch_add(1, Relaxed);
    }

    pub(crate) fn body(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Relaxed);
    }

    pub(crate) fn taken(&self, spans: usize, logs: usize) {
        self.spans.fetch_add(spans as u64, Relaxed);
        self.logs.fetch_add(logs as u64, Relaxed);
    }

    pub(crate) fn left_out(&self, refused: u64, trimmed: u64) {
        self.refused.fetch_add(refused, Relaxed);
        self.trimmed.fetch_add(trimmed, Relaxed);
    }
}
