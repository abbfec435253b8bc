//! JavaScript and TypeScript: Express, Koa, Fastify, NestJS, Next.js, gRPC, spans and calls.

use expect_test::expect;

use crate::check;

#[test]
fn functions_get_their_names_from_where_they_stand() {
    check(
        "//- a.ts
export const login = catchAsync(async (req, res) => {});
const list = async (id: string) => { items.map((item) => item.id); };
exports.remove = function (a, { b }, ...rest) {};
module.exports = (app) => {};
const controller = { show: (req) => {}, deep: { inner() {} } };
class Cart extends Base {
  total = () => 1;
  async add(item = 1) {}
  static of() {}
}
Cart.prototype.clear = function () {};
const timer = setTimeout(() => {}, 5);
const value = items.map((x) => x);
",
        &["function"],
        expect![[r#"
            Function a.ts:login lines 1..1 at 1:14 (req, res)
            Function a.ts:list lines 2..2 at 2:7 (id)
            Closure a.ts:list.<anonymous> lines 2..2 at 2:48 (item)
            Function a.ts:remove lines 3..3 at 3:9 (a, , )
            Function a.ts:default lines 4..4 at 4:18 (app)
            Method a.ts:controller.show lines 5..5 at 5:22 (req)
            Method a.ts:controller.deep.inner lines 5..5 at 5:49 ()
            Method a.ts:Cart.total lines 7..7 at 7:3 ()
            Method a.ts:Cart.add lines 8..8 at 8:9 (item)
            Method a.ts:Cart.of lines 9..9 at 9:10 ()
            Method a.ts:Cart.clear lines 11..11 at 11:16 ()
            Closure a.ts:<anonymous> lines 12..12 at 12:26 ()
            Closure a.ts:<anonymous>#2 lines 13..13 at 13:25 (x)
        "#]],
    );
}

#[test]
fn express_routers_mounted_across_files() {
    check(
        "//- src/app.js
const express = require('express');
const routes = require('./routes');
const { admin } = require('./admin');
const app = express();
app.use(express.json());
app.use('/v1', routes);
app.use('/v2', routes);
app.use('/admin', auth, admin);
app.get('/health', (req, res) => res.send('ok'));
require('./legacy')(app);
app.set('port', 3000);
app.get('port');
//- src/routes/index.js
const router = require('express').Router();
const users = require('./users');
const lists = [
  { path: '/auth', route: require('./auth') },
  { path: '/users', route: users },
];
lists.forEach((item) => { router.use(item.path, item.route); });
module.exports = router;
//- src/routes/users.js
const { userController } = require('../controllers');
const router = express.Router({ mergeParams: true });
router.route('/').get(validate(schema), userController.list).post(auth('x'), userController.create);
router.get('/:id(\\\\d+)', auth, userController.show.bind(userController));
module.exports = router;
//- src/routes/auth.js
const router = express.Router();
router.post('/login', async function login(req, res) {});
module.exports = router;
//- src/controllers/index.js
module.exports.userController = require('./user.controller');
//- src/controllers/user.controller.js
const list = catchAsync(async (req, res) => {});
const create = catchAsync(async (req, res) => {});
const show = (req, res) => {};
module.exports = { list, create, show };
//- src/admin.js
const admin = express.Router();
admin.all('*', (req, res) => {});
exports.admin = admin;
//- src/legacy.js
module.exports = function (server) {
  server.get(['/old', '/older'], old);
};
function old(req, res) {}
",
        &["route"],
        expect![[r#"
            GET /health -> src/app.js:<anonymous>
            POST /v1/users/ -> src/controllers/user.controller.js:create
            POST /v2/users/ -> src/controllers/user.controller.js:create
            GET /v1/users/ -> src/controllers/user.controller.js:list
            GET /v2/users/ -> src/controllers/user.controller.js:list
            GET /v1/users/:id(\d+) -> src/controllers/user.controller.js:show
            GET /v2/users/:id(\d+) -> src/controllers/user.controller.js:show
            POST /v1/auth/login -> src/routes/auth.js:login
            POST /v2/auth/login -> src/routes/auth.js:login
            * /admin/* -> src/admin.js:<anonymous>
            GET /old -> src/legacy.js:old
            GET /older -> src/legacy.js:old
        "#]],
    );
}

#[test]
fn requests_are_no_routes() {
    check(
        "//- a.js
async function load() {
  await axios.get('/users', () => {});
  await client.post('/users', body);
  cache.get('/x', compute);
  map.get('/x');
  request(app).get('/users').expect(200);
}
",
        &["route", "call"],
        expect![[r#"
            Http get: GET "/users" line 2
            Http post: POST "/users" line 3
        "#]],
    );
}

#[test]
fn controllers_as_classes_and_instances() {
    check(
        "//- a.ts
import { UserController } from './user';
const users = new UserController(db);
export class Routes {
  public router = Router();
  constructor(private readonly orders: OrderController) {
    this.router.get('/users', users.list);
    this.router.get('/orders/:id', this.orders.show);
    this.router.get('/own', this.own.bind(this));
  }
  own(req, res) {}
}
app.use('/api', new Routes().router);
class OrderController { show(req, res) {} }
//- user.ts
export class UserController { list = async (req, res) => {}; }
",
        &["route"],
        expect![[r#"
            GET /api/users -> user.ts:UserController.list
            GET /api/orders/:id -> a.ts:OrderController.show
            GET /api/own -> a.ts:Routes.own
        "#]],
    );
}

#[test]
fn fastify_plugins_koa_prefixes_hono_and_hapi() {
    check(
        "//- fast.js
const fastify = require('fastify')();
fastify.register(require('./plugin'), { prefix: '/items' });
fastify.register(async (f) => { f.get('/inner', async function inner() {}); }, { prefix: '/in' });
fastify.route({ method: ['GET', 'HEAD'], url: '/obj', handler: async (req) => {} });
//- plugin.js
module.exports = async function plugin(fastify, options) {
  fastify.get('/:id', { schema }, async function getItem(req) {});
};
//- koa.js
const Router = require('@koa/router');
const users = new Router({ prefix: '/users' });
users.get('/:id', async (ctx) => {});
const root = new Router();
root.use('/api', users.routes(), users.allowedMethods());
app.use(root.routes());
//- hono.ts
const book = new Hono().basePath('/book');
book.get('/:id', (c) => c.text('x'));
const app = new Hono();
app.route('/lib', book);
//- hapi.js
server.route([{ method: 'GET', path: '/h/{id}', handler: show }]);
function show(request, h) {}
",
        &["route"],
        expect![[r#"
            GET /in/inner -> fast.js:<anonymous>.inner
            GET /obj -> fast.js:handler
            HEAD /obj -> fast.js:handler
            GET /items/:id -> plugin.js:plugin.getItem
            GET /api/users/:id -> koa.js:<anonymous>
            GET /lib/book/:id -> hono.ts:<anonymous>
            GET /h/{id} -> hapi.js:show
        "#]],
    );
}

#[test]
fn nest_controllers_under_modules_and_the_global_prefix() {
    check(
        "//- main.ts
import { AppModule } from './app.module';
async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  app.setGlobalPrefix('api');
}
//- app.module.ts
import { CatsModule } from './cats/cats.module';
@Module({ imports: [CatsModule, ConfigModule.forRoot()], controllers: [AppController] })
export class AppModule {}
@Controller()
export class AppController {
  @Get() home() {}
  @UseGuards(AuthGuard)
  @Post(['a', 'b'])
  async many(@Body() body: Dto) {}
}
//- cats/cats.module.ts
import { CatsController } from './cats.controller';
@Module({ controllers: [CatsController] })
export class CatsModule {}
//- cats/cats.controller.ts
@Controller({ path: 'cats', version: '2' })
export class CatsController {
  constructor(private readonly cats: CatsService) {}
  @Get(':id')
  async findOne(@Param('id') id: string) { return this.cats.find(id); }
  @MessagePattern('cat.created')
  onCreated() {}
  @GrpcMethod('CatService')
  findMany() {}
  @Span('load cats')
  load() {}
  @Span()
  save() {}
}
",
        &["route", "consumer", "rpc", "span"],
        expect![[r#"
            GET api -> app.module.ts:AppController.home
            POST api/a -> app.module.ts:AppController.many
            POST api/b -> app.module.ts:AppController.many
            GET api/v2/cats/:id -> cats/cats.controller.ts:CatsController.findOne
            GET api/cats/:id -> cats/cats.controller.ts:CatsController.findOne
            consumer "cat.created" -> cats/cats.controller.ts:CatsController.onCreated
            rpc CatService/findMany -> cats/cats.controller.ts:CatsController.findMany
            span "load cats" -> cats/cats.controller.ts:CatsController.load line 10
            span "CatsController.save" -> cats/cats.controller.ts:CatsController.save line 12
        "#]],
    );
}

#[test]
fn next_routes_are_files() {
    check(
        "//- src/app/api/users/[id]/route.ts
export async function GET(request) {}
export const DELETE = withAuth(async (request) => {});
function helper() {}
//- src/app/(shop)/cart/page.tsx
export default async function CartPage() { return <Cart />; }
//- pages/api/login.ts
const handler = async (req, res) => {};
export default handler;
//- pages/blog/[...slug].tsx
export default function Blog() {}
export async function getServerSideProps() {}
//- src/app/users.ts
export async function GET() {}
",
        &["route"],
        expect![[r#"
            GET /api/users/[id] -> src/app/api/users/[id]/route.ts:GET
            DELETE /api/users/[id] -> src/app/api/users/[id]/route.ts:DELETE
            GET /cart -> src/app/(shop)/cart/page.tsx:CartPage
            * /api/login -> pages/api/login.ts:handler
            GET /blog/[...slug] -> pages/blog/[...slug].tsx:Blog
        "#]],
    );
}

#[test]
fn grpc_services_and_queues() {
    check(
        "//- server.js
function convert(call, callback) {}
class Server {
  static ChargeHandler(call, callback) {}
  load() {
    this.server.addService(proto.PaymentService.service, { charge: Server.ChargeHandler.bind(this) });
  }
}
server.addService(shop.CurrencyService.service, { convert, list(call) {} });
new Worker('emails', async (job) => {});
channel.consume('orders', onOrder);
function onOrder(message) {}
",
        &["rpc", "consumer"],
        expect![[r#"
            rpc PaymentService/charge -> server.js:Server.ChargeHandler
            rpc CurrencyService/convert -> server.js:convert
            rpc CurrencyService/list -> server.js:list
            consumer "emails" -> server.js:<anonymous>
            consumer "orders" -> server.js:onOrder
        "#]],
    );
}

#[test]
fn spans_and_helpers() {
    check(
        "//- span.js
const tracer = trace.getTracer('shop', '1.0');
function withSpan(name, work) {
  return tracer.startActiveSpan(name, async (span) => { await work(span); });
}
module.exports = { withSpan };
//- names.ts
export const SPANS = { LOAD: 'load shelf' } as const;
export enum Other { A = 'a' }
//- app.js
const { withSpan } = require('./span');
const { SPANS } = require('./names');
async function submit(order) {
  return withSpan('submit order', () => withSpan(`order ${order.id}`, send));
}
const load = async () => tracer.startActiveSpan(SPANS.LOAD, { kind: 1 }, async (span) => {});
app.get('/x', (req, res) => {
  tracer.startActiveSpan('in a handler', (span) => {});
});
class Cart {
  add() { return tracer.startSpan('Cart.' + 'add'); }
}
Sentry.startSpan({ name: 'by object', op: 'x' }, () => {});
function go() { Sentry.startSpan({ name: 'by object', op: 'x' }, () => {}); }
",
        &["span"],
        expect![[r#"
            span "in a handler" -> app.js:<anonymous> line 8
            span "Cart.add" -> app.js:Cart.add line 11
            span "by object" -> app.js:<anonymous>#2 line 13
            span "by object" -> app.js:go line 14
            span "load shelf" -> app.js:load line 6
            span "submit order" -> app.js:submit line 4
            span "order …" -> app.js:submit line 4
        "#]],
    );
}

#[test]
fn outgoing_calls_with_their_targets() {
    check(
        "//- a.ts
const BASE = process.env.BASE ?? 'http://x';
async function load(ids: string[]) {
  await fetch(`${BASE}/products/${ids[0]}`);
  await fetch('http://x/items', { method: 'post' });
  await Promise.all(ids.map((id) => axios.get(`http://x/items/${id}`)));
  await axios({ url: '/things', method: 'put' });
  await pool.query('SELECT id FROM item WHERE id = $1', [1]);
  await sql`select ${ids} from t`;
  http.get('http://x/y', () => {});
  producer.send({ topic: 'orders', messages: [] });
  for (const id of ids) await db.query(`delete from item where id = ${id}`);
}
",
        &["call", "loop"],
        expect![[r#"
            Http fetch: GET "…/products/…" line 3
            Http fetch: POST "http://x/items" line 4
            Http get: GET "http://x/items/…" line 5
            Http axios: PUT "/things" line 6
            Sql query: "SELECT id FROM item WHERE id = $1" line 7
            Sql sql: "select … from t" line 8
            Http get: GET "http://x/y" line 9
            Messaging send: "orders" line 10
            Sql query: "delete from item where id = …" line 11
            Http get: GET "http://x/items/…" line 5
            Sql query: "delete from item where id = …" line 11
        "#]],
    );
}

#[test]
fn routers_as_chains_and_wrapped_exports() {
    check(
        "//- routes.ts
import { Router } from 'express';
import users from './users';
const api = Router().use(users).get('/ping', (req, res) => {});
export default Router().use('/api', api);
//- users.ts
import { Router } from 'express';
const router = Router();
router.get('/users', withAuth(list)).post('/users', create);
function list(req, res) {}
async function create(req, res) {}
export default router;
//- app.ts
import routes from './routes';
const app = express();
app.use(routes);
//- pages/api/cart.ts
const handler = async (req, res) => {};
export default withTelemetry(handler);
",
        &["route"],
        expect![[r#"
            GET /api/ping -> routes.ts:<anonymous>
            POST /api/users -> users.ts:create
            GET /api/users -> users.ts:list
            * /api/cart -> pages/api/cart.ts:handler
        "#]],
    );
}

#[test]
fn fastify_loads_folders() {
    check(
        "//- src/app.ts
import autoload from '@fastify/autoload';
export default async function app(fastify) {
  fastify.register(autoload, { dir: path.join(import.meta.dirname, 'routes'), options: { prefix: '/v1' } });
}
//- src/routes/home.ts
const plugin = async (fastify) => { fastify.get('/', async () => {}); };
export default plugin;
//- src/routes/tasks/_id/index.ts
export default async function (fastify) { fastify.get('/notes', async function notes() {}); }
//- src/elsewhere/index.ts
export default async function (fastify) { fastify.get('/notes', async function other() {}); }
",
        &["route"],
        expect![[r#"
            GET /v1/ -> src/routes/home.ts:plugin.<anonymous>
            GET /v1/tasks/:id/notes -> src/routes/tasks/_id/index.ts:default.notes
            GET /notes -> src/elsewhere/index.ts:default.other
        "#]],
    );
}

#[test]
fn names_go_through_barrels_and_to_what_is_wrapped_at_the_top_level() {
    check(
        "//- lib/spans.ts
export function withSpan<T>(name: string, fn: () => T) { return tracer.startActiveSpan(name, fn); }
//- lib/index.ts
export { withSpan as traced } from './spans';
export * from './spans';
//- app.ts
import { traced, withSpan } from './lib';
function a() { traced('renamed', () => 1); }
function b() { withSpan('handed on', () => 1); }
export const loadCart = traced('load cart', async (id: string) => id);
withSpan('boot', boot);
function boot() {}
const direct = tracer.startActiveSpan('direct', (span) => { span.end(); });
",
        &["span"],
        expect![[r#"
            span "direct" -> app.ts:<anonymous>#2 line 7
            span "renamed" -> app.ts:a line 2
            span "handed on" -> app.ts:b line 3
            span "load cart" -> app.ts:<anonymous> line 4
        "#]],
    );
}
