//! Rust expressions as names and texts.

use model::SmolStr;
use tree_sitter::Node;

use crate::{
    FunctionKind,
    walk::{FunctionShape, TypeShape, Walk, children},
};

/// A function, method or closure. A closure has no name, even where a variable holds it: people see the function
/// around it.
pub(super) fn function<'t>(walk: &Walk<'t>, node: Node<'t>) -> Option<FunctionShape<'t>> {
    let parameters =
        node.child_by_field_name("parameters").map(|list| parameters(walk, list)).unwrap_or_default();
    let body = Some(node.child_by_field_name("body")?);
    if node.kind() == "closure_expression" {
        let kind = FunctionKind::Closure;
        return Some(FunctionShape { name: None, anchor: node, kind, receiver: None, parameters, body });
    }
    let anchor = node.child_by_field_name("name")?;
    let kind = if walk.direct_type().is_some() { FunctionKind::Method } else { FunctionKind::Function };
    let name = Some(walk.slice(anchor).into());
    Some(FunctionShape { name, anchor, kind, receiver: None, parameters, body })
}

/// `impl Trait for Type` lends the type's name; its trait is a base.
pub(super) fn type_shape(walk: &Walk<'_>, node: Node<'_>) -> Option<TypeShape> {
    let name =
        bare_type(walk, node.child_by_field_name("type").or_else(|| node.child_by_field_name("name"))?)?;
    let bases = node.child_by_field_name("trait").and_then(|base| path_of(walk, base)).into_iter().collect();
    Some(TypeShape { name, bases })
}

/// A type's own name, without path, references and arguments.
pub(super) fn bare_type(walk: &Walk<'_>, node: Node<'_>) -> Option<SmolStr> {
    let mut node = node;
    for _ in 0..8 {
        node = match node.kind() {
            "type_identifier" | "primitive_type" | "identifier" => return Some(walk.slice(node).into()),
            "generic_type" | "reference_type" | "pointer_type" => node.child_by_field_name("type")?,
            "scoped_type_identifier" => node.child_by_field_name("name")?,
            "dynamic_type" => node.child_by_field_name("trait")?,
            _ => return Some(walk.slice(node).split_whitespace().collect::<String>().into()),
        };
    }
    None
}

/// A path with dots: `crate::shop::Cart` is `crate.shop.Cart`, `Self` the type around it; calls are passed over.
pub(super) fn path_of(walk: &Walk<'_>, node: Node<'_>) -> Option<SmolStr> {
    let mut names: Vec<SmolStr> = Vec::new();
    let mut node = node;
    for _ in 0..24 {
        node = match node.kind() {
            "identifier" | "type_identifier" | "crate" | "super" | "field_identifier" | "metavariable" => {
                let name = walk.slice(node);
                names.push(if name == "Self" { walk.type_path()? } else { name.into() });
                break;
            }
            "self" => {
                names.push(walk.type_path().unwrap_or_else(|| "self".into()));
                break;
            }
            "scoped_identifier" | "scoped_type_identifier" => {
                names.push(walk.slice(node.child_by_field_name("name")?).into());
                match node.child_by_field_name("path") {
                    Some(path) => path,
                    None => break,
                }
            }
            "field_expression" => {
                names.push(walk.slice(node.child_by_field_name("field")?).into());
                node.child_by_field_name("value")?
            }
            "generic_type" => node.child_by_field_name("type")?,
            "generic_function" | "call_expression" => node.child_by_field_name("function")?,
            "reference_expression" => node.child_by_field_name("value")?,
            "await_expression" | "try_expression" | "parenthesized_expression" => node.named_child(0)?,
            _ => return None,
        };
    }
    names.reverse();
    Some(names.join(".").into())
}

fn parameters(walk: &Walk<'_>, list: Node<'_>) -> Vec<SmolStr> {
    let name = |node: Node<'_>| -> SmolStr {
        let pattern = match node.kind() {
            "self_parameter" => return "self".into(),
            "parameter" => node.child_by_field_name("pattern"),
            _ => Some(node),
        };
        let mut pattern = pattern;
        while let Some(inner) =
            pattern.filter(|pattern| matches!(pattern.kind(), "mut_pattern" | "ref_pattern"))
        {
            pattern = inner.named_child(inner.named_child_count().saturating_sub(1) as u32);
        }
        let named = pattern.filter(|pattern| pattern.kind() == "identifier");
        named.map(|named| walk.slice(named).into()).unwrap_or_default()
    };
    children(list).into_iter().filter(|node| node.kind() != "attribute_item").map(name).collect()
}
