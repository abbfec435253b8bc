//! Expressions over spans: TraceQL's field expressions, for conditions, log messages, watches, hover and search.
//!
//! The grammar and what each name means are in docs/replay.md, "Expressions".

mod eval;
mod lexer;
mod parser;
mod syntax;
mod template;

use std::fmt;

pub(crate) use eval::status_name;
pub use eval::{Context, Datum};
pub use syntax::{Field, Intrinsic, Place};
pub use template::Template;

use syntax::Node;

/// A parsed expression.
#[derive(Clone, Debug)]
pub struct Expression {
    node: Node,
}

/// Why a text is no expression, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// 1-based column in characters.
    pub column: usize,
    /// What is wrong and, where that is known, what to write instead.
    pub message: String,
}

impl Expression {
    /// Parses `text`; a pair of braces around it, as in a search, is passed over.
    ///
    /// # Errors
    /// When it is no expression: the first thing that is wrong.
    pub fn parse(text: &str) -> Result<Expression, SyntaxError> {
        parser::parse(text).map(|node| Expression { node })
    }

    /// The field, when the expression is nothing but one.
    pub fn as_field(&self) -> Option<&Field> {
        match &self.node {
            Node::Field(field) => Some(field),
            _ => None,
        }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {}", self.column, self.message)
    }
}

impl std::error::Error for SyntaxError {}

#[cfg(test)]
mod tests;
