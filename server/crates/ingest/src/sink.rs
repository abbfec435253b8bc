//! Where telemetry goes: a door defined here and implemented by whoever keeps them.

use formats::Clean;
use thiserror::Error;

/// Takes what was received.
pub trait Sink: Send + Sync + 'static {
    /// Takes telemetry or refuses it at once: never blocks, never awaits, so that a slow keeper cannot slow a sender.
    ///
    /// # Errors
    /// When there is no room; the sender is told to come again.
    fn offer(&self, telemetry: Clean) -> Result<(), Overloaded>;
}

/// The keeper has no room at the moment; nothing was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("too much telemetry arrives at once; send it again in a moment")]
pub struct Overloaded;
