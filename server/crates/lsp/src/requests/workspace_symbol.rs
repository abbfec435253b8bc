//! `workspace/symbol`: routes, remote methods, destinations and names of spans.

use insight::symbols::{self, Symbol, symbols};
use tower_lsp::{
    jsonrpc::Result,
    lsp_types::{Location, SymbolInformation, SymbolKind, WorkspaceSymbolParams},
};
use world::Snapshot;

use crate::{session::Session, to_proto};

/// Answers of more than this are not read by anybody, and clients ask again with every letter.
const MAX_SYMBOLS: usize = 200;

/// The names that fit what was typed.
pub(crate) fn answer(
    session: &Session,
    snapshot: &Snapshot,
    params: &WorkspaceSymbolParams,
) -> Result<Option<Vec<SymbolInformation>>> {
    let found = symbols(snapshot, &params.query, MAX_SYMBOLS).into_iter();
    Ok(Some(found.filter_map(|symbol| information(session, snapshot, symbol)).collect()))
}

fn information(session: &Session, snapshot: &Snapshot, symbol: Symbol) -> Option<SymbolInformation> {
    let function = snapshot.index.function(&symbol.function)?;
    let container = match symbol.service.is_empty() {
        true => symbol.function.path.to_string(),
        false => format!("{} · {}", symbol.function.path, symbol.service),
    };
    // The field `deprecated` is, and has to be given all the same.
    #[allow(deprecated)]
    let information = SymbolInformation {
        name: symbol.name,
        kind: kind(symbol.kind),
        tags: None,
        deprecated: None,
        location: Location {
            uri: session.uri(&symbol.function.file)?,
            range: to_proto::name_range(session, snapshot, function),
        },
        container_name: Some(container),
    };
    Some(information)
}

fn kind(kind: symbols::SymbolKind) -> SymbolKind {
    match kind {
        symbols::SymbolKind::Route => SymbolKind::INTERFACE,
        symbols::SymbolKind::Rpc => SymbolKind::METHOD,
        symbols::SymbolKind::Destination => SymbolKind::EVENT,
        symbols::SymbolKind::Span => SymbolKind::FUNCTION,
    }
}
