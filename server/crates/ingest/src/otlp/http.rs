//! OTLP over HTTP (opentelemetry-proto `docs/specification.md`, "OTLP/HTTP"): three paths, two encodings, and every
//! answer in the encoding of its request.

mod answer;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    response::{IntoResponse as _, Response},
    routing::any,
};

use super::{
    Compression, Encoding, Receiver, Signal,
    intake::{Envelope, Failure},
};
use crate::Transport;

pub use super::connection::serve;

/// The receiver's paths: `/v1/traces`, `/v1/logs` and `/v1/metrics`. Logs are taken when they belong to a trace,
/// metrics are answered and dropped.
pub fn router(receiver: Arc<Receiver>) -> Router {
    Router::new()
        .route("/v1/traces", any(traces))
        .route("/v1/logs", any(logs))
        .route("/v1/metrics", any(metrics))
        .fallback(elsewhere)
        .with_state(receiver)
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
        let encoding = encoding_of(request.headers());
        let transport = match encoding {
            Some(Encoding::Protobuf) => Transport::HttpProtobuf,
            Some(Encoding::Json) => Transport::HttpJson,
            None => Transport::HttpOther,
        };
        counters.request(transport);
        let Some(encoding) = encoding else {
            counters.failed(transport);
            return answer::wrong_type();
        };
        let Some(compression) = compression_of(request.headers()) else {
            counters.failed(transport);
            return answer::wrong_encoding(encoding);
        };
        match self.read_and_take(Envelope { transport, signal, encoding, compression }, request).await {
            Ok(response) => response,
            Err(failure) => {
                self.count_failure(transport, &failure);
                answer::failed(&failure, encoding)
            }
        }
    }

    async fn read_and_take(&self, envelope: Envelope, request: Request) -> Result<Response, Failure> {
        let body = self.bodies.read(request, 0).await?;
        let accepted = self.take(envelope, body).await?;
        Ok(answer::accepted(envelope.signal, envelope.encoding, &accepted))
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

/// What `Content-Encoding` says; `None` for anything that is not known, stacked encodings included.
fn compression_of(headers: &HeaderMap) -> Option<Compression> {
    let mut values = headers.get_all(header::CONTENT_ENCODING).iter();
    match (values.next(), values.next()) {
        (None, _) => Some(Compression::None),
        (Some(value), None) => Compression::named(value.to_str().ok()?.trim()),
        (Some(_), Some(_)) => None,
    }
}
