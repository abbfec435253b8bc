//! Recent traces as a list: of everything, of a service, of a function.

use std::time::Duration;

use attribution::ShapeId;
use model::{SpanId, Timestamp, TraceId};
use source::{FunctionKey, SourceFile};
use store::Query;
use world::Snapshot;

use crate::visible::visible;

/// Which traces are wanted; all conditions hold at once. The default wants all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// A service that took part.
    pub service: Option<String>,
    /// Only traces in which a span failed; with a function, in which that function failed.
    pub errors: bool,
    /// Only traces that ran this function.
    pub function: Option<FunctionKey>,
    /// Only traces that ended at this time or later.
    pub since: Option<Timestamp>,
    /// At most so many; 0 means [`DEFAULT_LIMIT`].
    pub limit: usize,
}

/// How many traces are listed when nobody says.
pub const DEFAULT_LIMIT: usize = 50;
/// More than a person or a client wants at once.
const MAX_LIMIT: usize = 1_000;

/// One trace in a list; all text in full view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceSummary {
    /// The trace.
    pub trace_id: TraceId,
    /// The asked function's slowest span, or failed span where failures are asked for; else the root.
    pub span_id: SpanId,
    /// Name of the root.
    pub name: String,
    /// Service of the root.
    pub service: String,
    /// Services that took part, ordered by name.
    pub services: Vec<String>,
    /// Start of the earliest span.
    pub start: Timestamp,
    /// From there to the latest end.
    pub duration: Duration,
    /// Spans that are here.
    pub spans: usize,
    /// Spans that failed.
    pub errors: usize,
}

/// Traces that `filter` wants, newest first.
pub fn recent(snapshot: &Snapshot, filter: &Filter) -> Vec<TraceSummary> {
    let limit = if filter.limit == 0 { DEFAULT_LIMIT } else { filter.limit.min(MAX_LIMIT) };
    let shapes = filter.function.as_ref().map(|function| snapshot.shapes(function).to_vec());
    if shapes.as_ref().is_some_and(|shapes| shapes.is_empty()) {
        return Vec::new();
    }
    let query = Query {
        service: filter.service.as_deref().map(Into::into),
        tags: shapes.as_ref().map(|shapes| shapes.iter().map(|shape| shape.0).collect()),
        errors_only: filter.errors,
        since: filter.since,
        name: None,
        // A trace may have failed elsewhere: look at more than are wanted, then keep those that failed here.
        limit: if filter.errors && shapes.is_some() { limit * 4 } else { limit },
    };
    let found = snapshot.store.traces(&query).into_iter();
    let mut traces: Vec<_> =
        found.filter_map(|trace| summary(snapshot, filter, shapes.as_deref(), trace)).collect();
    traces.truncate(limit);
    traces
}

/// The innermost function around 0-based `line` that has spans; else the innermost at all.
pub fn function_on_line(snapshot: &Snapshot, file: &SourceFile, line: u32) -> Option<FunctionKey> {
    let innermost = file.function_on_line(line)?;
    let mut function = innermost;
    while !snapshot.shapes_of.contains_key(&function.key) {
        let parent = function.parent.and_then(|parent| file.functions.get(parent as usize));
        match parent {
            Some(parent) => function = parent,
            None => return Some(innermost.key.clone()),
        }
    }
    Some(function.key.clone())
}

fn summary(
    snapshot: &Snapshot,
    filter: &Filter,
    shapes: Option<&[ShapeId]>,
    trace: store::TraceSummary,
) -> Option<TraceSummary> {
    let span_id = match shapes {
        Some(shapes) => span_of(snapshot, trace.trace_id, shapes, filter.errors)?,
        None => trace.span_id,
    };
    Some(TraceSummary {
        trace_id: trace.trace_id,
        span_id,
        name: visible(&trace.name, 120),
        service: visible(&trace.service, 60),
        services: trace.services.iter().map(|service| visible(service, 60)).collect(),
        start: trace.start,
        duration: trace.duration,
        spans: trace.spans,
        errors: trace.errors,
    })
}

fn span_of(snapshot: &Snapshot, trace_id: TraceId, shapes: &[ShapeId], failed: bool) -> Option<SpanId> {
    let trace = snapshot.store.trace(trace_id)?;
    let spans = trace.spans().filter(|stored| shapes.contains(&ShapeId(stored.tag)));
    let wanted = spans.filter(|span| !failed || span.is_error());
    wanted.max_by_key(|span| (span.duration(), span.start())).map(|span| span.span_id())
}
