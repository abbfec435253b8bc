//! No secret of the golden corpus is found again anywhere: not on disk, not in answers, not in logs, not in hovers.

use std::{
    fs,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};
use spanglass_tests::{
    free_port, http,
    lsp::LspClient,
    repository,
    server::{run_in, until},
};

const JSON: (&str, &str) = ("content-type", "application/json");
const TRACE: &str = "5b8efff798038103d269b633813fc60c";
const CODE: &str = "def handle():\n    return 1\n";

/// The rows of a file of the corpus.
fn corpus(name: &str) -> Vec<Vec<String>> {
    let text = fs::read_to_string(repository().join("fixtures/secrets").join(name)).unwrap();
    let cell = |cell: &str| cell.replace('~', "").replace("\\n", "\n").replace("\\\\", "\\");
    text.lines().map(|line| line.split('\t').map(cell).collect()).collect()
}

/// One span a row: the text as an attribute, in an exception, in the span's name and in its status.
fn spans(rows: &[Vec<String>], from: usize) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos().to_string();
    let attribute = |key: &str, value: &str| json!({ "key": key, "value": { "stringValue": value } });
    let span = |(at, row): (usize, &Vec<String>)| {
        let (key, value) = (&row[0], &row[1]);
        let exception = [
            attribute("exception.type", "Oops"),
            attribute("exception.message", value),
            attribute(key, value),
        ];
        // A name alone says that the value under it is secret; elsewhere the text must say so itself.
        let is_told = !row.get(3).is_none_or(String::is_empty);
        let text = if is_told { value.as_str() } else { "work" };
        json!({
            "traceId": TRACE, "spanId": format!("{:016x}", from + at + 1), "name": text, "kind": 1,
            "startTimeUnixNano": now, "endTimeUnixNano": now, "status": { "code": 2, "message": text },
            "attributes": [
                attribute(key, value), attribute("code.function.name", "handle"), attribute("code.file.path", "app.py"),
                { "key": "nested", "value": { "kvlistValue": { "values": [attribute(key, value)] } } },
            ],
            "events": if is_told { json!([{ "timeUnixNano": "1", "name": "exception", "attributes": exception }]) } else { json!([]) },
        })
    };
    json!({ "resourceSpans": [{ "scopeSpans": [{ "spans": rows.iter().enumerate().map(span).collect::<Vec<_>>() }] }] })
}

/// Every file below `folder`, whole.
fn files(folder: &Path, into: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, into);
        } else {
            into.push((path.display().to_string(), fs::read(&path).unwrap_or_default()));
        }
    }
}

#[test]
fn no_secret_of_the_corpus_is_kept_or_shown_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let (workspace, data) = (folder.path().join("workspace"), folder.path().join("data"));
    fs::create_dir(&workspace).unwrap();
    fs::write(workspace.join("app.py"), CODE).unwrap();
    let receiver = format!("127.0.0.1:{}", free_port());
    let mut editor = LspClient::start(&workspace, &data, &receiver);
    let status = |client: &mut LspClient| client.request("spanglass/status", json!({}));
    editor
        .until("a host", status, |status| status["source"].as_str().is_some_and(|it| it.contains("hosting")));

    let (secrets, innocents) = (corpus("secrets.tsv"), corpus("innocents.tsv"));
    for (rows, from) in [(&secrets, 0), (&innocents, secrets.len())] {
        // One request a row: damage to one would otherwise stand for all.
        for (at, row) in rows.iter().enumerate() {
            let body = spans(std::slice::from_ref(row), from + at).to_string();
            let (status, text) = http::post(&receiver, "/v1/traces", &[JSON], body.as_bytes());
            assert_eq!(status, 200, "{text}");
        }
    }
    let log = json!({ "resourceLogs": [{ "scopeLogs": [{ "logRecords": [{
        "traceId": TRACE, "spanId": "0000000000000001", "timeUnixNano": "1", "severityNumber": 17,
        "body": { "stringValue": "login with password=hunter2-in-a-log failed" } }] }] }] });
    assert_eq!(http::post(&receiver, "/v1/logs", &[JSON], log.to_string().as_bytes()).0, 200);
    let count = (secrets.len() + innocents.len()) as u64;
    editor.until("all spans", status, |status| status["spans"].as_u64() == Some(count));

    let mut shown: Vec<(String, Vec<u8>)> = Vec::new();
    let uri = editor.open(&workspace.join("app.py"), "python");
    editor.until("lenses", |client| client.lenses(&uri), |lenses| !lenses.is_empty());
    let at = json!({ "textDocument": { "uri": uri }, "position": { "line": 0, "character": 5 } });
    let hover = editor.request("textDocument/hover", at).to_string();
    assert!(hover.contains("handle") || hover.contains("Oops"), "{hover}");
    shown.push(("the hover".to_owned(), hover.into_bytes()));
    for arguments in [&["export", TRACE][..], &["trace", TRACE], &["traces", "--json"], &["doctor", "--json"]]
    {
        let output = run_in(&workspace, &data, arguments);
        shown.push((arguments.join(" "), [output.stdout, output.stderr].concat()));
    }
    let host: Value = serde_json::from_slice(&fs::read(data.join("run/host.json")).unwrap()).unwrap();
    let (api, token) =
        (host["api"].as_str().unwrap().replace("http://", ""), host["token"].as_str().unwrap());
    for path in [
        &format!("/trace/{TRACE}")[..],
        "/api/traces",
        &format!("/api/trace/{TRACE}"),
        "/api/spans?after=0&logs=0",
    ] {
        let bearer = format!("Bearer {token}");
        let (status, body) = http::get(&api, path, &[("authorization", &bearer)]);
        assert_eq!(status, 200, "{path}");
        shown.push((path.to_owned(), body.into_bytes()));
    }
    shown.push(("the editor's log".to_owned(), editor.wire.stderr_so_far().into_bytes()));
    editor.wire.kill();
    files(&data, &mut shown);
    let after = until("the archive", || {
        let output = run_in(&workspace, &data, &["export", TRACE]);
        output.status.success().then_some(output.stdout)
    });
    // What was kept on disk, unpacked by who reads it.
    shown.push(("export from the archive".to_owned(), after.clone()));

    let mut leaks = Vec::new();
    for secret in secrets.iter().map(|row| row[2].as_str()).chain(["hunter2-in-a-log"]) {
        // Three digits stand in many a number.
        for (place, bytes) in shown.iter().filter(|_| secret.len() > 3) {
            if bytes.windows(secret.len()).any(|part| part == secret.as_bytes()) {
                leaks.push(format!("{secret} in {place}"));
            }
        }
    }
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
    let after = String::from_utf8_lossy(&after);
    assert!(after.contains("[masked]"));
    for row in &innocents {
        let text = serde_json::to_string(&row[1]).unwrap();
        assert!(after.contains(text.trim_matches('"')), "{row:?} is gone");
    }
}
