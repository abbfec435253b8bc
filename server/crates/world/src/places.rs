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
            file = self.update(state, shape).into_iter().next();
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
        changed.into_iter().flat_map(|shape| self.update(state, shape)).collect()
    }

    /// Takes over the placement that the table has for `shape`; answers with the files where it was and is.
    fn update(&mut self, state: &mut Snapshot, shape: ShapeId) -> Vec<SmolStr> {
        let Some(known) = self.0.get_mut(shape.0 as usize) else {
            return Vec::new();
        };
        let new = state.table.placement(shape).and_then(|placement| shown_in(placement)).cloned();
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
    let is_own = placement.evidence.iter().any(|evidence| evidence.rule != Rule::Parent);
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
