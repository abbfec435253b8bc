//! `textDocument/hover`

use insight::hover::hover;
use tower_lsp::{
    jsonrpc::Result,
    lsp_types::{Hover, HoverParams},
};
use world::Snapshot;

use crate::{from_proto, session::Session, to_proto};

/// What is known of the function or the call under the cursor.
pub(crate) fn answer(session: &Session, snapshot: &Snapshot, params: &HoverParams) -> Result<Option<Hover>> {
    if !session.settings.hovers {
        return Ok(None);
    }
    let at = &params.text_document_position_params;
    let Some(key) = session.key(&at.text_document.uri) else { return Ok(None) };
    let Some((_, document)) = snapshot.documents.get(&key) else { return Ok(None) };
    let offset = from_proto::offset(document, at.position, session.features.encoding);
    Ok(hover(snapshot, &key, offset).map(|hover| to_proto::hover(session, document, &hover)))
}
