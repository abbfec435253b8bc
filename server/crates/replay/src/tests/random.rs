//! Promises held against random traces: broken clocks, missing parents, circles, twins, spans without an end.

use std::{sync::Arc, time::Duration};

use model::{Attributes, Event, Resource, Scope, Span, SpanKind, Status, StatusCode, Timestamp, Value};
use world::PlacedSpan;

use super::moments;
use crate::{
    Cause, Direction, ExceptionFilter, Guard, MomentKind, Recording, Session, Step, Stride, steps,
    testing::{TRACE, id, snapshot},
};

/// Random numbers from a seed (SplitMix64): the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit.max(1)
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for place in (1..items.len()).rev() {
            items.swap(place, self.below(place as u64 + 1) as usize);
        }
    }
}

/// What a random trace is like.
#[derive(Clone, Copy)]
struct Shape {
    spans: u64,
    services: u64,
    /// In percent: how much of it is broken.
    broken: u64,
    /// Whether calls follow each other instead of overlapping.
    in_a_row: bool,
}

const BASE: u64 = 1_700_000_000_000_000_000;

fn trace(random: &mut Random, shape: Shape) -> Vec<PlacedSpan> {
    let resources: Vec<Arc<Resource>> = (0..shape.services)
        .map(|service| {
            let name = Value::Str(format!("service{service}").into());
            Arc::new(Resource { attributes: [("service.name", name)].into_iter().collect() })
        })
        .collect();
    let scope = Arc::new(Scope::default());
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    let mut free_from: Vec<u64> = Vec::new();
    let mut spans = Vec::new();
    for number in 0..shape.spans {
        let parent =
            if number == 0 { None } else { Some(random.below(number.min(60)) + number - number.min(60)) };
        let (low, high) = parent.map_or((BASE, BASE + (1 << 40)), |parent| {
            let (start, end) = ranges[parent as usize];
            (if shape.in_a_row { free_from[parent as usize] } else { start }, end)
        });
        let start = low + random.below((high - low) / 3 + 1);
        let end = start + random.below((high - start) / 2 + 1);
        if let Some(parent) = parent {
            free_from[parent as usize] = end;
        }
        ranges.push((start, end));
        free_from.push(start);
        let mut span = Span {
            trace_id: TRACE,
            span_id: id(number + 1),
            parent: parent.map(|parent| id(parent + 1)),
            name: format!("s{}", random.below(20)).into(),
            kind: [SpanKind::Internal, SpanKind::Client, SpanKind::Server][random.below(3) as usize],
            start: Timestamp(start),
            end: Timestamp(end),
            attributes: [("n", number as i64 % 7)].into_iter().collect(),
            events: Vec::new(),
            links: Vec::new(),
            status: Status::default(),
            trace_state: Default::default(),
            resource: resources[random.below(shape.services) as usize].clone(),
            scope: scope.clone(),
        };
        if !shape.in_a_row {
            decorate(random, shape, &mut span);
        }
        spans.push(PlacedSpan { span: Arc::new(span), placement: Arc::default() });
        if random.chance(shape.broken / 4) {
            spans.push(spans[spans.len() - 1].clone());
        }
    }
    spans
}

/// Adds events, and breaks what may be broken.
fn decorate(random: &mut Random, shape: Shape, span: &mut Span) {
    for _ in 0..random.below(3) {
        let time = span.start.0 + random.below(span.end.0 - span.start.0 + 1);
        let name = if random.chance(30) { "exception" } else { "tick" };
        span.events.push(Event {
            time: Timestamp(time),
            name: name.into(),
            attributes: Attributes::default(),
        });
    }
    if random.chance(20) {
        span.status.code = StatusCode::Error;
    }
    if !random.chance(shape.broken) {
        return;
    }
    let wild = random.next();
    match random.below(9) {
        0 => span.end = Timestamp::ZERO,
        1 => span.end = Timestamp(span.start.0 - random.below(1 << 30)),
        2 => span.start = Timestamp::ZERO,
        3 => span.parent = Some(id(random.below(shape.spans * 2) + 1)),
        4 => span.parent = Some(span.span_id),
        5 => (span.start, span.end) = (Timestamp(wild), Timestamp(random.next())),
        6 => {
            (span.start, span.end) = (Timestamp(span.start.0 - (1 << 35)), Timestamp(span.end.0 - (1 << 35)))
        }
        7 => span.events.iter_mut().for_each(|event| event.time = Timestamp(wild)),
        _ => span.span_id = id(random.below(shape.spans) + 1),
    }
}

fn record(spans: Vec<PlacedSpan>) -> Arc<Recording> {
    Arc::new(Recording::new(spans, &[], &snapshot(&[])).expect("spans"))
}

fn each_trace(mut check: impl FnMut(&mut Random, Vec<PlacedSpan>)) {
    for seed in 0..60 {
        let mut random = Random(seed);
        let shape = Shape {
            spans: 1 + random.below(120),
            services: 1 + random.below(4),
            broken: [0, 5, 40][seed as usize % 3],
            in_a_row: false,
        };
        let spans = trace(&mut random, shape);
        check(&mut random, spans);
    }
}

#[test]
fn every_trace_becomes_one_order_that_keeps_causes_before_effects() {
    each_trace(|random, mut spans| {
        let recording = record(spans.clone());
        let all = recording.moments();
        let events: usize = (0..recording.span_count() as u32).map(|span| recording.events(span).len()).sum();
        let calls = all.iter().filter(|moment| moment.kind == MomentKind::Call).count();
        assert_eq!(all.len(), 2 * recording.span_count() + events + calls);
        assert!(all.is_sorted_by_key(|moment| moment.time));
        for span in 0..recording.span_count() as u32 {
            let (start, end) = (recording.start_of(span), recording.end_of(span));
            assert!(start < end);
            let level = recording.level(span);
            assert_eq!((level.first(), level.last()), (Some(&start), Some(&end)));
            if let Some(parent) = recording.parent(span) {
                assert!(recording.start_of(parent) < start);
            }
            if let Some(call) = recording.call_of(span) {
                assert_eq!(call + 1, start);
            }
        }
        random.shuffle(&mut spans);
        assert_eq!(moments(&record(spans)), moments(&recording), "the order of arrival does not matter");
    });
}

#[test]
fn steps_forward_and_back_end_where_they_began() {
    each_trace(|random, spans| walk_and_return(random, record(spans), 200));
}

/// Takes random steps from a random moment, then their mirrors in reverse order.
fn walk_and_return(random: &mut Random, recording: Arc<Recording>, steps: usize) {
    let mut session = Session::new(recording.clone(), None);
    session.go_to(random.below(recording.moments().len() as u64) as u32);
    let direction = if random.chance(50) { Direction::Forward } else { Direction::Backward };
    let mut taken = Vec::new();
    for _ in 0..steps {
        let stride = [Stride::In, Stride::Over, Stride::Out, Stride::Moment][random.below(4) as usize];
        let step = Step { stride, direction };
        let from = session.position();
        let arrival = session.step(step, session.lane());
        match direction {
            Direction::Forward => assert!(arrival.position >= from),
            Direction::Backward => assert!(arrival.position <= from),
        }
        if matches!(arrival.cause, Cause::EndOfTime(_)) {
            break;
        }
        assert_ne!(arrival.position, from, "a step moves, or says that there is no more");
        taken.push((from, step));
    }
    while let Some((from, step)) = taken.pop() {
        assert_eq!(session.step(step.reversed(), session.lane()).position, from);
    }
}

#[test]
fn stepping_in_sees_everything_and_back_again() {
    each_trace(|_, spans| {
        let recording = record(spans);
        let mut seen = 1;
        let mut at = 0;
        let step = |step, at| steps::target(&recording, step, recording.lane_at(at), at);
        while let Some(next) = step(Step::forward(Stride::In), at) {
            assert_eq!(step(Step::backward(Stride::In), next), Some(at));
            at = next;
            seen += 1;
        }
        let calls = recording.moments().iter().filter(|moment| moment.kind == MomentKind::Call).count();
        assert_eq!(seen, recording.moments().len() - calls);
    });
}

#[test]
fn where_calls_follow_each_other_mirrors_need_no_memory() {
    for seed in 0..40 {
        let mut random = Random(seed);
        let shape = Shape { spans: 1 + random.below(80), services: 1, broken: 0, in_a_row: true };
        let recording = record(trace(&mut random, shape));
        assert_eq!(recording.lanes().len(), 1, "nothing overlaps");
        for span in 0..recording.span_count() as u32 {
            let (start, end) = (recording.start_of(span), recording.end_of(span));
            if let Some(call) = recording.call_of(span) {
                assert_eq!(steps::target(&recording, Step::backward(Stride::Out), 0, end), Some(call));
                let out = steps::target(&recording, Step::forward(Stride::Out), 0, start);
                assert!(out.is_some_and(|out| out > end), "nothing of the caller happens meanwhile");
            }
            for pair in recording.level(span).windows(2) {
                assert_eq!(steps::target(&recording, Step::forward(Stride::Over), 0, pair[0]), Some(pair[1]));
                assert_eq!(
                    steps::target(&recording, Step::backward(Stride::Over), 0, pair[1]),
                    Some(pair[0])
                );
            }
        }
    }
}

#[test]
fn runs_stop_at_the_same_moments_in_both_directions() {
    each_trace(|random, spans| {
        let recording = record(spans);
        let mut session = Session::new(recording.clone(), None);
        let guard = |random: &mut Random| Guard {
            condition: random.chance(50).then(|| format!("n > {}", random.below(7))),
            hit_condition: random.chance(30).then(|| format!("%{}", 1 + random.below(3))),
            log_message: random.chance(10).then(|| "{n}".to_owned()),
        };
        let names = [(format!("s{}", random.below(20)), guard(random)), ("s1*".to_owned(), guard(random))];
        session.breakpoints.set_functions(&recording, &names);
        session.breakpoints.set_exceptions(&recording, &[(ExceptionFilter::Exception, guard(random))]);
        let visit = |session: &mut Session, direction| {
            let mut stops = Vec::new();
            for _ in 0..=recording.moments().len() {
                let arrival = session.run(direction);
                if arrival.hits.is_empty() {
                    return stops;
                }
                stops.push(arrival.position);
            }
            panic!("a run does not end");
        };
        session.go_to(0);
        let mut forward = visit(&mut session, Direction::Forward);
        session.go_to(recording.last());
        let mut backward = visit(&mut session, Direction::Backward);
        backward.reverse();
        // What lies at the very ends is where a run begins, not where it stops.
        forward.retain(|position| *position != recording.last());
        backward.retain(|position| *position != 0);
        assert_eq!(forward, backward);
    });
}

#[test]
fn every_moment_can_be_shown() {
    each_trace(|_, spans| {
        let recording = record(spans);
        for position in 0..=recording.last() {
            recording.describe(position);
            for lane in 0..recording.lanes().len() as u32 {
                let stack = recording.stack(lane, position, 0, usize::MAX);
                assert_eq!(stack.frames.len(), stack.total);
                if let Some(top) = stack.frames.first().and_then(|frame| frame.span) {
                    assert!(recording.start_of(top) <= position && position <= recording.end_of(top));
                }
            }
            let lane = recording.lane_at(position);
            assert_eq!(recording.running(lane, position), Some(recording.top(position)));
        }
    });
}

#[test]
fn a_hundred_thousand_spans_keep_the_promises_too() {
    let mut random = Random(7);
    let shape = Shape { spans: 100_000, services: 5, broken: 1, in_a_row: false };
    let recording = record(trace(&mut random, shape));
    for _ in 0..50 {
        walk_and_return(&mut random, recording.clone(), 100);
    }
    assert!(
        recording.critical_path().iter().map(|critical| critical.time).sum::<Duration>()
            <= recording.duration()
    );
}

#[test]
fn a_stack_of_a_hundred_thousand_calls_does_no_harm() {
    let resource = Arc::new(Resource::default());
    let scope = Arc::new(Scope::default());
    let span = |number: u64| Span {
        trace_id: TRACE,
        span_id: id(number + 1),
        parent: (number > 0).then(|| id(number)),
        name: "down".into(),
        kind: SpanKind::Internal,
        start: Timestamp(BASE + number),
        end: Timestamp(BASE + 300_000 - number),
        attributes: Attributes::default(),
        events: Vec::new(),
        links: Vec::new(),
        status: Status::default(),
        trace_state: Default::default(),
        resource: resource.clone(),
        scope: scope.clone(),
    };
    let placed = |number| PlacedSpan { span: Arc::new(span(number)), placement: Arc::default() };
    let recording = record((0..100_000).map(placed).collect());
    let bottom = recording.start_of(99_999);
    let page = recording.stack(0, bottom, 99_990, 20);
    assert_eq!((page.total, page.frames.len()), (100_000, 10));
    let mut session = Session::new(recording, None);
    session.go_to(bottom);
    for _ in 0..100 {
        session.step(Step::forward(Stride::Out), 0);
    }
    assert_eq!(session.run(Direction::Backward).position, 0);
}
