//! `textDocument/codeAction`: pin or reject a placement.

use insight::rulings::{Choice, choices};
use tower_lsp::{
    jsonrpc::Result,
    lsp_types::{
        CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, CodeActionResponse, Command,
    },
};
use world::Snapshot;

use crate::{
    ext::{PIN, REJECT, RulingArguments},
    from_proto,
    session::Session,
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
    let actions = choices(snapshot, &key, offset).into_iter().filter_map(|choice| action(session, choice));
    Ok(Some(actions.map(CodeActionOrCommand::CodeAction).collect()))
}

fn action(session: &Session, choice: Choice) -> Option<CodeAction> {
    let command = if choice.is_pin { PIN } else { REJECT };
    let uri = session.uri(&choice.function.file)?;
    let arguments = serde_json::to_value(RulingArguments::new(uri, &choice)).ok()?;
    Some(CodeAction {
        title: choice.title.clone(),
        kind: Some(KIND),
        command: Some(Command {
            title: choice.title,
            command: command.to_owned(),
            arguments: Some(vec![arguments]),
        }),
        ..CodeAction::default()
    })
}

/// Whether a kind is `asked`, or one of its kinds: `refactor.spanglass` is of `refactor`.
fn is_within(kind: &str, asked: &str) -> bool {
    asked.is_empty() || kind.strip_prefix(asked).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
