//! An immutable view of everything known at one moment. A handful of pointers.

use std::{sync::Arc, time::Duration};

use attribution::{Placement, Shape, ShapeId, Table};
use imbl::HashMap;
use model::{SmolStr, Span, Timestamp, TraceId};
use source::{Document, FunctionKey, Index};
use store::{Aggregates, Figures, Query, Store, Stored, TraceSummary};

use crate::{CallEdge, Calls, Failure, Failures, Status};

/// What was known at `now`. Old ones live as long as a reader needs them.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// When it was taken.
    pub now: Timestamp,
    /// Over which time figures are shown.
    pub window: Duration,
    /// The code: open files as their editors have them, others as on disk.
    pub index: Index,
    /// Files that an editor holds open, with the version it gave; without those whose text cannot be read.
    pub documents: HashMap<SmolStr, (i32, Arc<Document>)>,
    /// The spans.
    pub store: Store,
    /// Shapes and their placements.
    pub table: Table,
    /// Figures by shape.
    pub by_shape: Aggregates<ShapeId>,
    /// Figures of the child, by edge.
    pub by_edge: Aggregates<CallEdge>,
    /// The edges by either end.
    pub calls: Calls,
    /// What went wrong, by shape.
    pub failures: Failures,
    /// Shapes placed (likely or certain) in each function, ordered.
    pub shapes_of: HashMap<FunctionKey, Arc<Vec<ShapeId>>>,
    /// Counts for people who wonder why nothing shows.
    pub status: Status,
}

/// A span of one trace with its place.
#[derive(Clone, Debug)]
pub struct PlacedSpan {
    /// The span.
    pub span: Arc<Span>,
    /// Where it belongs, its ancestors' evidence included.
    pub placement: Arc<Placement>,
}

/// Something that calls a function or is called by it, as traces show it.
#[derive(Clone, Debug)]
pub struct Call {
    /// From whom to whom.
    pub edge: CallEdge,
    /// Shape of the other end: the caller's for callers, the callee's for callees.
    pub shape: Arc<Shape>,
    /// Where the other end belongs by what it carries itself.
    pub placement: Arc<Placement>,
    /// Figures of the called side over this edge.
    pub figures: Figures,
}

impl Snapshot {
    /// Shapes placed in `function`, ordered; empty when there is none.
    pub fn shapes(&self, function: &FunctionKey) -> &[ShapeId] {
        self.shapes_of.get(function).map_or(&[], |shapes| shapes)
    }

    /// Figures of the spans placed in `function` over the window; `None` when none ended in it.
    pub fn figures(&self, function: &FunctionKey) -> Option<Figures> {
        self.by_shape.figures(self.shapes(function), self.window, self.now)
    }

    /// What `function` called over the window, the most expensive first.
    pub fn callees(&self, function: &FunctionKey) -> Vec<Call> {
        self.resolve_calls(self.shapes(function).iter().flat_map(|shape| self.calls.from(*shape)), |edge| {
            edge.child
        })
    }

    /// What called `function` over the window, the most expensive first.
    pub fn callers(&self, function: &FunctionKey) -> Vec<Call> {
        self.resolve_calls(self.shapes(function).iter().flat_map(|shape| self.calls.to(*shape)), |edge| {
            edge.parent
        })
    }

    /// What went wrong in `function` over the window by type, the most frequent first.
    pub fn failures(&self, function: &FunctionKey) -> Vec<Failure> {
        self.failures.of(self.shapes(function), self.window, self.now)
    }

    /// Traces in which `function` ran by its spans' own evidence, newest first, at most `limit` (0: all).
    pub fn traces_through(&self, function: &FunctionKey, limit: usize) -> Vec<TraceSummary> {
        let tags = self.shapes(function).iter().map(|shape| shape.0).collect();
        self.store.traces(&Query { tags: Some(tags), limit, ..Query::default() })
    }

    /// Spans of one trace that are placed in `function` by their own evidence, in order of arrival.
    pub fn spans_in(&self, function: &FunctionKey, trace_id: TraceId) -> Vec<Stored<'_>> {
        let shapes = self.shapes(function);
        let spans = self.store.trace(trace_id).into_iter().flat_map(|trace| trace.spans());
        spans.filter(|stored| shapes.binary_search(&ShapeId(stored.tag)).is_ok()).collect()
    }

    /// The spans of a trace, placed, in order of arrival; empty when the trace is not here.
    pub fn placed_trace(&self, trace_id: TraceId) -> Vec<PlacedSpan> {
        let Some(trace) = self.store.trace(trace_id) else {
            return Vec::new();
        };
        let spans: Vec<_> = trace.spans().map(|stored| Arc::new(stored.span())).collect();
        self.place(spans)
    }

    /// Places spans that need not be in the store, for example of a file.
    pub fn place(&self, spans: Vec<Arc<Span>>) -> Vec<PlacedSpan> {
        let placements = attribution::place_trace(&self.table, &self.index, &spans);
        spans.into_iter().zip(placements).map(|(span, placement)| PlacedSpan { span, placement }).collect()
    }

    fn resolve_calls(
        &self,
        edges: impl Iterator<Item = CallEdge>,
        other: fn(CallEdge) -> ShapeId,
    ) -> Vec<Call> {
        let resolve = |edge| {
            Some(Call {
                edge,
                shape: self.table.shape(other(edge))?.clone(),
                placement: self.table.placement(other(edge))?.clone(),
                figures: self.by_edge.figures([&edge], self.window, self.now)?,
            })
        };
        let mut calls: Vec<Call> = edges.filter_map(resolve).collect();
        calls.sort_by(|a, b| b.figures.total.cmp(&a.figures.total).then(a.edge.cmp(&b.edge)));
        calls
    }
}
