//! What a client can do, each capability read once into a named field, and what we announce in return.

use model::PositionEncoding;
use tower_lsp::lsp_types::{
    CallHierarchyServerCapability, ClientCapabilities, CodeActionOptions, CodeActionProviderCapability,
    CodeLensOptions, DiagnosticOptions, DiagnosticServerCapabilities, DocumentLinkOptions,
    ExecuteCommandOptions, HoverProviderCapability, ImplementationProviderCapability, InitializeParams,
    MarkupKind, OneOf, PositionEncodingKind, ServerCapabilities, TextDocumentSyncCapability,
    TextDocumentSyncKind, TextDocumentSyncOptions, WorkDoneProgressOptions,
    WorkspaceFoldersServerCapabilities, WorkspaceServerCapabilities,
};

use crate::{
    ext::{EXPLAIN, InitializationOptions, OPEN_TRACE, PIN, REJECT, REPLAY, SHOW_TRACES},
    requests::code_action,
};

/// What the client can do. The default is a client that can do nothing beyond the basics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Features {
    /// What its columns count.
    pub(crate) encoding: PositionEncoding,
    /// It asks again for lenses when told to.
    pub(crate) lens_refresh: bool,
    /// It asks again for inlay hints when told to.
    pub(crate) hint_refresh: bool,
    /// It asks for diagnostics, and again when told to; to others they are pushed.
    pub(crate) pulls_diagnostics: bool,
    /// It shows what is related to a diagnostic.
    pub(crate) related_information: bool,
    /// It renders Markdown in hovers.
    pub(crate) markdown: bool,
    /// It opens a browser when asked to.
    pub(crate) show_document: bool,
    /// It answers questions for its settings.
    pub(crate) pull_settings: bool,
    /// It takes registrations for changes of settings.
    pub(crate) register_settings: bool,
    /// It takes registrations for changes of files on disk.
    pub(crate) register_files: bool,
    /// It starts replays.
    pub(crate) replays: bool,
    /// It lists traces.
    pub(crate) lists_traces: bool,
    /// It knows our notifications: others would log an unknown method.
    pub(crate) knows_us: bool,
}

impl Features {
    /// Reads what the client said.
    pub(crate) fn of(params: &InitializeParams, options: &InitializationOptions) -> Features {
        let ClientCapabilities { workspace, text_document, window, general, .. } =
            params.capabilities.clone();
        let (workspace, text_document) = (workspace.unwrap_or_default(), text_document.unwrap_or_default());
        let formats = text_document.hover.and_then(|hover| hover.content_format).unwrap_or_default();
        let has_command =
            |name: &str| options.client_commands.iter().flatten().any(|command| command == name);
        let encodings = general.and_then(|general| general.position_encodings).unwrap_or_default();
        let registers = |dynamic: Option<bool>| dynamic.unwrap_or_default();
        Features {
            encoding: encodings.iter().find_map(encoding_of).unwrap_or_default(),
            lens_refresh: workspace.code_lens.and_then(|it| it.refresh_support).unwrap_or_default(),
            hint_refresh: workspace.inlay_hint.and_then(|it| it.refresh_support).unwrap_or_default(),
            pulls_diagnostics: text_document.diagnostic.is_some()
                && workspace.diagnostic.and_then(|it| it.refresh_support).unwrap_or_default(),
            related_information: text_document
                .publish_diagnostics
                .and_then(|it| it.related_information)
                .unwrap_or_default(),
            // Formats are listed in the client's order of preference.
            markdown: formats.first() == Some(&MarkupKind::Markdown),
            show_document: window.and_then(|it| it.show_document).is_some_and(|it| it.support),
            pull_settings: workspace.configuration.unwrap_or_default(),
            register_settings: registers(
                workspace.did_change_configuration.and_then(|it| it.dynamic_registration),
            ),
            register_files: registers(
                workspace.did_change_watched_files.and_then(|it| it.dynamic_registration),
            ),
            replays: has_command(REPLAY),
            lists_traces: has_command(SHOW_TRACES),
            knows_us: options.client_commands.is_some(),
        }
    }
}

/// Everything that is announced is answered; a test holds it.
pub(crate) fn server_capabilities(features: &Features) -> ServerCapabilities {
    ServerCapabilities {
        position_encoding: Some(kind_of(features.encoding)),
        text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            ..TextDocumentSyncOptions::default()
        })),
        code_lens_provider: Some(CodeLensOptions { resolve_provider: Some(false) }),
        inlay_hint_provider: Some(OneOf::Left(true)),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![code_action::KIND]),
            ..CodeActionOptions::default()
        })),
        call_hierarchy_provider: Some(CallHierarchyServerCapability::Simple(true)),
        definition_provider: Some(OneOf::Left(true)),
        diagnostic_provider: features.pulls_diagnostics.then(|| {
            DiagnosticServerCapabilities::Options(DiagnosticOptions {
                identifier: Some("spanglass".into()),
                // What is thrown in one file is caught, and counted, in another.
                inter_file_dependencies: true,
                ..DiagnosticOptions::default()
            })
        }),
        document_link_provider: Some(DocumentLinkOptions {
            resolve_provider: Some(false),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        }),
        implementation_provider: Some(ImplementationProviderCapability::Simple(true)),
        workspace_symbol_provider: Some(OneOf::Left(true)),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        execute_command_provider: Some(ExecuteCommandOptions {
            commands: [OPEN_TRACE, EXPLAIN, PIN, REJECT].map(str::to_owned).to_vec(),
            ..ExecuteCommandOptions::default()
        }),
        workspace: Some(WorkspaceServerCapabilities {
            workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(OneOf::Left(true)),
            }),
            file_operations: None,
        }),
        ..ServerCapabilities::default()
    }
}

fn encoding_of(kind: &PositionEncodingKind) -> Option<PositionEncoding> {
    [PositionEncoding::Utf8, PositionEncoding::Utf16, PositionEncoding::Utf32]
        .into_iter()
        .find(|encoding| kind_of(*encoding) == *kind)
}

fn kind_of(encoding: PositionEncoding) -> PositionEncodingKind {
    match encoding {
        PositionEncoding::Utf8 => PositionEncodingKind::UTF8,
        PositionEncoding::Utf16 => PositionEncodingKind::UTF16,
        PositionEncoding::Utf32 => PositionEncodingKind::UTF32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(params: serde_json::Value, options: serde_json::Value) -> Features {
        let params = serde_json::from_value(params).unwrap();
        Features::of(&params, &serde_json::from_value(options).unwrap())
    }

    #[test]
    fn a_client_that_says_nothing_gets_the_basics() {
        let plain = features(serde_json::json!({"capabilities": {}}), serde_json::json!({}));
        assert_eq!(plain, Features::default());
        assert_eq!(server_capabilities(&plain).position_encoding, Some(PositionEncodingKind::UTF16));
    }

    #[test]
    fn the_clients_first_known_encoding_wins() {
        let with = |encodings: &[&str]| {
            let general = serde_json::json!({"positionEncodings": encodings});
            features(serde_json::json!({"capabilities": {"general": general}}), serde_json::json!({}))
                .encoding
        };
        assert_eq!(with(&["utf-8", "utf-16"]), PositionEncoding::Utf8);
        assert_eq!(with(&["utf-7", "utf-32", "utf-8"]), PositionEncoding::Utf32);
        assert_eq!(with(&["utf-7"]), PositionEncoding::Utf16);
    }

    #[test]
    fn commands_make_a_client_one_of_ours() {
        let ours = features(
            serde_json::json!({"capabilities": {"workspace": {"codeLens": {"refreshSupport": true}}}}),
            serde_json::json!({"clientCommands": ["spanglass.replay"], "unknown": 1}),
        );
        assert!(ours.replays && ours.knows_us && ours.lens_refresh);
        assert!(!ours.lists_traces && !ours.hint_refresh);
    }
}
