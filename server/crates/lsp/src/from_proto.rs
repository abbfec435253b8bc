//! From LSP's shapes to ours.

use std::path::PathBuf;

use model::{LinePosition, SmolStr, SpanKind};
use source::Document;
use tower_lsp::lsp_types::{
    InitializeParams, Position, Range, TextDocumentContentChangeEvent, Url, WorkspaceFolder,
};
use world::EditorEdit;

use crate::hooks::Hooks;

/// The index's key of a document; `None` for untitled, virtual and notebook documents, which have no file.
pub(crate) fn key(uri: &Url, hooks: &dyn Hooks) -> Option<SmolStr> {
    hooks.key_of_path(&path(uri)?)
}

/// The file of a document; `None` for what has none.
pub(crate) fn path(uri: &Url) -> Option<PathBuf> {
    if uri.scheme() != "file" {
        return None;
    }
    uri.to_file_path().ok()
}

/// The folders that are open, by the newest way in which the client said so.
pub(crate) fn folders(params: &InitializeParams) -> Vec<PathBuf> {
    #[allow(deprecated, reason = "clients that know no workspace folders send a root only")]
    let root = params.root_uri.as_ref();
    match &params.workspace_folders {
        Some(folders) if !folders.is_empty() => paths(folders),
        _ => root.and_then(path).into_iter().collect(),
    }
}

/// Those of `folders` that are on disk.
pub(crate) fn paths(folders: &[WorkspaceFolder]) -> Vec<PathBuf> {
    folders.iter().filter_map(|folder| path(&folder.uri)).collect()
}

/// A kind of span by its name, in any case.
pub(crate) fn span_kind(name: &str) -> Option<SpanKind> {
    let kinds =
        [SpanKind::Internal, SpanKind::Server, SpanKind::Client, SpanKind::Producer, SpanKind::Consumer];
    kinds.into_iter().find(|kind| kind.to_string().eq_ignore_ascii_case(name))
}

/// A position in the client's encoding.
pub(crate) fn position(position: Position) -> LinePosition {
    LinePosition { line: position.line, column: position.character }
}

/// The byte offset of `at` in the text of `document`, clamped to it.
pub(crate) fn offset(document: &Document, at: Position, encoding: model::PositionEncoding) -> u32 {
    document.lines.offset(&document.text, position(at), encoding)
}

/// The edits of one notification, in order.
pub(crate) fn edits(changes: Vec<TextDocumentContentChangeEvent>) -> Vec<EditorEdit> {
    let range = |range: Range| (position(range.start), position(range.end));
    changes
        .into_iter()
        .map(|change| EditorEdit { range: change.range.map(range), text: change.text })
        .collect()
}
