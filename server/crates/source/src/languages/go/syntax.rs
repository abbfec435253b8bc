//! Go expressions as names and texts.

use model::SmolStr;
use tree_sitter::Node;

use crate::{
    FunctionKind,
    field::Field,
    walk::{FunctionShape, Walk, children},
    wiring::Text,
};

/// A function, a method with its receiver, or a closure.
pub(super) fn function<'t>(walk: &Walk<'t>, node: Node<'t>) -> Option<FunctionShape<'t>> {
    let parameters = node.field("parameters").map(|list| parameters(walk, list));
    let parameters = parameters.unwrap_or_default();
    let body = Some(node.field("body")?);
    if node.kind() == "func_literal" {
        let kind = FunctionKind::Closure;
        return Some(FunctionShape { name: None, anchor: node, kind, receiver: None, parameters, body });
    }
    let anchor = node.field("name")?;
    let receiver = receiver(walk, node).map(|(_, base)| base);
    let kind = if receiver.is_some() { FunctionKind::Method } else { FunctionKind::Function };
    let name = Some(walk.slice(anchor).into());
    Some(FunctionShape { name, anchor, kind, receiver, parameters, body })
}

/// The receiver's name, which may be empty, and its type without pointer and type parameters.
pub(super) fn receiver(walk: &Walk<'_>, node: Node<'_>) -> Option<(SmolStr, SmolStr)> {
    let declaration = *children(node.field("receiver")?).first()?;
    let base = path_of(walk, declaration.field("type")?)?;
    let name = declaration.field("name").map(|name| walk.slice(name)).unwrap_or_default();
    Some((name.into(), base))
}

/// Names with dots: `a.b`, `a.b().c`, `*T`, `&T{}`, `pkg.T[U]`.
pub(super) fn path_of(walk: &Walk<'_>, node: Node<'_>) -> Option<SmolStr> {
    let mut names: Vec<&str> = Vec::new();
    let mut node = node;
    loop {
        if names.len() > 24 {
            return None;
        }
        node = match node.kind() {
            "identifier" | "type_identifier" | "package_identifier" | "field_identifier" | "nil" => {
                names.push(walk.slice(node));
                break;
            }
            "selector_expression" => {
                names.push(walk.slice(node.field("field")?));
                node.field("operand")?
            }
            "qualified_type" => {
                names.push(walk.slice(node.field("name")?));
                node.field("package")?
            }
            "call_expression" => node.field("function")?,
            "generic_type" | "composite_literal" => node.field("type")?,
            "type_instantiation_expression" => node.field("type")?,
            "unary_expression" => node.field("operand")?,
            "pointer_type" | "parenthesized_expression" | "parenthesized_type" => node.named_child(0)?,
            _ => return None,
        };
    }
    names.reverse();
    Some(names.join(".").into())
}

/// One name for each parameter; empty where there is none.
fn parameters(walk: &Walk<'_>, list: Node<'_>) -> Vec<SmolStr> {
    let mut all = Vec::new();
    for declaration in children(list) {
        let names: Vec<Node<'_>> = declaration
            .children_by_field_name("name", &mut declaration.walk())
            .filter(Node::is_named)
            .collect();
        if names.is_empty() {
            all.push(SmolStr::default());
        }
        all.extend(names.iter().map(|name| SmolStr::from(walk.slice(*name))));
    }
    all
}

/// The arguments of a call.
pub(super) fn arguments<'t>(call: Node<'t>) -> Vec<Node<'t>> {
    call.field("arguments").map(children).unwrap_or_default()
}

/// The called name: the last segment, with its node.
pub(super) fn called<'t>(walk: &Walk<'t>, call: Node<'t>) -> Option<(&'t str, Node<'t>)> {
    let mut callee = call.field("function")?;
    while matches!(callee.kind(), "parenthesized_expression" | "type_instantiation_expression") {
        callee = callee.named_child(0)?;
    }
    let name = match callee.kind() {
        "identifier" => callee,
        "selector_expression" => callee.field("field")?,
        _ => return None,
    };
    Some((walk.slice(name), name))
}

/// What stands before the last dot of the called name.
pub(super) fn operand<'t>(call: Node<'t>) -> Option<Node<'t>> {
    let callee = call.field("function")?;
    callee.field("operand").filter(|_| callee.kind() == "selector_expression")
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
        "interpreted_string_literal" => {
            let inner = walk.slice(node).strip_prefix('"')?.strip_suffix('"')?;
            Some(Text::literal(unescape(inner)))
        }
        "raw_string_literal" => {
            let inner = walk.slice(node).strip_prefix('`')?.strip_suffix('`')?;
            Some(Text::literal(inner))
        }
        "identifier" | "selector_expression" => path_of(walk, node).map(Text::name),
        "parenthesized_expression" => text_within(walk, node.named_child(0)?, depth - 1),
        "binary_expression" => {
            let operator = walk.slice(node.field("operator")?);
            let side = |name| {
                let side = node.field(name)?;
                Some(text_within(walk, side, depth - 1).unwrap_or_else(Text::hole))
            };
            let mut text = side("left").filter(|_| operator == "+")?;
            text.append(side("right")?);
            Some(text)
        }
        "call_expression" => {
            let callee = path_of(walk, node.field("function")?)?;
            let list = arguments(node);
            match callee.as_str() {
                "fmt.Sprintf" => formatted(walk, &list, depth - 1),
                "string" | "strings.TrimSpace" => text_within(walk, *list.first()?, depth - 1),
                "path.Join" => Some(joined_path(walk, &list, depth - 1)),
                "fmt.Sprint" if list.len() == 1 => text_within(walk, *list.first()?, depth - 1),
                _ => None,
            }
        }
        _ => None,
    }
}

/// `path.Join`: one slash between the parts. What is not known may be empty, and no slash before it is sure.
fn joined_path(walk: &Walk<'_>, list: &[Node<'_>], depth: usize) -> Text {
    let mut whole = Text::default();
    for (at, part) in list.iter().enumerate().take(8) {
        let part = text_within(walk, *part, depth).unwrap_or_else(Text::hole);
        match part.as_literal() {
            Some(literal) => {
                let inner = literal.trim_matches('/');
                let slash = if at > 0 || literal.starts_with('/') { "/" } else { "" };
                if !inner.is_empty() {
                    whole.append(Text::literal(format!("{slash}{inner}")));
                }
            }
            None => whole.append(part),
        }
    }
    whole
}

/// `fmt.Sprintf`: verbs become what they print where that is text, holes elsewhere.
fn formatted(walk: &Walk<'_>, list: &[Node<'_>], depth: usize) -> Option<Text> {
    let (format, values) = list.split_first()?;
    let format = text_within(walk, *format, depth)?.as_literal()?;
    let mut values = values.iter();
    let mut text = Text::default();
    let mut rest = format.as_str();
    while let Some(at) = rest.find('%') {
        text.append(Text::literal(&rest[..at]));
        let after = &rest[at + 1..];
        if let Some(more) = after.strip_prefix('%') {
            text.append(Text::literal("%"));
            rest = more;
            continue;
        }
        let Some(end) = after.find(|c: char| c.is_ascii_alphabetic()) else { return Some(text) };
        let value = values.next();
        let printed = match &after[..=end] {
            "s" | "v" => value.and_then(|value| text_within(walk, *value, depth.saturating_sub(1))),
            _ => None,
        };
        text.append(printed.unwrap_or_else(Text::hole));
        rest = &after[end + 1..];
    }
    text.append(Text::literal(rest));
    text.0.retain(|piece| *piece != crate::wiring::Piece::Literal(SmolStr::default()));
    Some(text)
}

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
            Some(other) => text.push(other),
            None => {}
        }
    }
    text
}
