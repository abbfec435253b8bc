//! The figures of a function: of its calls, not of the spans that it starts inside itself.

use std::collections::{BTreeSet, HashSet};

use attribution::ShapeId;
use source::FunctionKey;
use store::{Exemplar, Figures};
use world::{CallEdge, Snapshot};

use crate::{call_costs::is_call, wording};

/// How far up a span's own function is looked for, through spans of frameworks that have no place.
const MAX_CLIMB: u32 = 16;

/// What figures count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Runs of a function, or of a call.
    Calls,
    /// Spans that a function starts inside itself, of which one run may make several.
    Spans,
}

/// Figures of `function` over the window, and what they count; `None` when nothing ended in it. Only what is placed
/// likely or certain counts.
///
/// A function often carries several spans a call: the framework's for the request, its own for a step, a client's for
/// what it calls. A kind of span that mostly runs inside another kind of the same function is a step, and a client's
/// is what it calls: neither is a call of the function.
pub fn of_function(snapshot: &Snapshot, function: &FunctionKey) -> Option<(Figures, Unit)> {
    let calls = calls_among(snapshot, snapshot.shapes(function));
    let figures = snapshot.by_shape.figures(calls.iter(), snapshot.window, snapshot.now)?;
    Some((figures, unit_of(snapshot, &calls)))
}

/// One line of figures: `240 calls · p50 12 ms · p95 80 ms · 3 errors`; errors only if there are any, one duration
/// for a single call. Where those seen were sampled: `~2,400 calls · p50 12 ms · p95 80 ms · ~30 errors`.
pub fn line(figures: &Figures, unit: Unit) -> String {
    let mut line = counted(figures, unit);
    if figures.seen == 1 {
        line += &format!(" · {}", wording::duration(figures.p50));
    } else {
        line +=
            &format!(" · p50 {} · p95 {}", wording::duration(figures.p50), wording::duration(figures.p95));
    }
    if figures.errors > 0 {
        line += &format!(" · {}", errors(figures));
    }
    line
}

/// `240 calls`, or `~2,400 calls` where those seen were sampled.
pub(crate) fn counted(figures: &Figures, unit: Unit) -> String {
    let counted = match unit {
        Unit::Calls => wording::counted(figures.calls, "call", "calls"),
        Unit::Spans => wording::counted(figures.calls, "span", "spans"),
    };
    about(figures, counted)
}

/// `3 errors`, or `~30 errors` where those seen were sampled.
pub(crate) fn errors(figures: &Figures) -> String {
    about(figures, wording::counted(figures.errors, "error", "errors"))
}

fn about(figures: &Figures, counted: String) -> String {
    if figures.is_estimate() { format!("~{counted}") } else { counted }
}

/// Those of one function's `shapes` that stand for calls of it: neither for calls that it makes, nor for its steps.
pub(crate) fn calls_among(snapshot: &Snapshot, shapes: &[ShapeId]) -> Vec<ShapeId> {
    let runs: Vec<_> = shapes.iter().copied().filter(|shape| !is_call(snapshot, *shape)).collect();
    if runs.len() < 2 {
        return runs;
    }
    let own: HashSet<ShapeId> = runs.iter().copied().collect();
    let calls: Vec<_> = runs.iter().copied().filter(|shape| !is_step(snapshot, *shape, &own)).collect();
    // Two kinds that each run mostly inside the other: recursion; then all of them are calls.
    if calls.is_empty() { runs } else { calls }
}

/// Whether spans of `shape` run inside those of another of `own`, as far as the ones show that stand for it; where
/// their traces are gone, whether most were directly below.
fn is_step(snapshot: &Snapshot, shape: ShapeId, own: &HashSet<ShapeId>) -> bool {
    let Some(all) = snapshot.by_shape.figures([&shape], snapshot.window, snapshot.now) else { return false };
    let shown = [all.latest, all.slowest, all.latest_error].into_iter().flatten();
    let votes: Vec<bool> = shown.filter_map(|exemplar| runs_inside(snapshot, exemplar, shape, own)).collect();
    if !votes.is_empty() {
        return votes.iter().filter(|inside| **inside).count() * 2 > votes.len();
    }
    let above = snapshot.calls.to(shape).filter(|edge| edge.parent != shape && own.contains(&edge.parent));
    above.map(|edge| calls_over(snapshot, &edge)).sum::<u64>() * 2 > all.calls
}

/// Whether one span runs inside a span of `own` that is not of its `shape`: directly, or below spans of its service
/// that have no place. `None` when it is not kept.
fn runs_inside(
    snapshot: &Snapshot,
    exemplar: Exemplar,
    shape: ShapeId,
    own: &HashSet<ShapeId>,
) -> Option<bool> {
    let mut span = snapshot.store.span(exemplar.trace_id, exemplar.span_id)?;
    for _ in 0..MAX_CLIMB {
        let Some(parent) = span.parent().and_then(|id| snapshot.store.span(exemplar.trace_id, id)) else {
            break;
        };
        let above = ShapeId(parent.tag);
        if above != shape && own.contains(&above) {
            return Some(true);
        }
        if parent.service() != span.service() || is_placed(snapshot, above) {
            break;
        }
        span = parent;
    }
    Some(false)
}

fn is_placed(snapshot: &Snapshot, shape: ShapeId) -> bool {
    snapshot.table.placement(shape).is_some_and(|placement| placement.is_shown())
}

fn calls_over(snapshot: &Snapshot, edge: &CallEdge) -> u64 {
    snapshot.by_edge.figures([edge], snapshot.window, snapshot.now).map_or(0, |figures| figures.calls)
}

/// What spans of `calls`, all of one function, count. Those that are started inside the function count as its calls
/// only where one place starts them, outside of any loop, and once for each span above.
fn unit_of(snapshot: &Snapshot, calls: &[ShapeId]) -> Unit {
    let place = |shape: &ShapeId| snapshot.table.placement(*shape)?.call_place.clone();
    let inside: BTreeSet<(model::SmolStr, u32)> =
        calls.iter().filter_map(place).map(|place| (place.file, place.line)).collect();
    let Some((file, line)) = inside.first() else { return Unit::Calls };
    let in_loop = snapshot
        .index
        .file(file)
        .is_some_and(|file| file.call_sites.iter().any(|site| site.position.line == *line && site.in_loop));
    if inside.len() > 1 || in_loop || spans_for_each_parent(snapshot, calls) > 1.5 {
        return Unit::Spans;
    }
    Unit::Calls
}

fn spans_for_each_parent(snapshot: &Snapshot, shapes: &[ShapeId]) -> f64 {
    let edges: Vec<CallEdge> = shapes.iter().flat_map(|shape| snapshot.calls.to(*shape)).collect();
    let parents: BTreeSet<ShapeId> = edges.iter().map(|edge| edge.parent).collect();
    let below = snapshot.by_edge.figures(&edges, snapshot.window, snapshot.now);
    let above = snapshot.by_shape.figures(&parents, snapshot.window, snapshot.now);
    below.zip(above).map_or(0.0, |(below, above)| below.calls as f64 / above.calls.max(1) as f64)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn figures(calls: u64, errors: u64) -> Figures {
        let (p50, p95) = (Duration::from_millis(12), Duration::from_millis(80));
        Figures { calls, seen: calls, errors, p50, p95, ..Figures::default() }
    }

    #[test]
    fn the_line_says_no_more_than_there_is() {
        assert_eq!(line(&figures(240, 3), Unit::Calls), "240 calls · p50 12 ms · p95 80 ms · 3 errors");
        assert_eq!(line(&figures(1_240, 0), Unit::Spans), "1,240 spans · p50 12 ms · p95 80 ms");
        assert_eq!(line(&figures(1, 1), Unit::Calls), "1 call · 12 ms · 1 error");
    }

    #[test]
    fn the_line_says_what_is_an_estimate() {
        let sampled = |calls, errors, seen| Figures { seen, ..figures(calls, errors) };
        let text = "~2,400 calls · p50 12 ms · p95 80 ms · ~100 errors";
        assert_eq!(line(&sampled(2_400, 100, 24), Unit::Calls), text);
        assert_eq!(line(&sampled(100, 0, 1), Unit::Spans), "~100 spans · 12 ms");
        assert_eq!(line(&sampled(1, 0, 2), Unit::Calls), "~1 call · p50 12 ms · p95 80 ms");
    }
}
