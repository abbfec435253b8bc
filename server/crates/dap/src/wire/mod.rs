//! The wire: frames, envelopes, and what the published types get wrong. Nothing above this knows bytes.

mod codec;
mod incoming;
mod outgoing;
mod quirks;

pub(crate) use codec::Codec;
pub(crate) use incoming::{Incoming, Received, Request};
pub(crate) use outgoing::{Failure, Outbox};
