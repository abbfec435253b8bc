//! What PHP's instrumentations send: routes, names of routes, names of what runs, code attributes of libraries.

use expect_test::expect;

use crate::support::check;

#[test]
fn laravel_sends_the_route_and_code_attributes_of_its_kernel() {
    check(
        r##"//- routes/api.php
<?php
use App\Http\Controllers\CartController;
Route::get('carts/{cart}', [CartController::class, 'show']);
Route::post('carts', [CartController::class, 'store']);
Route::view('about', 'about');
//- bootstrap/app.php
<?php
return Application::configure()->withRouting(api: __DIR__ . '/../routes/api.php');
//- app/Http/Controllers/CartController.php
<?php
namespace App\Http\Controllers;
class CartController {
    public function show() { return Http::get('http://stock/items'); }
    public function store() { return DB::insert('insert into carts (id) values (?)', [1]); }
}
//- app/Http/Kernel.php
<?php
namespace App\Http;
class Kernel extends HttpKernel { public function handle($request) {} }
"##,
        r##"
SERVER shop "GET /api/carts/{cart}" @io.opentelemetry.contrib.php.laravel http.route=api/carts/{cart} http.request.method=GET code.function.name="Illuminate\Foundation\Http\Kernel::handle" code.file.path=/app/vendor/laravel/framework/src/Illuminate/Foundation/Http/Kernel.php code.line.number=1
  CLIENT shop "GET" @io.opentelemetry.contrib.php.laravel http.request.method=GET url.full=http://stock/items
SERVER shop "POST /api/carts" @io.opentelemetry.contrib.php.laravel http.route=api/carts http.request.method=POST
  CLIENT shop "sql INSERT" @io.opentelemetry.contrib.php.laravel db.query.text="insert into carts (id) values (?)"
SERVER shop "GET /api/about" @io.opentelemetry.contrib.php.laravel http.route=api/about http.request.method=GET
SERVER shop "GET" @io.opentelemetry.contrib.php.laravel http.request.method=GET url.path=/api/carts/7
SERVER shop "GET /carts/{cart}" @io.opentelemetry.contrib.php.laravel http.route=carts/{cart} http.request.method=GET url.path=/carts/7
"##,
        expect![[r#"
            GET /api/carts/{cart}: certain app/Http/Controllers/CartController.php:CartController.show [route: handles GET api/carts/{cart}]
            GET: likely app/Http/Controllers/CartController.php:CartController.show at line 4 [outgoing: requests this URL at app/Http/Controllers/CartController.php:4]
            POST /api/carts: certain app/Http/Controllers/CartController.php:CartController.store [route: handles POST api/carts]
            sql INSERT: likely app/Http/Controllers/CartController.php:CartController.store at line 5 [outgoing: runs this SQL at app/Http/Controllers/CartController.php:5]
            GET /api/about: none
            GET: none
            GET /carts/{cart}: none
        "#]],
    );
}

#[test]
fn symfony_and_slim_send_names_of_routes() {
    check(
        r##"//- src/Controller/CartController.php
<?php
namespace App\Controller;
#[Route('/carts', name: 'cart_')]
class CartController {
    #[Route('/{id}', name: 'show', methods: ['GET'])]
    public function show() {}
    #[Route('', methods: ['GET'])]
    public function list() {}
}
//- src/Controller/TagController.php
<?php
namespace App\Controller;
class TagController {
    #[Route('/tags', name: 'all_tags', methods: ['GET'])]
    public function all() {}
    #[Route('/manage/tags', name: 'tags', methods: ['GET'])]
    public function manage() {}
}
//- slim/index.php
<?php
$app->get('/orders/{id}', [Orders::class, 'one'])->setName('order');
$app->get('/about', function () {});
//- slim/Orders.php
<?php
class Orders { function one() {} }
"##,
        r##"
SERVER web "GET cart_show" @io.opentelemetry.contrib.php.symfony http.route=cart_show http.request.method=GET
SERVER web "GET cart_app_cart_list" @io.opentelemetry.contrib.php.symfony http.route=cart_app_cart_list http.request.method=GET
SERVER web "POST cart_show" @io.opentelemetry.contrib.php.symfony http.route=cart_show http.request.method=POST
SERVER web "GET tags" @io.opentelemetry.contrib.php.symfony http.route=tags http.request.method=GET
SERVER web "GET manage" @io.opentelemetry.contrib.php.symfony http.route=manage/tags http.request.method=GET
SERVER web "GET show" @io.opentelemetry.contrib.php.symfony http.route=show http.request.method=GET
INTERNAL web "GET App\Controller\CartController::list" @io.opentelemetry.contrib.php.symfony
SERVER till "GET order" @io.opentelemetry.contrib.php.slim http.route=order http.request.method=GET
  INTERNAL till "Orders::one" @io.opentelemetry.contrib.php.slim code.function.name="Slim\Handlers\Strategies\RequestResponse::__invoke" code.file.path=/app/vendor/slim/slim/Slim/Handlers/Strategies/RequestResponse.php code.line.number=20
SERVER till "GET /about" @io.opentelemetry.contrib.php.slim http.route=/about http.request.method=GET
  INTERNAL till "{closure}" @io.opentelemetry.contrib.php.slim
SERVER till "GET order" @io.opentelemetry.contrib.php.slim http.route=order http.request.method=GET
  INTERNAL till "{closure}" @io.opentelemetry.contrib.php.slim
"##,
        expect![[r#"
            GET cart_show: certain src/Controller/CartController.php:CartController.show [route: handles GET cart_show]
            GET cart_app_cart_list: certain src/Controller/CartController.php:CartController.list [route: handles GET cart_app_cart_list]
            POST cart_show: none
            GET tags: certain src/Controller/TagController.php:TagController.manage [route: handles GET tags]
            GET manage: none
            GET show: none
            GET App\Controller\CartController::list: certain src/Controller/CartController.php:CartController.list [framework: named by the framework's instrumentation]
            GET order: certain slim/Orders.php:Orders.one [route: handles GET order]
            Orders::one: certain slim/Orders.php:Orders.one [framework: named by the framework's instrumentation]
            GET /about: certain slim/index.php:<anonymous> [route: handles GET /about]
            {closure}: likely slim/index.php:<anonymous> [framework: the handler of its request, slim/index.php:<anonymous>, has no name]
            GET order: certain slim/Orders.php:Orders.one [route: handles GET order]
            {closure}: none
        "#]],
    );
}

#[test]
fn middlewares_commands_jobs_and_messages_are_named() {
    check(
        r##"//- app/Jobs/SendReceipt.php
<?php
namespace App\Jobs;
class SendReceipt implements ShouldQueue { public function handle() {} }
//- app/Console/Import.php
<?php
namespace App\Console;
class Import extends Command { protected $signature = 'shop:import {file}'; public function handle() {} }
//- src/Handler/Paid.php
<?php
namespace App\Handler;
#[AsMessageHandler]
class Paid { public function __invoke(\App\Message\OrderPaid $message) {} }
//- src/Guard.php
<?php
namespace App;
class Guard { public function process($request, $handler) {} #[WithSpan] public function check() {} }
class Model { public static function find($id) {} }
class ItemController { public function actionUpdatePrice() {} }
class Items { public function show() {} }
"##,
        r##"
CONSUMER worker "process default" @io.opentelemetry.contrib.php.laravel messaging.destination.name=default messaging.message.job_name="App\Jobs\SendReceipt"
CONSUMER worker "receive default" @io.opentelemetry.contrib.php.laravel messaging.destination.name=default messaging.message.job_name="App\Jobs\SendReceipt"
CONSUMER worker "process default" @io.opentelemetry.contrib.php.laravel messaging.destination.name=default messaging.message.job_name="App\Jobs\Other"
INTERNAL worker "Command shop:import" @io.opentelemetry.contrib.php.laravel code.function.name="Illuminate\Console\Command::execute" code.file.path=/app/vendor/laravel/framework/src/Illuminate/Console/Command.php code.line.number=1
INTERNAL worker "Command shop:other" @io.opentelemetry.contrib.php.laravel
CONSUMER worker "CONSUME App\Message\OrderPaid" @io.opentelemetry.contrib.php.symfony_messenger symfony.messenger.message="App\Message\OrderPaid"
INTERNAL web "App\Guard::process" @io.opentelemetry.contrib.php.psr15
INTERNAL web "App\Guard::check" @io.opentelemetry.php.with-span code.function.name="App\Guard::check" code.file.path=/app/src/Guard.php code.line.number=3
INTERNAL web "App\Model::find" @io.opentelemetry.contrib.php.laravel
SERVER web "GET ItemController.update-price" @io.opentelemetry.contrib.php.yii http.route=ItemController.update-price http.request.method=GET
SERVER web "GET Items.show" @io.opentelemetry.contrib.php.codeigniter http.route=Items.show http.request.method=GET
SERVER web "GET Items.gone" @io.opentelemetry.contrib.php.codeigniter http.route=Items.gone http.request.method=GET
INTERNAL web "Vendor\Guarded::process" @io.opentelemetry.contrib.php.psr15
"##,
        expect![[r#"
            process default: certain app/Jobs/SendReceipt.php:SendReceipt.handle [framework: runs for App\Jobs\SendReceipt]
            receive default: none [noise: the worker's own work on its queue]
            process default: none
            Command shop:import: certain app/Console/Import.php:Import.handle [framework: runs for shop:import]
            Command shop:other: none
            CONSUME App\Message\OrderPaid: certain src/Handler/Paid.php:Paid.__invoke [framework: runs for App\Message\OrderPaid]
            App\Guard::process: certain src/Guard.php:Guard.process [framework: named by the framework's instrumentation]
            App\Guard::check: certain src/Guard.php:Guard.check [code-attributes: code.* names src/Guard.php:3]
            App\Model::find: none
            GET ItemController.update-price: likely src/Guard.php:ItemController.actionUpdatePrice [framework: named by the framework's instrumentation]
            GET Items.show: likely src/Guard.php:Items.show [framework: named by the framework's instrumentation]
            GET Items.gone: none
            Vendor\Guarded::process: none
        "#]],
    );
}
