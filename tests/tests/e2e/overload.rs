//! More than fits: every span is accounted for, memory is bounded, and the editor is answered meanwhile.

use std::{
    io::Write as _,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use spanglass_tests::{free_port, http, lsp::LspClient, shop};

const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");
/// How long it is flooded.
const FLOOD: Duration = Duration::from_secs(6);
/// Spans in one request.
const PER_REQUEST: usize = 1_000;

/// Resident bytes of a process.
fn resident(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

/// Bodies of spans like the shop's, each with its own identifiers: the last eight bytes of an id are put in place of a
/// mark in the encoded bytes.
fn body(template: &[u8], marks: &[usize], number: u64) -> Vec<u8> {
    let mut body = template.to_vec();
    for (at, mark) in marks.iter().enumerate() {
        let id = number * PER_REQUEST as u64 + at as u64 + 1;
        body[*mark..*mark + 8].copy_from_slice(&id.to_be_bytes());
        // The trace's too: ten spans a trace.
        body[*mark - 18 + 8..*mark - 2].copy_from_slice(&(id / 10 + 1).to_be_bytes());
    }
    body
}

#[test]
fn a_flood_is_accounted_for_and_the_editor_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = shop::workspace(folder.path());
    let receiver = format!("127.0.0.1:{}", free_port());
    // Little memory, so that there is not only too much at once but also too much altogether.
    std::fs::write(workspace.join("spanglass.toml"), "[store]\nmax_bytes = \"24MB\"\n").unwrap();
    let mut editor = LspClient::start(&workspace, &folder.path().join("data"), &receiver);
    let status = |client: &mut LspClient| client.request("spanglass/status", json!({}));
    editor
        .until("a host", status, |status| status["source"].as_str().is_some_and(|it| it.contains("hosting")));
    let uri = editor.open(&workspace.join("checkout/orders.py"), "python");

    let recorded = shop::spans();
    let spans: Vec<_> = recorded.iter().cycle().take(PER_REQUEST).cloned().collect();
    let template = formats::otlp_proto::encode_traces(&spans);
    // Field 1, the trace's 16 bytes, field 2, the span's 8.
    let marks: Vec<usize> = template
        .windows(20)
        .enumerate()
        .filter(|(_, at)| at[..2] == [0x0a, 16] && at[18..] == [0x12, 8])
        .map(|(at, _)| at + 20)
        .collect();
    assert_eq!(marks.len(), PER_REQUEST, "every span is found in its encoding");

    let (next, taken, refused) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let before = resident(editor.wire.pid()).unwrap_or_default();
    let mut most = before;
    let mut waits: Vec<Duration> = Vec::new();
    let end = Instant::now() + FLOOD;
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                while Instant::now() < end {
                    let body = body(&template, &marks, next.fetch_add(1, Relaxed));
                    let (status, text) = http::post(&receiver, "/v1/traces", &[PROTOBUF], &body);
                    match status {
                        200 => taken.fetch_add(PER_REQUEST as u64, Relaxed),
                        429 | 503 => refused.fetch_add(PER_REQUEST as u64, Relaxed),
                        other => panic!("{other}: {text}"),
                    };
                }
            });
        }
        while Instant::now() < end {
            let at = json!({ "textDocument": { "uri": uri }, "position": { "line": 3, "character": 6 } });
            let asked = Instant::now();
            editor.request("textDocument/hover", at);
            waits.push(asked.elapsed());
            most = most.max(resident(editor.wire.pid()).unwrap_or_default());
            thread::sleep(Duration::from_millis(20));
        }
    });
    let (taken, refused) = (taken.into_inner(), refused.into_inner());
    let data = folder.path().join("data");
    let host: Value = serde_json::from_slice(&std::fs::read(data.join("run/host.json")).unwrap()).unwrap();
    let api = host["api"].as_str().unwrap().replace("http://", "");
    let path = format!("/api/status?token={}", host["token"].as_str().unwrap());
    let ask = |_: &mut LspClient| -> Value { serde_json::from_str(&http::get(&api, &path, &[]).1).unwrap() };
    let all = editor.until("all that was taken", ask, |status| status["spans"]["received"] == taken);
    let count = |name: &str| all["spans"][name].as_u64().unwrap();
    let accounted = count("kept") + count("evicted") + count("dropped") + count("duplicate");
    assert_eq!(accounted, taken, "sent {} = taken {taken} + refused {refused}; {all:#}", taken + refused);
    assert!(count("evicted") > 0, "it was never too much: {all:#}");
    // The store's budget, bodies and batches under way, and the program itself.
    assert!(most < 900 << 20, "{most} resident bytes");
    waits.sort();
    let share = |of: usize| waits[(waits.len() - 1) * of / 100];
    let report = format!(
        "\noverload: {taken} spans taken, {refused} refused in {FLOOD:?}; hovers {} p50 {:?} p99 {:?} max {:?}; resident {} MB before, {} MB at most\n",
        waits.len(),
        share(50),
        share(99),
        share(100),
        before >> 20,
        most >> 20
    );
    drop(std::io::stderr().write_all(report.as_bytes()));
}
