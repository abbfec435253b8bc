//! Calls in Python that become spans: span starts, HTTP clients, SQL, queues, and functions of the program.

use model::SmolStr;
use tree_sitter::Node;

use super::syntax::{alternatives, argument, keyword, path_of, positional, text_of};
use crate::{
    CallKind, CallSite,
    field::Field,
    walk::{Walk, children, position},
    wiring::{Argument, Piece, Reference, Scope, Text},
};

/// Method names of HTTP clients that are methods of HTTP.
const VERBS: &[&str] = &["get", "post", "put", "patch", "delete", "head", "options"];
/// Objects on which those are requests, whatever their argument.
const CLIENTS: &[&str] =
    &["requests", "httpx", "session", "client", "http", "http_client", "async_client", "aiohttp"];
/// Methods that run SQL.
const SQL: &[&str] = &[
    "execute",
    "executemany",
    "executescript",
    "exec_driver_sql",
    "fetch",
    "fetchrow",
    "fetchval",
    "fetch_all",
    "fetch_one",
    "fetch_val",
    "read_sql",
    "read_sql_query",
    "raw",
    "scalar",
    "scalars",
    "iterate",
];

/// A call, credited to `function` where it stands in a decorator of that.
pub(super) fn call<'t>(walk: &mut Walk<'t>, node: Node<'t>, function: Option<u32>) {
    let Some(callee) = node.field("function") else { return };
    let path = path_of(walk, callee);
    let (last, name_node) = match callee.kind() {
        "attribute" => match callee.field("attribute") {
            Some(name) => (walk.slice(name), name),
            None => return,
        },
        "identifier" => (walk.slice(callee), callee),
        _ => return,
    };
    let path = path.unwrap_or_else(|| last.into());
    if span(walk, node, &path, last, function) {
        return;
    }
    let object = path.rsplit_once('.').map_or("", |(object, _)| object);
    let found = http(walk, node, object, last)
        .or_else(|| sql(walk, node, last))
        .or_else(|| messaging(walk, node, object, last));
    let kind = found.as_ref().map_or(CallKind::Function, |(kind, ..)| *kind);
    let (method, target) = found.map_or((None, None), |(_, method, target)| (method, target));
    if kind == CallKind::Function || target.is_none() {
        passes(walk, node, &path, function);
    }
    let site = CallSite {
        kind,
        callee: last.into(),
        method,
        target: None,
        function: function.or_else(|| walk.function_around()),
        position: position(name_node),
        end: node.end_byte() as u32,
        in_loop: walk.in_loop(),
    };
    walk.draft.call(site, target);
}

/// `tracer = trace.get_tracer("name")`: later span starts know their scope.
pub(super) fn tracer<'t>(walk: &mut Walk<'t>, scope: Scope, name: &SmolStr, right: Node<'t>) {
    let callee = right.field("function").map(|callee| walk.slice(callee)).unwrap_or_default();
    if callee.ends_with("get_tracer")
        && let Some(text) =
            argument(walk, right, 0, "instrumenting_module_name").and_then(|node| text_of(walk, node))
    {
        walk.draft.tracer(scope, name.clone(), text);
    }
}

/// Whether the call starts a span; if so, it is taken in.
fn span<'t>(walk: &mut Walk<'t>, node: Node<'t>, path: &str, last: &str, function: Option<u32>) -> bool {
    let object = path.rsplit_once('.').map_or("", |(object, _)| object);
    let of_logfire = object == "logfire" || object.ends_with(".logfire");
    let is_start = match last {
        "start_as_current_span" | "start_active_span" => true,
        "start_span" | "start_transaction" | "start_child" => true,
        // A span gets another name.
        "update_name" => object.to_lowercase().contains("span"),
        "trace" | "wrap" => object.to_lowercase().ends_with("tracer"),
        "span" | "info" | "debug" | "notice" | "warn" | "warning" | "error" | "fatal" | "trace_" => {
            of_logfire
        }
        "instrument" => of_logfire && function.is_some(),
        _ => false,
    };
    if !is_start {
        return false;
    }
    let name = ["name", "operation_name", "description", "msg_template"]
        .iter()
        .find_map(|key| argument(walk, node, 0, key));
    let given = name.map(alternatives).unwrap_or_default();
    let mut texts: Vec<Text> = given.into_iter().filter_map(|name| text_of(walk, name)).collect();
    if texts.is_empty() && last == "instrument" {
        texts.push(instrument_name(walk, function));
    }
    let tracer = (!object.is_empty() && !of_logfire).then(|| SmolStr::from(object));
    let scope = walk.scope();
    let found = !texts.is_empty();
    for text in texts {
        walk.draft.span(text, scope, function, position(node), tracer.clone());
    }
    found
}

/// logfire names a span without a template after the function: `Calling module.qualified_name`.
fn instrument_name(walk: &Walk<'_>, function: Option<u32>) -> Text {
    let path =
        function.and_then(|index| walk.draft.functions.get(index as usize)).map(|found| &found.key.path);
    let path = path.map(SmolStr::as_str).unwrap_or_default();
    Text(vec![Piece::Literal("Calling ".into()), Piece::Hole, Piece::Literal(format!(".{path}").into())])
}

type Found = (CallKind, Option<SmolStr>, Option<Text>);

fn http<'t>(walk: &Walk<'t>, node: Node<'t>, object: &str, last: &str) -> Option<Found> {
    let root = object.rsplit('.').next().unwrap_or(object);
    let is_client = CLIENTS.contains(&root) || root.ends_with("_client") || root.ends_with("session");
    let (method, url) = match last {
        "request" | "stream" if !object.is_empty() => {
            let method =
                argument(walk, node, 0, "method").and_then(|method| text_of(walk, method)?.as_literal());
            (method, argument(walk, node, 1, "url")?)
        }
        "urlopen" => (None, argument(walk, node, 0, "url")?),
        verb if VERBS.contains(&verb) && !object.is_empty() => {
            (Some(verb.to_uppercase().into()), argument(walk, node, 0, "url")?)
        }
        _ => return None,
    };
    let url = text_of(walk, url)?;
    let lower = root.to_lowercase();
    let could_be = ["client", "http", "api", "session", "request"].iter().any(|word| lower.contains(word));
    if is_client || names_host(&url) || (could_be && looks_like_url(&url)) {
        Some((CallKind::Http, method.map(upper), Some(url)))
    } else {
        None
    }
}

fn sql<'t>(walk: &Walk<'t>, node: Node<'t>, last: &str) -> Option<Found> {
    if !SQL.contains(&last) {
        return None;
    }
    let statement =
        ["statement", "query", "sql", "operation"].iter().find_map(|key| argument(walk, node, 0, key))?;
    let text = text_of(walk, statement)?;
    let first = text.0.first();
    let is_sql = match first {
        Some(Piece::Literal(literal)) => crate::sql::looks_like_sql(literal),
        _ => last.starts_with("exec"),
    };
    is_sql.then_some((CallKind::Sql, None, Some(text)))
}

fn messaging<'t>(walk: &Walk<'t>, node: Node<'t>, object: &str, last: &str) -> Option<Found> {
    let of_queue =
        ["producer", "publisher", "channel", "broker", "queue"].iter().any(|word| object.ends_with(word));
    let target = match last {
        "delay" | "apply_async" if !object.is_empty() => None,
        "send_task" => argument(walk, node, 0, "name"),
        "basic_publish" => argument(walk, node, 1, "routing_key"),
        "send" | "produce" | "publish" | "send_and_wait" if of_queue => argument(walk, node, 0, "topic"),
        _ => return None,
    };
    Some((CallKind::Messaging, None, target.and_then(|target| text_of(walk, target))))
}

/// Texts among the arguments: names of spans, if the callee is a helper.
fn passes<'t>(walk: &mut Walk<'t>, node: Node<'t>, path: &SmolStr, function: Option<u32>) {
    let scope = walk.scope();
    let place = position(node);
    for (at, value) in positional(node).into_iter().enumerate().take(6) {
        if let Some(text) = passed_text(walk, value) {
            let callee = Reference::local(path.clone());
            walk.draft.pass(callee, Argument::At(at as u8), text, scope, function, place);
        }
    }
    let list = node.field("arguments").map(children).unwrap_or_default();
    for pair in list.into_iter().filter(|node| node.kind() == "keyword_argument").take(12) {
        let (Some(key), Some(value)) = (pair.field("name"), pair.field("value")) else {
            continue;
        };
        if let Some(text) = passed_text(walk, value) {
            let key = Argument::Key(walk.slice(key).into());
            walk.draft.pass(Reference::local(path.clone()), key, text, scope, function, place);
        }
    }
}

/// An argument that may be a name: text, a constant, or a parameter that is handed on.
fn passed_text(walk: &Walk<'_>, value: Node<'_>) -> Option<Text> {
    match value.kind() {
        "identifier" | "attribute" => {
            let path = path_of(walk, value)?;
            let last = path.rsplit('.').next().unwrap_or_default();
            let is_constant = last.len() > 1 && !last.contains(|c: char| c.is_lowercase());
            let around = walk.draft.functions.get(walk.scope() as usize);
            let is_parameter = around.is_some_and(|function| function.parameters.contains(&path));
            (is_constant || is_parameter).then(|| Text::name(path))
        }
        "string" | "concatenated_string" | "binary_operator" | "call" => text_of(walk, value),
        _ => None,
    }
}

/// Whether the URL begins with a scheme, so that nothing but a request can be meant.
fn names_host(url: &Text) -> bool {
    matches!(url.0.first(), Some(Piece::Literal(text)) if text.starts_with("http://") || text.starts_with("https://"))
}

/// A literal part that begins like an absolute URL, or like a path behind something unknown.
pub(super) fn looks_like_url(url: &Text) -> bool {
    let mut literals = url.0.iter().filter_map(|piece| match piece {
        Piece::Literal(text) if !text.is_empty() => Some(text),
        _ => None,
    });
    literals.next().is_some_and(|first| {
        first.starts_with("http://") || first.starts_with("https://") || first.starts_with('/')
    })
}

fn upper(method: SmolStr) -> SmolStr {
    method.to_uppercase().into()
}

/// The literal of a keyword argument.
pub(super) fn keyword_literal<'t>(walk: &Walk<'t>, call: Node<'t>, name: &str) -> Option<SmolStr> {
    text_of(walk, keyword(walk, call, name)?)?.as_literal()
}
