//! Routes that are declared by calls in blocks: Spring's `router { GET("/x", h::show) }`, Javalin's and Spark's
//! `path("/x") { get(h::show) }`, and `app.get("/x", h::show)`.

use model::SmolStr;
use tree_sitter::Node;

use super::syntax::{arguments, callee, handler_of, text_of};
use crate::{
    languages::jvm::{imports, joined, rooted},
    walk::Walk,
    wiring::{Handler, Holder, RouteFact, Text},
};

/// Packages with which routes are declared by calls.
pub(super) const PACKAGES: &[&str] = &[
    "org.springframework.web.reactive.function",
    "org.springframework.web.servlet.function",
    "io.javalin",
    "io.ktor.server",
    "spark",
];

/// Who reads a call of a verb.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Spring,
    Javalin,
}

/// A route, where the call declares one.
pub(super) fn call<'t>(walk: &mut Walk<'t>, call: Node<'t>, lambda: Option<Node<'t>>) {
    let Some((object, name)) = callee(call) else { return };
    if matches!(walk.slice(name), "route" | "andRoute") {
        return predicated(walk, call);
    }
    let Some((style, method)) = verb(walk, object, walk.slice(name)) else { return };
    let Some(prefix) = prefix(walk, style, object) else { return };
    let values = arguments(call);
    let first = values.first().and_then(|first| text_of(walk, *first).filter(|_| is_text(*first)));
    let rest = if first.is_some() { values.get(1..) } else { values.get(..) };
    let candidates = rest.unwrap_or_default().iter().copied().chain(lambda);
    let Some(handler) = candidates.filter_map(|value| handler_of(walk, value)).next() else { return };
    // Spring's patterns are told always, Javalin's may be the block's own.
    if style == Style::Spring && first.is_none()
        || matches!(handler, Handler::At(_)) && object.is_some() && first.is_none()
    {
        return;
    }
    let pattern = rooted(joined(prefix, first.unwrap_or_default()));
    let (scope, methods) = (walk.scope(), vec![SmolStr::new_static(method)]);
    walk.draft.wiring.routes.push(RouteFact { holder: Holder::App, methods, pattern, handler, scope });
}

fn is_text(node: Node<'_>) -> bool {
    let is_reference = || node.child(1).is_some_and(|between| between.kind() == "::");
    match node.kind() {
        "lambda_literal" | "callable_reference" | "call_expression" => false,
        "navigation_expression" => !is_reference(),
        _ => true,
    }
}

/// `route(GET("/x").and(accept(JSON)), HandlerFunction(handler::show))`.
fn predicated<'t>(walk: &mut Walk<'t>, call: Node<'t>) {
    let values = arguments(call);
    let [predicate, handler] = values.as_slice() else { return };
    let inner = || arguments(*handler).first().and_then(|inner| handler_of(walk, *inner));
    let Some(handler) = handler_of(walk, *handler).or_else(inner) else { return };
    let mut at = *predicate;
    for _ in 0..8 {
        let Some((object, name)) = callee(at).filter(|_| at.kind() == "call_expression") else { return };
        if let Some((Style::Spring, method)) = verb(walk, None, walk.slice(name)) {
            let Some(pattern) = arguments(at).first().and_then(|first| text_of(walk, *first)) else { return };
            let (scope, methods) = (walk.scope(), vec![SmolStr::new_static(method)]);
            let fact = RouteFact { holder: Holder::App, methods, pattern, handler, scope };
            return walk.draft.wiring.routes.push(fact);
        }
        let Some(object) = object else { return };
        at = object;
    }
}

/// The style and the HTTP method of a called name.
fn verb(walk: &Walk<'_>, object: Option<Node<'_>>, name: &str) -> Option<(Style, &'static str)> {
    const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    if let Some(method) = METHODS.iter().find(|method| **method == name) {
        return object.is_none().then_some((Style::Spring, method));
    }
    let method =
        METHODS.iter().find(|method| method.eq_ignore_ascii_case(name) && method.len() == name.len())?;
    imports(walk, &["io.javalin", "spark"]).then_some((Style::Javalin, method))
}

/// What stands before the route's own pattern; `None` where the call is no route.
fn prefix(walk: &Walk<'_>, style: Style, object: Option<Node<'_>>) -> Option<Text> {
    let object = object.map(|object| walk.slice(object));
    let on_app = object.is_some_and(|object| {
        let last = object.rsplit('.').next().unwrap_or(object).to_lowercase();
        matches!(last.as_str(), "app" | "javalin" | "server" | "router" | "routes" | "http" | "service")
    });
    if object.is_some_and(|object| object != "ApiBuilder" && !on_app) {
        return None;
    }
    let mut prefixes: Vec<Text> = Vec::new();
    let mut is_rooted = on_app;
    let mut inner: Option<Node<'_>> = None;
    for node in walk.ancestors.iter().rev().copied() {
        let is_call = node.kind() == "call_expression"
            && inner.is_some_and(|inner| matches!(inner.kind(), "annotated_lambda" | "value_arguments"));
        inner = Some(node);
        if !is_call || is_rooted {
            continue;
        }
        let head = node.named_child(0)?;
        let call = if head.kind() == "call_expression" { head } else { node };
        let Some((object, name)) = callee(call) else { continue };
        match (style, walk.slice(name)) {
            (Style::Javalin, "path") => prefixes.push(text_of(walk, *arguments(call).first()?)?),
            (Style::Spring, "nest") => prefixes.push(nested(walk, object?)?),
            (Style::Javalin, "routes" | "apiBuilder") | (Style::Spring, "router" | "coRouter") => {
                is_rooted = true
            }
            _ => {}
        }
    }
    if style == Style::Spring && !is_rooted || prefixes.is_empty() && !is_rooted && object.is_none() {
        return None;
    }
    // Who calls the function around may put it below something.
    let whole = if is_rooted { Text::default() } else { Text::hole() };
    Some(prefixes.into_iter().rev().fold(whole, joined))
}

/// The path that `"/x".nest`, `path("/x").nest` and `("/x" and accept(JSON)).nest` tell; none of others.
fn nested(walk: &Walk<'_>, object: Node<'_>) -> Option<Text> {
    match object.kind() {
        "call_expression" => {
            let (_, name) = callee(object)?;
            if walk.slice(name) != "path" && walk.slice(name) != "pathPrefix" {
                return Some(Text::default());
            }
            text_of(walk, *arguments(object).first()?)
        }
        "parenthesized_expression" | "infix_expression" => nested(walk, object.named_child(0)?),
        _ => text_of(walk, object),
    }
}
