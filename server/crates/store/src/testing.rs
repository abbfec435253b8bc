//! What the tests of this crate share: random numbers that are the same each time, and spans in a line.

use std::sync::Arc;

use model::{
    Attributes, Event, Link, LogRecord, Resource, Scope, SmolStr, Span, SpanId, SpanKind, Status, StatusCode,
    Timestamp, TraceId, Value, keys,
};

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

/// A span of which nothing is as anybody would expect.
pub(crate) fn strange_span(random: &mut Random) -> Span {
    let attributes = |random: &mut Random| strange_attributes(random, 2);
    let event = |random: &mut Random| Event {
        time: Timestamp(strange_number(random)),
        name: strange_text(random),
        attributes: strange_attributes(random, 1),
    };
    let link = |random: &mut Random| Link {
        trace_id: trace_id(random.next()),
        span_id: span_id(random.next()),
        attributes: strange_attributes(random, 1),
    };
    let kinds = [
        SpanKind::Unspecified,
        SpanKind::Internal,
        SpanKind::Server,
        SpanKind::Client,
        SpanKind::Producer,
        SpanKind::Consumer,
    ];
    Span {
        trace_id: trace_id(random.below(4) + 1),
        span_id: span_id(random.next() | 1),
        parent: (random.below(2) == 0).then(|| span_id(random.spread())),
        name: strange_text(random),
        kind: kinds[random.below(6) as usize],
        start: Timestamp(strange_number(random)),
        end: Timestamp(strange_number(random)),
        attributes: attributes(random),
        events: (0..random.below(4).saturating_sub(2)).map(|_| event(random)).collect(),
        links: (0..random.below(4).saturating_sub(2)).map(|_| link(random)).collect(),
        status: Status {
            code: [StatusCode::Unset, StatusCode::Ok, StatusCode::Error][random.below(3) as usize],
            message: if random.below(3) == 0 { strange_text(random) } else { SmolStr::default() },
        },
        trace_state: if random.below(5) == 0 { strange_text(random) } else { SmolStr::default() },
        resource: Arc::new(Resource { attributes: attributes(random) }),
        scope: Arc::new(Scope {
            name: strange_text(random),
            version: strange_text(random),
            attributes: strange_attributes(random, 0),
        }),
    }
}

/// A log record of the same sort.
pub(crate) fn strange_log(random: &mut Random) -> LogRecord {
    let Span { trace_id, resource, scope, .. } = strange_span(random);
    LogRecord {
        trace_id,
        span_id: (random.below(3) > 0).then(|| span_id(1 + random.below(5))),
        time: Timestamp(strange_number(random)),
        name: strange_text(random),
        body: strange_text(random),
        severity: random.next() as u8,
        attributes: strange_attributes(random, 2),
        resource,
        scope,
    }
}

fn strange_number(random: &mut Random) -> u64 {
    match random.below(6) {
        0 => 0,
        1 => u64::MAX,
        2 => 1_700_000_000_000_000_000 + random.below(1 << 40),
        _ => random.spread(),
    }
}

fn strange_text(random: &mut Random) -> SmolStr {
    match random.below(5) {
        0 => SmolStr::default(),
        1 => "\u{0}é\u{202e}🦀".repeat(random.below(9) as usize).into(),
        2 => format!("seen before {}", random.below(5)).into(),
        3 => "x".repeat(random.below(9_000) as usize).into(),
        _ => format!("{:x}", random.next()).into(),
    }
}

fn strange_attributes(random: &mut Random, depth: u32) -> Attributes {
    let count = if random.below(30) == 0 { 70 } else { random.below(6) };
    let key = |random: &mut Random| match random.below(3) {
        0 => strange_text(random),
        _ => SmolStr::new_static(["http.route", "a", "thread.id", "db.query.text"][random.below(4) as usize]),
    };
    Attributes((0..count).map(|_| (key(random), strange_value(random, depth))).collect())
}

fn strange_value(random: &mut Random, depth: u32) -> Value {
    match random.below(if depth == 0 { 6 } else { 8 }) {
        0 => Value::Empty,
        1 => Value::Bool(random.below(2) == 0),
        2 => Value::Int(strange_number(random) as i64),
        3 => Value::Double(random.next() as f64 / 7.0),
        4 => Value::Bytes((0..random.below(40)).map(|byte| byte as u8).collect()),
        6 => Value::Array((0..random.below(4)).map(|_| strange_value(random, depth - 1)).collect()),
        7 => Value::Map(strange_attributes(random, depth - 1).0),
        _ => Value::Str(strange_text(random)),
    }
}
