//! What the receiver says: statuses and bodies as OTLP/HTTP demands, in words that never repeat the input.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use formats::otlp_reply::{self, Encoding, Signal};

use crate::{
    limits,
    otlp::intake::{Accepted, Failure},
};

/// 200, with a partial success when something was refused or left out.
pub(super) fn accepted(signal: Signal, encoding: Encoding, accepted: &Accepted) -> Response {
    let body = otlp_reply::accepted(signal, accepted.rejected, &accepted.message, encoding);
    encoded(StatusCode::OK, encoding, body)
}

/// Why a request was not taken.
pub(super) fn failed(failure: &Failure, encoding: Encoding) -> Response {
    let (status, code) = codes(failure);
    let body = otlp_reply::failed(code, &failure.to_string(), encoding);
    let mut response = encoded(status, encoding, body);
    let headers = response.headers_mut();
    if matches!(failure, Failure::Overloaded) {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(limits::RETRY_AFTER.as_secs()));
    }
    if matches!(failure, Failure::TooLarge { .. } | Failure::TooSlow) {
        // The rest of the body is not worth reading.
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// The status, and the code of `google.rpc.Code` that goes with it.
fn codes(failure: &Failure) -> (StatusCode, i32) {
    match failure {
        Failure::Malformed(_) | Failure::NotCompressed(_) | Failure::BrokenOff => {
            (StatusCode::BAD_REQUEST, 3)
        }
        Failure::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, 8),
        Failure::TooSlow => (StatusCode::REQUEST_TIMEOUT, 4),
        Failure::Overloaded => (StatusCode::TOO_MANY_REQUESTS, 8),
        Failure::Internal => (StatusCode::INTERNAL_SERVER_ERROR, 13),
    }
}

pub(super) fn wrong_method() -> Response {
    let text = "send OTLP with POST\n";
    (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "POST")], text).into_response()
}

pub(super) fn wrong_type() -> Response {
    let text = "the Content-Type must be application/x-protobuf or application/json\n";
    (StatusCode::UNSUPPORTED_MEDIA_TYPE, text).into_response()
}

pub(super) fn wrong_encoding(encoding: Encoding) -> Response {
    let text = "the Content-Encoding must be gzip or zstd, or absent";
    let mut response =
        encoded(StatusCode::UNSUPPORTED_MEDIA_TYPE, encoding, otlp_reply::failed(3, text, encoding));
    response.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip, zstd"));
    response
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
