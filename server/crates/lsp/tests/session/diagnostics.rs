//! Remarks on lines: pushed to clients that do not ask, asked for by those that do, gone when they no longer hold.

use expect_test::expect;
use serde_json::{Value, json};

use crate::editor::{Editor, uri};

const SHOP: &str = r#"
//- app.js
const { charge } = require("./bank");
app.post("/pay", function pay(req, res) {
  charge();
});
//- bank.js
exports.charge = function charge() {
  throw new Declined("ä"); // over
};
//- spans
POST /pay 9ms x5 errors=2 kind=server service=shop http.request.method=POST http.route=/pay exception=Declined message="over the limit" stack="Declined: over the limit\n    at charge (/srv/bank.js:2:9)\n    at pay (/srv/app.js:3:3)"
"#;

const PUSHED: &str = "textDocument/publishDiagnostics";

fn related() -> Value {
    json!({"textDocument": {"publishDiagnostics": {"relatedInformation": true}}})
}

#[tokio::test]
async fn they_are_pushed_to_a_client_that_does_not_ask() {
    let mut editor = Editor::start(SHOP, related(), Value::Null).await;
    editor.receive_spans().await;
    let pushed = editor.client.unasked(PUSHED).await;
    expect![[r#"
        {
          "diagnostics": [
            {
              "code": "exception",
              "message": "Declined ×2: over the limit",
              "range": {
                "end": {
                  "character": 7,
                  "line": 1
                },
                "start": {
                  "character": 2,
                  "line": 1
                }
              },
              "relatedInformation": [
                {
                  "location": {
                    "range": {
                      "end": {
                        "character": 0,
                        "line": 1
                      },
                      "start": {
                        "character": 0,
                        "line": 1
                      }
                    },
                    "uri": "file:///shop/app.js"
                  },
                  "message": "recorded by `POST /pay` in shop"
                }
              ],
              "severity": 4,
              "source": "spanglass"
            }
          ],
          "uri": "file:///shop/bank.js",
          "version": 1
        }
    "#]]
    .assert_eq(&format!("{:#}\n", pushed["params"]));
    let document = json!({"textDocument": {"uri": uri("bank.js")}});
    editor.client.notify("textDocument/didClose", document).await;
    let cleared = editor.client.unasked(PUSHED).await;
    assert_eq!(cleared["params"], json!({"uri": uri("bank.js"), "diagnostics": []}));
}

#[tokio::test]
async fn a_client_that_asks_is_told_to_ask_again() {
    let capabilities = json!({
        "textDocument": {"diagnostic": {}}, "workspace": {"diagnostics": {"refreshSupport": true}},
    });
    let mut editor = Editor::start(SHOP, capabilities, Value::Null).await;
    assert_eq!(editor.announced["capabilities"]["diagnosticProvider"]["identifier"], "spanglass");
    let document = json!({"textDocument": {"uri": uri("bank.js")}});
    let before = editor.request("textDocument/diagnostic", document.clone()).await;
    assert_eq!(before, json!({"kind": "full", "items": []}));
    editor.receive_spans().await;
    editor.client.unasked("workspace/diagnostic/refresh").await;
    let now = editor.request("textDocument/diagnostic", document).await;
    assert_eq!(now["items"][0]["message"], "Declined ×2: over the limit");
    // This client shows nothing that is related.
    assert_eq!(now["items"][0]["relatedInformation"], Value::Null);
    let pushed = editor.client.unasked.iter().any(|message| message["method"] == PUSHED);
    assert!(!pushed, "what is asked for is not pushed too");
}
