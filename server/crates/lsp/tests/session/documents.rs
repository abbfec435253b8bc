//! Documents: every edit counts, in every encoding, in order; what has no file is left alone.

use model::{LineIndex, LinePosition, PositionEncoding};
use serde_json::{Value, json};

use crate::editor::{Editor, uri};

/// Numbers that look random and are the same in every run (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end.max(1) as u64) as usize
    }
}

const PIECES: &[&str] = &["x", "ä", "🦀", "\n", "\r\n", "def f():\n    pass\n", "", "  ", "日本", "\t", "'"];

#[tokio::test]
async fn random_edits_leave_the_text_that_they_say() {
    for (name, encoding) in [
        ("utf-8", PositionEncoding::Utf8),
        ("utf-16", PositionEncoding::Utf16),
        ("utf-32", PositionEncoding::Utf32),
    ] {
        let mut numbers = Numbers(7 + encoding as u64);
        let mut text = "first = 1\r\nzweite = '🦀'\nlast".to_owned();
        let capabilities = json!({"general": {"positionEncodings": [name]}});
        let mut editor = Editor::start("", capabilities, Value::Null).await;
        editor.open(&uri("a.py"), &text).await;
        for version in 2..150 {
            let mut changes = Vec::new();
            for _ in 0..1 + numbers.below(3) {
                changes.push(random_change(&mut numbers, &mut text, encoding));
            }
            let document = json!({"uri": uri("a.py"), "version": version});
            let params = json!({"textDocument": document, "contentChanges": changes});
            editor.client.notify("textDocument/didChange", params).await;
            if version % 10 == 0 {
                let report = editor.command("spanglass.explain", json!([])).await.unwrap();
                assert_eq!(report, format!("a.py {version} {text}"), "{name}");
            }
        }
    }
}

fn random_change(numbers: &mut Numbers, text: &mut String, encoding: PositionEncoding) -> Value {
    let piece = PIECES[numbers.below(PIECES.len())];
    if numbers.below(20) == 0 {
        *text = piece.to_owned();
        return json!({"text": piece});
    }
    let lines = LineIndex::new(text);
    let mut bounds = [0, 0].map(|_| {
        // Sometimes beyond the end of the line or of the text: that means the end.
        let line = numbers.below(lines.line_count() as usize + 1) as u32;
        let position = LinePosition { line, column: numbers.below(12) as u32 };
        lines.position(text, lines.offset(text, position, encoding), encoding)
    });
    bounds.sort();
    let [start, end] = bounds;
    let range = lines.offset(text, start, encoding) as usize..lines.offset(text, end, encoding) as usize;
    text.replace_range(range, piece);
    let position = |at: LinePosition| json!({"line": at.line, "character": at.column});
    json!({"range": {"start": position(start), "end": position(end)}, "text": piece})
}

#[tokio::test]
async fn what_has_no_file_is_left_alone() {
    let mut editor = Editor::start("", json!({}), Value::Null).await;
    for virtual_document in
        ["untitled:Untitled-1", "git:/shop/a.py?ref=main", "vscode-notebook-cell:/shop/a.ipynb#1"]
    {
        editor.open(virtual_document, "def f(): ...\n").await;
        let document = json!({"textDocument": {"uri": virtual_document}});
        assert_eq!(editor.request("textDocument/codeLens", document.clone()).await, Value::Null);
        let position = json!({"line": 0, "character": 5});
        let hover = json!({"textDocument": {"uri": virtual_document}, "position": position});
        assert_eq!(editor.request("textDocument/hover", hover).await, Value::Null);
        editor.client.notify("textDocument/didClose", document).await;
    }
    assert_eq!(editor.command("spanglass.explain", json!([])).await.unwrap(), "");
}

#[tokio::test]
async fn files_outside_of_the_folder_are_read_too() {
    let mut editor = Editor::start("", json!({}), Value::Null).await;
    editor.open("file:///else%20where/b.py", "y = 2\n").await;
    let report = editor.command("spanglass.explain", json!([])).await.unwrap();
    assert_eq!(report, "/else where/b.py 1 y = 2\n");
    let closed = json!({"textDocument": {"uri": "file:///else%20where/b.py"}});
    editor.client.notify("textDocument/didClose", closed).await;
    assert_eq!(editor.command("spanglass.explain", json!([])).await.unwrap(), "");
}

#[tokio::test]
async fn messages_out_of_turn_harm_nobody() {
    let mut editor = Editor::start("//- a.py\nx = 1\n", json!({}), Value::Null).await;
    let unopened = json!({"uri": uri("never.py"), "version": 3});
    let change = json!([{"text": "z"}]);
    let params = json!({"textDocument": unopened, "contentChanges": change});
    editor.client.notify("textDocument/didChange", params).await;
    editor.client.notify("textDocument/didClose", json!({"textDocument": {"uri": uri("never.py")}})).await;
    editor.client.notify("textDocument/didSave", json!({"textDocument": {"uri": uri("a.py")}})).await;
    let far = json!({"line": 4_000_000_000u32, "character": 4_000_000_000u32});
    let backwards = json!([{"range": {"start": far, "end": {"line": 0, "character": 0}}, "text": "y"}]);
    let params = json!({"textDocument": {"uri": uri("a.py"), "version": 2}, "contentChanges": backwards});
    editor.client.notify("textDocument/didChange", params).await;
    let hover = json!({"textDocument": {"uri": uri("a.py")}, "position": far});
    assert_eq!(editor.request("textDocument/hover", hover).await, Value::Null);
    let report = editor.command("spanglass.explain", json!([])).await.unwrap();
    assert!(report.as_str().unwrap().starts_with("a.py 2 "), "{report}");
}
