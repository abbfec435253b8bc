//! Finds the function a span belongs to, says how sure that is, and why.
//!
//! Pure: spans and an index go in, placements come out. Right or silent: what several functions could claim is
//! shown as unsure, never settled by taking the first.
#![forbid(unsafe_code)]

mod clues;
mod compiled;
mod dotnet;
mod family;
mod origins;
mod paths;
mod placement;
mod quick;
mod resolve;
mod rules;
mod rulings;
mod services;
mod shape;
mod stack;
mod table;
mod trace;

pub use origins::{Bundle, Origins, PastFile, SameLines, Token, may_be_bundle};
pub use paths::{home, is_library};
pub use placement::{CallPlace, Confidence, Evidence, Placement, Rule};
pub use rulings::{Folders, Ruling, Rulings, Subject};
pub use services::ServiceFolder;
pub use shape::Shape;
pub use stack::{StackFrame, named_files, stack_frames, throwing_place};
pub use table::{ShapeId, Table};
pub use trace::{place_below, place_trace};
