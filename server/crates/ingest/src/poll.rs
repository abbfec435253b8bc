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
        if recent.batch.spans.is_empty() || sink.offer(recent.batch.into()).is_ok() {
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

#[cfg(test)]
mod tests {
    use std::{
        collections::VecDeque,
        sync::{Mutex, PoisonError},
    };

    use futures::future::BoxFuture;
    use model::{Batch, TraceId};

    use super::*;
    use crate::{
        backend::{Capabilities, Recent},
        testing::Recorder,
    };

    const ONE_SPAN: &str = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"1","spanId":"1","startTimeUnixNano":"TIME"}]}]}]}"#;

    /// Answers by a script, then with nothing; remembers when it was asked what.
    #[derive(Default)]
    struct Scripted {
        answers: Mutex<VecDeque<Result<u64, BackendError>>>,
        asked: Mutex<Vec<(Instant, String, Asked)>>,
    }

    impl Scripted {
        fn new(answers: Vec<Result<u64, BackendError>>) -> Arc<Scripted> {
            Arc::new(Scripted { answers: Mutex::new(answers.into()), ..Scripted::default() })
        }

        fn asked(&self) -> Vec<(Instant, String, Asked)> {
            self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
        }

        /// Lets time pass until it was asked so often, and answers with the pauses in seconds.
        async fn pauses(&self, times: usize) -> Vec<f64> {
            while self.asked().len() < times {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            let asked = self.asked();
            asked.windows(2).map(|pair| (pair[1].0 - pair[0].0).as_secs_f64()).collect()
        }
    }

    impl Backend for Scripted {
        fn name(&self) -> &str {
            "scripted"
        }

        fn probe(&self) -> BoxFuture<'_, Result<Capabilities, BackendError>> {
            Box::pin(async { panic!("polling does not probe") })
        }

        fn services(&self) -> BoxFuture<'_, Result<Vec<SmolStr>, BackendError>> {
            Box::pin(async { Ok(vec!["cart".into(), "shop".into()]) })
        }

        fn recent<'a>(
            &'a self,
            service: &'a str,
            asked: Asked,
        ) -> BoxFuture<'a, Result<Recent, BackendError>> {
            Box::pin(async move {
                self.asked.lock().unwrap().push((Instant::now(), service.to_owned(), asked));
                let next = self.answers.lock().unwrap().pop_front();
                let start = next.unwrap_or(Ok(0))?;
                let text = ONE_SPAN.replace("TIME", &start.to_string());
                let batch = formats::otlp_json::decode(text.as_bytes(), &formats::Limits::default()).unwrap();
                Ok(Recent { batch: if start == 0 { Batch::default() } else { batch }, is_truncated: false })
            })
        }

        fn trace(&self, _: TraceId) -> BoxFuture<'_, Result<Option<Batch>, BackendError>> {
            Box::pin(async { Ok(None) })
        }
    }

    struct Polling {
        wanted: watch::Sender<Wanted>,
        state: watch::Receiver<State>,
        sink: Arc<Recorder>,
    }

    fn start(backend: Arc<Scripted>, wanted: Wanted, sink: Recorder) -> Polling {
        let (wanted, wanted_receiver) = watch::channel(wanted);
        let (state_sender, state) = watch::channel(State::default());
        let sink = Arc::new(sink);
        tokio::spawn(run(backend, sink.clone(), Settings::default(), wanted_receiver, state_sender));
        Polling { wanted, state, sink }
    }

    fn cart() -> Wanted {
        Wanted::Services(vec!["Cart".into(), "unknown".into()])
    }

    fn busy(retry_after: Option<Duration>) -> Result<u64, BackendError> {
        Err(BackendError::Busy { address: String::new(), status: 429, retry_after })
    }

    #[tokio::test(start_paused = true)]
    async fn the_interval_grows_while_nothing_is_new() {
        let backend = Scripted::new(vec![Ok(5), Ok(6), Ok(6), Ok(6), Ok(7)]);
        let polling = start(backend.clone(), cart(), Recorder::default());
        let pauses: Vec<u64> = backend.pauses(13).await.iter().map(|pause| pause.round() as u64).collect();
        assert_eq!(pauses, [5, 5, 8, 11, 5, 8, 11, 17, 25, 38, 57, 60]);
        assert_eq!(polling.sink.spans(), 5);
        let state = polling.state.borrow().clone();
        assert_eq!((state.services, state.spans, state.problem), (vec!["cart".into()], 5, None));
    }

    #[tokio::test(start_paused = true)]
    async fn failures_are_answered_with_longer_pauses_and_retry_after_is_honoured() {
        let answers = vec![busy(None), busy(None), busy(None), busy(Some(Duration::from_secs(100))), Ok(5)];
        let backend = Scripted::new(answers);
        let polling = start(backend.clone(), cart(), Recorder::default());
        let pauses = backend.pauses(3).await;
        assert!((1.0..=2.1).contains(&pauses[0]) && (2.0..=4.1).contains(&pauses[1]), "{pauses:?}");
        assert!(polling.state.borrow().problem.is_some());
        // Looking again does not make it ask sooner.
        polling.wanted.send_replace(Wanted::All);
        let pauses = backend.pauses(5).await;
        assert!((4.0..=8.1).contains(&pauses[2]) && (100.0..=101.0).contains(&pauses[3]), "{pauses:?}");
        backend.pauses(7).await;
        assert_eq!(polling.state.borrow().problem, None);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_looking_means_no_request() {
        let backend = Scripted::new(Vec::new());
        let polling = start(backend.clone(), Wanted::Nothing, Recorder::default());
        tokio::time::sleep(Duration::from_secs(3_600)).await;
        assert!(backend.asked().is_empty());
        polling.wanted.send_replace(Wanted::All);
        backend.pauses(2).await;
        let services: Vec<String> =
            backend.asked().into_iter().map(|(_, service, _)| service).take(2).collect();
        assert_eq!(services, ["cart", "shop"]);
    }

    #[tokio::test(start_paused = true)]
    async fn windows_overlap_and_a_new_service_gets_the_whole_one() {
        let backend = Scripted::new(Vec::new());
        let polling = start(backend.clone(), cart(), Recorder::default());
        backend.pauses(2).await;
        polling.wanted.send_replace(Wanted::All);
        backend.pauses(4).await;
        let spans = |asked: &Asked| (asked.to.since(asked.from) - limits::POLL_CLOCKS_AHEAD).as_secs();
        let asked = backend.asked();
        let lengths: Vec<(&str, u64)> =
            asked.iter().take(4).map(|(_, service, asked)| (service.as_str(), spans(asked))).collect();
        // The clock of the requests is the real one, which stands nearly still here.
        assert_eq!(lengths, [("cart", 900), ("cart", 30), ("cart", 30), ("shop", 900)]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_full_sink_refused_is_asked_for_again() {
        let backend = Scripted::new(vec![Ok(5), Ok(5)]);
        let polling = start(backend.clone(), cart(), Recorder::refusing(1));
        backend.pauses(3).await;
        let windows: Vec<u64> =
            backend.asked().iter().map(|(_, _, asked)| asked.to.since(asked.from).as_secs()).collect();
        assert_eq!(windows[..3], [1_200, 1_200, 330]);
        assert_eq!(polling.sink.spans(), 1);
    }
}
