//! Stack traces as languages print them, and the line in the workspace that threw.

use model::{Event, SmolStr};
use source::Index;

use crate::CallPlace;

/// One frame of a printed stack trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackFrame {
    /// The file as printed.
    pub file: SmolStr,
    /// 1-based line as printed.
    pub line: u32,
    /// The function as printed; empty when there is none.
    pub function: SmolStr,
}

/// The frames of `stacktrace`, the throwing one first, whatever order the language prints.
pub fn stack_frames(_stacktrace: &str) -> Vec<StackFrame> {
    Vec::new()
}

/// The innermost place of an exception event that lies in the workspace.
pub fn throwing_place(_index: &Index, _exception: &Event) -> Option<CallPlace> {
    None
}
