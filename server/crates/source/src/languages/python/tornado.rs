//! Tornado: lists of pairs of a regular expression and a handler's class.

use tree_sitter::Node;

use super::{
    django,
    syntax::{path_of, text_of},
};
use crate::{
    walk::{Walk, children},
    wiring::{Handler, Holder, Piece, Reference, RouteFact},
};

/// `(r"/users/(\d+)", UserHandler)` in a list.
pub(super) fn pair<'t>(walk: &mut Walk<'t>, tuple: Node<'t>) {
    if walk.ancestor(0).is_none_or(|list| list.kind() != "list") {
        return;
    }
    if tuple.named_child(0).is_none_or(|first| !matches!(first.kind(), "string" | "binary_operator")) {
        return;
    }
    let parts = children(tuple);
    let (Some(pattern), Some(class)) = (parts.first(), parts.get(1)) else { return };
    if !matches!(class.kind(), "identifier" | "attribute") {
        return;
    }
    let Some(class) = path_of(walk, *class) else { return };
    let last = class.rsplit('.').next().unwrap_or(&class);
    let is_handler = last.ends_with("Handler") || (walk.draft.marks.contains("tornado") && is_class(last));
    if !is_handler {
        return;
    }
    let Some(pattern) = text_of(walk, *pattern) else { return };
    let opens = |text: &str| text.starts_with(['/', '^', '(']);
    if !matches!(pattern.0.first(), Some(Piece::Literal(text)) if opens(text)) && pattern.0.len() < 2 {
        return;
    }
    let scope = walk.scope();
    let holder = django::list_holder(walk).unwrap_or(Holder::App);
    let handler = Handler::Named(scope, Reference::local(class));
    walk.draft.wiring.routes.push(RouteFact { holder, methods: Vec::new(), pattern, handler, scope });
}

fn is_class(name: &str) -> bool {
    name.starts_with(|c: char| c.is_uppercase()) && name.contains(|c: char| c.is_lowercase())
}
