//! Rust expressions as names and texts.

use model::SmolStr;
use tree_sitter::Node;

use super::macros;
use crate::{
    FunctionKind,
    field::Field,
    walk::{FunctionShape, TypeShape, Walk, children},
    wiring::Text,
};

/// A function, method or closure. A closure has no name, even where a variable holds it: people see the function
/// around it.
pub(super) fn function<'t>(walk: &Walk<'t>, node: Node<'t>) -> Option<FunctionShape<'t>> {
    let parameters = node.field("parameters").map(|list| parameters(walk, list)).unwrap_or_default();
    let body = Some(node.field("body")?);
    if node.kind() == "closure_expression" {
        let kind = FunctionKind::Closure;
        return Some(FunctionShape { name: None, anchor: node, kind, receiver: None, parameters, body });
    }
    let anchor = node.field("name")?;
    let kind = if walk.direct_type().is_some() { FunctionKind::Method } else { FunctionKind::Function };
    let name = Some(walk.slice(anchor).into());
    Some(FunctionShape { name, anchor, kind, receiver: None, parameters, body })
}

/// `impl Trait for Type` lends the type's name; its trait is a base.
pub(super) fn type_shape(walk: &Walk<'_>, node: Node<'_>) -> Option<TypeShape> {
    let name = bare_type(walk, node.field("type").or_else(|| node.field("name"))?)?;
    let bases = node.field("trait").and_then(|base| path_of(walk, base)).into_iter().collect();
    Some(TypeShape { name, bases })
}

/// A type's own name, without path, references and arguments.
pub(super) fn bare_type(walk: &Walk<'_>, node: Node<'_>) -> Option<SmolStr> {
    let mut node = node;
    for _ in 0..8 {
        node = match node.kind() {
            "type_identifier" | "primitive_type" | "identifier" => return Some(walk.slice(node).into()),
            "generic_type" | "reference_type" | "pointer_type" => node.field("type")?,
            "scoped_type_identifier" => node.field("name")?,
            "dynamic_type" => node.field("trait")?,
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
                names.push(walk.slice(node.field("name")?).into());
                match node.field("path") {
                    Some(path) => path,
                    None => break,
                }
            }
            "field_expression" => {
                names.push(walk.slice(node.field("field")?).into());
                node.field("value")?
            }
            "generic_type" => node.field("type")?,
            "generic_function" | "call_expression" => node.field("function")?,
            "reference_expression" => node.field("value")?,
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
            "parameter" => node.field("pattern"),
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

/// The arguments of a call.
pub(super) fn arguments<'t>(call: Node<'t>) -> Vec<Node<'t>> {
    let list = call.field("arguments").map(children).unwrap_or_default();
    list.into_iter().filter(|argument| argument.kind() != "attribute_item").collect()
}

/// An expression as text; `None` when it is none, as numbers and structs.
pub(super) fn text_of(walk: &Walk<'_>, node: Node<'_>) -> Option<Text> {
    text_within(walk, node, 12)
}

fn text_within(walk: &Walk<'_>, node: Node<'_>, depth: usize) -> Option<Text> {
    if depth == 0 {
        return Some(Text::hole());
    }
    match node.kind() {
        "string_literal" | "raw_string_literal" => text_of_token(walk.slice(node)),
        "identifier" | "scoped_identifier" | "field_expression" => path_of(walk, node).map(Text::name),
        "reference_expression" => text_within(walk, node.field("value")?, depth - 1),
        "parenthesized_expression" => text_within(walk, node.named_child(0)?, depth - 1),
        "macro_invocation" => {
            let name = walk.slice(node.field("macro")?);
            let tokens = children(node).into_iter().find(|child| child.kind() == "token_tree")?;
            let arguments = macros::arguments(walk.slice(tokens));
            match name.rsplit("::").next().unwrap_or(name) {
                "format" | "concat" | "formatdoc" | "indoc" => macros::format_text(&arguments),
                _ => None,
            }
        }
        "binary_expression" => {
            let operator = walk.slice(node.field("operator")?);
            let mut text = text_within(walk, node.field("left")?, depth - 1).filter(|_| operator == "+")?;
            text.append(text_within(walk, node.field("right")?, depth - 1).unwrap_or_else(Text::hole));
            Some(text)
        }
        "call_expression" => {
            let callee = node.field("function")?;
            if callee.kind() == "field_expression" {
                let name = walk.slice(callee.field("field")?);
                let passes_on = matches!(
                    name,
                    "to_string" | "to_owned" | "into" | "as_str" | "clone" | "as_ref" | "trim"
                );
                return text_within(walk, callee.field("value").filter(|_| passes_on)?, depth - 1);
            }
            let path = path_of(walk, callee)?;
            let passes_on = matches!(
                path.as_str(),
                "String.from" | "Cow.from" | "Cow.Borrowed" | "Uri.from_static" | "Url.parse"
            );
            text_within(walk, arguments(node).first().copied().filter(|_| passes_on)?, depth - 1)
        }
        _ => None,
    }
}

/// A string literal's own text, as it stands among tokens; `format!(…)` too.
pub(super) fn text_of_token(token: &str) -> Option<Text> {
    let token = token.trim();
    if let Some(rest) = token.strip_prefix("format!").or_else(|| token.strip_prefix("std::format!")) {
        return macros::format_text(&macros::arguments(rest));
    }
    if let Some(raw) = token.strip_prefix('r') {
        let inner = raw.trim_matches('#');
        let inner = inner.strip_prefix('"')?.strip_suffix('"')?;
        return Some(Text::literal(inner));
    }
    let inner = token.strip_prefix('"')?.strip_suffix('"')?;
    Some(Text::literal(unescape(inner)))
}

fn unescape(content: &str) -> String {
    if !content.contains('\\') {
        return content.to_owned();
    }
    let mut text = String::with_capacity(content.len());
    let mut characters = content.chars().peekable();
    while let Some(character) = characters.next() {
        if character != '\\' {
            text.push(character);
            continue;
        }
        match characters.next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            // A line break and the white space after it.
            Some('\n') => while characters.next_if(|next| next.is_whitespace()).is_some() {},
            Some(other) => text.push(other),
            None => {}
        }
    }
    text
}
