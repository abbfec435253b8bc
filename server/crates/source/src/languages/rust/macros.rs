//! Macro invocations: spans, SQL, and calls that stand in their arguments. Their insides are tokens, not expressions.

use model::SmolStr;
use tree_sitter::Node;

use super::{rocket, syntax::text_of_token};
use crate::{
    CallKind, CallSite,
    field::Field,
    walk::{Walk, children, position},
    wiring::{Piece, Text},
};

/// A macro of the program's body.
pub(super) fn invoked<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let Some(name) = node.field("macro") else { return };
    let path = walk.slice(name);
    let last = path.rsplit("::").next().unwrap_or(path);
    let Some(tree) = children(node).into_iter().find(|child| child.kind() == "token_tree") else { return };
    let arguments = arguments(walk.slice(tree));
    match last {
        "span" | "info_span" | "debug_span" | "trace_span" | "warn_span" | "error_span" | "root_span" => {
            span(walk, node, &arguments);
        }
        "query" | "query_as" | "query_scalar" | "query_unchecked" | "query_as_unchecked" => {
            let statement = arguments.iter().find_map(|argument| text_of_token(argument));
            let site = call_site(walk, node, name, CallKind::Sql, last);
            walk.draft.call(site, statement);
        }
        "routes" => rocket::listed(walk, node),
        _ => calls_inside(walk, tree, 4),
    }
}

/// A call site for the macro, without a target.
fn call_site<'t>(walk: &Walk<'t>, node: Node<'t>, name: Node<'t>, kind: CallKind, last: &str) -> CallSite {
    CallSite {
        kind,
        callee: last.into(),
        method: None,
        target: None,
        function: walk.function_around(),
        position: position(name),
        end: node.end_byte() as u32,
        in_loop: walk.in_loop(),
    }
}

/// `info_span!(parent: &p, "name", otel.name = …)`. `otel.name` is what the span is called in the end.
fn span<'t>(walk: &mut Walk<'t>, node: Node<'t>, arguments: &[&str]) {
    let Some(name) = span_name(arguments) else { return };
    let scope = walk.scope();
    walk.draft.span(name, scope, None, position(node), None);
}

/// The name that a list of span arguments gives: `otel.name`, else the first text that stands alone.
pub(super) fn span_name(arguments: &[&str]) -> Option<Text> {
    let otel = arguments.iter().find_map(|argument| {
        let value = argument.strip_prefix("otel.name")?.trim_start().strip_prefix('=')?;
        Some(value.trim().trim_start_matches(['%', '?']).trim())
    });
    let own = || {
        let literal = arguments.iter().find(|argument| argument.starts_with(['"', 'r']));
        literal.and_then(|argument| text_of_token(argument)).or_else(|| constant(arguments))
    };
    match otel {
        // What is recorded later is not known here; until then the span has the name that it was made with.
        Some(value) if value.ends_with("Empty") => own(),
        Some(value) => text_of_token(value).filter(Text::is_telling),
        None => own(),
    }
}

/// `info_span!(names::LOAD)`: a constant as the name; levels are constants as well.
fn constant(arguments: &[&str]) -> Option<Text> {
    let is_constant = |argument: &&&str| {
        let last = argument.rsplit("::").next().unwrap_or_default();
        last.len() > 1
            && last.starts_with(|c: char| c.is_ascii_uppercase())
            && last.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
            && !argument.contains("Level::")
    };
    arguments.iter().find(is_constant).map(|path| Text::name(path.replace("::", ".")))
}

/// Calls among the tokens of a macro: a name with a list right behind it.
fn calls_inside<'t>(walk: &mut Walk<'t>, tree: Node<'t>, depth: usize) {
    if depth == 0 {
        return;
    }
    let parts = children(tree);
    for (at, part) in parts.iter().enumerate() {
        if part.kind() == "token_tree" {
            calls_inside(walk, *part, depth - 1);
        }
        let next = parts.get(at + 1).filter(|next| next.kind() == "token_tree");
        let Some(list) =
            next.filter(|list| part.kind() == "identifier" && walk.slice(**list).starts_with('('))
        else {
            continue;
        };
        if part.end_byte() != list.start_byte() {
            continue;
        }
        let callee = SmolStr::from(walk.slice(*part));
        let site = CallSite {
            kind: CallKind::Function,
            callee,
            method: None,
            target: None,
            function: walk.function_around(),
            position: position(*part),
            end: list.end_byte() as u32,
            in_loop: walk.in_loop(),
        };
        walk.draft.call(site, None);
    }
}

/// The arguments of a macro or an attribute, outer brackets dropped, split at commas that no bracket or text holds.
pub(super) fn arguments(tokens: &str) -> Vec<&str> {
    let tokens = tokens.trim();
    let inner = tokens.get(1..tokens.len().saturating_sub(1)).unwrap_or_default();
    let mut parts = Vec::new();
    let (mut depth, mut start, mut at) = (0_i32, 0, 0);
    let bytes = inner.as_bytes();
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            b'"' => at = text_end(bytes, at),
            b',' if depth == 0 => {
                parts.push(inner.get(start..at).unwrap_or_default().trim());
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    parts.push(inner.get(start..).unwrap_or_default().trim());
    parts.retain(|part| !part.is_empty());
    parts
}

/// The place of the quote that ends the text which begins at `at`.
fn text_end(bytes: &[u8], at: usize) -> usize {
    let hashes = bytes[..at].iter().rev().take_while(|byte| **byte == b'#').count();
    let is_raw = hashes > 0 || at.checked_sub(1).is_some_and(|before| bytes[before] == b'r');
    let mut end = at + 1;
    while let Some(byte) = bytes.get(end) {
        match byte {
            b'\\' if !is_raw => end += 1,
            b'"' if bytes[end + 1..].iter().take_while(|byte| **byte == b'#').count() >= hashes => {
                return end;
            }
            _ => {}
        }
        end += 1;
    }
    bytes.len()
}

/// The value of `key = value` among arguments.
pub(super) fn value_of<'a>(arguments: &[&'a str], key: &str) -> Option<&'a str> {
    arguments.iter().find_map(|argument| {
        let value = argument.strip_prefix(key)?.trim_start().strip_prefix('=')?;
        (!value.starts_with('=')).then(|| value.trim())
    })
}

/// `format!` as text: `{name}` is a name, other braces are holes.
pub(super) fn format_text(arguments: &[&str]) -> Option<Text> {
    let template = text_of_token(arguments.first()?)?.as_literal()?;
    let mut text = Text::literal("");
    let mut rest = template.as_str();
    while let Some(open) = rest.find('{') {
        text.append(Text::literal(&rest[..open]));
        if let Some(after) = rest[open..].strip_prefix("{{") {
            text.append(Text::literal("{"));
            rest = after;
            continue;
        }
        let Some(close) = rest[open..].find('}') else { break };
        let name = &rest[open + 1..open + close];
        let is_name = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        text.append(Text(vec![if is_name { Piece::Name(name.into()) } else { Piece::Hole }]));
        rest = &rest[open + close + 1..];
    }
    text.append(Text::literal(rest.replace("}}", "}")));
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_split_at_their_own_commas() {
        assert_eq!(
            arguments(r##"(parent: f(a, b), "x, \" y", r#"q"," "#, k = { 1, 2 },)"##),
            ["parent: f(a, b)", r#""x, \" y""#, r##"r#"q"," "#"##, "k = { 1, 2 }"]
        );
        assert!(arguments("()").is_empty());
        assert!(arguments("").is_empty());
        assert_eq!(arguments("(\"open, )").len(), 1);
    }

    #[test]
    fn the_name_of_a_span_is_the_first_text_that_stands_alone() {
        let name = |tokens: &str| span_name(&arguments(tokens)).and_then(|text| text.as_literal());
        assert_eq!(name(r#"(target: "a", "load", k = "v")"#).as_deref(), Some("load"));
        assert_eq!(name(r#"(Level::INFO, "load")"#).as_deref(), Some("load"));
        assert_eq!(name(r#"("x", otel.name = "GET /a")"#).as_deref(), Some("GET /a"));
        assert_eq!(name("(Level::INFO)"), None);
    }
}
