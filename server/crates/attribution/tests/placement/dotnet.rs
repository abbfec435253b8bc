//! .NET: routes as ASP.NET Core sends them, conventional routes, gRPC, activities, names that compilers make.

use expect_test::expect;

use crate::support::check;

const GARAGE: &str = "//- Controllers.cs
namespace Garage;
[ApiController]
[Route(\"api/[controller]\")]
public class CarsController : ControllerBase
{
    [HttpGet(\"{id:int}\")] public int Get(int id) => id;
    [HttpDelete(\"/scrap/{*rest}\")] public void Scrap(string rest) { }
}
public class HomeController : Controller
{
    public IActionResult Index() => View();
    public IActionResult Edit(int id) => View();
    [HttpPost] public IActionResult Edit(Model model) => View();
    [ActionName(\"opening-hours\")] public IActionResult Hours() => View();
}
[Area(\"Admin\")]
public class UsersController : Controller { public IActionResult Index() => View(); }
public class Helper { public IActionResult Index() => null; }
//- Program.cs
var app = builder.Build();
app.MapGet(\"/parts/{number:int}\", (int number) => number);
app.MapControllerRoute(\"old\", \"old/{**rest}\", defaults: new { controller = \"Home\", action = \"Index\" });
";

#[test]
fn routes_as_they_are_sent() {
    check(
        GARAGE,
        r#"
SERVER garage "GET api/Cars/{id:int}" @Microsoft.AspNetCore http.request.method=GET http.route=api/Cars/{id:int} url.path=/api/cars/7
SERVER garage "DELETE scrap/{*rest}" @Microsoft.AspNetCore http.request.method=DELETE http.route=scrap/{*rest} url.path=/scrap/a/b
SERVER garage "GET /parts/{number:int}" @Microsoft.AspNetCore http.request.method=GET http.route=/parts/{number:int} url.path=/parts/7
SERVER garage "GET old/{**rest}" @Microsoft.AspNetCore http.request.method=GET http.route=old/{**rest} url.path=/old/x
SERVER garage "POST api/Cars/{id:int}" @Microsoft.AspNetCore http.request.method=POST http.route=api/Cars/{id:int} url.path=/api/cars/7
SERVER garage GET @Microsoft.AspNetCore http.request.method=GET url.path=/parts/none
"#,
        expect![[r#"
            GET api/Cars/{id:int}: certain Controllers.cs:CarsController.Get [route: handles GET api/Cars/{id:int}]
            DELETE scrap/{*rest}: certain Controllers.cs:CarsController.Scrap [route: handles DELETE scrap/{*rest}]
            GET /parts/{number:int}: certain Program.cs:<anonymous> [route: handles GET /parts/{number:int}]
            GET old/{**rest}: certain Controllers.cs:HomeController.Index [route: handles any method of old/{**rest}]
            POST api/Cars/{id:int}: none
            GET: none
        "#]],
    );
}

#[test]
fn the_path_tells_controller_and_action_of_a_conventional_route() {
    check(
        GARAGE,
        r#"
SERVER garage a @Microsoft.AspNetCore http.request.method=GET http.route={controller=Home}/{action=Index}/{id?} url.path=/
SERVER garage b @Microsoft.AspNetCore http.request.method=GET http.route={controller=Home}/{action=Index}/{id?} url.path=/HOME/edit/7
SERVER garage c @Microsoft.AspNetCore http.request.method=POST http.route={controller=Home}/{action=Index}/{id?} url.path=/home/edit
SERVER garage d @Microsoft.AspNetCore http.request.method=HEAD http.route={controller=Home}/{action=Index}/{id?} url.path=/home/opening-hours
SERVER garage e @Microsoft.AspNetCore http.request.method=GET http.route={area:exists}/{controller=Home}/{action=Index} url.path=/admin/users
SERVER garage f @Microsoft.AspNetCore http.request.method=GET http.route=admin/{controller}/{action=Index} url.path=/admin/users
"#,
        expect![[r#"
            a: certain Controllers.cs:HomeController.Index [route: the route's controller is Home, its action Index]
            b: certain Controllers.cs:HomeController.Edit [route: the route's controller is HOME, its action edit]
            c: certain Controllers.cs:HomeController.Edit#2 [route: the route's controller is home, its action edit]
            d: certain Controllers.cs:HomeController.Hours [route: the route's controller is home, its action opening-hours]
            e: certain Controllers.cs:UsersController.Index [route: the route's controller is users, its action Index]
            f: certain Controllers.cs:UsersController.Index [route: the route's controller is users, its action Index]
        "#]],
    );
    check(
        GARAGE,
        r#"
SERVER garage other_area @Microsoft.AspNetCore http.request.method=GET http.route={controller=Home}/{action=Index}/{id?} url.path=/users
SERVER garage no_action @Microsoft.AspNetCore http.request.method=GET http.route={controller=Home}/{action=Index}/{id?} url.path=/home/hours
SERVER garage no_controller @Microsoft.AspNetCore http.request.method=GET http.route={controller=Home}/{action=Index}/{id?} url.path=/helper
SERVER garage no_fit @Microsoft.AspNetCore http.request.method=GET http.route=shop/{controller=Home}/{action=Index} url.path=/elsewhere/home
"#,
        expect![[r#"
            other_area: none
            no_action: none
            no_controller: none
            no_fit: none
        "#]],
    );
}

#[test]
fn services_hubs_jobs_and_resolvers() {
    check(
        "//- Services.cs
public class CartService : Carts.CartsBase { public override Task<Cart> Add(Item item, ServerCallContext context) => null; }
public class ChatHub : Hub { public Task Say(string text) => null; }
public class Jobs { public void Send(int id) { } }
public class Mails : IJob { public void Send(int id) { } public Task Execute(IJobExecutionContext context) => null; }
public class Query { public Cart GetCartAsync(int id) => null; }
public class Store { public Cart GetCartAsync(int id) => null; }
",
        r#"
SERVER shop "POST /shop.v1.Carts/Add" @Microsoft.AspNetCore http.request.method=POST http.route=/shop.v1.Carts/Add url.path=/shop.v1.Carts/Add
SERVER shop "Shop.ChatHub/Say" @Microsoft.AspNetCore.SignalR.Server rpc.system=signalr rpc.service=Shop.ChatHub rpc.method=Say
INTERNAL shop "JOB Jobs.Send" @OpenTelemetry.Instrumentation.Hangfire job.id=7
INTERNAL shop "execute Mails" @OpenTelemetry.Instrumentation.Quartz
INTERNAL shop "/cart" @HotChocolate.Diagnostics graphql.selection.field.coordinate=Query.cart
INTERNAL shop "JOB Jobs.Send" @elsewhere job.id=7
INTERNAL shop "DNS lookup shop" @Experimental.System.Net.NameResolution
"#,
        expect![[r#"
            POST /shop.v1.Carts/Add: certain Services.cs:CartService.Add [rpc: implements Carts/Add]
            Shop.ChatHub/Say: certain Services.cs:ChatHub.Say [rpc: implements ChatHub/Say]
            JOB Jobs.Send: certain Services.cs:Jobs.Send [framework: named by the framework's instrumentation]
            execute Mails: likely Services.cs:Mails.Execute [framework: named by the framework's instrumentation]
            /cart: likely Services.cs:Query.GetCartAsync [framework: resolves the field cart]
            JOB Jobs.Send: none
            DNS lookup shop: none [noise: work of the runtime, not of a function]
        "#]],
    );
}

#[test]
fn names_that_compilers_make() {
    check(
        "//- src/Shop/Carts.cs
namespace Shop;
public class Carts
{
    public Carts() { }
    public async Task AddAsync(int id) { void Check() { } items.Select(item => item.Id); }
    public int Count => 1;
}
//- src/Shop/Other.cs
namespace Shop;
public class Other { public async Task AddAsync(int id) { } }
",
        r#"
INTERNAL shop a @x telemetry.sdk.language=dotnet code.function.name=Shop.Carts.AddAsync
INTERNAL shop b @x telemetry.sdk.language=dotnet code.function.name=Shop.Carts.<AddAsync>d__3.MoveNext
INTERNAL shop c @x telemetry.sdk.language=dotnet code.function.name=Shop.Carts+<>c__DisplayClass0_0.<AddAsync>b__0
INTERNAL shop d @x telemetry.sdk.language=dotnet code.function.name=Shop.Carts.<AddAsync>g__Check|1_0
INTERNAL shop e @x telemetry.sdk.language=dotnet code.function.name=get_Count code.namespace=Shop.Carts
INTERNAL shop f @x telemetry.sdk.language=dotnet code.function.name=Shop.Carts..ctor
INTERNAL shop g @x telemetry.sdk.language=dotnet code.function.name=Shop.Carts.Gone
INTERNAL shop h @x telemetry.sdk.language=dotnet code.function.name=<Main>$ code.namespace=Program
INTERNAL shop i @x telemetry.sdk.language=dotnet code.function.name=MoveNext code.file.path=C:\build\src\Shop\Carts.cs code.line.number=5
"#,
        expect![[r#"
            a: certain src/Shop/Carts.cs:Carts.AddAsync [code-attributes: code.* names Carts.AddAsync in src/Shop/Carts.cs]
            b: certain src/Shop/Carts.cs:Carts.AddAsync [code-attributes: code.* names Carts.AddAsync in src/Shop/Carts.cs]
            c: certain src/Shop/Carts.cs:Carts.AddAsync [code-attributes: code.* names Carts.AddAsync in src/Shop/Carts.cs]
            d: certain src/Shop/Carts.cs:Carts.AddAsync.Check [code-attributes: code.* names Carts.AddAsync.Check in src/Shop/Carts.cs]
            e: certain src/Shop/Carts.cs:Carts.Count [code-attributes: code.* names Carts.Count in src/Shop/Carts.cs]
            f: certain src/Shop/Carts.cs:Carts.Carts [code-attributes: code.* names Carts.Carts in src/Shop/Carts.cs]
            g: none
            h: none
            i: certain src/Shop/Carts.cs:Carts.AddAsync [code-attributes: code.* names src/Shop/Carts.cs:5]
        "#]],
    );
}

#[test]
fn routes_that_are_mapped_below_an_unknown_prefix() {
    check(
        "//- Users.cs
class UserEndpoints : IEndpoint
{
    public void MapEndpoint(IEndpointRouteBuilder app) { app.MapGet(\"users/{id}\", (int id) => id); }
}
",
        r#"
SERVER shop "GET api/v{version:apiVersion}/users/{id}" @Microsoft.AspNetCore http.request.method=GET http.route=api/v{version:apiVersion}/users/{id} url.path=/api/v1/users/7
SERVER shop "GET users/{id}" @Microsoft.AspNetCore http.request.method=GET http.route=users/{id} url.path=/users/7
SERVER shop "GET api/cars/{id}" @Microsoft.AspNetCore http.request.method=GET http.route=api/cars/{id} url.path=/api/cars/7
"#,
        expect![[r#"
            GET api/v{version:apiVersion}/users/{id}: likely Users.cs:UserEndpoints.MapEndpoint.<anonymous> [route: handles GET users/{id}]
            GET users/{id}: certain Users.cs:UserEndpoints.MapEndpoint.<anonymous> [route: handles GET users/{id}]
            GET api/cars/{id}: none
        "#]],
    );
}

#[test]
fn calls_of_grpc_clients_end_with_async() {
    check(
        "//- Shop.cs
class Shop(Carts.CartsClient carts)
{
    public void Show()
    {
        using var activity = Source.StartActivity(\"show\");
        carts.GetCartAsync(new Empty());
    }
}
",
        r#"
INTERNAL shop show @x
  CLIENT shop shop.Carts/GetCart @OpenTelemetry.Instrumentation.GrpcNetClient rpc.system=grpc rpc.service=shop.Carts rpc.method=GetCart
"#,
        expect![[r#"
            show: certain Shop.cs:Shop.Show at line 5 [span-name: this name is given to a span at Shop.cs:5]
            shop.Carts/GetCart: likely Shop.cs:Shop.Show at line 6 [parent: GetCartAsync is called at Shop.cs:6]
        "#]],
    );
}

#[test]
fn requests_below_a_base_address() {
    check(
        "//- Client.cs
class Client(HttpClient http)
{
    async Task Items(int id) => await http.GetFromJsonAsync<int>($\"api/items/{id}\");
    async Task Seven() => await http.GetStringAsync(\"/parts/7\");
    async Task Other() => await http.GetStringAsync(\"api/other\");
}
",
        r#"
CLIENT shop GET @System.Net.Http http.request.method=GET url.full=http://catalog/base/api/items/7
CLIENT shop GET @System.Net.Http http.request.method=GET url.full=http://catalog/parts/7?x=1
CLIENT shop GET @System.Net.Http http.request.method=GET url.full=http://catalog/api/another
CLIENT shop POST @System.Net.Http http.request.method=POST url.full=http://catalog/api/other
"#,
        expect![[r#"
            GET: likely Client.cs:Client.Items at line 3 [outgoing: requests this URL at Client.cs:3]
            GET: likely Client.cs:Client.Seven at line 4 [outgoing: requests this URL at Client.cs:4]
            GET: none
            POST: none
        "#]],
    );
}

#[test]
fn projects_are_folders_called_like_their_services() {
    check(
        "//- src/Shop.Web/Users.cs
[Route(\"users\")] public class UsersController : ControllerBase { [HttpGet] public int All() => 1; }
//- sample/src/Sample.Web/Users.cs
[Route(\"users\")] public class UsersController : ControllerBase { [HttpGet] public int All() => 1; }
",
        r#"
SERVER Shop.Web "GET users" @Microsoft.AspNetCore http.request.method=GET http.route=users url.path=/users
SERVER Elsewhere "GET users" @Microsoft.AspNetCore http.request.method=GET http.route=users url.path=/users
"#,
        expect![[r#"
            GET users: likely src/Shop.Web/Users.cs:UsersController.All [route: handles GET users] [route: spans of Shop.Web come from src]
            GET users: possible src/Shop.Web/Users.cs:UsersController.All | sample/src/Sample.Web/Users.cs:UsersController.All [route: handles GET users]
        "#]],
    );
}
