//! Which shapes stand in which function, kept as shapes appear and as the code changes.

use std::{collections::BTreeSet, sync::Arc};

use attribution::{Placement, Rule, ShapeId};
use model::SmolStr;
use source::FunctionKey;

use crate::Snapshot;

/// What is known of each shape beyond the table, by its number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places(Vec<Known>);

#[derive(Clone, Debug, Default)]
struct Known {
    /// Where figures of the shape are shown.
    function: Option<FunctionKey>,
    /// Spans received.
    spans: u64,
}

impl Places {
    /// Counts a new span of a shape. Answers with the file whose function has its first data from this shape.
    pub(crate) fn count(&mut self, state: &mut Snapshot, shape: ShapeId) -> Option<SmolStr> {
        let at = shape.0 as usize;
        let mut file = None;
        if at >= self.0.len() {
            self.0.resize(at + 1, Known::default());
        }
        if self.0[at].spans == 0 {
            file = self.take_over(state, shape).into_iter().next();
        }
        self.0[at].spans += 1;
        state.status.spans += 1;
        state.status.placed += u64::from(self.0[at].function.is_some());
        file
    }

    /// Places all shapes in the code as it stands; answers with the files where a placement came or went.
    pub(crate) fn refresh(&mut self, state: &mut Snapshot) -> BTreeSet<SmolStr> {
        let Snapshot { table, index, .. } = state;
        let changed = table.refresh(index);
        changed.into_iter().flat_map(|shape| self.take_over(state, shape)).collect()
    }

    /// Takes over the placement that the table has for `shape`; answers with the files where it was and is.
    fn take_over(&mut self, state: &mut Snapshot, shape: ShapeId) -> Vec<SmolStr> {
        let placement = state.table.placement(shape).cloned().unwrap_or_default();
        self.update(state, shape, &placement)
    }

    fn update(&mut self, state: &mut Snapshot, shape: ShapeId, placement: &Placement) -> Vec<SmolStr> {
        let Some(known) = self.0.get_mut(shape.0 as usize) else { return Vec::new() };
        let new = shown_in(placement).cloned();
        let old = std::mem::replace(&mut known.function, new.clone());
        if old == new {
            return new.into_iter().map(|function| function.file).collect();
        }
        if let Some(old) = &old {
            state.status.placed -= known.spans;
            leave(state, old, shape);
        }
        if let Some(new) = &new {
            state.status.placed += known.spans;
            let shapes = state.shapes_of.entry(new.clone()).or_default();
            let shapes = Arc::make_mut(shapes);
            if let Err(at) = shapes.binary_search(&shape) {
                shapes.insert(at, shape);
            }
        }
        old.into_iter().chain(new).map(|function| function.file).collect()
    }
}

/// The function that figures of a placement are shown on: it is sure, and by the span's own evidence. A call site
/// inside the parent alone makes a hint there, not figures of the parent's function.
fn shown_in(placement: &Placement) -> Option<&FunctionKey> {
    let is_own = placement
        .evidence
        .iter()
        .any(|evidence| !matches!(evidence.rule, Rule::Parent | Rule::Rejected | Rule::Service));
    placement.function.as_ref().filter(|_| placement.is_shown() && (is_own || placement.evidence.is_empty()))
}

fn leave(state: &mut Snapshot, function: &FunctionKey, shape: ShapeId) {
    let Some(shapes) = state.shapes_of.get_mut(function) else {
        return;
    };
    let shapes = Arc::make_mut(shapes);
    shapes.retain(|known| *known != shape);
    if shapes.is_empty() {
        state.shapes_of.remove(function);
    }
}

#[cfg(test)]
mod tests {
    use attribution::{Confidence, Evidence};

    use super::*;
    use crate::{Settings, World};

    fn placement(function: &str, confidence: Confidence, rules: &[Rule]) -> Placement {
        let (file, path) = function.split_once(':').unwrap();
        Placement {
            function: Some(FunctionKey { file: file.into(), path: path.into(), nth: 0 }),
            confidence,
            evidence: rules.iter().map(|rule| Evidence { rule: *rule, detail: "said".into() }).collect(),
            ..Placement::default()
        }
    }

    /// `a.py:f [0, 2]` for each function, and how many of the spans are placed.
    fn render(state: &Snapshot) -> String {
        let shapes = |shapes: &[ShapeId]| shapes.iter().map(|shape| shape.0).collect::<Vec<_>>();
        let mut lines: Vec<_> =
            state.shapes_of.iter().map(|(function, of)| format!("{function} {:?}", shapes(of))).collect();
        lines.sort();
        format!("{} {}/{}", lines.join(" "), state.status.placed, state.status.spans)
    }

    #[test]
    fn shapes_move_with_their_placement_and_take_their_spans_along() {
        let mut state = World::new(Settings::default()).state;
        let mut places = Places::default();
        for shape in [0, 0, 0, 2, 2, 1] {
            places.count(&mut state, ShapeId(shape));
        }
        assert_eq!(render(&state), " 0/6");
        let certain = |function| placement(function, Confidence::Certain, &[Rule::Route]);
        assert_eq!(places.update(&mut state, ShapeId(2), &certain("a.py:f")), ["a.py"]);
        assert_eq!(places.update(&mut state, ShapeId(0), &certain("a.py:f")), ["a.py"]);
        assert_eq!(render(&state), "a.py:f [0, 2] 5/6");
        assert_eq!(places.update(&mut state, ShapeId(2), &certain("b.py:g")), ["a.py", "b.py"]);
        assert_eq!(render(&state), "a.py:f [0] b.py:g [2] 5/6");
        places.count(&mut state, ShapeId(2));
        assert_eq!(render(&state), "a.py:f [0] b.py:g [2] 6/7");
        assert_eq!(places.update(&mut state, ShapeId(0), &Placement::default()), ["a.py"]);
        assert_eq!(render(&state), "b.py:g [2] 3/7");
    }

    #[test]
    fn only_sure_placements_by_own_evidence_carry_figures() {
        let shown = |confidence, rules: &[Rule]| shown_in(&placement("a.py:f", confidence, rules)).is_some();
        assert!(shown(Confidence::Likely, &[Rule::SpanName]));
        assert!(shown(Confidence::Certain, &[Rule::Parent, Rule::CodeAttributes]));
        assert!(!shown(Confidence::Possible, &[Rule::SpanName]));
        assert!(!shown(Confidence::Certain, &[Rule::Parent]));
    }
}
