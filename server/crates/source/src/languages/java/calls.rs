//! Calls in Java that become spans: span starts, HTTP clients, SQL, queues, and methods of the program.

use model::SmolStr;
use tree_sitter::Node;

use super::{
    names::{know, qualified_method, qualified_type},
    routers,
    syntax::{arguments, path_of, text_of, type_name},
};
use crate::{
    CallKind,
    field::Field,
    languages::{
        jvm::{self, methods::hyphenated, routes::is_told},
        texts::template_holes,
    },
    walk::{Walk, dotted, position},
    wiring::{Argument, Piece, Reference, Scope, Text},
};

/// Methods that run SQL: JDBC, Spring's templates, JPA's native queries, R2DBC, Vert.x.
const SQL: &[&str] = &[
    "query",
    "queryForObject",
    "queryForList",
    "queryForMap",
    "queryForRowSet",
    "queryForStream",
    "update",
    "batchUpdate",
    "execute",
    "executeQuery",
    "executeUpdate",
    "executeLargeUpdate",
    "addBatch",
    "prepareStatement",
    "prepareCall",
    "createNativeQuery",
    "createStatement",
    "createUpdate",
    "createBatch",
    "preparedQuery",
    "sql",
    "fetch",
    "select",
];

/// What a call speaks: its kind, method and target.
type Found = (CallKind, Option<SmolStr>, Option<Text>);

/// A call or the making of an object.
pub(super) fn call<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let name_field = if node.kind() == "method_invocation" { "name" } else { "type" };
    let Some(name_node) = node.field(name_field) else { return };
    let Some(name) = type_name(walk, name_node) else { return };
    let last = SmolStr::from(name.rsplit('.').next().unwrap_or(&name));
    let object = node.field("object");
    if span(walk, node, object, &last) {
        return;
    }
    if name_field == "name" && routers::call(walk, node, object, &last) {
        return;
    }
    let found = if name_field == "type" {
        created(walk, node, &last)
    } else {
        http(walk, node, object, &last)
            .or_else(|| sql(walk, node, &last))
            .or_else(|| messaging(walk, node, object, &last))
    };
    if found.is_none() {
        let callee = match (name_field, object) {
            ("type", _) => {
                let class = qualified_type(walk, &name);
                Some(dotted(&class, &last))
            }
            (_, Some(object)) => path_of(walk, object).map(|object| dotted(&object, &last)),
            (_, None) => Some(qualified_method(walk, &last)),
        };
        if let Some(callee) = callee {
            know(walk, &callee);
            passes(walk, node, &callee);
        }
    }
    walk.call_site(node, name_node, last, found.unwrap_or((CallKind::Function, None, None)));
}

/// `tracer = openTelemetry.getTracer("name")`: later span starts know their scope.
pub(super) fn tracer<'t>(walk: &mut Walk<'t>, scope: Scope, name: &SmolStr, value: Node<'t>) {
    let callee = value.field("name").map(|callee| walk.slice(callee)).unwrap_or_default();
    if matches!(callee, "getTracer" | "get" | "tracerBuilder")
        && (callee != "get" || walk.slice(value).contains("TracerProvider"))
        && let Some(text) = arguments(value).first().and_then(|first| text_of(walk, *first))
    {
        walk.draft.tracer(scope, name.clone(), text);
    }
}

/// Whether the call names a span that it starts; if so, it is taken in.
fn span<'t>(walk: &mut Walk<'t>, node: Node<'t>, object: Option<Node<'t>>, last: &str) -> bool {
    let class = object.map(|object| walk.slice(object)).unwrap_or_default();
    let of_tracer = class.to_lowercase().ends_with("tracer");
    let is_micrometer = match last {
        // OpenTelemetry, and OpenTracing before it.
        "spanBuilder" | "buildSpan" => false,
        "startScopedSpan" if of_tracer => true,
        "name" if is_next_span(walk, object) => true,
        "createNotStarted" | "start" if class == "Observation" => true,
        "contextualName" if class.contains("Observation") => true,
        _ => return false,
    };
    let Some(text) = arguments(node).first().and_then(|first| text_of(walk, *first)) else { return false };
    let text = match &text.0[..] {
        [Piece::Literal(_), ..] if is_micrometer => hyphenated(text),
        _ => text,
    };
    let tracer = object.filter(|_| !is_micrometer).and_then(|object| path_of(walk, object));
    let scope = walk.scope();
    walk.draft.span(text, scope, None, position(node), tracer);
    true
}

/// `tracer.nextSpan().name("x")`.
fn is_next_span(walk: &Walk<'_>, object: Option<Node<'_>>) -> bool {
    let made = object.filter(|object| object.kind() == "method_invocation");
    let name = made.and_then(|made| made.field("name")).map(|name| walk.slice(name));
    matches!(name, Some("nextSpan" | "spanBuilder" | "newTrace" | "newChild"))
}

/// `new ProducerRecord<>("topic", value)`.
fn created<'t>(walk: &Walk<'t>, node: Node<'t>, last: &str) -> Option<Found> {
    let topic = arguments(node).first().copied().filter(|_| last == "ProducerRecord")?;
    Some((CallKind::Messaging, None, Some(text_of(walk, topic).filter(is_told)?)))
}

/// RestTemplate, WebClient and RestClient, the JDK's client, OkHttp.
fn http<'t>(walk: &Walk<'t>, node: Node<'t>, object: Option<Node<'t>>, last: &str) -> Option<Found> {
    let list = arguments(node);
    let first = || list.first().and_then(|first| text_of(walk, *first)).filter(is_told);
    let of_rest = || object.is_some_and(|object| walk.slice(object).to_lowercase().contains("rest"));
    let method = match last {
        "getForObject" | "getForEntity" => Some("GET"),
        "postForObject" | "postForEntity" | "postForLocation" => Some("POST"),
        "patchForObject" => Some("PATCH"),
        "headForHeaders" => Some("HEAD"),
        "optionsForAllow" => Some("OPTIONS"),
        "put" if of_rest() => Some("PUT"),
        "delete" if of_rest() => Some("DELETE"),
        "exchange" if of_rest() => {
            let method = list.get(1).map(|method| walk.slice(*method)).unwrap_or_default();
            method.strip_prefix("HttpMethod.")
        }
        "uri" | "url" => verb_before(walk, object),
        "newBuilder" if object.is_some_and(|object| walk.slice(object).ends_with("HttpRequest")) => None,
        _ => return None,
    };
    let url = first().filter(|url| !matches!(last, "uri" | "url" | "newBuilder") || looks_like_url(url))?;
    Some((CallKind::Http, method.map(SmolStr::new), Some(template_holes(url))))
}

/// The method that `.get()` or `.method(HttpMethod.GET)` before `.uri(…)` tells.
fn verb_before<'t>(walk: &Walk<'t>, object: Option<Node<'t>>) -> Option<&'static str> {
    let object = object.filter(|object| object.kind() == "method_invocation")?;
    let name = walk.slice(object.field("name")?);
    let told = match name {
        "method" => walk.slice(*arguments(object).first()?).strip_prefix("HttpMethod.")?,
        name => name,
    };
    ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
        .into_iter()
        .find(|method| method.eq_ignore_ascii_case(told))
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

fn sql<'t>(walk: &Walk<'t>, node: Node<'t>, last: &str) -> Option<Found> {
    if !SQL.contains(&last) {
        return None;
    }
    let text = text_of(walk, *arguments(node).first()?)?;
    let is_sql = match text.0.first() {
        Some(Piece::Literal(literal)) => crate::sql::looks_like_sql(literal),
        // A name of a statement: by custom a constant.
        Some(Piece::Name(path)) => is_constant(path) && !matches!(last, "fetch" | "select" | "update"),
        _ => false,
    };
    is_sql.then_some((CallKind::Sql, None, Some(text)))
}

/// Kafka's, RabbitMQ's and JMS's templates.
fn messaging<'t>(walk: &Walk<'t>, node: Node<'t>, object: Option<Node<'t>>, last: &str) -> Option<Found> {
    let object = walk.slice(object?).to_lowercase();
    let of_queue =
        ["template", "producer", "channel", "operations"].iter().any(|word| object.ends_with(word));
    if !of_queue || !matches!(last, "send" | "convertAndSend" | "sendDefault" | "basicPublish") {
        return None;
    }
    let list = arguments(node);
    let target = if list.len() > 1 { list.first() } else { None };
    let target = target.and_then(|target| text_of(walk, *target)).filter(is_told);
    Some((CallKind::Messaging, None, target))
}

/// Texts among the arguments: names of spans, if the callee is a helper.
fn passes<'t>(walk: &mut Walk<'t>, node: Node<'t>, callee: &SmolStr) {
    let (scope, place) = (walk.scope(), position(node));
    for (at, value) in arguments(node).into_iter().enumerate().take(6) {
        if let Some(text) = passed_text(walk, value, callee) {
            let callee = Reference::local(callee.clone());
            walk.draft.pass(callee, Argument::At(at as u8), text, scope, None, place);
        }
    }
}

/// An argument that may be a name: text, a constant, or a parameter that is handed on.
fn passed_text(walk: &Walk<'_>, value: Node<'_>, callee: &str) -> Option<Text> {
    match value.kind() {
        "identifier" | "field_access" => {
            let path = path_of(walk, value)?;
            let around = walk.draft.functions.get(walk.scope() as usize);
            let is_parameter = around.is_some_and(|function| function.parameters.contains(&path));
            (is_constant(&path) || is_parameter || jvm::traces(callee)).then(|| Text::name(path))
        }
        "string_literal" | "binary_expression" | "method_invocation" => text_of(walk, value),
        _ => None,
    }
}

fn is_constant(path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or_default();
    last.len() > 1 && !last.contains(|c: char| c.is_lowercase())
}
