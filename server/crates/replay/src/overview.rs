//! The trace as a whole: search, the critical path, and the tree as text.

use std::time::Duration;

use model::Timestamp;

use crate::{
    expression::{Context, Expression},
    recording::{Position, Recording, SpanIndex},
    wording,
};

/// Clocks that count in milliseconds make calls overlap that followed each other.
const COARSE_CLOCK: Duration = Duration::from_millis(1);

/// A span's share of the critical path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Critical {
    /// The span.
    pub span: SpanIndex,
    /// How much sooner the trace would have ended without the span's own work on the path.
    pub time: Duration,
}

impl Recording {
    /// Spans that meet a condition, in the order in which they start.
    pub fn matching<'a>(&'a self, condition: &'a Expression) -> impl Iterator<Item = SpanIndex> + 'a {
        self.in_order_of_start()
            .filter(|span| condition.holds(&Context { recording: self, span: *span, position: None }))
    }

    /// All spans in the order in which they start.
    pub fn in_order_of_start(&self) -> impl Iterator<Item = SpanIndex> + '_ {
        self.moments.starts_in_order.iter().map(|position| self.moment(*position).span)
    }

    /// How many spans have started by `position`.
    pub fn started_by(&self, position: Position) -> usize {
        self.moments.starts_in_order.partition_point(|start| *start <= position)
    }

    /// The spans whose own work decided when the trace's longest root ended, each with its share, in the order in
    /// which they start. O(n log n).
    pub fn critical_path(&self) -> Vec<Critical> {
        let roots = self.tree.roots();
        let Some(root) = roots.max_by_key(|root| {
            let (start, end) = self.times(*root);
            end.since(start)
        }) else {
            return Vec::new();
        };
        let mut share = vec![Duration::ZERO; self.span_count()];
        let mut open = vec![(root, self.times(root).1)];
        while let Some((span, until)) = open.pop() {
            share[span as usize] += self.own_part(span, until, &mut open);
        }
        let on_path = self.in_order_of_start().filter(|span| !share[*span as usize].is_zero());
        on_path.map(|span| Critical { span, time: share[span as usize] }).collect()
    }

    /// The time before `until` that `span` did not spend waiting; what it waited for is put on `open`.
    fn own_part(
        &self,
        span: SpanIndex,
        until: Timestamp,
        open: &mut Vec<(SpanIndex, Timestamp)>,
    ) -> Duration {
        let start = self.times(span).0;
        let mut children: Vec<SpanIndex> = self.children(span).to_vec();
        children.sort_by_key(|child| std::cmp::Reverse(self.times(*child).1));
        let mut own = Duration::ZERO;
        let mut reached = until;
        for child in children {
            let (child_start, child_end) = self.times(child);
            let overlap = child_end.since(reached);
            // What ended later was not waited for, unless the clock is too coarse to say.
            let is_blur = overlap <= COARSE_CLOCK && overlap * 2 < child_end.since(child_start);
            if child_start >= reached || (!overlap.is_zero() && !is_blur) {
                continue;
            }
            own += reached.since(child_end);
            open.push((child, child_end.min(reached)));
            reached = child_start;
        }
        own + reached.since(start)
    }

    /// The tree of spans as text, at most `limit` lines, with a mark on the span on top of the stack at `position`.
    pub fn tree_text(&self, position: Position, limit: usize) -> Vec<String> {
        let here = self.top(position);
        let row = |span: SpanIndex| {
            let (start, end) = self.times(span);
            let depth = (self.depths[span as usize].spans as usize).min(40);
            let mark = if span == here { '▶' } else { ' ' };
            let error = if self.span(span).is_error() { " ✗" } else { "" };
            format!(
                "{mark} {:>14} {}{} · {}{error}",
                wording::offset(self.offset(start)),
                "  ".repeat(depth),
                self.frame_name(span),
                wording::duration(end.since(start)),
            )
        };
        let mut order = Vec::new();
        let mut open: Vec<SpanIndex> = self.tree.roots().collect();
        open.sort_by_key(|root| std::cmp::Reverse(self.start_of(*root)));
        while let Some(span) = open.pop() {
            order.push(span);
            open.extend(self.children(span).iter().rev());
        }
        // Around where the session stands, when not all fits.
        let place = order.iter().position(|span| *span == here).unwrap_or(0);
        let first = place.saturating_sub(limit / 2).min(order.len().saturating_sub(limit));
        let mut rows: Vec<String> = order.iter().skip(first).take(limit).map(|span| row(*span)).collect();
        if order.len() > limit {
            rows.push(format!("{} of {} spans shown", limit, order.len()));
        }
        rows
    }

    /// Files in which some span has its place, ordered by key.
    pub fn files(&self) -> Vec<String> {
        let by_line = self.places.by_line(self);
        let mut files: Vec<String> = by_line.keys().map(ToString::to_string).collect();
        files.sort();
        files
    }

    /// 0-based lines of a file at which a breakpoint can hit, in order.
    pub fn lines_of(&self, file: &str) -> Vec<u32> {
        self.places.by_line(self).get(file).map(|lines| lines.keys().copied().collect()).unwrap_or_default()
    }
}
