//! What the receiver says: statuses and bodies as OTLP/HTTP demands, in words that never repeat the input.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use formats::{
    Clean, DecodeError, UNTRACED_LOGS,
    otlp_reply::{self, Encoding, Signal},
};
use model::Refusal;
use thiserror::Error;

use crate::limits;

/// Why a request with a known encoding was not taken.
#[derive(Debug, Error)]
pub(super) enum Failure {
    #[error("{0}")]
    Malformed(#[from] DecodeError),
    #[error("the body is not gzip, though its Content-Encoding says so")]
    NotGzip,
    #[error("the body is over the limit of {limit} bytes; send smaller batches")]
    TooLarge { limit: usize },
    #[error("the body did not arrive in time")]
    TooSlow,
    #[error("the body broke off")]
    BrokenOff,
    #[error("too much telemetry arrives at once; send it again in a moment")]
    Overloaded,
    #[error("the receiver failed on this body; please report it")]
    Internal,
}

impl Failure {
    pub(super) fn status(&self) -> StatusCode {
        match self {
            Failure::Malformed(_) | Failure::NotGzip | Failure::BrokenOff => StatusCode::BAD_REQUEST,
            Failure::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Failure::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Failure::Overloaded => StatusCode::TOO_MANY_REQUESTS,
            Failure::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The code of `google.rpc.Code` that goes with it.
    fn rpc_code(&self) -> i32 {
        match self {
            Failure::Malformed(_) | Failure::NotGzip | Failure::BrokenOff => 3,
            Failure::TooSlow => 4,
            Failure::TooLarge { .. } | Failure::Overloaded => 8,
            Failure::Internal => 13,
        }
    }

    pub(super) fn response(&self, encoding: Encoding) -> Response {
        let body = otlp_reply::failed(self.rpc_code(), &self.to_string(), encoding);
        let mut response = encoded(self.status(), encoding, body);
        let headers = response.headers_mut();
        if matches!(self, Failure::Overloaded) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(limits::RETRY_AFTER.as_secs()));
        }
        if matches!(self, Failure::TooLarge { .. } | Failure::TooSlow) {
            // The rest of the body is not worth reading.
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// 200, with a partial success when something of `telemetry` was refused or left out.
pub(super) fn accepted(signal: Signal, encoding: Encoding, telemetry: &Clean) -> Response {
    let worth_telling = |part: &&Refusal| part.reason != UNTRACED_LOGS;
    let parts = telemetry.refused().iter().chain(telemetry.trimmed().iter().filter(worth_telling));
    let message =
        parts.map(|part| format!("{} ({})", part.reason, part.count)).collect::<Vec<_>>().join("; ");
    let body = otlp_reply::accepted(signal, telemetry.refused_count(), &message, encoding);
    encoded(StatusCode::OK, encoding, body)
}

pub(super) fn wrong_method() -> Response {
    let text = "send OTLP with POST\n";
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "POST")], text).into_response()
}

pub(super) fn wrong_type(expected: &str) -> Response {
    let text = format!("the Content-Type must be {expected}\n");
    (StatusCode::UNSUPPORTED_MEDIA_TYPE, text).into_response()
}

pub(super) fn wrong_encoding() -> Response {
    let text = "the Content-Encoding must be gzip or absent\n";
    (StatusCode::UNSUPPORTED_MEDIA_TYPE, [(header::ACCEPT_ENCODING, "gzip")], text).into_response()
}

pub(super) fn no_such_path() -> Response {
    let text = "this is an OTLP receiver: post to /v1/traces, /v1/logs or /v1/metrics\n";
    (StatusCode::NOT_FOUND, text).into_response()
}

/// The answer to a preflight; only an origin that is allowed gets this far, and without one it is no preflight.
pub(super) fn preflight(has_origin: bool) -> Response {
    if !has_origin {
        return StatusCode::FORBIDDEN.into_response();
    }
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type,content-encoding,authorization"),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// Lets an allowed origin read the answer.
pub(super) fn with_origin(mut response: Response, origin: Option<HeaderValue>) -> Response {
    if let Some(origin) = origin {
        let headers = response.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::VARY, HeaderValue::from_static("origin"));
    }
    response
}

fn encoded(status: StatusCode, encoding: Encoding, body: Vec<u8>) -> Response {
    let content_type = match encoding {
        Encoding::Protobuf => "application/x-protobuf",
        Encoding::Json => "application/json",
    };
    (status, [(header::CONTENT_TYPE, content_type)], Body::from(body)).into_response()
}
