//! OTLP protobuf out: for followers, forwarding, the archive and files.

use std::{collections::HashMap, sync::Arc};

use model::{Attributes, Batch, LogRecord, Resource, Scope, Span, SpanKind, Status, StatusCode, Value};
use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList, any_value},
    logs::v1::{self as logs, LogsData, ResourceLogs, ScopeLogs},
    resource::v1 as resource,
    trace::v1::{self as trace, ResourceSpans, ScopeSpans, TracesData, span, status},
};
use prost::Message as _;

/// Writes spans as `TracesData` (the same bytes as an `ExportTraceServiceRequest`), grouped by resource and scope in
/// the order of their first span.
pub fn encode_traces(spans: &[Arc<Span>]) -> Vec<u8> {
    let mut data = TracesData::default();
    let mut places = Places::default();
    for span in spans {
        let (at, scope_at) = places.of(&span.resource, &span.scope);
        if at == data.resource_spans.len() {
            let resource = Some(resource_of(&span.resource));
            data.resource_spans.push(ResourceSpans { resource, ..ResourceSpans::default() });
        }
        let scopes = &mut data.resource_spans[at].scope_spans;
        if scope_at == scopes.len() {
            scopes.push(ScopeSpans { scope: Some(scope_of(&span.scope)), ..ScopeSpans::default() });
        }
        scopes[scope_at].spans.push(span_of(span));
    }
    data.encode_to_vec()
}

/// Writes spans and log records as one message: a `TracesData`, which every reader of OTLP takes, with the log records
/// in a field that only [`super::decode_batch`] reads. Counts of what was refused are not written.
pub fn encode_batch(batch: &Batch) -> Vec<u8> {
    let mut bytes = encode_traces(&batch.spans);
    if !batch.logs.is_empty() {
        append_logs(&encode_logs(&batch.logs), &mut bytes);
    }
    bytes
}

/// Adds a `LogsData` to a `TracesData`, as [`encode_batch`] does.
pub(crate) fn append_logs(logs: &[u8], traces: &mut Vec<u8>) {
    prost::encoding::encode_key(super::LOGS, prost::encoding::WireType::LengthDelimited, traces);
    prost::encoding::encode_varint(logs.len() as u64, traces);
    traces.extend_from_slice(logs);
}

/// Writes log records as `LogsData` (the same bytes as an `ExportLogsServiceRequest`).
pub fn encode_logs(records: &[LogRecord]) -> Vec<u8> {
    let mut data = LogsData::default();
    let mut places = Places::default();
    for record in records {
        let (at, scope_at) = places.of(&record.resource, &record.scope);
        if at == data.resource_logs.len() {
            let resource = Some(resource_of(&record.resource));
            data.resource_logs.push(ResourceLogs { resource, ..ResourceLogs::default() });
        }
        let scopes = &mut data.resource_logs[at].scope_logs;
        if scope_at == scopes.len() {
            scopes.push(ScopeLogs { scope: Some(scope_of(&record.scope)), ..ScopeLogs::default() });
        }
        scopes[scope_at].log_records.push(record_of(record));
    }
    data.encode_to_vec()
}

/// Which group each resource and each scope within it has; told apart by identity, which decoders share per body.
#[derive(Default)]
pub(crate) struct Places {
    resources: HashMap<usize, (usize, HashMap<usize, usize>)>,
}

impl Places {
    /// The resource's group and the scope's group in it, numbered from 0 in the order of first use.
    pub(crate) fn of(&mut self, resource: &Arc<Resource>, scope: &Arc<Scope>) -> (usize, usize) {
        let next = self.resources.len();
        let (at, scopes) =
            self.resources.entry(Arc::as_ptr(resource) as usize).or_insert_with(|| (next, HashMap::new()));
        let next_scope = scopes.len();
        (*at, *scopes.entry(Arc::as_ptr(scope) as usize).or_insert(next_scope))
    }
}

fn resource_of(source: &Resource) -> resource::Resource {
    resource::Resource { attributes: pairs(&source.attributes), ..resource::Resource::default() }
}

fn scope_of(scope: &Scope) -> InstrumentationScope {
    InstrumentationScope {
        name: scope.name.to_string(),
        version: scope.version.to_string(),
        attributes: pairs(&scope.attributes),
        ..InstrumentationScope::default()
    }
}

fn span_of(source: &Span) -> trace::Span {
    trace::Span {
        trace_id: source.trace_id.0.to_vec(),
        span_id: source.span_id.0.to_vec(),
        trace_state: source.trace_state.to_string(),
        parent_span_id: source.parent.map(|parent| parent.0.to_vec()).unwrap_or_default(),
        name: source.name.to_string(),
        kind: kind_of(source.kind) as i32,
        start_time_unix_nano: source.start.0,
        end_time_unix_nano: source.end.0,
        attributes: pairs(&source.attributes),
        events: source.events.iter().map(event_of).collect(),
        links: source.links.iter().map(link_of).collect(),
        status: status_of(&source.status),
        ..trace::Span::default()
    }
}

fn event_of(event: &model::Event) -> span::Event {
    span::Event {
        time_unix_nano: event.time.0,
        name: event.name.to_string(),
        attributes: pairs(&event.attributes),
        ..span::Event::default()
    }
}

fn link_of(link: &model::Link) -> span::Link {
    span::Link {
        trace_id: link.trace_id.0.to_vec(),
        span_id: link.span_id.0.to_vec(),
        attributes: pairs(&link.attributes),
        ..span::Link::default()
    }
}

fn status_of(source: &Status) -> Option<trace::Status> {
    let code = match source.code {
        StatusCode::Unset if source.message.is_empty() => return None,
        StatusCode::Unset => status::StatusCode::Unset,
        StatusCode::Ok => status::StatusCode::Ok,
        StatusCode::Error => status::StatusCode::Error,
    };
    Some(trace::Status { message: source.message.to_string(), code: code as i32 })
}

fn kind_of(kind: SpanKind) -> span::SpanKind {
    match kind {
        SpanKind::Unspecified => span::SpanKind::Unspecified,
        SpanKind::Internal => span::SpanKind::Internal,
        SpanKind::Server => span::SpanKind::Server,
        SpanKind::Client => span::SpanKind::Client,
        SpanKind::Producer => span::SpanKind::Producer,
        SpanKind::Consumer => span::SpanKind::Consumer,
    }
}

fn record_of(record: &LogRecord) -> logs::LogRecord {
    let body = (!record.body.is_empty())
        .then(|| AnyValue { value: Some(any_value::Value::StringValue(record.body.to_string())) });
    logs::LogRecord {
        time_unix_nano: record.time.0,
        severity_number: i32::from(record.severity),
        body,
        attributes: pairs(&record.attributes),
        trace_id: record.trace_id.0.to_vec(),
        span_id: record.span_id.map(|id| id.0.to_vec()).unwrap_or_default(),
        event_name: record.name.to_string(),
        ..logs::LogRecord::default()
    }
}

fn pairs(attributes: &Attributes) -> Vec<KeyValue> {
    attributes.iter().map(|(key, value)| pair(key, value)).collect()
}

fn pair(key: &str, value: &Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(any(value)), ..KeyValue::default() }
}

fn any(value: &Value) -> AnyValue {
    use any_value::Value as Out;
    let value = match value {
        Value::Empty => None,
        Value::Str(text) => Some(Out::StringValue(text.to_string())),
        Value::Bool(truth) => Some(Out::BoolValue(*truth)),
        Value::Int(number) => Some(Out::IntValue(*number)),
        Value::Double(number) => Some(Out::DoubleValue(*number)),
        Value::Bytes(bytes) => Some(Out::BytesValue(bytes.clone())),
        Value::Array(items) => Some(Out::ArrayValue(ArrayValue { values: items.iter().map(any).collect() })),
        Value::Map(map) => {
            let values = map.iter().map(|(key, value)| pair(key, value)).collect();
            Some(Out::KvlistValue(KeyValueList { values }))
        }
    };
    AnyValue { value }
}
