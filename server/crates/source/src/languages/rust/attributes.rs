//! Attributes of Rust functions: spans of `#[instrument]`, routes of actix-web, Rocket and ntex.

use model::SmolStr;
use tree_sitter::Node;

use super::{
    graphql,
    macros::{arguments, span_name, value_of},
    syntax::text_of_token,
};
use crate::{
    walk::{Walk, position},
    wiring::{Handler, Holder, MODULE, Reference, RouteFact, Text},
};

/// An attribute on the function numbered `index`.
pub(super) fn on_function<'t>(walk: &mut Walk<'t>, index: u32, decorator: Node<'t>) {
    let Some((last, given)) = graphql::attribute(walk, decorator) else { return };
    match last {
        "instrument" => instrument(walk, index, decorator, &given),
        // `#[cfg_attr(feature = "trace", tracing::instrument(name = "x"))]`.
        "cfg_attr" => {
            let inner = given.iter().find_map(|argument| {
                let (path, tokens) = argument.split_at(argument.find('(').unwrap_or(argument.len()));
                (path.trim().rsplit("::").next() == Some("instrument")).then_some(tokens)
            });
            if let Some(tokens) = inner {
                instrument(walk, index, decorator, &arguments(tokens));
            }
        }
        "oai" => graphql::operation(walk, index, &given),
        "get" | "post" | "put" | "delete" | "patch" | "head" | "options" | "trace" | "connect" => {
            let method = last.to_uppercase();
            route(walk, index, vec![method.into()], &given);
        }
        "route" => {
            let methods = given.iter().filter_map(|argument| {
                let value = argument.strip_prefix("method")?.trim_start().strip_prefix('=')?;
                text_of_token(value.trim())?.as_literal().map(|method| SmolStr::from(method.to_uppercase()))
            });
            let methods = methods.collect();
            route(walk, index, methods, &given);
        }
        // utoipa: the route that `routes!` takes from here.
        "path" if walk.slice(decorator).contains("utoipa") => {
            let methods =
                given.first().map(|first| first.trim_start_matches("method").trim_matches(['(', ')']));
            let methods =
                methods.unwrap_or_default().split(',').map(|method| method.trim().to_uppercase().into());
            let pattern: Vec<&str> = value_of(&given, "path").into_iter().collect();
            route(walk, index, methods.collect(), &pattern);
        }
        _ => {}
    }
}

/// `#[instrument(name = "…", fields(otel.name = "…"))]`; without a name the span is called like the function.
fn instrument(walk: &mut Walk<'_>, index: u32, decorator: Node<'_>, given: &[&str]) {
    let own =
        walk.draft.functions.get(index as usize).map(|function| function.name.clone()).unwrap_or_default();
    let fields =
        given.iter().find_map(|argument| argument.strip_prefix("fields")).map(arguments).unwrap_or_default();
    let renamed =
        fields.iter().any(|field| field.starts_with("otel.name")).then(|| span_name(&fields)).flatten();
    // A bare text among the arguments is the name as well, as in `#[instrument("x")]` of some wrappers.
    let named = value_of(given, "name")
        .and_then(|value| text_of_token(value).or_else(|| Some(Text::name(value.replace("::", ".")))));
    let name = renamed.or(named).unwrap_or_else(|| Text::literal(own));
    walk.draft.span(name, MODULE, Some(index), position(decorator), None);
}

/// `#[get("/x/{id}")]`: the function itself is what scopes and apps take in as a service.
fn route(walk: &mut Walk<'_>, index: u32, methods: Vec<SmolStr>, given: &[&str]) {
    let Some(pattern) = given.iter().find_map(|argument| text_of_token(argument)) else { return };
    let Some(path) = walk.draft.functions.get(index as usize).map(|function| function.key.path.clone())
    else {
        return;
    };
    let pattern = match pattern.as_literal() {
        // Rocket's query parameters are no part of the path.
        Some(text) => Text::literal(text.split('?').next().unwrap_or_default()),
        None => pattern,
    };
    let holder = Holder::Named(MODULE, Reference::local(path));
    let handler = Handler::Function(index);
    walk.draft.wiring.routes.push(RouteFact { holder, methods, pattern, handler, scope: MODULE });
}
