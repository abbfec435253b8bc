//! Refreshes: sent when a label changed, to whom they are of use, and never twice for one change.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::editor::{Editor, ours};

const TEXT: &str = r#"
//- a.py
@tracer.start_as_current_span("f")
def f():
    return g()


@tracer.start_as_current_span("g")
def g(): ...
//- spans
f 50ms x9 service=a
  g 5ms
"#;

fn both() -> Value {
    let refresh = json!({"refreshSupport": true});
    json!({"workspace": {"codeLens": refresh, "inlayHint": refresh}})
}

fn refreshes(editor: &Editor) -> Vec<&str> {
    let methods = editor.client.unasked.iter().filter_map(|message| message["method"].as_str());
    methods.filter(|method| method.ends_with("/refresh")).collect()
}

#[tokio::test]
async fn the_first_data_is_shown_at_once() {
    let mut editor = Editor::start(TEXT, both(), Value::Null).await;
    assert_eq!(editor.lenses("a.py").await, json!([]));
    assert_eq!(editor.hints("a.py").await, json!([]));
    let started = Instant::now();
    editor.receive_spans().await;
    editor.client.unasked("workspace/codeLens/refresh").await;
    editor.client.unasked("workspace/inlayHint/refresh").await;
    assert!(started.elapsed() < Duration::from_millis(900), "after {:?}", started.elapsed());
    assert_eq!(editor.lenses("a.py").await.as_array().unwrap().len(), 2);
    assert_eq!(editor.hints("a.py").await[0]["label"], "⟶ 5 ms");
    // What the editor shows now is what there is: nothing more is sent, though the state is looked at again.
    for _ in 0..3 {
        editor
            .client
            .notify("workspace/didChangeConfiguration", json!({"settings": {"spanglass": {}}}))
            .await;
        editor.request("spanglass/status", json!({})).await;
    }
    tokio::time::timeout(Duration::from_secs(3), editor.client.next()).await.expect_err("nothing is sent");
}

#[tokio::test]
async fn what_was_never_asked_for_is_not_refreshed() {
    let mut editor = Editor::start(TEXT, both(), Value::Null).await;
    editor.hints("a.py").await;
    editor.receive_spans().await;
    editor.client.unasked("workspace/inlayHint/refresh").await;
    editor.request("spanglass/status", json!({})).await;
    editor.client.drain().await;
    assert_eq!(refreshes(&editor), Vec::<&str>::new(), "nobody shows lenses");
}

#[tokio::test]
async fn a_client_that_does_not_refresh_is_not_asked_again() {
    let mut editor = Editor::start(TEXT, both(), Value::Null).await;
    editor.client.answer_with(|method, _| {
        let unknown = json!({"code": -32601, "message": "MethodNotFound"});
        Some(if method.ends_with("codeLens/refresh") { Err(unknown) } else { Ok(Value::Null) })
    });
    editor.lenses("a.py").await;
    editor.hints("a.py").await;
    editor.receive_spans().await;
    editor.client.unasked("workspace/inlayHint/refresh").await;
    // Both kinds change again, and only one is asked for.
    let off = json!({"settings": {"spanglass": {"lenses": false, "hints": false}}});
    editor.lenses("a.py").await;
    editor.hints("a.py").await;
    editor.client.unasked.clear();
    editor.client.notify("workspace/didChangeConfiguration", off).await;
    editor.client.unasked("workspace/inlayHint/refresh").await;
    editor.request("spanglass/status", json!({})).await;
    editor.client.drain().await;
    assert_eq!(refreshes(&editor), Vec::<&str>::new());
}

#[tokio::test]
async fn a_client_without_refreshes_gets_none_and_no_status() {
    let mut editor = Editor::start(TEXT, json!({}), Value::Null).await;
    editor.lenses("a.py").await;
    editor.receive_spans().await;
    tokio::time::timeout(Duration::from_secs(2), editor.client.next()).await.expect_err("nothing is sent");
}

#[tokio::test]
async fn a_client_of_ours_hears_of_the_status_at_most_once_a_second() {
    let mut editor = Editor::start(TEXT, json!({}), ours()).await;
    let first = editor.client.unasked("spanglass/status").await;
    assert_eq!(first["params"]["spans"], 0);
    let started = Instant::now();
    editor.receive_spans().await;
    let second = editor.client.unasked("spanglass/status").await;
    assert_eq!((&second["params"]["spans"], &second["params"]["placed"]), (&json!(18), &json!(18)));
    assert!(started.elapsed() > Duration::from_millis(500), "after {:?}", started.elapsed());
}
