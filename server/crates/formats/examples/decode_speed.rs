//! How fast bodies are decoded, beside the published types on the same bytes: `cargo run --release -p
//! spanglass-formats --example decode_speed`.
//!
//! The body is made as an exporter's would be: 1,000 spans of four services with ten attributes each, every
//! twentieth with an exception. The best of many runs counts, because other work only ever slows one down.

use std::{
    hint::black_box,
    io::Write as _,
    sync::Arc,
    time::{Duration, Instant},
};

use formats::{Limits, otlp_json, otlp_proto};
use model::{Attributes, Event, Resource, Scope, Span, SpanId, SpanKind, Status, Timestamp, TraceId};
use opentelemetry_proto::tonic::trace::v1::TracesData;
use prost::Message as _;

const SPANS: u64 = 1_000;
/// Fewer under a tool that counts instructions.
const RUNS: usize = 200;

fn main() {
    let spans = spans();
    let proto = otlp_proto::encode_traces(&spans);
    let json = otlp_json::encode_traces(&spans).to_string().into_bytes();
    let limits = Limits::default();
    let ours = best(|| {
        black_box(otlp_proto::decode_traces(black_box(&proto), &limits).map_or(0, |batch| batch.spans.len()));
    });
    let published = best(|| {
        black_box(TracesData::decode(black_box(&proto[..])).map_or(0, |data| data.resource_spans.len()));
    });
    let from_json = best(|| {
        black_box(otlp_json::decode(black_box(&json), &limits).map_or(0, |batch| batch.spans.len()));
    });
    let written = best(|| {
        black_box(otlp_proto::encode_traces(black_box(&spans)).len());
    });
    let mut out = std::io::stdout().lock();
    let mut line = |what: &str, time: Duration, bytes: usize| {
        let per_span = time.as_nanos() as f64 / SPANS as f64;
        let rate = bytes as f64 / time.as_secs_f64() / 1e6;
        let _ = writeln!(
            out,
            "{what:<38} {per_span:>6.0} ns/span {:>6.2} M spans/s {rate:>6.0} MB/s",
            1_000.0 / per_span
        );
    };
    line("protobuf to the model, and freed", ours, proto.len());
    line("protobuf to published types, and freed", published, proto.len());
    line("JSON to the model, and freed", from_json, json.len());
    line("the model to protobuf", written, proto.len());
    let _ = writeln!(
        out,
        "{} and {} bytes a span; {:.2} times as fast as the published types",
        proto.len() as u64 / SPANS,
        json.len() as u64 / SPANS,
        published.as_secs_f64() / ours.as_secs_f64()
    );
}

fn best(mut work: impl FnMut()) -> Duration {
    let runs = std::env::args().nth(1).and_then(|runs| runs.parse().ok()).unwrap_or(RUNS);
    (0..runs)
        .map(|_| {
            let began = Instant::now();
            work();
            began.elapsed()
        })
        .min()
        .unwrap_or_default()
}

fn spans() -> Vec<Arc<Span>> {
    let resources: Vec<Arc<Resource>> = (0..4).map(resource).collect();
    let scope = Arc::new(Scope {
        name: "opentelemetry.instrumentation.http".into(),
        version: "1.2.3".into(),
        ..Scope::default()
    });
    (0..SPANS).map(|number| Arc::new(span(number, &resources[number as usize % 4], &scope))).collect()
}

fn resource(number: usize) -> Arc<Resource> {
    let mut attributes = Attributes::default();
    attributes.push("service.name", format!("service-{number}").as_str());
    attributes.push("telemetry.sdk.language", "python");
    Arc::new(Resource { attributes })
}

fn span(number: u64, resource: &Arc<Resource>, scope: &Arc<Scope>) -> Span {
    let mut attributes = Attributes::default();
    attributes.push("http.request.method", "GET");
    attributes.push("http.route", "/api/v1/products/{id}");
    attributes.push("url.path", format!("/api/v1/products/{number}").as_str());
    attributes.push("url.scheme", "http");
    attributes.push("http.response.status_code", 200_i64);
    attributes.push("server.address", "products.internal");
    attributes.push("server.port", 8_080_i64);
    attributes.push("user_agent.original", "python-requests/2.32.3");
    attributes.push("code.function.name", "shop.products.show");
    attributes.push("network.protocol.version", "1.1");
    let start = 1_700_000_000_000_000_000 + number * 1_000_000;
    let mut details = Attributes::default();
    details.push("exception.type", "ValueError");
    details.push("exception.message", "there is no such product");
    details.push(
        "exception.stacktrace",
        "Traceback (most recent call last):\n  File \"shop/products.py\", line 42, in show",
    );
    let exception = Event { time: Timestamp(start), name: "exception".into(), attributes: details };
    Span {
        trace_id: TraceId(u128::from(number / 20 + 1).to_be_bytes()),
        span_id: SpanId((number + 1).to_be_bytes()),
        parent: (!number.is_multiple_of(20)).then(|| SpanId(number.to_be_bytes())),
        name: "GET /api/v1/products/{id}".into(),
        kind: SpanKind::Server,
        start: Timestamp(start),
        end: Timestamp(start + 5_000_000),
        attributes,
        events: if number.is_multiple_of(20) { vec![exception] } else { Vec::new() },
        links: Vec::new(),
        status: Status::default(),
        trace_state: "".into(),
        resource: Arc::clone(resource),
        scope: Arc::clone(scope),
    }
}
