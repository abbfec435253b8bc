//! Python expressions as names and texts.

use model::SmolStr;
use tree_sitter::Node;

use crate::{
    field::Field,
    walk::{Walk, children, dotted},
    wiring::{Piece, Text},
};

/// Expressions nest no deeper than this in code that names things.
const MAX_DEPTH: usize = 12;

/// A name with dots, `self` and `cls` replaced by the class; calls in between are passed over, so that
/// `Gateway().charge` reads `Gateway.charge`.
pub(super) fn path_of(walk: &Walk<'_>, node: Node<'_>) -> Option<SmolStr> {
    path_within(walk, node, MAX_DEPTH)
}

fn path_within(walk: &Walk<'_>, node: Node<'_>, depth: usize) -> Option<SmolStr> {
    if depth == 0 {
        return None;
    }
    match node.kind() {
        "identifier" => match walk.slice(node) {
            "self" | "cls" => walk.type_path().or(Some(walk.slice(node).into())),
            "super" => None,
            name => Some(name.into()),
        },
        "attribute" => {
            let object = path_within(walk, node.field("object")?, depth - 1)?;
            Some(dotted(&object, walk.slice(node.field("attribute")?)))
        }
        "call" => path_within(walk, node.field("function")?, depth - 1),
        "parenthesized_expression" | "await" => path_within(walk, node.named_child(0)?, depth - 1),
        _ => None,
    }
}

/// The positional arguments of a call.
pub(super) fn positional<'t>(call: Node<'t>) -> Vec<Node<'t>> {
    let list = call.field("arguments").map(children).unwrap_or_default();
    let is_plain = |node: &Node<'_>| {
        !matches!(node.kind(), "keyword_argument" | "list_splat" | "dictionary_splat" | "comment")
    };
    list.into_iter().filter(is_plain).collect()
}

/// The value of a keyword argument of a call.
pub(super) fn keyword<'t>(walk: &Walk<'t>, call: Node<'t>, name: &str) -> Option<Node<'t>> {
    let list = children(call.field("arguments")?);
    let named = list.into_iter().find(|argument| {
        argument.kind() == "keyword_argument"
            && argument.field("name").is_some_and(|key| walk.slice(key) == name)
    });
    named?.field("value")
}

/// The argument at `at`, else the one under a keyword.
pub(super) fn argument<'t>(walk: &Walk<'t>, call: Node<'t>, at: usize, name: &str) -> Option<Node<'t>> {
    positional(call).get(at).copied().or_else(|| keyword(walk, call, name))
}

/// The literal texts of a list or tuple: `methods=["GET", "POST"]`.
pub(super) fn literals(walk: &Walk<'_>, list: Node<'_>) -> Vec<SmolStr> {
    children(list).into_iter().filter_map(|item| text_of(walk, item)?.as_literal()).collect()
}

/// An expression as text; `None` when it is none, as numbers and lists.
pub(super) fn text_of(walk: &Walk<'_>, node: Node<'_>) -> Option<Text> {
    text_within(walk, node, MAX_DEPTH)
}

/// What an expression may be: both sides of `a or b`, and of `a if x else b`.
pub(super) fn alternatives<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    let parts = match node.kind() {
        "boolean_operator" => [node.field("left"), node.field("right")],
        "conditional_expression" => [node.named_child(0), node.named_child(2)],
        _ => return vec![node],
    };
    parts.into_iter().flatten().collect()
}

fn text_within(walk: &Walk<'_>, node: Node<'_>, depth: usize) -> Option<Text> {
    if depth == 0 {
        return Some(Text::hole());
    }
    let inner = |node: Node<'_>| text_within(walk, node, depth - 1).unwrap_or_else(Text::hole);
    match node.kind() {
        "string" => Some(string(walk, node, depth)),
        "concatenated_string" => {
            let mut text = Text::default();
            children(node).into_iter().for_each(|part| text.append(inner(part)));
            Some(text)
        }
        "identifier" | "attribute" => {
            let path = path_of(walk, node)?;
            let class = path.strip_suffix(".__name__").or_else(|| path.strip_suffix(".__qualname__"));
            let class =
                class.filter(|class| !class.contains('.') && class.starts_with(|c: char| c.is_uppercase()));
            Some(class.map_or_else(|| Text::name(path.clone()), Text::literal))
        }
        // `NAMES["load"]`.
        "subscript" => {
            let path = path_of(walk, node.field("value")?)?;
            let key = text_within(walk, node.field("subscript")?, depth - 1)?.as_literal()?;
            Some(Text::name(dotted(&path, &key)))
        }
        "parenthesized_expression" => text_within(walk, node.named_child(0)?, depth - 1),
        "binary_operator" => {
            let left = text_within(walk, node.field("left")?, depth - 1)?;
            match walk.slice(node.field("operator")?) {
                "+" => {
                    let mut text = left;
                    text.append(inner(node.field("right")?));
                    Some(text)
                }
                "%" => Some(with_holes(&left.as_literal()?, printf_hole)),
                _ => None,
            }
        }
        "call" => called(walk, node, depth),
        _ => None,
    }
}

/// Calls that give text, with what of it is known.
fn called(walk: &Walk<'_>, node: Node<'_>, depth: usize) -> Option<Text> {
    let callee = node.field("function")?;
    let last = match callee.kind() {
        "attribute" => walk.slice(callee.field("attribute")?),
        _ => walk.slice(callee),
    };
    match last {
        "format" if callee.kind() == "attribute" => {
            let template = text_within(walk, callee.field("object")?, depth - 1)?;
            Some(with_holes(&template.as_literal()?, brace_hole))
        }
        "text" | "dedent" | "strip" | "SQL" | "Template" | "cleandoc" | "gettext_lazy" | "_" => {
            let first = positional(node).first().copied();
            let object = callee.field("object").filter(|_| last == "strip");
            text_within(walk, object.or(first)?, depth - 1)
        }
        _ => None,
    }
}

fn string(walk: &Walk<'_>, node: Node<'_>, depth: usize) -> Text {
    let parts = children(node);
    let start = parts.first().map(|start| walk.slice(*start)).unwrap_or_default();
    let is_raw = start.contains(['r', 'R']);
    let mut text = Text::literal("");
    for part in parts {
        match part.kind() {
            "string_content" => {
                let content = walk.slice(part);
                let content = if is_raw { content.to_owned() } else { unescape(content) };
                let content = if start.contains(['f', 'F']) {
                    content.replace("{{", "{").replace("}}", "}")
                } else {
                    content
                };
                text.append(Text::literal(content));
            }
            "interpolation" => {
                let formatted =
                    part.field("format_specifier").is_some() || part.field("type_conversion").is_some();
                let value = part.field("expression").filter(|_| !formatted);
                let value = value.and_then(|value| text_within(walk, value, depth - 1));
                text.append(value.unwrap_or_else(Text::hole));
            }
            _ => {}
        }
    }
    text
}

/// Escapes that names and routes have; others stay as they are.
fn unescape(content: &str) -> String {
    if !content.contains('\\') {
        return content.to_owned();
    }
    let mut text = String::with_capacity(content.len());
    let mut characters = content.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            text.push(character);
            continue;
        }
        match characters.next() {
            Some('n') => text.push('\n'),
            Some('t') => text.push('\t'),
            Some('\n') | None => {}
            Some(quote @ ('\\' | '\'' | '"')) => text.push(quote),
            Some(other) => text.extend(['\\', other]),
        }
    }
    text
}

/// `template` cut where `hole` finds a placeholder: it answers where the next one begins and ends.
fn with_holes(template: &str, hole: fn(&str) -> Option<(usize, usize)>) -> Text {
    let mut text = Text::default();
    let mut rest = template;
    while let Some((start, end)) = hole(rest) {
        text.append(Text(vec![Piece::Literal(rest[..start].into()), Piece::Hole]));
        rest = &rest[end..];
    }
    text.append(Text::literal(rest));
    text
}

fn brace_hole(text: &str) -> Option<(usize, usize)> {
    let start = text.find('{')?;
    let length = text[start..].find('}')?;
    Some((start, start + length + 1))
}

fn printf_hole(text: &str) -> Option<(usize, usize)> {
    let start = text.find('%')?;
    let length = text[start + 1..].find(|c: char| c.is_ascii_alphabetic())?;
    Some((start, start + length + 2))
}
