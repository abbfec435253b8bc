//! Passes on what was received, byte for byte, to a collector or backend: so that Spanglass can stand in front of
//! what a team already has.
//!
//! The queue is bounded in bytes and never waited for. What does not fit, or cannot be delivered, is counted, and
//! costs the app that sent it nothing: it was answered by then.

mod circle;
mod courier;
mod target;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

use bytes::Bytes;
use formats::otlp_reply::{Encoding, Signal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::otlp::Compression;

pub use courier::Courier;
use target::Target;

/// What bodies are sent as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// OTLP over HTTP: each body with the content type and encoding that it came with.
    Http,
    /// OTLP over gRPC. Bodies that came as JSON cannot be sent unchanged this way, and are dropped and counted.
    Grpc,
}

/// Where bodies go, and how.
#[derive(Clone)]
pub struct Settings {
    /// Base address, for example `http://collector:4318`.
    pub endpoint: String,
    /// What they are sent as.
    pub protocol: Protocol,
    /// Headers of every request. Their values are secrets: shown and logged nowhere.
    pub headers: Vec<(String, String)>,
    /// What may wait, in bytes of bodies.
    pub queue_bytes: usize,
}

/// A body as it was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parcel {
    /// What it carries.
    pub signal: Signal,
    /// Its encoding.
    pub encoding: Encoding,
    /// Its compression.
    pub compression: Compression,
    /// Its bytes, compressed where they were.
    pub body: Bytes,
}

/// The door to the queue.
#[derive(Clone, Debug)]
pub struct Queue {
    sender: mpsc::UnboundedSender<Waiting>,
    /// One permit for each KiB that may wait.
    room: Arc<Semaphore>,
    ledger: Arc<Ledger>,
}

/// A body in the queue, and the room that it takes.
#[derive(Debug)]
struct Waiting {
    parcel: Parcel,
    _room: OwnedSemaphorePermit,
}

/// What became of bodies: offered = delivered + refused + given up + full + waiting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Bodies that were to be passed on.
    pub offered: u64,
    /// Bodies that the other side took.
    pub delivered: u64,
    /// Bytes of them.
    pub delivered_bytes: u64,
    /// Bodies dropped because the other side will not have them.
    pub refused: u64,
    /// Bodies dropped after trying for too long, or because the end came first.
    pub given_up: u64,
    /// Bodies dropped because the queue was full.
    pub full: u64,
    /// Why delivery failed last; `None` when the last one succeeded. Without addresses' secrets.
    pub problem: Option<String>,
}

#[derive(Debug, Default)]
struct Ledger {
    offered: AtomicU64,
    delivered: AtomicU64,
    delivered_bytes: AtomicU64,
    refused: AtomicU64,
    given_up: AtomicU64,
    full: AtomicU64,
    is_full: AtomicBool,
    problem: Mutex<Option<String>>,
}

/// A queue, and what empties it once [`Courier::run`] is called. `own` are the addresses that are received on.
///
/// # Errors
/// One sentence, when the settings cannot be used, or name the receiver itself.
pub async fn open(settings: Settings, own: &[SocketAddr]) -> Result<(Queue, Courier), String> {
    let target = Target::new(&settings)?;
    if circle::leads_back(target.url(), own).await {
        return Err(format!(
            "forward.endpoint is {}, where Spanglass itself receives, so nothing is passed on: everything would go in \
             circles; name the collector or backend behind it",
            target.shown()
        ));
    }
    let (sender, receiver) = mpsc::unbounded_channel();
    let ledger = Arc::new(Ledger::default());
    let permits = settings.queue_bytes.div_ceil(1024).clamp(1, Semaphore::MAX_PERMITS);
    let queue = Queue { sender, room: Arc::new(Semaphore::new(permits)), ledger: ledger.clone() };
    Ok((queue, Courier::new(target, receiver, ledger)))
}

impl Queue {
    /// Queues a body; what does not fit is dropped and counted.
    pub fn offer(&self, parcel: Parcel) {
        self.ledger.offered.fetch_add(1, Relaxed);
        // Each body takes some room, so that empty ones are bounded too.
        let permits = u32::try_from(parcel.body.len().div_ceil(1024).max(1)).unwrap_or(u32::MAX);
        let Ok(room) = Arc::clone(&self.room).try_acquire_many_owned(permits) else {
            self.ledger.full.fetch_add(1, Relaxed);
            if !self.ledger.is_full.swap(true, Relaxed) {
                tracing::warn!(
                    "the queue of what is to be passed on is full; telemetry is not passed on until it empties"
                );
            }
            return;
        };
        self.ledger.is_full.store(false, Relaxed);
        if self.sender.send(Waiting { parcel, _room: room }).is_err() {
            self.ledger.given_up.fetch_add(1, Relaxed);
        }
    }

    /// The counts now. Each is exact; together they may be a moment apart.
    pub fn counts(&self) -> Counts {
        let ledger = &self.ledger;
        Counts {
            offered: ledger.offered.load(Relaxed),
            delivered: ledger.delivered.load(Relaxed),
            delivered_bytes: ledger.delivered_bytes.load(Relaxed),
            refused: ledger.refused.load(Relaxed),
            given_up: ledger.given_up.load(Relaxed),
            full: ledger.full.load(Relaxed),
            problem: ledger.problem.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}

impl Counts {
    /// Bodies that wait or are on their way.
    pub fn waiting(&self) -> u64 {
        self.offered.saturating_sub(self.delivered + self.dropped())
    }

    /// Bodies that were dropped, for whatever reason.
    pub fn dropped(&self) -> u64 {
        self.refused + self.given_up + self.full
    }
}

impl Ledger {
    fn delivered(&self, bytes: usize) {
        self.delivered.fetch_add(1, Relaxed);
        self.delivered_bytes.fetch_add(bytes as u64, Relaxed);
        let before = self.problem.lock().unwrap_or_else(PoisonError::into_inner).take();
        if before.is_some() {
            tracing::info!("telemetry is passed on again");
        }
    }

    fn failed(&self, problem: &str) {
        let problem = Some(problem.to_owned());
        let before = std::mem::replace(
            &mut *self.problem.lock().unwrap_or_else(PoisonError::into_inner),
            problem.clone(),
        );
        if before != problem {
            tracing::warn!(problem, "telemetry cannot be passed on");
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Settings")
            .field("protocol", &self.protocol)
            .field("headers", &names)
            .field("queue_bytes", &self.queue_bytes)
            .finish_non_exhaustive()
    }
}
