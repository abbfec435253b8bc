//! tower-lsp's face: every method turns its message into an event before anything is awaited, so that events stand in
//! the queue in the order in which the client sent the messages.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::sync::{mpsc::UnboundedSender, oneshot};
use tower_lsp::{
    LanguageServer, async_trait,
    jsonrpc::{Error, Result},
    lsp_types::{
        CallHierarchyIncomingCall, CallHierarchyIncomingCallsParams, CallHierarchyItem,
        CallHierarchyOutgoingCall, CallHierarchyOutgoingCallsParams, CallHierarchyPrepareParams,
        CodeActionParams, CodeActionResponse, CodeLens, CodeLensParams, DidChangeConfigurationParams,
        DidChangeTextDocumentParams, DidChangeWatchedFilesParams, DidChangeWorkspaceFoldersParams,
        DidCloseTextDocumentParams, DidOpenTextDocumentParams, DidSaveTextDocumentParams,
        DocumentDiagnosticParams, DocumentDiagnosticReportResult, DocumentLink, DocumentLinkParams,
        ExecuteCommandParams, GotoDefinitionParams, GotoDefinitionResponse, Hover, HoverParams,
        InitializeParams, InitializeResult, InitializedParams, InlayHint, InlayHintParams, SymbolInformation,
        WorkspaceSymbolParams,
        request::{GotoImplementationParams, GotoImplementationResponse},
    },
};

use crate::{
    event::{Event, Query, Reply},
    ext,
};

/// Holds no state but the end of a queue.
#[derive(Debug)]
pub(crate) struct Backend {
    /// To the loop.
    pub(crate) events: UnboundedSender<Event>,
    /// Set by `shutdown`: the exit code is 0 only then.
    pub(crate) is_shut_down: Arc<AtomicBool>,
}

impl Backend {
    /// `spanglass/traces`
    pub(crate) async fn traces(&self, params: ext::TracesParams) -> Result<ext::TracesResult> {
        self.ask(|reply| Query::Traces(params, reply)).await
    }

    /// `spanglass/trace`
    pub(crate) async fn trace(&self, params: ext::TraceParams) -> Result<ext::TraceResult> {
        self.ask(|reply| Query::Trace(params, reply)).await
    }

    /// `spanglass/status`
    pub(crate) async fn status(&self, _: ext::StatusParams) -> Result<ext::Status> {
        self.ask(Query::Status).await
    }

    fn tell(&self, event: Event) {
        // Nobody listens any more: the session is ending.
        drop(self.events.send(event));
    }

    async fn ask<T>(&self, query: impl FnOnce(Reply<T>) -> Query) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        self.tell(Event::Asked(query(reply)));
        answer.await.unwrap_or_else(|_| Err(Error::internal_error()))
    }
}

#[async_trait]
impl LanguageServer for Backend {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let (reply, answer) = oneshot::channel();
        self.tell(Event::Initialize(Box::new(params), reply));
        answer.await.unwrap_or_else(|_| Err(Error::internal_error()))
    }

    async fn initialized(&self, _: InitializedParams) {
        self.tell(Event::Initialized);
    }

    async fn shutdown(&self) -> Result<()> {
        self.is_shut_down.store(true, Ordering::Relaxed);
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        self.tell(Event::Opened(params));
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        self.tell(Event::Changed(params));
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        self.tell(Event::Closed(params));
    }

    async fn did_save(&self, _: DidSaveTextDocumentParams) {
        // Not asked for, but sent by some clients: the text is known already.
    }

    async fn did_change_configuration(&self, params: DidChangeConfigurationParams) {
        self.tell(Event::SettingsSent(params.settings));
    }

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        self.tell(Event::FoldersChanged(params));
    }

    async fn did_change_watched_files(&self, params: DidChangeWatchedFilesParams) {
        self.tell(Event::FilesChanged(params));
    }

    async fn code_lens(&self, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
        self.ask(|reply| Query::CodeLens(params, reply)).await
    }

    async fn diagnostic(&self, params: DocumentDiagnosticParams) -> Result<DocumentDiagnosticReportResult> {
        self.ask(|reply| Query::Diagnostics(params, reply)).await
    }

    async fn inlay_hint(&self, params: InlayHintParams) -> Result<Option<Vec<InlayHint>>> {
        self.ask(|reply| Query::InlayHint(params, reply)).await
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        self.ask(|reply| Query::CodeAction(Box::new(params), reply)).await
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        self.ask(|reply| Query::Hover(params, reply)).await
    }

    async fn prepare_call_hierarchy(
        &self,
        params: CallHierarchyPrepareParams,
    ) -> Result<Option<Vec<CallHierarchyItem>>> {
        self.ask(|reply| Query::PrepareCallHierarchy(params, reply)).await
    }

    async fn incoming_calls(
        &self,
        params: CallHierarchyIncomingCallsParams,
    ) -> Result<Option<Vec<CallHierarchyIncomingCall>>> {
        self.ask(|reply| Query::IncomingCalls(Box::new(params.item), reply)).await
    }

    async fn outgoing_calls(
        &self,
        params: CallHierarchyOutgoingCallsParams,
    ) -> Result<Option<Vec<CallHierarchyOutgoingCall>>> {
        self.ask(|reply| Query::OutgoingCalls(Box::new(params.item), reply)).await
    }

    async fn symbol(&self, params: WorkspaceSymbolParams) -> Result<Option<Vec<SymbolInformation>>> {
        self.ask(|reply| Query::Symbols(params, reply)).await
    }

    async fn document_link(&self, params: DocumentLinkParams) -> Result<Option<Vec<DocumentLink>>> {
        self.ask(|reply| Query::DocumentLinks(params, reply)).await
    }

    async fn goto_implementation(
        &self,
        params: GotoImplementationParams,
    ) -> Result<Option<GotoImplementationResponse>> {
        self.ask(|reply| Query::Implementation(params.text_document_position_params, reply)).await
    }

    async fn goto_definition(&self, params: GotoDefinitionParams) -> Result<Option<GotoDefinitionResponse>> {
        self.ask(|reply| Query::Definition(params.text_document_position_params, reply)).await
    }

    async fn execute_command(&self, params: ExecuteCommandParams) -> Result<Option<serde_json::Value>> {
        self.ask(|reply| Query::ExecuteCommand(params, reply)).await
    }
}
