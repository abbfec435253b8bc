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
