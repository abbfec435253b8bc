//! What a span costs on its way from a body to a reader: read in place, and beside it decoded into owned types and
//! encoded again.
//!
//! `cargo xtask bench formats [-- ONE]`: nanoseconds a span, best of many rounds; with a name only that one, for a
//! profiler that counts instructions.

#![allow(clippy::print_stdout)]

use std::time::{Duration, Instant};

use bytes::Bytes;
use formats::{Clean, Limits, Senders, otlp_proto, otlp_reply::Signal};
use model::{Attributes, Batch, Event, Resource, Scope, Span, SpanId, SpanKind, Status, Timestamp, TraceId};

const SPANS: u64 = 512;
const ROUNDS: usize = 400;

type Stage = (&'static str, fn(&Bytes) -> usize);

const STAGES: &[Stage] = &[
    ("check", |body| check(body).spans()),
    ("walk", |body| walk(&check(body))),
    ("decode", |body| decode(body).spans.len()),
    ("decode+encode", |body| otlp_proto::encode_batch(&decode(body)).len()),
];

fn main() {
    let only = std::env::args().nth(1);
    let body = Bytes::from(otlp_proto::encode_traces(&spans().spans));
    println!("{} bytes a span", body.len() / SPANS as usize);
    for (name, stage) in STAGES.iter().filter(|(name, _)| only.as_ref().is_none_or(|only| only == name)) {
        let mut best = Duration::MAX;
        for _ in 0..ROUNDS {
            let began = Instant::now();
            std::hint::black_box(stage(&body));
            best = best.min(began.elapsed());
        }
        println!("{:>8.0} ns  {name}", best.as_nanos() as f64 / SPANS as f64);
    }
}

fn check(body: &Bytes) -> Clean {
    Clean::of(body.clone(), Signal::Traces, &Limits::default()).unwrap_or_default()
}

fn walk(clean: &Clean) -> usize {
    let mut seen = 0;
    clean.walk().each(&mut Senders::default(), |view| seen += std::hint::black_box(view).attributes.len());
    seen
}

fn decode(body: &Bytes) -> Batch {
    otlp_proto::decode_traces(body, &Limits::default()).unwrap_or_default()
}

/// Ten attributes a span, one in twenty with an exception.
fn spans() -> Batch {
    let resource = Resource { attributes: [("service.name", "shop")].into_iter().collect() };
    let (resource, scope) = (resource.into(), Scope { name: "lib".into(), ..Scope::default() }.into());
    let span = |number: u64| Span {
        trace_id: TraceId(u128::from(1 + number / 20).to_be_bytes()),
        span_id: SpanId((1 + number).to_be_bytes()),
        parent: (!number.is_multiple_of(20)).then(|| SpanId(number.to_be_bytes())),
        name: "GET /articles/{id}".into(),
        kind: SpanKind::Server,
        start: Timestamp(1_700_000_000_000_000_000),
        end: Timestamp(1_700_000_000_004_000_000 + number),
        attributes: attributes(number),
        events: if number % 20 == 7 { vec![exception()] } else { Vec::new() },
        links: Vec::new(),
        status: Status::default(),
        trace_state: Default::default(),
        resource: std::sync::Arc::clone(&resource),
        scope: std::sync::Arc::clone(&scope),
    };
    Batch { spans: (0..SPANS).map(|number| span(number).into()).collect(), ..Batch::default() }
}

fn attributes(number: u64) -> Attributes {
    let mut attributes: Attributes = [
        ("http.request.method", "GET"),
        ("http.route", "/articles/{id}"),
        ("url.scheme", "https"),
        ("user_agent.original", "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0"),
        ("server.address", "shop.internal.example"),
        ("network.protocol.version", "1.1"),
    ]
    .into_iter()
    .collect();
    attributes.push("url.path", format!("/articles/{number}").as_str());
    attributes.push("network.peer.address", format!("10.0.0.{}", number % 250).as_str());
    attributes.push("http.response.status_code", 200);
    attributes.push("server.port", 443);
    attributes
}

fn exception() -> Event {
    let attributes = [("exception.type", "KeyError"), ("exception.message", "no such article")];
    Event {
        time: Timestamp(1_700_000_000_001_000_000),
        name: "exception".into(),
        attributes: attributes.into_iter().collect(),
    }
}
