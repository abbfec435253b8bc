//! The gRPC door over real sockets: calls by an HTTP/2 client, and frames by hand for what no client would send.

use std::{io::Write as _, net::SocketAddr, time::Duration};

use expect_test::{Expect, expect};
use http_body_util::BodyExt as _;
use reqwest::{Client, Version};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};

use super::*;
use crate::{
    Counters, Sink, limits,
    otlp::{Access, Settings},
    testing::Recorder,
};

const TRACES: &str = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const LOGS: &str = "/opentelemetry.proto.collector.logs.v1.LogsService/Export";
const METRICS: &str = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
const ONE_SPAN: &str = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","name":"a"}]}]}]}"#;

struct Running {
    address: SocketAddr,
    counters: Arc<Counters>,
    sink: Arc<Recorder>,
    _stop: oneshot::Sender<()>,
}

async fn start(recorder: Recorder, settings: Settings) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let counters = Arc::clone(&settings.counters);
    let sink = Arc::new(recorder);
    let receiver = Arc::new(Receiver::new(Arc::clone(&sink) as Arc<dyn Sink>, settings));
    tokio::spawn(serve(listener, receiver, async {
        let _ = stopped.await;
    }));
    Running { address, counters, sink, _stop: stop }
}

impl Running {
    /// One call, and all that is said in answer: status, `grpc-` headers and trailers, the message.
    async fn call(&self, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> String {
        let client = Client::builder().http2_prior_knowledge().no_proxy().build().unwrap();
        let mut request = client.post(format!("http://{}{path}", self.address)).version(Version::HTTP_2);
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/grpc");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (head, body) = hyper::Response::from(request.body(body).send().await.unwrap()).into_parts();
        let body = body.collect().await.unwrap();
        let trailers = body.trailers().cloned().unwrap_or_default();
        let mut shown = head.status.as_u16().to_string();
        for (name, value) in head.headers.iter().chain(&trailers) {
            if name.as_str().starts_with("grpc-") && name != "grpc-accept-encoding" {
                shown.push_str(&format!(" | {name}: {}", value.to_str().unwrap()));
            }
        }
        let message = body.to_bytes();
        if message.is_empty() { shown } else { format!("{shown} | {}", message.escape_ascii()) }
    }

    async fn still_serves(&self) {
        let answer = self.call(TRACES, &[], framed(0, &one_span())).await;
        assert!(answer.starts_with("200 | grpc-status: 0"), "{answer}");
    }
}

fn one_span() -> Vec<u8> {
    let batch = formats::otlp_json::decode(ONE_SPAN.as_bytes(), &formats::Limits::default()).unwrap();
    formats::otlp_proto::encode_traces(&batch.spans)
}

fn framed(flag: u8, message: &[u8]) -> Vec<u8> {
    [&[flag], &(message.len() as u32).to_be_bytes()[..], message].concat()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

async fn check(path: &str, headers: &[(&str, &str)], body: Vec<u8>, expected: Expect) {
    let server = start(Recorder::default(), Settings::default()).await;
    expected.assert_eq(&server.call(path, headers, body).await);
}

#[tokio::test]
async fn messages_are_taken_plain_gzipped_and_in_zstd() {
    let server = start(Recorder::default(), Settings::default()).await;
    let plain = one_span();
    for (headers, body) in [
        (vec![], framed(0, &plain)),
        // A client may name an encoding and not use it.
        (vec![("grpc-encoding", "gzip")], framed(0, &plain)),
        (vec![("grpc-encoding", "gzip")], framed(1, &gzip(&plain))),
        (vec![("grpc-encoding", "zstd")], framed(1, &zstd::stream::encode_all(&plain[..], 1).unwrap())),
        (vec![("content-type", "application/grpc+proto")], framed(0, &plain)),
    ] {
        let answer = server.call(TRACES, &headers, body).await;
        assert_eq!(answer, r"200 | grpc-status: 0 | \x00\x00\x00\x00\x00", "{headers:?}");
    }
    assert_eq!(server.sink.spans(), 5);
    let counts = server.counters.of(Transport::Grpc);
    assert_eq!((counts.requests, counts.spans, counts.failed_requests), (5, 5, 0));
    assert_eq!(server.counters.of(Transport::HttpProtobuf).requests, 0);
}

#[tokio::test]
async fn logs_and_metrics_and_empty_messages_are_answered() {
    for (path, message) in [(LOGS, &b""[..]), (METRICS, b"anything"), (TRACES, b"")] {
        let success = expect![[r"200 | grpc-status: 0 | \x00\x00\x00\x00\x00"]];
        check(path, &[], framed(0, message), success).await;
    }
    let health = expect![[r"200 | grpc-status: 0 | \x00\x00\x00\x00\x02\x08\x01"]];
    check("/grpc.health.v1.Health/Check", &[], framed(0, b""), health).await;
}

#[tokio::test]
async fn what_is_refused_is_told_as_a_partial_success() {
    let server = start(Recorder::default(), Settings::default()).await;
    // The span's second field, its id, has 7 bytes.
    let mut message = one_span();
    let at = message.windows(2).position(|pair| pair == [0x12, 0x08]).unwrap();
    message.splice(at..at + 10, [0x12, 0x08, 0, 0, 0, 0, 0, 0, 0, 0]);
    let answer = server.call(TRACES, &[], framed(0, &message)).await;
    assert!(answer.starts_with("200 | grpc-status: 0 |"), "{answer}");
    assert!(answer.contains("the span id is not 8 bytes, or is zero (1)"), "{answer}");
    assert_eq!(server.counters.read().refused, 1);
}

#[tokio::test]
async fn bad_calls_are_told_what_is_wrong() {
    let invalid = |text| format!("200 | grpc-status: 3 | grpc-message: {text}");
    for (headers, body, expected) in [
        (vec![], vec![], invalid("the call has no message")),
        (vec![], vec![0, 0, 0, 0, 9, 1], invalid("the message breaks off")),
        (vec![], framed(0, b"")[..4].to_vec(), invalid("the call has no message")),
        (vec![], [framed(0, b""), framed(0, b"")].concat(), invalid("the call has more than one message")),
        (vec![], framed(9, b""), invalid("the message's flags are not understood")),
        (
            vec![],
            framed(0, b"\x0a\xff<script>"),
            invalid("this is not an OTLP protobuf message: it ends in the middle of a field"),
        ),
        (
            vec![("grpc-encoding", "gzip")],
            framed(1, b"plain"),
            invalid("the body is not gzip, though its headers say so"),
        ),
        (
            vec![],
            framed(1, b""),
            "200 | grpc-status: 13 | grpc-message: a compressed message needs a grpc-encoding".to_owned(),
        ),
        (
            vec![("grpc-encoding", "snappy")],
            framed(1, b""),
            "200 | grpc-status: 12 | grpc-message: grpc-encoding must be gzip, zstd or identity".to_owned(),
        ),
    ] {
        let server = start(Recorder::default(), Settings::default()).await;
        assert_eq!(server.call(TRACES, &headers, body).await, expected);
        assert_eq!(server.counters.read().failed_requests, 1, "{expected}");
        server.still_serves().await;
    }
}

#[tokio::test]
async fn unknown_methods_and_types_are_named() {
    check(
        "/opentelemetry.proto.collector.trace.v1.TraceService/Import",
        &[],
        framed(0, b""),
        expect!["200 | grpc-status: 12 | grpc-message: this is an OTLP receiver: call Export of traces, logs or metrics"],
    )
    .await;
    check(
        TRACES,
        &[("content-type", "application/grpc-web")],
        framed(0, b""),
        expect![[r"415 | this port speaks gRPC; send OTLP over HTTP to the other one, 4318 by default\n"]],
    )
    .await;
}

#[tokio::test]
async fn other_hosts_origins_and_tokens_stay_out() {
    let host = expect![
        "200 | grpc-status: 7 | grpc-message: the Host header must be localhost or a loopback address; allow further names in the settings"
    ];
    check(TRACES, &[("host", "evil.example")], framed(0, b""), host).await;
    let origin = expect![
        "200 | grpc-status: 7 | grpc-message: this origin may not send; allow it in the settings if it should"
    ];
    check(TRACES, &[("origin", "https://evil.example")], framed(0, b""), origin).await;
    let access = Access { token: Some("secret".to_owned()), ..Access::default() };
    let server = start(Recorder::default(), Settings { access, ..Settings::default() }).await;
    let answer = server.call(TRACES, &[("authorization", "Bearer wrong")], framed(0, b"")).await;
    assert_eq!(answer, "200 | grpc-status: 16 | grpc-message: the token is missing or wrong");
    let answer = server.call(TRACES, &[("authorization", "Bearer secret")], framed(0, b"")).await;
    assert!(answer.starts_with("200 | grpc-status: 0"), "{answer}");
}

#[tokio::test]
async fn an_overloaded_sink_asks_to_come_again_and_says_when() {
    let server = start(Recorder::refusing(usize::MAX), Settings::default()).await;
    let answer = server.call(TRACES, &[], framed(0, &one_span())).await;
    let (said, details) = answer.split_once(" | grpc-status-details-bin: ").unwrap();
    assert_eq!(
        said,
        "200 | grpc-status: 14 | grpc-message: too much telemetry arrives at once; send it again in a moment"
    );
    let details = base64::Engine::decode(&base64::prelude::BASE64_STANDARD_NO_PAD, details).unwrap();
    assert_eq!(otlp_reply::retry_after(&details), Some(1));
    assert_eq!(server.counters.read().overloaded_requests, 1);
}

#[tokio::test]
async fn sizes_are_limited_before_and_after_decompression() {
    let settings = Settings { body_bytes: 64 * 1024, ..Settings::default() };
    let server = start(Recorder::default(), settings).await;
    let over = "200 | grpc-status: 8 | grpc-message: the body is over the limit of 65536 bytes; send smaller batches";
    assert_eq!(server.call(TRACES, &[], framed(0, &vec![0; 64 * 1024 + 1])).await, over);
    let zeros = vec![0; 8 << 20];
    let bomb = framed(1, &gzip(&zeros));
    assert_eq!(server.call(TRACES, &[("grpc-encoding", "gzip")], bomb).await, over);
    let bomb = framed(1, &zstd::stream::encode_all(&zeros[..], 1).unwrap());
    assert_eq!(server.call(TRACES, &[("grpc-encoding", "zstd")], bomb).await, over);
    server.still_serves().await;
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = &(payload.len() as u32).to_be_bytes()[1..];
    [length, &[kind, flags], &stream.to_be_bytes()[..], payload].concat()
}

/// Literal header fields without indexing (RFC 7541, section 6.2.2).
fn headers(fields: &[(&str, &str)]) -> Vec<u8> {
    let field = |(name, value): &(&str, &str)| {
        [&[0, name.len() as u8][..], name.as_bytes(), &[value.len() as u8], value.as_bytes()].concat()
    };
    fields.iter().flat_map(field).collect()
}

fn call_head() -> Vec<u8> {
    headers(&[
        (":method", "POST"),
        (":scheme", "http"),
        (":path", TRACES),
        (":authority", "localhost"),
        ("content-type", "application/grpc"),
    ])
}

impl Running {
    /// Sends bytes, and waits until the connection is closed: what was written may not be taken to its end.
    async fn until_closed(&self, bytes: &[u8]) -> Vec<u8> {
        let (mut read, mut write) = TcpStream::connect(self.address).await.unwrap().into_split();
        let bytes = bytes.to_vec();
        let writing = tokio::spawn(async move {
            let _ = write.write_all(&bytes).await;
            write
        });
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(120), read.read_to_end(&mut answer)).await.unwrap();
        drop(writing);
        answer
    }
}

#[tokio::test]
async fn garbage_and_http_1_end_their_connection_only() {
    let server = start(Recorder::default(), Settings::default()).await;
    server.until_closed(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    server.until_closed(&[0xff; 4096]).await;
    let bad_frame = [PREFACE, &frame(4, 0, 0, &[]), &frame(1, 4, 1, &[0xff; 64])].concat();
    server.until_closed(&bad_frame).await;
    let on_stream_0 = [PREFACE, &frame(4, 0, 0, &[]), &frame(0, 0, 0, b"data")].concat();
    server.until_closed(&on_stream_0).await;
    server.still_serves().await;
}

#[tokio::test]
async fn rapid_resets_end_the_connection() {
    let server = start(Recorder::default(), Settings::default()).await;
    let mut bytes = [PREFACE, &frame(4, 0, 0, &[])].concat();
    for stream in 0..50_000_u32 {
        bytes.extend(frame(1, 4, stream * 2 + 1, &call_head()));
        bytes.extend(frame(3, 0, stream * 2 + 1, &8_u32.to_be_bytes()));
    }
    let answer = server.until_closed(&bytes).await;
    // GOAWAY with ENHANCE_YOUR_CALM (RFC 9113, section 7) is the last frame.
    assert!(answer.windows(4).any(|code| code == 11_u32.to_be_bytes()), "{} bytes", answer.len());
    server.still_serves().await;
    assert!(server.counters.read().requests < 1000);
}

#[tokio::test]
async fn endless_headers_end_the_connection() {
    let server = start(Recorder::default(), Settings::default()).await;
    let mut bytes = [PREFACE, &frame(4, 0, 0, &[]), &frame(1, 0, 1, &call_head())].concat();
    let more = headers(&[("x-more", &"a".repeat(100))]);
    for _ in 0..10_000 {
        bytes.extend(frame(9, 0, 1, &more));
    }
    server.until_closed(&bytes).await;
    server.still_serves().await;
}

/// Time stands still here until everything waits, and then jumps to the next deadline.
#[tokio::test(start_paused = true)]
async fn half_open_connections_and_silent_peers_are_closed() {
    let server = start(Recorder::default(), Settings::default()).await;
    for sent in [&b""[..], &PREFACE[..10], PREFACE] {
        let began = tokio::time::Instant::now();
        server.until_closed(sent).await;
        assert!(began.elapsed() < limits::HEAD_TIMEOUT + Duration::from_secs(1), "{:?}", began.elapsed());
    }
    // One that opened properly and then answers no ping, in the middle of a frame.
    let began = tokio::time::Instant::now();
    server.until_closed(&[PREFACE, &frame(4, 0, 0, &[]), &frame(1, 4, 1, &call_head())[..20]].concat()).await;
    let most = limits::HTTP2_PING_INTERVAL + limits::HTTP2_PING_TIMEOUT + Duration::from_secs(1);
    assert!(began.elapsed() < most, "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn half_open_connections_do_not_keep_others_out() {
    let server = start(Recorder::default(), Settings::default()).await;
    let mut half_open = Vec::new();
    for _ in 0..limits::CONNECTIONS + 50 {
        half_open.push(TcpStream::connect(server.address).await.unwrap());
    }
    server.still_serves().await;
}

#[tokio::test]
async fn it_ends_when_told_though_a_connection_is_open() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let receiver = Arc::new(Receiver::new(Arc::new(Recorder::default()), Settings::default()));
    let serving = tokio::spawn(serve(listener, receiver, async {
        let _ = stopped.await;
    }));
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(&[PREFACE, &frame(4, 0, 0, &[])].concat()).await.unwrap();
    idle.read_u8().await.unwrap();
    drop(stop);
    tokio::time::timeout(Duration::from_secs(10), serving).await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}
