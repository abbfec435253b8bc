//! Attributes: ordered key and value pairs, kept as sent.

use std::fmt;

use smol_str::SmolStr;

/// One attribute value: OTLP's `AnyValue` without its wrapper.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Sent without a value.
    Empty,
    /// Text.
    Str(SmolStr),
    /// A truth value.
    Bool(bool),
    /// A 64-bit integer.
    Int(i64),
    /// A double; may be NaN or infinite.
    Double(f64),
    /// Opaque bytes.
    Bytes(Vec<u8>),
    /// A list, elements of any type.
    Array(Vec<Value>),
    /// Key and value pairs, in the order sent.
    Map(Vec<(SmolStr, Value)>),
}

/// Attributes in the order in which they were sent.
///
/// Keys may repeat, even with different types (real exporters send `thread.id` as number and as text): nothing is
/// merged, and [`Attributes::get`] answers with the first. Lists are short, so look-ups walk them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes(pub Vec<(SmolStr, Value)>);

impl Value {
    /// The text, if this is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The integer, also when it was sent as decimal text or as a whole double (Zipkin and ClickHouse know only
    /// text, SigNoz only doubles).
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Value::Int(number) => Some(*number),
            Value::Str(text) => text.trim().parse().ok(),
            Value::Double(number) if number.fract() == 0.0 && number.abs() < 9.0e15 => Some(*number as i64),
            _ => None,
        }
    }

    /// The truth value, also when it was sent as `true` or `false` in text.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(truth) => Some(*truth),
            Value::Str(text) => text.parse().ok(),
            _ => None,
        }
    }
}

impl fmt::Display for Value {
    /// Text stands bare, everything else as JSON would write it; bytes as a count.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Empty => f.write_str("null"),
            Value::Str(text) => f.write_str(text),
            Value::Bool(truth) => write!(f, "{truth}"),
            Value::Int(number) => write!(f, "{number}"),
            Value::Double(number) => write!(f, "{number}"),
            Value::Bytes(bytes) => write!(f, "<{} bytes>", bytes.len()),
            Value::Array(items) => write_list(f, '[', ']', items.iter().map(|item| (None, item))),
            Value::Map(pairs) => {
                write_list(f, '{', '}', pairs.iter().map(|(key, value)| (Some(key.as_str()), value)))
            }
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Value {
        Value::Str(SmolStr::new(text))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Value {
        Value::Int(number)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Value {
        Value::Bool(truth)
    }
}

impl Attributes {
    /// The first value under `key`.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|(candidate, _)| candidate == key).map(|(_, value)| value)
    }

    /// The first value under `key` that is text and not empty.
    pub fn str(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str().filter(|text| !text.is_empty())
    }

    /// The first value under `key`, read as an integer (see [`Value::as_int`]).
    pub fn int(&self, key: &str) -> Option<i64> {
        self.get(key)?.as_int()
    }

    /// The text under the first of `keys` that has one: semantic conventions rename, senders lag.
    pub fn first_str(&self, keys: &[&str]) -> Option<&str> {
        keys.iter().find_map(|key| self.str(key))
    }

    /// The integer under the first of `keys` that has one.
    pub fn first_int(&self, keys: &[&str]) -> Option<i64> {
        keys.iter().find_map(|key| self.int(key))
    }

    /// Pairs in the order sent.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// How many pairs there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Appends a pair.
    pub fn push(&mut self, key: impl Into<SmolStr>, value: impl Into<Value>) {
        self.0.push((key.into(), value.into()));
    }
}

impl<K: Into<SmolStr>, V: Into<Value>> FromIterator<(K, V)> for Attributes {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Attributes {
        Attributes(pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}

fn write_list<'a>(
    f: &mut fmt::Formatter<'_>,
    open: char,
    close: char,
    items: impl Iterator<Item = (Option<&'a str>, &'a Value)>,
) -> fmt::Result {
    write!(f, "{open}")?;
    for (place, (key, value)) in items.enumerate() {
        if place > 0 {
            f.write_str(", ")?;
        }
        if let Some(key) = key {
            write!(f, "{key:?}: ")?;
        }
        match value {
            Value::Str(text) => write!(f, "{text:?}")?,
            other => write!(f, "{other}")?,
        }
    }
    write!(f, "{close}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_repeated_keys_answers() {
        let attributes: Attributes =
            [("thread.id", Value::Int(7)), ("thread.id", Value::from("seven"))].into_iter().collect();
        assert_eq!(attributes.int("thread.id"), Some(7));
        assert_eq!(attributes.str("thread.id"), None);
        assert_eq!(attributes.len(), 2);
    }

    #[test]
    fn integers_arrive_in_three_forms() {
        for value in [Value::Int(42), Value::from("42"), Value::Double(42.0)] {
            assert_eq!(value.as_int(), Some(42), "{value:?}");
        }
        assert_eq!(Value::Double(f64::NAN).as_int(), None);
        assert_eq!(Value::Double(1.5).as_int(), None);
    }

    #[test]
    fn nested_values_read_like_json() {
        let value = Value::Map(vec![
            ("a".into(), Value::Array(vec![Value::Int(1), Value::from("x\"y"), Value::Empty])),
            ("b".into(), Value::Bytes(vec![1, 2])),
        ]);
        assert_eq!(value.to_string(), r#"{"a": [1, "x\"y", null], "b": <2 bytes>}"#);
    }
}
