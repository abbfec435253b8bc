//! Whether what stands where a secret could stand is one.

use crate::secrets::{
    MASKED,
    names::{Names, Verdict, is_count},
};

/// Words that follow "password:" in sentences.
const PROSE: &[&str] = &[
    "a",
    "and",
    "are",
    "at",
    "cannot",
    "does",
    "empty",
    "error",
    "expired",
    "failed",
    "field",
    "forgotten",
    "has",
    "in",
    "incorrect",
    "invalid",
    "is",
    "it",
    "length",
    "may",
    "mismatch",
    "missing",
    "must",
    "no",
    "not",
    "of",
    "reset",
    "required",
    "should",
    "the",
    "this",
    "to",
    "too",
    "unknown",
    "value",
    "was",
    "with",
    "wrong",
    "you",
    "your",
];

/// The quote that a value stands in, and the value without it.
pub(super) fn unquoted(value: &str) -> (&str, &str) {
    for quote in ["\\\"", "\"", "'"] {
        if let Some(rest) = value.strip_prefix(quote) {
            let start = value.get(..quote.len()).unwrap_or_default();
            return (start, rest.strip_suffix(quote).unwrap_or(rest));
        }
    }
    ("", value)
}

/// What names a secret's place and is none: nothing, placeholders, truth values, a count, a folder under `pwd`.
pub(in crate::secrets) fn is_harmless(name: &str, said: &str) -> bool {
    let said = said.trim();
    if said.is_empty() || said == MASKED || is_count(name, said) {
        return true;
    }
    if said.chars().all(|letter| matches!(letter, '*' | 'x' | 'X' | '.' | '•' | '?' | '#')) {
        return true;
    }
    let words = [
        "null",
        "none",
        "nil",
        "undefined",
        "true",
        "false",
        "redacted",
        "[redacted]",
        "[filtered]",
        "filtered",
    ];
    if words.iter().any(|word| said.eq_ignore_ascii_case(word)) {
        return true;
    }
    let name = name.to_ascii_lowercase();
    if said.len() <= 10 && said.bytes().all(|byte| byte.is_ascii_digit()) && is_numbered(&name) {
        return true;
    }
    let is_folder = said.starts_with('/') || said.get(1..3) == Some(":\\");
    is_placeholder(said) || (is_folder && name.ends_with("pwd"))
}

/// A word of a sentence, not a password.
pub(super) fn is_prose(said: &str) -> bool {
    let word = said.trim_end_matches(['.', ',', '!', '?', ':']);
    PROSE.iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// `other.token`: a column or field, not its value.
pub(super) fn is_reference(names: &Names, said: &str) -> bool {
    let is_path = said.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '.'));
    let last = said.rsplit_once('.').map(|(_, last)| last);
    is_path && last.is_some_and(|last| names.verdict(last) != Verdict::Innocent)
}

/// Digits, capitals within, or a length that no word has.
pub(super) fn looks_random(said: &str) -> bool {
    let has_digit = said.bytes().any(|byte| byte.is_ascii_digit());
    let mixed = said.bytes().skip(1).any(|byte| byte.is_ascii_uppercase())
        && said.bytes().any(|byte| byte.is_ascii_lowercase());
    has_digit || mixed || said.len() >= 24 || said.ends_with('=')
}

/// Names whose numbers are keys of rows.
fn is_numbered(name: &str) -> bool {
    name.ends_with("id") || name.contains("session")
}

/// What stands for a value that comes later: `$1`, `?`, `%s`, `:name`, `@name`, `{name}`, `<name>`, `${NAME}`.
fn is_placeholder(said: &str) -> bool {
    let is_name = |rest: &str| {
        !rest.is_empty()
            && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'))
    };
    let is_variable = |rest: &str| {
        rest.bytes().all(|byte| byte.is_ascii_digit())
            || rest.starts_with(['{', '('])
            || rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    match said.split_at_checked(1) {
        Some(("$", rest)) => !rest.is_empty() && is_variable(rest),
        Some(("%", rest)) => rest == "s" || rest.starts_with('('),
        Some((":" | "@", rest)) => is_name(rest),
        Some(("{", rest)) => rest.is_empty() || rest.ends_with('}') || is_name(rest),
        Some(("<", rest)) => rest.ends_with('>'),
        _ => false,
    }
}
