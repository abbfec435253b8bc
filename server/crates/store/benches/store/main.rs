//! `cargo xtask bench store [-- ROUNDS [BATCHES]]`: bytes and time of a kept span, beside keeping owned spans in the same run.
//!
//! Bytes are what the allocator was asked for. Times are best of several rounds; trust the ratios.
#![allow(clippy::print_stdout, missing_docs)]

use std::{
    alloc::System,
    collections::HashMap,
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use cap::Cap;
use model::{Span, Timestamp, TraceId};
use store::{Limits, Store, tree::TraceTree};

mod mix;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

const BATCH: u64 = 1_000;
const NOW: Timestamp = Timestamp(1_790_000_100_000_000_000);

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse().ok());
    let (rounds, batches) = (numbers.next().unwrap_or(3), numbers.next().unwrap_or(100));
    let chosen = numbers.next();
    for per_trace in
        [mix::PER_TRACE, 1, 20_000].into_iter().filter(|one| chosen.is_none_or(|chosen| chosen == *one))
    {
        println!("traces of {per_trace}, batches of {BATCH} spans");
        compare(per_trace, rounds, batches);
    }
    tree(rounds, batches);
}

fn compare(per_trace: u64, rounds: u64, batches: u64) {
    let (owned, owned_time) = best(rounds, || keep_owned(per_trace, batches));
    let (kept, kept_time) = best(rounds, || keep(per_trace, batches));
    let spans = (BATCH * batches) as f64;
    let row = |what: &str, bytes: usize, time: Duration| {
        println!(
            "{:>9.1} B  {:>8.1} ns  a span, {:>10.0} spans/s  {what}",
            bytes as f64 / spans,
            time.as_secs_f64() * 1e9 / spans,
            spans / time.as_secs_f64()
        );
    };
    row("kept as they came", owned, owned_time);
    row("in the store", kept, kept_time);
    println!(
        "{:>9.1} x  {:>8.1} x  less memory, of the time",
        owned as f64 / kept as f64,
        kept_time.as_secs_f64() / owned_time.as_secs_f64()
    );
}

/// A store of all batches: bytes held, and the time of inserting alone.
fn keep(per_trace: u64, batches: u64) -> (usize, Duration) {
    let before = ALLOCATOR.allocated();
    let mut store = Store::new(Limits { max_bytes: 1 << 30, ..Limits::default() });
    let mut time = Duration::ZERO;
    for number in 0..batches {
        let batch = mix::batch(number, BATCH, per_trace);
        for span in &batch {
            // Viewing an owned span costs lists that a decoder does not make anew each time.
            span.with_view(|view| {
                let began = Instant::now();
                black_box(store.insert(view, (mix::mixed(number) % 300) as u32, NOW));
                time += began.elapsed();
            });
        }
        let began = Instant::now();
        store.settle();
        time += began.elapsed();
    }
    let held = ALLOCATOR.allocated() - before;
    black_box(&store);
    let estimate = store.counters().bytes as f64 / (BATCH * batches) as f64;
    println!("{estimate:>9.1} B  by the store's own estimate");
    (held, time)
}

/// The same spans whole, by trace: what the store would hold if it kept them as they come.
fn keep_owned(per_trace: u64, batches: u64) -> (usize, Duration) {
    let before = ALLOCATOR.allocated();
    let mut traces: HashMap<TraceId, Vec<Arc<Span>>> = HashMap::new();
    let mut time = Duration::ZERO;
    for number in 0..batches {
        for span in mix::batch(number, BATCH, per_trace) {
            span.with_view(|view| {
                let began = Instant::now();
                let span = black_box(Arc::new(view.to_span()));
                traces.entry(span.trace_id).or_default().push(span);
                time += began.elapsed();
            });
        }
    }
    (ALLOCATOR.allocated() - before, time)
}

/// The tree of a large trace, read where it lies and from owned spans.
fn tree(rounds: u64, batches: u64) {
    let spans: Vec<Span> =
        (0..batches).flat_map(|number| mix::batch(number, BATCH, BATCH * batches)).collect();
    let mut store = Store::new(Limits { max_bytes: 1 << 30, ..Limits::default() });
    for span in &spans {
        span.with_view(|view| store.insert(view, 0, NOW));
    }
    let Some(trace) = spans.first().and_then(|span| store.trace(span.trace_id)) else { return };
    let timed = |run: &dyn Fn() -> usize| {
        let began = Instant::now();
        (black_box(run()), began.elapsed())
    };
    let (_, owned) = best(rounds, || timed(&|| TraceTree::new(&spans).nodes.len()));
    let (_, kept) = best(rounds, || timed(&|| TraceTree::new(trace.spans()).nodes.len()));
    let (_, whole) =
        best(rounds, || timed(&|| trace.spans().map(|stored| stored.span().attributes.len()).sum()));
    println!("a trace of {} spans", trace.len());
    for (what, time) in
        [("tree of owned spans", owned), ("tree of kept spans", kept), ("every span made whole", whole)]
    {
        println!("{:>9.1} ms  {what}", time.as_secs_f64() * 1e3);
    }
}

fn best(rounds: u64, run: impl Fn() -> (usize, Duration)) -> (usize, Duration) {
    let results = (0..rounds.max(1)).map(|_| run());
    results.min_by_key(|(_, time)| *time).unwrap_or_default()
}
