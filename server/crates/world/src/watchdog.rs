//! Notices when the hub is stuck, while it is: everybody waits for that one thread, so it must be said.
//!
//! Sleeps while the hub is idle, and wakes once in its time limit while the hub is busy.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    thread::{self, Thread},
    time::{Duration, Instant},
};

/// The hub's side: says when it begins and ends a piece of work. Dropping it ends the watchdog.
#[derive(Debug)]
pub(crate) struct Watchdog {
    pulse: Arc<Pulse>,
    /// `None` when the thread could not be started.
    thread: Option<Thread>,
}

#[derive(Debug)]
struct Pulse {
    /// Odd while the hub works.
    beat: AtomicU64,
    work: Mutex<&'static str>,
    is_asleep: AtomicBool,
    is_over: AtomicBool,
    slow: Arc<AtomicU64>,
}

impl Watchdog {
    /// Starts watching; `slow` counts the pieces of work that took longer than `limit`.
    pub(crate) fn start(limit: Duration, slow: Arc<AtomicU64>) -> Watchdog {
        let pulse = Arc::new(Pulse {
            beat: AtomicU64::new(0),
            work: Mutex::new(""),
            is_asleep: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
            slow,
        });
        let watched = pulse.clone();
        let started =
            thread::Builder::new().name("spanglass-watchdog".into()).spawn(move || watched.watch(limit));
        if let Err(error) = &started {
            tracing::warn!(%error, "nobody watches the hub: the thread for it could not be started");
        }
        Watchdog { pulse, thread: started.ok().map(|handle| handle.thread().clone()) }
    }

    /// Runs a piece of work under watch.
    pub(crate) fn during<T>(&self, work: &'static str, run: impl FnOnce() -> T) -> T {
        *self.pulse.work.lock().unwrap_or_else(PoisonError::into_inner) = work;
        self.pulse.beat.fetch_add(1, SeqCst);
        if self.pulse.is_asleep.swap(false, SeqCst) {
            self.wake();
        }
        let result = run();
        self.pulse.beat.fetch_add(1, SeqCst);
        result
    }

    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.unpark();
        }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.pulse.is_over.store(true, SeqCst);
        self.wake();
    }
}

impl Pulse {
    fn watch(&self, limit: Duration) {
        let mut reported = 0;
        while !self.is_over.load(SeqCst) {
            let beat = self.beat.load(SeqCst);
            if beat.is_multiple_of(2) {
                self.is_asleep.store(true, SeqCst);
                if self.beat.load(SeqCst) == beat && !self.is_over.load(SeqCst) {
                    thread::park();
                }
                continue;
            }
            let since = Instant::now();
            // Parking may end early; time decides.
            while since.elapsed() < limit && !self.is_over.load(SeqCst) {
                thread::park_timeout(limit.saturating_sub(since.elapsed()));
            }
            let is_stuck = self.beat.load(SeqCst) == beat && !self.is_over.load(SeqCst);
            if is_stuck && reported != beat {
                reported = beat;
                self.slow.fetch_add(1, SeqCst);
                let work = *self.work.lock().unwrap_or_else(PoisonError::into_inner);
                tracing::warn!(
                    work,
                    limit_ms = limit.as_millis() as u64,
                    "the hub is still busy with one change"
                );
            }
        }
    }
}
