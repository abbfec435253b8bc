//! `textDocument/documentLink`: ids of traces that are at hand lead to their pages.

use insight::trace_ids::mentions;
use tower_lsp::{
    jsonrpc::Result,
    lsp_types::{DocumentLink, DocumentLinkParams, Url},
};
use world::Snapshot;

use crate::{session::Session, to_proto};

/// A link for each id.
pub(crate) fn answer(
    session: &Session,
    snapshot: &Snapshot,
    params: &DocumentLinkParams,
) -> Result<Option<Vec<DocumentLink>>> {
    let Some(key) = session.key(&params.text_document.uri) else { return Ok(None) };
    let Some((_, document)) = snapshot.documents.get(&key) else { return Ok(None) };
    let link = |mention: insight::trace_ids::Mention| {
        let page = session.hooks.page_url(mention.trace_id)?;
        Some(DocumentLink {
            range: to_proto::range(document, mention.range, session),
            target: Some(Url::parse(&page).ok()?),
            tooltip: Some(mention.title),
            data: None,
        })
    };
    Ok(Some(mentions(snapshot, &document.text).into_iter().filter_map(link).collect()))
}
