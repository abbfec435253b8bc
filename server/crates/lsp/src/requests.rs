//! One file a request: from the client's question and a snapshot to an answer. All run on threads that may take a while.

pub(crate) mod call_hierarchy;
pub(crate) mod code_action;
pub(crate) mod code_lens;
pub(crate) mod diagnostic;
pub(crate) mod document_link;
pub(crate) mod execute_command;
pub(crate) mod hover;
pub(crate) mod inlay_hint;
pub(crate) mod served;
pub(crate) mod status;
pub(crate) mod trace;
pub(crate) mod traces;
pub(crate) mod workspace_symbol;

use std::borrow::Cow;

use model::SmolStr;
use tower_lsp::jsonrpc::{Error, ErrorCode};
use world::Snapshot;

use crate::{documents::Shown, session::Session};

/// What would be shown now of documents of which `shown` is shown.
pub(crate) fn shown_now(
    session: &Session,
    snapshot: &Snapshot,
    shown: Vec<(SmolStr, Shown)>,
) -> Vec<(SmolStr, Shown)> {
    let now = |(key, shown): (SmolStr, Shown)| {
        let lenses = shown.lenses.map(|_| code_lens::labels(session, snapshot, &key));
        let hints = shown.hints.map(|_| inlay_hint::labels(session, snapshot, &key));
        let findings = shown.findings.map(|_| diagnostic::labels(session, snapshot, &key));
        (key, Shown { lenses, hints, findings })
    };
    shown.into_iter().map(now).collect()
}

/// An error of code `RequestFailed` (LSP 3.17, -32803): well asked, but not to be had. `message` is one sentence.
fn failed(message: impl Into<Cow<'static, str>>) -> Error {
    Error { code: ErrorCode::ServerError(-32803), message: message.into(), data: None }
}
