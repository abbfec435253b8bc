//! docs/protocol.md and the answers say the same: every field that is documented is there, and no other.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::editor::{Editor, ours, uri};

const TEXT: &str = r#"
//- app.py
@tracer.start_as_current_span("pay")
def pay(): ...
//- spans
pay 10ms x3 service=shop
"#;

/// Fields of the interfaces of the page, by name: the optional ones end in `?`.
fn interfaces() -> BTreeMap<String, BTreeSet<String>> {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../docs/protocol.md");
    let page = std::fs::read_to_string(page).expect("docs/protocol.md is there");
    let mut interfaces = BTreeMap::new();
    let mut rest = page.as_str();
    while let Some((_, after)) = rest.split_once("interface ") {
        let (head, after) = after.split_once('{').expect("an interface has a body");
        let (body, after) = after.split_once('}').expect("a body ends");
        let without_comments = body.lines().map(|line| line.split("//").next().unwrap_or_default());
        let body: String = without_comments.collect::<Vec<_>>().join(" ");
        let fields = body.split(';').filter_map(|field| field.split_once(':'));
        let mut fields: BTreeSet<String> = fields.map(|(name, _)| name.trim().to_owned()).collect();
        let mut words = head.split_whitespace();
        let name = words.next().expect("an interface has a name").to_owned();
        if let (Some("extends"), Some(base)) = (words.next(), words.next()) {
            let base: &BTreeSet<String> = &interfaces[base];
            fields.extend(base.iter().cloned());
        }
        interfaces.insert(name, fields);
        rest = after;
    }
    interfaces
}

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().unwrap_or_else(|| panic!("no object: {value}")).keys().cloned().collect()
}

#[tokio::test]
async fn answers_have_the_documented_fields_and_no_others() {
    let documented = interfaces();
    let mut editor = Editor::with_spans(TEXT, json!({}), ours()).await;
    let lenses = editor.lenses("app.py").await;
    let argument = |at: usize| lenses[at]["command"]["arguments"][0].clone();
    let traces = editor.request("spanglass/traces", json!({})).await;
    let trace = traces["traces"][0].clone();
    let whole = editor.request("spanglass/trace", json!({"traceId": trace["traceId"]})).await;
    let answers = [
        ("ReplayTarget", argument(1)),
        ("FunctionTarget", argument(2)),
        ("TracesResult", traces),
        ("TraceSummary", trace),
        ("FunctionTarget", whole["rows"][0]["location"].clone()),
        ("TraceRow", whole["rows"][0].clone()),
        ("TraceResult", whole),
        ("Status", editor.request("spanglass/status", json!({})).await),
    ];
    for (name, answer) in &answers {
        assert_eq!(keys(answer), documented[*name], "{name}");
    }
    let seen: BTreeSet<&str> =
        answers.iter().map(|(name, _)| *name).chain(["Ruling", "TracesParams", "TraceParams"]).collect();
    let all: BTreeSet<&str> = documented.keys().map(String::as_str).collect();
    assert_eq!(all, seen, "every documented interface is looked at");
}

#[tokio::test]
async fn every_documented_parameter_is_read() {
    let documented = interfaces();
    let mut editor = Editor::with_spans(TEXT, json!({}), ours()).await;
    for (interface, method, good) in [
        ("TracesParams", "spanglass/traces", json!({})),
        ("TraceParams", "spanglass/trace", json!({"traceId": "1"})),
    ] {
        for field in &documented[interface] {
            // A parameter that is not read could hold anything.
            let mut params = good.clone();
            params[field.trim_end_matches('?')] = json!({"not": "this"});
            let error = editor.client.request(method, params).await.unwrap_err();
            assert_eq!(error["code"], -32602, "{interface}.{field}");
        }
    }
    for field in &documented["Ruling"] {
        let mut ruling = json!({"service": "shop", "span": "x", "uri": uri("app.py"), "function": "f"});
        ruling[field.trim_end_matches('?')] = json!({"not": {"this": 1}});
        let error = editor.command("spanglass.reject", json!([ruling])).await.unwrap_err();
        assert_eq!(error["code"], -32602, "Ruling.{field}");
    }
    let here = json!({"uri": uri("app.py"), "line": 1, "service": "shop", "errors": false, "limit": 2});
    let found = editor.request("spanglass/traces", here).await;
    assert_eq!(found["traces"].as_array().map(Vec::len), Some(2));
}
