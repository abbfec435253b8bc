//! What people say of placements: pins and rejections from the editor, the command line and by hand.

use std::{fs, path::PathBuf};

use serde_json::{Value, json};
use spanglass_tests::{free_port, lsp::LspClient, repository, server::run_in, shop};
use tempfile::TempDir;

const ROUTE: &str = "POST /orders";

fn session() -> (LspClient, PathBuf, TempDir) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let workspace = shop::workspace(folder.path());
    let receiver = format!("127.0.0.1:{}", free_port());
    let mut client = LspClient::start(&workspace, &folder.path().join("data"), &receiver);
    let is_up = |status: &Value| {
        status["source"].as_str().is_some_and(|source| source.contains(&receiver)) && status["ready"] == true
    };
    client.until("a receiver", |client| client.request("spanglass/status", json!({})), is_up);
    shop::send(&receiver, &shop::spans());
    (client, workspace, folder)
}

fn line_of(path: &std::path::Path, needle: &str) -> usize {
    let text = fs::read_to_string(path).unwrap();
    text.lines().position(|line| line.contains(needle)).expect("the shop has that line")
}

#[test]
fn a_rejection_from_the_editor_lasts_until_it_is_taken_back_by_hand() {
    let (mut client, workspace, _folder) = session();
    let orders = workspace.join("checkout/orders.py");
    let uri = client.open(&orders, "python");
    let line = line_of(&orders, "def create_order");
    // The lens stands above the function's decorator.
    let above = format!("{}: ", line - 1);
    let has_lens = move |lenses: &Vec<String>| lenses.iter().any(|lens| lens.starts_with(&above));
    client.until("a lens", |client| client.lenses(&uri), &has_lens);

    let position = json!({ "line": line, "character": 6 });
    let params = json!({ "textDocument": { "uri": uri }, "range": { "start": position, "end": position },
                         "context": { "diagnostics": [] } });
    let actions = client.request("textDocument/codeAction", params);
    let title = format!("Spanglass: spans `{ROUTE}` do not belong to `create_order`");
    let action = actions.as_array().unwrap().iter().find(|action| action["title"] == title.as_str());
    let action = action.unwrap_or_else(|| panic!("{actions:#}")).clone();
    client.request(
        "workspace/executeCommand",
        json!({ "command": action["command"]["command"], "arguments": action["command"]["arguments"] }),
    );
    let written = fs::read_to_string(workspace.join("spanglass.toml")).unwrap();
    assert!(written.contains("[[reject]]") && written.contains("function = \"create_order\""), "{written}");
    client.until("no lens", |client| client.lenses(&uri), |lenses| !has_lens(lenses));

    fs::write(workspace.join("spanglass.toml"), "# nothing any more\n").unwrap();
    client.until("the lens again", |client| client.lenses(&uri), &has_lens);
    assert_eq!(client.shut_down(), Some(0));
}

#[test]
fn a_pin_to_what_is_not_there_is_one_message() {
    let (mut client, workspace, _folder) = session();
    let pin = "[[pin]]\nservice = \"checkout\"\nspan = \"x\"\nfile = \"checkout/orders.py\"\nfunction = \"make_order\"\n";
    fs::write(workspace.join("spanglass.toml"), pin).unwrap();
    let changed = json!({ "changes": [{ "uri": format!("file://{}/spanglass.toml", workspace.display()), "type": 2 }] });
    client.notify("workspace/didChangeWatchedFiles", changed);
    let message = client.wire.expect("a message", |message| message["method"] == "window/showMessage");
    let text = message["params"]["message"].as_str().unwrap_or_default();
    assert!(
        text.contains("spanglass.toml:1: there is no function `make_order` in checkout/orders.py"),
        "{text}"
    );
    assert_eq!(client.shut_down(), Some(0));
}

#[test]
fn the_command_line_pins_and_rejects() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = shop::workspace(folder.path());
    let traces = repository().join("fixtures/traces/otlp-json/shop/001-catalog.json");
    let attribute = || -> Vec<Value> {
        let arguments = ["attribute", "--json", "--traces", traces.to_str().unwrap()];
        let output = run_in(&workspace, folder.path(), &arguments);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let placed = attribute();
    let first = placed.iter().find(|line| line["confidence"] == "certain").unwrap();
    let (service, name) = (first["service"].as_str().unwrap(), first["span_name"].as_str().unwrap());
    let of_kind = |lines: &[Value]| -> Vec<Value> {
        lines.iter().filter(|line| line["service"] == service && line["span_name"] == name).cloned().collect()
    };

    fs::write(workspace.join("spanglass.toml"), "# Ours.\n").unwrap();
    let pin = ["pin", service, name, "checkout/orders.py:create_order"];
    assert!(run_in(&workspace, folder.path(), &pin).status.success());
    for line in of_kind(&attribute()) {
        assert_eq!((&line["function"], &line["confidence"]), (&json!("create_order"), &json!("certain")));
        assert_eq!(line["evidence"], json!([{ "rule": "pinned", "detail": "pinned in spanglass.toml:3" }]));
    }

    let rejected = format!("{}:{}", first["file"].as_str().unwrap(), first["function"].as_str().unwrap());
    let both: [&[&str]; 2] = [
        &["reject", service, name, "checkout/orders.py:create_order"],
        &["reject", service, name, &rejected],
    ];
    for arguments in both {
        assert!(run_in(&workspace, folder.path(), arguments).status.success());
    }
    let text = fs::read_to_string(workspace.join("spanglass.toml")).unwrap();
    assert!(text.starts_with("# Ours.\n") && !text.contains("[[pin]]"), "{text}");
    for line in of_kind(&attribute()) {
        assert_ne!(line["function"], first["function"], "{line}");
    }

    let wrong = run_in(&workspace, folder.path(), &["pin", service, name, "checkout/orders.py:make_order"]);
    assert_eq!(wrong.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("no function `make_order`"));
}

#[test]
fn folders_of_services_are_set_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = shop::workspace(folder.path());
    fs::write(workspace.join("spanglass.toml"), "[services]\ncheckout = \"checkout\"\nghost = \"nowhere\"\n")
        .unwrap();
    let report = run_in(&workspace, folder.path(), &["doctor"]);
    let report = String::from_utf8_lossy(&report.stdout);
    assert!(report.contains("checkout: checkout (set in spanglass.toml:2)"), "{report}");
    assert!(report.contains("spanglass.toml:3: nowhere, the folder of ghost, holds no code"), "{report}");
}
