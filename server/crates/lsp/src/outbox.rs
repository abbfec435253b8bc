//! Everything that goes to the client unasked. Requests live in tasks of their own from beginning to end: awaiting one in
//! a handler can wedge the server, and dropping one makes tower-lsp panic when the answer comes.

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tower_lsp::{
    Client,
    jsonrpc::{Error, ErrorCode},
    lsp_types::{
        ConfigurationItem, Diagnostic, DidChangeWatchedFilesRegistrationOptions, FileSystemWatcher,
        GlobPattern, MessageType, Registration, ShowDocumentParams, Url,
    },
};

use crate::{
    capabilities::Features,
    event::{Event, Refresh},
    ext,
};

/// The section of the client's settings that is ours.
pub(crate) const SECTION: &str = "spanglass";

/// Sends without ever waiting. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Outbox {
    queue: UnboundedSender<Outgoing>,
}

#[derive(Debug)]
enum Outgoing {
    Refresh(Refresh),
    PullSettings,
    Register(Vec<Registration>),
    ShowPage(Url),
    Message(MessageType, String),
    Diagnostics(Url, Vec<Diagnostic>, Option<i32>),
    Status(Box<ext::Status>),
}

impl Outbox {
    /// Starts the task that owns `client`. What the client answers comes back as events.
    pub(crate) fn start(client: Client, events: UnboundedSender<Event>) -> Outbox {
        let (queue, outgoing) = unbounded_channel();
        tokio::spawn(send_all(client, events, outgoing));
        Outbox { queue }
    }

    /// Asks the client to ask again. The answer comes as [`Event::Refreshed`].
    pub(crate) fn refresh(&self, kind: Refresh) {
        self.send(Outgoing::Refresh(kind));
    }

    /// Asks for the client's settings. The answer comes as [`Event::SettingsPulled`].
    pub(crate) fn pull_settings(&self) {
        self.send(Outgoing::PullSettings);
    }

    /// Registers for what the client only reports when asked to.
    pub(crate) fn register(&self, features: &Features) {
        let registrations = registrations(features);
        if !registrations.is_empty() {
            self.send(Outgoing::Register(registrations));
        }
    }

    /// Opens a page in the browser; where that does not work, shows its address.
    pub(crate) fn show_page(&self, page: Url) {
        self.send(Outgoing::ShowPage(page));
    }

    /// Shows a message.
    pub(crate) fn message(&self, kind: MessageType, text: String) {
        self.send(Outgoing::Message(kind, text));
    }

    /// Replaces the remarks on a document, `version` of which they are about.
    pub(crate) fn publish(&self, uri: Url, diagnostics: Vec<Diagnostic>, version: Option<i32>) {
        self.send(Outgoing::Diagnostics(uri, diagnostics, version));
    }

    /// Sends `spanglass/status`.
    pub(crate) fn status(&self, status: ext::Status) {
        self.send(Outgoing::Status(Box::new(status)));
    }

    fn send(&self, outgoing: Outgoing) {
        // Nobody listens any more: the session is ending.
        drop(self.queue.send(outgoing));
    }
}

async fn send_all(client: Client, events: UnboundedSender<Event>, mut outgoing: UnboundedReceiver<Outgoing>) {
    while let Some(outgoing) = outgoing.recv().await {
        match outgoing {
            Outgoing::Refresh(kind) => drop(tokio::spawn(refresh(client.clone(), kind, events.clone()))),
            Outgoing::PullSettings => drop(tokio::spawn(pull_settings(client.clone(), events.clone()))),
            Outgoing::Register(registrations) => drop(tokio::spawn(register(client.clone(), registrations))),
            Outgoing::ShowPage(page) => drop(tokio::spawn(show_page(client.clone(), page))),
            // Notifications are awaited here, one after the other: that is their order, and writing never waits.
            Outgoing::Message(kind, text) => client.show_message(kind, text).await,
            Outgoing::Diagnostics(uri, diagnostics, version) => {
                client.publish_diagnostics(uri, diagnostics, version).await;
            }
            Outgoing::Status(status) => client.send_notification::<ext::StatusNotification>(*status).await,
        }
    }
}

async fn refresh(client: Client, kind: Refresh, events: UnboundedSender<Event>) {
    let answer = match kind {
        Refresh::Lenses => client.code_lens_refresh().await,
        Refresh::Hints => client.inlay_hint_refresh().await,
        Refresh::Diagnostics => client.workspace_diagnostic_refresh().await,
    };
    if let Err(error) = &answer {
        tracing::info!(?kind, %error, "the client does not refresh");
    }
    let is_refused = answer.is_err_and(|error| is_refusal(&error));
    drop(events.send(Event::Refreshed { kind, is_refused }));
}

/// Whether an error means that asking again is no use. An answer that is not the `null` it should be is none, and
/// neither is one that came at a bad moment.
fn is_refusal(error: &Error) -> bool {
    !matches!(error.code, ErrorCode::ParseError | ErrorCode::RequestCancelled | ErrorCode::ContentModified)
}

async fn pull_settings(client: Client, events: UnboundedSender<Event>) {
    let item = ConfigurationItem { scope_uri: None, section: Some(SECTION.to_owned()) };
    match client.configuration(vec![item]).await {
        Ok(mut settings) => {
            if let Some(settings) = settings.pop().filter(|settings| settings.is_object()) {
                drop(events.send(Event::SettingsPulled(settings)));
            }
        }
        Err(error) => tracing::info!(%error, "the client does not tell its settings"),
    }
}

async fn register(client: Client, registrations: Vec<Registration>) {
    if let Err(error) = client.register_capability(registrations).await {
        tracing::info!(%error, "the client does not take registrations");
    }
}

async fn show_page(client: Client, page: Url) {
    let params =
        ShowDocumentParams { uri: page.clone(), external: Some(true), take_focus: None, selection: None };
    if !client.show_document(params).await.unwrap_or_default() {
        client.show_message(MessageType::INFO, format!("The trace is at {page}")).await;
    }
}

fn registrations(features: &Features) -> Vec<Registration> {
    let registration = |method: &str, options: Option<serde_json::Value>| Registration {
        id: format!("{SECTION}:{method}"),
        method: method.to_owned(),
        register_options: options,
    };
    let mut registrations = Vec::new();
    if features.register_settings {
        let options = serde_json::json!({ "section": SECTION });
        registrations.push(registration("workspace/didChangeConfiguration", Some(options)));
    }
    if features.register_files {
        let watcher =
            |glob: &str| FileSystemWatcher { glob_pattern: GlobPattern::String(glob.to_owned()), kind: None };
        let options = DidChangeWatchedFilesRegistrationOptions {
            watchers: [
                format!("**/*.{{{}}}", source::Language::ENDINGS.join(",")),
                "**/spanglass.toml".to_owned(),
            ]
            .into_iter()
            .chain(source::manifest_globs())
            .map(|glob| watcher(&glob))
            .collect(),
        };
        registrations
            .push(registration("workspace/didChangeWatchedFiles", serde_json::to_value(options).ok()));
    }
    registrations
}
