//! Functions of the program that declare routes for others: `handle("/x", show)`, where `handle` takes a text and a
//! handler.

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use super::{
    calls::method_of,
    routes::{handler, pattern_parts},
    syntax::text_of,
};
use crate::{
    field::Field,
    walk::{Walk, children},
    wiring::{Holder, OPERATION, Piece, RouteFact, RpcFact, Text, Value},
};

/// In the marks of a file: it has such functions.
const REGISTRARS: &str = "@registrars";
/// What the value of a variable is written as that holds a handler.
const HELD: &str = "value at byte ";

/// Types of handlers, as parameters spell them.
const HANDLERS: &[&str] = &[
    "http.Handler",
    "http.HandlerFunc",
    "gin.HandlerFunc",
    "echo.HandlerFunc",
    "fiber.Handler",
    "func(http.ResponseWriter, *http.Request)",
];

/// Notes the functions of the file that take a text and a handler: they are called before they are declared.
pub(super) fn declared<'t>(walk: &mut Walk<'t>, root: Node<'t>) {
    for node in children(root) {
        if matches!(node.kind(), "function_declaration" | "method_declaration")
            && let Some(name) = node.field("name")
        {
            note(walk, walk.slice(name), node);
        }
    }
}

/// The value that a variable of a function around holds: a closure, or a handler that is wrapped.
pub(super) fn held<'t>(walk: &Walk<'t>, name: &str) -> Option<Node<'t>> {
    let mut at = walk.function_around();
    for _ in 0..8 {
        let index = at?;
        let mut here = walk.draft.wiring.bindings.iter().rev().take(512);
        if let Some(found) = here.find(|binding| binding.scope == index && binding.name == name) {
            let Value::Text(Text(pieces)) = &found.value else { return None };
            let [Piece::Literal(place)] = pieces.as_slice() else { return None };
            let (start, end) = place.strip_prefix(HELD)?.split_once(' ')?;
            let (start, end) = (start.parse().ok()?, end.parse().ok()?);
            return walk.ancestors.first()?.descendant_for_byte_range(start, end);
        }
        at = walk.draft.functions.get(index as usize)?.parent;
    }
    None
}

/// What a variable that holds a closure or a wrapped handler is bound to; `None` for other values. Local texts are
/// gone when the file is read.
pub(super) fn held_value<'t>(walk: &Walk<'t>, value: Node<'t>) -> Option<Value> {
    let wraps = || {
        let callee = value.field("function").map(|callee| walk.slice(callee)).unwrap_or_default();
        let is_handler =
            callee.ends_with("Handler") || callee.ends_with("HandlerFunc") || callee.ends_with("RouteTag");
        is_handler && (callee.starts_with("http.") || callee.starts_with("otelhttp."))
    };
    let is_held = value.kind() == "func_literal" || value.kind() == "call_expression" && wraps();
    is_held.then(|| {
        Value::Text(Text::literal(format_smolstr!("{HELD}{} {}", value.start_byte(), value.end_byte())))
    })
}

/// `handle := func(pattern string, h http.HandlerFunc) {…}`.
pub(super) fn bound<'t>(walk: &mut Walk<'t>, name: &str, value: Node<'t>) {
    if value.kind() == "func_literal" {
        note(walk, name, value);
    }
}

fn note<'t>(walk: &mut Walk<'t>, name: &str, function: Node<'t>) {
    let (mut at, mut found, mut takes_text) = (0, None, false);
    for parameter in function.field("parameters").map(children).unwrap_or_default() {
        let names = parameter.children_by_field_name("name", &mut parameter.walk()).count().max(1);
        let class = parameter.field("type").map(|class| walk.slice(class)).unwrap_or_default();
        let is_handler = HANDLERS.contains(&class)
            || (class.starts_with("func(")
                && class.contains("http.ResponseWriter")
                && !class.contains(") http."));
        if is_handler {
            found = found.or(Some(at));
        }
        takes_text |= class == "string";
        at += names;
    }
    if let Some(at) = found.filter(|_| takes_text) {
        walk.draft.marks.insert(REGISTRARS.into());
        walk.draft.marks.insert(registrar(name, at));
    }
}

/// A call of one of them: the route may stand below a prefix that it adds.
pub(super) fn call<'t>(walk: &mut Walk<'t>, last: &str, list: &[Node<'t>]) {
    if !walk.draft.marks.contains(REGISTRARS) {
        return;
    }
    let at = (0..list.len().min(6)).find(|at| walk.draft.marks.contains(&registrar(last, *at)));
    let Some(target) = at.and_then(|at| list.get(at)) else { return };
    let texts = list.iter().filter_map(|value| text_of(walk, *value));
    let Some(text) = texts.into_iter().find(is_pattern) else { return };
    let Some(handler) = handler(walk, *target, 4) else { return };
    let (mut methods, pattern) = pattern_parts(&text);
    if methods.is_empty() {
        let verbs = list.iter().filter(|value| value.kind() != "call_expression");
        methods.extend(verbs.filter_map(|value| method_of(walk, *value)).find(is_verb));
    }
    let (holder, scope) = (Holder::App, walk.scope());
    let mut open = Text::hole();
    open.append(pattern.clone());
    for pattern in [pattern, open] {
        let (holder, methods, handler) = (holder.clone(), methods.clone(), handler.clone());
        walk.draft.wiring.routes.push(RouteFact { holder, methods, pattern, handler, scope });
    }
}

fn is_pattern(text: &Text) -> bool {
    let first = match text.0.as_slice() {
        [Piece::Literal(first), ..] => first,
        // By custom: `routeGetServices`.
        [Piece::Name(name)] => {
            let last = name.rsplit('.').next().unwrap_or(name).to_lowercase();
            return ["route", "path", "pattern", "endpoint"].iter().any(|word| last.contains(word))
                && !last.ends_with("router");
        }
        _ => return false,
    };
    first.starts_with('/') || first.split_once(" /").is_some_and(|(method, _)| is_verb(&method.into()))
}

fn is_verb(method: &SmolStr) -> bool {
    matches!(method.as_str(), "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS")
}

fn registrar(name: &str, at: usize) -> SmolStr {
    format_smolstr!("registrar {name} {at}")
}

/// `otelhttp.NewHandler(handler, "name")`: spans called so belong to the handler.
pub(super) fn operation<'t>(walk: &mut Walk<'t>, list: &[Node<'t>]) {
    let [target, name, ..] = list else { return };
    let name = text_of(walk, *name).and_then(|name| name.as_literal()).filter(|name| !name.is_empty());
    if let Some((name, handler)) = name.zip(handler(walk, *target, 4)) {
        let (service, scope) = (OPERATION.into(), walk.scope());
        walk.draft.wiring.rpcs.push(RpcFact { service, method: Some(name), handler, scope });
    }
}
