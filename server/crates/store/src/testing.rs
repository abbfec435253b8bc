//! What the tests of this crate share: random numbers that are the same each time, and spans in a line.

use std::sync::Arc;

use model::{Resource, Scope, Span, SpanId, SpanKind, Status, Timestamp, TraceId, keys};

/// A small generator (xorshift64*), so that a failing case fails again.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// A number from 0 to `limit`, exclusive.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    /// A number of any size, small ones as likely as large ones.
    pub(crate) fn spread(&mut self) -> u64 {
        let bits = self.below(64);
        self.next() >> bits
    }
}

/// A span without ornament: `trace` and `id` are its identifiers, `parent` 0 makes a root, times are nanoseconds.
pub(crate) fn span(trace: u64, id: u64, parent: u64, start: u64, end: u64) -> Span {
    Span {
        trace_id: trace_id(trace),
        span_id: span_id(id),
        parent: (parent != 0).then(|| span_id(parent)),
        name: format!("s{id}").into(),
        kind: SpanKind::Internal,
        start: Timestamp(start),
        end: Timestamp(end),
        attributes: Default::default(),
        events: Vec::new(),
        links: Vec::new(),
        status: Status::default(),
        trace_state: Default::default(),
        resource: service("shop"),
        scope: Arc::new(Scope::default()),
    }
}

pub(crate) fn service(name: &str) -> Arc<Resource> {
    Arc::new(Resource { attributes: [(keys::SERVICE_NAME, name)].into_iter().collect() })
}

pub(crate) fn trace_id(number: u64) -> TraceId {
    TraceId((u128::from(number)).to_be_bytes())
}

pub(crate) fn span_id(number: u64) -> SpanId {
    SpanId(number.to_be_bytes())
}
