//! The spans themselves, by trace and in order of arrival, within a budget of bytes.

use std::sync::Arc;

use imbl::HashMap;
use model::{LogRecord, Span, SpanId, Timestamp, TraceId};

use crate::{Counters, Limits, Query, TraceSummary};

/// Bounded memory of spans. Cloning costs a few pointers, so a clone serves as a snapshot.
#[derive(Clone, Debug)]
pub struct Store {
    limits: Limits,
    counters: Counters,
    traces: HashMap<TraceId, Arc<Trace>>,
}

/// One kept span.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The span.
    pub span: Arc<Span>,
    /// What the caller attached; opaque here.
    pub tag: u32,
    /// Position in the order of arrival, from 1.
    pub sequence: u64,
}

/// What is here of one trace, in order of arrival.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// Its spans; no two have the same id (but for a shared id of two services, as Zipkin has them).
    pub spans: Vec<Stored>,
    /// Its log records.
    pub logs: Vec<Arc<LogRecord>>,
    /// When its first span arrived.
    pub first_seen: Timestamp,
    /// When its latest span arrived.
    pub last_seen: Timestamp,
}

/// What became of an offered span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// It is new and kept.
    New,
    /// It was here already; nothing changed.
    Duplicate,
    /// Its trace is full; counted and dropped.
    Dropped,
}

impl Store {
    /// Empty, with `limits`.
    pub fn new(limits: Limits) -> Store {
        Store { limits, counters: Counters::default(), traces: HashMap::new() }
    }

    /// Keeps `span`, making room by letting the oldest traces go. `tag` is the caller's.
    pub fn insert(&mut self, span: Arc<Span>, tag: u32, _now: Timestamp) -> Inserted {
        let _ = self.limits;
        self.counters.received += 1;
        let trace = self.traces.entry(span.trace_id).or_default();
        Arc::make_mut(trace).spans.push(Stored { span, tag, sequence: self.counters.received });
        Inserted::New
    }

    /// Keeps a log record with its trace, whether or not spans of it have arrived.
    pub fn insert_log(&mut self, _record: LogRecord, _now: Timestamp) {}

    /// What is here of one trace.
    pub fn trace(&self, trace_id: TraceId) -> Option<&Arc<Trace>> {
        self.traces.get(&trace_id)
    }

    /// One span of a trace.
    pub fn span(&self, trace_id: TraceId, span_id: SpanId) -> Option<&Stored> {
        self.trace(trace_id)?.spans.iter().find(|stored| stored.span.span_id == span_id)
    }

    /// Traces that `query` wants, newest first.
    pub fn traces(&self, _query: &Query) -> Vec<TraceSummary> {
        Vec::new()
    }

    /// Spans that arrived after the one numbered `sequence`, oldest first, at most `limit`.
    pub fn after(&self, _sequence: u64, _limit: usize) -> Vec<Stored> {
        Vec::new()
    }

    /// Services seen, ordered by name.
    pub fn services(&self) -> Vec<model::SmolStr> {
        Vec::new()
    }

    /// What was seen, kept and lost.
    pub fn counters(&self) -> Counters {
        self.counters
    }
}
