//! Kotlin: functions, Ktor's routes, spans, gRPC and calls.

use expect_test::expect;

use crate::check;

#[test]
fn functions_methods_objects_and_lambdas() {
    check(
        "//- src/Shop.kt
package shop

class Shop(private val size: Int) : Base(), Runnable {
    @Deprecated(\"no\")
    override suspend fun <R> find(id: Int, rest: String = \"a\"): List<R> = rows.map { row -> row.id }
    companion object {
        fun open() = Shop(1)
    }
    object Ledger { fun note() {} }
}

fun String.twice() = this + this
",
        &["function"],
        expect![[r#"
            Method src/Shop.kt:Shop.find lines 4..5 at 5:30 (id, rest)
            Closure src/Shop.kt:Shop.find.<anonymous> lines 5..5 at 5:84 (row)
            Method src/Shop.kt:Shop.open lines 7..7 at 7:13 ()
            Method src/Shop.kt:Shop.Ledger.note lines 9..9 at 9:25 ()
            Function src/Shop.kt:twice lines 12..12 at 12:12 ()
        "#]],
    );
}

#[test]
fn ktor_routes_in_functions_of_their_own() {
    check(
        "//- src/shop/Main.kt
package shop

fun Application.shop() {
    routing {
        get(\"/\") { call.respondText(cache.get(\"x\")) }
        route(\"/api\") {
            authenticate(\"basic\") {
                carts(store)
                delete(\"all\") { list.get(0) }
            }
        }
        unknown { get(\"/silent\") {} }
    }
}
fun elsewhere() { get(\"/no-route\") {} }
//- src/shop/Routes.kt
package shop

fun Route.carts(store: Store) = route(\"/carts/{id}\") {
    get { call.respond(store) }
    post(\"/items\") { call.respond(store) }
}
",
        &["route"],
        expect![[r#"
            GET / -> src/shop/Main.kt:shop.<anonymous>.<anonymous>
            DELETE /api/all -> src/shop/Main.kt:shop.<anonymous>.<anonymous>.<anonymous>.<anonymous>
            GET /api/carts/{id} -> src/shop/Routes.kt:carts.<anonymous>.<anonymous>
            POST /api/carts/{id}/items -> src/shop/Routes.kt:carts.<anonymous>.<anonymous>#2
        "#]],
    );
}

#[test]
fn span_names_from_annotations_templates_and_helpers() {
    check(
        "//- src/Desk.kt
package shop

class Desk {
    private val tracer = GlobalOpenTelemetry.getTracer(\"shop.desk\")
    private var changing = \"not fixed\"

    @WithSpan
    suspend fun all() {}

    @WithSpan(\"find it\")
    internal fun find() {}

    fun byHand(id: String) {
        tracer.spanBuilder(\"load $id of ${id.length}\").startSpan()
        tracer.spanBuilder(changing).startSpan()
    }

    fun lend() = tracer.traced(LEND) { tracer.traced(\"inner\") {} }

    companion object {
        private const val LEND = \"lend book\"
    }
}

private fun <T> Tracer.traced(name: String, step: () -> T): T {
    spanBuilder(name).startSpan()
    return step()
}
",
        &["span"],
        expect![[r#"
            span "Desk.all" -> src/Desk.kt:Desk.all line 8
            span "find it" -> src/Desk.kt:Desk.find line 11
            span "load … of …" of shop.desk -> src/Desk.kt:Desk.byHand line 14
            span "lend book" -> src/Desk.kt:Desk.lend line 18
            span "inner" -> src/Desk.kt:Desk.lend line 18
        "#]],
    );
}

#[test]
fn grpc_services_and_outgoing_calls() {
    check(
        "//- src/Server.kt
package shop

class Ads : AdServiceGrpcKt.AdServiceCoroutineImplBase() {
    override suspend fun getAds(request: AdRequest): AdResponse {
        for (id in ids) { client.get(\"https://stock/items/$id\") }
        jdbc.query(\"SELECT id FROM ads\", row)
        return map.get(\"/a\")
    }
}
",
        &["rpc", "call", "loop"],
        expect![[r#"
            rpc AdService/getAds -> src/Server.kt:Ads.getAds
            Http get: GET "https://stock/items/…" line 5
            Sql query: "SELECT id FROM ads" line 6
            Http get: GET "https://stock/items/…" line 5
        "#]],
    );
}

#[test]
fn annotated_controllers_listeners_and_clients() {
    check(
        "//- src/main/kotlin/shop/web/Users.kt
package shop.web
import org.springframework.web.bind.annotation.*
import shop.Paths
@RestController
@RequestMapping(path = [\"/users\", Paths.OLD + \"/users\"])
class Users(private val store: Store) : Api {
    @GetMapping fun all() = store.all()
    @GetMapping(\"/{id}\") suspend fun one(@PathVariable id: Int): User? = null
    @RequestMapping(value = [\"/find\"], method = [RequestMethod.GET, RequestMethod.POST])
    fun find() {}
    @PutMapping(\"\\${users.path}\") fun configured() {}
    override fun described(): String = \"\"
    @KafkaListener(topics = [\"orders\", TOPIC])
    fun listen(record: String) {}
    @RabbitListener(queues = arrayOf(\"mail\"))
    fun mail() {}
    companion object { const val TOPIC = \"returns\" }
}
interface Api {
    @GetMapping(\"/described\")
    fun described(): String
}
//- src/main/kotlin/shop/Paths.kt
package shop
object Paths { const val OLD = \"/old\" }
//- src/main/kotlin/shop/Client.kt
package shop
import org.springframework.cloud.openfeign.FeignClient
@FeignClient(name = \"stock\", path = \"/v1\")
interface Stock {
    @GetMapping(\"/shelves/{zone}\")
    fun shelf(@PathVariable zone: String): Shelf
}
interface Core {
    @RequestLine(\"POST /parcels/{id}\")
    fun send(@Param(\"id\") id: String)
}
interface Books { @Query(\"SELECT b FROM Book b WHERE b.isbn = ?1\") fun byIsbn(isbn: String): Book }
//- src/main/kotlin/shop/Resource.kt
package shop
import jakarta.ws.rs.GET
import jakarta.ws.rs.Path
@Path(\"/carts\")
class Carts {
    @GET @Path(\"{id}/items\") fun items(): List<Item> = listOf()
    @GET fun all(): List<Cart> = listOf()
}
class Unrooted { @GET fun nowhere() {} }
//- src/main/kotlin/shop/Micro.kt
package shop
import io.micronaut.http.annotation.Controller
import io.micronaut.http.annotation.Get
@Controller(\"/micro\")
class Micro { @Get(\"/{id}\") fun show(id: Long) {} }
",
        &["route", "consumer", "call"],
        expect![[r#"
            GET /users -> src/main/kotlin/shop/web/Users.kt:Users.all
            GET /old/users -> src/main/kotlin/shop/web/Users.kt:Users.all
            GET /users/{id} -> src/main/kotlin/shop/web/Users.kt:Users.one
            GET /old/users/{id} -> src/main/kotlin/shop/web/Users.kt:Users.one
            GET /users/find -> src/main/kotlin/shop/web/Users.kt:Users.find
            POST /users/find -> src/main/kotlin/shop/web/Users.kt:Users.find
            GET /old/users/find -> src/main/kotlin/shop/web/Users.kt:Users.find
            POST /old/users/find -> src/main/kotlin/shop/web/Users.kt:Users.find
            GET /users/described -> src/main/kotlin/shop/web/Users.kt:Users.described
            GET /old/users/described -> src/main/kotlin/shop/web/Users.kt:Users.described
            GET /carts/{id}/items -> src/main/kotlin/shop/Resource.kt:Carts.items
            GET /carts -> src/main/kotlin/shop/Resource.kt:Carts.all
            GET /micro/{id} -> src/main/kotlin/shop/Micro.kt:Micro.show
            consumer "orders" -> src/main/kotlin/shop/web/Users.kt:Users.listen
            consumer "returns" -> src/main/kotlin/shop/web/Users.kt:Users.listen
            consumer "mail" -> src/main/kotlin/shop/web/Users.kt:Users.mail
            Http shelf: GET "…/v1/shelves/…" line 6
            Http send: POST "…/parcels/…" line 10
            Sql byIsbn: "SELECT b FROM Book b WHERE b.isbn = ?1" line 12
        "#]],
    );
}

#[test]
fn routers_of_spring_and_javalin() {
    check(
        "//- src/main/kotlin/shop/Routes.kt
package shop
import org.springframework.web.reactive.function.server.coRouter
@Configuration
class Routes {
    @Bean
    fun routes(parcels: Parcels) = coRouter {
        \"/api\".nest {
            GET(\"/parcels\", parcels::all)
            (accept(JSON) and contentType(JSON)).nest { POST(\"/parcels/{id}\", parcels::add) }
        }
        GET(\"/health\") { ServerResponse.ok().buildAndAwait() }
    }
    fun older(parcels: Parcels) = route(GET(\"/older\"), HandlerFunction(parcels::all))
        .andRoute(POST(\"/older\").and(accept(JSON)), parcels::add)
    fun plain(map: Map<String, Int>) { GET(\"/none\", map::get) }
}
//- src/main/kotlin/shop/Parcels.kt
package shop
class Parcels { suspend fun all(r: ServerRequest): ServerResponse = TODO(); suspend fun add(r: ServerRequest) = 1 }
//- src/main/kotlin/shop/web/Router.kt
package shop.web
import io.javalin.Javalin
import io.javalin.apibuilder.ApiBuilder.get
import io.javalin.apibuilder.ApiBuilder.path
import io.javalin.apibuilder.ApiBuilder.post
import shop.users.UserController
class Router(private val users: UserController) {
    fun register(app: Javalin) {
        app.routes {
            path(\"users\") {
                get(users::all, Roles.ANYONE)
                path(\"{id}\") { post(\"login\", users::login) }
            }
        }
        app.get(\"/ping\") { ctx -> ctx.result(\"pong\") }
        app.get(\"/me\", this::me)
        cache.get(\"/no\") { 1 }
    }
    private fun me(ctx: Context) {}
}
//- src/main/kotlin/shop/users/UserController.kt
package shop.users
class UserController {
    fun all(ctx: Context) {}
    fun login(ctx: Context) {}
}
",
        &["route"],
        expect![[r#"
            GET /api/parcels -> src/main/kotlin/shop/Parcels.kt:Parcels.all
            POST /api/parcels/{id} -> src/main/kotlin/shop/Parcels.kt:Parcels.add
            GET /health -> src/main/kotlin/shop/Routes.kt:Routes.routes.<anonymous>.<anonymous>#2
            POST /older -> src/main/kotlin/shop/Parcels.kt:Parcels.add
            GET /older -> src/main/kotlin/shop/Parcels.kt:Parcels.all
            GET /users -> src/main/kotlin/shop/users/UserController.kt:UserController.all
            POST /users/{id}/login -> src/main/kotlin/shop/users/UserController.kt:UserController.login
            GET /ping -> src/main/kotlin/shop/web/Router.kt:Router.register.<anonymous>#2
            GET /me -> src/main/kotlin/shop/web/Router.kt:Router.me
        "#]],
    );
}

#[test]
fn annotated_classes_that_read_like_expressions() {
    check(
        "//- src/Desk.kt
package shop

@RestController
@RequestMapping(\"/desk\")
class Desk {
    @Autowired lateinit var carts: Carts
    @GetMapping(\"/{id}\")
    fun show(@PathVariable id: Long): Cart { return carts.find(id) }
    val later = { a: Int -> a }
}

@Service
internal class Labels {
    @WithSpan
    fun print(): String = carts infix { it }
}
",
        &["function", "route", "span"],
        expect![[r#"
            Method src/Desk.kt:Desk.show lines 8..8 at 8:9 (id)
            Closure src/Desk.kt:Desk.<anonymous> lines 9..9 at 9:17 (a)
            Method src/Desk.kt:Labels.print lines 14..15 at 15:9 ()
            Closure src/Desk.kt:Labels.print.<anonymous> lines 15..15 at 15:39 ()
            GET /desk/{id} -> src/Desk.kt:Desk.show
            span "Labels.print" -> src/Desk.kt:Labels.print line 15
        "#]],
    );
}

#[test]
fn clients_queues_and_observations() {
    check(
        "//- src/Desk.kt
package shop
class Desk(val restTemplate: RestTemplate, val web: WebClient) {
    fun a(id: Int) = restTemplate.getForObject<Cart>(\"http://carts/carts/{id}\", id)
    fun b() = restTemplate.exchange(\"http://carts/all\", HttpMethod.PUT, null, Cart::class.java)
    suspend fun c(id: Int) = web.get().uri(\"/stock/$id\").retrieve().awaitBody<Stock>()
    fun d() = Request.Builder().url(\"https://api.example/x\").build()
    fun e() = kafkaTemplate.send(\"orders\", 1)
    fun f() = jdbc.query(\"SELECT * FROM carts\", mapper)
    fun g() = map.get(\"/none\")
    fun h() { Observation.createNotStarted(\"loadCart\", registry).observe { 1 } }
    fun i() { tracer.nextSpan().name(\"checkOut\").start() }
}
",
        &["call", "span"],
        expect![[r#"
            Http getForObject: GET "http://carts/carts/…" line 3
            Http exchange: PUT "http://carts/all" line 4
            Http uri: GET "/stock/…" line 5
            Http url: "https://api.example/x" line 6
            Messaging send: "orders" line 7
            Sql query: "SELECT * FROM carts" line 8
            span "load-cart" -> src/Desk.kt:Desk.h line 10
            span "check-out" -> src/Desk.kt:Desk.i line 11
        "#]],
    );
}

#[test]
fn paths_that_are_types_lead_to_their_handlers() {
    check(
        "//- src/main/kotlin/Plays.kt
package tickets
import io.ktor.resources.*
@Resource(\"/plays\")
class Plays(val sort: String? = \"new\") {
    @Resource(\"{id}\")
    class Id(val parent: Plays = Plays(), val id: Long) {
        @Resource(\"seats\")
        class Seats(val parent: Id)
    }
}
class Other
//- src/main/kotlin/App.kt
package tickets
import io.ktor.server.application.*
import io.ktor.server.resources.*
import io.ktor.server.routing.*
fun Application.module() {
    routing {
        get<Plays> { plays -> call.respond(all(plays.sort)) }
        authenticate(\"staff\") {
            delete<Plays.Id.Seats> { free(it) }
        }
        get<Other> { nothing() }
    }
    val less = a < Plays
}
",
        &["route"],
        expect![[r#"
            GET /plays -> src/main/kotlin/App.kt:module.<anonymous>.<anonymous>
            DELETE /plays/{id}/seats -> src/main/kotlin/App.kt:module.<anonymous>.<anonymous>.<anonymous>
        "#]],
    );
}
