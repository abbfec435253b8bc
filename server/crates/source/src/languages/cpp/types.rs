//! C++ classes, and what variables, members, parameters and constants are.

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use super::{
    calls,
    names::{bound, know, path_of_segments, segments},
    syntax::{arguments, class_around, declarator_of, path_of, text_of},
};
use crate::{
    field::Field,
    walk::{Walk, children, dotted},
    wiring::{Handler, MODULE, Reference, RpcFact, Scope, Text, Value},
};

/// The class was entered: its bases are reduced to names that are found, and gRPC's tell which service it answers.
pub(super) fn entered(walk: &mut Walk<'_>) {
    let Some(path) = walk.type_path() else { return };
    let Some(fact) = walk.draft.wiring.types.last_mut() else { return };
    let written = std::mem::take(&mut fact.bases);
    let services: Vec<SmolStr> = written.iter().filter_map(|base| service_of(base)).collect();
    let bases: Vec<SmolStr> = written
        .iter()
        .filter_map(|base| path_of_segments(&base.split('.').collect::<Vec<_>>()[..]))
        .map(|base| base.rsplit('.').next().map(SmolStr::from).unwrap_or(base))
        .filter(|base| services.is_empty() && *base != path)
        .collect();
    fact.bases = bases.clone();
    bases.iter().for_each(|base| know(walk, base));
    for service in services {
        let handler = Handler::Named(MODULE, Reference::local(path.clone()));
        walk.draft.wiring.rpcs.push(RpcFact { service, method: None, handler, scope: MODULE });
    }
}

/// `Tides` of `v1::Tides::Service`, `Tides::CallbackService`, `Tides::WithAsyncMethod_Watch<…>`.
fn service_of(base: &str) -> Option<SmolStr> {
    let parts: Vec<&str> = base.split('.').collect();
    let [.., service, kind] = parts.as_slice() else { return None };
    let is_service = matches!(
        *kind,
        "Service" | "AsyncService" | "CallbackService" | "ExperimentalCallbackService" | "StreamedService"
    );
    let is_part = kind.starts_with("With") && kind.contains("Method_");
    (is_service || is_part).then(|| (*service).into())
}

/// Parameters know the methods of their types.
pub(super) fn parameters<'t>(walk: &mut Walk<'t>, index: u32, node: Node<'t>) {
    let list = declarator_of(node).and_then(|function| function.field("parameters"));
    for parameter in list.map(children).unwrap_or_default().into_iter().take(32) {
        let Some(name) = declarator_of(parameter).filter(|name| name.kind() == "identifier") else {
            continue;
        };
        typed(walk, index, walk.slice(name).into(), parameter);
    }
}

/// Declarations with a value, members, later values, and macros that stand for a text.
pub(super) fn bind<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    match node.kind() {
        "preproc_def" => defined(walk, node),
        "assignment_expression" => assigned(walk, node),
        "field_declaration" => field(walk, node),
        _ => declared(walk, node),
    }
}

/// `#define NAME "text"`.
fn defined<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let (Some(name), Some(value)) = (node.field("name"), node.field("value")) else {
        return;
    };
    let value = walk.slice(value).trim();
    let inner = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    if let Some(inner) = inner.filter(|inner| !inner.contains('"')) {
        bound_to(walk, MODULE, walk.slice(name).into(), Value::Text(Text::literal(inner)));
    }
}

/// A variable with its first value, or one of a type that is known.
fn declared<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let declarators: Vec<Node<'t>> = node.children_by_field_name("declarator", &mut node.walk()).collect();
    for declarator in declarators.into_iter().take(8) {
        let Some(name) = name_of(declarator) else { continue };
        let is_member = name.kind() == "qualified_identifier";
        let Some(path) = path_of(walk, name) else { continue };
        let scope = if is_member { MODULE } else { walk.scope() };
        let value = Some(declarator).filter(|node| node.kind() == "init_declarator");
        let value = value.and_then(|declarator| declarator.field("value"));
        if let Some(value) = value {
            calls::tracer(walk, scope, &path, value);
        }
        if let Some(list) = value.filter(|value| matches!(value.kind(), "argument_list" | "initializer_list"))
            && let Some(class) = node.field("type")
        {
            calls::constructed(walk, declarator, class, &children(list));
        }
        let text = value.and_then(|value| initial(walk, value));
        let class = node.field("type").map(|class| walk.slice(class)).unwrap_or_default();
        if let Some(text) = text.clone().filter(|_| class.ends_with("Blueprint")) {
            super::routes::blueprint(walk, &path, text);
        }
        match text {
            Some(text) => bound_to(walk, scope, path, Value::Text(text)),
            None => typed(walk, scope, path, node),
        }
    }
}

/// The text that `= "a"`, `{"a"}` and `("a")` give.
fn initial(walk: &Walk<'_>, value: Node<'_>) -> Option<Text> {
    let inner = match value.kind() {
        "argument_list" if value.named_child_count() == 1 => value.named_child(0)?,
        _ => value,
    };
    text_of(walk, inner)
}

fn name_of(declarator: Node<'_>) -> Option<Node<'_>> {
    let inner = match declarator.kind() {
        "identifier" | "qualified_identifier" | "field_identifier" => declarator,
        _ => declarator_of(declarator)?,
    };
    matches!(inner.kind(), "identifier" | "qualified_identifier" | "field_identifier").then_some(inner)
}

/// A member: a constant with its value, or of a type that is known.
fn field<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let Some(around) = walk.type_path() else { return };
    let Some(name) = node.field("declarator").and_then(name_of) else { return };
    let path = dotted(&around, walk.slice(name));
    let value = node.field("default_value").and_then(|value| text_of(walk, value));
    match value {
        Some(text) => bound_to(walk, MODULE, path, Value::Text(text)),
        None => typed(walk, MODULE, path, node),
    }
}

/// A later value of a variable: one more that its name may stand for.
fn assigned<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let (Some(left), Some(right)) = (node.field("left"), node.field("right")) else {
        return;
    };
    let Some(path) = path_of(walk, left) else { return };
    let is_local = left.kind() == "identifier";
    let scope = if is_local { walk.scope() } else { MODULE };
    calls::tracer(walk, scope, &path, right);
    // Members are known in other files and by other names, too: what they hold later is not followed.
    if is_local && !path.ends_with('_') {
        let is_plain = node.field("operator").is_some_and(|operator| walk.slice(operator) == "=");
        let text = text_of(walk, right).filter(|_| is_plain).unwrap_or_else(Text::hole);
        bound_to(walk, scope, path, Value::Text(text));
    }
}

/// `name` has the type of `declaration`, whatever holds it: a pointer, a reference, a smart pointer.
fn typed<'t>(walk: &mut Walk<'t>, scope: Scope, name: SmolStr, declaration: Node<'t>) {
    let Some(declared) = declaration.field("type") else { return };
    let held = pointee(declared).unwrap_or(declared);
    if !matches!(held.kind(), "type_identifier" | "qualified_identifier" | "template_type") {
        return;
    }
    let names = segments(walk, held);
    if let [.., service, "AsyncService"] = names.as_slice() {
        // Calls on it tell which methods are answered.
        walk.draft.bind(MODULE, calls::ASYNC_SERVICE, Value::Text(Text::literal(*service)));
    }
    let Some(class) = names.last().filter(|class| super::names::is_class(class)) else { return };
    if matches!(*class, "String" | "Status" | "Json" | "Value") || name == *class {
        return;
    }
    bound_to(walk, scope, name, Value::Result(Reference::local(*class)));
    know(walk, class);
}

/// What a smart pointer points to.
fn pointee(declared: Node<'_>) -> Option<Node<'_>> {
    let mut at = declared;
    while at.kind() == "qualified_identifier" {
        at = at.field("name")?;
    }
    let list = at.field("arguments").filter(|_| at.kind() == "template_type")?;
    let first = list.named_child(0)?;
    if list.named_child_count() == 1 { first.field("type") } else { None }
}

fn bound_to(walk: &mut Walk<'_>, scope: Scope, name: SmolStr, value: Value) {
    let root = name.split('.').next().unwrap_or(&name);
    if scope == MODULE && !matches!(value, Value::Result(_)) {
        walk.draft.marks.insert(bound(root));
    }
    walk.draft.bind(scope, name, value);
}

/// The name by which a callee is looked up from a method: one of its own class.
pub(super) fn own_member(walk: &Walk<'_>, name: &str) -> Option<SmolStr> {
    class_around(walk).map(|class| format_smolstr!("{class}.{name}"))
}

/// Whether the call takes a function in place: its arguments hold a lambda.
pub(super) fn takes_lambda(call: Node<'_>) -> bool {
    arguments(call).iter().any(|argument| argument.kind() == "lambda_expression")
}
