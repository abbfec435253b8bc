//! SQL and URLs of outgoing calls.

use expect_test::expect;

use crate::support::check;

#[test]
fn sql_that_stands_in_the_source() {
    check(
        "//- store.py
def find(id):
    cursor.execute('SELECT id, name FROM item WHERE id = %s', (id,))
def save(item):
    conn.execute(text('''insert into item (name)
        values (:name)'''))
def sorted_by(column):
    cursor.execute(f'select id from item order by {column} limit 10')
def one():
    cursor.execute('select 1')
def also_one():
    cursor.execute('select 1')
",
        r#"
CLIENT a SELECT @opentelemetry.instrumentation.sqlite3 db.statement="SELECT id, name FROM item WHERE id = ?"
CLIENT a INSERT @opentelemetry.instrumentation.sqlalchemy db.query.text="insert into item (name) values (?) /* c=1 */"
CLIENT a SELECT @opentelemetry.instrumentation.sqlite3 db.statement="select id from item order by name limit 10"
CLIENT a SELECT @opentelemetry.instrumentation.sqlite3 db.statement="select 1"
CLIENT a SELECT @opentelemetry.instrumentation.sqlite3 db.statement="SELECT id FROM other"
CLIENT a connect @opentelemetry.instrumentation.sqlalchemy db.system=sqlite
"#,
        expect![[r#"
            SELECT: likely store.py:find at line 2 [outgoing: runs this SQL at store.py:2]
            INSERT: likely store.py:save at line 4 [outgoing: runs this SQL at store.py:4]
            SELECT: likely store.py:sorted_by at line 7 [outgoing: runs SQL of this form at store.py:7]
            SELECT: possible store.py:one | store.py:also_one [outgoing: runs this SQL at store.py:9]
            SELECT: none
            connect: none
        "#]],
    );
}

#[test]
fn urls_with_holes_hosts_and_helpers() {
    check(
        "//- client.js
const BASE = process.env.CATALOG;
async function getJson(url) { const answer = await fetch(url); return answer.json(); }
const product = (sku) => getJson(`${BASE}/products/${sku}`);
const reviews = (sku) => getJson(`${BASE}/products/${sku}/reviews`);
async function remove(id) { await fetch(`${BASE}/products/${id}`, { method: 'DELETE' }); }
async function status() { await fetch('https://status.example.com/api'); }
async function search(q) { await fetch(`${BASE}/search?q=${q}`); }
",
        r#"
CLIENT a GET @@opentelemetry/instrumentation-undici http.request.method=GET url.full=http://catalog:7003/products/tea
CLIENT a GET @@opentelemetry/instrumentation-undici http.request.method=GET url.full=http://catalog:7003/products/tea/reviews
CLIENT a DELETE @@opentelemetry/instrumentation-undici http.request.method=DELETE url.full=http://catalog:7003/products/7
CLIENT a GET @@opentelemetry/instrumentation-undici http.request.method=GET url.full=https://status.example.com/api
CLIENT a GET @@opentelemetry/instrumentation-undici http.request.method=GET url.full=https://other.example.com/api
CLIENT a GET @@opentelemetry/instrumentation-undici http.request.method=GET url.full=http://catalog:7003/search?q=tea
CLIENT a GET @@opentelemetry/instrumentation-undici http.request.method=GET url.full=http://catalog:7003/stock/7
"#,
        expect![[r#"
            GET: likely client.js:product at line 3 [outgoing: requests this URL at client.js:3]
            GET: likely client.js:reviews at line 4 [outgoing: requests this URL at client.js:4]
            DELETE: likely client.js:remove at line 5 [outgoing: requests this URL at client.js:5]
            GET: likely client.js:status at line 6 [outgoing: requests this URL at client.js:6]
            GET: none
            GET: likely client.js:search at line 7 [outgoing: requests this URL at client.js:7]
            GET: none
        "#]],
    );
}

#[test]
fn holes_of_a_url_are_between_its_slashes() {
    check(
        "//- shop/Routes.java
package shop;
class Routes {
    Route one(String id) { return rest.getForObject(\"http://routes/api/routes/\" + id, Route.class); }
    Route between(String a, String b) { return rest.getForObject(\"http://routes/api/routes/\" + a + \"/\" + b, Route.class); }
}
",
        r#"
CLIENT a GET @x http.request.method=GET url.full=http://routes/api/routes/7
CLIENT a GET @x http.request.method=GET url.full=http://routes/api/routes/7/8
"#,
        expect![[r#"
            GET: likely shop/Routes.java:Routes.one at line 3 [outgoing: requests this URL at shop/Routes.java:3]
            GET: likely shop/Routes.java:Routes.between at line 4 [outgoing: requests this URL at shop/Routes.java:4]
        "#]],
    );
}
