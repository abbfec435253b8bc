//! What a frame holds.

use std::fmt::Write;

use expect_test::{Expect, expect};

use super::frames::{CODE, TRACE};
use crate::{
    Container, Expression, Recording,
    testing::{record, record_in, snapshot},
};

fn check(recording: &Recording, span: u32, position: u32, expected: Expect) {
    let mut text = String::new();
    for scope in recording.scopes(span, position) {
        let _ = writeln!(text, "{}", scope.name);
        unfold(recording, &scope.container, 1, &mut text);
    }
    expected.assert_eq(&text);
}

fn unfold(recording: &Recording, container: &Container, depth: usize, text: &mut String) {
    for variable in recording.variables(container, 0..usize::MAX) {
        let kind = if variable.kind.is_empty() { String::new() } else { format!(": {}", variable.kind) };
        let _ = writeln!(text, "{}{}{kind} = {}", "  ".repeat(depth), variable.name, variable.value);
        if let Some(inner) = variable.inner {
            unfold(recording, &inner, depth + 1, text);
        }
    }
}

#[test]
fn a_frame_shows_what_was_recorded() {
    let recording = record_in(
        "
        shop POST /orders 0..100 kind=server place=shop.py:place_order app.order=[1,2] http.route=/o http.size=3
          ! 5 begun n=1
          ! 90 done
          shop other 10..30 link=1
        ",
        &snapshot(&[("shop.py", CODE)]),
    );
    check(
        &recording,
        0,
        recording.call_of(1).unwrap(),
        expect![[r#"
            Attributes
              order: array = [1, 2]
                [0]: int = 1
                [1]: int = 2
              app.order: array = [1, 2]
                [0]: int = 1
                [1]: int = 2
              http = {route: "/o", size: 3}
                route: string = "/o"
                size: int = 3
            Span
              name = "POST /orders"
              service = "shop"
              kind = server
              status = unset
              duration = 100 ms
              self time = 80 ms
              started = +0.000 ms
              elapsed = 10 ms
              remaining = 90 ms
              function = place_order (certain)
              calls = 1
              span id = 0000000000000001
              trace id = 07070707070707070707070707070707
            Events
              [0] = +5.000 ms begun
                time = +5.000 ms
                name = "begun"
                n: int = 1
            Resource
              service.name: string = "shop"
        "#]],
    );
    let link = &recording.variables(&Container::Links(1), 0..9)[0];
    assert_eq!((link.name.as_str(), link.value.as_str()), ("[0]", "place_order (POST /orders)"));
}

#[test]
fn pages_add_up_to_the_whole() {
    let numbers: Vec<String> = (0..250).map(|number| number.to_string()).collect();
    let recording = record(&format!("shop GET 0..1 list=[{}] a=1 b=2 c.d=3 c.e=4", numbers.join(",")));
    let list = Container::Value(0, crate::Owner::Span, 0, Vec::new());
    for container in
        [list, Container::Locals(0), Container::Span(0, 0), Container::Flat(0, crate::Owner::Span)]
    {
        let all = recording.variables(&container, 0..usize::MAX);
        assert_eq!(all.len(), recording.count(&container));
        for size in [1, 7, 100] {
            let mut pages = Vec::new();
            for start in (0..all.len() + size).step_by(size) {
                pages.extend(recording.variables(&container, start..start + size));
            }
            assert_eq!(pages, all, "{container:?} in pages of {size}");
            let page = Container::Page(Box::new(container.clone()), 3, size as u32);
            let expected: Vec<_> = all.iter().skip(3).take(size).cloned().collect();
            assert_eq!(recording.count(&page), expected.len());
            assert_eq!(recording.variables(&page, 0..usize::MAX), expected);
        }
    }
}

#[test]
fn expressions_find_what_can_be_opened() {
    let recording = record_in(TRACE, &snapshot(&[("shop.py", CODE)]));
    let value = |text: &str, span| {
        let expression = Expression::parse(text).unwrap();
        recording.evaluate(&expression, span, recording.start_of(span)).map(|variable| variable.value)
    };
    assert_eq!(value("card", 3).as_deref(), Some("\"visa\""));
    assert_eq!(value("order", 0).as_deref(), Some("{id: 7}"));
    assert_eq!(value("nothing", 0), None);
    assert_eq!(value("duration > 50ms", 0).as_deref(), Some("true"));
    assert_eq!(value("parent.order.id", 1).as_deref(), Some("7"));
}

#[test]
fn long_and_repeated_things_stay_readable() {
    let mut spans = crate::testing::spans("shop GET 0..1 a=1 a=2");
    let span = std::sync::Arc::get_mut(&mut spans[0].span).unwrap();
    span.attributes.push("long", "x".repeat(5_000).as_str());
    let recording = Recording::new(spans, &[], &snapshot(&[])).unwrap();
    let variables = recording.variables(&Container::Flat(0, crate::Owner::Span), 0..9);
    let names: Vec<&str> = variables.iter().map(|variable| variable.name.as_str()).collect();
    assert_eq!(names, ["a", "a (2)", "long"]);
    assert!(variables[2].value.ends_with("…\" (5000 characters)"), "{}", variables[2].value);
    let whole = recording.whole_text(&Expression::parse("span.long").unwrap(), 0, 0);
    assert_eq!(whole.len(), 5_000);
}
