//! What calls cost: the spans that ran below a function's own, matched with the places in its text that call.

use std::collections::{BTreeMap, HashMap, HashSet};

use attribution::{Placement, Shape, ShapeId};
use model::{SmolStr, SpanKind, keys};
use source::{CallKind, CallSite, Function, SourceFile};
use store::Figures;
use world::{CallEdge, Snapshot};

use crate::{figures, visible::visible};

/// What one place in the text costs.
#[derive(Clone, Debug)]
pub(crate) struct CallCost<'a> {
    /// The function around it: the one with the figures, not a closure inside it.
    pub(crate) function: &'a Function,
    /// Where.
    pub(crate) place: Place<'a>,
    /// Figures of what ran there.
    pub(crate) figures: Figures,
    /// How many ran for each call of the function; `None` where several places share the edges.
    pub(crate) per_call: Option<f64>,
    /// What it went to, where the text does not say so itself: another service, a database.
    pub(crate) target: Option<SmolStr>,
    /// The edges behind it, for the hover.
    pub(crate) edges: Vec<CallEdge>,
}

/// A place in the text of a function.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place<'a> {
    /// A call.
    Site(&'a CallSite),
    /// A 0-based line that starts a span without being a call that was found.
    Line(u32),
}

/// The costs of all calls in `file` of which something is known, in the order of the text.
pub(crate) fn call_costs<'a>(snapshot: &Snapshot, file: &'a SourceFile) -> Vec<CallCost<'a>> {
    let owners = owners(snapshot, file);
    if owners.is_empty() {
        return Vec::new();
    }
    let mut found: BTreeMap<(u32, u32), Found<'a>> = BTreeMap::new();
    for ((owner, child), edges) in edges_below(snapshot, &owners) {
        let Some(function) = file.functions.get(owner as usize) else {
            continue;
        };
        let places = places_of(snapshot, file, owner, function, child);
        let is_shared = places.len() > 1;
        for place in places {
            let key = match place {
                Place::Site(site) => (site.position.line, site.position.column),
                Place::Line(line) => (line, u32::MAX),
            };
            let entry =
                found.entry(key).or_insert(Found { function, place, edges: Vec::new(), is_shared: false });
            entry.is_shared |= is_shared;
            entry.edges.extend(&edges);
        }
    }
    found.into_values().filter_map(|found| found.cost(snapshot)).collect()
}

struct Found<'a> {
    function: &'a Function,
    place: Place<'a>,
    edges: Vec<CallEdge>,
    is_shared: bool,
}

impl<'a> Found<'a> {
    fn cost(self, snapshot: &Snapshot) -> Option<CallCost<'a>> {
        let figures = snapshot.by_edge.figures(self.edges.iter(), snapshot.window, snapshot.now)?;
        let calls = figures::of_function(snapshot, &self.function.key).map_or(0, |own| own.calls);
        let per_call = (!self.is_shared && calls > 0).then(|| figures.calls as f64 / calls as f64);
        let target = target(snapshot, &self.edges);
        Some(CallCost {
            function: self.function,
            place: self.place,
            figures,
            per_call,
            target,
            edges: self.edges,
        })
    }
}

/// Which function of the file each shape is placed in, by index.
fn owners(snapshot: &Snapshot, file: &SourceFile) -> HashMap<ShapeId, u32> {
    let mut owners = HashMap::new();
    for (at, function) in file.functions.iter().enumerate() {
        for shape in snapshot.shapes(&function.key) {
            owners.insert(*shape, at as u32);
        }
    }
    owners
}

/// Edges that begin in one of the file's functions, by function and child.
fn edges_below(
    snapshot: &Snapshot,
    owners: &HashMap<ShapeId, u32>,
) -> BTreeMap<(u32, ShapeId), Vec<CallEdge>> {
    let mut below: BTreeMap<(u32, ShapeId), Vec<CallEdge>> = BTreeMap::new();
    for (parent, owner) in owners {
        for edge in snapshot.calls.from(*parent) {
            below.entry((*owner, edge.child)).or_default().push(edge);
        }
    }
    below
}

/// The places in `function` that may have called `child`: one where that is certain, several only where each of them
/// calls the same function. Empty rather than a guess.
fn places_of<'a>(
    snapshot: &Snapshot,
    file: &'a SourceFile,
    owner: u32,
    function: &'a Function,
    child: ShapeId,
) -> Vec<Place<'a>> {
    let (Some(shape), Some(placement)) = (snapshot.table.shape(child), snapshot.table.placement(child))
    else {
        return Vec::new();
    };
    let sites: Vec<&CallSite> = sites_of(snapshot, file, owner);
    if placement.is_shown()
        && let Some(place) = called_from(file, function, placement, &sites)
    {
        return vec![place];
    }
    if let Some(key) = placement.function.as_ref().filter(|key| placement.is_shown() && **key != function.key)
        && let Some(callee) = snapshot.index.function(key)
    {
        let by_name = sites.iter().filter(|site| site.callee == callee.name);
        let named: Vec<_> = by_name.map(|site| Place::Site(site)).collect();
        if !named.is_empty() {
            return named;
        }
    }
    let fitting: Vec<_> = sites.into_iter().filter(|site| fits(site, shape)).collect();
    match most_specific(&fitting) {
        Some(site) => vec![Place::Site(site)],
        None => Vec::new(),
    }
}

/// The calls of a function, those in its closures too unless a closure has spans of its own.
fn sites_of<'a>(snapshot: &Snapshot, file: &'a SourceFile, owner: u32) -> Vec<&'a CallSite> {
    let belongs = |site: &&CallSite| {
        let mut around = site.function;
        while let Some(at) = around {
            if at == owner {
                return true;
            }
            let Some(inner) = file.functions.get(at as usize) else {
                return false;
            };
            if snapshot.shapes_of.contains_key(&inner.key) {
                return false;
            }
            // A parent stands before its children, so this walk ends.
            around = inner.parent.filter(|parent| *parent < at);
        }
        false
    };
    file.call_sites.iter().filter(belongs).collect()
}

/// The place in `function` that `placement` itself names.
fn called_from<'a>(
    file: &SourceFile,
    function: &Function,
    placement: &Placement,
    sites: &[&'a CallSite],
) -> Option<Place<'a>> {
    let place = placement.call_place.as_ref()?;
    let is_inside = function.first_line() <= place.line && place.line <= function.last_line;
    if place.file != file.path || !is_inside {
        return None;
    }
    let mut on_line = sites.iter().filter(|site| site.position.line == place.line);
    match (on_line.next(), on_line.next()) {
        (Some(only), None) => Some(Place::Site(only)),
        _ => Some(Place::Line(place.line)),
    }
}

/// Whether what a client span says of itself fits what the call says. Both must say something.
fn fits(site: &CallSite, shape: &Shape) -> bool {
    let Some(target) = &site.target else { return false };
    let fact =
        |keys: &[&str]| shape.deciding.iter().find(|(key, _)| keys.contains(&key.as_str())).map(|(_, v)| v);
    match site.kind {
        CallKind::Http => {
            let method = fact(keys::HTTP_METHOD);
            if let (Some(wanted), Some(sent)) = (&site.method, method)
                && wanted != sent
            {
                return false;
            }
            let urls = [fact(keys::URL_FULL), fact(keys::URL_PATH), fact(keys::HTTP_ROUTE)];
            urls.into_iter()
                .flatten()
                .any(|url| target.matches(url) || path_of(url).is_some_and(|path| target.matches(path)))
        }
        CallKind::Sql => {
            fact(keys::DB_QUERY).is_some_and(|query| target.matches(query)) || target.matches(&shape.name)
        }
        CallKind::Messaging => fact(keys::MESSAGING_DESTINATION).is_some_and(|to| target.matches(to)),
        CallKind::Rpc => fact(&[keys::RPC_METHOD]).is_some_and(|method| target.matches(method)),
        CallKind::Function => target.matches(&shape.name),
    }
}

fn path_of(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    path.split(['?', '#']).next()
}

/// The one with the most literal text; `None` when two have equally much, because then nothing decides.
fn most_specific<'a>(sites: &[&'a CallSite]) -> Option<&'a CallSite> {
    let literal = |site: &CallSite| site.target.as_ref().map_or(0, |target| target.literal_len());
    let best = sites.iter().map(|site| literal(site)).max().filter(|length| *length > 0)?;
    let mut best_sites = sites.iter().filter(|site| literal(site) == best);
    match (best_sites.next(), best_sites.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

/// What the edges lead to, if it is one thing and not this very service.
fn target(snapshot: &Snapshot, edges: &[CallEdge]) -> Option<SmolStr> {
    let children: HashSet<ShapeId> = edges.iter().map(|edge| edge.child).collect();
    let mut targets = HashSet::new();
    for child in &children {
        let shape = snapshot.table.shape(*child)?;
        let parent =
            edges.iter().find(|edge| edge.child == *child).and_then(|edge| snapshot.table.shape(edge.parent));
        if parent.is_some_and(|parent| parent.service != shape.service) {
            targets.insert(shape.service.clone());
        } else if matches!(shape.kind, SpanKind::Client | SpanKind::Producer) {
            targets.extend(remote_services(snapshot, *child, &shape.service));
            let system = |(key, _): &&(SmolStr, SmolStr)| keys::DB_SYSTEM.contains(&key.as_str());
            targets.extend(shape.deciding.iter().find(system).map(|(_, system)| system.clone()));
        }
    }
    let only = targets.iter().next().filter(|_| targets.len() == 1)?;
    Some(visible(only, 40).into())
}

/// Services whose spans ran directly below spans of shape `child`.
fn remote_services(snapshot: &Snapshot, child: ShapeId, service: &SmolStr) -> HashSet<SmolStr> {
    let below = snapshot.calls.from(child);
    let served = below.filter_map(|edge| snapshot.table.shape(edge.child)).map(|shape| shape.service.clone());
    served.filter(|other| other != service).collect()
}
