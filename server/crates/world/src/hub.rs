//! The one thread that owns the state, and the handle through which everybody else reaches it.
//!
//! Requests (changes by the editor and the workspace, snapshots) are served first and in order. Telemetry is taken in
//! small parts between them, so that a flood of it never delays an answer. A change that panics costs itself.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use formats::Clean;
use model::Timestamp;
use tokio::sync::oneshot;

use crate::{
    Change, Effects, Snapshot, World,
    queue::{Queue, Reply, Request, Work},
    watchdog::Watchdog,
};

/// Shapes are placed again at most this much of the time, unless a snapshot asks for it.
const SETTLE_SHARE: u32 = 10;
/// They are placed again at the latest after this time.
const SETTLE_LATEST: Duration = Duration::from_secs(2);

/// Where the time comes from.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Sends changes and asks for snapshots. Cheap to clone; when the last one is dropped, the thread takes in what was
/// queued and ends.
#[derive(Clone, Debug)]
pub struct Handle(Arc<Owner>);

/// The queue for telemetry is full: try again later, nothing was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

/// How a hub runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HubSettings {
    /// Spans and log records that may wait.
    pub max_queued_items: usize,
    /// Bytes of them that may wait: of spans as received, of log records by the store's estimate.
    pub max_queued_bytes: usize,
    /// Spans taken in before the next look for requests.
    pub chunk: usize,
    /// A change that takes longer is logged and counted.
    pub slow_after: Duration,
}

/// What went wrong with the hub itself, for `doctor`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Changes that panicked and were dropped.
    pub panics: u64,
    /// Changes that took too long.
    pub slow: u64,
    /// Spans and log records refused because the queue was full.
    pub refused: u64,
    /// Spans and log records that wait now.
    pub waiting: usize,
}

#[derive(Debug)]
struct Owner {
    queue: Arc<Queue>,
    counts: Counts,
}

#[derive(Clone, Debug, Default)]
struct Counts {
    panics: Arc<AtomicU64>,
    slow: Arc<AtomicU64>,
    refused: Arc<AtomicU64>,
}

/// Starts the thread with the default [`HubSettings`]. `on_effects` is called on it after each round of changes and
/// must not wait. The hub ticks by itself while figures are in the window, and sleeps otherwise.
pub fn start(world: World, clock: Clock, on_effects: impl FnMut(Effects) + Send + 'static) -> Handle {
    start_with(HubSettings::default(), world, clock, on_effects)
}

/// As [`start`], with other settings.
pub fn start_with(
    settings: HubSettings,
    world: World,
    clock: Clock,
    on_effects: impl FnMut(Effects) + Send + 'static,
) -> Handle {
    let queue = Arc::new(Queue::new(settings));
    let counts = Counts::default();
    let mut hub = Hub {
        world,
        clock,
        on_effects,
        queue: queue.clone(),
        panics: counts.panics.clone(),
        watchdog: Arc::new(Watchdog::start(settings.slow_after, counts.slow.clone())),
        slow_after: settings.slow_after,
        settle_at: None,
    };
    let started = std::thread::Builder::new().name("spanglass-hub".into()).spawn(move || hub.run());
    if let Err(error) = started {
        tracing::error!(%error, "the hub could not be started: nothing will be shown; free some memory or threads");
        queue.close();
    }
    Handle(Arc::new(Owner { queue, counts }))
}

impl Handle {
    /// Queues an editor's or the workspace's change. Never waits. Order is kept. Telemetry sent this way is not bounded
    /// and keeps its place among the other changes: for readers of files, who then ask for a snapshot.
    pub fn send(&self, change: Change) {
        self.0.queue.push(Request::Change(change));
    }

    /// Queues telemetry, unless the bounded queue for it is full. It is taken in in order.
    ///
    /// # Errors
    /// When the queue is full, or the hub has ended.
    pub fn offer(&self, telemetry: impl Into<Clean>) -> Result<(), Refused> {
        let telemetry = telemetry.into();
        let items = (telemetry.spans() + telemetry.logs()) as u64;
        if self.0.queue.offer(telemetry) {
            return Ok(());
        }
        self.0.counts.refused.fetch_add(items, Relaxed);
        Err(Refused)
    }

    /// Asks for a snapshot that has seen every change this handle sent before: queued at once, even before the
    /// answer is awaited. `None` when the hub has ended.
    pub fn snapshot(&self) -> impl Future<Output = Option<Snapshot>> + Send + 'static {
        let (reply, answer) = oneshot::channel();
        self.0.queue.push(Request::Snapshot(reply));
        async move { answer.await.ok() }
    }

    /// As [`Handle::snapshot`], for threads that may wait.
    pub fn snapshot_blocking(&self) -> Option<Snapshot> {
        let (reply, answer) = oneshot::channel();
        self.0.queue.push(Request::Snapshot(reply));
        answer.blocking_recv().ok()
    }

    /// Asks for a snapshot that has seen all telemetry offered before, too: for tests, and for whoever must show what
    /// was just received. Waits for its turn behind that telemetry.
    pub fn snapshot_of_all(&self) -> impl Future<Output = Option<Snapshot>> + Send + 'static {
        let (reply, answer) = oneshot::channel();
        self.0.queue.push_behind_telemetry(reply);
        async move { answer.await.ok() }
    }

    /// As [`Handle::snapshot_of_all`], for threads that may wait.
    pub fn snapshot_of_all_blocking(&self) -> Option<Snapshot> {
        let (reply, answer) = oneshot::channel();
        self.0.queue.push_behind_telemetry(reply);
        answer.blocking_recv().ok()
    }

    /// What went wrong so far.
    pub fn health(&self) -> Health {
        let Counts { panics, slow, refused } = &self.0.counts;
        Health {
            panics: panics.load(Relaxed),
            slow: slow.load(Relaxed),
            refused: refused.load(Relaxed),
            waiting: self.0.queue.waiting(),
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.queue.close();
    }
}

impl Default for HubSettings {
    /// 65,536 items or 64 MiB may wait; 1,024 spans at a time; a second is slow.
    fn default() -> HubSettings {
        HubSettings {
            max_queued_items: 65_536,
            max_queued_bytes: 64 << 20,
            chunk: 1024,
            slow_after: Duration::from_secs(1),
        }
    }
}

struct Hub<F> {
    world: World,
    clock: Clock,
    on_effects: F,
    queue: Arc<Queue>,
    panics: Arc<AtomicU64>,
    watchdog: Arc<Watchdog>,
    slow_after: Duration,
    /// When shapes may be placed again without a snapshot asking for it.
    settle_at: Option<Instant>,
}

impl<F: FnMut(Effects)> Hub<F> {
    fn run(&mut self) {
        loop {
            let patience = self.patience();
            let mut effects = Effects::default();
            let has_changed = match self.queue.next(patience) {
                Work::Requests(requests) => self.serve(requests, &mut effects),
                Work::Telemetry(part) => self.absorb(Change::Telemetry(part), &mut effects),
                Work::Snapshot(reply) => self.answer(reply, &mut effects),
                Work::Quiet if self.is_to_settle() => false,
                Work::Quiet => self.absorb(Change::Tick, &mut effects),
                Work::End => break,
            };
            if self.is_to_settle() {
                self.settle(&mut effects);
            }
            if has_changed || effects != Effects::default() {
                self.contain("telling effects", |hub| (hub.on_effects)(effects));
            }
        }
    }

    /// How long nothing can need doing.
    fn patience(&mut self) -> Option<Duration> {
        let tick = self.contain("reading the clock", |hub| hub.world.next_tick((hub.clock)())).flatten();
        let settle = match (self.world.is_settled(), self.settle_at) {
            (false, Some(at)) => Some(at.saturating_duration_since(Instant::now())),
            _ => None,
        };
        [tick, settle].into_iter().flatten().min()
    }

    /// Works off requests in order; whether there was a change among them.
    fn serve(&mut self, requests: VecDeque<Request>, effects: &mut Effects) -> bool {
        let mut has_changed = false;
        for request in requests {
            has_changed |= match request {
                Request::Change(change) => self.absorb(change, effects),
                Request::Snapshot(reply) => self.answer(reply, effects),
            };
        }
        has_changed
    }

    fn answer(&mut self, reply: Reply, effects: &mut Effects) -> bool {
        if reply.is_closed() {
            return false;
        }
        if !self.world.is_reading() || self.is_to_settle() {
            self.settle(effects);
        }
        if let Some(snapshot) = self.contain("taking a snapshot", |hub| hub.world.snapshot((hub.clock)())) {
            drop(reply.send(snapshot));
        }
        false
    }

    fn absorb(&mut self, change: Change, effects: &mut Effects) -> bool {
        let more = self.contain(change.name(), |hub| {
            let now = (hub.clock)();
            hub.world.absorb(change, now)
        });
        effects.merge(more.unwrap_or_default());
        true
    }

    fn is_to_settle(&self) -> bool {
        !self.world.is_settled() && self.settle_at.is_none_or(|at| at <= Instant::now())
    }

    fn settle(&mut self, effects: &mut Effects) {
        if self.world.is_settled() {
            return;
        }
        let began = Instant::now();
        effects.merge(self.contain("placing shapes again", |hub| hub.world.settle()).unwrap_or_default());
        self.settle_at = Some(Instant::now() + (began.elapsed() * (SETTLE_SHARE - 1)).min(SETTLE_LATEST));
    }

    /// Runs a piece of work, watched; `None` when it panicked.
    fn contain<T>(&mut self, work: &'static str, run: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let began = Instant::now();
        let watchdog = self.watchdog.clone();
        // The state's parts are replaced whole or appended to, so that work cut off in the middle leaves counts that
        // are off by that change, and nothing that a later one could trip over.
        let result = watchdog.during(work, || catch_unwind(AssertUnwindSafe(|| run(self))));
        let took = began.elapsed();
        if took > self.slow_after {
            tracing::warn!(work, took_ms = took.as_millis() as u64, "a change took long");
        }
        if result.is_err() {
            self.panics.fetch_add(1, Relaxed);
            tracing::error!(work, "a change was dropped because it panicked; the rest goes on");
        }
        result.ok()
    }
}

#[cfg(test)]
mod tests;
