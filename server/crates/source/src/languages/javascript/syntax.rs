//! JavaScript expressions as names and texts, and the names that functions get from where they stand.

use model::SmolStr;
use tree_sitter::Node;

use crate::{
    FunctionKind,
    field::Field,
    walk::{FunctionShape, TypeShape, Walk, children, dotted},
    wiring::{Piece, Text},
};

/// Expressions nest no deeper than this in code that names things.
const MAX_DEPTH: usize = 12;

/// A function with its name: its own, or that of what it is assigned to, wrappers like `catchAsync(…)` passed over.
pub(super) fn function<'t>(walk: &Walk<'t>, node: Node<'t>) -> Option<FunctionShape<'t>> {
    let body = node.field("body");
    body?;
    let parameters = parameters(walk, node);
    let shape = |name: SmolStr, anchor: Node<'t>, kind, receiver| FunctionShape {
        name: Some(name),
        anchor,
        kind,
        receiver,
        parameters: parameters.clone(),
        body,
    };
    if node.kind() == "method_definition" {
        let name = node.field("name")?;
        return Some(shape(property_name(walk, name), name, FunctionKind::Method, object_name(walk, 0)));
    }
    if let Some(given) = given_name(walk) {
        let kind = if given.is_member { FunctionKind::Method } else { FunctionKind::Function };
        return Some(shape(given.name, given.anchor, kind, given.receiver));
    }
    if let Some(name) = node.field("name") {
        return Some(shape(walk.slice(name).into(), name, FunctionKind::Function, None));
    }
    if is_default_export(walk, node) {
        return Some(shape("default".into(), node, FunctionKind::Function, None));
    }
    let kind = FunctionKind::Closure;
    Some(FunctionShape { name: None, anchor: node, kind, receiver: None, parameters, body })
}

/// `export default () => …`, `module.exports = function () …`: the function that the module is.
fn is_default_export(walk: &Walk<'_>, node: Node<'_>) -> bool {
    let (mut value, mut level) = (node, 0);
    // `export default wrap(() => …)`. What fastify-plugin wraps is no longer a module with a prefix of its own.
    let is_plugin = |call: Node<'_>| {
        let callee = call.field("function").map(|callee| walk.slice(callee)).unwrap_or_default();
        matches!(callee, "fp" | "fastifyPlugin" | "plugin")
    };
    if let Some(call) = walk.ancestor(1).filter(|call| call.kind() == "call_expression")
        && wraps(walk, call, 1)
        && !is_plugin(call)
    {
        (value, level) = (call, 2);
    }
    let Some(parent) = walk.ancestor(level) else { return false };
    match parent.kind() {
        "export_statement" => true,
        "assignment_expression" => {
            let left = parent.field("left").and_then(|left| path_of(walk, left));
            let is_value = parent.field("right").is_some_and(|right| right.id() == value.id());
            is_value && left.is_some_and(|left| left == "module.exports" || left == "exports")
        }
        _ => false,
    }
}

struct Given<'t> {
    name: SmolStr,
    anchor: Node<'t>,
    receiver: Option<SmolStr>,
    is_member: bool,
}

/// The name that the current function gets from what it is assigned to.
fn given_name<'t>(walk: &Walk<'t>) -> Option<Given<'t>> {
    let mut calls = 0;
    for level in 0..8 {
        let node = walk.ancestor(level)?;
        match node.kind() {
            "parenthesized_expression"
            | "arguments"
            | "await_expression"
            | "as_expression"
            | "satisfies_expression"
            | "non_null_expression"
            | "type_assertion" => {}
            // One wrapper, and only where the function is what is wrapped, not a callback: `wrap(fn)`.
            "call_expression" => {
                calls += 1;
                if calls > 2 || !wraps(walk, node, level) {
                    return None;
                }
            }
            "variable_declarator" => {
                let anchor = node.field("name").filter(|name| name.kind() == "identifier")?;
                let name = walk.slice(anchor).into();
                return Some(Given { name, anchor, receiver: None, is_member: false });
            }
            "assignment_expression" => {
                let left = node.field("left")?;
                return assigned_name(walk, left);
            }
            "pair" => {
                let anchor = node.field("key")?;
                let name = property_name(walk, anchor);
                if calls > 0 && name.is_empty() {
                    return None;
                }
                return Some(Given { name, anchor, receiver: object_name(walk, level), is_member: true });
            }
            "public_field_definition" | "field_definition" => {
                let anchor = node.field("name").or_else(|| node.field("property"))?;
                return Some(Given {
                    name: property_name(walk, anchor),
                    anchor,
                    receiver: None,
                    is_member: true,
                });
            }
            _ => return None,
        }
    }
    None
}

/// Whether the call at `level` wraps the function below it: a plain callee, called with that function and no text.
fn wraps(walk: &Walk<'_>, call: Node<'_>, level: usize) -> bool {
    let Some(callee) = call.field("function") else { return false };
    let is_name = matches!(callee.kind(), "identifier" | "member_expression");
    let last = path_of(walk, callee).unwrap_or_default();
    let last = last.rsplit('.').next().unwrap_or_default();
    let runs = matches!(
        last,
        "then"
            | "catch"
            | "finally"
            | "map"
            | "filter"
            | "forEach"
            | "reduce"
            | "find"
            | "some"
            | "every"
            | "sort"
            | "flatMap"
            | "startActiveSpan"
            | "withSpan"
            | "startSpan"
            | "setTimeout"
            | "setInterval"
            | "all"
            | "get"
            | "post"
            | "put"
            | "delete"
            | "patch"
            | "use"
            | "on"
            | "once"
            | "run"
            | "with"
            | "transaction"
    );
    let arguments = call.field("arguments").map(children).unwrap_or_default();
    let below = level.checked_sub(1).and_then(|level| walk.ancestor(level));
    let is_callee = below.is_some_and(|below| below.id() == callee.id());
    let has_text = arguments.iter().any(|argument| matches!(argument.kind(), "string" | "template_string"));
    is_name && !runs && !is_callee && !has_text
}

/// `exports.x = …`, `module.exports.x = …`, `X.prototype.y = …`, `this.x = …`, `x = …`.
fn assigned_name<'t>(walk: &Walk<'t>, left: Node<'t>) -> Option<Given<'t>> {
    if left.kind() == "identifier" {
        return Some(Given { name: walk.slice(left).into(), anchor: left, receiver: None, is_member: false });
    }
    let anchor = left.field("property").filter(|_| left.kind() == "member_expression")?;
    let object = path_of(walk, left.field("object")?)?;
    let name: SmolStr = walk.slice(anchor).into();
    if object == "module" && name == "exports" {
        return None;
    }
    let receiver = match object.as_str() {
        "exports" | "module.exports" => {
            return Some(Given { name, anchor, receiver: None, is_member: false });
        }
        object => object.strip_suffix(".prototype").unwrap_or(object),
    };
    let receiver = if walk.type_path().as_deref() == Some(receiver) { None } else { Some(receiver.into()) };
    Some(Given { name, anchor, receiver, is_member: true })
}

/// The variable that the object literal around `level` is assigned to.
fn object_name(walk: &Walk<'_>, level: usize) -> Option<SmolStr> {
    let mut names: Vec<SmolStr> = Vec::new();
    for up in level..level + 12 {
        let node = walk.ancestor(up)?;
        match node.kind() {
            "object" | "pair" if node.kind() == "object" || up == level => {}
            "pair" => names.push(property_name(walk, node.field("key")?)),
            "parenthesized_expression" | "as_expression" | "satisfies_expression" => {}
            "variable_declarator" => {
                let name = node.field("name").filter(|name| name.kind() == "identifier")?;
                names.push(walk.slice(name).into());
                break;
            }
            "assignment_expression" => {
                let path = path_of(walk, node.field("left")?)?;
                let path = path
                    .strip_prefix("module.exports")
                    .or_else(|| path.strip_prefix("exports"))
                    .unwrap_or(&path);
                let path = path.trim_start_matches('.');
                if !path.is_empty() {
                    names.push(path.into());
                }
                break;
            }
            _ => break,
        }
    }
    let joined = names.iter().rev().fold(SmolStr::default(), |path, name| dotted(&path, name));
    (!joined.is_empty()).then_some(joined)
}

/// A class with its bases.
pub(super) fn class(walk: &Walk<'_>, node: Node<'_>) -> Option<TypeShape> {
    let name = match node.field("name") {
        Some(name) => walk.slice(name).into(),
        None => given_name(walk)?.name,
    };
    let mut bases = Vec::new();
    for heritage in children(node).into_iter().filter(|child| child.kind() == "class_heritage") {
        for clause in children(heritage) {
            match clause.kind() {
                "extends_clause" | "implements_clause" => {
                    bases.extend(children(clause).into_iter().filter_map(|base| path_of(walk, base)));
                }
                _ => bases.extend(path_of(walk, clause)),
            }
        }
    }
    Some(TypeShape { name, bases })
}

fn parameters(walk: &Walk<'_>, node: Node<'_>) -> Vec<SmolStr> {
    if let Some(only) = node.field("parameter") {
        return vec![walk.slice(only).into()];
    }
    let list = node.field("parameters").map(children).unwrap_or_default();
    let name = |node: Node<'_>| -> SmolStr {
        let pattern = match node.kind() {
            "required_parameter" | "optional_parameter" => node.field("pattern"),
            "assignment_pattern" => node.field("left"),
            "rest_pattern" => node.named_child(0),
            _ => Some(node),
        };
        let named = pattern.filter(|pattern| matches!(pattern.kind(), "identifier" | "this"));
        named.map(|named| walk.slice(named).into()).unwrap_or_default()
    };
    list.into_iter().filter(|node| node.kind() != "decorator").map(name).collect()
}

/// The arguments of a call or construction.
pub(super) fn arguments<'t>(call: Node<'t>) -> Vec<Node<'t>> {
    let list = call.field("arguments").filter(|list| list.kind() == "arguments");
    list.map(children).unwrap_or_default()
}

/// The value under `name` in an object literal.
pub(super) fn property<'t>(walk: &Walk<'t>, object: Node<'t>, name: &str) -> Option<Node<'t>> {
    let object = unwrapped(object);
    if object.kind() != "object" {
        return None;
    }
    children(object).into_iter().find_map(|part| match part.kind() {
        "pair" => {
            let key = part.field("key")?;
            (property_name(walk, key) == name).then(|| part.field("value")).flatten()
        }
        "shorthand_property_identifier" if walk.slice(part) == name => Some(part),
        _ => None,
    })
}

/// The text of a literal.
pub(super) fn literal_of(walk: &Walk<'_>, node: Node<'_>) -> Option<SmolStr> {
    text_of(walk, node)?.as_literal()
}

/// An expression without parentheses, `await`, and assertions of its type.
pub(super) fn unwrapped(node: Node<'_>) -> Node<'_> {
    let mut node = node;
    for _ in 0..8 {
        let inner = match node.kind() {
            "parenthesized_expression"
            | "await_expression"
            | "as_expression"
            | "satisfies_expression"
            | "non_null_expression" => node.named_child(0),
            _ => None,
        };
        match inner {
            Some(inner) => node = inner,
            None => break,
        }
    }
    node
}

/// A property's name; computed ones are empty.
pub(super) fn property_name(walk: &Walk<'_>, node: Node<'_>) -> SmolStr {
    match node.kind() {
        "property_identifier"
        | "private_property_identifier"
        | "identifier"
        | "shorthand_property_identifier" => walk.slice(node).into(),
        "string" => text_of(walk, node).and_then(|text| text.as_literal()).unwrap_or_default(),
        "number" => walk.slice(node).into(),
        _ => SmolStr::default(),
    }
}

/// A name with dots, `this` replaced by the class; calls in between are passed over.
pub(super) fn path_of(walk: &Walk<'_>, node: Node<'_>) -> Option<SmolStr> {
    path_within(walk, node, MAX_DEPTH)
}

fn path_within(walk: &Walk<'_>, node: Node<'_>, depth: usize) -> Option<SmolStr> {
    if depth == 0 {
        return None;
    }
    let inner = |field: &'static str| path_within(walk, node.field(field)?, depth - 1);
    match node.kind() {
        "identifier" | "type_identifier" | "shorthand_property_identifier" => Some(walk.slice(node).into()),
        "this" => walk.type_path().or(Some("this".into())),
        "member_expression" | "nested_identifier" => {
            Some(dotted(&inner("object")?, walk.slice(node.field("property")?)))
        }
        "call_expression" => inner("function"),
        "new_expression" => inner("constructor"),
        "generic_type" => inner("name"),
        "parenthesized_expression"
        | "await_expression"
        | "as_expression"
        | "non_null_expression"
        | "satisfies_expression" => path_within(walk, node.named_child(0)?, depth - 1),
        _ => None,
    }
}

/// An expression as text; `None` when it is none, as numbers and objects.
pub(super) fn text_of(walk: &Walk<'_>, node: Node<'_>) -> Option<Text> {
    text_within(walk, node, MAX_DEPTH)
}

/// What an expression may be: both sides of `a ?? b` and `a || b`, and of `x ? a : b`.
pub(super) fn alternatives<'t>(walk: &Walk<'t>, node: Node<'t>) -> Vec<Node<'t>> {
    let node = unwrapped(node);
    let parts = match node.kind() {
        "binary_expression" => {
            let operator = node.field("operator").map(|operator| walk.slice(operator));
            if !matches!(operator, Some("??" | "||")) {
                return vec![node];
            }
            [node.field("left"), node.field("right")]
        }
        "ternary_expression" => [node.field("consequence"), node.field("alternative")],
        _ => return vec![node],
    };
    parts.into_iter().flatten().collect()
}

fn text_within(walk: &Walk<'_>, node: Node<'_>, depth: usize) -> Option<Text> {
    if depth == 0 {
        return Some(Text::hole());
    }
    match node.kind() {
        "string" => {
            Some(Text::literal(unescape(walk.slice(node).get(1..walk.slice(node).len().max(2) - 1)?)))
        }
        "template_string" => {
            let mut text = Text::literal("");
            for part in children(node) {
                text.append(match part.kind() {
                    "string_fragment" => Text::literal(walk.slice(part)),
                    "escape_sequence" => Text::literal(unescape(walk.slice(part))),
                    _ => part
                        .named_child(0)
                        .and_then(|value| text_within(walk, value, depth - 1))
                        .unwrap_or_else(Text::hole),
                });
            }
            Some(text)
        }
        "identifier" | "member_expression" => {
            let path = path_of(walk, node);
            if let Some(class) =
                path.as_ref().and_then(|path| path.strip_suffix(".name")).filter(|path| is_class(path))
            {
                return Some(Text::literal(class));
            }
            path.map(Text::name).or_else(|| Some(Text::hole()))
        }
        "parenthesized_expression" | "as_expression" | "satisfies_expression" | "non_null_expression" => {
            text_within(walk, node.named_child(0)?, depth - 1)
        }
        "binary_expression" => {
            let operator = walk.slice(node.field("operator")?);
            if operator != "+" {
                return None;
            }
            let left = text_within(walk, node.field("left")?, depth - 1);
            let right = text_within(walk, node.field("right")?, depth - 1);
            if left.is_none() && right.is_none() {
                return None;
            }
            let mut text = left.unwrap_or_else(Text::hole);
            text.append(right.unwrap_or_else(Text::hole));
            Some(text)
        }
        "call_expression" => concatenated(walk, node, depth),
        "ternary_expression" | "subscript_expression" => Some(Text(vec![Piece::Hole])),
        _ => None,
    }
}

/// Whether a name is a class's, so that its `name` is that name.
fn is_class(name: &str) -> bool {
    !name.contains('.')
        && name.starts_with(|c: char| c.is_uppercase())
        && name.contains(|c: char| c.is_lowercase())
}

/// `"a".concat(b)`, `String(a)` and `a.toString()` are text; other calls are not known to be.
fn concatenated(walk: &Walk<'_>, node: Node<'_>, depth: usize) -> Option<Text> {
    let callee = node.field("function")?;
    let given = node.field("arguments").map(children).unwrap_or_default();
    if callee.kind() == "identifier" {
        return text_within(
            walk,
            given.first().copied().filter(|_| walk.slice(callee) == "String")?,
            depth - 1,
        );
    }
    let property = walk.slice(callee.field("property")?);
    if !matches!(property, "concat" | "trim" | "toString") {
        return None;
    }
    let mut text = text_within(walk, callee.field("object")?, depth - 1)?;
    for part in given {
        text.append(text_within(walk, part, depth - 1).unwrap_or_else(Text::hole));
    }
    Some(text)
}

fn unescape(content: &str) -> String {
    if !content.contains('\\') {
        return content.to_owned();
    }
    let mut text = String::with_capacity(content.len());
    let mut characters = content.chars();
    while let Some(character) = characters.next() {
        match (character, character == '\\') {
            (other, false) => text.push(other),
            _ => match characters.next() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some('\n') | None => {}
                Some(other) => text.push(other),
            },
        }
    }
    text
}
