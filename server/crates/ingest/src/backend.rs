//! What a trace backend must be able to do, and how it fails.

use std::time::Duration;

use futures::future::BoxFuture;
use model::{Batch, SmolStr, Timestamp, TraceId};
use thiserror::Error;

/// A place where a team keeps its traces. Every call is one or a few requests; dropping the future cancels them.
pub trait Backend: Send + Sync + 'static {
    /// What it is called in the settings, or its kind.
    fn name(&self) -> &str;

    /// Whether it is there, and what it can do.
    fn probe(&self) -> BoxFuture<'_, Result<Capabilities, BackendError>>;

    /// Services that it has traces of, sorted; may be a minute old.
    fn services(&self) -> BoxFuture<'_, Result<Vec<SmolStr>, BackendError>>;

    /// Recent spans of `service`, with those of other services in the same traces where the backend only knows whole
    /// traces. Not every span is new: what was seen before is the keeper's business.
    fn recent<'a>(&'a self, service: &'a str, asked: Asked) -> BoxFuture<'a, Result<Recent, BackendError>>;

    /// One whole trace; `None` when it is unknown. May be a minute old.
    fn trace(&self, id: TraceId) -> BoxFuture<'_, Result<Option<Batch>, BackendError>>;
}

/// What part of the recent past is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Spans that start then or later.
    pub from: Timestamp,
    /// Spans that start then or earlier; may lie in the future, for clocks that are ahead.
    pub to: Timestamp,
    /// At most so many traces.
    pub limit: usize,
}

/// An answer to [`Backend::recent`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recent {
    /// What was found.
    pub batch: Batch,
    /// Whether there was more than the limit let through.
    pub is_truncated: bool,
}

/// What a backend says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// Its product name.
    pub product: &'static str,
    /// Its version, where it tells.
    pub version: Option<String>,
    /// How many services it knows.
    pub services: usize,
    /// How long its request took.
    pub round_trip: Duration,
}

/// Why a backend gave nothing. Each is one sentence that names the address and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BackendError {
    /// The address is no URL, or of a kind that cannot be used.
    #[error("{address} is no address of a backend; give one like http://127.0.0.1:9411")]
    Address {
        /// What was given.
        address: String,
    },
    /// No connection, or no answer in time.
    #[error("{address} cannot be reached ({reason}); check that it runs, its port, and the way there")]
    Unreachable {
        /// Where it should be.
        address: String,
        /// What went wrong below HTTP.
        reason: String,
    },
    /// 401 or 403.
    #[error("{address} does not let this user in (status {status}); check the token or the headers for it")]
    Denied {
        /// Where.
        address: String,
        /// The status.
        status: u16,
    },
    /// Something is there, but not this backend's interface.
    #[error("{address} answers, but not as {product} does ({reason}); check the port and the path")]
    Stranger {
        /// Where.
        address: String,
        /// What was expected.
        product: &'static str,
        /// What it did instead.
        reason: String,
    },
    /// It asks to come again later.
    #[error("{address} is busy (status {status}); it is asked again later")]
    Busy {
        /// Where.
        address: String,
        /// 429, or 5xx.
        status: u16,
        /// When it said so.
        retry_after: Option<Duration>,
    },
    /// It refuses the question.
    #[error("{address} refuses the question (status {status}): {reason}")]
    Refused {
        /// Where.
        address: String,
        /// The status.
        status: u16,
        /// The start of its answer.
        reason: String,
    },
    /// An answer over the limit.
    #[error("{address} sent over {limit} bytes; ask for fewer traces or a shorter time")]
    TooLarge {
        /// Where.
        address: String,
        /// The limit in bytes.
        limit: usize,
    },
}

impl BackendError {
    /// How long to leave it alone, where it said so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            BackendError::Busy { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
