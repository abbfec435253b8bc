//! Spans of systems without resources, scopes and statuses: those come as tags, and are put back where they belong.

use std::{collections::HashMap, sync::Arc};

use model::{
    Attributes, Link, Resource, Scope, SmolStr, SpanId, SpanKind, Status, StatusCode, TraceId, Value, keys,
};

use crate::{
    attributes::json_attributes,
    intake::{Intake, Part},
    json,
    otlp_json::{kind_of_name, status_of_name},
};

/// Tags that describe the process; the collector flattens a resource's attributes into those of its spans.
const RESOURCE_PREFIXES: &[&str] = &[
    "service.",
    "vcs.",
    "telemetry.",
    "host.",
    "process.",
    "os.",
    "container.",
    "k8s.",
    "deployment.",
    "cloud.",
];

/// What a span's tags say beside plain attributes.
pub(crate) struct Sorted {
    pub(crate) attributes: Attributes,
    pub(crate) resource: Attributes,
    pub(crate) kind: Option<SpanKind>,
    pub(crate) status: Status,
    pub(crate) scope: Scope,
    pub(crate) trace_state: SmolStr,
    pub(crate) links: Vec<Link>,
}

/// Takes the tags apart. Those with a meaning of their own (opentelemetry-specification
/// `trace/sdk_exporters/zipkin.md`, `jaeger.md`) leave the attributes; all others stay as sent.
pub(crate) fn sort_tags(tags: Vec<(SmolStr, Value)>, intake: &mut Intake<'_>) -> Sorted {
    let mut sorted = Sorted {
        attributes: Attributes::default(),
        resource: Attributes::default(),
        kind: None,
        status: Status::default(),
        scope: Scope::default(),
        trace_state: SmolStr::default(),
        links: Vec::new(),
    };
    let (mut error, mut code) = (None, None);
    for (key, value) in tags {
        match key.as_str() {
            "error" => error = Some(value),
            "otel.status_code" => code = Some(status_of_name(value.as_str().unwrap_or(""))),
            "otel.status_description" => sorted.status.message = text_of(&value),
            "otel.scope.name" | "otel.library.name" => sorted.scope.name = text_of(&value),
            "otel.scope.version" | "otel.library.version" => sorted.scope.version = text_of(&value),
            "span.kind" => sorted.kind = Some(kind_of_name(value.as_str().unwrap_or(""))),
            "w3c.tracestate" => sorted.trace_state = text_of(&value),
            "internal.span.format" => {}
            link if link.starts_with("otlp.link.") => sorted.links.extend(link_of(&text_of(&value), intake)),
            other if RESOURCE_PREFIXES.iter().any(|prefix| other.starts_with(prefix)) => {
                sorted.resource.0.push((key, value));
            }
            _ => sorted.attributes.0.push((key, value)),
        }
    }
    settle_status(&mut sorted.status, code, error);
    sorted
}

/// Resources and scopes of a body, each made once.
#[derive(Default)]
pub(crate) struct Shared {
    resources: HashMap<String, Arc<Resource>>,
    scopes: HashMap<(SmolStr, SmolStr), Arc<Scope>>,
}

impl Shared {
    /// The resource of `service` with the further `attributes`.
    pub(crate) fn resource(&mut self, service: &str, attributes: Attributes) -> Arc<Resource> {
        let mut key = service.to_owned();
        for (name, value) in attributes.iter() {
            key.push_str(&format!("\n{name}\n{value}"));
        }
        let made = self.resources.entry(key).or_insert_with(|| {
            let mut all = Attributes::default();
            if !service.is_empty() {
                all.push(keys::SERVICE_NAME, service);
            }
            let further =
                attributes.0.into_iter().filter(|(name, _)| name != keys::SERVICE_NAME || service.is_empty());
            all.0.extend(further);
            Arc::new(Resource { attributes: all })
        });
        Arc::clone(made)
    }

    /// The scope, shared with the other spans that have it.
    pub(crate) fn scope(&mut self, scope: Scope) -> Arc<Scope> {
        let key = (scope.name.clone(), scope.version.clone());
        Arc::clone(self.scopes.entry(key).or_insert_with(|| Arc::new(scope)))
    }
}

/// Error by its code or by an `error` tag that is not `false`; the tag's text is the description unless it says
/// nothing.
fn settle_status(status: &mut Status, code: Option<StatusCode>, error: Option<Value>) {
    status.code = code.unwrap_or(StatusCode::Unset);
    let Some(error) = error else {
        return;
    };
    let text = text_of(&error);
    if matches!(error, Value::Bool(false)) || text == "false" {
        return;
    }
    if status.code == StatusCode::Unset {
        status.code = StatusCode::Error;
    }
    if status.message.is_empty() && text != "true" {
        status.message = text;
    }
}

/// `trace|span|state|{attributes}|dropped`, as the collector writes links for Zipkin.
fn link_of(text: &str, intake: &mut Intake<'_>) -> Option<Link> {
    let mut parts = text.splitn(4, '|');
    let trace_id = TraceId::from_hex(parts.next()?).ok();
    let span_id = parts.next().and_then(|id| SpanId::from_hex(id).ok());
    let (Some(trace_id), Some(span_id)) = (trace_id, span_id) else {
        intake.bad_link();
        return None;
    };
    let mut link = Link { trace_id, span_id, attributes: Attributes::default() };
    if let Some(attributes) =
        parts.nth(1).and_then(|rest| rest.rsplit_once('|')).map(|(attributes, _)| attributes)
        && let Ok(parsed) = json::parse(attributes, intake.limits.values)
    {
        json_attributes(Some(&parsed), &mut link.attributes, intake);
    }
    intake.room_for(Part::Link, 0).then_some(link)
}

fn text_of(value: &Value) -> SmolStr {
    match value {
        Value::Str(text) => text.clone(),
        Value::Empty => SmolStr::default(),
        other => SmolStr::from(other.to_string()),
    }
}
