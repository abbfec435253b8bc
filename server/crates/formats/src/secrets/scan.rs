//! One pass over bytes that asks whether a closer look is worth it: over an encoded body, or over one text.
//!
//! Pieces of everything that the rules can match are looked for; what stands around each that is found decides.
//! Keys of attributes are told from other texts by their framing (field 1 of `KeyValue`, followed by its field 2), so
//! that `gen_ai.usage.input_tokens` costs nothing.

mod pieces;

use regex::bytes::Regex;

use super::{
    cards,
    names::{JOINTS, Names, PAIRS, PARTS, Verdict, WHOLE},
    text::{FORMS, INSERTS, SIGNS},
};
use pieces::Pieces;

/// Bytes after the beginning of a secret that its form is looked for in.
const REACH: usize = 4096;
/// Bytes looked at around hits, in multiples of the body: hostile bodies may be nothing but hits.
const MOST_LOOKS: usize = 8;
/// The longest key whose framing is looked for. Longer ones are rare enough to be looked at closely.
const LONGEST_KEY: usize = 256;

/// What it means that a pattern is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hit {
    /// A name under which secrets stand.
    Name,
    /// The beginning of the form at this place of [`Scan::forms`].
    Form(usize),
    /// A statement that brings values for named columns.
    Insert,
}

#[derive(Clone, Debug)]
pub(super) struct Scan {
    pieces: Pieces,
    hits: Vec<Hit>,
    forms: Vec<Regex>,
    /// Expressions of the user's may begin with anything: everything is looked at closely.
    sees_all: bool,
}

impl Scan {
    pub(super) fn new(own_names: &[String], sees_all: bool) -> Scan {
        let mut patterns: Vec<(String, Hit)> = Vec::new();
        let pairs = PAIRS.iter().flat_map(|(a, b)| JOINTS.iter().map(move |joint| format!("{a}{joint}{b}")));
        let built_in = PARTS.iter().chain(WHOLE).map(|name| (*name).to_owned()).chain(pairs);
        let own: Vec<String> = own_names.iter().map(|word| word.trim().to_ascii_lowercase()).collect();
        // What is too short to be found by its pieces is found by looking closely.
        let sees_all = sees_all || own.iter().any(|word| word.len() < pieces::SHORTEST);
        patterns.extend(built_in.chain(own).map(|name| (name, Hit::Name)));
        patterns.extend(INSERTS.iter().map(|word| ((*word).to_owned(), Hit::Insert)));
        let mut forms = Vec::new();
        for (beginnings, form) in FORMS.iter().chain(SIGNS) {
            let Ok(regex) = Regex::new(&format!("^(?s-u:{form})")) else {
                continue;
            };
            patterns.extend(beginnings.iter().map(|begin| ((*begin).to_owned(), Hit::Form(forms.len()))));
            forms.push(regex);
        }
        let (words, hits): (Vec<String>, Vec<Hit>) = patterns.into_iter().unzip();
        Scan { pieces: Pieces::new(&words), hits, forms, sees_all }
    }

    /// Whether `body`, an encoded message, may hold what the rules would mask.
    pub(super) fn finds(&self, body: &[u8], names: &Names) -> bool {
        self.look(body, |hit, looks| names_secret(body, hit, names, looks)) || cards::may_hold(body)
    }

    /// Whether `text`, a value or a message, may hold what the rules would mask.
    pub(super) fn finds_in_text(&self, text: &str) -> bool {
        let body = text.as_bytes();
        self.look(body, |hit, looks| may_be_assigned(body, hit, looks)) || !cards::find(text).is_empty()
    }

    /// Whether `name` contains what names a secret.
    pub(super) fn finds_name(&self, name: &str) -> bool {
        self.sees_all || self.pieces.any(name.as_bytes(), |at, _| self.hits.get(at) == Some(&Hit::Name))
    }

    fn look(&self, body: &[u8], is_secret: impl Fn((usize, usize), &mut usize) -> bool) -> bool {
        if self.sees_all {
            return true;
        }
        let mut looks = body.len().saturating_mul(MOST_LOOKS).max(REACH);
        if has_user_info(body, &mut looks) {
            return true;
        }
        let (mut has_name, mut has_insert) = (false, false);
        self.pieces.any(body, |pattern, found| {
            let is_worth_it = match self.hits.get(pattern) {
                Some(Hit::Name) => {
                    has_name = true;
                    is_secret(found, &mut looks)
                }
                Some(Hit::Insert) => {
                    has_insert = true;
                    false
                }
                Some(Hit::Form(form)) => self.has_form(body, found.0, *form, &mut looks),
                None => true,
            };
            is_worth_it || looks == 0 || (has_name && has_insert)
        })
    }

    fn has_form(&self, body: &[u8], start: usize, form: usize, looks: &mut usize) -> bool {
        let rest = body.get(start..).unwrap_or_default();
        let rest = rest.get(..REACH).unwrap_or(rest);
        // Most forms end within a few bytes when they are not there.
        *looks = looks.saturating_sub(16);
        self.forms.get(form).is_none_or(|form| form.is_match(rest))
    }
}

/// Whether an `@` ends what may be the user of an address, or of a data source as Go writes it: a colon before it, or
/// a long text, without anything that ends a host.
fn has_user_info(body: &[u8], looks: &mut usize) -> bool {
    for at in memchr::memchr_iter(b'@', body) {
        let before = body.get(..at).unwrap_or_default();
        let ends = |byte: &u8| {
            byte.is_ascii_whitespace()
                || matches!(byte, 0..=0x1f | b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>')
        };
        let said = before.iter().rev().take(REACH).take_while(|byte| !ends(byte)).count();
        *looks = looks.saturating_sub(said);
        let start = at - said;
        let is_address = body.get(..start).is_some_and(|before| before.ends_with(b"://"));
        let rest = body.get(at..).unwrap_or_default();
        let is_source = rest.starts_with(b"@tcp(") || rest.starts_with(b"@unix(");
        if is_address || is_source || said >= REACH || *looks == 0 {
            return true;
        }
    }
    false
}

/// Whether the name at `hit` is the key of an attribute that holds a secret, or may be assigned to within a text.
fn names_secret(body: &[u8], hit: (usize, usize), names: &Names, looks: &mut usize) -> bool {
    match key_around(body, hit, looks) {
        Key::Framed { key, value } => {
            let verdict = std::str::from_utf8(key).map_or(Verdict::Any, |key| names.verdict(key));
            match verdict {
                Verdict::Any => !is_truth(value),
                Verdict::Text => !is_truth(value) && !is_number(value),
                Verdict::Innocent => may_be_assigned(body, hit, looks),
            }
        }
        Key::Unsure => true,
        Key::None => may_be_assigned(body, hit, looks),
    }
}

enum Key<'a> {
    Framed { key: &'a [u8], value: &'a [u8] },
    Unsure,
    None,
}

/// The key of a `KeyValue` that `hit` lies in.
fn key_around<'a>(body: &'a [u8], hit: (usize, usize), looks: &mut usize) -> Key<'a> {
    let mut found = Key::None;
    for back in 2..=LONGEST_KEY + 3 {
        let Some(tag) = hit.0.checked_sub(back) else {
            break;
        };
        *looks = looks.saturating_sub(1);
        if body.get(tag) != Some(&0x0a) {
            continue;
        }
        let Some((length, start)) = length_at(body, tag + 1) else {
            continue;
        };
        let end = start + length;
        if start > hit.0 || end < hit.1 || !matches!(body.get(end), Some(0x12)) {
            continue;
        }
        if length > LONGEST_KEY || matches!(found, Key::Framed { .. }) {
            // Two ways to read it: a text that looks like framing.
            return Key::Unsure;
        }
        let value = body.get(end..).unwrap_or_default();
        found = Key::Framed { key: body.get(start..end).unwrap_or_default(), value };
    }
    found
}

/// The length of a field at `at`, up to two bytes of it, and where the field begins.
fn length_at(body: &[u8], at: usize) -> Option<(usize, usize)> {
    let first = usize::from(*body.get(at)?);
    if first < 0x80 {
        return Some((first, at + 1));
    }
    let second = usize::from(*body.get(at + 1)?);
    (second < 0x80).then_some(((second << 7) | (first & 0x7f), at + 2))
}

/// Whether `KeyValue.value`, from its tag on, is a boolean.
fn is_truth(value: &[u8]) -> bool {
    matches!(value, [0x12, _, 0x10, ..])
}

/// Whether it is an integer or a double.
fn is_number(value: &[u8]) -> bool {
    matches!(value, [0x12, _, 0x18 | 0x21, ..])
}

/// Whether a value may follow the name at `hit` in the same text: after more of the name, quotes and spaces stands
/// what assigns, or a flag begins it.
fn may_be_assigned(body: &[u8], hit: (usize, usize), looks: &mut usize) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    let before = body.get(..hit.0).unwrap_or_default();
    let front = before.iter().rev().take(LONGEST_KEY).take_while(|byte| is_name(byte)).count();
    let after = body.get(hit.1..).unwrap_or_default();
    let back = after.iter().take_while(|byte| is_name(byte)).count();
    *looks = looks.saturating_sub(front + back);
    let begins_flag = before.get(before.len() - front..).is_some_and(|name| name.contains(&b'-'));
    if begins_flag {
        return true;
    }
    let rest = after.get(back..).unwrap_or_default();
    let joint = rest
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b'"' | b'\'' | b'`' | b'\\' | b']'));
    let joint = joint.count();
    *looks = looks.saturating_sub(joint);
    let has_quote =
        rest.get(..joint).is_some_and(|joint| joint.iter().any(|byte| matches!(byte, b'"' | b'\'')));
    has_quote || matches!(rest.get(joint), Some(b'=' | b':' | b'('))
}
