//! What the text of a setting may be.

use std::{net::ToSocketAddrs, time::Duration};

use formats::secrets::{Mask, Settings};

use super::reference::Kind;

/// Checks `value`; the error says what the setting takes instead.
pub(crate) fn check(kind: Kind, value: &str) -> Result<(), String> {
    let fits = match kind {
        Kind::Path | Kind::Text => true,
        Kind::Bool => matches!(value, "true" | "false"),
        Kind::Duration => duration(value).is_some(),
        Kind::Bytes => bytes(value).is_some(),
        Kind::Address => value == "off" || value.to_socket_addrs().is_ok(),
        Kind::Url => value.starts_with("http://") || value.starts_with("https://"),
        Kind::OneOf(words) => words.contains(&value),
        Kind::Words => words(value).is_some_and(|words| words.iter().all(|word| !word.trim().is_empty())),
        Kind::Patterns => return patterns(value),
        Kind::Token => {
            value.is_empty() || (value.len() >= 12 && value.bytes().all(|byte| byte.is_ascii_graphic()))
        }
    };
    if fits {
        return Ok(());
    }
    Err(match kind {
        Kind::Path => "a path".to_owned(),
        Kind::Text => "any text".to_owned(),
        Kind::Bool => "true or false".to_owned(),
        Kind::Duration => "a duration such as 30s, 15m or 2h".to_owned(),
        Kind::Bytes => "a number of bytes such as 256MB".to_owned(),
        Kind::Address => {
            "an address and port such as 127.0.0.1:4318 (port 0 for any free one), or off".to_owned()
        }
        Kind::Url => "an address that begins with http:// or https://".to_owned(),
        Kind::OneOf(words) => format!("one of {}", words.join(", ")),
        Kind::Words | Kind::Patterns => LIST.to_owned(),
        Kind::Token => "twelve or more letters, digits and signs without spaces".to_owned(),
    })
}

const LIST: &str = "a list of texts such as [\"one\", \"two\"]";

fn patterns(value: &str) -> Result<(), String> {
    let values = words(value).ok_or_else(|| LIST.to_owned())?;
    let settings = Settings { values, ..Settings::default() };
    Mask::new(&settings).map(drop).map_err(|problem| format!("regular expressions; {problem}"))
}

/// `["one", "two"]` as TOML and JSON have it, or `one,two` for the environment.
pub(crate) fn words(text: &str) -> Option<Vec<String>> {
    let text = text.trim();
    if text.is_empty() {
        return Some(Vec::new());
    }
    if !text.starts_with('[') {
        return Some(text.split(',').map(|word| word.trim().to_owned()).collect());
    }
    let table: toml::Table = format!("list = {text}").parse().ok()?;
    table.get("list")?.as_array()?.iter().map(|word| word.as_str().map(str::to_owned)).collect()
}

/// `250ms`, `30s`, `15m`, `2h`, `7d`; a bare number is seconds.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = split_unit(text)?;
    let seconds = match unit {
        "ms" => number / 1000.0,
        "" | "s" => number,
        "m" | "min" => number * 60.0,
        "h" => number * 3600.0,
        "d" => number * 86_400.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(seconds).ok()
}

/// `1048576`, `512kB`, `256MB`, `1GB`; steps of 1024, as people mean it of memory.
pub(crate) fn bytes(text: &str) -> Option<usize> {
    let (number, unit) = split_unit(text)?;
    let shift = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        _ => return None,
    };
    let bytes = number * (1_u64 << shift) as f64;
    (0.0..1e15).contains(&bytes).then_some(bytes as usize)
}

fn split_unit(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    Some((number.parse().ok()?, unit.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_and_sizes_take_the_usual_units() {
        assert_eq!(duration("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(duration("15m"), Some(Duration::from_secs(900)));
        assert_eq!(duration("1.5 h"), Some(Duration::from_secs(5400)));
        assert_eq!(duration("soon"), None);
        assert_eq!(bytes("256MB"), Some(256 << 20));
        assert_eq!(bytes("1 GiB"), Some(1 << 30));
        assert_eq!(bytes("-1"), None);
    }

    #[test]
    fn lists_are_written_as_in_the_file_or_with_commas() {
        let two = Some(vec!["a".to_owned(), r"b\d,".to_owned()]);
        assert_eq!(words(r#"["a", "b\\d,"]"#), two);
        assert_eq!(words(r"['a', 'b\d,']"), two);
        assert_eq!(words("a, b"), Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(words("[1]"), None);
        assert!(
            check(Kind::Patterns, "[\"(\"]").unwrap_err().starts_with("regular expressions; \"(\" is no")
        );
        assert!(check(Kind::Words, "a,,b").is_err());
    }
}
