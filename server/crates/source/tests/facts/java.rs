//! Java: Spring, JAX-RS, Micronaut, gRPC, listeners, spans and calls.

use expect_test::expect;

use crate::check;

#[test]
fn methods_constructors_nested_classes_and_lambdas() {
    check(
        "//- src/Shop.java
package shop;
class Shop<T> extends Base implements Runnable {
    Shop(int size) { this.size = size; }
    /** Says something. */
    @Override
    @Deprecated
    public <R> List<R> find(@Valid final int id, String... rest) {
        return rows.map(row -> row.id());
    }
    abstract void open();
    static class Cart {
        void add(Item item) { run((a, b) -> a, new Task() { public void go() {} }); }
    }
}
record Item(int id) { Item { check(id); } int twice() { return id * 2; } }
enum Kind { BIG { void grow() {} }; void shrink() {} }
interface Rule { default boolean holds() { return true; } }
",
        &["function"],
        expect![[r#"
            Method src/Shop.java:Shop.Shop lines 3..3 at 3:5 (size)
            Method src/Shop.java:Shop.find lines 5..9 at 7:24 (id, rest)
            Closure src/Shop.java:Shop.find.<anonymous> lines 8..8 at 8:25 (row)
            Method src/Shop.java:Shop.open lines 10..10 at 10:19 ()
            Method src/Shop.java:Shop.Cart.add lines 12..12 at 12:14 (item)
            Closure src/Shop.java:Shop.Cart.add.<anonymous> lines 12..12 at 12:35 (a, b)
            Method src/Shop.java:Shop.Cart.add.Task.go lines 12..12 at 12:73 ()
            Method src/Shop.java:Item.Item lines 15..15 at 15:23 ()
            Method src/Shop.java:Item.twice lines 15..15 at 15:47 ()
            Method src/Shop.java:Kind.grow lines 16..16 at 16:24 ()
            Method src/Shop.java:Kind.shrink lines 16..16 at 16:42 ()
            Method src/Shop.java:Rule.holds lines 17..17 at 17:34 ()
        "#]],
    );
}

#[test]
fn spring_mappings_under_their_classes() {
    check(
        "//- src/shop/Users.java
package shop;
@RestController
@RequestMapping(path = {\"/users\", Paths.OLD + \"/users\"})
class Users {
    private static final String ONE = \"/{id}\";
    @GetMapping List<User> all() { return null; }
    @GetMapping(ONE) User one(@PathVariable(\"id\") int id) { return null; }
    @RequestMapping(value = \"/find\", method = {RequestMethod.GET, RequestMethod.POST}) User find() { return null; }
    @PutMapping(\"${users.path}\") void configured() {}
    @RequestMapping(\"/any\") void any() {}
    @Controller
    static class Inner { @DeleteMapping(\"/inner\") void drop() {} }
}
//- src/shop/Paths.java
package shop;
final class Paths { static final String OLD = \"/old\"; }
",
        &["route"],
        expect![[r#"
            GET /users -> src/shop/Users.java:Users.all
            GET /old/users -> src/shop/Users.java:Users.all
            GET /users/{id} -> src/shop/Users.java:Users.one
            GET /old/users/{id} -> src/shop/Users.java:Users.one
            GET /users/find -> src/shop/Users.java:Users.find
            POST /users/find -> src/shop/Users.java:Users.find
            GET /old/users/find -> src/shop/Users.java:Users.find
            POST /old/users/find -> src/shop/Users.java:Users.find
            * /users/any -> src/shop/Users.java:Users.any
            * /old/users/any -> src/shop/Users.java:Users.any
            DELETE /inner -> src/shop/Users.java:Users.Inner.drop
        "#]],
    );
}

#[test]
fn mappings_of_an_interface_belong_to_the_class_that_implements_it() {
    check(
        "//- src/shop/api/Orders.java
package shop.api;
public interface Orders {
    String ONE = \"/{id}\";
    @GetMapping(ONE) String show(int id);
}
//- src/shop/api/Twice.java
package shop.api;
public interface Twice { @GetMapping(\"/twice\") String twice(); }
//- src/shop/OrderController.java
package shop;
import shop.api.Orders;
import shop.api.*;
@RestController
@RequestMapping(\"/orders\")
class OrderController implements Orders, Twice {
    public String show(int id) { return null; }
    public String twice() { return null; }
}
//- src/shop/Other.java
package shop;
import shop.api.Twice;
@RestController
class Other implements Twice { public String twice() { return null; } }
//- src/shop/Remote.java
package shop;
@FeignClient(\"remote\")
interface Remote { @GetMapping(\"/remote\") String ask(); }
",
        &["route"],
        expect![[r#"
            GET /orders/{id} -> src/shop/OrderController.java:OrderController.show
        "#]],
    );
}

#[test]
fn jax_rs_and_micronaut() {
    check(
        "//- src/Books.java
@Path(\"/books\")
public class Books {
    @GET public List<Book> all() { return null; }
    @DELETE @Path(\"{isbn}\") public void drop(@PathParam(\"isbn\") String isbn) {}
}
//- src/Part.java
public class Part { @GET @Path(\"/part\") public String part() { return null; } }
//- src/Api.java
interface Api { @GET(\"users/{id}\") Call<User> user(); }
//- src/Micro.java
import io.micronaut.http.annotation.*;
import io.micronaut.http.annotation.Controller;
@Controller(\"/micro\")
class Micro { @Get(\"/{name}\") String hello(String name) { return name; } @Post void make() {} }
",
        &["route"],
        expect![[r#"
            GET /books -> src/Books.java:Books.all
            DELETE /books/{isbn} -> src/Books.java:Books.drop
            GET /micro/{name} -> src/Micro.java:Micro.hello
            POST /micro -> src/Micro.java:Micro.make
        "#]],
    );
}

#[test]
fn span_names_from_annotations_builders_helpers_and_constants() {
    check(
        "//- src/shop/Desk.java
package shop;
import shop.trace.Names;
class Desk {
    private static final String LEND = \"lend book\";
    private final Tracer tracer = GlobalOpenTelemetry.getTracer(\"shop.desk\");
    private final Spans spans = new Spans();
    private String name = \"not fixed\";
    @WithSpan void all() {}
    @WithSpan(\"find loan\") void find() {}
    @WithSpan(value = Names.FOREIGN, kind = SpanKind.CLIENT) void foreign() {}
    @NewSpan void checkStock() {}
    @Observed(name = \"metric\") void lookUp() {}
    @Observed(name = \"metric\", contextualName = \"countAll\") void count() {}
    void byHand(String id) {
        tracer.spanBuilder(\"load \" + id).startSpan();
        this.tracer.spanBuilder(String.format(\"%s of %d%%\", id, 7)).startSpan();
        String own = \"own\";
        tracer.spanBuilder(own).setParent(x).startSpan();
        tracer.spanBuilder(name).startSpan();
        Observation.createNotStarted(\"stockCheck\", registry).observe(() -> {});
    }
    void lend() { inSpan(LEND, () -> { inSpan(\"inner\", null); }); }
    void other() { spans.within(\"through a field\", null); Spans.still(Names.FOREIGN); }
    private void inSpan(String name, Runnable step) { tracer.spanBuilder(name).startSpan(); }
    static class Inner { @WithSpan void plan() {} void go() { inSpan(LEND, null); } }
}
//- src/shop/Spans.java
package shop;
class Spans {
    void within(String name, Runnable step) { tracer.spanBuilder(name).startSpan(); }
    static void still(String name) { new Spans().within(name, null); tracer.spanBuilder(\"still \" + name); }
}
//- src/shop/trace/Names.java
package shop.trace;
public class Names { public static final String FOREIGN = \"foreign name\"; }
",
        &["span"],
        expect![[r#"
            span "Desk.all" -> src/shop/Desk.java:Desk.all line 8
            span "find loan" -> src/shop/Desk.java:Desk.find line 9
            span "check-stock" -> src/shop/Desk.java:Desk.checkStock line 11
            span "desk#look-up" -> src/shop/Desk.java:Desk.lookUp line 12
            span "count-all" -> src/shop/Desk.java:Desk.count line 13
            span "load …" of shop.desk -> src/shop/Desk.java:Desk.byHand line 15
            span "… of …%" of shop.desk -> src/shop/Desk.java:Desk.byHand line 16
            span "own" of shop.desk -> src/shop/Desk.java:Desk.byHand line 18
            span "stock-check" -> src/shop/Desk.java:Desk.byHand line 20
            span "Inner.plan" -> src/shop/Desk.java:Desk.Inner.plan line 25
            span "still …" -> src/shop/Spans.java:Spans.still line 4
            span "foreign name" -> src/shop/Desk.java:Desk.foreign line 10
            span "lend book" -> src/shop/Desk.java:Desk.lend line 22
            span "inner" -> src/shop/Desk.java:Desk.lend line 22
            span "through a field" -> src/shop/Desk.java:Desk.other line 23
            span "lend book" -> src/shop/Desk.java:Desk.Inner.go line 25
        "#]],
    );
}

#[test]
fn grpc_services_and_listeners() {
    check(
        "//- src/Server.java
class Server {
    private static final String TOPIC = \"orders\";
    private static class AdImpl extends shop.AdServiceGrpc.AdServiceImplBase {
        @Override public void getAds(AdRequest request, StreamObserver<AdResponse> observer) {}
    }
    void start() { add(new CartGrpc.CartImplBase() { public void addItem() {} }); }
    @KafkaListener(topics = {TOPIC, \"returns\", \"${topic}\"}) void take(String message) {}
    @RabbitListener(queues = \"mail\") void mail() {}
}
",
        &["rpc", "consumer"],
        expect![[r#"
            rpc AdService/getAds -> src/Server.java:Server.AdImpl.getAds
            consumer "orders" -> src/Server.java:Server.take
            consumer "returns" -> src/Server.java:Server.take
            consumer "mail" -> src/Server.java:Server.mail
        "#]],
    );
}

#[test]
fn outgoing_calls() {
    check(
        "//- src/Calls.java
class Calls {
    static final String ALL = \"SELECT id FROM carts\";
    void http() throws Exception {
        rest.getForObject(\"http://stock/items/{id}\", Item.class, 7);
        restTemplate.exchange(base + \"/v1/items\", HttpMethod.PUT, null, Item.class);
        web.get().uri(\"/v2/items\").retrieve();
        HttpRequest.newBuilder(URI.create(\"https://host/x\")).build();
        new Request.Builder().url(\"https://host/\" + path).build();
        map.put(\"key\", 1);
    }
    void sql() {
        for (int i = 0; i < 3; i++) { jdbc.query(ALL, row); }
        connection.prepareStatement(\"\"\"
            DELETE FROM carts
            WHERE id = ?
            \"\"\");
        kafkaTemplate.send(\"orders\", order);
        queue.update(\"nothing\");
    }
}
interface Carts { @Query(\"select * from carts where id = ?\") Cart byId(int id); }
",
        &["call", "loop"],
        expect![[r#"
            Http getForObject: GET "http://stock/items/…" line 4
            Http exchange: PUT "…/v1/items" line 5
            Http uri: GET "/v2/items" line 6
            Http newBuilder: "https://host/x" line 7
            Http url: "https://host/…" line 8
            Sql query: "SELECT id FROM carts" line 12
            Sql prepareStatement: "\n            DELETE FROM carts\n            WHERE id = ?\n            " line 13
            Messaging send: "orders" line 17
            Sql byId: "select * from carts where id = ?" line 21
            Sql query: "SELECT id FROM carts" line 12
        "#]],
    );
}

#[test]
fn routers_of_spring_javalin_spark_and_vertx() {
    check(
        "//- src/shop/Routes.java
package shop;
import static org.springframework.web.reactive.function.server.RequestPredicates.GET;
import org.springframework.web.reactive.function.server.RouterFunction;
class Routes {
    RouterFunction<X> a(Parcels p) {
        return route(GET(\"/a\").and(accept(JSON)), p::get).andRoute(RequestPredicates.POST(\"/b\"), r -> ok());
    }
    RouterFunction<X> b(Parcels p) {
        return route().GET(\"/c\", p::get)
            .path(\"/d\", b -> b.POST(\"/e\", accept(JSON), this::own).nest(accept(JSON), c -> c.GET(\"\", p::get)))
            .build();
    }
    RouterFunction<X> c(Parcels p) { return nest(path(\"/n\"), route(GET(\"/{id}\"), p::get)); }
    Mono<X> own(ServerRequest r) { return null; }
    void none() { client.get(\"/none\", this::own); cache.GET(\"/none\"); }
}
//- src/shop/Parcels.java
package shop;
class Parcels { Mono<X> get(ServerRequest r) { return null; } }
//- src/shop/App.java
package shop;
import io.javalin.Javalin;
import shop.users.Users;
class App {
    void start(Javalin app) {
        app.get(\"/p\", Users::all);
        app.routes(() -> {
            path(\"u\", () -> { get(Users::all); post(\"login\", ctx -> ctx.result(\"x\")); });
        });
        map.get(\"/none\", Users::all);
    }
}
//- src/shop/users/Users.java
package shop.users;
public class Users { public static void all(Context ctx) {} }
//- src/shop/Old.java
package shop;
import static spark.Spark.*;
class Old { static void main() { get(\"/hello\", (req, res) -> \"x\"); path(\"/api\", () -> { before(\"/*\", f); delete(\"/x\", Old::drop); }); }
    static Object drop(Request r, Response s) { return null; } }
//- src/shop/Verticle.java
package shop;
import io.vertx.ext.web.Router;
class Verticle {
    void start(Router router) {
        router.get(\"/v/:id\").handler(this::show);
        router.route(HttpMethod.PUT, \"/w\").produces(JSON).handler(ctx -> {});
        router.route().handler(BodyHandler.create());
    }
    void show(RoutingContext ctx) {}
}
",
        &["route"],
        expect![[r#"
            POST /b -> src/shop/Routes.java:Routes.a.<anonymous>
            GET /a -> src/shop/Parcels.java:Parcels.get
            GET /c -> src/shop/Parcels.java:Parcels.get
            POST /d/e -> src/shop/Routes.java:Routes.own
            GET /d -> src/shop/Parcels.java:Parcels.get
            GET /n/{id} -> src/shop/Parcels.java:Parcels.get
            GET /p -> src/shop/users/Users.java:Users.all
            GET /u -> src/shop/users/Users.java:Users.all
            POST /u/login -> src/shop/App.java:App.start.<anonymous>.<anonymous>.<anonymous>
            GET /hello -> src/shop/Old.java:Old.main.<anonymous>
            DELETE /api/x -> src/shop/Old.java:Old.drop
            GET /v/:id -> src/shop/Verticle.java:Verticle.show
            PUT /w -> src/shop/Verticle.java:Verticle.start.<anonymous>
        "#]],
    );
}

#[test]
fn requests_that_interfaces_declare() {
    check(
        "//- src/shop/Clients.java
package shop;
import org.springframework.cloud.openfeign.FeignClient;
@FeignClient(name = \"stock\", path = \"/v1\")
interface Stock { @GetMapping(\"/shelves/{zone}\") Shelf shelf(@PathVariable String zone); }
@HttpExchange(\"/v2\")
interface Carts { @PostExchange(\"/carts\") Cart make(); @HttpExchange(method = \"GET\", url = \"/carts/{id}\") Cart one(int id); }
@Path(\"/api/heroes\")
@RegisterRestClient(configKey = \"heroes\")
interface Heroes { @GET @Path(\"/random\") Hero random(); }
interface Git { @GET(\"users/{user}/repos\") Call<Repos> repos(@Path(\"user\") String user); }
interface Core { @RequestLine(\"PUT /x/{y}?z={z}\") void put(); }
",
        &["route", "call"],
        expect![[r#"
            Http shelf: GET "…/v1/shelves/…" line 4
            Http make: POST "…/v2/carts" line 6
            Http one: GET "…/v2/carts/…" line 6
            Http random: GET "…/api/heroes/random" line 9
            Http repos: GET "…/users/…/repos" line 10
            Http put: PUT "…/x/…?z=…" line 11
        "#]],
    );
}

#[test]
fn services_defaults_and_clients_of_other_frameworks() {
    check(
        "//- src/shop/Labels.java
package shop;
@GrpcService
public class Labels implements LabelPrinter { public Uni<Label> print(Order order) { return null; } }
//- src/shop/Listener.java
package shop;
class Listener {
    @KafkaListener(topics = \"${orders.topic:orders}\") void on(String order) {}
    @KafkaListener(topics = \"${returns.topic}\") void off(String order) {}
}
//- src/shop/Pets.java
package shop;
import io.micronaut.http.annotation.Get;
@Client(\"/pets\") interface Pets { @Get(\"/{name}\") Pet find(String name); }
@Client(\"stock\") interface Stock { @Get(\"/shelves\") Shelf all(); }
",
        &["rpc", "consumer", "call", "route"],
        expect![[r#"
            rpc LabelPrinter/print -> src/shop/Labels.java:Labels.print
            consumer "orders" -> src/shop/Listener.java:Listener.on
            Http find: GET "…/pets/…" line 3
            Http all: GET "…/shelves" line 4
        "#]],
    );
}

#[test]
fn annotations_of_the_program_are_what_they_are_annotated_with() {
    check(
        "//- src/main/java/shop/web/ApiController.java
package shop.web;
import org.springframework.web.bind.annotation.*;
@RestController
@RequestMapping(\"/api\")
public @interface ApiController {}
//- src/main/java/shop/web/GetJson.java
package shop.web;
import org.springframework.core.annotation.AliasFor;
import org.springframework.web.bind.annotation.*;
@RequestMapping(method = RequestMethod.GET, path = \"/json\", produces = \"application/json\")
public @interface GetJson {
  @AliasFor(annotation = RequestMapping.class, attribute = \"path\") String[] value() default {};
}
//- src/main/java/shop/web/GetNothing.java
package shop.web;
public @interface GetNothing { String value(); }
//- src/main/java/shop/Carts.java
package shop;
import shop.web.*;
import shop.web.ApiController;
import shop.web.GetJson;
import shop.web.GetNothing;
import org.springframework.web.bind.annotation.PostMapping;
@ApiController
class Carts {
  @GetJson(\"/carts/{id}\") String one() { return \"\"; }
  @GetJson String any() { return \"\"; }
  @GetNothing(\"/none\") String none() { return \"\"; }
  @PostMapping(\"/carts\") String add() { return \"\"; }
}
//- src/main/java/shop/web/Near.java
package shop.web;
@ApiController
class Near { @GetJson(\"/near\") String near() { return \"\"; } }
",
        &["route"],
        expect![[r#"
            GET /api/carts/{id} -> src/main/java/shop/Carts.java:Carts.one
            GET /api/json -> src/main/java/shop/Carts.java:Carts.any
            POST /api/carts -> src/main/java/shop/Carts.java:Carts.add
            GET /api/near -> src/main/java/shop/web/Near.java:Near.near
        "#]],
    );
}

#[test]
fn locators_lead_to_resources_without_a_path_and_an_application_has_one() {
    check(
        "//- src/main/java/shop/App.java
package shop;
import jakarta.ws.rs.ApplicationPath;
import jakarta.ws.rs.core.Application;
@ApplicationPath(\"/api\")
public class App extends Application {}
//- src/main/java/shop/Orders.java
package shop;
import jakarta.ws.rs.*;
@Path(\"orders\")
public class Orders {
  @GET public String all() { return \"\"; }
  @Path(\"{id}/items\") public Items items(@PathParam(\"id\") long id) { return new Items(id); }
  @Path(\"{id}/notes\") public Class<Notes> notes() { return Notes.class; }
}
//- src/main/java/shop/Items.java
package shop;
import jakarta.ws.rs.*;
public class Items {
  @GET public String list() { return \"\"; }
  @DELETE @Path(\"{sku}\") public void remove() {}
  @Path(\"{sku}/notes\") public Notes notes() { return null; }
}
//- src/main/java/shop/Notes.java
package shop;
import jakarta.ws.rs.*;
public class Notes { @POST public void add() {} }
//- src/main/java/shop/Nobodys.java
package shop;
import jakarta.ws.rs.*;
public class Nobodys { @GET public void nobody() {} }
",
        &["route"],
        expect![[r#"
            GET /api/orders -> src/main/java/shop/Orders.java:Orders.all
            GET /api/orders/{id}/items -> src/main/java/shop/Items.java:Items.list
            DELETE /api/orders/{id}/items/{sku} -> src/main/java/shop/Items.java:Items.remove
            POST /api/orders/{id}/notes -> src/main/java/shop/Notes.java:Notes.add
            POST /api/orders/{id}/items/{sku}/notes -> src/main/java/shop/Notes.java:Notes.add
        "#]],
    );
}
