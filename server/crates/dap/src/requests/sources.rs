//! Files of the trace, and documents of spans that have none.

use dap_types::{
    requests::SourceArguments,
    responses::{LoadedSourcesResponse, SourceResponse},
};

use crate::{
    client::Client,
    player::{Player, file_source},
    reply::{Answer, Reply},
    wire::Failure,
};

/// The text of a generated document. Files are the client's to read.
pub(crate) fn source(player: &Player, arguments: &SourceArguments) -> Answer {
    let inner = arguments.source.as_ref().and_then(|source| source.source_reference).map(i64::from);
    let number = inner.filter(|number| *number > 0).unwrap_or(arguments.source_reference);
    let span = number.checked_sub(1).and_then(|span| u32::try_from(span).ok());
    let span = span.filter(|span| (*span as usize) < player.recording().span_count());
    if let Some(span) = span {
        let content = player.recording().document(span);
        return Ok(Reply::body(SourceResponse { content, mime_type: Some("text/markdown".to_owned()) }));
    }
    Err(Failure::quiet(format!("there is no generated document {number}")))
}

/// The files that the trace ran through: editors let people run to a line of these.
pub(crate) fn loaded_sources(player: &Player, client: &Client) -> Reply {
    let paths = player.recording().files().into_iter().filter_map(|file| player.paths.path(&file));
    let sources = paths.map(|path| file_source(client, &path)).collect();
    Reply::body(LoadedSourcesResponse { sources })
}
