//! What may be said of placements in a function, as titles.

use expect_test::{Expect, expect};
use insight::rulings::choices;

use crate::fixture::fixture;

fn check(mark: &str, expect: Expect) {
    let text = r#"
//- shop/app.py
from flask import Flask
from opentelemetry import trace

app = Flask(__name__)
tracer = trace.get_tracer("shop")


@app.route("/checkout", methods=["POST"])
def checkout():
    return pay()


def pay():
    with tracer.start_as_current_span("charge"):
        return 1


def pay_back():
    with tracer.start_as_current_span("charge"):
        return 2


def idle():
    return 3
//- spans
POST /checkout 100ms x3 kind=server service=shop http.request.method=POST http.route=/checkout
  charge 20ms service=shop
"#;
    assert_eq!(text.matches(mark).count(), 1, "{mark}");
    let fixture = fixture(&text.replace(mark, &format!("$0{mark}")));
    let (path, offset) = fixture.cursor.expect("the fixture has a cursor");
    let titles = choices(&fixture.snapshot, &path, offset).into_iter().map(|choice| {
        let attributes = choice.subject.attributes.iter().map(|(key, value)| format!(" {key}={value}"));
        format!("{} [{}{}]\n", choice.title, choice.function, attributes.collect::<String>())
    });
    expect.assert_eq(&titles.collect::<String>());
}

#[test]
fn what_is_sure_can_be_rejected_and_what_is_not_can_be_pinned_too() {
    check(
        "checkout():",
        expect![[r#"
        Spanglass: spans `POST /checkout` do not belong to `checkout` [shop/app.py:checkout http.request.method=POST http.route=/checkout]
    "#]],
    );
    check(
        "pay():\n    with",
        expect![[r#"
        Spanglass: spans `charge` belong to `pay` [shop/app.py:pay]
        Spanglass: spans `charge` do not belong to `pay` [shop/app.py:pay]
    "#]],
    );
}

#[test]
fn nothing_is_offered_where_nothing_ran_or_inside_of_a_body() {
    check("idle():", expect![[""]]);
    check("return 1", expect![[""]]);
}
