//! Rust: documented routes, lists of routes, GraphQL types, names of spans that come later or from elsewhere.

use expect_test::expect;

use crate::check;

#[test]
fn methods_as_constants_and_documented_routes() {
    check(
        r#"//- main.rs
pub fn router() -> ApiRouter<S> {
    ApiRouter::new()
        .api_route_with("/app/{id}", post_with(create, create_op).get_with(list, list_op), &tag)
        .route("/on", on(MethodFilter::DELETE, create))
}
async fn create() {}
async fn list() {}
fn create_op() {}
fn list_op() {}
fn config(cfg: &mut web::ServiceConfig) {
    cfg.service(web::resource("/things").route(web::method(Method::PATCH).to(list)).route(web::get().guard(g).to(create)));
}
"#,
        &["route"],
        expect![[r#"
            DELETE /on -> main.rs:create
            GET /app/{id} -> main.rs:list
            POST /app/{id} -> main.rs:create
            GET /things -> main.rs:create
            PATCH /things -> main.rs:list
        "#]],
    );
}

#[test]
fn poem_openapi_and_single_handlers() {
    check(
        r#"//- main.rs
#[handler] fn hello() {}
fn app() { let app = Route::new().at("/only", hello).at("/both", get(hello)); }
struct Api;
#[OpenApi(prefix_path = "/v1")]
impl Api {
    #[oai(path = "/pets/:id", method = "get")]
    async fn pet(&self) {}
    async fn helper(&self) {}
}
"#,
        &["route"],
        expect![[r#"
            GET /both -> main.rs:hello
            * /only -> main.rs:hello
            GET /v1/pets/:id -> main.rs:Api.pet
        "#]],
    );
}

#[test]
fn rocket_lists_that_functions_return() {
    check(
        r#"//- main.rs
mod api;
fn rocket() -> _ {
    rocket::build()
        .mount("/things", routes![one])
        .mount([base, "/api"].concat(), api::routes())
}
#[get("/<id>?<q>")] fn one(id: u32, q: u32) {}
//- api.rs
mod users;
pub fn routes() -> Vec<Route> {
    let mut all_routes = Vec::new();
    let mut list = routes![all];
    list.append(&mut users::routes());
    all_routes.append(&mut list);
    names.append(&mut users::routes());
    all_routes
}
#[get("/list")] fn all() {}
//- api/users.rs
pub fn routes() -> Vec<Route> { routes![drop_user] }
#[delete("/users/<id>")] fn drop_user() {}
"#,
        &["route"],
        expect![[r#"
            GET /things/<id> -> main.rs:one
            GET …/api/list -> api.rs:all
            DELETE …/api/users/<id> -> api/users.rs:drop_user
        "#]],
    );
}

#[test]
fn warp_handles_once_in_a_chain() {
    check(
        r#"//- main.rs
fn one() -> impl Filter { warp::path!("one" / String).and(warp::get()).and(with(x)).then(get_one).and_then(log).map(reply) }
fn two() -> impl Filter { warp::path!("two").map(|| 5).and(warp::put()).and_then(put_two) }
fn three() -> impl Filter { warp::path!("three").and(warp::post()).map(add) }
async fn get_one() {}
async fn put_two() {}
fn add() {}
fn log() {}
fn reply() {}
"#,
        &["route"],
        expect![[r#"
            GET /one/{} -> main.rs:get_one
            PUT /two -> main.rs:put_two
            POST /three -> main.rs:add
        "#]],
    );
}

#[test]
fn graphql_types() {
    check(
        r#"//- main.rs
#[Object] impl Query { async fn all_books(&self) {} }
#[ComplexObject] impl Book { async fn author(&self) {} }
#[Object(name = "Mutation")] impl MutationRoot { async fn add(&self) {} }
#[juniper::graphql_object] impl Human { fn name(&self) {} }
impl Plain { fn other(&self) {} }
"#,
        &["rpc"],
        expect![[r#"
            rpc Query/all_books -> main.rs:Query.all_books
            rpc Book/author -> main.rs:Book.author
            rpc Mutation/add -> main.rs:MutationRoot.add
            rpc Human/name -> main.rs:Human.name
        "#]],
    );
}

#[test]
fn spans_renamed_conditional_and_named_by_constants() {
    check(
        r#"//- main.rs
mod names;
fn a() { let span = info_span!(names::LOAD); let _ = span!(Level::INFO, "level"); }
fn b() { Span::current().record("otel.name", "renamed"); Span::current().record("user", "someone"); }
fn c() { info_span!("req", otel.name = tracing::field::Empty); }
fn d(cx: Context) { cx.span().update_name(format!("order {}", id)); }
#[cfg_attr(feature = "trace", tracing::instrument(name = "conditional", skip(x)))] fn e() {}
#[cfg_attr(test, derive(Debug))] fn f() {}
//- names.rs
pub const LOAD: &str = "load it";
"#,
        &["span"],
        expect![[r#"
            span "level" -> main.rs:a line 2
            span "renamed" -> main.rs:b line 3
            span "req" -> main.rs:c line 4
            span "order …" -> main.rs:d line 5
            span "conditional" -> main.rs:e line 6
            span "load it" -> main.rs:a line 2
        "#]],
    );
}

#[test]
fn routers_that_go_on_under_another_name() {
    check(
        "//- main.rs
mod v1;
fn app() {
    let inner = v1::router(config).with_state::<()>(state);
    let app = Router::new().nest(\"/api\", inner);
}
//- v1.rs
pub fn router(config: Config) -> Router<State> {
    let router = Router::new().route(\"/x\", get(one)).layer(trace);
    if cfg!(debug_assertions) {
        let more = development();
        return router.merge(more);
    }
    router
}
fn development() -> Router<State> { Router::new().route(\"/y\", get(one)) }
async fn one() {}
",
        &["route"],
        expect![[r#"
            GET /api/x -> v1.rs:one
            GET /api/y -> v1.rs:one
        "#]],
    );
}

#[test]
fn a_function_called_like_its_module() {
    check(
        "//- src/main.rs
mod routes;
use crate::routes::{health, login};
fn app() { App::new().route(\"/health\", web::get().to(health)).route(\"/login\", web::post().to(login)); }
//- src/routes/mod.rs
mod health;
mod login;
pub use health::*;
pub use login::*;
//- src/routes/health.rs
pub async fn health() {}
//- src/routes/login/mod.rs
mod post;
pub use post::login;
//- src/routes/login/post.rs
pub async fn login() {}
",
        &["route"],
        expect![[r#"
            POST /login -> src/routes/login/post.rs:login
            GET /health -> src/routes/health.rs:health
        "#]],
    );
}
