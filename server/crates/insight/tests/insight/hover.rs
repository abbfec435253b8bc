//! Hovers, as plain text.

use expect_test::{Expect, expect};
use insight::hover::hover;

use crate::fixture::fixture;

fn check(text: &str, expect: Expect) {
    let fixture = fixture(text);
    let (path, offset) = fixture.cursor.expect("the fixture has a cursor");
    let text = hover(&fixture.snapshot, &path, offset).map_or("nothing\n".into(), |hover| hover.to_text());
    expect.assert_eq(&text);
}

/// The shop with the cursor before `mark`.
fn shop(mark: &str) -> String {
    let text = r#"
//- shop/app.py
import requests
from flask import Flask

app = Flask(__name__)


@app.route("/checkout", methods=["POST"])
def checkout(cart_id):
    cart = requests.get(f"http://cart:8080/cart/{cart_id}")
    return pay(cart)


def idle():
    return 1
//- cart/app.js
const express = require("express");
const app = express();

async function load(req, res) {
  res.json(1);
}
app.get("/cart/:id", load);
//- spans
POST /checkout 100ms..400ms x240 errors=3 kind=server service=shop version=1.4.2 http.request.method=POST http.route=/checkout exception=CardDeclined message="card \e[31mdeclined"
  GET 20ms kind=client http.request.method=GET url.full=http://cart:8080/cart/7
    GET /cart/:id 18ms kind=server service=cart http.request.method=GET http.route=/cart/:id
"#;
    assert_eq!(text.matches(mark).count(), 1, "{mark}");
    text.replace(mark, &format!("$0{mark}"))
}

#[test]
fn figures_of_what_was_sampled_say_so() {
    let sampled = shop("checkout(cart_id):").replace("x240", "x240 state=ot=th:e6666666666666");
    let sampled = sampled.replace("kind=client ", "kind=client state=ot=th:e6666666666666 ");
    check(
        &sampled,
        expect![[r#"
        checkout in shop
        ~2,400 calls from 240 sampled · p50 247 ms · p95 377 ms · p99 394 ms · max 400 ms · ~30 errors (1.2 %)
        calls ▁▁▁▁▁▁▁▁▁▁▁▆███▄ · p50 ▁▁▁▁▁▁▁▁▁▁▁▄▅▆██ over the last 15 min
        Errors
          CardDeclined ×~30, now: card ␛[31mdeclined
        Calls
          cart load (cart/app.js:4) 20 ms
        Traces
          failed, slowest, latest 400 ms, now
        How the placement is known
          certain: handles POST /checkout
        The last 15 min, latest from revision 1.4.2
    "#]],
    );
}

#[test]
fn a_function_says_all_that_is_known() {
    check(
        &shop("checkout(cart_id):"),
        expect![[r#"
        checkout in shop
        240 calls · p50 247 ms · p95 377 ms · p99 394 ms · max 400 ms · 3 errors (1.2 %)
        calls ▁▁▁▁▁▁▁▁▁▁▁▆███▄ · p50 ▁▁▁▁▁▁▁▁▁▁▁▄▅▆██ over the last 15 min
        Errors
          CardDeclined ×3, now: card ␛[31mdeclined
        Calls
          cart load (cart/app.js:4) 20 ms
        Traces
          failed, slowest, latest 400 ms, now
        How the placement is known
          certain: handles POST /checkout
        The last 15 min, latest from revision 1.4.2
    "#]],
    );
}

#[test]
fn a_call_says_what_it_ran() {
    check(
        &shop("get(f\"http"),
        expect![[r#"
        call of get to cart
        240 calls · p50 20 ms · p95 20 ms · p99 20 ms · max 20 ms
        calls ▁▁▁▁▁▁▁▁▁▁▁▆███▄ · p50 ▁▁▁▁▁▁▁▁▁▁▁█████ over the last 15 min
        Runs
          cart load (cart/app.js:4) 20 ms
        Traces
          slowest 20 ms, 3 min ago
          latest 20 ms, now
        The last 15 min
    "#]],
    );
}

#[test]
fn callers_are_named_across_services() {
    check(
        &shop("load(req"),
        expect![[r#"
        load in cart
        240 calls · p50 18 ms · p95 18 ms · p99 18 ms · max 18 ms
        calls ▁▁▁▁▁▁▁▁▁▁▁▆███▄ · p50 ▁▁▁▁▁▁▁▁▁▁▁█████ over the last 15 min
        Called by
          shop checkout (shop/app.py:8) 240 calls, p50 18 ms
        Traces
          slowest 18 ms, 3 min ago
          latest 18 ms, now
        How the placement is known
          certain: handles GET /cart/:id
        The last 15 min
    "#]],
    );
}

#[test]
fn nothing_is_said_where_nothing_is_known() {
    check(
        &shop("idle():"),
        expect![[r#"
        nothing
    "#]],
    );
    check(
        &shop("return pay"),
        expect![[r#"
        nothing
    "#]],
    );
}

#[test]
fn what_is_unsure_is_called_unsure_and_not_counted() {
    let text = r#"
//- a.py
@app.get("/users")
def users$0(): ...
//- b.py
@app.get("/users")
def users(): ...
//- spans
GET /users 5ms x7 kind=server service=who http.request.method=GET http.route=/users
"#;
    check(
        text,
        expect![[r#"
        Unsure, and not counted
          GET /users: 7 spans that may as well belong to 1 other function
    "#]],
    );
}
