//! The OpenTelemetry protocol as a receiver: HTTP with protobuf and JSON.

pub mod http;
