//! Routes and mounts that Go code declares by calls: net/http, gorilla/mux, chi, gin, echo, fiber; gRPC services.

use tree_sitter::Node;

use super::{
    calls::method_of,
    packages::{ECHO, EXACT},
    registrars,
    syntax::{arguments, called, operand, path_of, text_of},
    types::composite,
};
use crate::{
    field::Field,
    walk::Walk,
    wiring::{Handler, Holder, MountFact, Piece, Reference, RouteFact, RpcFact, Scope, Text, Value},
};

use model::SmolStr;

/// Whether `node` declares routes, mounts or services; if so, they are taken in.
pub(super) fn call<'t>(walk: &mut Walk<'t>, node: Node<'t>) -> bool {
    let Some((last, _)) = called(walk, node) else { return false };
    let list = arguments(node);
    if let Some(service) = last.strip_prefix("Register").and_then(|rest| rest.strip_suffix("Server")) {
        return registered(walk, service, list.get(1).filter(|_| list.len() == 2));
    }
    if let Some((service, implementation)) = served(last, &list) {
        return registered(walk, service, Some(implementation));
    }
    registrars::call(walk, last, &list);
    let Some(object) = operand(node) else { return false };
    match (last, list.as_slice()) {
        ("NewHandler", list) if walk.slice(object) == "otelhttp" => {
            registrars::operation(walk, list);
            false
        }
        ("HandleFunc" | "Handle", [pattern, handler]) => handle(walk, object, *pattern, *handler),
        // gin: the method, the pattern and the handlers.
        ("Handle", [method, pattern, .., last]) => match method_of(walk, *method) {
            Some(method) => route(walk, object, vec![method], *pattern, *last),
            None => false,
        },
        ("Method" | "MethodFunc", [method, pattern, handler]) => match method_of(walk, *method) {
            Some(method) => route(walk, object, vec![method], *pattern, *handler),
            None => false,
        },
        ("Handler" | "HandlerFunc", [handler]) => chained(walk, object, *handler),
        ("Route" | "Group" | "Mount", list) if mounts(walk, object, last, list) => true,
        (verb, [pattern, rest @ ..]) => {
            let Some(methods) = verb_methods(verb) else { return false };
            let is_echo = walk.draft.marks.contains(ECHO);
            let handler = if is_echo { rest.first() } else { rest.last() };
            let is_path = text_of(walk, *pattern).is_some_and(|text| is_path(&text));
            let Some(handler) = handler.filter(|_| is_path) else { return false };
            route(walk, object, methods, *pattern, *handler)
        }
        _ => false,
    }
}

/// `api := router.PathPrefix("/api").Subrouter()`, `api := router.Group("/api")`: mounted where they are made.
pub(super) fn bound<'t>(walk: &mut Walk<'t>, scope: Scope, name: &str, value: Node<'t>) {
    if value.kind() != "call_expression" {
        return;
    }
    let Some((last, _)) = called(walk, value) else { return };
    let made = matches!(last, "NewRouter" | "NewMux" | "NewServeMux" | "Default" | "New");
    if !matches!(last, "Subrouter" | "Group" | "With" | "WithPrefix") {
        if made {
            walk.draft.marks.insert(name.into());
        }
        return;
    }
    let (root, prefix, _) = chain(walk, value);
    let Some(parent) = root.and_then(|root| holder(walk, root)) else { return };
    walk.draft.marks.insert(name.into());
    let child = Holder::Named(scope, Reference::local(name));
    walk.draft.wiring.mounts.push(MountFact { parent, child, prefix, scope });
    // Its own value: what it is made from is another router.
    walk.draft.bind(scope, name, Value::Other);
}

/// `register(router)`: what the function declares on its parameter is declared on the router.
pub(super) fn handed_on<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let Some(callee) = node.field("function").and_then(|callee| path_of(walk, callee)) else {
        return;
    };
    let scope = walk.scope();
    for (at, argument) in arguments(node).into_iter().enumerate().take(6) {
        let child = Holder::Argument(scope, Reference::local(callee.clone()), at as u8);
        let (parent, prefix) = match argument.kind() {
            "identifier" if walk.draft.marks.contains(walk.slice(argument)) => {
                (Holder::Named(scope, Reference::local(walk.slice(argument))), Text::default())
            }
            "call_expression"
                if called(walk, argument)
                    .is_some_and(|(last, _)| matches!(last, "Group" | "Subrouter" | "WithPrefix")) =>
            {
                let (root, prefix, _) = chain(walk, argument);
                let Some(parent) = root.and_then(|root| holder(walk, root)) else { continue };
                (parent, prefix)
            }
            _ => continue,
        };
        walk.draft.wiring.mounts.push(MountFact { parent, child, prefix, scope });
    }
}

/// The service that others than gRPC make a handler of: Connect's `NewCartHandler(&cart{})`, Twirp's
/// `NewCartServer(&cart{})`, go-micro's `RegisterCartHandler(server, new(cart))`.
fn served<'a, 'l, 't>(name: &'a str, list: &'l [Node<'t>]) -> Option<(&'a str, &'l Node<'t>)> {
    if let Some(service) = name.strip_prefix("Register").and_then(|rest| rest.strip_suffix("Handler")) {
        let [_, implementation] = list else { return None };
        return is_made(*implementation).then_some((service, implementation));
    }
    let rest = name.strip_prefix("New")?;
    let service = rest.strip_suffix("Handler").or_else(|| rest.strip_suffix("Server"))?;
    Some(service).zip(list.first().filter(|first| is_made(**first)))
}

/// `&T{…}` or `new(T)`.
fn is_made(node: Node<'_>) -> bool {
    let inner = |kind: &str| node.named_child(0).is_some_and(|child| child.kind() == kind);
    match node.kind() {
        "unary_expression" => inner("composite_literal"),
        "composite_literal" => true,
        "call_expression" => node
            .field("arguments")
            .is_some_and(|list| list.named_child(0).is_some_and(|first| first.kind() == "type_identifier")),
        _ => false,
    }
}

/// `pb.RegisterCartServer(server, &cart{})`.
fn registered<'t>(walk: &mut Walk<'t>, service: &str, implementation: Option<&Node<'t>>) -> bool {
    let Some(implementation) = implementation.filter(|_| !service.is_empty()) else { return false };
    let made = composite(walk, *implementation).unwrap_or(*implementation);
    let Some(path) = path_of(walk, made) else { return false };
    let scope = walk.scope();
    let handler = Handler::Named(scope, Reference::local(path));
    walk.draft.wiring.rpcs.push(RpcFact { service: service.into(), method: None, handler, scope });
    // It is a call of the program as well.
    false
}

/// `mux.HandleFunc("GET /x", f)` with the methods that a chain behind it or the pattern tells.
fn handle<'t>(walk: &mut Walk<'t>, object: Node<'t>, pattern: Node<'t>, handler: Node<'t>) -> bool {
    let Some(text) = text_of(walk, pattern) else { return false };
    let (methods, _) = pattern_parts(&text);
    let methods = if methods.is_empty() { methods_behind(walk) } else { methods };
    let is_declared = route(walk, object, methods, pattern, handler);
    if is_declared && is_subtree(walk, &text) && answers(walk, handler) {
        below(walk);
    }
    // A handler that is a mux itself: its routes are whole, or lack what is stripped before.
    let inner = if handler.kind() == "call_expression" { arguments(handler) } else { vec![handler] };
    let strips = called(walk, handler).is_some_and(|(last, _)| last == "StripPrefix");
    let prefix =
        inner.first().filter(|_| strips).and_then(|prefix| text_of(walk, *prefix)).unwrap_or_default();
    for inner in inner.into_iter().skip(usize::from(strips)) {
        if matches!(inner.kind(), "identifier" | "selector_expression") {
            mounted(walk, object, inner, prefix.clone());
        }
    }
    is_declared
}

/// Whether the standard library's mux takes the pattern for everything below it. `/` alone is where requests end that
/// nothing else takes.
fn is_subtree(walk: &Walk<'_>, pattern: &Text) -> bool {
    let ends =
        |text: &SmolStr| text.ends_with('/') && text.trim_end_matches('/').contains(|c| c != '/' && c != ' ');
    !walk.draft.marks.contains(EXACT) && matches!(pattern.0.last(), Some(Piece::Literal(last)) if ends(last))
}

/// Whether the handler is a function: what a wrapper or a value answers below a path may be routed further inside.
fn answers(walk: &Walk<'_>, handler: Node<'_>) -> bool {
    match handler.kind() {
        "func_literal" => true,
        "call_expression" => called(walk, handler).is_some_and(|(last, _)| last == "HandlerFunc"),
        // `HandleFunc` takes nothing else.
        _ => !is_value(walk, handler),
    }
}

/// Whether the call that has `handler` as its argument is `Handle`, which takes values.
fn is_value(walk: &Walk<'_>, handler: Node<'_>) -> bool {
    let call = handler.parent().and_then(|list| list.parent());
    call.and_then(|call| called(walk, call)).is_some_and(|(last, _)| last == "Handle")
}

/// The last route once more, for what is below it.
fn below(walk: &mut Walk<'_>) {
    let Some(mut fact) = walk.draft.wiring.routes.last().cloned() else { return };
    fact.pattern.append(Text::literal("{rest...}"));
    walk.draft.wiring.routes.push(fact);
}

/// `router.Path("/x").Methods("GET").HandlerFunc(f)`.
fn chained<'t>(walk: &mut Walk<'t>, object: Node<'t>, target: Node<'t>) -> bool {
    if object.kind() != "call_expression" {
        return false;
    }
    let (root, pattern, methods) = chain(walk, object);
    let (Some(root), true) = (root, pattern.is_telling()) else { return false };
    let (Some(holder), Some(handler)) = (holder(walk, root), handler(walk, target, 4)) else { return false };
    let scope = walk.scope();
    walk.draft.wiring.routes.push(RouteFact { holder, methods, pattern, handler, scope });
    true
}

fn route<'t>(
    walk: &mut Walk<'t>,
    object: Node<'t>,
    methods: Vec<SmolStr>,
    pattern: Node<'t>,
    target: Node<'t>,
) -> bool {
    let (Some(text), Some(handler)) = (text_of(walk, pattern), handler(walk, target, 4)) else {
        return false;
    };
    let (root, mut pattern, _) = chain(walk, object);
    let Some(holder) = root.and_then(|root| holder(walk, root)) else { return false };
    pattern.append(pattern_parts(&text).1);
    let scope = walk.scope();
    walk.draft.wiring.routes.push(RouteFact { holder, methods, pattern, handler, scope });
    true
}

/// Routers below others: chi's blocks, functions that are given one, and whole routers.
fn mounts<'t>(walk: &mut Walk<'t>, object: Node<'t>, last: &str, list: &[Node<'t>]) -> bool {
    let (prefix, inner) = match list {
        [prefix, inner] if last != "Group" => (text_of(walk, *prefix), inner),
        [inner] if last == "Group" => (Some(Text::default()), inner),
        _ => return false,
    };
    let child = match inner.kind() {
        _ if last == "Mount" => holder(walk, *inner).filter(|_| prefix.is_some()),
        "func_literal" => Some(Holder::Inline(inner.start_byte() as u32, 0)),
        _ if last == "Route" && is_named(*inner) => taken_by(walk, *inner),
        _ => None,
    };
    let Some(child) = child else { return false };
    mount(walk, object, child, prefix.unwrap_or_else(Text::hole));
    true
}

fn is_named(node: Node<'_>) -> bool {
    matches!(node.kind(), "identifier" | "selector_expression")
}

/// The router that a function receives first: `r.Route("/carts", carts)`.
fn taken_by<'t>(walk: &Walk<'t>, function: Node<'t>) -> Option<Holder> {
    Some(Holder::Argument(walk.scope(), Reference::local(path_of(walk, function)?), 0))
}

fn mount<'t>(walk: &mut Walk<'t>, object: Node<'t>, child: Holder, after: Text) {
    let (root, mut prefix, _) = chain(walk, object);
    let Some(parent) = root.and_then(|root| holder(walk, root)) else { return };
    prefix.append(after);
    let scope = walk.scope();
    walk.draft.wiring.mounts.push(MountFact { parent, child, prefix, scope });
}

fn mounted<'t>(walk: &mut Walk<'t>, object: Node<'t>, inner: Node<'t>, prefix: Text) {
    if let Some(child) = holder(walk, inner) {
        mount(walk, object, child, prefix);
    }
}

/// What routes are declared on: `http` itself is the default mux.
fn holder<'t>(walk: &Walk<'t>, node: Node<'t>) -> Option<Holder> {
    let path = path_of(walk, node)?;
    if path == "http" {
        return Some(Holder::App);
    }
    let reference = Reference::local(path);
    let scope = walk.scope();
    Some(if node.kind() == "call_expression" {
        Holder::Result(scope, reference)
    } else {
        Holder::Named(scope, reference)
    })
}

/// A chain of calls on a router: what it begins with, the prefixes on the way, and the methods.
fn chain<'t>(walk: &Walk<'t>, node: Node<'t>) -> (Option<Node<'t>>, Text, Vec<SmolStr>) {
    let (mut node, mut prefixes, mut methods) = (node, Vec::new(), Vec::new());
    for _ in 0..16 {
        let link = called(walk, node).filter(|_| node.kind() == "call_expression");
        let (Some((last, _)), Some(inner)) = (link, operand(node)) else { break };
        let list = arguments(node);
        match last {
            "PathPrefix" | "WithPrefix" | "Path" | "Group" | "Route" | "Party" => {
                let first = list.first().filter(|first| first.kind() != "func_literal");
                prefixes.extend(first.map(|first| text_of(walk, *first).unwrap_or_else(Text::hole)));
            }
            "Methods" => methods.extend(list.iter().filter_map(|method| method_of(walk, *method))),
            "Subrouter" | "With" | "Use" | "Name" | "Queries" | "Headers" | "Schemes" | "Host"
            | "StrictSlash" | "NewRoute" | "MatcherFunc" => {}
            _ => break,
        }
        node = inner;
    }
    let mut whole = Text::default();
    prefixes.into_iter().rev().for_each(|prefix| whole.append(prefix));
    (Some(node), whole, methods)
}

/// `router.HandleFunc(…).Methods("GET", "POST")`: the calls around this one.
fn methods_behind(walk: &Walk<'_>) -> Vec<SmolStr> {
    let mut methods = Vec::new();
    for level in (0..12).step_by(2) {
        let (Some(selector), Some(call)) = (walk.ancestor(level), walk.ancestor(level + 1)) else { break };
        if selector.kind() != "selector_expression" || call.kind() != "call_expression" {
            break;
        }
        if selector.field("field").is_some_and(|field| walk.slice(field) == "Methods") {
            methods.extend(arguments(call).into_iter().filter_map(|method| method_of(walk, method)));
        }
    }
    methods
}

/// Who handles: a function, a method, a value with `ServeHTTP`, a closure; wrappers are passed through.
pub(super) fn handler<'t>(walk: &Walk<'t>, node: Node<'t>, depth: usize) -> Option<Handler> {
    let scope = walk.scope();
    if node.kind() == "func_literal" {
        return Some(Handler::At(node.start_byte() as u32));
    }
    if node.kind() == "identifier"
        && let Some(held) = registrars::held(walk, walk.slice(node)).filter(|_| depth > 0)
    {
        return handler(walk, held, depth - 1);
    }
    let made = composite(walk, node).unwrap_or(node);
    let named = Handler::Named(scope, Reference::local(path_of(walk, made)?));
    if node.kind() != "call_expression" || made != node {
        return Some(named);
    }
    if depth == 0 {
        return None;
    }
    let inner = arguments(node).into_iter().take(8).filter_map(|argument| handler(walk, argument, depth - 1));
    let inner: Vec<Handler> = inner.collect();
    Some(Handler::Wrapped(Box::new(named), inner))
}

/// The method and the path of `GET example.com/x/{$}`.
pub(super) fn pattern_parts(text: &Text) -> (Vec<SmolStr>, Text) {
    let mut path = text.clone();
    let mut methods = Vec::new();
    if let Some(Piece::Literal(first)) = path.0.first_mut() {
        if let Some((method, rest)) = first.clone().split_once([' ', '\t'])
            && !method.is_empty()
            && method.bytes().all(|byte| byte.is_ascii_uppercase())
        {
            methods.push(method.into());
            *first = rest.trim_start().into();
        }
        if let Some(at) = first.find('/').filter(|at| *at > 0) {
            *first = SmolStr::from(&first[at..]);
        }
    }
    if let Some(Piece::Literal(last)) = path.0.last_mut()
        && let Some(exact) = last.strip_suffix("{$}")
    {
        *last = exact.into();
    }
    (methods, path)
}

/// The methods that a router's method of this name declares; empty for any.
fn verb_methods(name: &str) -> Option<Vec<SmolStr>> {
    let upper = name.to_uppercase();
    match upper.as_str() {
        "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS" | "CONNECT" | "TRACE"
            if name == upper || name.get(1..) == upper.get(1..).map(str::to_lowercase).as_deref() =>
        {
            Some(vec![upper.into()])
        }
        "ANY" if name == "Any" => Some(Vec::new()),
        _ => None,
    }
}

fn is_path(text: &Text) -> bool {
    match text.0.first() {
        Some(Piece::Literal(first)) => first.is_empty() || first.starts_with('/'),
        Some(_) => true,
        None => true,
    }
}
