//! Errors of a function by type, with the latest message of each and the line that threw.

use attribution::ShapeId;
use model::Timestamp;
use world::{Failure, Snapshot};

use crate::{thrown::thrown_at, visible::visible, wording};

/// Types shown; the rest is a number.
const MAX_KINDS: usize = 6;

/// One type of error.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ErrorKind {
    /// The exception's type, else `error`.
    pub(super) name: String,
    /// How often it happened in the window.
    pub(super) count: u64,
    /// Whether that is an estimate.
    pub(super) is_estimate: bool,
    /// Its latest message; empty when none was sent.
    pub(super) message: String,
    /// When the latest ended.
    pub(super) latest: Timestamp,
    /// `file:line` that threw the latest, when it lies in the workspace.
    pub(super) place: Option<String>,
}

impl ErrorKind {
    /// `×3`, or `×~30` where those seen were sampled.
    pub(super) fn times(&self) -> String {
        format!("×{}{}", if self.is_estimate { "~" } else { "" }, wording::count(self.count))
    }
}

/// Types of errors of the spans of `shapes`, the most frequent first, and how many more types there are.
pub(super) fn errors(snapshot: &Snapshot, shapes: &[ShapeId]) -> (Vec<ErrorKind>, usize) {
    let failures = snapshot.failures.of(shapes, snapshot.window, snapshot.now);
    let kinds = failures.iter().take(MAX_KINDS).map(|failure| kind(snapshot, failure)).collect();
    (kinds, failures.len().saturating_sub(MAX_KINDS))
}

fn kind(snapshot: &Snapshot, failure: &Failure) -> ErrorKind {
    ErrorKind {
        name: if failure.kind.is_empty() { "error".into() } else { visible(&failure.kind, 80) },
        count: failure.count,
        is_estimate: failure.count != failure.seen,
        message: visible(&failure.message, 300),
        latest: failure.latest.end,
        place: thrown_at(snapshot, failure)
            .map(|place| format!("{}:{}", visible(&place.file, 120), place.line + 1)),
    }
}
