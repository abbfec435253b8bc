//! docs/configuration.md and docs/spanglass.schema.json, made from the one table of settings and checked against it.

use expect_test::expect_file;
use serde_json::{Map, Value, json};

use super::reference::{Kind, RULINGS, SETTINGS, Setting, path_of_variable};
use crate::rulings::KEYS;

const REFERENCE: &str = "../../../docs/configuration.md";
const SCHEMA: &str = "../../../docs/spanglass.schema.json";

#[test]
fn the_reference_is_up_to_date() {
    let mut page = String::from(HEAD);
    for setting in SETTINGS {
        page.push_str(&section(setting));
    }
    page.push_str(&rulings_section());
    expect_file![REFERENCE].assert_eq(&page);
}

#[test]
fn the_schema_is_up_to_date() {
    let mut root = Map::new();
    for setting in SETTINGS {
        insert(&mut root, &setting.path.split('.').collect::<Vec<_>>(), leaf(setting));
    }
    for key in RULINGS {
        root.insert((*key).to_owned(), ruling_schema(key));
    }
    let schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "spanglass.toml",
        "type": "object",
        "additionalProperties": false,
        "properties": root,
    });
    let text = serde_json::to_string_pretty(&schema).unwrap();
    expect_file![SCHEMA].assert_eq(&format!("{text}\n"));
}

const HEAD: &str = "\
# Configuration

Generated from `server/src/config/reference.rs`; do not edit.

Nothing needs to be configured.
What is, comes in this order, later ones win: built in, the user's file (`~/.config/spanglass/spanglass.toml`), `spanglass.toml` at the root of the workspace, the editor's settings, environment variables, flags.
An unknown key is a warning that names the nearest known one.
`docs/spanglass.schema.json` is the JSON Schema of the file.

```toml
window = \"1h\"

[receiver]
http = \"127.0.0.1:4318\"

[backend.team]
kind = \"zipkin\"
url = \"http://zipkin.internal:9411\"
```

";

fn section(setting: &Setting) -> String {
    let default = if setting.default.is_empty() { "unset" } else { setting.default };
    let place = if setting.in_workspace { "" } else { " A workspace's file may not set it." };
    format!(
        "## `{}`\n\n{}{place}\nTakes {}. Default: `{default}`. Environment: `{}`.\n\n",
        setting.path,
        setting.help,
        takes(setting.kind),
        variable_of(setting.path),
    )
}

const PLACEMENTS: &str = r#"# Placements

Only `spanglass.toml` at the root of a workspace says these; whoever edits it sees the effect within two seconds.

```toml
[services]
checkout = "services/checkout"
storefront = ["web", "shared/ui"]

[[pin]]
service = "checkout"
span = "charge card"
file = "services/checkout/payments.py"
function = "Payments.charge"

[[reject]]
service = "storefront"
span = "GET"
kind = "client"
attributes = { "http.request.method" = "GET" }
file = "web/cart.js"
function = "loadCart"
```

`[services]` says in which folder, or folders, the code of a service lies, by `service.name`.
Spans of the service belong to functions there before others, and never to functions in folders that are set to be only other services'.

`[[pin]]` says to which function spans belong, whatever else is known; `[[reject]]` says to which one they do not.
`spanglass pin`, `spanglass reject` and the code actions of an editor write them; comments and formatting stay.
Of several pins that fit, the one that says most counts, among equals the last.

| key | |
|---|---|
"#;

fn rulings_section() -> String {
    let rows = KEYS.iter().map(|(key, needed, help)| {
        format!("| `{key}`{} | {help} |\n", if *needed { ", needed" } else { "" })
    });
    format!("{PLACEMENTS}{}", rows.collect::<String>())
}

fn ruling_schema(key: &str) -> Value {
    if key == "services" {
        let folder = json!({ "type": "string" });
        let folders = json!({ "anyOf": [folder, { "type": "array", "items": folder }] });
        let help = "In which folder, or folders, the code of a service lies, by service.name.";
        return json!({ "type": "object", "additionalProperties": folders, "description": help });
    }
    let property = |(name, _, help): &(&str, bool, &str)| {
        let kind = if *name == "attributes" { "object" } else { "string" };
        ((*name).to_owned(), json!({ "type": kind, "description": help }))
    };
    let properties: Map<String, Value> = KEYS.iter().map(property).collect();
    let required: Vec<&str> = KEYS.iter().filter(|(_, needed, _)| *needed).map(|(name, ..)| *name).collect();
    let entry = json!({ "type": "object", "additionalProperties": false, "required": required, "properties": properties });
    json!({ "type": "array", "items": entry })
}

fn variable_of(path: &str) -> String {
    let name = format!("SPANGLASS_{}", path.replace('.', "__").replace('*', "NAME").to_ascii_uppercase());
    assert!(path_of_variable(&name).is_some_and(|found| found == path.replace('*', "name")), "{name}");
    name
}

fn takes(kind: Kind) -> String {
    match kind {
        Kind::Path => "a path".to_owned(),
        Kind::Text => "any text".to_owned(),
        Kind::Bool => "`true` or `false`".to_owned(),
        Kind::Duration => "a duration such as `30s`, `15m`, `2h`".to_owned(),
        Kind::Bytes => "a number of bytes such as `256MB`".to_owned(),
        Kind::Address => "an address with a port, or `off`".to_owned(),
        Kind::Url => "an http or https address".to_owned(),
        Kind::Words => "a list of texts such as `[\"one\", \"two\"]`".to_owned(),
        Kind::Token => "a text of twelve or more letters, digits and signs".to_owned(),
        Kind::Patterns => "a list of regular expressions such as `['KD-\\d{6}']`".to_owned(),
        Kind::OneOf(words) => {
            format!("one of {}", words.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", "))
        }
    }
}

fn leaf(setting: &Setting) -> Value {
    let mut leaf = match setting.kind {
        Kind::Bool => json!({ "type": "boolean" }),
        Kind::OneOf(words) => json!({ "enum": words }),
        Kind::Bytes => json!({ "type": ["string", "integer"] }),
        Kind::Path | Kind::Duration | Kind::Address | Kind::Url | Kind::Text | Kind::Token => {
            json!({ "type": "string" })
        }
        Kind::Words | Kind::Patterns => json!({ "type": "array", "items": { "type": "string" } }),
    };
    leaf["description"] = json!(setting.help);
    if !setting.default.is_empty() {
        leaf["default"] = json!(setting.default);
    }
    leaf
}

/// Puts `leaf` at `path` into nested objects; a part `*` becomes `additionalProperties`.
fn insert(properties: &mut Map<String, Value>, path: &[&str], leaf: Value) {
    let [first, rest @ ..] = path else { return };
    if rest.is_empty() {
        properties.insert((*first).to_owned(), leaf);
        return;
    }
    let object = properties.entry(*first).or_insert_with(|| json!({ "type": "object" }));
    let object = object.as_object_mut().unwrap();
    let (inner, rest) = match rest {
        ["*", deeper @ ..] => {
            let any = object.entry("additionalProperties").or_insert_with(|| json!({ "type": "object" }));
            (any.as_object_mut().unwrap(), deeper)
        }
        _ => (object, rest),
    };
    inner.insert(
        "additionalProperties".to_owned(),
        inner.get("additionalProperties").cloned().unwrap_or(json!(false)),
    );
    let nested = inner.entry("properties").or_insert_with(|| json!({}));
    insert(nested.as_object_mut().unwrap(), rest, leaf);
}
