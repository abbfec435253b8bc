//! Announced ⇔ answered: every capability has its request, and every other request is refused as unknown.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::editor::{Editor, uri};

/// What of the server's capabilities announces which request, and the requests of LSP that nothing announces.
const REQUESTS: &[(Option<&str>, &str)] = &[
    (Some("codeLensProvider"), "textDocument/codeLens"),
    (Some("inlayHintProvider"), "textDocument/inlayHint"),
    (Some("hoverProvider"), "textDocument/hover"),
    (Some("executeCommandProvider"), "workspace/executeCommand"),
    (None, "codeLens/resolve"),
    (None, "inlayHint/resolve"),
    (Some("callHierarchyProvider"), "textDocument/prepareCallHierarchy"),
    (Some("callHierarchyProvider"), "callHierarchy/incomingCalls"),
    (Some("callHierarchyProvider"), "callHierarchy/outgoingCalls"),
    (Some("codeActionProvider"), "textDocument/codeAction"),
    (Some("colorProvider"), "textDocument/documentColor"),
    (Some("completionProvider"), "textDocument/completion"),
    (Some("declarationProvider"), "textDocument/declaration"),
    (Some("definitionProvider"), "textDocument/definition"),
    (Some("diagnosticProvider"), "textDocument/diagnostic"),
    (Some("documentFormattingProvider"), "textDocument/formatting"),
    (Some("documentHighlightProvider"), "textDocument/documentHighlight"),
    (Some("documentLinkProvider"), "textDocument/documentLink"),
    (Some("documentSymbolProvider"), "textDocument/documentSymbol"),
    (Some("foldingRangeProvider"), "textDocument/foldingRange"),
    (Some("implementationProvider"), "textDocument/implementation"),
    (Some("inlineValueProvider"), "textDocument/inlineValue"),
    (Some("referencesProvider"), "textDocument/references"),
    (Some("renameProvider"), "textDocument/rename"),
    (Some("selectionRangeProvider"), "textDocument/selectionRange"),
    (Some("semanticTokensProvider"), "textDocument/semanticTokens/full"),
    (Some("signatureHelpProvider"), "textDocument/signatureHelp"),
    (Some("typeDefinitionProvider"), "textDocument/typeDefinition"),
    (Some("typeHierarchyProvider"), "textDocument/prepareTypeHierarchy"),
    (Some("workspaceSymbolProvider"), "workspace/symbol"),
];

/// Capabilities that announce notifications or facts and no request.
const WITHOUT_REQUEST: &[&str] = &["positionEncoding", "textDocumentSync", "workspace"];

#[tokio::test]
async fn what_is_announced_is_answered_and_nothing_else() {
    let asks = json!({
        "textDocument": {"diagnostic": {}}, "workspace": {"diagnostics": {"refreshSupport": true}},
    });
    let mut editor = Editor::start("//- a.py\nx = 1\n", asks, Value::Null).await;
    let announced = editor.announced["capabilities"].as_object().unwrap().clone();
    let known: BTreeSet<&str> =
        REQUESTS.iter().filter_map(|(name, _)| *name).chain(WITHOUT_REQUEST.iter().copied()).collect();
    let unknown: Vec<_> = announced.keys().filter(|name| !known.contains(name.as_str())).collect();
    assert_eq!(unknown, Vec::<&String>::new(), "a new capability needs a row in this test");
    for (capability, method) in REQUESTS {
        let is_announced = capability.is_some_and(|name| announced.contains_key(name));
        let answer = editor.client.request(method, params(method)).await;
        let is_refused = answer.as_ref().is_err_and(|error| error["code"] == -32601);
        assert_eq!(is_announced, !is_refused, "{method}: {answer:?}");
        assert_eq!(is_announced, answer.is_ok(), "{method}: {answer:?}");
    }
}

#[tokio::test]
async fn every_announced_command_runs() {
    let mut editor = Editor::start("//- a.py\nx = 1\n", json!({}), Value::Null).await;
    let commands = editor.announced["capabilities"]["executeCommandProvider"]["commands"].clone();
    assert_eq!(
        commands,
        json!(["spanglass.openTrace", "spanglass.explain", "spanglass.pin", "spanglass.reject"])
    );
    assert!(editor.command("spanglass.explain", json!([])).await.unwrap().is_string());
    assert_eq!(editor.command("spanglass.openTrace", json!([])).await.unwrap_err()["code"], -32602);
    assert_eq!(editor.command("spanglass.pin", json!([])).await.unwrap_err()["code"], -32602);
    let ruling = json!({"service": "shop", "span": "charge", "uri": uri("a.py"), "function": "gone"});
    assert_eq!(editor.command("spanglass.pin", json!([ruling])).await.unwrap_err()["code"], -32803);
    assert!(editor.command("spanglass.reject", json!([ruling])).await.unwrap().is_null());
    assert_eq!(editor.command("spanglass.replay", json!([])).await.unwrap_err()["code"], -32602);
}

/// Parameters that fit every request: what one does not know, it passes over.
fn params(method: &str) -> Value {
    let at = json!({"line": 0, "character": 0});
    let range = json!({"start": at, "end": at});
    match method {
        "workspace/executeCommand" => json!({"command": "spanglass.explain"}),
        "callHierarchy/incomingCalls" | "callHierarchy/outgoingCalls" => json!({"item": {
            "name": "f", "kind": 12, "uri": uri("a.py"), "range": range, "selectionRange": range,
        }}),
        "inlayHint/resolve" => json!({"position": at, "label": "x"}),
        _ => json!({
            "textDocument": {"uri": uri("a.py")},
            "position": at,
            "positions": [at],
            "range": range,
            "query": "",
            "newName": "y",
            "context": {"diagnostics": [], "includeDeclaration": true, "triggerKind": 1, "isRetrigger": false, "frameId": 1, "stoppedLocation": range},
            "options": {"tabSize": 4, "insertSpaces": true},
        }),
    }
}
