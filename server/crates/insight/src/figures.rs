//! The figures of a function: of its calls, not of the spans that it starts inside itself.

use std::collections::HashSet;

use attribution::ShapeId;
use source::FunctionKey;
use store::Figures;
use world::Snapshot;

use crate::{call_costs::is_call, wording};

/// Figures of the calls of `function` over the window; `None` when none ended in it. Only what is placed likely or
/// certain counts.
///
/// A function often carries several spans a call: the framework's for the request, its own for a step, a client's for
/// what it calls. A kind of span that mostly runs inside another kind of the same function is a step, and a client's
/// is what it calls: neither is a call of the function.
pub fn of_function(snapshot: &Snapshot, function: &FunctionKey) -> Option<Figures> {
    let calls = calls_among(snapshot, snapshot.shapes(function));
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

/// Those of one function's `shapes` that stand for calls of it: neither for calls that it makes, nor for its steps.
pub(crate) fn calls_among(snapshot: &Snapshot, shapes: &[ShapeId]) -> Vec<ShapeId> {
    let runs: Vec<_> = shapes.iter().copied().filter(|shape| !is_call(snapshot, *shape)).collect();
    if runs.len() < 2 {
        return runs;
    }
    let steps = steps_among(snapshot, &runs);
    let calls: Vec<_> = runs.iter().copied().filter(|shape| !steps.contains(shape)).collect();
    // Two kinds that each run mostly inside the other: recursion; then all of them are calls.
    if calls.is_empty() { runs } else { calls }
}

/// Those of `shapes` that mostly run inside another of them.
fn steps_among(snapshot: &Snapshot, shapes: &[ShapeId]) -> HashSet<ShapeId> {
    let own: HashSet<ShapeId> = shapes.iter().copied().collect();
    let is_step = |shape: &ShapeId| {
        let inside =
            snapshot.calls.to(*shape).filter(|edge| edge.parent != *shape && own.contains(&edge.parent));
        let inside: Vec<_> = inside.collect();
        let within = snapshot.by_edge.figures(&inside, snapshot.window, snapshot.now)?.calls;
        let all = snapshot.by_shape.figures([shape], snapshot.window, snapshot.now)?.calls;
        (within * 2 > all).then_some(*shape)
    };
    shapes.iter().filter_map(is_step).collect()
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
