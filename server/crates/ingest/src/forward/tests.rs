//! Passing on over real sockets: to a receiver of our own, and to servers that answer as broken ones do.

use std::{collections::VecDeque, future::pending, time::Duration};

use axum::{
    Router,
    body::to_bytes,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use tokio::{
    net::TcpListener,
    sync::oneshot,
    time::{sleep, timeout},
};

use super::*;
use crate::{
    limits,
    otlp::{self, Receiver},
    testing::Recorder,
};

/// A server that answers as it is told, then always with 200, and keeps what it was sent.
#[derive(Default)]
struct Backend {
    answers: Mutex<VecDeque<(StatusCode, &'static str)>>,
    requests: Mutex<Vec<String>>,
}

async fn backend(answers: &[(StatusCode, &'static str)]) -> (String, Arc<Backend>) {
    let backend = Arc::new(Backend::default());
    backend.answers.lock().unwrap().extend(answers);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new().fallback(record).with_state(backend.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (address, backend)
}

async fn record(State(backend): State<Arc<Backend>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let header = |name: &str| head.headers.get(name).map_or("-", |value| value.to_str().unwrap()).to_owned();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let shown = [&header("content-type"), &header("content-encoding"), &header("x-key")]
        .map(|it| it.as_str())
        .join(" ");
    backend.requests.lock().unwrap().push(format!("{} {shown} {}", head.uri, body.escape_ascii()));
    match backend.answers.lock().unwrap().pop_front() {
        Some((status, retry_after)) => (status, [("retry-after", retry_after)]).into_response(),
        None => StatusCode::OK.into_response(),
    }
}

fn settings(endpoint: &str, protocol: Protocol) -> Settings {
    let headers = vec![("X-Key".to_owned(), "s3cret".to_owned())];
    Settings { endpoint: endpoint.to_owned(), protocol, headers, queue_bytes: 16 * 1024 }
}

fn parcel(signal: Signal, encoding: Encoding, compression: Compression, body: &'static [u8]) -> Parcel {
    Parcel { signal, encoding, compression, body: Bytes::from_static(body) }
}

fn plain(body: &'static [u8]) -> Parcel {
    parcel(Signal::Traces, Encoding::Protobuf, Compression::None, body)
}

/// A queue whose courier runs.
async fn running(settings: Settings) -> Queue {
    let (queue, courier) = open(settings, &[]).await.unwrap();
    tokio::spawn(courier.run(pending()));
    queue
}

async fn settled(queue: &Queue) -> Counts {
    let wait = async {
        while queue.counts().waiting() > 0 {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(3600), wait).await.unwrap();
    queue.counts()
}

#[tokio::test]
async fn bodies_go_on_over_http_as_they_came() {
    let (address, backend) = backend(&[]).await;
    let queue = running(settings(&format!("{address}/otlp/"), Protocol::Http)).await;
    queue.offer(plain(b"spans"));
    queue.offer(parcel(Signal::Logs, Encoding::Json, Compression::Gzip, b"\x1f\x8b logs"));
    queue.offer(parcel(Signal::Metrics, Encoding::Protobuf, Compression::Zstd, b"metrics"));
    let counts = settled(&queue).await;
    assert_eq!((counts.delivered, counts.delivered_bytes, counts.dropped()), (3, 19, 0));
    let mut requests = std::mem::take(&mut *backend.requests.lock().unwrap());
    requests.sort();
    assert_eq!(
        requests,
        [
            r"/otlp/v1/logs application/json gzip s3cret \x1f\x8b logs",
            "/otlp/v1/metrics application/x-protobuf zstd s3cret metrics",
            "/otlp/v1/traces application/x-protobuf - s3cret spans",
        ]
    );
}

#[tokio::test]
async fn bodies_go_on_over_grpc_as_they_came() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let sink = Arc::new(Recorder::default());
    let receiver = Arc::new(Receiver::new(sink.clone(), otlp::Settings::default()));
    let (_stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(otlp::grpc::serve(listener, receiver, async { drop(stopped.await) }));
    let json = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331"}]}]}]}"#;
    let batch = formats::otlp_json::decode(json, &formats::Limits::default()).unwrap();
    let body = formats::otlp_proto::encode_traces(&batch.spans);
    let packed = zstd::stream::encode_all(&body[..], 1).unwrap();

    let queue = running(settings(&endpoint, Protocol::Grpc)).await;
    queue.offer(Parcel { body: body.into(), ..plain(b"") });
    queue.offer(Parcel { body: packed.into(), compression: Compression::Zstd, ..plain(b"") });
    queue.offer(parcel(Signal::Metrics, Encoding::Protobuf, Compression::None, b"metrics"));
    assert_eq!(settled(&queue).await.delivered, 3);
    assert_eq!(sink.spans(), 2);

    queue.offer(parcel(Signal::Traces, Encoding::Json, Compression::None, json));
    let counts = settled(&queue).await;
    assert_eq!(counts.refused, 1);
    assert!(counts.problem.unwrap().contains("set forward.protocol to http/protobuf"));
}

#[tokio::test(start_paused = true)]
async fn what_may_succeed_later_is_sent_again_when_asked_to() {
    let began = tokio::time::Instant::now();
    let busy = StatusCode::SERVICE_UNAVAILABLE;
    let (address, backend) = backend(&[(busy, "7"), (StatusCode::TOO_MANY_REQUESTS, "soon")]).await;
    let queue = running(settings(&address, Protocol::Http)).await;
    queue.offer(plain(b"spans"));
    let counts = settled(&queue).await;
    assert_eq!((counts.delivered, counts.dropped(), counts.problem), (1, 0, None));
    assert_eq!(backend.requests.lock().unwrap().len(), 3);
    assert!(began.elapsed() >= Duration::from_secs(7), "{:?}", began.elapsed());
}

#[tokio::test]
async fn what_is_refused_is_dropped_and_counted_and_the_rest_goes_on() {
    let (address, backend) = backend(&[(StatusCode::BAD_REQUEST, "0")]).await;
    let queue = running(settings(&address, Protocol::Http)).await;
    queue.offer(plain(b"bad"));
    let counts = settled(&queue).await;
    assert_eq!((counts.refused, counts.problem.unwrap().contains("400 Bad Request")), (1, true));
    queue.offer(plain(b"good"));
    assert_eq!(settled(&queue).await.delivered, 1);
    assert_eq!(backend.requests.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_queue_holds_so_many_bytes_and_a_body_is_not_tried_for_ever() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let queue = running(settings(&format!("http://{nobody}"), Protocol::Http)).await;
    for _ in 0..20 {
        queue.offer(plain(&[0; 1024]));
    }
    assert_eq!((queue.counts().full, queue.counts().waiting()), (4, 16));
    let counts = settled(&queue).await;
    assert_eq!((counts.given_up, counts.full, counts.delivered), (16, 4, 0));
    assert!(counts.problem.unwrap().contains("cannot be reached"));
}

#[tokio::test(start_paused = true)]
async fn what_waits_at_the_end_gets_a_moment_and_is_counted() {
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (queue, courier) = open(settings(&format!("http://{nobody}"), Protocol::Http), &[]).await.unwrap();
    queue.offer(plain(b"spans"));
    timeout(limits::SHUTDOWN_GRACE * 2, courier.run(async {})).await.unwrap();
    assert_eq!(queue.counts().given_up, 1);
    queue.offer(plain(b"spans"));
    assert_eq!(queue.counts().given_up, 2);

    let (address, _) = backend(&[]).await;
    let (queue, courier) = open(settings(&address, Protocol::Http), &[]).await.unwrap();
    queue.offer(plain(b"spans"));
    courier.run(async {}).await;
    assert_eq!((queue.counts().delivered, queue.counts().given_up), (1, 0));
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_named_and_secrets_are_not() {
    let own = ["127.0.0.1:4318".parse().unwrap()];
    let refused = |settings| async { open(settings, &own).await.err().unwrap() };
    let problem = refused(settings("http://user:pass@localhost:4318/v1/traces?key=k", Protocol::Http)).await;
    assert!(problem.contains("http://localhost:4318, where Spanglass itself receives"), "{problem}");
    assert!(!problem.contains("pass") || problem.contains("passed on"), "{problem}");
    let problem = refused(settings("ftp://collector", Protocol::Http)).await;
    assert!(problem.contains("it is no http or https address"), "{problem}");
    let bad = ("X-Key".to_owned(), "s3cret\n".to_owned());
    let problem =
        refused(Settings { headers: vec![bad], ..settings("http://collector", Protocol::Http) }).await;
    assert_eq!(problem, "forward.headers.X-Key cannot be used: its value is no value of a header");
    let shown = format!("{:?}", settings("http://user:pass@collector", Protocol::Http));
    assert!(!shown.contains("s3cret") && !shown.contains("pass"), "{shown}");
}
