//! The line that threw: by the stack trace of the span that recorded a failure last.

use attribution::{CallPlace, throwing_place};
use model::keys;
use world::{Failure, Snapshot};

/// Where the latest of `failure` was thrown, as the code stands; `None` when that is not in the workspace, or when its
/// span says nothing of it.
pub(crate) fn thrown_at(snapshot: &Snapshot, failure: &Failure) -> Option<CallPlace> {
    let latest = failure.latest;
    let span = snapshot.store.span(latest.trace_id, latest.span_id)?.span();
    let is_this = |kind: &str| kind == failure.kind;
    let exception =
        span.exceptions().find(|event| event.attributes.str(keys::EXCEPTION_TYPE).is_some_and(is_this))?;
    throwing_place(&snapshot.index, snapshot.table.origins(), span.resource.revision(), exception)
}
