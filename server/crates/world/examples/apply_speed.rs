//! How fast spans are taken in on one core, and what reading costs meanwhile; prints both sides of each ratio.
//!
//! `cargo run --release -p spanglass-world --example apply_speed`

#![allow(clippy::print_stdout)]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use model::{
    Attributes, Batch, LinePosition, PositionEncoding, Resource, Scope, Span, SpanId, SpanKind, Status,
    StatusCode, Timestamp, TraceId, keys,
};
use store::{Limits, Query, Sketch, Store, tree::TraceTree};
use world::{Change, EditorEdit, Settings, World};

const SPANS: u64 = 100_000;
const SHAPES: u64 = 200;
const PER_TRACE: u64 = 10;
const BATCH: usize = 512;
const ROUNDS: usize = 7;
const NOW: Timestamp = Timestamp(1_700_000_000_000_000_000);

fn main() {
    // First, while the allocator holds nothing that was used before.
    memory();
    let batches = batches();
    let pushed = best(|| {
        let mut kept = Vec::new();
        clones(&batches).into_iter().for_each(|batch| kept.extend(batch.spans));
        kept.len()
    });
    let copied = best(|| clones(&batches).len());
    per_span("clone the batches (part of every figure below)", copied, 1.0);
    per_span("push into a plain Vec", pushed, 1.0);
    let ratio = |time: Duration| time.as_secs_f64() / pushed.as_secs_f64();
    let stored = best(|| {
        let mut store = Store::new(Limits::default());
        for batch in clones(&batches) {
            for span in batch.spans {
                span.with_view(|view| store.insert(view, 0, NOW));
            }
            store.settle();
        }
        store.trace_count()
    });
    per_span("insert into the store", stored, ratio(stored));
    let interned = best(|| {
        let (mut table, index) = (attribution::Table::default(), source::Index::default());
        let spans = batches.iter().flat_map(|batch| &batch.spans);
        spans.map(|span| u64::from(table.intern(span, &index).0)).sum::<u64>()
    });
    per_span("find the shape (part of what follows)", interned, ratio(interned));
    let applied = best(|| apply(&batches, |_| ()).snapshot(NOW).status.spans);
    per_span("apply to the world", applied, ratio(applied));
    let watched = best(|| {
        let mut last = None;
        let world = apply(&batches, |world| last = Some(world.snapshot(NOW)));
        world.snapshot(NOW).status.spans
    });
    per_span("the same with a snapshot held over each batch", watched, ratio(watched));
    let evicting = best(|| {
        let limits = Limits { max_bytes: 16 << 20, ..Limits::default() };
        let mut world = World::new(Settings { limits, ..Settings::default() });
        clones(&batches).into_iter().for_each(|batch| drop(world.apply(Change::Spans(batch), NOW)));
        world.snapshot(NOW).store.counters().evicted
    });
    per_span("the same with a budget that keeps a tenth", evicting, ratio(evicting));
    reads(&apply(&batches, |_| ()));
    sketches();
    trees();
    keystrokes();
}

/// What typing costs in a workspace of 10,000 functions with 2,000 shapes placed in them.
fn keystrokes() {
    let body = "    total = 0\n    for item in items:\n        total += item.price\n    return total\n\n";
    let text =
        |file: u64| (0..20).map(|at| format!("def work_{file}_{at}(items):\n{body}")).collect::<String>();
    let mut world = World::new(Settings::default());
    for file in 0..500 {
        let read = source::read(&format!("app/module_{file}.py"), &text(file)).map(source::Packed::from);
        read.into_iter().for_each(|file| drop(world.absorb(Change::FileRead(file), NOW)));
    }
    let span = |number: u64| {
        let mut span = span(1 + number / 10, 1 + number, None, number);
        span.name = format!("work {number}").into();
        span.attributes.push("code.file.path", format!("/srv/app/module_{}.py", number % 500).as_str());
        span.attributes
            .push("code.function.name", format!("work_{}_{}", number % 500, number / 500).as_str());
        Arc::new(span)
    };
    let began = Instant::now();
    world.apply(Change::Spans(Batch { spans: (0..2000).map(span).collect(), ..Batch::default() }), NOW);
    let status = world.snapshot(NOW).status;
    println!(
        "{:>10.2} ms  2,000 spans of new shapes; {} of {} placed in {} functions",
        began.elapsed().as_secs_f64() * 1e3,
        status.placed,
        status.spans,
        status.functions
    );
    let path: model::SmolStr = "app/module_7.py".into();
    world.apply(Change::Opened { path: path.clone(), version: 1, text: text(7) }, NOW);
    for (what, typed) in [("a letter typed and a snapshot", "x"), ("a line typed and a snapshot", "\n")] {
        let position = LinePosition { line: 1, column: 4 };
        let edit = EditorEdit { range: Some((position, position)), text: typed.into() };
        let typed = best(|| {
            let edits = vec![edit.clone()];
            let edited =
                Change::Edited { path: path.clone(), version: 2, edits, encoding: PositionEncoding::Utf16 };
            world.apply(edited, NOW);
            world.snapshot(NOW).status.placed
        });
        println!("{:>10.2} µs  {what}", typed.as_secs_f64() * 1e6);
    }
}

fn reads(world: &World) {
    let taken = best(|| (0..1000).map(|_| world.snapshot(NOW).status.files).sum::<usize>());
    println!("{:>10.2} µs  a snapshot", taken.as_secs_f64() * 1e6 / 1000.0);
    let snapshot = world.snapshot(NOW);
    let keys: Vec<_> = snapshot.by_shape.keys().collect();
    println!("{:>10} shapes, {} edges", keys.len(), snapshot.calls.len());
    let figures = best(|| {
        keys.iter()
            .filter_map(|key| snapshot.by_shape.figures([*key], snapshot.window, NOW))
            .map(|f| f.calls)
            .sum::<u64>()
    });
    println!("{:>10.2} µs  figures of one shape", figures.as_secs_f64() * 1e6 / keys.len() as f64);
    for (what, query) in [
        ("20 newest traces", Query { limit: 20, ..Query::default() }),
        ("20 newest of a tag", Query { tags: Some(vec![7]), limit: 20, ..Query::default() }),
        (
            "20 newest failing of a service",
            Query { service: Some("service-1".into()), errors_only: true, limit: 20, ..Query::default() },
        ),
        ("traces of an unknown service", Query { service: Some("nobody".into()), ..Query::default() }),
    ] {
        let found = best(|| snapshot.store.traces(&query).len());
        println!("{:>10.2} µs  {what}", found.as_secs_f64() * 1e6);
    }
}

fn sketches() {
    let values: Vec<u64> = (0..100_000u64).map(|number| 1_000_000 + mixed(number) % 50_000_000).collect();
    let added = best(|| {
        let mut sketch = Sketch::default();
        values.iter().for_each(|value| sketch.add(*value));
        sketch.bytes()
    });
    println!("{:>10.2} ns  add to a sketch", added.as_secs_f64() * 1e9 / values.len() as f64);
}

fn trees() {
    let spans: Vec<Span> =
        (1..=SPANS).map(|id| span(1, id, (id > 1).then(|| 1 + mixed(id) % (id - 1)), id)).collect();
    let built = best(|| TraceTree::new(&spans).nodes.len());
    println!("{:>10.2} ms  a tree of {SPANS} spans", built.as_secs_f64() * 1e3);
}

/// The store's estimate against what the process really grew by.
fn memory() {
    let before = resident();
    let batches = batches();
    let bare = resident().saturating_sub(before);
    let mut store = Store::new(Limits { max_bytes: 1 << 30, ..Limits::default() });
    for batch in &batches {
        for span in &batch.spans {
            let tag = (mixed(span.end.0) % SHAPES) as u32;
            span.with_view(|view| store.insert(view, tag, NOW));
        }
        store.settle();
    }
    let grown = resident().saturating_sub(before);
    let each = |bytes: usize| bytes as u64 / SPANS;
    println!("{:>10} B   a kept span by the estimate", each(store.counters().bytes));
    println!("{:>10} B   of the process's memory, {} B of them the span itself", each(grown), each(bare));
}

fn apply(batches: &[Batch], mut after_each: impl FnMut(&World)) -> World {
    let mut world = World::new(Settings::default());
    for batch in clones(batches) {
        world.apply(Change::Spans(batch), NOW);
        after_each(&world);
    }
    world
}

/// The shortest of several runs: what else runs on the machine only makes them longer.
fn best<T>(mut run: impl FnMut() -> T) -> Duration {
    let timed = (0..ROUNDS).map(|_| {
        let used = processor_time();
        let began = Instant::now();
        let result = std::hint::black_box(run());
        let (took, used) = (began.elapsed(), processor_time().saturating_sub(used));
        drop(result);
        // The processor's clock advances in steps, so short runs go by the wall's.
        if took > Duration::from_millis(20) && !used.is_zero() { used.min(took) } else { took }
    });
    timed.min().unwrap_or_default()
}

/// Time that this thread has run, waiting for the processor not included; zero where the system does not tell.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    Duration::from_nanos(stat.split(' ').next().and_then(|nanos| nanos.parse().ok()).unwrap_or_default())
}

fn per_span(what: &str, time: Duration, ratio: f64) {
    let nanos = time.as_secs_f64() * 1e9 / SPANS as f64;
    println!("{nanos:>10.1} ns  a span, {:>9.0} spans/s, {ratio:>5.1} x  {what}", 1e9 / nanos);
}

fn clones(batches: &[Batch]) -> Vec<Batch> {
    batches.to_vec()
}

/// Traces of ten spans, children before their parents as exporters send them, 512 to a batch.
fn batches() -> Vec<Batch> {
    let spans: Vec<Arc<Span>> = (0..SPANS)
        .map(|number| {
            let (trace, place) = (number / PER_TRACE, PER_TRACE - number % PER_TRACE);
            Arc::new(span(trace + 1, place, (place > 1).then_some(place / 2), number))
        })
        .collect();
    spans.chunks(BATCH).map(|spans| Batch { spans: spans.to_vec(), ..Batch::default() }).collect()
}

fn span(trace: u64, id: u64, parent: Option<u64>, number: u64) -> Span {
    let shape = number % SHAPES;
    let end = NOW.minus(Duration::from_nanos((SPANS - number.min(SPANS)) * 8_000_000));
    let mut attributes = Attributes::default();
    attributes.push("http.request.method", "GET");
    attributes.push("http.route", format!("/api/{shape}/items/{{id}}").as_str());
    attributes.push("http.response.status_code", 200);
    attributes.push("url.path", format!("/api/{shape}/items/{number}").as_str());
    for extra in 0..6 {
        attributes.push(format!("app.attribute.{extra}"), (number % 97) as i64);
    }
    Span {
        trace_id: TraceId(u128::from(trace).to_be_bytes()),
        span_id: SpanId(id.to_be_bytes()),
        parent: parent.map(|parent| SpanId(parent.to_be_bytes())),
        name: format!("operation {shape}").into(),
        kind: SpanKind::Internal,
        start: end.minus(Duration::from_micros(1 + mixed(number) % 80_000)),
        end,
        attributes,
        events: Vec::new(),
        links: Vec::new(),
        status: Status {
            code: if number.is_multiple_of(20) { StatusCode::Error } else { StatusCode::Unset },
            ..Status::default()
        },
        trace_state: Default::default(),
        resource: resource(trace % 5),
        scope: SCOPE.with(Arc::clone),
    }
}

thread_local! {
    static SCOPE: Arc<Scope> = Arc::new(Scope { name: "app".into(), ..Scope::default() });
    static RESOURCES: Vec<Arc<Resource>> = (0..5).map(|number| {
        let service = format!("service-{number}");
        Arc::new(Resource { attributes: [(keys::SERVICE_NAME, service.as_str())].into_iter().collect() })
    }).collect();
}

fn resource(number: u64) -> Arc<Resource> {
    RESOURCES.with(|resources| resources[number as usize % resources.len()].clone())
}

fn mixed(number: u64) -> u64 {
    let mixed =
        (number ^ (number >> 30)).wrapping_add(0x9E37_79B9_7F4A_7C15).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed ^ (mixed >> 31)
}

/// Bytes of memory that the process holds; 0 where the system does not tell.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: usize = status.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or_default();
    pages * 4096
}
