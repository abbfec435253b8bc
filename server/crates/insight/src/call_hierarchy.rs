//! Calls as they really happened: who called a function and what it called, through services and queues.

use model::LinePosition;
use source::FunctionKey;
use world::{CallEdge, Snapshot};

use crate::{
    call_costs::{Place, call_costs},
    figures,
    figures::Unit,
    hover::is_head,
    neighbours::{self, Neighbour},
    visible::visible,
};

/// One end of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Party {
    /// Its function; `None` for what ran in code that is not in the workspace.
    pub function: Option<FunctionKey>,
    /// The function's name, else the span's.
    pub name: String,
    /// The service and the figures, for example `checkout · 240 calls · p50 12 ms · p95 80 ms`.
    pub detail: String,
}

/// A caller or a callee.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The other end.
    pub party: Party,
    /// Where the calling function calls, as far as it is known: line and column (in bytes), both 0-based, in the
    /// caller's file.
    pub sites: Vec<LinePosition>,
}

/// The function of which calls are asked, at byte `offset` of the file known by `path`: the one that has its name
/// there, else the innermost around it. `None` where nothing is known to have run.
pub fn party_at(snapshot: &Snapshot, path: &str, offset: u32) -> Option<Party> {
    let file = snapshot.index.file(path)?;
    let function = file.function_at(offset)?;
    let mut around = vec![function];
    while let Some(parent) = around.last().and_then(|inner| file.functions.get(inner.parent? as usize)) {
        around.push(parent);
    }
    let is_meant = |key: &FunctionKey| snapshot.shapes_of.contains_key(key);
    let function = match is_head(function, offset) {
        true => Some(function).filter(|function| is_meant(&function.key)),
        false => around.into_iter().find(|function| is_meant(&function.key)),
    }?;
    Some(party(snapshot, &function.key))
}

/// Who called `function` in the window, the most frequent first.
pub fn incoming(snapshot: &Snapshot, function: &FunctionKey) -> Vec<Call> {
    let shapes = snapshot.shapes(function);
    let callers = neighbours::callers(snapshot, shapes).into_iter();
    callers
        .map(|caller| {
            let sites = caller.function.as_ref().map(|caller_key| sites(snapshot, caller_key, &caller.edges));
            Call { party: party_of(&caller), sites: sites.unwrap_or_default() }
        })
        .collect()
}

/// What `function` called in the window, the longest in sum first.
pub fn outgoing(snapshot: &Snapshot, function: &FunctionKey) -> Vec<Call> {
    let callees = neighbours::callees(snapshot, snapshot.shapes(function)).into_iter();
    callees
        .map(|callee| Call { sites: sites(snapshot, function, &callee.edges), party: party_of(&callee) })
        .collect()
}

fn party(snapshot: &Snapshot, key: &FunctionKey) -> Party {
    let services: Vec<_> = {
        let shapes = snapshot.shapes(key).iter().filter_map(|shape| snapshot.table.shape(*shape));
        let mut services: Vec<_> = shapes.map(|shape| visible(&shape.service, 40)).collect();
        services.sort();
        services.dedup();
        services
    };
    let figures = figures::of_function(snapshot, key).map(|(figures, unit)| figures::line(&figures, unit));
    let detail: Vec<String> = [services.join(", ")].into_iter().chain(figures).collect();
    Party { function: Some(key.clone()), name: visible(&key.path, 80), detail: detail.join(" · ") }
}

fn party_of(neighbour: &Neighbour) -> Party {
    let figures = figures::line(&neighbour.figures, Unit::Calls);
    Party {
        function: neighbour.function.clone(),
        name: neighbour.function.as_ref().map_or(neighbour.name.clone(), |key| visible(&key.path, 80)),
        detail: format!("{} · {figures}", neighbour.service),
    }
}

/// Where the function `caller` makes the calls of `edges`.
fn sites(snapshot: &Snapshot, caller: &FunctionKey, edges: &[CallEdge]) -> Vec<LinePosition> {
    let Some(file) = snapshot.index.file(&caller.file) else { return Vec::new() };
    let costs = call_costs(snapshot, file);
    let here = costs.iter().filter(|cost| cost.function.key == *caller || is_inside(cost.function, caller));
    // A call that reached another service is two edges: the request, known at its call site, and what served it.
    let leads = |known: &CallEdge| {
        edges.iter().any(|edge| known == edge || known.child == edge.parent || known.child == edge.child)
    };
    let mut sites: Vec<LinePosition> = here
        .filter(|cost| cost.edges.iter().any(leads))
        .map(|cost| match cost.place {
            Place::Site(site) => site.position,
            Place::Line(line) => LinePosition { line, column: 0 },
        })
        .collect();
    sites.sort_unstable_by_key(|site| (site.line, site.column));
    sites.dedup();
    sites
}

fn is_inside(function: &source::Function, around: &FunctionKey) -> bool {
    function.key.file == around.file
        && function.key.path.strip_prefix(around.path.as_str()).is_some_and(|rest| rest.starts_with('.'))
}
