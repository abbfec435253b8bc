//! What the language server needs of its surroundings, and cannot know itself. The binary implements it.

use std::path::{Path, PathBuf};

use attribution::Subject;
use insight::findings::Code;
use model::{SmolStr, TraceId};
use source::FunctionKey;
use tokio::sync::watch;
use world::Snapshot;

/// The door to the process around the language server.
///
/// Unless said otherwise methods are called on the server's one loop: they must return within a millisecond or so and
/// never wait; long work goes elsewhere.
pub trait Hooks: Send + Sync + 'static {
    /// The editor said who it is. Called once, before any document: the time to start reading the folders and to host
    /// the receiver.
    fn start(&self, start: Start) -> Settings;

    /// Settings changed at run time; `settings` is the editor's whole tree, without the key `spanglass` around it.
    fn settings_changed(&self, settings: serde_json::Value) -> Settings;

    /// Folders were added to the workspace or taken from it.
    fn folders_changed(&self, added: Vec<PathBuf>, removed: Vec<PathBuf>);

    /// Files on disk were made, changed or deleted. Open ones may be among them.
    fn files_changed(&self, paths: Vec<PathBuf>);

    /// The index's key of a file, for files outside of any folder too (their absolute path, with `/`); `None` for
    /// what is never read. Called from any thread.
    fn key_of_path(&self, path: &Path) -> Option<SmolStr>;

    /// The file that `key` stands for. Called from any thread.
    fn path_of_key(&self, key: &str) -> Option<PathBuf>;

    /// Address of a trace's page, always `http://127.0.0.1…`, its token included; `None` while no page is served.
    /// Called from any thread.
    fn page_url(&self, trace_id: TraceId) -> Option<String>;

    /// Where spans come from, and what is wrong with it. Called from any thread, about once a second while spans
    /// arrive. When the answer changed without a span having arrived, send an empty [`world::Effects`] as a nudge.
    fn source(&self) -> SourceState;

    /// What the person at the editor should know: what is wrong with the settings, each a sentence. Shown once each.
    /// Called on a thread that may wait, about once a second while something changes.
    fn notices(&self, snapshot: &Snapshot) -> Vec<String>;

    /// Keeps what the person said of a placement, and follows it. Called on a thread that may wait.
    ///
    /// # Errors
    /// One sentence, when it cannot be kept.
    fn rule(&self, ruling: &Ruling) -> Result<(), String>;

    /// Doctor's report as text. Called on a thread that may wait; stop early when `cancellation` says so, the text is
    /// then thrown away.
    fn report(&self, snapshot: &Snapshot, cancellation: &Cancellation) -> String;
}

/// What a person said of a placement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// Whether the spans belong to the function; else they do not.
    pub is_pin: bool,
    /// Which spans.
    pub subject: Subject,
    /// Which function.
    pub function: FunctionKey,
}

/// What an editor says of itself in `initialize`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Start {
    /// The folders that it has open: often one, perhaps none.
    pub folders: Vec<PathBuf>,
    /// The settings that it wants, its whole tree; `None` when it sent none.
    pub settings: Option<serde_json::Value>,
    /// Whether its user trusts the workspace; `None` when it knows no such thing.
    pub is_trusted: Option<bool>,
    /// Its name, for the log.
    pub client: String,
}

/// What the language server shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Figures above functions.
    pub lenses: bool,
    /// Costs at calls, and the figures of functions at their signatures when there are no lenses.
    pub hints: bool,
    /// Everything known of a function or a call under the cursor.
    pub hovers: bool,
    /// Remarks on lines.
    pub diagnostics: Diagnostics,
}

/// Which remarks are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Diagnostics {
    /// On lines that threw.
    pub exception: bool,
    /// On calls made for each of many things.
    pub n_plus_one: bool,
    /// On calls that fail and are made again.
    pub retries: bool,
}

impl Diagnostics {
    /// Whether remarks of this sort are made.
    pub(crate) fn wants(self, code: Code) -> bool {
        match code {
            Code::Exception => self.exception,
            Code::NPlusOne => self.n_plus_one,
            Code::Retries => self.retries,
        }
    }
}

/// Where spans come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceState {
    /// `hosting 127.0.0.1:4318`, `reading through process 4711`, `off: …`.
    pub label: String,
    /// What is wrong and what to do, in one sentence.
    pub problem: Option<String>,
    /// Address of the list of traces, its token included.
    pub page: Option<String>,
}

/// Says whether anybody still wants an answer.
#[derive(Clone, Debug)]
pub struct Cancellation {
    wanted: watch::Receiver<()>,
}

impl Cancellation {
    /// Not cancelled until the second half is dropped.
    pub(crate) fn new() -> (watch::Sender<()>, Cancellation) {
        let (sender, wanted) = watch::channel(());
        (sender, Cancellation { wanted })
    }

    /// Whether the request was cancelled or the editor is gone. Costs a few nanoseconds: ask at every step.
    pub fn is_cancelled(&self) -> bool {
        self.wanted.has_changed().is_err()
    }
}

impl Default for Settings {
    /// Everything on.
    fn default() -> Settings {
        let diagnostics = Diagnostics { exception: true, n_plus_one: true, retries: true };
        Settings { lenses: true, hints: true, hovers: true, diagnostics }
    }
}
