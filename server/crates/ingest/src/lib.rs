//! Telemetry in: the OTLP receiver, backends that are polled, and who hosts the port.
//!
//! Everything here ends in a [`Sink`], which takes batches or says that it is overloaded; nothing here knows what
//! becomes of them.

#![forbid(unsafe_code)]

pub mod backend;
pub mod backends;
mod counters;
pub mod follow;
pub mod forward;
pub mod lead;
pub mod limits;
pub mod otlp;
pub mod poll;
pub mod send;
mod sink;
#[cfg(test)]
mod testing;

pub use counters::{Counters, Counts, Transport};
pub use sink::{Overloaded, Sink};
