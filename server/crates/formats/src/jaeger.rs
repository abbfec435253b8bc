//! Jaeger's UI JSON: what its page downloads and what `/api/traces` answers, also of VictoriaTraces and GreptimeDB.
//!
//! Times are microseconds. Resource attributes are tags of the process; scope, status and kind are tags of the span.
//! Older servers repeat the whole parent inside each reference, many levels deep: only its ids are read.

use std::sync::Arc;

use model::{
    Attributes, Batch, Event, Link, Resource, SmolStr, Span, SpanId, SpanKind, Timestamp, TraceId, Value,
};

use crate::{
    DecodeError, Limits,
    attributes::json_value,
    flat::{Shared, sort_tags},
    intake::{Intake, Part},
    json::{self, Json},
};

/// Decodes `{"data": [trace…]}`, a single trace, or a list of traces.
///
/// # Errors
/// When the text is not JSON, or is JSON of another kind; then nothing is decoded.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Batch, DecodeError> {
    json::with_parsed(&json::text(bytes), limits.values, |json| decode_value(json, limits))
}

/// Whether `json` looks like this dialect.
pub(crate) fn is_jaeger(json: &Json<'_>) -> bool {
    let is_trace = |trace: &Json<'_>| {
        trace.get("spans").is_some() && (trace.get("processes").is_some() || trace.get("traceID").is_some())
    };
    match json.get("data").unwrap_or(json) {
        // Nothing found is `{"data": [], "total": 0, …}`.
        Json::Array(traces) => traces.first().map_or(json.get("data").is_some(), is_trace),
        trace => is_trace(trace),
    }
}

pub(crate) fn decode_value(json: &Json<'_>, limits: &Limits) -> Result<Batch, DecodeError> {
    if !is_jaeger(json) {
        return Err(DecodeError::Shape {
            expected: "Jaeger's: it has no list of traces with spans and processes",
        });
    }
    let mut intake = Intake::new(limits);
    let mut shared = Shared::default();
    match json.get("data").unwrap_or(json) {
        Json::Array(traces) => traces.iter().for_each(|trace| read_trace(trace, &mut shared, &mut intake)),
        trace => read_trace(trace, &mut shared, &mut intake),
    }
    Ok(intake.finish())
}

fn read_trace(trace: &Json<'_>, shared: &mut Shared, intake: &mut Intake<'_>) {
    let processes = trace.get("processes");
    for json in trace.get("spans").map_or(&[][..], Json::items) {
        if json.as_object().is_none() {
            intake.no_span();
        } else if intake.room_for_span(intake.kept_spans()) {
            let named = json.get("processID").and_then(Json::as_str);
            let process = json.get("process").or_else(|| processes?.get(named?));
            read_span(json, process, shared, intake);
        }
    }
}

fn read_span(json: &Json<'_>, process: Option<&Json<'_>>, shared: &mut Shared, intake: &mut Intake<'_>) {
    let Some((trace_id, span_id)) = intake.ids(trace_id(json), span_id(json)) else {
        return;
    };
    let (mut parent, mut links) = references(json, trace_id, intake);
    if let Some(id) = json.get("parentSpanID").and_then(Json::as_str) {
        parent = parent.or(SpanId::from_hex(id).ok());
    }
    let tags = read_tags(json.get("tags"), intake);
    let sorted = sort_tags(tags, intake);
    links.extend(sorted.links);
    let start = json.get("startTime").and_then(Json::as_u64).unwrap_or(0);
    let duration = json.get("duration").and_then(Json::as_u64).unwrap_or(0);
    let events = read_logs(json.get("logs"), intake);
    let mut attributes = sorted.attributes;
    // A tag of the span itself, whatever its prefix: the process has its own.
    attributes.0.extend(sorted.resource.0);
    let span = Span {
        trace_id,
        span_id,
        parent,
        name: json
            .get("operationName")
            .and_then(Json::as_str)
            .map_or_else(SmolStr::default, |name| intake.text(name)),
        kind: sorted.kind.unwrap_or(SpanKind::Unspecified),
        start: Timestamp::from_micros(start),
        end: Timestamp::from_micros(start.saturating_add(duration)),
        attributes,
        events,
        links,
        status: sorted.status,
        trace_state: sorted.trace_state,
        resource: resource(process, shared, intake),
        scope: shared.scope(sorted.scope),
    };
    intake.span(span);
}

/// The parent is the first `CHILD_OF` of the same trace, else the first `FOLLOWS_FROM` of it, which stays a link too;
/// all others are links.
fn references(json: &Json<'_>, trace: TraceId, intake: &mut Intake<'_>) -> (Option<SpanId>, Vec<Link>) {
    let (mut parent, mut follows, mut links) = (None, None, Vec::new());
    for reference in json.get("references").map_or(&[][..], Json::items) {
        let (Some(trace_id), Some(span_id)) = (trace_id(reference), span_id(reference)) else {
            intake.bad_link();
            continue;
        };
        let child_of = reference.get("refType").and_then(Json::as_str) == Some("CHILD_OF");
        if child_of && trace_id == trace && parent.is_none() {
            parent = Some(span_id);
            continue;
        }
        if trace_id == trace && follows.is_none() {
            follows = Some(span_id);
        }
        if intake.room_for(Part::Link, links.len()) {
            links.push(Link { trace_id, span_id, attributes: Attributes::default() });
        }
    }
    (parent.or(follows), links)
}

fn resource(process: Option<&Json<'_>>, shared: &mut Shared, intake: &mut Intake<'_>) -> Arc<Resource> {
    let service = process.and_then(|process| process.get("serviceName")).and_then(Json::as_str).unwrap_or("");
    let service = intake.text(service);
    let tags = read_tags(process.and_then(|process| process.get("tags")), intake);
    shared.resource(&service, Attributes(tags))
}

fn read_logs(json: Option<&Json<'_>>, intake: &mut Intake<'_>) -> Vec<Event> {
    let mut events = Vec::new();
    for log in json.map_or(&[][..], Json::items) {
        if !intake.room_for(Part::Event, events.len()) {
            continue;
        }
        let mut fields = read_tags(log.get("fields"), intake);
        let named =
            ["event", "message"].iter().find_map(|key| fields.iter().position(|(name, _)| name == key));
        let name = match named.map(|at| fields.remove(at)) {
            Some((_, Value::Str(name))) => name,
            _ => SmolStr::default(),
        };
        let time = log.get("timestamp").and_then(Json::as_u64).unwrap_or(0);
        events.push(Event { time: Timestamp::from_micros(time), name, attributes: Attributes(fields) });
    }
    events
}

/// `{"key", "type", "value"}`, where an integer too large for JavaScript is text.
fn read_tags(json: Option<&Json<'_>>, intake: &mut Intake<'_>) -> Vec<(SmolStr, Value)> {
    let mut tags = Vec::new();
    for tag in json.map_or(&[][..], Json::items) {
        let key = tag.get("key").and_then(Json::as_str).unwrap_or("");
        if !intake.room_for(Part::Attribute, tags.len()) {
            continue;
        }
        if key.is_empty() {
            intake.empty_key();
            continue;
        }
        let raw = tag.get("value").unwrap_or(&Json::Null);
        let value = match tag.get("type").and_then(Json::as_str) {
            Some("int64") => raw.as_i64().map(Value::Int),
            Some("float64") => raw.as_f64().map(Value::Double),
            Some("bool") => raw.as_bool().map(Value::Bool),
            Some("binary") => raw.as_str().map(|text| Value::Bytes(intake.bytes(&json::base64(text)))),
            _ => None,
        };
        let value = value.unwrap_or_else(|| json_value(raw, intake, 1));
        tags.push((intake.text(key), value));
    }
    tags
}

fn trace_id(json: &Json<'_>) -> Option<TraceId> {
    TraceId::from_hex(json.any(&["traceID", "traceId"])?.as_str()?).ok()
}

fn span_id(json: &Json<'_>) -> Option<SpanId> {
    SpanId::from_hex(json.any(&["spanID", "spanId"])?.as_str()?).ok()
}
