//! The debug adapter surface: the only crate that knows DAP.
//!
//! One connection is one session with its own position in a recording. The engine is `replay`; this crate turns
//! requests into its calls and its answers into messages. The published types of the protocol are used for their
//! vocabulary; frames and envelopes are our own (`wire`).

#![forbid(unsafe_code)]

mod client;
mod handles;
mod library;
mod messages;
mod paths;
mod player;
mod reply;
mod requests;
mod serve;
mod session;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod wire;

pub use library::{LaunchRequest, Library, Loaded, Target, Which};
pub use paths::Paths;
#[cfg(unix)]
pub use serve::serve_pipe;
pub use serve::{serve, serve_tcp};
