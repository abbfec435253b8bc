//! Errors of a function by type, with the latest message of each and the line that threw.

use attribution::{ShapeId, throwing_place};
use model::{Timestamp, keys};
use world::{Failure, Snapshot};

use crate::visible::visible;

/// Types shown; the rest is a number.
const MAX_KINDS: usize = 6;

/// One type of error.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ErrorKind {
    /// The exception's type, else `error`.
    pub(super) name: String,
    /// How often it was recorded in the window.
    pub(super) count: u64,
    /// Its latest message; empty when none was sent.
    pub(super) message: String,
    /// When the latest ended.
    pub(super) latest: Timestamp,
    /// `file:line` that threw the latest, when it lies in the workspace.
    pub(super) place: Option<String>,
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
        message: visible(&failure.message, 300),
        latest: failure.latest.end,
        place: place(snapshot, failure),
    }
}

/// Where the latest was thrown, by the stack trace that its span carries.
fn place(snapshot: &Snapshot, failure: &Failure) -> Option<String> {
    let latest = failure.latest;
    let span = snapshot.store.span(latest.trace_id, latest.span_id)?.span();
    let is_this = |kind: &str| kind == failure.kind;
    let exception =
        span.exceptions().find(|event| event.attributes.str(keys::EXCEPTION_TYPE).is_some_and(is_this))?;
    let place =
        throwing_place(&snapshot.index, snapshot.table.origins(), span.resource.revision(), exception)?;
    Some(format!("{}:{}", visible(&place.file, 120), place.line + 1))
}
