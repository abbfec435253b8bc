//! Kotlin expressions as names and texts, and annotations.

use model::SmolStr;
use tree_sitter::Node;

use super::misread;
use crate::{
    field::Field,
    languages::{
        java::names::{qualified, qualified_method},
        jvm::annotation::{Annotation, Given},
    },
    walk::{Walk, children, dotted},
    wiring::{Handler, Reference, Text},
};

/// How deep an expression is read as text.
const MAX_DEPTH: usize = 64;

/// The first child of that kind.
pub(super) fn child_of_kind<'t>(node: Node<'t>, kind: &str) -> Option<Node<'t>> {
    children(node).into_iter().find(|child| child.kind() == kind)
}

/// The annotations of a declaration.
pub(super) fn annotations<'t>(walk: &Walk<'t>, declaration: Node<'t>) -> Vec<Annotation<'t>> {
    let own = child_of_kind(declaration, "modifiers").map(children).unwrap_or_default().into_iter();
    let own = own.filter(|node| node.kind() == "annotation").map(|node| (node, None));
    let all = own.chain(misread::annotations(walk, declaration));
    all.filter_map(|(node, value)| annotation(walk, node, value)).collect()
}

/// An annotation; `apart` is a value that the grammar takes for something else.
fn annotation<'t>(walk: &Walk<'t>, node: Node<'t>, apart: Option<Node<'t>>) -> Option<Annotation<'t>> {
    let made = child_of_kind(node, "constructor_invocation");
    let class = child_of_kind(made.unwrap_or(node), "user_type")?;
    let mut annotation = Annotation::new(walk.slice(class));
    if let Some(value) = apart.filter(|_| annotation.is_read()) {
        annotation.add("value", vec![Given { word: walk.slice(value), text: text_of(walk, value) }]);
    }
    let list = made.and_then(|made| child_of_kind(made, "value_arguments"));
    for argument in list.filter(|_| annotation.is_read()).map(children).unwrap_or_default() {
        let parts = children(argument);
        let (key, value) = match parts.as_slice() {
            [value] => ("value", *value),
            [key, value] if key.kind() == "identifier" => (walk.slice(*key), *value),
            _ => continue,
        };
        let values = match value.kind() {
            "collection_literal" => children(value),
            "call_expression" if value.named_child(0).is_some_and(|name| walk.slice(name) == "arrayOf") => {
                arguments(value)
            }
            _ => vec![value],
        };
        let given = |value: Node<'t>| Given { word: walk.slice(value), text: text_of(walk, value) };
        annotation.add(key, values.into_iter().map(given).collect());
    }
    Some(annotation)
}

/// The type that an extension function is declared on.
pub(super) fn receiver(walk: &Walk<'_>, function: Node<'_>) -> Option<SmolStr> {
    let name = function.field("name")?;
    let before = children(function).into_iter().find(|child| child.kind() == "user_type")?;
    (before.end_byte() <= name.start_byte()).then(|| type_name(walk, before))?
}

/// The name of a type, its arguments dropped.
pub(super) fn type_name(walk: &Walk<'_>, node: Node<'_>) -> Option<SmolStr> {
    match node.kind() {
        "constructor_invocation" => type_name(walk, child_of_kind(node, "user_type")?),
        "user_type" => {
            let names = children(node).into_iter().filter(|child| child.kind() == "identifier");
            Some(names.map(|name| walk.slice(name)).collect::<Vec<_>>().join(".").into())
        }
        _ => None,
    }
}

/// The values of a call's arguments in parentheses, without their keywords.
pub(super) fn arguments(call: Node<'_>) -> Vec<Node<'_>> {
    let list = child_of_kind(call, "value_arguments").map(children).unwrap_or_default();
    list.into_iter().filter_map(|argument| children(argument).last().copied()).collect()
}

/// What a call calls: its object and the node of its name.
pub(super) fn callee(call: Node<'_>) -> Option<(Option<Node<'_>>, Node<'_>)> {
    let head = call.named_child(0)?;
    match head.kind() {
        "identifier" => Some((None, head)),
        "navigation_expression" => {
            let parts = children(head);
            let name = parts.last().copied().filter(|name| name.kind() == "identifier")?;
            Some((parts.first().copied(), name))
        }
        _ => None,
    }
}

/// A name with dots; properties of the classes around have their class before them.
pub(super) fn path_of(walk: &Walk<'_>, node: Node<'_>) -> Option<SmolStr> {
    let mut names: Vec<&str> = Vec::new();
    let mut at = node;
    loop {
        match at.kind() {
            "identifier" => {
                names.reverse();
                return Some(dotted(&qualified(walk, walk.slice(at)), &names.join(".")));
            }
            "this_expression" => {
                names.reverse();
                return Some(dotted(&walk.type_path()?, &names.join(".")));
            }
            "navigation_expression" => {
                let parts = children(at);
                names.push(walk.slice(parts.last().copied().filter(|name| name.kind() == "identifier")?));
                at = parts.first().copied()?;
            }
            _ => return None,
        }
    }
}

/// A function that is handed on: `carts::show`, `::show`, `this::show`; a lambda begins where it stands.
pub(super) fn handler_of(walk: &Walk<'_>, node: Node<'_>) -> Option<Handler> {
    let scope = walk.scope();
    let named = |path: SmolStr| Some(Handler::Named(scope, Reference::local(path)));
    match node.kind() {
        "lambda_literal" | "anonymous_function" => Some(Handler::At(node.start_byte() as u32)),
        "annotated_lambda" => handler_of(walk, child_of_kind(node, "lambda_literal")?),
        "navigation_expression" if walk.slice(node).contains("::") => named(path_of(walk, node)?),
        "callable_reference" => {
            let parts = children(node);
            let (name, object) = parts.split_last().filter(|(name, _)| name.kind() == "identifier")?;
            let name = walk.slice(*name);
            let object = match object.last() {
                Some(object) if object.kind() == "this_expression" => walk.type_path()?,
                // The grammar takes an object for a type.
                Some(object) => qualified(walk, walk.slice(*object).trim_end_matches("()")),
                None => return named(qualified_method(walk, name)),
            };
            named(dotted(&object, name))
        }
        _ => None,
    }
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
        "string_literal" | "multiline_string_literal" => Some(string(walk, walk.slice(node))),
        "identifier" | "navigation_expression" => Some(Text::name(path_of(walk, node)?)),
        "parenthesized_expression" => text_within(walk, node.named_child(0)?, depth - 1),
        "binary_expression" => {
            if walk.slice(node.field("operator")?) != "+" {
                return None;
            }
            let mut text = inner(node.field("left")?);
            text.append(inner(node.field("right")?));
            text.is_telling().then_some(text)
        }
        "call_expression" => {
            let (object, name) = callee(node)?;
            let is_same = matches!(walk.slice(name), "trim" | "trimIndent" | "trimMargin");
            text_within(walk, object.filter(|_| is_same)?, depth - 1)
        }
        _ => None,
    }
}

/// A template: `$name` under its name, `${…}` as a hole; the grammar does not always tell them apart.
fn string(walk: &Walk<'_>, quoted: &str) -> Text {
    let is_raw = quoted.starts_with("\"\"\"");
    let content = quoted.trim_matches('"');
    let mut text = Text::literal("");
    let mut rest = content;
    while let Some(at) = rest.find(['$', '\\']) {
        text.append(Text::literal(&rest[..at]));
        let after = &rest[at + 1..];
        let first = after.chars().next();
        let name_end = after.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(after.len());
        rest = match first {
            _ if rest[at..].starts_with('\\') => {
                let escaped = first.map_or("", |first| &after[..first.len_utf8()]);
                let told = match escaped {
                    _ if is_raw => "\\",
                    "n" => "\n",
                    "t" => "\t",
                    other => other,
                };
                text.append(Text::literal(told));
                &after[if is_raw { 0 } else { escaped.len() }..]
            }
            Some('{') => {
                text.append(Text::hole());
                &after[braced(after)..]
            }
            Some(c) if c.is_alphabetic() || c == '_' => {
                text.append(Text::name(qualified(walk, &after[..name_end])));
                &after[name_end..]
            }
            _ => {
                text.append(Text::literal("$"));
                after
            }
        };
    }
    text.append(Text::literal(rest));
    text
}

/// The length of what stands in braces, with them.
fn braced(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, character) in text.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    text.len()
}
