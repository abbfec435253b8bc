//! Figures against what a walk over all observations finds.

use super::*;
use crate::testing::{Random, span_id, trace_id};

const MINUTE: u64 = 60 * 1_000_000_000;
const WINDOW: Duration = Duration::from_secs(15 * 60);
/// On no slot's edge.
const NOW: Timestamp = Timestamp(1_000 * MINUTE + MINUTE / 2);

fn ended(minutes_ago: u64, millis: u64, number: u64) -> Observation {
    Observation {
        trace_id: trace_id(number),
        span_id: span_id(number),
        end: Timestamp(NOW.0 - minutes_ago * MINUTE),
        duration: Duration::from_millis(millis),
        is_error: false,
        weight: Weight::ONE,
    }
}

fn figures(aggregates: &Aggregates<u32>, keys: &[u32]) -> Option<Figures> {
    aggregates.figures(keys, WINDOW, NOW)
}

#[test]
fn figures_of_few_are_exact() {
    let mut aggregates = Aggregates::default();
    for (number, millis) in [10, 20, 30, 40, 1000].into_iter().enumerate() {
        aggregates.record(1, ended(number as u64, millis, number as u64 + 1));
    }
    aggregates.record(1, Observation { is_error: true, ..ended(2, 5, 9) });
    let found = figures(&aggregates, &[1]).unwrap();
    let millis = Duration::from_millis;
    assert_eq!((found.calls, found.errors, found.total), (6, 1, millis(1105)));
    assert_eq!((found.p50, found.p95, found.max), (millis(20), millis(1000), millis(1000)));
    assert_eq!(found.slowest.unwrap().trace_id, trace_id(5));
    assert_eq!(found.latest.unwrap().trace_id, trace_id(1));
    assert_eq!(found.latest_error.unwrap().trace_id, trace_id(9));
    assert_eq!(found.calls_over_time, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 1, 1]);
    assert_eq!(found.p50_over_time[11], millis(1000));
    assert_eq!(figures(&aggregates, &[2]), None);
}

#[test]
fn what_is_old_leaves_with_its_exemplars() {
    let mut aggregates = Aggregates::default();
    aggregates.record(1, Observation { is_error: true, ..ended(14, 900, 1) });
    aggregates.record(1, ended(1, 10, 2));
    assert_eq!(figures(&aggregates, &[1]).unwrap().slowest.unwrap().trace_id, trace_id(1));
    let later = NOW.plus(Duration::from_secs(3 * 60));
    let found = aggregates.figures(&[1], WINDOW, later).unwrap();
    assert_eq!((found.calls, found.max, found.latest_error), (1, Duration::from_millis(10), None));
    assert_eq!(found.slowest.unwrap().trace_id, trace_id(2));
    assert_eq!(aggregates.figures(&[1], WINDOW, NOW.plus(2 * WINDOW)), None);
    let short = aggregates.figures(&[1], Duration::from_secs(5 * 60), NOW).unwrap();
    assert_eq!((short.calls, short.calls_over_time.len()), (1, 6));
}

#[test]
fn what_ended_before_everything_kept_is_ignored_and_counted() {
    let mut aggregates = Aggregates::default();
    assert_eq!(aggregates.record(1, ended(0, 10, 1)), Recorded::First);
    assert_eq!(aggregates.record(1, ended(15, 10, 1)), Recorded::Counted);
    assert_eq!(aggregates.record(1, ended(16, 10, 2)), Recorded::TooOld);
    assert_eq!(
        aggregates.record(1, Observation { end: Timestamp::ZERO, ..ended(0, 10, 3) }),
        Recorded::TooOld
    );
    assert_eq!((figures(&aggregates, &[1]).unwrap().calls, aggregates.too_old()), (2, 2));
}

#[test]
fn order_of_arrival_does_not_matter_and_keys_add_up() {
    for seed in 1..=30 {
        let mut random = Random::new(seed);
        let count = 1 + random.below(400);
        let mut all: Vec<(u32, Observation)> = (1..=count)
            .map(|number| {
                let observation = ended(random.below(14), random.below(5_000), number);
                (random.below(3) as u32, Observation { is_error: random.below(5) == 0, ..observation })
            })
            .collect();
        let record = |all: &[(u32, Observation)]| {
            let mut aggregates = Aggregates::default();
            for (key, observation) in all {
                aggregates.record(*key, *observation);
            }
            figures(&aggregates, &[0, 1, 2]).unwrap()
        };
        let forwards = record(&all);
        all.sort_by_cached_key(|_| random.next());
        assert_eq!(record(&all), forwards);
        assert_eq!(forwards.calls, count);
        assert_eq!(forwards.calls_over_time.iter().sum::<u64>(), count);
        assert_eq!(
            forwards.errors,
            all.iter().filter(|(_, observation)| observation.is_error).count() as u64
        );
        assert_eq!(forwards.total, all.iter().map(|(_, observation)| observation.duration).sum());
        let mut durations: Vec<_> = all.iter().map(|(_, observation)| observation.duration).collect();
        durations.sort_unstable();
        assert_eq!(forwards.max, durations[durations.len() - 1]);
        let exact = durations[(count as usize).div_ceil(2) - 1].as_secs_f64();
        assert!(
            (forwards.p50.as_secs_f64() - exact).abs() <= exact * 0.032,
            "{:?} for {exact}",
            forwards.p50
        );
    }
}

#[test]
fn keys_are_bounded_by_bytes_and_the_quietest_leave() {
    let max_bytes = 200 << 10;
    let mut aggregates: Aggregates<u32> = Aggregates::new(WINDOW, max_bytes);
    for key in 0..5_000 {
        aggregates.record(key, ended(u64::from(key % 15), 10, 1));
        aggregates.record(7, ended(0, 10, 2));
        assert!(aggregates.bytes() <= max_bytes);
    }
    assert!(aggregates.forgotten() > 4_000);
    assert!(aggregates.len() > 100);
    assert_eq!(figures(&aggregates, &[7]).unwrap().calls, 5_001, "the busy one stays");
    assert!(figures(&aggregates, &[4_999]).is_some() && figures(&aggregates, &[0]).is_none());
    let held: usize = aggregates.keys.values().map(|entry| entry.window.bytes() + PER_KEY).sum();
    assert_eq!(aggregates.bytes(), held);
}

#[test]
fn a_key_that_lives_long_does_not_grow() {
    let mut aggregates = Aggregates::default();
    let (mut most, mut full) = (0, 0);
    for minute in 0..1_000 {
        let end = Timestamp((2_000 + minute) * MINUTE);
        aggregates.record(1, Observation { end, ..ended(0, 10, minute + 1) });
        most = most.max(aggregates.bytes());
        full = if minute == SLOTS { most } else { full };
        assert_eq!(aggregates.bytes(), PER_KEY + aggregates.keys[&1].window.bytes());
    }
    assert_eq!(
        (aggregates.bytes(), full),
        (most, most),
        "as much as when its window was full for the first time"
    );
}

#[test]
fn a_snapshot_does_not_move() {
    let mut aggregates = Aggregates::default();
    aggregates.record(1, ended(1, 10, 1));
    let snapshot = aggregates.clone();
    for number in 0..100 {
        aggregates.record(1, ended(1, 10, number));
    }
    assert_eq!(figures(&snapshot, &[1]).unwrap().calls, 1);
    assert_eq!(figures(&aggregates, &[1]).unwrap().calls, 101);
}

#[test]
fn hostile_durations_saturate() {
    let mut aggregates = Aggregates::default();
    for number in 1..=40 {
        aggregates.record(1, Observation { duration: Duration::MAX, ..ended(0, 0, number) });
    }
    let found = figures(&aggregates, &[1]).unwrap();
    assert_eq!((found.total, found.max), (Duration::MAX, Duration::MAX));
}

/// An observation that stands for what `trace_state` says.
fn sampled(minutes_ago: u64, millis: u64, number: u64, trace_state: &str) -> Observation {
    Observation { weight: Weight::of_trace_state(trace_state), ..ended(minutes_ago, millis, number) }
}

#[test]
fn what_was_sampled_counts_for_what_it_stands_for() {
    let mut aggregates = Aggregates::default();
    // Nine of ten were left out of the fast ones, none of the slow ones.
    for number in 1..=90 {
        aggregates.record(1, sampled(number % 3, 10, number, "ot=th:e6666666666666"));
    }
    for number in 91..=100 {
        aggregates.record(1, ended(1, 1_000, number));
    }
    aggregates.record(1, Observation { is_error: true, ..sampled(0, 10, 101, "ot=p:2") });
    let found = figures(&aggregates, &[1]).unwrap();
    assert_eq!((found.calls, found.seen, found.errors), (914, 101, 4));
    assert!(found.is_estimate());
    let near = |found: Duration, millis: f64| (found.as_secs_f64() * 1000.0 / millis - 1.0).abs() <= 0.032;
    assert!(near(found.p50, 10.0) && near(found.p95, 10.0), "{:?} {:?}", found.p50, found.p95);
    assert!(near(found.p99, 1_000.0), "{:?}", found.p99);
    assert!(near(found.total, 90.0 * 100.0 + 10_000.0 + 40.0), "{:?}", found.total);
    assert_eq!(found.calls_over_time[13..], [300, 310, 304]);
    let held: usize = aggregates.keys.values().map(|entry| entry.window.bytes() + PER_KEY).sum();
    assert_eq!(aggregates.bytes(), held);
}

#[test]
fn sampled_figures_are_those_of_all_they_stand_for() {
    for seed in 1..=20 {
        let mut random = Random::new(seed);
        let (mut few, mut all) = (Aggregates::default(), Aggregates::default());
        for number in 1..=1 + random.below(300) {
            let (millis, exponent) = (1 + random.below(5_000), random.below(4));
            few.record(1, sampled(number % 14, millis, number, &format!("ot=p:{exponent}")));
            for _ in 0..1 << exponent {
                all.record(1, ended(number % 14, millis, number));
            }
        }
        let (few, all) = (figures(&few, &[1]).unwrap(), figures(&all, &[1]).unwrap());
        assert_eq!((few.calls, few.errors, few.total, few.max), (all.calls, all.errors, all.total, all.max));
        assert_eq!(few.calls_over_time, all.calls_over_time);
        for (estimate, exact) in [(few.p50, all.p50), (few.p95, all.p95), (few.p99, all.p99)] {
            let (estimate, exact) = (estimate.as_secs_f64(), exact.as_secs_f64());
            assert!((estimate - exact).abs() <= 0.064 * exact, "{estimate} for {exact}");
        }
    }
}

#[test]
fn what_stands_for_nothing_is_still_shown_and_what_stands_for_all_saturates() {
    let mut aggregates = Aggregates::default();
    for number in 1..=3 {
        aggregates.record(1, sampled(0, 10 * number, number, "ot=p:63"));
    }
    let found = figures(&aggregates, &[1]).unwrap();
    assert_eq!((found.calls, found.seen, found.errors), (1, 3, 0));
    assert!(
        found.p50 > Duration::from_millis(19) && found.p50 < Duration::from_millis(21),
        "{:?}",
        found.p50
    );
    let one = Observation { is_error: true, ..sampled(0, 33, 4, "ot=p:63") };
    aggregates.record(2, one);
    let found = figures(&aggregates, &[2]).unwrap();
    assert_eq!((found.calls, found.errors, found.p50), (1, 1, one.duration));
    for number in 1..=40 {
        let most = sampled(0, 0, number, "ot=th:ffffffffffffff");
        aggregates.record(1, Observation { duration: Duration::MAX, is_error: true, ..most });
    }
    let found = figures(&aggregates, &[1, 2]).unwrap();
    assert_eq!((found.calls, found.errors, found.total), (u64::MAX >> 8, u64::MAX >> 8, Duration::MAX));
    assert_eq!(found.seen, 44);
}
