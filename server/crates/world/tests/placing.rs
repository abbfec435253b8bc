//! Spans find their functions, and figures follow the functions through edits: the state with real code in it.

use std::{sync::Arc, time::Duration};

use expect_test::{Expect, expect};
use model::{
    Attributes, Batch, Event, LinePosition, PositionEncoding, Resource, Scope, Span, SpanId, SpanKind,
    Status, StatusCode, Timestamp, TraceId, keys,
};
use source::FunctionKey;
use world::{Change, EditorEdit, Effects, Settings, Snapshot, World};

const NOW: Timestamp = Timestamp(1_700_000_000_000_000_000);
const SHOP: &str = "def checkout(cart):\n    pay(cart)\n\ndef pay(cart):\n    pass\n";

fn world() -> World {
    World::new(Settings::default())
}

fn read(path: &str, text: &str) -> Change {
    Change::FileRead(source::read(path, text).unwrap().into())
}

fn opened(path: &str, text: &str) -> Change {
    Change::Opened { path: path.into(), version: 1, text: text.into() }
}

fn replaced(path: &str, line: u32, columns: (u32, u32), text: &str) -> Change {
    let position = |column| LinePosition { line, column };
    let edits =
        vec![EditorEdit { range: Some((position(columns.0), position(columns.1))), text: text.into() }];
    Change::Edited { path: path.into(), version: 2, edits, encoding: PositionEncoding::Utf16 }
}

/// A span of `function` in shop.py that says so.
fn span(trace: u64, id: u64, parent: u64, function: &str) -> Span {
    let mut attributes = Attributes::default();
    if !function.is_empty() {
        attributes.push("code.file.path", "/srv/shop.py");
        attributes.push("code.function.name", function);
    }
    Span {
        trace_id: TraceId(u128::from(trace).to_be_bytes()),
        span_id: SpanId(id.to_be_bytes()),
        parent: (parent != 0).then(|| SpanId(parent.to_be_bytes())),
        name: format!("run {function}").into(),
        kind: SpanKind::Internal,
        start: NOW.minus(Duration::from_millis(10 * id)),
        end: NOW,
        attributes,
        events: Vec::new(),
        links: Vec::new(),
        status: Status::default(),
        trace_state: Default::default(),
        resource: Arc::new(Resource { attributes: [(keys::SERVICE_NAME, "shop")].into_iter().collect() }),
        scope: Arc::new(Scope::default()),
    }
}

fn spans(spans: impl IntoIterator<Item = Span>) -> Change {
    Change::Spans(Batch { spans: spans.into_iter().map(Arc::new).collect(), ..Batch::default() })
}

fn key(path: &str) -> FunctionKey {
    FunctionKey { file: "shop.py".into(), path: path.into(), nth: 0 }
}

/// Calls of each function that has figures, and how many spans are placed.
fn render(snapshot: &Snapshot) -> String {
    let mut lines: Vec<String> = snapshot
        .shapes_of
        .keys()
        .map(|function| {
            format!("{function} {}", snapshot.figures(function).map_or(0, |figures| figures.calls))
        })
        .collect();
    lines.sort();
    lines.push(format!("{} of {}", snapshot.status.placed, snapshot.status.spans));
    lines.join(", ")
}

fn check(world: &World, expected: Expect) {
    expected.assert_eq(&render(&world.snapshot(NOW)));
}

fn files(effects: Effects) -> Vec<String> {
    effects.files.iter().map(ToString::to_string).collect()
}

#[test]
fn it_does_not_matter_whether_code_or_spans_come_first() {
    let two = || spans([span(1, 1, 0, "checkout"), span(1, 2, 1, "pay"), span(1, 3, 2, "")]);
    let mut code_first = world();
    code_first.apply(read("shop.py", SHOP), NOW);
    assert_eq!(files(code_first.apply(two(), NOW)), ["shop.py"]);
    check(&code_first, expect!["shop.py:checkout 1, shop.py:pay 1, 2 of 3"]);
    let mut spans_first = world();
    spans_first.apply(two(), NOW);
    check(&spans_first, expect!["0 of 3"]);
    assert_eq!(files(spans_first.apply(read("shop.py", SHOP), NOW)), ["shop.py"]);
    check(&spans_first, expect!["shop.py:checkout 1, shop.py:pay 1, 2 of 3"]);
}

#[test]
fn a_snapshot_is_right_before_shapes_were_placed_again() {
    let mut world = world();
    world.absorb(spans([span(1, 1, 0, "checkout")]), NOW);
    world.absorb(read("shop.py", SHOP), NOW);
    assert!(!world.is_settled());
    check(&world, expect!["shop.py:checkout 1, 1 of 1"]);
    assert_eq!(files(world.settle()), ["shop.py"]);
    check(&world, expect!["shop.py:checkout 1, 1 of 1"]);
}

#[test]
fn figures_leave_with_a_function_and_come_back_with_it() {
    let mut world = world();
    world.apply(read("shop.py", SHOP), NOW);
    world.apply(spans([span(1, 1, 0, "checkout"), span(1, 2, 1, "pay")]), NOW);
    world.apply(opened("shop.py", SHOP), NOW);
    check(&world, expect!["shop.py:checkout 1, shop.py:pay 1, 2 of 2"]);
    assert_eq!(files(world.apply(replaced("shop.py", 3, (4, 7), "settle"), NOW)), ["shop.py"]);
    check(&world, expect!["shop.py:checkout 1, 1 of 2"]);
    world.apply(replaced("shop.py", 3, (4, 10), "pay"), NOW);
    check(&world, expect!["shop.py:checkout 1, shop.py:pay 1, 2 of 2"]);
    world.apply(replaced("shop.py", 0, (0, 0), "\n\n# moved\n"), NOW);
    check(&world, expect!["shop.py:checkout 1, shop.py:pay 1, 2 of 2"]);
    world.apply(replaced("shop.py", 6, (0, 14), ""), NOW);
    world.apply(Change::Closed("shop.py".into()), NOW);
    check(&world, expect!["shop.py:checkout 1, shop.py:pay 1, 2 of 2"]);
    world.apply(Change::FileRemoved("shop.py".into()), NOW);
    check(&world, expect!["0 of 2"]);
}

#[test]
fn typing_inside_a_body_makes_nothing_stale() {
    let mut world = world();
    world.apply(opened("shop.py", SHOP), NOW);
    world.apply(spans([span(1, 1, 0, "checkout")]), NOW);
    let effects = world.apply(replaced("shop.py", 4, (4, 8), "return"), NOW);
    assert_eq!(effects, Effects::default());
}

#[test]
fn what_is_learned_of_a_service_places_its_earlier_shapes() {
    let text = "def pay(cart):\n    with tracer.start_as_current_span(\"charge\"):\n        pass\n\ndef other():\n    pass\n";
    let mut world = world();
    world.apply(read("a/shop.py", text), NOW);
    world.apply(read("b/shop.py", text), NOW);
    // An entry point in each makes them two programs; within one, a folder that was not seen proves nothing.
    world.apply(read("a/main.py", ""), NOW);
    world.apply(read("b/main.py", ""), NOW);
    world.apply(spans([Span { name: "charge".into(), ..span(1, 1, 0, "") }]), NOW);
    check(&world, expect!["0 of 1"]);
    let mut known = span(2, 2, 0, "other");
    known.attributes.0[0].1 = "/srv/b/shop.py".into();
    let effects = world.apply(spans([known]), NOW);
    assert_eq!(files(effects), ["b/shop.py"]);
    check(&world, expect!["b/shop.py:other 1, b/shop.py:pay 1, 2 of 2"]);
}

#[test]
fn callers_callees_failures_and_traces_of_a_function() {
    let mut world = world();
    world.apply(read("shop.py", SHOP), NOW);
    let boom = Event {
        name: "exception".into(),
        attributes: [(keys::EXCEPTION_TYPE, "CardError"), (keys::EXCEPTION_MESSAGE, "declined")]
            .into_iter()
            .collect(),
        ..Event::default()
    };
    let status = Status { code: StatusCode::Error, message: "".into() };
    let failing = Span { events: vec![boom], status, ..span(2, 2, 1, "pay") };
    world.apply(
        spans([span(1, 2, 1, "pay"), span(1, 1, 0, "checkout"), failing, span(2, 1, 0, "checkout")]),
        NOW,
    );
    world.apply(spans([span(3, 1, 0, "checkout"), span(3, 3, 2, "")]), NOW);
    let snapshot = world.snapshot(NOW);

    let names = |calls: Vec<world::Call>| -> Vec<String> {
        let name =
            |call: &world::Call| call.placement.function.as_ref().map_or("?".into(), ToString::to_string);
        calls.iter().map(|call| format!("{} x{}", name(call), call.figures.calls)).collect()
    };
    assert_eq!(names(snapshot.callees(&key("checkout"))), ["shop.py:pay x2"]);
    assert_eq!(names(snapshot.callers(&key("pay"))), ["shop.py:checkout x2"]);
    assert_eq!(names(snapshot.callers(&key("checkout"))), [""; 0]);

    let failures = snapshot.failures(&key("pay"));
    assert_eq!(failures.len(), 1);
    assert_eq!(
        (failures[0].kind.as_str(), failures[0].message.as_str(), failures[0].count),
        ("CardError", "declined", 1)
    );
    assert_eq!(snapshot.failures(&key("checkout")), []);

    let traces = |function: &str, limit| snapshot.traces_through(&key(function), limit).len();
    assert_eq!((traces("checkout", 0), traces("checkout", 2), traces("pay", 0)), (3, 2, 2));
    let first = snapshot.traces_through(&key("pay"), 1)[0].trace_id;
    assert_eq!(snapshot.spans_in(&key("pay"), first).len(), 1);
    assert_eq!(snapshot.placed_trace(first).len(), 2);
}
