//! Compose files: which folder a service is built from, and what it is called.

use std::collections::BTreeMap;

use super::{
    call, joined,
    package::first_word,
    yaml::{Entry, entries},
};
use crate::wiring::Wiring;

/// What a compose file says of one service.
#[derive(Default)]
struct Service<'t> {
    context: Option<&'t str>,
    dockerfile: Option<&'t str>,
    name: Option<&'t str>,
}

/// The services that are built from folders of the workspace, each with its name there and the one that it reports.
pub(super) fn services(folder: &str, text: &str, wiring: &mut Wiring) {
    let all = entries(text);
    let mut known: BTreeMap<&str, Service<'_>> = BTreeMap::new();
    for entry in all.iter().filter(|entry| entry.key(0) == "services" && entry.keys.len() > 2) {
        add(known.entry(entry.key(1)).or_default(), entry);
    }
    for (key, service) in known {
        let Some(built) = built_from(folder, &service) else { continue };
        call(wiring, &built, key);
        if let Some(name) = service.name {
            call(wiring, &built, name);
        }
    }
}

fn add<'t>(service: &mut Service<'t>, entry: &'t Entry) {
    let value = entry.value.as_str();
    match (entry.key(2), entry.key(3)) {
        ("build", "") | ("build", "context") => service.context = Some(value),
        ("build", "dockerfile") => service.dockerfile = Some(value),
        ("environment", "OTEL_SERVICE_NAME") => service.name = Some(value),
        ("environment", "OTEL_RESOURCE_ATTRIBUTES") => add_attribute(service, value),
        ("environment", _) => {
            if let Some(name) = value.strip_prefix("OTEL_SERVICE_NAME=") {
                service.name = Some(name);
            } else if let Some(attributes) = value.strip_prefix("OTEL_RESOURCE_ATTRIBUTES=") {
                add_attribute(service, attributes);
            }
        }
        _ => {}
    }
}

fn add_attribute<'t>(service: &mut Service<'t>, attributes: &'t str) {
    let told = attributes.split_once("service.name=").and_then(|(_, rest)| first_word(rest));
    service.name = service.name.or(told);
}

/// The folder of the Dockerfile where that lies inside of the context, else the context.
fn built_from(folder: &str, service: &Service<'_>) -> Option<model::SmolStr> {
    let context = service.context?;
    if context.contains([':', '$']) || service.dockerfile.is_some_and(|file| file.contains('$')) {
        return None;
    }
    let context = joined(folder, context)?;
    match service.dockerfile.and_then(|file| file.rsplit_once('/')) {
        Some((inner, _)) => joined(&context, inner),
        None => Some(context),
    }
}
