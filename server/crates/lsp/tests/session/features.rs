//! Lenses, hints, hovers and our own requests, as they look on the wire.

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use crate::editor::{Editor, ours};

const SHOP: &str = r#"
//- app.py
# 🦀 ä
@app.route("/pay", methods=["POST"])
def pay$0(cart):
    return "🦀ä", requests.get(f"http://cart:8080/cart/{cart}")
//- spans
POST /pay 10ms..80ms x240 errors=3 kind=server service=shop http.request.method=POST http.route=/pay exception="`<b>` [x](command:y)" message="a\nb \e[31m \< ``` http://evil.example ${7*7}"
  GET 8ms x3 kind=client http.request.method=GET url.full=http://cart:8080/cart/7
    GET /cart/:id 7ms kind=server service=cart http.request.method=GET
"#;

fn check(value: &Value, expect: Expect) {
    expect.assert_eq(&format!("{value:#}\n"));
}

#[tokio::test]
async fn a_plain_client_gets_one_lens_that_the_server_handles() {
    let mut editor = Editor::with_spans(SHOP, json!({}), Value::Null).await;
    check(
        &editor.lenses("app.py").await,
        expect![[r#"
        [
          {
            "command": {
              "arguments": [
                {
                  "traceId": "00000000000000000000000000000779"
                }
              ],
              "command": "spanglass.openTrace",
              "title": "240 calls · p50 45 ms · p95 78 ms · 3 errors"
            },
            "range": {
              "end": {
                "character": 0,
                "line": 1
              },
              "start": {
                "character": 0,
                "line": 1
              }
            }
          }
        ]
    "#]],
    );
}

#[tokio::test]
async fn a_client_of_ours_gets_three() {
    let mut editor = Editor::with_spans(SHOP, json!({}), ours()).await;
    check(
        &editor.lenses("app.py").await,
        expect![[r#"
        [
          {
            "command": {
              "arguments": [
                {
                  "traceId": "00000000000000000000000000000779"
                }
              ],
              "command": "spanglass.openTrace",
              "title": "240 calls · p50 45 ms · p95 78 ms · 3 errors"
            },
            "range": {
              "end": {
                "character": 0,
                "line": 1
              },
              "start": {
                "character": 0,
                "line": 1
              }
            }
          },
          {
            "command": {
              "arguments": [
                {
                  "function": "pay",
                  "line": 2,
                  "spanId": "000000000000077a",
                  "traceId": "00000000000000000000000000000779",
                  "uri": "file:///shop/app.py"
                }
              ],
              "command": "spanglass.replay",
              "title": "▶ replay"
            },
            "range": {
              "end": {
                "character": 0,
                "line": 1
              },
              "start": {
                "character": 0,
                "line": 1
              }
            }
          },
          {
            "command": {
              "arguments": [
                {
                  "function": "pay",
                  "line": 2,
                  "uri": "file:///shop/app.py"
                }
              ],
              "command": "spanglass.showTraces",
              "title": "traces"
            },
            "range": {
              "end": {
                "character": 0,
                "line": 1
              },
              "start": {
                "character": 0,
                "line": 1
              }
            }
          }
        ]
    "#]],
    );
}

#[tokio::test]
async fn hints_stand_right_in_every_encoding() {
    for (encoding, character) in [("utf-8", 66), ("utf-16", 63), ("utf-32", 62)] {
        let capabilities = json!({"general": {"positionEncodings": [encoding]}});
        let mut editor = Editor::with_spans(SHOP, capabilities, Value::Null).await;
        assert_eq!(editor.announced["capabilities"]["positionEncoding"], encoding);
        let hints = editor.hints("app.py").await;
        assert_eq!(hints[0]["label"], "⟶ cart 8 ms ×3");
        assert_eq!(hints[0]["position"], json!({"line": 3, "character": character}), "{encoding}");
    }
}

#[tokio::test]
async fn hints_keep_to_the_range() {
    let mut editor = Editor::with_spans(SHOP, json!({}), Value::Null).await;
    let range = json!({"start": {"line": 0, "character": 0}, "end": {"line": 3, "character": 5}});
    let document = json!({"uri": crate::editor::uri("app.py")});
    let hints =
        editor.request("textDocument/inlayHint", json!({"textDocument": document, "range": range})).await;
    assert_eq!(hints, json!([]));
}

#[tokio::test]
async fn a_hover_is_markdown_that_nothing_breaks_out_of() {
    let formats = json!({"textDocument": {"hover": {"contentFormat": ["markdown", "plaintext"]}}});
    let mut editor = Editor::with_spans(SHOP, formats, Value::Null).await;
    let hover = editor.hover().await;
    assert_eq!(hover["contents"]["kind"], "markdown");
    assert_eq!(hover["range"]["start"], json!({"line": 2, "character": 4}));
    expect![[r#"
        ### `pay` in `shop`

        240 calls · p50 45 ms · p95 78 ms · p99 78 ms · max 80 ms · 3 errors (1.2 %)

        calls ▁▁▁▁▁▁▁▁▁▁▁▆███▄ · p50 ▁▁▁▁▁▁▁▁▁▁▁▃▄▆▇█ over the last 15 min

        **Errors**

        - `` `<b>` [x](command:y) `` ×3, now: ````a b ␛[31m ‹U+202E› ``` http://evil.example ${7*7}````

        **Calls**

        - `cart` `GET /cart/:id` 8 ms ×3

        **Traces**

        - failed, slowest, latest [80 ms, now](http://127.0.0.1:4319/trace/00000000000000000000000000000779)

        **How the placement is known**

        - certain: `handles POST /pay`

        The last 15 min"#]]
    .assert_eq(hover["contents"]["value"].as_str().unwrap());
}

#[tokio::test]
async fn a_client_without_markdown_gets_plain_text() {
    let mut editor = Editor::with_spans(SHOP, json!({}), Value::Null).await;
    let hover = editor.hover().await;
    assert_eq!(hover["contents"]["kind"], "plaintext");
    assert!(hover["contents"]["value"].as_str().unwrap().starts_with("pay in shop\n240 calls · "));
}

#[tokio::test]
async fn traces_of_everything_and_of_a_function() {
    let mut editor = Editor::with_spans(SHOP, json!({}), ours()).await;
    let all = editor.request("spanglass/traces", json!({})).await;
    assert_eq!(all["traces"].as_array().unwrap().len(), 50);
    let here = json!({"uri": crate::editor::uri("app.py"), "line": 2, "errors": true, "limit": 1});
    check(
        &editor.request("spanglass/traces", here).await,
        expect![[r#"
        {
          "traces": [
            {
              "durationMs": 80.0,
              "errors": 1,
              "name": "POST /pay",
              "service": "shop",
              "services": [
                "cart",
                "shop"
              ],
              "spanId": "000000000000077a",
              "spans": 7,
              "startUnixMs": 1759999999920,
              "traceId": "00000000000000000000000000000779"
            }
          ]
        }
    "#]],
    );
    let nowhere = json!({"uri": crate::editor::uri("app.py"), "line": 0});
    assert_eq!(editor.request("spanglass/traces", nowhere).await, json!({"traces": []}));
    let virtual_document = json!({"uri": "untitled:Untitled-1", "line": 0});
    assert_eq!(editor.request("spanglass/traces", virtual_document).await, json!({"traces": []}));
}

#[tokio::test]
async fn one_trace_as_a_tree() {
    let mut editor = Editor::with_spans(SHOP, json!({}), ours()).await;
    let traces = editor.request("spanglass/traces", json!({"limit": 1})).await;
    let trace = editor.request("spanglass/trace", json!({"traceId": traces["traces"][0]["traceId"]})).await;
    let lines = trace["text"].as_str().unwrap().lines().count();
    assert_eq!(lines, trace["rows"].as_array().unwrap().len() + 1);
    expect![[r#"
        POST /pay · 80 ms · 7 spans · shop, cart · 1 error
        ✗ POST /pay         shop ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━       80 ms  app.py:3  a b ␛[31m ‹U+202E› …
            GET             shop ━━━━━                                                      8 ms  app.py:4
              GET /cart/:id cart ━━━━                                                       7 ms
            GET             shop      ━━━━━                                                 8 ms  app.py:4
              GET /cart/:id cart      ━━━━                                                  7 ms
            GET             shop           ━━━━━                                            8 ms  app.py:4
              GET /cart/:id cart           ━━━━                                             7 ms"#]].assert_eq(trace["text"].as_str().unwrap());
    check(
        &json!([trace["url"], trace["rows"][0], trace["rows"][2]]),
        expect![[r#"
        [
          "http://127.0.0.1:4319/trace/00000000000000000000000000000779",
          {
            "confidence": "certain",
            "depth": 0,
            "durationMs": 80.0,
            "error": true,
            "kind": "SERVER",
            "location": {
              "function": "pay",
              "line": 2,
              "uri": "file:///shop/app.py"
            },
            "message": "a b ␛[31m ‹U+202E› ``` http://evil.example ${7*7}",
            "name": "POST /pay",
            "parentSpanId": null,
            "service": "shop",
            "spanId": "000000000000077a",
            "startMs": 0.0
          },
          {
            "confidence": "none",
            "depth": 2,
            "durationMs": 7.0,
            "error": false,
            "kind": "SERVER",
            "location": null,
            "message": null,
            "name": "GET /cart/:id",
            "parentSpanId": "000000000000077b",
            "service": "cart",
            "spanId": "000000000000077c",
            "startMs": 0.0
          }
        ]
    "#]],
    );
    for unknown in ["00000000000000000000000000abcdef", "not a trace", ""] {
        let error = editor.client.request("spanglass/trace", json!({"traceId": unknown})).await.unwrap_err();
        assert_eq!(error["code"], -32803, "{unknown}");
    }
}

#[tokio::test]
async fn the_status_says_what_came_and_what_was_placed() {
    let mut editor = Editor::with_spans(SHOP, json!({}), ours()).await;
    let status = editor.request("spanglass/status", json!({})).await;
    check(
        &status,
        expect![[r#"
        {
          "files": 1,
          "functions": 1,
          "lastSpanUnixMs": 1760000000000,
          "page": null,
          "placed": 960,
          "problem": null,
          "ready": false,
          "source": "hosting 127.0.0.1:4318",
          "spans": 1680
        }
    "#]],
    );
    assert_eq!(editor.request("spanglass/status", Value::Null).await, status);
    editor.client.write(json!({"jsonrpc": "2.0", "id": 99, "method": "spanglass/status"})).await;
    assert!(editor.client.answer(99).await.is_ok());
}

#[tokio::test]
async fn a_trace_opens_in_the_browser_or_shows_its_address() {
    let capabilities = json!({"window": {"showDocument": {"support": true}}});
    let mut editor = Editor::with_spans(SHOP, capabilities, Value::Null).await;
    let trace_id = editor.lenses("app.py").await[0]["command"]["arguments"][0]["traceId"].clone();
    let arguments = json!([{"traceId": trace_id}]);
    assert_eq!(editor.command("spanglass.openTrace", arguments.clone()).await, Ok(Value::Null));
    let shown = editor.client.unasked("window/showDocument").await;
    let page = format!("http://127.0.0.1:4319/trace/{}", trace_id.as_str().unwrap());
    assert_eq!(shown["params"], json!({"uri": page, "external": true}));
    // The client answered with null: it did not show it after all.
    let message = editor.client.unasked("window/showMessage").await;
    assert!(message["params"]["message"].as_str().unwrap().contains(&page));

    let mut editor = Editor::with_spans(SHOP, json!({}), Value::Null).await;
    assert_eq!(editor.command("spanglass.openTrace", arguments).await, Ok(Value::Null));
    let message = editor.client.unasked("window/showMessage").await;
    assert!(message["params"]["message"].as_str().unwrap().contains(&page));
    for wrong in [json!([]), json!([7]), json!([{"traceId": 7}])] {
        assert_eq!(editor.command("spanglass.openTrace", wrong).await.unwrap_err()["code"], -32602);
    }
    let unknown = json!([{"traceId": "abc"}]);
    assert_eq!(editor.command("spanglass.openTrace", unknown).await.unwrap_err()["code"], -32803);
}
