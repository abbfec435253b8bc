//! GraphQL and OpenAPI in Rust: types whose methods are fields (async-graphql, juniper) or routes (poem-openapi).

use model::SmolStr;
use tree_sitter::Node;

use super::{
    macros::{arguments, value_of},
    syntax::text_of_token,
};
use crate::{
    field::Field,
    walk::{Walk, children},
    wiring::{Handler, Holder, MODULE, PrefixFact, Reference, RouteFact, RpcFact},
};

/// An attribute on an `impl`: `#[Object(name = "Mutation")]`, `#[graphql_object]`, `#[OpenApi(prefix_path = "/v1")]`.
pub(super) fn on_type<'t>(walk: &mut Walk<'t>, path: &SmolStr, decorator: Node<'t>) {
    let Some((name, given)) = attribute(walk, decorator) else { return };
    match name {
        "Object" | "ComplexObject" | "Subscription" | "graphql_object" | "graphql_subscription" => {
            let named = value_of(&given, "name").and_then(|value| text_of_token(value)?.as_literal());
            let own = path.rsplit('.').next().unwrap_or(path).into();
            let handler = Handler::Named(MODULE, Reference::local(path.clone()));
            let service = named.unwrap_or(own);
            walk.draft.wiring.rpcs.push(RpcFact { service, method: None, handler, scope: MODULE });
        }
        "OpenApi" => {
            if let Some(prefix) = value_of(&given, "prefix_path").and_then(text_of_token) {
                let holder = Holder::Named(MODULE, Reference::local(path.clone()));
                walk.draft.wiring.prefixes.push(PrefixFact { holder, prefix, scope: MODULE });
            }
        }
        _ => {}
    }
}

/// `#[oai(path = "/pets/:id", method = "get")]`.
pub(super) fn operation(walk: &mut Walk<'_>, index: u32, given: &[&str]) {
    let Some(pattern) = value_of(given, "path").and_then(text_of_token) else { return };
    let method = value_of(given, "method").and_then(|method| text_of_token(method)?.as_literal());
    let Some(class) = walk.type_path() else { return };
    let methods = method.iter().map(|method| method.to_uppercase().into()).collect();
    let holder = Holder::Named(MODULE, Reference::local(class));
    let handler = Handler::Function(index);
    walk.draft.wiring.routes.push(RouteFact { holder, methods, pattern, handler, scope: MODULE });
}

/// An attribute's name, last segment, and its arguments.
pub(super) fn attribute<'t>(walk: &Walk<'t>, decorator: Node<'t>) -> Option<(&'t str, Vec<&'t str>)> {
    let attribute = children(decorator).into_iter().find(|child| child.kind() == "attribute")?;
    let path = walk.slice(attribute.named_child(0)?);
    let given = attribute.field("arguments").map(|tokens| arguments(walk.slice(tokens)));
    Some((path.rsplit("::").next().unwrap_or(path), given.unwrap_or_default()))
}
