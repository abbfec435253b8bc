//! Calls in C++ that become spans: span starts, HTTP clients, SQL, remote methods, and functions of the program.

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use super::{
    names::{is_constant, know, know_constants, path_of_segments, segments},
    syntax::{arguments, called, object_of, path_of, text_of},
    types::own_member,
};
use crate::{
    CallKind, FunctionKind,
    field::Field,
    walk::{Walk, dotted, position},
    wiring::{Argument, Handler, MODULE, Piece, Reference, RpcFact, Scope, Text, Value},
};

/// Under this name the service is bound whose asynchronous kind the file speaks of.
pub(super) const ASYNC_SERVICE: &str = "async service";
/// Under this name a function binds the method whose next call it asks for.
const ASYNC_REQUEST: &str = "async request";

/// Functions and methods that run SQL: SQLite, libpq, libpqxx, MySQL, SOCI, ODBC, Drogon, Qt.
const SQL: &[&str] = &[
    "exec",
    "exec0",
    "exec1",
    "exec_params",
    "execSqlSync",
    "execSqlAsync",
    "execSqlCoro",
    "execute",
    "executeQuery",
    "executeUpdate",
    "prepare",
    "prepareStatement",
    "query",
    "PQexec",
    "PQexecParams",
    "PQprepare",
    "mysql_query",
    "mysql_real_query",
    "sqlite3_exec",
    "sqlite3_prepare",
    "sqlite3_prepare_v2",
];

/// What a call speaks: its kind, method and target.
type Found = (CallKind, Option<SmolStr>, Option<Text>);

/// A call.
pub(super) fn call<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let Some((name_node, last)) = called(walk, node) else { return };
    let list = arguments(node);
    if span(walk, node, last, &list) {
        return;
    }
    answered(walk, last);
    let found = http(walk, node, last, &list).or_else(|| sql(walk, last, &list));
    if found.is_none() {
        passes(walk, node, last, &list);
    }
    let (kind, method, target) = found.unwrap_or((CallKind::Function, None, None));
    if let Some(target) = &target {
        know_constants(walk, target);
    }
    walk.call_site(node, name_node, last, (kind, method, target));
}

/// `new Guard("name")`: a constructor may name a span.
pub(super) fn created<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let Some(class) = node.field("type") else { return };
    constructed(walk, node, class, &arguments(node));
}

/// `Guard guard("name")`, `Guard guard{"name"}`: the same for a variable.
pub(super) fn constructed<'t>(walk: &mut Walk<'t>, node: Node<'t>, class: Node<'t>, list: &[Node<'t>]) {
    let class = segments(walk, class).last().copied().filter(|class| super::names::is_class(class));
    if let Some(class) = class {
        pass_texts(walk, node, &[class.into()], list);
    }
}

/// `tracer = provider->GetTracer("name")`: later span starts know their scope.
pub(super) fn tracer<'t>(walk: &mut Walk<'t>, scope: Scope, name: &SmolStr, value: Node<'t>) {
    if let Some(text) = tracer_name(walk, value) {
        know_constants(walk, &text);
        walk.draft.tracer(scope, name.clone(), text);
    }
}

/// The name that `…->GetTracer("name")` gives, and helpers that are called like it.
fn tracer_name<'t>(walk: &Walk<'t>, value: Node<'t>) -> Option<Text> {
    let (_, name) = Some(value)
        .filter(|value| value.kind() == "call_expression")
        .and_then(|value| called(walk, value))?;
    if !name.replace('_', "").to_lowercase().ends_with("gettracer") {
        return None;
    }
    text_of(walk, *arguments(value).first()?)
}

/// Whether the call names a span that it starts; if so, it is taken in.
fn span<'t>(walk: &mut Walk<'t>, node: Node<'t>, last: &str, list: &[Node<'t>]) -> bool {
    let is_start = matches!(last, "StartSpan" | "StartSpanWithOptions" | "startSpan");
    let text = if is_start {
        list.first().and_then(|first| text_of(walk, *first))
    } else if is_span_macro(last) {
        list.iter().find(|argument| is_literal(**argument)).and_then(|name| text_of(walk, *name))
    } else {
        None
    };
    let Some(text) = text else { return false };
    let object = object_of(node);
    let tracer = object.and_then(|object| match tracer_name(walk, object) {
        Some(name) => {
            let key = format_smolstr!("@{}", object.start_byte());
            know_constants(walk, &name);
            walk.draft.tracer(walk.scope(), key.clone(), name);
            Some(key)
        }
        None => path_of(walk, object),
    });
    know_constants(walk, &text);
    let scope = walk.scope();
    walk.draft.span(text, scope, None, position(node), tracer);
    true
}

/// `TRACE_SPAN("x")`, `OTEL_SCOPED_SPAN(span, "x")`: macros by custom spell what they do.
fn is_span_macro(name: &str) -> bool {
    let is_macro = name.len() > 4 && !name.contains(|c: char| c.is_lowercase());
    is_macro
        && (name.contains("SPAN") || name.starts_with("TRACE_") || name.starts_with("OTEL_"))
        && !name.contains("LOG")
}

fn is_literal(node: Node<'_>) -> bool {
    matches!(node.kind(), "string_literal" | "raw_string_literal" | "concatenated_string")
}

/// gRPC's asynchronous services: who asks for the next call of a method answers it.
fn answered(walk: &mut Walk<'_>, last: &str) {
    let method = last.strip_prefix("Request").filter(|method| super::names::is_class(method));
    let (Some(method), Some(mut function)) = (method, walk.function_around()) else { return };
    // Past lambdas: they have no name.
    while let Some(found) = walk.draft.functions.get(function as usize) {
        match found.parent.filter(|_| found.kind == FunctionKind::Closure) {
            Some(parent) => function = parent,
            None => break,
        }
    }
    walk.draft.bind(function, ASYNC_REQUEST, Value::Text(Text::literal(method)));
}

/// At the end of the file its asynchronous services are known; whose a method is, its name tells.
pub(super) fn answers(walk: &mut Walk<'_>) {
    let bindings = &walk.draft.wiring.bindings;
    let named = |name: &'static str| {
        bindings.iter().filter(move |binding| binding.name == name).filter_map(|binding| {
            match &binding.value {
                Value::Text(text) => Some((binding.scope, text.as_literal()?)),
                _ => None,
            }
        })
    };
    let mut services: Vec<SmolStr> = named(ASYNC_SERVICE).map(|(_, service)| service).collect();
    services.sort_unstable();
    services.dedup();
    if services.is_empty() {
        return;
    }
    let requests: Vec<(Scope, SmolStr)> = named(ASYNC_REQUEST).collect();
    for (function, method) in requests {
        for service in services.iter().take(8) {
            let (method, handler) = (Some(method.clone()), Handler::Function(function));
            let fact = RpcFact { service: service.clone(), method, handler, scope: MODULE };
            if !walk.draft.wiring.rpcs.contains(&fact) {
                walk.draft.wiring.rpcs.push(fact);
            }
        }
    }
}

/// cpr, cpp-httplib's client, curl, Drogon's requests.
fn http<'t>(walk: &Walk<'t>, node: Node<'t>, last: &str, list: &[Node<'t>]) -> Option<Found> {
    let text = |at: usize| text_of(walk, *list.get(at)?);
    let (method, url) = match last {
        "Get" | "Post" | "Put" | "Patch" | "Delete" | "Head" => {
            let url = list.iter().find_map(|argument| match argument.kind() {
                // `cpr::Url{"http://…"}`
                "compound_literal_expression" => text_of(walk, argument.field("value")?),
                "call_expression" => text_of(walk, *arguments(*argument).first()?),
                _ => None,
            });
            let is_client = !super::types::takes_lambda(node);
            (
                Some(last.to_uppercase().into()),
                url.or_else(|| text(0)).filter(|url| is_url(url) && is_client)?,
            )
        }
        "curl_easy_setopt" if walk.slice(*list.get(1)?) == "CURLOPT_URL" => (None, text(2)?),
        "newHttpClient" | "setUrl" | "Client" => (None, text(0).filter(is_url)?),
        _ => return None,
    };
    Some((CallKind::Http, method, Some(url)))
}

fn is_url(text: &Text) -> bool {
    matches!(text.0.first(), Some(Piece::Literal(first)) if first.starts_with("http://") || first.starts_with("https://"))
}

fn sql<'t>(walk: &Walk<'t>, last: &str, list: &[Node<'t>]) -> Option<Found> {
    if !SQL.contains(&last) {
        return None;
    }
    // C's functions take their connection first.
    let texts = list.iter().take(3).filter_map(|argument| text_of(walk, *argument));
    let is_sql = |text: &Text| match text.0.first() {
        Some(Piece::Literal(literal)) => crate::sql::looks_like_sql(literal),
        Some(Piece::Name(path)) => {
            let last = path.rsplit('.').next().unwrap_or(path);
            is_constant(path) && !last.starts_with("SQL")
                || matches!(last, "sql" | "query" | "stmt" | "statement")
        }
        _ => false,
    };
    let text = texts.into_iter().find(is_sql)?;
    Some((CallKind::Sql, None, Some(text)))
}

/// Texts among the arguments: names of spans, if the callee is a helper.
fn passes<'t>(walk: &mut Walk<'t>, node: Node<'t>, last: &str, list: &[Node<'t>]) {
    let callees: Vec<SmolStr> = match node.field("function") {
        Some(function) if function.kind() == "field_expression" => {
            let object = object_of(node).and_then(|object| path_of(walk, object));
            vec![dotted(&object.unwrap_or_else(|| "?".into()), last)]
        }
        Some(function) => {
            let names = segments(walk, function);
            let whole = path_of_segments(&names);
            // A class in lower case looks like a namespace; a bare name may be a method of the same object.
            let inner = match names.as_slice() {
                [_] => own_member(walk, last),
                [.., class, name] if !super::names::is_class(class) => {
                    Some(format_smolstr!("{class}.{name}"))
                }
                _ => None,
            };
            whole.into_iter().chain(inner).collect()
        }
        None => return,
    };
    pass_texts(walk, node, &callees, list);
}

/// Hands texts among the arguments on to each of `callees`; at most one of them is something.
fn pass_texts<'t>(walk: &mut Walk<'t>, node: Node<'t>, callees: &[SmolStr], list: &[Node<'t>]) {
    let (scope, place) = (walk.scope(), position(node));
    for (at, value) in list.iter().enumerate().take(6) {
        let Some(text) = passed_text(walk, *value) else { continue };
        know_constants(walk, &text);
        for callee in callees {
            know(walk, callee);
            let callee = Reference::local(callee.clone());
            walk.draft.pass(callee, Argument::At(at as u8), text.clone(), scope, None, place);
        }
    }
}

/// An argument that may be a name: text, a constant, or a parameter that is handed on.
fn passed_text(walk: &Walk<'_>, value: Node<'_>) -> Option<Text> {
    match value.kind() {
        "identifier" | "qualified_identifier" => {
            let path = path_of(walk, value)?;
            let around = walk.draft.functions.get(walk.scope() as usize);
            let is_parameter = around.is_some_and(|function| function.parameters.contains(&path));
            (is_constant(&path) || is_parameter).then(|| Text::name(path))
        }
        "string_literal"
        | "raw_string_literal"
        | "concatenated_string"
        | "binary_expression"
        | "call_expression"
        | "user_defined_literal" => text_of(walk, value),
        _ => None,
    }
}
