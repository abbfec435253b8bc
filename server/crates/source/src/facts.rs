//! Facts that tie code to telemetry: routes, span names, outgoing calls.

use model::{LinePosition, SmolStr};

/// A route that a function handles, as it is reached from outside: prefixes of every mount applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Upper-case method; `None` when the declaration takes any.
    pub method: Option<SmolStr>,
    /// The whole pattern in the framework's own spelling, for example `/api/users/<int:id>`.
    pub pattern: SmolStr,
    /// How many segments of the pattern settings put before everything that the code declares.
    pub context: usize,
    /// The pattern as declared at the handler, before any prefix: some instrumentations send only that.
    pub declared: SmolStr,
    /// Whether something unknown may stand before the pattern: a prefix that is known at run time only.
    pub is_open: bool,
    /// The framework by the name of its package, where the file that declares the route imports one.
    pub framework: Option<SmolStr>,
    /// The function that handles it.
    pub handler: crate::FunctionKey,
}

/// What a span's name is in the source: itself, or text with holes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NamePattern {
    /// Exactly this.
    Literal(SmolStr),
    /// Literal pieces with anything between two of them; pieces may be empty at both ends.
    Pattern(Vec<SmolStr>),
}

/// A place that starts a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpanSite {
    /// The name that the span will have.
    pub name: NamePattern,
    /// The function the span belongs to: the one that starts it, or the one that an annotation stands on.
    pub function: crate::FunctionKey,
    /// Where the span is started: 0-based line, column in bytes.
    pub position: LinePosition,
    /// The tracer's or scope's name where the code says it.
    pub scope: Option<SmolStr>,
}

/// What an outgoing call speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CallKind {
    /// A function of the program itself.
    Function,
    /// An HTTP client.
    Http,
    /// A remote procedure.
    Rpc,
    /// A database.
    Sql,
    /// A message queue.
    Messaging,
}

/// A call that may become a child span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallSite {
    /// What it speaks, as far as the call tells.
    pub kind: CallKind,
    /// The called name, last segment: `get`, `execute`, `charge_card`.
    pub callee: SmolStr,
    /// Upper-case HTTP method where the call tells it.
    pub method: Option<SmolStr>,
    /// The text that decides where it goes: a URL or its pattern, an SQL statement, a destination.
    pub target: Option<NamePattern>,
    /// Index in [`crate::SourceFile::functions`] of the innermost function around it.
    pub function: Option<u32>,
    /// Where the called name begins: 0-based line, column in bytes.
    pub position: LinePosition,
    /// Byte offset one past the call's closing parenthesis: where a hint about it stands.
    pub end: u32,
    /// Whether it stands in a loop of its function.
    pub in_loop: bool,
}

impl NamePattern {
    /// Whether `name` is this literal, or fits the pieces in order.
    pub fn matches(&self, name: &str) -> bool {
        match self {
            NamePattern::Literal(literal) => literal == name,
            NamePattern::Pattern(pieces) => pieces_match(pieces, name),
        }
    }

    /// How many characters of it are literal: the more, the more specific.
    pub fn literal_len(&self) -> usize {
        match self {
            NamePattern::Literal(literal) => literal.len(),
            NamePattern::Pattern(pieces) => pieces.iter().map(|piece| piece.len()).sum(),
        }
    }
}

fn pieces_match(pieces: &[SmolStr], name: &str) -> bool {
    let [first, middle @ .., last] = pieces else {
        return pieces.first().is_some_and(|only| only == name);
    };
    let Some(mut rest) = name.strip_prefix(first.as_str()) else { return false };
    for piece in middle {
        let Some(at) = rest.find(piece.as_str()) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_with_anything_in_their_holes() {
        let pattern = |pieces: &[&str]| NamePattern::Pattern(pieces.iter().map(SmolStr::new).collect());
        assert!(pattern(&["load ", ""]).matches("load cart"));
        assert!(pattern(&["", " ", ".done"]).matches("cart 7.done"));
        assert!(!pattern(&["load ", "x"]).matches("load"));
        assert!(!pattern(&["ab", "ba"]).matches("aba"));
        assert_eq!(pattern(&["load ", "x"]).literal_len(), 6);
    }
}
