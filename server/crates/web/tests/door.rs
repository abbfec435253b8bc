//! The door from outside: what it answers to whom, and that hostile telemetry stays text.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use model::{
    Attributes, Batch, Event, Resource, Scope, Span, SpanId, SpanKind, Status, Timestamp, TraceId, keys,
};
use tokio::sync::watch;
use tower::ServiceExt as _;
use web::{Door, Journal, Receiver, Settings, Token};
use world::{Change, World};

const HOSTILE: &str = "<img src=x onerror=alert(1)> \u{202E}\" onmouseover='x' </script>";
const TRACE: [u8; 16] = [1; 16];

/// A door to one trace of one failed span, all of whose text is hostile.
fn door() -> (Router, watch::Sender<u64>) {
    let clock = Arc::new(|| Timestamp(2_000_000_000));
    let world = world::start(World::new(world::Settings::default()), clock, |_| {});
    world.send(Change::Spans(Batch { spans: vec![Arc::new(hostile_span())], ..Batch::default() }));
    let (count, received) = watch::channel(1);
    let settings =
        Settings { token: Token::new("s3cret"), longest_wait: Duration::from_millis(50), page_size: 100 };
    let logs = Journal::new(1024);
    logs.push(b"log");
    let receiver = Receiver::new(|| serde_json::json!({ "http": "127.0.0.1:4318" }));
    (web::router(Door { world, received, logs, receiver, settings: Arc::new(settings) }), count)
}

fn hostile_span() -> Span {
    let attributes: Attributes = [(HOSTILE, HOSTILE)].into_iter().collect();
    let resource: Attributes = [(keys::SERVICE_NAME, HOSTILE)].into_iter().collect();
    let stack: Attributes =
        [(keys::EXCEPTION_TYPE, HOSTILE), (keys::EXCEPTION_STACKTRACE, HOSTILE)].into_iter().collect();
    Span {
        trace_id: TraceId(TRACE),
        span_id: SpanId([2; 8]),
        parent: None,
        name: HOSTILE.into(),
        kind: SpanKind::Server,
        start: Timestamp(1_000_000_000),
        end: Timestamp(1_500_000_000),
        attributes,
        events: vec![Event { time: Timestamp(1_200_000_000), name: "exception".into(), attributes: stack }],
        links: Vec::new(),
        status: Status { code: model::StatusCode::Error, message: HOSTILE.into() },
        trace_state: "".into(),
        resource: Arc::new(Resource { attributes: resource }),
        scope: Arc::new(Scope { name: HOSTILE.into(), ..Scope::default() }),
    }
}

async fn get(router: &Router, path: &str) -> (u16, String) {
    let request = Request::get(path).header("host", "127.0.0.1:4000").body(Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8_lossy(&body).into_owned())
}

#[tokio::test]
async fn hostile_telemetry_is_text_on_every_page() {
    let (router, _count) = door();
    for path in [format!("/trace/{}?token=s3cret", TraceId(TRACE)), "/?token=s3cret".to_owned()] {
        let (status, page) = get(&router, &path).await;
        assert_eq!(status, 200, "{page}");
        assert!(page.contains("&lt;img"), "the name is shown: {page}");
        for forbidden in ["<img", "onmouseover='", "</script", "\u{202E}"] {
            assert!(!page.contains(forbidden), "{forbidden:?} got into {page}");
        }
    }
}

#[tokio::test]
async fn nothing_is_answered_without_the_token() {
    let (router, _count) = door();
    for path in ["/", "/api/status", "/api/spans", "/api/traces", "/api/trace/0101", "/trace/0101"] {
        assert_eq!(get(&router, path).await.0, 401, "{path}");
        assert_eq!(get(&router, &format!("{path}?token=wrong")).await.0, 401, "{path}");
    }
    assert_eq!(get(&router, "/style.css").await.0, 200);
    assert_eq!(get(&router, "/nowhere?token=s3cret").await.0, 404);
}

#[tokio::test]
async fn unknown_and_malformed_traces_are_one_sentence() {
    let (router, _count) = door();
    let (status, reason) = get(&router, "/api/trace/abc?token=s3cret").await;
    assert_eq!((status, reason.lines().count()), (404, 1), "{reason}");
    let (status, reason) = get(&router, "/api/trace/xyz?token=s3cret").await;
    assert_eq!((status, reason.lines().count()), (400, 1), "{reason}");
}

#[tokio::test]
async fn spans_come_as_otlp_and_a_reader_waits_for_more() {
    let (router, count) = door();
    let request = Request::get("/api/spans?after=0&token=s3cret")
        .header("host", "localhost")
        .body(Body::empty())
        .unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let next = response.headers()["x-spanglass-next"].to_str().unwrap().to_owned();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let batch = formats::otlp_proto::decode_traces(&body, &formats::Limits::default()).unwrap();
    assert_eq!(batch.spans.len(), 1);
    assert_eq!(*batch.spans[0], hostile_span());

    let (status, body) = get(&router, &format!("/api/spans?after={next}&logs=0&token=s3cret")).await;
    assert_eq!((status, body.len()), (200, 3), "log records come when asked for");
    let (status, _) = get(&router, &format!("/api/spans?after={next}&logs=1&wait=1&token=s3cret")).await;
    assert_eq!(status, 204, "nothing came within the longest wait");
    drop(count);
    let (status, _) = get(&router, &format!("/api/spans?after={next}&wait=1&token=s3cret")).await;
    assert_eq!(status, 503, "the process is ending");
}
