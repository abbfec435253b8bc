//! What the text of a setting may be.

use std::{net::ToSocketAddrs, time::Duration};

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
    })
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
}
