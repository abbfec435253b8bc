//! The receiver over real sockets: bytes in, status and body out.

use std::{io::Write as _, sync::Arc, time::Duration};

use expect_test::{Expect, expect};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};

use formats::Limits;

use super::*;
use crate::{
    Counters, Sink, limits,
    otlp::{Access, Settings},
    testing::Recorder,
};

const ONE_SPAN: &str = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","name":"a"}]}]}]}"#;

struct Running {
    address: std::net::SocketAddr,
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
    let router = router(Arc::new(Receiver::new(Arc::clone(&sink) as Arc<dyn Sink>, settings)));
    tokio::spawn(serve(listener, router, async {
        let _ = stopped.await;
    }));
    Running { address, counters, sink, _stop: stop }
}

impl Running {
    /// Sends one request and reads the answer to its end: the status line, the headers that matter, the body.
    async fn send(&self, head: &str, body: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let length = match head.contains("Transfer-Encoding") {
            true => String::new(),
            false => format!("Content-Length: {}\r\n", body.len()),
        };
        let head = format!("{}\r\nConnection: close\r\n{length}\r\n", head.replace('\n', "\r\n"));
        let _ = stream.write_all(head.as_bytes()).await;
        let _ = stream.write_all(body).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        shown(&answer)
    }

    fn spans(&self) -> usize {
        self.sink.spans()
    }
}

fn shown(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return format!("(no answer) {text:?}");
    };
    let telling = ["allow", "retry-after", "content-type", "access-control", "www-auth", "accept-encoding"];
    let mut lines = head.lines();
    let mut shown = lines.next().unwrap_or("").replace("HTTP/1.1 ", "");
    for line in lines.filter(|line| telling.iter().any(|name| line.starts_with(name))) {
        shown.push_str(&format!(" | {line}"));
    }
    format!("{shown}\n{body}")
}

fn post(path: &str, content_type: &str) -> String {
    format!("POST {path} HTTP/1.1\nHost: localhost\nContent-Type: {content_type}")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

async fn check(head: &str, body: &[u8], expected: Expect) {
    let server = start(Recorder::default(), Settings::default()).await;
    expected.assert_eq(&server.send(head, body).await);
}

#[tokio::test]
async fn json_is_taken_and_answered_in_json() {
    let server = start(Recorder::default(), Settings::default()).await;
    let answer =
        server.send(&post("/v1/traces", "application/json; charset=utf-8"), ONE_SPAN.as_bytes()).await;
    expect![[r#"
        200 OK | content-type: application/json
        {}"#]]
    .assert_eq(&answer);
    assert_eq!(server.spans(), 1);
    let counts = server.counters.read();
    assert_eq!((counts.requests, counts.spans, counts.refused), (1, 1, 0));
}

#[tokio::test]
async fn protobuf_gzipped_and_chunked_is_taken() {
    let server = start(Recorder::default(), Settings::default()).await;
    let batch = formats::otlp_json::decode(ONE_SPAN.as_bytes(), &Limits::default()).unwrap();
    let plain = formats::otlp_proto::encode_traces(&batch.spans);
    let head = post("/v1/traces", "application/x-protobuf");
    expect![[r#"
        200 OK | content-type: application/x-protobuf
    "#]]
    .assert_eq(&server.send(&head, &plain).await);
    let (mut first, second) = (gzip(&plain), gzip(b""));
    first.extend(second);
    let zipped = format!("{head}\nContent-Encoding: gzip");
    expect![[r#"
        200 OK | content-type: application/x-protobuf
    "#]]
    .assert_eq(&server.send(&zipped, &first).await);
    let chunked = format!("{head}\nTransfer-Encoding: chunked");
    let mut body = format!("{:x}\r\n", plain.len()).into_bytes();
    body.extend(&plain);
    body.extend(b"\r\n0\r\n\r\n");
    expect![[r#"
        200 OK | content-type: application/x-protobuf
    "#]]
    .assert_eq(&server.send(&chunked, &body).await);
    assert_eq!(server.spans(), 3);
}

#[tokio::test]
async fn an_empty_request_is_a_success() {
    check(
        &post("/v1/traces", "application/x-protobuf"),
        b"",
        expect![[r#"
        200 OK | content-type: application/x-protobuf
    "#]],
    )
    .await;
    check(
        &post("/v1/logs", "application/json"),
        b"{}",
        expect![[r#"
        200 OK | content-type: application/json
        {}"#]],
    )
    .await;
}

#[tokio::test]
async fn metrics_are_answered_and_counted() {
    let server = start(Recorder::default(), Settings::default()).await;
    expect![[r#"
        200 OK | content-type: application/x-protobuf
    "#]]
    .assert_eq(&server.send(&post("/v1/metrics", "application/x-protobuf"), b"anything").await);
    assert_eq!(server.counters.read().metrics_requests, 1);
    assert!(server.sink.batches.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_is_refused_is_told_and_the_rest_is_kept() {
    let server = start(Recorder::default(), Settings::default()).await;
    let body = ONE_SPAN.replace("\"spans\":[", r#""spans":[{"traceId":"","spanId":"b7ad6b7169203331"},7,"#);
    let answer = server.send(&post("/v1/traces", "application/json"), body.as_bytes()).await;
    expect![[r#"
        200 OK | content-type: application/json
        {"partialSuccess":{"errorMessage":"the trace id is not 16 bytes, or is zero (1); a span is not a JSON object (1)","rejectedSpans":"2"}}"#]].assert_eq(&answer);
    assert_eq!(server.spans(), 1);
    assert_eq!(server.counters.read().refused, 2);
}

#[tokio::test]
async fn broken_bodies_are_400_with_a_reason_and_cost_nothing_else() {
    let server = start(Recorder::default(), Settings::default()).await;
    let json = post("/v1/traces", "application/json");
    expect![[r#"
        400 Bad Request | content-type: application/json
        {"code":3,"message":"this is not JSON: it breaks off or is malformed at line 1, column 20"}"#]]
    .assert_eq(&server.send(&json, b"{\"resourceSpans\": [<script>").await);
    expect![[r#"
        400 Bad Request | content-type: application/json
        {"code":3,"message":"this JSON is not OTLP: it is no object"}"#]]
    .assert_eq(&server.send(&json, b"[1,2]").await);
    expect![[r#"
        400 Bad Request | content-type: application/json
        {"code":3,"message":"this JSON is not OTLP: it has neither resourceSpans nor resourceLogs"}"#]]
    .assert_eq(&server.send(&json, b"{\"spans\":[]}").await);
    let proto = post("/v1/traces", "application/x-protobuf");
    expect![[r#"
        400 Bad Request | content-type: application/x-protobuf
        Fthis is not an OTLP protobuf message: it ends in the middle of a field"#]]
    .assert_eq(&server.send(&proto, b"\x0a\xff<script>").await);
    expect![[r#"
        400 Bad Request | content-type: application/x-protobuf
        /the body is not gzip, though its headers say so"#]]
    .assert_eq(&server.send(&format!("{proto}\nContent-Encoding: gzip"), b"plain").await);
    assert_eq!(server.counters.read().failed_requests, 5);
    server.send(&json, ONE_SPAN.as_bytes()).await;
    assert_eq!(server.spans(), 1);
}

#[tokio::test]
async fn other_types_methods_and_paths_are_named() {
    check(
        &post("/v1/traces", "text/plain"),
        b"",
        expect![[r#"
        415 Unsupported Media Type | content-type: text/plain; charset=utf-8
        the Content-Type must be application/x-protobuf or application/json
    "#]],
    )
    .await;
    check(
        "POST /v1/traces HTTP/1.1\nHost: localhost",
        b"",
        expect![[r#"
        415 Unsupported Media Type | content-type: text/plain; charset=utf-8
        the Content-Type must be application/x-protobuf or application/json
    "#]],
    )
    .await;
    let stacked = format!("{}\nContent-Encoding: gzip, gzip", post("/v1/traces", "application/json"));
    check(
        &stacked,
        b"",
        expect![[r#"
            415 Unsupported Media Type | content-type: application/json | accept-encoding: gzip, zstd
            {"code":3,"message":"the Content-Encoding must be gzip or zstd, or absent"}"#]],
    )
    .await;
    let twice =
        format!("{}\nContent-Encoding: gzip\nContent-Encoding: gzip", post("/v1/traces", "application/json"));
    check(
        &twice,
        b"",
        expect![[r#"
            415 Unsupported Media Type | content-type: application/json | accept-encoding: gzip, zstd
            {"code":3,"message":"the Content-Encoding must be gzip or zstd, or absent"}"#]],
    )
    .await;
    check(
        "GET /v1/traces HTTP/1.1\nHost: localhost",
        b"",
        expect![[r#"
        405 Method Not Allowed | content-type: text/plain; charset=utf-8 | allow: POST
        send OTLP with POST
    "#]],
    )
    .await;
    check(
        &post("/", "application/json"),
        b"",
        expect![[r#"
        404 Not Found | content-type: text/plain; charset=utf-8
        this is an OTLP receiver: post to /v1/traces, /v1/logs or /v1/metrics
    "#]],
    )
    .await;
}

#[tokio::test]
async fn browsers_and_rebound_names_stay_out() {
    let json = post("/v1/traces", "application/json");
    check(
        &format!("{json}\nOrigin: https://evil.com"),
        ONE_SPAN.as_bytes(),
        expect![[r#"
            403 Forbidden | content-type: text/plain; charset=utf-8
            this origin may not send; allow it in the settings if it should
        "#]],
    )
    .await;
    check(
        &json.replace("localhost", "evil.com"),
        ONE_SPAN.as_bytes(),
        expect![[r#"
            403 Forbidden | content-type: text/plain; charset=utf-8
            the Host header must be localhost or a loopback address; allow further names in the settings
        "#]],
    )
    .await;
    check(
        &json.replace("localhost", "[::"),
        ONE_SPAN.as_bytes(),
        expect![[r#"
            400 Bad Request | content-type: text/plain; charset=utf-8
            the Host header is missing or malformed
        "#]],
    )
    .await;
    check(
        "OPTIONS /v1/traces HTTP/1.1\nHost: localhost\nOrigin: http://localhost:3000",
        b"",
        expect![[r#"
            403 Forbidden | content-type: text/plain; charset=utf-8
            this origin may not send; allow it in the settings if it should
        "#]],
    )
    .await;
    check(
        "OPTIONS /v1/traces HTTP/1.1\nHost: localhost",
        b"",
        expect![[r#"
        403 Forbidden
    "#]],
    )
    .await;
}

#[tokio::test]
async fn an_origin_that_is_allowed_may_send_and_read_the_answer() {
    let access = Access { origins: vec!["http://localhost:3000".to_owned()], ..Access::default() };
    let server = start(Recorder::default(), Settings { access, ..Settings::default() }).await;
    let preflight = "OPTIONS /v1/traces HTTP/1.1\nHost: localhost\nOrigin: http://localhost:3000";
    expect![[r#"
        204 No Content | access-control-allow-methods: POST | access-control-allow-headers: content-type,content-encoding,authorization | access-control-max-age: 600 | access-control-allow-origin: http://localhost:3000
    "#]].assert_eq(&server.send(preflight, b"").await);
    let head = format!("{}\nOrigin: http://localhost:3000", post("/v1/traces", "application/json"));
    expect![[r#"
        200 OK | content-type: application/json | access-control-allow-origin: http://localhost:3000
        {}"#]]
    .assert_eq(&server.send(&head, ONE_SPAN.as_bytes()).await);
    assert_eq!(server.spans(), 1);
}

#[tokio::test]
async fn an_overloaded_sink_asks_to_come_again() {
    let server = start(Recorder::refusing(usize::MAX), Settings::default()).await;
    let answer = server.send(&post("/v1/traces", "application/json"), ONE_SPAN.as_bytes()).await;
    expect![[r#"
        429 Too Many Requests | content-type: application/json | retry-after: 1
        {"code":8,"message":"too much telemetry arrives at once; send it again in a moment"}"#]]
    .assert_eq(&answer);
    let counts = server.counters.read();
    assert_eq!((counts.spans, counts.overloaded_requests), (0, 1));
}

#[tokio::test]
async fn sizes_are_limited_before_and_after_decompression() {
    let settings = Settings { body_bytes: 64 * 1024, ..Settings::default() };
    let server = start(Recorder::default(), settings).await;
    let json = post("/v1/traces", "application/json");
    expect![[r#"
        413 Payload Too Large | content-type: application/json
        {"code":8,"message":"the body is over the limit of 65536 bytes; send smaller batches"}"#]]
    .assert_eq(&server.send(&json, &vec![b' '; 64 * 1024 + 1]).await);
    let chunked = format!("{json}\nTransfer-Encoding: chunked");
    let mut body = b"20000\r\n".to_vec();
    body.extend(vec![b' '; 0x20000]);
    expect![[r#"
        413 Payload Too Large | content-type: application/json
        {"code":8,"message":"the body is over the limit of 65536 bytes; send smaller batches"}"#]]
    .assert_eq(&server.send(&chunked, &body).await);
    let bomb = gzip(&vec![0; 64 * 1024 * 1024]);
    assert!(bomb.len() < 512 * 1024);
    let zipped = format!("{json}\nContent-Encoding: gzip");
    let settings = Settings { body_bytes: 1024 * 1024, ..Settings::default() };
    let server = start(Recorder::default(), settings).await;
    expect![[r#"
        413 Payload Too Large | content-type: application/json
        {"code":8,"message":"the body is over the limit of 1048576 bytes; send smaller batches"}"#]]
    .assert_eq(&server.send(&zipped, &bomb).await);
}

#[tokio::test]
async fn a_connection_is_kept_between_requests() {
    let server = start(Recorder::default(), Settings::default()).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = post("/v1/traces", "application/json").replace('\n', "\r\n");
    let request = format!("{head}\r\nContent-Length: {}\r\n\r\n{ONE_SPAN}", ONE_SPAN.len());
    for round in 1..=3 {
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"{}") {
            assert!(stream.read_buf(&mut answer).await.unwrap() > 0, "closed in round {round}");
        }
    }
    assert_eq!(server.spans(), 3);
}

/// Time stands still here until everything waits, and then jumps to the next deadline.
#[tokio::test(start_paused = true)]
async fn slow_heads_and_slow_bodies_are_closed() {
    let server = start(Recorder::default(), Settings::default()).await;
    for (sent, most) in [("", limits::HEAD_TIMEOUT), ("POST /v1/tra", limits::HEAD_TIMEOUT)] {
        let began = tokio::time::Instant::now();
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(sent.as_bytes()).await.unwrap();
        assert_eq!(stream.read(&mut [0; 64]).await.unwrap_or(0), 0, "{sent:?} was answered");
        assert!(began.elapsed() < most + Duration::from_secs(1), "{sent:?} took {:?}", began.elapsed());
    }
    let began = tokio::time::Instant::now();
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = post("/v1/traces", "application/json").replace('\n', "\r\n");
    stream.write_all(format!("{head}\r\nContent-Length: 100\r\n\r\n{{").as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    expect![[r#"
        408 Request Timeout | content-type: application/json
        {"code":4,"message":"the body did not arrive in time"}"#]]
    .assert_eq(&shown(&answer));
    assert!(began.elapsed() < limits::BODY_TIMEOUT + Duration::from_secs(6));
}

#[tokio::test(start_paused = true)]
async fn half_open_connections_do_not_keep_others_out() {
    let server = start(Recorder::default(), Settings::default()).await;
    let mut half_open = Vec::new();
    for _ in 0..limits::CONNECTIONS + 50 {
        half_open.push(TcpStream::connect(server.address).await.unwrap());
    }
    let answer = server.send(&post("/v1/traces", "application/json"), ONE_SPAN.as_bytes()).await;
    assert!(answer.starts_with("200"), "{answer}");
}

#[tokio::test]
async fn it_ends_when_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let router = router(Arc::new(Receiver::new(Arc::new(Recorder::default()), Settings::default())));
    let serving = tokio::spawn(serve(listener, router, async {
        let _ = stopped.await;
    }));
    let _idle = TcpStream::connect(address).await.unwrap();
    drop(stop);
    tokio::time::timeout(Duration::from_secs(10), serving).await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}
