//! Moves recorded telemetry in time, so that a recording can stand for what happens now.

use std::sync::Arc;

use model::{Batch, Timestamp};

/// Moves every time in `batch` by `nanos` nanoseconds, forwards or back. A time that was not sent stays so; the rest
/// saturates at the ends of time.
#[must_use]
pub fn shift_times(mut batch: Batch, nanos: i128) -> Batch {
    for span in &mut batch.spans {
        let span = Arc::make_mut(span);
        shift(&mut span.start, nanos);
        shift(&mut span.end, nanos);
        span.events.iter_mut().for_each(|event| shift(&mut event.time, nanos));
    }
    batch.logs.iter_mut().for_each(|log| shift(&mut log.time, nanos));
    batch
}

/// The latest end of a span or time of a log; zero for an empty batch.
pub fn latest_time(batch: &Batch) -> Timestamp {
    let spans = batch.spans.iter().map(|span| span.end.max(span.start));
    let logs = batch.logs.iter().map(|log| log.time);
    spans.chain(logs).max().unwrap_or(Timestamp::ZERO)
}

fn shift(time: &mut Timestamp, nanos: i128) {
    if *time != Timestamp::ZERO {
        let moved = i128::from(time.0).saturating_add(nanos).clamp(1, i128::from(u64::MAX));
        *time = Timestamp(moved as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_move_together_and_absent_ones_stay_absent() {
        let mut moved = [Timestamp(1_000), Timestamp::ZERO, Timestamp(5), Timestamp(u64::MAX)];
        moved.iter_mut().for_each(|time| shift(time, -10));
        assert_eq!(moved, [Timestamp(990), Timestamp::ZERO, Timestamp(1), Timestamp(u64::MAX - 10)]);
        moved.iter_mut().for_each(|time| shift(time, i128::MAX));
        assert_eq!(moved[1], Timestamp::ZERO);
        assert_eq!(moved[3], Timestamp(u64::MAX));
    }

    #[test]
    fn the_latest_time_counts_ends_and_logs() {
        let body = br#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","startTimeUnixNano":"5","endTimeUnixNano":"9"}]}]}]}"#;
        let batch = crate::otlp_json::decode(body, &crate::Limits::default()).unwrap();
        assert_eq!(latest_time(&batch), Timestamp(9));
        let batch = shift_times(batch, 100);
        assert_eq!(latest_time(&batch), Timestamp(109));
        assert_eq!(latest_time(&Batch::default()), Timestamp::ZERO);
    }
}
