//! Calls in PHP that become spans: span starts, HTTP clients, SQL, and functions of the program.

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use super::{
    names::know,
    syntax::{self, arguments, class_of, path_of, text_of},
};
use crate::{
    CallKind,
    field::Field,
    walk::{Walk, dotted, position},
    wiring::{Argument, MODULE, PassFact, Piece, Reference, Scope, Spot, Text},
};

/// Methods and functions that run SQL: PDO, Laravel's and Doctrine's connections, mysqli, PostgreSQL, WordPress.
const SQL: &[&str] = &[
    "query",
    "prepare",
    "exec",
    "execute",
    "select",
    "selectOne",
    "selectFromWriteConnection",
    "cursor",
    "scalar",
    "insert",
    "update",
    "delete",
    "statement",
    "unprepared",
    "affectingStatement",
    "executeQuery",
    "executeStatement",
    "executeUpdate",
    "fetchAllAssociative",
    "fetchAssociative",
    "fetchOne",
    "fetchFirstColumn",
    "fetchAllKeyValue",
    "createNativeQuery",
    "real_query",
    "multi_query",
    "get_results",
    "get_row",
    "get_var",
    "get_col",
    "mysqli_query",
    "mysqli_prepare",
    "pg_query",
    "pg_prepare",
    "pg_query_params",
];

/// What a call speaks: its kind, method and target.
type Found = (CallKind, Option<SmolStr>, Option<Text>);

/// A call or the making of an object.
pub(super) fn call<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let Some((name_node, last)) = called(walk, node) else { return };
    if syntax::is_reference(node) || span(walk, node, &last) {
        return;
    }
    let list = arguments(walk, node);
    let found = http(walk, node, &last, &list).or_else(|| sql(walk, &last, &list));
    if found.is_none() {
        passes(walk, node, &list);
    }
    let (kind, method, target) = found.unwrap_or((CallKind::Function, None, None));
    if let Some(target) = &target {
        know_names(walk, target);
    }
    walk.call_site(node, name_node, last, (kind, method, target));
}

/// The called name and where it stands.
pub(super) fn called<'t>(walk: &Walk<'t>, node: Node<'t>) -> Option<(Node<'t>, SmolStr)> {
    let name = match node.kind() {
        "function_call_expression" => node.field("function")?,
        "object_creation_expression" => node.named_child(0)?,
        _ => node.field("name")?,
    };
    if !matches!(name.kind(), "name" | "qualified_name") {
        return None;
    }
    Some((name, super::names::last_of(walk.slice(name)).into()))
}

/// `$tracer = $provider->getTracer('name')`, `new CachedInstrumentation('name')`: later span starts know their scope.
pub(super) fn tracer<'t>(walk: &mut Walk<'t>, scope: Scope, name: &SmolStr, value: Node<'t>) {
    if let Some(text) = tracer_name(walk, value) {
        walk.draft.tracer(scope, name.clone(), text);
    }
}

fn tracer_name<'t>(walk: &Walk<'t>, value: Node<'t>) -> Option<Text> {
    let (_, last) = called(walk, value)?;
    if !matches!(last.as_str(), "getTracer" | "CachedInstrumentation") {
        return None;
    }
    text_of(walk, arguments(walk, value).first()?.value)
}

/// Whether the call names a span that it starts; if so, it is taken in.
fn span<'t>(walk: &mut Walk<'t>, node: Node<'t>, last: &str) -> bool {
    if last != "spanBuilder" && !is_measured(walk, node, last) {
        return false;
    }
    let list = arguments(walk, node);
    let Some(text) = syntax::argument(&list, "spanName", 0).and_then(|first| text_of(walk, first)) else {
        return false;
    };
    let object = node.field("object");
    let tracer = object.and_then(|object| match tracer_name(walk, object) {
        Some(name) => {
            let key = format_smolstr!("@{}", object.start_byte());
            walk.draft.tracer(walk.scope(), key.clone(), name);
            Some(key)
        }
        // `$instrumentation->tracer()`
        None if object.kind() == "member_call_expression" => path_of(walk, object.field("object")?),
        None => path_of(walk, object),
    });
    know_names(walk, &text);
    let scope = walk.scope();
    walk.draft.span(text, scope, None, position(node), tracer);
    true
}

/// `Tracer::newSpan('name')`, `Measure::span('name')`: the facades of packages around OpenTelemetry.
fn is_measured(walk: &Walk<'_>, node: Node<'_>, last: &str) -> bool {
    let class = node.field("scope").and_then(|scope| class_of(walk, scope));
    match class.as_deref().map(super::names::last_of) {
        Some("Tracer") => matches!(last, "newSpan" | "start" | "build"),
        Some("Measure") => matches!(last, "span" | "start" | "trace" | "manual"),
        _ => false,
    }
}

/// Guzzle, Laravel's and Symfony's clients, PSR-7 requests, curl, streams.
fn http<'t>(walk: &Walk<'t>, node: Node<'t>, last: &str, list: &[syntax::Argument<'t>]) -> Option<Found> {
    let text = |at: usize| text_of(walk, list.get(at)?.value);
    let verb = |at: usize| {
        let verb = text(at)?.as_literal()?.to_uppercase();
        is_verb(&verb).then(|| SmolStr::from(verb))
    };
    let (method, url) = match last {
        "get" | "post" | "put" | "patch" | "delete" | "head" | "getAsync" | "postAsync" | "putAsync"
        | "patchAsync" | "deleteAsync"
            if node.kind() != "function_call_expression" =>
        {
            let method = last.trim_end_matches("Async").to_uppercase();
            (Some(method.into()), text(0).filter(is_url)?)
        }
        "request" | "requestAsync" | "Request" | "createRequest" => {
            (Some(verb(0)?), text(1).filter(is_address)?)
        }
        "file_get_contents" | "fopen" | "curl_init" => (None, text(0).filter(is_url)?),
        "curl_setopt" if walk.slice(list.get(1)?.value) == "CURLOPT_URL" => (None, text(2)?),
        "wp_remote_get" => (Some("GET".into()), text(0)?),
        "wp_remote_post" => (Some("POST".into()), text(0)?),
        _ => return None,
    };
    Some((CallKind::Http, method, Some(url)))
}

fn is_verb(word: &str) -> bool {
    matches!(word, "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS")
}

/// Whether a text is a URL with its host.
fn is_url(text: &Text) -> bool {
    matches!(text.0.first(), Some(Piece::Literal(first)) if first.starts_with("http://") || first.starts_with("https://"))
}

/// Whether a text is a URL or a path below a known address.
fn is_address(text: &Text) -> bool {
    is_url(text) || text.0.iter().any(|piece| matches!(piece, Piece::Literal(part) if part.contains('/')))
}

fn sql<'t>(walk: &Walk<'t>, last: &str, list: &[syntax::Argument<'t>]) -> Option<Found> {
    if !SQL.contains(&last) {
        return None;
    }
    // The functions take their connection first.
    let at = usize::from(last.starts_with("mysqli_") || last.starts_with("pg_"));
    let text = text_of(walk, list.get(at)?.value)?;
    let is_sql = match text.0.first() {
        Some(Piece::Literal(literal)) => crate::sql::looks_like_sql(literal),
        // A name of a statement: a constant, or what it is called.
        Some(Piece::Name(path)) => is_constant(path) || is_statement(path),
        _ => false,
    };
    is_sql.then_some((CallKind::Sql, None, Some(text)))
}

fn is_statement(path: &str) -> bool {
    matches!(path.rsplit('.').next(), Some("sql" | "query" | "statement" | "stmt"))
}

/// Texts among the arguments: names of spans, if the callee is a helper.
fn passes<'t>(walk: &mut Walk<'t>, node: Node<'t>, list: &[syntax::Argument<'t>]) {
    let (scope, place) = (walk.scope(), position(node));
    let mut texts = Vec::new();
    for (at, argument) in list.iter().enumerate().take(6) {
        let which = match argument.name {
            Some(name) => Argument::Key(name.into()),
            None => Argument::At(at as u8),
        };
        texts.extend(passed_text(walk, argument.value).map(|text| (which, text)));
    }
    if texts.is_empty() {
        return;
    }
    let Some(callee) = callee(walk, node) else { return };
    for (which, text) in texts {
        know_names(walk, &text);
        let callee = Reference::local(callee.clone());
        // Elsewhere a word of loggers, here of helpers.
        if callee.last() == "trace" {
            let (forwards, function, position) = (None, MODULE, Spot(place));
            let pass = PassFact { callee, scope, argument: which, text, forwards, function, position };
            walk.draft.wiring.passes.push(pass);
        } else {
            walk.draft.pass(callee, which, text, scope, None, place);
        }
    }
}

/// The called function as a name; its class is made known.
fn callee<'t>(walk: &mut Walk<'t>, node: Node<'t>) -> Option<SmolStr> {
    match node.kind() {
        "function_call_expression" => {
            let name = walk.slice(node.field("function")?);
            know(walk, name);
            Some(name.into())
        }
        "object_creation_expression" => {
            let class = syntax::known_class(walk, node)?;
            Some(dotted(&class, "__construct"))
        }
        "scoped_call_expression" => {
            let scope = node.field("scope")?;
            let class = match class_of(walk, scope) {
                Some(_) => syntax::known_class(walk, scope)?,
                None => path_of(walk, scope)?,
            };
            Some(dotted(&class, walk.slice(node.field("name")?)))
        }
        _ => {
            let object = node.field("object")?;
            let path = path_of(walk, object).unwrap_or_else(|| "?".into());
            Some(dotted(&path, walk.slice(node.field("name")?)))
        }
    }
}

/// An argument that may be a name: text, a constant, or a parameter that is handed on.
fn passed_text(walk: &Walk<'_>, value: Node<'_>) -> Option<Text> {
    match value.kind() {
        "variable_name" => {
            let path = path_of(walk, value)?;
            let around = walk.draft.functions.get(walk.scope() as usize);
            let is_parameter = around.is_some_and(|function| function.parameters.contains(&path));
            is_parameter.then(|| Text::name(path))
        }
        "class_constant_access_expression"
        | "name"
        | "string"
        | "encapsed_string"
        | "binary_expression"
        | "function_call_expression" => text_of(walk, value),
        _ => None,
    }
}

/// Makes the classes known whose constants a text takes.
pub(super) fn know_names(walk: &mut Walk<'_>, text: &Text) {
    for piece in &text.0 {
        let Piece::Name(path) = piece else { continue };
        let Some((class, _)) = path.split_once('.') else { continue };
        let is_class = super::names::last_of(class).starts_with(|c: char| c.is_uppercase());
        if is_class && walk.type_path().is_none_or(|own| own != class) {
            know(walk, class);
        }
    }
}

fn is_constant(path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or_default();
    last.len() > 1 && !last.contains(|c: char| c.is_lowercase())
}
