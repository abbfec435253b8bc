//! Lists of traces: what is asked, and the line shown for each.

use std::time::Duration;

use model::{SmolStr, SpanId, Timestamp, TraceId};

use crate::Trace;

/// Which traces are wanted; all conditions hold at once. The default wants all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// A service that has a span in the trace.
    pub service: Option<SmolStr>,
    /// A span of the trace is called this.
    pub name: Option<SmolStr>,
    /// The trace holds a span with one of these tags.
    pub tags: Option<Vec<u32>>,
    /// Only traces in which a span failed.
    pub errors_only: bool,
    /// The trace ended at this time or later.
    pub since: Option<Timestamp>,
    /// At most so many, newest first; 0 means no limit.
    pub limit: usize,
}

/// One trace in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceSummary {
    /// The trace.
    pub trace_id: TraceId,
    /// Name of its root, or of its earliest span while no root has arrived.
    pub name: SmolStr,
    /// Service of that span.
    pub service: SmolStr,
    /// That span.
    pub span_id: SpanId,
    /// Start of the earliest span.
    pub start: Timestamp,
    /// From the earliest start to the latest end.
    pub duration: Duration,
    /// Spans that are here.
    pub spans: usize,
    /// Spans that failed.
    pub errors: usize,
    /// Services that took part, ordered by name.
    pub services: Vec<SmolStr>,
}

impl Query {
    /// Whether all conditions but the one of time hold for `trace`.
    pub(crate) fn wants(&self, trace: &Trace) -> bool {
        let service = self.service.as_ref().is_none_or(|service| trace.services().contains(service));
        let tags = self.tags.as_ref().is_none_or(|tags| tags.iter().any(|tag| trace.has_tag(*tag)));
        let is_wanted = service && tags && (!self.errors_only || trace.errors() > 0);
        // Last, since it may have to look at the spans.
        is_wanted && self.name.as_ref().is_none_or(|name| trace.has_name(name))
    }
}
