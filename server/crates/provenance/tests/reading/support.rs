//! Spans and their placements as text.

use std::{sync::Arc, time::Duration};

use model::{Attributes, Resource, Scope, SmolStr, Span, SpanId, SpanKind, Status, Timestamp, TraceId, keys};
use world::Snapshot;

/// When everything happens.
pub(crate) const NOW: Timestamp = Timestamp(1_700_000_000_000_000_000);

/// A span of a service with these attributes, its resource with another one.
pub(crate) fn span((key, revision): (&str, &str), attributes: &[(&'static str, &str)]) -> Span {
    let resource = [(keys::SERVICE_NAME, "pay"), (key, revision)].into_iter().collect::<Attributes>();
    Span {
        trace_id: TraceId([1; 16]),
        span_id: SpanId([1; 8]),
        parent: None,
        name: "work".into(),
        kind: SpanKind::Internal,
        start: NOW.minus(Duration::from_millis(1)),
        end: NOW,
        attributes: attributes.iter().copied().collect(),
        events: Vec::new(),
        links: Vec::new(),
        status: Status::default(),
        trace_state: SmolStr::default(),
        resource: Arc::new(Resource { attributes: resource }),
        scope: Arc::new(Scope::default()),
    }
}

/// Where it is placed and everything that is said of that.
pub(crate) fn shown(snapshot: &Snapshot, span: &Span) -> String {
    let placement = snapshot.table.place(span, &snapshot.index);
    let mut text = placement.confidence.to_string();
    if let Some(function) = &placement.function {
        text += &format!(" {function}");
    }
    if let Some(place) = &placement.call_place {
        text += &format!(" at line {}", place.line + 1);
    }
    for evidence in &placement.evidence {
        text += &format!("; {}", evidence.detail);
    }
    text
}
