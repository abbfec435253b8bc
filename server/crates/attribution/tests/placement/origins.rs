//! Places of earlier revisions and of bundles, as they are told by whoever reads them: the code and the spans of today.

use std::sync::Arc;

use attribution::{Bundle, Origins, PastFile, SameLines, Table, Token, throwing_place};
use expect_test::{Expect, expect};
use model::{Event, Timestamp, keys};
use source::Index;

use crate::support::{index, shown, traces};

const NOW: &str = r#"
//- shop.py
import time

def pay(card):
    def attempt():
        return send(card)
    return attempt()

class Cart:
    def total(self):
        return 1

class Basket:
    def total(self):
        return 2
"#;
const THEN: &str = "def pay(card):\n    def attempt():\n        return send(card)\n    return attempt()\n\n\
                    def gone():\n    raise KeyError()\n\ndef outer():\n    gone()\n";

fn origins(exact: bool) -> Origins {
    let past = PastFile {
        revision: "1a2b3c4".into(),
        now: Some("shop.py".into()),
        exact,
        then: source::read("shop.py", THEN).unwrap(),
        same: vec![SameLines { then: 0, now: 2, lines: 4 }],
    };
    let mut origins = Origins::default();
    origins.add_past("abc".into(), "/app/shop.py".into(), vec![Arc::new(past)]);
    let token = |column: u32, source: u32, source_line: u32| Token { line: 0, column, source, source_line };
    let bundle = Bundle {
        path: "dist/shop.js".into(),
        tokens: vec![token(10, 0, 4), token(20, 0, 9), token(30, 1, 0), token(40, 9, 0)],
        sources: vec![Some("shop.py".into()), None],
    };
    origins.add_bundle("/app/dist/shop.js".into(), Arc::new(bundle));
    origins
}

fn check(exact: bool, spans: &str, expected: Expect) {
    let index = index(NOW);
    let mut table = Table::default();
    let spans: Vec<_> = traces(spans).into_iter().flatten().collect();
    for span in &spans {
        table.intern(span, &index);
    }
    table.refresh(&index);
    // Told after the spans came: those that name a file follow.
    table.set_origins(Arc::new(origins(exact)));
    table.refresh(&index);
    let placed = spans.iter().map(|span| format!("{}: {}\n", span.name, shown(&table.place(span, &index))));
    expected.assert_eq(&placed.collect::<String>());
}

#[test]
fn a_nested_function_keeps_its_place_in_the_one_around_it() {
    check(
        true,
        "INTERNAL shop inner code.file.path=/app/shop.py code.line.number=3 vcs.ref.head.revision=abc\n\
         INTERNAL shop gone code.file.path=/app/shop.py code.line.number=7 vcs.ref.head.revision=abc\n\
         INTERNAL shop unknown code.file.path=/app/shop.py code.line.number=9 vcs.ref.head.revision=other",
        expect![[r#"
            inner: certain shop.py:pay.attempt at line 5 [code-attributes: code.* names shop.py:3 of 1a2b3c4]
            gone: none [code-attributes: gone of shop.py was removed since 1a2b3c4]
            unknown: certain shop.py:Cart.total [code-attributes: code.* names shop.py:9]
        "#]],
    );
}

#[test]
fn a_line_that_may_be_of_either_decides_nothing() {
    check(
        false,
        "INTERNAL shop same code.file.path=/app/shop.py code.line.number=3 vcs.ref.head.revision=abc\n\
         INTERNAL shop either code.file.path=/app/shop.py code.line.number=10 vcs.ref.head.revision=abc\n\
         INTERNAL shop named code.file.path=/app/shop.py code.function.name=pay code.line.number=1 vcs.ref.head.revision=abc\n\
         INTERNAL shop newer code.file.path=/app/shop.py code.function.name=Basket.total code.line.number=14 vcs.ref.head.revision=abc",
        expect![[r#"
            same: possible shop.py:pay.attempt | shop.py:pay [code-attributes: code.* names shop.py:3 of 1a2b3c4]
            either: possible shop.py:Cart.total at line 10 [code-attributes: code.* names shop.py:10] [code-attributes: outer of shop.py was removed since 1a2b3c4]
            named: certain shop.py:pay [code-attributes: code.* names shop.py:1 of 1a2b3c4]
            newer: certain shop.py:Basket.total at line 14 [code-attributes: code.* names shop.py:14]
        "#]],
    );
}

#[test]
fn a_place_in_a_bundle_is_its_sources() {
    check(
        true,
        "INTERNAL shop first code.file.path=/app/dist/shop.js code.line.number=1 code.column.number=11 code.function.name=t\n\
         INTERNAL shop second code.file.path=/app/dist/shop.js code.line.number=1 code.column.number=29\n\
         INTERNAL shop library code.file.path=/app/dist/shop.js code.line.number=1 code.column.number=31\n\
         INTERNAL shop nothing code.file.path=/app/dist/shop.js code.line.number=1 code.column.number=41\n\
         INTERNAL shop before code.file.path=/app/dist/shop.js code.line.number=1 code.column.number=2\n\
         INTERNAL shop no-column code.file.path=/app/dist/shop.js code.line.number=1",
        expect![[r#"
            first: certain shop.py:pay.attempt at line 5 [code-attributes: code.* names dist/shop.js:1:11, which its source map says is shop.py:5]
            second: certain shop.py:Cart.total at line 10 [code-attributes: code.* names dist/shop.js:1:29, which its source map says is shop.py:10]
            library: none
            nothing: none
            before: none
            no-column: none
        "#]],
    );
}

#[test]
fn what_threw_is_followed_and_never_moved_to_its_caller() {
    let index: Index = index(NOW);
    let origins = origins(true);
    let thrown = |revision: Option<&str>, frames: &str| {
        let stack = format!("Traceback (most recent call last):\n{frames}");
        let attributes = [(keys::EXCEPTION_STACKTRACE, stack.as_str())].into_iter().collect();
        let event = Event { name: "exception".into(), attributes, time: Timestamp(1) };
        throwing_place(&index, &origins, revision, &event)
            .map(|place| format!("{}:{}", place.file, place.line + 1))
    };
    let frame = |line: u32, name: &str| format!("  File \"/app/shop.py\", line {line}, in {name}\n");
    assert_eq!(thrown(Some("abc"), &frame(3, "attempt")).as_deref(), Some("shop.py:5"));
    assert_eq!(thrown(None, &frame(3, "attempt")).as_deref(), Some("shop.py:3"));
    assert_eq!(thrown(Some("other"), &frame(3, "attempt")).as_deref(), Some("shop.py:3"));
    let deep = format!("{}{}", frame(3, "attempt"), frame(7, "gone"));
    assert_eq!(thrown(Some("abc"), &deep), None, "`gone` threw, which is no more");
}
