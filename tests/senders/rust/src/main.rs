//! Sends spans by the official SDK: `send COUNT`.
//!
//! Where, over what and how compressed is said by OTEL_EXPORTER_OTLP_ENDPOINT, _PROTOCOL and _COMPRESSION.

use opentelemetry::{
    Context, KeyValue,
    trace::{Span as _, TraceContextExt as _, Tracer as _, TracerProvider as _},
};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::trace::SdkTracerProvider;

fn exporter() -> SpanExporter {
    let protocol = std::env::var("OTEL_EXPORTER_OTLP_PROTOCOL").expect("a protocol");
    let built = match protocol.as_str() {
        "grpc" => SpanExporter::builder().with_tonic().build(),
        "http/json" => SpanExporter::builder().with_http().with_protocol(Protocol::HttpJson).build(),
        _ => SpanExporter::builder().with_http().with_protocol(Protocol::HttpBinary).build(),
    };
    built.expect("an exporter")
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let count: u32 = std::env::args().nth(1).and_then(|it| it.parse().ok()).expect("a number of spans");
    // gRPC needs the runtime's clock and sockets; the blocking client of HTTP must not be made inside of it.
    let entered = std::env::var("OTEL_EXPORTER_OTLP_PROTOCOL").is_ok_and(|it| it == "grpc").then(|| runtime.enter());
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter()).build();
    let tracer = provider.tracer("sender");
    let all = Context::current_with_span(tracer.start("all"));
    for number in 1..count {
        let mut one = tracer.start_with_context("one", &all);
        one.set_attribute(KeyValue::new("number", i64::from(number)));
        one.set_attribute(KeyValue::new("text", "π"));
        one.add_event("done", vec![KeyValue::new("number", i64::from(number))]);
        one.end();
    }
    all.span().end();
    provider.shutdown().expect("everything is sent");
    drop(entered);
}
