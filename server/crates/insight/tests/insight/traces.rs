//! Lists of recent traces.

use expect_test::{Expect, expect};
use insight::{
    traces::{Filter, function_on_line, recent},
    wording,
};

use crate::fixture::{NOW, fixture};

const TEXT: &str = r#"
//- a.py
@tracer.start_as_current_span("outer")
def outer():
    def helper():
        return 1
    return helper()


@tracer.start_as_current_span("inner")
def inner():
    return 1
//- spans
outer 100ms x2 service=a errors=1
  inner 20ms..40ms x2
other 7ms service=b
inner 900ms service=c
"#;

fn check(filter: &Filter, expect: Expect) {
    let traces = recent(&fixture(TEXT).snapshot, filter).into_iter().map(|trace| {
        format!(
            "{} of {}: {}, {}, {} errors; span {}; services {}\n",
            trace.name,
            trace.service,
            wording::ago(NOW.since(trace.start)),
            wording::duration(trace.duration),
            trace.errors,
            trace.span_id,
            trace.services.join(","),
        )
    });
    expect.assert_eq(&traces.collect::<String>());
}

fn on_line(line: u32) -> Filter {
    let fixture = fixture(TEXT);
    let file = fixture.snapshot.index.file("a.py").unwrap();
    Filter { function: function_on_line(&fixture.snapshot, file, line), ..Filter::default() }
}

#[test]
fn all_of_them_newest_first() {
    check(
        &Filter::default(),
        expect![[r#"
        inner of c: now, 900 ms, 0 errors; span 000000000000000c; services c
        other of b: now, 7 ms, 0 errors; span 000000000000000a; services b
        outer of a: now, 100 ms, 1 errors; span 0000000000000006; services a
        outer of a: now, 100 ms, 0 errors; span 0000000000000002; services a
    "#]],
    );
    check(
        &Filter { limit: 1, ..Filter::default() },
        expect![[r#"
        inner of c: now, 900 ms, 0 errors; span 000000000000000c; services c
    "#]],
    );
}

#[test]
fn those_that_ran_a_function_with_its_slowest_span() {
    check(
        &on_line(9),
        expect![[r#"
        inner of c: now, 900 ms, 0 errors; span 000000000000000c; services c
        outer of a: now, 100 ms, 1 errors; span 0000000000000008; services a
        outer of a: now, 100 ms, 0 errors; span 0000000000000004; services a
    "#]],
    );
    check(
        &on_line(3),
        expect![[r#"
        outer of a: now, 100 ms, 1 errors; span 0000000000000006; services a
        outer of a: now, 100 ms, 0 errors; span 0000000000000002; services a
    "#]],
    );
}

#[test]
fn those_that_failed_and_where_nothing_ran() {
    check(
        &Filter { errors: true, ..Filter::default() },
        expect![[r#"
        outer of a: now, 100 ms, 1 errors; span 0000000000000006; services a
    "#]],
    );
    check(&Filter { errors: true, ..on_line(9) }, expect![[""]]);
    check(
        &Filter { service: Some("b".into()), ..Filter::default() },
        expect![[r#"
        other of b: now, 7 ms, 0 errors; span 000000000000000a; services b
    "#]],
    );
}
