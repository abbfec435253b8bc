//! What arriving spans and logs are counted as, whatever order and parts they come in.

use std::time::Duration;

use expect_test::{Expect, expect};
use model::{Event, Refusal, Resource, Span, SpanId, SpanKind, StatusCode, keys};

use super::*;
use crate::{
    Change, Settings, Snapshot, World,
    testing::{START, batch, span},
};

fn failing(span: Span, exceptions: &[(&str, &str)]) -> Span {
    let event = |(kind, message): &(&str, &str)| Event {
        name: "exception".into(),
        attributes: [(keys::EXCEPTION_TYPE, *kind), (keys::EXCEPTION_MESSAGE, *message)]
            .into_iter()
            .collect(),
        ..Event::default()
    };
    let status = model::Status { code: StatusCode::Error, message: "it failed".into() };
    Span { status, events: exceptions.iter().map(event).collect(), ..span }
}

fn log(trace: u64, id: u64, kind: &str) -> LogRecord {
    let like = span(trace, id, 0);
    LogRecord {
        trace_id: like.trace_id,
        span_id: Some(like.span_id),
        time: START,
        name: Default::default(),
        body: "from a log".into(),
        severity: 17,
        attributes: [(keys::EXCEPTION_TYPE, kind)].into_iter().collect(),
        resource: like.resource,
        scope: like.scope,
    }
}

fn in_service(name: &str, kind: SpanKind, span: Span) -> Span {
    let resource = Resource { attributes: [(keys::SERVICE_NAME, name)].into_iter().collect() };
    Span { resource: Arc::new(resource), kind, name: format!("{name} {}", span.name).into(), ..span }
}

/// What was counted: by shape, by edge, by failure, and the status, in words.
fn render(snapshot: &Snapshot) -> String {
    let (window, now) = (snapshot.window, snapshot.now);
    let name = |shape| snapshot.table.shape(shape).map_or("?", |shape| shape.name.as_str());
    let mut lines = Vec::new();
    for shape in snapshot.by_shape.keys() {
        let Some(found) = snapshot.by_shape.figures([shape], window, now) else { continue };
        lines.push(format!("{}: {} calls, {} errors", name(*shape), found.calls, found.errors));
        for failure in snapshot.failures.of(&[*shape], window, now) {
            let id = u64::from_be_bytes(failure.latest.span_id.0);
            lines.push(format!(
                "{}! {:?} {} x{} span {id}",
                name(*shape),
                failure.kind,
                failure.message,
                failure.count
            ));
        }
        for edge in snapshot.calls.from(*shape) {
            let Some(found) = snapshot.by_edge.figures([&edge], window, now) else { continue };
            assert!(snapshot.calls.to(edge.child).any(|back| back == edge));
            lines.push(format!("{} -> {}: {}", name(edge.parent), name(edge.child), found.calls));
        }
    }
    lines.sort();
    lines.push(format!("{} spans, {} outside", snapshot.status.spans, snapshot.status.outside_window));
    lines.join("\n") + "\n"
}

fn after(batches: impl IntoIterator<Item = Batch>) -> Snapshot {
    let mut world = World::new(Settings::default());
    for batch in batches {
        world.apply(Change::Spans(batch), START);
    }
    world.snapshot(START)
}

fn check(batches: impl IntoIterator<Item = Batch>, expected: Expect) {
    expected.assert_eq(&render(&after(batches)));
}

#[test]
fn children_may_come_before_or_after_their_parent() {
    check(
        [
            batch([span(1, 2, 1), span(1, 3, 2)]),
            batch([span(1, 1, 0)]),
            batch([span(1, 4, 1), span(1, 5, 77)]),
            batch([span(2, 2, 1), span(2, 1, 0)]),
        ],
        expect![[r#"
            s1 -> s2: 2
            s1 -> s4: 1
            s1: 2 calls, 0 errors
            s2 -> s3: 1
            s2: 2 calls, 0 errors
            s3: 1 calls, 0 errors
            s4: 1 calls, 0 errors
            s5: 1 calls, 0 errors
            7 spans, 0 outside
        "#]],
    );
}

#[test]
fn each_span_answers_for_its_own_failure_and_once_for_each_type() {
    check(
        [batch([
            failing(span(1, 1, 0), &[("KeyError", "outer")]),
            failing(span(1, 2, 1), &[("KeyError", "inner"), ("KeyError", "again"), ("IOError", "disk")]),
            failing(span(1, 3, 1), &[]),
            Span { events: failing(span(1, 4, 1), &[("Handled", "no harm")]).events, ..span(1, 4, 1) },
        ])],
        expect![[r#"
            s1 -> s2: 1
            s1 -> s3: 1
            s1 -> s4: 1
            s1! "KeyError" outer x1 span 1
            s1: 1 calls, 1 errors
            s2! "IOError" disk x1 span 2
            s2! "KeyError" inner x1 span 2
            s2: 1 calls, 1 errors
            s3! "" it failed x1 span 3
            s3: 1 calls, 1 errors
            s4! "Handled" no harm x1 span 4
            s4: 1 calls, 0 errors
            4 spans, 0 outside
        "#]],
    );
}

#[test]
fn exceptions_in_logs_find_their_span_in_either_order() {
    let logs = |logs: Vec<LogRecord>| Batch { logs, ..Batch::default() };
    let plain = LogRecord { attributes: Default::default(), ..log(1, 1, "") };
    check(
        [
            logs(vec![log(1, 1, "Early"), log(1, 9, "Nowhere"), plain]),
            batch([span(1, 1, 0), span(1, 2, 1)]),
            logs(vec![log(1, 2, "Late"), log(1, 2, "Late"), log(1, 1, "Early")]),
        ],
        expect![[r#"
            s1 -> s2: 1
            s1! "Early" from a log x1 span 1
            s1: 1 calls, 0 errors
            s2! "Late" from a log x1 span 2
            s2: 1 calls, 0 errors
            2 spans, 0 outside
        "#]],
    );
}

#[test]
fn the_halves_of_a_shared_id_call_one_another_and_their_own_children() {
    let whole = vec![
        in_service("cart", SpanKind::Internal, span(1, 3, 2)),
        in_service("cart", SpanKind::Server, span(1, 2, 1)),
        in_service("shop", SpanKind::Internal, span(1, 4, 2)),
        in_service("shop", SpanKind::Client, span(1, 2, 1)),
        in_service("shop", SpanKind::Internal, span(1, 1, 0)),
    ];
    check(
        [batch(whole)],
        expect![[r#"
            cart s2 -> cart s3: 1
            cart s2: 1 calls, 0 errors
            cart s3: 1 calls, 0 errors
            shop s1 -> shop s2: 1
            shop s1: 1 calls, 0 errors
            shop s2 -> cart s2: 1
            shop s2 -> shop s4: 1
            shop s2: 1 calls, 0 errors
            shop s4: 1 calls, 0 errors
            5 spans, 0 outside
        "#]],
    );
}

#[test]
fn a_half_that_comes_late_does_not_claim_children_that_are_counted() {
    check(
        [
            batch([in_service("cart", SpanKind::Internal, span(1, 3, 2))]),
            batch([in_service("cart", SpanKind::Server, span(1, 2, 1))]),
            batch([in_service("shop", SpanKind::Client, span(1, 2, 1))]),
        ],
        expect![[r#"
            cart s2 -> cart s3: 1
            cart s2: 1 calls, 0 errors
            cart s3: 1 calls, 0 errors
            shop s2 -> cart s2: 1
            shop s2: 1 calls, 0 errors
            3 spans, 0 outside
        "#]],
    );
}

#[test]
fn clocks_ahead_count_as_now_and_clocks_behind_are_noticed() {
    let ahead = START.plus(Duration::from_secs(36_000));
    let behind = START.minus(Duration::from_secs(3_600));
    let snapshot = after([batch([
        Span { start: ahead, end: ahead.plus(Duration::from_millis(5)), ..span(1, 1, 0) },
        Span { start: behind, end: behind.plus(Duration::from_millis(5)), ..span(2, 2, 0) },
        Span { end: Timestamp::ZERO, ..span(3, 3, 0) },
        span(4, 4, 0),
    ])]);
    expect![[r#"
        s1: 1 calls, 0 errors
        s4: 1 calls, 0 errors
        4 spans, 1 outside
    "#]]
    .assert_eq(&render(&snapshot));
}

#[test]
fn refusals_add_up_and_reasons_are_bounded() {
    let refused = |reason: String, count| Batch {
        refused: vec![Refusal { reason: reason.into(), count }],
        ..Batch::default()
    };
    let batches = (0..100).map(|number| refused(format!("reason {}", number % 50), 2));
    let status = after(batches).status;
    assert_eq!(status.refused.len(), 33);
    assert_eq!(status.refused[0], ("reason 0".into(), 4));
    assert_eq!(status.refused[32], ("other".into(), 36 * 2));
    assert_eq!(status.spans, 0);
}

#[test]
fn order_parts_and_duplicates_do_not_change_what_is_counted() {
    let mut random = Random(7);
    for round in 0..60 {
        let count = 2 + random.below(40);
        let make = |number: u64, random: &mut Random| {
            let (trace, id) = (1 + number % 3, 1 + number);
            let parent = if random.below(5) == 0 { 0 } else { 1 + random.below(count) };
            let new = Span { name: format!("n{}", random.below(6)).into(), ..span(trace, id, parent) };
            if random.below(4) == 0 { failing(new, &[("KeyError", "same")]) } else { new }
        };
        let spans: Vec<Span> = (0..count).map(|number| make(number, &mut random)).collect();
        let logs: Vec<LogRecord> =
            (0..5).map(|_| log(1 + random.below(3), 1 + random.below(count), "Logged")).collect();
        let whole = render(&after([Batch { logs: logs.clone(), ..batch(spans.clone()) }]));
        let mut pieces: Vec<Batch> = spans.iter().chain(&spans).map(|span| batch([span.clone()])).collect();
        pieces.extend(logs.iter().map(|log| Batch { logs: vec![log.clone()], ..Batch::default() }));
        pieces.sort_by_cached_key(|_| random.below(1 << 40));
        let joined = join(pieces, &mut random);
        let parts = render(&after(joined));
        assert_eq!(without_examples(&parts), without_examples(&whole), "round {round}");
    }
}

/// Joins neighbours at random.
fn join(pieces: Vec<Batch>, random: &mut Random) -> Vec<Batch> {
    let mut joined: Vec<Batch> = Vec::new();
    for piece in pieces {
        match joined.last_mut() {
            Some(last) if random.below(3) > 0 => {
                last.spans.extend(piece.spans);
                last.logs.extend(piece.logs);
            }
            _ => joined.push(piece),
        }
    }
    joined
}

/// All spans of these tests end at once, so which of them stands for a failure is left to the order.
fn without_examples(text: &str) -> String {
    text.lines().map(|line| line.split(" span ").next().unwrap_or_default().to_owned() + "\n").collect()
}

/// A small generator (splitmix), so that a failing case fails again.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        (mixed ^ (mixed >> 27)) % limit
    }
}

#[test]
fn callers_callees_and_traces_of_an_unknown_function_are_empty() {
    let snapshot = after([batch([span(1, 1, 0)])]);
    let function = source::FunctionKey { file: "a.py".into(), path: "f".into(), nth: 0 };
    assert!(snapshot.callers(&function).is_empty() && snapshot.callees(&function).is_empty());
    assert!(snapshot.traces_through(&function, 0).is_empty() && snapshot.failures(&function).is_empty());
    assert!(snapshot.spans_in(&function, span(1, 1, 0).trace_id).is_empty());
    assert_eq!(snapshot.figures(&function), None);
    assert_eq!(snapshot.placed_trace(span(1, 1, 0).trace_id).len(), 1);
    assert_eq!(snapshot.store.span(span(1, 1, 0).trace_id, SpanId(1u64.to_be_bytes())).unwrap().sequence, 1);
}

#[test]
fn what_was_sampled_counts_for_what_it_stands_for_in_any_order() {
    let sampled = |span: Span| Span { trace_state: "other=1,ot=p:2;r:9".into(), ..span };
    let parent = Arc::new(sampled(span(1, 1, 0)));
    let child = Arc::new(sampled(failing(span(1, 2, 1), &[("ValueError", "bad")])));
    let of = |spans: Vec<Arc<Span>>| Batch { spans, ..Batch::default() };
    let together = render(&after([of(vec![parent.clone(), child.clone()])]));
    assert_eq!(render(&after([of(vec![child]), of(vec![parent])])), together);
    expect![[r#"
        s1 -> s2: 4
        s1: 4 calls, 0 errors
        s2! "ValueError" bad x4 span 2
        s2: 4 calls, 4 errors
        2 spans, 0 outside
    "#]]
    .assert_eq(&together);
}
