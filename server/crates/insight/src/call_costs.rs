//! What calls cost: spans of calls, and spans that ran below a function's own, at the places in the text that call.

use std::collections::{BTreeMap, BTreeSet};

use attribution::{CallPlace, Placement, Shape, ShapeId, place_below};
use model::{SmolStr, SpanKind};
use source::{CallKind, CallSite, Function, FunctionKey, SourceFile};
use store::Figures;
use world::{CallEdge, Snapshot};

use crate::visible::visible;

/// What one place in the text costs.
#[derive(Clone, Debug)]
pub(crate) struct CallCost<'a> {
    /// The function around it.
    pub(crate) function: &'a Function,
    /// Where.
    pub(crate) place: Place<'a>,
    /// Figures of what ran there.
    pub(crate) figures: Figures,
    /// How many ran for each span that they ran below; `None` where several places share them.
    pub(crate) per_call: Option<f64>,
    /// The one service that answered, if it is another than the caller's.
    pub(crate) target: Option<SmolStr>,
    /// The edges behind it.
    pub(crate) edges: Vec<CallEdge>,
}

/// A place in the text of a function.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place<'a> {
    /// A call.
    Site(&'a CallSite),
    /// A 0-based line: one that starts a span, or on which several calls could be meant.
    Line(u32),
}

/// The costs of all calls in `file` of which something is known, in the order of the text. Nothing that rests on
/// evidence below likely.
pub(crate) fn call_costs<'a>(snapshot: &Snapshot, file: &'a SourceFile) -> Vec<CallCost<'a>> {
    let mut found = Findings::default();
    for (at, function) in file.functions.iter().enumerate() {
        let shapes = snapshot.shapes(&function.key);
        for shape in shapes {
            let Some(placement) = snapshot.table.placement(*shape) else { continue };
            if placement.is_call() {
                found.add_call(snapshot, file, function, *shape, placement);
            }
        }
        let own: Vec<ShapeId> = shapes.iter().copied().filter(|shape| !is_call(snapshot, *shape)).collect();
        found.add_steps(snapshot, file, function, &own);
        for edge in own.iter().flat_map(|shape| snapshot.calls.from(*shape)) {
            found.add_below(snapshot, file, at as u32, function, edge);
        }
    }
    found.0.into_values().filter_map(|finding| finding.cost(snapshot)).collect()
}

/// Whether spans of `shape` stand for a call that their function made, and not for a run of it.
pub(crate) fn is_call(snapshot: &Snapshot, shape: ShapeId) -> bool {
    snapshot.table.placement(shape).is_some_and(|placement| placement.is_call())
}

/// By line and column, so that they come out in the order of the text.
#[derive(Default)]
struct Findings<'a>(BTreeMap<(u32, u32), Finding<'a>>);

struct Finding<'a> {
    function: &'a Function,
    place: Place<'a>,
    /// All spans of these shapes belong here.
    shapes: BTreeSet<ShapeId>,
    /// Spans over these edges belong here.
    edges: BTreeSet<CallEdge>,
    is_shared: bool,
}

impl<'a> Findings<'a> {
    /// Spans that are calls by their own evidence, wherever they were called from.
    fn add_call(
        &mut self,
        snapshot: &Snapshot,
        file: &'a SourceFile,
        function: &'a Function,
        shape: ShapeId,
        placement: &Placement,
    ) {
        let (Some(at), Some(facts)) = (&placement.call_place, snapshot.table.shape(shape)) else { return };
        let Some(place) = place_of(file, function, at, facts) else { return };
        let finding = self.at(function, place, false);
        finding.shapes.insert(shape);
        finding.edges.extend(snapshot.calls.to(shape));
    }

    /// Spans that a function starts in several places inside itself: each where it is started.
    fn add_steps(
        &mut self,
        snapshot: &Snapshot,
        file: &'a SourceFile,
        function: &'a Function,
        own: &[ShapeId],
    ) {
        let place = |shape: ShapeId| {
            let place = snapshot.table.placement(shape)?.call_place.as_ref();
            place.filter(|place| is_within(file, function, place)).map(|place| (place.line, shape))
        };
        let places: BTreeSet<(u32, ShapeId)> = own.iter().filter_map(|shape| place(*shape)).collect();
        let lines: BTreeSet<u32> = places.iter().map(|(line, _)| *line).collect();
        if lines.len() < 2 {
            return;
        }
        for (line, shape) in places {
            let finding = self.at(function, Place::Line(line), false);
            finding.shapes.insert(shape);
            finding.edges.extend(snapshot.calls.to(shape));
        }
    }

    /// Spans below a span of `function`: where it calls the function that they run, or where the call fits them.
    fn add_below(
        &mut self,
        snapshot: &Snapshot,
        file: &'a SourceFile,
        owner: u32,
        function: &'a Function,
        edge: CallEdge,
    ) {
        let (Some(shape), Some(own)) =
            (snapshot.table.shape(edge.child), snapshot.table.placement(edge.child))
        else {
            return;
        };
        if own.is_shown() {
            match own.function.as_ref().filter(|_| !own.is_call()) {
                Some(key) if *key == function.key => {
                    // A step of the function itself, where the text starts its span.
                    if let Some(at) = own.call_place.as_ref().filter(|at| is_within(file, function, at)) {
                        self.at(function, Place::Line(at.line), false).edges.insert(edge);
                    }
                }
                Some(key) => self.add_callee(snapshot, file, owner, function, key, edge),
                None => (), // a call by its own evidence, and thus found where it is made
            }
            return;
        }
        let Some(placed) = place_below(&snapshot.index, shape, own, &function.key) else { return };
        let around = placed.function.as_ref().filter(|_| placed.is_shown());
        let around =
            around.and_then(|key| (key.file == file.path).then(|| file.function(&key.path, key.nth)));
        if let (Some(around), Some(at)) = (around.flatten(), &placed.call_place)
            && let Some(place) = place_of(file, around, at, shape)
        {
            self.at(around, place, false).edges.insert(edge);
        }
    }

    /// Wherever `function` calls the function `key` by its name.
    fn add_callee(
        &mut self,
        snapshot: &Snapshot,
        file: &'a SourceFile,
        owner: u32,
        function: &'a Function,
        key: &FunctionKey,
        edge: CallEdge,
    ) {
        let Some(callee) = snapshot.index.function(key) else { return };
        let sites = sites_of(snapshot, file, owner).filter(|site| site.callee == callee.name);
        let sites: Vec<&CallSite> = sites.collect();
        for site in &sites {
            self.at(function, Place::Site(site), sites.len() > 1).edges.insert(edge);
        }
    }

    fn at(&mut self, function: &'a Function, place: Place<'a>, is_shared: bool) -> &mut Finding<'a> {
        let key = match place {
            Place::Site(site) => (site.position.line, site.position.column),
            Place::Line(line) => (line, u32::MAX),
        };
        let (shapes, edges) = Default::default();
        let finding =
            self.0.entry(key).or_insert(Finding { function, place, shapes, edges, is_shared: false });
        finding.is_shared |= is_shared;
        finding
    }
}

impl<'a> Finding<'a> {
    fn cost(self, snapshot: &Snapshot) -> Option<CallCost<'a>> {
        let (window, now) = (snapshot.window, snapshot.now);
        let edges: Vec<CallEdge> = self.edges.into_iter().collect();
        let children: BTreeSet<ShapeId> =
            edges.iter().map(|edge| edge.child).chain(self.shapes.clone()).collect();
        let figures = match self.shapes.is_empty() {
            true => snapshot.by_edge.figures(&edges, window, now)?,
            false => snapshot.by_shape.figures(&children, window, now)?,
        };
        let parents: BTreeSet<ShapeId> = edges.iter().map(|edge| edge.parent).collect();
        let above = snapshot.by_shape.figures(&parents, window, now).map(|above| above.calls);
        let above = above.filter(|calls| *calls > 0 && !self.is_shared);
        let per_call = above.map(|calls| figures.calls as f64 / calls as f64);
        let target = target(snapshot, &edges, &children);
        Some(CallCost { function: self.function, place: self.place, figures, per_call, target, edges })
    }
}

/// The call at `at` that spans like `shape` stand for; the line where several calls could be meant.
fn place_of<'a>(
    file: &'a SourceFile,
    function: &Function,
    at: &CallPlace,
    shape: &Shape,
) -> Option<Place<'a>> {
    if !is_within(file, function, at) {
        return None;
    }
    let kind = kind_of(shape);
    let mut on_line =
        file.call_sites.iter().filter(|site| site.position.line == at.line && site.kind == kind);
    Some(match (on_line.next(), on_line.next()) {
        (Some(only), None) => Place::Site(only),
        _ => Place::Line(at.line),
    })
}

fn is_within(file: &SourceFile, function: &Function, at: &CallPlace) -> bool {
    at.file == file.path && function.first_line() <= at.line && at.line <= function.last_line
}

/// What the call that a client span stands for speaks.
fn kind_of(shape: &Shape) -> CallKind {
    let has = |keys: &[&str]| keys.iter().any(|key| shape.get(key).is_some());
    if has(&["db.query.text", "db.operation", "db.operation.name", "db.system.name"]) {
        CallKind::Sql
    } else if has(&["rpc.method", "rpc.service"]) {
        CallKind::Rpc
    } else if has(&["url.full", "http.request.method"]) {
        CallKind::Http
    } else if has(&["messaging.destination.name"]) || shape.kind == SpanKind::Producer {
        CallKind::Messaging
    } else {
        CallKind::Function
    }
}

/// The calls of a function, those in its closures too unless a closure has spans of its own.
fn sites_of<'a>(snapshot: &Snapshot, file: &'a SourceFile, owner: u32) -> impl Iterator<Item = &'a CallSite> {
    let belongs = move |site: &&CallSite| {
        let mut around = site.function;
        while let Some(at) = around.filter(|at| *at != owner) {
            let Some(inner) = file.functions.get(at as usize) else { return false };
            if snapshot.shapes_of.contains_key(&inner.key) {
                return false;
            }
            // A parent stands before its children, so this walk ends.
            around = inner.parent.filter(|parent| *parent < at);
        }
        around == Some(owner)
    };
    file.call_sites.iter().filter(belongs)
}

/// The one other service in which the children ran, or in which what they asked for ran.
fn target(snapshot: &Snapshot, edges: &[CallEdge], children: &BTreeSet<ShapeId>) -> Option<SmolStr> {
    let service = |shape: ShapeId| snapshot.table.shape(shape).map(|shape| shape.service.clone());
    let callers: BTreeSet<SmolStr> = edges.iter().filter_map(|edge| service(edge.parent)).collect();
    let served = children.iter().flat_map(|child| snapshot.calls.from(*child)).map(|edge| edge.child);
    let mut targets: BTreeSet<SmolStr> = children.iter().copied().chain(served).filter_map(service).collect();
    let own: BTreeSet<SmolStr> = match callers.is_empty() {
        true => children.iter().filter_map(|child| service(*child)).collect(),
        false => callers,
    };
    targets.retain(|service| !own.contains(service));
    let only = targets.iter().next().filter(|_| targets.len() == 1)?;
    Some(visible(only, 40).into())
}
