//! A recorded trace walked like a program: moments, frames, steps, breakpoints. Pure.
//!
//! A [`Recording`] is one trace made ready: every start, event and end in one defined order (docs/replay.md). A
//! session is a position in it; stepping back costs what stepping forward does.

#![forbid(unsafe_code)]

mod clock;
mod groups;
mod lanes;
mod moments;
mod places;
mod recording;
mod tree;

pub use lanes::Lane;
pub use moments::{Moment, MomentKind};
pub use places::Line;
pub use recording::{EmptyTrace, LaneIndex, Occurrence, Position, Recording, SpanIndex};
pub use tree::Origin;
