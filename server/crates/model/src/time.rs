//! Points in time as telemetry writes them; all arithmetic saturates, because senders' clocks are hostile input.

use std::time::Duration;

/// Nanoseconds since the Unix epoch, as OTLP's `fixed64` times are. Zero means "not sent".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// The time not sent.
    pub const ZERO: Timestamp = Timestamp(0);

    /// How long after `earlier` this is; zero when it is not after it.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// Later by `duration`, at most the largest time there is.
    pub fn plus(self, duration: Duration) -> Timestamp {
        Timestamp(self.0.saturating_add(nanos(duration)))
    }

    /// Earlier by `duration`, at least zero.
    pub fn minus(self, duration: Duration) -> Timestamp {
        Timestamp(self.0.saturating_sub(nanos(duration)))
    }

    /// From whole microseconds, the unit of Jaeger's and Zipkin's JSON.
    pub fn from_micros(micros: u64) -> Timestamp {
        Timestamp(micros.saturating_mul(1_000))
    }

    /// Whole milliseconds since the epoch, rounded down.
    pub fn as_millis(self) -> u64 {
        self.0 / 1_000_000
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_saturates() {
        assert_eq!(Timestamp(5).since(Timestamp(9)), Duration::ZERO);
        assert_eq!(Timestamp(u64::MAX).plus(Duration::MAX), Timestamp(u64::MAX));
        assert_eq!(Timestamp(3).minus(Duration::from_secs(1)), Timestamp::ZERO);
        assert_eq!(Timestamp::from_micros(u64::MAX), Timestamp(u64::MAX));
    }
}
