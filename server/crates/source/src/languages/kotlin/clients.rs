//! Calls of clients in Kotlin: Ktor, RestTemplate, WebClient and RestClient, OkHttp, the JDK's; queues.

use model::SmolStr;
use tree_sitter::Node;

use super::syntax::{arguments, callee, text_of};
use crate::{
    CallKind,
    languages::{jvm::routes::is_told, texts::template_holes},
    walk::Walk,
    wiring::{Piece, Text},
};

const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// What a call speaks: its kind, method and target.
pub(super) type Found = (CallKind, Option<SmolStr>, Option<Text>);

/// A request, a statement or a message.
pub(super) fn call<'t>(
    walk: &Walk<'t>,
    node: Node<'t>,
    object: Option<Node<'t>>,
    last: &str,
) -> Option<Found> {
    let list = arguments(node);
    let first = list.first().and_then(|first| text_of(walk, *first));
    let object = object?;
    if matches!(first.as_ref().and_then(|text| text.0.first()),
        Some(Piece::Literal(literal)) if crate::sql::looks_like_sql(literal))
    {
        return Some((CallKind::Sql, None, first));
    }
    request(walk, object, last, &list, first.clone()).or_else(|| message(walk, object, last, &list, first))
}

fn request<'t>(
    walk: &Walk<'t>,
    object: Node<'t>,
    last: &str,
    list: &[Node<'t>],
    first: Option<Text>,
) -> Option<Found> {
    let on = walk.slice(object).to_lowercase();
    let verb = METHODS.iter().find(|method| method.eq_ignore_ascii_case(last) && *method != &last);
    let method = match last {
        "getForObject" | "getForEntity" => Some("GET"),
        "postForObject" | "postForEntity" | "postForLocation" => Some("POST"),
        "patchForObject" => Some("PATCH"),
        "exchange" if on.contains("rest") => {
            let method = list.get(1).map(|method| walk.slice(*method)).unwrap_or_default();
            method.strip_prefix("HttpMethod.")
        }
        "uri" | "url" => verb_before(walk, object),
        "newBuilder" if on.ends_with("httprequest") => None,
        _ if on.ends_with("client") || on.contains("resttemplate") => Some(*verb?),
        _ => return None,
    };
    let must_show = verb.is_some() || matches!(last, "uri" | "url" | "newBuilder");
    let url = first.filter(is_told).filter(|url| !must_show || has_slash(url))?;
    Some((CallKind::Http, method.map(SmolStr::new), Some(template_holes(url))))
}

/// The method that `.get()` or `.method(HttpMethod.GET)` before `.uri(…)` tells.
fn verb_before<'t>(walk: &Walk<'t>, object: Node<'t>) -> Option<&'static str> {
    let (_, name) = callee(object).filter(|_| object.kind() == "call_expression")?;
    let told = match walk.slice(name) {
        "method" => walk.slice(*arguments(object).first()?).strip_prefix("HttpMethod.")?,
        name => name,
    };
    METHODS.iter().find(|method| method.eq_ignore_ascii_case(told)).copied()
}

fn has_slash(url: &Text) -> bool {
    url.0.iter().any(|piece| matches!(piece, Piece::Literal(text) if text.contains('/')))
}

/// Kafka's, RabbitMQ's and JMS's templates.
fn message<'t>(
    walk: &Walk<'t>,
    object: Node<'t>,
    last: &str,
    list: &[Node<'t>],
    first: Option<Text>,
) -> Option<Found> {
    let on = walk.slice(object).to_lowercase();
    let of_queue = ["template", "producer", "channel", "operations"].iter().any(|word| on.ends_with(word));
    let sends = matches!(last, "send" | "convertAndSend" | "sendDefault" | "basicPublish");
    (of_queue && sends).then(|| (CallKind::Messaging, None, first.filter(|_| list.len() > 1).filter(is_told)))
}
