//! The life of a server process, from the outside: everything that wedges, kills or corrupts a server on tower-lsp as it
//! comes, played over real stdio. Each scenario starts a fresh process.
//!
//! The process is this very program again, which then serves; with `SPANGLASS_BIN` it is that binary with the argument
//! `lsp`, and the scenarios that need a slow or panicking server are left out, and counted.

#![allow(clippy::print_stdout, reason = "a test with its own main tells its results")]

mod support;

use std::{
    panic::AssertUnwindSafe,
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use futures::{FutureExt, future::BoxFuture};
use serde_json::{Value, json};
use support::{
    client::{Client, PATIENCE},
    server::{TestHooks, serve},
};
use tokio::{
    io::AsyncReadExt,
    process::{Child, Command},
};

/// Tells this program to serve instead of to test.
const SERVE: &str = "SPANGLASS_LIFECYCLE_SERVE";
/// "At once", on a busy machine: far less than the slow work it must not wait for.
const AT_ONCE: Duration = Duration::from_millis(1_500);
const URI: &str = "file:///shop/app.py";

struct Scenario {
    name: &'static str,
    /// Only the test server can be slow or panic, or tells what it holds.
    needs_test_server: bool,
    play: fn() -> BoxFuture<'static, ()>,
}

macro_rules! scenarios {
    ($($needs:literal $name:ident),* $(,)?) => {
        &[$(Scenario { name: stringify!($name), needs_test_server: $needs, play: || $name().boxed() }),*]
    };
}

const SCENARIOS: &[Scenario] = scenarios![
    true edits_are_seen_in_order,
    true a_request_sees_all_edits_before_it,
    false unanswered_client_requests_wedge_nothing,
    false a_late_answer_is_survived,
    true panics_cost_one_request,
    false exit_ends_the_process_though_stdin_stays_open,
    false exit_right_behind_shutdown_still_answers,
    false without_shutdown_the_exit_code_is_one,
    false closed_stdin_ends_the_process,
    true a_busy_server_cancels_at_once,
    true shutdown_does_not_wait_for_work,
    false a_vanished_client_is_no_panic,
    false a_client_that_never_reads_can_still_write,
    false malformed_messages_are_answered_and_survived,
    false a_dead_editor_takes_the_server_with_it,
    false requests_before_initialize_are_refused,
];

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime starts");
    if std::env::var_os(SERVE).is_some() {
        let hooks = Arc::new(TestHooks::default());
        std::process::exit(runtime.block_on(serve(tokio::io::stdin(), tokio::io::stdout(), hooks)));
    }
    let filter: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let is_wanted = |name: &str| filter.is_empty() || filter.iter().any(|part| name.contains(part.as_str()));
    let is_foreign = std::env::var_os("SPANGLASS_BIN").is_some();
    let (mut failed, mut passed, mut left_out) = (0, 0, 0);
    for scenario in SCENARIOS.iter().filter(|scenario| is_wanted(scenario.name)) {
        if is_foreign && scenario.needs_test_server {
            println!("lifecycle {} ... LEFT OUT: needs the test server", scenario.name);
            left_out += 1;
            continue;
        }
        let started = Instant::now();
        let outcome = runtime.block_on(AssertUnwindSafe((scenario.play)()).catch_unwind());
        let took = started.elapsed().as_millis();
        println!(
            "lifecycle {} ... {} ({took} ms)",
            scenario.name,
            if outcome.is_ok() { "ok" } else { "FAILED" }
        );
        if outcome.is_ok() { passed += 1 } else { failed += 1 }
    }
    println!("lifecycle: {passed} passed, {failed} failed, {left_out} left out");
    std::process::exit(i32::from(failed > 0));
}

/// A server process and the client that talks to it.
struct Server {
    client: Client,
    process: Child,
}

impl Server {
    fn start() -> Server {
        let mut command = match std::env::var_os("SPANGLASS_BIN") {
            Some(binary) => {
                let mut command = Command::new(binary);
                command.arg("lsp").env("SPANGLASS_RECEIVER__HTTP", "127.0.0.1:0");
                command.env("SPANGLASS_RECEIVER__GRPC", "off");
                command
            }
            None => Command::new(std::env::current_exe().expect("a program knows itself")),
        };
        let mut process = command
            .env(SERVE, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the server starts");
        let (stdout, stdin) = (process.stdout.take().unwrap(), process.stdin.take().unwrap());
        Server { client: Client::new(stdout, stdin), process }
    }

    /// Started, initialized, one document open.
    async fn ready() -> Server {
        let mut server = Server::start();
        let capabilities = json!({"workspace": {"configuration": true}});
        server.client.initialize(json!({"capabilities": capabilities, "rootUri": "file:///shop"})).await;
        let document = json!({"uri": URI, "languageId": "python", "version": 0, "text": "x = 0\n"});
        server.client.notify("textDocument/didOpen", json!({"textDocument": document})).await;
        server
    }

    async fn hover(&mut self) -> Result<Value, Value> {
        let started = Instant::now();
        let answer = self.client.request("textDocument/hover", hover_params()).await;
        assert!(started.elapsed() < Duration::from_secs(3), "a hover took {:?}", started.elapsed());
        answer
    }

    async fn set(&mut self, settings: Value) {
        let settings = json!({"settings": {"spanglass": settings}});
        self.client.notify("workspace/didChangeConfiguration", settings).await;
    }

    /// Writes `text` in front of the document.
    async fn insert(&mut self, version: i64, text: &str) {
        let start = json!({"line": 0, "character": 0});
        let change = json!({"range": {"start": start, "end": start}, "text": text});
        let document = json!({"uri": URI, "version": version});
        let params = json!({"textDocument": document, "contentChanges": [change]});
        self.client.notify("textDocument/didChange", params).await;
    }

    /// What the test server says of its documents.
    async fn report(&mut self) -> String {
        let report = self.client.request("workspace/executeCommand", report_params()).await;
        report.expect("a report").as_str().unwrap_or_default().to_owned()
    }

    async fn exit_status(&mut self) -> ExitStatus {
        let exited = tokio::time::timeout(Duration::from_secs(5), self.process.wait()).await;
        exited.expect("the process is still there after 5 s").expect("it can be waited for")
    }

    async fn stderr(&mut self) -> String {
        let mut text = String::new();
        if let Some(mut stderr) = self.process.stderr.take() {
            drop(tokio::time::timeout(PATIENCE, stderr.read_to_string(&mut text)).await);
        }
        text
    }

    async fn shut_down(mut self) {
        assert_eq!(self.client.request("shutdown", Value::Null).await, Ok(Value::Null));
        self.client.notify("exit", Value::Null).await;
        assert_eq!(self.exit_status().await.code(), Some(0));
    }
}

fn hover_params() -> Value {
    json!({"textDocument": {"uri": URI}, "position": {"line": 0, "character": 0}})
}

fn report_params() -> Value {
    json!({"command": "spanglass.explain", "arguments": []})
}

async fn edits_are_seen_in_order() {
    let mut server = Server::ready().await;
    for version in 1..=8 {
        server.insert(version, &version.to_string()).await;
    }
    assert_eq!(server.report().await, "app.py 8 87654321x = 0\n");
    server.shut_down().await;
}

async fn a_request_sees_all_edits_before_it() {
    let mut server = Server::ready().await;
    let mut expected = "x = 0\n".to_owned();
    for version in 1..=300 {
        server.insert(version, &format!("{version};")).await;
        expected.insert_str(0, &format!("{version};"));
    }
    let seen = server.client.send("workspace/executeCommand", report_params()).await;
    // What comes behind the question is not seen by it.
    server.insert(301, "too late;").await;
    let seen = server.client.answer(seen).await.expect("a report");
    assert_eq!(seen, format!("app.py 300 {expected}"));
    server.shut_down().await;
}

async fn unanswered_client_requests_wedge_nothing() {
    let mut server = Server::ready().await;
    server.client.answer_with(|_, _| None);
    for _ in 0..4 {
        server.client.notify("workspace/didChangeConfiguration", json!({"settings": null})).await;
    }
    for _ in 0..4 {
        server.client.unasked("workspace/configuration").await;
    }
    assert_eq!(server.hover().await, Ok(Value::Null));
    server.shut_down().await;
}

async fn a_late_answer_is_survived() {
    let mut server = Server::ready().await;
    server.client.answer_with(|_, _| None);
    server.client.notify("workspace/didChangeConfiguration", json!({"settings": null})).await;
    let question = server.client.unasked("workspace/configuration").await;
    assert_eq!(server.hover().await, Ok(Value::Null));
    let answer = json!({"jsonrpc": "2.0", "id": question["id"], "result": [{"lenses": true}]});
    server.client.write(answer.clone()).await;
    // Again, and to a question that was never asked.
    server.client.write(answer).await;
    server.client.write(json!({"jsonrpc": "2.0", "id": 4711, "result": null})).await;
    assert_eq!(server.hover().await, Ok(Value::Null));
    server.shut_down().await;
}

async fn panics_cost_one_request() {
    let mut server = Server::ready().await;
    server.set(json!({"panic": true})).await;
    assert_eq!(server.hover().await, Ok(Value::Null), "after a panic on the loop");
    server.set(json!({"steps": 666})).await;
    let error = server.client.request("workspace/executeCommand", report_params()).await.unwrap_err();
    assert_eq!(error["code"], -32603);
    server.set(json!({})).await;
    for _ in 0..1_000 {
        assert_eq!(server.hover().await, Ok(Value::Null), "after a panic in a request");
    }
    assert!(server.report().await.starts_with("app.py 0"), "the state is intact");
    server.shut_down().await;
}

async fn exit_ends_the_process_though_stdin_stays_open() {
    let mut server = Server::ready().await;
    assert_eq!(server.client.request("shutdown", Value::Null).await, Ok(Value::Null));
    server.client.notify("exit", Value::Null).await;
    let started = Instant::now();
    assert_eq!(server.exit_status().await.code(), Some(0));
    assert!(started.elapsed() < AT_ONCE);
}

async fn exit_right_behind_shutdown_still_answers() {
    let mut server = Server::ready().await;
    let shutdown = server.client.send("shutdown", Value::Null).await;
    server.client.notify("exit", Value::Null).await;
    assert_eq!(server.client.answer(shutdown).await, Ok(Value::Null));
    assert_eq!(server.exit_status().await.code(), Some(0));
}

async fn without_shutdown_the_exit_code_is_one() {
    let mut server = Server::ready().await;
    server.client.notify("exit", Value::Null).await;
    assert_eq!(server.exit_status().await.code(), Some(1));
}

async fn closed_stdin_ends_the_process() {
    let mut server = Server::ready().await;
    server.client.close_stdin();
    assert_eq!(server.exit_status().await.code(), Some(1));
    let mut server = Server::ready().await;
    assert_eq!(server.client.request("shutdown", json!({})).await, Ok(Value::Null));
    server.client.close_stdin();
    assert_eq!(server.exit_status().await.code(), Some(0));
}

async fn a_busy_server_cancels_at_once() {
    let mut server = Server::ready().await;
    server.set(json!({"steps": 250})).await;
    let first = server.client.send("workspace/executeCommand", report_params()).await;
    let second = server.client.send("workspace/executeCommand", report_params()).await;
    let started = Instant::now();
    server.client.notify("$/cancelRequest", json!({"id": second})).await;
    let error = server.client.answer(second).await.unwrap_err();
    assert_eq!(error["code"], -32800);
    assert!(started.elapsed() < AT_ONCE, "cancelled after {:?}", started.elapsed());
    assert!(server.client.answer(first).await.is_ok());
    assert!(started.elapsed() >= Duration::from_secs(2), "the first was not disturbed");
    server.shut_down().await;
}

async fn shutdown_does_not_wait_for_work() {
    let mut server = Server::ready().await;
    server.set(json!({"steps": 1_000})).await;
    let mut busy = Vec::new();
    for _ in 0..40 {
        busy.push(server.client.send("workspace/executeCommand", report_params()).await);
    }
    let started = Instant::now();
    server.client.notify("$/cancelRequest", json!({"id": busy[0]})).await;
    assert_eq!(server.client.answer(busy[0]).await.unwrap_err()["code"], -32800);
    server.shut_down().await;
    assert!(started.elapsed() < AT_ONCE + AT_ONCE, "shut down after {:?}", started.elapsed());
}

async fn a_vanished_client_is_no_panic() {
    let mut server = Server::ready().await;
    assert_eq!(server.hover().await, Ok(Value::Null));
    server.client.close_stdout();
    for _ in 0..3 {
        server.client.send("textDocument/hover", hover_params()).await;
    }
    assert_eq!(server.exit_status().await.code(), Some(1));
    let stderr = server.stderr().await;
    assert!(!stderr.contains("panicked"), "{stderr}");
}

async fn a_client_that_never_reads_can_still_write() {
    let mut server = Server::ready().await;
    let mut asked = Vec::new();
    let ask = async {
        for _ in 0..3_000 {
            asked.push(server.client.send("textDocument/hover", hover_params()).await);
        }
    };
    tokio::time::timeout(PATIENCE, ask).await.expect("3,000 requests are accepted");
    // And when it reads after all, every answer is there.
    for id in asked {
        assert_eq!(server.client.answer(id).await, Ok(Value::Null));
    }
    server.shut_down().await;
}

async fn malformed_messages_are_answered_and_survived() {
    let mut server = Server::ready().await;
    for (bad, code) in [
        ("Content-Length: 9\r\n\r\n{\"broken\"".to_owned(), -32700),
        ("Content-Length: 2\r\n\r\n[]".to_owned(), -32600),
        ("Content-Length: lots\r\n\r\n".to_owned(), -32700),
        ("what is this\r\n\r\n".to_owned(), -32700),
        (format!("Content-Length: 200000\r\n\r\n{}", "[".repeat(200_000)), -32700),
    ] {
        server.client.write_raw(bad.as_bytes()).await;
        let answer = server.client.next().await.expect("an error");
        assert_eq!(answer["error"]["code"], code, "{answer}");
        assert_eq!(server.hover().await, Ok(Value::Null));
    }
    let unknown = server.client.request("textDocument/unheardOf", json!({})).await.unwrap_err();
    assert_eq!(unknown["code"], -32601);
    let wrong = server.client.request("textDocument/hover", json!({"position": -1})).await.unwrap_err();
    assert_eq!(wrong["code"], -32602);
    server.client.notify("textDocument/didChange", json!({"nonsense": true})).await;
    server.client.notify("$/unheardOf", json!({})).await;
    assert_eq!(server.hover().await, Ok(Value::Null));
    server.shut_down().await;
}

async fn a_dead_editor_takes_the_server_with_it() {
    if !cfg!(target_os = "linux") {
        println!("  LEFT OUT: another process can only be watched on Linux");
        return;
    }
    let mut editor = Command::new("sleep").arg("600").kill_on_drop(true).spawn().expect("sleep starts");
    let mut server = Server::start();
    let params = json!({"processId": editor.id(), "capabilities": {}});
    server.client.initialize(params).await;
    assert!(server.process.try_wait().expect("it can be asked").is_none());
    editor.kill().await.expect("the editor dies");
    assert_eq!(server.exit_status().await.code(), Some(1));
}

async fn requests_before_initialize_are_refused() {
    let mut server = Server::start();
    let early = server.client.request("textDocument/hover", hover_params()).await.unwrap_err();
    assert_eq!(early["code"], -32002);
    server.client.initialize(json!({"capabilities": {}})).await;
    let twice = server.client.request("initialize", json!({"capabilities": {}})).await.unwrap_err();
    assert_eq!(twice["code"], -32600);
    assert_eq!(server.hover().await, Ok(Value::Null));
    server.shut_down().await;
}
