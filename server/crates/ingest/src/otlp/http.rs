//! OTLP over HTTP (opentelemetry-proto `docs/specification.md`, "OTLP/HTTP"): three paths, two encodings, and every
//! answer in the encoding of its request.

mod access;
mod answer;
mod body;
mod connection;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::any,
};
use bytes::Bytes;
use formats::{Clean, DecodeError, Limits, otlp_json};

use crate::{Counters, Sink, limits};

pub use access::Access;
pub use connection::{Listeners, serve};
pub use formats::otlp_reply::{Encoding, Signal};

use answer::Failure;
use body::{Bodies, Compression};

/// What the receiver needs to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Who may send.
    pub access: Access,
    /// The largest body in bytes, as sent and after decompression.
    pub body_bytes: usize,
    /// Caps on what one body may hold.
    pub decode: Limits,
    /// Where the receiver counts.
    pub counters: Arc<Counters>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            access: Access::default(),
            body_bytes: limits::BODY_BYTES,
            decode: Limits::default(),
            counters: Arc::default(),
        }
    }
}

/// The receiver's paths: `/v1/traces`, `/v1/logs` and `/v1/metrics`. Logs are taken when they belong to a trace,
/// metrics are answered and dropped.
pub fn router(sink: Arc<dyn Sink>, settings: Settings) -> Router {
    let receiver = Arc::new(Receiver { sink, bodies: Bodies::new(settings.body_bytes), settings });
    Router::new()
        .route("/v1/traces", any(traces))
        .route("/v1/logs", any(logs))
        .route("/v1/metrics", any(metrics))
        .fallback(elsewhere)
        .with_state(receiver)
}

struct Receiver {
    sink: Arc<dyn Sink>,
    bodies: Bodies,
    settings: Settings,
}

async fn traces(State(receiver): State<Arc<Receiver>>, request: Request) -> Response {
    receiver.answer(Signal::Traces, request).await
}

async fn logs(State(receiver): State<Arc<Receiver>>, request: Request) -> Response {
    receiver.answer(Signal::Logs, request).await
}

async fn metrics(State(receiver): State<Arc<Receiver>>, request: Request) -> Response {
    receiver.answer(Signal::Metrics, request).await
}

async fn elsewhere(State(receiver): State<Arc<Receiver>>, request: Request) -> Response {
    match receiver.settings.access.check(request.uri(), request.headers()) {
        Err(denied) => denied.into_response(),
        Ok(()) => answer::no_such_path(),
    }
}

impl Receiver {
    async fn answer(&self, signal: Signal, request: Request) -> Response {
        let origin = request.headers().get(header::ORIGIN).cloned();
        let access = &self.settings.access;
        let checked = match *request.method() {
            Method::OPTIONS => access.check_source(request.uri(), request.headers()),
            _ => access.check(request.uri(), request.headers()),
        };
        let response = match checked {
            Err(denied) => return denied.into_response(),
            Ok(()) if request.method() == Method::OPTIONS => answer::preflight(origin.is_some()),
            Ok(()) if request.method() != Method::POST => answer::wrong_method(),
            Ok(()) => self.receive(signal, request).await,
        };
        answer::with_origin(response, origin)
    }

    async fn receive(&self, signal: Signal, request: Request) -> Response {
        let counters = &self.settings.counters;
        counters.request();
        let Some(encoding) = encoding_of(request.headers()) else {
            counters.failed();
            return answer::wrong_type("application/x-protobuf or application/json");
        };
        let Some(compression) = Compression::of(request.headers()) else {
            counters.failed();
            return answer::wrong_encoding();
        };
        match self.take(signal, encoding, compression, request).await {
            Ok(response) => response,
            Err(failure) => {
                tracing::debug!(?signal, ?failure, "refused a request");
                match failure.status() {
                    StatusCode::TOO_MANY_REQUESTS => counters.overloaded(),
                    _ => counters.failed(),
                }
                failure.response(encoding)
            }
        }
    }

    async fn take(
        &self,
        signal: Signal,
        encoding: Encoding,
        compression: Compression,
        request: Request,
    ) -> Result<Response, Failure> {
        let counters = &self.settings.counters;
        let body = self.bodies.read(request).await?;
        counters.body(body.len());
        if signal == Signal::Metrics {
            counters.metrics();
            return Ok(answer::accepted(signal, encoding, &Clean::default()));
        }
        let limits = self.settings.decode;
        let telemetry = self
            .bodies
            .decode(body, compression, move |body| decode(signal, encoding, body, &limits))
            .await?;
        let reply = answer::accepted(signal, encoding, &telemetry);
        let (spans, logs, refused) = (telemetry.spans(), telemetry.logs(), telemetry.refused_count());
        let trimmed = telemetry.trimmed().iter().map(|part| part.count).sum();
        if !telemetry.is_empty() {
            self.sink.offer(telemetry).map_err(|_| Failure::Overloaded)?;
        }
        counters.taken(spans, logs);
        counters.left_out(refused, trimmed);
        Ok(reply)
    }
}

fn decode(signal: Signal, encoding: Encoding, body: Bytes, limits: &Limits) -> Result<Clean, DecodeError> {
    match encoding {
        Encoding::Json => Ok(otlp_json::decode(&body, limits)?.into()),
        Encoding::Protobuf => Clean::of(body, signal, limits),
    }
}

/// The encoding that `Content-Type` names; parameters such as `charset` do not matter.
fn encoding_of(headers: &HeaderMap) -> Option<Encoding> {
    let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let essence = value.split(';').next().unwrap_or("").trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Some(Encoding::Json);
    }
    let protobuf = ["application/x-protobuf", "application/protobuf"];
    protobuf.iter().any(|known| essence.eq_ignore_ascii_case(known)).then_some(Encoding::Protobuf)
}
