//! Interfaces whose methods are requests: Feign, Spring's exchanges, MicroProfile, Micronaut, Retrofit.

use model::SmolStr;
use tree_sitter::Node;

use super::{annotation::Annotation, routes::JAX_METHODS};
use crate::{
    CallKind, CallSite,
    languages::texts::template_holes,
    walk::{Walk, position},
    wiring::{Piece, Text},
};

/// Feign's `@RequestLine("GET /x")` and Retrofit's `@GET("x")`, on interfaces without a mark of their own.
pub(super) fn on_method<'t>(
    walk: &mut Walk<'t>,
    index: u32,
    name: Node<'t>,
    annotation: &Annotation<'t>,
) -> bool {
    let verb = annotation.name;
    let Some(text) = annotation.text(&["value"]) else { return false };
    if JAX_METHODS.contains(&verb) {
        declared(walk, index, name, &[verb.into()], Text::default(), text);
        return true;
    }
    let line = text.as_literal().filter(|_| verb == "RequestLine");
    let Some((method, path)) = line.as_ref().and_then(|line| line.split_once(' ')) else { return false };
    declared(walk, index, name, &[method.into()], Text::default(), Text::literal(path.trim()));
    true
}

/// The method numbered `index` is a request to some host under `prefix` and `pattern`.
pub(super) fn declared<'t>(
    walk: &mut Walk<'t>,
    index: u32,
    name: Node<'t>,
    methods: &[SmolStr],
    prefix: Text,
    pattern: Text,
) {
    // Configuration tells the host, and what may stand between it and the path.
    let mut target = Text::hole();
    for part in [prefix, pattern] {
        add_path(&mut target, part);
    }
    if !target.is_telling() {
        return;
    }
    let site = CallSite {
        kind: CallKind::Http,
        callee: walk.slice(name).into(),
        method: methods.first().filter(|_| methods.len() == 1).cloned(),
        target: None,
        function: Some(index),
        position: position(name),
        end: name.end_byte() as u32,
        in_loop: false,
    };
    walk.draft.call(site, Some(template_holes(target)));
}

/// Appends a path with exactly one slash before it.
fn add_path(whole: &mut Text, part: Text) {
    let first = part.0.first();
    if first.is_none() || part.as_literal().is_some_and(|text| text.is_empty() || text == "/") {
        return;
    }
    if let Some(Piece::Literal(last)) = whole.0.last_mut()
        && let Some(shorter) = last.strip_suffix('/')
    {
        *last = shorter.into();
    }
    let is_whole = matches!(first, Some(Piece::Literal(text)) if text.starts_with("http://") || text.starts_with("https://"));
    if is_whole {
        *whole = Text::default();
    } else if !matches!(first, Some(Piece::Literal(text)) if text.starts_with('/')) {
        whole.append(Text::literal("/"));
    }
    whole.append(part);
}
