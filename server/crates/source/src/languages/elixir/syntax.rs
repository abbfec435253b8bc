//! Elixir expressions as names, texts and lists.

use model::SmolStr;
use tree_sitter::Node;

use crate::{
    field::Field,
    walk::{Walk, children, dotted},
    wiring::Text,
};

/// Expressions nest no deeper than this in code that names things.
const MAX_DEPTH: usize = 12;

/// What a call calls by a plain word: `def`, `scope`, `get`.
pub(super) fn word_of<'t>(walk: &Walk<'t>, call: Node<'t>) -> Option<&'t str> {
    let target = call.field("target")?;
    (target.kind() == "identifier").then(|| walk.slice(target))
}

/// The child of that kind.
pub(super) fn child_of_kind<'t>(node: Node<'t>, kind: &str) -> Option<Node<'t>> {
    node.named_children(&mut node.walk()).find(|child| child.kind() == kind)
}

/// All arguments of a call, keywords last.
pub(super) fn arguments<'t>(call: Node<'t>) -> Vec<Node<'t>> {
    child_of_kind(call, "arguments").map(children).unwrap_or_default()
}

/// The block of a call: `do … end`.
pub(super) fn block(call: Node<'_>) -> Option<Node<'_>> {
    child_of_kind(call, "do_block")
}

/// The value under `key` among the keywords of a call.
pub(super) fn keyword<'t>(walk: &Walk<'t>, call: Node<'t>, key: &str) -> Option<Node<'t>> {
    let keywords =
        arguments(call).into_iter().filter(|node| node.kind() == "keywords" || node.kind() == "list");
    let mut pairs = keywords.flat_map(children).flat_map(|node| match node.kind() {
        "keywords" => children(node),
        _ => vec![node],
    });
    pairs
        .find(|pair| {
            let name = pair.field("key").map(|key| walk.slice(key)).unwrap_or_default();
            pair.kind() == "pair" && name.trim_end().trim_end_matches(':') == key
        })?
        .field("value")
}

/// A name with dots; `__MODULE__` is the module.
pub(super) fn path_of(walk: &Walk<'_>, node: Node<'_>) -> Option<SmolStr> {
    path_within(walk, node, MAX_DEPTH)
}

fn path_within(walk: &Walk<'_>, node: Node<'_>, depth: usize) -> Option<SmolStr> {
    if depth == 0 {
        return None;
    }
    match node.kind() {
        "identifier" if walk.slice(node) == "__MODULE__" => walk.type_path(),
        "identifier" => Some(walk.slice(node).into()),
        "alias" => Some(walk.slice(node).split_whitespace().collect::<String>().into()),
        "atom" => Some(walk.slice(node).into()),
        "dot" => {
            let object = path_within(walk, node.field("left")?, depth - 1)?;
            let name = node.field("right")?;
            (name.kind() == "identifier" || name.kind() == "alias").then(|| dotted(&object, walk.slice(name)))
        }
        "call" => path_within(walk, node.field("target")?, depth - 1),
        _ => None,
    }
}

/// `:name` as `name`.
pub(super) fn atom(walk: &Walk<'_>, node: Node<'_>) -> Option<SmolStr> {
    (node.kind() == "atom").then(|| walk.slice(node).trim_start_matches(':').into())
}

/// The atoms of a list, or the only one.
pub(super) fn atoms(walk: &Walk<'_>, node: Node<'_>) -> Vec<SmolStr> {
    match node.kind() {
        "list" => children(node).into_iter().filter_map(|item| atom(walk, item)).collect(),
        // `~w(index show)a`.
        "sigil" => child_of_kind(node, "quoted_content")
            .map(|words| walk.slice(words).split_whitespace().map(SmolStr::new).collect())
            .unwrap_or_default(),
        _ => atom(walk, node).into_iter().collect(),
    }
}

/// The name of a module attribute that is read: `@name`.
pub(super) fn attribute<'t>(walk: &Walk<'t>, node: Node<'t>) -> Option<&'t str> {
    let operand = node.field("operand").filter(|_| node.kind() == "unary_operator")?;
    (operand.kind() == "identifier" && walk.slice(node).starts_with('@')).then(|| walk.slice(operand))
}

/// An expression as text; `None` when it is none, as numbers and lists.
pub(super) fn text_of(walk: &Walk<'_>, node: Node<'_>) -> Option<Text> {
    text_within(walk, node, MAX_DEPTH)
}

fn text_within(walk: &Walk<'_>, node: Node<'_>, depth: usize) -> Option<Text> {
    if depth == 0 {
        return Some(Text::hole());
    }
    match node.kind() {
        "string" | "sigil" => Some(string(walk, node, depth)),
        "atom" => Some(Text::literal(atom(walk, node)?)),
        "identifier" if walk.slice(node) == "__MODULE__" => {
            Some(Text::literal(dotted("Elixir", &walk.type_path()?)))
        }
        "identifier" => Some(Text::name(walk.slice(node))),
        "unary_operator" => {
            let name = attribute(walk, node)?;
            Some(Text::name(dotted(&walk.type_path().unwrap_or_default(), &format!("@{name}"))))
        }
        "binary_operator" if walk.slice(node.field("operator")?) == "<>" => {
            let mut text = Text::default();
            for side in ["left", "right"] {
                let part = text_within(walk, node.field(side)?, depth - 1);
                text.append(part.unwrap_or_else(Text::hole));
            }
            Some(text)
        }
        "call" => {
            let first = arguments(node).first().copied()?;
            match walk.slice(node.field("target")?) {
                "inspect" if walk.slice(first) == "__MODULE__" => Some(Text::literal(walk.type_path()?)),
                "to_string" | "String.trim" | "URI.encode" | "URI.parse" => {
                    text_within(walk, first, depth - 1)
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn string(walk: &Walk<'_>, node: Node<'_>, depth: usize) -> Text {
    let mut text = Text::literal("");
    for part in children(node) {
        match part.kind() {
            "quoted_content" => text.append(Text::literal(walk.slice(part))),
            "escape_sequence" => text.append(Text::literal(match walk.slice(part) {
                "\\n" => "\n",
                "\\t" => "\t",
                other => other.trim_start_matches('\\'),
            })),
            "interpolation" => {
                let value = part.named_child(0).and_then(|value| text_within(walk, value, depth - 1));
                text.append(value.unwrap_or_else(Text::hole));
            }
            _ => {}
        }
    }
    text
}
