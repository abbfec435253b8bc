//! Reads and decompresses bodies with a limit on each, a limit on all together, and a deadline.

use std::{io::Read as _, sync::Arc};

use axum::{
    extract::Request,
    http::{HeaderMap, header},
};
use bytes::{Bytes, BytesMut};
use flate2::read::MultiGzDecoder;
use formats::{Clean, DecodeError};
use futures::StreamExt as _;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout, timeout_at},
};

use super::answer::Failure;
use crate::limits;

/// How a body is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    Gzip,
}

impl Compression {
    /// What `Content-Encoding` says; `None` for anything but gzip, stacked encodings included.
    pub(super) fn of(headers: &HeaderMap) -> Option<Compression> {
        let mut values = headers.get_all(header::CONTENT_ENCODING).iter();
        let (Some(value), rest) = (values.next(), values.next()) else {
            return Some(Compression::None);
        };
        match (value.to_str().ok()?.trim(), rest) {
            (gzip, None) if gzip.eq_ignore_ascii_case("gzip") => Some(Compression::Gzip),
            (none, None) if none.is_empty() || none.eq_ignore_ascii_case("identity") => {
                Some(Compression::None)
            }
            _ => None,
        }
    }
}

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
}

impl Bodies {
    pub(super) fn new(body_bytes: usize) -> Bodies {
        Bodies {
            body_bytes,
            room: Arc::new(Semaphore::new(limits::BODIES_BYTES.max(body_bytes) / 1024)),
            decoders: Arc::new(Semaphore::new(limits::DECODERS)),
        }
    }

    /// Reads a request's body.
    pub(super) async fn read(&self, request: Request) -> Result<Body, Failure> {
        let too_large = Failure::TooLarge { limit: self.body_bytes };
        let declared = request.headers().get(header::CONTENT_LENGTH);
        let declared: Option<u64> = declared.and_then(|length| length.to_str().ok()?.parse().ok());
        if declared.is_some_and(|length| length > self.body_bytes as u64) {
            return Err(too_large);
        }
        let deadline = Instant::now() + limits::BODY_TIMEOUT;
        let mut chunks = request.into_body().into_data_stream();
        let mut body = BytesMut::new();
        let mut room = None;
        while let Some(chunk) = timeout_at(deadline, chunks.next()).await.map_err(|_| Failure::TooSlow)? {
            let chunk = chunk.map_err(|_| Failure::BrokenOff)?;
            if body.len() + chunk.len() > self.body_bytes {
                return Err(too_large);
            }
            self.widen(&mut room, body.len() + chunk.len())?;
            body.extend_from_slice(&chunk);
        }
        Ok(Body { bytes: body.freeze(), _room: room })
    }

    /// Decompresses and decodes; large and compressed bodies on a thread that may block.
    pub(super) async fn decode(
        &self,
        body: Body,
        compression: Compression,
        decode: impl FnOnce(Bytes) -> Result<Clean, DecodeError> + Send + 'static,
    ) -> Result<Clean, Failure> {
        if compression == Compression::None && body.len() <= limits::INLINE_BYTES {
            return Ok(decode(body.bytes)?);
        }
        let decoder = timeout(limits::BODY_TIMEOUT, Arc::clone(&self.decoders).acquire_owned());
        let decoder = decoder.await.map_err(|_| Failure::Overloaded)?.map_err(|_| Failure::Internal)?;
        let limit = self.body_bytes;
        let work = tokio::task::spawn_blocking(move || {
            let _decoder = decoder;
            match compression {
                Compression::None => Ok(decode(body.bytes)?),
                Compression::Gzip => Ok(decode(gunzip(&body.bytes, limit)?.into())?),
            }
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

/// Decompresses as a stream and stops one byte after `limit`: a kilobyte of gzip may hold a megabyte of zeros.
fn gunzip(bytes: &[u8], limit: usize) -> Result<Vec<u8>, Failure> {
    let mut plain = Vec::new();
    let mut reader = MultiGzDecoder::new(bytes).take(limit as u64 + 1);
    reader.read_to_end(&mut plain).map_err(|_| Failure::NotGzip)?;
    if plain.len() > limit { Err(Failure::TooLarge { limit }) } else { Ok(plain) }
}
