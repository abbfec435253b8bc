//! One trace as a tree: spans below their parents, in the order in which they started.

use std::{collections::HashMap, sync::Arc, time::Duration};

use attribution::Placement;
use model::{Span, SpanId, Timestamp, TraceId, keys};
use source::Index;
use world::{PlacedSpan, Snapshot};

pub use crate::waterfall::waterfall_text;

/// A trace, parents before children, siblings by start. Never deeper in the stack than flat: hostile nesting costs
/// memory in proportion to the spans and nothing else.
#[derive(Clone, Debug, Default)]
pub struct TraceTree {
    /// Start of the earliest span; zero when there is none.
    pub start: Timestamp,
    /// From there to the latest end.
    pub duration: Duration,
    /// One row a span; none is lost, whatever parents claim.
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
    /// From the start of the trace to its start.
    pub offset: Duration,
    /// How long it took; zero for a span that never ended or ended before it started.
    pub duration: Duration,
    /// 0-based line of the name of the function it belongs to; `None` until [`TraceTree::locate`] finds one.
    pub line: Option<u32>,
    /// Whether it names a parent that is not here, or is part of a circle that was cut before it.
    pub is_orphan: bool,
}

impl TraceTree {
    /// The tree of `spans`, which need not all be of one trace's truth: missing parents make roots, circles are cut at
    /// their earliest span, of two spans with one id the server's is below the client's.
    pub fn new(spans: &[PlacedSpan]) -> TraceTree {
        let mut order: Vec<usize> = (0..spans.len()).collect();
        order.sort_by_key(|at| (spans[*at].span.start, spans[*at].span.span_id, *at));
        let parents = parents(spans, &order);
        let walk = walk(&order, &parents);
        let start = order.first().map_or(Timestamp::ZERO, |first| spans[*first].span.start);
        let end = spans.iter().map(|placed| placed.span.start.max(placed.span.end)).max().unwrap_or(start);
        let mut tree = TraceTree { start, duration: end.since(start), ..TraceTree::default() };
        let mut row_of = vec![0; spans.len()];
        for (at, depth, parent) in walk {
            row_of[at] = tree.rows.len();
            tree.push(&spans[at], depth, parent.map(|parent| row_of[parent]));
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
            let function = row.placement.function.as_ref().and_then(|key| index.function(key));
            row.line = function.map(|function| function.name_position.line);
        }
    }

    /// The first root: what the trace is called after. `None` when it has no spans.
    pub fn root(&self) -> Option<&TraceRow> {
        self.rows.first()
    }

    fn push(&mut self, placed: &PlacedSpan, depth: u32, parent: Option<usize>) {
        let span = &placed.span;
        let service = span.service();
        if !self.services.iter().any(|known| known == service) {
            self.services.push(service.into());
        }
        self.errors += usize::from(span.is_error());
        self.rows.push(TraceRow {
            placement: placed.placement.clone(),
            depth,
            parent,
            offset: span.start.since(self.start),
            duration: span.duration(),
            line: None,
            is_orphan: parent.is_none() && span.parent.is_some(),
            span: span.clone(),
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

/// The index of each span's parent, circles cut.
fn parents(spans: &[PlacedSpan], order: &[usize]) -> Vec<Option<usize>> {
    let mut by_id: HashMap<SpanId, Vec<usize>> = HashMap::with_capacity(spans.len());
    for at in order {
        by_id.entry(spans[*at].span.span_id).or_default().push(*at);
    }
    let mut parents: Vec<Option<usize>> = (0..spans.len()).map(|at| parent_of(spans, &by_id, at)).collect();
    cut_circles(order, &mut parents);
    parents
}

fn parent_of(spans: &[PlacedSpan], by_id: &HashMap<SpanId, Vec<usize>>, at: usize) -> Option<usize> {
    let span = &spans[at].span;
    // Zipkin's shared spans: client and server report under one id; the later of the two is below the earlier.
    let twins = by_id.get(&span.span_id).map(Vec::as_slice).unwrap_or_default();
    if let [first, rest @ ..] = twins
        && rest.contains(&at)
    {
        return Some(*first);
    }
    let candidates = by_id.get(&span.parent?)?;
    let same_service =
        candidates.iter().rev().find(|parent| spans[**parent].span.service() == span.service());
    same_service.or(candidates.last()).copied().filter(|parent| *parent != at)
}

/// Makes a root of the earliest span of every circle.
fn cut_circles(order: &[usize], parents: &mut [Option<usize>]) {
    const UNSEEN: u32 = 0;
    let mut seen_in = vec![UNSEEN; parents.len()];
    for (walk, start) in order.iter().enumerate() {
        let walk = walk as u32 + 1;
        let mut at = *start;
        while seen_in[at] == UNSEEN {
            seen_in[at] = walk;
            match parents[at] {
                // Walks begin in order of start, but a circle may be entered anywhere: cut before its earliest.
                Some(parent) if seen_in[parent] == walk => cut_before_earliest(order, parents, parent),
                Some(parent) => at = parent,
                None => break,
            }
        }
    }
}

fn cut_before_earliest(order: &[usize], parents: &mut [Option<usize>], member: usize) {
    let mut circle = vec![member];
    let mut at = parents[member];
    while let Some(next) = at.filter(|next| *next != member) {
        circle.push(next);
        at = parents[next];
    }
    circle.sort_unstable();
    if let Some(earliest) = order.iter().find(|at| circle.binary_search(at).is_ok()) {
        parents[*earliest] = None;
    }
}

/// Spans in pre-order with depth and parent, without recursion.
fn walk(order: &[usize], parents: &[Option<usize>]) -> Vec<(usize, u32, Option<usize>)> {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); parents.len()];
    let mut stack: Vec<(usize, u32)> = Vec::new();
    for at in order.iter().rev() {
        match parents[*at] {
            Some(parent) => children[parent].push(*at),
            None => stack.push((*at, 0)),
        }
    }
    let mut rows = Vec::with_capacity(order.len());
    while let Some((at, depth)) = stack.pop() {
        rows.push((at, depth, parents[at]));
        // Pushed in reverse order of start above, so that the earliest is on top.
        stack.extend(children[at].iter().map(|child| (*child, depth + 1)));
    }
    rows
}
