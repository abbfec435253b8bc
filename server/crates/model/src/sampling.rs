//! How many spans a sampled one stands for, read from its W3C `tracestate`.

use std::time::Duration;

/// Parts that a weight of one is made of.
const ONE: u64 = 256;
/// Bits of a rejection threshold, and hexadecimal digits.
const THRESHOLD_BITS: u32 = 56;
const THRESHOLD_DIGITS: usize = 14;
/// The exponent that stands for a probability of zero.
const NEVER: u32 = 63;

/// How many spans one stands for: the inverse of the probability with which it was sampled. Whole numbers of 1/256, so
/// that sums do not depend on the order; at most 2^56.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Weight(u64);

impl Weight {
    /// Stands for itself alone, as every span does that says nothing else.
    pub const ONE: Weight = Weight(ONE);
    /// Stands for no other, and for next to nothing itself: what has such spans only still has a distribution.
    pub const LEAST: Weight = Weight(1);

    /// The weight that a `tracestate` tells: `ot=th:<threshold>` ("TraceState: Probability Sampling", "Rejection
    /// threshold"), or `ot=p:<exponent>` of the scheme before it. What is missing or malformed counts as one.
    pub fn of_trace_state(trace_state: &str) -> Weight {
        if trace_state.is_empty() {
            return Weight::ONE;
        }
        let mut members = trace_state.split(',').map(|member| member.trim_matches([' ', '\t']));
        let Some(list) = members.find_map(|member| member.strip_prefix("ot=")) else { return Weight::ONE };
        let of = |key: &str| {
            let mut pairs = list.split(';').filter_map(|item| item.split_once(':'));
            pairs.find_map(|(name, value)| (name == key).then_some(value))
        };
        let threshold = of("th").and_then(of_threshold);
        threshold.or_else(|| of_exponent(of("p")?)).unwrap_or(Weight::ONE)
    }

    /// In parts of 1/256.
    pub const fn parts(self) -> u64 {
        self.0
    }

    /// The number that a sum of [`Weight::parts`] comes to, rounded.
    pub fn count(parts: u64) -> u64 {
        parts.saturating_add(ONE / 2) / ONE
    }

    /// `duration` as often as this; saturates.
    pub fn times(self, duration: Duration) -> Duration {
        const SECOND: u128 = 1_000_000_000;
        let nanos = duration.as_nanos().saturating_mul(u128::from(self.0)) / u128::from(ONE);
        let Ok(seconds) = u64::try_from(nanos / SECOND) else { return Duration::MAX };
        Duration::new(seconds, (nanos % SECOND) as u32)
    }
}

impl Default for Weight {
    fn default() -> Weight {
        Weight::ONE
    }
}

/// 1 to 14 lower-case hexadecimal digits, zeros at the end left out: so much of 2^56 is rejected.
fn of_threshold(digits: &str) -> Option<Weight> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if digits.is_empty() || digits.len() > THRESHOLD_DIGITS || !digits.bytes().all(is_digit) {
        return None;
    }
    let rejected = u64::from_str_radix(digits, 16).ok()? << (4 * (THRESHOLD_DIGITS - digits.len()));
    let taken = u128::from((1u64 << THRESHOLD_BITS).saturating_sub(rejected).max(1));
    let parts = ((u128::from(ONE) << THRESHOLD_BITS) + taken / 2) / taken;
    Some(Weight(u64::try_from(parts).unwrap_or(u64::MAX)))
}

/// One or two decimal digits: the probability is 2 to the power of minus so much, and 63 is none.
fn of_exponent(digits: &str) -> Option<Weight> {
    if digits.is_empty() || digits.len() > 2 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match digits.parse::<u32>().ok()? {
        exponent @ 0..THRESHOLD_BITS => Some(Weight(ONE << exponent)),
        // As good as the most.
        THRESHOLD_BITS..NEVER => Some(Weight(u64::MAX)),
        NEVER => Some(Weight::LEAST),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(trace_state: &str) -> u64 {
        Weight::of_trace_state(trace_state).parts()
    }

    #[test]
    fn thresholds_are_read_as_the_specification_has_them() {
        for (trace_state, count) in [
            ("ot=th:0", 1.0),
            ("ot=th:8", 2.0),
            ("ot=th:4", 4.0 / 3.0),
            ("ot=th:c", 4.0),
            ("ot=th:c;rv:d29d6a7215ced0", 4.0),
            ("ot=rv:d29d6a7215ced0;th:c", 4.0),
            ("ot=th:fd70a", 100.0),
            ("ot=th:fd70a3d70a3d71", 100.0),
            ("ot=th:ff8", 512.0),
            ("ot=th:fff972474538f", 10_000.0),
            ("vendor=ot=th:8,ot=th:c,other=1", 4.0),
            ("vendor=1, ot=p:2;th:8 ", 2.0),
        ] {
            let found = parts(trace_state) as f64 / 256.0;
            assert!((found / count - 1.0).abs() < 0.002, "{trace_state}: {found} for {count}");
        }
        assert_eq!(Weight::of_trace_state("ot=th:0"), Weight::ONE);
        assert_eq!(parts("ot=th:ffffffffffffff"), u64::MAX, "2^56 is the most");
    }

    #[test]
    fn exponents_of_the_scheme_before_are_read() {
        for (trace_state, found) in [
            ("ot=p:0", 256),
            ("ot=p:8;r:62", 256 << 8),
            ("ot=r:62;p:1", 512),
            ("ot=p:55", 256 << 55),
            ("ot=p:62", u64::MAX),
            ("ot=p:63", 1),
        ] {
            assert_eq!(parts(trace_state), found, "{trace_state}");
        }
    }

    #[test]
    fn what_is_malformed_or_says_nothing_counts_as_one() {
        for trace_state in [
            "",
            "ot=",
            "ot",
            "ot=th",
            "ot=th:",
            "ot=th:C",
            "ot=th:0x8",
            "ot=th:+8",
            "ot=th:123456789abcdef",
            "ot=th:é",
            "ot=p:64",
            "ot=p:-1",
            "ot=p:+1",
            "ot=p:100",
            "ot=p:",
            "ot=rv:d29d6a7215ced0",
            "congo=th:8",
            "tenant@ot=th:8",
            "th:8",
            ",,,",
            "ot=;;:;th",
            "é=1,ot",
        ] {
            assert_eq!(Weight::of_trace_state(trace_state), Weight::ONE, "{trace_state}");
        }
    }

    #[test]
    fn sums_round_and_products_saturate() {
        assert_eq!(
            [0, 1, 127, 128, 256, 640, u64::MAX].map(Weight::count),
            [0, 0, 0, 1, 1, 3, u64::MAX >> 8]
        );
        let second = Duration::from_secs(1);
        assert_eq!(Weight::of_trace_state("ot=th:c").times(second), 4 * second);
        assert_eq!(Weight::of_trace_state("ot=p:62").times(Duration::MAX), Duration::MAX);
    }
}
