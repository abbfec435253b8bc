//! Python: frameworks that declare handlers by classes, lists and bare decorators; queues, GraphQL, command lines.

use expect_test::expect;

use crate::check;

#[test]
fn falcon_resources_and_their_responders() {
    check(
        "//- app.py
import falcon
from .res import Parts, items
from . import whole
app = falcon.App()
parts = Parts(db)
app.add_route('/parts', parts)
app.add_route('/parts/{id}/spares', parts, suffix='spares')
app.add_route('/items', items)
app.add_route('/here', Here())
app.add_route('/whole', whole)
app.add_route('/elsewhere', library.Resource())
class Here:
    async def on_get(self, req, resp): pass
    def get(self): pass
//- res.py
class Base:
    def on_delete(self, req, resp): pass
class Parts(Base):
    def on_get(self, req, resp): pass
    def on_get_spares(self, req, resp): pass
    def on_token(self): pass
class Items:
    def on_get(self, req, resp): pass
items = Items()
//- whole.py
def on_get(req, resp): pass
",
        &["route"],
        expect![[r#"
            GET /parts -> res.py:Parts.on_get
            DELETE /parts -> res.py:Base.on_delete
            GET /parts/{id}/spares -> res.py:Parts.on_get_spares
            GET /items -> res.py:Items.on_get
            GET /here -> app.py:Here.on_get
            GET /whole -> whole.py:on_get
        "#]],
    );
}

#[test]
fn tornado_pairs_of_a_pattern_and_a_class() {
    check(
        r#"//- app.py
import tornado.web
class Base(tornado.web.RequestHandler):
    def get(self): pass
class Main(Base):
    def post(self): pass
class App(tornado.web.Application):
    def __init__(self):
        handlers = [
            (r"/", Main),
            (r"/other/(\d+)", Main, dict(x=1)),
            tornado.web.url(r"/u/(?P<id>[^/]+)", Main, name="u"),
        ]
        super().__init__(handlers)
def make():
    return tornado.web.Application([(r"/inline", Main)])
//- plain.py
class Main:
    def get(self): pass
pairs = [("/not-a-route", Main), ("/nor-this", 1)]
"#,
        &["route"],
        expect![[r#"
            POST / -> app.py:Main.post
            GET / -> app.py:Base.get
            POST /other/(\d+) -> app.py:Main.post
            GET /other/(\d+) -> app.py:Base.get
            POST /u/(?P<id>[^/]+) -> app.py:Main.post
            GET /u/(?P<id>[^/]+) -> app.py:Base.get
            POST /inline -> app.py:Main.post
            GET /inline -> app.py:Base.get
        "#]],
    );
}

#[test]
fn litestar_controllers_routers_and_bare_decorators() {
    check(
        r#"//- app.py
from litestar import Litestar, Controller, Router, get, post as create, route
@get("/")
async def index() -> str: ...
@get(["/a", "/b"])
async def both() -> str: ...
class Users(Controller):
    path = "/users"
    @get()
    async def all(self): ...
    @create(path="/{user_id:int}/x", guards=[g])
    async def change(self): ...
    @route("/many", http_method=["GET", "POST"])
    async def many(self): ...
api = Router(path="/api", route_handlers=[Users])
app = Litestar(route_handlers=[index, both, api])
//- other.py
from helpers import get
@get("/no-route")
def fetched(): ...
class Users:
    path = "/users"
"#,
        &["route"],
        expect![[r#"
            GET / -> app.py:index
            GET /a -> app.py:both
            GET /b -> app.py:both
            GET /api/users/ -> app.py:Users.all
            POST /api/users/{user_id:int}/x -> app.py:Users.change
            GET /api/users/many -> app.py:Users.many
            POST /api/users/many -> app.py:Users.many
        "#]],
    );
}

#[test]
fn aiohttp_and_sanic_in_every_order() {
    check(
        r#"//- app.py
from aiohttp import web
routes = web.RouteTableDef()
@routes.view("/view")
class View(web.View):
    async def get(self): pass
async def run(request): pass
app = web.Application()
app.add_routes([web.get("/a", run), web.view("/v", View)])
app.router.add_route("GET", "/b", run)
app.router.add_route("*", "/c/{name}", run)
app.router.add_view("/d", View)
sub = web.Application()
sub.router.add_post("/s", run)
app.add_subapp("/sub/", sub)
things = app.router.add_resource("/things")
things.add_route("GET", run)
//- sanic_app.py
from sanic import Sanic, Blueprint
users = Blueprint("users", url_prefix="/users")
items = Blueprint("items", url_prefix="/items")
group = Blueprint.group(users, items, url_prefix="/api")
@users.get("/<id:int>")
async def one(request, id): pass
items.add_route(one, "/v")
app = Sanic("x")
app.blueprint(group)
"#,
        &["route"],
        expect![[r#"
            GET /view -> app.py:View.get
            GET /a -> app.py:run
            GET /v -> app.py:View.get
            GET /b -> app.py:run
            * /c/{name} -> app.py:run
            GET /d -> app.py:View.get
            POST /sub/s -> app.py:run
            GET /things -> app.py:run
            GET /api/users/<id:int> -> sanic_app.py:one
            * /api/items/v -> sanic_app.py:one
        "#]],
    );
}

#[test]
fn views_of_classes_under_a_name() {
    check(
        r#"//- app.py
class Counter(MethodView):
    def get(self): pass
    def reset(self): pass
view = Counter.as_view("c")
app.add_url_rule("/c", view_func=view)
"#,
        &["route"],
        expect![[r#"
            GET /c -> app.py:Counter.get
        "#]],
    );
}

#[test]
fn rest_framework_routers_actions_and_generic_views() {
    check(
        r#"//- urls.py
from . import views
from .views import UserViewSet
router = routers.DefaultRouter()
router.register(r"users", UserViewSet, basename="user")
router.register("things", views.Things)
nested = NestedSimpleRouter(router, r"users", lookup="user")
nested.register(r"posts", views.PostViewSet)
urlpatterns = [
    path("", include(router.urls)),
    path("manual/", UserViewSet.as_view({"get": "list", "post": "enroll"})),
    path("made/", views.Made.as_view()),
    path("plain/", views.Plain.as_view()),
]
//- views.py
class UserViewSet(viewsets.ModelViewSet):
    def list(self, request): pass
    def retrieve(self, request, pk=None): pass
    def enroll(self, request): pass
    @action(detail=True, methods=["post"], url_path="set-password")
    def set_password(self, request, pk=None): pass
    @set_password.mapping.delete
    def drop_password(self, request, pk=None): pass
    @action(["get"], False)
    def recent(self, request): pass
    @detail_route(methods=["put"])
    def older(self, request, pk=None): pass
class Things(viewsets.ReadOnlyModelViewSet):
    def list(self, request): pass
class PostViewSet(viewsets.ViewSet):
    def list(self, request, user_pk=None): pass
class Made(generics.ListCreateAPIView):
    def list(self, request): pass
    def create(self, request): pass
class Plain(APIView):
    def get(self, request): pass
    def list(self, request): pass
//- admin.py
admin.site.register(Model, ModelAdmin)
registry.register("name", Plugin)
"#,
        &["route"],
        expect![[r#"
            GET users/ -> views.py:UserViewSet.list
            GET users/{pk}/ -> views.py:UserViewSet.retrieve
            GET things/ -> views.py:Things.list
            GET users/{pk}/posts/ -> views.py:PostViewSet.list
            GET manual/ -> views.py:UserViewSet.list
            POST manual/ -> views.py:UserViewSet.enroll
            GET made/ -> views.py:Made.list
            POST made/ -> views.py:Made.create
            GET plain/ -> views.py:Plain.get
            POST users/{pk}/set-password/ -> views.py:UserViewSet.set_password
            DELETE users/{pk}/set-password/ -> views.py:UserViewSet.drop_password
            GET users/recent/ -> views.py:UserViewSet.recent
            PUT users/{pk}/older/ -> views.py:UserViewSet.older
        "#]],
    );
}

#[test]
fn consumers_that_calls_and_classes_register() {
    check(
        r#"//- app.py
def callback(ch, method, properties, body): pass
channel.basic_consume(queue="jobs", on_message_callback=callback, auto_ack=True)
class Worker:
    QUEUE = "orders"
    def start(self):
        self.channel.basic_consume(self.QUEUE, self.on_message)
    def on_message(self, ch, method, properties, body): pass
    def get_consumers(self, Consumer, channel):
        return [Consumer(queues=[Queue("mails"), self.other], callbacks=[self.on_mail])]
    def on_mail(self, body, message): pass
async def start():
    queue = await channel.declare_queue("later")
    await queue.consume(run)
    await somebody.consume(run)
async def run(message): pass
class Charge(Task):
    name = "shop.charge"
    def run(self): pass
class Person:
    name = "nobody"
    def run(self): pass
"#,
        &["consumer"],
        expect![[r#"
            consumer "jobs" -> app.py:callback
            consumer "orders" -> app.py:Worker.on_message
            consumer "mails" -> app.py:Worker.on_mail
            consumer "later" -> app.py:run
            consumer "shop.charge" -> app.py:Charge.run
        "#]],
    );
}

#[test]
fn graphql_fields_and_commands() {
    check(
        r#"//- schema.py
@strawberry.type
class Query:
    @strawberry.field
    def books(self) -> list: ...
    @strawberry.field(name="byAuthor")
    def of(self) -> list: ...
    author: str = strawberry.field(resolver=get_author)
    def helper(self): ...
def get_author(): pass
class Shop(graphene.ObjectType):
    def resolve_user_name(self, info): pass
class CreateBook(graphene.Mutation):
    def mutate(self, info): pass
class Mutation(graphene.ObjectType):
    create_book = CreateBook.Field()
query = QueryType()
@query.field("holidays")
def resolve_holidays(*_): pass
@form.field("x")
def not_a_resolver(*_): pass
user = ObjectType("User")
user.set_field("fullName", full_name)
def full_name(*_): pass
//- cli.py
@click.command()
def load_all(): pass
@cli.command("drop")
def drop_everything(): pass
@bot.commands
def other(): pass
"#,
        &["rpc"],
        expect![[r#"
            rpc Query/books -> schema.py:Query.books
            rpc Query/byAuthor -> schema.py:Query.of
            rpc Query/author -> schema.py:get_author
            rpc Shop/user_name -> schema.py:Shop.resolve_user_name
            rpc Mutation/create_book -> schema.py:CreateBook.mutate
            rpc Query/holidays -> schema.py:resolve_holidays
            rpc User/fullName -> schema.py:full_name
            rpc click/load-all -> cli.py:load_all
            rpc click/drop -> cli.py:drop_everything
        "#]],
    );
}

#[test]
fn a_span_that_gets_another_name() {
    check(
        "//- a.py
def one():
    trace.get_current_span().update_name('renamed')
    user.update_name('not a span')
//- b.ts
function two() { trace.getActiveSpan()?.updateName(`order ${id}`); user.updateName('not a span'); }
",
        &["span"],
        expect![[r#"
            span "renamed" -> a.py:one line 2
            span "order …" -> b.ts:two line 1
        "#]],
    );
}

#[test]
fn namespaces_of_an_api_on_a_blueprint() {
    check(
        "//- api.py
from users import users
api = Blueprint('api', __name__, url_prefix='/api/v1')
rest = Api(api, version='v1')
rest.add_namespace(users, '/users')
//- users.py
users = Namespace('users')
@users.route('/<int:user_id>')
class User(Resource):
    def get(self, user_id): pass
    def post_process(self): pass
//- app.py
from api import api
app.register_blueprint(api)
",
        &["route"],
        expect![[r#"
            GET /api/v1/users/<int:user_id> -> users.py:User.get
        "#]],
    );
}

#[test]
fn names_of_spans_that_may_be_one_or_another() {
    check(
        r#"//- tracing.py
def traced(name=None):
    def decorate(function):
        def wrapper(*args):
            with tracer.start_as_current_span(name or function.__qualname__):
                return function(*args)
        return wrapper
    return decorate
def span(name):
    return tracer.start_as_current_span(name)
//- a.py
from tracing import traced, span as traced_block
NAMES = {"load": "from.dictionary"}
@traced()
def one(): pass
@traced("named")
def two(): pass
class Cart:
    @traced()
    def add(self):
        with tracer.start_as_current_span(Cart.__name__ + ".inner"): pass
def three(x):
    name = "three.a" if x else "three.b"
    with tracer.start_as_current_span(name): pass
def four():
    with traced_block("four"): pass
def five(key):
    with tracer.start_as_current_span(NAMES["load"]): pass
    with tracer.start_as_current_span(NAMES[key]): pass
"#,
        &["span"],
        expect![[r#"
            span "Cart.inner" -> a.py:Cart.add line 10
            span "three.a" -> a.py:three line 13
            span "three.b" -> a.py:three line 13
            span "from.dictionary" -> a.py:five line 17
            span "named" -> a.py:two line 5
            span "four" -> a.py:four line 15
            span "one" -> a.py:one line 4
            span "two" -> a.py:two line 6
            span "Cart.add" -> a.py:Cart.add line 9
        "#]],
    );
}
