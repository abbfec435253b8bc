//! The state: a change goes in, a snapshot comes out. One owner, one queue.
//!
//! Pure but for the queue itself: no protocol, no files, no network. Time comes from a clock that is passed in.

#![forbid(unsafe_code)]

mod calls;
mod change;
mod documents;
mod edits;
mod failures;
mod hub;
mod places;
mod queue;
mod snapshot;
mod status;
mod telemetry;
#[cfg(test)]
mod testing;
mod watchdog;
#[allow(clippy::module_inception)]
mod world;

pub use calls::{CallEdge, Calls};
pub use change::{Change, EditorEdit, Effects, Settings, Telemetry};
pub use failures::{Failure, Failures};
pub use hub::{Clock, Handle, Health, HubSettings, Refused, start, start_with};
pub use snapshot::{Call, PlacedSpan, Snapshot};
pub use status::Status;
pub use world::World;
