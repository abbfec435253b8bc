//! Calls as they happened, symbols, links and jumps to what served a call, as they look on the wire.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::editor::{Editor, ours, uri};

const SHOP: &str = r#"
//- shop/app.py
# ä, seen in 00000000000000000000000000000001
@app.route("/checkout", methods=["POST"])
def checkout$0(cart_id):
    return "ä", requests.get(f"http://cart:8080/cart/{cart_id}")
//- cart/app.js
const express = require("express");
const app = express();
async function load(req, res) {
  res.json(1);
}
app.get("/cart/:id", load);
//- spans
POST /checkout 100ms x20 kind=server service=shop http.request.method=POST http.route=/checkout
  GET 20ms kind=client http.request.method=GET url.full=http://cart:8080/cart/7
    GET /cart/:id 18ms kind=server service=cart http.request.method=GET http.route=/cart/:id
  SELECT orders 3ms kind=server service=ledger
"#;

fn at(line: u32, character: u32) -> Value {
    json!({
        "textDocument": {"uri": uri("shop/app.py")},
        "position": {"line": line, "character": character},
    })
}

fn check(value: &Value, expect: Expect) {
    expect.assert_eq(&format!("{value:#}\n"));
}

async fn shop() -> Editor {
    Editor::with_spans(SHOP, json!({}), Value::Null).await
}

/// `checkout 2:4 at [3:25]`, one line a call.
fn calls(found: &Value, end: &str) -> Vec<String> {
    let position = |range: &Value| format!("{}:{}", range["start"]["line"], range["start"]["character"]);
    let call = |call: &Value| {
        let item = &call[end];
        let from: Vec<_> = call["fromRanges"].as_array().unwrap().iter().map(position).collect();
        let (name, detail) = (item["name"].as_str().unwrap(), item["detail"].as_str().unwrap());
        let file = item["uri"].as_str().unwrap().trim_start_matches("file:///shop/");
        format!("{name} {file} {} · {detail} at {from:?}", position(&item["selectionRange"]))
    };
    found.as_array().unwrap().iter().map(call).collect()
}

#[tokio::test]
async fn calls_lead_through_services_and_back() {
    let mut editor = shop().await;
    let items = editor.request("textDocument/prepareCallHierarchy", at(2, 5)).await;
    let outgoing = editor.request("callHierarchy/outgoingCalls", json!({"item": items[0]})).await;
    assert_eq!(
        calls(&outgoing, "to"),
        [
            r#"load cart/app.js 2:15 · cart · 20 calls · p50 18 ms · p95 18 ms at ["3:25"]"#,
            concat!(
                "SELECT orders shop/app.py 2:4 · ledger · 20 calls · p50 2.9 ms · p95 2.9 ms",
                " · no code in this workspace at []"
            ),
        ]
    );
    let load = &outgoing[0]["to"];
    let incoming = editor.request("callHierarchy/incomingCalls", json!({"item": load})).await;
    assert_eq!(
        calls(&incoming, "from"),
        [r#"checkout shop/app.py 2:4 · shop · 20 calls · p50 18 ms · p95 18 ms at ["3:25"]"#]
    );
    let elsewhere = &outgoing[1]["to"];
    let none = editor.request("callHierarchy/outgoingCalls", json!({"item": elsewhere})).await;
    assert_eq!(none, json!([]));
}

#[tokio::test]
async fn a_request_leads_to_its_handler() {
    let mut editor = shop().await;
    let handler = json!([{
        "uri": uri("cart/app.js"),
        "range": {"start": {"line": 2, "character": 15}, "end": {"line": 2, "character": 19}},
    }]);
    assert_eq!(editor.request("textDocument/implementation", at(3, 26)).await, handler);
    assert_eq!(editor.request("textDocument/definition", at(3, 40)).await, handler);
    // Of a name the language's own server knows the definition.
    assert_eq!(editor.request("textDocument/definition", at(3, 26)).await, Value::Null);
    assert_eq!(editor.request("textDocument/implementation", at(2, 5)).await, Value::Null);
}

#[tokio::test]
async fn routes_are_symbols_and_ids_of_traces_are_links() {
    let mut editor = shop().await;
    let symbols = editor.request("workspace/symbol", json!({"query": "cart"})).await;
    check(
        &symbols,
        expect![[r#"
        [
          {
            "containerName": "load",
            "kind": 11,
            "location": {
              "range": {
                "end": {
                  "character": 19,
                  "line": 2
                },
                "start": {
                  "character": 15,
                  "line": 2
                }
              },
              "uri": "file:///shop/cart/app.js"
            },
            "name": "GET /cart/:id"
          }
        ]
    "#]],
    );
    let link = editor.request("textDocument/documentLink", at(0, 0)).await;
    check(
        &link,
        expect![[r#"
        [
          {
            "range": {
              "end": {
                "character": 45,
                "line": 0
              },
              "start": {
                "character": 13,
                "line": 0
              }
            },
            "target": "http://127.0.0.1:4319/trace/00000000000000000000000000000001",
            "tooltip": "POST /checkout, 100 ms"
          }
        ]
    "#]],
    );
}

#[tokio::test]
async fn traces_of_a_function_are_actions_on_its_name() {
    let titles = |actions: &Value| -> Vec<String> {
        let title = |action: &Value| action["title"].as_str().unwrap().to_owned();
        actions.as_array().unwrap().iter().map(title).collect()
    };
    let range = json!({"start": {"line": 2, "character": 5}, "end": {"line": 2, "character": 5}});
    let params = json!({
        "textDocument": {"uri": uri("shop/app.py")}, "range": range, "context": {"diagnostics": []},
    });
    let mut plain = shop().await;
    let actions = plain.request("textDocument/codeAction", params.clone()).await;
    expect![[r#"
        Spanglass: open the slowest trace (100 ms, 19 s ago)
        Spanglass: open the latest trace (100 ms, now)
        Spanglass: spans `GET` belong to `checkout`
        Spanglass: spans `POST /checkout` do not belong to `checkout`
        Spanglass: spans `GET` do not belong to `checkout`
        Spanglass: start a span in `checkout`"#]]
    .assert_eq(&titles(&actions).join("\n"));
    let mut ours = Editor::with_spans(SHOP, json!({}), ours()).await;
    let actions = ours.request("textDocument/codeAction", params).await;
    expect![[r#"
        Spanglass: open the slowest trace (100 ms, 19 s ago)
        Spanglass: open the latest trace (100 ms, now)
        Spanglass: replay the slowest trace (100 ms, 19 s ago)
        Spanglass: replay the latest trace (100 ms, now)
        Spanglass: spans `GET` belong to `checkout`
        Spanglass: spans `POST /checkout` do not belong to `checkout`
        Spanglass: spans `GET` do not belong to `checkout`
        Spanglass: start a span in `checkout`"#]]
    .assert_eq(&titles(&actions).join("\n"));
    assert_eq!(actions[2]["command"]["command"], "spanglass.replay");
}
