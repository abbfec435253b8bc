//! What an OTLP receiver answers: `Export…ServiceResponse` and `google.rpc.Status`, in the request's encoding.

use opentelemetry_proto::tonic::collector::{logs::v1 as logs, metrics::v1 as metrics, trace::v1 as trace};
use prost::Message as _;
use serde_json::json;

/// The encoding of a request, which its answer must have too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `application/x-protobuf`.
    Protobuf,
    /// `application/json`.
    Json,
}

/// What a request carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Spans.
    Traces,
    /// Log records.
    Logs,
    /// Metrics.
    Metrics,
}

/// The body of a success. With nothing rejected and no message it has no `partial_success`, as the specification
/// demands; with a message alone it is a warning.
pub fn accepted(signal: Signal, rejected: u64, message: &str, encoding: Encoding) -> Vec<u8> {
    let rejected = i64::try_from(rejected).unwrap_or(i64::MAX);
    if rejected == 0 && message.is_empty() {
        return match encoding {
            Encoding::Protobuf => Vec::new(),
            Encoding::Json => b"{}".to_vec(),
        };
    }
    let error_message = message.to_owned();
    match (encoding, signal) {
        (Encoding::Json, signal) => {
            let name = match signal {
                Signal::Traces => "rejectedSpans",
                Signal::Logs => "rejectedLogRecords",
                Signal::Metrics => "rejectedDataPoints",
            };
            let partial = json!({ name: rejected.to_string(), "errorMessage": error_message });
            json!({ "partialSuccess": partial }).to_string().into_bytes()
        }
        (Encoding::Protobuf, Signal::Traces) => trace::ExportTraceServiceResponse {
            partial_success: Some(trace::ExportTracePartialSuccess {
                rejected_spans: rejected,
                error_message,
            }),
        }
        .encode_to_vec(),
        (Encoding::Protobuf, Signal::Logs) => logs::ExportLogsServiceResponse {
            partial_success: Some(logs::ExportLogsPartialSuccess {
                rejected_log_records: rejected,
                error_message,
            }),
        }
        .encode_to_vec(),
        (Encoding::Protobuf, Signal::Metrics) => metrics::ExportMetricsServiceResponse {
            partial_success: Some(metrics::ExportMetricsPartialSuccess {
                rejected_data_points: rejected,
                error_message,
            }),
        }
        .encode_to_vec(),
    }
}

/// The body of a failure: `google.rpc.Status` with a code of `google.rpc.Code`.
pub fn failed(code: i32, message: &str, encoding: Encoding) -> Vec<u8> {
    match encoding {
        Encoding::Json => json!({ "code": code, "message": message }).to_string().into_bytes(),
        Encoding::Protobuf => {
            Status { code, message: message.to_owned(), details: Vec::new() }.encode_to_vec()
        }
    }
}

/// A failure that asks to come again after so many seconds: `google.rpc.Status` with a `google.rpc.RetryInfo`, in
/// protobuf, as gRPC carries it in `grpc-status-details-bin`.
pub fn failed_for(code: i32, message: &str, seconds: u64) -> Vec<u8> {
    let delay = Duration { seconds: i64::try_from(seconds).unwrap_or(i64::MAX) };
    let info = RetryInfo { retry_delay: Some(delay) };
    let detail = Any { type_url: RETRY_INFO.to_owned(), value: info.encode_to_vec() };
    Status { code, message: message.to_owned(), details: vec![detail] }.encode_to_vec()
}

/// After how many seconds a `google.rpc.Status` asks to come again; `None` when it does not, or is none.
pub fn retry_after(status: &[u8]) -> Option<u64> {
    let status = Status::decode(status).ok()?;
    let detail = status.details.iter().find(|detail| detail.type_url == RETRY_INFO)?;
    let delay = RetryInfo::decode(detail.value.as_slice()).ok()?.retry_delay?;
    u64::try_from(delay.seconds).ok()
}

const RETRY_INFO: &str = "type.googleapis.com/google.rpc.RetryInfo";

#[derive(Clone, PartialEq, prost::Message)]
struct Status {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
    #[prost(message, repeated, tag = "3")]
    details: Vec<Any>,
}

/// `google.protobuf.Any`.
#[derive(Clone, PartialEq, prost::Message)]
struct Any {
    #[prost(string, tag = "1")]
    type_url: String,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct RetryInfo {
    #[prost(message, optional, tag = "1")]
    retry_delay: Option<Duration>,
}

/// `google.protobuf.Duration`, whole seconds of it.
#[derive(Clone, PartialEq, prost::Message)]
struct Duration {
    #[prost(int64, tag = "1")]
    seconds: i64,
}
