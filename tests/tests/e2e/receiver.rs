//! The receiver's door: what is taken, what is refused, and that a bad body costs nothing but itself.

use std::io::Write as _;

use flate2::{Compression, write::GzEncoder};
use spanglass_tests::{http, server::Server, shop};

const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");
const JSON: (&str, &str) = ("content-type", "application/json");

/// One span in OTLP/JSON, starting at 1 and ending at 2.
const ONE_SPAN: &str = r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"a"}}]},
    "scopeSpans":[{"spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","name":"x",
    "startTimeUnixNano":"1","endTimeUnixNano":"2","kind":2}]}]}]}"#;

#[test]
fn protobuf_json_and_gzip_are_taken() {
    let server = Server::start();
    shop::send(&server.receiver, &shop::spans()[..100]);
    assert_eq!(
        http::post(&server.receiver, "/v1/traces", &[JSON], ONE_SPAN.as_bytes()),
        (200, "{}".to_owned())
    );
    let zipped = gzip(ONE_SPAN.replace("eee19b7ec3c1b174", "eee19b7ec3c1b175").as_bytes());
    let (status, _) =
        http::post(&server.receiver, "/v1/traces", &[JSON, ("content-encoding", "gzip")], &zipped);
    assert_eq!(status, 200);
    server.wait_for_spans(102);
}

#[test]
fn logs_are_taken_and_metrics_answered() {
    let server = Server::start();
    assert_eq!(http::post(&server.receiver, "/v1/metrics", &[JSON], b"{\"resourceMetrics\":[]}").0, 200);
    assert_eq!(http::post(&server.receiver, "/v1/logs", &[JSON], b"{\"resourceLogs\":[]}").0, 200);
}

/// What is wrong, the expected status, the headers and the body.
type Expectation = (&'static str, u16, &'static [(&'static str, &'static str)], &'static [u8]);

#[test]
fn a_bad_body_is_refused_with_a_reason_and_costs_nothing_else() {
    let server = Server::start();
    let expectations: &[Expectation] = &[
        ("no protobuf", 400, &[PROTOBUF], b"\xff\xff\xff\xff"),
        ("no JSON", 400, &[JSON], b"{\"resourceSpans\": ["),
        ("JSON of another shape", 400, &[JSON], b"[1, 2]"),
        ("no gzip", 400, &[JSON, ("content-encoding", "gzip")], b"plain"),
        ("an unknown encoding", 415, &[JSON, ("content-encoding", "br")], b"{}"),
        ("an unknown type", 415, &[("content-type", "text/plain")], b"{}"),
        ("another host's name", 403, &[JSON, ("host", "evil.example")], b"{}"),
        ("another origin's page", 403, &[JSON, ("origin", "https://evil.example")], b"{}"),
    ];
    for (what, expected, headers, body) in expectations {
        let (status, text) = http::post(&server.receiver, "/v1/traces", headers, body);
        // Naming another host is refused with 400 or 403: both say that the request was not for us.
        let refused_host = *expected == 403 && status == 400;
        assert!(status == *expected || refused_host, "{what}: {status} {text}");
        assert!(!text.is_empty(), "{what} is refused without a reason");
    }
    assert_eq!(http::get(&server.receiver, "/v1/traces", &[]).0, 405);
    assert_eq!(http::post(&server.receiver, "/nowhere", &[JSON], b"{}").0, 404);
    assert_eq!(http::post(&server.receiver, "/v1/traces", &[JSON], ONE_SPAN.as_bytes()).0, 200);
    server.wait_for_spans(1);
}

#[test]
fn too_large_a_body_is_413_however_small_it_was_sent() {
    let server = Server::start();
    let zeros = vec![b' '; 64 << 20];
    let (status, _) =
        http::post(&server.receiver, "/v1/traces", &[JSON, ("content-encoding", "gzip")], &gzip(&zeros));
    assert_eq!(status, 413);
    let (status, _) = http::post(&server.receiver, "/v1/traces", &[PROTOBUF], &zeros);
    assert_eq!(status, 413);
    assert_eq!(http::post(&server.receiver, "/v1/traces", &[JSON], ONE_SPAN.as_bytes()).0, 200);
}

#[test]
fn absurd_spans_are_kept_or_counted() {
    let server = Server::start();
    let absurd = ONE_SPAN
        .replace(r#""spanId":"eee19b7ec3c1b174""#, r#""spanId":"1""#)
        .replace(r#""name":"x""#, r#""name":"""#)
        .replace(r#""endTimeUnixNano":"2""#, r#""endTimeUnixNano":"18446744073709551615""#);
    let (status, text) = http::post(&server.receiver, "/v1/traces", &[JSON], absurd.as_bytes());
    assert_eq!(status, 200, "{text}");
    let without_ids = ONE_SPAN.replace("5b8efff798038103d269b633813fc60c", "");
    let (status, text) = http::post(&server.receiver, "/v1/traces", &[JSON], without_ids.as_bytes());
    assert_eq!(status, 200);
    assert!(text.contains("rejectedSpans"), "a span without a trace is counted: {text}");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory takes everything");
    encoder.finish().expect("memory takes everything")
}
