//! A recorded trace walked like a program: moments, frames, steps, breakpoints. Pure.
//!
//! A [`Recording`] is one trace made ready: every start, event and end in one defined order (docs/replay.md). A
//! session is a position in it; stepping back costs what stepping forward does.

#![forbid(unsafe_code)]

mod about;
mod arguments;
mod breakpoints;
mod clock;
mod document;
pub mod expression;
mod frames;
mod groups;
mod lanes;
mod moments;
mod overview;
mod places;
mod recording;
mod session;
mod steps;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod tree;
mod tree_of_keys;
mod variables;
pub mod wording;

pub use about::Failure;
pub use arguments::Argument;
pub use breakpoints::{Breakpoints, ExceptionFilter, Guard, Kind, Outcome};
pub use expression::{Context, Expression};
pub use frames::{Frame, Stack};
pub use lanes::Lane;
pub use moments::{Moment, MomentKind};
pub use overview::Critical;
pub use places::Line;
pub use recording::{EmptyTrace, LaneIndex, Occurrence, Position, Recording, SpanIndex};
pub use session::{Arrival, Cause, Session};
pub use steps::{Direction, Step, Stride};
pub use tree::Origin;
pub use variables::{Container, Owner, Scope, Variable};
