//! A JSON tree that borrows from the text and counts its values: the usual tree costs 90 bytes for a byte of hostile
//! input.

use std::{borrow::Cow, cell::Cell, fmt};

use base64::{
    Engine as _,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::DecodeError;

/// Nesting that is still read, below serde_json's own 128; what is deeper is skipped without recursion. OTLP needs 10 levels around an attribute and 3 for each level inside it.
const MOST_DEPTH: usize = 112;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Json<'a> {
    Null,
    Bool(bool),
    Int(i64),
    /// An integer over `i64::MAX`.
    Unsigned(u64),
    Double(f64),
    Str(Cow<'a, str>),
    Array(Vec<Json<'a>>),
    /// Members in the order written; names may repeat.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
    /// A list or object that lies deeper than is read.
    TooDeep,
}

/// A text that JSON may be read from: its byte order mark is gone, and what is not UTF-8 is replaced.
pub(crate) fn text(bytes: &[u8]) -> Cow<'_, str> {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest),
        [0xff, 0xfe, rest @ ..] => Cow::Owned(utf16(rest, u16::from_le_bytes)),
        [0xfe, 0xff, rest @ ..] => Cow::Owned(utf16(rest, u16::from_be_bytes)),
        _ => String::from_utf8_lossy(bytes),
    }
}

/// Reads one value and nothing but white space after it.
pub(crate) fn parse(text: &str, most_values: usize) -> Result<Json<'_>, DecodeError> {
    let values_left = Cell::new(most_values);
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Seed { values_left: &values_left, depth: 0 }.deserialize(&mut reader);
    match value.and_then(|value| reader.end().map(|()| value)) {
        Ok(value) => Ok(value),
        Err(_) if values_left.get() == 0 => Err(DecodeError::TooManyValues { limit: most_values }),
        Err(error) => Err(DecodeError::Json { line: error.line(), column: error.column() }),
    }
}

/// Reads one value, and mends lone halves of surrogate pairs (`\ud83d`) if that is why it cannot be read:
/// JavaScript writes them when it cuts a text in the middle of an emoji.
pub(crate) fn with_parsed<T>(
    text: &str,
    most_values: usize,
    read: impl FnOnce(&Json<'_>) -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    match parse(text, most_values) {
        Ok(json) => read(&json),
        Err(error @ DecodeError::TooManyValues { .. }) => Err(error),
        Err(error) => match mend_surrogates(text) {
            Some(mended) => read(&parse(&mended, most_values)?),
            None => Err(error),
        },
    }
}

/// Base64 in either alphabet, padded or not; nothing when it is not base64.
pub(crate) fn base64(text: &str) -> Vec<u8> {
    const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    const STANDARD: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::STANDARD, LENIENT);
    const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::URL_SAFE, LENIENT);
    STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).unwrap_or_default()
}

impl<'a> Json<'a> {
    /// The member `name`; `null` counts as absent.
    pub(crate) fn get(&self, name: &str) -> Option<&Json<'a>> {
        let (_, value) = self.as_object()?.iter().find(|(key, _)| key == name)?;
        (*value != Json::Null).then_some(value)
    }

    /// The first member of `names` that is there.
    pub(crate) fn any(&self, names: &[&str]) -> Option<&Json<'a>> {
        names.iter().find_map(|name| self.get(name))
    }

    /// The elements of an array; nothing for anything else.
    pub(crate) fn items(&self) -> &[Json<'a>] {
        match self {
            Json::Array(items) => items,
            _ => &[],
        }
    }

    pub(crate) fn as_object(&self) -> Option<&[(Cow<'a, str>, Json<'a>)]> {
        match self {
            Json::Object(members) => Some(members),
            _ => None,
        }
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Json::Str(text) => Some(text),
            _ => None,
        }
    }

    /// A truth value, also as text or number.
    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self {
            Json::Bool(truth) => Some(*truth),
            Json::Str(text) => text.parse().ok(),
            Json::Int(number) => Some(*number != 0),
            _ => None,
        }
    }

    /// An integer, also as text or as a whole double.
    pub(crate) fn as_i64(&self) -> Option<i64> {
        match self {
            Json::Int(number) => Some(*number),
            Json::Str(text) => text.trim().parse().ok(),
            Json::Double(number) if number.fract() == 0.0 => Some(*number as i64),
            _ => None,
        }
    }

    /// A non-negative integer, also as text; a double is rounded down, a negative number is 0.
    pub(crate) fn as_u64(&self) -> Option<u64> {
        match self {
            Json::Int(number) => Some(u64::try_from(*number).unwrap_or(0)),
            Json::Unsigned(number) => Some(*number),
            Json::Double(number) => Some(*number as u64),
            Json::Str(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// A double, also as text: `NaN`, `Infinity` and `-Infinity` are written so in protobuf's JSON.
    pub(crate) fn as_f64(&self) -> Option<f64> {
        match self {
            Json::Double(number) => Some(*number),
            Json::Int(number) => Some(*number as f64),
            Json::Unsigned(number) => Some(*number as f64),
            Json::Str(text) => text.trim().parse().ok(),
            _ => None,
        }
    }
}

#[derive(Clone, Copy)]
struct Seed<'c> {
    values_left: &'c Cell<usize>,
    depth: usize,
}

impl Seed<'_> {
    fn count<E: serde::de::Error>(self) -> Result<(), E> {
        match self.values_left.get() {
            0 => Err(E::custom("too many values")),
            left => {
                self.values_left.set(left - 1);
                Ok(())
            }
        }
    }

    fn inner(self) -> Self {
        Seed { depth: self.depth + 1, ..self }
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Json<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json<'de>, D::Error> {
        self.count()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json<'de>, E> {
        Ok(Json::Int(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json<'de>, E> {
        Ok(i64::try_from(number).map_or(Json::Unsigned(number), Json::Int))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json<'de>, E> {
        Ok(Json::Double(number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Str(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json<'de>, E> {
        Ok(Json::Str(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Json<'de>, A::Error> {
        if self.depth >= MOST_DEPTH {
            while elements.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(Json::TooDeep);
        }
        let mut items = Vec::new();
        while let Some(item) = elements.next_element_seed(self.inner())? {
            items.push(item);
        }
        items.shrink_to_fit();
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json<'de>, A::Error> {
        if self.depth >= MOST_DEPTH {
            while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            return Ok(Json::TooDeep);
        }
        let mut members = Vec::new();
        while let Some(name) = entries.next_key_seed(Name)? {
            members.push((name, entries.next_value_seed(self.inner())?));
        }
        members.shrink_to_fit();
        Ok(Json::Object(members))
    }
}

/// A member's name, borrowed where it has no escapes.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let (pairs, _) = bytes.as_chunks::<2>();
    char::decode_utf16(pairs.iter().map(|pair| unit(*pair)))
        .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// The text with each lone surrogate escape replaced by U+FFFD; `None` when it has none.
fn mend_surrogates(text: &str) -> Option<String> {
    let mut mended = String::with_capacity(text.len());
    let (mut rest, mut changed) = (text, false);
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        mended.push_str(before);
        let length = match surrogate(escape) {
            None => escape.chars().take(2).map(char::len_utf8).sum(),
            Some(0xd800..=0xdbff) if matches!(escape.get(6..).and_then(surrogate), Some(0xdc00..=0xdfff)) => {
                12
            }
            Some(_) => {
                mended.push_str("\\ufffd");
                changed = true;
                rest = escape.get(6..).unwrap_or("");
                continue;
            }
        };
        let (kept, after) = escape.split_at(length);
        mended.push_str(kept);
        rest = after;
    }
    mended.push_str(rest);
    changed.then_some(mended)
}

/// The surrogate that `text` starts with as an escape.
fn surrogate(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok().filter(|unit| (0xd800..=0xdfff).contains(unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = 1_000_000;

    #[test]
    fn numbers_keep_their_precision_and_texts_are_borrowed() {
        let json =
            parse(r#"{"a":18446744073709551615,"b":-9,"c":1.5,"d":"x","e":"\n","f":null}"#, MOST).unwrap();
        assert_eq!(json.get("a").and_then(Json::as_u64), Some(u64::MAX));
        assert_eq!(json.get("b").and_then(Json::as_i64), Some(-9));
        assert_eq!(json.get("c").and_then(Json::as_f64), Some(1.5));
        assert!(matches!(json.get("d"), Some(Json::Str(Cow::Borrowed("x")))));
        assert!(matches!(json.get("e"), Some(Json::Str(Cow::Owned(_)))));
        assert_eq!(json.get("f"), None);
    }

    #[test]
    fn nesting_without_end_is_read_on_a_small_stack() {
        let deep = format!("[{}{}]", "[".repeat(100_000), "]".repeat(100_000));
        let read = move || matches!(parse(&deep, MOST), Ok(Json::Array(_)));
        let thread = std::thread::Builder::new().stack_size(256 * 1024).spawn(read).unwrap();
        assert!(thread.join().unwrap());
    }

    #[test]
    fn millions_of_values_are_refused() {
        let many = format!("[{}0]", "0,".repeat(MOST));
        assert_eq!(parse(&many, MOST), Err(DecodeError::TooManyValues { limit: MOST }));
    }

    #[test]
    fn half_an_emoji_costs_only_itself() {
        let text = r#"["a\ud83d","\ud83d\ude00","\\ud83d","\udc00b"]"#;
        let read = with_parsed(text, MOST, |json| {
            Ok(json.items().iter().filter_map(Json::as_str).map(String::from).collect::<Vec<_>>())
        });
        assert_eq!(read.unwrap(), ["a\u{fffd}", "😀", "\\ud83d", "\u{fffd}b"]);
    }

    #[test]
    fn what_breaks_off_says_where() {
        assert_eq!(parse("{\n \"a\": [", MOST), Err(DecodeError::Json { line: 2, column: 7 }));
        assert!(matches!(parse("{} x", MOST), Err(DecodeError::Json { .. })));
        assert!(matches!(parse("", MOST), Err(DecodeError::Json { .. })));
    }

    #[test]
    fn byte_order_marks_are_no_part_of_the_text() {
        assert_eq!(text(b"\xef\xbb\xbf[]"), "[]");
        assert_eq!(text(b"\xff\xfe[\0]\0"), "[]");
        assert_eq!(text(b"\xfe\xff\0[\0]"), "[]");
    }
}
