//! Texts as several languages write them: strings with escapes, templates with holes.

use tree_sitter::Node;

use crate::{
    walk::{Walk, children},
    wiring::{Piece, Text},
};

/// A string whose escapes are nodes of their own; escapes that names and routes have are undone.
pub(super) fn string(walk: &Walk<'_>, node: Node<'_>) -> String {
    let mut text = String::new();
    for part in children(node) {
        match (part.kind(), walk.slice(part)) {
            ("escape_sequence", "\\n") => text.push('\n'),
            ("escape_sequence", "\\t") => text.push('\t'),
            ("escape_sequence", escape) => text.push_str(escape.strip_prefix('\\').unwrap_or(escape)),
            (_, fragment) => text.push_str(fragment),
        }
    }
    text
}

/// `%s`, `%1$s` and their like as holes, `%%` as itself.
pub(super) fn printf_holes(template: &str) -> Text {
    let mut text = Text::default();
    let mut rest = template;
    while let Some(start) = rest.find('%') {
        text.append(Text::literal(&rest[..start]));
        let after = &rest[start + 1..];
        let Some(length) = after.find(|c: char| c.is_ascii_alphabetic() || c == '%') else { break };
        let is_percent = after[length..].starts_with('%');
        text.append(if is_percent { Text::literal("%") } else { Text::hole() });
        rest = &after[length + 1..];
    }
    text.append(Text::literal(rest));
    text.0.retain(|piece| !matches!(piece, Piece::Literal(literal) if literal.is_empty()));
    text
}

/// `{name}` of a URL or URI template as holes.
pub(super) fn template_holes(text: Text) -> Text {
    let mut holes = Text::default();
    for piece in text.0 {
        let Piece::Literal(literal) = &piece else {
            holes.append(Text(vec![piece]));
            continue;
        };
        let mut rest = literal.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let Some((_, end)) = after.split_once('}') else { break };
            holes.append(Text::literal(before));
            holes.append(Text::hole());
            rest = end;
        }
        holes.append(Text::literal(rest));
    }
    holes
}
