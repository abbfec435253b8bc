//! OTLP JSON out: for export, the HTTP interface and people.

use std::sync::Arc;

use base64::Engine as _;
use model::{Attributes, LogRecord, Resource, Scope, Span, SpanKind, StatusCode, Value};
use serde_json::{Map, Value as Json, json};

use crate::otlp_proto::Places;

/// Writes spans as `{"resourceSpans": …}` by the OTLP/JSON mapping (hexadecimal ids, enums as numbers, 64-bit
/// integers as text), grouped by resource and scope in the order of their first span. Empty fields are left out.
pub fn encode_traces(spans: &[Arc<Span>]) -> Json {
    let mut groups = Groups::default();
    for span in spans {
        groups.add(&span.resource, &span.scope, span_of(span));
    }
    json!({ "resourceSpans": groups.into_json("scopeSpans", "spans") })
}

/// Writes log records as `{"resourceLogs": …}`.
pub fn encode_logs(records: &[LogRecord]) -> Json {
    let mut groups = Groups::default();
    for record in records {
        groups.add(&record.resource, &record.scope, record_of(record));
    }
    json!({ "resourceLogs": groups.into_json("scopeLogs", "logRecords") })
}

/// Items under their scope, under their resource.
#[derive(Default)]
struct Groups {
    places: Places,
    resources: Vec<(Json, Vec<ScopeItems>)>,
}

/// A scope and its items.
type ScopeItems = (Json, Vec<Json>);

impl Groups {
    fn add(&mut self, resource: &Arc<Resource>, scope: &Arc<Scope>, item: Json) {
        let (at, scope_at) = self.places.of(resource, scope);
        if at == self.resources.len() {
            self.resources.push((json!({ "attributes": pairs(&resource.attributes) }), Vec::new()));
        }
        let scopes = &mut self.resources[at].1;
        if scope_at == scopes.len() {
            scopes.push((scope_of(scope), Vec::new()));
        }
        scopes[scope_at].1.push(item);
    }

    fn into_json(self, scopes_name: &str, items_name: &str) -> Vec<Json> {
        let one_scope = |(scope, items): ScopeItems| json!({ "scope": scope, items_name: items });
        self.resources
            .into_iter()
            .map(|(resource, scopes)| {
                let scopes: Vec<Json> = scopes.into_iter().map(one_scope).collect();
                json!({ "resource": resource, scopes_name: scopes })
            })
            .collect()
    }
}

fn scope_of(scope: &Scope) -> Json {
    let mut out = Object::default();
    out.text("name", &scope.name);
    out.text("version", &scope.version);
    out.list("attributes", pairs(&scope.attributes));
    out.0.into()
}

fn span_of(span: &Span) -> Json {
    let mut out = Object::default();
    out.text("traceId", &span.trace_id.to_string());
    out.text("spanId", &span.span_id.to_string());
    out.text("traceState", &span.trace_state);
    out.text("parentSpanId", &span.parent.map(|id| id.to_string()).unwrap_or_default());
    out.text("name", &span.name);
    out.add("kind", kind_of(span.kind).into());
    out.text("startTimeUnixNano", &span.start.0.to_string());
    out.text("endTimeUnixNano", &span.end.0.to_string());
    out.list("attributes", pairs(&span.attributes));
    out.list("events", span.events.iter().map(event_of).collect());
    out.list("links", span.links.iter().map(link_of).collect());
    let mut status = Object::default();
    status.text("message", &span.status.message);
    match span.status.code {
        StatusCode::Unset => {}
        StatusCode::Ok => status.add("code", 1.into()),
        StatusCode::Error => status.add("code", 2.into()),
    }
    out.add("status", status.0.into());
    out.0.into()
}

fn event_of(event: &model::Event) -> Json {
    let mut out = Object::default();
    out.text("timeUnixNano", &event.time.0.to_string());
    out.text("name", &event.name);
    out.list("attributes", pairs(&event.attributes));
    out.0.into()
}

fn link_of(link: &model::Link) -> Json {
    let mut out = Object::default();
    out.text("traceId", &link.trace_id.to_string());
    out.text("spanId", &link.span_id.to_string());
    out.list("attributes", pairs(&link.attributes));
    out.0.into()
}

fn record_of(record: &LogRecord) -> Json {
    let mut out = Object::default();
    out.text("timeUnixNano", &record.time.0.to_string());
    if record.severity > 0 {
        out.add("severityNumber", record.severity.into());
    }
    if !record.body.is_empty() {
        out.add("body", json!({ "stringValue": record.body.as_str() }));
    }
    out.list("attributes", pairs(&record.attributes));
    out.text("traceId", &record.trace_id.to_string());
    out.text("spanId", &record.span_id.map(|id| id.to_string()).unwrap_or_default());
    out.text("eventName", &record.name);
    out.0.into()
}

fn kind_of(kind: SpanKind) -> u8 {
    match kind {
        SpanKind::Unspecified => 0,
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
        SpanKind::Producer => 4,
        SpanKind::Consumer => 5,
    }
}

fn pairs(attributes: &Attributes) -> Vec<Json> {
    attributes.iter().map(|(key, value)| json!({ "key": key, "value": any(value) })).collect()
}

fn any(value: &Value) -> Json {
    match value {
        Value::Empty => json!({}),
        Value::Str(text) => json!({ "stringValue": text.as_str() }),
        Value::Bool(truth) => json!({ "boolValue": truth }),
        Value::Int(number) => json!({ "intValue": number.to_string() }),
        Value::Double(number) => json!({ "doubleValue": double(*number) }),
        Value::Bytes(bytes) => {
            json!({ "bytesValue": base64::engine::general_purpose::STANDARD.encode(bytes) })
        }
        Value::Array(items) => {
            let values: Vec<Json> = items.iter().map(any).collect();
            json!({ "arrayValue": { "values": values } })
        }
        Value::Map(map) => {
            let values: Vec<Json> =
                map.iter().map(|(key, value)| json!({ "key": key.as_str(), "value": any(value) })).collect();
            json!({ "kvlistValue": { "values": values } })
        }
    }
}

/// JSON has no NaN and no infinity: protobuf's mapping writes them as text.
fn double(number: f64) -> Json {
    match number {
        _ if number.is_nan() => "NaN".into(),
        f64::INFINITY => "Infinity".into(),
        f64::NEG_INFINITY => "-Infinity".into(),
        _ => number.into(),
    }
}

/// An object that leaves empty members out.
#[derive(Default)]
struct Object(Map<String, Json>);

impl Object {
    fn add(&mut self, name: &str, value: Json) {
        self.0.insert(name.to_owned(), value);
    }

    fn text(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.add(name, text.into());
        }
    }

    fn list(&mut self, name: &str, items: Vec<Json>) {
        if !items.is_empty() {
            self.add(name, items.into());
        }
    }
}
