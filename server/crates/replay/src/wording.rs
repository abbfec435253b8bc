//! How times and texts are written for people.

use std::time::Duration;

use model::keys;

use crate::recording::Occurrence;

/// Three significant digits and a unit: `812 ns`, `1.24 ms`, `2 m 5 s`.
pub fn duration(duration: Duration) -> String {
    let nanos = duration.as_nanos() as f64;
    let (value, unit) = match duration.as_nanos() {
        0 => return "0 ms".to_owned(),
        1..1_000 => (nanos, "ns"),
        1_000..1_000_000 => (nanos / 1e3, "µs"),
        1_000_000..1_000_000_000 => (nanos / 1e6, "ms"),
        1_000_000_000..60_000_000_000 => (nanos / 1e9, "s"),
        _ => return long(duration.as_secs()),
    };
    let digits = match value {
        value if value >= 99.95 => 0,
        value if value >= 9.995 => 1,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text} {unit}")
}

/// A position in time, exact enough to be typed again: `+12.304 ms`.
pub fn offset(offset: Duration) -> String {
    match offset.as_nanos() {
        nanos @ 0..1_000_000_000 => format!("+{:.3} ms", nanos as f64 / 1e6),
        _ => format!("+{:.6} s", offset.as_secs_f64()),
    }
}

/// `text` cut to at most `limit` characters, on one line.
pub fn short(text: &str, limit: usize) -> String {
    let mut characters = text.chars().map(|character| if character.is_control() { ' ' } else { character });
    let mut short: String = characters.by_ref().take(limit).collect();
    if characters.next().is_some() {
        short.pop();
        short.push('…');
    }
    short
}

/// Type and message of a recorded exception, on one line.
pub(crate) fn exception(event: &Occurrence<'_>) -> String {
    let kind = event.attributes.str(keys::EXCEPTION_TYPE);
    let message =
        event.attributes.str(keys::EXCEPTION_MESSAGE).or(Some(event.body).filter(|body| !body.is_empty()));
    match (kind, message) {
        (Some(kind), Some(message)) => format!("{}: {}", short(kind, 120), short(message, 200)),
        (Some(only), None) | (None, Some(only)) => short(only, 200),
        (None, None) => short(event.name, 120),
    }
}

fn long(seconds: u64) -> String {
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, minutes, 0) => format!("{minutes} m"),
        (0, minutes, seconds) => format!("{minutes} m {seconds} s"),
        (hours, 0, _) => format!("{hours} h"),
        (hours, minutes, _) => format!("{hours} h {minutes} m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_three_digits() {
        let cases = [
            (0, "0 ms"),
            (812, "812 ns"),
            (1_240, "1.24 µs"),
            (999_999, "1000 µs"),
            (12_345_678, "12.3 ms"),
            (100_000_000, "100 ms"),
            (2_000_000_000, "2 s"),
            (125_000_000_000, "2 m 5 s"),
            (7_260_000_000_000, "2 h 1 m"),
        ];
        for (nanos, text) in cases {
            assert_eq!(duration(Duration::from_nanos(nanos)), text);
        }
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(short("äöü\n🦀", 9), "äöü 🦀");
        assert_eq!(short("äöü🦀", 3), "äö…");
    }
}
