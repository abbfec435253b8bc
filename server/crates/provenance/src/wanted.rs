//! What spans name that was not looked for yet: files of revisions, and bundles.

use std::collections::HashSet;

use attribution::{ShapeId, may_be_bundle, named_files};
use model::{SmolStr, Span, SpanId, TraceId};
use world::Snapshot;

/// Shapes whose failures are looked at.
const MAX_SHAPES: usize = 4_096;
/// Failed spans that are remembered as looked at; then all are looked at again, which finds them known.
const MAX_FAILED: usize = 65_536;

/// What was seen of a state so far.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    shapes: usize,
    failed: HashSet<(TraceId, SpanId)>,
}

/// Places that are asked for.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// Revisions with paths, as spelled.
    pub(crate) past: HashSet<(SmolStr, SmolStr)>,
    /// Paths that may be bundles, as spelled.
    pub(crate) bundles: HashSet<SmolStr>,
}

impl Seen {
    /// What `snapshot` names that those before did not.
    pub(crate) fn new_in(&mut self, snapshot: &Snapshot) -> Wanted {
        let mut wanted = Wanted::default();
        if snapshot.table.len() < self.shapes {
            *self = Seen::default();
        }
        for (_, shape, _) in snapshot.table.iter().skip(self.shapes) {
            if let Some(path) = shape.get("code.file.path") {
                wanted.add(shape.past().map(|(revision, _)| revision), path);
            }
        }
        self.shapes = snapshot.table.len();
        self.add_failures(snapshot, &mut wanted);
        wanted
    }

    /// The stack traces of the latest failure of each sort.
    fn add_failures(&mut self, snapshot: &Snapshot, wanted: &mut Wanted) {
        for shape in (0..snapshot.table.len().min(MAX_SHAPES)).map(|shape| ShapeId(shape as u32)) {
            for failure in snapshot.failures.of(&[shape], snapshot.window, snapshot.now) {
                let id = (failure.latest.trace_id, failure.latest.span_id);
                if self.failed.len() >= MAX_FAILED {
                    self.failed.clear();
                }
                if !self.failed.insert(id) {
                    continue;
                }
                if let Some(stored) = snapshot.store.span(id.0, id.1) {
                    wanted.add_stacks(&stored.span());
                }
            }
        }
    }
}

impl Wanted {
    fn add_stacks(&mut self, span: &Span) {
        for file in span.exceptions().flat_map(named_files) {
            self.add(span.resource.revision(), &file);
        }
    }

    fn add(&mut self, revision: Option<&str>, path: &str) {
        if let Some(revision) = revision {
            self.past.insert((revision.into(), path.into()));
        }
        if may_be_bundle(path) {
            self.bundles.insert(path.into());
        }
    }
}
