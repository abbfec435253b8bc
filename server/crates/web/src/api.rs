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
/// The same for log records: what the next request says as `logs`.
const NEXT_LOGS: header::HeaderName = header::HeaderName::from_static("x-spanglass-next-logs");
/// Bytes of log records in one answer.
const LOGS_BYTES: usize = 4 << 20;

#[derive(Debug, Deserialize)]
pub(crate) struct After {
    /// Spans numbered above this are wanted.
    #[serde(default)]
    after: u64,
    /// Log records numbered above this are wanted; without it none are.
    logs: Option<u64>,
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
        "receiver": door.receiver.ask(),
    }))
    .into_response()
}

/// Spans and, when asked for, log records in order of arrival as OTLP protobuf; 204 when none came while waiting.
pub(crate) async fn spans(State(door): State<Door>, Query(asked): Query<After>) -> Response {
    let (mut received, mut logged) = (door.received.clone(), door.logs.latest());
    let wait = Duration::from_secs(asked.wait).min(door.settings.longest_wait);
    let deadline = time::Instant::now() + wait;
    loop {
        // Marked as seen before looking, so that what arrives in between wakes the wait below.
        received.borrow_and_update();
        logged.borrow_and_update();
        let Some(snapshot) = door.world.snapshot().await else {
            return gone();
        };
        let stored = snapshot.store.after(asked.after, door.settings.page_size);
        let (logs, next_logs) =
            asked.logs.map_or((Vec::new(), 0), |after| door.logs.after(after, LOGS_BYTES));
        if !stored.is_empty() || !logs.is_empty() {
            let next = stored.last().map_or(asked.after, |last| last.sequence);
            let spans: Vec<Arc<Span>> = stored.iter().map(|stored| Arc::new(stored.span())).collect();
            // Messages of protobuf in a row are one message.
            let mut body = formats::otlp_proto::encode_traces(&spans);
            logs.iter().for_each(|logs| body.extend_from_slice(logs));
            let kind = (header::CONTENT_TYPE, "application/x-protobuf".to_owned());
            return ([kind, (NEXT, next.to_string()), (NEXT_LOGS, next_logs.to_string())], body)
                .into_response();
        }
        tokio::select! {
            changed = received.changed() => if changed.is_err() { return gone() },
            changed = logged.changed(), if asked.logs.is_some() => if changed.is_err() { return gone() },
            () = time::sleep_until(deadline) => return StatusCode::NO_CONTENT.into_response(),
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
