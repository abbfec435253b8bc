//! Asks a backend for what is new, again and again, as gently as its answers ask for.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use model::{SmolStr, Timestamp};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

use crate::{
    Sink,
    backend::{Asked, Backend, BackendError},
    limits,
};

/// How to poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Between two polls while something new comes.
    pub interval: Duration,
    /// How far back the first poll looks.
    pub window: Duration,
    /// At most so many traces of a service in one answer.
    pub limit: usize,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { interval: limits::POLL_INTERVAL, window: limits::POLL_WINDOW, limit: limits::POLL_TRACES }
    }
}

/// Which services are of interest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Wanted {
    /// None: nobody looks. The backend is left alone.
    #[default]
    Nothing,
    /// All that the backend has.
    All,
    /// These; those that the backend does not have are not asked for.
    Services(Vec<SmolStr>),
}

/// What became of polling so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// When the last poll succeeded.
    pub last_success: Option<Timestamp>,
    /// Why the last poll failed; `None` after a success.
    pub problem: Option<BackendError>,
    /// Services that were asked for last.
    pub services: Vec<SmolStr>,
    /// Requests for spans so far.
    pub requests: u64,
    /// Spans received so far, repeated ones included.
    pub spans: u64,
    /// Answers that did not hold all there was.
    pub truncated: u64,
    /// When the next poll is due, after this one.
    pub next_in: Duration,
}

/// Polls until dropped. A change of `wanted` is acted on at once; what became of it is told by `state`.
///
/// The keeper drops what it has seen: polls overlap, because backends show spans late.
pub async fn run(
    backend: Arc<dyn Backend>,
    sink: Arc<dyn Sink>,
    settings: Settings,
    mut wanted: watch::Receiver<Wanted>,
    state: watch::Sender<State>,
) {
    let mut pace = Pace::new(settings.interval);
    let mut polled = Polled::default();
    loop {
        let now_wanted = wanted.borrow_and_update().clone();
        if now_wanted == Wanted::Nothing {
            match wanted.changed().await {
                Ok(()) => continue,
                Err(_) => return,
            }
        }
        let outcome = poll(&*backend, &*sink, settings, &now_wanted, &mut polled, &state).await;
        let wait = pace.after(&outcome, jitter());
        let is_failing = outcome.is_err();
        state.send_modify(|state| {
            state.next_in = wait;
            match outcome {
                Ok(_) => {
                    state.last_success = Some(now());
                    state.problem = None;
                }
                Err(problem) => {
                    tracing::warn!(backend = backend.name(), %problem, ?wait, "could not poll");
                    state.problem = Some(problem);
                }
            }
        });
        if !pause(wait, is_failing, &mut wanted).await {
            return;
        }
    }
}

/// Waits until the next poll is due, or until `wanted` changes: but a backend that fails or asked to be left alone
/// is left alone, whoever looks. False when nobody is left who could look.
async fn pause(wait: Duration, is_failing: bool, wanted: &mut watch::Receiver<Wanted>) -> bool {
    let due = Instant::now() + wait;
    loop {
        tokio::select! {
            () = sleep_until(due) => return true,
            changed = wanted.changed() => match changed {
                Ok(()) if is_failing => {}
                Ok(()) => return true,
                Err(_) => return false,
            },
        }
    }
}

/// What earlier polls reached.
#[derive(Default)]
struct Polled {
    /// Where the next one of each service begins; a service not among them is looked at over the whole window.
    from: HashMap<SmolStr, Timestamp>,
    /// The latest start of a span so far.
    newest: Timestamp,
}

/// Asks once for each service; answers whether anything is newer than before. One service's failure does not cost
/// the others, unless the backend itself is what fails.
async fn poll(
    backend: &dyn Backend,
    sink: &dyn Sink,
    settings: Settings,
    wanted: &Wanted,
    polled: &mut Polled,
    state: &watch::Sender<State>,
) -> Result<bool, BackendError> {
    let known = backend.services().await?;
    let services: Vec<SmolStr> = match wanted {
        Wanted::Nothing => Vec::new(),
        Wanted::All => known,
        Wanted::Services(names) => {
            known.into_iter().filter(|known| names.iter().any(|name| same_service(name, known))).collect()
        }
    };
    state.send_modify(|state| state.services.clone_from(&services));
    polled.from.retain(|service, _| services.contains(service));
    let (began, newest_before) = (now(), polled.newest);
    let mut problem = None;
    for service in services {
        let from = polled.from.get(&service).copied().unwrap_or_else(|| began.minus(settings.window));
        let asked = Asked { from, to: began.plus(limits::POLL_CLOCKS_AHEAD), limit: settings.limit };
        let recent = match backend.recent(&service, asked).await {
            Ok(recent) => recent,
            Err(error @ (BackendError::Refused { .. } | BackendError::TooLarge { .. })) => {
                problem.get_or_insert(error);
                continue;
            }
            Err(error) => return Err(error),
        };
        state.send_modify(|state| {
            state.requests += 1;
            state.spans += recent.batch.spans.len() as u64;
            state.truncated += u64::from(recent.is_truncated);
        });
        let newest = recent.batch.spans.iter().map(|span| span.start).fold(polled.newest, Timestamp::max);
        if recent.batch.spans.is_empty() || sink.offer(recent.batch).is_ok() {
            polled.from.insert(service, from.max(began.minus(limits::POLL_OVERLAP)));
            polled.newest = newest;
        }
    }
    problem.map_or(Ok(polled.newest > newest_before), Err)
}

/// Zipkin lower-cases names.
fn same_service(name: &str, known: &str) -> bool {
    name == known || name.to_lowercase() == known.to_lowercase()
}

/// How long to wait: longer while nothing comes, longer still while it fails, and as long as the backend says.
struct Pace {
    interval: Duration,
    quiet: Duration,
    failures: u32,
}

impl Pace {
    fn new(interval: Duration) -> Pace {
        Pace { interval, quiet: interval, failures: 0 }
    }

    /// The wait after a poll; `jitter` from 0 to 1 keeps many editors from asking at the same moment.
    fn after(&mut self, outcome: &Result<bool, BackendError>, jitter: f64) -> Duration {
        match outcome {
            Ok(has_news) => {
                self.failures = 0;
                let slower = self.quiet.mul_f64(1.5).min(limits::POLL_QUIET_INTERVAL.max(self.interval));
                self.quiet = if *has_news { self.interval } else { slower };
                self.quiet
            }
            Err(error) => {
                self.failures = self.failures.saturating_add(1);
                let doubled = limits::POLL_BACKOFF.saturating_mul(1 << self.failures.min(16));
                let wait =
                    doubled.min(limits::POLL_LONGEST_BACKOFF).mul_f64(0.5 + jitter.clamp(0.0, 1.0) / 2.0);
                wait.max(error.retry_after().unwrap_or_default().min(limits::POLL_LONGEST_RETRY_AFTER))
            }
        }
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

fn jitter() -> f64 {
    getrandom::u32().map_or(0.5, |random| f64::from(random) / f64::from(u32::MAX))
}
