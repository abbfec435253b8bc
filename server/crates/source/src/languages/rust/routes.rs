//! Routes and mounts of axum, poem, actix-web, ntex and Rocket: chains of calls on a router.

use model::SmolStr;
use tree_sitter::Node;

use super::{
    macros, rocket,
    syntax::{arguments, path_of, text_of},
};
use crate::{
    field::Field,
    walk::{Walk, children},
    wiring::{Handler, Holder, MountFact, Reference, RouteFact, Text},
};

/// Chains are no longer than this many links.
const MAX_LINKS: usize = 512;
/// Functions that make a router without routes.
const MAKERS: &[&str] = &[
    "Router.new",
    "ApiRouter.new",
    "OpenApiRouter.new",
    "App.new",
    "Route.new",
    "Scope.new",
    "rocket.build",
    "Rocket.build",
];

/// Whether a call is a link of a router's chain; if so, what it declares is taken in.
pub(super) fn call<'t>(walk: &mut Walk<'t>, node: Node<'t>) -> bool {
    let Some((object, name)) = method_call(node) else { return false };
    let link = walk.slice(name);
    let list = arguments(node);
    match (link, list.as_slice()) {
        ("route" | "at" | "api_route", [pattern, methods]) => route(walk, node, object, *pattern, *methods),
        ("api_route_with", [pattern, methods, _]) => route(walk, node, object, *pattern, *methods),
        // Nothing is declared, but the router goes on under another name.
        ("with_state" | "layer" | "route_layer" | "finish_api" | "fallback", _) => {
            if root_of(walk, object).is_some_and(|root| matches!(root.holder, Some(Holder::Result(..)))) {
                place(walk, node, object);
            }
            false
        }
        ("append" | "extend", [child]) => rocket::appended(walk, object, *child),
        ("route", [methods]) => routed(walk, node, object, *methods),
        ("to", [handler]) => resource(walk, node, object, *handler),
        ("nest" | "nest_service" | "nest_api_service", [prefix, child]) => {
            nested(walk, node, object, Some(*prefix), *child)
        }
        ("merge", [child]) | ("service", [child]) => nested(walk, node, object, None, *child),
        ("configure", [child]) => configured(walk, node, object, *child),
        ("mount", [prefix, child]) => mounted(walk, node, object, Some(*prefix), *child),
        ("routes", [child]) if child.kind() == "macro_invocation" => {
            mounted(walk, node, object, None, *child)
        }
        _ => false,
    }
}

/// The object and the name of `object.name(…)`.
fn method_call<'t>(node: Node<'t>) -> Option<(Node<'t>, Node<'t>)> {
    let callee = node.field("function")?;
    // `.with_state::<()>(state)`.
    let callee = if callee.kind() == "generic_function" { callee.field("function")? } else { callee };
    if callee.kind() != "field_expression" {
        return None;
    }
    Some((callee.field("value")?, callee.field("field")?))
}

/// Where a chain begins, and the prefix that its beginning has.
struct Root {
    holder: Option<Holder>,
    prefix: Text,
    is_router: bool,
}

fn root_of<'t>(walk: &Walk<'t>, object: Node<'t>) -> Option<Root> {
    let mut node = object;
    for _ in 0..MAX_LINKS {
        match node.kind() {
            "call_expression" => match method_call(node) {
                Some((inner, _)) => node = inner,
                None => {
                    let path = path_of(walk, node)?;
                    let last_two: Vec<&str> = path.rsplit('.').take(2).collect();
                    let made = last_two.iter().rev().copied().collect::<Vec<_>>().join(".");
                    let last = last_two.first().copied().unwrap_or_default();
                    let is_scope = matches!(last, "scope" | "resource");
                    if is_scope {
                        let prefix = arguments(node).first().and_then(|prefix| text_of(walk, *prefix))?;
                        return Some(Root { holder: None, prefix, is_router: true });
                    }
                    let is_router = MAKERS.contains(&made.as_str())
                        || made.ends_with("Router.new")
                        || made.ends_with("Router.default");
                    if is_router {
                        return Some(Root { holder: None, prefix: Text::default(), is_router });
                    }
                    let holder = Holder::Result(walk.scope(), Reference::local(path));
                    return Some(Root { holder: Some(holder), prefix: Text::default(), is_router: false });
                }
            },
            "identifier" | "field_expression" | "self" => {
                let holder = Holder::Named(walk.scope(), Reference::local(path_of(walk, node)?));
                return Some(Root { holder: Some(holder), prefix: Text::default(), is_router: false });
            }
            "parenthesized_expression" | "try_expression" | "await_expression" | "reference_expression" => {
                node = node.named_child(0)?;
            }
            _ => return None,
        }
    }
    None
}

/// What the chain around the current call, `link`, becomes: a variable, what a function returns, a part of another chain. The
/// prefixes of chains that it is nested in are told too.
fn target(walk: &Walk<'_>, link: Node<'_>, root: &Root) -> (Holder, Text) {
    let mut prefix = root.prefix.clone();
    for level in 0..MAX_LINKS {
        let Some(node) = walk.ancestor(level) else { break };
        match node.kind() {
            "let_declaration" => {
                let name = node.field("pattern");
                let name = name.map(|name| {
                    if name.kind() == "mut_pattern" { name.named_child(1).unwrap_or(name) } else { name }
                });
                if let Some(name) = name.filter(|name| name.kind() == "identifier") {
                    let name = SmolStr::from(walk.slice(name));
                    return (Holder::Named(walk.scope(), Reference::local(name)), prefix);
                }
                break;
            }
            "assignment_expression" => {
                if let Some(path) = node.field("left").and_then(|left| path_of(walk, left)) {
                    return (Holder::Named(walk.scope(), Reference::local(path)), prefix);
                }
                break;
            }
            "return_expression" => {
                return (walk.function_around().map_or(Holder::App, Holder::Returned), prefix);
            }
            "block" => {
                let below = if level == 0 { Some(link) } else { walk.ancestor(level - 1) };
                let last = children(node).last().copied();
                let is_tail = below.zip(last).is_some_and(|(below, last)| below.id() == last.id());
                let is_body = walk.ancestor(level + 1).is_some_and(|outer| outer.kind() == "function_item");
                if is_tail && is_body {
                    return (walk.function_around().map_or(Holder::App, Holder::Returned), prefix);
                }
                if !is_tail {
                    break;
                }
            }
            "arguments" => {
                let Some(outer) = walk.ancestor(level + 1) else { break };
                let name = method_call(outer).map(|(_, name)| walk.slice(name)).unwrap_or_default();
                if let Some((object, _)) = method_call(outer)
                    .filter(|_| matches!(name, "nest" | "merge" | "service" | "nest_service"))
                {
                    if name.starts_with("nest")
                        && let Some(mut before) =
                            arguments(outer).first().and_then(|prefix| text_of(walk, *prefix))
                    {
                        append_path(&mut before, prefix);
                        prefix = before;
                    }
                    // The chain that this one is a part of has a beginning of its own.
                    let Some(outer_root) = root_of(walk, object) else { break };
                    let mut before = outer_root.prefix.clone();
                    append_path(&mut before, prefix);
                    prefix = before;
                    if let Some(holder) = outer_root.holder {
                        return (holder, prefix);
                    }
                }
            }
            // A statement's value goes nowhere.
            "closure_expression" | "function_item" | "expression_statement" => break,
            _ => {}
        }
    }
    (Holder::App, prefix)
}

/// A prefix and what follows, one slash where they meet.
fn append_path(before: &mut Text, after: Text) {
    let ends = before.as_literal().is_some_and(|text| text.ends_with('/'));
    let begins = after.as_literal().is_some_and(|text| text.starts_with('/'));
    match (before.as_literal(), ends, begins) {
        (Some(text), true, true) => *before = Text::literal(text.trim_end_matches('/')),
        (Some(text), false, false) if !text.is_empty() && !after.0.is_empty() => {
            before.append(Text::literal("/"))
        }
        _ => {}
    }
    before.append(after);
}

/// Where routes of the current chain are declared. A chain that begins with a variable or another function's router
/// and becomes something else carries that one's routes along.
fn place<'t>(walk: &mut Walk<'t>, link: Node<'t>, object: Node<'t>) -> Option<(Holder, Text)> {
    let root = root_of(walk, object)?;
    let (target, prefix) = target(walk, link, &root);
    match &root.holder {
        None => Some((target, prefix)),
        Some(holder) => {
            if *holder != target && target != Holder::App {
                let scope = walk.scope();
                let mount = MountFact { parent: target, child: holder.clone(), prefix, scope };
                if !walk.draft.wiring.mounts.contains(&mount) {
                    walk.draft.wiring.mounts.push(mount);
                }
            }
            Some((holder.clone(), Text::default()))
        }
    }
}

/// `.route("/x", get(handler).post(other))`, `.route("/x", web::get().to(handler))`.
fn route<'t>(
    walk: &mut Walk<'t>,
    link: Node<'t>,
    object: Node<'t>,
    pattern: Node<'t>,
    methods: Node<'t>,
) -> bool {
    let mut handlers = method_handlers(walk, methods);
    // poem: `.at("/x", handler)` takes any method.
    let is_at = method_call(link).is_some_and(|(_, name)| walk.slice(name) == "at");
    if is_at && matches!(methods.kind(), "identifier" | "scoped_identifier") {
        handlers.extend(handler_of(walk, methods).map(|handler| (None, handler)));
    }
    let Some(pattern) = text_of(walk, pattern).filter(|_| !handlers.is_empty()) else { return false };
    let Some((holder, mut prefix)) = place(walk, link, object) else { return false };
    append_path(&mut prefix, pattern);
    declare(walk, holder, prefix, handlers);
    true
}

/// actix-web's `web::resource("/x").route(web::get().to(handler))`.
fn routed<'t>(walk: &mut Walk<'t>, link: Node<'t>, object: Node<'t>, methods: Node<'t>) -> bool {
    let handlers = method_handlers(walk, methods);
    let Some(root) = root_of(walk, object).filter(|root| root.is_router && !handlers.is_empty()) else {
        return false;
    };
    let (holder, prefix) = target(walk, link, &root);
    declare(walk, holder, prefix, handlers);
    true
}

/// actix-web's `web::resource("/x").to(handler)`.
fn resource<'t>(walk: &mut Walk<'t>, link: Node<'t>, object: Node<'t>, handler: Node<'t>) -> bool {
    let Some(root) = root_of(walk, object).filter(|root| root.is_router && !root.prefix.0.is_empty()) else {
        return false;
    };
    let Some(handler) = handler_of(walk, handler) else { return false };
    let (holder, prefix) = target(walk, link, &root);
    declare(walk, holder, prefix, vec![(None, handler)]);
    true
}

fn declare(walk: &mut Walk<'_>, holder: Holder, pattern: Text, handlers: Vec<(Option<SmolStr>, Handler)>) {
    let scope = walk.scope();
    for (method, handler) in handlers {
        let (holder, pattern) = (holder.clone(), pattern.clone());
        let methods = method.into_iter().collect();
        walk.draft.wiring.routes.push(RouteFact { holder, methods, pattern, handler, scope });
    }
}

/// `get(a).post(b)`, `web::get().to(a)`: handlers with their methods.
fn method_handlers<'t>(walk: &Walk<'t>, node: Node<'t>) -> Vec<(Option<SmolStr>, Handler)> {
    let mut found = Vec::new();
    let mut waiting: Option<Handler> = None;
    let mut node = node;
    for _ in 0..MAX_LINKS {
        if node.kind() != "call_expression" {
            break;
        }
        let list = arguments(node);
        let first = list.first().copied();
        let (name, inner) = match method_call(node) {
            Some((inner, name)) => (walk.slice(name).to_owned(), Some(inner)),
            None => {
                let path =
                    node.field("function").and_then(|callee| path_of(walk, callee)).unwrap_or_default();
                (path.rsplit('.').next().unwrap_or_default().to_owned(), None)
            }
        };
        let name = name.trim_end_matches("_with").trim_end_matches("_service");
        match (method_of(name), first) {
            (Some(method), Some(first)) => {
                found.extend(handler_of(walk, first).map(|handler| (method, handler)))
            }
            // `web::get().to(handler)` reads from the end: the handler came first.
            (Some(method), None) => found.extend(waiting.take().map(|handler| (method, handler))),
            (None, Some(first)) if name == "to" => waiting = handler_of(walk, first),
            // `web::method(Method::PATCH).to(handler)`; guards do not tell the method.
            (None, first) if name == "route" || name == "method" => {
                let method = first.and_then(|method| constant_method(walk, method));
                found.extend(waiting.take().map(|handler| (method, handler)))
            }
            // `on(MethodFilter::GET, handler)`.
            (None, Some(filter)) if name == "on" => {
                let method = constant_method(walk, filter);
                let handler = list.get(1).and_then(|handler| handler_of(walk, *handler));
                found.extend(handler.map(|handler| (method, handler)));
            }
            _ => {}
        }
        match inner {
            Some(inner) => node = inner,
            None => break,
        }
    }
    // `web::to(handler)` takes any method.
    found.extend(waiting.map(|handler| (None, handler)));
    found
}

/// `Method::PATCH`, `MethodFilter::DELETE`.
fn constant_method(walk: &Walk<'_>, node: Node<'_>) -> Option<SmolStr> {
    let path = path_of(walk, node)?;
    let last = path.rsplit('.').next().unwrap_or_default();
    let known = last.bytes().all(|byte| byte.is_ascii_uppercase());
    known.then(|| method_of(&last.to_lowercase())).flatten().flatten()
}

/// The method a function is called after; `Some(None)` for any.
fn method_of(name: &str) -> Option<Option<SmolStr>> {
    match name {
        "get" | "post" | "put" | "delete" | "patch" | "head" | "options" | "trace" | "connect" => {
            Some(Some(name.to_uppercase().into()))
        }
        "any" => Some(None),
        _ => None,
    }
}

/// A handler: a function by name, or a closure.
pub(super) fn handler_of<'t>(walk: &Walk<'t>, node: Node<'t>) -> Option<Handler> {
    match node.kind() {
        "closure_expression" => Some(Handler::At(node.start_byte() as u32)),
        "identifier" | "scoped_identifier" | "generic_function" | "field_expression" => {
            Some(Handler::Named(walk.scope(), Reference::local(path_of(walk, node)?)))
        }
        "call_expression" => handler_of(walk, arguments(node).first().copied()?),
        _ => None,
    }
}

/// `.nest("/x", other)`, `.merge(other)`, `.service(handler)`. A chain that stands in place speaks for itself.
fn nested<'t>(
    walk: &mut Walk<'t>,
    link: Node<'t>,
    object: Node<'t>,
    prefix: Option<Node<'t>>,
    child: Node<'t>,
) -> bool {
    let Some(inner) = root_of(walk, child).or_else(|| path_root(walk, child)) else { return false };
    let Some(inner_holder) = inner.holder else { return true };
    let prefix = prefix.and_then(|prefix| text_of(walk, prefix)).unwrap_or_default();
    let Some((parent, mut whole)) = place(walk, link, object) else { return false };
    append_path(&mut whole, prefix);
    let scope = walk.scope();
    walk.draft.wiring.mounts.push(MountFact { parent, child: inner_holder, prefix: whole, scope });
    true
}

fn path_root<'t>(walk: &Walk<'t>, node: Node<'t>) -> Option<Root> {
    let path = path_of(walk, node).filter(|_| node.kind() == "scoped_identifier")?;
    let holder = Some(Holder::Named(walk.scope(), Reference::local(path)));
    Some(Root { holder, prefix: Text::default(), is_router: false })
}

/// actix-web's `.configure(routes)`: the function declares its routes on what it is given.
fn configured<'t>(walk: &mut Walk<'t>, link: Node<'t>, object: Node<'t>, function: Node<'t>) -> bool {
    let Some(path) = path_of(walk, function) else { return false };
    let Some((parent, prefix)) = place(walk, link, object) else { return false };
    let scope = walk.scope();
    let child = if function.kind() == "closure_expression" {
        Holder::Inline(function.start_byte() as u32, 0)
    } else {
        Holder::Argument(scope, Reference::local(path), 0)
    };
    walk.draft.wiring.mounts.push(MountFact { parent, child, prefix, scope });
    true
}

/// Rocket's `.mount("/x", routes![a, b::c])`, utoipa's `.routes(routes!(a))`.
fn mounted<'t>(
    walk: &mut Walk<'t>,
    link: Node<'t>,
    object: Node<'t>,
    prefix: Option<Node<'t>>,
    list: Node<'t>,
) -> bool {
    let prefix = prefix.map(|prefix| text_of(walk, prefix).unwrap_or_else(|| joined(walk, prefix)));
    let prefix = prefix.unwrap_or_default();
    let scope = walk.scope();
    let Some((parent, mut whole)) = place(walk, link, object) else { return false };
    append_path(&mut whole, prefix);
    let held: Vec<Holder> = match list.kind() {
        "macro_invocation" => {
            let tokens = children(list).into_iter().find(|child| child.kind() == "token_tree");
            let tokens = tokens.map(|tokens| walk.slice(tokens)).unwrap_or_default();
            let named = |path: &&str| Holder::Named(scope, Reference::local(path.replace("::", ".")));
            macros::arguments(tokens).iter().map(named).collect()
        }
        "call_expression" => path_of(walk, list)
            .map(|path| Holder::Result(scope, Reference::local(path)))
            .into_iter()
            .collect(),
        _ => {
            path_of(walk, list).map(|path| Holder::Named(scope, Reference::local(path))).into_iter().collect()
        }
    };
    for child in held {
        let (parent, prefix) = (parent.clone(), whole.clone());
        walk.draft.wiring.mounts.push(MountFact { parent, child, prefix, scope });
    }
    true
}

/// `[base, "/api"].concat()`: what is known of it; something unknown otherwise.
fn joined(walk: &Walk<'_>, node: Node<'_>) -> Text {
    let list = method_call(node).map(|(list, _)| list).filter(|list| list.kind() == "array_expression");
    let Some(list) = list else { return Text::hole() };
    let mut text = Text::default();
    for part in children(list) {
        text.append(text_of(walk, part).unwrap_or_else(Text::hole));
    }
    text
}

/// What the value of `node` becomes: a variable, or what the function returns.
pub(super) fn tail_holder(walk: &Walk<'_>, node: Node<'_>) -> Option<Holder> {
    match walk.ancestor(0)?.kind() {
        "let_declaration" | "block" | "return_expression" => {
            let root = Root { holder: None, prefix: Text::default(), is_router: true };
            Some(target(walk, node, &root).0).filter(|holder| *holder != Holder::App)
        }
        _ => None,
    }
}
