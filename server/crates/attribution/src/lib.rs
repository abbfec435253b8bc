//! Finds the function a span belongs to, says how sure that is, and why.
//!
//! Pure: spans and an index go in, placements come out. Right or silent: what several functions could claim is
//! shown as unsure, never settled by taking the first.

mod placement;
mod shape;
mod stack;
mod table;
mod trace;

pub use placement::{CallPlace, Confidence, Evidence, Placement, Rule};
pub use shape::Shape;
pub use stack::{StackFrame, stack_frames, throwing_place};
pub use table::{ShapeId, Table};
pub use trace::place_trace;
