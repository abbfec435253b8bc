//! Routes and mounts that Python code declares by calls: Flask, FastAPI, Starlette, aiohttp, Falcon, Flask-RESTful.

use model::SmolStr;
use tree_sitter::Node;

use super::{
    django, keyword_text,
    syntax::{argument, keyword, literals, path_of, positional, text_of},
};
use crate::{
    walk::{Walk, children},
    wiring::{Handler, Holder, MountFact, PrefixFact, Reference, RouteFact, Scope, Text},
};

/// Whether `node` declares routes or mounts; if so, they are taken in.
pub(super) fn call<'t>(walk: &mut Walk<'t>, node: Node<'t>) -> bool {
    let Some(callee) = node.child_by_field_name("function") else { return false };
    let Some(path) = path_of(walk, callee) else { return false };
    let (object, last) = path.rsplit_once('.').unwrap_or(("", &path));
    match last {
        "register_blueprint" | "include_router" | "add_namespace" | "blueprint" if !object.is_empty() => {
            mount(walk, node, object)
        }
        "mount" if !object.is_empty() => mount_path_first(walk, node, object),
        "add_url_rule" | "add_api_route" | "add_route" | "add_api_websocket_route" => {
            added(walk, node, object, Vec::new())
        }
        "add_get" | "add_post" | "add_put" | "add_delete" | "add_patch" => {
            let method = last.trim_start_matches("add_").to_uppercase();
            added(walk, node, object.trim_end_matches(".router"), vec![method.into()])
        }
        adds if adds.starts_with("add_") && adds.ends_with("resource") => resource(walk, node, object),
        "Route" | "WebSocketRoute" | "Mount" | "path" | "re_path" | "url" => django::listed(walk, node, last),
        "get" | "post" | "put" | "delete" | "patch" if object == "web" => {
            django::listed_with(walk, node, vec![last.to_uppercase().into()])
        }
        "register" if positional(node).len() >= 2 => django::view_set(walk, node, object),
        "Starlette" | "Router" | "FastAPI" | "Application" => {
            routes_argument(walk, node);
            false
        }
        _ => false,
    }
}

/// `x = APIRouter(prefix="/items")`, `Blueprint(…, url_prefix=…)`, `Namespace(…, path=…)`.
pub(super) fn constructed<'t>(walk: &mut Walk<'t>, scope: Scope, name: &SmolStr, right: Node<'t>) {
    let callee = right.child_by_field_name("function").map(|callee| walk.slice(callee)).unwrap_or_default();
    let last = callee.rsplit('.').next().unwrap_or(callee);
    let prefix = match last {
        "Namespace" => keyword_text(walk, right, "path"),
        "SimpleRouter" | "DefaultRouter" | "FastAPI" | "Flask" => None,
        _ => keyword_text(walk, right, "url_prefix").or_else(|| keyword_text(walk, right, "prefix")),
    };
    if let Some(prefix) = prefix {
        let holder = Holder::Named(scope, Reference::local(name.clone()));
        walk.draft.wiring.prefixes.push(PrefixFact { holder, prefix, scope });
    }
}

/// What an expression holds routes as: a name, or what a call gives.
pub(super) fn holder<'t>(walk: &Walk<'t>, node: Node<'t>) -> Option<Holder> {
    let scope = walk.scope();
    let reference = Reference::local(path_of(walk, node)?);
    Some(if node.kind() == "call" {
        Holder::Result(scope, reference)
    } else {
        Holder::Named(scope, reference)
    })
}

/// Who handles: a function, or a class by `X.as_view()`, `X` or `X()`; wrappers are passed through.
pub(super) fn handler<'t>(walk: &Walk<'t>, node: Node<'t>) -> Option<Handler> {
    let scope = walk.scope();
    if node.kind() == "lambda" {
        return Some(Handler::At(node.start_byte() as u32));
    }
    if node.kind() != "call" {
        return Some(Handler::Named(scope, Reference::local(path_of(walk, node)?)));
    }
    let path = path_of(walk, node)?;
    if let Some(class) = path.strip_suffix(".as_view") {
        return Some(Handler::Named(scope, Reference::local(class)));
    }
    match positional(node).first() {
        Some(wrapped) if matches!(wrapped.kind(), "identifier" | "attribute" | "call") => {
            handler(walk, *wrapped)
        }
        _ => Some(Handler::Named(scope, Reference::local(path))),
    }
}

fn mount<'t>(walk: &mut Walk<'t>, node: Node<'t>, object: &str) -> bool {
    let child = ["blueprint", "router", "ns"].iter().find_map(|key| argument(walk, node, 0, key));
    let Some(child) = child.and_then(|child| holder(walk, child)) else { return false };
    let prefix = ["url_prefix", "prefix", "path"].iter().find_map(|key| keyword_text(walk, node, key));
    let scope = walk.scope();
    let parent = Holder::Named(scope, Reference::local(object));
    walk.draft.wiring.mounts.push(MountFact { parent, child, prefix: prefix.unwrap_or_default(), scope });
    true
}

fn mount_path_first<'t>(walk: &mut Walk<'t>, node: Node<'t>, object: &str) -> bool {
    let prefix = argument(walk, node, 0, "path").and_then(|node| text_of(walk, node));
    let child = argument(walk, node, 1, "app").and_then(|node| holder(walk, node));
    let (Some(prefix), Some(child)) = (prefix, child) else { return false };
    let scope = walk.scope();
    let parent = Holder::Named(scope, Reference::local(object));
    walk.draft.wiring.mounts.push(MountFact { parent, child, prefix, scope });
    true
}

/// `app.add_url_rule("/x", view_func=f)`, `app.add_api_route("/x", f, methods=[…])`, `router.add_get("/x", f)`.
fn added<'t>(walk: &mut Walk<'t>, node: Node<'t>, object: &str, methods: Vec<SmolStr>) -> bool {
    let pattern = ["rule", "path"].iter().find_map(|key| argument(walk, node, 0, key));
    let Some(pattern) = pattern.and_then(|node| text_of(walk, node)) else { return false };
    let by_name = ["view_func", "endpoint", "handler", "route"]
        .iter()
        .find_map(|key| keyword(walk, node, key).filter(|value| value.kind() != "string"));
    let by_place = positional(node).into_iter().skip(1).rfind(|value| value.kind() != "string");
    let Some(target) = by_name.or(by_place) else { return false };
    let Some(target_handler) = handler(walk, target) else { return false };
    let scope = walk.scope();
    let methods = match keyword(walk, node, "methods") {
        Some(list) => literals(walk, list).iter().map(|method| method.to_uppercase().into()).collect(),
        None => methods,
    };
    let holder = Holder::Named(scope, Reference::local(object));
    walk.draft.wiring.routes.push(RouteFact { holder, methods, pattern, handler: target_handler, scope });
    true
}

/// Flask-RESTful's `api.add_resource(Class, "/x", "/y")`.
fn resource<'t>(walk: &mut Walk<'t>, node: Node<'t>, object: &str) -> bool {
    let arguments = positional(node);
    let Some((class, patterns)) = arguments.split_first() else { return false };
    let Some(handler) = handler(walk, *class) else { return false };
    let scope = walk.scope();
    let holder = Holder::Named(scope, Reference::local(object));
    for pattern in patterns {
        let Some(pattern) = text_of(walk, *pattern) else { continue };
        let (holder, handler) = (holder.clone(), handler.clone());
        walk.draft.wiring.routes.push(RouteFact { holder, methods: Vec::new(), pattern, handler, scope });
    }
    true
}

/// `Starlette(routes=routes)`: the list's routes are served as they are.
fn routes_argument<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let Some(list) = keyword(walk, node, "routes").filter(|list| list.kind() != "list") else { return };
    let Some(child) = holder(walk, list) else { return };
    let (parent, scope) = (django::list_holder(walk), walk.scope());
    let Some(parent) = parent else { return };
    walk.draft.wiring.mounts.push(MountFact { parent, child, prefix: Text::default(), scope });
}

/// The elements of a list, and of a sum of lists.
pub(super) fn elements<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    match node.kind() {
        "list" | "tuple" => children(node),
        _ => Vec::new(),
    }
}
