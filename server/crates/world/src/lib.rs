//! The state: a change goes in, a snapshot comes out. One owner, one queue.
//!
//! Pure but for the queue itself: no protocol, no files, no network. Time comes from a clock that is passed in.

mod calls;
mod change;
mod documents;
mod failures;
mod hub;
mod places;
mod snapshot;
mod status;
mod telemetry;
#[allow(clippy::module_inception)]
mod world;

pub use calls::{CallEdge, Calls};
pub use change::{Change, EditorEdit, Effects, Settings};
pub use failures::{Failure, Failures};
pub use hub::{Clock, Handle, Refused, start};
pub use snapshot::{Call, PlacedSpan, Snapshot};
pub use status::Status;
pub use world::World;
