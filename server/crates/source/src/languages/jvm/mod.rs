//! What Java and Kotlin share: annotations, and what frameworks make of them.

pub(super) mod annotation;
pub(super) mod clients;
mod metas;
pub(super) mod methods;
mod resources;
pub(super) mod routes;

use crate::{
    walk::Walk,
    wiring::{Piece, Text, Value},
};

/// In the marks of a file: it imports something with which routes are declared by calls.
pub(super) const ROUTERS: &str = "@routers";

/// Whether the file imports something of one of these packages.
pub(super) fn imports(walk: &Walk<'_>, packages: &[&str]) -> bool {
    walk.draft.marks.contains(ROUTERS)
        && walk
            .draft
            .wiring
            .bindings
            .iter()
            .take(256)
            .any(|binding| matches!(&binding.value, Value::Import(module, _) if is_of(module, packages)))
}

/// Whether a name lies in one of these packages.
pub(super) fn is_of(name: &str, packages: &[&str]) -> bool {
    packages.iter().any(|package| {
        name.strip_prefix(package).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

/// Exactly one slash where two paths meet.
pub(super) fn joined(before: Text, after: Text) -> Text {
    if before.0.is_empty() {
        return after;
    }
    let mut whole = Text::default();
    let ends = matches!(before.0.last(), Some(Piece::Literal(text)) if text.ends_with('/'));
    let starts = matches!(after.0.first(), Some(Piece::Literal(text)) if text.starts_with('/'));
    let is_empty = after.as_literal().is_some_and(|text| text.is_empty() || text == "/");
    whole.append(before);
    if is_empty {
        return whole;
    }
    if !ends && !starts {
        whole.append(Text::literal("/"));
    }
    whole.append(after);
    whole
}

/// A pattern with a slash at its start, which Javalin's may lack.
pub(super) fn rooted(pattern: Text) -> Text {
    let lacks = matches!(pattern.0.first(), Some(Piece::Literal(first)) if !first.starts_with('/'));
    if !lacks {
        return pattern;
    }
    let mut whole = Text::literal("/");
    whole.append(pattern);
    whole
}

/// Whether a called name says that it makes spans: variables that are handed to it may be their names.
pub(super) fn traces(callee: &str) -> bool {
    let last = callee.rsplit('.').next().unwrap_or(callee).to_lowercase();
    ["span", "trac", "instrument", "observ"].iter().any(|word| last.contains(word))
}
