//! Whatever is sent, the store holds no more memory than it was given, as the allocator sees it.
#![allow(clippy::print_stdout, missing_docs)]

use std::{alloc::System, sync::Arc};

use cap::Cap;
use model::{
    LogRecord, Resource, Scope, Span, SpanId, SpanKind, Status, StatusCode, Timestamp, TraceId, Value, keys,
};
use store::{Inserted, Limits, Store};

#[path = "../benches/store/mix.rs"]
mod mix;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

const BUDGET: usize = 4 << 20;
const BATCH: u64 = 500;

/// How much of the budget is held at most while batches come, and how much is held at the end.
fn held(what: &str, batches: u64, mut batch: impl FnMut(u64, &mut Store)) -> (f64, f64) {
    let before = ALLOCATOR.allocated();
    let mut store = Store::new(Limits { max_bytes: BUDGET, max_spans_per_trace: 200_000 });
    let share = || (ALLOCATOR.allocated() - before) as f64 / BUDGET as f64;
    let mut most = 0.0_f64;
    for number in 0..batches {
        batch(number, &mut store);
        store.settle();
        assert!(
            store.counters().bytes <= BUDGET && store.counters().reconcile(),
            "{what}: {:?}",
            store.counters()
        );
        most = most.max(share());
    }
    let (end, estimate) = (share(), store.counters().bytes as f64 / BUDGET as f64);
    println!("{what}: at most {most:.3} of the budget, {end:.3} at the end, {estimate:.3} by the estimate");
    assert!(most <= 1.05, "{what}: {most:.3} of the budget");
    (most, end)
}

fn insert(store: &mut Store, span: &Span, tag: u64) -> Inserted {
    span.with_view(|view| store.insert(view, tag as u32, Timestamp(9)))
}

fn bare(trace: u64, id: u64) -> Span {
    Span {
        trace_id: TraceId((u128::from(mix::mixed(trace)) + 1).to_be_bytes()),
        span_id: SpanId(mix::mixed(id).to_le_bytes()),
        parent: None,
        name: "work".into(),
        kind: SpanKind::Internal,
        start: Timestamp(1 + id),
        end: Timestamp(2 + id),
        attributes: Default::default(),
        events: Vec::new(),
        links: Vec::new(),
        status: Status { code: StatusCode::Unset, ..Status::default() },
        trace_state: Default::default(),
        resource: Arc::default(),
        scope: Arc::default(),
    }
}

/// One test, since all count with one allocator.
#[test]
fn the_budget_holds_under_any_input() {
    for (what, per_trace, batches) in
        [("traces of 20", mix::PER_TRACE, 110), ("traces of 1", 1, 25), ("traces of 9,000", 9_000, 130)]
    {
        let (_, end) = held(what, batches, |number, store| {
            for span in mix::batch(number, BATCH, per_trace) {
                insert(store, &span, mix::mixed(span.start.0) % 300);
            }
        });
        assert!(end > 0.75, "{what}: the budget is used, not only kept: {end:.3}");
    }
    hostile_spans();
    hostile_traces();
    logs();
}

fn hostile_spans() {
    held("empty spans of one trace", 180, |number, store| {
        (0..BATCH)
            .for_each(|at| assert_ne!(insert(store, &bare(1, number * BATCH + at), 0), Inserted::Duplicate));
    });
    held("children of one parent", 180, |number, store| {
        for at in 0..BATCH {
            insert(
                store,
                &Span { parent: Some(SpanId([7; 8])), ..bare(number / 60, number * BATCH + at) },
                0,
            );
        }
    });
    held("every text its own", 50, |number, store| {
        for at in 0..BATCH {
            let number = number * BATCH + at;
            let mut span =
                Span { name: format!("{number} is mine").as_str().into(), ..bare(number / 9, number) };
            for key in 0..8 {
                span.attributes
                    .push(format!("key.{number}.{key}"), format!("a value of {number} in {key}").as_str());
            }
            // Twice, so that it gets in among the words.
            insert(store, &span, 0);
            insert(store, &Span { span_id: SpanId(mix::mixed(!number).to_le_bytes()), ..span }, 0);
        }
    });
    held("large values", 30, |number, store| {
        for at in 0..10 {
            let mut span = bare(number, number * 10 + at);
            span.attributes.push("blob", Value::Bytes(vec![1; 60_000]));
            insert(store, &span, 0);
        }
    });
}

fn hostile_traces() {
    held("every trace its own tag", 20, |number, store| {
        (0..BATCH).for_each(|at| {
            insert(store, &bare(number * BATCH + at, 1), number * BATCH + at);
        });
    });
    held("many tags in each trace", 100, |number, store| {
        for at in 0..BATCH {
            insert(store, &bare(number, at), mix::mixed(number * BATCH + at) % 5_000);
        }
    });
    held("every trace its own service", 20, |number, store| {
        for at in 0..BATCH {
            let name = format!("service number {}", number * BATCH + at);
            let attributes = [(keys::SERVICE_NAME, name.as_str())].into_iter().collect();
            let resource = Arc::new(Resource { attributes });
            let scope = Arc::new(Scope { name: name.as_str().into(), ..Scope::default() });
            insert(store, &Span { resource, scope, ..bare(number * BATCH + at, 1) }, 0);
        }
    });
    held("traces that take turns", 150, |number, store| {
        (0..BATCH).for_each(|at| {
            insert(store, &bare(at % 250, number * BATCH + at), at % 7);
        });
    });
    held("one trace that never ends among many", 50, |number, store| {
        for at in 0..BATCH {
            let trace = if at % 2 == 0 { 1 } else { number * BATCH + at };
            insert(store, &bare(trace, number * BATCH + at), 0);
        }
    });
}

fn logs() {
    held("log records", 80, |number, store| {
        for at in 0..BATCH {
            let number = number * BATCH + at;
            let record = LogRecord {
                trace_id: TraceId((u128::from(number / 6) + 1).to_be_bytes()),
                span_id: (!number.is_multiple_of(3)).then(|| SpanId((number % 4 + 1).to_be_bytes())),
                time: Timestamp(number),
                name: "exception".into(),
                body: format!("order {number} was not paid").as_str().into(),
                severity: 17,
                attributes: [(keys::EXCEPTION_TYPE, "Boom")].into_iter().collect(),
                resource: Arc::default(),
                scope: Arc::default(),
            };
            store.insert_log(record, Timestamp(number));
        }
    });
}
