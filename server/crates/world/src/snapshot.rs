//! An immutable view of everything known at one moment. A handful of pointers.

use std::{sync::Arc, time::Duration};

use attribution::{Placement, ShapeId, Table};
use imbl::HashMap;
use model::{SmolStr, Span, Timestamp, TraceId};
use source::{Document, FunctionKey, Index};
use store::{Aggregates, Figures, Store};

use crate::CallEdge;

/// What was known at `now`. Old ones live as long as a reader needs them.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// When it was taken.
    pub now: Timestamp,
    /// Over which time figures are shown.
    pub window: Duration,
    /// The code: open files as their editors have them, others as on disk.
    pub index: Index,
    /// Files that an editor holds open, with the version it gave.
    pub documents: HashMap<SmolStr, (i32, Arc<Document>)>,
    /// The spans.
    pub store: Store,
    /// Shapes and their placements.
    pub table: Table,
    /// Figures by shape.
    pub by_shape: Aggregates<ShapeId>,
    /// Figures of the child, by edge.
    pub by_edge: Aggregates<CallEdge>,
    /// Shapes placed (likely or certain) in each function.
    pub shapes_of: HashMap<FunctionKey, Arc<Vec<ShapeId>>>,
    /// Counts for people who wonder why nothing shows.
    pub status: Status,
}

/// Counts for people who wonder why nothing shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Files read.
    pub files: usize,
    /// Files passed over, with the reason; bounded.
    pub skipped: Vec<(SmolStr, SmolStr)>,
    /// Functions found.
    pub functions: usize,
    /// Whether the first read of the workspace is complete.
    pub workspace_read: bool,
    /// Spans received.
    pub spans: u64,
    /// Spans whose shape is placed (likely or certain).
    pub placed: u64,
    /// When the last span arrived; zero while none has.
    pub last_span: Timestamp,
    /// Refused input, by reason.
    pub refused: Vec<(SmolStr, u64)>,
}

/// A span of one trace with its place.
#[derive(Clone, Debug)]
pub struct PlacedSpan {
    /// The span.
    pub span: Arc<Span>,
    /// Where it belongs, its ancestors' evidence included.
    pub placement: Arc<Placement>,
}

impl Snapshot {
    /// Figures of the spans placed in `function` over the window; `None` when none ended in it.
    pub fn figures(&self, function: &FunctionKey) -> Option<Figures> {
        let shapes = self.shapes_of.get(function)?;
        self.by_shape.figures(shapes.iter(), self.window, self.now)
    }

    /// The spans of a trace, placed, in order of arrival; empty when the trace is not here.
    pub fn placed_trace(&self, trace_id: TraceId) -> Vec<PlacedSpan> {
        let Some(trace) = self.store.trace(trace_id) else { return Vec::new() };
        let spans: Vec<_> = trace.spans.iter().map(|stored| stored.span.clone()).collect();
        self.place(spans)
    }

    /// Places spans that need not be in the store, for example of a file.
    pub fn place(&self, spans: Vec<Arc<Span>>) -> Vec<PlacedSpan> {
        let placements = attribution::place_trace(&self.table, &self.index, &spans);
        spans.into_iter().zip(placements).map(|(span, placement)| PlacedSpan { span, placement }).collect()
    }
}
