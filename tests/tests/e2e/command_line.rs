//! The commands for people and scripts.

use serde_json::Value;
use spanglass_tests::{
    http, repository,
    server::{Server, run_in},
    shop,
};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_demo_shows_functions_traces_and_where_to_go() {
    let data = tempfile::tempdir().unwrap();
    let output = run_in(repository(), data.path(), &["demo", "--once"]);
    let shown = text(&output.stdout);
    assert!(output.status.success(), "{shown}\n{}", text(&output.stderr));
    for expected in [
        "checkout/orders.py",
        "calls · p50",
        "⟶",
        "A slow trace",
        "A failing trace",
        "PaymentDeclined",
        "/trace/",
        "vim.lsp.config",
        "code ",
    ] {
        assert!(shown.contains(expected), "no {expected:?} in:\n{shown}");
    }
}

#[test]
fn what_was_received_is_listed_shown_exported_and_taken_in_again() {
    let server = Server::start();
    let spans = shop::spans();
    shop::send(&server.receiver, &spans);
    server.wait_for_spans(spans.len() as u64);

    let listed = text(&server.run(&["traces", "--errors", "--json", "--limit", "5"]).stdout);
    let newest: Value =
        serde_json::from_str(listed.lines().next().expect("there are failing traces")).unwrap();
    let id = newest["trace_id"].as_str().unwrap();
    let shown = server.run(&["trace", id]);
    assert!(shown.status.success());
    assert!(text(&shown.stdout).contains(newest["name"].as_str().unwrap()), "{}", text(&shown.stdout));
    assert!(text(&server.run(&["trace", id, "--web"]).stdout).contains(&format!("/trace/{id}?token=")));

    let exported = server.run(&["export", id]);
    let file = server.workspace().join("exported.json");
    std::fs::write(&file, &exported.stdout).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let imported = run_in(&server.workspace(), elsewhere.path(), &["import", "exported.json", "--now"]);
    assert!(imported.status.success(), "{}", text(&imported.stderr));
    let again = run_in(&server.workspace(), elsewhere.path(), &["trace", id]);
    assert!(again.status.success(), "{}", text(&again.stderr));
}

#[test]
fn the_trace_page_is_a_page_and_needs_its_token() {
    let server = Server::start();
    let spans = shop::spans();
    shop::send(&server.receiver, &spans);
    server.wait_for_spans(spans.len() as u64);
    let id = spans[0].trace_id.to_string();
    let address = text(&server.run(&["trace", &id, "--web"]).stdout);
    let (authority, path) = address.trim().strip_prefix("http://").unwrap().split_once('/').unwrap();
    let (status, page) = http::get(authority, &format!("/{path}"), &[]);
    assert_eq!(status, 200);
    assert!(page.contains("<!doctype html>") && page.contains(spans[0].service()), "{page}");
    assert_eq!(http::get(authority, &format!("/trace/{id}"), &[]).0, 401);
    assert_eq!(http::get(authority, &format!("/{path}"), &[("host", "evil.example")]).0, 400);
}

#[test]
fn attribute_says_where_each_span_belongs() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = shop::workspace(folder.path());
    let traces = repository().join("fixtures/traces/otlp-json/shop/001-catalog.json");
    let arguments = ["attribute", "--workspace", ".", "--json", "--traces", traces.to_str().unwrap()];
    let output = run_in(&workspace, folder.path(), &arguments);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let lines: Vec<Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.len() > 20);
    let placed: Vec<&Value> =
        lines.iter().filter(|line| line["confidence"] != "none" && line["file"].is_string()).collect();
    assert!(!placed.is_empty());
    assert!(placed.iter().all(|line| line["line"].as_u64() > Some(0)
        && line["evidence"].as_array().is_some_and(|it| !it.is_empty())));
}

#[test]
fn annotate_prints_code_with_its_figures() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = shop::workspace(folder.path());
    let traces: Vec<String> = std::fs::read_dir(repository().join("fixtures/traces/otlp-json/shop"))
        .unwrap()
        .map(|entry| entry.unwrap().path().display().to_string())
        .filter(|path| path.ends_with(".json") && !path.contains("logs"))
        .collect();
    let mut arguments = vec!["annotate", "checkout/orders.py", "--workspace", ".", "--traces"];
    arguments.extend(traces.iter().map(String::as_str));
    let output = run_in(&workspace, folder.path(), &arguments);
    let shown = text(&output.stdout);
    assert!(shown.contains("def create_order") && shown.contains("p50"), "{shown}\n{}", text(&output.stderr));
}

#[test]
fn wrong_use_is_2_and_problems_are_1_with_one_sentence() {
    let data = tempfile::tempdir().unwrap();
    let cases: &[(&[&str], i32, &str)] = &[
        (&["frobnicate"], 2, "frobnicate"),
        (&["trace"], 2, "<ID>"),
        (&["trace", "xyz"], 1, "no trace id"),
        (&["trace", "abc"], 1, "is not here"),
        (&["import", "nowhere.json"], 1, "nowhere.json cannot be read"),
        (&["traces", "--since", "soon"], 1, "15m"),
        (&["traces", "--at", "nowhere.py"], 1, "file and a line"),
        (&["annotate", "nowhere.py"], 1, "nowhere.py"),
    ];
    for (arguments, code, sentence) in cases {
        let output = run_in(data.path(), data.path(), arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(*code), "{arguments:?}: {said}");
        assert!(said.contains(sentence), "{arguments:?}: {said}");
    }
}

#[test]
fn every_command_explains_itself_with_an_example() {
    let data = tempfile::tempdir().unwrap();
    for command in [
        "lsp",
        "dap",
        "serve",
        "demo",
        "annotate",
        "attribute",
        "traces",
        "trace",
        "import",
        "export",
        "pin",
        "reject",
        "doctor",
    ] {
        let output = run_in(data.path(), data.path(), &[command, "--help"]);
        assert!(output.status.success());
        assert!(text(&output.stdout).contains("Example"), "{command} --help has no example");
    }
}
