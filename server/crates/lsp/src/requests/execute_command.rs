//! `workspace/executeCommand`: the commands that the server handles itself.

use model::TraceId;
use serde_json::Value;
use tower_lsp::{
    jsonrpc::{Error, Result},
    lsp_types::{ExecuteCommandParams, MessageType, Url},
};
use world::Snapshot;

use super::failed;
use crate::{
    ext::{EXPLAIN, OPEN_TRACE, OpenTraceArguments},
    hooks::Cancellation,
    outbox::Outbox,
    session::Session,
};

/// Runs a command.
pub(crate) fn answer(
    session: &Session,
    snapshot: &Snapshot,
    params: ExecuteCommandParams,
    cancellation: &Cancellation,
    outbox: &Outbox,
) -> Result<Option<Value>> {
    match params.command.as_str() {
        OPEN_TRACE => open_trace(session, snapshot, params.arguments, outbox),
        EXPLAIN => Ok(Some(Value::String(session.hooks.report(snapshot, cancellation)))),
        unknown => Err(Error::invalid_params(format!("there is no command `{unknown}`"))),
    }
}

fn open_trace(
    session: &Session,
    snapshot: &Snapshot,
    arguments: Vec<Value>,
    outbox: &Outbox,
) -> Result<Option<Value>> {
    let argument = arguments.into_iter().next().unwrap_or_default();
    let argument: OpenTraceArguments = serde_json::from_value(argument)
        .map_err(|error| Error::invalid_params(format!("{OPEN_TRACE} takes {{traceId}}: {error}")))?;
    let trace_id = trace_id(snapshot, &argument.trace_id)?;
    let page = session.hooks.page_url(trace_id).and_then(|url| Url::parse(&url).ok());
    let page =
        page.ok_or_else(|| failed("no trace page is served at the moment: `spanglass.explain` says why"))?;
    if session.features.show_document {
        outbox.show_page(page);
    } else {
        outbox.message(MessageType::INFO, format!("The trace is at {page}"));
    }
    Ok(None)
}

/// A trace that is here.
pub(super) fn trace_id(snapshot: &Snapshot, text: &str) -> Result<TraceId> {
    let id = TraceId::from_hex(text.trim()).map_err(|error| failed(error.to_string()))?;
    match snapshot.store.trace(id) {
        Some(_) => Ok(id),
        None => {
            Err(failed(format!("the trace {id} is not here: it never arrived, or made room for newer ones")))
        }
    }
}
