//! Ktor's routes: `routing { route("/x") { get("/y") { … } } }`, in functions on `Route` as well.

use model::SmolStr;
use tree_sitter::Node;

use super::syntax::{arguments, callee, child_of_kind, receiver, text_of};
use crate::{
    field::Field,
    languages::jvm::joined,
    walk::Walk,
    wiring::{Handler, Holder, MountFact, Reference, RouteFact, Text},
};

/// A route or a mount of one, where the call stands among routes.
pub(super) fn call<'t>(walk: &mut Walk<'t>, call: Node<'t>, lambda: Option<Node<'t>>) {
    let Some((None, name)) = callee(call) else { return };
    let name = walk.slice(name);
    let Some((holder, prefix)) = around(walk) else { return };
    let scope = walk.scope();
    let Some(method) = verb(name) else {
        if lambda.is_none() {
            let child = Holder::Result(scope, Reference::local(name));
            walk.draft.wiring.mounts.push(MountFact { parent: holder, child, prefix, scope });
        }
        return;
    };
    let Some(lambda) = lambda else { return };
    let Some(pattern) = join(prefix, &arguments(call), walk) else { return };
    let handler = Handler::At(lambda.start_byte() as u32);
    let methods = vec![SmolStr::new_static(method)];
    walk.draft.wiring.routes.push(RouteFact { holder, methods, pattern, handler, scope });
}

/// The call with its arguments, and its lambda; `None` for the inner part of such a call.
pub(super) fn with_lambda<'t>(walk: &Walk<'t>, node: Node<'t>) -> Option<(Node<'t>, Option<Node<'t>>)> {
    let lambda = lambda_of(node);
    let is_inner = walk.ancestor(0).is_some_and(|outer| {
        outer.kind() == "call_expression" && outer.named_child(0) == Some(node) && lambda_of(outer).is_some()
    });
    if is_inner {
        return None;
    }
    let head = node.named_child(0)?;
    Some((if head.kind() == "call_expression" && lambda.is_some() { head } else { node }, lambda))
}

fn lambda_of(call: Node<'_>) -> Option<Node<'_>> {
    child_of_kind(child_of_kind(call, "annotated_lambda")?, "lambda_literal")
}

/// What the routes around the current call are declared on, and the prefix from there; `None` outside of routes.
fn around(walk: &Walk<'_>) -> Option<(Holder, Text)> {
    let mut prefixes: Vec<Text> = Vec::new();
    let mut holder = None;
    let mut inner: Option<Node<'_>> = None;
    for node in walk.ancestors.iter().rev().copied() {
        if node.kind() == "function_declaration" {
            let on = receiver(walk, node)?;
            let is_route = matches!(on.as_str(), "Route" | "Routing");
            holder = is_route.then(|| walk.function_named(node)).flatten().map(Holder::Returned);
            break;
        }
        let is_lambda_call =
            node.kind() == "call_expression" && inner.is_some_and(|inner| inner.kind() == "annotated_lambda");
        inner = Some(node);
        if !is_lambda_call {
            continue;
        }
        let head = node.named_child(0)?;
        let call = if head.kind() == "call_expression" { head } else { node };
        let (object, name) = callee(call)?;
        match walk.slice(name) {
            "routing" => {
                holder = Some(Holder::App);
                break;
            }
            "install" if arguments(call).first().is_some_and(|plugin| walk.slice(*plugin) == "Routing") => {
                holder = Some(Holder::App);
                break;
            }
            "route" if object.is_none() => prefixes.push(join(Text::default(), &arguments(call), walk)?),
            "authenticate" | "rateLimit" | "host" | "accept" | "contentType" => {}
            _ => return None,
        }
    }
    let mut whole = Text::default();
    for prefix in prefixes.into_iter().rev() {
        whole = joined(whole, prefix);
    }
    Some((holder?, whole))
}

/// `prefix` and the path that a call's first argument gives; `None` when that is not known.
fn join(prefix: Text, arguments: &[Node<'_>], walk: &Walk<'_>) -> Option<Text> {
    match arguments.first() {
        Some(path) => Some(joined(prefix, text_of(walk, *path)?)),
        None => Some(prefix),
    }
}

fn verb(name: &str) -> Option<&'static str> {
    Some(match name {
        "get" => "GET",
        "post" => "POST",
        "put" => "PUT",
        "patch" => "PATCH",
        "delete" => "DELETE",
        "head" => "HEAD",
        "options" => "OPTIONS",
        _ => return None,
    })
}

impl Walk<'_> {
    /// The number of the function around whose name stands where the one of `declaration` does.
    fn function_named(&self, declaration: Node<'_>) -> Option<u32> {
        let start = declaration.field("name")?.start_byte() as u32;
        let functions = self.draft.functions.iter().rposition(|function| function.name_range.start == start);
        functions.map(|at| at as u32)
    }
}
