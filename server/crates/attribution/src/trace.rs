//! Placement of a whole trace at rest: what spans carry themselves, and what their ancestors tell of the rest.

use std::sync::Arc;

use model::Span;
use source::Index;

use crate::{Placement, Table};

/// Placements of `spans`, one each and in their order. A span with nothing of its own belongs to the nearest
/// ancestor of its service that has a place, at the call site that fits it.
pub fn place_trace(table: &Table, index: &Index, spans: &[Arc<Span>]) -> Vec<Arc<Placement>> {
    spans
        .iter()
        .map(|span| table.place(span, index))
        .collect()
}
