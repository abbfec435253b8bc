//! The loop that owns all state of a session and takes one event at a time, in the order in which they came.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::sync::{
    Semaphore,
    mpsc::{UnboundedReceiver, UnboundedSender},
};
use tower_lsp::{
    jsonrpc,
    lsp_types::{InitializeParams, InitializeResult, MessageType, ServerInfo},
};
use world::{Change, Effects, Handle, Snapshot};

use crate::{
    capabilities::{Features, server_capabilities},
    documents::Documents,
    event::{Event, Query, Refresh, Reply},
    ext::{self, InitializationOptions},
    from_proto,
    guard::panic_words,
    hooks::{Cancellation, Hooks, Settings, Start},
    outbox::{Outbox, SECTION},
    parent,
    refresh::Pace,
    requests,
    session::Session,
    stop::Stop,
};

/// Answers worked on at once. More wait in order; what a client cancels meanwhile is never begun.
const AT_WORK: usize = 16;
/// Messages about problems shown at once.
const MAX_NOTICES: usize = 3;
/// Between two notifications of the status.
const STATUS_INTERVAL: Duration = Duration::from_secs(1);

/// All state of a session.
pub(crate) struct MainLoop {
    world: Handle,
    hooks: Arc<dyn Hooks>,
    outbox: Outbox,
    events: UnboundedSender<Event>,
    stop: Stop,
    features: Arc<Features>,
    settings: Settings,
    documents: Documents,
    pace: Pace,
    status: StatusPace,
    at_work: Arc<Semaphore>,
    /// What the person was told last.
    noticed: Vec<String>,
    /// The client answered `initialize` with `initialized`: it may be sent requests now.
    is_initialized: bool,
}

/// When the status is looked at, and what was last said.
#[derive(Debug)]
struct StatusPace {
    is_dirty: bool,
    is_looking: bool,
    /// Not before this time.
    next_look: Instant,
    last_sent: Option<ext::Status>,
}

impl MainLoop {
    /// A session that has not begun.
    pub(crate) fn new(
        world: Handle,
        hooks: Arc<dyn Hooks>,
        outbox: Outbox,
        events: UnboundedSender<Event>,
        stop: Stop,
    ) -> MainLoop {
        MainLoop {
            world,
            hooks,
            outbox,
            events,
            stop,
            features: Arc::default(),
            settings: Settings::default(),
            documents: Documents::default(),
            pace: Pace::new(),
            status: StatusPace {
                is_dirty: false,
                is_looking: false,
                next_look: Instant::now(),
                last_sent: None,
            },
            at_work: Arc::new(Semaphore::new(AT_WORK)),
            noticed: Vec::new(),
            is_initialized: false,
        }
    }

    /// Runs until the task is aborted or the queue ends.
    pub(crate) async fn run(
        mut self,
        mut queue: UnboundedReceiver<Event>,
        mut effects: UnboundedReceiver<Effects>,
    ) {
        let mut has_effects = true;
        loop {
            let due = self.due().map(tokio::time::Instant::from_std);
            let sleep = async {
                match due {
                    Some(due) => tokio::time::sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                event = queue.recv() => match event {
                    Some(event) => self.contained(|state| state.take(event)),
                    None => return,
                },
                next = effects.recv(), if has_effects => match next {
                    Some(mut merged) => {
                        while let Ok(more) = effects.try_recv() {
                            merged.merge(more);
                        }
                        self.contained(|state| state.affected(&merged));
                    }
                    None => has_effects = false,
                },
                () = sleep => self.contained(MainLoop::look_if_due),
            }
        }
    }

    /// A panic costs the event that caused it and nothing else.
    fn contained(&mut self, step: impl FnOnce(&mut MainLoop)) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| step(self))) {
            tracing::error!(panic = panic_words(&*panic), "an event panicked");
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Initialize(params, reply) => drop(reply.send(Ok(self.initialize(*params)))),
            Event::Initialized => self.initialized(),
            Event::Opened(params) => self.opened(params.text_document),
            Event::Changed(params) => self.changed(params),
            Event::Closed(params) => self.closed(&params.text_document.uri),
            Event::FoldersChanged(params) => {
                let (added, removed) = (&params.event.added, &params.event.removed);
                self.hooks.folders_changed(from_proto::paths(added), from_proto::paths(removed));
            }
            Event::FilesChanged(params) => {
                let paths =
                    params.changes.iter().filter_map(|change| from_proto::path(&change.uri)).collect();
                self.hooks.files_changed(paths);
            }
            Event::SettingsSent(settings) => self.settings_sent(settings),
            Event::SettingsPulled(settings) => self.settings_changed(settings),
            Event::Asked(query) => self.asked(query),
            Event::Served(key, shown) => self.documents.served(&key, shown),
            Event::Looked(now) => self.looked(now),
            Event::Refreshed { kind, is_refused } => self.refreshed(kind, is_refused),
            Event::Status(status, notices) => {
                self.notice(notices);
                self.status_is(*status);
            }
        }
    }

    fn initialize(&mut self, params: InitializeParams) -> InitializeResult {
        let options = params.initialization_options.clone().unwrap_or_default();
        let options = serde_json::from_value::<InitializationOptions>(options).unwrap_or_default();
        self.features = Arc::new(Features::of(&params, &options));
        let client = params.client_info.as_ref().map(|client| client.name.clone()).unwrap_or_default();
        tracing::info!(client, features = ?self.features, "initialize");
        if let Some(pid) = params.process_id {
            tokio::spawn(parent::watch(pid, self.stop.clone()));
        }
        self.settings = self.hooks.start(Start {
            folders: from_proto::folders(&params),
            settings: options.settings,
            is_trusted: options.trusted,
            client,
        });
        InitializeResult {
            capabilities: server_capabilities(&self.features),
            server_info: Some(ServerInfo {
                name: "spanglass".into(),
                version: Some(env!("CARGO_PKG_VERSION").into()),
            }),
        }
    }

    fn initialized(&mut self) {
        self.is_initialized = true;
        self.outbox.register(&self.features);
        self.status.is_dirty = true;
        self.pace.changed(true, Instant::now());
    }

    fn opened(&mut self, document: tower_lsp::lsp_types::TextDocumentItem) {
        let Some(key) = from_proto::key(&document.uri, &*self.hooks) else { return };
        let is_pushed = !self.features.pulls_diagnostics;
        self.documents.opened(key.clone(), document.uri, is_pushed);
        if is_pushed {
            self.pace.changed(true, Instant::now());
        }
        self.world.send(Change::Opened { path: key, version: document.version, text: document.text });
    }

    fn changed(&mut self, params: tower_lsp::lsp_types::DidChangeTextDocumentParams) {
        let Some(key) = from_proto::key(&params.text_document.uri, &*self.hooks) else { return };
        if !self.documents.is_open(&key) {
            tracing::warn!(%key, "a change of a document that is not open");
            return;
        }
        self.pace.edited(Instant::now());
        self.world.send(Change::Edited {
            path: key,
            version: params.text_document.version,
            edits: from_proto::edits(params.content_changes),
            encoding: self.features.encoding,
        });
    }

    fn closed(&mut self, uri: &tower_lsp::lsp_types::Url) {
        let Some(key) = from_proto::key(uri, &*self.hooks) else { return };
        if self.documents.closed(&key) {
            if !self.features.pulls_diagnostics {
                self.outbox.publish(uri.clone(), Vec::new(), None);
            }
            self.world.send(Change::Closed(key));
        }
    }

    /// Clients either send their settings, or say that something changed and want to be asked.
    fn settings_sent(&mut self, settings: Value) {
        match settings.get(SECTION) {
            Some(settings) if settings.is_object() => self.settings_changed(settings.clone()),
            _ if self.features.pull_settings => self.outbox.pull_settings(),
            _ => (),
        }
    }

    fn settings_changed(&mut self, settings: Value) {
        self.settings = self.hooks.settings_changed(settings);
        self.status.is_dirty = true;
        self.pace.changed(true, Instant::now());
    }

    fn asked(&self, query: Query) {
        let events = self.events.clone();
        match query {
            Query::CodeLens(params, reply) => self.answer(reply, move |session, snapshot, _| {
                requests::code_lens::answer(session, snapshot, &params, &events)
            }),
            Query::Diagnostics(params, reply) => self.answer(reply, move |session, snapshot, _| {
                requests::diagnostic::answer(session, snapshot, &params, &events)
            }),
            Query::InlayHint(params, reply) => self.answer(reply, move |session, snapshot, _| {
                requests::inlay_hint::answer(session, snapshot, &params, &events)
            }),
            Query::ExecuteCommand(params, reply) => {
                let outbox = self.outbox.clone();
                self.answer(reply, move |session, snapshot, cancellation| {
                    requests::execute_command::answer(session, snapshot, params, cancellation, &outbox)
                });
            }
            Query::CodeAction(params, reply) => self.read(reply, *params, requests::code_action::answer),
            Query::Hover(params, reply) => self.read(reply, params, requests::hover::answer),
            Query::PrepareCallHierarchy(params, reply) => {
                self.read(reply, params, requests::call_hierarchy::prepare);
            }
            Query::IncomingCalls(item, reply) => {
                self.read(reply, *item, requests::call_hierarchy::incoming_calls);
            }
            Query::OutgoingCalls(item, reply) => {
                self.read(reply, *item, requests::call_hierarchy::outgoing_calls);
            }
            Query::Symbols(params, reply) => self.read(reply, params, requests::workspace_symbol::answer),
            Query::DocumentLinks(params, reply) => self.read(reply, params, requests::document_link::answer),
            Query::Implementation(at, reply) => self.read(reply, at, requests::served::implementation),
            Query::Definition(at, reply) => self.read(reply, at, requests::served::definition),
            Query::Traces(params, reply) => self.read(reply, params, requests::traces::answer),
            Query::Trace(params, reply) => self.read(reply, params, requests::trace::answer),
            Query::Status(reply) => {
                self.answer(reply, |session, snapshot, _| Ok(requests::status::status(session, snapshot)));
            }
        }
    }

    /// Answers a question that needs nothing but a snapshot.
    fn read<P: Send + 'static, T: Send + 'static>(
        &self,
        reply: Reply<T>,
        params: P,
        work: fn(&Session, &Snapshot, &P) -> jsonrpc::Result<T>,
    ) {
        self.answer(reply, move |session, snapshot, _| work(session, snapshot, &params));
    }

    /// Answers from a snapshot that has seen every edit before the question, on a thread that may take its time. A
    /// panic there becomes an internal error, because the reply is dropped with it.
    fn answer<T: Send + 'static>(
        &self,
        mut reply: Reply<T>,
        work: impl FnOnce(&Session, &Snapshot, &Cancellation) -> jsonrpc::Result<T> + Send + 'static,
    ) {
        // Queued here and now: awaited in the task below it would see edits that come after the question.
        let snapshot = self.world.snapshot();
        let session = self.session();
        let at_work = self.at_work.clone();
        tokio::spawn(async move {
            let (wanted, cancellation) = Cancellation::new();
            let answer = async {
                let snapshot = snapshot.await?;
                let permit = at_work.acquire_owned().await.ok()?;
                let work = move || {
                    let answer = work(&session, &snapshot, &cancellation);
                    drop(permit);
                    answer
                };
                tokio::task::spawn_blocking(work).await.ok()
            };
            let answer = tokio::select! {
                biased;
                () = reply.closed() => None,
                answer = answer => answer,
            };
            drop(wanted);
            if let Some(answer) = answer {
                drop(reply.send(answer));
            }
        });
    }

    fn session(&self) -> Session {
        Session {
            features: self.features.clone(),
            settings: self.settings,
            hooks: self.hooks.clone(),
            uris: self.documents.uris(),
        }
    }

    fn affected(&mut self, effects: &Effects) {
        self.status.is_dirty = true;
        if effects.figures || effects.first || !effects.files.is_empty() {
            self.pace.changed(effects.first, Instant::now());
        }
    }

    fn due(&self) -> Option<Instant> {
        if !self.is_initialized {
            return None;
        }
        [self.pace.due(), self.status.due()].into_iter().flatten().min()
    }

    fn look_if_due(&mut self) {
        let now = Instant::now();
        if self.pace.due().is_some_and(|due| due <= now) {
            self.pace.check_started(now);
            self.look();
        }
        if self.status.due().is_some_and(|due| due <= now) {
            self.status.is_dirty = false;
            self.status.is_looking = true;
            self.status.next_look = now + STATUS_INTERVAL;
            self.look_at_status();
        }
    }

    /// Computes what would be shown now of every document of which something is shown.
    fn look(&mut self) {
        let shown = self.documents.shown();
        if shown.is_empty() {
            self.pace.check_ended(0, Instant::now());
            return;
        }
        let (snapshot, session, events) = (self.world.snapshot(), self.session(), self.events.clone());
        tokio::spawn(async move {
            let look = |snapshot| move || requests::shown_now(&session, &snapshot, shown);
            let now = match snapshot.await {
                Some(snapshot) => tokio::task::spawn_blocking(look(snapshot)).await.unwrap_or_default(),
                None => Vec::new(),
            };
            drop(events.send(Event::Looked(now)));
        });
    }

    fn looked(&mut self, now: Vec<(model::SmolStr, crate::documents::Shown)>) {
        let stale = self.documents.looked(now);
        let refreshes = [
            (stale.lenses && self.features.lens_refresh, Refresh::Lenses),
            (stale.hints && self.features.hint_refresh, Refresh::Hints),
            (!stale.findings.is_empty() && self.features.pulls_diagnostics, Refresh::Diagnostics),
        ];
        let wanted: Vec<Refresh> =
            refreshes.into_iter().filter(|(is, _)| *is).map(|(_, kind)| kind).collect();
        self.pace.check_ended(wanted.len() as u32, Instant::now());
        wanted.into_iter().for_each(|kind| self.outbox.refresh(kind));
        if !self.features.pulls_diagnostics {
            self.push(stale.findings);
        }
    }

    /// Pushes the remarks on documents to a client that does not ask for them.
    fn push(&self, keys: Vec<model::SmolStr>) {
        if keys.is_empty() {
            return;
        }
        let (snapshot, session, outbox) = (self.world.snapshot(), self.session(), self.outbox.clone());
        tokio::spawn(async move {
            let Some(snapshot) = snapshot.await else { return };
            let work = move || {
                for key in keys {
                    let found = requests::diagnostic::diagnostics(&session, &snapshot, &key);
                    let version = snapshot.documents.get(&key).map(|(version, _)| *version);
                    if let Some(uri) = session.uris.get(&key) {
                        outbox.publish(uri.clone(), found, version);
                    }
                }
            };
            drop(tokio::task::spawn_blocking(work).await);
        });
    }

    fn refreshed(&mut self, kind: Refresh, is_refused: bool) {
        self.pace.answered();
        if is_refused {
            let features = Arc::make_mut(&mut self.features);
            match kind {
                Refresh::Lenses => features.lens_refresh = false,
                Refresh::Hints => features.hint_refresh = false,
                // It still asks by itself when a document changes.
                Refresh::Diagnostics => (),
            }
        }
    }

    fn look_at_status(&mut self) {
        let (snapshot, session, events) = (self.world.snapshot(), self.session(), self.events.clone());
        let last = self.status.last_sent.clone().unwrap_or_default();
        tokio::spawn(async move {
            let look = |snapshot| {
                move || (requests::status::status(&session, &snapshot), session.hooks.notices(&snapshot))
            };
            let (status, notices) = match snapshot.await {
                Some(snapshot) => {
                    let looked = tokio::task::spawn_blocking(look(snapshot)).await;
                    looked.unwrap_or_else(|_| (last, Vec::new()))
                }
                None => (last, Vec::new()),
            };
            drop(events.send(Event::Status(Box::new(status), notices)));
        });
    }

    /// Shows what was not shown before; what was mended is shown again when it comes back.
    fn notice(&mut self, notices: Vec<String>) {
        let new = notices.iter().filter(|notice| !self.noticed.contains(*notice));
        let (shown, rest): (Vec<_>, Vec<_>) = new.enumerate().partition(|(at, _)| *at < MAX_NOTICES);
        for (_, notice) in shown {
            self.outbox.message(MessageType::WARNING, format!("Spanglass: {notice}"));
        }
        if !rest.is_empty() {
            let more = format!("Spanglass: {} more such problems; `spanglass doctor` lists them", rest.len());
            self.outbox.message(MessageType::WARNING, more);
        }
        self.noticed = notices;
    }

    fn status_is(&mut self, status: ext::Status) {
        self.status.is_looking = false;
        if self.features.knows_us && self.status.last_sent.as_ref() != Some(&status) {
            self.status.last_sent = Some(status.clone());
            self.outbox.status(status);
        }
    }
}

impl StatusPace {
    fn due(&self) -> Option<Instant> {
        (self.is_dirty && !self.is_looking).then_some(self.next_look)
    }
}
