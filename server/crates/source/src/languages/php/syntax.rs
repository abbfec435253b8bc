//! PHP expressions as names and texts.

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use super::names::{know, last_of, whole_name};
use crate::{
    FunctionKind,
    field::Field,
    languages::texts::printf_holes,
    walk::{Walk, children, dotted},
    wiring::Text,
};

/// How deep an expression is read as text or name.
const MAX_DEPTH: usize = 64;

/// An argument of a call: its name, if one is given, and its value.
pub(super) struct Argument<'t> {
    pub(super) name: Option<&'t str>,
    pub(super) value: Node<'t>,
}

/// The arguments of a call, in order.
pub(super) fn arguments<'t>(walk: &Walk<'t>, call: Node<'t>) -> Vec<Argument<'t>> {
    let field = call.field("arguments").or_else(|| call.field("parameters"));
    let list = field.or_else(|| children(call).into_iter().find(|child| child.kind() == "arguments"));
    let all = list.map(children).unwrap_or_default().into_iter().filter(|child| child.kind() == "argument");
    let argument = |node: Node<'t>| {
        let name = node.field("name").map(|name| walk.slice(name));
        let values = children(node);
        Some(Argument { name, value: *values.get(usize::from(name.is_some()))? })
    };
    all.filter_map(argument).collect()
}

/// Whether the call only makes a closure of what it names: `f(...)`.
pub(super) fn is_reference(call: Node<'_>) -> bool {
    let list = call.field("arguments");
    list.is_some_and(|list| list.named_child(0).is_some_and(|only| only.kind() == "variadic_placeholder"))
}

/// The value of an argument by its name or its number.
pub(super) fn argument<'t>(list: &[Argument<'t>], name: &str, at: usize) -> Option<Node<'t>> {
    let named = list.iter().find(|argument| argument.name == Some(name));
    named.or_else(|| list.get(at).filter(|argument| argument.name.is_none())).map(|argument| argument.value)
}

/// Elements of an array: key, if it has one, and value.
pub(super) fn elements(node: Node<'_>) -> Vec<(Option<Node<'_>>, Node<'_>)> {
    let all = children(node).into_iter().filter(|child| child.kind() == "array_element_initializer");
    all.filter_map(|child| {
        let parts = children(child);
        match parts.as_slice() {
            [value] => Some((None, *value)),
            [key, value] => Some((Some(*key), *value)),
            _ => None,
        }
    })
    .collect()
}

/// The value under a key of an array that is written in place.
pub(super) fn keyed<'t>(walk: &Walk<'t>, array: Node<'t>, key: &str) -> Option<Node<'t>> {
    let is_key = |node: Node<'t>| literal(walk, node).is_some_and(|text| text == key);
    elements(array).into_iter().find(|(at, _)| at.is_some_and(is_key)).map(|(_, value)| value)
}

/// Literal texts: of an array its elements, else of the value itself.
pub(super) fn literals<'t>(walk: &Walk<'t>, node: Node<'t>) -> Vec<SmolStr> {
    if node.kind() == "array_creation_expression" {
        return elements(node).into_iter().filter_map(|(_, value)| literal(walk, value)).collect();
    }
    literal(walk, node).into_iter().collect()
}

/// A text that stands there.
pub(super) fn literal(walk: &Walk<'_>, node: Node<'_>) -> Option<SmolStr> {
    text_of(walk, node)?.as_literal()
}

/// The class of `X::class`, `new X` and names, as written; `self` and `static` are the class around.
pub(super) fn class_of<'t>(walk: &Walk<'t>, node: Node<'t>) -> Option<SmolStr> {
    match node.kind() {
        "name" | "qualified_name" => Some(walk.slice(node).into()),
        "named_type" | "optional_type" => class_of(walk, node.named_child(0)?),
        "relative_scope" => walk.type_path(),
        "class_constant_access_expression" => {
            let is_class = node.named_child(1).is_some_and(|name| walk.slice(name) == "class");
            class_of(walk, node.named_child(0).filter(|_| is_class)?)
        }
        "object_creation_expression" => class_of(walk, node.named_child(0)?),
        "parenthesized_expression" => class_of(walk, node.named_child(0)?),
        _ => None,
    }
}

/// A class as written, made known: what other facts call it by.
pub(super) fn known_class<'t>(walk: &mut Walk<'t>, node: Node<'t>) -> Option<SmolStr> {
    let class = class_of(walk, node)?;
    if Some(&class) != walk.type_path().as_ref() {
        know(walk, &class);
    }
    Some(class)
}

/// A name with dots: `$this->a->b`, `self::C`, `A::b`, `$x`; the class around stands before its members.
pub(super) fn path_of(walk: &Walk<'_>, node: Node<'_>) -> Option<SmolStr> {
    let mut names: Vec<&str> = Vec::new();
    let mut at = node;
    for _ in 0..MAX_DEPTH {
        let root: SmolStr = match at.kind() {
            "variable_name" => match walk.slice(at).trim_start_matches('$') {
                "this" => walk.type_path()?,
                name => name.into(),
            },
            "name" | "qualified_name" => walk.slice(at).into(),
            "relative_scope" => walk.type_path()?,
            "parenthesized_expression" => {
                at = at.named_child(0)?;
                continue;
            }
            "object_creation_expression" => class_of(walk, at)?,
            "member_access_expression" | "nullsafe_member_access_expression" => {
                names.push(walk.slice(at.field("name")?));
                at = at.field("object")?;
                continue;
            }
            "scoped_property_access_expression" => {
                names.push(walk.slice(at.field("name")?).trim_start_matches('$'));
                at = at.field("scope")?;
                continue;
            }
            "class_constant_access_expression" => {
                names.push(walk.slice(at.named_child(1)?));
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
        "string" => Some(Text::literal(single_quoted(walk.slice(node)))),
        "encapsed_string" | "heredoc_body" | "nowdoc_body" => Some(interpolated(walk, node, depth)),
        "heredoc" | "nowdoc" => text_within(walk, node.field("value")?, depth - 1),
        "variable_name" | "member_access_expression" | "scoped_property_access_expression" => {
            Some(Text::name(path_of(walk, node)?))
        }
        "class_constant_access_expression" => match walk.slice(node.named_child(1)?) {
            "class" if walk.slice(node.named_child(0)?) != "static" => {
                Some(Text::literal(class_name(walk, node)?))
            }
            _ => Some(Text::name(path_of(walk, node)?)),
        },
        "name" | "qualified_name" => Some(constant(walk, walk.slice(node))),
        "parenthesized_expression" => text_within(walk, node.named_child(0)?, depth - 1),
        "cast_expression" => text_within(walk, node.field("value")?, depth - 1),
        "binary_expression" => {
            if walk.slice(node.field("operator")?) != "." {
                return None;
            }
            let mut text = inner(node.field("left")?);
            text.append(inner(node.field("right")?));
            text.is_telling().then_some(text)
        }
        "function_call_expression" => called(walk, node, depth),
        _ => None,
    }
}

/// Functions that give text, with what of it is known.
fn called(walk: &Walk<'_>, node: Node<'_>, depth: usize) -> Option<Text> {
    let name = walk.slice(node.field("function")?);
    let list = arguments(walk, node);
    let first = || text_within(walk, list.first()?.value, depth - 1);
    match name.trim_start_matches('\\') {
        "sprintf" | "vsprintf" => Some(printf_holes(&first()?.as_literal()?)),
        "base_path" => first(),
        "trim" | "rtrim" | "ltrim" if list.len() == 1 => first(),
        "dirname" => {
            let mut folder = first()?;
            folder.append(Text::literal("/.."));
            Some(folder)
        }
        _ => None,
    }
}

/// A constant, or one of those that name where they stand.
fn constant(walk: &Walk<'_>, name: &str) -> Text {
    let draft = &walk.draft;
    let function = || draft.functions.get(walk.function_around()? as usize);
    let named = || function().filter(|function| function.kind != FunctionKind::Closure);
    let class = || Some(whole_name(walk, walk.type_path()?.rsplit('.').next()?));
    let text = match name {
        "__DIR__" => Some(".".into()),
        "__CLASS__" => class(),
        "__FUNCTION__" => named().map(|function| function.name.clone()),
        "__METHOD__" => named().map(|function| match class() {
            Some(class) => format_smolstr!("{class}::{}", function.name),
            None => whole_name(walk, &function.name),
        }),
        "__NAMESPACE__" => Some(super::names::current(walk)),
        name if name.starts_with("__") => return Text::hole(),
        name => return Text::name(last_of(name)),
    };
    text.map_or_else(Text::hole, Text::literal)
}

/// The whole name of the class in `X::class`.
fn class_name(walk: &Walk<'_>, node: Node<'_>) -> Option<SmolStr> {
    let class = class_of(walk, node)?;
    let own = walk.type_path().is_some_and(|path| path == class);
    let written = if own { class.rsplit('.').next()?.into() } else { class };
    let declared = walk.draft.marks.contains(&format_smolstr!("class {written}"));
    let namespace = super::names::current(walk);
    Some(match declared && !namespace.is_empty() {
        true => format_smolstr!("{namespace}\\{written}"),
        false => whole_name(walk, &written),
    })
}

/// A text in double quotes or a heredoc: what is put into it is a name or a hole.
fn interpolated(walk: &Walk<'_>, node: Node<'_>, depth: usize) -> Text {
    let mut text = Text::default();
    for part in children(node) {
        match part.kind() {
            "string_content" | "nowdoc_string" => text.append(Text::literal(walk.slice(part))),
            "escape_sequence" => text.append(Text::literal(match walk.slice(part) {
                "\\n" => "\n",
                "\\t" => "\t",
                escape => escape.strip_prefix('\\').unwrap_or(escape),
            })),
            "variable_name" | "member_access_expression" | "class_constant_access_expression" => {
                text.append(text_within(walk, part, depth - 1).unwrap_or_else(Text::hole));
            }
            _ => text.append(Text::hole()),
        }
    }
    text
}

fn single_quoted(text: &str) -> String {
    let quoted = text.strip_prefix(['b', 'B']).unwrap_or(text);
    let inner = quoted.strip_prefix('\'').unwrap_or(quoted);
    let inner = inner.strip_suffix('\'').unwrap_or(inner);
    if !inner.contains('\\') {
        return inner.to_owned();
    }
    inner.replace("\\\\", "\u{0}").replace("\\'", "'").replace('\u{0}', "\\")
}
