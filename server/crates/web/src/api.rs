//! The interface for other windows and the command line: spans as OTLP, lists as JSON.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use model::{SmolStr, Span, Timestamp, TraceId};
use serde::Deserialize;
use serde_json::json;
use store::TraceSummary;
use tokio::time;
use world::Snapshot;

use crate::Door;

/// Names the number of the last span in an answer of `/api/spans`: what the next request says as `after`.
const NEXT: header::HeaderName = header::HeaderName::from_static("x-spanglass-next");

#[derive(Debug, Deserialize)]
pub(crate) struct After {
    /// Spans numbered above this are wanted.
    #[serde(default)]
    after: u64,
    /// Seconds to wait for the first of them.
    #[serde(default)]
    wait: u64,
}

#[derive(Debug, Deserialize)]
pub(crate) struct TracesQuery {
    service: Option<String>,
    #[serde(default)]
    errors: bool,
    /// Milliseconds since the epoch; the trace ended then or later.
    since: Option<u64>,
    limit: Option<usize>,
}

/// Counts and places: what `doctor` and other windows show of this process.
pub(crate) async fn status(State(door): State<Door>) -> Response {
    let Some(snapshot) = door.world.snapshot().await else {
        return gone();
    };
    let counters = snapshot.store.counters();
    Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "pid": std::process::id(),
        "spans": { "received": counters.received, "kept": counters.kept, "duplicate": counters.duplicate,
                   "dropped": counters.dropped, "evicted": counters.evicted, "bytes": counters.bytes },
        "services": snapshot.store.services(),
        "functions": snapshot.status.functions,
        "placed": snapshot.status.placed,
        "lastSpanUnixMs": (snapshot.status.last_span > Timestamp::ZERO).then(|| snapshot.status.last_span.as_millis()),
        "refused": snapshot.status.refused,
    }))
    .into_response()
}

/// Spans in order of arrival as OTLP protobuf; 204 when none came while waiting.
pub(crate) async fn spans(State(door): State<Door>, Query(asked): Query<After>) -> Response {
    let mut received = door.received.clone();
    let wait = Duration::from_secs(asked.wait).min(door.settings.longest_wait);
    let deadline = time::Instant::now() + wait;
    loop {
        // Marked as seen before looking, so that what arrives in between wakes the wait below.
        received.borrow_and_update();
        let Some(snapshot) = door.world.snapshot().await else {
            return gone();
        };
        let stored = snapshot.store.after(asked.after, door.settings.page_size);
        if let Some(last) = stored.last() {
            let next = last.sequence.to_string();
            let spans: Vec<Arc<Span>> = stored.iter().map(|stored| Arc::new(stored.span())).collect();
            let body = formats::otlp_proto::encode_traces(&spans);
            return ([(header::CONTENT_TYPE, "application/x-protobuf".to_owned()), (NEXT, next)], body)
                .into_response();
        }
        match time::timeout_at(deadline, received.changed()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return gone(),
            Err(_) => return StatusCode::NO_CONTENT.into_response(),
        }
    }
}

/// Recent traces, newest first.
pub(crate) async fn traces(State(door): State<Door>, Query(asked): Query<TracesQuery>) -> Response {
    let Some(snapshot) = door.world.snapshot().await else {
        return gone();
    };
    let query = store::Query {
        service: asked.service.map(SmolStr::from),
        errors_only: asked.errors,
        since: asked.since.map(|millis| Timestamp(millis.saturating_mul(1_000_000))),
        limit: asked.limit.unwrap_or(100),
        ..store::Query::default()
    };
    let traces: Vec<_> = snapshot.store.traces(&query).iter().map(summary_json).collect();
    Json(json!({ "traces": traces })).into_response()
}

/// One trace as OTLP JSON.
pub(crate) async fn trace(State(door): State<Door>, Path(id): Path<String>) -> Response {
    let Some(snapshot) = door.world.snapshot().await else {
        return gone();
    };
    match find_trace(&snapshot, &id) {
        Ok(spans) => Json(formats::otlp_json::encode_traces(&spans)).into_response(),
        Err((status, reason)) => (status, reason).into_response(),
    }
}

/// The spans of the trace named by `id`, or the status and sentence to answer with.
pub(crate) fn find_trace(snapshot: &Snapshot, id: &str) -> Result<Vec<Arc<Span>>, (StatusCode, String)> {
    let trace_id = TraceId::from_hex(id)
        .map_err(|error| (StatusCode::BAD_REQUEST, format!("this is no trace id: {error}\n")))?;
    let trace = snapshot.store.trace(trace_id).ok_or_else(|| {
        let reason =
            format!("trace {trace_id} is not here: it was never received, or it left to make room\n");
        (StatusCode::NOT_FOUND, reason)
    })?;
    Ok(trace.spans().map(|stored| Arc::new(stored.span())).collect())
}

pub(crate) fn gone() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, "this process is ending\n").into_response()
}

fn summary_json(trace: &TraceSummary) -> serde_json::Value {
    json!({
        "traceId": trace.trace_id.to_string(),
        "spanId": trace.span_id.to_string(),
        "name": trace.name,
        "service": trace.service,
        "services": trace.services,
        "startUnixMs": trace.start.as_millis(),
        "durationMs": trace.duration.as_secs_f64() * 1000.0,
        "spans": trace.spans,
        "errors": trace.errors,
    })
}
