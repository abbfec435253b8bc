//! Remote methods, tasks and queues.

use expect_test::expect;

use crate::support::check;

#[test]
fn a_remote_method_in_every_spelling() {
    check(
        "//- server.py
class Greeter(greeter_pb2_grpc.GreeterServicer):
    def SayHello(self, request, context): ...
class Helper:
    def SayBye(self, request, context): ...
//- greeter_pb2_grpc.py
class GreeterServicer(object):
    def SayHello(self, request, context): ...
",
        r#"
SERVER a /shop.Greeter/SayHello @opentelemetry.instrumentation.grpc rpc.system=grpc rpc.service=shop.Greeter rpc.method=SayHello
SERVER a x @y rpc.system.name=grpc rpc.method=shop.Greeter/SayHello
SERVER a "POST /shop.Greeter/SayHello" @z http.request.method=POST http.route=/shop.Greeter/SayHello
SERVER a x @y rpc.system.name=grpc rpc.method=shop.Greeter/SayBye
SERVER a x @y rpc.system.name=grpc rpc.method=other.Service/SayHello
"#,
        expect![[r#"
            /shop.Greeter/SayHello: certain server.py:Greeter.SayHello [rpc: implements Greeter/SayHello]
            x: certain server.py:Greeter.SayHello [rpc: implements Greeter/SayHello]
            POST /shop.Greeter/SayHello: certain server.py:Greeter.SayHello [rpc: implements Greeter/SayHello]
            x: none
            x: none
        "#]],
    );
}

#[test]
fn two_implementations_stay_open() {
    check(
        "//- server.py
class Mail(mail_pb2_grpc.MailServicer):
    def Send(self, request, context): ...
class DummyMail(mail_pb2_grpc.MailServicer):
    def Send(self, request, context): ...
",
        "SERVER a /shop.Mail/Send @opentelemetry.instrumentation.grpc rpc.service=shop.Mail rpc.method=Send",
        expect![[r#"
            /shop.Mail/Send: possible server.py:Mail.Send | server.py:DummyMail.Send [rpc: implements Mail/Send]
        "#]],
    );
}

#[test]
fn tasks_by_name_or_by_module() {
    check(
        "//- backend/shop/tasks.py
@celery_app.task
def send(order): ...
@celery_app.task(name='emails.digest')
def nightly(): ...
def helper(): ...
//- other/tasks.py
@celery_app.task
def send(order): ...
",
        r#"
CONSUMER a run/shop.tasks.send @opentelemetry.instrumentation.celery celery.action=run celery.task_name=shop.tasks.send
CONSUMER a run/emails.digest @opentelemetry.instrumentation.celery celery.action=run celery.task_name=emails.digest
CONSUMER a run/shop.tasks.helper @opentelemetry.instrumentation.celery celery.action=run celery.task_name=shop.tasks.helper
CONSUMER a run/tasks.send @opentelemetry.instrumentation.celery celery.action=run celery.task_name=tasks.send
PRODUCER a apply_async/shop.tasks.send @opentelemetry.instrumentation.celery celery.action=apply_async celery.task_name=shop.tasks.send
"#,
        expect![[r#"
            run/shop.tasks.send: certain backend/shop/tasks.py:send [framework: shop.tasks.send is its module and name]
            run/emails.digest: certain backend/shop/tasks.py:nightly [framework: the task is named "emails.digest"]
            run/shop.tasks.helper: none
            run/tasks.send: possible backend/shop/tasks.py:send | other/tasks.py:send [framework: tasks.send is its module and name]
            apply_async/shop.tasks.send: none
        "#]],
    );
}

#[test]
fn a_queue_belongs_to_who_consumes_it() {
    check(
        "//- worker.js
new Worker('emails', async function sendEmail(job) {});
channel.consume('orders', onOrder);
function onOrder(message) {}
",
        r#"
CONSUMER a "emails process" @x messaging.destination.name=emails messaging.operation.type=process
CONSUMER a "orders process" @x messaging.destination.name=orders
CONSUMER a "orders receive" @x messaging.destination.name=orders messaging.operation.type=receive
CONSUMER a "other process" @x messaging.destination.name=other
PRODUCER a "orders publish" @x messaging.destination.name=orders
"#,
        expect![[r#"
            emails process: likely worker.js:sendEmail [messaging: consumes emails]
            orders process: likely worker.js:onOrder [messaging: consumes orders]
            orders receive: none
            other process: none
            orders publish: none
        "#]],
    );
}

#[test]
fn a_field_is_resolved_by_what_is_declared_for_its_type() {
    check(
        "//- schema.py
@strawberry.type
class Query:
    @strawberry.field(name='byAuthor')
    def found(self) -> list: ...
@strawberry.type
class Author:
    @strawberry.field
    def books(self) -> list: ...
@strawberry.type
class Shop:
    @strawberry.field
    def books(self) -> list: ...
",
        r#"
INTERNAL a "GraphQL Resolving: byAuthor" @strawberry graphql.parentType=Query graphql.path=byAuthor
INTERNAL a graphql.resolve @x graphql.field.name=books graphql.parent.name=Author
INTERNAL a "graphql.resolve books" @x graphql.field.name=books graphql.parent.name=Shelf
"#,
        expect![[r#"
            GraphQL Resolving: byAuthor: certain schema.py:Query.found [framework: resolves Query.byAuthor]
            graphql.resolve: certain schema.py:Author.books [framework: resolves Author.books]
            graphql.resolve books: none
        "#]],
    );
}

#[test]
fn fields_of_graphql_belong_to_their_resolvers() {
    check(
        "//- src/main/java/shop/Books.java
package shop;
class Books {
    @QueryMapping List<Book> books() { return null; }
    @SchemaMapping(typeName = \"Book\", field = \"writer\") Author author(Book book) { return null; }
    @DgsMutation(field = \"addBook\") Book add() { return null; }
}
//- graph/schema.resolvers.go
package graph
type queryResolver struct{ *Resolver }
type mutationResolver struct{ *Resolver }
func (r *queryResolver) Users(ctx context.Context) ([]*model.User, error) { return nil, nil }
func (r *mutationResolver) Users(ctx context.Context) error { return nil }
",
        r#"
INTERNAL a books @io.opentelemetry.graphql-java-20.0 graphql.field.name=books graphql.field.path=/books
INTERNAL a "graphql field writer" @org.springframework.boot graphql.field.name=writer
INTERNAL a addBook @io.opentelemetry.graphql-java-20.0 graphql.field.name=addBook
INTERNAL a title @io.opentelemetry.graphql-java-20.0 graphql.field.name=title
INTERNAL b Query/users @github.com/ravilushqa/otelgqlgen telemetry.sdk.language=go
"#,
        expect![[r#"
            books: likely src/main/java/shop/Books.java:Books.books [framework: resolves the field books]
            graphql field writer: likely src/main/java/shop/Books.java:Books.author [framework: resolves the field writer]
            addBook: likely src/main/java/shop/Books.java:Books.add [framework: resolves the field addBook]
            title: none
            Query/users: likely graph/schema.resolvers.go:queryResolver.Users [framework: resolves the field users]
        "#]],
    );
}

#[test]
fn queues_that_call_back_commands_and_actors() {
    check(
        "//- app.py
def run(ch, method, properties, body): pass
channel.basic_consume(queue='jobs', on_message_callback=run)
@click.command()
def load_all(): pass
@remoulade.actor
def charge(): pass
",
        r#"
CONSUMER a "jobs receive" @opentelemetry.instrumentation.pika messaging.system=rabbitmq messaging.operation=receive messaging.destination=jobs
CONSUMER a "jobs receive" @opentelemetry.instrumentation.aiokafka messaging.system=kafka messaging.operation=receive messaging.destination=jobs
INTERNAL a load-all @opentelemetry.instrumentation.click process.exit.code=0
INTERNAL a load-all @other
CONSUMER a remoulade/process @opentelemetry.instrumentation.remoulade remoulade.action=run remoulade.actor_name=charge
PRODUCER a remoulade/send @opentelemetry.instrumentation.remoulade remoulade.action=send remoulade.actor_name=charge
"#,
        expect![[r#"
            jobs receive: likely app.py:run [messaging: consumes jobs]
            jobs receive: none
            load-all: certain app.py:load_all [framework: the command load-all]
            load-all: none
            remoulade/process: certain app.py:charge [framework: the task is named "charge"]
            remoulade/send: none
        "#]],
    );
}

#[test]
fn queues_that_a_span_names_in_its_own_way() {
    check(
        "//- app.ts
const jobs = await ch.assertQueue('jobs');
ch.consume(jobs.queue, onJob);
function onJob(message) {}
new Worker('mails', async (job) => {});
",
        r#"
CONSUMER a "jobs process" @@opentelemetry/instrumentation-amqplib messaging.destination=events messaging.operation=process
CONSUMER a "jobs process" @other messaging.destination=events messaging.operation=process
CONSUMER a "process mails" @bullmq bullmq.queue.name=mails bullmq.queue.operation=process
PRODUCER a "add mails" @bullmq bullmq.queue.name=mails bullmq.queue.operation=add
"#,
        expect![[r#"
            jobs process: likely app.ts:onJob [messaging: consumes jobs]
            jobs process: none
            process mails: likely app.ts:<anonymous> [messaging: consumes mails]
            add mails: none
        "#]],
    );
}

#[test]
fn fields_that_objects_resolve() {
    check(
        "//- a.ts
const resolvers = {
  Query: { books: () => [], found(parent) {} },
  Author: { books: () => [], reviews: { resolve: () => [] } },
};
export const books = () => [];
",
        r#"
INTERNAL a "graphql.resolve author.books" @x graphql.field.name=books graphql.parent.name=Author
INTERNAL a "graphql.resolve books" @x graphql.field.name=books graphql.parent.name=Query
INTERNAL a "graphql.resolve author.reviews" @x graphql.field.name=reviews graphql.parent.name=Author
INTERNAL a "graphql.resolve found" @x graphql.field.name=found
INTERNAL a "graphql.resolve name" @x graphql.field.name=name graphql.parent.name=Author
"#,
        expect![[r#"
            graphql.resolve author.books: likely a.ts:resolvers.Author.books [framework: resolves the field books]
            graphql.resolve books: likely a.ts:resolvers.Query.books [framework: resolves the field books]
            graphql.resolve author.reviews: likely a.ts:resolvers.Author.reviews.resolve [framework: resolves the field reviews]
            graphql.resolve found: likely a.ts:resolvers.Query.found [framework: resolves the field found]
            graphql.resolve name: none
        "#]],
    );
}

#[test]
fn versions_of_a_service_lie_in_folders_of_their_package() {
    check(
        "//- query/apiv2/handler.go
package apiv2
type Handler struct{ pb.UnimplementedQueryServer }
func (h *Handler) Find(ctx context.Context, in *pb.Request) (*pb.Reply, error) { return nil, nil }
//- query/apiv3/handler.go
package apiv3
type Handler struct{ pb.UnimplementedQueryServer }
func (h *Handler) Find(ctx context.Context, in *pb.Request) (*pb.Reply, error) { return nil, nil }
//- geo/server.go
package geo
func run() { pb.RegisterGeoServer(srv, &server{}) }
type server struct{}
func (s *server) Nearby(ctx context.Context, in *pb.Request) (*pb.Reply, error) { return nil, nil }
",
        r#"
SERVER a shop.api_v3.Query/Find @x rpc.service=shop.api_v3.Query rpc.method=Find
SERVER a shop.Query/Find @x rpc.service=shop.Query rpc.method=Find
SERVER geo /geo.Geo/Nearby @jaeger component=gRPC
SERVER geo geo.Geo/Nearby @jaeger component=gRPC
"#,
        expect![[r#"
            shop.api_v3.Query/Find: certain query/apiv3/handler.go:Handler.Find [rpc: implements Query/Find]
            shop.Query/Find: possible query/apiv2/handler.go:Handler.Find | query/apiv3/handler.go:Handler.Find [rpc: implements Query/Find]
            /geo.Geo/Nearby: certain geo/server.go:server.Nearby [rpc: implements Geo/Nearby]
            geo.Geo/Nearby: none
        "#]],
    );
}
