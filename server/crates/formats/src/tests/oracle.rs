//! The visitor against the published types: on the same bytes both must see the same spans, mutated bytes included.

use model::{SpanId, TraceId, Value};
use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, KeyValue, any_value},
    trace::v1::TracesData,
};
use prost::Message as _;

use super::{RICH, rich, show};
use crate::{Limits, otlp_json, otlp_proto};

/// No limits, so that only the reading is compared.
pub(super) fn unlimited() -> Limits {
    Limits { attributes: 1 << 20, events: 1 << 20, links: 1 << 20, value_bytes: 1 << 30, ..Limits::default() }
}

fn any(value: Option<&AnyValue>) -> Value {
    use any_value::Value as In;
    match value.and_then(|value| value.value.as_ref()) {
        None => Value::Empty,
        Some(In::StringValue(text)) => Value::from(text.as_str()),
        Some(In::BoolValue(truth)) => Value::Bool(*truth),
        Some(In::IntValue(number)) => Value::Int(*number),
        Some(In::DoubleValue(number)) => Value::Double(*number),
        Some(In::BytesValue(bytes)) => Value::Bytes(bytes.clone()),
        Some(In::ArrayValue(list)) => Value::Array(list.values.iter().map(|item| any(Some(item))).collect()),
        Some(In::KvlistValue(list)) => Value::Map(pairs(&list.values)),
        Some(_) => Value::Empty,
    }
}

fn pairs(list: &[KeyValue]) -> Vec<(model::SmolStr, Value)> {
    let named = list.iter().filter(|pair| !pair.key.is_empty());
    named.map(|pair| (pair.key.as_str().into(), any(pair.value.as_ref()))).collect()
}

/// Everything of the spans that have good ids, as text in which NaN equals NaN.
pub(super) fn by_oracle(data: &TracesData) -> Vec<String> {
    let mut out = Vec::new();
    for resource_spans in &data.resource_spans {
        let resource = resource_spans.resource.as_ref().map(|r| pairs(&r.attributes)).unwrap_or_default();
        for scope_spans in &resource_spans.scope_spans {
            let scope = scope_spans.scope.clone().unwrap_or_default();
            for span in &scope_spans.spans {
                let ids = (trace_id(&span.trace_id), span_id(&span.span_id));
                let (Some(trace), Some(id)) = ids else { continue };
                let events: Vec<_> = span
                    .events
                    .iter()
                    .map(|event| (event.time_unix_nano, &event.name, pairs(&event.attributes)))
                    .filter(|(time, name, pairs)| *time > 0 || !name.is_empty() || !pairs.is_empty())
                    .collect();
                let links: Vec<_> = span
                    .links
                    .iter()
                    .filter_map(|link| {
                        Some((trace_id(&link.trace_id)?, span_id(&link.span_id)?, pairs(&link.attributes)))
                    })
                    .collect();
                let status = span.status.clone().unwrap_or_default();
                let code = if status.code == 1 || status.code == 2 { status.code } else { 0 };
                let kind = if (1..=5).contains(&span.kind) { span.kind } else { 0 };
                out.push(format!(
                    "{trace} {id} {:?} {:?} {kind} {} {} {:?} {events:?} {links:?} {code} {:?} {:?} {:?} {:?} {:?} {:?}",
                    span_id(&span.parent_span_id),
                    span.name,
                    span.start_time_unix_nano,
                    span.end_time_unix_nano,
                    pairs(&span.attributes),
                    status.message,
                    span.trace_state,
                    resource,
                    scope.name,
                    scope.version,
                    pairs(&scope.attributes),
                ));
            }
        }
    }
    out
}

pub(super) fn by_us(batch: &model::Batch) -> Vec<String> {
    let mut out = Vec::new();
    for span in &batch.spans {
        let events: Vec<_> =
            span.events.iter().map(|event| (event.time.0, &event.name, &event.attributes.0)).collect();
        let links: Vec<_> =
            span.links.iter().map(|link| (link.trace_id, link.span_id, &link.attributes.0)).collect();
        out.push(format!(
            "{} {} {:?} {:?} {} {} {} {:?} {events:?} {links:?} {} {:?} {:?} {:?} {:?} {:?} {:?}",
            span.trace_id,
            span.span_id,
            span.parent,
            span.name,
            span.kind as i32,
            span.start.0,
            span.end.0,
            span.attributes.0,
            span.status.code as i32,
            span.status.message,
            span.trace_state,
            span.resource.attributes.0,
            span.scope.name,
            span.scope.version,
            span.scope.attributes.0,
        ));
    }
    out
}

fn trace_id(bytes: &[u8]) -> Option<TraceId> {
    <[u8; 16]>::try_from(bytes).ok().map(TraceId).filter(|id| !id.is_zero())
}

fn span_id(bytes: &[u8]) -> Option<SpanId> {
    <[u8; 8]>::try_from(bytes).ok().map(SpanId).filter(|id| !id.is_zero())
}

/// Compares both readings of `bytes`; whatever the oracle takes, we take, and see the same in it.
pub(super) fn compare(bytes: &[u8]) -> Result<usize, String> {
    let ours = otlp_proto::decode_traces(bytes, &unlimited());
    match (TracesData::decode(bytes), ours) {
        (Ok(oracle), Ok(batch)) => {
            let (oracle, ours) = (by_oracle(&oracle), by_us(&batch));
            if oracle == ours { Ok(ours.len()) } else { Err(format!("oracle {oracle:#?}\nours {ours:#?}")) }
        }
        (Ok(_), Err(error)) => Err(format!("only the oracle reads it: {error}")),
        (Err(_), _) => Ok(0),
    }
}

#[test]
fn what_we_write_the_oracle_reads() {
    let bytes = otlp_proto::encode_traces(&rich());
    assert_eq!(compare(&bytes), Ok(1));
    let batch = otlp_proto::decode_traces(&bytes, &Limits::default()).unwrap();
    let json = otlp_json::decode(RICH.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(show(&batch), show(&json));
    assert_eq!(otlp_proto::encode_traces(&batch.spans), bytes);
}

#[test]
fn every_prefix_is_an_error_or_a_shorter_list() {
    let bytes = otlp_proto::encode_traces(&rich());
    for length in 0..bytes.len() {
        compare(&bytes[..length]).unwrap();
        assert_eq!(
            otlp_proto::decode_traces(&bytes[..length], &unlimited()).is_ok(),
            length == 0,
            "{length}"
        );
    }
}

#[test]
fn mutated_bytes_are_read_as_the_oracle_reads_them() {
    let golden = otlp_proto::encode_traces(&rich());
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below as u64) as usize
    };
    let mut both = 0;
    for round in 0..20_000 {
        let mut bytes = golden.clone();
        for _ in 0..=next(3) {
            let at = next(bytes.len());
            match next(4) {
                0 => bytes[at] = next(256) as u8,
                1 => bytes[at] ^= 1 << next(8),
                2 => drop(bytes.remove(at)),
                _ => bytes.insert(at, next(256) as u8),
            }
        }
        both += compare(&bytes).unwrap_or_else(|difference| panic!("round {round}: {difference}\n{bytes:?}"));
    }
    assert!(both > 1_000, "only {both} mutations were readable: the comparison compares nothing");
}
