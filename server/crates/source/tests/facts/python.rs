//! Python: Flask, FastAPI, Django, Starlette, Celery, spans and calls.

use expect_test::expect;

use crate::check;

#[test]
fn functions_and_where_they_begin() {
    check(
        "//- a.py
import x

class Cart(Base):
    @property
    @x.cached(ttl=3)
    def total(self, *lines, tax: int = 1, **rest) -> int:
        return sum(map(lambda line: line.price, lines))

def outer(a, b=2):
    async def inner():
        pass
    return inner
",
        &["function"],
        expect![[r#"
            Method a.py:Cart.total lines 4..7 at 6:9 (self, lines, tax, rest)
            Closure a.py:Cart.total.<anonymous> lines 7..7 at 7:24 (line)
            Function a.py:outer lines 9..12 at 9:5 (a, b)
            Function a.py:outer.inner lines 10..11 at 10:15 ()
        "#]],
    );
}

#[test]
fn broken_code_yields_what_is_whole() {
    check(
        "//- a.py
def good():
    pass

def bad(:
    x = (

@app.get('/still')
def still():
    pass
",
        &["function"],
        expect![[r#"
            Function a.py:good lines 1..2 at 1:5 ()
        "#]],
    );
}

#[test]
fn flask_blueprints_views_and_rules() {
    check(
        "//- shop/app.py
from flask import Flask
from shop.items import items, admin
from .views import QuoteView

def create_app():
    app = Flask(__name__)
    app.register_blueprint(items)
    app.register_blueprint(admin, url_prefix='/admin')
    app.add_url_rule('/quotes/<int:id>', view_func=QuoteView.as_view('quote'))
    app.add_url_rule('/ping', 'ping', ping, methods=['HEAD'])

    @app.route('/both', methods=['GET', 'post'])
    def both(): pass
    return app

def ping(): pass
//- shop/items.py
from flask import Blueprint
PREFIX = '/items'
items = Blueprint('items', __name__, url_prefix=PREFIX)
admin = Blueprint('admin', __name__)

@items.get('/<int:id>')
def show(id): pass

@items.route('/')
@login_required
def all(): pass

@admin.post('')
def add(): pass
//- shop/views.py
class Base(MethodView):
    def post(self): pass
class QuoteView(Base):
    decorators = []
    def get(self, id): pass
    def helper(self): pass
",
        &["route"],
        expect![[r#"
            GET /quotes/<int:id> -> shop/views.py:QuoteView.get
            POST /quotes/<int:id> -> shop/views.py:Base.post
            HEAD /ping -> shop/app.py:ping
            GET /both -> shop/app.py:create_app.both
            POST /both -> shop/app.py:create_app.both
            GET /items/<int:id> -> shop/items.py:show
            GET /items/ -> shop/items.py:all
            POST /admin -> shop/items.py:add
        "#]],
    );
}

#[test]
fn fastapi_routers_under_settings_and_mounts() {
    check(
        "//- app/main.py
from fastapi import FastAPI
from app.api import api_router
from app.core import settings
app = FastAPI()
app.include_router(api_router, prefix=settings.API)
sub = FastAPI()
app.mount('/internal', sub)

@sub.get('/health')
async def health(): ...
//- app/core.py
class Settings(BaseSettings):
    API: str = '/api/v1'
settings = Settings()
//- app/api/__init__.py
from fastapi import APIRouter
from app.api import items
from app.api.users import router as users
api_router = APIRouter()
api_router.include_router(items.router, tags=['items'])
if settings.DEBUG:
    api_router.include_router(users, prefix='/users')
//- app/api/items.py
router = APIRouter(prefix='/items')
@router.get('/{id}', response_model=Item)
def read(id): ...
@router.api_route('/any', methods=['PUT', 'PATCH'])
def some(): ...
//- app/api/users.py
router = APIRouter()
@router.get('/me')
def me(): ...
@mock.patch('app.api.users.me')
def test_me(): ...
",
        &["route"],
        expect![[r#"
            GET /internal/health -> app/main.py:health
            GET /api/v1/items/{id} -> app/api/items.py:read
            PUT /api/v1/items/any -> app/api/items.py:some
            PATCH /api/v1/items/any -> app/api/items.py:some
            GET /api/v1/users/me -> app/api/users.py:me
        "#]],
    );
}

#[test]
fn fastapi_routers_that_functions_make() {
    check(
        "//- main.py
def make(service):
    router = APIRouter(prefix='/jobs')
    @router.post('/{id}/run')
    def run(id): ...
    return router

app = FastAPI()
app.include_router(make(Service()))

def install(app):
    @app.get('/installed')
    def installed(): ...
",
        &["route"],
        expect![[r#"
            POST /jobs/{id}/run -> main.py:make.run
            GET /installed -> main.py:install.installed
        "#]],
    );
}

#[test]
fn django_includes_class_views_and_view_sets() {
    check(
        "//- site/urls.py
from django.urls import include, path, re_path
from rest_framework import routers
from . import views
from .views import UserViewSet
router = routers.DefaultRouter()
router.register(r'users', UserViewSet)
urlpatterns = [
    path('blog/', include('blog.urls')),
    path('api/', include(router.urls)),
    path('nested/', include([path('deep/', views.deep)])),
    re_path(r'^old/(?P<pk>\\d+)$', login_required(views.old)),
    path('admin/', admin.site.urls),
]
urlpatterns += [path('late', views.late)]
//- site/views.py
def deep(request): ...
def old(request, pk): ...
def late(request): ...
class UserViewSet(ModelViewSet):
    def list(self, request): ...
    def destroy(self, request, pk): ...
//- blog/urls.py
from . import views
urlpatterns = [
    path('<int:year>/', views.archive),
    path('post/<slug:slug>', views.PostView.as_view(), name='post'),
]
//- blog/views.py
def archive(request, year): ...
class PostView(View):
    def get(self, request, slug): ...
    def get_queryset(self): ...
",
        &["route"],
        expect![[r#"
            GET api/users/ -> site/views.py:UserViewSet.list
            DELETE api/users/{pk}/ -> site/views.py:UserViewSet.destroy
            * nested/deep/ -> site/views.py:deep
            * ^old/(?P<pk>\d+)$ -> site/views.py:old
            * late -> site/views.py:late
            * blog/<int:year>/ -> blog/views.py:archive
            GET blog/post/<slug:slug> -> blog/views.py:PostView.get
        "#]],
    );
}

#[test]
fn starlette_lists_and_classes() {
    check(
        "//- app.py
from starlette.routing import Mount, Route
def home(request): ...
async def user(request): ...
class Health(HTTPEndpoint):
    async def get(self, request): ...
admin = Starlette(routes=[Route('/stats', home)])
routes = [
    Route('/', home),
    Mount('/users', routes=[Route('/{id:int}', user, methods=['GET', 'PUT'])]),
    Mount('/admin', app=admin),
    Route('/health', Health),
]
app = Starlette(routes=routes)
",
        &["route"],
        expect![[r#"
            * /admin/stats -> app.py:home
            * / -> app.py:home
            GET /users/{id:int} -> app.py:user
            PUT /users/{id:int} -> app.py:user
            GET /health -> app.py:Health.get
        "#]],
    );
}

#[test]
fn tasks_and_topics() {
    check(
        "//- shop/tasks.py
@celery_app.task
def send(order): ...
@shared_task(name='emails.digest')
def nightly(): ...
@dramatiq.actor
def shrink(): ...
@broker.subscriber('orders')
async def on_order(message): ...
@not_a.task_at_all
def other(): ...
",
        &["consumer"],
        expect![[r#"
            consumer "shop.tasks.send" -> shop/tasks.py:send
            consumer "emails.digest" -> shop/tasks.py:nightly
            consumer "shrink" -> shop/tasks.py:shrink
            consumer "orders" -> shop/tasks.py:on_order
        "#]],
    );
}

#[test]
fn grpc_servicers() {
    check(
        "//- server.py
class Greeter(greeter_pb2_grpc.GreeterServicer):
    def SayHello(self, request, context): ...
class Loud(Greeter):
    def SayHello(self, request, context): ...
class Unrelated(Base):
    def SayHello(self): ...
",
        &["rpc"],
        expect![[r#"
            rpc Greeter/SayHello -> server.py:Greeter.SayHello
            rpc Greeter/SayHello -> server.py:Loud.SayHello
        "#]],
    );
}

#[test]
fn spans_are_credited_to_the_function_that_starts_them() {
    check(
        "//- a.py
from opentelemetry import trace
tracer = trace.get_tracer('shop.a', '1')
LOAD = 'load cart'

def cart(id):
    with tracer.start_as_current_span(LOAD) as span:
        with tracer.start_as_current_span(f'item {id}'):
            pass
    span = tracer.start_span('item ' + str(id) + ' saved')
    tracer.start_as_current_span(unknown())
    other = 'by ' + 'parts'
    list(map(lambda x: tracer.start_span(other), []))

@tracer.start_as_current_span('decorated')
def decorated(): ...

@logfire.instrument('price {qty=}')
def price(qty):
    logfire.info('running {qty}', qty=qty)

class Worker:
    @logfire.instrument()
    def run(self): ...

with tracer.start_as_current_span('at the top'):
    pass
",
        &["span"],
        expect![[r#"
            span "load cart" of shop.a -> a.py:cart line 6
            span "item …" of shop.a -> a.py:cart line 7
            span "item … saved" of shop.a -> a.py:cart line 9
            span "by parts" of shop.a -> a.py:cart line 12
            span "decorated" of shop.a -> a.py:decorated line 14
            span "price {qty=}" -> a.py:price line 17
            span "running {qty}" -> a.py:price line 19
            span "Calling ….Worker.run" -> a.py:Worker.run line 22
        "#]],
    );
}

#[test]
fn names_travel_through_helpers_constants_and_decorators() {
    check(
        "//- lib/tracing.py
from contextlib import contextmanager
@contextmanager
def step(name, **values):
    with tracer.start_as_current_span(name) as span:
        yield span

def sub_step(what):
    return step(what)

def traced(fn):
    def inner(*args):
        with tracer.start_as_current_span(fn.__qualname__):
            return fn(*args)
    return inner

def named(label):
    def wrap(fn):
        def inner(*args):
            with tracer.start_as_current_span(label):
                return fn(*args)
        return inner
    return wrap
//- lib/names.py
REFUND = 'refund'
class Spans:
    CHARGE = 'charge card'
//- app.py
from lib.tracing import step, sub_step, traced, named
from lib import names
from lib.names import Spans

def charge():
    with step(Spans.CHARGE, total=3):
        with step(name='inner step'):
            pass

def refund(id):
    with sub_step(names.REFUND):
        with step(f'refund {id}'):
            pass

class Cart:
    @traced
    def total(self): ...

    @named('cart add')
    def add(self): ...

def unrelated():
    log('charge card')
",
        &["span"],
        expect![[r#"
            span "charge card" -> app.py:charge line 6
            span "inner step" -> app.py:charge line 7
            span "refund …" -> app.py:refund line 12
            span "cart add" -> app.py:Cart.add line 19
            span "refund" -> app.py:refund line 11
            span "Cart.total" -> app.py:Cart.total line 17
        "#]],
    );
}

#[test]
fn outgoing_calls_with_their_targets() {
    check(
        "//- a.py
BASE = 'http://catalog:7003'
def load(session, ids):
    requests.get(f'{BASE}/products/{ids[0]}', timeout=5)
    for id in ids:
        session.post(url='/items', json={})
    httpx.request('delete', BASE + '/items/' + id)
    cursor.execute('SELECT id FROM item WHERE id = %s' % id)
    conn.execute(text('insert into item values (:a)'))
    d.get('key')
    producer.send('orders', b'')
",
        &["call", "loop"],
        expect![[r#"
            Http get: GET "http://catalog:7003/products/…" line 3
            Http post: POST "/items" line 5
            Http request: DELETE "http://catalog:7003/items/…" line 6
            Sql execute: "SELECT id FROM item WHERE id = …" line 7
            Sql execute: "insert into item values (:a)" line 8
            Messaging send: "orders" line 10
            Http post: POST "/items" line 5
        "#]],
    );
}

#[test]
fn view_sets_with_actions_spread_into_lists() {
    check(
        "//- urls.py
from rest_framework.routers import DefaultRouter
from views import TaskViewSet
router = DefaultRouter()
router.register('tasks', TaskViewSet)
extra = [path('ping', ping)]
urlpatterns = [
    re_path(r'^api/', include([path('status', ping), *router.urls])),
]
urlpatterns += extra
def ping(request): ...
//- views.py
class TaskViewSet(ModelViewSet):
    @action(methods=['post'], detail=True, url_path='run-now')
    def run(self, request, pk=None): ...
    @action(detail=False)
    def recent(self, request): ...
    def retrieve(self, request, pk): ...
",
        &["route"],
        expect![[r#"
            GET ^api/tasks/{pk}/ -> views.py:TaskViewSet.retrieve
            * ping -> urls.py:ping
            * ^api/status -> urls.py:ping
            POST ^api/tasks/{pk}/run-now/ -> views.py:TaskViewSet.run
            GET ^api/tasks/recent/ -> views.py:TaskViewSet.recent
        "#]],
    );
}

#[test]
fn flask_restful_and_patterns_made_by_functions() {
    check(
        "//- a.py
api = Api(app)
class Alerts(Resource):
    def get(self): ...
    def post(self): ...
api.add_resource(Alerts, '/alerts', '/v2/alerts', endpoint='alerts')
@app.route(scoped('/login'), methods=['GET', 'POST'])
def login(): ...
@slack.action('not-a-route')
def pressed(): ...
",
        &["route"],
        expect![[r#"
            GET /alerts -> a.py:Alerts.get
            POST /alerts -> a.py:Alerts.post
            GET /v2/alerts -> a.py:Alerts.get
            POST /v2/alerts -> a.py:Alerts.post
            GET …/login -> a.py:login
            POST …/login -> a.py:login
        "#]],
    );
}

#[test]
fn a_name_that_gets_longer_is_the_longer_one() {
    check(
        "//- a.py
def one():
    name = \"load\"
    name += \" cart\"
    with tracer.start_as_current_span(name):
        pass

def two(kind):
    name = \"load \"
    name += kind
    with tracer.start_as_current_span(name):
        pass

def three(deep):
    name = \"sync\"
    if deep:
        name += \" deep\"
    with tracer.start_as_current_span(name):
        pass

def four(parts):
    name = \"all\"
    for part in parts:
        name += part
    count += 1
    with tracer.start_as_current_span(name):
        pass
",
        &["span"],
        expect![[r#"
            span "load cart" -> a.py:one line 4
            span "load …" -> a.py:two line 10
            span "sync" -> a.py:three line 17
            span "sync deep" -> a.py:three line 17
            span "all" -> a.py:four line 25
            span "all…" -> a.py:four line 25
        "#]],
    );
}
