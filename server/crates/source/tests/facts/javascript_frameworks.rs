//! JavaScript and TypeScript: Koa, Hono, routes that are files, queues, GraphQL, names that travel.

use expect_test::expect;

use crate::check;

#[test]
fn koa_paths_without_a_slash_names_and_mounts() {
    check(
        r#"//- app.ts
import Router from "koa-router";
import mount from "koa-mount";
import stars from "./stars";
const router = new Router();
const api = new Koa();
router.use("/", stars.routes());
api.use(router.routes());
const app = new Koa();
app.use(mount("/api", api));
//- stars.ts
import Router from "koa-router";
const router = new Router();
router.post("stars.create", auth(), validate(T.Schema), async (ctx) => {});
router.post("stars.list", auth(), list);
router.get("named", "/real", list);
cache.get("stars.list", auth(), list);
async function list(ctx) {}
export default router;
//- express.js
const router = express.Router();
router.get("nothing", list);
function list(req, res) {}
"#,
        &["route"],
        expect![[r#"
            POST /api/stars.create -> stars.ts:<anonymous>
            POST /api/stars.list -> stars.ts:list
            GET /api/real -> stars.ts:list
        "#]],
    );
}

#[test]
fn hono_descriptions_and_methods_of_its_own() {
    check(
        r#"//- app.ts
import { imported } from "./routes";
const app = new OpenAPIHono().basePath("/v1");
app.on(["PUT", "DELETE"], "/post", handler);
app.on("error", handler);
function handler(c) {}
const getPet = createRoute({ method: "get", path: "/pets/{id}", responses: {} });
app.openapi(getPet, async (c) => c.json({}));
app.openapi(imported, (c) => c.json({}));
app.post("/made", ...factory.createHandlers(async (c) => {}));
//- routes.ts
export const imported = createRoute({ method: "delete", path: "/imported/{id}" });
"#,
        &["route"],
        expect![[r#"
            PUT /v1/post -> app.ts:handler
            DELETE /v1/post -> app.ts:handler
            GET /v1/pets/{id} -> app.ts:<anonymous>
            * /v1/imported/{id} -> app.ts:<anonymous>#2
            POST /v1/made -> app.ts:<anonymous>#3
        "#]],
    );
}

#[test]
fn file_routes_of_remix_sveltekit_and_nitro() {
    check(
        "//- app/routes/users.$id.tsx
export async function loader({ params }) {}
export const action = async () => {};
export default function Page() {}
//- src/routes/(app)/blog/+page.server.ts
export const load = async () => {};
export const actions = { default: async () => {} };
//- server/api/users/[id].get.ts
export default defineEventHandler(async (event) => {});
//- server/routes/index.ts
export default (app) => { app.use(x) };
",
        &["route"],
        expect![[r#"
            GET /users/:id -> app/routes/users.$id.tsx:loader
            POST /users/:id -> app/routes/users.$id.tsx:action
            PUT /users/:id -> app/routes/users.$id.tsx:action
            PATCH /users/:id -> app/routes/users.$id.tsx:action
            DELETE /users/:id -> app/routes/users.$id.tsx:action
            GET /blog -> src/routes/(app)/blog/+page.server.ts:load
            POST /blog -> src/routes/(app)/blog/+page.server.ts:actions.default
            GET /api/users/[id] -> server/api/users/[id].get.ts:default
        "#]],
    );
}

#[test]
fn queues_of_several_libraries() {
    check(
        r#"//- a.ts
const consumer = kafka.consumer({ groupId: "g" });
await consumer.subscribe({ topic: Topics.Orders, fromBeginning: true });
await consumer.run({ eachMessage: async ({ message }) => {} });
class Payments {
  async start() {
    await this.consumer.subscribe({ topics: ["payments"] });
    await this.consumer.run({ eachMessage: this.onMessage.bind(this) });
  }
  async onMessage() {}
}
async function both() {
  await twice.subscribe({ topic: "one" });
  await twice.subscribe({ topic: "two" });
  await twice.run({ eachMessage: other });
}
function other() {}
enum Topics { Orders = "orders" }
const jobs = await ch.assertQueue("jobs");
ch.consume(jobs.queue, onJob);
function onJob(message) {}
const mails = new Queue("mails");
mails.process(async (job) => {});
mails.process("one-kind", send);
function send(job) {}
runner.run({ eachMessage: send });
//- b.ts
@Processor("audio")
export class Audio extends WorkerHost {
  async process(job) {}
}
@Processor({ name: "video" })
export class Video {
  @Process() all() {}
}
"#,
        &["consumer"],
        expect![[r#"
            consumer "orders" -> a.ts:eachMessage
            consumer "payments" -> a.ts:Payments.onMessage
            consumer "jobs" -> a.ts:onJob
            consumer "mails" -> a.ts:<anonymous>
            consumer "one-kind" -> a.ts:send
            consumer "audio" -> b.ts:Audio.process
            consumer "video" -> b.ts:Video.all
        "#]],
    );
}

#[test]
fn resolvers_of_decorated_classes_and_builders() {
    check(
        r#"//- a.ts
@Resolver(() => Author)
export class AuthorsResolver {
  @Query((returns) => [Author], { name: "authors" }) async getAuthors() {}
  @Mutation(() => Boolean) async removeAuthor() {}
  @ResolveField("posts", () => [Post]) async getPosts() {}
  @ResolveField() name() {}
}
class Users {
  @ResolveField() orphan() {}
  @GrpcMethod() findAll() {}
}
builder.queryField("books", (t) => t.field({ type: Book, resolve: async () => {} }));
builder.mutationField("add", (t) => t.field({ resolve(parent) {} }));
"#,
        &["rpc"],
        expect![[r#"
            rpc Query/authors -> a.ts:AuthorsResolver.getAuthors
            rpc Mutation/removeAuthor -> a.ts:AuthorsResolver.removeAuthor
            rpc Author/posts -> a.ts:AuthorsResolver.getPosts
            rpc Author/name -> a.ts:AuthorsResolver.name
            rpc Users/findAll -> a.ts:Users.findAll
            rpc Query/books -> a.ts:<anonymous>.resolve
            rpc Mutation/add -> a.ts:<anonymous>.resolve#2
        "#]],
    );
}

#[test]
fn names_of_members_of_enums_and_methods_of_base_classes() {
    check(
        r#"//- a.ts
import { withSpan, Names, Traced } from "./tracing";
export async function one() { return withSpan(Names.One, async () => {}); }
export async function two() { return withSpan(Names.Two, async () => {}); }
class Orders extends Traced {
  load() { return this.startActiveSpan("load", () => {}); }
  save() { return tracer.startActiveSpan(`${Orders.name}.save`, () => {}); }
}
//- tracing.ts
export enum Names { One = "op.one", Two = 2 }
export async function withSpan(name, fn) { return tracer.startActiveSpan(name, fn); }
export class Traced {
  startActiveSpan(name, fn) { return tracer.startActiveSpan(`${this.constructor.name}.${name}`, fn); }
}
"#,
        &["span"],
        expect![[r#"
            span "load" -> a.ts:Orders.load line 5
            span "Orders.save" -> a.ts:Orders.save line 6
            span "op.one" -> a.ts:one line 2
            span "….load" -> a.ts:Orders.load line 5
        "#]],
    );
}

#[test]
fn routes_of_hapi_and_inversify() {
    check(
        r#"//- a.ts
server.route([{ method: 'POST', path: '/p', options: { handler: post } }]);
function post() {}
@controller("/inv") class Inv {
  @httpGet("/") private index() {}
  @httpOnly("/no") private other() {}
}
//- plug.js
module.exports = fp(async function (fastify) { fastify.get('/x', h); async function h() {} })
//- wrapped.js
module.exports = wrap(async function (fastify) { fastify.get('/y', h); async function h() {} })
//- main.js
app.register(require('./plug'), { prefix: '/plug' });
app.register(require('./wrapped'), { prefix: '/wrapped' });
"#,
        &["route"],
        expect![[r#"
            POST /p -> a.ts:post
            GET /inv/ -> a.ts:Inv.index
            GET /x -> plug.js:<anonymous>.h
            GET /wrapped/y -> wrapped.js:default.h
        "#]],
    );
}

#[test]
fn names_in_objects_that_helpers_take() {
    check(
        "//- a.ts
import { instrumented, startSpan, taken, untaken } from './tracing';
export async function one() { return instrumented({ name: 'op.one', kind: 1 }, async () => {}); }
export async function two() { return startSpan(this.tracer, 'op.two', async () => {}); }
export async function three() { return other({ name: 'op.three' }); }
export async function four() { return taken({ name: 'op.four', run: () => {} }); }
export async function five() { return untaken({ name: 'op.five' }); }
//- tracing.ts
export async function instrumented(ctx, callback) { return getTracer(callback.name).startActiveSpan(ctx.name, callback); }
export async function startSpan(tracer, name, fn) { return tracer.startActiveSpan(name, fn); }
export async function other(ctx) { return ctx.name; }
export async function taken({ name: spanName, run }) { return tracer.startActiveSpan(spanName, run); }
export async function untaken({ name, run }) { return tracer.startActiveSpan('untaken', run); }
",
        &["span"],
        expect![[r#"
            span "untaken" -> tracing.ts:untaken line 5
            span "op.one" -> a.ts:one line 2
            span "op.two" -> a.ts:two line 3
            span "op.four" -> a.ts:four line 5
        "#]],
    );
}

#[test]
fn an_address_by_default_is_not_the_one_that_is_used() {
    check(
        "//- a.ts
const SHOP = process.env.SHOP_URL ?? 'http://127.0.0.1:7002';
function one(base) {
  const host = base || 'http://127.0.0.1:7003';
  fetch(`${SHOP}/orders`);
  fetch(`${host}/items`);
}
",
        &["call"],
        expect![[r#"
            Http fetch: GET "…/orders" line 4
            Http fetch: GET "…/items" line 5
        "#]],
    );
}

#[test]
fn names_of_spans_that_may_be_one_or_another() {
    check(
        "//- a.ts
import { withSpan as traced } from './tracing';
function one(x) { return tracer.startActiveSpan(x ? 'one.a' : 'one.b', () => {}); }
function two(name) { const full = name ?? 'two'; return tracer.startActiveSpan(full, () => {}); }
function three() { return traced('three', () => {}); }
function four(a, b) { return tracer.startActiveSpan(a && b, () => {}); }
//- tracing.ts
export function withSpan(name, fn) { return tracer.startActiveSpan(name, fn); }
",
        &["span"],
        expect![[r#"
            span "one.a" -> a.ts:one line 2
            span "one.b" -> a.ts:one line 2
            span "two" -> a.ts:two line 3
            span "three" -> a.ts:three line 4
        "#]],
    );
}
