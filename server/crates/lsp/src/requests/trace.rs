//! `spanglass/trace`

use std::time::Duration;

use insight::{
    trace_tree::{TraceRow, TraceTree, waterfall_text},
    visible::visible,
};
use tower_lsp::jsonrpc::Result;
use world::Snapshot;

use super::{execute_command::trace_id, failed};
use crate::{ext, session::Session};

/// Columns of the waterfall: what an editor's window shows without wrapping.
const WIDTH: usize = 120;

/// One trace as a tree.
pub(crate) fn answer(
    session: &Session,
    snapshot: &Snapshot,
    params: &ext::TraceParams,
) -> Result<ext::TraceResult> {
    let trace_id = trace_id(snapshot, &params.trace_id)?;
    let tree = TraceTree::of(snapshot, trace_id).ok_or_else(|| failed("the trace has no spans yet"))?;
    Ok(ext::TraceResult {
        trace_id: trace_id.to_string(),
        url: session.hooks.page_url(trace_id),
        text: waterfall_text(&tree, WIDTH).join("\n"),
        rows: tree.rows.iter().map(|row| row_of(session, snapshot, row)).collect(),
    })
}

fn row_of(session: &Session, snapshot: &Snapshot, row: &TraceRow) -> ext::TraceRow {
    let span = &row.span;
    let function = row.placement.function.as_ref();
    ext::TraceRow {
        span_id: span.span_id.to_string(),
        parent_span_id: span.parent.map(|parent| parent.to_string()),
        depth: row.depth,
        name: visible(&span.name, 200),
        service: visible(span.service(), 100),
        kind: span.kind.to_string(),
        start_ms: milliseconds(row.offset),
        duration_ms: milliseconds(row.duration),
        error: span.is_error(),
        message: row.message().map(|message| visible(message, 500)),
        location: function.and_then(|function| {
            let target = session.target(snapshot, function)?;
            Some(ext::FunctionTarget { line: row.line.unwrap_or(target.line), ..target })
        }),
        confidence: row.placement.confidence.name(),
    }
}

/// With three decimals: microseconds are the finest that anybody reads.
pub(super) fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}
