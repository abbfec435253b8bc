//! One trace as a tree: spans below their parents, in the order in which they started.

use std::{sync::Arc, time::Duration};

use attribution::Placement;
use model::{Span, Timestamp, TraceId, keys};
use source::Index;
use store::tree::{self as arrange, Standing};
use world::{PlacedSpan, Snapshot};

pub use crate::waterfall::waterfall_text;

/// A trace, parents before children, siblings by start. One row a span, none lost, whatever the spans claim.
#[derive(Clone, Debug, Default)]
pub struct TraceTree {
    /// Start of the earliest span; zero when there is none.
    pub start: Timestamp,
    /// From there to the latest end.
    pub duration: Duration,
    /// Its spans.
    pub rows: Vec<TraceRow>,
    /// Services that took part, by first appearance in the tree.
    pub services: Vec<model::SmolStr>,
    /// Rows that failed.
    pub errors: usize,
}

/// One span in a [`TraceTree`].
#[derive(Clone, Debug)]
pub struct TraceRow {
    /// The span.
    pub span: Arc<Span>,
    /// Where it belongs.
    pub placement: Arc<Placement>,
    /// 0 for a root.
    pub depth: u32,
    /// Index of the parent's row, always less than the row's own.
    pub parent: Option<usize>,
    /// From the start of the trace to its start, by clocks put right.
    pub offset: Duration,
    /// How long it took; zero for a span that never ended or ended before it started.
    pub duration: Duration,
    /// 0-based line in the file of its function: of the call that it stands for, else of the function's name. `None`
    /// until [`TraceTree::locate`] finds one.
    pub line: Option<u32>,
    /// Whether it names a parent that is not here, or is part of a circle that was cut before it.
    pub is_orphan: bool,
}

impl TraceTree {
    /// The tree of `spans`, which are taken to be of one trace; how it is arranged, and clocks that contradict each
    /// other are put right, is [`store::tree`]'s.
    pub fn new(spans: &[PlacedSpan]) -> TraceTree {
        let arranged = arrange::TraceTree::new(spans.iter().map(|placed| &*placed.span));
        let mut tree =
            TraceTree { start: arranged.start, duration: arranged.duration, ..TraceTree::default() };
        for node in &arranged.nodes {
            if let Some(placed) = spans.get(node.span) {
                tree.push(placed, node);
            }
        }
        tree
    }

    /// The tree of a kept trace, located; `None` when the trace is not here.
    pub fn of(snapshot: &Snapshot, trace_id: TraceId) -> Option<TraceTree> {
        let spans = snapshot.placed_trace(trace_id);
        if spans.is_empty() {
            return None;
        }
        let mut tree = TraceTree::new(&spans);
        tree.locate(&snapshot.index);
        Some(tree)
    }

    /// Looks up the line of every row's function in `index`.
    pub fn locate(&mut self, index: &Index) {
        for row in &mut self.rows {
            let Some(function) = row.placement.function.as_ref().and_then(|key| index.function(key)) else {
                continue;
            };
            let call = row.placement.call_place.as_ref().filter(|_| row.placement.is_call());
            let call = call.filter(|call| call.file == function.key.file).map(|call| call.line);
            row.line = Some(call.unwrap_or(function.name_position.line));
        }
    }

    /// The first root: what the trace is called after. `None` when it has no spans.
    pub fn root(&self) -> Option<&TraceRow> {
        self.rows.first()
    }

    fn push(&mut self, placed: &PlacedSpan, node: &arrange::Node) {
        let span = &placed.span;
        let service = span.service();
        if !self.services.iter().any(|known| known == service) {
            self.services.push(service.into());
        }
        self.errors += usize::from(span.is_error());
        self.rows.push(TraceRow {
            span: span.clone(),
            placement: placed.placement.clone(),
            depth: node.depth,
            parent: node.parent,
            offset: node.offset,
            duration: node.duration,
            line: None,
            is_orphan: matches!(node.standing, Standing::MissingParent | Standing::Cycle),
        });
    }
}

impl TraceRow {
    /// Why it failed: the status message, else the last exception's message or type; `None` when it did not fail or
    /// nobody said why. Hostile text as sent.
    pub fn message(&self) -> Option<&str> {
        if !self.span.is_error() {
            return None;
        }
        let status = Some(self.span.status.message.as_str()).filter(|message| !message.is_empty());
        let of_exception = || {
            let attributes = &self.span.exceptions().last()?.attributes;
            attributes.first_str(&[keys::EXCEPTION_MESSAGE, keys::EXCEPTION_TYPE])
        };
        status.or_else(of_exception)
    }
}
