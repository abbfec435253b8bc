//! Settings, folders and files: what the surroundings are told.

use serde_json::{Value, json};

use crate::editor::{Editor, ours, uri};

#[tokio::test]
async fn the_surroundings_are_told_who_starts() {
    let options = json!({"settings": {"lenses": true}, "trusted": false, "unknown": [1]});
    let editor = Editor::start("", json!({}), options).await;
    assert_eq!(editor.told(), ["start in [\"/shop\"], trusted Some(false)", "settings {\"lenses\":true}"]);
    for odd in [json!(7), json!({"clientCommands": 7}), json!([]), Value::Null] {
        let editor = Editor::start("", json!({}), odd).await;
        assert_eq!(editor.told(), ["start in [\"/shop\"], trusted None"]);
    }
}

#[tokio::test]
async fn settings_are_taken_as_sent_or_asked_for() {
    let mut editor = Editor::start("", json!({"workspace": {"configuration": true}}), ours()).await;
    let sent = json!({"settings": {"spanglass": {"lenses": false}}});
    editor.client.notify("workspace/didChangeConfiguration", sent).await;
    editor.client.answer_with(|method, params| {
        assert_eq!(
            (method, &params["items"]),
            ("workspace/configuration", &json!([{"section": "spanglass"}]))
        );
        Some(Ok(json!([{"hints": false}])))
    });
    editor.client.notify("workspace/didChangeConfiguration", json!({"settings": {}})).await;
    editor.client.unasked("workspace/configuration").await;
    while editor.told().len() < 3 {
        editor.request("spanglass/status", json!({})).await;
    }
    assert_eq!(editor.told()[1..], ["settings {\"lenses\":false}", "settings {\"hints\":false}"]);
}

#[tokio::test]
async fn a_client_that_cannot_be_asked_is_not_asked() {
    let mut editor = Editor::start("", json!({}), Value::Null).await;
    editor.client.notify("workspace/didChangeConfiguration", json!({"settings": null})).await;
    editor.request("spanglass/status", json!({})).await;
    editor.client.drain().await;
    assert_eq!(editor.client.unasked, Vec::<Value>::new());
}

#[tokio::test]
async fn settings_and_files_are_registered_for_where_that_is_possible() {
    let dynamic = json!({"dynamicRegistration": true});
    let workspace = json!({"didChangeConfiguration": dynamic, "didChangeWatchedFiles": dynamic});
    let mut editor = Editor::start("", json!({"workspace": workspace}), Value::Null).await;
    let registered = editor.client.unasked("client/registerCapability").await;
    let methods: Vec<_> = registered["params"]["registrations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["method"].clone())
        .collect();
    assert_eq!(methods, ["workspace/didChangeConfiguration", "workspace/didChangeWatchedFiles"]);
    let changes = json!({"changes": [{"uri": uri("a.py"), "type": 2}, {"uri": "untitled:x", "type": 1}]});
    editor.client.notify("workspace/didChangeWatchedFiles", changes).await;
    let folder = json!({"uri": "file:///other", "name": "other"});
    let event = json!({"added": [folder], "removed": []});
    editor.client.notify("workspace/didChangeWorkspaceFolders", json!({"event": event})).await;
    editor.request("spanglass/status", json!({})).await;
    assert_eq!(editor.told()[1..], ["files [\"/shop/a.py\"]", "folders +[\"/other\"] -[]"]);
}

#[tokio::test]
async fn what_is_switched_off_does_not_show() {
    let text = "//- a.py\n@tracer.start_as_current_span(\"f\")\ndef f(): ...\n//- spans\nf 5ms service=a\n";
    let mut editor = Editor::with_spans(text, json!({}), json!({"settings": {"lenses": false}})).await;
    assert_eq!(editor.lenses("a.py").await, json!([]));
    assert_eq!(editor.hints("a.py").await[0]["label"], "1 call · 5 ms");
    let sent = json!({"settings": {"spanglass": {"hints": false}}});
    editor.client.notify("workspace/didChangeConfiguration", sent).await;
    assert_eq!(editor.lenses("a.py").await[0]["command"]["title"], "1 call · 5 ms");
    assert_eq!(editor.hints("a.py").await, json!([]));
}
