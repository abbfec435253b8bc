//! What gRPC calls are answered: a message and a status, or a status alone, and when to come again.

use std::{
    fmt::Write as _,
    pin::Pin,
    task::{Context, Poll},
};

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use base64::{Engine as _, prelude::BASE64_STANDARD_NO_PAD};
use bytes::Bytes;
use formats::otlp_reply;
use hyper::{
    Response,
    body::{Body, Frame, SizeHint},
};

use crate::{
    limits,
    otlp::{access::Denied, intake::Failure},
};

/// `HealthCheckResponse` with the status SERVING.
pub(super) const SERVING: &[u8] = &[0x08, 0x01];

const STATUS: HeaderName = HeaderName::from_static("grpc-status");
const MESSAGE: HeaderName = HeaderName::from_static("grpc-message");
const DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");
const ACCEPTED_ENCODINGS: HeaderName = HeaderName::from_static("grpc-accept-encoding");
const GRPC: HeaderValue = HeaderValue::from_static("application/grpc");

/// The codes of `google.rpc.Code` that are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    Unauthenticated = 16,
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Status {
    code: Code,
    message: String,
}

impl Status {
    pub(super) fn new(code: Code, message: &str) -> Status {
        Status { code, message: message.to_owned() }
    }

    /// Whether the same call may succeed later.
    fn is_transient(&self) -> bool {
        self.code == Code::Unavailable
    }
}

impl From<&Failure> for Status {
    fn from(failure: &Failure) -> Status {
        let code = match failure {
            Failure::Malformed(_) | Failure::NotCompressed(_) | Failure::BrokenOff => Code::InvalidArgument,
            // Without RetryInfo, so that nobody tries the same again.
            Failure::TooLarge { .. } => Code::ResourceExhausted,
            Failure::TooSlow => Code::DeadlineExceeded,
            Failure::Overloaded => Code::Unavailable,
            Failure::Internal => Code::Internal,
        };
        Status { code, message: failure.to_string() }
    }
}

impl From<Denied> for Status {
    fn from(denied: Denied) -> Status {
        let code = match denied {
            Denied::MalformedHost => Code::InvalidArgument,
            Denied::Host | Denied::Origin => Code::PermissionDenied,
            Denied::Token => Code::Unauthenticated,
        };
        Status::new(code, denied.reason())
    }
}

/// The body of an answer: at most one message, and trailers if there is one.
pub(super) struct Reply {
    message: Option<Bytes>,
    trailers: Option<HeaderMap>,
}

impl Body for Reply {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let frame = match self.message.take() {
            Some(message) => Some(Frame::data(message)),
            None => self.trailers.take().map(Frame::trailers),
        };
        Poll::Ready(frame.map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.message.is_none() && self.trailers.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.message.as_ref().map_or(0, |message| message.len() as u64))
    }
}

/// A message, and the status that all went well.
pub(super) fn success(message: &[u8]) -> Response<Reply> {
    let mut framed = Vec::with_capacity(super::PREFIX_BYTES + message.len());
    framed.push(0);
    framed.extend(u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes());
    framed.extend(message);
    let mut trailers = HeaderMap::new();
    trailers.insert(STATUS, HeaderValue::from_static("0"));
    let mut response = Response::new(Reply { message: Some(framed.into()), trailers: Some(trailers) });
    response.headers_mut().insert(header::CONTENT_TYPE, GRPC);
    response.headers_mut().insert(ACCEPTED_ENCODINGS, HeaderValue::from_static("identity,gzip,zstd"));
    response
}

/// A status alone: gRPC calls it Trailers-Only.
pub(super) fn failed(status: &Status) -> Response<Reply> {
    let mut response = Response::new(Reply { message: None, trailers: None });
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, GRPC);
    headers.insert(ACCEPTED_ENCODINGS, HeaderValue::from_static("identity,gzip,zstd"));
    headers.insert(STATUS, HeaderValue::from(status.code as u16));
    // What is percent-encoded and base64 is always a header's value.
    headers.extend(HeaderValue::try_from(percent_encoded(&status.message)).map(|text| (MESSAGE, text)));
    if status.is_transient() {
        let seconds = limits::RETRY_AFTER.as_secs();
        let details = otlp_reply::failed_for(status.code as i32, &status.message, seconds);
        let details = BASE64_STANDARD_NO_PAD.encode(details);
        headers.extend(HeaderValue::try_from(details).map(|details| (DETAILS, details)));
    }
    response
}

/// For requests that are no gRPC: a status of HTTP.
pub(super) fn no_grpc(status: StatusCode) -> Response<Reply> {
    let text = "this port speaks gRPC; send OTLP over HTTP to the other one, 4318 by default\n";
    let mut response =
        Response::new(Reply { message: Some(Bytes::from_static(text.as_bytes())), trailers: None });
    *response.status_mut() = status;
    response
}

/// `grpc-message` is ASCII with everything else percent-encoded (grpc `doc/PROTOCOL-HTTP2.md`, "Responses").
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' '..=b'~' if byte != b'%' => encoded.push(char::from(byte)),
            // A String takes everything that is written to it.
            _ => drop(write!(encoded, "%{byte:02X}")),
        }
    }
    encoded
}
