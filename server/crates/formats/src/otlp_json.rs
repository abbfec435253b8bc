//! OTLP in JSON, as exporters, collectors, Jaeger, Tempo and people write it: one lenient walker for all of them.
//!
//! Accepts camelCase and snake_case, `resourceSpans` and Tempo's `batches`, `instrumentationLibrarySpans`, ids in
//! hexadecimal or base64, enums as number, text or name, integers as number or text, `null` for absent, and the
//! wrappers `{"result": …}` (Jaeger v3) and `{"trace": …}` (Tempo v2).

mod encode;

use std::sync::Arc;

use model::{
    Attributes, Batch, Event, Link, LogRecord, Resource, Scope, Span, SpanId, SpanKind, Status, StatusCode,
    Timestamp, TraceId,
};
use smol_str::SmolStr;

use crate::{
    DecodeError, Limits,
    attributes::{body_text, json_attributes, json_value},
    intake::{Intake, Part},
    json::{self, Json},
};

pub use encode::{encode_logs, encode_traces};

const RESOURCE_SPANS: &[&str] = &["resourceSpans", "resource_spans", "batches"];
const RESOURCE_LOGS: &[&str] = &["resourceLogs", "resource_logs"];
const WRAPPERS: &[&str] = &["result", "trace"];

/// Decodes spans, and log records that belong to a trace, from one JSON document. An empty object is an empty
/// request, as OTLP has it.
///
/// # Errors
/// When the text is not JSON, or is JSON of another kind; then nothing is decoded.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Batch, DecodeError> {
    json::with_parsed(&json::text(bytes), limits.values, |json| decode_value(json, limits))
}

/// Whether `json` looks like this dialect.
pub(crate) fn is_otlp(json: &Json<'_>) -> bool {
    let inner = unwrapped(json);
    inner.any(RESOURCE_SPANS).is_some() || inner.any(RESOURCE_LOGS).is_some()
}

pub(crate) fn decode_value(json: &Json<'_>, limits: &Limits) -> Result<Batch, DecodeError> {
    let mut intake = Intake::new(limits);
    walk(json, &mut intake)?;
    Ok(intake.finish())
}

/// As [`decode_value`], of several documents as one.
pub(crate) fn decode_list(documents: &[Json<'_>], limits: &Limits) -> Result<Batch, DecodeError> {
    let mut intake = Intake::new(limits);
    for document in documents {
        walk(document, &mut intake)?;
    }
    Ok(intake.finish())
}

/// Adds what `json` holds to `intake`.
pub(crate) fn walk(json: &Json<'_>, intake: &mut Intake<'_>) -> Result<(), DecodeError> {
    let inner = unwrapped(json);
    let Some(members) = inner.as_object() else {
        return Err(DecodeError::Shape { expected: "OTLP: it is no object" });
    };
    let (spans, logs) = (inner.any(RESOURCE_SPANS), inner.any(RESOURCE_LOGS));
    let metrics = inner.any(&["resourceMetrics", "resource_metrics"]);
    // Tempo leaves an empty list out, and null counts as absent: an object with nothing in it is an empty request.
    let empty = members.iter().all(|(_, value)| *value == Json::Null);
    if spans.is_none() && logs.is_none() && metrics.is_none() && !empty {
        return Err(DecodeError::Shape { expected: "OTLP: it has neither resourceSpans nor resourceLogs" });
    }
    for item in spans.map_or(&[][..], Json::items) {
        resource_items(item, intake, SPAN_SCOPES, SPANS, &mut span);
    }
    for item in logs.map_or(&[][..], Json::items) {
        resource_items(item, intake, LOG_SCOPES, LOGS, &mut log_record);
    }
    Ok(())
}

const SPAN_SCOPES: &[&str] =
    &["scopeSpans", "scope_spans", "instrumentationLibrarySpans", "instrumentation_library_spans"];
const LOG_SCOPES: &[&str] =
    &["scopeLogs", "scope_logs", "instrumentationLibraryLogs", "instrumentation_library_logs"];
const SPANS: &[&str] = &["spans"];
const LOGS: &[&str] = &["logRecords", "log_records", "logs"];

fn unwrapped<'j, 't>(json: &'j Json<'t>) -> &'j Json<'t> {
    json.any(WRAPPERS).filter(|inner| inner.as_object().is_some()).unwrap_or(json)
}

type Read<'f> = &'f mut dyn FnMut(&Json<'_>, &mut Intake<'_>, &Arc<Resource>, &Arc<Scope>);

fn resource_items(json: &Json<'_>, intake: &mut Intake<'_>, scopes: &[&str], items: &[&str], read: Read<'_>) {
    let mut resource = Resource::default();
    let described = json.get("resource").and_then(|resource| resource.get("attributes"));
    json_attributes(described, &mut resource.attributes, intake);
    let resource = Arc::new(resource);
    for scope_items in json.any(scopes).map_or(&[][..], Json::items) {
        let described = scope_items.any(&["scope", "instrumentationLibrary", "instrumentation_library"]);
        let scope = Arc::new(described.map_or_else(Scope::default, |json| read_scope(json, intake)));
        for item in scope_items.any(items).map_or(&[][..], Json::items) {
            read(item, intake, &resource, &scope);
        }
    }
}

fn read_scope(json: &Json<'_>, intake: &mut Intake<'_>) -> Scope {
    let mut scope = Scope {
        name: text(json.get("name"), intake),
        version: text(json.get("version"), intake),
        attributes: Attributes::default(),
    };
    json_attributes(json.get("attributes"), &mut scope.attributes, intake);
    scope
}

fn span(json: &Json<'_>, intake: &mut Intake<'_>, resource: &Arc<Resource>, scope: &Arc<Scope>) {
    if json.as_object().is_none() {
        return intake.no_span();
    }
    if !intake.room_for_span(intake.kept_spans()) {
        return;
    }
    let Some((trace_id, span_id)) = intake.ids(trace_id(json), span_id(json)) else {
        return;
    };
    let mut span = Span {
        trace_id,
        span_id,
        parent: parent(json, intake),
        name: text(json.get("name"), intake),
        kind: kind(json.get("kind")),
        start: time(json.any(&["startTimeUnixNano", "start_time_unix_nano"])),
        end: time(json.any(&["endTimeUnixNano", "end_time_unix_nano"])),
        attributes: Attributes::default(),
        events: Vec::new(),
        links: Vec::new(),
        status: status(json.get("status"), intake),
        trace_state: text(json.any(&["traceState", "trace_state"]), intake),
        resource: Arc::clone(resource),
        scope: Arc::clone(scope),
    };
    json_attributes(json.get("attributes"), &mut span.attributes, intake);
    for item in json.get("events").map_or(&[][..], Json::items) {
        if intake.room_for(Part::Event, span.events.len()) {
            span.events.push(event(item, intake));
        }
    }
    for item in json.get("links").map_or(&[][..], Json::items) {
        if intake.room_for(Part::Link, span.links.len()) {
            span.links.extend(link(item, intake));
        }
    }
    intake.span(span);
}

fn event(json: &Json<'_>, intake: &mut Intake<'_>) -> Event {
    let mut event = Event {
        time: time(json.any(&["timeUnixNano", "time_unix_nano"])),
        name: text(json.get("name"), intake),
        attributes: Attributes::default(),
    };
    json_attributes(json.get("attributes"), &mut event.attributes, intake);
    event
}

fn link(json: &Json<'_>, intake: &mut Intake<'_>) -> Option<Link> {
    let (Some(trace_id), Some(span_id)) = (trace_id(json), span_id(json)) else {
        intake.bad_link();
        return None;
    };
    let mut link = Link { trace_id, span_id, attributes: Attributes::default() };
    json_attributes(json.get("attributes"), &mut link.attributes, intake);
    Some(link)
}

fn log_record(json: &Json<'_>, intake: &mut Intake<'_>, resource: &Arc<Resource>, scope: &Arc<Scope>) {
    let Some(trace_id) = trace_id(json) else {
        return intake.untraced_log();
    };
    if !intake.room_for_log() {
        return;
    }
    let happened = time(json.any(&["timeUnixNano", "time_unix_nano"]));
    let observed = time(json.any(&["observedTimeUnixNano", "observed_time_unix_nano"]));
    let body = json.get("body").map(|body| json_value(body, intake, 1));
    let mut record = LogRecord {
        trace_id,
        span_id: span_id(json),
        time: if happened == Timestamp::ZERO { observed } else { happened },
        name: text(json.any(&["eventName", "event_name"]), intake),
        body: body.map_or_else(SmolStr::default, |body| body_text(&body, intake)),
        severity: severity(json.any(&["severityNumber", "severity_number"])),
        attributes: Attributes::default(),
        resource: Arc::clone(resource),
        scope: Arc::clone(scope),
    };
    json_attributes(json.get("attributes"), &mut record.attributes, intake);
    intake.log(record);
}

fn trace_id(json: &Json<'_>) -> Option<TraceId> {
    let text = json.any(&["traceId", "trace_id", "traceID"])?.as_str()?;
    // 16 bytes are 24 characters of base64 and never more than 22 without padding; hexadecimal has 32.
    let bytes = match text.len() {
        22 | 24 => <[u8; 16]>::try_from(json::base64(text)).ok(),
        _ => return TraceId::from_hex(text).ok(),
    };
    bytes.map(TraceId).filter(|id| !id.is_zero()).or_else(|| TraceId::from_hex(text).ok())
}

fn span_id(json: &Json<'_>) -> Option<SpanId> {
    read_span_id(json.any(&["spanId", "span_id", "spanID"])?.as_str()?)
}

fn read_span_id(text: &str) -> Option<SpanId> {
    let bytes = match text.len() {
        11 | 12 => <[u8; 8]>::try_from(json::base64(text)).ok(),
        _ => return SpanId::from_hex(text).ok(),
    };
    bytes.map(SpanId).filter(|id| !id.is_zero()).or_else(|| SpanId::from_hex(text).ok())
}

fn parent(json: &Json<'_>, intake: &mut Intake<'_>) -> Option<SpanId> {
    let text = json.any(&["parentSpanId", "parent_span_id", "parentSpanID"])?.as_str()?;
    let parent = read_span_id(text);
    // Zeros are written for "no parent", in hexadecimal and in base64.
    if parent.is_none() && !text.bytes().all(|byte| matches!(byte, b'0' | b'A' | b'=')) {
        intake.bad_parent();
    }
    parent
}

fn text(json: Option<&Json<'_>>, intake: &mut Intake<'_>) -> SmolStr {
    json.and_then(Json::as_str).map_or_else(SmolStr::default, |text| intake.text(text))
}

fn time(json: Option<&Json<'_>>) -> Timestamp {
    Timestamp(json.and_then(Json::as_u64).unwrap_or(0))
}

fn kind(json: Option<&Json<'_>>) -> SpanKind {
    let Some(json) = json else {
        return SpanKind::Unspecified;
    };
    if let Some(number) = json.as_i64() {
        return match number {
            1 => SpanKind::Internal,
            2 => SpanKind::Server,
            3 => SpanKind::Client,
            4 => SpanKind::Producer,
            5 => SpanKind::Consumer,
            _ => SpanKind::Unspecified,
        };
    }
    kind_of_name(json.as_str().unwrap_or(""))
}

/// `SPAN_KIND_SERVER`, `Server`, `server`.
pub(crate) fn kind_of_name(name: &str) -> SpanKind {
    match name.to_ascii_uppercase().trim_start_matches("SPAN_KIND_") {
        "INTERNAL" => SpanKind::Internal,
        "SERVER" => SpanKind::Server,
        "CLIENT" => SpanKind::Client,
        "PRODUCER" => SpanKind::Producer,
        "CONSUMER" => SpanKind::Consumer,
        _ => SpanKind::Unspecified,
    }
}

fn status(json: Option<&Json<'_>>, intake: &mut Intake<'_>) -> Status {
    let Some(json) = json else {
        return Status::default();
    };
    let code = match json.get("code") {
        Some(code) => match code.as_i64() {
            Some(1) => StatusCode::Ok,
            Some(2) => StatusCode::Error,
            Some(_) => StatusCode::Unset,
            None => status_of_name(code.as_str().unwrap_or("")),
        },
        None => StatusCode::Unset,
    };
    Status { code, message: text(json.get("message"), intake) }
}

/// `STATUS_CODE_ERROR`, `Error`, `ERROR`.
pub(crate) fn status_of_name(name: &str) -> StatusCode {
    match name.to_ascii_uppercase().trim_start_matches("STATUS_CODE_") {
        "OK" => StatusCode::Ok,
        "ERROR" => StatusCode::Error,
        _ => StatusCode::Unset,
    }
}

/// 1 to 24, as number, text or name (`SEVERITY_NUMBER_ERROR2`).
fn severity(json: Option<&Json<'_>>) -> u8 {
    const LEVELS: [&str; 6] = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
    let Some(json) = json else {
        return 0;
    };
    let number = json.as_i64().or_else(|| {
        let name = json.as_str()?.trim_start_matches("SEVERITY_NUMBER_");
        let level = name.trim_end_matches(|digit: char| digit.is_ascii_digit());
        let step = name.get(level.len()..)?.parse().unwrap_or(1_i64);
        let place = LEVELS.iter().position(|known| *known == level)?;
        Some(4 * place as i64 + step)
    });
    number.and_then(|number| u8::try_from(number).ok()).filter(|level| *level <= 24).unwrap_or(0)
}
