//! `textDocument/codeAction`: open or replay a trace of the function, pin or reject a placement, start a span.

use std::collections::HashMap;

use insight::{
    add_span::{AddSpan, add_span},
    exemplars::{Worth, worth_opening_at},
    rulings::{Choice, choices},
};
use source::Document;
use store::Exemplar;
use tower_lsp::{
    jsonrpc::Result,
    lsp_types::{
        CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, CodeActionResponse, Command,
        TextEdit, Url, WorkspaceEdit,
    },
};
use world::Snapshot;

use crate::{
    ext::{
        FunctionTarget, OPEN_TRACE, OpenTraceArguments, PIN, REJECT, REPLAY, ReplayTarget, RulingArguments,
    },
    from_proto,
    session::Session,
    to_proto,
};

/// The kind of all our code actions.
pub(crate) const KIND: CodeActionKind = CodeActionKind::new("refactor.spanglass");

/// What may be said of the function under the cursor.
pub(crate) fn answer(
    session: &Session,
    snapshot: &Snapshot,
    params: &CodeActionParams,
) -> Result<Option<CodeActionResponse>> {
    let is_asked =
        |only: &Vec<CodeActionKind>| only.iter().any(|kind| is_within(KIND.as_str(), kind.as_str()));
    if !params.context.only.as_ref().is_none_or(is_asked) {
        return Ok(None);
    }
    let Some(key) = session.key(&params.text_document.uri) else { return Ok(None) };
    let Some((_, document)) = snapshot.documents.get(&key) else { return Ok(None) };
    let offset = from_proto::offset(document, params.range.start, session.features.encoding);
    let mut actions = Vec::new();
    if let Some((function, traces)) = worth_opening_at(snapshot, &key, offset) {
        actions.extend(traces.iter().filter_map(open));
        let target = session.target(snapshot, &function).filter(|_| session.features.replays);
        actions.extend(traces.iter().filter_map(|worth| replay(target.clone()?, worth)));
    }
    actions.extend(choices(snapshot, &key, offset).into_iter().filter_map(|choice| rule(session, choice)));
    actions.extend(
        add_span(snapshot, &key, offset)
            .map(|found| edit(session, document, &params.text_document.uri, found)),
    );
    Ok(Some(actions.into_iter().map(CodeActionOrCommand::CodeAction).collect()))
}

fn open(worth: &Worth) -> Option<CodeAction> {
    let arguments = OpenTraceArguments { trace_id: worth.exemplar.trace_id.to_string() };
    Some(action(
        format!("Spanglass: open the {} trace ({})", worth.reasons, worth.words),
        OPEN_TRACE,
        serde_json::to_value(arguments).ok()?,
    ))
}

fn replay(function: FunctionTarget, worth: &Worth) -> Option<CodeAction> {
    let Exemplar { trace_id, span_id, .. } = worth.exemplar;
    let target = ReplayTarget { function, trace_id: trace_id.to_string(), span_id: span_id.to_string() };
    Some(action(
        format!("Spanglass: replay the {} trace ({})", worth.reasons, worth.words),
        REPLAY,
        serde_json::to_value(target).ok()?,
    ))
}

fn rule(session: &Session, choice: Choice) -> Option<CodeAction> {
    let command = if choice.is_pin { PIN } else { REJECT };
    let uri = session.uri(&choice.function.file)?;
    let arguments = serde_json::to_value(RulingArguments::new(uri, &choice)).ok()?;
    Some(action(choice.title, command, arguments))
}

fn edit(session: &Session, document: &Document, uri: &Url, found: AddSpan) -> CodeAction {
    let edits = found
        .edits
        .into_iter()
        .map(|edit| TextEdit { range: to_proto::range(document, edit.range, session), new_text: edit.text });
    CodeAction {
        title: found.title,
        kind: Some(KIND),
        edit: Some(WorkspaceEdit {
            changes: Some(HashMap::from([(uri.clone(), edits.collect())])),
            ..WorkspaceEdit::default()
        }),
        ..CodeAction::default()
    }
}

fn action(title: String, command: &str, argument: serde_json::Value) -> CodeAction {
    CodeAction {
        title: title.clone(),
        kind: Some(KIND),
        command: Some(Command { title, command: command.to_owned(), arguments: Some(vec![argument]) }),
        ..CodeAction::default()
    }
}

/// Whether a kind is `asked`, or one of its kinds: `refactor.spanglass` is of `refactor`.
fn is_within(kind: &str, asked: &str) -> bool {
    asked.is_empty() || kind.strip_prefix(asked).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
