//! PHP: functions, the routes of Laravel, Slim, Lumen and Symfony, spans, jobs and calls.

use expect_test::expect;

use crate::check;

#[test]
fn functions_methods_traits_and_closures() {
    check(
        r#"//- src/Shop.php
<?php
namespace Shop;

interface Priced { public function price(): int; }
trait Counted { public function count(int ...$of): int { return 1; } }
abstract class Base { abstract function open(); }
final class Cart extends Base implements Priced
{
    use Counted;
    /** Adds. */
    #[Deprecated]
    public static function add(?string $item, int|float &$count = 1): static
    {
        array_map(fn ($each) => $each, []);
        return new class extends Base { function open() { return function () use ($item) {}; } };
    }
}
enum Size: string { case Small = 's'; public function label() { return 'a'; } }
function total($cart) { return 0; }
?>
<p><?= total($cart) ?></p>
"#,
        &["function"],
        expect![[r#"
            Method src/Shop.php:Counted.count lines 5..5 at 5:33 (of)
            Method src/Shop.php:Cart.add lines 11..16 at 12:28 (item, count)
            Closure src/Shop.php:Cart.add.<anonymous> lines 14..14 at 14:19 (each)
            Method src/Shop.php:Cart.add.Base.open lines 15..15 at 15:50 ()
            Closure src/Shop.php:Cart.add.Base.open.<anonymous> lines 15..15 at 15:66 ()
            Method src/Shop.php:Size.label lines 18..18 at 18:55 ()
            Function src/Shop.php:total lines 19..19 at 19:10 (cart)
        "#]],
    );
}

#[test]
fn what_is_whole_of_broken_code_is_read() {
    check(
        r#"//- a.php
<?php
class A {
    function whole() { return 1; }
    function broken( {
    }
    function after() { return 2; }
}
function last() {}
"#,
        &["function"],
        expect![[r#"
            Method a.php:A.whole lines 3..3 at 3:14 ()
            Method a.php:A.broken lines 4..5 at 4:14 ()
            Method a.php:A.after lines 6..6 at 6:14 ()
            Function a.php:last lines 8..8 at 8:10 ()
        "#]],
    );
}

#[test]
fn laravel_routes_under_groups_and_files_under_prefixes() {
    check(
        r#"//- app/Providers/RouteServiceProvider.php
<?php
namespace App\Providers;
use Illuminate\Support\Facades\Route;
class RouteServiceProvider {
    public function map() {
        Route::prefix('api/v1')->namespace($this->namespace)->group(base_path('routes/api.php'));
        Route::middleware('web')->group(function ($router) { require base_path('routes/web.php'); });
        Route::prefix(config('admin.path'))->group(__DIR__ . '/../../routes/admin.php');
    }
}
//- routes/api.php
<?php
use App\Http\Controllers\{CartController, PlainController as Plain};
use Illuminate\Support\Facades\Route;
Route::get('/health', fn () => 'ok');
Route::group(['prefix' => 'shops/{shop}', 'middleware' => 'auth', 'namespace' => 'Inner'], function () {
    Route::match(['get', 'post'], 'carts/{cart?}', 'CartController@show')->where('cart', '\d+');
    Route::any('/anything', [CartController::class, 'all']);
});
Route::controller(CartController::class)->prefix('carts')->group(function () {
    Route::get('{cart}', 'show');
    Route::redirect('/old', '/new');
    Route::view('/about', 'about');
});
Route::post('plain', Plain::class)->prefix('behind');
Route::fallback([CartController::class, 'missing']);
//- routes/web.php
<?php
Route::get('/', 'App\Http\Controllers\CartController@all');
Route::get('/carts', 'CartController@all');
Route::get('/inner', 'Inner\CartController@show');
//- routes/admin.php
<?php
Route::get('users', [App\Http\Controllers\CartController::class, 'all']);
//- app/Http/Controllers/CartController.php
<?php
namespace App\Http\Controllers;
class CartController extends Controller {
    public function show() {}
    public function all() {}
}
//- app/Http/Controllers/Controller.php
<?php
namespace App\Http\Controllers;
abstract class Controller { public function missing() {} }
//- app/Http/Controllers/PlainController.php
<?php
namespace App\Http\Controllers;
class PlainController { public function __invoke() {} }
//- app/Http/Controllers/Inner/CartController.php
<?php
namespace App\Http\Controllers\Inner;
class CartController { public function show() {} }
"#,
        &["route"],
        expect![[r#"
            GET /api/v1/health -> routes/api.php:<anonymous>
            GET /api/v1/shops/{shop}/carts/{cart?} -> app/Http/Controllers/Inner/CartController.php:CartController.show
            POST /api/v1/shops/{shop}/carts/{cart?} -> app/Http/Controllers/Inner/CartController.php:CartController.show
            * /api/v1/shops/{shop}/anything -> app/Http/Controllers/CartController.php:CartController.all
            GET /api/v1/carts/{cart} -> app/Http/Controllers/CartController.php:CartController.show
            POST /api/v1/behind/plain -> app/Http/Controllers/PlainController.php:PlainController.__invoke
            GET /api/v1/{fallbackPlaceholder} -> app/Http/Controllers/Controller.php:Controller.missing
            GET / -> app/Http/Controllers/CartController.php:CartController.all
            GET /carts -> app/Http/Controllers/CartController.php:CartController.all
            GET /inner -> app/Http/Controllers/Inner/CartController.php:CartController.show
            GET …/users -> app/Http/Controllers/CartController.php:CartController.all
        "#]],
    );
}

#[test]
fn laravel_11_says_where_the_api_is_in_its_bootstrap() {
    check(
        r#"//- bootstrap/app.php
<?php
return Application::configure(basePath: dirname(__DIR__))
    ->withRouting(
        web: __DIR__ . '/../routes/web.php',
        api: __DIR__ . '/../routes/api.php',
        apiPrefix: 'rest',
        then: function () {
            Route::prefix('hooks')->group(base_path('routes/hooks.php'));
        },
    )->create();
//- routes/web.php
<?php
Route::get('/home', fn () => 1);
//- routes/api.php
<?php
Route::get('/home', fn () => 2);
//- routes/hooks.php
<?php
Route::post('/paid', fn () => 3);
"#,
        &["route"],
        expect![[r#"
            GET /home -> routes/web.php:<anonymous>
            GET rest/home -> routes/api.php:<anonymous>
            POST /hooks/paid -> routes/hooks.php:<anonymous>
        "#]],
    );
}

#[test]
fn laravel_resources() {
    check(
        r#"//- routes/web.php
<?php
use App\Carts;
Route::resource('carts', Carts::class)->except(['create', 'edit']);
Route::apiResource('carts.lines', Carts::class)->only('show')->shallow();
Route::resource('carts.notes', Carts::class, ['only' => ['edit', 'update']]);
Route::apiResources(['boxes' => Carts::class]);
Route::prefix('my')->group(fn () => Route::singleton('profile', Carts::class)->destroyable());
$client->resource('nothing', Carts::class);
//- app/Carts.php
<?php
namespace App;
class Carts {
    function index() {} function create() {} function store() {} function show() {}
    function edit() {} function update() {} function destroy() {}
}
"#,
        &["route"],
        expect![[r#"
            GET /carts -> app/Carts.php:Carts.index
            POST /carts -> app/Carts.php:Carts.store
            GET /carts/{id} -> app/Carts.php:Carts.show
            PUT /carts/{id} -> app/Carts.php:Carts.update
            PATCH /carts/{id} -> app/Carts.php:Carts.update
            DELETE /carts/{id} -> app/Carts.php:Carts.destroy
            GET /lines/{id} -> app/Carts.php:Carts.show
            GET /carts/{outer}/notes/{id}/edit -> app/Carts.php:Carts.edit
            PUT /carts/{outer}/notes/{id} -> app/Carts.php:Carts.update
            PATCH /carts/{outer}/notes/{id} -> app/Carts.php:Carts.update
            GET /boxes -> app/Carts.php:Carts.index
            POST /boxes -> app/Carts.php:Carts.store
            GET /boxes/{id} -> app/Carts.php:Carts.show
            PUT /boxes/{id} -> app/Carts.php:Carts.update
            PATCH /boxes/{id} -> app/Carts.php:Carts.update
            DELETE /boxes/{id} -> app/Carts.php:Carts.destroy
            GET /my/profile -> app/Carts.php:Carts.show
            GET /my/profile/edit -> app/Carts.php:Carts.edit
            PUT /my/profile -> app/Carts.php:Carts.update
            PATCH /my/profile -> app/Carts.php:Carts.update
            DELETE /my/profile -> app/Carts.php:Carts.destroy
        "#]],
    );
}

#[test]
fn slim_and_lumen_routes() {
    check(
        r#"//- public/index.php
<?php
use Counter\Orders;
use function Counter\clearTable;
$app->get('/', function ($request, $response) { return $response; });
$app->group('/orders', function (RouteCollectorProxy $group) {
    $group->get('', Orders::class . ':all');
    $group->map(['GET', 'HEAD'], '/{id:[0-9]+}', [Orders::class, 'one'])->setName('order');
    $group->group('/old', function ($inner) { $inner->any('[/{year}]', Orders::class); });
    $group->put('/x', 'Counter\clearTable');
})->add(new Guard());
$orders = new Orders($app);
$app->delete('/mine', [$orders, 'one']);
$app->patch('/ref', $orders->all(...));
$cache->get('/users', function ($item) {});
$client->get('/users', ['headers' => 1, 'x' => 2]);
$this->get('key', fn () => 1);
//- src/Orders.php
<?php
namespace Counter;
class Orders { function all() {} function one() {} function __invoke() {} }
function clearTable() {}
//- lumen/routes/web.php
<?php
$router->group(['prefix' => 'v1', 'namespace' => 'Shop'], function () use ($router) {
    $router->get('carts', ['as' => 'carts', 'uses' => 'CartController@index']);
    $router->post('carts', ['middleware' => 'auth', function () {}]);
});
//- lumen/app/CartController.php
<?php
namespace App\Http\Controllers\Shop;
class CartController { function index() {} }
"#,
        &["route"],
        expect![[r#"
            GET / -> public/index.php:<anonymous>
            GET /orders -> src/Orders.php:Orders.all
            GET order -> src/Orders.php:Orders.one
            HEAD order -> src/Orders.php:Orders.one
            GET /orders/{id:[0-9]+} -> src/Orders.php:Orders.one
            HEAD /orders/{id:[0-9]+} -> src/Orders.php:Orders.one
            * /orders/old[/{year}] -> src/Orders.php:Orders.__invoke
            PUT /orders/x -> src/Orders.php:clearTable
            DELETE /mine -> src/Orders.php:Orders.one
            PATCH /ref -> src/Orders.php:Orders.all
            GET /v1/carts -> lumen/app/CartController.php:CartController.index
            POST /v1/carts -> lumen/routes/web.php:<anonymous>.<anonymous>
        "#]],
    );
}

#[test]
fn symfony_routes_have_paths_and_names() {
    check(
        r#"//- src/Controller/CartController.php
<?php
namespace App\Controller;
use Symfony\Component\Routing\Attribute\Route;
#[Route('/carts', name: 'cart_')]
final class CartController extends AbstractController
{
    private const LIST = '/list';
    #[Route(self::LIST, name: 'list', methods: ['GET', 'HEAD'])]
    #[Route(path: '/all', name: 'all')]
    public function list(): Response {}
    #[Route('/{id<\d+>}', methods: 'POST')]
    public function saveAction(int $id): Response {}
}
//- src/Controller/OldController.php
<?php
namespace App\Controller;
/**
 * @Route("/old", name="old_")
 */
class OldController
{
    /**
     * Shows (one).
     * @Route("/{id}", name="show", methods={"GET"}, requirements={"id"="\d+(x)"})
     */
    public function show() {}
    /** @Route(path="/plain") */
    public function plain() {}
    // Route("/no")
    public function none() {}
}
//- src/Controller/Ping.php
<?php
namespace App\Controller;
#[Route('/ping', name: 'ping')]
class Ping { public function __invoke() {} }
"#,
        &["route"],
        expect![[r#"
            GET cart_list -> src/Controller/CartController.php:CartController.list
            HEAD cart_list -> src/Controller/CartController.php:CartController.list
            GET /carts/list -> src/Controller/CartController.php:CartController.list
            HEAD /carts/list -> src/Controller/CartController.php:CartController.list
            * cart_all -> src/Controller/CartController.php:CartController.list
            * /carts/all -> src/Controller/CartController.php:CartController.list
            POST cart_app_cart_save -> src/Controller/CartController.php:CartController.saveAction
            POST /carts/{id<\d+>} -> src/Controller/CartController.php:CartController.saveAction
            GET old_show -> src/Controller/OldController.php:OldController.show
            GET /old/{id} -> src/Controller/OldController.php:OldController.show
            * old_app_old_plain -> src/Controller/OldController.php:OldController.plain
            * /old/plain -> src/Controller/OldController.php:OldController.plain
            * ping -> src/Controller/Ping.php:Ping.__invoke
            * /ping -> src/Controller/Ping.php:Ping.__invoke
        "#]],
    );
}

#[test]
fn span_names_constants_and_helpers() {
    check(
        r#"//- src/Names.php
<?php
namespace App;
final class Names { public const CHARGE = 'charge card'; }
//- src/Trace.php
<?php
namespace App;
class Trace {
    public static function in(string $name, callable $step) {
        $span = Globals::tracerProvider()->getTracer('shop')->spanBuilder($name)->startSpan();
        return $step();
    }
}
//- src/Traces.php
<?php
namespace App;
trait Traces { protected function trace(string $name, \Closure $run) { $this->tracer->spanBuilder($name)->startSpan(); } }
//- src/Desk.php
<?php
namespace App;
use Keepsuit\LaravelOpenTelemetry\Facades\Tracer;
class Desk {
    use Traces;
    public function serve() { $this->trace('serve desk', function ($span) { return 1; }); }
    public function close() { Tracer::newSpan('close desk')->measure(fn () => 1); }
    public function start() { Starter::start('no span'); }
}
//- src/Till.php
<?php
namespace App;
use OpenTelemetry\API\Instrumentation\CachedInstrumentation;
const OPEN = 'open till';
class Till {
    private const CLOSE = 'close';
    private TracerInterface $tracer;
    public function __construct(private Trace $trace, $provider) {
        $this->tracer = $provider->getTracer('till');
    }
    public function open() { $this->tracer->spanBuilder(OPEN)->startSpan(); }
    public function close() { $this->tracer->spanBuilder(self::CLOSE . ' till')->startSpan(); }
    public function charge($id) {
        $cached = new CachedInstrumentation('cached');
        $cached->tracer()->spanBuilder("charge {$id} of $this->x!")->startSpan();
        Trace::in(Names::CHARGE, fn () => 1);
        $this->trace->in(sprintf('charge %1$s at %.2f%%', $id, 1), function () {});
        Trace::in(step: fn () => 2, name: 'named');
    }
    public function magic() { Trace::in(__METHOD__, fn () => 1); Trace::in(self::class . '::' . __FUNCTION__, fn () => 1); }
    public function unknown($name) { $this->tracer->spanBuilder($name)->startSpan(); }
}
"#,
        &["span"],
        expect![[r#"
            span "close desk" -> src/Desk.php:Desk.close line 7
            span "open till" of till -> src/Till.php:Till.open line 11
            span "close till" of till -> src/Till.php:Till.close line 12
            span "charge … of …!" of cached -> src/Till.php:Till.charge line 15
            span "serve desk" -> src/Desk.php:Desk.serve line 6
            span "charge card" -> src/Till.php:Till.charge line 16
            span "charge … at …%" -> src/Till.php:Till.charge line 17
            span "named" -> src/Till.php:Till.charge line 18
            span "App\\Till::magic" -> src/Till.php:Till.magic line 20
            span "App\\Till::magic" -> src/Till.php:Till.magic line 20
        "#]],
    );
}

#[test]
fn calls_of_clients_and_databases() {
    check(
        r#"//- src/Calls.php
<?php
class Calls {
    private const ALL = 'SELECT * FROM carts';
    function http($client, $id) {
        $client->request('GET', "http://stock/items/{$id}");
        Http::withToken('x')->post('https://pay.example/charge', []);
        $ch = curl_init('http://mail/send');
        file_get_contents('/etc/hosts');
        $request->get('name');
        foreach ($id as $each) { $client->getAsync('http://stock/' . $each); }
    }
    function sql($pdo) {
        $pdo->prepare('SELECT id FROM carts WHERE id = :id');
        $pdo->query(self::ALL);
        DB::select("select * from lines where cart = ?", [1]);
        mysqli_query($pdo, 'DELETE FROM lines');
        $this->update('nothing of the kind');
    }
}
"#,
        &["call", "loop"],
        expect![[r#"
            Http request: GET "http://stock/items/…" line 5
            Http post: POST "https://pay.example/charge" line 6
            Http curl_init: "http://mail/send" line 7
            Http getAsync: GET "http://stock/…" line 10
            Sql prepare: "SELECT id FROM carts WHERE id = :id" line 13
            Sql query: "SELECT * FROM carts" line 14
            Sql select: "select * from lines where cart = ?" line 15
            Sql mysqli_query: "DELETE FROM lines" line 16
            Http getAsync: GET "http://stock/…" line 10
        "#]],
    );
}

#[test]
fn jobs_commands_and_messages() {
    check(
        r#"//- app/Jobs/SendReceipt.php
<?php
namespace App\Jobs;
class SendReceipt implements ShouldQueue { public function handle() {} }
//- app/Console/Import.php
<?php
namespace App\Console;
class Import extends Command { protected $signature = 'shop:import {file}'; public function handle() {} }
//- app/Command/Prune.php
<?php
namespace App\Command;
#[AsCommand(name: 'shop:prune')]
class Prune extends Command { protected function execute($in, $out): int { return 0; } }
//- app/Handler/Paid.php
<?php
namespace App\Handler;
use App\Message\OrderPaid;
#[AsMessageHandler]
class Paid { public function __invoke(OrderPaid $message) {} }
class Many {
    #[AsMessageHandler]
    public function shipped(\App\Message\Shipped $message) {}
    public function other(OrderPaid $message) {}
}
//- routes/console.php
<?php
Artisan::command('shop:greet {name}', function () {});
"#,
        &["consumer"],
        expect![[r#"
            consumer "App\\Jobs\\SendReceipt" -> app/Jobs/SendReceipt.php:SendReceipt.handle
            consumer "App\\Console\\Import" -> app/Console/Import.php:Import.handle
            consumer "shop:import" -> app/Console/Import.php:Import.handle
            consumer "shop:prune" -> app/Command/Prune.php:Prune.execute
            consumer "App\\Message\\OrderPaid" -> app/Handler/Paid.php:Paid.__invoke
            consumer "App\\Message\\Shipped" -> app/Handler/Paid.php:Many.shipped
            consumer "shop:greet" -> routes/console.php:<anonymous>
        "#]],
    );
}
