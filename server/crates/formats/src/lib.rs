//! Decodes and encodes the dialects telemetry is written in; never fails as a whole because of one bad span.
//!
//! Every decoder takes bytes and [`Limits`] and answers with a [`model::Batch`]: what was good, and a count of what
//! was not. [`Clean`] is the form in which all of them travel on. Only input that cannot be read at all is a [`DecodeError`]. Memory is bounded by the limits, not by what
//! the input claims.

#![forbid(unsafe_code)]

pub mod any;
mod attributes;
mod clean;
mod error;
mod flat;
mod intake;
pub mod jaeger;
mod json;
pub mod json_lines;
mod limits;
pub mod otlp_json;
pub mod otlp_proto;
pub mod otlp_reply;
pub mod secrets;
mod shift;
pub mod tempo;
mod wire;
mod words;
pub mod zipkin;

#[cfg(test)]
mod tests;

pub use clean::Clean;
pub use error::DecodeError;
pub use intake::UNTRACED_LOGS;
pub use limits::Limits;
pub use otlp_proto::{Senders, Spans};
pub use shift::{latest_time, shift_times};
