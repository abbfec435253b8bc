//! The adapter against a real Zipkin server with its storage in memory.
//!
//! Runs when `SPANGLASS_ZIPKIN_JAR` names the executable jar of Zipkin 3 (`SPANGLASS_JAVA`: a Java 17 or later, `java`
//! by default); says that it was skipped otherwise.

use std::{
    io::Write as _,
    process::{Child, Command, Stdio},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use ingest::{
    backend::{Asked, Backend as _},
    backends::zipkin::Zipkin,
};
use model::{SpanKind, StatusCode, Timestamp, TraceId};
use tokio::time::{Instant, sleep};

/// Ends the server with the test, however that ends.
struct Server {
    process: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn start(jar: &std::ffi::OsStr) -> Server {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let java = std::env::var_os("SPANGLASS_JAVA").unwrap_or_else(|| "java".into());
    let process = Command::new(java)
        .arg("-Xmx384m")
        .arg("-jar")
        .arg(jar)
        .env("QUERY_PORT", port.to_string())
        .env("STORAGE_TYPE", "mem")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut server = Server { process, address: format!("http://127.0.0.1:{port}") };
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        let health = reqwest::get(format!("{}/health", server.address)).await;
        if health.is_ok_and(|answer| answer.status().is_success()) {
            return server;
        }
        assert!(
            server.process.try_wait().unwrap().is_none(),
            "Zipkin ended while it started: is {} its jar?",
            jar.display()
        );
        assert!(Instant::now() < deadline, "Zipkin did not start within two minutes");
        sleep(Duration::from_millis(200)).await;
    }
}

/// A call from `Frontend` to `Backend` with one id for both halves, and a query inside; `at` in microseconds.
fn spans(at: u64) -> String {
    format!(
        r#"[{{"traceId":"8448eb211c80319c","id":"00000000000000aa","kind":"CLIENT","name":"GET","timestamp":{at},
          "duration":386000,"localEndpoint":{{"serviceName":"Frontend"}},"tags":{{"http.path":"/Users/7"}}}},
         {{"traceId":"8448eb211c80319c","id":"00000000000000aa","kind":"SERVER","name":"GET /Users/{{id}}",
          "timestamp":{},"duration":354000,"localEndpoint":{{"serviceName":"Backend"}},"shared":true,
          "tags":{{"http.route":"/Users/{{id}}","error":"boom"}},
          "annotations":[{{"timestamp":{},"value":"exception"}}]}},
         {{"traceId":"8448eb211c80319c","id":"00000000000000bb","parentId":"00000000000000aa","name":"Query",
          "timestamp":{},"duration":1000,"localEndpoint":{{"serviceName":"Backend"}}}}]"#,
        at + 1_000,
        at + 2_000,
        at + 3_000
    )
}

async fn post(server: &Server, body: String) {
    let request = reqwest::Client::new().post(format!("{}/api/v2/spans", server.address));
    let answer = request.header("content-type", "application/json").body(body).send().await.unwrap();
    assert_eq!(answer.status(), 202);
}

#[tokio::test]
async fn a_real_server_is_understood() {
    let Some(jar) = std::env::var_os("SPANGLASS_ZIPKIN_JAR") else {
        let text = b"SKIPPED: SPANGLASS_ZIPKIN_JAR names no jar, so no real Zipkin was asked\n";
        return drop(std::io::stderr().write_all(text));
    };
    let server = start(&jar).await;
    let zipkin = Zipkin::new("real", &server.address, &[]).unwrap();
    let able = zipkin.probe().await.unwrap();
    assert!(able.version.as_deref().is_some_and(|version| version.starts_with('3')), "{able:?}");
    assert_eq!(able.services, 0);

    let micros = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as u64;
    post(&server, spans(micros)).await;
    let now = Timestamp::from_micros(micros);
    let asked =
        Asked { from: now.minus(Duration::from_secs(60)), to: now.plus(Duration::from_secs(300)), limit: 10 };
    let deadline = Instant::now() + Duration::from_secs(20);
    let recent = loop {
        let recent = zipkin.recent("Backend", asked).await.unwrap();
        if recent.batch.spans.len() == 3 {
            break recent;
        }
        assert!(Instant::now() < deadline, "only {} spans came back", recent.batch.spans.len());
        sleep(Duration::from_millis(100)).await;
    };
    assert!(!recent.is_truncated);
    assert!(recent.batch.refused.is_empty() && recent.batch.trimmed.is_empty());
    let named = |name: &str| recent.batch.spans.iter().find(|span| span.name == name).unwrap();
    // Names were lower-cased by the server, tags were not.
    let (client, server_half, query) = (named("get"), named("get /users/{id}"), named("query"));
    assert_eq!((client.service(), server_half.service()), ("frontend", "backend"));
    assert_eq!((client.kind, server_half.kind), (SpanKind::Client, SpanKind::Server));
    assert_eq!(client.span_id.to_string(), "00000000000000aa");
    assert_eq!(server_half.parent, Some(client.span_id));
    assert_eq!(query.parent, Some(server_half.span_id));
    assert_eq!(server_half.attributes.str("http.route"), Some("/Users/{id}"));
    assert_eq!((server_half.status.code, server_half.status.message.as_str()), (StatusCode::Error, "boom"));
    assert_eq!(server_half.events[0].name, "exception");
    assert_eq!((client.start, client.duration()), (now, Duration::from_millis(386)));

    assert_eq!(zipkin.services().await.unwrap(), ["backend", "frontend"]);
    let trace = zipkin.trace(TraceId::from_hex("8448eb211c80319c").unwrap()).await.unwrap().unwrap();
    assert_eq!(trace, recent.batch);
    assert_eq!(zipkin.trace(TraceId([7; 16])).await, Ok(None));
    let one = Asked { limit: 1, ..asked };
    assert!(zipkin.recent("backend", one).await.unwrap().is_truncated);
    let before = Asked { from: Timestamp(1_000_000), to: Timestamp(2_000_000), limit: 10 };
    assert!(zipkin.recent("backend", before).await.unwrap().batch.spans.is_empty());
    assert!(zipkin.recent("unknown", asked).await.unwrap().batch.spans.is_empty());
}
