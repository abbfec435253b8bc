//! The state: a change goes in, a snapshot comes out. One owner, one queue.
//!
//! Pure but for the queue itself: no protocol, no files, no network. Time comes from a clock that is passed in.

mod calls;
mod change;
mod hub;
mod snapshot;
#[allow(clippy::module_inception)]
mod world;

pub use calls::CallEdge;
pub use change::{Change, EditorEdit, Effects, Settings};
pub use hub::{Clock, Handle, Refused, start};
pub use snapshot::{PlacedSpan, Snapshot, Status};
pub use world::World;
