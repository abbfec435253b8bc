//! C# expressions as names and texts, and attributes with their arguments.

use model::SmolStr;
use tree_sitter::Node;

use super::names::qualified;
use crate::{
    field::Field,
    walk::{Walk, children, dotted},
    wiring::Text,
};

/// How deep an expression is read as text.
const MAX_DEPTH: usize = 64;

/// An attribute: its name without namespace and `Attribute`, and the node.
pub(super) struct Attribute<'t> {
    pub(super) name: &'t str,
    node: Node<'t>,
}

/// The attributes of a declaration.
pub(super) fn attributes<'t>(walk: &Walk<'t>, declaration: Node<'t>) -> Vec<Attribute<'t>> {
    let mut found = Vec::new();
    let first = declaration.named_child(0);
    if !first.is_some_and(|first| first.kind() == "attribute_list" || first.is_extra()) {
        return found;
    }
    let mut cursor = declaration.walk();
    let lists = declaration
        .named_children(&mut cursor)
        .take_while(|child| matches!(child.kind(), "attribute_list" | "comment") || child.is_extra());
    for list in lists.filter(|child| child.kind() == "attribute_list") {
        for node in children(list) {
            let Some(name) = node.field("name").filter(|_| node.kind() == "attribute") else {
                continue;
            };
            let name = walk.slice(name).split('<').next().unwrap_or_default();
            let name = name.rsplit(['.', ':']).next().unwrap_or(name);
            found.push(Attribute { name: name.strip_suffix("Attribute").unwrap_or(name), node });
        }
    }
    found
}

impl<'t> Attribute<'t> {
    /// Its arguments without a name, in order.
    pub(super) fn positional(&self, walk: &Walk<'t>) -> Vec<Node<'t>> {
        let own = self.arguments().into_iter().filter(|argument| argument_name(walk, *argument).is_none());
        own.filter_map(value).collect()
    }

    /// The argument `key`.
    pub(super) fn named(&self, walk: &Walk<'t>, key: &str) -> Option<Node<'t>> {
        let mut all = self.arguments().into_iter();
        value(all.find(|argument| argument_name(walk, *argument) == Some(key))?)
    }

    /// The first argument without a name as text, else the one called `key`.
    pub(super) fn text(&self, walk: &Walk<'t>, key: &str) -> Option<Text> {
        let node = self.positional(walk).first().copied().or_else(|| self.named(walk, key))?;
        text_of(walk, node)
    }

    fn arguments(&self) -> Vec<Node<'t>> {
        child_of_kind(self.node, "attribute_argument_list").map(children).unwrap_or_default()
    }
}

/// The first child of that kind.
pub(super) fn child_of_kind<'t>(node: Node<'t>, kind: &str) -> Option<Node<'t>> {
    node.named_children(&mut node.walk()).find(|child| child.kind() == kind)
}

/// Whether a declaration has the modifier.
pub(super) fn has_modifier(walk: &Walk<'_>, declaration: Node<'_>, word: &str) -> bool {
    let mut cursor = declaration.walk();
    let mut before = declaration.named_children(&mut cursor).take(24);
    before.any(|child| child.kind() == "modifier" && walk.slice(child) == word)
}

/// The arguments of a call or of the making of an object, with their names.
pub(super) fn arguments<'t>(walk: &Walk<'t>, call: Node<'t>) -> Vec<(Option<&'t str>, Node<'t>)> {
    let list = call.field("arguments").or_else(|| child_of_kind(call, "argument_list")).map(children);
    let all = list.unwrap_or_default().into_iter();
    all.filter_map(|argument| Some((argument_name(walk, argument), value(argument)?))).collect()
}

/// The argument called `key`, else the one at `position` without a name.
pub(super) fn argument<'t>(
    list: &[(Option<&'t str>, Node<'t>)],
    key: &str,
    position: usize,
) -> Option<Node<'t>> {
    let named = list.iter().find(|(name, _)| *name == Some(key));
    named.or_else(|| list.get(position).filter(|(name, _)| name.is_none())).map(|(_, node)| *node)
}

fn argument_name<'t>(walk: &Walk<'t>, argument: Node<'t>) -> Option<&'t str> {
    argument.field("name").map(|name| walk.slice(name))
}

fn value(argument: Node<'_>) -> Option<Node<'_>> {
    children(argument).last().copied()
}

/// What a call calls: its object, and the node of its name without type arguments.
pub(super) fn callee(call: Node<'_>) -> Option<(Option<Node<'_>>, Node<'_>)> {
    let function = call.field("function")?;
    match function.kind() {
        "identifier" | "generic_name" => Some((None, bare(function)?)),
        "member_access_expression" => {
            let object = function.field("expression");
            Some((object, bare(function.field("name")?)?))
        }
        "conditional_access_expression" => {
            let object = function.field("condition");
            let access = children(function).last().copied()?;
            Some((object, bare(access.field("name")?)?))
        }
        _ => None,
    }
}

fn bare(name: Node<'_>) -> Option<Node<'_>> {
    match name.kind() {
        "generic_name" => name.named_child(0),
        "identifier" => Some(name),
        _ => None,
    }
}

/// A name with dots; fields of the classes around have their class before them.
pub(super) fn path_of(walk: &Walk<'_>, node: Node<'_>) -> Option<SmolStr> {
    path_from(walk, node, qualified)
}

/// A name with dots, its first segment as `root` makes it.
pub(super) fn path_from(
    walk: &Walk<'_>,
    node: Node<'_>,
    root: fn(&Walk<'_>, &str) -> SmolStr,
) -> Option<SmolStr> {
    let mut names: Vec<&str> = Vec::new();
    let mut at = node;
    loop {
        match at.kind() {
            "identifier" | "predefined_type" => {
                names.reverse();
                let first = if names.is_empty() {
                    root(walk, walk.slice(at))
                } else {
                    qualified(walk, walk.slice(at))
                };
                return Some(dotted(&first, &names.join(".")));
            }
            "this" | "base" => {
                names.reverse();
                return Some(dotted(&walk.type_path()?, &names.join(".")));
            }
            "generic_name" => at = at.named_child(0)?,
            "member_access_expression" | "qualified_name" => {
                names.push(walk.slice(bare(at.field("name")?)?));
                at = at.field("expression").or_else(|| at.field("qualifier"))?;
            }
            "conditional_access_expression" => {
                let access = children(at).last().copied()?;
                names.push(walk.slice(bare(access.field("name")?)?));
                at = at.field("condition")?;
            }
            "parenthesized_expression" | "postfix_unary_expression" | "await_expression" => {
                at = at.named_child(0)?;
            }
            _ => return None,
        }
    }
}

/// The name of a type, its arguments dropped.
pub(super) fn type_name(walk: &Walk<'_>, node: Node<'_>) -> Option<SmolStr> {
    let mut names: Vec<&str> = Vec::new();
    let mut at = node;
    loop {
        match at.kind() {
            "identifier" => {
                names.push(walk.slice(at));
                names.reverse();
                return Some(names.join(".").into());
            }
            "generic_name" => at = at.named_child(0)?,
            "nullable_type" | "primary_constructor_base_type" => at = at.field("type")?,
            "alias_qualified_name" => at = at.field("name")?,
            "qualified_name" => {
                names.push(walk.slice(bare(at.field("name")?)?));
                at = at.field("qualifier")?;
            }
            _ => return None,
        }
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
        "string_literal" | "raw_string_literal" => Some(Text::literal(string(walk, node))),
        "verbatim_string_literal" => {
            let content = walk.slice(node).strip_prefix("@\"")?;
            Some(Text::literal(content.strip_suffix('"').unwrap_or(content).replace("\"\"", "\"")))
        }
        "character_literal" => Some(Text::literal(walk.slice(node).trim_matches('\''))),
        "interpolated_string_expression" => Some(interpolated(walk, node, depth)),
        "identifier" => Some(Text::name(path_of(walk, node)?)),
        "member_access_expression" => member(walk, node),
        "parenthesized_expression" | "postfix_unary_expression" => {
            text_within(walk, node.named_child(0)?, depth - 1)
        }
        "cast_expression" => text_within(walk, node.field("value")?, depth - 1),
        "binary_expression" => {
            if walk.slice(node.field("operator")?) != "+" {
                return None;
            }
            let mut text = inner(node.field("left")?);
            text.append(inner(node.field("right")?));
            text.is_telling().then_some(text)
        }
        "invocation_expression" => called(walk, node, depth),
        "object_creation_expression" => {
            let class = type_name(walk, node.field("type")?)?;
            let list = arguments(walk, node);
            let (_, first) = list.iter().find(|_| class.as_str() == "Uri")?;
            text_within(walk, *first, depth - 1)
        }
        _ => None,
    }
}

/// `Names.Checkout`, `typeof(Cart).Name`, `string.Empty`.
fn member(walk: &Walk<'_>, node: Node<'_>) -> Option<Text> {
    let name = walk.slice(node.field("name")?);
    let object = node.field("expression")?;
    match (object.kind(), name) {
        ("typeof_expression", "Name") => {
            let class = type_name(walk, object.field("type")?)?;
            let last = class.rsplit('.').next()?;
            // A type parameter is another type at every call.
            let mut characters = last.chars();
            let is_parameter =
                characters.next() == Some('T') && characters.next().is_none_or(char::is_uppercase);
            Some(if is_parameter { Text::hole() } else { Text::literal(last) })
        }
        ("predefined_type", "Empty") => Some(Text::literal("")),
        _ => Some(Text::name(path_of(walk, node)?)),
    }
}

/// Calls that give text, with what of it is known.
fn called(walk: &Walk<'_>, node: Node<'_>, depth: usize) -> Option<Text> {
    let (object, name) = callee(node)?;
    let list = arguments(walk, node);
    let class = object.map(|object| walk.slice(object)).unwrap_or_default();
    let first = || list.first().map(|(_, node)| *node);
    match (class, walk.slice(name)) {
        ("", "nameof") => {
            let written = walk.slice(first()?).split('<').next()?;
            Some(Text::literal(written.rsplit('.').next()?.trim()))
        }
        ("string" | "String", "Format") => {
            let template = text_within(walk, first()?, depth - 1)?.as_literal()?;
            Some(numbered_holes(&template))
        }
        ("string" | "String", "Concat") => {
            let mut text = Text::default();
            for (_, part) in &list {
                text.append(text_within(walk, *part, depth - 1).unwrap_or_else(Text::hole));
            }
            text.is_telling().then_some(text)
        }
        (_, "Trim" | "ToString" | "TrimEnd") if list.is_empty() => text_within(walk, object?, depth - 1),
        _ => None,
    }
}

/// A string or raw string; escapes that names and routes have are undone.
fn string(walk: &Walk<'_>, node: Node<'_>) -> String {
    let mut text = String::new();
    for part in children(node) {
        match (part.kind(), walk.slice(part)) {
            ("escape_sequence", escape) => text.push_str(unescaped(escape)),
            ("string_literal_content" | "raw_string_content", fragment) => text.push_str(fragment),
            _ => {}
        }
    }
    text
}

fn unescaped(escape: &str) -> &str {
    match escape {
        "\\n" => "\n",
        "\\t" => "\t",
        "\\r" => "\r",
        other => other.strip_prefix('\\').unwrap_or(other),
    }
}

/// `$"a {b}"`: what stands in braces as far as it is text.
fn interpolated(walk: &Walk<'_>, node: Node<'_>, depth: usize) -> Text {
    let mut text = Text::literal("");
    let is_verbatim = walk.slice(node).get(..3).is_some_and(|start| start.contains('@'));
    for part in children(node) {
        match (part.kind(), walk.slice(part)) {
            ("interpolation", _) => {
                let inside = children(part);
                let is_formatted = inside.iter().any(|inner| inner.kind() == "interpolation_format_clause");
                let expression = inside.into_iter().find(|inner| inner.kind() != "interpolation_brace");
                let known = expression.filter(|_| !is_formatted);
                let known = known.and_then(|expression| text_within(walk, expression, depth - 1));
                text.append(known.unwrap_or_else(Text::hole));
            }
            ("escape_sequence", "{{") => text.append(Text::literal("{")),
            ("escape_sequence", "}}") => text.append(Text::literal("}")),
            ("escape_sequence", escape) => text.append(Text::literal(unescaped(escape))),
            ("string_content", fragment) => {
                let plain = fragment.replace("{{", "{").replace("}}", "}");
                let plain = if is_verbatim { plain.replace("\"\"", "\"") } else { plain };
                text.append(Text::literal(plain));
            }
            _ => {}
        }
    }
    text
}

/// `{0}` and `{1:D2}` as holes.
fn numbered_holes(template: &str) -> Text {
    let mut text = Text::default();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((_, end)) = after.split_once('}') else { break };
        text.append(Text::literal(before));
        text.append(Text::hole());
        rest = end;
    }
    text.append(Text::literal(rest));
    text
}
