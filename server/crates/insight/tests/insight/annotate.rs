//! Lenses and hints, as they stand in the code.

use expect_test::{Expect, expect};
use insight::{
    annotate::{annotate, to_text},
    inlay_hints::{HintPosition, Options, inlay_hints},
};
use model::TextRange;

use crate::fixture::fixture;

fn check(text: &str, expect: Expect) {
    let fixture = fixture(text);
    let file = |(path, text): &(String, String)| {
        format!("//- {path}\n{}", to_text(&annotate(&fixture.snapshot, path, text)))
    };
    expect.assert_eq(&fixture.files.iter().map(file).collect::<String>());
}

const SHOP: &str = r#"
//- shop/app.py
import requests
from flask import Flask
from shop.orders import load_orders

app = Flask(__name__)


@app.route("/checkout", methods=["POST"])
def checkout(cart_id):
    cart = requests.get(f"http://cart:8080/cart/{cart_id}")
    orders = load_orders(cart)
    with tracer.start_as_current_span("price order"):
        total = sum(orders)
    for order in orders:
        db.execute("UPDATE orders SET paid = true WHERE id = ?", order)
    return total


def untouched():
    return 1
//- shop/orders.py
@tracer.start_as_current_span("load_orders")
def load_orders(cart):
    return db.execute("SELECT * FROM orders WHERE cart = ?", cart)
//- cart/app.js
const express = require("express");
const app = express();

app.get("/cart/:id", async (req, res) => {
  res.json(await load(req.params.id));
});
//- spans
POST /checkout 100ms..400ms x240 errors=3 kind=server service=shop http.request.method=POST http.route=/checkout
  GET 20ms kind=client http.request.method=GET url.full=http://cart:8080/cart/7
    GET /cart/:id 18ms kind=server service=cart http.request.method=GET http.route=/cart/:id
  load_orders 30ms
    SELECT orders 25ms kind=client db.system=postgresql db.query.text="SELECT * FROM orders WHERE cart = ?"
  price order 5ms
  UPDATE orders 4ms x3 kind=client db.system=postgresql db.query.text="UPDATE orders SET paid = true WHERE id = ?"
"#;

#[test]
fn a_shop_shows_what_it_does() {
    check(
        SHOP,
        expect![[r#"
        //- shop/app.py
        import requests
        from flask import Flask
        from shop.orders import load_orders

        app = Flask(__name__)


        240 calls · p50 247 ms · p95 377 ms · 3 errors
        @app.route("/checkout", methods=["POST"])
        def checkout(cart_id):
            cart = requests.get(f"http://cart:8080/cart/{cart_id}")  ⟶ cart 20 ms
            orders = load_orders(cart)  ⟶ 30 ms
            with tracer.start_as_current_span("price order"):  ⟶ 5 ms
                total = sum(orders)
            for order in orders:
                db.execute("UPDATE orders SET paid = true WHERE id = ?", order)  ⟶ 4 ms ×3
            return total


        def untouched():
            return 1
        //- shop/orders.py
        240 calls · p50 30 ms · p95 30 ms
        @tracer.start_as_current_span("load_orders")
        def load_orders(cart):
            return db.execute("SELECT * FROM orders WHERE cart = ?", cart)  ⟶ 25 ms
        //- cart/app.js
        const express = require("express");
        const app = express();

        240 calls · p50 18 ms · p95 18 ms
        app.get("/cart/:id", async (req, res) => {
          res.json(await load(req.params.id));
        });
    "#]],
    );
}

#[test]
fn nothing_shows_where_nothing_is_known() {
    let text = "//- a.py\ndef f():\n    return g()\n//- spans\nGET 5ms kind=client service=other\n";
    check(
        text,
        expect![[r#"
        //- a.py
        def f():
            return g()
    "#]],
    );
}

#[test]
fn calls_by_name_in_several_places_show_no_count() {
    let text = r#"
//- a.py
@tracer.start_as_current_span("outer")
def outer():
    inner()
    return inner()


@tracer.start_as_current_span("inner")
def inner():
    return 1
//- spans
outer 100ms x4 service=a
  inner 20ms x2
"#;
    check(
        text,
        expect![[r#"
        //- a.py
        4 calls · p50 100 ms · p95 100 ms
        @tracer.start_as_current_span("outer")
        def outer():
            inner()  ⟶ 20 ms
            return inner()  ⟶ 20 ms


        8 calls · p50 20 ms · p95 20 ms
        @tracer.start_as_current_span("inner")
        def inner():
            return 1
    "#]],
    );
}

#[test]
fn steps_and_layers_are_not_calls() {
    let text = r#"
//- app.js
const app = require("express")();

app.get("/report", function report(req, res) {
  res.json(1);
});
//- app.py
@app.get("/items")
def items():
    with tracer.start_as_current_span("load items"):
        return []


def both():
    with tracer.start_as_current_span("first half"):
        pass
    with tracer.start_as_current_span("second half"):
        pass


def each(rules):
    for rule in rules:
        with tracer.start_as_current_span("one rule"):
            pass


def whole():
    with tracer.start_as_current_span("whole"):
        pass
//- spans
GET /report 40ms x7 kind=server service=web http.request.method=GET http.route=/report
  middleware - patched 39ms
    request handler - /report 38ms http.route=/report express.type=request_handler
GET /elsewhere 40ms x90 kind=server service=web http.request.method=GET http.route=/elsewhere
  middleware - patched 39ms
GET /items 9ms x5 kind=server service=shop http.request.method=GET http.route=/items
  load items 8ms
other 30ms x4 service=shop
  first half 5ms
  second half 6ms
  one rule 1ms x3
  whole 2ms
"#;
    check(
        text,
        expect![[r#"
        //- app.js
        const app = require("express")();

        7 calls · p50 40 ms · p95 40 ms
        app.get("/report", function report(req, res) {
          res.json(1);
        });
        //- app.py
        5 calls · p50 9 ms · p95 9 ms
        @app.get("/items")
        def items():
            with tracer.start_as_current_span("load items"):  ⟶ 8 ms
                return []


        8 spans · p50 5 ms · p95 6 ms
        def both():
            with tracer.start_as_current_span("first half"):  ⟶ 5 ms
                pass
            with tracer.start_as_current_span("second half"):  ⟶ 6 ms
                pass


        12 spans · p50 1 ms · p95 1 ms
        def each(rules):
            for rule in rules:
                with tracer.start_as_current_span("one rule"):
                    pass


        4 calls · p50 2 ms · p95 2 ms
        def whole():
            with tracer.start_as_current_span("whole"):
                pass
    "#]],
    );
}

#[test]
fn hints_stand_behind_the_call_and_within_the_range() {
    let fixture = fixture(SHOP);
    let (path, text) = &fixture.files[0];
    let options = Options { calls: true, signatures: false };
    let all = inlay_hints(&fixture.snapshot, path, TextRange::new(0, u32::MAX), &options);
    assert!(all.len() > 2);
    for hint in &all {
        match hint.position {
            HintPosition::Offset(offset) => assert!(text[..offset as usize].ends_with(')'), "{hint:?}"),
            HintPosition::LineEnd(_) => (),
        }
    }
    let line = text.find("load_orders(cart)").unwrap() as u32;
    let here = inlay_hints(&fixture.snapshot, path, TextRange::new(line, line + 20), &options);
    assert_eq!(here.len(), 1);
}

#[test]
fn signatures_carry_figures_only_where_lenses_do_not() {
    let fixture = fixture(SHOP);
    let options = Options { calls: false, signatures: true };
    let hints = inlay_hints(&fixture.snapshot, "shop/app.py", TextRange::new(0, u32::MAX), &options);
    let labels: Vec<_> = hints.iter().map(|hint| hint.label.as_str()).collect();
    assert_eq!(labels.len(), 1);
    assert!(labels[0].starts_with("240 calls · p50 "), "{labels:?}");
}
