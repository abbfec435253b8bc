//! Measures a replay of large traces: how long it takes to open one, to step, to look: `bench [SPANS]`.

#![allow(clippy::print_stdout)] // its output is its purpose

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use model::{Event, Resource, Scope, Span, SpanId, SpanKind, Status, Timestamp, TraceId, Value, keys};
use replay::{Direction, Expression, Guard, Recording, Session, Step, Stride};
use world::{PlacedSpan, Settings, World};

fn main() {
    let count = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(100_000);
    println!("{count} spans, ten attributes each");
    measure("a tree, 7 children a span", count, |number| (number > 0).then(|| (number - 1) / 7));
    measure("a wide fan-out under one root", count, |number| (number > 0).then_some(0));
    measure("one deep stack", count, |number| number.checked_sub(1));
}

fn measure(name: &str, count: u64, parent: impl Fn(u64) -> Option<u64>) {
    let spans = trace(count, parent);
    let snapshot = World::new(Settings::default()).snapshot(Timestamp::ZERO);
    let before = resident();
    let (start, worked) = (Instant::now(), processor_time());
    let recording = Recording::new(spans, &[], &snapshot).expect("spans");
    let (opened, worked) = (start.elapsed(), processor_time().saturating_sub(worked));
    let bytes = resident().saturating_sub(before) / count;
    println!(
        "\n{name}: opened in {opened:.1?} ({worked:.0?} of processor time), {bytes} bytes a span, {} threads",
        recording.lanes().len()
    );
    let mut session = Session::new(Arc::new(recording), None);
    walk(&mut session);
    look(&mut session);
    search(&mut session);
}

/// Steps of every kind, a thousand each, from places all over the trace.
fn walk(session: &mut Session) {
    for (name, stride) in
        [("in", Stride::In), ("over", Stride::Over), ("out", Stride::Out), ("moment", Stride::Moment)]
    {
        for (way, step) in [("", Step::forward(stride)), (" back", Step::backward(stride))] {
            let mut times = Vec::new();
            for n in 0..1_000_u64 {
                let last = u64::from(session.recording().last());
                session.go_to((n * 7_919 % (last + 1)) as u32);
                let lane = session.lane();
                times.push(timed(|| drop(session.step(step, lane))));
            }
            report(&format!("step {name}{way}"), times);
        }
    }
}

fn look(session: &mut Session) {
    let recording = session.recording().clone();
    let (mut stacks, mut variables) = (Vec::new(), Vec::new());
    for n in 0..1_000_u64 {
        let position = (n * 7_919 % (u64::from(recording.last()) + 1)) as u32;
        let lane = recording.lane_at(position);
        stacks.push(timed(|| drop(recording.stack(lane, position, 0, 20))));
        variables.push(timed(|| {
            for scope in recording.scopes(recording.top(position), position) {
                drop(recording.variables(&scope.container, 0..100));
            }
        }));
    }
    report("stack, 20 frames", stacks);
    report("all scopes of a frame", variables);
}

fn search(session: &mut Session) {
    let recording = session.recording().clone();
    let condition = "span.k3 > 90000 && duration > 1us && name =~ \"work 4.*\"";
    let guard = Guard { condition: Some(condition.to_owned()), ..Guard::default() };
    let set = timed(|| drop(session.breakpoints.set_functions(&recording, &[("*".to_owned(), guard)])));
    let expression = Expression::parse(condition).expect("an expression");
    let mut found = 0;
    let find = timed(|| found = recording.matching(&expression).count());
    let mut runs = Vec::new();
    for n in 0..1_000_u64 {
        session.go_to((n * 7_919 % (u64::from(recording.last()) + 1)) as u32);
        let direction = if n % 2 == 0 { Direction::Forward } else { Direction::Backward };
        runs.push(timed(|| drop(session.run(direction))));
    }
    report("run to a breakpoint", runs);
    let critical = timed(|| drop(recording.critical_path()));
    println!(
        "  set a breakpoint on every span with a condition {set:.1?}, find {found} {find:.1?}, critical path {critical:.1?}"
    );
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn report(name: &str, mut times: Vec<Duration>) {
    times.sort();
    let (p50, p99, max) = (times[times.len() / 2], times[times.len() * 99 / 100], times[times.len() - 1]);
    println!("  {name:<24} p50 {p50:>9.1?}  p99 {p99:>9.1?}  max {max:>9.1?}");
}

/// Processor time used by this process, in steps of 10 ms: tells more than the clock does on a busy machine.
fn processor_time() -> Duration {
    let fields = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = fields.rsplit(')').next().unwrap_or_default();
    let ticks = after_name.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok());
    Duration::from_millis(ticks.sum::<u64>() * 10)
}

/// Bytes of memory in use; 0 where the system does not say.
fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    pages.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4_096
}

fn trace(count: u64, parent: impl Fn(u64) -> Option<u64>) -> Vec<PlacedSpan> {
    const START: u64 = 1_700_000_000_000_000_000;
    let services: Vec<Arc<Resource>> = (0..5)
        .map(|service| {
            let name = Value::Str(format!("service{service}").into());
            Arc::new(Resource { attributes: [(keys::SERVICE_NAME, name)].into_iter().collect() })
        })
        .collect();
    let scope = Arc::new(Scope::default());
    let placement = Arc::default();
    let span = |number: u64| Span {
        trace_id: TraceId([7; 16]),
        span_id: SpanId((number + 1).to_be_bytes()),
        parent: parent(number).map(|parent| SpanId((parent + 1).to_be_bytes())),
        name: format!("work {}", number % 50).into(),
        kind: SpanKind::Internal,
        start: Timestamp(START + number * 1_000),
        end: Timestamp(START + (count * 2 - number) * 1_000),
        attributes: (0..10).map(|key| (format!("k{key}"), Value::Int((number * key) as i64))).collect(),
        events: match number % 10 {
            0 => vec![Event {
                time: Timestamp(START + number * 1_000 + 300),
                name: "tick".into(),
                ..Event::default()
            }],
            _ => Vec::new(),
        },
        links: Vec::new(),
        status: Status::default(),
        trace_state: Default::default(),
        resource: services[(number % 5) as usize].clone(),
        scope: scope.clone(),
    };
    let placed = |number| PlacedSpan { span: Arc::new(span(number)), placement: Arc::clone(&placement) };
    (0..count).map(placed).collect()
}
