//! The store against a model that keeps plain lists and walks them.

use std::time::Duration;

use model::{Span, SpanKind, StatusCode, keys};

use super::*;
use crate::testing::{Random, service, span, span_id, trace_id};

const SECOND: u64 = 1_000_000_000;

/// Keeps an owned span.
fn insert(store: &mut Store, span: Span, tag: u32, now: Timestamp) -> Inserted {
    span.with_view(|view| store.insert(view, tag, now))
}

fn small(max_bytes: usize, max_spans_per_trace: usize) -> Store {
    Store::new(Limits { max_bytes, max_spans_per_trace })
}

fn names(traces: &[TraceSummary]) -> Vec<&str> {
    traces.iter().map(|trace| trace.name.as_str()).collect()
}

fn log(trace: u64, span: u64, body: &str) -> LogRecord {
    LogRecord {
        trace_id: trace_id(trace),
        span_id: Some(span_id(span)),
        time: Timestamp(5),
        name: "exception".into(),
        body: body.into(),
        severity: 17,
        attributes: [(keys::EXCEPTION_TYPE, "Boom")].into_iter().collect(),
        resource: service("shop"),
        scope: Default::default(),
    }
}

/// Everything about a store that a reader can see.
fn digest(store: &Store) -> String {
    let spans: Vec<_> =
        store.after(0, usize::MAX).iter().map(|s| (s.sequence, s.tag, s.trace_id(), s.span_id())).collect();
    format!(
        "{:?}\n{:?}\n{:?}\n{spans:?}",
        store.counters(),
        store.trace_counts(),
        store.traces(&Query::default())
    )
}

#[test]
fn a_span_sent_twice_is_kept_once() {
    let mut store = Store::new(Limits::default());
    let first = span(1, 1, 0, 10, 20);
    assert_eq!(insert(&mut store, first.clone(), 7, Timestamp(30)), Inserted::New);
    assert_eq!(insert(&mut store, first, 7, Timestamp(40)), Inserted::Duplicate);
    assert_eq!(insert(&mut store, span(1, 1, 0, 11, 21), 8, Timestamp(50)), Inserted::Duplicate);
    let trace = store.trace(trace_id(1)).unwrap();
    assert_eq!((trace.len(), trace.first_seen, trace.last_seen), (1, Timestamp(30), Timestamp(30)));
    let Counters { received, kept, duplicate, .. } = store.counters();
    assert_eq!((received, kept, duplicate), (3, 1, 2));
}

#[test]
fn both_halves_of_a_shared_id_are_kept() {
    let mut store = Store::new(Limits::default());
    for kind in [SpanKind::Client, SpanKind::Server, SpanKind::Client] {
        insert(&mut store, Span { kind, ..span(1, 1, 0, 10, 20) }, 0, Timestamp(30));
    }
    assert_eq!(store.counters().kept, 2);
    assert_eq!(store.span(trace_id(1), span_id(1)).unwrap().kind(), SpanKind::Client);
}

#[test]
fn logs_come_before_or_after_their_span_and_once() {
    let mut store = Store::new(Limits::default());
    assert_eq!(store.insert_log(log(1, 1, "a"), Timestamp(1)), Inserted::New);
    assert!(store.traces(&Query::default()).is_empty(), "a trace without spans has no line");
    insert(&mut store, span(1, 1, 0, 10, 20), 0, Timestamp(2));
    assert_eq!(store.insert_log(log(1, 1, "a"), Timestamp(3)), Inserted::Duplicate);
    assert_eq!(store.insert_log(log(1, 1, "b"), Timestamp(3)), Inserted::New);
    assert_eq!(store.insert_log(log(1, 2, "c"), Timestamp(3)), Inserted::New);
    let trace = store.trace(trace_id(1)).unwrap();
    let logs = trace.logs_of(span_id(1));
    let bodies: Vec<_> = logs.iter().map(|log| log.body.as_str()).collect();
    assert_eq!(bodies, ["a", "b"]);
    assert_eq!(store.traces(&Query::default()).len(), 1);
    assert!(store.counters().reconcile());
}

#[test]
fn what_is_pinned_stays_and_pins_have_a_limit() {
    let mut store = small(64 << 10, 1000);
    for trace in 1..=3 {
        insert(&mut store, span(trace, 1, 0, 10, 20), 0, Timestamp(trace));
    }
    assert_eq!(store.pin(trace_id(9)), Err(PinError::Unknown));
    assert_eq!((store.pin(trace_id(1)), store.pin(trace_id(1))), (Ok(()), Ok(())));
    for id in 0..2_000u64 {
        insert(&mut store, span(10 + id, 1, 0, 10, 20), 0, Timestamp(id));
    }
    assert!(store.trace(trace_id(1)).is_some() && store.trace(trace_id(2)).is_none());
    assert!(store.counters().evicted > 0 && store.counters().bytes <= 64 << 10);
    store.unpin(trace_id(1));
    for id in 0..2_000u64 {
        insert(&mut store, span(3000 + id, 1, 0, 10, 20), 0, Timestamp(id));
    }
    assert!(store.trace(trace_id(1)).is_none());

    let refused = (3000..5000)
        .map(|trace| store.pin(trace_id(trace)))
        .find(|pinned| *pinned != Err(PinError::Unknown) && pinned.is_err());
    assert!(matches!(refused, Some(Err(PinError::TooMuch { wanted, allowed })) if wanted > allowed));
    assert_eq!(insert(&mut store, span(1, 1, 0, 10, 20), 0, Timestamp(1)), Inserted::New);
    store.set_limits(Limits { max_bytes: 0, max_spans_per_trace: 10 });
    assert_eq!((store.trace_count(), store.counters().bytes), (0, 0), "pins do not outlive the budget");
    assert!(store.counters().reconcile());
}

#[test]
fn a_line_is_named_by_the_root_once_it_is_there() {
    let mut store = Store::new(Limits::default());
    let line = |store: &Store| names(&store.traces(&Query::default())).join(" ");
    insert(&mut store, span(1, 3, 2, 30, 40), 0, Timestamp(100));
    assert_eq!(line(&store), "s3");
    insert(&mut store, span(1, 2, 1, 20, 50), 0, Timestamp(101));
    assert_eq!(line(&store), "s2");
    insert(&mut store, span(1, 1, 0, 25, 60), 0, Timestamp(102));
    assert_eq!(line(&store), "s1");
    let summary = &store.traces(&Query::default())[0];
    assert_eq!((summary.start, summary.duration), (Timestamp(20), Duration::from_nanos(40)));
}

#[test]
fn newest_means_ended_last_and_hostile_clocks_do_not_stay_on_top() {
    let mut store = Store::new(Limits::default());
    let now = Timestamp(1_000_000 * SECOND);
    let at = |seconds: u64| now.0 - seconds * SECOND;
    insert(&mut store, span(1, 1, 0, at(50), at(10)), 0, now);
    insert(&mut store, span(2, 2, 0, at(40), at(20)), 0, now);
    insert(&mut store, span(3, 3, 0, at(60), u64::MAX), 0, now);
    assert_eq!(names(&store.traces(&Query::default())), ["s3", "s1", "s2"]);
    let much_later = now.plus(Duration::from_secs(2 * 24 * 3600));
    insert(&mut store, span(4, 4, 0, much_later.0 - 1, much_later.0), 0, much_later);
    assert_eq!(names(&store.traces(&Query::default())), ["s4", "s3", "s1", "s2"]);
    let since = Query { since: Some(Timestamp(at(15))), ..Query::default() };
    assert_eq!(names(&store.traces(&since)), ["s4", "s3", "s1"]);
}

#[test]
fn one_trace_has_its_limit_and_the_budget_is_never_passed() {
    let mut store = small(64 << 10, 10);
    for id in 1..=12 {
        let expected = if id <= 10 { Inserted::New } else { Inserted::Dropped };
        assert_eq!(insert(&mut store, span(1, id, 0, 1, 2), 0, Timestamp(id)), expected);
    }
    let mut huge = span(2, 1, 0, 1, 2);
    huge.attributes.push("blob", model::Value::Bytes(vec![0; 100 << 10]));
    assert_eq!(insert(&mut store, huge, 0, Timestamp(20)), Inserted::Dropped);
    assert_eq!(store.counters().kept, 10, "what cannot fit makes nobody leave");
    assert!(store.counters().reconcile());
}

#[test]
fn the_trace_that_was_quiet_longest_leaves_first() {
    let mut store = small(12 << 10, 1000);
    let mut id = 0;
    let mut add = |store: &mut Store, trace: u64| {
        id += 1;
        insert(store, span(trace, id, 0, 1, 2), 0, Timestamp(id));
    };
    for trace in [1, 2, 3, 1] {
        add(&mut store, trace);
    }
    let snapshot = store.clone();
    let before = digest(&snapshot);
    for trace in 4.. {
        add(&mut store, trace);
        if store.counters().evicted > 0 {
            break;
        }
    }
    assert!(store.trace(trace_id(2)).is_none() && store.trace(trace_id(1)).is_some());
    store.set_limits(Limits { max_bytes: 0, max_spans_per_trace: 0 });
    assert_eq!((store.trace_count(), store.counters().bytes, store.counters().kept), (0, 0, 0));
    assert_eq!(digest(&snapshot), before, "a snapshot sees nothing of it");
}

#[test]
fn what_is_remembered_of_the_order_of_arrival_and_of_time_is_bounded() {
    let mut store = small(40 << 10, 1000);
    for number in 1..=20_000u64 {
        insert(&mut store, span(1 + number, 1, 0, 1, 2), 0, Timestamp(number));
        // One trace that never goes quiet stays at the front of everything.
        insert(&mut store, span(1, 1 + number % 10, 0, 1, 2 + number), 0, Timestamp(number));
        if number % 100 == 0 {
            insert(&mut store, span(1, 1000 + number, 0, 1, 2), 0, Timestamp(number));
        }
        assert!(store.arrivals.len() <= store.arrivals.live() * 5 / 4 + 65);
        assert!(store.index.unsettled() <= MAX_UNSETTLED);
    }
    let mut one = Store::new(Limits::default());
    for id in 1..=500 {
        insert(&mut one, span(1, id, 0, 1, 1 + id), 0, Timestamp(id));
    }
    assert_eq!(one.index.unsettled(), 1, "a trace moves once a batch, not once a span");
}

#[test]
fn many_random_changes_agree_with_the_model() {
    for seed in 1..=20 {
        let mut random = Random::new(seed);
        let mut store = small(40 << 10, 12);
        let mut old: Vec<(Store, String)> = Vec::new();
        for step in 0..600u64 {
            let now = Timestamp(1_000 * SECOND + step * SECOND);
            insert_random(&mut store, &mut random, now);
            if random.below(4) == 0 {
                store.settle();
            }
            check_against_model(&store, &mut random);
            if random.below(100) == 0 {
                old.push((store.clone(), digest(&store)));
                // The clone becomes the one that is written, and must find the oldest traces anew.
                store = store.clone();
            }
        }
        let counters = store.counters();
        assert!(
            counters.evicted > 0
                && counters.duplicate > 0
                && counters.dropped > 0
                && counters.logs.evicted > 0
        );
        for (snapshot, before) in old {
            assert_eq!(digest(&snapshot), before);
        }
    }
}

fn insert_random(store: &mut Store, random: &mut Random, now: Timestamp) {
    let trace = if random.below(3) == 0 { 1 } else { 1 + random.below(40) };
    if random.below(8) == 0 {
        let body = format!("b{}", random.below(5));
        store.insert_log(log(trace, random.below(16), &body), now);
        return;
    }
    let start = now.0 - random.below(100 * SECOND);
    let mut new =
        span(trace, 1 + random.below(16), random.below(16), start, start + random.below(90 * SECOND));
    new.resource = service(["shop", "cart", "mail"][random.below(3) as usize]);
    if random.below(10) == 0 {
        new.status.code = StatusCode::Error;
    }
    insert(store, new, random.below(6) as u32, now);
}

/// All that is indexed or counted, found again by walking every trace.
fn check_against_model(store: &Store, random: &mut Random) {
    let counters = store.counters();
    let traces: Vec<&Arc<Trace>> = (1..=40).filter_map(|trace| store.trace(trace_id(trace))).collect();
    assert!(counters.reconcile(), "{counters:?}");
    assert_eq!(counters.kept as usize, traces.iter().map(|trace| trace.len()).sum::<usize>());
    assert_eq!(counters.logs.kept as usize, traces.iter().map(|trace| trace.log_count()).sum::<usize>());
    assert_eq!(store.of_traces, traces.iter().map(|trace| trace.facts.bytes).sum::<usize>());
    assert!(counters.bytes <= 40 << 10);

    let query = Query {
        service: (random.below(2) == 0).then(|| "cart".into()),
        name: (random.below(4) == 0).then(|| format!("s{}", 1 + random.below(16)).into()),
        tags: (random.below(2) == 0).then(|| vec![random.below(6) as u32, random.below(6) as u32]),
        errors_only: random.below(3) == 0,
        since: (random.below(2) == 0).then(|| Timestamp((1_000 + random.below(600)) * SECOND)),
        limit: random.below(6) as usize,
    };
    let mut expected: Vec<_> =
        traces.iter().filter(|trace| wants(&query, trace)).map(|trace| key(trace)).collect();
    expected.sort_unstable();
    expected.reverse();
    expected.truncate(if query.limit == 0 { usize::MAX } else { query.limit });
    let found: Vec<_> = store.traces(&query).iter().map(|summary| summary.trace_id).collect();
    assert_eq!(found, expected.into_iter().map(|(_, trace_id)| trace_id).collect::<Vec<_>>(), "{query:?}");

    let mut arrived: Vec<u64> = traces.iter().flat_map(|trace| trace.spans()).map(|s| s.sequence).collect();
    arrived.sort_unstable();
    let after = random.below(store.latest() + 2);
    arrived.retain(|sequence| *sequence > after);
    arrived.truncate(7);
    assert_eq!(store.after(after, 7).iter().map(|s| s.sequence).collect::<Vec<_>>(), arrived);
}

fn key(trace: &Trace) -> (Timestamp, TraceId) {
    let end = trace.spans().map(|s| s.end().max(s.start())).max().unwrap();
    (end, trace.id())
}

fn wants(query: &Query, trace: &Trace) -> bool {
    let any = |wanted: &dyn Fn(&Stored<'_>) -> bool| trace.spans().any(|stored| wanted(&stored));
    any(&|_| true)
        && query.service.as_ref().is_none_or(|service| any(&|s| s.service() == service))
        && query.name.as_ref().is_none_or(|name| any(&|s| s.name() == name))
        && query.tags.as_ref().is_none_or(|tags| any(&|s| tags.contains(&s.tag)))
        && (!query.errors_only || any(&|s| s.is_error()))
        && query.since.is_none_or(|since| key(trace).0 >= since)
}
