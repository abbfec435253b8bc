//! Who really calls a function, and what it really calls: across services, from the edges seen in traces.

use std::collections::{BTreeMap, HashSet};

use attribution::ShapeId;
use model::{SmolStr, SpanKind};
use source::FunctionKey;
use store::Figures;
use world::{CallEdge, Snapshot};

use crate::{call_costs::is_call, visible::visible};

/// A caller or a callee.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Neighbour {
    /// Its service.
    pub(crate) service: String,
    /// The span's name.
    pub(crate) name: String,
    /// Its function, when placed.
    pub(crate) function: Option<FunctionKey>,
    /// Figures of the calls between the two.
    pub(crate) figures: Figures,
    /// The edges between the two.
    pub(crate) edges: Vec<CallEdge>,
}

/// Callers of the function that has `shapes`, the most frequent first.
///
/// A client's span between the two is passed over: whoever made the request is the caller.
pub(crate) fn callers(snapshot: &Snapshot, shapes: &[ShapeId]) -> Vec<Neighbour> {
    let own: HashSet<ShapeId> = shapes.iter().copied().collect();
    let above = shapes.iter().flat_map(|shape| snapshot.calls.to(*shape));
    let above = above.filter(|edge| !own.contains(&edge.parent)).map(|edge| {
        // Two callers behind one sender: how many calls are whose is not known, so the sender itself is named.
        let sender =
            Some(edge.parent).filter(|shape| is_sender(snapshot, *shape) && !is_shown(snapshot, *shape));
        let behind = sender.and_then(|sender| only(snapshot.calls.to(sender).map(|edge| edge.parent)));
        (behind.unwrap_or(edge.parent), edge)
    });
    let above = above.filter(|(caller, _)| !own.contains(caller));
    grouped(snapshot, above, |shape| is_shown(snapshot, shape))
}

/// What the function calls whose runs have `shapes`, the longest in sum first. Of a request to another service, what
/// served it.
pub(crate) fn callees(snapshot: &Snapshot, shapes: &[ShapeId]) -> Vec<Neighbour> {
    let own: HashSet<ShapeId> = shapes.iter().copied().collect();
    let below = shapes.iter().flat_map(|shape| snapshot.calls.from(*shape));
    let below: Vec<CallEdge> = below.filter(|edge| !own.contains(&edge.child)).collect();
    let mut callees = reached(snapshot, &below);
    callees.sort_by(|a, b| b.figures.total.cmp(&a.figures.total).then_with(|| a.name.cmp(&b.name)));
    callees
}

/// Where `below` leads, client's spans passed over.
pub(crate) fn reached(snapshot: &Snapshot, below: &[CallEdge]) -> Vec<Neighbour> {
    let is_run = |shape| is_shown(snapshot, shape) && !is_call(snapshot, shape);
    let beyond = |edge: &CallEdge| {
        let sender = Some(edge.child).filter(|shape| is_sender(snapshot, *shape) && !is_run(*shape));
        let served = sender.and_then(|sender| only(snapshot.calls.from(sender).map(|edge| edge.child)));
        (served.unwrap_or(edge.child), *edge)
    };
    grouped(snapshot, below.iter().map(beyond), is_run)
}

fn only(shapes: impl Iterator<Item = ShapeId>) -> Option<ShapeId> {
    let mut shapes = shapes;
    shapes.next().filter(|_| shapes.next().is_none())
}

/// Whether spans of `shape` are a request on its way.
fn is_sender(snapshot: &Snapshot, shape: ShapeId) -> bool {
    let kind = snapshot.table.shape(shape).map(|shape| shape.kind);
    matches!(kind, Some(SpanKind::Client | SpanKind::Producer))
}

fn is_shown(snapshot: &Snapshot, shape: ShapeId) -> bool {
    snapshot.table.placement(shape).is_some_and(|placement| placement.is_shown())
}

/// One neighbour for each function, where `names_function` says that a shape stands for one; else for each name of a
/// service.
fn grouped(
    snapshot: &Snapshot,
    found: impl IntoIterator<Item = (ShapeId, CallEdge)>,
    names_function: impl Fn(ShapeId) -> bool,
) -> Vec<Neighbour> {
    type Subject = (SmolStr, Option<FunctionKey>, SmolStr);
    let mut groups: BTreeMap<Subject, (SmolStr, Vec<CallEdge>)> = BTreeMap::new();
    for (neighbour, edge) in found {
        let Some(shape) = snapshot.table.shape(neighbour) else { continue };
        let placement = snapshot.table.placement(neighbour).filter(|_| names_function(neighbour));
        let function = placement.and_then(|placement| placement.function.clone());
        let distinct_name = if function.is_some() { SmolStr::default() } else { shape.name.clone() };
        let group = groups.entry((shape.service.clone(), function, distinct_name));
        group.or_insert_with(|| (shape.name.clone(), Vec::new())).1.push(edge);
    }
    let neighbour = |((service, function, _), (name, mut edges)): (Subject, (SmolStr, Vec<CallEdge>))| {
        edges.sort_unstable();
        edges.dedup();
        let figures = snapshot.by_edge.figures(edges.iter(), snapshot.window, snapshot.now)?;
        let (service, name) = (visible(&service, 40), visible(&name, 80));
        Some(Neighbour { service, name, function, figures, edges })
    };
    let mut neighbours: Vec<Neighbour> = groups.into_iter().filter_map(neighbour).collect();
    neighbours.sort_by(|a, b| b.figures.calls.cmp(&a.figures.calls).then_with(|| a.name.cmp(&b.name)));
    neighbours
}
