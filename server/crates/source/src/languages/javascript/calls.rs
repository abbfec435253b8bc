//! Calls in JavaScript that become spans: span starts, HTTP clients, SQL, queues, and functions of the program.

use model::SmolStr;
use tree_sitter::Node;

use super::{
    modules::reference,
    queues,
    syntax::{alternatives, arguments, literal_of, path_of, property, text_of, unwrapped},
};
use crate::{
    CallKind, CallSite,
    field::Field,
    walk::{Walk, position},
    wiring::{Argument, MODULE, Piece, Scope, Text},
};

/// Objects whose `get` and `post` are requests.
const CLIENTS: &[&str] = &[
    "axios",
    "got",
    "ky",
    "superagent",
    "needle",
    "httpService",
    "http",
    "https",
    "client",
    "httpClient",
    "apiClient",
    "instance",
];

/// A call, credited to `function` where it stands in a decorator of that.
pub(super) fn call<'t>(walk: &mut Walk<'t>, node: Node<'t>, function: Option<u32>) {
    let mark = walk.draft.mark();
    found(walk, node, function);
    // `const load = traced('load', async () => …)`: what is wrapped runs in the span.
    if function.is_none() && walk.scope() == MODULE && mark != walk.draft.mark() {
        let list = arguments(node).into_iter().map(unwrapped);
        let wrapped = list.filter(|value| matches!(value.kind(), "arrow_function" | "function_expression"));
        if let [only] = wrapped.collect::<Vec<_>>().as_slice() {
            walk.draft.credit(mark, only.start_byte() as u32);
        }
    }
}

fn found<'t>(walk: &mut Walk<'t>, node: Node<'t>, function: Option<u32>) {
    let Some(callee) = node.field("function").or_else(|| node.field("constructor")) else {
        return;
    };
    let (last, name_node) = match callee.kind() {
        "member_expression" => match callee.field("property") {
            Some(name) => (walk.slice(name), name),
            None => return,
        },
        "identifier" => (walk.slice(callee), callee),
        _ => return,
    };
    let path = path_of(walk, callee).unwrap_or_else(|| last.into());
    let object = path.rsplit_once('.').map_or("", |(object, _)| object);
    if span(walk, node, object, last, function) || last == "require" {
        return;
    }
    queues::call(walk, node, object, last);
    let found = http(walk, node, object, last)
        .or_else(|| sql(walk, node, last))
        .or_else(|| messaging(walk, node, object, last));
    let kind = found.as_ref().map_or(CallKind::Function, |(kind, ..)| *kind);
    let (method, target) = found.map_or((None, None), |(_, method, target)| (method, target));
    if kind == CallKind::Function || target.is_none() {
        passes(walk, node, callee, function);
    }
    let site = CallSite {
        kind,
        callee: last.into(),
        method,
        target: None,
        function: function.or_else(|| walk.function_around()),
        position: position(name_node),
        end: node.end_byte() as u32,
        in_loop: walk.in_loop() || in_iteration(walk),
    };
    walk.draft.call(site, target);
}

/// `const tracer = trace.getTracer('name')`.
pub(super) fn tracer<'t>(walk: &mut Walk<'t>, scope: Scope, name: &SmolStr, value: Node<'t>) {
    let is_tracer = path_of(walk, value).is_some_and(|path| path.ends_with("getTracer"));
    if is_tracer && let Some(text) = arguments(value).first().and_then(|text| text_of(walk, *text)) {
        walk.draft.tracer(scope, name.clone(), text);
    }
}

/// Whether the call starts a span; if so, it is taken in.
fn span<'t>(walk: &mut Walk<'t>, node: Node<'t>, object: &str, last: &str, function: Option<u32>) -> bool {
    let of_tracer = object.to_lowercase().ends_with("tracer");
    let is_start = match last {
        "startActiveSpan" | "startSpan" | "startInactiveSpan" | "startSpanManual" => true,
        // A span gets another name.
        "updateName" => object.to_lowercase().contains("span"),
        "trace" | "wrap" => of_tracer,
        "withSpan" => object == "Effect",
        "span" | "startTransaction" => object == "logfire" || object == "Sentry",
        _ => false,
    };
    let Some(first) = arguments(node).first().copied().filter(|_| is_start) else { return false };
    // A function of the program that is called like the tracer's takes its name where it likes.
    let is_text = matches!(
        unwrapped(first).kind(),
        "string" | "template_string" | "object" | "binary_expression" | "ternary_expression"
    );
    if object.is_empty() && !is_text {
        return false;
    }
    let named = property(walk, first, "name").unwrap_or(first);
    let texts: Vec<Text> =
        alternatives(walk, named).into_iter().filter_map(|name| text_of(walk, name)).collect();
    if texts.is_empty() {
        return false;
    }
    let tracer = (!object.is_empty()).then(|| SmolStr::from(object));
    let scope = walk.scope();
    for text in texts {
        walk.draft.span(text, scope, function, position(node), tracer.clone());
    }
    // The program may have a function, and a class may inherit a method, that makes more of the name.
    if let Some(callee) = node.field("function")
        && (object.is_empty() || walk.type_path().is_some_and(|class| class == object))
    {
        passes(walk, node, callee, function);
    }
    true
}

type Found = (CallKind, Option<SmolStr>, Option<Text>);

fn http<'t>(walk: &Walk<'t>, node: Node<'t>, object: &str, last: &str) -> Option<Found> {
    let list = arguments(node);
    let first = list.first().copied();
    let options = list.iter().copied().find(|argument| unwrapped(*argument).kind() == "object");
    let option = |key: &str| options.and_then(|options| property(walk, options, key));
    let method = || option("method").and_then(|method| literal_of(walk, method)).map(upper);
    let url = |node: Node<'t>| text_of(walk, node);
    let found = |method: Option<SmolStr>, target: Option<Text>| Some((CallKind::Http, method, target));
    let root = object.rsplit('.').next().unwrap_or(object);
    let is_client = CLIENTS.contains(&root)
        || root.to_lowercase().ends_with("client")
        || root.to_lowercase().ends_with("axios");
    match last {
        "fetch" | "$fetch" | "ofetch" => found(method().or_else(|| Some("GET".into())), url(first?)),
        "axios" | "got" | "ky" if object.is_empty() => {
            let target =
                if unwrapped(first?).kind() == "object" { option("url").and_then(url) } else { url(first?) };
            found(method().or_else(|| Some("GET".into())), target)
        }
        "request" if is_client || root == "undici" || object.is_empty() => {
            let target = if unwrapped(first?).kind() == "object" {
                option("url").or_else(|| option("path")).and_then(url)
            } else {
                url(first?)
            };
            if object.is_empty() && !target.as_ref().is_some_and(looks_like_url) {
                return None;
            }
            found(method(), target)
        }
        "get" | "post" | "put" | "patch" | "delete" | "head" | "options" if !object.is_empty() => {
            let target = url(first?)?;
            let is_known =
                if is_client { looks_like_url(&target) || !is_literal(&target) } else { names_host(&target) };
            if is_known { found(Some(upper(last.into())), Some(target)) } else { None }
        }
        _ => None,
    }
}

fn sql<'t>(walk: &Walk<'t>, node: Node<'t>, last: &str) -> Option<Found> {
    const RUN: &[&str] = &[
        "query",
        "execute",
        "raw",
        "prepare",
        "unsafe",
        "run",
        "all",
        "get",
        "exec",
        "sql",
        "$queryRaw",
        "$executeRaw",
        "$queryRawUnsafe",
        "$executeRawUnsafe",
        "one",
        "oneOrNone",
        "many",
        "manyOrNone",
        "none",
        "any",
        "each",
    ];
    if !RUN.contains(&last) {
        return None;
    }
    let given = node.field("arguments")?;
    let statement =
        if given.kind() == "template_string" { given } else { arguments(node).first().copied()? };
    let inner =
        property(walk, statement, "text").or_else(|| property(walk, statement, "sql")).unwrap_or(statement);
    let text = text_of(walk, inner)?;
    let first = text.0.iter().find_map(|piece| match piece {
        Piece::Literal(literal) if !literal.trim().is_empty() => Some(literal.as_str()),
        _ => None,
    });
    let is_name =
        matches!(text.0.first(), Some(Piece::Name(_))) && matches!(last, "query" | "execute" | "prepare");
    let is_sql = first.is_some_and(crate::sql::looks_like_sql);
    (is_sql || is_name).then_some((CallKind::Sql, None, Some(text)))
}

fn messaging<'t>(walk: &Walk<'t>, node: Node<'t>, object: &str, last: &str) -> Option<Found> {
    let lower = object.to_lowercase();
    let of_queue = ["producer", "channel", "queue", "publisher", "bus", "nats", "sqs", "kafka"]
        .iter()
        .any(|word| lower.ends_with(word));
    let first = arguments(node).first().copied();
    let target = match last {
        "sendToQueue" => first,
        "send" | "publish" | "add" | "emit" | "enqueue" if of_queue => {
            first.map(|first| property(walk, first, "topic").unwrap_or(first))
        }
        _ => return None,
    };
    Some((CallKind::Messaging, None, target.and_then(|target| text_of(walk, target))))
}

/// Texts among the arguments: names of spans, if the callee is a helper.
fn passes<'t>(walk: &mut Walk<'t>, node: Node<'t>, callee: Node<'t>, function: Option<u32>) {
    let Some(callee) = reference(walk, callee) else { return };
    let (scope, place) = (walk.scope(), position(node));
    for (at, value) in arguments(node).into_iter().enumerate().take(6) {
        let value = unwrapped(value);
        let text = match value.kind() {
            "identifier" | "member_expression" => {
                let Some(path) = path_of(walk, value) else { continue };
                let last = path.rsplit('.').next().unwrap_or_default();
                let is_constant = last.len() > 1 && !last.contains(|c: char| c.is_lowercase());
                let around = walk.draft.functions.get(scope as usize);
                let is_parameter = around.is_some_and(|function| function.parameters.contains(&path));
                if is_constant || is_parameter || is_constant_member(&path) {
                    Some(Text::name(path))
                } else {
                    None
                }
            }
            "string" | "template_string" | "binary_expression" => text_of(walk, value),
            "object" => {
                if let Some(text) = property(walk, value, "name").and_then(|name| text_of(walk, name)) {
                    let argument = Argument::NameOf(at as u8);
                    walk.draft.pass(callee.clone(), argument, text, scope, function, place);
                }
                None
            }
            _ => None,
        };
        if let Some(text) = text {
            walk.draft.pass(callee.clone(), Argument::At(at as u8), text, scope, function, place);
        }
    }
}

/// `SpanNames.Load`: a member of something that is called like a type.
fn is_constant_member(path: &str) -> bool {
    path.contains('.') && path.starts_with(|c: char| c.is_uppercase())
}

/// Whether the current node stands in a callback that runs once an element.
fn in_iteration(walk: &Walk<'_>) -> bool {
    for level in 0..24 {
        let Some(node) = walk.ancestor(level) else { return false };
        match node.kind() {
            "call_expression" => {
                let callee = node.field("function").and_then(|callee| callee.field("property"));
                let name = callee.map(|name| walk.slice(name)).unwrap_or_default();
                if matches!(
                    name,
                    "map" | "forEach" | "flatMap" | "filter" | "reduce" | "some" | "every" | "find"
                ) {
                    return true;
                }
            }
            "function_declaration" | "method_definition" | "class_declaration" => return false,
            _ => {}
        }
    }
    false
}

fn is_literal(url: &Text) -> bool {
    url.as_literal().is_some()
}

/// Whether the URL begins with a scheme, so that nothing but a request can be meant.
fn names_host(url: &Text) -> bool {
    matches!(url.0.first(), Some(Piece::Literal(text)) if text.starts_with("http://") || text.starts_with("https://"))
}

fn looks_like_url(url: &Text) -> bool {
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
