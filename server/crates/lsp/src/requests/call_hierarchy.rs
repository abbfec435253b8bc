//! `textDocument/prepareCallHierarchy`, `callHierarchy/incomingCalls`, `callHierarchy/outgoingCalls`: calls as they
//! really happened, through services and queues.

use insight::call_hierarchy::{Call, Party, incoming, outgoing, party_at};
use serde::{Deserialize, Serialize};
use source::FunctionKey;
use tower_lsp::{
    jsonrpc::Result,
    lsp_types::{
        CallHierarchyIncomingCall, CallHierarchyItem, CallHierarchyOutgoingCall, CallHierarchyPrepareParams,
        Range, SymbolKind,
    },
};
use world::Snapshot;

use crate::{from_proto, session::Session, to_proto};

/// What an item carries to and from the client.
#[derive(Debug, Serialize, Deserialize)]
struct Data {
    file: String,
    path: String,
    nth: u16,
}

/// The function under the cursor, where something of it is known to have run.
pub(crate) fn prepare(
    session: &Session,
    snapshot: &Snapshot,
    params: &CallHierarchyPrepareParams,
) -> Result<Option<Vec<CallHierarchyItem>>> {
    let at = &params.text_document_position_params;
    let Some(key) = session.key(&at.text_document.uri) else { return Ok(None) };
    let Some((_, document)) = snapshot.documents.get(&key) else { return Ok(None) };
    let offset = from_proto::offset(document, at.position, session.features.encoding);
    let party = party_at(snapshot, &key, offset);
    Ok(party.and_then(|party| item(session, snapshot, &party, None)).map(|item| vec![item]))
}

/// Who called it.
pub(crate) fn incoming_calls(
    session: &Session,
    snapshot: &Snapshot,
    asked: &CallHierarchyItem,
) -> Result<Option<Vec<CallHierarchyIncomingCall>>> {
    let Some(function) = function(asked) else { return Ok(Some(Vec::new())) };
    let call = |call: Call| {
        let from = item(session, snapshot, &call.party, Some(asked))?;
        let caller = call.party.function.as_ref();
        let ranges = caller.map(|caller| ranges(session, snapshot, &caller.file, &call)).unwrap_or_default();
        Some(CallHierarchyIncomingCall { from, from_ranges: ranges })
    };
    Ok(Some(incoming(snapshot, &function).into_iter().filter_map(call).collect()))
}

/// What it called.
pub(crate) fn outgoing_calls(
    session: &Session,
    snapshot: &Snapshot,
    asked: &CallHierarchyItem,
) -> Result<Option<Vec<CallHierarchyOutgoingCall>>> {
    let Some(function) = function(asked) else { return Ok(Some(Vec::new())) };
    let call = |call: Call| {
        let to = item(session, snapshot, &call.party, Some(asked))?;
        Some(CallHierarchyOutgoingCall { to, from_ranges: ranges(session, snapshot, &function.file, &call) })
    };
    Ok(Some(outgoing(snapshot, &function).into_iter().filter_map(call).collect()))
}

/// One end of a call. What has no code here is shown where it was met: an item must be somewhere.
fn item(
    session: &Session,
    snapshot: &Snapshot,
    party: &Party,
    met: Option<&CallHierarchyItem>,
) -> Option<CallHierarchyItem> {
    let Some(key) = &party.function else {
        let met = met?;
        return Some(CallHierarchyItem {
            name: party.name.clone(),
            kind: SymbolKind::EVENT,
            tags: None,
            detail: Some(format!("{} · no code in this workspace", party.detail)),
            uri: met.uri.clone(),
            range: met.range,
            selection_range: met.selection_range,
            data: None,
        });
    };
    let function = snapshot.index.function(key)?;
    Some(CallHierarchyItem {
        name: party.name.clone(),
        kind: to_proto::symbol_kind(function),
        tags: None,
        detail: Some(party.detail.clone()),
        uri: session.uri(&key.file)?,
        range: to_proto::function_range(session, snapshot, function),
        selection_range: to_proto::name_range(session, snapshot, function),
        data: serde_json::to_value(Data {
            file: key.file.to_string(),
            path: key.path.to_string(),
            nth: key.nth,
        })
        .ok(),
    })
}

/// The function that an item stands for; `None` for code that is elsewhere.
fn function(item: &CallHierarchyItem) -> Option<FunctionKey> {
    let data: Data = serde_json::from_value(item.data.clone()?).ok()?;
    Some(FunctionKey { file: data.file.into(), path: data.path.into(), nth: data.nth })
}

fn ranges(session: &Session, snapshot: &Snapshot, file: &str, call: &Call) -> Vec<Range> {
    call.sites.iter().map(|site| to_proto::point(session, snapshot, file, *site)).collect()
}
