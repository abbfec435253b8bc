//! What an editor shows over LSP, from spans that a real receiver took in.

use std::{fs, path::PathBuf, time::Duration};

use serde_json::{Value, json};
use spanglass_tests::{free_port, lsp::LspClient, shop};
use tempfile::TempDir;

/// Lenses of orders.py once everything arrived: five functions with figures, each with `replay` and `traces`.
const ORDERS: usize = 15;

/// A language server on the shop.
struct Session {
    client: LspClient,
    workspace: PathBuf,
    receiver: String,
    _folder: TempDir,
}

/// With nothing received yet.
fn quiet_session() -> Session {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let workspace = shop::workspace(folder.path());
    let receiver = format!("127.0.0.1:{}", free_port());
    let mut client = LspClient::start(&workspace, &folder.path().join("data"), &receiver);
    let is_up = |status: &Value| {
        status["source"].as_str().is_some_and(|source| source.contains(&receiver)) && status["ready"] == true
    };
    client.until("a receiver", |client| client.request("spanglass/status", json!({})), is_up);
    Session { client, workspace, receiver, _folder: folder }
}

/// With the recording received.
fn session() -> Session {
    let session = quiet_session();
    shop::send(&session.receiver, &shop::spans());
    session
}

#[test]
fn lenses_hints_and_hover_come_from_received_spans() {
    let Session { mut client, workspace, _folder, .. } = session();
    let uri = client.open(&workspace.join("checkout/orders.py"), "python");
    let lenses = client.until("lenses", |client| client.lenses(&uri), |lenses| lenses.len() >= ORDERS);
    let text = fs::read_to_string(workspace.join("checkout/orders.py")).unwrap();
    let line = line_of(&text, "def create_order");
    // The lens stands above the function's decorator.
    let lens = lenses
        .iter()
        .find(|lens| lens.starts_with(&format!("{}: ", line - 1)))
        .expect("create_order has a lens");
    assert!(lens.contains("calls") && lens.contains("p50") && lens.contains("p95"), "{lens}");

    let hints = client.until("hints", |client| client.hints(&uri), |hints| !hints.is_empty());
    assert!(hints.iter().all(|hint| hint.contains('⟶')), "{hints:?}");

    let position = json!({ "line": line, "character": 6 });
    let hover =
        client.request("textDocument/hover", json!({ "textDocument": { "uri": uri }, "position": position }));
    let hover = hover["contents"]["value"].as_str().unwrap_or_default().to_owned();
    for expected in ["p99", "handles POST /orders", "PaymentDeclined"] {
        assert!(hover.contains(expected), "no {expected} in:\n{hover}");
    }
    assert_eq!(client.shut_down(), Some(0));
}

#[test]
fn an_edit_moves_the_lenses_with_their_functions() {
    let Session { mut client, workspace, _folder, .. } = session();
    let uri = client.open(&workspace.join("checkout/orders.py"), "python");
    let before = client.until("lenses", |client| client.lenses(&uri), |lenses| lenses.len() >= ORDERS);
    let start = json!({ "line": 0, "character": 0 });
    client.notify(
        "textDocument/didChange",
        json!({ "textDocument": { "uri": uri, "version": 2 },
                "contentChanges": [{ "range": { "start": start, "end": start }, "text": "# one\n# two\n" }] }),
    );
    let after = client.lenses(&uri);
    let moved: Vec<String> = before
        .iter()
        .map(|lens| {
            let (line, title) = lens.split_once(": ").unwrap();
            format!("{}: {title}", line.parse::<u32>().unwrap() + 2)
        })
        .collect();
    assert_eq!(lines(&after), lines(&moved), "{after:?}");
}

#[test]
fn the_editor_is_told_when_a_visible_label_changes() {
    let Session { mut client, workspace, receiver, _folder } = quiet_session();
    let uri = client.open(&workspace.join("storefront/routes/orders.js"), "javascript");
    assert_eq!(client.lenses(&uri), Vec::<String>::new(), "nothing ran yet");
    shop::send(&receiver, &shop::spans());
    let refreshed = |client: &mut LspClient| {
        client.answer_refreshes(Duration::from_millis(200));
        client.answered.contains(&"workspace/codeLens/refresh".to_owned())
    };
    client.until("a refresh", refreshed, |refreshed| *refreshed);
    assert!(!client.lenses(&uri).is_empty());
}

#[test]
fn broken_code_still_gets_what_is_whole() {
    let Session { mut client, workspace, _folder, .. } = session();
    let path = workspace.join("checkout/orders.py");
    let uri = client.open(&path, "python");
    let whole = client.until("lenses", |client| client.lenses(&uri), |lenses| lenses.len() >= ORDERS);
    let end = fs::read_to_string(&path).unwrap().lines().count();
    let position = json!({ "line": end + 1, "character": 0 });
    client.notify(
        "textDocument/didChange",
        json!({ "textDocument": { "uri": uri, "version": 2 },
                "contentChanges": [{ "range": { "start": position, "end": position }, "text": "\ndef broken(:\n  ((" }] }),
    );
    assert_eq!(lines(&client.lenses(&uri)), lines(&whole));
}

fn lines(lenses: &[String]) -> Vec<String> {
    lenses.iter().map(|lens| lens.split(':').next().unwrap_or_default().to_owned()).collect()
}

fn line_of(text: &str, needle: &str) -> usize {
    text.lines().position(|line| line.contains(needle)).expect("the shop has that line")
}
