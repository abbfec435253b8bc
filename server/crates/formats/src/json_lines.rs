//! OTLP JSON lines: one request a line, traces, logs and metrics mixed, the last line perhaps still being written
//! (opentelemetry-specification `protocol/file-exporter.md`).

use model::Batch;

use crate::{DecodeError, Limits, intake::Intake, json, otlp_json};

/// Decodes every line that can be; a line that cannot counts as one refusal, empty lines do not count.
///
/// # Errors
/// When not a single line is OTLP JSON; the error is the first line's.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Batch, DecodeError> {
    let text = json::text(bytes);
    let mut intake = Intake::new(limits);
    let (mut good, mut first_error) = (false, None);
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let read = json::with_parsed(line, limits.values, |json| otlp_json::walk(json, &mut intake));
        match read {
            Ok(()) => good = true,
            Err(error) => {
                intake.refuse("a line is not complete OTLP JSON");
                first_error.get_or_insert(error);
            }
        }
    }
    match first_error {
        Some(error) if !good => Err(error),
        _ => Ok(intake.finish()),
    }
}
