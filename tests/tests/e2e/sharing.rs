//! Several windows on one machine: one hosts, the others read through it, and when it goes another takes over.

use std::{io::Write as _, path::Path, process::Command, time::Instant};

use serde_json::{Value, json};
use spanglass_tests::{
    PATIENCE,
    framed::Framed,
    free_port, http,
    lsp::LspClient,
    server::{Host, until},
    shop, spanglass,
};

#[test]
fn a_second_window_reads_through_the_first_and_takes_over() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = shop::workspace(folder.path());
    let data = folder.path().join("data");
    let receiver = format!("127.0.0.1:{}", free_port());
    let mut first = LspClient::start(&workspace, &data, &receiver);
    first.until("a host", status, |status| source(status).contains("hosting"));
    let mut second = LspClient::start(&workspace, &data, &receiver);
    second.until("a reader", status, |status| source(status).contains("through"));

    let spans = shop::spans();
    shop::send(&receiver, &spans[..300]);
    second.until("the first window's spans", status, |status| status["spans"] == 300);

    first.wire.kill();
    second.until("a new host", status, |status| source(status).contains("hosting"));
    shop::send(&receiver, &spans[300..400]);
    second.until("spans sent to the new host", status, |status| status["spans"] == 400);
}

/// With real processes: the first of three dies by `kill -9`; who takes over has the port, and everything that was
/// acknowledged, log records included.
#[test]
fn when_the_host_is_killed_another_has_port_and_data_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = format!("127.0.0.1:{}", free_port());
    let mut first = Host::start(folder.path(), &receiver, &[]);
    assert!(first.says.contains("hosting"), "{}", first.says);
    let second = Host::start(folder.path(), &receiver, &[]);
    let third = Host::start(folder.path(), &receiver, &[]);
    for reader in [&second, &third] {
        assert!(reader.says.contains(&format!("through process {}", first.pid())), "{}", reader.says);
    }
    let spans = shop::spans();
    shop::send(&receiver, &spans[..1_000]);
    let span = &spans[0];
    let log = json!({ "resourceLogs": [{ "scopeLogs": [{ "logRecords": [{
        "traceId": span.trace_id.to_string(), "spanId": span.span_id.to_string(), "timeUnixNano": "1",
        "eventName": "exception", "body": { "stringValue": "a log record of the first host" } }] }] }] });
    let json = ("content-type", "application/json");
    assert_eq!(http::post(&receiver, "/v1/logs", &[json], log.to_string().as_bytes()).0, 200);
    first.kill();
    let began = Instant::now();
    let one =
        br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"77","spanId":"77","name":"after"}]}]}]}"#;
    until("a new host", || {
        (http::try_post(&receiver, "/v1/traces", &[json], one) == Some(200)).then_some(())
    });
    let took = began.elapsed();
    drop(writeln!(
        std::io::stderr(),
        "\nsharing: another process receives {took:?} after kill -9 of the host\n"
    ));
    let host = |folder: &Path| -> Value {
        serde_json::from_slice(&std::fs::read(folder.join("data/run/host.json")).unwrap()).unwrap()
    };
    let host = host(folder.path());
    let heir = host["pid"].as_u64().unwrap() as u32;
    assert!([second.pid(), third.pid()].contains(&heir));
    let api = host["api"].as_str().unwrap().replace("http://", "");
    let bearer = format!("Bearer {}", host["token"].as_str().unwrap());
    let authorized = [("authorization", bearer.as_str())];
    until("everything that was acknowledged", || {
        let status: Value = serde_json::from_str(&http::get(&api, "/api/status", &authorized).1).ok()?;
        (status["spans"]["kept"] == 1_001).then_some(())
    });
    let (_, body) = http::get(&api, "/api/spans?after=0&logs=0", &authorized);
    assert!(body.contains("a log record of the first host"), "log records are shared too");
    // What runs on purpose stays until it is told to end; the port is free for the next one then.
    drop((second, third));
    let last = Host::start(folder.path(), &receiver, &[]);
    assert!(last.says.contains("hosting"), "{}", last.says);
}

#[test]
fn no_process_outlives_its_editor() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = shop::workspace(folder.path());
    let receiver = format!("127.0.0.1:{}", free_port());
    let data = folder.path().join("data");
    // An editor that dies closes its pipe.
    let mut client = LspClient::start(&workspace, &data, &receiver);
    client.until("a host", status, |status| source(status).contains("hosting"));
    client.wire.close_stdin();
    assert!(client.wire.wait(PATIENCE).is_some(), "it runs on without its editor");
    // One whose pipe something else keeps open is known by its number.
    let mut editor = Command::new("sleep").arg("1000").spawn().unwrap();
    let mut command = Command::new(spanglass());
    command.arg("lsp").env("SPANGLASS_DATA_DIR", &data).env("SPANGLASS_RECEIVER__HTTP", &receiver);
    let mut wire = Framed::spawn(&mut command);
    let params = json!({ "processId": editor.id(), "rootUri": null, "capabilities": {} });
    wire.send(&json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params }));
    wire.expect("initialize", |message| message["id"] == 1);
    editor.kill().unwrap();
    editor.wait().unwrap();
    assert!(wire.wait(PATIENCE).is_some(), "it runs on without its editor");
}

#[test]
fn a_port_that_somebody_else_holds_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = shop::workspace(folder.path());
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let receiver = other.local_addr().unwrap().to_string();
    let mut client = LspClient::start(&workspace, &folder.path().join("data"), &receiver);
    let status = client.until("an explanation", status, |status| status["problem"].is_string());
    let problem = status["problem"].as_str().unwrap();
    assert!(problem.contains(&receiver) && problem.contains("SPANGLASS_RECEIVER__HTTP"), "{problem}");
    let uri = client.open(&workspace.join("checkout/orders.py"), "python");
    assert_eq!(client.lenses(&uri), Vec::<String>::new(), "the editor is answered all the same");
}

pub(crate) fn status(client: &mut LspClient) -> Value {
    client.request("spanglass/status", json!({}))
}

fn source(status: &Value) -> &str {
    status["source"].as_str().unwrap_or_default()
}
