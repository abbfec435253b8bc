//! `spanglass/status`

use world::Snapshot;

use crate::{ext, session::Session};

/// Where spans come from, and how many have come.
pub(crate) fn status(session: &Session, snapshot: &Snapshot) -> ext::Status {
    let source = session.hooks.source();
    let counts = &snapshot.status;
    ext::Status {
        source: source.label,
        spans: counts.spans,
        placed: counts.placed,
        functions: counts.functions,
        files: counts.files,
        ready: counts.workspace_read,
        last_span_unix_ms: (counts.last_span.0 > 0).then(|| counts.last_span.as_millis()),
        problem: source.problem,
        page: source.page,
    }
}
