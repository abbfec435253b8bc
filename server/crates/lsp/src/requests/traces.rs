//! `spanglass/traces`

use insight::traces::{Filter, function_on_line, recent};
use tower_lsp::jsonrpc::Result;
use world::Snapshot;

use super::trace::milliseconds;
use crate::{ext, session::Session};

/// Recent traces, newest first.
pub(crate) fn answer(
    session: &Session,
    snapshot: &Snapshot,
    params: &ext::TracesParams,
) -> Result<ext::TracesResult> {
    let Some(filter) = filter(session, snapshot, params) else {
        return Ok(ext::TracesResult { traces: Vec::new() });
    };
    let traces = recent(snapshot, &filter).into_iter().map(|trace| ext::TraceSummary {
        trace_id: trace.trace_id.to_string(),
        span_id: trace.span_id.to_string(),
        name: trace.name,
        service: trace.service,
        services: trace.services,
        start_unix_ms: trace.start.as_millis(),
        duration_ms: milliseconds(trace.duration),
        spans: trace.spans,
        errors: trace.errors,
    });
    Ok(ext::TracesResult { traces: traces.collect() })
}

/// `None` when a place is asked for at which there is no function.
fn filter(session: &Session, snapshot: &Snapshot, params: &ext::TracesParams) -> Option<Filter> {
    let function = match (&params.uri, params.line) {
        (Some(uri), Some(line)) => {
            let file = snapshot.index.file(&session.key(uri)?)?;
            Some(function_on_line(snapshot, file, line)?)
        }
        _ => None,
    };
    Some(Filter {
        service: params.service.clone(),
        errors: params.errors.unwrap_or_default(),
        function,
        since: None,
        limit: params.limit.unwrap_or_default(),
    })
}
