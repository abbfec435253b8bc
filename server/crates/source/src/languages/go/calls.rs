//! Calls in Go that become spans: span starts, HTTP clients, remote procedures, SQL, functions of the program.

use model::SmolStr;
use tree_sitter::Node;

use super::syntax::{arguments, called, operand, path_of, text_of};
use crate::{
    CallKind,
    field::Field,
    sql,
    walk::{Walk, position},
    wiring::{Argument, Piece, Reference, Scope, Text},
};

/// A call of the program's body.
pub(super) fn call<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let Some((last, name)) = called(walk, node) else { return };
    let object = operand(node).and_then(|operand| path_of(walk, operand)).unwrap_or_default();
    if span(walk, node, &object, last) {
        return;
    }
    let found = http(walk, node, &object, last)
        .or_else(|| sql_call(walk, node, last))
        .or_else(|| rpc(walk, node, &object, last));
    let kind = found.as_ref().map_or(CallKind::Function, |(kind, ..)| *kind);
    let (method, target) = found.map_or((None, None), |(_, method, target)| (method, target));
    if kind == CallKind::Function {
        passes(walk, node);
    }
    walk.call_site(node, name, last, (kind, method, target));
}

/// `tracer := otel.Tracer("name")`, `provider.Tracer("name")`.
pub(super) fn tracer<'t>(walk: &mut Walk<'t>, scope: Scope, name: &str, value: Node<'t>) {
    if value.kind() != "call_expression"
        || called(walk, value).is_none_or(|(last, _)| !matches!(last, "Tracer" | "NewTracer"))
    {
        return;
    }
    if let Some(text) = arguments(value).first().and_then(|text| text_of(walk, *text)) {
        walk.draft.tracer(scope, name, text);
    }
}

/// `tracer.Start(ctx, "x")`, `otel.Tracer("scope").Start(ctx, "x")`; `StartSpan` and `StartSpanFromContext` of
/// OpenTracing, OpenCensus and their like.
fn span<'t>(walk: &mut Walk<'t>, node: Node<'t>, object: &str, last: &str) -> bool {
    let list = arguments(node);
    let of_tracer = object.to_lowercase().ends_with("tracer");
    let at = match last {
        "Start" if of_tracer || gives_span(walk) => 1,
        // OpenTracing's takes the name first, OpenCensus' the context.
        "StartSpan" if of_tracer || object == "trace" => {
            usize::from(list.first().is_some_and(|first| is_context(walk, *first)))
        }
        "StartSpanFromContext" | "StartSpanFromContextWithTracer" if !object.is_empty() => 1,
        _ => return false,
    };
    let names = if last.ends_with("WithTracer") { list.get(2) } else { list.get(at) };
    let Some(text) = names.and_then(|name| text_of(walk, *name)) else { return false };
    let scope = walk.scope();
    let direct = operand(node).filter(|operand| operand.kind() == "call_expression");
    let tracer = match direct {
        Some(made) => {
            // Known under a name of its own: the place where it is made.
            let name = SmolStr::from(format!("@{}", made.start_byte()));
            tracer(walk, scope, &name, made);
            name
        }
        None => object.into(),
    };
    walk.draft.span(text, scope, None, position(node), Some(tracer));
    true
}

/// Whether the call's second value is named as a span: `ctx, span := x.Start(ctx, "y")`.
fn gives_span(walk: &Walk<'_>) -> bool {
    let statement =
        walk.ancestor(1).filter(|_| walk.ancestor(0).is_some_and(|list| list.kind() == "expression_list"));
    let left = statement.and_then(|statement| statement.field("left"));
    let second = left.filter(|left| left.named_child_count() == 2).and_then(|left| left.named_child(1));
    second.is_some_and(|second| walk.slice(second).to_lowercase().ends_with("span"))
}

type Found = (CallKind, Option<SmolStr>, Option<Text>);

fn http<'t>(walk: &Walk<'t>, node: Node<'t>, object: &str, last: &str) -> Option<Found> {
    let list = arguments(node);
    let root = object.rsplit('.').next().unwrap_or(object);
    let is_client = object == "http" || root.to_lowercase().ends_with("client") || root == "otelhttp";
    let (method, url) = match last {
        "NewRequest" | "NewRequestWithContext" if object == "http" || object == "retryablehttp" => {
            let first = usize::from(last == "NewRequestWithContext");
            (method_of(walk, *list.get(first)?), list.get(first + 1)?)
        }
        "Get" | "Head" | "Post" | "PostForm" | "Put" | "Delete" | "Patch" => {
            let method = if last == "PostForm" { "POST".into() } else { last.to_uppercase() };
            // The context may stand before the URL.
            let url = list.iter().take(2).find(|url| text_of(walk, **url).is_some_and(|url| is_url(&url)));
            let url = url.or_else(|| list.first().filter(|_| object == "http"))?;
            (Some(SmolStr::from(method)), url)
        }
        "Do" if is_client && list.len() == 1 => return Some((CallKind::Http, None, None)),
        _ => return None,
    };
    let text = text_of(walk, *url)?;
    let names_host = matches!(text.0.first(), Some(Piece::Literal(first)) if first.starts_with("http"));
    (is_client || last.starts_with("NewRequest") || names_host).then_some((
        CallKind::Http,
        method,
        Some(text),
    ))
}

/// `"GET"` or `http.MethodGet`.
pub(super) fn method_of(walk: &Walk<'_>, node: Node<'_>) -> Option<SmolStr> {
    if node.kind() == "selector_expression" {
        let name = walk.slice(node.field("field")?);
        return Some(name.strip_prefix("Method")?.to_uppercase().into());
    }
    let text = text_of(walk, node)?.as_literal()?;
    Some(text.to_uppercase().into())
        .filter(|_| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphabetic()))
}

fn is_url(text: &Text) -> bool {
    let first = text.0.iter().find_map(|piece| match piece {
        Piece::Literal(literal) if !literal.is_empty() => Some(literal.as_str()),
        _ => None,
    });
    first.is_some_and(|first| {
        first.starts_with("http://") || first.starts_with("https://") || first.starts_with('/')
    })
}

/// A stub's method: `pb.NewCartClient(connection).GetCart(ctx, …)`, `s.cartClient.GetCart(ctx, …)`, and what takes a
/// context and a request of a generated package.
fn rpc<'t>(walk: &Walk<'t>, node: Node<'t>, object: &str, last: &str) -> Option<Found> {
    let list = arguments(node);
    let takes_context = list.first().is_some_and(|first| is_context(walk, *first));
    if object.is_empty() || !takes_context || !last.starts_with(|c: char| c.is_uppercase()) {
        return None;
    }
    let is_stub = object.to_lowercase().ends_with("client");
    let request = list.get(1).filter(|request| request.kind() == "unary_expression");
    let is_message = request.and_then(|request| path_of(walk, *request)).is_some_and(|path| {
        path.split_once('.').is_some_and(|(package, _)| package.ends_with("pb") || package.starts_with("pb"))
    });
    (is_stub || is_message).then_some((CallKind::Rpc, None, None))
}

fn is_context(walk: &Walk<'_>, node: Node<'_>) -> bool {
    let Some(path) = path_of(walk, node) else { return false };
    let last = path.rsplit('.').next().unwrap_or_default().to_lowercase();
    last.ends_with("ctx") || last.ends_with("context") || matches!(last.as_str(), "background" | "todo")
}

fn sql_call<'t>(walk: &Walk<'t>, node: Node<'t>, last: &str) -> Option<Found> {
    const RUN: &[&str] = &[
        "Query",
        "QueryContext",
        "QueryRow",
        "QueryRowContext",
        "Queryx",
        "QueryxContext",
        "QueryRowx",
        "QueryRowxContext",
        "Exec",
        "ExecContext",
        "MustExec",
        "NamedExec",
        "NamedExecContext",
        "NamedQuery",
        "NamedQueryContext",
        "Prepare",
        "PrepareContext",
        "Get",
        "GetContext",
        "Select",
        "SelectContext",
        "Raw",
        "SendBatch",
        "Queue",
    ];
    if !RUN.contains(&last) {
        return None;
    }
    let is_sure = !matches!(last, "Get" | "Select" | "Raw" | "Queue" | "Query" | "Exec");
    let text = arguments(node).into_iter().take(3).find_map(|argument| {
        let text = text_of(walk, argument)?;
        let first = text.0.iter().find_map(|piece| match piece {
            Piece::Literal(literal) => Some(literal.as_str()),
            _ => None,
        });
        let is_name = is_sure
            && matches!(text.0.as_slice(), [Piece::Name(_)])
            && !is_context(walk, argument)
            && argument.kind() == "identifier";
        (first.is_some_and(sql::looks_like_sql) || is_name).then_some(text)
    })?;
    Some((CallKind::Sql, None, Some(text)))
}

/// Texts among the arguments: names of spans, if the callee is a helper.
fn passes<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let Some(path) = node.field("function").and_then(|callee| path_of(walk, callee)) else {
        return;
    };
    let (scope, place) = (walk.scope(), position(node));
    for (at, value) in arguments(node).into_iter().enumerate().take(6) {
        let text = match value.kind() {
            "identifier" | "selector_expression" => passed_name(walk, value, &path),
            "interpreted_string_literal" | "raw_string_literal" | "binary_expression" | "call_expression" => {
                text_of(walk, value).filter(Text::is_telling)
            }
            _ => None,
        };
        if let Some(text) = text {
            let callee = Reference::local(path.clone());
            walk.draft.pass(callee, Argument::At(at as u8), text, scope, None, place);
        }
    }
}

/// A constant or a parameter that is handed on. Constants look like variables: they count where the callee's name
/// says that it traces.
fn passed_name(walk: &Walk<'_>, value: Node<'_>, callee: &str) -> Option<Text> {
    let path = path_of(walk, value)?;
    let mut at = walk.function_around();
    while let Some(function) = at.and_then(|at| walk.draft.functions.get(at as usize)) {
        if function.parameters.contains(&path) {
            return Some(Text::name(path));
        }
        at = function.parent;
    }
    let callee = callee.to_lowercase();
    let traces = ["span", "trac", "instrument", "observe"].iter().any(|word| callee.contains(word));
    traces.then(|| Text::name(path))
}
