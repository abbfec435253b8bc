//! What Ruby's instrumentations send: Rails, Sinatra, jobs and tasks.

use expect_test::expect;

use crate::support::check;

const RAILS: &str = "//- config/routes.rb
Rails.application.routes.draw do
  root 'pages#home'
  resources :users, only: %i[index show]
  namespace :admin do
    resources :users, only: %i[index destroy]
  end
  get '/exports/:id', to: 'exports#show', format: true
  mount Till, at: '/till'
end
//- app/controllers/pages_controller.rb
class PagesController < ApplicationController
  def home; end
end
//- app/controllers/users_controller.rb
class UsersController < ListController
  def show; end
end
//- app/controllers/list_controller.rb
class ListController < ApplicationController
  def index; end
end
//- app/controllers/exports_controller.rb
class ExportsController
  def show; end
end
//- app/controllers/admin/users_controller.rb
class Admin::UsersController < ApplicationController
  def index; end
  def destroy; end
end
//- lib/till.rb
class Till < Sinatra::Base
  get '/' do
  end
  get '/receipts/:id' do
  end
end
";

#[test]
fn rails_names_the_controller_or_the_route() {
    check(
        RAILS,
        r#"
SERVER a "GET /admin/users(.:format)" @OpenTelemetry::Instrumentation::Rack http.request.method=GET http.route=/admin/users(.:format) code.namespace=Admin::UsersController code.function=index
SERVER a "UsersController#show" @OpenTelemetry::Instrumentation::Rack http.method=GET http.target=/users/7 code.namespace=UsersController code.function=show
SERVER a "GET /users/:id" @OpenTelemetry::Instrumentation::Rack http.method=GET http.route=/users/:id http.target=/users/7
SERVER a "GET /exports/:id.:format" @OpenTelemetry::Instrumentation::Rack http.method=GET http.route=/exports/:id.:format
"#,
        expect![[r#"
            GET /admin/users(.:format): certain app/controllers/admin/users_controller.rb:Admin.UsersController.index [framework: Admin::UsersController.index by its whole name]
            UsersController#show: certain app/controllers/users_controller.rb:UsersController.show [framework: UsersController.show by its whole name]
            GET /users/:id: certain app/controllers/users_controller.rb:UsersController.show [route: handles GET /users/:id]
            GET /exports/:id.:format: certain app/controllers/exports_controller.rb:ExportsController.show [route: handles GET /exports/:id]
        "#]],
    );
}

#[test]
fn an_inherited_action_is_found_by_its_route_and_never_in_another_class() {
    check(
        RAILS,
        r#"
SERVER a "GET /users" @OpenTelemetry::Instrumentation::Rack http.method=GET http.route=/users code.namespace=UsersController code.function=index
SERVER a "UsersController#index" @OpenTelemetry::Instrumentation::Rack http.method=GET http.target=/users code.namespace=UsersController code.function=index
SERVER a "UsersController#destroy" @OpenTelemetry::Instrumentation::Rack http.method=DELETE http.target=/users/1 code.namespace=UsersController code.function=destroy
SERVER a "GET /users/:id" @OpenTelemetry::Instrumentation::Rack http.method=GET http.route=/users/:id code.namespace=Devise::UsersController code.function=other
SERVER a "GET /elsewhere/users/:id" @OpenTelemetry::Instrumentation::Rack http.method=GET http.route=/elsewhere/users/:id
"#,
        expect![[r#"
            GET /users: certain app/controllers/list_controller.rb:ListController.index [route: handles GET /users]
            UsersController#index: likely app/controllers/list_controller.rb:ListController.index [url-path: handles GET /users]
            UsersController#destroy: none
            GET /users/:id: none
            GET /elsewhere/users/:id: none
        "#]],
    );
}

#[test]
fn sinatra_does_not_know_what_it_is_mounted_on() {
    check(
        RAILS,
        r#"
SERVER a "GET /receipts/:id" @OpenTelemetry::Instrumentation::Rack http.method=GET http.route=/receipts/:id http.target=/receipts/7
SERVER a "GET /" @OpenTelemetry::Instrumentation::Rack http.method=GET http.route=/ http.target=/
SERVER a "GET /" @OpenTelemetry::Instrumentation::Rack http.method=GET http.route=/ http.target=/ code.namespace=PagesController code.function=home
SERVER a "GET /receipts" @OpenTelemetry::Instrumentation::Rack http.method=GET http.route=/receipts
"#,
        expect![[r#"
            GET /receipts/:id: likely lib/till.rb:Till.<anonymous>#2 [route: handles GET /till/receipts/:id]
            GET /: likely lib/till.rb:Till.<anonymous> [route: handles GET /till/]
            GET /: certain app/controllers/pages_controller.rb:PagesController.home [framework: PagesController.home by its whole name]
            GET /receipts: none
        "#]],
    );
}

#[test]
fn jobs_run_by_their_class_and_tasks_by_their_name() {
    check(
        "//- app/jobs/sync_job.rb
class SyncJob < ApplicationJob
  def perform; end
end
//- app/workers/clean_worker.rb
module Shop
  class CleanWorker
    include Sidekiq::Worker
    def perform; end
  end
end
//- lib/tasks/shop.rake
namespace :shop do
  task :refresh do
  end
end
",
        r#"
CONSUMER a "default process" @OpenTelemetry::Instrumentation::ActiveJob code.namespace=SyncJob messaging.active_job.adapter.name=async messaging.destination.name=default
CONSUMER a "low process" @OpenTelemetry::Instrumentation::Sidekiq messaging.sidekiq.job_class=Shop::CleanWorker messaging.destination=low messaging.operation=process
CONSUMER a "low process" @OpenTelemetry::Instrumentation::Resque messaging.resque.job_class=CleanWorker messaging.destination=low
PRODUCER a "SyncJob publish" @OpenTelemetry::Instrumentation::ActiveJob code.namespace=SyncJob messaging.active_job.adapter.name=async
INTERNAL a "rake.execute" @OpenTelemetry::Instrumentation::Rake rake.task=shop:refresh
INTERNAL a "rake.execute" @OpenTelemetry::Instrumentation::Rake rake.task=refresh
INTERNAL a "SyncJob query" @OpenTelemetry::Instrumentation::ActiveRecord
"#,
        expect![[r#"
            default process: likely app/jobs/sync_job.rb:SyncJob.perform [messaging: consumes SyncJob]
            low process: likely app/workers/clean_worker.rb:Shop.CleanWorker.perform [messaging: consumes Shop::CleanWorker]
            low process: none
            SyncJob publish: none
            rake.execute: certain lib/tasks/shop.rake:<anonymous>.<anonymous> [framework: is the rake shop:refresh]
            rake.execute: none
            SyncJob query: none
        "#]],
    );
}
