//! `spanglass lsp`: the language server on stdio.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use lsp::{Cancellation, Diagnostics, Hooks, Ruling, Settings, SourceState, Start};
use model::{SmolStr, TraceId};
use source::FunctionKey;
use tokio::{runtime::Handle as Runtime, sync::mpsc};
use world::{Change, Effects, Handle, Snapshot};

use crate::{
    cli,
    commands::{Outcome, doctor, trace},
    config::Config,
    rulings::{self, Spoken, Verb},
    wiring::{self, Bell, Core, Following, Running, state_settings},
    workspace::{self, Roots, Scan},
};

/// Runs the command.
pub(crate) async fn run(config: Config, _flags: &cli::Lsp) -> Outcome {
    let Core { world, effects, nudge, received, bell } = wiring::core(state_settings(&config));
    let hooks = Arc::new(Editor {
        world: world.clone(),
        nudge,
        received,
        bell,
        following: Mutex::new(None),
        runtime: Runtime::current(),
        config: RwLock::new(config),
        roots: RwLock::new(Roots::default()),
        start: RwLock::default(),
        spoken: RwLock::default(),
        scan: Mutex::new(None),
        running: Arc::default(),
    });
    let (folders, changed) = (hooks.clone(), hooks.clone());
    let watch = tokio::spawn(rulings::watch(move || folders.folders(), move || changed.reload()));
    let code = lsp::serve(tokio::io::stdin(), tokio::io::stdout(), world, effects, hooks.clone()).await;
    watch.abort();
    hooks.stop().await;
    Ok(u8::try_from(code).unwrap_or(super::PROBLEM))
}

/// The process around the language server.
struct Editor {
    world: Handle,
    nudge: mpsc::UnboundedSender<Effects>,
    received: tokio::sync::watch::Receiver<u64>,
    bell: Bell,
    /// The reading of revisions and source maps for the folders.
    following: Mutex<Option<Following>>,
    runtime: Runtime,
    config: RwLock<Config>,
    roots: RwLock<Roots>,
    start: RwLock<Said>,
    /// What is wrong with what people said of placements, as far as the files alone tell.
    spoken: RwLock<Vec<String>>,
    scan: Mutex<Option<Scan>>,
    /// Set once the receiver and the door have been started.
    running: Arc<RwLock<Option<Result<Running, String>>>>,
}

/// What the editor said that outlives a change of the settings file.
#[derive(Clone, Debug, Default)]
struct Said {
    is_trusted: bool,
    settings: Option<serde_json::Value>,
}

impl Hooks for Editor {
    fn start(&self, start: Start) -> Settings {
        // The workspace's own file counts from now on, if its user trusts it: before, nobody knew which it is.
        let trusted = start.is_trusted != Some(false);
        let said = Said { is_trusted: trusted, settings: start.settings };
        let config = self.config_of(start.folders.first().map(PathBuf::as_path), &said);
        *self.start.write().unwrap_or_else(PoisonError::into_inner) = said;
        let shown = shown(&config);
        wiring::apply_settings(&self.world, &config);
        self.start_running(config.clone());
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        self.read_folders(Roots::new(start.folders));
        shown
    }

    fn settings_changed(&self, settings: serde_json::Value) -> Settings {
        self.start.write().unwrap_or_else(PoisonError::into_inner).settings = Some(settings.clone());
        let mut config = self.config.write().unwrap_or_else(PoisonError::into_inner);
        config.warnings.clear();
        config.set_editor(&settings);
        config.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
        wiring::apply_settings(&self.world, &config);
        shown(&config)
    }

    fn folders_changed(&self, added: Vec<PathBuf>, removed: Vec<PathBuf>) {
        let before = read(&self.roots).clone();
        let kept =
            before.folders().filter(|folder| !removed.iter().any(|it| it == folder)).map(Path::to_owned);
        let roots = Roots::new(kept.chain(added).collect::<Vec<_>>());
        if roots == before {
            return;
        }
        self.read_folders(roots);
    }

    fn files_changed(&self, mut paths: Vec<PathBuf>) {
        let count = paths.len();
        paths.retain(|path| path.file_name().is_none_or(|name| name != rulings::FILE));
        if paths.len() < count {
            self.reload();
        }
        let (roots, world) = (read(&self.roots).clone(), self.world.clone());
        self.runtime.spawn_blocking(move || {
            for path in paths {
                let key = roots.key(&path);
                world.send(match workspace::read_file(&path, &key) {
                    Ok(file) => Change::FileRead(file),
                    Err(_) if !path.exists() => Change::FileRemoved(key),
                    Err(reason) => Change::FileSkipped(key, reason.into()),
                });
            }
        });
    }

    fn key_of_path(&self, path: &Path) -> Option<SmolStr> {
        source::is_read(&path.to_string_lossy()).then(|| read(&self.roots).key(path))
    }

    fn path_of_key(&self, key: &str) -> Option<PathBuf> {
        read(&self.roots).path(key)
    }

    fn page_url(&self, trace_id: TraceId) -> Option<String> {
        let running = read(&self.running);
        let page = running.as_ref()?.as_ref().ok()?.page()?;
        Some(trace::page_address(&page.api, &page.token, trace_id))
    }

    fn source(&self) -> SourceState {
        match read(&self.running).as_ref() {
            None => SourceState { label: "starting".to_owned(), ..SourceState::default() },
            Some(Err(problem)) => {
                SourceState { label: format!("off: {problem}"), problem: Some(problem.clone()), page: None }
            }
            Some(Ok(running)) => {
                let source = running.source();
                let page = running.page().map(|page| format!("{}/?token={}", page.api, page.token));
                SourceState { label: source.label, problem: source.problem, page }
            }
        }
    }

    fn report(&self, snapshot: &Snapshot, _cancellation: &Cancellation) -> String {
        let source = self.source();
        let problems = rulings::problems(&read(&self.spoken), snapshot);
        let receiver = match read(&self.running).as_ref() {
            Some(Ok(running)) => running.receiving(),
            _ => serde_json::Value::Null,
        };
        doctor::report(&read(&self.config), snapshot, &source.label, &receiver, &problems).to_text()
    }

    fn notices(&self, snapshot: &Snapshot) -> Vec<String> {
        let mut notices = read(&self.config).warnings.clone();
        notices.extend(rulings::problems(&read(&self.spoken), snapshot));
        notices
    }

    fn rule(&self, ruling: &Ruling) -> Result<(), String> {
        if !read(&self.start).is_trusted {
            return Err(
                "the workspace is not trusted, so its spanglass.toml is neither read nor written".to_owned()
            );
        }
        let outside = || format!("{} lies in no folder of the workspace", ruling.function.file);
        let path = read(&self.roots).path(&ruling.function.file).ok_or_else(outside)?;
        let folders = self.folders();
        let folder = folders.iter().find(|folder| path.starts_with(folder)).ok_or_else(outside)?;
        // Each settings file names the files of its own folder.
        let file = Roots::new([folder.clone()]).key(&path);
        let function = FunctionKey { file, ..ruling.function.clone() };
        let verb = if ruling.is_pin { Verb::Pin } else { Verb::Reject };
        rulings::write(folder, verb, &ruling.subject, &function)?;
        self.reload();
        Ok(())
    }
}

impl Editor {
    /// The settings of the workspace at `folder`. Its own file counts if its user trusts it.
    fn config_of(&self, folder: Option<&Path>, said: &Said) -> Config {
        let mut config = Config::load(folder.filter(|_| said.is_trusted), std::env::vars());
        config.keep_flags_of(&read(&self.config));
        if let Some(settings) = &said.settings {
            config.set_editor(settings);
        }
        config.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
        config
    }

    fn folders(&self) -> Vec<PathBuf> {
        read(&self.roots).folders().map(Path::to_owned).collect()
    }

    /// Follows the settings files as they stand now. What is shown at all, and where is received, stays as it was.
    fn reload(&self) {
        let said = read(&self.start).clone();
        let config = self.config_of(self.folders().first().map(PathBuf::as_path), &said);
        wiring::apply_settings(&self.world, &config);
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        self.follow_rulings();
    }

    fn follow_rulings(&self) {
        let spoken =
            if read(&self.start).is_trusted { rulings::read(&read(&self.roots)) } else { Spoken::default() };
        spoken.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
        *self.spoken.write().unwrap_or_else(PoisonError::into_inner) = spoken.warnings;
        self.world.send(Change::Rulings(Arc::new(spoken.rulings)));
    }

    fn start_running(&self, config: Config) {
        let core = wiring::CoreRef {
            world: self.world.clone(),
            nudge: self.nudge.clone(),
            received: self.received.clone(),
            bell: self.bell.clone(),
        };
        let (running, nudge) = (self.running.clone(), self.nudge.clone());
        self.runtime.spawn(async move {
            let started = wiring::start_around(&core, &config).await;
            *running.write().unwrap_or_else(PoisonError::into_inner) = Some(started);
            drop(nudge.send(Effects::default()));
        });
    }

    /// Reads the folders of `roots` from nothing; what was read of others is forgotten by its own reader.
    fn read_folders(&self, roots: Roots) {
        let scan = Scan::start(roots.clone(), read(&self.config).index_dir(), self.world.clone());
        let is_trusted = read(&self.start).is_trusted;
        let follow = || Following::start(&roots, self.world.clone(), self.bell.clone());
        *self.following.lock().unwrap_or_else(PoisonError::into_inner) = is_trusted.then(follow);
        *self.roots.write().unwrap_or_else(PoisonError::into_inner) = roots;
        self.follow_rulings();
        // The scan before is dropped here, which stops it.
        *self.scan.lock().unwrap_or_else(PoisonError::into_inner) = Some(scan);
    }

    async fn stop(&self) {
        let running = self.running.write().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Ok(running)) = running {
            running.stop().await;
        }
    }
}

fn shown(config: &Config) -> Settings {
    Settings {
        lenses: config.is_on("editor.code_lens"),
        hints: config.is_on("editor.inlay_hints"),
        hovers: true,
        diagnostics: Diagnostics {
            exception: config.is_on("diagnostics.exception"),
            n_plus_one: config.is_on("diagnostics.n_plus_one"),
            retries: config.is_on("diagnostics.retries"),
        },
    }
}

fn read<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}
