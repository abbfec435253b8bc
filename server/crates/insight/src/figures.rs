//! The figures of a function: of its calls, not of the spans that it starts inside itself.

use std::collections::HashSet;

use attribution::ShapeId;
use source::FunctionKey;
use store::Figures;
use world::{CallEdge, Snapshot};

use crate::wording;

/// Figures of the calls of `function` over the window; `None` when none ended in it. Only what is placed likely or
/// certain counts.
///
/// A function often carries several spans a call: the framework's for the request, and its own for a step. A kind
/// of span that mostly runs inside another kind of the same function is a step and not another call.
pub fn of_function(snapshot: &Snapshot, function: &FunctionKey) -> Option<Figures> {
    let shapes = snapshot.shapes_of.get(function)?;
    let calls = calls_among(snapshot, shapes);
    snapshot.by_shape.figures(calls.iter(), snapshot.window, snapshot.now)
}

/// One line of figures: `240 calls · p50 12 ms · p95 80 ms · 3 errors`; errors only if there are any, one duration
/// for a single call.
pub fn line(figures: &Figures) -> String {
    let mut line = wording::counted(figures.calls, "call", "calls");
    if figures.calls == 1 {
        line += &format!(" · {}", wording::duration(figures.p50));
    } else {
        line +=
            &format!(" · p50 {} · p95 {}", wording::duration(figures.p50), wording::duration(figures.p95));
    }
    if figures.errors > 0 {
        line += &format!(" · {}", wording::counted(figures.errors, "error", "errors"));
    }
    line
}

/// Those of one function's `shapes` that stand for calls of it. Never empty unless `shapes` is.
pub(crate) fn calls_among(snapshot: &Snapshot, shapes: &[ShapeId]) -> Vec<ShapeId> {
    if shapes.len() < 2 {
        return shapes.to_vec();
    }
    let steps = steps_among(snapshot, shapes);
    let calls: Vec<_> = shapes.iter().copied().filter(|shape| !steps.contains(shape)).collect();
    // Two kinds that each run mostly inside the other: recursion; then all of them are calls.
    if calls.is_empty() { shapes.to_vec() } else { calls }
}

fn steps_among(snapshot: &Snapshot, shapes: &[ShapeId]) -> HashSet<ShapeId> {
    let own: HashSet<ShapeId> = shapes.iter().copied().collect();
    let mut inside: std::collections::HashMap<ShapeId, Vec<CallEdge>> = Default::default();
    for edge in snapshot.by_edge.keys() {
        if edge.parent != edge.child && own.contains(&edge.parent) && own.contains(&edge.child) {
            inside.entry(edge.child).or_default().push(*edge);
        }
    }
    let mostly_inside = |(shape, edges): (ShapeId, Vec<CallEdge>)| {
        let within = snapshot.by_edge.figures(edges.iter(), snapshot.window, snapshot.now)?.calls;
        let all = snapshot.by_shape.figures([&shape], snapshot.window, snapshot.now)?.calls;
        (within * 2 > all).then_some(shape)
    };
    inside.into_iter().filter_map(mostly_inside).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn figures(calls: u64, errors: u64) -> Figures {
        let (p50, p95) = (Duration::from_millis(12), Duration::from_millis(80));
        Figures { calls, errors, p50, p95, ..Figures::default() }
    }

    #[test]
    fn the_line_says_no_more_than_there_is() {
        assert_eq!(line(&figures(240, 3)), "240 calls · p50 12 ms · p95 80 ms · 3 errors");
        assert_eq!(line(&figures(1_240, 0)), "1,240 calls · p50 12 ms · p95 80 ms");
        assert_eq!(line(&figures(1, 1)), "1 call · 12 ms · 1 error");
    }
}
