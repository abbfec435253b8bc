//! The shape of a span: exactly those facts that decide where it belongs.
//!
//! Spans are many, shapes few: a placement is found once a shape and looked up ever after.

use model::{Attributes, SmolStr, Span, SpanKind, Value, keys};
use smol_str::ToSmolStr;
use source::{Pattern, Segment, normal_sql, path_segments};

use crate::origins::may_be_bundle;

/// Everything about a span that placement may depend on, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// `service.name`.
    pub service: SmolStr,
    /// The instrumentation scope's name.
    pub scope: SmolStr,
    /// The span's name.
    pub name: SmolStr,
    /// Its kind.
    pub kind: SpanKind,
    /// Those of its attributes that some rule reads, ordered by key, as text. Keys of older generations appear under
    /// the newest; SQL, paths and URLs are reduced to what distinguishes them.
    pub deciding: Vec<(SmolStr, SmolStr)>,
}

/// The revision that ran, of spans that name a place in it.
pub(crate) const REVISION: &str = "vcs.ref.head.revision";
/// The column, of spans that name a place in a bundle.
pub(crate) const COLUMN: &str = "code.column.number";

/// Longer texts are cut: they decide nothing that their beginning does not.
const MAX_TEXT: usize = 2_048;

/// Attributes read in several generations, under the name of the newest.
const GENERATIONS: &[(&str, &[&str])] = &[
    ("code.function.name", keys::CODE_FUNCTION),
    ("code.namespace", keys::CODE_NAMESPACE),
    ("code.file.path", keys::CODE_FILE),
    ("code.line.number", keys::CODE_LINE),
    ("db.system.name", keys::DB_SYSTEM),
    ("messaging.destination.name", keys::MESSAGING_DESTINATION),
    ("rpc.service", &[keys::RPC_SERVICE]),
    ("rpc.method", &[keys::RPC_METHOD]),
];

/// Attributes of single frameworks, read as they are.
const FRAMEWORKS: &[&str] = &[
    "asgi.event.type",
    "bullmq.queue.name",
    "bullmq.queue.operation",
    "celery.action",
    "celery.task_name",
    "class",
    "db.operation",
    "db.operation.name",
    "express.name",
    "express.type",
    "falcon.resource",
    "fastapi.route.name",
    "fastify.type",
    "graphql.field.name",
    "graphql.field.path",
    "graphql.operation.name",
    "graphql.parent.name",
    "graphql.parentType",
    "graphql.resolver.object",
    "graphql.selection.coordinate",
    "graphql.selection.field.coordinate",
    "hook.callback.name",
    "koa.name",
    "koa.type",
    "messaging.active_job.adapter.name",
    "messaging.delayed_job.name",
    "messaging.message.job_name",
    "messaging.oban.worker",
    "messaging.operation",
    "messaging.operation.type",
    "messaging.que.job_class",
    "messaging.resque.job_class",
    "messaging.sidekiq.job_class",
    "mvc.controller.class",
    "mvc.controller.method",
    "nestjs.callback",
    "nestjs.controller",
    "nestjs.type",
    "next.span_type",
    "oban.job.worker",
    "phoenix.action",
    "phoenix.plug",
    "rake.task",
    "remoulade.action",
    "remoulade.actor_name",
    "router.name",
    "router.type",
    "symfony.messenger.message",
    "target",
    "taskiq.task_name",
    "tornado.handler",
];

impl Shape {
    /// The shape of `span`.
    pub fn of(span: &Span) -> Shape {
        let mut deciding = Vec::new();
        let attributes = &span.attributes;
        for (key, generations) in GENERATIONS {
            let value = generations.iter().find_map(|generation| attributes.get(generation)).and_then(text);
            add(&mut deciding, key, value);
        }
        for key in FRAMEWORKS {
            add(&mut deciding, key, attributes.get(key).and_then(text));
        }
        add(
            &mut deciding,
            "telemetry.sdk.language",
            span.resource.attributes.get("telemetry.sdk.language").and_then(text),
        );
        add_origin(&mut deciding, span);
        add_http(&mut deciding, span.kind, attributes);
        let sql = attributes.first_str(keys::DB_QUERY).map(|sql| normal_sql(cut(sql)).into());
        add(&mut deciding, "db.query.text", sql);
        deciding.sort_unstable();
        Shape {
            service: span.service().into(),
            scope: span.scope.name.clone(),
            name: span.name.clone(),
            kind: span.kind,
            deciding,
        }
    }

    /// A deciding attribute, under the newest name of its key.
    pub fn get(&self, key: &str) -> Option<&str> {
        let found = self.deciding.iter().find(|(candidate, _)| candidate == key);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The file that it names and the revision that ran, if it says both.
    pub fn past(&self) -> Option<(&str, &str)> {
        Some((self.get(REVISION)?, self.get("code.file.path")?))
    }

    /// This shape with one more attribute, unless it has it.
    pub(crate) fn with(&self, key: &'static str, value: &str) -> Shape {
        let mut shape = self.clone();
        if shape.get(key).is_none() {
            shape.deciding.push((SmolStr::new_static(key), value.into()));
            shape.deciding.sort_unstable();
        }
        shape
    }
}

/// The name under which an attribute counts that is written as `key`; `None` for those that decide nothing.
pub(crate) fn newest_key(key: &str) -> Option<&'static str> {
    const COMPOSED: &[(&str, &[&str])] = &[
        ("http.request.method", keys::HTTP_METHOD),
        ("http.route", keys::HTTP_ROUTE),
        ("db.query.text", keys::DB_QUERY),
        ("url.path", keys::URL_PATH),
        ("url.full", keys::URL_FULL),
    ];
    let in_generations = GENERATIONS.iter().chain(COMPOSED).find(|(_, keys)| keys.contains(&key));
    in_generations
        .map(|(newest, _)| *newest)
        .or_else(|| FRAMEWORKS.iter().find(|known| **known == key).copied())
}

/// Every attribute's key that is read as it is, in all generations.
pub(crate) fn deciding_keys() -> impl Iterator<Item = &'static str> {
    let generations = GENERATIONS.iter().flat_map(|(_, keys)| keys.iter().copied());
    generations.chain(FRAMEWORKS.iter().copied()).chain(keys::CODE_COLUMN.iter().copied())
}

fn add(deciding: &mut Vec<(SmolStr, SmolStr)>, key: &'static str, value: Option<SmolStr>) {
    if let Some(value) = value.filter(|value| !value.is_empty()) {
        deciding.push((SmolStr::new_static(key), value));
    }
}

fn text(value: &Value) -> Option<SmolStr> {
    match value {
        Value::Str(text) if text.len() <= MAX_TEXT => Some(text.clone()),
        Value::Str(text) => Some(cut(text).into()),
        Value::Int(_) | Value::Double(_) | Value::Bool(_) => Some(value.to_smolstr()),
        _ => None,
    }
}

/// Of what ran, only where a place in it is named: which revision, and in bundles which column.
fn add_origin(deciding: &mut Vec<(SmolStr, SmolStr)>, span: &Span) {
    let Some(file) = span.attributes.first_str(keys::CODE_FILE) else { return };
    add(deciding, REVISION, span.resource.revision().map(|revision| cut(revision).into()));
    if may_be_bundle(file) {
        let column = keys::CODE_COLUMN.iter().find_map(|key| span.attributes.get(key));
        add(deciding, COLUMN, column.and_then(text));
    }
}

fn add_http(deciding: &mut Vec<(SmolStr, SmolStr)>, kind: SpanKind, attributes: &Attributes) {
    let method = attributes.first_str(keys::HTTP_METHOD).or_else(|| attributes.str("method"));
    add(deciding, "http.request.method", method.map(|method| method.to_uppercase().into()));
    // An empty route is a statement too: nothing matched.
    let route = keys::HTTP_ROUTE.iter().chain(&["uri"]).find_map(|key| attributes.get(key)?.as_str());
    if let Some(route) = route {
        deciding.push(("http.route".into(), cut(route).into()));
    }
    let status = attributes.first_int(keys::HTTP_STATUS);
    if status.is_some_and(is_deciding) {
        add(deciding, "http.response.status_code", status.map(|status| status.to_smolstr()));
    }
    let path = attributes.first_str(keys::URL_PATH);
    let url = attributes.first_str(keys::URL_FULL);
    if kind == SpanKind::Client || kind == SpanKind::Producer {
        let whole = url.map(|url| format!("{}{}", host_of(url), plain_path(url)));
        return add(deciding, "url.full", whole.or_else(|| path.map(plain_path)).map(SmolStr::from));
    }
    let Some(path) = path.or(url) else { return };
    let told = route
        .filter(|route| !route.is_empty() && !is_conventional(route))
        .is_some_and(|route| tells_all(route, path));
    if !told {
        let ending =
            if path.split(['?', '#']).next().is_some_and(|path| path.len() > 1 && path.ends_with('/')) {
                "/"
            } else {
                ""
            };
        add(deciding, "url.path", Some(format!("{}{ending}", plain_path(path)).into()));
    }
}

/// Whether a response's status says where a request did not arrive.
pub(crate) fn is_deciding(status: i64) -> bool {
    (300..400).contains(&status) || matches!(status, 401 | 403 | 404)
}

/// Whether a route has the handler itself as a parameter: then the path tells more than the route.
pub(crate) fn is_conventional(route: &str) -> bool {
    route.contains("{controller") || route.contains("{action")
}

/// Whether a path says nothing that its route does not: it fits it to the end.
fn tells_all(route: &str, path: &str) -> bool {
    fits_whole(&Pattern::parse(route), path)
}

/// As [`tells_all`], of a route that was read before.
pub(crate) fn fits_whole(pattern: &Pattern, path: &str) -> bool {
    let mut parts = path_segments(path);
    for segment in &pattern.segments {
        match (segment, parts.next()) {
            (Segment::Rest, _) => return true,
            (segment, Some(part)) if segment.matches(part) => {}
            _ => return false,
        }
    }
    parts.next().is_none()
}

/// A path without query, its identifiers made equal so that every one of them does not make a shape of its own.
fn plain_path(url: &str) -> String {
    let mut path = String::new();
    for part in path_segments(cut(url)) {
        path.push('/');
        path.push_str(plain_part(part));
    }
    if path.is_empty() { "/".into() } else { path }
}

/// Numbers become `1`, UUIDs and long hexadecimal numbers one of their kind.
pub(crate) fn plain_part(part: &str) -> &str {
    let is_hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    if part.bytes().all(|byte| byte.is_ascii_digit()) {
        return "1";
    }
    if part.len() == 36 && part.split('-').count() == 5 && part.split('-').all(is_hex) {
        return "00000000-0000-4000-8000-000000000000";
    }
    if part.len() >= 16 && is_hex(part) {
        return "0000000000000000";
    }
    part
}

fn host_of(url: &str) -> &str {
    let Some((_, rest)) = url.split_once("://") else { return "" };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let end = url.len() - rest.len() + host.len();
    &url[..end]
}

/// The part of a text that may decide.
pub(crate) fn cut(text: &str) -> &str {
    let mut end = MAX_TEXT.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
