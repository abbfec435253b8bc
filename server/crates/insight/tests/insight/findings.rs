//! What is worth a remark, and what is not.

use expect_test::{Expect, expect};
use insight::findings::findings;

use crate::fixture::fixture;

/// `3 n-plus-one: this query …`, lines from 1.
fn check(text: &str, path: &str, expect: Expect) {
    let fixture = fixture(text);
    let file = fixture.snapshot.index.file(path).expect("the fixture has the file");
    let mut lines = String::new();
    for found in findings(&fixture.snapshot, file) {
        lines += &format!("{} {}: {}\n", found.line + 1, found.code, found.message);
        for related in found.related {
            lines += &format!("  {}:{} {}\n", related.file, related.line + 1, related.message);
        }
    }
    expect.assert_eq(&lines);
}

const ORDERS: &str = r#"
//- orders.py
@app.get("/orders")
def orders():
    found = db.execute("SELECT * FROM orders")
    for order in found:
        order.lines = db.execute("SELECT * FROM lines WHERE order_id = %s", order.id)
    return found
//- spans
"#;

fn orders(spans: &str) -> String {
    format!("{ORDERS}{spans}\n")
}

const REQUEST: &str =
    "GET /orders 40ms x9 kind=server service=shop http.request.method=GET http.route=/orders";
const LINES: &str =
    r#"kind=client db.system.name=postgresql db.query.text="SELECT * FROM lines WHERE order_id = %s""#;

#[test]
fn a_query_for_each_of_many_is_remarked() {
    check(
        &orders(&format!("{REQUEST}\n  SELECT 2ms x12 {LINES}")),
        "orders.py",
        expect![[r#"
        5 n-plus-one: this query is made 12 times for each call of `orders`, 24 ms in sum: one for all of them may do
    "#]],
    );
}

#[test]
fn a_few_queries_or_a_single_request_are_nothing() {
    check(&orders(&format!("{REQUEST}\n  SELECT 2ms x3 {LINES}")), "orders.py", expect![[""]]);
    let once = REQUEST.replace(" x9", "");
    check(&orders(&format!("{once}\n  SELECT 2ms x12 {LINES}")), "orders.py", expect![[""]]);
}

#[test]
fn many_messages_are_what_a_queue_is_for() {
    let text = r#"
//- mail.py
@app.post("/mails")
def mails(addresses):
    for address in addresses:
        producer.send("mails", address)
//- spans
POST /mails 40ms x9 kind=server service=shop http.request.method=POST http.route=/mails
  mails publish 1ms x20 kind=producer messaging.destination.name=mails
"#;
    check(text, "mail.py", expect![[""]]);
}

const PAY: &str = r#"
//- pay.py
import requests

@app.post("/pay")
def pay():
    for attempt in range(4):
        answer = requests.get("http://bank:80/charge")
        if answer.ok:
            return answer
//- spans
POST /pay 400ms x9 kind=server service=shop http.request.method=POST http.route=/pay
"#;

#[test]
fn a_request_that_fails_again_and_again_is_a_storm() {
    let call = "  GET 90ms x4 errors=3 kind=client http.request.method=GET url.full=http://bank:80/charge";
    check(
        &format!("{PAY}{call}\n"),
        "pay.py",
        expect![[r#"
        6 retries: this request is made 4 times for each call of `pay`; 75 % of them fail
    "#]],
    );
    let once_more = call.replace("x4 errors=3", "x2 errors=1");
    check(&format!("{PAY}{once_more}\n"), "pay.py", expect![[""]]);
}

const THROWING: &str = r#"
//- app.js
const { charge } = require("./bank");
app.post("/pay", function pay(req, res) {
  charge();
});
//- bank.js
exports.charge = function charge() {
  throw new Declined("over the limit");
};
//- spans
POST /pay 9ms x5 errors=2 kind=server service=shop http.request.method=POST http.route=/pay exception=Declined message="over the limit" stack="Declined: over the limit\n    at charge (/srv/bank.js:2:9)\n    at pay (/srv/app.js:3:3)"
"#;

#[test]
fn an_exception_stands_on_the_line_that_threw_it_and_there_alone() {
    check(
        THROWING,
        "bank.js",
        expect![[r#"
        2 exception: Declined ×2: over the limit
          app.js:2 recorded by `POST /pay` in shop
    "#]],
    );
    check(THROWING, "app.js", expect![[""]]);
}
