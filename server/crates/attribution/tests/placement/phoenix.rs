//! What Elixir's instrumentations send: Phoenix, live views, jobs.

use expect_test::expect;

use crate::support::check;

const PHOENIX: &str = "//- lib/shop_web/router.ex
defmodule ShopWeb.Router do
  use ShopWeb, :router
  scope \"/\", ShopWeb do
    get \"/items\", ItemController, :index
    get \"/v2/items\", V2.ItemController, :index
    get \"/status\", StatusPlug, :any
    live \"/cart\", CartLive, :show
  end
end
//- lib/shop_web/controllers.ex
defmodule ShopWeb.ItemController do
  def index(conn, %{\"page\" => _}), do: conn
  def index(conn, _), do: conn
end
defmodule ShopWeb.V2.ItemController do
  def index(conn, _), do: conn
end
defmodule ShopWeb.StatusPlug do
  def call(conn, _), do: conn
end
defmodule ShopWeb.ItemJSON do
  def index(assigns), do: assigns
end
//- lib/shop_web/cart_live.ex
defmodule ShopWeb.CartLive do
  def mount(_, _, socket), do: socket
  def handle_event(\"add\", _, socket), do: socket
  def handle_event(\"drop\", _, socket), do: socket
  def total(cart), do: total(cart, 0)
  def total([], sum), do: sum
  def total([item | rest], sum), do: total(rest, sum + item)
end
";

#[test]
fn phoenix_names_the_plug_by_its_whole_name() {
    check(
        PHOENIX,
        r#"
SERVER a "GET /items" @opentelemetry_bandit http.request.method=GET http.route=/items phoenix.plug=Elixir.ShopWeb.ItemController phoenix.action=index
SERVER a "GET /v2/items" @opentelemetry_bandit http.request.method=GET http.route=/v2/items phoenix.plug=Elixir.ShopWeb.V2.ItemController phoenix.action=index
SERVER a "GET /status" @opentelemetry_bandit http.request.method=GET http.route=/status phoenix.plug=Elixir.ShopWeb.StatusPlug phoenix.action=any
SERVER a "GET /cart" @opentelemetry_bandit http.request.method=GET http.route=/cart phoenix.plug=Elixir.Phoenix.LiveView.Plug phoenix.action=show
SERVER a "GET /items" @opentelemetry_cowboy http.request.method=GET http.route=/items
SERVER a "GET /x/items" @opentelemetry_cowboy http.request.method=GET http.route=/x/items
"#,
        expect![[r#"
            GET /items: certain lib/shop_web/controllers.ex:ShopWeb.ItemController.index [framework: ShopWeb.ItemController.index by its whole name]
            GET /v2/items: certain lib/shop_web/controllers.ex:ShopWeb.V2.ItemController.index [framework: ShopWeb.V2.ItemController.index by its whole name]
            GET /status: certain lib/shop_web/controllers.ex:ShopWeb.StatusPlug.call [framework: ShopWeb.StatusPlug.call by its whole name]
            GET /cart: certain lib/shop_web/cart_live.ex:ShopWeb.CartLive.mount [route: handles GET /cart]
            GET /items: certain lib/shop_web/controllers.ex:ShopWeb.ItemController.index [route: handles GET /items]
            GET /x/items: none
        "#]],
    );
}

#[test]
fn live_views_take_events_clause_by_clause() {
    check(
        PHOENIX,
        r#"
SERVER a ShopWeb.CartLive.mount @opentelemetry_phoenix
SERVER a ShopWeb.CartLive.handle_event#drop @opentelemetry_phoenix
SERVER a ShopWeb.CartLive.handle_event#missing @opentelemetry_phoenix
SERVER a ShopWeb.CartLive.handle_params @opentelemetry_phoenix
SERVER a ShopWeb.ItemJSON#index.json @opentelemetry_phoenix
"#,
        expect![[r#"
            ShopWeb.CartLive.mount: certain lib/shop_web/cart_live.ex:ShopWeb.CartLive.mount [framework: ShopWeb.CartLive.mount by its whole name]
            ShopWeb.CartLive.handle_event#drop: certain lib/shop_web/cart_live.ex:ShopWeb.CartLive.handle_event#2 [framework: takes ShopWeb.CartLive.handle_event#drop]
            ShopWeb.CartLive.handle_event#missing: none
            ShopWeb.CartLive.handle_params: none
            ShopWeb.ItemJSON#index.json: certain lib/shop_web/controllers.ex:ShopWeb.ItemJSON.index [framework: ShopWeb.ItemJSON.index by its whole name]
        "#]],
    );
}

#[test]
fn the_number_of_parameters_tells_functions_apart() {
    check(
        PHOENIX,
        r#"
INTERNAL a x @opentelemetry_x code.function.name=ShopWeb.CartLive.total/2
INTERNAL a x @opentelemetry_x code.namespace=Elixir.ShopWeb.CartLive code.function=total/1
INTERNAL a x @opentelemetry_x code.namespace=Elixir.ShopWeb.CartLive code.function=total/3
INTERNAL a x @opentelemetry_x code.namespace=Elixir.CartLive code.function=total/1
INTERNAL a x @opentelemetry_x code.file.path=lib/shop_web/cart_live.ex code.line.number=7 code.function.name=total/2
"#,
        expect![[r#"
            x: certain lib/shop_web/cart_live.ex:ShopWeb.CartLive.total#2 [code-attributes: ShopWeb.CartLive.total by its whole name]
            x: certain lib/shop_web/cart_live.ex:ShopWeb.CartLive.total [code-attributes: ShopWeb.CartLive.total by its whole name]
            x: none
            x: none
            x: certain lib/shop_web/cart_live.ex:ShopWeb.CartLive.total#3 [code-attributes: code.* names lib/shop_web/cart_live.ex:7]
        "#]],
    );
}

#[test]
fn jobs_run_by_their_worker() {
    check(
        "//- lib/shop/mailer.ex
defmodule Shop.Mailer do
  use Oban.Worker
  def perform(%{args: %{\"a\" => _}}), do: :ok
  def perform(_), do: :ok
end
",
        r#"
CONSUMER a "process mail" @opentelemetry_oban oban.job.worker=Shop.Mailer messaging.destination.name=mail messaging.operation.type=process
CONSUMER a "process mail" @opentelemetry_oban oban.job.worker=Shop.Other messaging.destination.name=mail messaging.operation.type=process
"#,
        expect![[r#"
            process mail: likely lib/shop/mailer.ex:Shop.Mailer.perform [messaging: consumes Shop.Mailer]
            process mail: none
        "#]],
    );
}
