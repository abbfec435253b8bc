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
