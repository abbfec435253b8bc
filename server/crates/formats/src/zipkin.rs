//! Zipkin's JSON, versions 1 and 2: lists of spans, or of traces that are lists of spans.
//!
//! Times are microseconds and tags are text. Zipkin lower-cases service and span names when it stores them; they stay
//! as sent, and the tags keep their case. Its two halves of a remote call may share one span id (B3): the server's
//! half becomes a child of the client's, under an id of its own (see `halves`).

mod halves;
mod v1;
mod v2;

use model::{Batch, Event, SmolStr, SpanId, SpanKind, Timestamp, TraceId, Value};

use crate::{
    DecodeError, Limits,
    intake::Intake,
    json::{self, Json},
};

/// Decodes `[span…]` or `[[span…]…]`, each span of either version.
///
/// # Errors
/// When the text is not JSON, or is JSON of another kind; then nothing is decoded.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Batch, DecodeError> {
    json::with_parsed(&json::text(bytes), limits.values, |json| decode_value(json, limits))
}

/// Whether `json` looks like this dialect.
pub(crate) fn is_zipkin(json: &Json<'_>) -> bool {
    let is_span = |span: &Json<'_>| span.get("traceId").is_some() && span.get("id").is_some();
    match json {
        Json::Array(items) => match items.first() {
            Some(Json::Array(spans)) => spans.first().is_none_or(is_span),
            Some(span) => is_span(span),
            None => true,
        },
        _ => false,
    }
}

/// Whether the first span is of version 1.
pub(crate) fn is_v1(json: &Json<'_>) -> bool {
    let first = json.items().first();
    first.map(|first| first.items().first().unwrap_or(first)).is_some_and(v1::is_span)
}

pub(crate) fn decode_value(json: &Json<'_>, limits: &Limits) -> Result<Batch, DecodeError> {
    if !is_zipkin(json) {
        return Err(DecodeError::Shape { expected: "Zipkin's: it is no list of spans with traceId and id" });
    }
    let mut intake = Intake::new(limits);
    let mut drafts = Vec::new();
    for item in json.items() {
        match item {
            Json::Array(spans) => spans.iter().for_each(|span| read(span, &mut drafts, &mut intake)),
            span => read(span, &mut drafts, &mut intake),
        }
    }
    halves::join(drafts, &mut intake);
    Ok(intake.finish())
}

/// A span of either version, before the halves of remote calls are told apart.
#[derive(Debug)]
struct Draft {
    trace_id: TraceId,
    id: SpanId,
    parent: Option<SpanId>,
    kind: SpanKind,
    /// Whether the sender says that the id is also the caller's.
    shared: bool,
    name: SmolStr,
    start: Timestamp,
    end: Timestamp,
    service: SmolStr,
    tags: Vec<(SmolStr, Value)>,
    events: Vec<Event>,
}

fn read(json: &Json<'_>, drafts: &mut Vec<Draft>, intake: &mut Intake<'_>) {
    if json.as_object().is_none() {
        return intake.no_span();
    }
    if !intake.room_for_span(drafts.len()) {
        return;
    }
    let trace_id = json.get("traceId").and_then(Json::as_str).and_then(|id| TraceId::from_hex(id).ok());
    let id = json.get("id").and_then(Json::as_str).and_then(|id| SpanId::from_hex(id).ok());
    let Some((trace_id, id)) = intake.ids(trace_id, id) else {
        return;
    };
    let start = micros(json.get("timestamp"));
    let duration = json.get("duration").and_then(Json::as_u64).unwrap_or(0);
    let draft = Draft {
        trace_id,
        id,
        parent: parent(json, intake),
        kind: SpanKind::Internal,
        shared: json.get("shared").and_then(Json::as_bool).unwrap_or(false),
        name: json.get("name").and_then(Json::as_str).map_or_else(SmolStr::default, |name| intake.text(name)),
        start,
        end: Timestamp(start.0.saturating_add(Timestamp::from_micros(duration).0)),
        service: SmolStr::default(),
        tags: Vec::new(),
        events: Vec::new(),
    };
    match v1::is_span(json) {
        true => v1::read(json, draft, drafts, intake),
        false => drafts.push(v2::read(json, draft, intake)),
    }
}

fn parent(json: &Json<'_>, intake: &mut Intake<'_>) -> Option<SpanId> {
    let text = json.get("parentId")?.as_str()?;
    let parent = SpanId::from_hex(text).ok();
    if parent.is_none() && text.bytes().any(|digit| digit != b'0') {
        intake.bad_parent();
    }
    parent
}

fn micros(json: Option<&Json<'_>>) -> Timestamp {
    Timestamp::from_micros(json.and_then(Json::as_u64).unwrap_or(0))
}

fn service_of(endpoint: Option<&Json<'_>>, intake: &mut Intake<'_>) -> SmolStr {
    let name = endpoint.and_then(|endpoint| endpoint.get("serviceName")).and_then(Json::as_str);
    name.map_or_else(SmolStr::default, |name| intake.text(name))
}

/// The other side of a call, under the names that OpenTelemetry has for it.
fn add_remote(endpoint: Option<&Json<'_>>, draft: &mut Draft, intake: &mut Intake<'_>) {
    let Some(endpoint) = endpoint else {
        return;
    };
    let service = service_of(Some(endpoint), intake);
    if !service.is_empty() {
        draft.tags.push(("peer.service".into(), Value::Str(service)));
    }
    if let Some(address) = endpoint.any(&["ipv4", "ipv6"]).and_then(Json::as_str) {
        draft.tags.push(("network.peer.address".into(), Value::Str(intake.text(address))));
    }
    if let Some(port) = endpoint.get("port").and_then(Json::as_i64).filter(|port| *port > 0) {
        draft.tags.push(("network.peer.port".into(), Value::Int(port)));
    }
}
