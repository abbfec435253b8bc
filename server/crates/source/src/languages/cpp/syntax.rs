//! C++ expressions as names and texts, and the declarators of functions.

use model::SmolStr;
use tree_sitter::Node;

use super::names::{path_of_segments, segments};
use crate::{
    FunctionKind,
    field::Field,
    languages::texts::string,
    walk::{Walk, children, dotted},
    wiring::{Piece, Text},
};

/// How deep an expression is read as text or name.
const MAX_DEPTH: usize = 64;

/// The declarator below pointers and references that names a function or variable.
pub(super) fn declarator_of(node: Node<'_>) -> Option<Node<'_>> {
    let mut at = node.field("declarator")?;
    for _ in 0..MAX_DEPTH {
        match at.kind() {
            "pointer_declarator" | "array_declarator" | "init_declarator" | "attributed_declarator" => {
                at = at.field("declarator").or_else(|| at.named_child(0))?;
            }
            "reference_declarator" | "parenthesized_declarator" | "variadic_declarator" => {
                at = children(at).into_iter().last()?;
            }
            _ => return Some(at),
        }
    }
    None
}

/// Names of parameters.
pub(super) fn parameters_of(walk: &Walk<'_>, function: Node<'_>) -> Vec<SmolStr> {
    let list = function.field("parameters").map(children).unwrap_or_default();
    let name = |parameter: Node<'_>| match declarator_of(parameter) {
        Some(name) if name.kind() == "identifier" => walk.slice(name).into(),
        _ => SmolStr::default(),
    };
    let all = list.into_iter().filter(|parameter| parameter.kind().ends_with("parameter_declaration"));
    all.map(name).collect()
}

/// The arguments of a call, in order.
pub(super) fn arguments(call: Node<'_>) -> Vec<Node<'_>> {
    call.field("arguments").map(children).unwrap_or_default()
}

/// The called name and its node: the last segment.
pub(super) fn called<'t>(walk: &Walk<'t>, call: Node<'t>) -> Option<(Node<'t>, &'t str)> {
    let mut at = call.field("function")?;
    for _ in 0..MAX_DEPTH {
        match at.kind() {
            "identifier" | "field_identifier" => return Some((at, walk.slice(at))),
            "field_expression" => at = at.field("field")?,
            "qualified_identifier" | "template_function" | "template_method" => {
                at = at.field("name")?;
            }
            "dependent_name" => at = at.named_child(0)?,
            _ => return None,
        }
    }
    None
}

/// What a method is called on.
pub(super) fn object_of(call: Node<'_>) -> Option<Node<'_>> {
    let function = call.field("function").filter(|function| function.kind() == "field_expression")?;
    function.field("argument")
}

/// A name with dots: `x`, `this->x`, `a.b->c`, `Class::member`.
pub(super) fn path_of(walk: &Walk<'_>, node: Node<'_>) -> Option<SmolStr> {
    let mut names: Vec<&str> = Vec::new();
    let mut at = node;
    for _ in 0..MAX_DEPTH {
        let root: SmolStr = match at.kind() {
            "identifier" => walk.slice(at).into(),
            "qualified_identifier" => path_of_segments(&segments(walk, at))?,
            "this" => class_around(walk)?,
            "field_expression" => {
                names.push(walk.slice(at.field("field")?));
                at = at.field("argument")?;
                continue;
            }
            "pointer_expression" => {
                at = at.field("argument")?;
                continue;
            }
            "parenthesized_expression" => {
                at = at.named_child(0)?;
                continue;
            }
            _ => return None,
        };
        names.reverse();
        return Some(dotted(&root, &names.join(".")));
    }
    None
}

/// The class whose method is around, also where its body stands outside of the class.
pub(super) fn class_around(walk: &Walk<'_>) -> Option<SmolStr> {
    let mut at = walk.function_around();
    while let Some(function) = at.and_then(|at| walk.draft.functions.get(at as usize)) {
        if function.kind == FunctionKind::Method {
            let outer = function.key.path.strip_suffix(function.name.as_str())?;
            return Some(outer.trim_end_matches('.').into());
        }
        at = function.parent;
    }
    walk.type_path()
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
        "raw_string_literal" => {
            let content = children(node).into_iter().find(|part| part.kind() == "raw_string_content");
            Some(Text::literal(content.map(|content| walk.slice(content)).unwrap_or_default()))
        }
        "user_defined_literal" | "parenthesized_expression" => {
            text_within(walk, node.named_child(0)?, depth - 1)
        }
        "concatenated_string" => {
            let mut text = Text::default();
            children(node).into_iter().for_each(|part| text.append(inner(part)));
            Some(text)
        }
        "identifier" => Some(named(walk, walk.slice(node))),
        "qualified_identifier" => Some(Text::name(path_of(walk, node)?)),
        "field_expression" => Some(Text::name(path_of(walk, node)?)),
        "binary_expression" => {
            if walk.slice(node.field("operator")?) != "+" {
                return None;
            }
            let mut text = inner(node.field("left")?);
            text.append(inner(node.field("right")?));
            text.is_telling().then_some(text)
        }
        "call_expression" => made(walk, node, depth),
        "initializer_list" if node.named_child_count() == 1 => {
            text_within(walk, node.named_child(0)?, depth - 1)
        }
        _ => None,
    }
}

/// A variable, or the name of the function around.
fn named(walk: &Walk<'_>, name: &str) -> Text {
    if !matches!(name, "__func__" | "__FUNCTION__") {
        return Text::name(name);
    }
    let function = walk.function_around().and_then(|at| walk.draft.functions.get(at as usize));
    match function.filter(|function| function.kind != FunctionKind::Closure) {
        Some(function) => Text::literal(function.name.clone()),
        // Compilers call the body of a lambda so.
        None => Text::literal("operator()"),
    }
}

/// Calls that give text, with what of it is known.
fn made(walk: &Walk<'_>, node: Node<'_>, depth: usize) -> Option<Text> {
    let (_, name) = called(walk, node)?;
    let list = arguments(node);
    let first = || text_within(walk, *list.first()?, depth - 1);
    match name {
        "string" | "string_view" | "move" | "String" | "ref" if list.len() == 1 => first(),
        "c_str" | "data" | "str" | "view" if list.is_empty() => {
            text_within(walk, object_of(node)?, depth - 1)
        }
        "StrCat" => {
            let mut text = Text::default();
            for part in &list {
                text.append(text_within(walk, *part, depth - 1).unwrap_or_else(Text::hole));
            }
            text.is_telling().then_some(text)
        }
        "StrFormat" | "StringPrintf" => Some(holes(&first()?.as_literal()?, '%')),
        "format" => Some(holes(&first()?.as_literal()?, '{')),
        _ => None,
    }
}

/// `%s` and `{}` with their like as holes; doubled they are themselves.
fn holes(template: &str, mark: char) -> Text {
    let mut text = Text::default();
    let mut rest = template;
    while let Some(start) = rest.find(mark) {
        text.append(Text::literal(&rest[..start]));
        let after = &rest[start + 1..];
        if after.starts_with(mark) {
            text.append(Text::literal(mark.to_string()));
            rest = &after[1..];
            continue;
        }
        let end = match mark {
            '{' => after.find('}'),
            _ => after.find(|c: char| c.is_ascii_alphabetic() && !matches!(c, 'l' | 'h' | 'z')),
        };
        let Some(end) = end else { break };
        text.append(Text::hole());
        rest = &after[end + 1..];
    }
    text.append(Text::literal(rest.replace("}}", "}")));
    text.0.retain(|piece| !matches!(piece, Piece::Literal(literal) if literal.is_empty()));
    text
}
