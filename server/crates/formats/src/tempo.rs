//! Grafana Tempo's answers to a trace by id: OTLP in other wrappers, with base64 ids and enum names.

use model::Batch;

use crate::{
    DecodeError, Limits,
    json::{self, Json},
    otlp_json,
};

/// Decodes `{"batches": […]}` (`/api/traces/ID`) and `{"trace": {"resourceSpans": […]}}` (`/api/v2/traces/ID`).
/// In protobuf the first is the same as OTLP: use [`crate::otlp_proto::decode_traces`].
///
/// # Errors
/// When the text is not JSON, or is JSON of another kind; then nothing is decoded.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Batch, DecodeError> {
    json::with_parsed(&json::text(bytes), limits.values, |json| match is_tempo(json) {
        true => otlp_json::decode_value(json, limits),
        false => Err(DecodeError::Shape { expected: "Tempo's: it has neither batches nor trace" }),
    })
}

/// Whether `json` looks like this dialect.
pub(crate) fn is_tempo(json: &Json<'_>) -> bool {
    json.get("batches").is_some() || json.get("trace").is_some_and(|trace| trace.as_object().is_some())
}
