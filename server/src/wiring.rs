//! Puts the parts together: the state and its queue, the receiver or the reading through another process, the
//! archive, the backends, and the loopback door.

mod backends;
mod keep;
mod origins;
mod receiver;
mod role;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use formats::Clean;
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
    task::JoinSet,
};
use world::{Change, Effects, Handle, Settings, World};

use crate::{config::Config, offline, output};

pub(crate) use backends::open as open_backend;
pub(crate) use keep::{archive_once, archived};
pub(crate) use origins::{Bell, Following};
pub(crate) use receiver::Receiving;
pub(crate) use role::{RoleState, Source};

/// The longest that the door lets a reader wait for more spans.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Spans in one answer of the door.
const PAGE_SIZE: usize = 5_000;
/// Bytes of log records that other windows can still read: some tens of thousands.
const JOURNAL_BYTES: usize = 16 << 20;
/// For tasks that are told to stop.
const GRACE: Duration = Duration::from_secs(3);

/// The state and its surroundings before telemetry flows.
#[derive(Debug)]
pub(crate) struct Core {
    /// The state.
    pub(crate) world: Handle,
    /// Effects of changes, for whoever shows them.
    pub(crate) effects: mpsc::UnboundedReceiver<Effects>,
    /// Another sender of effects, to nudge whoever shows them.
    pub(crate) nudge: mpsc::UnboundedSender<Effects>,
    /// Counts received spans.
    pub(crate) received: watch::Receiver<u64>,
    /// Rings when spans came or code changed.
    pub(crate) bell: Bell,
}

/// The doors to a state: what telemetry needs of it.
#[derive(Clone, Debug)]
pub(crate) struct CoreRef {
    /// The state.
    pub(crate) world: Handle,
    /// Another sender of effects.
    pub(crate) nudge: mpsc::UnboundedSender<Effects>,
    /// Counts received spans.
    pub(crate) received: watch::Receiver<u64>,
    /// Rings when spans came or code changed.
    pub(crate) bell: Bell,
}

/// Everything running: dropped parts stop by themselves, [`Running::stop`] waits for them.
#[derive(Debug)]
pub(crate) struct Running {
    /// The state.
    pub(crate) world: Handle,
    /// Counts received spans.
    pub(crate) received: watch::Receiver<u64>,
    /// Rings when spans came or code changed.
    pub(crate) bell: Bell,
    role: watch::Receiver<RoleState>,
    page: Option<Page>,
    receiving: Receiving,
    data_dir: PathBuf,
    stop: watch::Sender<bool>,
    tasks: Arc<Mutex<JoinSet<()>>>,
}

/// Where pages of this process are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// `http://127.0.0.1:port`.
    pub(crate) api: String,
    /// The secret that each request carries.
    pub(crate) token: String,
}

/// Starts the state's thread with nothing in it.
pub(crate) fn core(settings: Settings) -> Core {
    let (nudge, effects) = mpsc::unbounded_channel();
    let (count, received) = watch::channel(0);
    let sender = nudge.clone();
    let bell = Bell::default();
    let rings = bell.clone();
    let on_effects = move |effects: Effects| {
        if effects.spans > 0 {
            count.send_modify(|count| *count += effects.spans);
        }
        if effects.spans > 0 || !effects.files.is_empty() {
            rings.ring();
        }
        // Nobody may be listening: `serve` shows no editor anything.
        drop(sender.send(effects));
    };
    let world = world::start(World::new(settings), Arc::new(offline::now), on_effects);
    Core { world, effects, nudge, received, bell }
}

/// What the state needs to know of the settings.
pub(crate) fn state_settings(config: &Config) -> Settings {
    let limits = store::Limits { max_bytes: config.bytes("store.max_bytes"), ..store::Limits::default() };
    Settings { window: config.duration("window"), limits }
}

/// Starts everything and waits until it is decided who hosts the receiver.
///
/// # Errors
/// When the loopback interface itself cannot be used.
pub(crate) async fn start(config: &Config) -> Result<Running, String> {
    let core = core(state_settings(config));
    let doors = CoreRef { world: core.world, nudge: core.nudge, received: core.received, bell: core.bell };
    let running = start_around(&doors, config).await?;
    let mut role = running.role.clone();
    // An error means that the task is gone, which its state then says.
    drop(role.wait_for(|role| *role != RoleState::Undecided).await);
    Ok(running)
}

/// Starts telemetry and the door around a state that is already there.
///
/// # Errors
/// When the loopback interface itself cannot be used.
pub(crate) async fn start_around(core: &CoreRef, config: &Config) -> Result<Running, String> {
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let (journal, receiving) = (web::Journal::new(JOURNAL_BYTES), Receiving::default());
    let page = open_door(core, &journal, &receiving, &mut tasks, stopped.clone()).await?;
    let (role_sender, role) = watch::channel(RoleState::Undecided);
    let surroundings = role::Surroundings {
        world: core.world.clone(),
        nudge: core.nudge.clone(),
        config: config.clone(),
        journal,
        page: page.clone(),
        receiving: receiving.clone(),
        role: role_sender,
        stop: stopped,
    };
    tasks.spawn(role::keep(surroundings));
    Ok(Running {
        world: core.world.clone(),
        received: core.received.clone(),
        bell: core.bell.clone(),
        role,
        page: Some(page),
        receiving,
        data_dir: config.data_dir(),
        stop,
        tasks: Arc::new(Mutex::new(tasks)),
    })
}

/// Opens the loopback door on any free port, with a token of its own.
async fn open_door(
    core: &CoreRef,
    journal: &web::Journal,
    receiving: &Receiving,
    tasks: &mut JoinSet<()>,
    mut stop: watch::Receiver<bool>,
) -> Result<Page, String> {
    let failed = |error: std::io::Error| format!("nothing can be listened on at 127.0.0.1: {error}");
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let token = ingest::lead::new_token().map_err(failed)?;
    let settings = web::Settings {
        token: web::Token::new(token.clone()),
        longest_wait: LONGEST_WAIT,
        page_size: PAGE_SIZE,
    };
    let door = web::Door {
        world: core.world.clone(),
        received: core.received.clone(),
        logs: journal.clone(),
        receiver: web::Receiver::new({
            let receiving = receiving.clone();
            move || receiving.as_json()
        }),
        settings: Arc::new(settings),
    };
    tasks.spawn(async move {
        let stopped = async move {
            // An error means that whoever could stop it is gone: the same.
            drop(stop.wait_for(|stop| *stop).await);
        };
        if let Err(error) = web::serve(listener, door, stopped).await {
            tracing::error!(%error, "the trace page is gone");
        }
    });
    Ok(Page { api: format!("http://{address}"), token })
}

impl Running {
    /// Where spans come from, in one line.
    pub(crate) fn label(&self) -> String {
        self.source().label()
    }

    /// Where spans come from.
    pub(crate) fn source(&self) -> Source {
        self.role.borrow().source()
    }

    /// Where this process receives, as `address:port`; `None` when it does not.
    pub(crate) fn receiver_address(&self) -> Option<String> {
        match &*self.role.borrow() {
            RoleState::Hosting { address, .. } => Some(address.clone()),
            _ => None,
        }
    }

    /// Whether spans are read through another process.
    pub(crate) fn is_following(&self) -> bool {
        matches!(*self.role.borrow(), RoleState::Following { .. })
    }

    /// What the receiver says of itself: null when another process hosts.
    pub(crate) fn receiving(&self) -> serde_json::Value {
        self.receiving.as_json()
    }

    /// Where pages of this process are.
    pub(crate) fn page(&self) -> Option<&Page> {
        self.page.as_ref()
    }

    /// The folder of everything that is kept.
    pub(crate) fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Tells all parts to stop, and waits for them, though not for ever.
    pub(crate) async fn stop(&self) {
        self.stop.send_replace(true);
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        let all = async { while tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, all).await.is_err() {
            output::note("spanglass: some connections were cut off");
        }
    }
}

/// Offers telemetry to the state; what does not fit is refused, never waited for.
pub(crate) fn offer(world: &Handle, telemetry: Clean) -> Result<(), ingest::Overloaded> {
    world.offer(telemetry).map_err(|_| ingest::Overloaded)
}

/// Tells the state about changed settings.
pub(crate) fn apply_settings(world: &Handle, config: &Config) {
    world.send(Change::Settings(state_settings(config)));
}
