//! Routes that annotations declare: Spring, JAX-RS, Micronaut; on interfaces of clients they are calls.

use model::SmolStr;
use tree_sitter::Node;

use super::{annotation::Annotation, clients, metas, resources};
use crate::{
    walk::Walk,
    wiring::{
        Handler, Holder, MODULE, MountFact, Piece, PrefixFact, Reference, RouteFact, RpcFact, Text, Value,
    },
};

/// Annotations of interfaces that are called, not served, with the elements that tell a path.
const CLIENTS: &[(&str, &[&str])] = &[
    ("FeignClient", &["path"]),
    ("ReactiveFeignClient", &["path"]),
    ("HttpExchange", &["value", "url"]),
    ("RegisterRestClient", &[]),
    ("Client", &["path", "value"]),
];
/// Names of JAX-RS methods.
pub(super) const JAX_METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// Prefixes of the class `path` with the annotations `all`, and what it inherits.
pub(in crate::languages) fn on_type(
    walk: &mut Walk<'_>,
    path: &SmolStr,
    bases: &[SmolStr],
    all: &[Annotation<'_>],
    is_annotation: bool,
) {
    if is_annotation {
        metas::declared(walk, path, all);
    } else {
        metas::on_type(walk, path, all);
    }
    let mut is_served = false;
    for annotation in all {
        if annotation.name == "GrpcService" {
            serves(walk, path, bases);
        }
        if CLIENTS.iter().any(|(name, _)| *name == annotation.name) {
            walk.draft.marks.insert(client(path));
        }
        if annotation.name == "ApplicationPath" {
            resources::application_path(walk, annotation);
        }
        if annotation.name == "Path" {
            walk.draft.marks.insert(resource(path));
        }
        is_served |= matches!(annotation.name, "Path" | "Controller" | "RestController");
        let Some(keys) = prefix_keys(walk, annotation.name) else { continue };
        let prefixes = annotation.values(keys).unwrap_or_default().iter();
        let prefixes = prefixes.filter_map(|given| given.text.clone().filter(is_told));
        // Micronaut's clients name a service there, or a path.
        let is_prefix = |text: &Text| annotation.name != "Client" || is_path_or_url(text);
        let prefixes: Vec<Text> = prefixes.filter(is_prefix).collect();
        for prefix in prefixes {
            let fact = PrefixFact { holder: holder(path), prefix, scope: MODULE };
            walk.draft.wiring.prefixes.push(fact);
        }
    }
    if !is_served || walk.draft.marks.contains(&client(path)) {
        return;
    }
    for base in bases {
        let (parent, child) = (holder(path), holder(base));
        walk.draft.wiring.mounts.push(MountFact { parent, child, prefix: Text::default(), scope: MODULE });
    }
}

/// The elements of an annotation on a class that hold a prefix.
fn prefix_keys(walk: &Walk<'_>, name: &str) -> Option<&'static [&'static str]> {
    match name {
        "RequestMapping" => Some(&["value", "path"]),
        "Path" => Some(&["value"]),
        // Spring's takes the name of a bean there, Micronaut's the prefix.
        "Controller" => is_micronaut(walk).then_some(&["value"]),
        _ => CLIENTS.iter().find(|(client, _)| *client == name).map(|(_, keys)| *keys),
    }
}

/// Quarkus generates an interface that is called like the service, which a class with this annotation implements.
fn serves(walk: &mut Walk<'_>, path: &SmolStr, bases: &[SmolStr]) {
    let services = bases.iter().filter_map(|base| base.rsplit('.').next());
    for service in services.filter(|service| !service.ends_with("ImplBase")) {
        let handler = Handler::Named(MODULE, Reference::local(path.clone()));
        let service = service.into();
        walk.draft.wiring.rpcs.push(RpcFact { service, method: None, handler, scope: MODULE });
    }
}

/// Routes of the method numbered `index`.
pub(super) fn on_method<'t>(walk: &mut Walk<'t>, index: u32, name: Node<'t>, all: &[Annotation<'t>]) {
    let Some(class) = walk.type_path() else { return };
    let is_client = walk.draft.marks.contains(&client(&class));
    let has_path = walk.draft.marks.contains(&resource(&class));
    if !is_client {
        resources::locator(walk, &class, has_path, name, all);
    }
    for annotation in all {
        if clients::on_method(walk, index, name, annotation) {
            continue;
        }
        let Some((methods, patterns)) = mapped(walk, annotation, all) else {
            metas::on_method(walk, &class, index, annotation);
            continue;
        };
        // Of a resource without a path only what leads to it knows where it is.
        let is_located = !has_path && JAX_METHODS.contains(&annotation.name);
        for pattern in patterns {
            if is_client {
                clients::declared(walk, index, name, &methods, prefix_of(walk, &class), pattern);
            } else {
                let holder = if is_located { resources::located(walk, &class) } else { holder(&class) };
                let handler = Handler::Function(index);
                let methods = methods.clone();
                let fact = RouteFact { holder, methods, pattern, handler, scope: MODULE };
                walk.draft.wiring.routes.push(fact);
            }
        }
    }
}

/// The methods and the patterns that an annotation declares.
fn mapped(
    walk: &Walk<'_>,
    annotation: &Annotation<'_>,
    all: &[Annotation<'_>],
) -> Option<(Vec<SmolStr>, Vec<Text>)> {
    let methods = match annotation.name {
        name if name.ends_with("Mapping") || name.ends_with("Exchange") => spring_methods(annotation)?,
        "Get" | "Post" | "Put" | "Patch" | "Delete" | "Head" | "Options" if is_micronaut(walk) => {
            vec![annotation.name.to_uppercase().into()]
        }
        verb if JAX_METHODS.contains(&verb) && annotation.is_bare() => {
            return Some((vec![verb.into()], vec![jax_path(all)?]));
        }
        _ => return None,
    };
    let keys = ["value", "path", "uri", "uris", "url"];
    let patterns = match annotation.values(&keys) {
        Some(values) => values.iter().filter_map(|given| given.text.clone().filter(is_told)).collect(),
        None => vec![Text::default()],
    };
    Some((methods, patterns))
}

/// The methods of a mapping of Spring, empty for any; `None` for other annotations.
pub(super) fn spring_methods(annotation: &Annotation<'_>) -> Option<Vec<SmolStr>> {
    let of = |method: &str| Some(vec![SmolStr::new(method)]);
    match annotation.name {
        "GetMapping" | "GetExchange" => of("GET"),
        "PostMapping" | "PostExchange" => of("POST"),
        "PutMapping" | "PutExchange" => of("PUT"),
        "PatchMapping" | "PatchExchange" => of("PATCH"),
        "DeleteMapping" | "DeleteExchange" => of("DELETE"),
        "RequestMapping" | "HttpExchange" => {
            let methods = annotation.values(&["method"]).unwrap_or_default().iter();
            Some(methods.map(|method| last_segment(method.word.trim_matches('"'))).collect())
        }
        _ => None,
    }
}

/// JAX-RS: the method in one annotation, the path in another.
fn jax_path(all: &[Annotation<'_>]) -> Option<Text> {
    match all.iter().find(|annotation| annotation.name == "Path") {
        Some(path) => path.text(&["value"]).filter(is_told),
        None => Some(Text::default()),
    }
}

/// Whether the text is no placeholder that configuration fills in.
pub(in crate::languages) fn is_told(text: &Text) -> bool {
    let is_placeholder =
        |piece: &Piece| matches!(piece, Piece::Literal(text) if text.contains("${") || text.contains("#{"));
    text.is_telling() && !text.0.iter().any(is_placeholder)
}

fn is_path_or_url(text: &Text) -> bool {
    matches!(text.0.first(), Some(Piece::Literal(first)) if first.starts_with('/') || first.starts_with("http"))
}

/// `GET` as the last segment of `RequestMethod.GET`.
fn last_segment(text: &str) -> SmolStr {
    text.rsplit('.').next().unwrap_or(text).into()
}

/// The first prefix that the class was found to have.
fn prefix_of(walk: &Walk<'_>, class: &SmolStr) -> Text {
    let holder = holder(class);
    let fact = walk.draft.wiring.prefixes.iter().find(|fact| fact.holder == holder);
    fact.map(|fact| fact.prefix.clone()).unwrap_or_default()
}

pub(super) fn holder(class: &SmolStr) -> Holder {
    Holder::Named(MODULE, Reference::local(class.clone()))
}

fn is_micronaut(walk: &Walk<'_>) -> bool {
    walk.draft.wiring.bindings.iter().any(
        |binding| matches!(&binding.value, Value::Import(module, _) if module.starts_with("io.micronaut.http")),
    )
}

fn client(class: &str) -> SmolStr {
    format!("client {class}").into()
}

fn resource(class: &str) -> SmolStr {
    format!("resource {class}").into()
}
