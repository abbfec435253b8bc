//! From tokens to a tree, by precedence: `||`, `&&`, comparisons, `+ -`, `* / %`, `^`, then `!` and `-`.

use model::{SmolStr, SpanKind, StatusCode};
use regex::RegexBuilder;

use super::{
    SyntaxError,
    lexer::{Token, TokenKind, tokens},
    syntax::{Field, Intrinsic, Literal, Node, Operator, Place},
};

/// Nesting past which an expression is refused.
const MAX_DEPTH: usize = 64;

/// Size of a compiled pattern, in bytes.
const MAX_PATTERN: usize = 1 << 20;

/// Parses the whole of `text`.
pub(super) fn parse(text: &str) -> Result<Node, SyntaxError> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens, at: 0, depth: 0 };
    let braced = parser.take("{");
    let node = parser.level(0)?;
    if braced && !parser.take("}") {
        return Err(parser.error("the brace at the beginning is not closed"));
    }
    match parser.peek() {
        TokenKind::End => Ok(node),
        TokenKind::Word(word) => Err(match word.as_str() {
            "and" => parser.error("write `&&` instead of `and`"),
            "or" => parser.error("write `||` instead of `or`"),
            other => parser.error(format!("expected an operator before `{other}`")),
        }),
        _ => Err(parser.error("expected an operator, such as `=`, `>` or `&&`")),
    }
}

/// Operators by precedence, loosest first.
const LEVELS: &[&[(&str, Operator)]] = &[
    &[("||", Operator::Or)],
    &[("&&", Operator::And)],
    &[
        ("=", Operator::Equal),
        ("==", Operator::Equal),
        ("!=", Operator::NotEqual),
        ("<=", Operator::LessOrEqual),
        ("<", Operator::Less),
        (">=", Operator::GreaterOrEqual),
        (">", Operator::Greater),
    ],
    &[("+", Operator::Add), ("-", Operator::Subtract)],
    &[("*", Operator::Multiply), ("/", Operator::Divide), ("%", Operator::Modulo)],
    &[("^", Operator::Power)],
];

/// Where comparisons, and with them patterns, stand in [`LEVELS`].
const COMPARISONS: usize = 2;

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn level(&mut self, level: usize) -> Result<Node, SyntaxError> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.level(level + 1)?;
        let mut links = 0;
        loop {
            if level == COMPARISONS && (self.is("=~") || self.is("!~")) {
                left = self.pattern(left)?;
                continue;
            }
            let found = operators.iter().find(|(sign, _)| self.is(sign)).map(|(_, operator)| *operator);
            let Some(operator) = found else { return Ok(left) };
            self.at += 1;
            links += 1;
            if links > 8 * MAX_DEPTH {
                return Err(self.error("the expression has too many parts"));
            }
            let right = self.level(level + 1)?;
            left = Node::Binary(operator, Box::new(left), Box::new(right));
        }
    }

    fn pattern(&mut self, left: Node) -> Result<Node, SyntaxError> {
        let wanted = self.is("=~");
        self.at += 1;
        let TokenKind::Text(pattern) = self.peek().clone() else {
            return Err(self.error("a pattern has to be a text in quotes"));
        };
        // TraceQL's patterns fit the whole text or not at all.
        let regex = RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(MAX_PATTERN).build();
        let regex = regex.map_err(|error| {
            let reason = error.to_string();
            let last = reason.lines().last().unwrap_or("it cannot be read").trim_start_matches("error: ");
            self.error(format!("the pattern is not a regular expression: {last}"))
        })?;
        self.at += 1;
        Ok(Node::Matches(Box::new(left), regex, wanted))
    }

    fn unary(&mut self) -> Result<Node, SyntaxError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error("the expression is nested too deep"));
        }
        let node = if self.take("!") {
            Node::Not(Box::new(self.unary()?))
        } else if self.take("-") {
            Node::Negative(Box::new(self.unary()?))
        } else if self.take("(") {
            let inner = self.level(0)?;
            if !self.take(")") {
                return Err(self.error("a bracket is not closed"));
            }
            inner
        } else {
            self.operand()?
        };
        self.depth -= 1;
        Ok(node)
    }

    fn operand(&mut self) -> Result<Node, SyntaxError> {
        let node = match self.peek().clone() {
            TokenKind::Int(number) => Node::Literal(Literal::Int(number)),
            TokenKind::Float(number) => Node::Literal(Literal::Float(number)),
            TokenKind::Duration(nanos) => Node::Literal(Literal::Duration(nanos)),
            TokenKind::Text(text) => Node::Literal(Literal::Text(text)),
            TokenKind::Word(word) => word_node(&word),
            TokenKind::Scoped(scope, key) => Node::Field(scoped(&scope, &key)),
            TokenKind::End => return Err(self.error("a value is missing at the end")),
            TokenKind::Sign(sign) => return Err(self.error(format!("expected a value before `{sign}`"))),
        };
        self.at += 1;
        if self.is("(") {
            return Err(self.error("recorded values have no functions that could be called"));
        }
        Ok(node)
    }

    fn is(&self, sign: &str) -> bool {
        matches!(self.peek(), TokenKind::Sign(found) if *found == sign)
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = self.is(sign);
        self.at += usize::from(found);
        found
    }

    fn peek(&self) -> &TokenKind {
        self.tokens.get(self.at).map_or(&TokenKind::End, |token| &token.kind)
    }

    fn error(&self, message: impl Into<String>) -> SyntaxError {
        let column = self.tokens.get(self.at).or(self.tokens.last()).map_or(1, |token| token.column);
        SyntaxError { column, message: message.into() }
    }
}

fn word_node(word: &SmolStr) -> Node {
    Node::Literal(match word.as_str() {
        "nil" | "null" => Literal::Nil,
        "true" => Literal::Bool(true),
        "false" => Literal::Bool(false),
        "error" => Literal::Status(StatusCode::Error),
        "ok" => Literal::Status(StatusCode::Ok),
        "unset" => Literal::Status(StatusCode::Unset),
        "unspecified" => Literal::Kind(SpanKind::Unspecified),
        "internal" => Literal::Kind(SpanKind::Internal),
        "server" => Literal::Kind(SpanKind::Server),
        "client" => Literal::Kind(SpanKind::Client),
        "producer" => Literal::Kind(SpanKind::Producer),
        "consumer" => Literal::Kind(SpanKind::Consumer),
        "parent" => return Node::Field(Field::Intrinsic(Intrinsic::ParentId)),
        name => {
            return Node::Field(match Intrinsic::named(name) {
                Some(intrinsic) => Field::Intrinsic(intrinsic),
                None => Field::Attribute(Place::Source, word.clone()),
            });
        }
    })
}

fn scoped(scope: &str, key: &SmolStr) -> Field {
    match scope {
        "" => Field::Attribute(Place::Any, key.clone()),
        "span" => Field::Attribute(Place::Span, key.clone()),
        "resource" => Field::Attribute(Place::Resource, key.clone()),
        "event" => Field::Attribute(Place::Event, key.clone()),
        "link" => Field::Attribute(Place::Link, key.clone()),
        "instrumentation" => Field::Attribute(Place::Instrumentation, key.clone()),
        _ => Field::Parent(Box::new(of_parent(key))),
    }
}

/// `parent.span.x`, `parent.duration` and `parent.x`.
fn of_parent(key: &SmolStr) -> Field {
    if let Some(intrinsic) = Intrinsic::named(key) {
        return Field::Intrinsic(intrinsic);
    }
    let scopes = ["span", "resource", "event", "link", "instrumentation", "parent"];
    match key.split_once('.') {
        Some((scope, rest)) if scopes.contains(&scope) && !rest.is_empty() && rest.len() < 1_024 => {
            // `parent.parent.…` is as deep as its text is long, which the lexer bounds; deeper than a person means.
            scoped(scope, &SmolStr::new(rest))
        }
        _ => Field::Attribute(Place::Any, key.clone()),
    }
}
