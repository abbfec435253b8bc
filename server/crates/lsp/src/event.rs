//! Everything that can happen to the loop, as a closed list.

use model::SmolStr;
use serde_json::Value;
use tokio::sync::oneshot;
use tower_lsp::{
    jsonrpc,
    lsp_types::{
        CallHierarchyIncomingCall, CallHierarchyItem, CallHierarchyOutgoingCall, CallHierarchyPrepareParams,
        CodeActionParams, CodeActionResponse, CodeLens, CodeLensParams, DidChangeTextDocumentParams,
        DidChangeWatchedFilesParams, DidChangeWorkspaceFoldersParams, DidCloseTextDocumentParams,
        DidOpenTextDocumentParams, DocumentDiagnosticParams, DocumentDiagnosticReportResult, DocumentLink,
        DocumentLinkParams, ExecuteCommandParams, GotoDefinitionResponse, Hover, HoverParams,
        InitializeParams, InitializeResult, InlayHint, InlayHintParams, SymbolInformation,
        TextDocumentPositionParams, WorkspaceSymbolParams,
    },
};

use crate::{documents::Shown, ext};

/// Where an answer goes. Dropped without one, the client gets an internal error; closed, the client cancelled.
pub(crate) type Reply<T> = oneshot::Sender<jsonrpc::Result<T>>;

/// Something that happened. Those from the client come in the order in which it sent them.
#[derive(Debug)]
pub(crate) enum Event {
    Initialize(Box<InitializeParams>, Reply<InitializeResult>),
    Initialized,
    Opened(DidOpenTextDocumentParams),
    Changed(DidChangeTextDocumentParams),
    Closed(DidCloseTextDocumentParams),
    FoldersChanged(DidChangeWorkspaceFoldersParams),
    FilesChanged(DidChangeWatchedFilesParams),
    /// `workspace/didChangeConfiguration`, whole.
    SettingsSent(Value),
    Asked(Query),
    /// The client's answer to the question for its settings, without the key around it.
    SettingsPulled(Value),
    /// An answer went out, and this is shown from now on.
    Served(SmolStr, Shown),
    /// What would be shown now of each document of which something is.
    Looked(Vec<(SmolStr, Shown)>),
    /// The client answered a refresh; `is_refused` when it does not know the request.
    Refreshed {
        kind: Refresh,
        is_refused: bool,
    },
    /// The status as it is now, and what a person should be told.
    Status(Box<ext::Status>, Vec<String>),
}

/// A question that is answered from a snapshot.
#[derive(Debug)]
pub(crate) enum Query {
    Diagnostics(DocumentDiagnosticParams, Reply<DocumentDiagnosticReportResult>),
    CodeLens(CodeLensParams, Reply<Option<Vec<CodeLens>>>),
    InlayHint(InlayHintParams, Reply<Option<Vec<InlayHint>>>),
    CodeAction(Box<CodeActionParams>, Reply<Option<CodeActionResponse>>),
    Hover(HoverParams, Reply<Option<Hover>>),
    PrepareCallHierarchy(CallHierarchyPrepareParams, Reply<Option<Vec<CallHierarchyItem>>>),
    IncomingCalls(Box<CallHierarchyItem>, Reply<Option<Vec<CallHierarchyIncomingCall>>>),
    OutgoingCalls(Box<CallHierarchyItem>, Reply<Option<Vec<CallHierarchyOutgoingCall>>>),
    Symbols(WorkspaceSymbolParams, Reply<Option<Vec<SymbolInformation>>>),
    DocumentLinks(DocumentLinkParams, Reply<Option<Vec<DocumentLink>>>),
    Implementation(TextDocumentPositionParams, Reply<Option<GotoDefinitionResponse>>),
    Definition(TextDocumentPositionParams, Reply<Option<GotoDefinitionResponse>>),
    ExecuteCommand(ExecuteCommandParams, Reply<Option<Value>>),
    Traces(ext::TracesParams, Reply<ext::TracesResult>),
    Trace(ext::TraceParams, Reply<ext::TraceResult>),
    Status(Reply<ext::Status>),
}

/// What a client can be told to ask for again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refresh {
    Lenses,
    Hints,
    Diagnostics,
}
