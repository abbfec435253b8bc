//! Ruby expressions as names, texts and lists.

use model::SmolStr;
use tree_sitter::Node;

use crate::{
    field::Field,
    walk::{Walk, children, dotted},
    wiring::{MODULE, Piece, Text, Value},
};

/// Expressions nest no deeper than this in code that names things.
const MAX_DEPTH: usize = 12;

/// A name with dots; `self` and instance variables are looked for in the class, `new` is passed over, so that
/// `Gateway.new.charge` reads `Gateway.charge`.
pub(super) fn path_of(walk: &Walk<'_>, node: Node<'_>) -> Option<SmolStr> {
    path_within(walk, node, MAX_DEPTH)
}

fn path_within(walk: &Walk<'_>, node: Node<'_>, depth: usize) -> Option<SmolStr> {
    if depth == 0 {
        return None;
    }
    match node.kind() {
        "identifier" => Some(walk.slice(node).into()),
        "constant" => Some(constant(walk, walk.slice(node))),
        "self" => walk.type_path(),
        "instance_variable" | "class_variable" | "global_variable" => {
            Some(dotted(&walk.type_path().unwrap_or_default(), walk.slice(node)))
        }
        "scope_resolution" => {
            let name = walk.slice(node.field("name")?);
            match node.field("scope") {
                Some(scope) => Some(dotted(&path_within(walk, scope, depth - 1)?, name)),
                None => Some(name.into()),
            }
        }
        "call" => {
            let method = walk.slice(node.field("method")?);
            let Some(receiver) = node.field("receiver") else { return Some(method.into()) };
            let object = path_within(walk, receiver, depth - 1)?;
            Some(if method == "new" { object } else { dotted(&object, method) })
        }
        "parenthesized_statements" => path_within(walk, node.named_child(0)?, depth - 1),
        _ => None,
    }
}

/// A constant with the class before it in which this file defines it.
fn constant(walk: &Walk<'_>, name: &str) -> SmolStr {
    let mut around = walk.type_path().unwrap_or_default();
    while !around.is_empty() {
        let whole = dotted(&around, name);
        if walk.draft.marks.contains(&whole) {
            return whole;
        }
        around = around.rsplit_once('.').map_or("", |(outer, _)| outer).into();
    }
    name.into()
}

/// The names of a constant without look-up: `A::B` as `A.B`.
pub(super) fn constant_path(walk: &Walk<'_>, node: Node<'_>) -> Option<SmolStr> {
    match node.kind() {
        "constant" | "scope_resolution" => {
            Some(walk.slice(node).trim_start_matches(':').replace("::", ".").into())
        }
        _ => None,
    }
}

/// The name of the called method.
pub(super) fn method_of<'t>(walk: &Walk<'t>, call: Node<'t>) -> &'t str {
    call.field("method").map(|name| walk.slice(name)).unwrap_or_default()
}

/// All arguments of a call.
pub(super) fn arguments<'t>(call: Node<'t>) -> Vec<Node<'t>> {
    call.field("arguments").map(children).unwrap_or_default()
}

/// The arguments that are told by their place.
pub(super) fn positional<'t>(call: Node<'t>) -> Vec<Node<'t>> {
    let mut list = arguments(call);
    list.retain(|node| {
        !matches!(
            node.kind(),
            "pair" | "block_argument" | "splat_argument" | "hash_splat_argument" | "heredoc_body"
        )
    });
    list
}

/// The value under `key` among `pairs`.
pub(super) fn option<'t>(walk: &Walk<'t>, pairs: &[Node<'t>], key: &str) -> Option<Node<'t>> {
    let is_it = |pair: &&Node<'t>| {
        pair.kind() == "pair" && pair.field("key").is_some_and(|node| plain_key(walk.slice(node)) == key)
    };
    pairs.iter().find(is_it)?.field("value")
}

fn plain_key(key: &str) -> &str {
    key.trim_start_matches(':').trim_end_matches(':').trim_matches(['"', '\''])
}

/// A symbol or a text without holes.
pub(super) fn word(walk: &Walk<'_>, node: Node<'_>) -> Option<SmolStr> {
    match node.kind() {
        "simple_symbol" => Some(walk.slice(node).trim_start_matches(':').into()),
        "bare_symbol" | "bare_string" | "hash_key_symbol" => Some(walk.slice(node).into()),
        "string" | "delimited_symbol" | "chained_string" => text_of(walk, node)?.as_literal(),
        _ => None,
    }
}

/// Symbols or texts of a list, or the only one; `None` when that is told at run time.
pub(super) fn words(walk: &Walk<'_>, node: Node<'_>) -> Option<Vec<SmolStr>> {
    match node.kind() {
        "array" | "symbol_array" | "string_array" => {
            children(node).into_iter().map(|item| word(walk, item)).collect()
        }
        _ => Some(vec![word(walk, node)?]),
    }
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
        "string" | "delimited_symbol" | "heredoc_body" => Some(string(walk, node, depth)),
        "simple_symbol" => Some(Text::literal(walk.slice(node).trim_start_matches(':'))),
        "chained_string" => {
            let mut text = Text::default();
            for part in children(node) {
                text.append(text_within(walk, part, depth - 1).unwrap_or_else(Text::hole));
            }
            Some(text)
        }
        "heredoc_beginning" => text_within(walk, heredoc(walk, node)?, depth - 1),
        "identifier" if walk.slice(node) == "__method__" => Some(own_name(walk)),
        "identifier" | "constant" | "scope_resolution" | "instance_variable" => {
            Some(Text::name(path_of(walk, node)?))
        }
        "parenthesized_statements" => text_within(walk, node.named_child(0)?, depth - 1),
        "binary" => {
            let left = text_within(walk, node.field("left")?, depth - 1)?;
            let right = node.field("right")?;
            match walk.slice(node.field("operator")?) {
                "+" => {
                    let mut text = left;
                    text.append(text_within(walk, right, depth - 1).unwrap_or_else(Text::hole));
                    Some(text)
                }
                "%" => Some(printf(&left.as_literal()?)),
                _ => None,
            }
        }
        "call" => called(walk, node, depth),
        _ => None,
    }
}

/// Calls that give text, with what of it is known.
fn called(walk: &Walk<'_>, node: Node<'_>, depth: usize) -> Option<Text> {
    match method_of(walk, node) {
        "freeze" | "squish" | "strip" | "to_s" | "strip_heredoc" | "chomp" | "to_sym" | "html_safe"
        | "dup" => text_within(walk, node.field("receiver")?, depth - 1),
        "URI" | "parse" | "sql" | "encode" => text_within(walk, *positional(node).first()?, depth - 1),
        "join" => {
            // `URI.join(base, "path")`: what is joined last.
            let parts = positional(node);
            let (first, rest) = parts.split_first()?;
            let mut text = text_within(walk, *first, depth - 1).unwrap_or_else(Text::hole);
            for part in rest {
                text.append(text_within(walk, *part, depth - 1).unwrap_or_else(Text::hole));
            }
            (!rest.is_empty()).then_some(text)
        }
        "format" | "sprintf" if node.field("receiver").is_none() => {
            Some(printf(&text_within(walk, *positional(node).first()?, depth - 1)?.as_literal()?))
        }
        _ => None,
    }
}

fn string(walk: &Walk<'_>, node: Node<'_>, depth: usize) -> Text {
    let is_raw = walk.text.as_bytes().get(node.start_byte()) == Some(&b'\'');
    let mut text = Text::literal("");
    for part in children(node) {
        match part.kind() {
            "string_content" | "heredoc_content" => text.append(Text::literal(walk.slice(part))),
            "escape_sequence" => text.append(Text::literal(unescaped(walk.slice(part), is_raw))),
            "interpolation" => {
                let value = part.named_child(0).and_then(|value| text_within(walk, value, depth - 1));
                text.append(value.unwrap_or_else(Text::hole));
            }
            _ => {}
        }
    }
    text
}

/// The character that an escape stands for, where names and routes have it.
fn unescaped(escape: &str, is_raw: bool) -> &str {
    match escape {
        "\\n" if !is_raw => "\n",
        "\\t" if !is_raw => "\t",
        "\\\\" => "\\",
        "\\\"" => "\"",
        "\\'" => "'",
        "\\/" => "/",
        "\\#" => "#",
        other => other,
    }
}

/// The body of a heredoc: it stands behind the statement, or behind the arguments on its line.
fn heredoc<'t>(walk: &Walk<'t>, beginning: Node<'t>) -> Option<Node<'t>> {
    let name = walk.slice(beginning).trim_start_matches(['<', '~', '-']).trim_matches(['"', '\'', '`']);
    let is_body = |body: Node<'t>| {
        let last = body.named_child_count().checked_sub(1)?;
        let end = body.named_child(u32::try_from(last).ok()?)?;
        (body.kind() == "heredoc_body" && end.kind() == "heredoc_end" && walk.slice(end).trim() == name)
            .then_some(body)
    };
    let mut at = beginning;
    for _ in 0..MAX_DEPTH {
        let mut next = at.next_named_sibling();
        for _ in 0..8 {
            let Some(sibling) = next else { break };
            if let Some(body) = is_body(sibling) {
                return Some(body);
            }
            next = sibling.next_named_sibling();
        }
        at = at.parent()?;
    }
    None
}

/// The name of the method around.
fn own_name(walk: &Walk<'_>) -> Text {
    let function = walk.function_around().and_then(|index| walk.draft.functions.get(index as usize));
    function.map_or_else(Text::hole, |function| Text::literal(function.name.clone()))
}

/// `template` with a hole for each of its directives.
fn printf(template: &str) -> Text {
    let mut text = Text::default();
    let mut rest = template;
    while let Some(start) = rest.find('%') {
        let directive = &rest[start + 1..];
        let end = match directive.chars().next() {
            Some('<') => {
                directive.find('>').and_then(|at| Some(at + 1 + directive[at..].find(char::is_alphabetic)?))
            }
            Some('{') => directive.find('}').map(|at| at + 1),
            _ => directive.find(|c: char| c.is_ascii_alphabetic()).map(|at| at + 1),
        };
        let Some(end) = end else { break };
        text.append(Text(vec![Piece::Literal(rest[..start].into()), Piece::Hole]));
        rest = directive.get(end..).unwrap_or_default();
    }
    text.append(Text::literal(rest));
    text
}

/// Constants in `text` that this file does not define are looked for in others.
pub(super) fn know_constants(walk: &mut Walk<'_>, text: &Text) {
    for piece in &text.0 {
        let Piece::Name(path) = piece else { continue };
        let root = path.split('.').next().unwrap_or(path);
        let is_known = walk.draft.marks.contains(path.as_str());
        if !is_known && root.starts_with(|c: char| c.is_uppercase()) {
            let root = SmolStr::from(root);
            let mark = SmolStr::from(format!("import {root}"));
            if walk.draft.marks.insert(mark) {
                let value = Value::Import(SmolStr::default(), Some(root.clone()));
                walk.draft.bind(MODULE, root, value);
            }
        }
    }
}
