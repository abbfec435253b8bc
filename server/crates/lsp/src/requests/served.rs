//! `textDocument/implementation` and `textDocument/definition`: from a call to the handler that served it.

use insight::served::{is_in_text, served};
use tower_lsp::{
    jsonrpc::Result,
    lsp_types::{GotoDefinitionResponse, Location, TextDocumentPositionParams},
};
use world::Snapshot;

use crate::{from_proto, session::Session, to_proto};

/// Who served the call under the cursor.
pub(crate) fn implementation(
    session: &Session,
    snapshot: &Snapshot,
    at: &TextDocumentPositionParams,
) -> Result<Option<GotoDefinitionResponse>> {
    Ok(locations(session, snapshot, at, false))
}

/// The same, only within a text, such as the address of a request: of everything else the language's own server knows
/// the definition, and two answers would make an editor ask which is meant.
pub(crate) fn definition(
    session: &Session,
    snapshot: &Snapshot,
    at: &TextDocumentPositionParams,
) -> Result<Option<GotoDefinitionResponse>> {
    Ok(locations(session, snapshot, at, true))
}

fn locations(
    session: &Session,
    snapshot: &Snapshot,
    at: &TextDocumentPositionParams,
    only_in_text: bool,
) -> Option<GotoDefinitionResponse> {
    let key = session.key(&at.text_document.uri)?;
    let (_, document) = snapshot.documents.get(&key)?;
    let offset = from_proto::offset(document, at.position, session.features.encoding);
    if only_in_text && !is_in_text(document, offset) {
        return None;
    }
    let served = served(snapshot, &key, offset).filter(|served| served.leaves || !only_in_text)?;
    let location = |key: &source::FunctionKey| {
        let function = snapshot.index.function(key)?;
        let range = to_proto::name_range(session, snapshot, function);
        Some(Location { uri: session.uri(&key.file)?, range })
    };
    let locations: Vec<Location> = served.by.iter().filter_map(location).collect();
    (!locations.is_empty()).then_some(GotoDefinitionResponse::Array(locations))
}
