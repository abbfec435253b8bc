//! warp: filters joined by `and`, handled by `map`, `then` or `and_then`.

use model::SmolStr;
use tree_sitter::Node;

use super::{
    macros,
    routes::handler_of,
    syntax::{arguments, path_of, text_of, text_of_token},
};
use crate::{
    field::Field,
    walk::{Walk, children},
    wiring::{Holder, Piece, RouteFact, Text},
};

/// A chain of filters is no longer than this.
const MAX_LINKS: usize = 64;

/// `warp::path!("a" / u32).and(warp::get()).and_then(handler)`.
pub(super) fn call<'t>(walk: &mut Walk<'t>, node: Node<'t>) -> bool {
    let callee = node.field("function").filter(|callee| callee.kind() == "field_expression");
    let Some((object, name)) = callee.and_then(|callee| callee.field("value").zip(callee.field("field")))
    else {
        return false;
    };
    if !matches!(walk.slice(name), "and_then" | "then" | "map") {
        return false;
    }
    if walk.slice(name) == "map" && is_followed(walk) {
        return false;
    }
    let mut filters = Vec::new();
    let mut link = object;
    for _ in 0..MAX_LINKS {
        let inner = link
            .field("function")
            .filter(|callee| link.kind() == "call_expression" && callee.kind() == "field_expression");
        let Some(inner) = inner else {
            filters.push(link);
            break;
        };
        // What is handled already is only turned into a reply here.
        let is_handled =
            inner.field("field").is_some_and(|name| matches!(walk.slice(name), "then" | "and_then"));
        if is_handled {
            return false;
        }
        let is_and = inner.field("field").is_some_and(|name| walk.slice(name) == "and");
        if is_and {
            filters.extend(arguments(link).first());
        }
        match inner.field("value") {
            Some(value) => link = value,
            None => break,
        }
    }
    filters.reverse();
    let mut path = Text::default();
    let mut methods: Vec<SmolStr> = Vec::new();
    let mut is_warp = false;
    for filter in filters {
        is_warp |= add_filter(walk, filter, &mut path, &mut methods);
    }
    let handler = arguments(node).first().and_then(|handler| handler_of(walk, *handler));
    let Some(handler) = handler.filter(|_| is_warp && path.is_telling()) else { return false };
    let scope = walk.scope();
    walk.draft.wiring.routes.push(RouteFact { holder: Holder::App, methods, pattern: path, handler, scope });
    true
}

/// Whether a link that handles follows on the current one, which only prepares what it takes.
fn is_followed(walk: &Walk<'_>) -> bool {
    for level in (0..MAX_LINKS).step_by(2) {
        let Some(field) = walk.ancestor(level).filter(|field| field.kind() == "field_expression") else {
            return false;
        };
        let name = field.field("field").map(|name| walk.slice(name)).unwrap_or_default();
        if matches!(name, "then" | "and_then")
            && walk.ancestor(level + 1).is_some_and(|call| call.kind() == "call_expression")
        {
            return true;
        }
    }
    false
}

/// Adds what one filter says of path and method; answers whether it is warp's.
fn add_filter<'t>(walk: &Walk<'t>, filter: Node<'t>, path: &mut Text, methods: &mut Vec<SmolStr>) -> bool {
    if filter.kind() == "macro_invocation" {
        let name = filter.field("macro").map(|name| walk.slice(name)).unwrap_or_default();
        if name != "warp::path" && name != "path" {
            return false;
        }
        let tokens = children(filter).into_iter().find(|child| child.kind() == "token_tree");
        let inner = tokens.map(|tokens| macros::arguments(walk.slice(tokens))).unwrap_or_default().join(",");
        for segment in inner.split('/').map(str::trim) {
            path.append(Text::literal("/"));
            path.append(match text_of_token(segment) {
                Some(text) => text,
                None if segment == ".." => Text::default(),
                None => Text::literal("{}"),
            });
        }
        return true;
    }
    let Some(name) = path_of(walk, filter) else {
        path.append(Text(vec![Piece::Hole]));
        return false;
    };
    match name.as_str() {
        "warp.path" => {
            path.append(Text::literal("/"));
            path.append(
                arguments(filter).first().and_then(|first| text_of(walk, *first)).unwrap_or_default(),
            );
            true
        }
        "warp.path.param" | "warp.path.tail" => {
            path.append(Text::literal(if name.ends_with("tail") { "/{*}" } else { "/{}" }));
            true
        }
        "warp.get" | "warp.post" | "warp.put" | "warp.delete" | "warp.patch" | "warp.head"
        | "warp.options" => {
            methods.push(name.trim_start_matches("warp.").to_uppercase().into());
            true
        }
        _ => name.starts_with("warp."),
    }
}
