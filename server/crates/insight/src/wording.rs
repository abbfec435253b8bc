//! Numbers as people read them: two or three significant digits at most, the unit behind a space.

use std::time::Duration;

/// A duration: `850 ns`, `1.2 µs`, `812 µs`, `12 ms`, `1.2 s`, `1 min 23 s`, `2 h 5 min`, `3 d 4 h`.
pub fn duration(duration: Duration) -> String {
    let nanos = duration.as_nanos() as f64;
    if nanos < 1.0 {
        return "0 ms".into();
    }
    for (unit, name) in [(1.0, "ns"), (1e3, "µs"), (1e6, "ms"), (1e9, "s")] {
        let value = nanos / unit;
        if unit > 1.0 && value < 9.95 {
            let digits = format!("{value:.1}");
            return format!("{} {name}", digits.strip_suffix(".0").unwrap_or(&digits));
        }
        let end = if name == "s" { 60.0 } else { 1000.0 };
        if value.round() < end {
            return format!("{value:.0} {name}");
        }
    }
    long_duration((nanos / 1e9).round() as u64)
}

/// A count with its thousands apart: `1,240`.
pub fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A count and its noun in the right number: `1 call`, `240 calls`.
pub fn counted(number: u64, singular: &str, plural: &str) -> String {
    format!("{} {}", count(number), if number == 1 { singular } else { plural })
}

/// How long ago something was: `now`, `12 s ago`, `3 min ago`, `2 h ago`, `5 d ago`.
pub fn ago(age: Duration) -> String {
    match age.as_secs() {
        0..=1 => "now".into(),
        seconds @ 2..=59 => format!("{seconds} s ago"),
        seconds @ 60..=3_599 => format!("{} min ago", seconds / 60),
        seconds @ 3_600..=86_399 => format!("{} h ago", seconds / 3_600),
        seconds => format!("{} d ago", seconds / 86_400),
    }
}

/// A part of a whole: `1.3 %`, `12 %`; `< 0.1 %` for what would round to nothing, `0 %` for nothing.
pub fn percent(part: u64, whole: u64) -> String {
    if part == 0 || whole == 0 {
        return "0 %".into();
    }
    let share = part as f64 * 100.0 / whole as f64;
    match share {
        _ if share < 0.05 => "< 0.1 %".into(),
        _ if share < 9.95 => format!("{share:.1} %"),
        _ if part < whole && share > 99.0 => format!("{:.1} %", share.min(99.9)),
        _ => format!("{share:.0} %"),
    }
}

/// How often for each of something: `×3`, `×2.4`, `×120`; nothing for about once.
pub fn times(ratio: f64) -> Option<String> {
    let whole = ratio.round();
    match ratio {
        _ if !ratio.is_finite() || ratio < 1.15 => None,
        _ if ratio >= 10.0 || (ratio - whole).abs() < 0.1 * whole / 2.0 => {
            Some(format!("×{}", count(whole as u64)))
        }
        _ => Some(format!("×{ratio:.1}")),
    }
}

/// A small column for each value, the highest `█`, none at all a low line: `▁▁▃█▅`.
pub fn sparkline(values: impl IntoIterator<Item = f64>) -> String {
    const COLUMNS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let values: Vec<f64> = values.into_iter().collect();
    let highest = values.iter().copied().fold(0.0, f64::max);
    let column = |value: f64| match value {
        _ if highest <= 0.0 || value <= 0.0 => COLUMNS[0],
        _ => COLUMNS[((value / highest * 7.0).ceil() as usize).clamp(1, 7)],
    };
    values.into_iter().map(column).collect()
}

/// A size in bytes: `812 B`, `1.2 KiB`, `256 MiB`.
pub fn bytes(bytes: usize) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "KiB", "MiB", "GiB"] {
        if value < 1023.5 || unit == "GiB" {
            let is_short = unit != "B" && value < 9.95;
            return if is_short { format!("{value:.1} {unit}") } else { format!("{value:.0} {unit}") };
        }
        value /= 1024.0;
    }
    format!("{value:.0} GiB")
}

fn long_duration(seconds: u64) -> String {
    let (large, large_unit, small, small_unit) = match seconds {
        0..=3_599 => (seconds / 60, "min", seconds % 60, "s"),
        3_600..=86_399 => (seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        _ => (seconds / 86_400, "d", seconds % 86_400 / 3_600, "h"),
    };
    if small == 0 {
        format!("{large} {large_unit}")
    } else {
        format!("{large} {large_unit} {small} {small_unit}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_or_three_digits() {
        for (nanos, text) in [
            (0, "0 ms"),
            (1, "1 ns"),
            (850, "850 ns"),
            (999, "999 ns"),
            (1_234, "1.2 µs"),
            (8_000_000, "8 ms"),
            (9_949, "9.9 µs"),
            (9_951, "10 µs"),
            (812_400, "812 µs"),
            (999_499, "999 µs"),
            (999_500, "1 ms"),
            (12_345_678, "12 ms"),
            (999_600_000, "1 s"),
            (1_240_000_000, "1.2 s"),
            (59_400_000_000, "59 s"),
            (59_600_000_000, "1 min"),
            (83_000_000_000, "1 min 23 s"),
            (7_500_000_000_000, "2 h 5 min"),
            (273_600_000_000_000, "3 d 4 h"),
            (u64::MAX, "213503 d 23 h"),
        ] {
            assert_eq!(duration(Duration::from_nanos(nanos)), text, "{nanos}");
        }
    }

    #[test]
    fn counts_have_their_thousands_apart() {
        for (number, text) in [(0, "0"), (999, "999"), (1_240, "1,240"), (1_234_567, "1,234,567")] {
            assert_eq!(count(number), text);
        }
        assert_eq!(counted(1, "call", "calls"), "1 call");
        assert_eq!(counted(2_000, "call", "calls"), "2,000 calls");
    }

    #[test]
    fn ages_shares_ratios_and_sizes() {
        for (seconds, text) in
            [(0, "now"), (12, "12 s ago"), (179, "2 min ago"), (7_200, "2 h ago"), (500_000, "5 d ago")]
        {
            assert_eq!(ago(Duration::from_secs(seconds)), text);
        }
        for (part, whole, text) in [
            (0, 5, "0 %"),
            (3, 240, "1.2 %"),
            (1, 10_000, "< 0.1 %"),
            (5, 5, "100 %"),
            (9_999, 10_000, "99.9 %"),
            (1, 8, "12 %"),
        ] {
            assert_eq!(percent(part, whole), text);
        }
        for (ratio, text) in [
            (1.0, None),
            (1.1, None),
            (2.98, Some("×3")),
            (2.4, Some("×2.4")),
            (123.4, Some("×123")),
            (f64::NAN, None),
        ] {
            assert_eq!(times(ratio).as_deref(), text, "{ratio}");
        }
        for (size, text) in
            [(812, "812 B"), (1_234, "1.2 KiB"), (256 << 20, "256 MiB"), (5 << 40, "5120 GiB")]
        {
            assert_eq!(bytes(size), text);
        }
    }

    #[test]
    fn sparklines_show_zero_as_a_low_line() {
        assert_eq!(sparkline([0.0, 1.0, 4.0, 8.0]), "▁▂▅█");
        assert_eq!(sparkline([0.0, 0.0]), "▁▁");
        assert_eq!(sparkline([]), "");
        assert_eq!(sparkline([0.0, 1.0, 1e9]), "▁▂█");
    }
}
