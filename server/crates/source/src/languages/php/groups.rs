//! Groups of routes, as they stand around a declaration: prefixes, namespaces and controllers of Laravel, Lumen, Slim.

use model::SmolStr;
use tree_sitter::Node;

use super::{
    calls::called,
    syntax::{arguments, elements, keyed, literal, text_of},
};
use crate::{
    field::Field,
    walk::Walk,
    wiring::{Piece, Text},
};

/// How long a chain of calls may be.
const MAX_CHAIN: usize = 64;

/// What stands around a route.
#[derive(Default)]
pub(super) struct Around<'t> {
    pub(super) prefix: Text,
    pub(super) namespace: String,
    pub(super) controller: Option<Node<'t>>,
    /// Whether there is a group at all.
    pub(super) is_grouped: bool,
}

/// The calls of a chain that end with `call`, the first one first.
pub(super) fn chain<'t>(walk: &Walk<'t>, call: Node<'t>) -> Vec<(SmolStr, Node<'t>)> {
    let mut links = Vec::new();
    let mut at = Some(call);
    while let Some(node) = at.filter(|_| links.len() < MAX_CHAIN) {
        let Some((_, name)) = called(walk, node) else { break };
        links.push((name, node));
        at = node.field("object");
    }
    links.reverse();
    links
}

/// The calls that are made on what the current node gives: `->name('x')`, `->only([…])`.
pub(super) fn chained_after<'t>(walk: &Walk<'t>, call: Node<'t>) -> Vec<(SmolStr, Node<'t>)> {
    let mut links = Vec::new();
    let mut inner = call;
    for outer in walk.ancestors.iter().rev().take(MAX_CHAIN) {
        let is_on = outer.field("object").is_some_and(|object| object.id() == inner.id());
        let Some((_, name)) = called(walk, *outer).filter(|_| is_on) else { break };
        links.push((name, *outer));
        inner = *outer;
    }
    links
}

/// Whether a chain begins with Laravel's `Route::`.
pub(super) fn is_facade<'t>(walk: &Walk<'t>, links: &[(SmolStr, Node<'t>)]) -> bool {
    let scope = links.first().and_then(|(_, first)| first.field("scope"));
    scope.is_some_and(|scope| super::names::last_of(walk.slice(scope)) == "Route")
}

/// The groups around the current node.
pub(super) fn around<'t>(walk: &Walk<'t>) -> Around<'t> {
    let mut found = Around::default();
    for nodes in walk.ancestors.windows(4) {
        let [call, list, _, closure] = nodes else { continue };
        let is_closure = matches!(closure.kind(), "anonymous_function" | "arrow_function");
        if !is_closure || list.kind() != "arguments" {
            continue;
        }
        let is_group = called(walk, *call).is_some_and(|(_, name)| name == "group");
        if is_group {
            found.enter(walk, *call);
        }
    }
    found
}

impl<'t> Around<'t> {
    /// Takes in what the call of `group` and the chain before it say.
    pub(super) fn enter(&mut self, walk: &Walk<'t>, group: Node<'t>) {
        self.is_grouped = true;
        for (name, call) in chain(walk, group) {
            let list = arguments(walk, call);
            let Some(first) = list.first().map(|first| first.value) else { continue };
            match name.as_str() {
                "prefix" => self.prefixed(walk, first),
                "namespace" => self.below(walk, first),
                "controller" => self.controller = Some(first),
                "group" if first.kind() == "array_creation_expression" => self.listed(walk, first),
                // Slim gives the prefix first.
                "group" if list.len() > 1 => self.prefixed(walk, first),
                _ => {}
            }
        }
    }

    /// Takes in the prefix `node`.
    pub(super) fn prefixed(&mut self, walk: &Walk<'t>, node: Node<'t>) {
        let prefix = text_of(walk, node).unwrap_or_else(Text::hole);
        self.prefix = join(std::mem::take(&mut self.prefix), prefix);
    }

    fn listed(&mut self, walk: &Walk<'t>, array: Node<'t>) {
        if elements(array).is_empty() {
            return;
        }
        if let Some(prefix) = keyed(walk, array, "prefix") {
            self.prefixed(walk, prefix);
        }
        if let Some(namespace) = keyed(walk, array, "namespace") {
            self.below(walk, namespace);
        }
        self.controller = keyed(walk, array, "controller").or(self.controller);
    }

    fn below(&mut self, walk: &Walk<'t>, node: Node<'t>) {
        let Some(namespace) = literal(walk, node) else { return };
        if !self.namespace.is_empty() {
            self.namespace.push('\\');
        }
        self.namespace.push_str(namespace.trim_matches('\\'));
    }
}

/// `after` under `before`, with one slash between them; Slim's optional part brings its own.
pub(super) fn join(before: Text, after: Text) -> Text {
    let mut whole = before;
    let mut rest = after;
    let is_optional = matches!(rest.0.first(), Some(Piece::Literal(first)) if first.starts_with('['));
    if let Some(Piece::Literal(last)) = whole.0.last_mut() {
        *last = last.trim_end_matches('/').into();
    }
    if let Some(Piece::Literal(first)) = rest.0.first_mut() {
        *first = first.trim_start_matches('/').into();
    }
    for text in [&mut whole, &mut rest] {
        text.0.retain(|piece| !matches!(piece, Piece::Literal(literal) if literal.is_empty()));
    }
    if rest.0.is_empty() {
        return whole;
    }
    let is_unknown = matches!(rest.0.first(), Some(Piece::Hole | Piece::Name(_)));
    if !is_optional && (!whole.0.is_empty() || !is_unknown) {
        whole.append(Text::literal("/"));
    }
    whole.append(rest);
    whole
}
