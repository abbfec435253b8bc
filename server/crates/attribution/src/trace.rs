//! Placement of a whole trace at rest: what spans carry themselves, and what their ancestors tell of the rest.

use std::{collections::HashMap, sync::Arc};

use model::{Span, SpanId, SpanKind};
use smol_str::format_smolstr;
use source::{CallKind, CallSite, Function, FunctionKey, FunctionKind, Index, SourceFile};

use crate::{
    CallPlace, Confidence, Evidence, Placement, Rule, Shape, Table, family::is_library_scope,
    rules::same_target,
};

/// How far up an ancestor may be.
const MAX_ANCESTORS: usize = 64;
/// How many functions deep a call is looked for below the parent's function.
const MAX_CALLS_DEEP: usize = 3;

/// Placements of `spans`, one each and in their order. A span with nothing of its own belongs to the nearest
/// ancestor of its service that has a place, at the call site that fits it.
pub fn place_trace(table: &Table, index: &Index, spans: &[Arc<Span>]) -> Vec<Arc<Placement>> {
    let places: HashMap<SpanId, usize> =
        spans.iter().enumerate().map(|(at, span)| (span.span_id, at)).collect();
    let own: Vec<Arc<Placement>> =
        spans.iter().map(|span| own_place(table, index, spans, &places, span)).collect();
    let mut all = Vec::with_capacity(spans.len());
    for (at, span) in spans.iter().enumerate() {
        let by_parent = || {
            let ancestor = ancestor(spans, &places, &own, span)?;
            place_below(index, &Shape::of(span), &own[at], ancestor)
        };
        let needs_parent = !own[at].is_shown() && !is_nowhere(&own[at]);
        let placed = if needs_parent { by_parent() } else { None };
        all.push(placed.map_or_else(|| own[at].clone(), Arc::new));
    }
    all
}

/// What a span tells itself; a layer of a framework that does not say its method has its request's.
fn own_place(
    table: &Table,
    index: &Index,
    spans: &[Arc<Span>],
    places: &HashMap<SpanId, usize>,
    span: &Span,
) -> Arc<Placement> {
    let shape = Shape::of(span);
    let own = table.place_shape(&shape, index);
    let is_layer = span.kind == SpanKind::Internal && shape.get("http.route").is_some();
    if own.is_shown() || !is_layer || shape.get("http.request.method").is_some() {
        return own;
    }
    let mut parent = span.parent;
    for _ in 0..MAX_ANCESTORS {
        let Some(found) = parent.and_then(|id| places.get(&id)).map(|at| &spans[*at]) else { break };
        let above = Shape::of(found);
        if let Some(method) = above.get("http.request.method") {
            return table.place_shape(&shape.with("http.request.method", method), index);
        }
        parent = found.parent;
    }
    own
}

/// The nearest ancestor of the same service that has a place, with that place.
fn ancestor<'a>(
    spans: &[Arc<Span>],
    places: &HashMap<SpanId, usize>,
    own: &'a [Arc<Placement>],
    span: &Span,
) -> Option<&'a FunctionKey> {
    let mut parent = span.parent;
    for _ in 0..MAX_ANCESTORS {
        let at = *places.get(&parent?)?;
        let found = &spans[at];
        if found.service() != span.service() {
            return None;
        }
        if own[at].is_shown() {
            return own[at].function.as_ref();
        }
        parent = found.parent;
    }
    None
}

/// Where spans of a shape belong whose nearest ancestor with a place runs `function`, when `own` is what they tell
/// themselves: one of their own candidates that is called from there, else, for calls to elsewhere, the call site that
/// fits. `None` when neither is known.
pub fn place_below(
    index: &Index,
    shape: &Shape,
    own: &Placement,
    function: &FunctionKey,
) -> Option<Placement> {
    if shape.kind == SpanKind::Server {
        return None;
    }
    let mut below = functions_below(index, function);
    below.retain(|(_, found)| !own.rejected.contains(&found.key));
    if !own.candidates.is_empty() {
        return called_below(own, shape, function, &below);
    }
    if is_closure_layer(shape) && !own.rejected.contains(function) {
        return run_by(index, function);
    }
    if !matches!(shape.kind, SpanKind::Client | SpanKind::Producer) {
        return None;
    }
    for (file, found) in &below {
        if let Some(call) = call_in(file, found, shape) {
            return Some(at_call(file, found, call));
        }
    }
    if own.rejected.contains(function) {
        return None;
    }
    let says_what = [
        "url.full",
        "db.query.text",
        "db.operation",
        "db.operation.name",
        "rpc.method",
        "rpc.service",
        "messaging.destination.name",
        "http.request.method",
    ];
    let is_call = says_what.iter().any(|key| shape.get(key).is_some()) || !is_library_scope(&shape.scope);
    let confidence = if is_call { Confidence::Likely } else { Confidence::Possible };
    let detail = format_smolstr!("called while {function} runs");
    Some(Placement {
        function: Some(function.clone()),
        confidence,
        evidence: vec![Evidence { rule: Rule::Parent, detail }],
        call_place: None,
        candidates: Vec::new(),
        rejected: own.rejected.clone(),
    })
}

/// Slim's span around a handler, where the handler has no name.
fn is_closure_layer(shape: &Shape) -> bool {
    shape.scope == "io.opentelemetry.contrib.php.slim" && shape.name.starts_with("{closure")
}

/// The closure that handles the request whose span is above.
fn run_by(index: &Index, function: &FunctionKey) -> Option<Placement> {
    let found = index.function(function).filter(|found| found.kind == FunctionKind::Closure)?;
    let detail = format_smolstr!("the handler of its request, {function}, has no name");
    Some(Placement {
        function: Some(found.key.clone()),
        confidence: Confidence::Likely,
        evidence: vec![Evidence { rule: Rule::Framework, detail }],
        call_place: None,
        candidates: Vec::new(),
        rejected: Vec::new(),
    })
}

/// The one of the span's own candidates that the parent's function calls, or is.
fn called_below(
    own: &Placement,
    shape: &Shape,
    function: &FunctionKey,
    below: &[(&Arc<SourceFile>, &Function)],
) -> Option<Placement> {
    let find = |key: &FunctionKey| below.iter().find(|(_, found)| found.key == *key);
    let mut called = own.candidates.iter().enumerate().filter(|(_, key)| find(key).is_some());
    let at = match own.candidates.iter().position(|key| key == function) {
        Some(itself) => itself,
        None => called.next().filter(|_| called.next().is_none())?.0,
    };
    let (file, found) = find(&own.candidates[at])?;
    let line = call_in(file, found, shape).map(|call| call.position.line);
    let detail = format_smolstr!("called from {function}, where its parent runs");
    let reasons = own.evidence.get(at).cloned().into_iter().chain([Evidence { rule: Rule::Parent, detail }]);
    Some(Placement {
        function: Some(found.key.clone()),
        confidence: Confidence::Likely,
        evidence: reasons.collect(),
        call_place: line.map(|line| CallPlace { file: file.path.clone(), line }),
        candidates: Vec::new(),
        rejected: own.rejected.clone(),
    })
}

/// `function`, then the functions of the workspace that it calls by a name that only one of them has, nearest first.
fn functions_below<'a>(index: &'a Index, function: &FunctionKey) -> Vec<(&'a Arc<SourceFile>, &'a Function)> {
    let Some(file) = index.file(&function.file) else { return Vec::new() };
    let Some(first) = file.function(&function.path, function.nth) else { return Vec::new() };
    let mut found = vec![(file, first)];
    let mut from = 0;
    for _ in 0..MAX_CALLS_DEEP {
        let to = found.len();
        for at in from..to {
            let (file, function) = found[at];
            for call in calls_in(file, function) {
                if let Some(callee) = callee(index, file, call)
                    && !found.iter().any(|(_, other)| other.key == callee.1.key)
                    && found.len() < 256
                {
                    found.push(callee);
                }
            }
        }
        from = to;
    }
    found
}

/// Calls in the body of a function, callbacks included.
fn calls_in<'a>(file: &'a SourceFile, function: &'a Function) -> impl Iterator<Item = &'a CallSite> {
    file.call_sites.iter().filter(move |call| {
        call.function.and_then(|index| file.functions.get(index as usize)).is_some_and(|inner| {
            function.range.covers(inner.range)
                && file
                    .named_function(call.function.unwrap_or_default())
                    .is_some_and(|named| named.key == function.key)
        })
    })
}

/// The function that a call means, where its name tells: one of the same file, else the only one of that name.
fn callee<'a>(
    index: &'a Index,
    file: &'a Arc<SourceFile>,
    call: &CallSite,
) -> Option<(&'a Arc<SourceFile>, &'a Function)> {
    if call.kind != CallKind::Function {
        return None;
    }
    let mut here = file.functions.iter().filter(|function| function.name == call.callee);
    if let (Some(only), None) = (here.next(), here.next()) {
        return Some((file, only));
    }
    let key = source::Key::Function(&call.callee);
    let mut named = index.files_with(key).filter(|other| !other.generated).flat_map(|other| {
        other
            .functions
            .iter()
            .filter(|function| function.name == call.callee)
            .map(move |function| (other, function))
    });
    match (named.next(), named.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

/// The call in `function` that a client span of this shape is.
fn call_in<'a>(file: &'a SourceFile, function: &'a Function, shape: &Shape) -> Option<&'a CallSite> {
    let url = shape.get("url.full");
    let sql = shape.get("db.query.text");
    if let Some(call) = calls_in(file, function).find(|call| same_target(call, url, sql)) {
        return Some(call);
    }
    let plain = |name: &str| name.replace('_', "").to_lowercase();
    let method = shape.get("rpc.method").map(|method| plain(method.rsplit('/').next().unwrap_or(method)));
    if let Some(method) = method {
        let is_it = |callee: &str| callee == method || callee.strip_suffix("async") == Some(method.as_str());
        return calls_in(file, function).find(|call| is_it(&plain(&call.callee)));
    }
    let kind = if sql.is_some() || shape.get("db.operation").is_some() {
        CallKind::Sql
    } else if shape.get("http.request.method").is_some() {
        CallKind::Http
    } else if shape.get("messaging.destination.name").is_some() || shape.kind == SpanKind::Producer {
        CallKind::Messaging
    } else {
        return None;
    };
    // Without a text that tells, the only call of the kind is it.
    let method = shape.get("http.request.method");
    let same_method =
        |call: &&CallSite| call.method.as_deref().zip(method).is_none_or(|(declared, sent)| declared == sent);
    let mut calls = calls_in(file, function)
        .filter(|call| call.kind == kind && call.target.is_none())
        .filter(same_method);
    match (calls.next(), calls.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

fn at_call(file: &SourceFile, function: &Function, call: &CallSite) -> Placement {
    let line = call.position.line;
    let detail = format_smolstr!("{} is called at {}:{}", call.callee, file.path, line + 1);
    Placement {
        function: Some(function.key.clone()),
        confidence: Confidence::Likely,
        evidence: vec![Evidence { rule: Rule::Parent, detail }],
        call_place: Some(CallPlace { file: file.path.clone(), line }),
        candidates: Vec::new(),
        rejected: Vec::new(),
    }
}

fn is_nowhere(placement: &Placement) -> bool {
    placement.evidence.iter().any(|evidence| evidence.rule == Rule::Noise)
}
