//! Spans of an earlier revision in an editor that shows today's code.

use std::{fs, path::Path, process::Command, sync::Arc, time::SystemTime};

use model::{Attributes, Resource, Span, SpanKind, Timestamp, keys};
use serde_json::{Value, json};
use spanglass_tests::{free_port, lsp::LspClient, shop};

const BEFORE: &str =
    "def charge(card):\n    check(card)\n    return send(card)\n\n\ndef refund(card):\n    return -1\n";
const AFTER: &str = "import time\n\n\ndef settle(cards):\n    return cards\n\n\ndef charge(card):\n    check(card)\n    \
                     time.sleep(1)\n    return send(card)\n";

fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=a", "-c", "user.email=a@example.com"]).args(arguments).current_dir(folder);
    let output = command.output().expect("git runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn span(id: u8, line: i64, revision: &str) -> Arc<Span> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let mut attributes = Attributes::default();
    attributes.push("code.file.path", "/app/src/pay.py");
    attributes.push("code.line.number", line);
    let resource = [(keys::SERVICE_NAME, "pay"), (keys::VCS_REVISION, revision)].into_iter().collect();
    Arc::new(Span {
        trace_id: model::TraceId([id; 16]),
        span_id: model::SpanId([id; 8]),
        name: "work".into(),
        kind: SpanKind::Internal,
        start: Timestamp::ZERO.plus(now),
        end: Timestamp::ZERO.plus(now + std::time::Duration::from_millis(7)),
        attributes,
        resource: Arc::new(Resource { attributes: resource }),
        ..shop::spans()[0].as_ref().clone()
    })
}

#[test]
fn the_lens_stands_where_the_function_is_today_and_the_hover_says_that_it_changed() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = folder.path().join("pay");
    fs::create_dir_all(workspace.join("src")).unwrap();
    git(&workspace, &["init", "-q"]);
    fs::write(workspace.join("src/pay.py"), BEFORE).unwrap();
    git(&workspace, &["add", "."]);
    git(&workspace, &["commit", "-q", "-m", "first"]);
    let revision = git(&workspace, &["rev-parse", "HEAD"]);
    git(&workspace, &["mv", "src/pay.py", "src/payments.py"]);
    fs::write(workspace.join("src/payments.py"), AFTER).unwrap();
    git(&workspace, &["commit", "-q", "-a", "-m", "second"]);

    let receiver = format!("127.0.0.1:{}", free_port());
    let mut client = LspClient::start(&workspace, &folder.path().join("data"), &receiver);
    let is_up = |status: &Value| {
        status["source"].as_str().is_some_and(|source| source.contains(&receiver)) && status["ready"] == true
    };
    client.until("a receiver", |client| client.request("spanglass/status", json!({})), is_up);
    let uri = client.open(&workspace.join("src/payments.py"), "python");
    shop::send(&receiver, &[span(1, 3, &revision), span(2, 7, &revision)]);
    let lenses = client.until("a lens", |client| client.lenses(&uri), |lenses| !lenses.is_empty());
    assert!(lenses.iter().all(|lens| lens.starts_with("7: ")), "{lenses:?}");

    let position = json!({ "line": 7, "character": 6 });
    let hover =
        client.request("textDocument/hover", json!({ "textDocument": { "uri": uri }, "position": position }));
    let hover = hover["contents"]["value"].as_str().unwrap_or_default().to_owned();
    assert!(hover.contains(&format!("changed since {}", &revision[..7])), "{hover}");
    let explained = client.request("workspace/executeCommand", json!({ "command": "spanglass.explain" }));
    let explained = explained.as_str().unwrap_or_default();
    assert!(explained.contains("refund of src/pay.py was removed since"), "{explained}");
    assert_eq!(client.shut_down(), Some(0));
}
