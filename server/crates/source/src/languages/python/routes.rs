//! Routes and mounts that Python code declares by calls: Flask, FastAPI, Starlette, aiohttp, Falcon, Flask-RESTful.

use model::SmolStr;
use tree_sitter::Node;

use super::{
    django, drf, graphql, keyword_text, litestar, queues,
    syntax::{argument, keyword, literals, path_of, positional, text_of},
};
use crate::{
    field::Field,
    walk::{Walk, children},
    wiring::{Handler, Holder, MountFact, PrefixFact, Reference, RouteFact, Scope, Text},
};

/// Whether `node` declares routes or mounts; if so, they are taken in.
pub(super) fn call<'t>(walk: &mut Walk<'t>, node: Node<'t>) -> bool {
    let Some(callee) = node.field("function") else { return false };
    let Some(path) = path_of(walk, callee) else { return false };
    let (object, last) = path.rsplit_once('.').unwrap_or(("", &path));
    match last {
        "register_blueprint" | "include_router" | "add_namespace" | "blueprint" if !object.is_empty() => {
            mount(walk, node, object)
        }
        "mount" if !object.is_empty() => mount_path_first(walk, node, object),
        "add_subapp" => mount_path_first(walk, node, object.trim_end_matches(".router")),
        "group" if object.ends_with("Blueprint") => grouped(walk, node),
        "add_url_rule" | "add_api_route" | "add_api_websocket_route" | "add_view" => {
            added(walk, node, object.trim_end_matches(".router"), Vec::new())
        }
        "add_route" => {
            let object = object.trim_end_matches(".router");
            responders(walk, node, object) | added_by_method(walk, node, object)
        }
        "add_get" | "add_post" | "add_put" | "add_delete" | "add_patch" => {
            let method = last.trim_start_matches("add_").to_uppercase();
            added(walk, node, object.trim_end_matches(".router"), vec![method.into()])
        }
        adds if adds.starts_with("add_") && adds.ends_with("resource") => resource(walk, node, object),
        "Route" | "WebSocketRoute" | "Mount" | "path" | "re_path" | "url" | "URLSpec" => {
            django::listed(walk, node, last)
        }
        "view" if object == "web" => django::listed_with(walk, node, Vec::new()),
        "get" | "post" | "put" | "delete" | "patch" if object == "web" => {
            django::listed_with(walk, node, vec![last.to_uppercase().into()])
        }
        "register" => drf::view_set(walk, node, object),
        "set_field" => graphql::set_field(walk, node, object),
        "basic_consume" => queues::consumed(walk, node),
        "consume" if !object.is_empty() => queues::consumed_by_object(walk, node, object),
        "Consumer" if queues::is_kombu(walk, callee) => {
            queues::constructed(walk, node);
            false
        }
        "Starlette" | "Router" | "FastAPI" | "Application" => {
            routes_argument(walk, node);
            false
        }
        _ => false,
    }
}

/// `x = APIRouter(prefix="/items")`, `Blueprint(…, url_prefix=…)`, `Namespace(…, path=…)`.
pub(super) fn constructed<'t>(walk: &mut Walk<'t>, scope: Scope, name: &SmolStr, right: Node<'t>) {
    let callee = right.field("function").map(|callee| walk.slice(callee)).unwrap_or_default();
    let last = callee.rsplit('.').next().unwrap_or(callee);
    match last {
        "Litestar" | "Starlite" => return litestar::router(walk, scope, name, right),
        "Router" => litestar::router(walk, scope, name, right),
        "add_resource" => return added_resource(walk, scope, name, right),
        // `api = Api(blueprint)`: what is declared on the API is served by the blueprint.
        "Api" => {
            let outer = positional(right).first().copied().filter(|outer| outer.kind() == "identifier");
            if let Some(parent) = outer.and_then(|outer| holder(walk, outer)) {
                let child = Holder::Named(scope, Reference::local(name.clone()));
                walk.draft.wiring.mounts.push(MountFact { parent, child, prefix: Text::default(), scope });
            }
        }
        "group" if callee.ends_with("Blueprint.group") => return,
        nested if nested.starts_with("Nested") && nested.ends_with("Router") => {
            return drf::nested(walk, scope, name, right);
        }
        _ => {}
    }
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
    // flask-restx: `api.add_namespace(users, "/users")`.
    let prefix = prefix.or_else(|| {
        let second = positional(node).get(1).copied().filter(|second| second.kind() == "string")?;
        text_of(walk, second)
    });
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

/// aiohttp's `router.add_route("GET", "/x", run)`, Sanic's `app.add_route(run, "/x")`, and the usual order.
fn added_by_method<'t>(walk: &mut Walk<'t>, node: Node<'t>, object: &str) -> bool {
    let list = positional(node);
    let text = |at: usize| list.get(at).filter(|value| value.kind() == "string");
    let place = |walk: &Walk<'t>, pattern: Node<'t>, target: Node<'t>| {
        text_of(walk, pattern).zip(handler(walk, target))
    };
    let (methods, found) = match (text(0), text(1), list.get(2)) {
        (Some(method), Some(pattern), Some(target)) => {
            let method = text_of(walk, *method).and_then(|text| text.as_literal()).unwrap_or_default();
            let methods = if method == "*" { Vec::new() } else { vec![method.to_uppercase().into()] };
            (methods, place(walk, *pattern, *target))
        }
        // `resource = router.add_resource("/x")` has its pattern already.
        (Some(method), None, None) if list.len() == 2 => {
            let method = text_of(walk, *method).and_then(|text| text.as_literal()).unwrap_or_default();
            if method.starts_with('/') {
                return added(walk, node, object, Vec::new());
            }
            let methods = if method == "*" { Vec::new() } else { vec![method.to_uppercase().into()] };
            let target = list.get(1).and_then(|target| handler(walk, *target));
            (methods, target.map(|target| (Text::default(), target)))
        }
        (None, Some(pattern), _) => {
            let methods = keyword(walk, node, "methods").map(|list| literals(walk, list)).unwrap_or_default();
            let target = list.first().copied();
            (methods, target.and_then(|target| place(walk, *pattern, target)))
        }
        _ => return added(walk, node, object, Vec::new()),
    };
    let Some((pattern, handler)) = found else { return false };
    let scope = walk.scope();
    let holder = Holder::Named(scope, Reference::local(object));
    walk.draft.wiring.routes.push(RouteFact { holder, methods, pattern, handler, scope });
    true
}

/// Falcon's `app.add_route("/x", resource, suffix="part")`: the resource's `on_get_part` and the like.
fn responders<'t>(walk: &mut Walk<'t>, node: Node<'t>, object: &str) -> bool {
    let list = positional(node);
    let [pattern, resource, ..] = list.as_slice() else { return false };
    if pattern.kind() != "string" || !matches!(resource.kind(), "identifier" | "attribute" | "call") {
        return false;
    }
    let (Some(pattern), Some(resource)) = (text_of(walk, *pattern), path_of(walk, *resource)) else {
        return false;
    };
    let suffix = keyword_text(walk, node, "suffix").and_then(|suffix| suffix.as_literal());
    let suffix = suffix.map(|suffix| format!("_{suffix}")).unwrap_or_default();
    let scope = walk.scope();
    for verb in ["get", "post", "put", "patch", "delete", "head", "options"] {
        let name = Reference::local(format!("{resource}.on_{verb}{suffix}"));
        let holder = Holder::Named(scope, Reference::local(object));
        let (methods, handler) = (vec![verb.to_uppercase().into()], Handler::Named(scope, name));
        let pattern = pattern.clone();
        walk.draft.wiring.routes.push(RouteFact { holder, methods, pattern, handler, scope });
    }
    true
}

/// aiohttp's `things = app.router.add_resource("/things")`: routes are added to it.
fn added_resource<'t>(walk: &mut Walk<'t>, scope: Scope, name: &SmolStr, right: Node<'t>) {
    let Some(prefix) = argument(walk, right, 0, "path").and_then(|path| text_of(walk, path)) else { return };
    let holder = Holder::Named(scope, Reference::local(name.clone()));
    walk.draft.wiring.prefixes.push(PrefixFact { holder, prefix, scope });
}

/// Sanic's `group = Blueprint.group(users, items, url_prefix="/api")`.
fn grouped<'t>(walk: &mut Walk<'t>, node: Node<'t>) -> bool {
    let prefix = keyword_text(walk, node, "url_prefix").unwrap_or_default();
    let Some(parent) = django::list_holder(walk) else { return false };
    let scope = walk.scope();
    let list = positional(node);
    let inner = list.iter().flat_map(|item| match elements(*item) {
        items if items.is_empty() => vec![*item],
        items => items,
    });
    for child in inner.filter_map(|child| holder(walk, child)).collect::<Vec<_>>() {
        let (parent, prefix) = (parent.clone(), prefix.clone());
        walk.draft.wiring.mounts.push(MountFact { parent, child, prefix, scope });
    }
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
