//! OTLP over gRPC (opentelemetry-proto `docs/specification.md`, "OTLP/gRPC"): three unary calls.
//!
//! Spoken by hand on hyper's HTTP/2: a unary call is one message behind five bytes and a status in the trailers
//! (grpc `doc/PROTOCOL-HTTP2.md`), and the intake wants the message's bytes, not a struct.

mod answer;
mod connection;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::{
    body::Body as RequestBody,
    extract::Request,
    http::{HeaderMap, Method, StatusCode, header},
};
use formats::otlp_reply;
use hyper::body::Incoming;

use super::{
    Compression, Encoding, Receiver, Signal,
    body::Body,
    intake::{Envelope, Failure},
};
use crate::Transport;

use answer::{Code, Reply, Status};
pub use connection::serve;

/// Before a message: whether it is compressed, and its length in four bytes, big-endian.
const PREFIX_BYTES: usize = 5;

/// What a path calls.
enum Call {
    Export(Signal),
    /// `grpc.health.v1.Health/Check`, which load balancers and probes call.
    Health,
}

fn called(path: &str) -> Option<Call> {
    let signal = match path {
        "/opentelemetry.proto.collector.trace.v1.TraceService/Export" => Signal::Traces,
        "/opentelemetry.proto.collector.logs.v1.LogsService/Export" => Signal::Logs,
        "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export" => Signal::Metrics,
        "/grpc.health.v1.Health/Check" => return Some(Call::Health),
        _ => return None,
    };
    Some(Call::Export(signal))
}

/// Answers one request; never fails.
async fn answer(receiver: Arc<Receiver>, request: hyper::Request<Incoming>) -> hyper::Response<Reply> {
    if !is_grpc(request.headers()) {
        return answer::no_grpc(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    if request.method() != Method::POST {
        return answer::no_grpc(StatusCode::METHOD_NOT_ALLOWED);
    }
    match receiver.call(request.map(RequestBody::new)).await {
        Ok(message) => answer::success(&message),
        Err(status) => answer::failed(&status),
    }
}

impl Receiver {
    /// The message that answers a call.
    async fn call(&self, request: Request) -> Result<Vec<u8>, Status> {
        self.settings.access.check(request.uri(), request.headers())?;
        let unknown = || {
            Status::new(
                Code::Unimplemented,
                "this is an OTLP receiver: call Export of traces, logs or metrics",
            )
        };
        match called(request.uri().path()).ok_or_else(unknown)? {
            Call::Health => Ok(answer::SERVING.to_vec()),
            Call::Export(signal) => {
                self.settings.counters.request(Transport::Grpc);
                self.export(signal, request).await
            }
        }
    }

    async fn export(&self, signal: Signal, request: Request) -> Result<Vec<u8>, Status> {
        let counters = &self.settings.counters;
        let Some(compression) = compression_of(request.headers()) else {
            counters.failed(Transport::Grpc);
            return Err(Status::new(Code::Unimplemented, "grpc-encoding must be gzip, zstd or identity"));
        };
        let body = match self.bodies.read(request, PREFIX_BYTES).await {
            Ok(body) => body,
            Err(failure) => return Err(self.failed(&failure)),
        };
        let (compressed, message) = unframe(body).inspect_err(|_| counters.failed(Transport::Grpc))?;
        let compression = match (compressed, compression) {
            (false, _) => Compression::None,
            (true, Compression::None) => {
                counters.failed(Transport::Grpc);
                return Err(Status::new(Code::Internal, "a compressed message needs a grpc-encoding"));
            }
            (true, named) => named,
        };
        let envelope =
            Envelope { transport: Transport::Grpc, signal, encoding: Encoding::Protobuf, compression };
        let accepted = self.take(envelope, message).await.map_err(|failure| self.failed(&failure))?;
        Ok(otlp_reply::accepted(signal, accepted.rejected, &accepted.message, Encoding::Protobuf))
    }

    fn failed(&self, failure: &Failure) -> Status {
        self.count_failure(Transport::Grpc, failure);
        Status::from(failure)
    }
}

/// `application/grpc` and its variant that names protobuf; gRPC-Web and JSON are others.
fn is_grpc(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let essence = value.split(';').next().unwrap_or("").trim();
    ["application/grpc", "application/grpc+proto"].iter().any(|known| essence.eq_ignore_ascii_case(known))
}

/// What `grpc-encoding` says; `None` for anything that is not known.
fn compression_of(headers: &HeaderMap) -> Option<Compression> {
    match headers.get("grpc-encoding") {
        None => Some(Compression::None),
        Some(value) => Compression::named(value.to_str().ok()?.trim()),
    }
}

/// The one message of a unary call, and whether it is compressed.
fn unframe(mut body: Body) -> Result<(bool, Body), Status> {
    let bad = |text| Status::new(Code::InvalidArgument, text);
    let prefix = body.split_to(PREFIX_BYTES).ok_or_else(|| bad("the call has no message"))?;
    let [flag, a, b, c, d] = prefix[..] else {
        return Err(bad("the call has no message"));
    };
    match u64::from(u32::from_be_bytes([a, b, c, d])).cmp(&(body.len() as u64)) {
        std::cmp::Ordering::Greater => Err(bad("the message breaks off")),
        std::cmp::Ordering::Less => Err(bad("the call has more than one message")),
        std::cmp::Ordering::Equal if flag > 1 => Err(bad("the message's flags are not understood")),
        std::cmp::Ordering::Equal => Ok((flag == 1, body)),
    }
}
