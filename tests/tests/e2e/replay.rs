//! A recorded trace walked as a debugging session over DAP.

use std::fs;

use serde_json::json;
use spanglass_tests::{dap::DapClient, repository, shop};

/// The JSON recording as one file and the id of its trace with the failing order.
fn failing_trace(folder: &std::path::Path) -> (std::path::PathBuf, String) {
    let spans = shop::spans();
    let declined = spans.iter().find(|span| {
        span.exceptions().any(|event| {
            event.attributes.str("exception.type").is_some_and(|it| it.contains("PaymentDeclined"))
        })
    });
    let trace_id = declined.expect("an order was declined").trace_id;
    let spans: Vec<_> = spans.iter().filter(|span| span.trace_id == trace_id).cloned().collect();
    let file = folder.join("declined.json");
    fs::write(&file, formats::otlp_json::encode_traces(&spans).to_string()).unwrap();
    (file, trace_id.to_string())
}

#[test]
fn a_file_is_walked_to_its_exception_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = shop::workspace(folder.path());
    let (file, _) = failing_trace(folder.path());
    let mut client = DapClient::start(&folder.path().join("data"));
    let arguments = json!({ "file": file, "workspace": workspace });
    let entry = client.launch(arguments, |client| {
        client.request("setExceptionBreakpoints", json!({ "filters": ["exception"] }));
    });
    assert_eq!(entry["allThreadsStopped"], true, "{entry}");
    let stop = if entry["reason"] == "exception" { entry } else { client.step("continue", thread(&entry)) };
    assert_eq!(stop["reason"], "exception", "{stop}");
    let stack = client.stack(thread(&stop));
    assert!(stack[0].contains("payments.py:"), "{stack:#?}");
    assert!(stack.iter().any(|frame| frame.contains("orders.py:")), "{stack:#?}");
    assert!(
        stack.iter().any(|frame| frame.contains("orders.js:")),
        "the caller in the other service: {stack:#?}"
    );
    let info = client.request("exceptionInfo", json!({ "threadId": thread(&stop) }));
    assert!(info["exceptionId"].as_str().is_some_and(|it| it.contains("PaymentDeclined")), "{info}");

    let back = client.step("stepBack", thread(&stop));
    let forth = client.step("next", thread(&back));
    assert_eq!(client.stack(thread(&forth)), stack, "back and forth ends where it began");
    client.request("disconnect", json!({}));
    assert_eq!(client.wire.wait(spanglass_tests::PATIENCE).and_then(|status| status.code()), Some(0));
}

#[test]
fn a_line_breakpoint_stops_in_both_directions() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = shop::workspace(folder.path());
    let (file, _) = failing_trace(folder.path());
    let orders = workspace.join("checkout/orders.py");
    let text = fs::read_to_string(&orders).unwrap();
    let line = text.lines().position(|line| line.contains("def price_cart")).unwrap() + 1;
    let mut client = DapClient::start(&folder.path().join("data"));
    let arguments = json!({ "file": file, "workspace": workspace, "stopOnEntry": true });
    let entry = client.launch(arguments, |client| {
        let breakpoints = json!({ "source": { "path": orders }, "breakpoints": [{ "line": line }] });
        let set = client.request("setBreakpoints", breakpoints);
        assert_eq!(set["breakpoints"][0]["verified"], true, "{set}");
    });
    let stop = client.step("continue", thread(&entry));
    assert_eq!(stop["reason"], "breakpoint", "{stop}");
    let here = client.stack(thread(&stop));
    assert!(here[0].contains("orders.py:"), "{here:#?}");
    let end = client.step("continue", thread(&stop));
    let back = client.step("reverseContinue", thread(&end));
    assert_eq!(client.stack(thread(&back)), here);
    let values = client.variables(thread(&back));
    assert!(values.iter().any(|value| value.contains("checkout")), "{values:#?}");
}

#[test]
fn an_unknown_trace_and_malformed_messages_are_answered_and_the_session_lives() {
    let folder = tempfile::tempdir().unwrap();
    let mut client = DapClient::start(&folder.path().join("data"));
    client.request("initialize", json!({ "adapterID": "spanglass" }));
    let unknown = json!({ "traceId": "00000000000000000000000000000abc", "workspace": repository() });
    let error = client.try_request("launch", unknown).expect_err("there is no such trace");
    assert!(error.contains("abc"), "{error}");
    client.wire.send_raw(b"Content-Length: 5\r\n\r\n{\"a\":");
    assert!(client.try_request("frobnicate", json!({})).is_err());
    client.request("disconnect", serde_json::Value::Null);
}

fn thread(stop: &serde_json::Value) -> u64 {
    stop["threadId"].as_u64().unwrap_or(1)
}
