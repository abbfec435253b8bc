//! Routes, URL paths, frameworks' own attributes, and requests that nobody handles.

use expect_test::expect;

use crate::support::check;

const FLASK: &str = "//- shop/app.py
from flask import Flask, Blueprint
orders = Blueprint('orders', __name__)
@orders.get('/<int:id>')
def show(id): ...
@orders.post('')
def create(): ...
@orders.route('/any', methods=['GET', 'POST'])
def any(): ...
app = Flask(__name__)
app.register_blueprint(orders, url_prefix='/orders')
";

#[test]
fn method_and_route_name_the_handler() {
    check(
        FLASK,
        r#"
SERVER shop "GET /orders/<int:id>" @opentelemetry.instrumentation.flask http.method=GET http.route=/orders/<int:id>
SERVER shop "POST /orders" @opentelemetry.instrumentation.flask http.method=POST http.route=/orders
SERVER shop "GET /orders" @opentelemetry.instrumentation.flask http.method=GET http.route=/orders
SERVER shop "HEAD /orders/any" @opentelemetry.instrumentation.flask http.method=HEAD http.route=/orders/any
SERVER shop "POST /orders/any" @x
SERVER shop "GET /orders/{id}" @x http.request.method=GET http.route=/orders/{id}
"#,
        expect![[r#"
            GET /orders/<int:id>: certain shop/app.py:show [route: handles GET /orders/<int:id>]
            POST /orders: certain shop/app.py:create [route: handles POST /orders]
            GET /orders: none
            HEAD /orders/any: certain shop/app.py:any [route: handles GET /orders/any]
            POST /orders/any: certain shop/app.py:any [route: handles POST /orders/any]
            GET /orders/{id}: certain shop/app.py:show [route: handles GET /orders/<int:id>]
        "#]],
    );
}

#[test]
fn a_request_without_a_route_was_handled_by_nobody_where_routes_are_always_sent() {
    check(
        FLASK,
        r#"
SERVER shop "GET /orders/new" @opentelemetry.instrumentation.flask http.method=GET http.target=/orders/new http.status_code=404
SERVER shop "GET" @opentelemetry.instrumentation.wsgi http.method=GET http.target=/orders/7
SERVER shop "GET" @opentelemetry.instrumentation.wsgi http.method=GET http.target=/static/a.css
SERVER shop "PUT" @opentelemetry.instrumentation.wsgi http.method=PUT http.target=/orders/7
"#,
        expect![[r#"
            GET /orders/new: none
            GET: likely shop/app.py:show [url-path: handles GET /orders/<int:id>]
            GET: none
            PUT: none
        "#]],
    );
}

#[test]
fn of_several_patterns_the_closest_has_the_path() {
    check(
        "//- a.py
@app.get('/{anything:path}')
def fallback(anything): ...
@app.get('/users/{id}')
def show(id): ...
@app.get('/users/me')
def me(): ...
@app.get('/users/{id}/posts/{post}')
def post(id, post): ...
@app.get('/')
def home(): ...
",
        r#"
SERVER a GET @asgi http.request.method=GET url.path=/users/7
SERVER a GET @asgi http.request.method=GET url.path=/users/me
SERVER a GET @asgi http.request.method=GET url.path=/users/7/posts/8?x=1
SERVER a GET @asgi http.request.method=GET url.path=/
SERVER a GET @asgi http.request.method=GET url.path=/wp-login.php
"#,
        expect![[r#"
            GET: likely a.py:show [url-path: handles GET /users/{id}]
            GET: likely a.py:me [url-path: handles GET /users/me]
            GET: likely a.py:post [url-path: handles GET /users/{id}/posts/{post}]
            GET: likely a.py:home [url-path: handles GET /]
            GET: none
        "#]],
    );
}

#[test]
fn mounts_that_the_framework_does_not_see() {
    check(
        "//- a.py
app = FastAPI()
sub = FastAPI()
app.mount('/internal', sub)
@sub.get('/health')
def health(): ...
@app.get('/health')
def other(): ...
",
        r#"
SERVER a "GET /internal" @opentelemetry.instrumentation.fastapi http.method=GET http.route=/internal http.target=/internal/health
SERVER a "GET /health" @fastapi http.request.method=GET http.route=/health url.path=/internal/health
SERVER a "GET /health" @fastapi http.request.method=GET http.route=/health url.path=/health
INTERNAL a "GET /internal http send" @opentelemetry.instrumentation.fastapi asgi.event.type=http.response.body
"#,
        expect![[r#"
            GET /internal: likely a.py:health [url-path: handles GET /internal/health]
            GET /health: likely a.py:health [route: handles GET /internal/health]
            GET /health: certain a.py:other [route: handles GET /health]
            GET /internal http send: none [noise: the server's own work on one ASGI message]
        "#]],
    );
}

#[test]
fn a_prefix_that_only_the_deployment_knows() {
    check(
        "//- a.js
const express = require('express');
const router = express.Router();
router.get('/users/:id/orders', function list(req, res) {});
router.get('/users', function users(req, res) {});
app.use(process.env.PREFIX + '/v1', router);
",
        r#"
SERVER a "GET /shop/v1/users/:id/orders" @x http.request.method=GET http.route=/shop/v1/users/:id/orders
SERVER a "GET /elsewhere/users" @x http.request.method=GET http.route=/elsewhere/users
SERVER a "GET /users/:id" @x http.request.method=GET http.route=/users/:id
"#,
        expect![[r#"
            GET /shop/v1/users/:id/orders: likely a.js:list [route: handles GET /v1/users/:id/orders]
            GET /elsewhere/users: none
            GET /users/:id: none
        "#]],
    );
}

#[test]
fn express_requests_that_end_in_a_middleware() {
    check(
        "//- a.js
const express = require('express');
const admin = express.Router();
admin.get('/reports/:period', function report(req, res) {});
const app = express();
app.use('/admin', staffOnly, admin);
function staffOnly(req, res, next) {}
",
        r#"
SERVER a "GET /admin/reports/:period" @@opentelemetry/instrumentation-http http.request.method=GET http.route=/admin/reports/:period
SERVER a "GET /admin" @@opentelemetry/instrumentation-http http.request.method=GET http.route=/admin url.path=/admin/reports/day
SERVER a GET @@opentelemetry/instrumentation-http http.request.method=GET url.path=/admin/reports/day
SERVER unrouted GET @@opentelemetry/instrumentation-http http.request.method=GET url.path=/admin/reports/day
INTERNAL a "middleware - staffOnly" @@opentelemetry/instrumentation-express express.type=middleware express.name=staffOnly
INTERNAL a "middleware - jsonParser" @@opentelemetry/instrumentation-express express.type=middleware express.name=jsonParser
INTERNAL a "middleware - patched" @@opentelemetry/instrumentation-router router.type=middleware router.name=patched
INTERNAL a "router - /admin" @@opentelemetry/instrumentation-express express.type=router express.name=/admin http.route=/admin
INTERNAL a "request handler - /admin/reports/:period" @@opentelemetry/instrumentation-router router.type=request_handler router.name=report http.route=/admin/reports/:period
"#,
        expect![[r#"
            GET /admin/reports/:period: certain a.js:report [route: handles GET /admin/reports/:period]
            GET /admin: none
            GET: none [noise: requests of a carry their routes when a handler runs]
            GET: likely a.js:report [url-path: handles GET /admin/reports/:period]
            middleware - staffOnly: certain a.js:staffOnly [framework: named by the framework's instrumentation]
            middleware - jsonParser: none [noise: jsonParser is no function of the workspace]
            middleware - patched: none [noise: patched is no function of the workspace]
            router - /admin: none [noise: a router passing the request on]
            request handler - /admin/reports/:period: certain a.js:report [framework: named by the framework's instrumentation]
        "#]],
    );
}

#[test]
fn a_layer_without_a_name_has_its_requests_method() {
    check(
        "//- a.js
const express = require('express');
const users = express.Router();
users.get('/:id', wrap(async (req, res) => {}));
users.delete('/:id', wrap(async (req, res) => {}));
app.use('/users', users);
",
        r#"
SERVER a "DELETE /users/:id" @@opentelemetry/instrumentation-http http.request.method=DELETE http.route=/users/:id
 INTERNAL a "request handler - /users/:id" @@opentelemetry/instrumentation-router router.type=request_handler router.name=<anonymous> http.route=/users/:id
INTERNAL a "request handler - /users/:id" @@opentelemetry/instrumentation-router router.type=request_handler router.name=<anonymous> http.route=/users/:id
"#,
        expect![[r#"
            DELETE /users/:id: certain a.js:<anonymous>#2 [route: handles DELETE /users/:id]
            request handler - /users/:id: likely a.js:<anonymous>#2 [framework: handles DELETE /users/:id]
            request handler - /users/:id: possible a.js:<anonymous> | a.js:<anonymous>#2 [framework: handles any method of /users/:id]
        "#]],
    );
}

#[test]
fn nest_names_class_and_method_unless_a_bundler_renamed_them() {
    check(
        "//- cats.ts
import { Controller } from '@nestjs/common';
@Controller('cats')
export class CatsController {
  @Get(':id') findOne() {}
  canActivate() {}
}
//- dogs.ts
@Controller('dogs')
export class DogsController {
  @Get(':id') findOne() {}
}
//- service.ts
export class Service { findOne() {} }
",
        r#"
INTERNAL a CatsController.findOne @@opentelemetry/instrumentation-nestjs-core nestjs.type=request_context nestjs.controller=CatsController nestjs.callback=findOne
INTERNAL a n.findOne @@opentelemetry/instrumentation-nestjs-core nestjs.type=request_context nestjs.controller=n nestjs.callback=findOne http.route=/dogs/:id http.request.method=GET
INTERNAL a findOne @@opentelemetry/instrumentation-nestjs-core nestjs.type=handler nestjs.callback=findOne
INTERNAL a "Create Nest App" @@opentelemetry/instrumentation-nestjs-core nestjs.type=app_creation
"#,
        expect![[r#"
            CatsController.findOne: certain cats.ts:CatsController.findOne [framework: named by the framework's instrumentation]
            n.findOne: certain dogs.ts:DogsController.findOne [framework: a handler called findOne]
            findOne: possible cats.ts:CatsController.findOne | dogs.ts:DogsController.findOne [framework: a handler called findOne]
            Create Nest App: none [noise: NestJS's own work: app_creation]
        "#]],
    );
}

#[test]
fn next_runs_pages_and_handlers_and_much_of_its_own() {
    check(
        "//- app/items/[id]/page.tsx
export async function generateMetadata() {}
export default function ItemPage() {}
//- app/api/items/route.ts
export async function GET() {}
export async function POST() {}
",
        r#"
SERVER a "GET /items/[id]" @next.js next.span_type=BaseServer.handleRequest http.method=GET next.route=/items/[id]
INTERNAL a "render route (app) /items/[id]" @next.js next.span_type=AppRender.getBodyResult next.route=/items/[id]
INTERNAL a "generateMetadata /items/[id]/page" @next.js next.span_type=ResolveMetadata.generateMetadata next.page=/items/[id]/page
INTERNAL a "resolve page components" @next.js next.span_type=NextNodeServer.findPageComponents next.route=/items/[id]
SERVER a "POST /api/items" @next.js next.span_type=BaseServer.handleRequest http.method=POST http.route=/api/items
 INTERNAL a "executing api route (app) /api/items" @next.js next.span_type=AppRouteRouteHandlers.runHandler next.route=/api/items
SERVER a "PUT /api/items" @next.js next.span_type=BaseServer.handleRequest http.method=PUT http.route=/api/items
"#,
        expect![[r#"
            GET /items/[id]: certain app/items/[id]/page.tsx:ItemPage [route: handles GET /items/[id]]
            render route (app) /items/[id]: certain app/items/[id]/page.tsx:ItemPage [framework: the file's path says the route /items/[id]]
            generateMetadata /items/[id]/page: certain app/items/[id]/page.tsx:generateMetadata [framework: the file's path says the route /items/[id]]
            resolve page components: none [noise: Next.js's own work: NextNodeServer.findPageComponents]
            POST /api/items: certain app/api/items/route.ts:POST [route: handles POST /api/items]
            executing api route (app) /api/items: certain app/api/items/route.ts:POST [framework: the file's path says the route /api/items]
            PUT /api/items: none
        "#]],
    );
}

#[test]
fn the_middleware_of_a_next_application() {
    check(
        "//- src/middleware.ts
export function middleware(request) {}
//- src/lib/other.ts
export function middleware(request) {}
",
        r#"INTERNAL a "middleware GET" @next.js next.span_type=Middleware.execute next.span_name="middleware GET""#,
        expect![[r#"
            middleware GET: likely src/middleware.ts:middleware [framework: the file is the program's middleware]
        "#]],
    );
}

#[test]
fn a_refused_request_may_have_ended_before_its_handler() {
    check(
        "//- main.go
package main
import \"net/http\"
func main() {
	mux := http.NewServeMux()
	mux.Handle(\"GET /reports/{id}\", clerksOnly(http.HandlerFunc(report)))
	mux.Handle(\"/rolls\", otelhttp.NewHandler(http.HandlerFunc(roll), \"Roll\"))
	http.ListenAndServe(\":1\", otelhttp.NewHandler(mux, \"server\"))
}
func clerksOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r) })
}
func report(w http.ResponseWriter, r *http.Request) {}
func roll(w http.ResponseWriter, r *http.Request) {}
",
        r#"
SERVER a GET @go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp http.request.method=GET url.path=/reports/7 http.response.status_code=200
SERVER a GET @go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp http.request.method=GET url.path=/reports/7 http.response.status_code=403
SERVER a "GET /reports/{id}" @go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp http.request.method=GET url.path=/reports/7 http.response.status_code=403
SERVER a Roll @go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp http.request.method=GET
SERVER a server @go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp http.request.method=GET
"#,
        expect![[r#"
            GET: likely main.go:report [url-path: handles GET /reports/{id}]
            GET: possible main.go:report [url-path: handles GET /reports/{id}]
            GET /reports/{id}: certain main.go:report [route: handles GET /reports/{id}]
            Roll: likely main.go:roll [rpc: requests that it handles are called Roll]
            server: none
        "#]],
    );
}

#[test]
fn a_version_that_only_a_setting_tells() {
    check(
        "//- cats.ts
import { Controller, Get } from '@nestjs/common';
@Controller('cats')
export class CatsController {
  @Get(':id') findOne() {}
}
//- dogs.ts
const router = express.Router();
router.get('/dogs/:id', (req, res) => {});
",
        "
SERVER a x @x http.request.method=GET http.route=/v1/cats/:id url.path=/v1/cats/7
SERVER a x @x http.request.method=GET http.route=/beta/cats/:id url.path=/beta/cats/7
SERVER a x @x http.request.method=GET http.route=/v1/dogs/:id
",
        expect![[r#"
            x: likely cats.ts:CatsController.findOne [route: handles GET cats/:id]
            x: possible cats.ts:CatsController.findOne [route: handles GET cats/:id]
            x: possible dogs.ts:<anonymous> [route: handles GET /dogs/:id]
        "#]],
    );
}

#[test]
fn a_layer_of_koa_by_the_inner_path() {
    check(
        "//- app.ts
import Router from 'koa-router';
const stars = new Router();
stars.post('stars.create', auth(), async (ctx) => {});
const api = new Router({ prefix: '/api' });
api.use('/', stars.routes());
",
        "
INTERNAL a x @x koa.type=router koa.name=stars.create http.route=stars.create
INTERNAL a x @x koa.type=middleware koa.name=stars.create http.route=stars.create
",
        expect![[r#"
            x: likely app.ts:<anonymous> [framework: handles any method of stars.create]
            x: none [noise: stars.create is no function of the workspace]
        "#]],
    );
}

#[test]
fn handlers_that_a_class_inherits() {
    check(
        "//- base.py
class Base(tornado.web.RequestHandler):
    def options(self): pass
    def get(self): pass
//- users.py
from base import Base
class Users(Base):
    def get(self): pass
class Other:
    def get(self): pass
",
        "
SERVER a x @opentelemetry.instrumentation.tornado http.method=OPTIONS http.target=/u tornado.handler=app.users.Users
SERVER a x @opentelemetry.instrumentation.tornado http.method=GET http.target=/u tornado.handler=app.users.Users
SERVER a x @opentelemetry.instrumentation.tornado http.method=OPTIONS http.target=/o tornado.handler=app.users.Other
",
        expect![[r#"
            x: certain base.py:Base.options [framework: Users inherits it]
            x: certain users.py:Users.get [framework: named by the framework's instrumentation]
            x: none
        "#]],
    );
}

#[test]
fn a_handler_whose_name_is_sent_as_the_route() {
    check(
        "//- app.py
from litestar import Controller, get
class Users(Controller):
    path = '/users'
    @get('/{user_id:int}')
    async def show(self): ...
class Teams(Controller):
    path = '/teams'
    @get('/{team_id:int}')
    async def show(self): ...
def helper(): ...
",
        "
SERVER a Users.show @opentelemetry.instrumentation.asgi http.method=GET http.route=Users.show http.target=/users/7
SERVER a show @opentelemetry.instrumentation.asgi http.method=GET http.route=show http.target=/teams/7
SERVER a helper @opentelemetry.instrumentation.asgi http.method=GET http.route=helper http.target=/helper
SERVER a Users.show @other http.method=GET http.route=Users.show
",
        expect![[r#"
            Users.show: certain app.py:Users.show [framework: a handler called show]
            show: certain app.py:Teams.show [framework: a handler called show]
            helper: none
            Users.show: none
        "#]],
    );
}

#[test]
fn what_ends_with_the_path_is_closer_than_what_takes_more() {
    check(
        "//- main.go
package main
import \"net/http\"
func main() {
	http.HandleFunc(\"/files\", list)
	http.HandleFunc(\"/files/\", show)
}
func list(w http.ResponseWriter, r *http.Request) {}
func show(w http.ResponseWriter, r *http.Request) {}
//- main_test.go
package main
func TestFiles(t *testing.T) {
	http.HandleFunc(\"/files/a/b\", func(w http.ResponseWriter, r *http.Request) {})
}
",
        r#"
SERVER a GET @x http.request.method=GET url.path=/files
SERVER a GET @x http.request.method=GET url.path=/files/a/b
"#,
        expect![[r#"
            GET: likely main.go:list [url-path: handles any method of /files]
            GET: likely main.go:show [url-path: handles any method of /files/{rest...}]
        "#]],
    );
}

#[test]
fn a_context_path_that_settings_tell_may_stand_before_a_route_or_not() {
    check(
        "//- a/src/main/resources/application.yml
server.servlet.context-path: /shop
//- a/src/main/java/shop/Carts.java
package shop;
import org.springframework.web.bind.annotation.*;
@RestController
class Carts { @GetMapping(\"/{id}/cart\") String one() { return \"\"; } }
",
        r#"
SERVER a "GET /shop/{id}/cart" @x http.request.method=GET http.route=/shop/{id}/cart
SERVER a "GET /{id}/cart" @x http.request.method=GET http.route=/{id}/cart
SERVER a "GET" @x http.request.method=GET url.path=/shop/7/cart
SERVER a "GET" @x http.request.method=GET url.path=/7/cart
SERVER a "GET /cart" @x http.request.method=GET http.route=/cart
"#,
        expect![[r#"
            GET /shop/{id}/cart: certain a/src/main/java/shop/Carts.java:Carts.one [route: handles GET /shop/{id}/cart]
            GET /{id}/cart: likely a/src/main/java/shop/Carts.java:Carts.one [route: handles GET /shop/{id}/cart]
            GET: likely a/src/main/java/shop/Carts.java:Carts.one [url-path: handles GET /shop/{id}/cart]
            GET: none
            GET /cart: none
        "#]],
    );
}

#[test]
fn what_ktor_says_of_a_route_beside_its_path_is_no_part_of_it() {
    check(
        "//- src/main/kotlin/App.kt
import io.ktor.resources.*
import io.ktor.server.application.*
import io.ktor.server.resources.*
import io.ktor.server.routing.*
@Resource(\"/plays\")
class Plays(val sort: String? = \"new\") {
    @Resource(\"{id}\")
    class Id(val parent: Plays = Plays(), val id: Long)
}
fun Application.module() {
    routing {
        get<Plays> { all() }
        get<Plays.Id> { one(it) }
        authenticate(\"staff\") { get(\"/staff/{id}\") { staff() } }
    }
}
",
        r#"
SERVER tickets "GET /plays/[sort?]" @io.opentelemetry.ktor-3.0 http.request.method=GET "http.route=/plays/[sort?]"
SERVER tickets "GET /plays/{id}/[sort?]" @io.opentelemetry.ktor-3.0 http.request.method=GET "http.route=/plays/{id}/[sort?]"
SERVER tickets "GET /(authenticate staff)/staff/{id}" @io.opentelemetry.ktor-3.0 http.request.method=GET "http.route=/(authenticate staff)/staff/{id}"
SERVER tickets "GET /plays" @io.opentelemetry.ktor-3.0 http.request.method=GET http.route=/plays
"#,
        expect![[r#"
            GET /plays/[sort?]: certain src/main/kotlin/App.kt:module.<anonymous>.<anonymous> [route: handles GET /plays]
            GET /plays/{id}/[sort?]: certain src/main/kotlin/App.kt:module.<anonymous>.<anonymous>#2 [route: handles GET /plays/{id}]
            GET /(authenticate staff)/staff/{id}: certain src/main/kotlin/App.kt:module.<anonymous>.<anonymous>.<anonymous> [route: handles GET /staff/{id}]
            GET /plays: certain src/main/kotlin/App.kt:module.<anonymous>.<anonymous> [route: handles GET /plays]
        "#]],
    );
}
