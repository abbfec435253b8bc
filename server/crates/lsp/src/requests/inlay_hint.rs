//! `textDocument/inlayHint`

use insight::{
    inlay_hints::{Hint, Options, inlay_hints},
    labels::Labels,
};
use model::TextRange;
use tokio::sync::mpsc::UnboundedSender;
use tower_lsp::{
    jsonrpc::Result,
    lsp_types::{InlayHint, InlayHintParams, Position},
};
use world::Snapshot;

use crate::{documents::Shown, event::Event, session::Session, to_proto};

/// The hints within the range that the client asks for.
pub(crate) fn answer(
    session: &Session,
    snapshot: &Snapshot,
    params: &InlayHintParams,
    events: &UnboundedSender<Event>,
) -> Result<Option<Vec<InlayHint>>> {
    let Some(key) = session.key(&params.text_document.uri) else { return Ok(None) };
    // Without its text no position can be told; clients ask for open documents only.
    let Some((_, document)) = snapshot.documents.get(&key) else { return Ok(None) };
    // Of the whole document, because what is compared later must not depend on how far somebody scrolled.
    let hints = hints(session, snapshot, &key);
    drop(
        events.send(Event::Served(key, Shown { hints: Some(Labels::of_hints(&hints)), ..Shown::default() })),
    );
    let is_asked = |hint: &InlayHint| {
        let key = |position: Position| (position.line, position.character);
        key(params.range.start) <= key(hint.position) && key(hint.position) <= key(params.range.end)
    };
    let hints = hints.into_iter().map(|hint| to_proto::inlay_hint(session, document, hint));
    Ok(Some(hints.filter(is_asked).collect()))
}

/// What a person would see of the hints now.
pub(crate) fn labels(session: &Session, snapshot: &Snapshot, key: &str) -> Labels {
    Labels::of_hints(&hints(session, snapshot, key))
}

fn hints(session: &Session, snapshot: &Snapshot, key: &str) -> Vec<Hint> {
    let settings = session.settings;
    let options = Options { calls: settings.hints, signatures: settings.hints && !settings.lenses };
    inlay_hints(snapshot, key, TextRange::new(0, u32::MAX), &options)
}
