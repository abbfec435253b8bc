//! Elixir: functions and their clauses, the routes of Phoenix and Plug, spans, jobs and calls.

use expect_test::expect;

use crate::check;

#[test]
fn functions_clauses_and_modules() {
    check(
        "//- lib/shop/cart.ex
defmodule Shop.Cart do
  @moduledoc \"A cart.\"
  @doc \"Adds.\"
  @spec add(t, map) :: t
  def add(cart, %{id: id} = item, count \\\\ 1) when is_integer(id) do
    Enum.each(cart, fn one -> one end)
    add_all(cart)
  end
  def add(cart, nil, _), do: cart
  defp secret, do: 1
  defmacro shown(x), do: x
  def unquote(name)(x), do: x
  def a <> b, do: a
  defmodule Item do
    def price(item), do: item.price
  end
  defimpl String.Chars, for: Shop.Cart do
    def to_string(cart), do: cart
  end
end
",
        &["function"],
        expect![[r#"
            Method lib/shop/cart.ex:Shop.Cart.add lines 3..8 at 5:7 (cart, item, count)
            Method lib/shop/cart.ex:Shop.Cart.add#2 lines 9..9 at 9:7 (cart, , _)
            Method lib/shop/cart.ex:Shop.Cart.secret lines 10..10 at 10:8 ()
            Method lib/shop/cart.ex:Shop.Cart.shown lines 11..11 at 11:12 (x)
            Method lib/shop/cart.ex:Shop.Cart.Item.price lines 15..15 at 15:9 (item)
            Method lib/shop/cart.ex:Shop.Cart.String.Chars.Shop.Cart.to_string lines 18..18 at 18:9 (cart)
        "#]],
    );
}

#[test]
fn phoenix_routes_find_controllers_views_and_plugs() {
    check(
        "//- lib/shop_web/router.ex
defmodule ShopWeb.Router do
  use ShopWeb, :router
  pipeline :browser do
    plug :accepts, [\"html\"]
  end
  scope \"/\", ShopWeb do
    pipe_through :browser
    get \"/\", PageController, :home
    live_session :default do
      live \"/carts/:id\", CartLive, :show
    end
    resources \"/users\", UserController, only: [:index, :show], param: \"slug\" do
      resources \"/orders\", OrderController, except: [:index, :new, :edit, :create, :delete]
    end
    resources \"/me\", MeController, singleton: true, only: ~w(show)a
    match :*, \"/any\", PageController, :any
  end
  for prefix <- [\"/\", \"/repos/:repo\"] do
    scope prefix, ShopWeb.Api, as: :api do
      scope \"/v1\", V1 do
        post \"/charge\", PayController, :charge
      end
    end
  end
  scope \"/absolute\", alias: ShopWeb do
    get \"/plug\", StatusPlug, :anything
    forward \"/inner\", Inner.Router
  end
end
//- lib/shop_web/controllers.ex
defmodule ShopWeb.PageController do
  def home(conn, _), do: conn
  def any(conn, _), do: conn
  defdelegate other(conn, params), to: ShopWeb.UserController, as: :show
end
defmodule ShopWeb.UserController do
  def index(conn, _), do: conn
  def show(conn, %{\"slug\" => \"me\"}), do: conn
  def show(conn, _), do: conn
end
defmodule ShopWeb.OrderController do
  def update(conn, _), do: conn
end
defmodule ShopWeb.MeController do
  def show(conn, _), do: conn
end
defmodule ShopWeb.Api.V1.PayController do
  def charge(conn, _), do: conn
end
defmodule ShopWeb.StatusPlug do
  def init(options), do: options
  def call(conn, _), do: conn
end
defmodule ShopWeb.CartLive do
  def handle_params(_, _, socket), do: socket
  def render(assigns), do: assigns
end
//- lib/inner/router.ex
defmodule ShopWeb.Inner.Router do
  use Plug.Router
  plug :match
  get \"/ping\" do
    send_resp(conn, 200, \"\")
  end
  match \"/both\", via: [:get, :put] do
    conn
  end
  def helper do
    get \"/no-route\" do
    end
  end
end
",
        &["route"],
        expect![[r#"
            GET / -> lib/shop_web/controllers.ex:ShopWeb.PageController.home
            GET /carts/:id -> lib/shop_web/controllers.ex:ShopWeb.CartLive.handle_params
            GET /users -> lib/shop_web/controllers.ex:ShopWeb.UserController.index
            GET /users/:slug -> lib/shop_web/controllers.ex:ShopWeb.UserController.show
            PATCH /users/:nested_slug/orders/:id -> lib/shop_web/controllers.ex:ShopWeb.OrderController.update
            PUT /users/:nested_slug/orders/:id -> lib/shop_web/controllers.ex:ShopWeb.OrderController.update
            GET /me -> lib/shop_web/controllers.ex:ShopWeb.MeController.show
            * /any -> lib/shop_web/controllers.ex:ShopWeb.PageController.any
            POST /v1/charge -> lib/shop_web/controllers.ex:ShopWeb.Api.V1.PayController.charge
            POST /repos/:repo/v1/charge -> lib/shop_web/controllers.ex:ShopWeb.Api.V1.PayController.charge
            GET /absolute/plug -> lib/shop_web/controllers.ex:ShopWeb.StatusPlug.call
            GET /absolute/inner/ping -> lib/inner/router.ex:ShopWeb.Inner.Router.<anonymous>
            GET /absolute/inner/both -> lib/inner/router.ex:ShopWeb.Inner.Router.<anonymous>#2
            PUT /absolute/inner/both -> lib/inner/router.ex:ShopWeb.Inner.Router.<anonymous>#2
        "#]],
    );
}

#[test]
fn span_names_from_macros_attributes_and_helpers() {
    check(
        "//- lib/shop/desk.ex
defmodule Shop.Desk do
  require OpenTelemetry.Tracer, as: Tracer
  alias Shop.{Tracing, Pay}
  @open \"open desk\"

  def open(id) do
    Tracer.with_span @open, %{attributes: %{id: id}} do
      id
    end
  end
  def pay(order) do
    OpenTelemetry.Tracer.start_span(\"pay \" <> order.name)
    :otel_tracer.with_span(:opentelemetry.get_tracer(), \"charge #{order.id}\", fn _ -> order end)
    Tracing.traced(\"through helper\", fn -> order end)
    \"piped name\" |> Tracing.traced(fn -> order end)
    Tracer.with_span \"#{inspect(__MODULE__)}.pay\" do
    end
  end
  @decorate with_span(\"Shop.Desk.close\")
  @doc \"Closes.\"
  def close(desk), do: desk
  def none, do: Logger.info(\"no span\")
end
//- lib/shop/tracing.ex
defmodule Shop.Tracing do
  require OpenTelemetry.Tracer
  def traced(name, fun) do
    OpenTelemetry.Tracer.with_span name do
      fun.()
    end
  end
end
//- lib/shop_web/cart_live.ex
defmodule ShopWeb.CartLive do
  def handle_event(\"add\", _params, socket), do: socket
  def handle_event(event, %{}, socket) when event != \"\", do: socket
end
",
        &["span"],
        expect![[r#"
            span "open desk" -> lib/shop/desk.ex:Shop.Desk.open line 7
            span "pay …" -> lib/shop/desk.ex:Shop.Desk.pay line 12
            span "charge …" -> lib/shop/desk.ex:Shop.Desk.pay line 13
            span "Shop.Desk.pay" -> lib/shop/desk.ex:Shop.Desk.pay line 16
            span "Shop.Desk.close" -> lib/shop/desk.ex:Shop.Desk.close line 19
            span "ShopWeb.CartLive.handle_event#add" of opentelemetry_phoenix -> lib/shop_web/cart_live.ex:ShopWeb.CartLive.handle_event line 2
            span "ShopWeb.CartLive.handle_event#…" of opentelemetry_phoenix -> lib/shop_web/cart_live.ex:ShopWeb.CartLive.handle_event#2 line 3
            span "through helper" -> lib/shop/desk.ex:Shop.Desk.pay line 14
            span "piped name" -> lib/shop/desk.ex:Shop.Desk.pay line 15
        "#]],
    );
}

#[test]
fn jobs_and_remote_services() {
    check(
        "//- lib/shop/mailer.ex
defmodule Shop.Mailer do
  use Oban.Worker, queue: :mail
  def perform(%Oban.Job{}), do: :ok
end
defmodule Shop.Greeter do
  use GRPC.Server, service: Helloworld.Greeter.Service
  def say_hello(request, _stream), do: request
end
defmodule Shop.Plain do
  def perform(_), do: :ok
end
",
        &["consumer", "rpc"],
        expect![[r#"
            consumer "Shop.Mailer" -> lib/shop/mailer.ex:Shop.Mailer.perform
            rpc Greeter/say_hello -> lib/shop/mailer.ex:Shop.Greeter.say_hello
        "#]],
    );
}

#[test]
fn calls_to_elsewhere() {
    check(
        "//- lib/shop/calls.ex
defmodule Shop.Calls do
  @base \"http://stock\"
  def all(id) do
    HTTPoison.get!(\"http://stock/items/#{id}\")
    Req.post(url: \"https://pay/charge\")
    Finch.build(:put, @base <> \"/carts/1\")
    Shop.Repo.query!(\"SELECT 1 FROM carts\")
    Ecto.Adapters.SQL.query(Shop.Repo, \"\"\"
    UPDATE carts SET a = $1
    \"\"\", [id])
    for one <- id, do: Shop.Repo.insert(one)
    Enum.map(id, fn one -> Shop.Repo.delete(one) end)
    Map.get(id, \"key\")
  end
end
",
        &["call", "loop"],
        expect![[r#"
            Http get!: GET "http://stock/items/…" line 4
            Http post: POST "https://pay/charge" line 5
            Http build: PUT "http://stock/carts/1" line 6
            Sql query!: "SELECT 1 FROM carts" line 7
            Sql query: "\n    UPDATE carts SET a = $1\n    " line 8
            Sql insert:  line 11
            Sql delete:  line 12
        "#]],
    );
}

#[test]
fn resolvers_that_a_schema_names_and_pipelines() {
    let schema = "//- lib/harbor/schema.ex
defmodule Harbor.Schema do
  use Absinthe.Schema
  alias Harbor.Resolvers
  query do
    @desc \"all\"
    field :ships, list_of(:ship) do
      arg :id, :id
      resolve &Resolvers.Ships.list/3
    end
    field :ship, :ship, resolve: &Resolvers.Ships.find/3
    field :inline, :string do
      resolve fn _, _, _ -> {:ok, 1} end
    end
    field :local, :string do
      resolve(&local/2)
    end
    field :plain, :string
  end
  mutation do
    field :dock_ship, :ship do
      resolve &Resolvers.Ships.gone/2
    end
  end
  object :ship do
    field :crew, list_of(:sailor) do
      resolve &Harbor.Resolvers.Ships.crew/3
    end
  end
  object :ship_queries do
    field :fleet, :string do
      resolve &Resolvers.Ships.list/3
    end
  end
  def local(_, _), do: 1
end
//- lib/harbor/resolvers/ships.ex
defmodule Harbor.Resolvers.Ships do
  def list(_, _, _), do: 1
  def find(_, _, _), do: 1
  def crew(_, _, _), do: 1
end
//- lib/harbor/pipeline.ex
defmodule Harbor.Pipeline do
  use Broadway
  def handle_message(_, message, _), do: message
end
defmodule Harbor.Other do
  def handle_message(_, message, _), do: message
end
";
    check(
        schema,
        &["rpc", "span"],
        expect![[r#"
            rpc graphql Query/ships -> lib/harbor/resolvers/ships.ex:Harbor.Resolvers.Ships.list
            rpc graphql Query/ship -> lib/harbor/resolvers/ships.ex:Harbor.Resolvers.Ships.find
            rpc graphql Query/inline -> lib/harbor/schema.ex:Harbor.Schema.<anonymous>
            rpc graphql Query/local -> lib/harbor/schema.ex:Harbor.Schema.local
            rpc graphql ship/crew -> lib/harbor/resolvers/ships.ex:Harbor.Resolvers.Ships.crew
            rpc graphql Query/fleet -> lib/harbor/resolvers/ships.ex:Harbor.Resolvers.Ships.list
            span "Harbor.Pipeline/… process" -> lib/harbor/pipeline.ex:Harbor.Pipeline.handle_message line 3
        "#]],
    );
}
