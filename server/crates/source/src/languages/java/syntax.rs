//! Java expressions as names and texts, and annotations with their elements.

use model::SmolStr;
use tree_sitter::Node;

use super::names::qualified;
use crate::{
    field::Field,
    languages::jvm::annotation::{Annotation, Given},
    languages::texts::{printf_holes, string},
    walk::{Walk, children, dotted},
    wiring::Text,
};

/// How deep an expression is read as text.
const MAX_DEPTH: usize = 64;

/// The annotations of a declaration.
pub(super) fn annotations<'t>(walk: &Walk<'t>, declaration: Node<'t>) -> Vec<Annotation<'t>> {
    let modifiers = declaration.named_child(0).filter(|child| child.kind() == "modifiers");
    let all = modifiers.map(children).unwrap_or_default().into_iter();
    all.filter(|node| matches!(node.kind(), "annotation" | "marker_annotation"))
        .filter_map(|node| annotation(walk, node))
        .collect()
}

fn annotation<'t>(walk: &Walk<'t>, node: Node<'t>) -> Option<Annotation<'t>> {
    let mut annotation = Annotation::new(walk.slice(node.field("name")?));
    let list = node.field("arguments").filter(|_| annotation.is_read());
    for element in list.map(children).unwrap_or_default() {
        let (key, value) = match element.kind() {
            "element_value_pair" => {
                let (key, value) = (element.field("key"), element.field("value"));
                let Some((key, value)) = key.zip(value) else { continue };
                (walk.slice(key), value)
            }
            _ => ("value", element),
        };
        let values =
            if value.kind() == "element_value_array_initializer" { children(value) } else { vec![value] };
        let given = |value: Node<'t>| Given { word: walk.slice(value), text: text_of(walk, value) };
        annotation.add(key, values.into_iter().map(given).collect());
    }
    Some(annotation)
}

/// A name with dots; fields of the classes around have their class before them.
pub(super) fn path_of(walk: &Walk<'_>, node: Node<'_>) -> Option<SmolStr> {
    let mut names: Vec<&str> = Vec::new();
    let mut at = node;
    loop {
        match at.kind() {
            "identifier" => {
                let root = qualified(walk, walk.slice(at));
                names.reverse();
                return Some(dotted(&root, &names.join(".")));
            }
            "this" | "super" => {
                names.reverse();
                return Some(dotted(&walk.type_path()?, &names.join(".")));
            }
            "field_access" => {
                let field = at.field("field")?;
                if field.kind() == "identifier" {
                    names.push(walk.slice(field));
                }
                at = at.field("object")?;
            }
            _ => return None,
        }
    }
}

/// The name of a type, its arguments dropped.
pub(super) fn type_name(walk: &Walk<'_>, node: Node<'_>) -> Option<SmolStr> {
    match node.kind() {
        "type_identifier" | "identifier" | "scoped_identifier" | "scoped_type_identifier" => {
            let text = walk.slice(node);
            let is_plain = text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '$'));
            is_plain.then(|| text.into())
        }
        "generic_type" => type_name(walk, node.named_child(0)?),
        _ => None,
    }
}

/// The arguments of a call, in order.
pub(super) fn arguments(call: Node<'_>) -> Vec<Node<'_>> {
    call.field("arguments").map(children).unwrap_or_default()
}

/// An expression as text; `None` when it is none.
pub(super) fn text_of(walk: &Walk<'_>, node: Node<'_>) -> Option<Text> {
    text_within(walk, node, MAX_DEPTH)
}

fn text_within(walk: &Walk<'_>, node: Node<'_>, depth: usize) -> Option<Text> {
    if depth == 0 {
        return Some(Text::hole());
    }
    let inner = |node: Node<'_>| text_within(walk, node, depth - 1).unwrap_or_else(Text::hole);
    match node.kind() {
        "string_literal" => Some(Text::literal(string(walk, node))),
        "character_literal" => Some(Text::literal(walk.slice(node).trim_matches('\''))),
        "identifier" | "field_access" => Some(Text::name(path_of(walk, node)?)),
        "parenthesized_expression" => text_within(walk, node.named_child(0)?, depth - 1),
        "binary_expression" => {
            if walk.slice(node.field("operator")?) != "+" {
                return None;
            }
            let mut text = inner(node.field("left")?);
            text.append(inner(node.field("right")?));
            text.is_telling().then_some(text)
        }
        "method_invocation" => called(walk, node, depth),
        "object_creation_expression" => {
            let class = type_name(walk, node.field("type")?)?;
            let first = arguments(node).first().copied().filter(|_| matches!(class.as_str(), "URI" | "URL"));
            text_within(walk, first?, depth - 1)
        }
        _ => None,
    }
}

/// Calls that give text, with what of it is known.
fn called(walk: &Walk<'_>, node: Node<'_>, depth: usize) -> Option<Text> {
    let name = walk.slice(node.field("name")?);
    let object = node.field("object");
    let class = object.map(|object| walk.slice(object)).unwrap_or_default();
    let first = || arguments(node).first().copied();
    match (class, name) {
        ("String", "format") => {
            let template = text_within(walk, first()?, depth - 1)?.as_literal()?;
            Some(printf_holes(&template))
        }
        (_, "formatted") => {
            let template = text_within(walk, object?, depth - 1)?.as_literal()?;
            Some(printf_holes(&template))
        }
        ("URI", "create") => text_within(walk, first()?, depth - 1),
        (_, "strip" | "trim" | "stripIndent" | "intern") => text_within(walk, object?, depth - 1),
        _ => None,
    }
}
