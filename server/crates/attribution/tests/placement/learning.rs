//! What is learned of services, and how far it goes.

use expect_test::expect;

use crate::support::check;

const TWO: &str = "//- web/a.js
const express = require('express');
const app = express();
app.get('/api/cats/:id', function findCat(req, res) {});
function start() { tracer.startSpan('start the web'); }
//- api/a.js
const express = require('express');
const app = express();
app.get('/api/cats/:id', function findCat(req, res) {});
function start() { tracer.startSpan('start the api'); }
";

#[test]
fn the_folder_of_what_is_certain_decides_what_is_not() {
    check(
        TWO,
        r#"
SERVER first "GET /api/cats/:id" @x http.request.method=GET http.route=/api/cats/:id
INTERNAL first "start the web" @x
SERVER second "GET /api/cats/:id" @x http.request.method=GET http.route=/api/cats/:id
INTERNAL second "start the api" @x
"#,
        expect![[r#"
            GET /api/cats/:id: likely web/a.js:findCat [route: handles GET /api/cats/:id] [route: spans of first come from web]
            start the web: certain web/a.js:start [span-name: this name is given to a span at web/a.js:4]
            GET /api/cats/:id: likely api/a.js:findCat [route: handles GET /api/cats/:id] [route: spans of second come from api]
            start the api: certain api/a.js:start [span-name: this name is given to a span at api/a.js:4]
        "#]],
    );
}

#[test]
fn a_folder_called_like_the_service_decides_while_nothing_is_known() {
    check(
        TWO,
        r#"
SERVER api-service "GET /api/cats/:id" @x http.request.method=GET http.route=/api/cats/:id
SERVER unknown "GET /api/cats/:id" @x http.request.method=GET http.route=/api/cats/:id
"#,
        expect![[r#"
            GET /api/cats/:id: likely api/a.js:findCat [route: handles GET /api/cats/:id] [route: spans of api-service come from api]
            GET /api/cats/:id: possible web/a.js:findCat | api/a.js:findCat [route: handles GET /api/cats/:id]
        "#]],
    );
}

#[test]
fn a_service_that_lives_in_both_folders_decides_nothing() {
    check(
        TWO,
        r#"
INTERNAL both "start the web" @x
INTERNAL both "start the api" @x
SERVER both "GET /api/cats/:id" @x http.request.method=GET http.route=/api/cats/:id
"#,
        expect![[r#"
            start the web: certain web/a.js:start [span-name: this name is given to a span at web/a.js:4]
            start the api: certain api/a.js:start [span-name: this name is given to a span at api/a.js:4]
            GET /api/cats/:id: possible web/a.js:findCat | api/a.js:findCat [route: handles GET /api/cats/:id]
        "#]],
    );
}

#[test]
fn a_folder_called_like_the_service_may_lie_deep() {
    check(
        "//- src/monolith/src/main/java/shop/Balances.java
package shop;
class Balances { @GetMapping(\"/balances/{id}\") int one() { return 1; } }
//- src/ledger/balancereader/src/main/java/shop/balance/Reader.java
package shop.balance;
class Reader { @GetMapping(\"/balances/{id}\") int one() { return 1; } }
",
        r#"
SERVER balance-reader "GET /balances/{id}" @x http.request.method=GET http.route=/balances/{id}
SERVER other "GET /balances/{id}" @x http.request.method=GET http.route=/balances/{id}
"#,
        expect![[r#"
            GET /balances/{id}: likely src/ledger/balancereader/src/main/java/shop/balance/Reader.java:Reader.one [route: handles GET /balances/{id}] [route: spans of balance-reader come from src/ledger]
            GET /balances/{id}: possible src/monolith/src/main/java/shop/Balances.java:Balances.one | src/ledger/balancereader/src/main/java/shop/balance/Reader.java:Reader.one [route: handles GET /balances/{id}]
        "#]],
    );
}

#[test]
fn a_manifest_that_calls_a_folder_like_the_service_decides_while_nothing_speaks_against_it() {
    let files = "//- one/package.json
{\"name\": \"@cats/front\"}
//- one/a.js
const express = require('express');
const app = express();
app.get('/api/cats/:id', function findCat(req, res) {});
//- two/package.json
{\"name\": \"cats\"}
//- two/inner/package.json
{\"name\": \"back\"}
//- two/inner/a.js
const express = require('express');
const app = express();
app.get('/api/cats/:id', function findCat(req, res) {});
function start() { tracer.startSpan('start two'); }
";
    check(
        files,
        r#"
SERVER front "GET /api/cats/:id" @x http.request.method=GET http.route=/api/cats/:id
SERVER back-service "GET /api/cats/:id" @x http.request.method=GET http.route=/api/cats/:id
SERVER cats "GET /api/cats/:id" @x http.request.method=GET http.route=/api/cats/:id
"#,
        expect![[r#"
            GET /api/cats/:id: likely one/a.js:findCat [route: handles GET /api/cats/:id] [route: spans of front come from one]
            GET /api/cats/:id: likely two/inner/a.js:findCat [route: handles GET /api/cats/:id] [route: spans of back-service come from two]
            GET /api/cats/:id: possible one/a.js:findCat | two/inner/a.js:findCat [route: handles GET /api/cats/:id]
        "#]],
    );
    // What is certain weighs more than what a manifest says.
    check(
        files,
        r#"
INTERNAL front "start two" @x
SERVER front "GET /api/cats/:id" @x http.request.method=GET http.route=/api/cats/:id
"#,
        expect![[r#"
            start two: certain two/inner/a.js:start [span-name: this name is given to a span at two/inner/a.js:4]
            GET /api/cats/:id: possible one/a.js:findCat | two/inner/a.js:findCat [route: handles GET /api/cats/:id]
        "#]],
    );
}

#[test]
fn a_path_that_only_another_program_serves_is_not_that_services() {
    check(
        "//- java/src/main/java/shop/Main.java
package shop;
import org.springframework.web.bind.annotation.*;
@RestController
class Main {
  @GetMapping(\"/loans\") int loans() { return 1; }
  public static void main(String[] args) {}
}
//- kotlin/src/main/kotlin/App.kt
import io.ktor.server.routing.*
fun main() { routing { get(\"/\") { home() } } }
",
        r#"
SERVER lending "GET /loans" @x telemetry.sdk.language=java http.request.method=GET http.route=/loans
SERVER lending "GET" @x telemetry.sdk.language=java http.request.method=GET url.path=/
SERVER tickets "GET" @x telemetry.sdk.language=java http.request.method=GET url.path=/
"#,
        expect![[r#"
            GET /loans: certain java/src/main/java/shop/Main.java:Main.loans [route: handles GET /loans]
            GET: none [noise: spans of lending come from another program]
            GET: likely kotlin/src/main/kotlin/App.kt:main.<anonymous>.<anonymous> [url-path: handles GET /]
        "#]],
    );
}
