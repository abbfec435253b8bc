//! `code.*`: trusted inside of the workspace, and nowhere else.

use expect_test::expect;

use crate::support::check;

const RUST: &str = "//- services/shop/src/cart.rs
/// Documentation.
#[instrument(skip(self))]
#[inline]
pub fn total() {
    let go = || { info_span!(\"step\"); };
}
impl Store for Mem {
    #[instrument]
    fn get() {}
}
impl Store for Disk {
    #[instrument]
    fn get() {}
}
//- services/shop/src/middleware.rs
pub fn trace_request() {
    span!(Level::INFO, \"request\");
}
//- services/shop/src/web.rs
fn app() -> Router { Router::new().route(\"/items/{id}\", get(show)) }
async fn show() {}
//- services/mail/src/cart.rs
fn other() {}
";

#[test]
fn the_line_of_an_attribute_is_its_functions() {
    check(
        RUST,
        r#"
INTERNAL shop total @shop code.file.path=shop/src/cart.rs code.line.number=2 code.module.name=shop::cart
INTERNAL shop step @shop code.file.path=shop/src/cart.rs code.line.number=5
INTERNAL shop get @shop code.file.path=shop/src/cart.rs code.line.number=8
INTERNAL shop get @shop code.file.path=shop/src/cart.rs code.line.number=12
INTERNAL shop total @shop code.filepath=/build/shop/src/cart.rs code.lineno=2
INTERNAL shop total @shop code.file.path=src/cart.rs code.line.number=2 code.module.name=shop::cart
INTERNAL shop gone @shop code.file.path=shop/src/cart.rs code.line.number=900
"#,
        expect![[r#"
            total: certain services/shop/src/cart.rs:total [code-attributes: code.* names services/shop/src/cart.rs:2]
            step: certain services/shop/src/cart.rs:total at line 5 [code-attributes: code.* names services/shop/src/cart.rs:5]
            get: certain services/shop/src/cart.rs:Mem.get [code-attributes: code.* names services/shop/src/cart.rs:8]
            get: certain services/shop/src/cart.rs:Disk.get [code-attributes: code.* names services/shop/src/cart.rs:12]
            total: certain services/shop/src/cart.rs:total [code-attributes: code.* names services/shop/src/cart.rs:2]
            total: certain services/shop/src/cart.rs:total [code-attributes: code.* names services/shop/src/cart.rs:2]
            gone: none
        "#]],
    );
}

#[test]
fn a_middleware_made_the_span_but_the_route_says_who_handled_it() {
    check(
        RUST,
        r#"
SERVER shop "GET /items/{id}" @shop code.file.path=/home/u/.cargo/registry/src/index/axum-otel-0.4/src/server.rs code.line.number=16 http.request.method=GET http.route=/items/{id}
SERVER shop request @shop code.file.path=shop/src/middleware.rs code.line.number=2 http.request.method=GET http.route=/items/{id}
SERVER shop GET @shop code.file.path=shop/src/middleware.rs code.line.number=2 http.request.method=GET http.route= url.path=/missing
INTERNAL shop work @shop code.file.path=/usr/lib/python3/site-packages/lib/cart.rs code.line.number=2
INTERNAL shop work @shop code.file.path=../../etc/../passwd code.line.number=2
"#,
        expect![[r#"
            GET /items/{id}: certain services/shop/src/web.rs:show [route: handles GET /items/{id}]
            request: certain services/shop/src/web.rs:show [route: handles GET /items/{id}]
            GET: none
            work: none
            work: none
        "#]],
    );
}

#[test]
fn qualified_names_without_a_file() {
    check(
        "//- backend/app/api/items.py
def read(): ...
def create_app():
    def health(): ...
class Cart:
    def total(self): ...
//- backend/app/api/users.py
def read(): ...
//- backend/app/other.py
class Cart:
    def total(self): ...
",
        r#"
INTERNAL a fastapi.endpoint @fastapi code.function.name=app.api.items.read
INTERNAL a fastapi.endpoint @fastapi code.function.name=app.api.items.create_app.<locals>.health
INTERNAL a x @y code.function=total code.namespace=app.api.items.Cart
INTERNAL a x @y code.function=total code.namespace=Cart
INTERNAL a x @y code.function.name=otherlib.api.read
INTERNAL a x @y code.function.name=read
INTERNAL a x @y code.function.name=missing.function
"#,
        expect![[r#"
            fastapi.endpoint: certain backend/app/api/items.py:read [code-attributes: code.* names read in backend/app/api/items.py]
            fastapi.endpoint: certain backend/app/api/items.py:create_app.health [code-attributes: code.* names create_app.health in backend/app/api/items.py]
            x: certain backend/app/api/items.py:Cart.total [code-attributes: code.* names Cart.total in backend/app/api/items.py]
            x: possible backend/app/api/items.py:Cart.total | backend/app/other.py:Cart.total [code-attributes: code.* names Cart.total in backend/app/api/items.py]
            x: none
            x: possible backend/app/api/items.py:read | backend/app/api/users.py:read [code-attributes: code.* names read in backend/app/api/items.py]
            x: none
        "#]],
    );
}

#[test]
fn name_and_line_together_survive_edits() {
    check(
        "//- svc/app.py
import logfire
import more

@logfire.instrument('price {qty=}')
def price(qty):
    with logfire.span('apply {qty}', qty=qty):
        pass

class Worker:
    def run(self):
        logfire.info('x')
class Other:
    def run(self): ...
//- other/app.py
def nothing(): ...
",
        r#"
INTERNAL a "price {qty=}" @logfire code.filepath=app.py code.function=price code.lineno=4
INTERNAL a "apply {qty}" @logfire code.filepath=app.py code.function=price code.lineno=6
INTERNAL a y @logfire code.filepath=app.py code.function=Worker.run code.lineno=11
INTERNAL a y @logfire code.filepath=/srv/svc/app.py code.function=Other.run code.lineno=90
INTERNAL a y @logfire code.filepath=/srv/lib/app.py code.function=Other.run code.lineno=90
INTERNAL a y @logfire code.filepath=app.py code.function=gone code.lineno=6
"#,
        expect![[r#"
            price {qty=}: certain svc/app.py:price [code-attributes: code.* names svc/app.py:4]
            apply {qty}: certain svc/app.py:price at line 6 [code-attributes: code.* names svc/app.py:6]
            y: certain svc/app.py:Worker.run at line 11 [code-attributes: code.* names svc/app.py:11]
            y: certain svc/app.py:Other.run [code-attributes: code.* names svc/app.py:90]
            y: none
            y: none
        "#]],
    );
}

#[test]
fn names_that_compilers_make() {
    check(
        "//- cmd/shop/main.go
package main
func run() {}
//- internal/cart/cart.go
package cart
type Cart[T any] struct{}
func (c *Cart[T]) Add() {}
func Total() int { return 0 }
//- internal/other/cart.go
package other
type Cart struct{}
func (c *Cart) Add() {}
//- src/main/java/com/shop/Desk.java
package com.shop;
class Desk { void open() {} static class Drawer { void pull() {} } }
//- desks/Shelf.java
package com.shop.desks;
class Shelf { void clear() {} }
//- src/main/kotlin/com/shop/Labels.kt
package com.shop
fun label() {}
class Printer(val ink: Int) {
    companion object {
        fun make() {}
    }
}
",
        r#"
INTERNAL a x @y telemetry.sdk.language=go code.function.name=main.run.func1
INTERNAL a x @y telemetry.sdk.language=go "code.function.name=example.com/shop/internal/cart.(*Cart[...]).Add.func1.2"
INTERNAL a x @y telemetry.sdk.language=go code.function.name=example.com/shop/internal/cart.Total-fm
INTERNAL a x @y telemetry.sdk.language=go code.function.name=example.com/lib/basket.Total
INTERNAL a x @y telemetry.sdk.language=java code.function.name=com.shop.Desk.lambda$open$0
INTERNAL a x @y telemetry.sdk.language=java code.function=pull code.namespace=com.shop.Desk$Drawer
INTERNAL a x @y telemetry.sdk.language=java code.function=open code.namespace=com.shop.Desk$$SpringCGLIB$$0
INTERNAL a x @y telemetry.sdk.language=java code.function.name=com.shop.Desk.open code.namespace=com.shop.Desk
INTERNAL a x @y telemetry.sdk.language=java code.function=open code.namespace=org.lib.Desk
INTERNAL a x @y telemetry.sdk.language=java code.function=clear code.namespace=com.shop.desks.Shelf
INTERNAL a x @y telemetry.sdk.language=java code.function=open code.namespace=Desk
INTERNAL a x @y telemetry.sdk.language=java code.function.name=com.shop.LabelsKt.label
INTERNAL a x @y telemetry.sdk.language=java code.function.name=com.shop.Printer$Companion.make
INTERNAL a x @y telemetry.sdk.language=java code.function.name=com.shop.LabelsKt$label$1.invokeSuspend
"#,
        expect![[r#"
            x: certain cmd/shop/main.go:run [code-attributes: code.* names run in cmd/shop/main.go]
            x: likely internal/cart/cart.go:Cart.Add [code-attributes: code.* names Cart.Add in internal/cart/cart.go]
            x: likely internal/cart/cart.go:Total [code-attributes: code.* names Total in internal/cart/cart.go]
            x: none
            x: certain src/main/java/com/shop/Desk.java:Desk.open [code-attributes: code.* names Desk.open in src/main/java/com/shop/Desk.java]
            x: certain src/main/java/com/shop/Desk.java:Desk.Drawer.pull [code-attributes: code.* names Desk.Drawer.pull in src/main/java/com/shop/Desk.java]
            x: certain src/main/java/com/shop/Desk.java:Desk.open [code-attributes: code.* names Desk.open in src/main/java/com/shop/Desk.java]
            x: certain src/main/java/com/shop/Desk.java:Desk.open [code-attributes: code.* names Desk.open in src/main/java/com/shop/Desk.java]
            x: none
            x: likely desks/Shelf.java:Shelf.clear [code-attributes: code.* names Shelf.clear in desks/Shelf.java]
            x: certain src/main/java/com/shop/Desk.java:Desk.open [code-attributes: code.* names Desk.open in src/main/java/com/shop/Desk.java]
            x: certain src/main/kotlin/com/shop/Labels.kt:label [code-attributes: code.* names label in src/main/kotlin/com/shop/Labels.kt]
            x: certain src/main/kotlin/com/shop/Labels.kt:Printer.make [code-attributes: code.* names Printer.make in src/main/kotlin/com/shop/Labels.kt]
            x: certain src/main/kotlin/com/shop/Labels.kt:label [code-attributes: code.* names label in src/main/kotlin/com/shop/Labels.kt]
        "#]],
    );
}
