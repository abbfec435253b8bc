//! C++: functions, gRPC, spans, the routes of its frameworks, calls, and what macros leave of them.

use expect_test::expect;

use crate::check;

#[test]
fn functions_methods_templates_and_lambdas() {
    check(
        r##"//- src/cart.h
namespace shop::inner {
class Cart final : public Base {
 public:
  explicit Cart(int size) : size_(size) {}
  virtual ~Cart() = default;
  int count() const;
  bool operator==(const Cart &other) const { return true; }
  template <typename T> static auto of(const T &first, int rest = 3) -> Cart { return Cart(1); }
  struct Line { void add(std::string &name, int (&all)[3]) {} };
};
}
//- src/cart.cc
namespace shop::inner {
namespace { std::string *hidden(char **names) { return nullptr; } }
int Cart::count() const { auto one = [this](int by) mutable { return by; }; return one(1); }
template <class T> void shop::Box<T>::open() & noexcept {}
int forward(int);
int visit() { struct { int one(int x) { return x; } } visitor; return visitor.one(1); }
extern "C" { void c_name(void) {} }
}
//- src/old.c
static int main_loop(struct state *s, const char *name) { return 0; }
"##,
        &["function"],
        expect![[r#"
            Function src/cart.cc:hidden lines 2..2 at 2:26 (names)
            Method src/cart.cc:Cart.count lines 3..3 at 3:11 ()
            Closure src/cart.cc:Cart.count.<anonymous> lines 3..3 at 3:38 (by)
            Method src/cart.cc:Box.open lines 4..4 at 4:39 ()
            Function src/cart.cc:visit lines 6..6 at 6:5 ()
            Method src/cart.cc:visit.struct.one lines 6..6 at 6:28 (x)
            Function src/cart.cc:c_name lines 7..7 at 7:19 ()
            Method src/cart.h:Cart.Cart lines 4..4 at 4:12 (size)
            Method src/cart.h:Cart.operator== lines 7..7 at 7:8 (other)
            Method src/cart.h:Cart.of lines 8..8 at 8:37 (first, rest)
            Method src/cart.h:Cart.Line.add lines 9..9 at 9:22 (name, all)
            Function src/old.c:main_loop lines 1..1 at 1:12 (s, name)
        "#]],
    );
}

#[test]
fn macros_and_conditionals_do_not_hide_functions() {
    check(
        r##"//- src/widget.cpp
#define EACH(x) for (auto &x : all)
class SHOP_EXPORT Widget : public Object {
  Q_OBJECT
  SHOP_NO_COPY(Widget)
 public:
  void paint() { draw(); }
};
#ifdef WIDE
void start(int wide) {
  if (wide) {
#else
void start() {
  {
#endif
    run();
  }
}
#if A
void only_a() {}
#else
void only_b() {}
#endif
void broken() { int x = ; call((1); }
TEST(Suite, Name) { start(); }
void last() { ASSIGN_OR_RETURN(auto one, make()) { use(one); } SCOPED_TRACE("no span"); }
"##,
        &["function"],
        expect![[r#"
            Method src/widget.cpp:Widget.paint lines 6..6 at 6:8 ()
            Function src/widget.cpp:start lines 9..17 at 9:6 (wide)
            Function src/widget.cpp:only_a lines 19..19 at 19:6 ()
            Function src/widget.cpp:only_b lines 21..21 at 21:6 ()
            Function src/widget.cpp:broken lines 23..23 at 23:6 ()
            Function src/widget.cpp:TEST lines 24..24 at 24:1 (, )
            Function src/widget.cpp:last lines 25..25 at 25:6 ()
        "#]],
    );
}

#[test]
fn span_names_constants_helpers_and_tracers() {
    check(
        r##"//- src/names.h
#define PACK "pack box"
namespace names { constexpr const char *kShip = "ship box"; }
struct Names { static constexpr auto kWeigh = "weigh"; };
//- src/all.h
#include "names.h"
//- src/trace.h
template <typename Step> auto in_span(const std::string &name, Step step) {
  auto span = tracer()->StartSpan(name);
  return step();
}
//- src/box.cc
#include "all.h"
#include "trace.h"
Box::Box() : tracer_(provider->GetTracer("other")) { tracer_ = provider->GetTracer("boxes", "1.0"); }
void Box::pack(const std::string &id) {
  auto a = tracer_->StartSpan(PACK);
  auto b = tracer_->StartSpan("pack " + id + "!", {{"id", id}});
  auto c = get_tracer("direct")->StartSpan(absl::StrCat("cat ", id));
  auto d = tracer_->StartSpan(absl::StrFormat("%s of 100%%", id));
  auto e = tracer_->StartSpan(fmt::format("{} in {{}}", id));
  std::string name{"in braces"};
  auto f = tracer_->StartSpan(name);
  auto g = tracer_->StartSpan(__func__);
  TRACE_SPAN("by macro");
  TRACE_LOG("no span");
}
void Box::ship() {
  in_span(names::kShip, [] { return 1; });
  in_span(Names::kWeigh, [] { return 2; });
  step("seal");
  this->step("stamp");
}
void Box::step(const char *what) { auto s = tracer_->StartSpan(std::string("step ") + what); }
void Box::bare(const char *what) { auto s = tracer_->StartSpan(what); }
void Box::use() { bare("used"); other.bare("used elsewhere"); }
struct Guard { explicit Guard(const char *name) : span(tracer()->StartSpan(name)) {} };
void guarded() { auto guard = new Guard("new guard"); auto other = Guard("made guard"); Guard one("declared guard"); Guard two{"braced guard"}; }
"##,
        &["span"],
        expect![[r#"
            span "pack …!" of boxes -> src/box.cc:Box.pack line 6
            span "cat …" of direct -> src/box.cc:Box.pack line 7
            span "… of 100%" of boxes -> src/box.cc:Box.pack line 8
            span "… in {}" of boxes -> src/box.cc:Box.pack line 9
            span "in braces" of boxes -> src/box.cc:Box.pack line 11
            span "pack" of boxes -> src/box.cc:Box.pack line 12
            span "by macro" -> src/box.cc:Box.pack line 13
            span "step …" of boxes -> src/box.cc:Box.step line 22
            span "pack box" -> src/box.cc:Box.pack line 5
            span "ship box" -> src/box.cc:Box.ship line 17
            span "weigh" -> src/box.cc:Box.ship line 18
            span "used" -> src/box.cc:Box.use line 24
            span "used elsewhere" -> src/box.cc:Box.use line 24
            span "new guard" -> src/box.cc:guarded line 26
            span "made guard" -> src/box.cc:guarded line 26
            span "declared guard" -> src/box.cc:guarded line 26
            span "braced guard" -> src/box.cc:guarded line 26
        "#]],
    );
}

#[test]
fn grpc_services_in_all_their_kinds() {
    check(
        r##"//- src/tides.h
class TidesService final : public v1::Tides::Service {
 public:
  Status Forecast(ServerContext *context, const Request *request, Reply *reply) override;
 private:
  void helper();
};
//- src/tides.cc
#include "tides.h"
Status TidesService::Forecast(ServerContext *context, const Request *request, Reply *reply) { return Status::OK; }
//- src/callback.cc
class CallbackGreeter final : public Greeter::CallbackService {
  ServerUnaryReactor *SayHello(CallbackServerContext *c, const Hello *h, Reply *r) override { return nullptr; }
};
class Derived : public CallbackGreeter {
  ServerUnaryReactor *SayBye(CallbackServerContext *c, const Hello *h, Reply *r) { return nullptr; }
};
class Mixed : public Routes::WithAsyncMethod_Watch<Routes::Service> {
  Status Find(ServerContext *c, const Point *p, Feature *f) override { return Status::OK; }
};
class Client { public: Client() : stub_(Greeter::NewStub(channel)) {} };
//- src/async.cc
void registered() { auto next = [this] { health->RequestCheck(&context_, &request_); }; }
class CallData {
 public:
  CallData(Weather::AsyncService *service, ServerCompletionQueue *queue) : service_(service) { Proceed(); }
  void Proceed() { service_->RequestReport(&context_, &request_, &responder_, queue_, queue_, this); }
 private:
  Weather::AsyncService *service_;
  grpc::health::v1::Health::AsyncService *health_;
};
"##,
        &["rpc"],
        expect![[r#"
            rpc Health/Check -> src/async.cc:registered
            rpc Weather/Check -> src/async.cc:registered
            rpc Health/Report -> src/async.cc:CallData.Proceed
            rpc Weather/Report -> src/async.cc:CallData.Proceed
            rpc Tides/Forecast -> src/tides.cc:TidesService.Forecast
            rpc Greeter/SayHello -> src/callback.cc:CallbackGreeter.SayHello
            rpc Routes/Find -> src/callback.cc:Mixed.Find
            rpc Greeter/SayBye -> src/callback.cc:Derived.SayBye
        "#]],
    );
}

#[test]
fn routes_of_five_frameworks() {
    check(
        r##"//- httplib.cc
int main() {
  httplib::Server server;
  server.Get("/hi/:name", [](const Request &request, Response &response) {});
  server.Post(R"(/items/(\d+))", save);
  server.Put("/bound", std::bind(&Api::put, &api, _1, _2));
  client.Get("/hi");
  client.Post("/hi", body, "text/plain");
}
void save(const Request &request, Response &response) {}
//- api.cc
void Api::put(const Request &request, Response &response) {}
//- crow.cc
int main() {
  CROW_ROUTE(app, "/about")
  ([] { return "about"; });
  CROW_ROUTE(app, "/add/<int>").methods("POST"_method, crow::HTTPMethod::Put)([](int n) { return n; });
  crow::Blueprint admin("admin");
  CROW_BP_ROUTE(admin, "/users")(users);
}
std::string users() { return ""; }
//- drogon/User.h
namespace api { namespace v1 {
class User : public drogon::HttpController<User> {
 public:
  METHOD_LIST_BEGIN
  METHOD_ADD(User::info, "/{1}/info?token={2}", Get, "LoginFilter");
  ADD_METHOD_TO(User::login, "/token", Post);
  METHOD_LIST_END
  void info(const HttpRequestPtr &request) const;
  void login(const HttpRequestPtr &request);
};
class Ping : public drogon::HttpSimpleController<Ping> {
  PATH_LIST_BEGIN
  PATH_ADD("/ping", Get);
  PATH_LIST_END
  void asyncHandleHttpRequest(const HttpRequestPtr &request) override {}
};
} }
//- drogon/User.cc
#include "User.h"
void User::info(const HttpRequestPtr &request) const {}
void User::login(const HttpRequestPtr &request) {}
//- drogon/main.cc
int main() { app().registerHandler("/in/{place}", [](const HttpRequestPtr &request) {}, {Get, Post}); }
//- oatpp.hpp
class Users : public oatpp::web::server::api::ApiController {
  ENDPOINT_INFO(one) { info->summary = "One"; }
  ENDPOINT("GET", "/users/{id}", one,
           PATH(Int32, id))
  {
    return createResponse(Status::CODE_200);
  }
  ENDPOINT("POST", "users", create) { return createResponse(Status::CODE_200); }
  ENDPOINT_ASYNC("GET", "/slow", Slow) {
    ENDPOINT_ASYNC_INIT(Slow)
    Action act() override { return _return(controller->createResponse()); }
  };
};
//- pistache.cc
void Desk::setup() { Routes::Get(router, "/desk/:id", Routes::bind(&Desk::show, this)); }
void Desk::show(const Rest::Request &request, Http::ResponseWriter response) {}
"##,
        &["route"],
        expect![[r#"
            GET /hi/:name -> httplib.cc:main.<anonymous>
            POST /items/(\d+) -> httplib.cc:save
            PUT /bound -> api.cc:Api.put
            GET /about -> crow.cc:main.<anonymous>
            POST /add/<int> -> crow.cc:main.<anonymous>#2
            PUT /add/<int> -> crow.cc:main.<anonymous>#2
            GET admin/users -> crow.cc:users
            GET /api/v1/User/{1}/info -> drogon/User.cc:User.info
            POST /token -> drogon/User.cc:User.login
            GET /ping -> drogon/User.h:Ping.asyncHandleHttpRequest
            GET /in/{place} -> drogon/main.cc:main.<anonymous>
            POST /in/{place} -> drogon/main.cc:main.<anonymous>
            GET /users/{id} -> oatpp.hpp:Users.one
            POST users -> oatpp.hpp:Users.create
            GET /slow -> oatpp.hpp:Users.Slow.act
            GET /desk/:id -> pistache.cc:Desk.show
        "#]],
    );
}

#[test]
fn calls_of_clients_and_databases() {
    check(
        r##"//- calls.cc
static const char *kAll = "SELECT * FROM carts";
void http(int id) {
  cpr::Get(cpr::Url{"http://stock/items/" + std::to_string(id)});
  curl_easy_setopt(curl, CURLOPT_URL, "https://pay.example/charge");
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, "http://no");
  map.Get("key");
  for (auto &one : all) { stub_->Forecast(&context, request, &reply); }
}
void sql(pqxx::work &work) {
  work.exec("SELECT id FROM carts WHERE id = $1");
  sqlite3_prepare_v2(db, "DELETE FROM lines", -1, &statement, nullptr);
  PQexec(connection, kAll);
  runner.exec("nothing of the kind");
}
"##,
        &["call", "loop"],
        expect![[r#"
            Http Get: GET "http://stock/items/…" line 3
            Http curl_easy_setopt: "https://pay.example/charge" line 4
            Sql exec: "SELECT id FROM carts WHERE id = $1" line 10
            Sql sqlite3_prepare_v2: "DELETE FROM lines" line 11
            Sql PQexec: "SELECT * FROM carts" line 12
        "#]],
    );
}
