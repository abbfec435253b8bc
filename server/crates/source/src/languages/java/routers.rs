//! Routes that Java declares by calls: Spring's router functions, Javalin, Spark, Vert.x.

use model::SmolStr;
use tree_sitter::Node;

use super::syntax::{arguments, path_of, text_of};
use crate::{
    field::Field,
    languages::jvm::{ROUTERS, imports, joined, rooted},
    walk::{Walk, dotted},
    wiring::{Handler, Holder, Reference, RouteFact, Text},
};

const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
const SPRING: &[&str] =
    &["org.springframework.web.reactive.function", "org.springframework.web.servlet.function"];
/// Packages with which routes are declared by calls.
pub(super) const PACKAGES: &[&str] = &[
    "org.springframework.web.reactive.function",
    "org.springframework.web.servlet.function",
    "io.javalin",
    "spark",
    "io.vertx",
];
const BLOCKS: &[&str] = &["io.javalin", "spark"];

/// Whether the call declares a route; if so, it is taken in.
pub(super) fn call<'t>(walk: &mut Walk<'t>, node: Node<'t>, object: Option<Node<'t>>, name: &str) -> bool {
    if !walk.draft.marks.contains(ROUTERS) {
        return false;
    }
    let list = arguments(node);
    let found = match name {
        "route" | "andRoute" if list.len() == 2 => predicated(walk, &list),
        "handler" | "respond" | "blockingHandler" => chained(walk, object, &list),
        _ => built(walk, object, name, &list),
    };
    let Some((methods, pattern, handler)) = found else { return false };
    let Some(prefix) = prefix(walk) else { return false };
    let (pattern, scope) = (rooted(joined(prefix, pattern)), walk.scope());
    walk.draft.wiring.routes.push(RouteFact { holder: Holder::App, methods, pattern, handler, scope });
    true
}

type Found = (Vec<SmolStr>, Text, Handler);

/// `route(GET("/x").and(accept(JSON)), handler::show)`.
fn predicated<'t>(walk: &Walk<'t>, list: &[Node<'t>]) -> Option<Found> {
    let [predicate, handler] = list else { return None };
    let handler = handler_of(walk, *handler).filter(|_| imports(walk, SPRING))?;
    let mut at = *predicate;
    for _ in 0..8 {
        let name = walk.slice(at.field("name")?);
        if METHODS.contains(&name) {
            return Some((vec![name.into()], text_of(walk, *arguments(at).first()?)?, handler));
        }
        at = at.field("object")?;
    }
    None
}

/// `route().GET("/x", accept(JSON), handler::show)`, `app.get("/x", Users::show)`, `get(Users::all)` in a block.
fn built<'t>(walk: &Walk<'t>, object: Option<Node<'t>>, name: &str, list: &[Node<'t>]) -> Option<Found> {
    let method = METHODS.iter().find(|method| method.eq_ignore_ascii_case(name))?;
    let is_spring = name == *method;
    let handler = list.iter().find_map(|value| handler_of(walk, *value))?;
    let first = list.first().filter(|first| !is_function(**first));
    let pattern = first.map_or(Some(Text::default()), |first| text_of(walk, *first))?;
    let on = object.map(|object| walk.slice(object)).unwrap_or_default();
    let declares = if is_spring {
        object.is_some() && imports(walk, SPRING)
    } else {
        let last = on.rsplit('.').next().unwrap_or(on).to_lowercase();
        let is_known = matches!(
            last.as_str(),
            "" | "apibuilder"
                | "spark"
                | "app"
                | "javalin"
                | "server"
                | "router"
                | "routes"
                | "http"
                | "service"
        );
        let chains = object.is_some_and(|object| object.kind() == "method_invocation");
        (is_known || chains) && imports(walk, BLOCKS)
    };
    declares.then(|| (vec![SmolStr::new_static(method)], pattern, handler))
}

/// Vert.x: `router.get("/x").handler(this::show)`, `router.route(HttpMethod.GET, "/x").handler(…)`.
fn chained<'t>(walk: &Walk<'t>, object: Option<Node<'t>>, list: &[Node<'t>]) -> Option<Found> {
    let handler = list.iter().find_map(|value| handler_of(walk, *value))?;
    let mut at = object.filter(|_| imports(walk, &["io.vertx"]))?;
    for _ in 0..8 {
        let name = walk.slice(at.field("name").filter(|_| at.kind() == "method_invocation")?);
        let values = arguments(at);
        if name == "route" {
            let pattern = text_of(walk, *values.last()?)?;
            let method = values.first().filter(|_| values.len() > 1).map(|method| walk.slice(*method));
            let method = method.and_then(|method| method.rsplit('.').next()).map(SmolStr::new);
            return Some((method.into_iter().collect(), pattern, handler));
        }
        if let Some(method) = METHODS.iter().find(|method| method.eq_ignore_ascii_case(name)) {
            return Some((vec![SmolStr::new_static(method)], text_of(walk, *values.first()?)?, handler));
        }
        at = at.field("object")?;
    }
    None
}

/// What the blocks around the call put before its path.
fn prefix(walk: &Walk<'_>) -> Option<Text> {
    let mut prefixes: Vec<Text> = Vec::new();
    let mut inner: Option<Node<'_>> = None;
    for node in walk.ancestors.iter().rev().copied() {
        let is_argument = inner.is_some_and(|inner| inner.kind() == "argument_list");
        inner = Some(node);
        if !is_argument || node.kind() != "method_invocation" {
            continue;
        }
        let name = node.field("name").map(|name| walk.slice(name)).unwrap_or_default();
        let Some(first) = arguments(node).first().copied() else { continue };
        match name {
            "path" => prefixes.push(text_of(walk, first)?),
            "nest" => {
                let called = first.field("name").map(|name| walk.slice(name));
                if called == Some("path") {
                    prefixes.push(text_of(walk, *arguments(first).first()?)?);
                }
            }
            _ => {}
        }
    }
    Some(prefixes.into_iter().rev().fold(Text::default(), joined))
}

fn is_function(node: Node<'_>) -> bool {
    matches!(node.kind(), "lambda_expression" | "method_reference")
}

/// `users::show`, `this::show`, `Users::show`, or a lambda.
fn handler_of(walk: &Walk<'_>, node: Node<'_>) -> Option<Handler> {
    if node.kind() == "lambda_expression" {
        return Some(Handler::At(node.start_byte() as u32));
    }
    let (object, name) =
        (node.named_child(0).filter(|_| node.kind() == "method_reference")?, node.named_child(1)?);
    let path = path_of(walk, object)?;
    Some(Handler::Named(walk.scope(), Reference::local(dotted(&path, walk.slice(name)))))
}
