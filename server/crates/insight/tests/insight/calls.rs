//! Calls as they happened, names of telemetry, and ids of traces in a text.

use expect_test::{Expect, expect};
use insight::{
    call_hierarchy::{Call, incoming, outgoing, party_at},
    served::{is_in_text, served},
    symbols::symbols,
    trace_ids::mentions,
};
use model::TraceId;

use crate::fixture::{Fixture, fixture};

const SHOP: &str = r#"
//- shop/app.py
import requests
from flask import Flask

app = Flask(__name__)


@app.route("/checkout", methods=["POST"])
def checkout(cart_id):
    cart = requests.get(f"http://cart:8080/cart/{cart_id}")
    return total(cart)


@tracer.start_as_current_span("total")
def total(cart):
    return 1


@app.get("/idle")
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
POST /checkout 100ms..400ms x20 kind=server service=shop http.request.method=POST http.route=/checkout
  GET 20ms kind=client http.request.method=GET url.full=http://cart:8080/cart/7
    GET /cart/:id 18ms kind=server service=cart http.request.method=GET http.route=/cart/:id
  total 5ms
  SELECT orders 3ms kind=client service=ledger
"#;

fn shop() -> Fixture {
    fixture(SHOP)
}

/// The byte at which `mark` stands in the file.
fn at(fixture: &Fixture, path: &str, mark: &str) -> u32 {
    let (_, text) = fixture.files.iter().find(|(known, _)| known == path).unwrap();
    text.find(mark).unwrap() as u32
}

fn calls(calls: &[Call]) -> String {
    let line = |call: &Call| {
        let sites: Vec<String> =
            call.sites.iter().map(|site| format!("{}:{}", site.line + 1, site.column)).collect();
        let function = call.party.function.as_ref().map_or("elsewhere".to_owned(), |key| key.to_string());
        format!("  {} ({function}) · {} at [{}]\n", call.party.name, call.party.detail, sites.join(" "))
    };
    calls.iter().map(line).collect()
}

fn check_hierarchy(path: &str, mark: &str, expect: Expect) {
    let fixture = shop();
    let snapshot = &fixture.snapshot;
    let Some(party) = party_at(snapshot, path, at(&fixture, path, mark)) else {
        return expect.assert_eq("nothing\n");
    };
    let function = party.function.as_ref().unwrap();
    expect.assert_eq(&format!(
        "{} · {}\ncalled by\n{}calls\n{}",
        party.name,
        party.detail,
        calls(&incoming(snapshot, function)),
        calls(&outgoing(snapshot, function)),
    ));
}

#[test]
fn calls_lead_through_services() {
    check_hierarchy(
        "shop/app.py",
        "checkout(cart_id)",
        expect![[r#"
        checkout · shop · 20 calls · p50 239 ms · p95 377 ms
        called by
        calls
          load (cart/app.js:load) · cart · 20 calls · p50 18 ms · p95 18 ms at [9:20]
          total (shop/app.py:total) · shop · 20 calls · p50 5 ms · p95 5 ms at [10:11]
          SELECT orders (elsewhere) · ledger · 20 calls · p50 2.9 ms · p95 2.9 ms at []
    "#]],
    );
    check_hierarchy(
        "cart/app.js",
        "res.json",
        expect![[r#"
        load · cart · 20 calls · p50 18 ms · p95 18 ms
        called by
          checkout (shop/app.py:checkout) · shop · 20 calls · p50 18 ms · p95 18 ms at [9:20]
        calls
    "#]],
    );
}

#[test]
fn what_never_ran_has_no_calls() {
    check_hierarchy("shop/app.py", "idle():", expect![["nothing\n"]]);
}

#[test]
fn a_call_leads_to_what_served_it() {
    let fixture = shop();
    let check = |mark: &str, expect: &[&str]| {
        let found = served(&fixture.snapshot, "shop/app.py", at(&fixture, "shop/app.py", mark));
        let by = found.iter().flat_map(|served| served.by.iter().map(|key| key.to_string()));
        assert_eq!(by.collect::<Vec<_>>(), expect, "{mark}");
    };
    check("get(f\"http", &["cart/app.js:load"]);
    check("//cart:8080", &["cart/app.js:load"]);
    check("total(cart)\n", &["shop/app.py:total"]);
    check("app = Flask", &[]);
    let (_, document) = fixture.snapshot.documents.get("shop/app.py").unwrap();
    assert!(is_in_text(document, at(&fixture, "shop/app.py", "//cart:8080")));
    assert!(!is_in_text(document, at(&fixture, "shop/app.py", "get(f\"http")));
}

#[test]
fn symbols_are_the_names_of_telemetry() {
    let check = |query: &str, expect: Expect| {
        let found = symbols(&shop().snapshot, query, 10);
        let lines = found.iter().map(|symbol| {
            format!("{:?} {} {} [{}]\n", symbol.kind, symbol.name, symbol.function, symbol.service)
        });
        expect.assert_eq(&lines.collect::<String>());
    };
    check(
        "",
        expect![[r#"
            Route GET /cart/:id cart/app.js:load []
            Route GET /idle shop/app.py:idle []
            Route POST /checkout shop/app.py:checkout []
            Span total shop/app.py:total [shop]
        "#]],
    );
    check(
        "cart",
        expect![[r#"
            Route GET /cart/:id cart/app.js:load []
        "#]],
    );
    check(
        "ptch",
        expect![[r#"
            Route POST /checkout shop/app.py:checkout []
        "#]],
    );
    check("nowhere", expect![[""]]);
}

#[test]
fn only_ids_of_traces_at_hand_are_links() {
    let fixture = shop();
    let known = TraceId(1_u128.to_be_bytes());
    let text = format!("# seen in {known}\n# but not in {}", TraceId([9; 16]));
    let found = mentions(&fixture.snapshot, &text);
    let lines: Vec<_> =
        found.iter().map(|found| format!("{:?} {}", found.range.start, found.title)).collect();
    assert_eq!(lines, ["10 POST /checkout, 100 ms"]);
}
