//! OTLP in protobuf: decoded by a visitor that builds the model's types directly, encoded with the published types.
//!
//! No generated message stands between the bytes and the model: one of them costs 264 bytes for two bytes of input,
//! and all of them together four times the work. The generated types are the oracle of this module's tests.
//! Field numbers: opentelemetry-proto 1.11, `trace.proto`, `logs.proto`, `common.proto`, `resource.proto`.

mod check;
mod encode;
mod walk;

use std::sync::Arc;

use model::{
    Attributes, Batch, Event, Link, LogRecord, Resource, Scope, Span, SpanId, SpanKind, Status, StatusCode,
    Timestamp, TraceId,
};
use smol_str::SmolStr;

use crate::{
    DecodeError, Limits,
    attributes::{proto_pair, proto_value},
    error::WireError,
    intake::{Intake, Part},
    wire::{Field, Reader},
};

pub(crate) use check::clean_spans;
pub(crate) use encode::{Places, append_logs};
pub use encode::{encode_batch, encode_logs, encode_traces};
pub use walk::{Senders, Spans};

/// Decodes an `ExportTraceServiceRequest` or `TracesData`, which are the same on the wire.
///
/// # Errors
/// When the bytes are no such message; then nothing is decoded.
pub fn decode_traces(bytes: &[u8], limits: &Limits) -> Result<Batch, DecodeError> {
    let mut intake = Intake::new(limits);
    read_traces(bytes, &mut intake)?;
    Ok(intake.finish())
}

/// As [`decode_traces`], but hands the spans to `take` in parts of `most`, so that only so many are owned at a time.
/// Answers with what was left out.
pub(crate) fn decode_traces_in_parts(
    bytes: &[u8],
    limits: &Limits,
    most: usize,
    take: &mut dyn FnMut(Batch),
) -> Result<Batch, DecodeError> {
    let mut intake = Intake::new(limits);
    each_message(bytes, 1, &mut |resource_spans| {
        in_scopes(resource_spans, &mut intake, &mut |intake, resource, scope, item| {
            span(item, intake, resource, scope)?;
            if intake.part() >= most {
                take(intake.take_part());
            }
            Ok(())
        })
    })?;
    take(intake.take_part());
    Ok(intake.finish())
}

/// Decodes an `ExportLogsServiceRequest` or `LogsData`; records without a trace id are counted and not kept.
///
/// # Errors
/// When the bytes are no such message; then nothing is decoded.
pub fn decode_logs(bytes: &[u8], limits: &Limits) -> Result<Batch, DecodeError> {
    let mut intake = Intake::new(limits);
    read_logs(bytes, &mut intake)?;
    Ok(intake.finish())
}

/// The field in which [`encode_batch`] puts log records; no OTLP version uses it, so its readers pass over it.
const LOGS: u32 = 1_000;

/// Decodes what [`encode_batch`] wrote, or a plain `TracesData`.
///
/// # Errors
/// When the bytes are no such message; then nothing is decoded.
pub fn decode_batch(bytes: &[u8], limits: &Limits) -> Result<Batch, DecodeError> {
    let mut intake = Intake::new(limits);
    read_traces(bytes, &mut intake)?;
    each_message(bytes, LOGS, &mut |logs| read_logs(logs, &mut intake))?;
    Ok(intake.finish())
}

fn read_traces(bytes: &[u8], intake: &mut Intake<'_>) -> Result<(), WireError> {
    each_message(bytes, 1, &mut |resource_spans| {
        in_scopes(resource_spans, intake, &mut |intake, resource, scope, item| {
            span(item, intake, resource, scope)
        })
    })
}

fn read_logs(bytes: &[u8], intake: &mut Intake<'_>) -> Result<(), WireError> {
    each_message(bytes, 1, &mut |resource_logs| {
        in_scopes(resource_logs, intake, &mut |intake, resource, scope, item| {
            log_record(item, intake, resource, scope)
        })
    })
}

type Each<'f> =
    &'f mut dyn FnMut(&mut Intake<'_>, &Arc<Resource>, &Arc<Scope>, &[u8]) -> Result<(), WireError>;

/// Calls `visit` with each field `number` of `message`, which must be a message.
fn each_message<'a>(
    message: &'a [u8],
    number: u32,
    visit: &mut dyn FnMut(&'a [u8]) -> Result<(), WireError>,
) -> Result<(), WireError> {
    let mut reader = Reader::new(message);
    while let Some((found, field)) = reader.next()? {
        if found == number {
            visit(field.bytes()?)?;
        }
    }
    Ok(())
}

/// Visits the items of a `ResourceSpans` or `ResourceLogs`, which have the same shape: resource 1, scopes 2; in a
/// scope's message, scope 1, items 2. Either may stand after what it describes.
fn in_scopes(message: &[u8], intake: &mut Intake<'_>, visit: Each<'_>) -> Result<(), WireError> {
    let mut resource = Resource::default();
    each_message(message, 1, &mut |bytes| attributes_of(bytes, 1, &mut resource.attributes, intake))?;
    let resource = Arc::new(resource);
    each_message(message, 2, &mut |scope_items| {
        let mut scope = Scope::default();
        each_message(scope_items, 1, &mut |bytes| read_scope(bytes, &mut scope, intake))?;
        let scope = Arc::new(scope);
        each_message(scope_items, 2, &mut |item| visit(intake, &resource, &scope, item))
    })
}

fn attributes_of(
    message: &[u8],
    number: u32,
    into: &mut Attributes,
    intake: &mut Intake<'_>,
) -> Result<(), WireError> {
    each_message(message, number, &mut |pair| proto_pair(pair, into, intake))
}

fn read_scope(message: &[u8], scope: &mut Scope, intake: &mut Intake<'_>) -> Result<(), WireError> {
    let mut reader = Reader::new(message);
    while let Some((number, field)) = reader.next()? {
        match number {
            1 => scope.name = intake.text_bytes(field.bytes()?),
            2 => scope.version = intake.text_bytes(field.bytes()?),
            3 => proto_pair(field.bytes()?, &mut scope.attributes, intake)?,
            _ => {}
        }
    }
    Ok(())
}

fn span(
    message: &[u8],
    intake: &mut Intake<'_>,
    resource: &Arc<Resource>,
    scope: &Arc<Scope>,
) -> Result<(), WireError> {
    if !intake.room_for_span(intake.kept_spans()) {
        return Ok(());
    }
    let items = intake.items_left();
    let mut span = Span {
        trace_id: TraceId([0; 16]),
        span_id: SpanId([0; 8]),
        parent: None,
        name: SmolStr::default(),
        kind: SpanKind::Unspecified,
        start: Timestamp::ZERO,
        end: Timestamp::ZERO,
        attributes: Attributes(intake.take_spare()),
        events: Vec::new(),
        links: Vec::new(),
        status: Status::default(),
        trace_state: SmolStr::default(),
        resource: Arc::clone(resource),
        scope: Arc::clone(scope),
    };
    let mut reader = Reader::new(message);
    while let Some((number, field)) = reader.next()? {
        span_field(&mut span, number, field, intake)?;
    }
    span.attributes = intake.settle(span.attributes.0);
    span.events.shrink_to_fit();
    span.links.shrink_to_fit();
    match intake.ids(Some(span.trace_id), Some(span.span_id)) {
        Some(_) => intake.span(span),
        None => intake.give_back(items),
    }
    Ok(())
}

fn span_field(
    span: &mut Span,
    number: u32,
    field: Field<'_>,
    intake: &mut Intake<'_>,
) -> Result<(), WireError> {
    match number {
        1 => span.trace_id = TraceId(field.bytes()?.try_into().unwrap_or_default()),
        2 => span.span_id = SpanId(field.bytes()?.try_into().unwrap_or_default()),
        3 => span.trace_state = intake.text_bytes(field.bytes()?),
        4 => span.parent = parent(field.bytes()?, intake),
        5 => span.name = intake.text_bytes(field.bytes()?),
        6 => span.kind = kind(field.varint()?),
        7 => span.start = Timestamp(field.fixed64()?),
        8 => span.end = Timestamp(field.fixed64()?),
        9 => proto_pair(field.bytes()?, &mut span.attributes, intake)?,
        11 => {
            let bytes = field.bytes()?;
            if bytes.is_empty() {
                intake.empty_event();
            } else if intake.room_for(Part::Event, span.events.len()) {
                let event = event(bytes, intake)?;
                match event == Event::default() {
                    true => intake.empty_event(),
                    false => span.events.push(event),
                }
            }
        }
        13 => {
            let bytes = field.bytes()?;
            if intake.room_for(Part::Link, span.links.len()) {
                span.links.extend(link(bytes, intake)?);
            }
        }
        15 => status(field.bytes()?, &mut span.status, intake)?,
        _ => {}
    }
    Ok(())
}

fn event(message: &[u8], intake: &mut Intake<'_>) -> Result<Event, WireError> {
    let mut event = Event::default();
    let mut reader = Reader::new(message);
    while let Some((number, field)) = reader.next()? {
        match number {
            1 => event.time = Timestamp(field.fixed64()?),
            2 => event.name = intake.text_bytes(field.bytes()?),
            3 => proto_pair(field.bytes()?, &mut event.attributes, intake)?,
            _ => {}
        }
    }
    event.attributes.0.shrink_to_fit();
    Ok(event)
}

fn link(message: &[u8], intake: &mut Intake<'_>) -> Result<Option<Link>, WireError> {
    let (Some(trace_id), Some(span_id)) = ids(message, 1, 2)? else {
        intake.bad_link();
        return Ok(None);
    };
    let mut link = Link { trace_id, span_id, attributes: Attributes::default() };
    attributes_of(message, 4, &mut link.attributes, intake)?;
    Ok(Some(link))
}

fn status(message: &[u8], status: &mut Status, intake: &mut Intake<'_>) -> Result<(), WireError> {
    let mut reader = Reader::new(message);
    while let Some((number, field)) = reader.next()? {
        match number {
            2 => status.message = intake.text_bytes(field.bytes()?),
            3 => {
                status.code = status_code(field.varint()?);
            }
            _ => {}
        }
    }
    Ok(())
}

fn log_record(
    message: &[u8],
    intake: &mut Intake<'_>,
    resource: &Arc<Resource>,
    scope: &Arc<Scope>,
) -> Result<(), WireError> {
    let (Some(trace_id), span_id) = ids(message, 9, 10)? else {
        intake.untraced_log();
        return Ok(());
    };
    if !intake.room_for_log() {
        return Ok(());
    }
    let mut record = LogRecord {
        trace_id,
        span_id,
        time: Timestamp::ZERO,
        name: SmolStr::default(),
        body: SmolStr::default(),
        severity: 0,
        attributes: Attributes::default(),
        resource: Arc::clone(resource),
        scope: Arc::clone(scope),
    };
    let mut observed = Timestamp::ZERO;
    let mut reader = Reader::new(message);
    while let Some((number, field)) = reader.next()? {
        match number {
            1 => record.time = Timestamp(field.fixed64()?),
            2 => {
                record.severity = u8::try_from(field.varint()?).ok().filter(|level| *level <= 24).unwrap_or(0)
            }
            5 => record.body = crate::attributes::body_text(&proto_value(field.bytes()?, intake, 1)?, intake),
            6 => proto_pair(field.bytes()?, &mut record.attributes, intake)?,
            11 => observed = Timestamp(field.fixed64()?),
            12 => record.name = intake.text_bytes(field.bytes()?),
            _ => {}
        }
    }
    if record.time == Timestamp::ZERO {
        record.time = observed;
    }
    intake.log(record);
    Ok(())
}

/// The trace id in field `trace` and the span id in field `span`, each `None` when it is not one.
fn ids(message: &[u8], trace: u32, span: u32) -> Result<(Option<TraceId>, Option<SpanId>), WireError> {
    let (mut trace_id, mut span_id) = (None, None);
    let mut reader = Reader::new(message);
    while let Some((number, field)) = reader.next()? {
        if number == trace {
            trace_id = <[u8; 16]>::try_from(field.bytes()?).ok().map(TraceId).filter(|id| !id.is_zero());
        } else if number == span {
            span_id = <[u8; 8]>::try_from(field.bytes()?).ok().map(SpanId).filter(|id| !id.is_zero());
        }
    }
    Ok((trace_id, span_id))
}

/// No bytes and eight zeros are a root's; anything else that is not eight bytes is counted.
fn parent(bytes: &[u8], intake: &mut Intake<'_>) -> Option<SpanId> {
    match <[u8; 8]>::try_from(bytes) {
        Ok(id) => Some(SpanId(id)).filter(|id| !id.is_zero()),
        Err(_) => {
            if !bytes.is_empty() {
                intake.bad_parent();
            }
            None
        }
    }
}

fn status_code(number: u64) -> StatusCode {
    match number {
        1 => StatusCode::Ok,
        2 => StatusCode::Error,
        _ => StatusCode::Unset,
    }
}

fn kind(number: u64) -> SpanKind {
    match number {
        1 => SpanKind::Internal,
        2 => SpanKind::Server,
        3 => SpanKind::Client,
        4 => SpanKind::Producer,
        5 => SpanKind::Consumer,
        _ => SpanKind::Unspecified,
    }
}
