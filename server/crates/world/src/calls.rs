//! Which kind of span really called which: the edges that call-site hints, callers and callees are read from.

use attribution::ShapeId;

/// A parent's shape and a child's shape, seen together in traces. The parent may be of another service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CallEdge {
    /// Shape of the parent.
    pub parent: ShapeId,
    /// Shape of the child.
    pub child: ShapeId,
}
