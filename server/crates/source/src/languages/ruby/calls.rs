//! Calls in Ruby that become spans: span starts, HTTP clients, SQL, queues, and functions of the program.

use model::SmolStr;
use tree_sitter::Node;

use super::syntax::{arguments, know_constants, method_of, option, path_of, positional, text_of, word};
use crate::{
    CallKind, CallSite,
    field::Field,
    walk::{Walk, position},
    wiring::{Argument, MODULE, Piece, Reference, Scope, Text},
};

/// Methods of HTTP clients that are methods of HTTP.
const VERBS: &[&str] = &["get", "post", "put", "patch", "delete", "head", "options"];
/// Objects on which those are requests, whatever their argument; the last segment, in lower case.
const CLIENTS: &[&str] = &[
    "http",
    "faraday",
    "httparty",
    "restclient",
    "excon",
    "typhoeus",
    "httpx",
    "conn",
    "connection",
    "client",
    "http_client",
    "https",
    "httpclient",
];
/// Methods that run SQL.
const SQL: &[&str] = &[
    "execute",
    "exec",
    "exec_params",
    "exec_query",
    "exec_update",
    "exec_delete",
    "exec_insert",
    "async_exec",
    "query",
    "select_all",
    "select_one",
    "select_value",
    "select_values",
    "select_rows",
    "find_by_sql",
    "count_by_sql",
    "prepare",
    "update",
    "insert",
    "delete",
    "fetch",
    "run",
    "execute_batch",
    "get_first_row",
    "get_first_value",
];

/// A call.
pub(super) fn call<'t>(walk: &mut Walk<'t>, node: Node<'t>, method: &'t str) {
    if walk.draft.marks.contains(super::rails::IN_ROUTES) || method.is_empty() {
        return;
    }
    let Some(name) = node.field("method") else { return };
    let receiver = node.field("receiver");
    let object = receiver.map(|receiver| path_of(walk, receiver));
    if method == "tracer" {
        memoised_tracer(walk, node);
    }
    if span(walk, node, method, receiver, object.as_ref().and_then(Option::as_ref)) {
        return;
    }
    let object = object.flatten().unwrap_or_default();
    let found = http(walk, node, &object, method)
        .or_else(|| sql(walk, node, method))
        .or_else(|| messaging(walk, node, &object, method));
    let kind = found.as_ref().map_or(CallKind::Function, |(kind, ..)| *kind);
    let (verb, target) = found.map_or((None, None), |(_, verb, target)| (verb, target));
    if let Some(target) = &target {
        know_constants(walk, target);
    }
    if kind == CallKind::Function || target.is_none() {
        // A class makes its objects by `new`, which runs `initialize`.
        let callee = if method == "new" { object } else { path(&object, method) };
        if !callee.is_empty() {
            passes(walk, node, &callee);
        }
    }
    let site = CallSite {
        kind,
        callee: method.into(),
        method: verb,
        target: None,
        function: walk.function_around(),
        position: position(name),
        end: node.end_byte() as u32,
        in_loop: walk.in_loop(),
    };
    walk.draft.call(site, target);
}

fn path(object: &str, method: &str) -> SmolStr {
    crate::walk::dotted(object, method)
}

/// `Tracer = OpenTelemetry.tracer_provider.tracer("name")`: later span starts know their scope.
pub(super) fn tracer<'t>(walk: &mut Walk<'t>, scope: Scope, name: &SmolStr, right: Node<'t>) {
    if let Some(text) = tracer_name(walk, right) {
        walk.draft.tracer(scope, name.clone(), text);
    }
}

fn tracer_name<'t>(walk: &Walk<'t>, call: Node<'t>) -> Option<Text> {
    if call.kind() != "call" || method_of(walk, call) != "tracer" {
        return None;
    }
    text_of(walk, *positional(call).first()?)
}

/// `def tracer = @tracer ||= OpenTelemetry.tracer_provider.tracer("name")`: the method is known as the tracer.
fn memoised_tracer<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let function = walk.function_around().and_then(|index| walk.draft.functions.get(index as usize));
    let Some(name) = function.map(|function| function.name.clone()) else { return };
    if name.to_lowercase().contains("tracer")
        && let Some(text) = tracer_name(walk, node)
    {
        walk.draft.tracer(MODULE, name, text);
    }
}

/// Whether the call starts a span; if so, it is taken in.
fn span<'t>(
    walk: &mut Walk<'t>,
    node: Node<'t>,
    method: &str,
    receiver: Option<Node<'t>>,
    object: Option<&SmolStr>,
) -> bool {
    let lower = object.map(|object| object.to_lowercase()).unwrap_or_default();
    let is_start = match method {
        "in_span" | "start_root_span" => true,
        "start_span" | "start_active_span" => receiver.is_some(),
        "trace" => lower.ends_with("tracer") || lower.ends_with("tracing"),
        "with_child_span" | "start_child" => {
            lower.contains("sentry") || lower.contains("span") || lower.contains("transaction")
        }
        _ => false,
    };
    if !is_start {
        return false;
    }
    let list = arguments(node);
    let keyed = ["description", "name", "op"].iter().find_map(|key| option(walk, &list, key));
    let Some(name) = positional(node).first().copied().or(keyed) else { return false };
    let Some(text) = text_of(walk, name) else { return true };
    know_constants(walk, &text);
    let scope = walk.scope();
    let mut tracer = object.cloned();
    if let Some(text) = receiver.and_then(|receiver| tracer_name(walk, receiver)) {
        // A tracer that is asked for in place is known by where it stands.
        let place = SmolStr::from(format!(
            "{}@{}",
            object.map(SmolStr::as_str).unwrap_or_default(),
            node.start_byte()
        ));
        walk.draft.tracer(scope, place.clone(), text);
        tracer = Some(place);
    }
    walk.draft.span(text, scope, None, position(node), tracer);
    true
}

type Found = (CallKind, Option<SmolStr>, Option<Text>);

fn http<'t>(walk: &Walk<'t>, node: Node<'t>, object: &str, method: &str) -> Option<Found> {
    if object.is_empty() {
        return None;
    }
    let root = object.rsplit('.').next().unwrap_or(object);
    let lower = root.trim_start_matches('@').to_lowercase();
    let of_net = object.starts_with("Net.HTTP");
    let verb = match method {
        "get_response" | "get_print" if of_net => Some("get"),
        "post_form" if of_net => Some("post"),
        // `Net::HTTP::Get.new(uri)`.
        "new" if of_net && object != "Net.HTTP" => VERBS.iter().copied().find(|verb| *verb == lower),
        "open" if object == "URI" => Some("get"),
        verb => VERBS.iter().copied().find(|known| *known == verb),
    }?;
    let url = text_of(walk, *positional(node).first()?)?;
    let is_client =
        of_net || CLIENTS.contains(&lower.as_str()) || lower.ends_with("_client") || object == "URI";
    let could_be = ["http", "api", "conn", "request"].iter().any(|word| lower.contains(word));
    let is_request = names_host(&url) || (is_client && !is_key(&url)) || (could_be && looks_like_path(&url));
    is_request.then(|| (CallKind::Http, Some(verb.to_uppercase().into()), Some(url)))
}

/// A bare word is the key of a cache or a hash, not a URL.
fn is_key(url: &Text) -> bool {
    url.as_literal().is_some_and(|text| !text.contains('/'))
}

fn sql<'t>(walk: &Walk<'t>, node: Node<'t>, method: &str) -> Option<Found> {
    if !SQL.contains(&method) {
        return None;
    }
    let mut statement = *positional(node).first()?;
    if statement.kind() == "array" {
        statement = statement.named_child(0)?;
    }
    let text = text_of(walk, statement)?;
    let is_sql = match text.0.first() {
        Some(Piece::Literal(literal)) => crate::sql::looks_like_sql(literal),
        _ => method.starts_with("exec") || method.ends_with("_by_sql"),
    };
    is_sql.then_some((CallKind::Sql, None, Some(text)))
}

fn messaging<'t>(walk: &Walk<'t>, node: Node<'t>, object: &str, method: &str) -> Option<Found> {
    let lower = object.to_lowercase();
    let of_queue = ["producer", "publisher", "channel", "exchange", "queue", "kafka"]
        .iter()
        .any(|word| lower.ends_with(word));
    let list = arguments(node);
    let target = match method {
        "perform_later" | "perform_async" | "perform_in" | "perform_at" | "deliver_later" => None,
        "publish" | "produce" | "produce_sync" | "produce_async" | "deliver_message" if of_queue => {
            ["routing_key", "topic", "to_queue"].iter().find_map(|key| option(walk, &list, key))
        }
        _ => return None,
    };
    Some((CallKind::Messaging, None, target.and_then(|target| text_of(walk, target))))
}

/// Texts among the arguments: names of spans, if the callee is a helper.
fn passes<'t>(walk: &mut Walk<'t>, node: Node<'t>, callee: &SmolStr) {
    let scope = walk.scope();
    let place = position(node);
    for (at, value) in positional(node).into_iter().enumerate().take(6) {
        if let Some(text) = passed_text(walk, value) {
            know_constants(walk, &text);
            walk.draft.pass(
                Reference::local(callee.clone()),
                Argument::At(at as u8),
                text,
                scope,
                None,
                place,
            );
        }
    }
    for pair in arguments(node).into_iter().filter(|node| node.kind() == "pair").take(12) {
        let (Some(key), Some(value)) = (pair.field("key"), pair.field("value")) else {
            continue;
        };
        let Some(key) = word(walk, key) else { continue };
        if let Some(text) = passed_text(walk, value) {
            know_constants(walk, &text);
            walk.draft.pass(Reference::local(callee.clone()), Argument::Key(key), text, scope, None, place);
        }
    }
}

/// An argument that may be a name: text, a constant, or a parameter that is handed on.
fn passed_text(walk: &Walk<'_>, value: Node<'_>) -> Option<Text> {
    match value.kind() {
        "identifier" if walk.slice(value) != "__method__" => {
            let name = walk.slice(value);
            let around = walk.draft.functions.get(walk.scope() as usize);
            let is_parameter =
                around.is_some_and(|function| function.parameters.iter().any(|own| own == name));
            is_parameter.then(|| Text::name(name))
        }
        "constant" | "scope_resolution" => {
            let path = path_of(walk, value)?;
            let last = path.rsplit('.').next().unwrap_or_default();
            (last.len() > 1 && !last.contains(|c: char| c.is_lowercase())).then(|| Text::name(path))
        }
        "identifier" | "string" | "chained_string" | "binary" | "call" => text_of(walk, value),
        _ => None,
    }
}

fn names_host(url: &Text) -> bool {
    matches!(url.0.first(), Some(Piece::Literal(text)) if text.starts_with("http://") || text.starts_with("https://"))
}

/// A literal part that begins like a path.
fn looks_like_path(url: &Text) -> bool {
    let mut literals = url.0.iter().filter_map(|piece| match piece {
        Piece::Literal(text) if !text.is_empty() => Some(text),
        _ => None,
    });
    literals.next().is_some_and(|first| first.starts_with('/'))
}
