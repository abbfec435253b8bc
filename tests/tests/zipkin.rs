//! A real Zipkin, asked by the real binary: what a team's backend holds reaches the functions of a workspace.

use std::{
    env,
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use model::{Span, SpanKind, Value};
use serde_json::{Value as Json, json};
use spanglass_tests::{PATIENCE, free_port, http, lsp::LspClient, server::run_in, shop, skipped};

/// A Zipkin server with its store in memory.
struct Zipkin {
    address: String,
    child: Child,
}

impl Zipkin {
    /// `None` where it is not installed.
    fn start() -> Option<Zipkin> {
        let jar = PathBuf::from(env::var_os("SPANGLASS_ZIPKIN_JAR")?);
        let java = env::var_os("SPANGLASS_JAVA").unwrap_or_else(|| "java".into());
        let port = free_port();
        let mut command = Command::new(java);
        command.args(["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-jar"]).arg(jar);
        command.env("QUERY_PORT", port.to_string()).env("STORAGE_TYPE", "mem");
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("java starts");
        let zipkin = Zipkin { address: format!("127.0.0.1:{port}"), child };
        zipkin.wait_until_up();
        Some(zipkin)
    }

    fn wait_until_up(&self) {
        let deadline = Instant::now() + PATIENCE;
        let is_up = || {
            std::net::TcpStream::connect(&self.address).is_ok()
                && http::get(&self.address, "/health", &[]).0 == 200
        };
        while !is_up() {
            assert!(Instant::now() < deadline, "Zipkin did not come up at {}", self.address);
            thread::park_timeout(Duration::from_millis(200));
        }
    }

    fn take(&self, spans: &[std::sync::Arc<Span>]) {
        let body = Json::Array(spans.iter().map(|span| zipkin_span(span)).collect()).to_string();
        let headers = [("content-type", "application/json")];
        let (status, text) = http::post(&self.address, "/api/v2/spans", &headers, body.as_bytes());
        assert_eq!(status, 202, "{text}");
    }
}

impl Drop for Zipkin {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn spans_of_zipkin_become_lenses() {
    let Some(zipkin) = Zipkin::start() else {
        return skipped(
            "zipkin",
            "SPANGLASS_ZIPKIN_JAR names no Zipkin server; `cargo xtask test` installs one",
        );
    };
    let spans = shop::spans();
    zipkin.take(&spans);
    let folder = tempfile::tempdir().unwrap();
    let workspace = shop::workspace(folder.path());
    let url = format!("http://{}", zipkin.address);
    let settings = format!(
        "[receiver]\nhttp = \"off\"\n\n[backend.team]\nkind = \"zipkin\"\nurl = \"{url}\"\ninterval = \"1s\"\n"
    );
    std::fs::write(workspace.join("spanglass.toml"), settings).unwrap();

    let mut client = LspClient::start(&workspace, &folder.path().join("data"), "off");
    let uri = client.open(&workspace.join("checkout/orders.py"), "python");
    let lenses = client.until("lenses", |client| client.lenses(&uri), |lenses| lenses.len() >= 4);
    assert!(
        lenses
            .iter()
            .all(|lens| lens.contains("calls") || lens.contains("replay") || lens.contains("traces")),
        "{lenses:?}"
    );

    let report = run_in(&workspace, folder.path(), &["doctor", "--workspace", "."]);
    let report = String::from_utf8_lossy(&report.stdout).into_owned();
    assert!(report.contains("team (zipkin at http://") && report.contains("3 services"), "{report}");
}

#[test]
fn a_zipkin_that_is_not_there_is_named_with_its_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("http://127.0.0.1:{}", free_port());
    std::fs::write(folder.path().join("spanglass.toml"), format!("[backend.team]\nurl = \"{url}\"\n"))
        .unwrap();
    let output = run_in(folder.path(), &folder.path().join("data"), &["doctor", "--workspace", "."]);
    let report = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{report}");
    assert!(report.contains(&url) && report.contains("Backend team: "), "{report}");
}

/// A span as OpenTelemetry's Zipkin exporters write it (specification, "Zipkin exporter").
fn zipkin_span(span: &Span) -> Json {
    let mut tags = json!({});
    for (key, value) in span.attributes.iter() {
        tags[key] = match value {
            Value::Str(text) => json!(text.as_str()),
            other => json!(other.to_string()),
        };
    }
    if span.is_error() {
        tags["otel.status_code"] = json!("ERROR");
        tags["error"] = json!(span.status.message.as_str());
    }
    tags["otel.scope.name"] = json!(span.scope.name.as_str());
    let kind = match span.kind {
        SpanKind::Server => json!("SERVER"),
        SpanKind::Client => json!("CLIENT"),
        SpanKind::Producer => json!("PRODUCER"),
        SpanKind::Consumer => json!("CONSUMER"),
        SpanKind::Internal | SpanKind::Unspecified => Json::Null,
    };
    json!({
        "traceId": span.trace_id.to_string(),
        "id": span.span_id.to_string(),
        "parentId": span.parent.map(|parent| parent.to_string()),
        "name": span.name.as_str(),
        "kind": kind,
        "timestamp": span.start.0 / 1_000,
        "duration": (span.duration().as_micros() as u64).max(1),
        "localEndpoint": { "serviceName": span.service() },
        "tags": tags,
    })
}
