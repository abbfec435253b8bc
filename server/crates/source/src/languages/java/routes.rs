//! Routes that Java declares by annotations: Spring, JAX-RS, Micronaut; and Spring's and Javalin's by calls.

use model::SmolStr;
use tree_sitter::Node;

use super::{
    annotations::{is_told, last_segment},
    syntax::{Annotation, annotations, text_of, values},
};
use crate::{
    walk::Walk,
    wiring::{Handler, Holder, MODULE, MountFact, PrefixFact, Reference, RouteFact, Text, Value},
};

/// Annotations of interfaces that are called, not served.
const CLIENTS: &[&str] =
    &["FeignClient", "HttpExchange", "RegisterRestClient", "Client", "ReactiveFeignClient"];
/// Names of JAX-RS methods.
const JAX_METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// Prefixes of the class `path`, and what it inherits.
pub(super) fn on_type<'t>(walk: &mut Walk<'t>, path: &SmolStr, bases: &[SmolStr], node: Node<'t>) {
    if node.kind() == "class_body" {
        return;
    }
    let all = annotations(walk, node);
    if all.iter().any(|annotation| CLIENTS.contains(&annotation.name)) {
        walk.draft.marks.insert(client(path));
        return;
    }
    let mut is_served = false;
    for annotation in &all {
        let keys: &[&str] = match annotation.name {
            "RequestMapping" => &["value", "path"],
            "Path" => {
                walk.draft.marks.insert(resource(path));
                is_served = true;
                &["value"]
            }
            "Controller" => {
                is_served = true;
                // Spring's takes the name of a bean there, Micronaut's the prefix.
                if !is_micronaut(walk) {
                    continue;
                }
                &["value"]
            }
            "RestController" => {
                is_served = true;
                continue;
            }
            _ => continue,
        };
        let element = annotation.first_of(walk, keys).map(values).unwrap_or_default();
        let prefixes: Vec<Text> = element.into_iter().filter_map(|value| pattern(walk, value)).collect();
        for prefix in prefixes {
            let fact = PrefixFact { holder: holder(path), prefix, scope: MODULE };
            walk.draft.wiring.prefixes.push(fact);
        }
    }
    if !is_served {
        return;
    }
    for base in bases {
        let (parent, child) = (holder(path), holder(base));
        walk.draft.wiring.mounts.push(MountFact { parent, child, prefix: Text::default(), scope: MODULE });
    }
}

/// Routes of the method numbered `index`.
pub(super) fn on_method<'t>(walk: &mut Walk<'t>, index: u32, all: &[Annotation<'t>]) {
    let Some(class) = walk.type_path() else { return };
    if walk.draft.marks.contains(&client(&class)) {
        return;
    }
    for annotation in all {
        let method = match annotation.name {
            "GetMapping" => "GET",
            "PostMapping" => "POST",
            "PutMapping" => "PUT",
            "PatchMapping" => "PATCH",
            "DeleteMapping" => "DELETE",
            "RequestMapping" => {
                let methods = annotation.element(walk, "method").map(values).unwrap_or_default();
                let methods = methods.into_iter().map(|method| last_segment(walk.slice(method))).collect();
                declare(walk, index, &class, methods, annotation);
                continue;
            }
            "Get" | "Post" | "Put" | "Patch" | "Delete" | "Head" | "Options" if is_micronaut(walk) => {
                declare(walk, index, &class, vec![annotation.name.to_uppercase().into()], annotation);
                continue;
            }
            verb if JAX_METHODS.contains(&verb) && annotation.is_bare() => {
                jax(walk, index, &class, verb, all);
                continue;
            }
            _ => continue,
        };
        declare(walk, index, &class, vec![method.into()], annotation);
    }
}

fn declare<'t>(
    walk: &mut Walk<'t>,
    index: u32,
    class: &SmolStr,
    methods: Vec<SmolStr>,
    annotation: &Annotation<'t>,
) {
    let element = annotation.first_of(walk, &["value", "path", "uri", "uris"]);
    let patterns: Vec<Text> = match element {
        Some(element) => values(element).into_iter().filter_map(|value| pattern(walk, value)).collect(),
        None => vec![Text::default()],
    };
    for pattern in patterns {
        push(walk, index, class, methods.clone(), pattern);
    }
}

/// JAX-RS: the method in one annotation, the path in another. Of a class without a path it is not known where it is.
fn jax<'t>(walk: &mut Walk<'t>, index: u32, class: &SmolStr, verb: &str, all: &[Annotation<'t>]) {
    if !walk.draft.marks.contains(&resource(class)) {
        return;
    }
    let path = all.iter().find(|annotation| annotation.name == "Path");
    let text = match path {
        Some(path) => match path.element(walk, "value").and_then(|value| pattern(walk, value)) {
            Some(text) => text,
            None => return,
        },
        None => Text::default(),
    };
    push(walk, index, class, vec![verb.into()], text);
}

fn push(walk: &mut Walk<'_>, index: u32, class: &SmolStr, methods: Vec<SmolStr>, pattern: Text) {
    let (holder, handler) = (holder(class), Handler::Function(index));
    walk.draft.wiring.routes.push(RouteFact { holder, methods, pattern, handler, scope: MODULE });
}

/// A pattern or prefix, unless configuration fills it in.
fn pattern<'t>(walk: &Walk<'t>, value: Node<'t>) -> Option<Text> {
    text_of(walk, value).filter(is_told)
}

fn holder(class: &SmolStr) -> Holder {
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
