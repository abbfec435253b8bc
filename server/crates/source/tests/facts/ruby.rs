//! Ruby: methods, the routes of Rails, Sinatra and Grape, spans, jobs and calls.

use expect_test::expect;

use crate::check;

#[test]
fn methods_modules_and_blocks() {
    check(
        "//- lib/shop.rb
module Shop
  class Store::Cart < Base
    def add(item, count = 1, *rest, price:, **options, &block)
      items.each { |one| one.touch }
    end
    def self.open = new
    class << self
      def close; end
    end
    define_method(:empty?) { |all| all.none? }
    TOTAL = ->(cart) { cart.sum }
  end
  module Helping
    extend ActiveSupport::Concern
    class_methods do
      def helped; end
    end
    def size=(value); end
  end
end
def loose; end
",
        &["function"],
        expect![[r#"
            Method lib/shop.rb:Shop.Store.Cart.add lines 3..5 at 3:9 (item, count, rest, price, options, block)
            Method lib/shop.rb:Shop.Store.Cart.open lines 6..6 at 6:14 ()
            Method lib/shop.rb:Shop.Store.Cart.close lines 8..8 at 8:11 ()
            Method lib/shop.rb:Shop.Store.Cart.empty? lines 10..10 at 10:19 (all)
            Closure lib/shop.rb:Shop.Store.Cart.<anonymous> lines 11..11 at 11:13 (cart)
            Method lib/shop.rb:Shop.Helping.helped lines 16..16 at 16:11 ()
            Method lib/shop.rb:Shop.Helping.size= lines 18..18 at 18:9 (value)
            Function lib/shop.rb:loose lines 21..21 at 21:5 ()
        "#]],
    );
}

const ROUTES: &str = "//- config/routes.rb
Rails.application.routes.draw do
  root to: 'pages#home'
  get '/old' => 'pages#old', as: :old
  get 'pages/about'
  get '/go', to: redirect('/new')
  match '/any', to: 'pages#any', via: [:get, :post]
  get '/blog(/page/:page)', to: 'pages#blog'
  get '/health', to: ->(_env) { [200, {}, []] }
  concern :voting do
    member { post :vote }
  end
  scope '(:locale)', locale: /en|de/ do
    resources :articles, only: %i[index show], concerns: :voting, param: :slug do
      get :preview
      get :recent, on: :collection
      resources :comments, only: :create, shallow: true
    end
  end
  namespace :admin, path: 'back' do
    get :overview
    resource :session, only: [:new, :create], path_names: { new: 'login' }
    resources :users, controller: 'people', except: %i[new edit create destroy index]
    scope module: :deep do
      put 'x/:id', to: 'things#put'
    end
  end
  %w[terms about].each do |page|
    get \"/pages/#{page}\" => \"pages##{page}\"
  end
  if Rails.env.development?
    get '/dev', to: 'pages#dev'
  end
  authenticate :user do
    controller :pages do
      get :terms
    end
  end
  own_resources :things do
    get '/silent', to: 'pages#home'
  end
  devise_for :users, controllers: { sessions: 'admin/people' }
  draw :more
  mount Blog::Engine, at: '/blog'
end
//- config/routes/more.rb
get '/more', to: 'pages#more'
//- app/controllers/pages_controller.rb
class PagesController < ApplicationController
  def home; end
  def old; end
  def about; end
  def any; end
  def blog; end
  def dev; end
  def terms; end
  def more; end
end
//- app/controllers/application_controller.rb
class ApplicationController
  include Listing
end
//- app/controllers/concerns/listing.rb
module Listing
  def index; end
end
//- app/controllers/articles_controller.rb
class ArticlesController < ApplicationController
  def show; end
  def preview; end
  def recent; end
  def vote; end
end
//- app/controllers/comments_controller.rb
class CommentsController < ApplicationController
  def create; end
  def show; end
end
//- app/controllers/admin_controller.rb
class AdminController
  def overview; end
end
//- app/controllers/admin/sessions_controller.rb
class Admin::SessionsController < ApplicationController
  def new; end
end
//- app/controllers/admin/people_controller.rb
module Admin
  class PeopleController < BaseController
    def create; end
  end
  class BaseController
    def update; end
  end
end
//- app/controllers/admin/deep/things_controller.rb
module Admin::Deep
  class ThingsController
    def put; end
  end
end
//- engine/config/routes.rb
Blog::Engine.routes.draw do
  resources :posts, only: :index
end
//- plugin/engine.rb
module Plug
  class AdminEngine < Rails::Engine
    routes do
      get 'plugs', to: 'plugs#index'
    end
  end
end
//- plugin/plugs_controller.rb
class Plug::PlugsController
  def index; end
end
//- engine/lib/blog/engine.rb
module Blog
  class Engine < Rails::Engine
    isolate_namespace Blog
  end
end
//- engine/app/controllers/blog/posts_controller.rb
module Blog
  class PostsController
    def index; end
  end
end
";

#[test]
fn rails_routes_find_their_actions() {
    check(
        ROUTES,
        &["route"],
        expect![[r#"
            GET / -> app/controllers/pages_controller.rb:PagesController.home
            GET /old -> app/controllers/pages_controller.rb:PagesController.old
            GET /pages/about -> app/controllers/pages_controller.rb:PagesController.about
            GET /any -> app/controllers/pages_controller.rb:PagesController.any
            POST /any -> app/controllers/pages_controller.rb:PagesController.any
            GET /blog(/page/:page) -> app/controllers/pages_controller.rb:PagesController.blog
            GET /blog -> app/controllers/pages_controller.rb:PagesController.blog
            GET /blog/page/:page -> app/controllers/pages_controller.rb:PagesController.blog
            GET /health -> config/routes.rb:<anonymous>.<anonymous>
            GET (/:locale)/articles -> app/controllers/concerns/listing.rb:Listing.index
            GET /articles -> app/controllers/concerns/listing.rb:Listing.index
            GET /:locale/articles -> app/controllers/concerns/listing.rb:Listing.index
            GET (/:locale)/articles/:slug -> app/controllers/articles_controller.rb:ArticlesController.show
            GET /articles/:slug -> app/controllers/articles_controller.rb:ArticlesController.show
            GET /:locale/articles/:slug -> app/controllers/articles_controller.rb:ArticlesController.show
            GET (/:locale)/articles/:articles_slug/preview -> app/controllers/articles_controller.rb:ArticlesController.preview
            GET /articles/:articles_slug/preview -> app/controllers/articles_controller.rb:ArticlesController.preview
            GET /:locale/articles/:articles_slug/preview -> app/controllers/articles_controller.rb:ArticlesController.preview
            GET (/:locale)/articles/recent -> app/controllers/articles_controller.rb:ArticlesController.recent
            GET /articles/recent -> app/controllers/articles_controller.rb:ArticlesController.recent
            GET /:locale/articles/recent -> app/controllers/articles_controller.rb:ArticlesController.recent
            POST (/:locale)/articles/:articles_slug/comments -> app/controllers/comments_controller.rb:CommentsController.create
            POST /articles/:articles_slug/comments -> app/controllers/comments_controller.rb:CommentsController.create
            POST /:locale/articles/:articles_slug/comments -> app/controllers/comments_controller.rb:CommentsController.create
            POST (/:locale)/articles/:slug/vote -> app/controllers/articles_controller.rb:ArticlesController.vote
            POST /articles/:slug/vote -> app/controllers/articles_controller.rb:ArticlesController.vote
            POST /:locale/articles/:slug/vote -> app/controllers/articles_controller.rb:ArticlesController.vote
            GET /back/overview -> app/controllers/admin_controller.rb:AdminController.overview
            GET /back/session/login -> app/controllers/admin/sessions_controller.rb:Admin.SessionsController.new
            PATCH /back/users/:id -> app/controllers/admin/people_controller.rb:Admin.BaseController.update
            PUT /back/users/:id -> app/controllers/admin/people_controller.rb:Admin.BaseController.update
            PUT /back/x/:id -> app/controllers/admin/deep/things_controller.rb:Admin.Deep.ThingsController.put
            GET /pages/terms -> app/controllers/pages_controller.rb:PagesController.terms
            GET /pages/about -> app/controllers/pages_controller.rb:PagesController.about
            GET /dev -> app/controllers/pages_controller.rb:PagesController.dev
            GET /terms -> app/controllers/pages_controller.rb:PagesController.terms
            POST /users/sign_in -> app/controllers/admin/people_controller.rb:Admin.PeopleController.create
            GET /more -> app/controllers/pages_controller.rb:PagesController.more
            GET /blog/posts -> engine/app/controllers/blog/posts_controller.rb:Blog.PostsController.index
            GET /plugs -> plugin/plugs_controller.rb:Plug.PlugsController.index
        "#]],
    );
}

#[test]
fn routes_that_stand_at_their_handlers() {
    check(
        "//- app.rb
require 'sinatra/base'
class Till < Sinatra::Base
  get '/receipts/:id' do
    'x'
  end
  delete(%r{/receipts/(\\d+)}) { |id| id }
  namespace '/api' do
    post('/items') { 1 }
  end
  def helper
    get '/no-route' do
    end
  end
end
put '/loose' do
end
//- config.ru
map '/shop' do
  run Till
end
//- api.rb
class Api < Grape::API
  version 'v1', using: :path
  prefix :api
  resource :users do
    get { 1 }
    route_param :id do
      delete(:avatar) { 2 }
    end
  end
end
//- spec/request_spec.rb
describe 'users' do
  get 'list of users' do
  end
  get '/users', params: {}
end
",
        &["route"],
        expect![[r#"
            GET /shop/receipts/:id -> app.rb:Till.<anonymous>
            DELETE /shop/receipts/(\d+) -> app.rb:Till.<anonymous>#2
            POST /shop/api/items -> app.rb:Till.<anonymous>.<anonymous>
            PUT /loose -> app.rb:<anonymous>
            GET /api/v1/users -> api.rb:Api.<anonymous>.<anonymous>
            DELETE /api/v1/users/:id/avatar -> api.rb:Api.<anonymous>.<anonymous>.<anonymous>
        "#]],
    );
}

#[test]
fn span_names_from_literals_constants_and_helpers() {
    check(
        "//- lib/names.rb
module Names
  PAY = 'pay order'
end
//- lib/desk.rb
class Desk
  Tracer = OpenTelemetry.tracer_provider.tracer('desk')
  OPEN = 'open desk'.freeze

  def open
    Tracer.in_span(OPEN) { }
  end
  def pay(order)
    tracer.in_span(Names::PAY, kind: :client) do |span|
      OpenTelemetry.tracer_provider.tracer('inner').in_span(\"item #{order.id} of\" ' shop') { }
    end
  end
  def close
    traced('close desk') { }
    traced(name) { }
    root = tracer.start_root_span(\"#{self.class.name}##{__method__}\")
  end
  def self.sweep
    Desk.new.traced('sweep floor')
  end
  def traced(name, &block)
    tracer.in_span(name, &block)
  end
  def tracer
    @tracer ||= OpenTelemetry.tracer_provider.tracer('memo')
  end
  def unrelated
    puts 'no span'
    record.start_span
  end
end
",
        &["span"],
        expect![[r#"
            span "open desk" of desk -> lib/desk.rb:Desk.open line 6
            span "item … of shop" of inner -> lib/desk.rb:Desk.pay line 10
            span "…#close" of memo -> lib/desk.rb:Desk.close line 16
            span "pay order" -> lib/desk.rb:Desk.pay line 9
            span "close desk" -> lib/desk.rb:Desk.close line 14
            span "sweep floor" -> lib/desk.rb:Desk.sweep line 19
        "#]],
    );
}

#[test]
fn jobs_tasks_consumers_and_remote_services() {
    check(
        "//- app/jobs/sync_job.rb
module Shop
  class SyncJob < ApplicationJob
    def perform(id); end
  end
  class MailJob < SyncJob
  end
end
//- app/workers/clean.rb
class Clean
  include Sidekiq::Job
  def perform; end
end
//- app/consumers/orders.rb
class Orders < Racecar::Consumer
  subscribes_to 'orders'
  def process(message); end
end
//- lib/tasks/shop.rake
namespace :shop do
  task refresh: :environment do
  end
  task :nothing
end
//- rpc/greeter.rb
class GreeterServer < Helloworld::Greeter::Service
  def say_hello(request, _call); end
end
//- app/services/no_job.rb
class NoJob
  def call; end
end
",
        &["consumer", "rpc"],
        expect![[r#"
            consumer "Shop::SyncJob" -> app/jobs/sync_job.rb:Shop.SyncJob.perform
            consumer "Shop::SyncJob" -> app/jobs/sync_job.rb:Shop.SyncJob.perform
            consumer "Shop::MailJob" -> app/jobs/sync_job.rb:Shop.SyncJob.perform
            consumer "Clean" -> app/workers/clean.rb:Clean.perform
            consumer "Clean" -> app/workers/clean.rb:Clean.perform
            consumer "orders" -> app/consumers/orders.rb:Orders.process
            consumer "rake shop:refresh" -> lib/tasks/shop.rake:<anonymous>.<anonymous>
            rpc Greeter/say_hello -> rpc/greeter.rb:GreeterServer.say_hello
        "#]],
    );
}

#[test]
fn calls_to_elsewhere() {
    check(
        "//- lib/calls.rb
class Calls
  def all(id)
    Net::HTTP.get_response(URI(\"http://stock/items/#{id}\"))
    Faraday.post('https://pay/charge', {})
    @http_client.get(\"/carts/#{id}\")
    cache.get('key')
    connection.execute('SELECT 1 FROM carts')
    Cart.find_by_sql([<<~SQL, id])
      SELECT * FROM carts
      WHERE id = ?
    SQL
    query = 'UPDATE carts SET a = 1'
    rows.each { |row| db.exec_query(query) }
    logger.update('nothing')
    producer.produce(topic: 'orders', payload: '')
  end
end
",
        &["call", "loop"],
        expect![[r#"
            Http get_response: GET "http://stock/items/…" line 3
            Http post: POST "https://pay/charge" line 4
            Http get: GET "/carts/…" line 5
            Sql execute: "SELECT 1 FROM carts" line 7
            Sql find_by_sql: "\n      SELECT * FROM carts\n      WHERE id = ?\n    " line 8
            Sql exec_query: "UPDATE carts SET a = 1" line 13
            Messaging produce: "orders" line 15
            Sql exec_query: "UPDATE carts SET a = 1" line 13
        "#]],
    );
}

#[test]
fn classes_that_derive_in_a_circle_come_to_an_end() {
    check(
        "//- a.rb
class Loop < Loop::Inner
  include Loop::Other
  include Twin
  def found; missing('one', 'two'); end
end
class Twin < Loop
  include Loop
end
class LoopController < Twin
end
Rails.application.routes.draw do
  get '/x', to: 'loop#found'
  get '/y', to: 'loop#missing'
end
",
        &["route"],
        expect![[r#"
            GET /x -> a.rb:Loop.found
        "#]],
    );
}
