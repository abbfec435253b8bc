//! Calls in Elixir that become spans: span starts, HTTP clients, queries, jobs, and functions of the program.

use model::SmolStr;
use tree_sitter::Node;

use super::syntax::{arguments, atom, attribute, keyword, path_of, text_of, word_of};
use crate::{
    CallKind,
    field::Field,
    walk::{Walk, dotted, position},
    wiring::{Argument, Piece, Reference, Text},
};

/// Functions of a repository of Ecto that ask the database.
const QUERIES: &[&str] = &[
    "all",
    "one",
    "get",
    "get_by",
    "insert",
    "update",
    "delete",
    "insert_all",
    "update_all",
    "delete_all",
    "aggregate",
    "preload",
    "exists?",
    "reload",
    "insert_or_update",
    "stream",
    "query",
    "query_many",
];

/// A call.
pub(super) fn call<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let Some(target) = node.field("target") else { return };
    let Some(path) = path_of(walk, target) else { return };
    let (object, last) = path.rsplit_once('.').unwrap_or(("", &path));
    let name = match target.kind() {
        "dot" => target.field("right").unwrap_or(target),
        _ => target,
    };
    let is_piped = is_piped(walk, node);
    if span(walk, node, object, last, is_piped) {
        return;
    }
    let found =
        http(walk, node, object, last, is_piped).or_else(|| query(walk, node, object, last, is_piped));
    let found = found.or_else(|| {
        (object == "Oban" && last.starts_with("insert")).then_some((CallKind::Messaging, None, None))
    });
    let kind = found.as_ref().map_or(CallKind::Function, |(kind, ..)| *kind);
    let (method, target) = found.map_or((None, None), |(_, method, target)| (method, target));
    if kind == CallKind::Function {
        passes(walk, node, &path, is_piped);
    }
    walk.call_site(node, name, last, (kind, method, target));
}

/// Whether the first argument comes from the left: `x |> f(y)`.
fn is_piped(walk: &Walk<'_>, node: Node<'_>) -> bool {
    walk.ancestor(0).is_some_and(|outer| {
        outer.kind() == "binary_operator"
            && outer.field("right") == Some(node)
            && outer.field("operator").is_some_and(|operator| walk.slice(operator) == "|>")
    })
}

/// Whether the call starts a span; if so, it is taken in.
fn span<'t>(walk: &mut Walk<'t>, node: Node<'t>, object: &str, last: &str, is_piped: bool) -> bool {
    let lower = object.to_lowercase();
    let of_tracer = object.is_empty() || lower.ends_with("tracer") || lower.ends_with("opentelemetry");
    let at = match last {
        // Erlang's own take the tracer first.
        "with_span" | "start_span" if object == ":otel_tracer" => 1,
        "with_span" | "start_span" if of_tracer || walk.draft.marks.contains(object) => 0,
        "start_telemetry_span" => 1,
        "trace" | "span" if lower.ends_with("tracer") || object == "Tracing" => 0,
        _ => return false,
    };
    let at = if is_piped { at.max(1) - 1 } else { at };
    let Some(name) = arguments(node).get(at).copied() else { return false };
    let Some(text) = text_of(walk, name) else { return true };
    let scope = walk.scope();
    walk.draft.span(text, scope, None, position(node), None);
    true
}

/// `@decorate with_span("name")` and `@decorate trace("name")` before a function.
pub(super) fn decorated<'t>(walk: &mut Walk<'t>, index: u32, decorator: Node<'t>) {
    let Some(attribute) = decorator.field("operand") else { return };
    let Some(first) = arguments(attribute).first().copied() else { return };
    let (name, place) = match (word_of(walk, attribute), word_of(walk, first)) {
        (Some("decorate"), Some("with_span" | "trace" | "span")) => {
            (arguments(first).first().copied(), position(first))
        }
        (Some("trace"), _) => (Some(first), position(decorator)),
        _ => return,
    };
    let Some(text) = name.filter(|name| name.kind() != "keywords").and_then(|name| text_of(walk, name))
    else {
        return;
    };
    walk.draft.span(text, index, Some(index), place, None);
}

type Found = (CallKind, Option<SmolStr>, Option<Text>);

fn http<'t>(walk: &Walk<'t>, node: Node<'t>, object: &str, last: &str, is_piped: bool) -> Option<Found> {
    const CLIENTS: &[&str] = &["HTTPoison", "Req", "Tesla", "Finch", "Mojito", "HTTPotion", "SimpleHttp"];
    let root = object.split('.').next().unwrap_or(object);
    if !CLIENTS.contains(&root) && !root.ends_with("Client") {
        return None;
    }
    let list = arguments(node);
    let (verb, at) = match last.trim_end_matches('!') {
        "build" | "request" => (atom(walk, *list.first()?)?, 1),
        verb @ ("get" | "post" | "put" | "patch" | "delete" | "head" | "options") => (verb.into(), 0),
        _ => return None,
    };
    let at = if is_piped && at > 0 { at - 1 } else { at };
    let texts =
        list.iter().skip(at).take(2).filter(|node| {
            matches!(node.kind(), "string" | "identifier" | "binary_operator" | "unary_operator")
        });
    let url = keyword(walk, node, "url").and_then(|url| text_of(walk, url));
    let url = url.or_else(|| texts.filter_map(|url| text_of(walk, *url)).find(looks_like_url));
    let url = url.filter(looks_like_url)?;
    Some((CallKind::Http, Some(verb.to_uppercase().into()), Some(url)))
}

fn looks_like_url(url: &Text) -> bool {
    url.0.iter().any(|piece| {
        matches!(piece, Piece::Literal(text) if text.contains('/')) || matches!(piece, Piece::Name(_))
    })
}

/// A query by a repository; its text where it is told.
fn query<'t>(walk: &Walk<'t>, node: Node<'t>, object: &str, last: &str, is_piped: bool) -> Option<Found> {
    let module = object.rsplit('.').next().unwrap_or(object);
    let plain = last.trim_end_matches('!');
    let list = arguments(node);
    let statement = match (module, plain) {
        ("Repo", "query" | "query_many") => list.first().copied(),
        ("SQL", "query" | "query_many" | "stream") => list.get(usize::from(!is_piped)).copied(),
        ("Postgrex" | "MyXQL" | "Exqlite", "query" | "execute") => list.get(usize::from(!is_piped)).copied(),
        ("Repo", name) if QUERIES.contains(&name) => None,
        (other, name) if other.ends_with("Repo") && QUERIES.contains(&name) => None,
        _ => return None,
    };
    let text = statement.and_then(|statement| text_of(walk, statement));
    let text = text.filter(|text| match text.0.first() {
        Some(Piece::Literal(literal)) => crate::sql::looks_like_sql(literal),
        _ => true,
    });
    Some((CallKind::Sql, None, text))
}

/// Texts among the arguments: names of spans, if the callee is a helper.
fn passes<'t>(walk: &mut Walk<'t>, node: Node<'t>, path: &SmolStr, is_piped: bool) {
    let scope = walk.scope();
    let place = position(node);
    for (at, value) in arguments(node).into_iter().enumerate().take(6) {
        let Some(text) = passed_text(walk, value) else { continue };
        let at = Argument::At((at + usize::from(is_piped)) as u8);
        walk.draft.pass(Reference::local(path.clone()), at, text, scope, None, place);
    }
    if is_piped
        && let Some(left) = walk.ancestor(0).and_then(|outer| outer.field("left"))
        && let Some(text) = passed_text(walk, left)
    {
        walk.draft.pass(Reference::local(path.clone()), Argument::At(0), text, scope, None, place);
    }
}

/// An argument that may be a name: text, an attribute of the module, or a parameter that is handed on.
fn passed_text(walk: &Walk<'_>, value: Node<'_>) -> Option<Text> {
    match value.kind() {
        "identifier" => {
            let name = walk.slice(value);
            let around = walk.draft.functions.get(walk.scope() as usize);
            let is_parameter =
                around.is_some_and(|function| function.parameters.iter().any(|own| own == name));
            is_parameter.then(|| Text::name(name))
        }
        "unary_operator" => {
            let name = attribute(walk, value)?;
            Some(Text::name(dotted(&walk.type_path().unwrap_or_default(), &format!("@{name}"))))
        }
        "string" | "binary_operator" => text_of(walk, value),
        _ => None,
    }
}
