//! Reads and decompresses bodies with a limit on each, a limit on all together, and a deadline.

use std::sync::Arc;

use axum::{
    extract::Request,
    http::{HeaderMap, header},
};
use bytes::{Bytes, BytesMut};
use formats::DecodeError;
use futures::StreamExt as _;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout, timeout_at},
};

use super::{
    compression::{Compression, Unpacked},
    intake::Failure,
};
use crate::limits;

/// The bodies under way.
pub(super) struct Bodies {
    body_bytes: usize,
    /// One permit for each KiB received and not yet decoded.
    room: Arc<Semaphore>,
    decoders: Arc<Semaphore>,
}

/// A body that was received, and the room that it takes.
pub(super) struct Body {
    bytes: Bytes,
    _room: Option<OwnedSemaphorePermit>,
}

impl Body {
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes as they came, shared.
    pub(super) fn bytes(&self) -> Bytes {
        self.bytes.clone()
    }

    /// Its first `count` bytes, which it then no longer has; `None` when it has fewer.
    pub(super) fn split_to(&mut self, count: usize) -> Option<Bytes> {
        (count <= self.bytes.len()).then(|| self.bytes.split_to(count))
    }
}

impl Bodies {
    pub(super) fn new(body_bytes: usize) -> Bodies {
        Bodies {
            body_bytes,
            room: Arc::new(Semaphore::new(limits::BODIES_BYTES.max(body_bytes) / 1024)),
            decoders: Arc::new(Semaphore::new(limits::DECODERS)),
        }
    }

    /// Reads a request's body, of which `framing` bytes do not count.
    pub(super) async fn read(&self, request: Request, framing: usize) -> Result<Body, Failure> {
        let limit = self.body_bytes + framing;
        let too_large = Failure::TooLarge { limit: self.body_bytes };
        if declared_length(request.headers()).is_some_and(|length| length > limit as u64) {
            return Err(too_large);
        }
        let deadline = Instant::now() + limits::BODY_TIMEOUT;
        let mut chunks = request.into_body().into_data_stream();
        let mut body = BytesMut::new();
        let mut room = None;
        while let Some(chunk) = timeout_at(deadline, chunks.next()).await.map_err(|_| Failure::TooSlow)? {
            let chunk = chunk.map_err(|_| Failure::BrokenOff)?;
            if body.len() + chunk.len() > limit {
                return Err(too_large);
            }
            self.widen(&mut room, body.len() + chunk.len())?;
            body.extend_from_slice(&chunk);
        }
        Ok(Body { bytes: body.freeze(), _room: room })
    }

    /// Decompresses and decodes; large and compressed bodies on a thread that may block.
    pub(super) async fn decode<T: Send + 'static>(
        &self,
        body: Body,
        compression: Compression,
        decode: impl FnOnce(Bytes) -> Result<T, DecodeError> + Send + 'static,
    ) -> Result<T, Failure> {
        if compression == Compression::None && body.len() <= limits::INLINE_BYTES {
            return Ok(decode(body.bytes)?);
        }
        let decoder = timeout(limits::BODY_TIMEOUT, Arc::clone(&self.decoders).acquire_owned());
        let decoder = decoder.await.map_err(|_| Failure::Overloaded)?.map_err(|_| Failure::Internal)?;
        let limit = self.body_bytes;
        let work = tokio::task::spawn_blocking(move || {
            let _decoder = decoder;
            if compression == Compression::None {
                return Ok(decode(body.bytes)?);
            }
            let plain = compression.unpack(&body.bytes, limit).map_err(|problem| match problem {
                Unpacked::Malformed => Failure::NotCompressed(compression),
                Unpacked::TooLarge => Failure::TooLarge { limit },
            })?;
            Ok(decode(plain.into())?)
        });
        work.await.map_err(|_| Failure::Internal)?
    }

    /// Takes room for `bytes` bytes in all, or says that there is none now.
    fn widen(&self, room: &mut Option<OwnedSemaphorePermit>, bytes: usize) -> Result<(), Failure> {
        let held = room.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let more = bytes.div_ceil(1024).saturating_sub(held);
        if more == 0 {
            return Ok(());
        }
        let more = u32::try_from(more).map_err(|_| Failure::Overloaded)?;
        let taken = Arc::clone(&self.room).try_acquire_many_owned(more).map_err(|_| Failure::Overloaded)?;
        match room {
            Some(room) => room.merge(taken),
            None => *room = Some(taken),
        }
        Ok(())
    }
}

fn declared_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
