//! Backends against a server that answers as the real ones do, their faults included.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse as _, Response},
};
use expect_test::{Expect, expect};
use model::{Timestamp, TraceId};
use tokio::net::TcpListener;

use super::{jaeger::Jaeger, zipkin::Zipkin};
use crate::backend::{Asked, Backend, BackendError};

/// Status, a header, body.
type Answer = (u16, Option<(&'static str, &'static str)>, &'static str);

/// What each path answers.
type Answers = HashMap<&'static str, Answer>;

/// What was asked so far.
type Log = Arc<Mutex<Vec<String>>>;

struct Fake {
    address: String,
    asked: Log,
}

async fn fake(answers: Answers) -> Fake {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Log::default();
    let answer = |State((answers, asked)): State<(Arc<Answers>, Log)>, request: Request| async move {
        asked.lock().unwrap().push(request.uri().to_string());
        reply(answers.get(request.uri().path()))
    };
    let router = Router::new().fallback(answer).with_state((Arc::new(answers), asked.clone()));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Fake { address, asked }
}

fn reply(answer: Option<&Answer>) -> Response {
    match answer {
        None => (StatusCode::NOT_FOUND, "404 page not found\n").into_response(),
        Some((status, header, body)) => {
            let mut response = (StatusCode::from_u16(*status).unwrap(), *body).into_response();
            if let Some((name, value)) = header {
                response.headers_mut().insert(*name, value.parse().unwrap());
            }
            response
        }
    }
}

impl Fake {
    fn asked(&self) -> String {
        self.asked.lock().unwrap().drain(..).map(|uri| uri + "\n").collect()
    }

    /// A sentence without the port, which differs each time.
    fn words(&self, error: &BackendError) -> String {
        format!("{}\n", error.to_string().replace(&self.address, "ADDRESS"))
    }
}

const SOME_TIME: Asked =
    Asked { from: Timestamp(1_700_000_000_000_000_000), to: Timestamp(1_700_000_900_000_000_000), limit: 2 };

fn trace_id() -> TraceId {
    TraceId::from_hex("8448eb211c80319c").unwrap()
}

const ZIPKIN_TRACE: &str = r#"[{"traceId":"8448eb211c80319c","id":"1","name":"get","timestamp":1700000000000000,
    "localEndpoint":{"serviceName":"cart"},"tags":{}}]"#;
const ZIPKIN_TRACES: &str = r#"[[{"traceId":"8448eb211c80319c","id":"1"}],[{"traceId":"2","id":"1"}]]"#;

#[tokio::test]
async fn zipkin_is_asked_in_its_own_words() {
    let server = fake(Answers::from([
        ("/base/api/v2/services", (200, None, r#"["shop","cart"]"#)),
        ("/base/api/v2/traces", (200, None, ZIPKIN_TRACES)),
        ("/base/api/v2/trace/8448eb211c80319c", (200, None, ZIPKIN_TRACE)),
        ("/base/info", (200, None, r#"{"zipkin":{"version":"3.6.1"}}"#)),
    ]))
    .await;
    let zipkin = Zipkin::new("team", &format!("{}/base/", server.address), &[]).unwrap();
    let able = zipkin.probe().await.unwrap();
    assert_eq!((able.version.as_deref(), able.services), (Some("3.6.1"), 2));
    assert_eq!(zipkin.services().await.unwrap(), ["cart", "shop"]);
    zipkin.services().await.unwrap();
    let recent = zipkin.recent("Cart", SOME_TIME).await.unwrap();
    assert_eq!((recent.batch.spans.len(), recent.is_truncated), (2, true));
    for _ in 0..2 {
        let trace = zipkin.trace(trace_id()).await.unwrap().unwrap();
        assert_eq!(trace.spans[0].service(), "cart");
    }
    assert_eq!(zipkin.trace(TraceId([1; 16])).await, Ok(None));
    expect![[r#"
        /base/api/v2/services
        /base/info
        /base/api/v2/services
        /base/api/v2/traces?serviceName=cart&endTs=1700000900001&lookback=900001&limit=2
        /base/api/v2/trace/8448eb211c80319c
        /base/api/v2/trace/01010101010101010101010101010101
    "#]]
    .assert_eq(&server.asked());
}

const OTLP: &str = r#"{"result":{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}}]},
    "scopeSpans":[{"spans":[{"traceId":"00000000000000008448eb211c80319c","spanId":"0000000000000001","name":"get"}]}]}]}}"#;
const NOTHING: &str = r#"{"error":{"httpCode":404,"message":"No traces found"}}"#;

#[tokio::test]
async fn jaeger_is_asked_by_version_3() {
    let server = fake(Answers::from([
        ("/api/v3/services", (200, None, r#"{"services":["shop","cart"]}"#)),
        ("/api/v3/traces", (200, None, OTLP)),
        ("/api/v3/traces/00000000000000008448eb211c80319c", (200, None, OTLP)),
        ("/api/v3/traces/01010101010101010101010101010101", (404, None, NOTHING)),
    ]))
    .await;
    let jaeger = Jaeger::new("team", &server.address, &[]).unwrap();
    assert_eq!(jaeger.services().await.unwrap(), ["cart", "shop"]);
    let recent = jaeger.recent("cart", SOME_TIME).await.unwrap();
    assert_eq!((recent.batch.spans.len(), recent.is_truncated), (1, false));
    assert_eq!(jaeger.trace(trace_id()).await.unwrap().unwrap().spans[0].service(), "cart");
    assert_eq!(jaeger.trace(TraceId([1; 16])).await, Ok(None));
    expect![[r#"
        /api/v3/services
        /api/v3/traces?query.service_name=cart&query.start_time_min=2023-11-14T22%3A13%3A20.000000000Z&query.start_time_max=2023-11-14T22%3A28%3A20.000000000Z&query.num_traces=2
        /api/v3/traces/00000000000000008448eb211c80319c
        /api/v3/traces/01010101010101010101010101010101
    "#]].assert_eq(&server.asked());
}

#[tokio::test]
async fn nothing_found_in_jaeger_is_an_empty_answer() {
    let server = fake(Answers::from([
        ("/api/v3/services", (200, None, r#"{"services":null}"#)),
        ("/api/v3/traces", (404, None, NOTHING)),
    ]))
    .await;
    let jaeger = Jaeger::new("team", &server.address, &[]).unwrap();
    assert!(jaeger.services().await.unwrap().is_empty());
    assert!(jaeger.recent("cart", SOME_TIME).await.unwrap().batch.spans.is_empty());
}

#[tokio::test]
async fn servers_with_the_old_interface_alone_are_asked_by_that() {
    let page = r#"{"data":[{"traceID":"8448eb211c80319c","spans":[{"traceID":"8448eb211c80319c","spanID":"1",
        "operationName":"get","processID":"p1"}],"processes":{"p1":{"serviceName":"cart","tags":[]}}}]}"#;
    let server = fake(Answers::from([
        ("/select/jaeger/api/services", (200, None, r#"{"data":["cart"],"total":1}"#)),
        ("/select/jaeger/api/traces", (200, None, page)),
        ("/select/jaeger/api/traces/00000000000000008448eb211c80319c", (200, None, page)),
        (
            "/select/jaeger/api/traces/01010101010101010101010101010101",
            (404, None, r#"{"errors":[{"code":404,"msg":"trace not found"}]}"#),
        ),
    ]))
    .await;
    let jaeger = Jaeger::new("team", &format!("{}/select/jaeger", server.address), &[]).unwrap();
    assert_eq!(jaeger.services().await.unwrap(), ["cart"]);
    assert_eq!(jaeger.recent("cart", SOME_TIME).await.unwrap().batch.spans.len(), 1);
    assert_eq!(jaeger.trace(trace_id()).await.unwrap().unwrap().spans[0].service(), "cart");
    assert_eq!(jaeger.trace(TraceId([1; 16])).await, Ok(None));
    expect![[r#"
        /select/jaeger/api/v3/services
        /select/jaeger/api/services
        /select/jaeger/api/traces?service=cart&start=1700000000000000&end=1700000900000000&limit=2
        /select/jaeger/api/traces/00000000000000008448eb211c80319c
        /select/jaeger/api/traces/01010101010101010101010101010101
    "#]]
    .assert_eq(&server.asked());
}

/// What both backends say when every path answers so.
async fn check(
    status: u16,
    header: Option<(&'static str, &'static str)>,
    body: &'static str,
    expected: Expect,
) {
    let paths = ["/api/v2/services", "/api/v3/services"];
    let server = fake(paths.map(|path| (path, (status, header, body))).into()).await;
    let headers = [("x-token".to_owned(), "secret".to_owned())];
    let zipkin = Zipkin::new("team", &server.address, &headers).unwrap();
    let jaeger = Jaeger::new("team", &server.address, &headers).unwrap();
    let mut text = server.words(&zipkin.services().await.unwrap_err());
    text.push_str(&server.words(&jaeger.services().await.unwrap_err()));
    assert!(!format!("{zipkin:?} {jaeger:?} {text}").contains("secret"));
    expected.assert_eq(&text);
}

#[tokio::test]
async fn faults_are_told_in_a_sentence_with_the_remedy() {
    check(
        401,
        None,
        "no",
        expect![[r#"
        ADDRESS does not let this user in (status 401); check the token or the headers for it
        ADDRESS does not let this user in (status 401); check the token or the headers for it
    "#]],
    )
    .await;
    check(
        429,
        Some(("retry-after", "7")),
        "",
        expect![[r#"
        ADDRESS is busy (status 429); it is asked again later
        ADDRESS is busy (status 429); it is asked again later
    "#]],
    )
    .await;
    check(
        503,
        None,
        "",
        expect![[r#"
        ADDRESS is busy (status 503); it is asked again later
        ADDRESS is busy (status 503); it is asked again later
    "#]],
    )
    .await;
    check(
        400,
        None,
        "malformed parameter",
        expect![[r#"
        ADDRESS refuses the question (status 400): malformed parameter
        ADDRESS refuses the question (status 400): malformed parameter
    "#]],
    )
    .await;
    check(404, None, "404 page not found", expect![[r#"
        ADDRESS answers, but not as Zipkin does (there is no /api/v2/services); check the port and the path
        ADDRESS answers, but not as Jaeger does (there is neither /api/v3/services nor /api/services); check the port and the path
    "#]]).await;
    check(200, None, "<!doctype html><title>Sign in</title>", expect![[r#"
        ADDRESS answers, but not as Zipkin does (it sends a web page, perhaps a login); check the port and the path
        ADDRESS answers, but not as Jaeger does (it sends a web page, perhaps a login); check the port and the path
    "#]]).await;
    check(200, None, "{\"half\":", expect![[r#"
        ADDRESS answers, but not as Zipkin does (its list of services is no list of texts); check the port and the path
        ADDRESS answers, but not as Jaeger does (its list of services is no list of texts); check the port and the path
    "#]]).await;
    check(
        200,
        Some(("content-encoding", "gzip")),
        "not gzip",
        expect![[r#"
        ADDRESS cannot be reached (Invalid gzip header); check that it runs, its port, and the way there
        ADDRESS cannot be reached (Invalid gzip header); check that it runs, its port, and the way there
    "#]],
    )
    .await;
    let within = Some(("location", "/api/v2/services"));
    check(
        302,
        within,
        "",
        expect![[r#"
        ADDRESS cannot be reached (it redirects without end); check that it runs, its port, and the way there
        ADDRESS cannot be reached (it redirects without end); check that it runs, its port, and the way there
    "#]],
    )
    .await;
    check(302, Some(("location", "http://login.invalid/")), "", expect![[r#"
        ADDRESS answers, but not as Zipkin does (it redirects to another host, perhaps a login); check the port and the path
        ADDRESS answers, but not as Jaeger does (it redirects to another host, perhaps a login); check the port and the path
    "#]]).await;
}

#[tokio::test]
async fn what_cannot_be_reached_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://user:password@{}", listener.local_addr().unwrap());
    drop(listener);
    let error = Zipkin::new("team", &address, &[]).unwrap().services().await.unwrap_err();
    assert!(matches!(error, BackendError::Unreachable { .. }));
    assert!(!error.to_string().contains("password"), "{error}");
    let gone = Zipkin::new("team", "http://backend.invalid:9411", &[]).unwrap();
    assert!(matches!(gone.services().await, Err(BackendError::Unreachable { .. })));
    for address in ["", "9411", "ftp://host", "localhost:9411", "http://"] {
        assert!(matches!(Zipkin::new("team", address, &[]), Err(BackendError::Address { .. })), "{address}");
    }
}

#[tokio::test]
async fn the_wait_that_a_backend_asks_for_is_known() {
    let server = fake(Answers::from([("/api/v2/services", (429, Some(("retry-after", "7")), ""))])).await;
    let error = Zipkin::new("team", &server.address, &[]).unwrap().services().await.unwrap_err();
    assert_eq!(error.retry_after(), Some(std::time::Duration::from_secs(7)));
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let endless = |_: Request| async {
        let chunk = bytes::Bytes::from(vec![b' '; 1 << 20]);
        let chunks = futures::stream::repeat_with(move || Ok::<_, std::io::Error>(chunk.clone()));
        axum::body::Body::from_stream(chunks)
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(endless)).await });
    let error = Zipkin::new("team", &address, &[]).unwrap().services().await.unwrap_err();
    assert!(matches!(error, BackendError::TooLarge { .. }), "{error}");
}
