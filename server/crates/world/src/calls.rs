//! Which kind of span really called which: the edges that call-site hints, callers and callees are read from.

use attribution::ShapeId;
use imbl::OrdSet;

/// A parent's shape and a child's shape, seen together in traces. The parent may be of another service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallEdge {
    /// Shape of the parent.
    pub parent: ShapeId,
    /// Shape of the child.
    pub child: ShapeId,
}

/// Edges by either end. Cloning costs a few pointers.
#[derive(Clone, Debug, Default)]
pub struct Calls {
    down: OrdSet<CallEdge>,
    /// Child first.
    up: OrdSet<(ShapeId, ShapeId)>,
}

impl Calls {
    /// Edges to the children of `parent`, ordered.
    pub fn from(&self, parent: ShapeId) -> impl Iterator<Item = CallEdge> {
        let edge = |child| CallEdge { parent, child: ShapeId(child) };
        self.down.range(edge(0)..=edge(u32::MAX)).copied()
    }

    /// Edges from the parents of `child`, ordered.
    pub fn to(&self, child: ShapeId) -> impl Iterator<Item = CallEdge> {
        let found = self.up.range((child, ShapeId(0))..=(child, ShapeId(u32::MAX)));
        found.map(|(child, parent)| CallEdge { parent: *parent, child: *child })
    }

    /// How many edges there are.
    pub fn len(&self) -> usize {
        self.down.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.down.is_empty()
    }

    /// Adds an edge.
    pub(crate) fn insert(&mut self, edge: CallEdge) {
        if self.down.insert(edge).is_none() {
            self.up.insert((edge.child, edge.parent));
        }
    }
}

impl FromIterator<CallEdge> for Calls {
    fn from_iter<I: IntoIterator<Item = CallEdge>>(edges: I) -> Calls {
        let mut calls = Calls::default();
        edges.into_iter().for_each(|edge| calls.insert(edge));
        calls
    }
}
