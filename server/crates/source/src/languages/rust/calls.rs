//! Calls in Rust that become spans: span starts, HTTP clients, SQL, and functions of the program.

use model::SmolStr;
use tree_sitter::Node;

use super::syntax::{arguments, path_of, text_of};
use crate::{
    CallKind,
    field::Field,
    sql,
    walk::{Walk, position},
    wiring::{Argument, Piece, Reference, Scope, Text},
};

/// Objects whose `get` and `post` are requests.
const CLIENTS: &[&str] = &["reqwest", "client", "http", "http_client", "ureq", "surf", "agent", "isahc"];

/// A call of the program's body.
pub(super) fn call<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let Some(callee) = node.field("function") else { return };
    let callee =
        if callee.kind() == "generic_function" { callee.field("function").unwrap_or(callee) } else { callee };
    let name = match callee.kind() {
        "field_expression" => callee.field("field"),
        "scoped_identifier" => callee.field("name"),
        "identifier" => Some(callee),
        _ => None,
    };
    let Some(name) = name else { return };
    let last = walk.slice(name);
    let path = path_of(walk, callee).unwrap_or_else(|| last.into());
    let object = path.rsplit_once('.').map_or("", |(object, _)| object);
    if span(walk, node, object, last) {
        return;
    }
    let found = http(walk, node, object, last).or_else(|| sql_call(walk, node, last));
    let kind = found.as_ref().map_or(CallKind::Function, |(kind, ..)| *kind);
    let (method, target) = found.map_or((None, None), |(_, method, target)| (method, target));
    if kind == CallKind::Function {
        passes(walk, node, &path);
    }
    walk.call_site(node, name, last, (kind, method, target));
}

/// `let tracer = global::tracer("name")`.
pub(super) fn tracer<'t>(walk: &mut Walk<'t>, scope: Scope, name: &str, value: Node<'t>) {
    if value.kind() != "call_expression" || !path_of(walk, value).is_some_and(|path| path.ends_with("tracer"))
    {
        return;
    }
    if let Some(text) = arguments(value).first().and_then(|text| text_of(walk, *text)) {
        walk.draft.tracer(scope, name, text);
    }
}

/// `tracer.start("x")`, `tracer.in_span("x", …)`, `tracer.span_builder("x")`, `SpanBuilder::from_name("x")`,
/// `LocalSpan::enter_with_local_parent("x")`.
fn span<'t>(walk: &mut Walk<'t>, node: Node<'t>, object: &str, last: &str) -> bool {
    let of_tracer = object.to_lowercase().ends_with("tracer");
    let is_start = match last {
        "start" | "start_with_context" | "in_span" | "span_builder" => of_tracer,
        "from_name" => object.ends_with("SpanBuilder"),
        // A span gets another name: `span.record("otel.name", "x")`, `cx.span().update_name("x")`.
        "update_name" => object.to_lowercase().contains("span"),
        "record" => return renamed(walk, node),
        "enter_with_local_parent" | "enter_with_parent" | "root" => object.ends_with("Span"),
        _ => false,
    };
    let Some(text) = arguments(node).first().filter(|_| is_start).and_then(|name| text_of(walk, *name))
    else {
        return false;
    };
    let scope = walk.scope();
    walk.draft.span(text, scope, None, position(node), Some(object.into()));
    true
}

fn renamed<'t>(walk: &mut Walk<'t>, node: Node<'t>) -> bool {
    let list = arguments(node);
    let [field, name] = list.as_slice() else { return false };
    if text_of(walk, *field).and_then(|field| field.as_literal()).as_deref() != Some("otel.name") {
        return false;
    }
    let Some(text) = text_of(walk, *name).filter(Text::is_telling) else { return false };
    let scope = walk.scope();
    walk.draft.span(text, scope, None, position(node), None);
    true
}

type Found = (CallKind, Option<SmolStr>, Option<Text>);

fn http<'t>(walk: &Walk<'t>, node: Node<'t>, object: &str, last: &str) -> Option<Found> {
    let list = arguments(node);
    let root = object.rsplit('.').next().unwrap_or(object);
    let is_client = CLIENTS.contains(&root) || root.to_lowercase().ends_with("client");
    let (method, url) = match last {
        "get" | "post" | "put" | "patch" | "delete" | "head" if !object.is_empty() && list.len() == 1 => {
            (Some(SmolStr::from(last.to_uppercase())), list.first()?)
        }
        "request" if is_client => {
            let method = path_of(walk, *list.first()?)
                .and_then(|method| Some(SmolStr::from(method.rsplit('.').next()?)));
            (method, list.get(1)?)
        }
        _ => return None,
    };
    let url = text_of(walk, *url)?;
    let first = url.0.iter().find_map(|piece| match piece {
        Piece::Literal(text) if !text.is_empty() => Some(text.as_str()),
        _ => None,
    });
    let looks_like_url = first.is_some_and(|first| {
        first.starts_with("http://") || first.starts_with("https://") || (first.starts_with('/') && is_client)
    });
    let opens_path = matches!(url.0.first(), Some(Piece::Name(_) | Piece::Hole))
        && first.is_some_and(|first| first.starts_with('/'));
    (is_client || looks_like_url || opens_path).then_some((CallKind::Http, method, Some(url)))
}

fn sql_call<'t>(walk: &Walk<'t>, node: Node<'t>, last: &str) -> Option<Found> {
    const RUN: &[&str] = &[
        "query",
        "query_as",
        "query_scalar",
        "query_with",
        "sql_query",
        "execute",
        "execute_batch",
        "prepare",
        "query_one",
        "query_opt",
        "query_row",
        "query_map",
        "batch_execute",
        "query_raw",
        "simple_query",
        "from_sql_and_values",
        "from_string",
    ];
    if !RUN.contains(&last) {
        return None;
    }
    let text = arguments(node).into_iter().take(2).find_map(|argument| {
        let text = text_of(walk, argument)?;
        let first = text.0.iter().find_map(|piece| match piece {
            Piece::Literal(literal) => Some(literal.as_str()),
            _ => None,
        });
        let is_name =
            matches!(text.0.as_slice(), [Piece::Name(name)] if !name.contains(|c: char| c.is_lowercase()));
        (first.is_some_and(sql::looks_like_sql) || is_name).then_some(text)
    })?;
    Some((CallKind::Sql, None, Some(text)))
}

/// Texts among the arguments: names of spans, if the callee is a helper.
fn passes<'t>(walk: &mut Walk<'t>, node: Node<'t>, path: &SmolStr) {
    let (scope, place) = (walk.scope(), position(node));
    for (at, value) in arguments(node).into_iter().enumerate().take(6) {
        let text = match value.kind() {
            "identifier" | "scoped_identifier" => {
                let Some(path) = path_of(walk, value) else { continue };
                let last = path.rsplit('.').next().unwrap_or_default();
                let is_constant = last.len() > 1 && !last.contains(|c: char| c.is_lowercase());
                let around = walk.draft.functions.get(scope as usize);
                let is_parameter = around.is_some_and(|function| function.parameters.contains(&path));
                (is_constant || is_parameter).then(|| Text::name(path))
            }
            "string_literal"
            | "raw_string_literal"
            | "macro_invocation"
            | "reference_expression"
            | "call_expression" => text_of(walk, value).filter(Text::is_telling),
            _ => None,
        };
        if let Some(text) = text {
            let callee = Reference::local(path.clone());
            walk.draft.pass(callee, Argument::At(at as u8), text, scope, None, place);
        }
    }
}
