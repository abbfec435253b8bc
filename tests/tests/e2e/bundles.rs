//! A span and a stack trace of a minified bundle, on the command line, as somebody asks who has built the app.

use std::{fs, path::Path};

use serde_json::{Value, json};
use spanglass_tests::{repository, server::run_in};

/// 1-based line and column of `needle` in `text`.
fn place_of(text: &str, needle: &str) -> (usize, usize) {
    let (line, text) = text.lines().enumerate().find(|(_, line)| line.contains(needle)).expect("it is there");
    (line + 1, text.find(needle).unwrap_or_default() + 1)
}

fn copy(from: &Path, to: &Path, names: &[&str]) {
    fs::create_dir_all(to).unwrap();
    for name in names {
        fs::copy(from.join(name), to.join(name)).unwrap();
    }
}

fn attribute(key: &str, value: impl ToString) -> Value {
    json!({ "key": key, "value": { "stringValue": value.to_string() } })
}

#[test]
fn a_bundle_leads_to_its_sources() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = folder.path().join("newsroom");
    let app = repository().join("fixtures/apps/typescript/newsroom");
    copy(&app.join("src"), &workspace.join("src"), &["articles.service.ts", "traced.ts"]);
    copy(&app, &workspace, &["package.json"]);
    let built = repository().join("server/crates/provenance/tests/newsroom");
    copy(&built, &workspace.join("dist"), &["bundle.js", "bundle.js.map"]);
    fs::write(workspace.join(".gitignore"), "dist/\n").unwrap();

    let bundle = fs::read_to_string(workspace.join("dist/bundle.js")).unwrap();
    let (line, column) = place_of(&bundle, "throw new Error(\"the front page");
    let span = json!({
        "traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331", "name": "s.forget", "kind": 1,
        "startTimeUnixNano": "1700000000000000000", "endTimeUnixNano": "1700000000005000000",
        "attributes": [attribute("code.file.path", "/srv/app/dist/bundle.js"), attribute("code.function.name", "s.forget"),
                       attribute("code.line.number", line), attribute("code.column.number", column)],
        "status": { "code": 2 },
        "events": [{ "timeUnixNano": "1700000000001000000", "name": "exception", "attributes": [
            attribute("exception.type", "Error"), attribute("exception.message", "the front page cannot be empty"),
            attribute("exception.stacktrace", format!("Error: no\n    at s.forget (/srv/app/dist/bundle.js:{line}:{column})")),
        ] }],
    });
    let traces = json!({ "resourceSpans": [{ "resource": { "attributes": [attribute("service.name", "newsroom")] },
                         "scopeSpans": [{ "scope": { "name": "by-hand" }, "spans": [span] }] }] });
    fs::write(folder.path().join("traces.json"), traces.to_string()).unwrap();

    let arguments = ["attribute", "--json", "--traces", "../traces.json"];
    let output = run_in(&workspace, folder.path(), &arguments);
    let placed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(placed["file"], "src/articles.service.ts", "{placed:#}");
    assert_eq!((&placed["function"], &placed["confidence"]), (&json!("Articles.forget"), &json!("certain")));
    let detail = placed["evidence"][0]["detail"].as_str().unwrap_or_default();
    assert!(detail.contains("which its source map says is src/articles.service.ts:46"), "{detail}");

    fs::remove_file(workspace.join("dist/bundle.js.map")).unwrap();
    let output = run_in(&workspace, folder.path(), &arguments);
    let placed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(placed["confidence"], "none", "{placed:#}");
}
