//! Ktor's routes: `routing { route("/x") { get("/y") { … } } }`, in functions on `Route` as well.

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use super::syntax::{arguments, callee, child_of_kind, receiver, text_of, type_name};
use crate::{
    field::Field,
    languages::{
        java::names::qualified_type,
        jvm::{annotation::Annotation, joined},
    },
    walk::{Walk, children},
    wiring::{
        Binding, Handler, Holder, META, MODULE, MountFact, PrefixFact, Reference, RouteFact, Text, Value,
    },
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

/// `@Resource("/plays") class Plays { @Resource("{id}") class Id(val parent: Plays, …) }`: a path that is a type.
pub(super) fn resource<'t>(walk: &mut Walk<'t>, class: Node<'t>, path: &SmolStr, all: &[Annotation<'t>]) {
    let given = all.iter().find(|annotation| matches!(annotation.name, "Resource" | "Location"));
    let Some(prefix) = given.and_then(|given| given.text(&["value", "path"])) else { return };
    let is_ktor = |binding: &Binding| matches!(&binding.value, Value::Import(module, _) if module.starts_with("io.ktor"));
    if !walk.draft.wiring.bindings.iter().any(is_ktor) {
        return;
    }
    walk.draft.bind(MODULE, format_smolstr!("{path}.{META}"), Value::Other);
    let holder = |path: &str| Holder::Named(MODULE, Reference::local(format_smolstr!("{path}.{META}")));
    walk.draft.wiring.prefixes.push(PrefixFact { holder: holder(path), prefix, scope: MODULE });
    let constructor = child_of_kind(class, "primary_constructor");
    let list = constructor.and_then(|node| child_of_kind(node, "class_parameters")).map(children);
    for parameter in list.unwrap_or_default() {
        let name = child_of_kind(parameter, "identifier").map(|name| walk.slice(name));
        let class = child_of_kind(parameter, "user_type").and_then(|class| type_name(walk, class));
        if let Some(class) = class.filter(|_| name == Some("parent")) {
            let (parent, child) = (holder(&qualified_type(walk, &class)), holder(path));
            let prefix = Text::default();
            walk.draft.wiring.mounts.push(MountFact { parent, child, prefix, scope: MODULE });
        }
    }
}

/// `get<Plays.Id> { … }`, which the grammar takes for two comparisons.
pub(super) fn typed_route<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let Some(lambda) = node.field("right").filter(|right| right.kind() == "lambda_literal") else { return };
    let Some(inner) = node.field("left").filter(|left| left.kind() == "binary_expression") else { return };
    let (Some(name), Some(class)) = (inner.field("left"), inner.field("right")) else { return };
    let Some(method) = verb(walk.slice(name)) else { return };
    let class = walk.slice(class);
    let is_class = class.starts_with(|c: char| c.is_uppercase())
        && class.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_'));
    let Some((outer, prefix)) = around(walk).filter(|_| is_class) else { return };
    let scope = walk.scope();
    let holder = |path: &str| Holder::Named(scope, Reference::local(format_smolstr!("{path}.{META}")));
    if outer != Holder::App || !prefix.0.is_empty() {
        let child = holder(class.split('.').next().unwrap_or(class));
        walk.draft.wiring.mounts.push(MountFact { parent: outer, child, prefix, scope });
    }
    walk.draft.wiring.routes.push(RouteFact {
        holder: holder(class),
        methods: vec![SmolStr::new_static(method)],
        pattern: Text::default(),
        handler: Handler::At(lambda.start_byte() as u32),
        scope,
    });
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
