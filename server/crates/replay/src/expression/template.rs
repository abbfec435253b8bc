//! Log messages: text with expressions in braces.

use super::{Context, Expression, SyntaxError};

/// A log point's message.
#[derive(Clone, Debug)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
enum Part {
    Text(String),
    Value(Expression),
}

impl Template {
    /// Parses `text`; `\{`, `{{` and `}}` stand for braces.
    ///
    /// # Errors
    /// When a brace is not closed or what it holds is no expression.
    pub fn parse(text: &str) -> Result<Template, SyntaxError> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text.char_indices().peekable();
        while let Some((at, character)) = rest.next() {
            let doubled = rest.peek().is_some_and(|(_, next)| *next == character);
            match character {
                '\\' if rest.peek().is_some_and(|(_, next)| matches!(next, '{' | '}' | '\\')) => {
                    plain.extend(rest.next().map(|(_, brace)| brace));
                }
                '{' | '}' if doubled => plain.extend(rest.next().map(|(_, brace)| brace)),
                '{' => {
                    let column = text.get(..at).map_or(0, |before| before.chars().count()) + 1;
                    let inner = text.get(at + 1..).unwrap_or_default();
                    let length = inner.find('}').ok_or_else(|| SyntaxError {
                        column,
                        message: "a brace is not closed; write `{{` for a brace".to_owned(),
                    })?;
                    let expression = inner.get(..length).unwrap_or_default();
                    let expression = Expression::parse(expression)
                        .map_err(|error| SyntaxError { column: column + error.column, ..error })?;
                    parts.push(Part::Text(std::mem::take(&mut plain)));
                    parts.push(Part::Value(expression));
                    while rest.next_if(|(next, _)| *next <= at + 1 + length).is_some() {}
                }
                other => plain.push(other),
            }
        }
        parts.push(Part::Text(plain));
        Ok(Template { parts })
    }

    /// The message at one moment.
    pub fn render(&self, context: &Context<'_>) -> String {
        let render = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Value(expression) => expression.value(context).to_string(),
        };
        self.parts.iter().map(render).collect()
    }
}
