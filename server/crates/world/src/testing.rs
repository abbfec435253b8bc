//! What the tests of this crate share: spans in a line.

use std::sync::Arc;

use model::{Batch, Resource, Scope, Span, SpanId, SpanKind, Status, Timestamp, TraceId, keys};

/// Where the tests' time begins.
pub(crate) const START: Timestamp = Timestamp(1_700_000_000_000_000_000);

/// A span of 1 ms that ends at [`START`]; `parent` 0 makes a root.
pub(crate) fn span(trace: u64, id: u64, parent: u64) -> Span {
    Span {
        trace_id: TraceId(u128::from(trace).to_be_bytes()),
        span_id: SpanId(id.to_be_bytes()),
        parent: (parent != 0).then(|| SpanId(parent.to_be_bytes())),
        name: format!("s{id}").into(),
        kind: SpanKind::Internal,
        start: START.minus(std::time::Duration::from_millis(1)),
        end: START,
        attributes: Default::default(),
        events: Vec::new(),
        links: Vec::new(),
        status: Status::default(),
        trace_state: Default::default(),
        resource: Arc::new(Resource { attributes: [(keys::SERVICE_NAME, "shop")].into_iter().collect() }),
        scope: Arc::new(Scope::default()),
    }
}

/// A batch of `spans`.
pub(crate) fn batch(spans: impl IntoIterator<Item = Span>) -> Batch {
    Batch { spans: spans.into_iter().map(Arc::new).collect(), ..Batch::default() }
}
