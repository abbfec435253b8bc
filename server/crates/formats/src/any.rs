//! Tells what a file or body is by looking at it, and decodes it.

use std::fmt;

use model::Batch;

use crate::{
    DecodeError, Limits, jaeger, json, json::Json, json_lines, otlp_json, otlp_proto, tempo, zipkin,
};

/// A way of writing telemetry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// OTLP protobuf, traces or logs.
    OtlpProtobuf,
    /// OTLP JSON, one document.
    OtlpJson,
    /// OTLP JSON, one document a line.
    OtlpJsonLines,
    /// Zipkin JSON, version 2.
    Zipkin,
    /// Zipkin JSON, version 1.
    ZipkinV1,
    /// Jaeger's UI JSON.
    Jaeger,
    /// Tempo's JSON.
    Tempo,
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Dialect::OtlpProtobuf => "OTLP protobuf",
            Dialect::OtlpJson => "OTLP JSON",
            Dialect::OtlpJsonLines => "OTLP JSON lines",
            Dialect::Zipkin => "Zipkin JSON",
            Dialect::ZipkinV1 => "Zipkin JSON (version 1)",
            Dialect::Jaeger => "Jaeger JSON",
            Dialect::Tempo => "Tempo JSON",
        })
    }
}

const HINT: &str = "give OTLP (protobuf, JSON or JSON lines), Jaeger, Tempo or Zipkin JSON";

/// Decodes bytes of an unknown dialect.
///
/// # Errors
/// When they are none that is known; the error says what was tried.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<(Dialect, Batch), DecodeError> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(unknown("it is empty".to_owned(), HINT));
    }
    if let Some(packed) = packed(bytes) {
        return Err(unknown(format!("it is compressed with {packed}"), "unpack it first"));
    }
    match looks_like_json(bytes) {
        true => decode_json(bytes, limits),
        false => decode_protobuf(bytes, limits),
    }
}

fn decode_json(bytes: &[u8], limits: &Limits) -> Result<(Dialect, Batch), DecodeError> {
    let text = json::text(bytes);
    match json::with_parsed(&text, limits.values, |json| by_shape(json, limits)) {
        Err(whole @ DecodeError::Json { .. }) => match json_lines::decode(text.as_bytes(), limits) {
            Ok(batch) => Ok((Dialect::OtlpJsonLines, batch)),
            Err(line) => Err(unknown(format!("as one document: {whole}; as lines: {line}"), HINT)),
        },
        other => other,
    }
}

fn by_shape(json: &Json<'_>, limits: &Limits) -> Result<(Dialect, Batch), DecodeError> {
    if tempo::is_tempo(json) {
        return Ok((Dialect::Tempo, otlp_json::decode_value(json, limits)?));
    }
    if otlp_json::is_otlp(json) {
        return Ok((Dialect::OtlpJson, otlp_json::decode_value(json, limits)?));
    }
    if let Json::Array(documents) = json
        && documents.first().is_some_and(otlp_json::is_otlp)
    {
        return Ok((Dialect::OtlpJson, otlp_json::decode_list(documents, limits)?));
    }
    if jaeger::is_jaeger(json) {
        return Ok((Dialect::Jaeger, jaeger::decode_value(json, limits)?));
    }
    if zipkin::is_zipkin(json) {
        let dialect = if zipkin::is_v1(json) { Dialect::ZipkinV1 } else { Dialect::Zipkin };
        return Ok((dialect, zipkin::decode_value(json, limits)?));
    }
    let tried = "it is JSON without resourceSpans, resourceLogs or batches, without data, spans and processes, and \
                 no list of spans with traceId and id";
    Err(unknown(tried.to_owned(), HINT))
}

fn decode_protobuf(bytes: &[u8], limits: &Limits) -> Result<(Dialect, Batch), DecodeError> {
    let as_is = one_protobuf(bytes, limits);
    if let Ok(batch) = as_is
        && is_something(&batch)
    {
        return Ok((Dialect::OtlpProtobuf, batch));
    }
    if let Some(batch) = length_prefixed(bytes, limits) {
        return Ok((Dialect::OtlpProtobuf, batch));
    }
    let tried = match one_protobuf(bytes, limits) {
        Err(error) => format!("it is not JSON, and {error}"),
        Ok(_) => "it is not JSON, and as OTLP protobuf it has no spans and no logs of a trace".to_owned(),
    };
    Err(unknown(tried, HINT))
}

/// Traces, else logs: the two have the same outer shape, and only their items tell them apart.
fn one_protobuf(bytes: &[u8], limits: &Limits) -> Result<Batch, DecodeError> {
    let traces = otlp_proto::decode_traces(bytes, limits);
    match &traces {
        Ok(batch) if !batch.spans.is_empty() => traces,
        _ => match otlp_proto::decode_logs(bytes, limits) {
            Ok(logs) if !logs.logs.is_empty() => Ok(logs),
            _ => traces,
        },
    }
}

/// The collector's file exporter puts four bytes of length before each message.
fn length_prefixed(bytes: &[u8], limits: &Limits) -> Option<Batch> {
    let mut all = Batch::default();
    let mut rest = bytes;
    while let Some((length, after)) = rest.split_first_chunk::<4>() {
        let (message, next) = after.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        let mut batch = one_protobuf(message, limits).ok()?;
        all.spans.append(&mut batch.spans);
        all.logs.append(&mut batch.logs);
        batch.refused.iter().for_each(|part| all.refuse_many(&part.reason, part.count));
        batch.trimmed.iter().for_each(|part| all.trim_many(&part.reason, part.count));
        rest = next;
    }
    (rest.is_empty() && is_something(&all)).then_some(all)
}

fn is_something(batch: &Batch) -> bool {
    !batch.spans.is_empty() || !batch.logs.is_empty()
}

/// Whether the first letter opens an object or a list. An OTLP protobuf message starts with 0x0a, which is white
/// space too, so what follows must be looked at.
fn looks_like_json(bytes: &[u8]) -> bool {
    match bytes {
        [0xef, 0xbb, 0xbf, ..] | [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
        _ => {
            let first = bytes.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(0);
            let rest = bytes.get(first..).unwrap_or(&[]);
            // One such letter may be the length of a message: text has no zero bytes and no control characters.
            matches!(rest.first(), Some(b'{' | b'['))
                && !rest.iter().take(64).any(|byte| *byte < 0x20 && !byte.is_ascii_whitespace())
        }
    }
}

fn packed(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x1f, 0x8b, ..] => Some("gzip"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some("zstd"),
        [b'P', b'K', 3, 4, ..] => Some("zip"),
        _ => None,
    }
}

fn unknown(tried: String, hint: &'static str) -> DecodeError {
    DecodeError::Unknown { tried, hint }
}
