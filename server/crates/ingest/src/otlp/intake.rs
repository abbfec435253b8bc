//! What both doors do with a body: decompress, decode, offer to the sink, count, and pass on.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use formats::{Clean, DecodeError, Limits, UNTRACED_LOGS, otlp_json};
use model::Refusal;
use thiserror::Error;

use super::{
    Compression, Encoding, Settings, Signal,
    body::{Bodies, Body},
};
use crate::{Sink, Transport, forward::Parcel};

/// Takes bodies from both doors. One for all listeners: limits on bodies under way hold for them together.
pub struct Receiver {
    sink: Arc<dyn Sink>,
    pub(super) bodies: Bodies,
    pub(super) settings: Settings,
}

/// What is said about a body beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Envelope {
    pub(super) transport: Transport,
    pub(super) signal: Signal,
    pub(super) encoding: Encoding,
    pub(super) compression: Compression,
}

/// A body that was taken: what of it was not, for the partial success.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Accepted {
    /// Spans or log records refused.
    pub(super) rejected: u64,
    /// What was refused or left out, and why; empty when nothing was.
    pub(super) message: String,
}

/// Why a body was not taken, in words that never repeat it.
#[derive(Clone, Debug, Error)]
pub(super) enum Failure {
    #[error("{0}")]
    Malformed(#[from] DecodeError),
    #[error("the body is not {}, though its headers say so", .0.name())]
    NotCompressed(Compression),
    #[error("the body is over the limit of {limit} bytes; send smaller batches")]
    TooLarge { limit: usize },
    #[error("the body did not arrive in time")]
    TooSlow,
    #[error("the body broke off")]
    BrokenOff,
    #[error("too much telemetry arrives at once; send it again in a moment")]
    Overloaded,
    #[error("the receiver failed on this body; please report it")]
    Internal,
}

impl Receiver {
    /// With where batches go.
    pub fn new(sink: Arc<dyn Sink>, settings: Settings) -> Receiver {
        Receiver { sink, bodies: Bodies::new(settings.body_bytes), settings }
    }

    /// Takes a body that was read. When this succeeds the sink has it, and it may be acknowledged.
    pub(super) async fn take(&self, envelope: Envelope, body: Body) -> Result<Accepted, Failure> {
        let counters = &self.settings.counters;
        counters.body(envelope.transport, body.len());
        let original = body.bytes();
        let accepted = match envelope.signal {
            Signal::Metrics => {
                counters.metrics(envelope.transport);
                Accepted::default()
            }
            _ => self.keep(envelope, body).await?,
        };
        if let Some(queue) = &self.settings.forward {
            let Envelope { signal, encoding, compression, .. } = envelope;
            queue.offer(Parcel { signal, encoding, compression, body: original });
        }
        Ok(accepted)
    }

    /// Decodes and offers: the one place that knows what the sink takes.
    async fn keep(&self, envelope: Envelope, body: Body) -> Result<Accepted, Failure> {
        let limits = self.settings.decode;
        let Envelope { signal, encoding, compression, transport } = envelope;
        let decoded =
            self.bodies.decode(body, compression, move |bytes| decode(signal, encoding, bytes, &limits));
        let telemetry = decoded.await?;
        let accepted = Accepted::of(&telemetry);
        let (spans, logs) = (telemetry.spans(), telemetry.logs());
        let trimmed = telemetry.trimmed().iter().map(|part| part.count).sum();
        if !telemetry.is_empty() {
            self.sink.offer(telemetry).map_err(|_| Failure::Overloaded)?;
        }
        let counters = &self.settings.counters;
        counters.taken(transport, spans, logs);
        counters.left_out(transport, accepted.rejected, trimmed);
        Ok(accepted)
    }

    /// Counts a failure of `transport`.
    pub(super) fn count_failure(&self, transport: Transport, failure: &Failure) {
        tracing::debug!(?transport, ?failure, "refused a request");
        match failure {
            Failure::Overloaded => self.settings.counters.overloaded(transport),
            _ => self.settings.counters.failed(transport),
        }
    }
}

impl Accepted {
    fn of(telemetry: &Clean) -> Accepted {
        let worth_telling = |part: &&Refusal| part.reason != UNTRACED_LOGS;
        let parts = telemetry.refused().iter().chain(telemetry.trimmed().iter().filter(worth_telling));
        let message =
            parts.map(|part| format!("{} ({})", part.reason, part.count)).collect::<Vec<_>>().join("; ");
        Accepted { rejected: telemetry.refused_count(), message }
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").field("settings", &self.settings).finish_non_exhaustive()
    }
}

fn decode(signal: Signal, encoding: Encoding, body: Bytes, limits: &Limits) -> Result<Clean, DecodeError> {
    match encoding {
        Encoding::Json => Ok(otlp_json::decode(&body, limits)?.into()),
        Encoding::Protobuf => Clean::of(body, signal, limits),
    }
}
