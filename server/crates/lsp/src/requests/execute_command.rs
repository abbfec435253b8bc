//! `workspace/executeCommand`: the commands that the server handles itself.

use attribution::Subject;
use model::TraceId;
use serde_json::Value;
use source::FunctionKey;
use tower_lsp::{
    jsonrpc::{Error, Result},
    lsp_types::{ExecuteCommandParams, MessageType, Url},
};
use world::Snapshot;

use super::failed;
use crate::{
    ext::{EXPLAIN, OPEN_TRACE, OpenTraceArguments, PIN, REJECT, RulingArguments},
    from_proto,
    hooks::{Cancellation, Ruling},
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
        PIN | REJECT => rule(session, snapshot, params.command == PIN, params.arguments),
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

/// Keeps what a person said of a placement.
fn rule(
    session: &Session,
    snapshot: &Snapshot,
    is_pin: bool,
    arguments: Vec<Value>,
) -> Result<Option<Value>> {
    let argument = arguments.into_iter().next().unwrap_or_default();
    let said: RulingArguments = serde_json::from_value(argument).map_err(|error| {
        Error::invalid_params(format!("it takes {{service, span, uri, function}}: {error}"))
    })?;
    let file = session.key(&said.uri).ok_or_else(|| failed(format!("{} is not read", said.uri)))?;
    let function = FunctionKey { file, path: said.function.into(), nth: said.nth };
    if is_pin && snapshot.index.function(&function).is_none() {
        return Err(failed(format!("there is no function {function}")));
    }
    let attribute = |(key, value): (String, String)| Some((Subject::key(&key)?.into(), value.into()));
    let subject = Subject {
        service: said.service.into(),
        name: said.span.into(),
        kind: said.kind.as_deref().and_then(from_proto::span_kind),
        scope: said.scope.map(Into::into),
        attributes: said.attributes.into_iter().filter_map(attribute).collect(),
    };
    session.hooks.rule(&Ruling { is_pin, subject, function }).map_err(failed)?;
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
