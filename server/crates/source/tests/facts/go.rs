//! Go: net/http, gorilla/mux, chi, gin, echo, gRPC, spans and calls.

use expect_test::expect;

use crate::check;

#[test]
fn functions_methods_and_closures() {
    check(
        "//- a.go
package a
type Store[T any] struct{}
func (s *Store[T]) Get(ctx context.Context, a, b int, _ ...string) (T, error) {
	go func(n int) {}(1)
	return nil, nil
}
func (Store[T]) Len() int { return 0 }
func plain(int) {}
var f = func() {}
",
        &["function"],
        expect![[r#"
            Method a.go:Store.Get lines 3..6 at 3:20 (ctx, a, b, _)
            Closure a.go:Store.Get.<anonymous> lines 4..4 at 4:5 (n)
            Method a.go:Store.Len lines 7..7 at 7:17 ()
            Function a.go:plain lines 8..8 at 8:6 ()
            Closure a.go:<anonymous> lines 9..9 at 9:9 ()
        "#]],
    );
}

#[test]
fn net_http_patterns_methods_and_wrappers() {
    check(
        "//- cmd/main.go
package main
import (
	\"net/http\"
	\"example.com/shop/internal/cart\"
)
type Desk struct { carts *cart.Carts }
func (d *Desk) routes(auth *cart.Auth) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc(\"GET /parcels/{id}\", d.show)
	mux.HandleFunc(\"/any/{$}\", show)
	mux.Handle(\"POST shop.example/parcels\", http.HandlerFunc(d.accept))
	mux.HandleFunc(prefix+\"/x\", func(w http.ResponseWriter, r *http.Request) {})
	mux.Handle(\"GET /labels\", d.label(\"pdf\"))
	mux.Handle(\"DELETE /parcels/{id}\", clerksOnly(d.discard))
	mux.Handle(\"/carts\", d.carts)
	mux.HandleFunc(\"/carts/{id}\", d.carts.One)
	mux.HandleFunc(\"/login\", auth.Login)
	mux.Handle(\"/metrics\", promhttp.Handler())
	mux.Handle(\"/unsure\", both(show, d.show))
	shelves := http.NewServeMux()
	shelves.HandleFunc(\"GET /shelves/{zone}\", show)
	mux.Handle(\"/depot/\", http.StripPrefix(\"/depot\", shelves))
	http.HandleFunc(\"/health\", show)
	return mux
}
func show(w http.ResponseWriter, r *http.Request) {}
//- cmd/desk.go
package main
const prefix = \"/v1\"
func (d *Desk) show(w http.ResponseWriter, r *http.Request) {}
func (d *Desk) accept(w http.ResponseWriter, r *http.Request) {}
func (d *Desk) discard(w http.ResponseWriter, r *http.Request) {}
func (d *Desk) label(format string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {}
}
//- internal/cart/cart.go
package cart
type Carts struct{}
type Auth struct{}
func (c *Carts) ServeHTTP(w http.ResponseWriter, r *http.Request) {}
//- internal/cart/one.go
package cart
func (c *Carts) One(w http.ResponseWriter, r *http.Request) {}
func (a *Auth) Login(w http.ResponseWriter, r *http.Request) {}
",
        &["route"],
        expect![[r#"
            GET /parcels/{id} -> cmd/desk.go:Desk.show
            * /any/ -> cmd/main.go:show
            POST /parcels -> cmd/desk.go:Desk.accept
            * /v1/x -> cmd/main.go:Desk.routes.<anonymous>
            GET /labels -> cmd/desk.go:Desk.label.<anonymous>
            DELETE /parcels/{id} -> cmd/desk.go:Desk.discard
            * /carts -> internal/cart/cart.go:Carts.ServeHTTP
            * /carts/{id} -> internal/cart/one.go:Carts.One
            * /login -> internal/cart/one.go:Auth.Login
            GET /depot/shelves/{zone} -> cmd/main.go:show
            * /health -> cmd/main.go:show
        "#]],
    );
}

#[test]
fn gorilla_routers_and_their_chains() {
    check(
        "//- main.go
package main
func main() {
	r := mux.NewRouter()
	r.HandleFunc(base+\"/product/{id}\", product).Methods(http.MethodGet, http.MethodHead)
	r.Path(\"/chain\").Methods(\"PUT\").Name(\"x\").HandlerFunc(plain)
	api := r.PathPrefix(\"/api\").Subrouter()
	api.HandleFunc(\"/users\", users).Methods(\"GET\").Name(\"users\")
	admin(api.PathPrefix(\"/admin\").Subrouter())
	r.PathPrefix(\"/static/\").Handler(http.FileServer(http.Dir(\"./static\")))
	register(r)
}
var base = \"/shop\"
func init() { base = os.Getenv(\"BASE\") }
func admin(s *mux.Router) { s.HandleFunc(\"/top\", plain) }
func prefixed() { r := route.New(); v1 := r.WithPrefix(\"/v1\"); v1.Get(\"/labels\", plain); list(v1.WithPrefix(\"/lists\")) }
func list(r *route.Router) { r.Get(\"/:id\", plain) }
func register(router *mux.Router) { router.HandleFunc(\"/registered\", plain) }
func plain() {}
func users() {}
func product() {}
",
        &["route"],
        expect![[r#"
            GET /shop/product/{id} -> main.go:product
            HEAD /shop/product/{id} -> main.go:product
            PUT /chain -> main.go:plain
            GET /api/users -> main.go:users
            * /api/admin/top -> main.go:plain
            GET /v1/labels -> main.go:plain
            GET /v1/lists/:id -> main.go:plain
            * /registered -> main.go:plain
        "#]],
    );
}

#[test]
fn chi_gin_and_echo_groups() {
    check(
        "//- chi.go
package web
func Chi(h *Handlers) http.Handler {
	r := chi.NewRouter()
	r.With(paginate).Get(\"/list\", h.List)
	r.Route(\"/articles\", func(r chi.Router) {
		r.Post(\"/\", h.Create)
		r.Route(\"/{id}\", func(r chi.Router) {
			r.Delete(\"/\", h.Delete)
		})
	})
	r.Group(func(inner chi.Router) { inner.Method(\"PUT\", \"/method\", h) })
	r.Mount(\"/admin\", adminRouter())
	r.Route(\"/carts\", h.carts)
	return r
}
func (h *Handlers) carts(r chi.Router) { r.Get(\"/{id}\", h.List) }
func adminRouter() http.Handler {
	r := chi.NewRouter()
	r.Get(\"/users\", func(w http.ResponseWriter, r *http.Request) {})
	return r
}
type Handlers struct{}
func (h *Handlers) List() {}
func (h *Handlers) Create() {}
func (h *Handlers) Delete() {}
func (h *Handlers) ServeHTTP() {}
//- gin.go
package web
import \"github.com/gin-gonic/gin\"
func Gin() {
	router := gin.Default()
	v1 := router.Group(\"/v1\", auth)
	users := v1.Group(\"/users\")
	users.GET(\"/:id\", auth, getUser)
	users.Any(\"\", func(c *gin.Context) {})
	router.Group(\"/direct\").POST(\"/x\", getUser)
}
func auth(c *gin.Context) {}
func getUser(c *gin.Context) {}
//- echo.go
package web
import \"github.com/labstack/echo/v4\"
func Echo() {
	e := echo.New()
	g := e.Group(\"/echo\")
	g.GET(\"/:id\", getItem, auth)
	client.Get(\"/not/a/route\")
}
func getItem(c echo.Context) error { return nil }
",
        &["route"],
        expect![[r#"
            GET /list -> chi.go:Handlers.List
            POST /articles/ -> chi.go:Handlers.Create
            DELETE /articles/{id}/ -> chi.go:Handlers.Delete
            PUT /method -> chi.go:Handlers.ServeHTTP
            GET /carts/{id} -> chi.go:Handlers.List
            GET /admin/users -> chi.go:adminRouter.<anonymous>
            GET /v1/users/:id -> gin.go:getUser
            * /v1/users -> gin.go:Gin.<anonymous>
            POST /direct/x -> gin.go:getUser
            GET /echo/:id -> echo.go:getItem
        "#]],
    );
}

#[test]
fn grpc_services() {
    check(
        "//- main.go
package main
import \"example.com/shop/ledger\"
func main() {
	pb.RegisterCheckoutServer(srv, &checkout{})
	svc := new(cart)
	pb.RegisterCartServer(srv, svc)
	pb.RegisterLedgerServer(srv, ledger.New())
}
type checkout struct{}
func (c *checkout) PlaceOrder(ctx context.Context, in *pb.Order) (*pb.Result, error) { return nil, nil }
type cart struct { pb.UnimplementedCartServer }
//- cart.go
package main
func (c *cart) GetCart(ctx context.Context, in *pb.Get) (*pb.Cart, error) { return nil, nil }
//- ledger/ledger.go
package ledger
type Ledger struct{}
func New() *Ledger { return &Ledger{} }
func (l *Ledger) Book(ctx context.Context, in *pb.Get) (*pb.Cart, error) { return nil, nil }
",
        &["rpc"],
        expect![[r#"
            rpc Checkout/PlaceOrder -> main.go:checkout.PlaceOrder
            rpc Cart/GetCart -> cart.go:cart.GetCart
            rpc Ledger/Book -> ledger/ledger.go:Ledger.Book
        "#]],
    );
}

#[test]
fn spans_by_literal_constant_format_and_helper() {
    check(
        "//- trace/trace.go
package trace
var tracer = otel.Tracer(\"shop\")
const Refund = \"refund\"
func Run(ctx context.Context, name string, step func() error) error {
	ctx, span := tracer.Start(ctx, name)
	defer span.End()
	return step()
}
//- main.go
package main
import \"example.com/shop/trace\"
const opLoad = \"load\" + \" cart\"
func load(ctx context.Context) {
	ctx, span := tracer.Start(ctx, opLoad)
	_, inner := otel.Tracer(\"scope\").Start(ctx, \"inner\")
	func() { _, span := tracer.Start(ctx, fmt.Sprintf(\"load %d of %s\", 1, opLoad)); span.End() }()
	command.Start(ctx, \"no span\")
	ctx, childSpan := s.provider.Start(ctx, \"by its result\")
}
func pay(ctx context.Context) {
	trace.Run(ctx, \"pay\", func() error { return nil })
	tracer.Start(ctx, trace.Refund)
	opentracing.StartSpanFromContext(ctx, \"old\")
	tracer.StartSpan(\"older\", opentracing.ChildOf(parent))
}
type queue struct{}
func (q *queue) traced(ctx context.Context, name string) { tracer.Start(ctx, \"queue.\"+name+\"\") }
func (q *queue) arrive(ctx context.Context, town string) { trace.Run(ctx, \"arrive \"+town, nil) }
func (q *queue) push(ctx context.Context) { q.run(ctx, \"push\") }
func (q *queue) run(ctx context.Context, name string) { trace.Run(ctx, name, nil) }
",
        &["span"],
        expect![[r#"
            span "load cart" -> main.go:load line 5
            span "inner" of scope -> main.go:load line 6
            span "load … of load cart" -> main.go:load line 7
            span "by its result" -> main.go:load line 9
            span "old" -> main.go:pay line 14
            span "older" -> main.go:pay line 15
            span "queue.…" -> main.go:queue.traced line 18
            span "refund" -> main.go:pay line 13
            span "pay" -> main.go:pay line 12
            span "arrive …" -> main.go:queue.arrive line 19
            span "push" -> main.go:queue.push line 20
        "#]],
    );
}

#[test]
fn outgoing_calls_with_their_targets() {
    check(
        "//- a.go
package a
const base = \"http://catalog:7003\"
const insert = `insert into item values ($1)`
func load(ctx context.Context, ids []string) {
	http.Get(base + \"/products\")
	for _, id := range ids {
		request, _ := http.NewRequestWithContext(ctx, http.MethodPost, base+\"/items/\"+id, nil)
		s.client.Do(request)
	}
	http.NewRequest(\"DELETE\", fmt.Sprintf(\"%s/items/%d\", base, 7), nil)
	db.QueryContext(ctx, \"SELECT id FROM item WHERE id = ?\", ids[0])
	tx.ExecContext(ctx, insert, 1)
	pb.NewCartClient(connection).GetCart(ctx, &pb.Request{})
	cache.Get(\"key\")
}
",
        &["call", "loop"],
        expect![[r#"
            Http Get: GET "http://catalog:7003/products" line 5
            Http NewRequestWithContext: POST "http://catalog:7003/items/…" line 7
            Http NewRequest: DELETE "http://catalog:7003/items/…" line 10
            Sql QueryContext: "SELECT id FROM item WHERE id = ?" line 11
            Sql ExecContext: "insert into item values ($1)" line 12
            Http NewRequestWithContext: POST "http://catalog:7003/items/…" line 7
            Http Do:  line 8
        "#]],
    );
}

#[test]
fn functions_that_declare_routes_for_others() {
    check(
        "//- main.go
package main
import \"net/http\"
func routes(mux *http.ServeMux, h *api) {
	handle := func(pattern string, f func(http.ResponseWriter, *http.Request)) {
		mux.Handle(pattern, otelhttp.WithRouteTag(pattern, http.HandlerFunc(f)))
	}
	handle(\"/dice/\", roll)
	handle(\"GET /cards/{id}\", h.card)
	h.add(mux, h.list, http.MethodPost, \"/things/{%s}\", \"id\")
	other(\"/not/a/route\", 1)
	mux.Handle(\"/op\", otelhttp.NewHandler(http.HandlerFunc(roll), \"Roll\"))
	http.ListenAndServe(\":1\", otelhttp.NewHandler(mux, \"server\"))
}
func roll(w http.ResponseWriter, r *http.Request) {}
func other(text string, n int) {}
type api struct{}
func (a *api) card(w http.ResponseWriter, r *http.Request) {}
func (a *api) list(w http.ResponseWriter, r *http.Request) {}
func (a *api) add(mux *http.ServeMux, f func(http.ResponseWriter, *http.Request), method string, format string, args ...any) {
	mux.HandleFunc(method + \" \" + a.prefix + format, f)
}
",
        &["route", "rpc"],
        expect![[r#"
            * /dice/ -> main.go:roll
            * …/dice/ -> main.go:roll
            GET /cards/{id} -> main.go:api.card
            GET …/cards/{id} -> main.go:api.card
            POST /things/{%s} -> main.go:api.list
            POST …/things/{%s} -> main.go:api.list
            * /op -> main.go:roll
            rpc http operation/Roll -> main.go:roll
        "#]],
    );
}

#[test]
fn patterns_of_the_standard_mux() {
    check(
        "//- main.go
package main
import \"net/http\"
func main() {
	http.HandleFunc(\"/tree/\", show)
	http.Handle(\"/turned/\", http.HandlerFunc(show))
	http.Handle(\"/wrapped/\", guarded(show))
	http.HandleFunc(\"/exact/{$}\", show)
	http.HandleFunc(\"GET shop.example/files/{rest...}\", show)
	http.HandleFunc(\"/\", show)
	p := path.Join(\"/\", base())
	http.Handle(path.Join(p, \"/joined\"), http.HandlerFunc(show))
	http.Handle(path.Join(\"/a\", \"b/\"), http.HandlerFunc(show))
}
func show(w http.ResponseWriter, r *http.Request) {}
func guarded(next http.HandlerFunc) http.Handler { return next }
//- gorilla.go
package main
import \"github.com/gorilla/mux\"
func gorilla(r *mux.Router) { r.HandleFunc(\"/leaf/\", show) }
",
        &["route"],
        expect![[r#"
            * /tree/ -> main.go:show
            * /tree/{rest...} -> main.go:show
            * /turned/ -> main.go:show
            * /turned/{rest...} -> main.go:show
            * /wrapped/ -> main.go:show
            * /exact/ -> main.go:show
            GET /files/{rest...} -> main.go:show
            * / -> main.go:show
            * …/joined -> main.go:show
            * /a/b -> main.go:show
            * /leaf/ -> main.go:show
        "#]],
    );
}

#[test]
fn services_of_connect_twirp_and_micro() {
    check(
        "//- main.go
package main
func main() {
	mux.Handle(pingv1connect.NewPingServiceHandler(&ping{}, opts))
	handler := haberdasher.NewHatServer(&hats{})
	greeter.RegisterGreeterHandler(service.Server(), new(greet))
	gateway.RegisterGreeterHandler(ctx, mux, conn)
	srv := NewServer(&config{})
}
type ping struct { pingv1connect.UnimplementedPingServiceHandler }
func (p *ping) Ping(ctx context.Context, r *connect.Request[v1.P]) (*connect.Response[v1.P], error) { return nil, nil }
type hats struct{}
func (h *hats) MakeHat(ctx context.Context, s *pb.Size) (*pb.Hat, error) { return nil, nil }
type greet struct{}
func (g *greet) Hello(ctx context.Context, in *pb.Request, out *pb.Response) error { return nil }
type config struct{}
func (c *config) Load() {}
",
        &["rpc"],
        expect![[r#"
            rpc PingService/Ping -> main.go:ping.Ping
            rpc Hat/MakeHat -> main.go:hats.MakeHat
            rpc Greeter/Hello -> main.go:greet.Hello
        "#]],
    );
}

#[test]
fn closures_in_variables_handle_routes() {
    check(
        "//- main.go
package main
import \"net/http\"
func main() {
	hello := func(w http.ResponseWriter, r *http.Request) {}
	http.HandleFunc(\"/hello\", hello)
	wrapped := otelhttp.NewHandler(http.HandlerFunc(hello), \"Hello\")
	http.Handle(\"/op\", wrapped)
	for _, hello := range others() {
		http.HandleFunc(\"/not\", hello)
	}
}
func other() { http.HandleFunc(\"/none\", hello) }
const routeList = \"/v1/list\"
func api(mux *http.ServeMux) { add(mux, list, routeList) }
func add(mux *http.ServeMux, f http.HandlerFunc, route string) { mux.HandleFunc(base+route, f) }
func list(w http.ResponseWriter, r *http.Request) {}
",
        &["route", "rpc"],
        expect![[r#"
            * /hello -> main.go:main.<anonymous>
            * /op -> main.go:main.<anonymous>
            * /v1/list -> main.go:list
            * …/v1/list -> main.go:list
            rpc http operation/Hello -> main.go:main.<anonymous>
        "#]],
    );
}
