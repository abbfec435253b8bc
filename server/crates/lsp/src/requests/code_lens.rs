//! `textDocument/codeLens`

use insight::{
    code_lens::{Lens, code_lenses},
    labels::Labels,
};
use tokio::sync::mpsc::UnboundedSender;
use tower_lsp::{
    jsonrpc::Result,
    lsp_types::{CodeLens, CodeLensParams},
};
use world::Snapshot;

use crate::{documents::Shown, event::Event, session::Session, to_proto};

/// All lenses of a document, complete: nothing is left to resolve, so nothing jumps.
pub(crate) fn answer(
    session: &Session,
    snapshot: &Snapshot,
    params: &CodeLensParams,
    events: &UnboundedSender<Event>,
) -> Result<Option<Vec<CodeLens>>> {
    let uri = &params.text_document.uri;
    let Some(key) = session.key(uri) else { return Ok(None) };
    let lenses = lenses(session, snapshot, &key);
    let labels = Some(Labels::of_lenses(&lenses));
    drop(events.send(Event::Served(key, Shown { lenses: labels, ..Shown::default() })));
    Ok(Some(lenses.into_iter().flat_map(|lens| to_proto::code_lens(session, uri, lens)).collect()))
}

/// What a person would see of the lenses now.
pub(crate) fn labels(session: &Session, snapshot: &Snapshot, key: &str) -> Labels {
    Labels::of_lenses(&lenses(session, snapshot, key))
}

fn lenses(session: &Session, snapshot: &Snapshot, key: &str) -> Vec<Lens> {
    if session.settings.lenses { code_lenses(snapshot, key) } else { Vec::new() }
}
