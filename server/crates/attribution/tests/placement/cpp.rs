//! C++ has no instrumentation that knows frameworks: spans are made by hand.

use expect_test::expect;

use crate::support::check;

#[test]
fn spans_made_by_hand_and_grpc() {
    check(
        r##"//- src/tides.h
class TidesService final : public v1::Tides::Service {
  Status Forecast(ServerContext *context, const Request *request, Reply *reply) override;
};
//- src/tides.cc
#include "tides.h"
Status TidesService::Forecast(ServerContext *context, const Request *request, Reply *reply) {
  auto span = serve("Forecast");
  return level(request);
}
Status TidesService::level(const Request *request) { auto span = get_tracer("tides")->StartSpan("level " + request->name()); }
//- src/client.cc
void ask() { auto span = get_tracer("tides")->StartSpan("ask"); }
void other() { auto span = get_tracer("other")->StartSpan("ask"); }
//- src/ask.py
def ask():
    with tracer.start_as_current_span("ask"): ...
"##,
        r##"
SERVER tides "tides.v1.Tides/Forecast" @tides rpc.service=tides.v1.Tides rpc.method=Forecast telemetry.sdk.language=cpp
  INTERNAL tides "level brest" @tides telemetry.sdk.language=cpp
SERVER tides "tides.v1.Tides/Watch" @tides rpc.service=tides.v1.Tides rpc.method=Watch telemetry.sdk.language=cpp
INTERNAL tides "ask" @tides telemetry.sdk.language=cpp
INTERNAL tides "ask" @nobody telemetry.sdk.language=cpp
"##,
        expect![[r#"
            tides.v1.Tides/Forecast: certain src/tides.cc:TidesService.Forecast [rpc: implements Tides/Forecast]
            level brest: likely src/tides.cc:TidesService.level [span-name: names of this form are given to spans at src/tides.cc:6]
            tides.v1.Tides/Watch: none
            ask: certain src/client.cc:ask [span-name: this name is given to a span at src/client.cc:1]
            ask: none
        "#]],
    );
}

#[test]
fn routes_of_servers() {
    check(
        r##"//- main.cc
int main() {
  server.Get("/hi/:name", [](const Request &request, Response &response) {});
  server.Post("/save", save);
  client.Get("/hi/me");
}
void save(const Request &request, Response &response) { auto a = cpr::Get(cpr::Url{"http://stock/items"}); }
"##,
        r##"
SERVER web "GET /hi/:name" http.route=/hi/:name http.request.method=GET telemetry.sdk.language=cpp
SERVER web "POST /save" http.request.method=POST url.path=/save telemetry.sdk.language=cpp
  CLIENT web "GET" http.request.method=GET url.full=http://stock/items telemetry.sdk.language=cpp
SERVER web "GET /hi/me/too" http.request.method=GET url.path=/hi/me/too telemetry.sdk.language=cpp
"##,
        expect![[r#"
            GET /hi/:name: certain main.cc:main.<anonymous> [route: handles GET /hi/:name]
            POST /save: certain main.cc:save [route: handles POST /save]
            GET: likely main.cc:save at line 6 [outgoing: requests this URL at main.cc:6]
            GET /hi/me/too: none
        "#]],
    );
}
