//! A small server to talk to: the real `lsp::serve` over a world in memory, with hooks that can be told to be slow or
//! to panic.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use lsp::{Cancellation, Hooks, Settings, SourceState, Start};
use model::{SmolStr, Timestamp, TraceId};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
};
use world::{Effects, Handle, Snapshot, World};

/// Keys are paths relative to the folder that the client opened.
#[derive(Debug, Default)]
pub struct TestHooks {
    root: Mutex<Option<PathBuf>>,
    /// Steps of 8 ms that a report takes.
    slow_steps: AtomicU32,
    /// What was told by hooks, for tests in the same process.
    pub told: Mutex<Vec<String>>,
    /// What the person should know.
    pub notices: Mutex<Vec<String>>,
}

/// Serves until the client is gone; answers with the exit code.
pub async fn serve(
    stdin: impl AsyncRead + Unpin + Send + 'static,
    stdout: impl AsyncWrite + Unpin + Send + 'static,
    hooks: Arc<TestHooks>,
) -> i32 {
    let clock = Arc::new(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(since.as_nanos() as u64)
    });
    let (world, effects) = start_world(clock);
    lsp::serve(stdin, stdout, world, effects, hooks).await
}

/// An empty world and what it says.
pub fn start_world(clock: world::Clock) -> (Handle, UnboundedReceiver<Effects>) {
    let (sender, effects) = unbounded_channel();
    let world = world::start(World::new(world::Settings::default()), clock, move |effects| {
        drop(sender.send(effects));
    });
    (world, effects)
}

impl TestHooks {
    fn tell(&self, what: String) {
        self.told.lock().unwrap().push(what);
    }
}

impl Hooks for TestHooks {
    fn start(&self, start: Start) -> Settings {
        self.tell(format!("start in {:?}, trusted {:?}", start.folders, start.is_trusted));
        *self.root.lock().unwrap() = start.folders.into_iter().next();
        start.settings.map_or_else(Settings::default, |settings| self.settings_changed(settings))
    }

    /// `{"steps": 100}` makes reports slow, `{"panic": true}` panics at once.
    fn settings_changed(&self, settings: serde_json::Value) -> Settings {
        self.tell(format!("settings {settings}"));
        assert_ne!(settings["panic"], true, "a panic that was asked for");
        self.slow_steps.store(settings["steps"].as_u64().unwrap_or_default() as u32, Relaxed);
        Settings {
            lenses: settings["lenses"] != false,
            hints: settings["hints"] != false,
            ..Settings::default()
        }
    }

    fn folders_changed(&self, added: Vec<PathBuf>, removed: Vec<PathBuf>) {
        self.tell(format!("folders +{added:?} -{removed:?}"));
    }

    fn files_changed(&self, paths: Vec<PathBuf>) {
        self.tell(format!("files {paths:?}"));
    }

    fn key_of_path(&self, path: &Path) -> Option<SmolStr> {
        let root = self.root.lock().unwrap();
        let relative = root.as_ref().and_then(|root| path.strip_prefix(root).ok()).unwrap_or(path);
        Some(relative.to_str()?.into())
    }

    fn path_of_key(&self, key: &str) -> Option<PathBuf> {
        let root = self.root.lock().unwrap();
        Some(root.as_ref().map_or_else(|| PathBuf::from(key), |root| root.join(key)))
    }

    fn page_url(&self, trace_id: TraceId) -> Option<String> {
        Some(format!("http://127.0.0.1:4319/trace/{trace_id}"))
    }

    fn source(&self) -> SourceState {
        SourceState { label: "hosting 127.0.0.1:4318".into(), problem: None, page: None }
    }

    fn notices(&self, _: &Snapshot) -> Vec<String> {
        self.notices.lock().unwrap().clone()
    }

    fn rule(&self, ruling: &lsp::Ruling) -> Result<(), String> {
        let verb = if ruling.is_pin { "pin" } else { "reject" };
        self.tell(format!("{verb} {} {} {}", ruling.subject.service, ruling.subject.name, ruling.function));
        Ok(())
    }

    /// Versions and texts of open documents, after as many steps as were asked for.
    fn report(&self, snapshot: &Snapshot, cancellation: &Cancellation) -> String {
        let steps = self.slow_steps.load(Relaxed);
        assert_ne!(steps, 666, "a panic that was asked for");
        for step in 0..steps {
            if cancellation.is_cancelled() {
                self.tell(format!("report cancelled at step {step}"));
                return String::new();
            }
            std::thread::sleep(Duration::from_millis(8));
        }
        let mut documents: Vec<String> = snapshot
            .documents
            .iter()
            .map(|(key, (version, document))| format!("{key} {version} {}", document.text))
            .collect();
        documents.sort();
        documents.join("\n")
    }
}
