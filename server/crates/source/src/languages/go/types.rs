//! Types of Go: structs with what they embed, fields and parameters whose types tell which methods they have.

use tree_sitter::Node;

use super::syntax::{path_of, receiver};
use crate::{
    field::Field,
    walk::{Walk, children, dotted},
    wiring::{Handler, MODULE, Reference, RpcFact, Scope, Value},
};

/// `type T struct {…}`: its name, what it embeds, and the types of its fields.
pub(super) fn declared<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let (Some(name), Some(body)) = (node.field("name"), node.field("type")) else {
        return;
    };
    let path = walk.path_of(walk.slice(name));
    let mut bases = Vec::new();
    let fields = children(body).into_iter().filter(|_| body.kind() == "struct_type").flat_map(children);
    for field in fields.take(256) {
        let Some(kind) = field.field("type") else { continue };
        let Some(declared) = path_of(walk, kind) else { continue };
        let names: Vec<Node<'t>> =
            field.children_by_field_name("name", &mut field.walk()).filter(Node::is_named).collect();
        for name in &names {
            let member = dotted(&path, walk.slice(*name));
            walk.draft.bind(MODULE, member, Value::Result(Reference::local(declared.clone())));
        }
        if names.is_empty() {
            let last = declared.rsplit('.').next().unwrap_or_default();
            if let Some(service) = unimplemented(last) {
                let handler = Handler::Named(MODULE, Reference::local(path.clone()));
                let service = service.into();
                walk.draft.wiring.rpcs.push(RpcFact { service, method: None, handler, scope: MODULE });
            }
            let member = dotted(&path, last);
            walk.draft.bind(MODULE, member, Value::Result(Reference::local(declared.clone())));
            bases.push(declared);
        }
    }
    walk.draft.add_type(path, bases);
}

/// The receiver and the parameters of a function know the methods of their types; what a function returns has the
/// type that it declares.
pub(super) fn parameters<'t>(walk: &mut Walk<'t>, index: u32, node: Node<'t>) {
    if let Some((name, base)) = receiver(walk, node).filter(|(name, _)| !name.is_empty() && name != "_") {
        walk.draft.bind(index, name, Value::Alias(Reference::local(base)));
    }
    let list = node.field("parameters").map(children).unwrap_or_default();
    for declaration in list.into_iter().take(32) {
        let declared = declaration.field("type");
        let names: Vec<Node<'t>> = declaration
            .children_by_field_name("name", &mut declaration.walk())
            .filter(Node::is_named)
            .collect();
        for name in names {
            variable(walk, index, walk.slice(name), declared);
        }
    }
    let Some(result) = node.field("result") else { return };
    let first = if result.kind() == "parameter_list" {
        children(result).first().and_then(|first| first.field("type"))
    } else {
        Some(result)
    };
    let path = first.and_then(|first| path_of(walk, first));
    if let Some(path) = path.filter(|path| !path.contains('.') && !is_built_in(path)) {
        walk.draft.wiring.returns.push((index, Reference::local(path)));
    }
}

/// A variable whose type is told: a named one, of this package or another.
pub(super) fn variable<'t>(walk: &mut Walk<'t>, scope: Scope, name: &str, declared: Option<Node<'t>>) {
    let path = declared.and_then(|declared| path_of(walk, declared));
    if let Some(path) = path.filter(|path| !is_built_in(path) && path != name && name != "_") {
        walk.draft.bind(scope, name, Value::Result(Reference::local(path)));
    }
}

/// The type of `T{…}`, `&T{…}` and `new(T)`.
pub(super) fn composite<'t>(walk: &Walk<'t>, value: Node<'t>) -> Option<Node<'t>> {
    match value.kind() {
        "composite_literal" => value.field("type"),
        "unary_expression" => {
            let operand = value.field("operand")?;
            operand.field("type").filter(|_| operand.kind() == "composite_literal")
        }
        "call_expression" => {
            let callee = value.field("function")?;
            let list = value.field("arguments").filter(|_| walk.slice(callee) == "new")?;
            list.named_child(0)
        }
        _ => None,
    }
}

/// The service in `UnimplementedGreeterServer`, which implementations embed.
fn unimplemented(name: &str) -> Option<&str> {
    let rest = name.strip_prefix("Unimplemented").or_else(|| name.strip_prefix("Unsafe"))?;
    let service = rest.strip_suffix("Server").or_else(|| rest.strip_suffix("Handler"));
    service.filter(|service| !service.is_empty())
}

fn is_built_in(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "any",
        "bool",
        "byte",
        "complex128",
        "complex64",
        "error",
        "float32",
        "float64",
        "int",
        "int16",
        "int32",
        "int64",
        "int8",
        "rune",
        "string",
        "uint",
        "uint16",
        "uint32",
        "uint64",
        "uint8",
        "uintptr",
        "context.Context",
    ];
    NAMES.contains(&name)
}
