//! What ancestors tell of spans with nothing of their own.

use expect_test::expect;

use crate::support::check;

const SHOP: &str = "//- checkout.py
@app.post('/orders')
def create():
    for item in items:
        charge(item)
    session.post(url)
    requests.get(f'{BASE}/stock/{id}')

def charge(item):
    stub.ChargeCard(item)
    store.save(item)

def unrelated():
    requests.get(f'{BASE}/stock/{id}')
//- store.py
def save(item):
    collection.insert(item)
    tracer.start_span('save one')
def other():
    tracer.start_span('save one')
";

#[test]
fn calls_belong_to_the_call_site_below_the_parents_function() {
    check(
        SHOP,
        r#"
SERVER shop "POST /orders" @flask http.request.method=POST http.route=/orders
 CLIENT shop GET @opentelemetry.instrumentation.requests http.request.method=GET url.full=http://stock:1/stock/7
 CLIENT shop shop.Payments/ChargeCard @opentelemetry.instrumentation.grpc rpc.method=shop.Payments/ChargeCard
 CLIENT shop mongodb.insert @opentelemetry.instrumentation.pymongo db.system=mongodb db.operation=insert
 CLIENT shop connect @opentelemetry.instrumentation.sqlalchemy db.system=sqlite
 INTERNAL shop "save one" @shop
 INTERNAL shop "middleware" @opentelemetry.instrumentation.wsgi
  CLIENT shop GET @opentelemetry.instrumentation.requests http.request.method=GET url.full=http://elsewhere/x
 SERVER payments "GET /x" @flask http.request.method=GET url.path=/x
  CLIENT payments GET @opentelemetry.instrumentation.requests http.request.method=GET url.full=http://elsewhere/x
CLIENT shop GET @opentelemetry.instrumentation.requests http.request.method=GET url.full=http://stock:1/stock/7
"#,
        expect![[r#"
            POST /orders: certain checkout.py:create [route: handles POST /orders]
            GET: likely checkout.py:create at line 6 [outgoing: requests this URL at checkout.py:6] [parent: called from checkout.py:create, where its parent runs]
            shop.Payments/ChargeCard: likely checkout.py:charge at line 9 [parent: ChargeCard is called at checkout.py:9]
            mongodb.insert: likely checkout.py:create [parent: called while checkout.py:create runs]
            connect: possible checkout.py:create [parent: called while checkout.py:create runs]
            save one: likely store.py:save [span-name: this name is given to a span at store.py:3] [parent: called from checkout.py:create, where its parent runs]
            middleware: none
            GET: likely checkout.py:create [parent: called while checkout.py:create runs]
            GET /x: none
            GET: none
            GET: possible checkout.py:create | checkout.py:unrelated [outgoing: requests this URL at checkout.py:6]
        "#]],
    );
}

#[test]
fn a_trace_may_be_broken_or_run_in_a_circle() {
    use crate::support::{index, traces};
    let mut spans = traces("CLIENT shop x @y\n CLIENT shop z @y").remove(0);
    let second = spans[1].span_id;
    let mut first = (*spans[0]).clone();
    first.parent = Some(second);
    spans[0] = first.into();
    let placed = attribution::place_trace(&attribution::Table::default(), &index(SHOP), &spans);
    assert!(placed.iter().all(|placement| placement.function.is_none()));
}
