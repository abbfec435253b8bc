//! Errors of a function by type, with the latest message of each and the line that threw.

use std::collections::BTreeMap;

use attribution::{ShapeId, throwing_place};
use model::{Event, Span, Timestamp, keys};
use store::Query;
use world::Snapshot;

use crate::visible::visible;

/// Traces looked at: enough for every type that matters, few enough for an answer within a millisecond.
const MAX_TRACES: usize = 20;
/// Spans looked at in one trace.
const MAX_SPANS: usize = 2_000;
/// Types told apart; more are one `other`.
const MAX_TYPES: usize = 8;

/// One type of error.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ErrorKind {
    /// The exception's type, else `error`.
    pub(super) name: String,
    /// How often it was seen in the traces that were looked at.
    pub(super) count: u64,
    /// Its latest message; empty when none was sent.
    pub(super) message: String,
    /// When the latest ended.
    pub(super) latest: Timestamp,
    /// `file:line` that threw the latest, when it lies in the workspace.
    pub(super) place: Option<String>,
}

/// Types of errors of the spans of `shapes`, the latest first, and whether there may be more than was looked at.
pub(super) fn errors(snapshot: &Snapshot, shapes: &[ShapeId]) -> (Vec<ErrorKind>, bool) {
    let query = Query {
        tags: Some(shapes.iter().map(|shape| shape.0).collect()),
        errors_only: true,
        since: Some(snapshot.now.minus(snapshot.window)),
        limit: MAX_TRACES,
        ..Query::default()
    };
    let traces = snapshot.store.traces(&query);
    let mut kinds: BTreeMap<String, ErrorKind> = BTreeMap::new();
    for summary in &traces {
        let Some(trace) = snapshot.store.trace(summary.trace_id) else {
            continue;
        };
        for stored in trace.spans.iter().take(MAX_SPANS) {
            let is_ours = shapes.contains(&ShapeId(stored.tag));
            if is_ours && stored.span.is_error() {
                add(snapshot, &mut kinds, &stored.span);
            }
        }
    }
    let mut kinds: Vec<ErrorKind> = kinds.into_values().collect();
    kinds.sort_by(|a, b| b.latest.cmp(&a.latest).then_with(|| a.name.cmp(&b.name)));
    (kinds, traces.len() == MAX_TRACES)
}

fn add(snapshot: &Snapshot, kinds: &mut BTreeMap<String, ErrorKind>, span: &Span) {
    let exception = span.exceptions().last();
    let sent = exception.and_then(|event| event.attributes.str(keys::EXCEPTION_TYPE));
    let mut name = visible(sent.or_else(|| span.attributes.str("error.type")).unwrap_or("error"), 80);
    if kinds.len() >= MAX_TYPES && !kinds.contains_key(&name) {
        name = "other".into();
    }
    let kind = kinds.entry(name.clone()).or_insert_with(|| ErrorKind {
        name,
        count: 0,
        message: String::new(),
        latest: Timestamp::ZERO,
        place: None,
    });
    kind.count += 1;
    if span.end >= kind.latest {
        kind.latest = span.end;
        kind.message = visible(message(span, exception), 300);
        let place = exception.and_then(|event| throwing_place(&snapshot.index, event));
        kind.place = place.map(|place| format!("{}:{}", visible(&place.file, 120), place.line + 1));
    }
}

fn message<'a>(span: &'a Span, exception: Option<&'a Event>) -> &'a str {
    let of_exception = exception.and_then(|event| event.attributes.str(keys::EXCEPTION_MESSAGE));
    of_exception.unwrap_or(&span.status.message)
}
