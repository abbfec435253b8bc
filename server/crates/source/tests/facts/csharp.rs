//! C#: ASP.NET Core by calls and by attributes, Razor pages, gRPC, SignalR, activities and calls.

use expect_test::expect;

use crate::check;

#[test]
fn methods_properties_local_functions_and_lambdas() {
    check(
        "//- Shop.cs
namespace Shop
{
    /// <summary>Things.</summary>
    public partial class Cart<T>(Store store) : Base, IThing
    {
        private readonly List<int> ids = new();
        public Cart() : this(null) { }
        static Cart() { }
        ~Cart() { }
        public int Count => ids.Count;
        public string Name { get; set; } = \"x\";
        public int Total
        {
            get { return 1; }
            set { Check(value); }
        }
        public int this[int at] => ids[at];
        [Obsolete]
        public async Task<T> FindAsync<K>(int id, params string[] rest)
        {
            int Twice(int number) => number * 2;
            return await store.Run(static x => x, (a, b) => { Twice(a); }, delegate (int y) { });
        }
        public static Cart<T> operator +(Cart<T> a, Cart<T> b) => a;
        public abstract void Open();
        struct Item { void Drop() { } }
    }
    interface IRule { bool Holds() => true; }
    record Line(int Id) { int Half() => Id / 2; }
}
//- Program.cs
var app = Build();
app.Run(() => Hello(1));
static string Hello(int number) => $\"{number}\";
",
        &["function"],
        expect![[r#"
            Function Program.cs:Program.Main lines 1..2 at 1:1 (args)
            Closure Program.cs:<anonymous> lines 2..2 at 2:9 ()
            Function Program.cs:Hello lines 3..3 at 3:15 (number)
            Method Shop.cs:Cart.Cart lines 7..7 at 7:16 ()
            Method Shop.cs:Cart.Cart#2 lines 8..8 at 8:16 ()
            Method Shop.cs:Cart.~Cart lines 9..9 at 9:10 ()
            Method Shop.cs:Cart.Count lines 10..10 at 10:20 ()
            Method Shop.cs:Cart.Total lines 12..14 at 12:20 ()
            Method Shop.cs:Cart.Total#2 lines 15..15 at 15:13 ()
            Method Shop.cs:Cart.this[] lines 17..17 at 17:33 ()
            Method Shop.cs:Cart.FindAsync lines 18..23 at 19:30 (id, rest)
            Function Shop.cs:Cart.FindAsync.Twice lines 21..21 at 21:17 (number)
            Closure Shop.cs:Cart.FindAsync.<anonymous> lines 22..22 at 22:36 (x)
            Closure Shop.cs:Cart.FindAsync.<anonymous>#2 lines 22..22 at 22:51 (a, b)
            Closure Shop.cs:Cart.FindAsync.<anonymous>#3 lines 22..22 at 22:76 (y)
            Method Shop.cs:Cart.operator + lines 24..24 at 24:40 (a, b)
            Method Shop.cs:Cart.Open lines 25..25 at 25:30 ()
            Method Shop.cs:Cart.Item.Drop lines 26..26 at 26:28 ()
            Method Shop.cs:IRule.Holds lines 28..28 at 28:28 ()
            Method Shop.cs:Line.Half lines 29..29 at 29:31 ()
        "#]],
    );
}

#[test]
fn minimal_apis_with_groups_extension_methods_and_lambdas() {
    check(
        "//- Api/Program.cs
using Shop;
var app = builder.Build();
app.MapGet(\"/\", () => \"hello\");
app.MapGet(\"/parts/{id:int}\", ShowPart).WithName(\"part\");
app.MapMethods(\"/any\", [\"GET\", \"PUT\"], static (int id) => id);
app.Map(\"/every\", (HttpContext context) => 1);
app.MapGet($\"{Names.Base}/{{id}}\", () => 1);
app.MapFallback(async context => { });
var api = app.MapGroup(\"/api\").RequireAuthorization();
api.MapCarts().WithTags(\"carts\");
api.MapGroup(Names.Users).MapUsers();
Orders.Map(api.MapGroup(\"orders\"));
app.MapGroup(\"/a\").MapGroup(\"b\").MapDelete(\"{id}\", Lifts.Raise);
app.UseEndpoints(endpoints => { endpoints.MapPost(\"/inside\", Lifts.Raise); });
app.Map(\"/branch\", branch => branch.MapThing());
var versioned = app.NewVersionedApi(\"v\");
versioned.MapGroup(\"v1\").MapGet(\"x\", [Tag(\"a\")] () => 1);
app.MapControllers();
static int ShowPart(int id) => id;
static class Lifts { public static int Raise(int id) => id; }
//- Api/Names.cs
static class Names { public const string Users = \"/users\"; public const string Base = \"base\"; }
//- Carts/CartsApi.cs
namespace Shop;
public static class CartsApi
{
    public static RouteGroupBuilder MapCarts(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup(\"carts\");
        group.MapGet(\"\", All);
        group.MapGet(\"{id}\", (int id) => id);
        group.MapPost(\"/\", Handlers.Create);
        return group;
    }
    private static int All() => 1;
}
//- Carts/Handlers.cs
namespace Shop;
static class Handlers { internal static async Task Create(Cart cart) { } }
//- Users/Users.cs
static class Users
{
    public static void MapUsers(this IEndpointRouteBuilder routes) => routes.MapGet(\"{name}\", One);
    static string One(string name) => name;
}
//- Orders/Orders.cs
class Orders
{
    public static void Map(IEndpointRouteBuilder routes) { routes.MapGet(\"/{id}\", Get); }
    static int Get(int id) => id;
}
",
        &["route"],
        expect![[r#"
            GET / -> Api/Program.cs:<anonymous>
            GET /parts/{id:int} -> Api/Program.cs:ShowPart
            GET /any -> Api/Program.cs:<anonymous>#2
            PUT /any -> Api/Program.cs:<anonymous>#2
            * /every -> Api/Program.cs:<anonymous>#3
            GET base/{id} -> Api/Program.cs:<anonymous>#4
            * {*path} -> Api/Program.cs:<anonymous>#5
            DELETE /a/b/{id} -> Api/Program.cs:Lifts.Raise
            POST /inside -> Api/Program.cs:Lifts.Raise
            GET v1/x -> Api/Program.cs:<anonymous>#8
            GET /api/carts -> Carts/CartsApi.cs:CartsApi.All
            GET /api/carts/{id} -> Carts/CartsApi.cs:CartsApi.MapCarts.<anonymous>
            POST /api/carts/ -> Carts/Handlers.cs:Handlers.Create
            GET /api/users/{name} -> Users/Users.cs:Users.One
            GET /api/orders/{id} -> Orders/Orders.cs:Orders.Get
        "#]],
    );
}

#[test]
fn groups_that_reflection_finds_are_called_like_their_classes() {
    check(
        "//- Items.cs
public class Items : IEndpointGroup
{
    public static void Map(RouteGroupBuilder group)
    {
        group.MapPost(Create);
        group.MapPut(Update, \"{id}\");
    }
    public static int Create(int id) => id;
    public static int Update(int id) => id;
}
",
        &["route"],
        expect![[r#"
            POST …/Items -> Items.cs:Items.Create
            PUT …/Items/{id} -> Items.cs:Items.Update
        "#]],
    );
}

#[test]
fn controllers_with_tokens_prefixes_and_absolute_templates() {
    check(
        "//- Cars.cs
using Microsoft.AspNetCore.Mvc;
namespace Garage;
[ApiController, Route(\"api/[controller]\")]
public class CarsController : ControllerBase
{
    [HttpGet] public int List() => 1;
    [HttpGet(\"{id:int}\")] public int Get(int id) => id;
    [HttpPost(\"{id:int}/[action]\", Name = \"x\")] public async Task RepairAsync(int id) { }
    [HttpDelete(\"/scrap/{id}\")] public void Scrap(int id) { }
    [HttpPut(\"~/swap\")] public void Swap() { }
    [Route(\"any\")] public void Any() { }
    [HttpGet, Route(Paths.Old), Route(\"older\")] public void Old() { }
    [HttpGet(Far.Away)] public void Away() { }
    [AcceptVerbs(\"GET\", \"HEAD\", Route = \"two\")] public void Two() { }
    [NonAction] public void Helper() { }
    private void Inner() { }
}
static class Paths { public const string Old = \"old\"; }
[Area(\"Shop\")]
[Route(\"[area]/[controller]/[action]\")]
public class BikesController : Controller
{
    public IActionResult Index() => View();
    [HttpPost] public IActionResult Save() => View();
}
//- Names/Far.cs
static class Far { public const string Away = \"away\"; }
//- Base.cs
[Route(\"v{version:apiVersion}/[controller]/[action]\")]
public abstract class BaseController : ControllerBase { }
public class BoatsController : BaseController
{
    [HttpGet] public int Count() => 1;
    [HttpGet(\"{id}\")] public int OneAsync(int id) => id;
}
public class CrudController<T> : ControllerBase
{
    [HttpGet(\"all\")] public T All() => default;
}
[Route(\"things\")]
public class ThingsController : CrudController<Thing> { }
",
        &["route"],
        expect![[r#"
            GET api/Cars -> Cars.cs:CarsController.List
            GET api/Cars/{id:int} -> Cars.cs:CarsController.Get
            POST api/Cars/{id:int}/Repair -> Cars.cs:CarsController.RepairAsync
            DELETE scrap/{id} -> Cars.cs:CarsController.Scrap
            PUT swap -> Cars.cs:CarsController.Swap
            * api/Cars/any -> Cars.cs:CarsController.Any
            GET api/Cars/old -> Cars.cs:CarsController.Old
            GET api/Cars/older -> Cars.cs:CarsController.Old
            GET api/Cars/away -> Cars.cs:CarsController.Away
            GET api/Cars/two -> Cars.cs:CarsController.Two
            HEAD api/Cars/two -> Cars.cs:CarsController.Two
            * Shop/Bikes/Index -> Cars.cs:BikesController.Index
            POST Shop/Bikes/Save -> Cars.cs:BikesController.Save
            GET v{version:apiVersion}/Boats/Count -> Base.cs:BoatsController.Count
            GET v{version:apiVersion}/Boats/One/{id} -> Base.cs:BoatsController.OneAsync
            GET things/all -> Base.cs:CrudController.All
        "#]],
    );
}

#[test]
fn actions_without_a_template_are_reached_by_convention() {
    check(
        "//- Home.cs
public class HomeController : Controller
{
    public HomeController(Store store) { }
    public IActionResult Index() => View();
    [HttpGet] public IActionResult Edit(int id) => View();
    [HttpPost] public IActionResult Edit(Model model) => View();
    [ActionName(\"opening-hours\")] public async Task<IActionResult> OpeningHoursAsync() => View();
    public async Task<IActionResult> SaveAsync() => View();
    public static int Count() => 1;
    protected override void Dispose(bool all) { }
    private int Secret() => 1;
}
[Area(\"Admin\")]
public class UsersController : Controller { public IActionResult Index() => View(); }
public class Helper { public int Index() => 1; }
",
        &["route", "rpc"],
        expect![[r#"
            rpc HomeController/Index -> Home.cs:HomeController.Index
            rpc HomeController/GET Edit -> Home.cs:HomeController.Edit
            rpc HomeController/POST Edit -> Home.cs:HomeController.Edit#2
            rpc HomeController/opening-hours -> Home.cs:HomeController.OpeningHoursAsync
            rpc HomeController/Save -> Home.cs:HomeController.SaveAsync
            rpc Admin/UsersController/Index -> Home.cs:UsersController.Index
        "#]],
    );
}

#[test]
fn razor_pages_lie_at_their_paths() {
    check(
        "//- src/Web/Pages/Cars/Edit.cshtml.cs
public class EditModel : PageModel
{
    public void OnGet(int id) { }
    public async Task<IActionResult> OnPostAsync() => Page();
    private void Load() { }
}
//- src/Web/Areas/Shop/Pages/Index.cshtml.cs
public class IndexModel : PageModel { public void OnGetAsync() { } }
",
        &["route"],
        expect![[r#"
            GET Cars/Edit -> src/Web/Pages/Cars/Edit.cshtml.cs:EditModel.OnGet
            GET Cars/Edit/{id} -> src/Web/Pages/Cars/Edit.cshtml.cs:EditModel.OnGet
            POST Cars/Edit -> src/Web/Pages/Cars/Edit.cshtml.cs:EditModel.OnPostAsync
            POST Cars/Edit/{id} -> src/Web/Pages/Cars/Edit.cshtml.cs:EditModel.OnPostAsync
            GET Shop/Index -> src/Web/Areas/Shop/Pages/Index.cshtml.cs:IndexModel.OnGetAsync
            GET Shop/Index/{id} -> src/Web/Areas/Shop/Pages/Index.cshtml.cs:IndexModel.OnGetAsync
            GET Shop -> src/Web/Areas/Shop/Pages/Index.cshtml.cs:IndexModel.OnGetAsync
        "#]],
    );
}

#[test]
fn services_that_classes_implement() {
    check(
        "//- Services.cs
public class CartService : Carts.CartsBase
{
    public override Task<Cart> Add(AddRequest request, ServerCallContext context) => null;
}
public class MailService : MailBase
{
    public override Task<Reply> Send(Mail mail, ServerCallContext context) => null;
}
public class Plain : ThingBase { public void Go() { } }
public class ChatHub : Hub<IChat> { public Task Say(string text) => null; }
",
        &["rpc"],
        expect![[r#"
            rpc Carts/Add -> Services.cs:CartService.Add
            rpc Mail/Send -> Services.cs:MailService.Send
            rpc ChatHub/Say -> Services.cs:ChatHub.Say
        "#]],
    );
}

#[test]
fn fast_endpoints_functions_and_handlers_of_messages() {
    check(
        "//- Create.cs
public class Create : Endpoint<Request, Response>
{
    public override void Configure() { Post(Request.Route); AllowAnonymous(); }
    public override async Task HandleAsync(Request request, CancellationToken token) { }
}
public class Search : EndpointWithoutRequest
{
    public override void Configure() { Verbs(Http.GET, Http.POST); Routes(\"/search\", \"/find\"); }
    public override Task<int> ExecuteAsync(CancellationToken token) => null;
}
public class Other { public void Configure() { Get(\"/no\"); } public void HandleAsync() { } }
//- Request.cs
public class Request { public const string Route = \"/things/{Id}\"; }
//- Functions.cs
public class Functions
{
    [Function(\"Todos\")]
    public int Run([HttpTrigger(AuthorizationLevel.Function, \"get\", \"post\", Route = \"todos/{id?}\")] HttpRequest request) => 1;
    [Function(nameof(Drain))]
    public void Drain([ServiceBusTrigger(\"orders\", Connection = \"x\")] string message) { }
    [Function(\"Skip\")]
    public void Skip([QueueTrigger(\"%queue%\")] string message) { }
}
public class SubmitConsumer : IConsumer<Submit> { public Task Consume(ConsumeContext<Submit> context) => null; }
public class PayHandler : IHandleMessages<Pay> { public Task Handle(Pay message, IMessageHandlerContext context) => null; }
public class Plain { public void Consume() { } public void Handle() { } }
",
        &["route", "span", "consumer"],
        expect![[r#"
            POST …/things/{Id} -> Create.cs:Create.HandleAsync
            GET …/search -> Create.cs:Search.ExecuteAsync
            POST …/search -> Create.cs:Search.ExecuteAsync
            GET …/find -> Create.cs:Search.ExecuteAsync
            POST …/find -> Create.cs:Search.ExecuteAsync
            GET api/todos/{id?} -> Functions.cs:Functions.Run
            POST api/todos/{id?} -> Functions.cs:Functions.Run
            span "Todos" -> Functions.cs:Functions.Run line 4
            span "function Todos" -> Functions.cs:Functions.Run line 4
            span "Drain" -> Functions.cs:Functions.Drain line 6
            span "function Drain" -> Functions.cs:Functions.Drain line 6
            span "Skip" -> Functions.cs:Functions.Skip line 8
            span "function Skip" -> Functions.cs:Functions.Skip line 8
            span "SubmitConsumer process" -> Functions.cs:SubmitConsumer.Consume line 10
            span "PayHandler" -> Functions.cs:PayHandler.Handle line 11
            consumer "orders" -> Functions.cs:Functions.Drain
        "#]],
    );
}

#[test]
fn activities_are_named_by_text_constants_and_callers() {
    check(
        "//- Work.cs
class Work(Telemetry telemetry)
{
    static readonly ActivitySource Source = new(\"shop.work\");
    private readonly Tracer tracer = TracerProvider.Default.GetTracer(Names.Tracer);
    const string Step = \"step \" + Kind;
    const string Kind = \"one\";
    public void Literal(int id)
    {
        using var a = Source.StartActivity(\"load cart\", ActivityKind.Client);
        using var b = Source.StartActivity($\"load {id}\");
        using var c = Source.StartActivity(name: Step);
        using var d = Source.StartActivity($\"{nameof(Work)}.{nameof(Literal)}\");
        using var e = Source?.StartActivity(Names.Far);
        using var f = Source.StartActivity(string.Format(\"take {0} of {1:D}\", id, id));
        using var g = Source.CreateActivity(typeof(Work).Name + \"!\", ActivityKind.Internal);
    }
    public async Task UnnamedAsync()
    {
        using var a = Source.StartActivity();
        await Run(() => { void Inner() { Source.StartActivity(ActivityKind.Client); } });
    }
    int Count { get { using var a = Source.StartActivity(); return 1; } }
    Work() : this(null) { using var a = Source.StartActivity(); }
    void Tracers()
    {
        using var a = tracer.StartActiveSpan(\"active\");
        var b = new Activity(\"by hand\").Start();
        activity.DisplayName = $\"renamed {b}\";
        model.DisplayName = \"no span\";
        var known = id == 1 ? \"x\" : \"y\";
        Source.StartActivity(known);
    }
}
//- Names.cs
static class Names { public const string Tracer = \"shop.tracer\"; public static readonly string Far = \"far\"; }
",
        &["span"],
        expect![[r#"
            span "load cart" of shop.work -> Work.cs:Work.Literal line 9
            span "load …" of shop.work -> Work.cs:Work.Literal line 10
            span "step one" of shop.work -> Work.cs:Work.Literal line 11
            span "Work.Literal" of shop.work -> Work.cs:Work.Literal line 12
            span "take … of …" of shop.work -> Work.cs:Work.Literal line 14
            span "Work!" of shop.work -> Work.cs:Work.Literal line 15
            span "UnnamedAsync" of shop.work -> Work.cs:Work.UnnamedAsync line 19
            span "UnnamedAsync" of shop.work -> Work.cs:Work.UnnamedAsync.<anonymous>.Inner line 20
            span "Count" of shop.work -> Work.cs:Work.Count line 22
            span ".ctor" of shop.work -> Work.cs:Work.Work line 23
            span "active" -> Work.cs:Work.Tracers line 26
            span "by hand" -> Work.cs:Work.Tracers line 27
            span "renamed …" -> Work.cs:Work.Tracers line 28
            span "far" -> Work.cs:Work.Literal line 13
        "#]],
    );
}

#[test]
fn names_go_through_helpers_interfaces_and_extension_methods() {
    check(
        "//- Telemetry.cs
public interface ITelemetry
{
    Activity? Start(string name) => Start(name, ActivityKind.Internal);
    Activity? Start(string name, ActivityKind kind);
}
public class Telemetry : ITelemetry
{
    static readonly ActivitySource Source = new(\"shop\");
    public Activity? Start(string name, ActivityKind kind) => Source.StartActivity(name, kind);
    public Activity? StartOwn(int id, [CallerMemberName] string caller = \"\") => Source.StartActivity(caller);
}
public static class Extensions
{
    public static Activity? Begin(this ActivitySource source, string name) => source.StartActivity(\"x.\" + name);
}
//- Work.cs
class Work(ITelemetry telemetry, Telemetry own)
{
    void ByInterface() { telemetry.Start(\"by interface\"); telemetry.Start(Names.Near, ActivityKind.Client); }
    void ByCaller() { own.StartOwn(1); }
    void ByExtension(ActivitySource source) { source.Begin(\"a\"); Extensions.Begin(source, \"b\"); }
    void Elsewhere(Other other) { other.Start(\"no span\"); }
}
class Other { public void Start(string name) { } }
static class Names { public const string Near = \"near\"; }
",
        &["span"],
        expect![[r#"
            span "x.…" -> Telemetry.cs:Extensions.Begin line 14
            span "by interface" -> Work.cs:Work.ByInterface line 3
            span "near" -> Work.cs:Work.ByInterface line 3
            span "ByCaller" -> Work.cs:Work.ByCaller line 4
            span "x.a" -> Work.cs:Work.ByExtension line 5
            span "x.b" -> Work.cs:Work.ByExtension line 5
            span "by interface" -> Work.cs:Work.ByInterface line 3
            span "near" -> Work.cs:Work.ByInterface line 3
        "#]],
    );
}

#[test]
fn outgoing_calls_with_their_targets() {
    check(
        "//- Calls.cs
class Calls(HttpClient http, IDbConnection db, Repository carts)
{
    private readonly string root = \"api/carts/\";
    async Task Http(int id)
    {
        await http.GetAsync(\"https://shop/x\");
        await http.GetFromJsonAsync<Cart>($\"{root}items/{id}\");
        await http.PostAsJsonAsync(\"/orders\", id);
        await http.SendAsync(new HttpRequestMessage(HttpMethod.Put, new Uri(\"http://shop/y\")));
        await \"https://flurl/z\".GetJsonAsync<int>();
        await carts.GetAsync(\"no url\");
        foreach (var one in all) { await http.DeleteAsync($\"/orders/{one}\"); }
    }
    void Sql(SqlConnection connection)
    {
        db.Query<Cart>(\"select * from cart where id = @id\", new { id = 1 });
        using var command = new SqlCommand(\"\"\"
            delete from cart
            \"\"\", connection);
        command.CommandText = @\"update cart set \"\"n\"\" = 1\";
        context.Carts.FromSqlRaw(\"select 1 from a\");
        context.Database.ExecuteSql($\"insert into a values ({1})\");
        db.Execute(\"no statement\");
    }
    void Queue() { producer.ProduceAsync(\"orders\", message); channel.BasicPublish(\"\", \"key\", null, body); }
}
interface IUsers
{
    [Get(\"/users/{id}\")] Task<User> One(int id);
}
",
        &["call", "loop"],
        expect![[r#"
            Http GetAsync: GET "https://shop/x" line 6
            Http GetFromJsonAsync: GET "api/carts/items/…" line 7
            Http PostAsJsonAsync: POST "/orders" line 8
            Http HttpRequestMessage: PUT "http://shop/y" line 9
            Http GetJsonAsync: GET "https://flurl/z" line 10
            Http DeleteAsync: DELETE "/orders/…" line 12
            Sql Query: "select * from cart where id = @id" line 16
            Sql SqlCommand: "\n            delete from cart\n            " line 17
            Sql CommandText: "update cart set \"n\" = 1" line 20
            Sql FromSqlRaw: "select 1 from a" line 21
            Sql ExecuteSql: "insert into a values (…)" line 22
            Messaging ProduceAsync: "orders" line 25
            Messaging BasicPublish: "key" line 25
            Http One: GET "/users/…" line 29
            Http DeleteAsync: DELETE "/orders/…" line 12
        "#]],
    );
}

#[test]
fn broken_code_yields_what_is_whole() {
    check(
        "//- Broken.cs
class Cart
{
    [HttpGet(\"a\")] public int A( { return Source.StartActivity(\"lost\"
    public int B() { using var x = Source.StartActivity(\"kept\"); return 1; }
}
",
        &["function", "span"],
        expect![[r#"
            Method Broken.cs:A lines 3..5 at 3:31 ()
            span "kept" -> Broken.cs:A line 4
        "#]],
    );
}

#[test]
fn statements_outside_of_every_class_are_the_main_functions() {
    check(
        "//- Program.cs
using System.Diagnostics;
var source = new ActivitySource(\"boot\");
using var activity = source.StartActivity(\"boot work\");
var app = WebApplication.Create();
app.MapGet(\"/x\", () => { using var inner = source.StartActivity(\"handle x\"); });
Run();
void Run() { using var inner = source.StartActivity(\"inner work\"); }
class Other { static ActivitySource Source = new(\"x\"); Activity Field = Source.StartActivity(\"of a field\"); }
//- Plain.cs
class Plain { void Run() {} }
",
        &["span", "route", "function"],
        expect![[r#"
            span "boot work" of boot -> Program.cs:Program.Main line 3
            span "handle x" of boot -> Program.cs:<anonymous> line 5
            span "inner work" of boot -> Program.cs:Run line 7
            GET /x -> Program.cs:<anonymous>
            Method Plain.cs:Plain.Run lines 1..1 at 1:20 ()
            Function Program.cs:Program.Main lines 2..6 at 2:1 (args)
            Closure Program.cs:<anonymous> lines 5..5 at 5:18 ()
            Function Program.cs:Run lines 7..7 at 7:6 ()
        "#]],
    );
}
