//! Rust: axum, actix-web, Rocket, warp, tonic, spans and calls.

use expect_test::expect;

use crate::check;

#[test]
fn functions_methods_and_closures() {
    check(
        "//- src/a.rs
impl<T> Store for Mem<T> {
    /// Says something.
    #[instrument(skip(self))]
    #[inline]
    fn get(&self, id: u32, mut rest: Vec<u8>, Path(x): Path<u8>) -> Option<u32> {
        let go = |n: u32| n + 1;
        None
    }
}
trait Rule { fn name(&self) -> &str; fn apply(&self) {} }
mod inner { pub async fn run() {} }
#[derive(Debug)]
struct X;
fn plain() {}
",
        &["function"],
        expect![[r#"
            Method src/a.rs:Mem.get lines 3..8 at 5:8 (self, id, rest, )
            Closure src/a.rs:Mem.get.<anonymous> lines 6..6 at 6:18 (n)
            Method src/a.rs:Rule.apply lines 10..10 at 10:41 (self)
            Function src/a.rs:run lines 11..11 at 11:26 ()
            Function src/a.rs:plain lines 14..14 at 14:4 ()
        "#]],
    );
}

#[test]
fn axum_nests_merges_and_methods() {
    check(
        "//- src/main.rs
mod users;
mod admin;
fn app(state: S) -> Router {
    let api = Router::new()
        .nest(\"/users\", users::routes())
        .merge(admin::router())
        .route(\"/both\", get(read).post(crate::users::create).layer(x));
    let mut app = Router::new().nest(\"/api\", api);
    if cfg!(debug_assertions) {
        app = app.route(\"/debug\", any(|| async { \"debug\" }));
    }
    app.with_state(state)
}
async fn read() {}
//- src/users/mod.rs
use super::read;
pub fn routes() -> Router {
    Router::new()
        .route(\"/\", axum::routing::get(list))
        .route(\"/{id}\", get(super::read))
        .nest(\"/deep\", Router::new().route(\"/er\", delete(remove)))
}
async fn list() {}
pub async fn create() {}
async fn remove() {}
//- src/admin.rs
pub fn router() -> Router {
    let router = Router::new();
    router.route(\"/admin\", get(home))
}
async fn home() {}
",
        &["route"],
        expect![[r#"
            POST /api/both -> src/users/mod.rs:create
            GET /api/both -> src/main.rs:read
            * /debug -> src/main.rs:app.<anonymous>
            GET /api/users/{id} -> src/main.rs:read
            GET /api/users/ -> src/users/mod.rs:list
            DELETE /api/users/deep/er -> src/users/mod.rs:remove
            GET /api/admin -> src/admin.rs:home
        "#]],
    );
}

#[test]
fn actix_scopes_services_and_configuration() {
    check(
        "//- src/main.rs
#[get(\"/quote/{n}\")]
async fn quote() {}
#[actix_web::route(\"/two\", method = \"GET\", method = \"PUT\")]
async fn two() {}
async fn fail() {}
async fn index() {}
fn config(cfg: &mut web::ServiceConfig) {
    cfg.service(web::resource(\"/res\").route(web::get().to(index)).route(web::post().to(fail)))
        .service(two);
}
fn main() {
    HttpServer::new(|| {
        App::new().wrap(x).service(
            web::scope(\"/ship\").service(quote).route(\"/fail\", web::get().to(fail)),
        )
        .service(web::scope(\"/v1\").configure(config))
        .route(\"/hey\", web::to(index))
    })
}
",
        &["route"],
        expect![[r#"
            GET /ship/quote/{n} -> src/main.rs:quote
            GET /v1/two -> src/main.rs:two
            PUT /v1/two -> src/main.rs:two
            POST /v1/res -> src/main.rs:fail
            GET /v1/res -> src/main.rs:index
            * /hey -> src/main.rs:index
            GET /ship/fail -> src/main.rs:fail
        "#]],
    );
}

#[test]
fn rocket_mounts_and_warp_filters() {
    check(
        "//- src/rocket.rs
#[get(\"/<id>?<q>\")]
fn show(id: u32, q: String) {}
#[post(\"/\", data = \"<form>\")]
fn add(form: F) {}
#[launch]
fn rocket() -> _ {
    rocket::build().mount(\"/items\", routes![show, add])
}
//- src/filters.rs
fn api() -> impl Filter {
    warp::path!(\"todos\" / u64 / \"done\")
        .and(warp::put())
        .and(with_db())
        .and_then(handlers::done)
}
mod handlers { pub async fn done() {} }
//- src/plain.rs
fn api() { warp::path(\"a\").and(warp::path::param()).and(warp::get()).map(|x| x); }
",
        &["route"],
        expect![[r#"
            GET /items/<id> -> src/rocket.rs:show
            POST /items/ -> src/rocket.rs:add
            PUT /todos/{}/done -> src/filters.rs:done
            GET /a/{} -> src/plain.rs:api.<anonymous>
        "#]],
    );
}

#[test]
fn tonic_services() {
    check(
        "//- src/lib.rs
#[tonic::async_trait]
impl Greeter for MyGreeter {
    async fn say_hello(&self) {}
}
struct MyGreeter;
impl Clone for MyGreeter { fn clone(&self) {} }
",
        &["rpc"],
        expect![[r#"
            rpc Greeter/say_hello -> src/lib.rs:MyGreeter.say_hello
            rpc Greeter/clone -> src/lib.rs:MyGreeter.clone
        "#]],
    );
}

#[test]
fn spans_of_tracing_and_opentelemetry() {
    check(
        "//- src/a.rs
const SPAN: &str = \"by constant\";
#[tracing::instrument]
fn bare() {}
#[instrument(name = \"cart.checkout\", skip_all, fields(n = 1), err)]
async fn checkout() {
    let span = info_span!(parent: None, \"rebuild\", kind = \"bg\");
    let _g = tracing::span!(target: \"x\", Level::INFO, \"with target\").entered();
    items.iter().for_each(|item| { debug_span!(\"each\"); });
    let s = info_span!(\"x\", otel.name = format!(\"rule {}\", name));
    tracer.in_span(\"otel\", |cx| {});
    let t = tracer.start(format!(\"{SPAN} {}\", 1));
    thread.start(\"no tracer\");
}
#[instrument(skip(x), fields(otel.name = \"renamed\"))]
fn fields(x: u8) {}
",
        &["span"],
        expect![[r#"
            span "bare" -> src/a.rs:bare line 2
            span "cart.checkout" -> src/a.rs:checkout line 4
            span "rebuild" -> src/a.rs:checkout line 6
            span "with target" -> src/a.rs:checkout line 7
            span "each" -> src/a.rs:checkout line 8
            span "rule …" -> src/a.rs:checkout line 9
            span "otel" -> src/a.rs:checkout line 10
            span "by constant …" -> src/a.rs:checkout line 11
            span "renamed" -> src/a.rs:fields line 14
        "#]],
    );
}

#[test]
fn outgoing_calls_with_their_targets() {
    check(
        "//- src/a.rs
async fn load(client: &Client, ids: Vec<u32>) {
    client.get(format!(\"{}/items/{id}\", BASE)).send().await;
    reqwest::get(\"http://x/y\").await;
    sqlx::query(\"SELECT id FROM item WHERE id = $1\").bind(1);
    sqlx::query_as!(Item, r#\"select \"a\" from item\"#);
    for id in ids { conn.execute(\"delete from item where id = ?\", &[&id]); }
    map.get(\"key\");
    tokio::join!(one(ids), two());
}
",
        &["call", "loop"],
        expect![[r#"
            Http get: GET "…/items/…" line 2
            Http get: GET "http://x/y" line 3
            Sql query: "SELECT id FROM item WHERE id = $1" line 4
            Sql query_as: "select \"a\" from item" line 5
            Sql execute: "delete from item where id = ?" line 6
            Sql execute: "delete from item where id = ?" line 6
        "#]],
    );
}

#[test]
fn handlers_in_other_crates_and_routes_of_utoipa() {
    check(
        "//- crates/server/src/lib.rs
use shop_api::users::show::show_user;
use actix_web::web::*;
fn config(cfg: &mut ServiceConfig) {
    cfg.service(scope(\"/v1\").service(resource(\"/users\").route(get().to(show_user))));
}
fn app() -> Router {
    let (router, api) = OpenApiRouter::new().routes(routes!(krate::find, list)).split_for_parts();
    router
}
#[utoipa::path(get, path = \"/list\", responses((status = 200)))]
async fn list() {}
mod krate;
//- crates/server/src/krate.rs
#[utoipa::path(method(get, head), path = \"/find/{id}\")]
pub async fn find() {}
//- crates/api/src/users/show.rs
pub async fn show_user() {}
//- crates/mail/src/users/send.rs
pub async fn show_user() {}
",
        &["route"],
        expect![[r#"
            GET /v1/users -> crates/api/src/users/show.rs:show_user
            GET /list -> crates/server/src/lib.rs:list
            GET /find/{id} -> crates/server/src/krate.rs:find
            HEAD /find/{id} -> crates/server/src/krate.rs:find
        "#]],
    );
}
