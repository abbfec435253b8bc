//! From text to tokens.

use model::SmolStr;

use super::SyntaxError;

/// One token and the column it begins at.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub column: usize,
    pub kind: TokenKind,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum TokenKind {
    Int(i64),
    Float(f64),
    /// Nanoseconds.
    Duration(i64),
    Text(SmolStr),
    /// A name: `duration`, `span:name`, `user_id`, `order.total`.
    Word(SmolStr),
    /// A scope (empty for a bare dot) and a key: `span.http.method`, `.http.method`, `parent.span.x`.
    Scoped(SmolStr, SmolStr),
    /// An operator or a bracket.
    Sign(&'static str),
    End,
}

/// Longest first, so that `>=` is not read as `>`.
const SIGNS: &[&str] = &[
    "&&", "||", "!=", "!~", "=~", "==", "<=", ">=", "=", "<", ">", "!", "+", "-", "*", "/", "%", "^", "(",
    ")", "{", "}",
];

/// Scopes after which everything up to a delimiter is a key.
const SCOPES: &[&str] = &["span", "resource", "event", "link", "instrumentation", "parent"];

/// Longer texts are refused: nobody types them.
const MAX_LENGTH: usize = 4_096;

/// Splits `text`; the last token is [`TokenKind::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, SyntaxError> {
    let characters: Vec<char> = text.chars().take(MAX_LENGTH + 1).collect();
    if characters.len() > MAX_LENGTH {
        let message = format!("an expression has at most {MAX_LENGTH} characters");
        return Err(SyntaxError { column: MAX_LENGTH, message });
    }
    let mut lexer = Lexer { characters, at: 0 };
    let mut tokens = Vec::new();
    loop {
        let token = lexer.token()?;
        let is_end = token.kind == TokenKind::End;
        tokens.push(token);
        if is_end {
            return Ok(tokens);
        }
    }
}

struct Lexer {
    characters: Vec<char>,
    at: usize,
}

impl Lexer {
    fn token(&mut self) -> Result<Token, SyntaxError> {
        self.take_while(char::is_whitespace);
        let column = self.at + 1;
        let kind = match self.peek(0) {
            None => TokenKind::End,
            Some('"' | '`' | '\'') => TokenKind::Text(self.text()?),
            Some('.') if self.peek(1).is_some_and(is_key) || self.peek(1) == Some('"') => {
                self.at += 1;
                TokenKind::Scoped("".into(), self.key()?)
            }
            Some(digit) if digit.is_ascii_digit() => self.number()?,
            Some(letter) if is_word_start(letter) => self.word()?,
            Some(other) => TokenKind::Sign(
                self.sign().ok_or_else(|| self.error(column, format!("`{other}` means nothing here")))?,
            ),
        };
        Ok(Token { column, kind })
    }

    fn sign(&mut self) -> Option<&'static str> {
        let sign =
            SIGNS.iter().find(|sign| sign.chars().enumerate().all(|(n, c)| self.peek(n) == Some(c)))?;
        self.at += sign.len();
        Some(sign)
    }

    fn text(&mut self) -> Result<SmolStr, SyntaxError> {
        let column = self.at + 1;
        let quote = self.next();
        let mut text = String::new();
        loop {
            match self.next() {
                None => return Err(self.error(column, "this text is not closed by a quote")),
                end if end == quote => return Ok(text.into()),
                Some('\\') if quote != Some('`') => match self.next() {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some(other @ ('"' | '\'' | '\\')) => text.push(other),
                    // A pattern's own escapes, as in `\d`, are kept as they stand.
                    Some(other) => text.extend(['\\', other]),
                    None => {}
                },
                Some(other) => text.push(other),
            }
        }
    }

    fn number(&mut self) -> Result<TokenKind, SyntaxError> {
        let column = self.at + 1;
        let mut total: Option<f64> = None;
        loop {
            let digits = self.take_while(|c| c.is_ascii_digit() || c == '.' || c == '_').replace('_', "");
            let unit = self.take_while(|c| c.is_alphabetic());
            let value: f64 =
                digits.parse().map_err(|_| self.error(column, format!("`{digits}` is no number")))?;
            if unit.is_empty() && total.is_none() {
                return Ok(match digits.parse() {
                    Ok(whole) => TokenKind::Int(whole),
                    Err(_) => TokenKind::Float(value),
                });
            }
            let nanos = nanos_of(&unit).ok_or_else(|| {
                self.error(column, format!("`{unit}` is no unit of time: write ns, us, ms, s, m or h"))
            })?;
            total = Some(total.unwrap_or(0.0) + value * nanos);
            if !self.peek(0).is_some_and(|c| c.is_ascii_digit()) {
                return Ok(TokenKind::Duration(total.unwrap_or(0.0) as i64));
            }
        }
    }

    fn word(&mut self) -> Result<TokenKind, SyntaxError> {
        let start = self.at;
        let first = self.take_while(|c| c.is_alphanumeric() || c == '_');
        if SCOPES.contains(&first.as_str()) && self.peek(0) == Some('.') {
            self.at += 1;
            return Ok(TokenKind::Scoped(first.into(), self.key()?));
        }
        self.at = start;
        let mut word = self.take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '@' | '$'));
        while word.ends_with(['.', ':']) {
            word.pop();
            self.at -= 1;
        }
        Ok(TokenKind::Word(word.into()))
    }

    /// A key, whose parts may be quoted: `http.url`, `"with space".x`.
    fn key(&mut self) -> Result<SmolStr, SyntaxError> {
        let column = self.at + 1;
        let mut key = String::new();
        loop {
            match self.peek(0) {
                Some('"') => key.push_str(&self.text()?),
                Some(character) if is_key(character) => key.push_str(&self.take_while(is_key)),
                _ => break,
            }
        }
        if key.is_empty() {
            Err(self.error(column, "an attribute's name is missing"))
        } else {
            Ok(key.into())
        }
    }

    fn take_while(&mut self, wanted: impl Fn(char) -> bool) -> String {
        let rest = self.characters.get(self.at..).unwrap_or_default();
        let taken: String = rest.iter().copied().take_while(|character| wanted(*character)).collect();
        self.at += taken.chars().count();
        taken
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.characters.get(self.at + ahead).copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek(0);
        self.at += usize::from(next.is_some());
        next
    }

    fn error(&self, column: usize, message: impl Into<String>) -> SyntaxError {
        SyntaxError { column, message: message.into() }
    }
}

/// TraceQL's rule for attribute names, without quotes.
fn is_key(character: char) -> bool {
    !character.is_whitespace() && !"{}()=~!<>&|^,\"'`+*%".contains(character)
}

fn is_word_start(character: char) -> bool {
    character.is_alphabetic() || matches!(character, '_' | '$' | '@')
}

fn nanos_of(unit: &str) -> Option<f64> {
    Some(match unit {
        "ns" => 1.0,
        "us" | "µs" | "μs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "m" => 60e9,
        "h" => 3600e9,
        "d" => 86_400e9,
        _ => return None,
    })
}
