//! Expressions against one small trace, and texts that are none.

use expect_test::{Expect, expect};

use super::*;
use crate::testing::record;

const TRACE: &str = "
    shop POST /orders 0..100 kind=server http.response.status_code=500 order.id=7 tags=[a,b] error
      ! 40 exception exception.type=ValueError exception.message=empty
      shop SELECT 10..30 kind=client db.system=sqlite ratio=0.5
";

fn check(text: &str, expected: Expect) {
    let recording = record(TRACE);
    let context = Context { recording: &recording, span: 0, position: None };
    let answer = match Expression::parse(text) {
        Ok(expression) => expression.value(&context).to_string(),
        Err(error) => error.to_string(),
    };
    expected.assert_eq(&answer);
}

#[test]
fn fields_of_a_span() {
    check("span.http.response.status_code", expect!["500"]);
    check(".order.id + 1", expect!["8"]);
    check("resource.service.name", expect!["shop"]);
    check("duration", expect!["100 ms"]);
    check("name", expect!["POST /orders"]);
    check("status", expect!["error"]);
    check("kind", expect!["server"]);
    check("childCount", expect!["1"]);
    check("event.exception.type", expect!["ValueError"]);
    check("event:name", expect!["exception"]);
    check("event:timeSinceStart", expect!["40 ms"]);
    check("order.id", expect!["7"]);
    check("span.missing", expect!["nil"]);
    check("parent.name", expect!["nil"]);
    check(r#"span."order.id""#, expect!["7"]);
}

#[test]
fn comparisons_and_logic() {
    check("span.http.response.status_code >= 500 && duration > 90ms", expect!["true"]);
    check("{ status = error && kind != client }", expect!["true"]);
    check("!(status = ok) || false", expect!["true"]);
    check("name =~ \"POST .*\"", expect!["true"]);
    check("name =~ \"POST\"", expect!["false"]);
    check("name !~ `GET.*`", expect!["true"]);
    check("span.tags = \"b\"", expect!["true"]);
    check("span.missing = nil", expect!["true"]);
    check("span.missing > 3", expect!["false"]);
    check("span.order.id = \"7\"", expect!["false"]);
    check("parent = nil", expect!["true"]);
    check("1 < 1.5", expect!["true"]);
}

#[test]
fn arithmetic_never_fails() {
    check("1 + 2 * 3 ^ 2", expect!["19"]);
    check("7 / 2", expect!["3.5"]);
    check("7 % 4 - -1", expect!["4"]);
    check("1 / 0", expect!["nil"]);
    check("9223372036854775807 + 1", expect!["9223372036854776000"]);
    check("duration * 2 - 1m30s", expect!["-1 m 29 s"]);
    check("duration / 50ms", expect!["2"]);
    check("-9223372036854775807 - 2", expect!["-9223372036854776000"]);
}

#[test]
fn what_is_wrong_is_said_with_its_column() {
    check("", expect!["column 1: a value is missing at the end"]);
    check("status =", expect!["column 9: a value is missing at the end"]);
    check("a and b", expect!["column 3: write `&&` instead of `and`"]);
    check("len(items) > 3", expect!["column 4: recorded values have no functions that could be called"]);
    check("(a = 1", expect!["column 7: a bracket is not closed"]);
    check("a = \"x", expect!["column 5: this text is not closed by a quote"]);
    check(
        "duration > 5parsecs",
        expect!["column 12: `parsecs` is no unit of time: write ns, us, ms, s, m or h"],
    );
    check("name =~ 5", expect!["column 9: a pattern has to be a text in quotes"]);
    check("name =~ \"(\"", expect!["column 9: the pattern is not a regular expression: unclosed group"]);
    check("a = 1 ; b", expect!["column 7: `;` means nothing here"]);
    check(&"(".repeat(500), expect!["column 65: the expression is nested too deep"]);
    check("a [0]", expect!["column 3: `[` means nothing here"]);
}

#[test]
fn log_messages_hold_expressions() {
    let recording = record(TRACE);
    let context = Context { recording: &recording, span: 0, position: None };
    let check = |text: &str| match Template::parse(text) {
        Ok(template) => template.render(&context),
        Err(error) => error.to_string(),
    };
    assert_eq!(check("order {order.id} took {duration}"), "order 7 took 100 ms");
    assert_eq!(check("{{literal}} \\{too\\} {x}"), "{literal} {too} nil");
    assert_eq!(check("oh {"), "column 4: a brace is not closed; write `{{` for a brace");
    assert_eq!(check("oh {a = }"), "column 9: a value is missing at the end");
}
