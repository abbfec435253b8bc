//! Spans as instrumented services send them: requests, queries and inner work, with the attributes of the semantic
//! conventions, of which some repeat and some are never the same.

use std::sync::Arc;

use model::{
    Attributes, Event, Resource, Scope, Span, SpanId, SpanKind, Status, StatusCode, Timestamp, TraceId,
    Value, keys,
};

/// Spans of one trace.
pub(crate) const PER_TRACE: u64 = 20;
const SERVICES: u64 = 4;
const ROUTES: u64 = 60;

/// The batch numbered `batch`: `spans` spans of traces of `per_trace`, whose resources are the batch's own, as a
/// decoder makes them.
pub(crate) fn batch(batch: u64, spans: u64, per_trace: u64) -> Vec<Span> {
    let resources: Vec<_> = (0..SERVICES).map(|service| Arc::new(resource(service))).collect();
    let scope = Arc::new(Scope {
        name: "io.opentelemetry.http".into(),
        version: "1.44.0".into(),
        ..Scope::default()
    });
    let one = |number: u64| {
        let number = batch * spans + number;
        span(number, per_trace, &resources[(number / 5 % SERVICES) as usize], &scope)
    };
    (0..spans).map(one).collect()
}

/// A number that looks like chance.
pub(crate) fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

fn span(number: u64, per_trace: u64, resource: &Arc<Resource>, scope: &Arc<Scope>) -> Span {
    let (trace, place) = (number / per_trace, number % per_trace);
    let chance = mixed(number);
    let start = 1_790_000_000_000_000_000 + trace * 1_000_000 + place * 40_000 + chance % 30_000;
    let id = |place: u64| SpanId(mixed(trace << 20 | (place + 1)).to_le_bytes());
    let fails = chance.is_multiple_of(20);
    let [high, low] = [mixed(trace ^ 1 << 60), mixed(trace)];
    let (name, kind, attributes) = match place % 3 {
        0 => server(chance),
        1 => query(chance),
        _ => client(chance),
    };
    Span {
        trace_id: TraceId((u128::from(high) << 64 | u128::from(low)).to_be_bytes()),
        span_id: id(place),
        // Children end, and are sent, before their parents.
        parent: (place + 1 < per_trace)
            .then(|| id((place / 3 + 1) * 3 % per_trace))
            .filter(|parent| *parent != id(place)),
        name: name.as_str().into(),
        kind,
        start: Timestamp(start),
        end: Timestamp(start + 5_000 + mixed(chance) % 3_000_000),
        attributes,
        events: if fails { vec![exception(start, chance)] } else { Vec::new() },
        links: Vec::new(),
        status: Status {
            code: if fails { StatusCode::Error } else { StatusCode::Unset },
            ..Status::default()
        },
        trace_state: Default::default(),
        resource: resource.clone(),
        scope: scope.clone(),
    }
}

fn server(chance: u64) -> (String, SpanKind, Attributes) {
    let route = format!("/api/v2/area-{}/items/{{item_id}}", chance % ROUTES);
    let name = format!("GET {route}");
    let path = route.replace("{item_id}", &(chance % 100_000).to_string());
    let attributes = pairs([
        ("http.request.method", "GET".into()),
        ("http.route", route.as_str().into()),
        ("url.path", path.as_str().into()),
        ("url.scheme", "https".into()),
        ("http.response.status_code", Value::Int(200)),
        ("server.address", "shop.example.com".into()),
        ("server.port", Value::Int(8443)),
        ("network.protocol.version", "1.1".into()),
        ("client.address", format!("10.0.{}.{}", chance % 16, chance % 250).as_str().into()),
        (
            "user_agent.original",
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".into(),
        ),
    ]);
    (name, SpanKind::Server, attributes)
}

fn query(chance: u64) -> (String, SpanKind, Attributes) {
    let table = format!("table_{}", chance % ROUTES);
    let text =
        format!("SELECT id, name, price, stock FROM {table} WHERE id = $1 AND deleted_at IS NULL LIMIT 50");
    let attributes = pairs([
        ("db.system.name", "postgresql".into()),
        ("db.namespace", "shop".into()),
        ("db.collection.name", table.as_str().into()),
        ("db.operation.name", "SELECT".into()),
        ("db.query.text", text.as_str().into()),
        ("db.query.summary", format!("SELECT {table}").as_str().into()),
        ("server.address", "db.internal".into()),
        ("server.port", Value::Int(5432)),
        ("thread.id", Value::Int((chance % 32) as i64)),
        ("db.response.returned_rows", Value::Int((chance % 50) as i64)),
    ]);
    (format!("SELECT {table}"), SpanKind::Client, attributes)
}

fn client(chance: u64) -> (String, SpanKind, Attributes) {
    let function = format!("shop.area_{}.Handler.load", chance % ROUTES);
    let attributes = pairs([
        ("code.function.name", function.as_str().into()),
        ("code.file.path", format!("/srv/shop/area_{}/handler.py", chance % ROUTES).as_str().into()),
        ("code.line.number", Value::Int((chance % ROUTES * 7) as i64)),
        ("thread.id", Value::Int((chance % 32) as i64)),
        ("thread.name", format!("worker-{}", chance % 32).as_str().into()),
        ("app.tenant", format!("tenant-{}", chance % 500).as_str().into()),
        ("app.cached", Value::Bool(chance.is_multiple_of(2))),
        ("app.ratio", Value::Double((chance % 100) as f64 / 100.0)),
        ("app.request.id", format!("{:016x}", mixed(chance)).as_str().into()),
        ("app.retries", Value::Int(0)),
    ]);
    (function, SpanKind::Internal, attributes)
}

fn exception(start: u64, chance: u64) -> Event {
    let frame =
        |at: u64| format!("  File \"/srv/shop/area_{}/handler.py\", line {}, in load\n", chance % 7, at * 13);
    let stack: String = (0..6).map(frame).collect();
    let attributes = [
        (keys::EXCEPTION_TYPE, Value::from("TimeoutError")),
        (keys::EXCEPTION_MESSAGE, "the database did not answer within 30 s".into()),
        (keys::EXCEPTION_STACKTRACE, stack.as_str().into()),
    ];
    Event {
        time: Timestamp(start + 1_000),
        name: "exception".into(),
        attributes: attributes.into_iter().collect(),
    }
}

fn resource(service: u64) -> Resource {
    let attributes = pairs([
        (keys::SERVICE_NAME, format!("service-{service}").as_str().into()),
        ("service.version", "4.12.1".into()),
        ("host.name", "worker-3.internal".into()),
        ("process.pid", Value::Int(4711 + service as i64)),
        ("telemetry.sdk.language", "python".into()),
        ("telemetry.sdk.version", "1.40.0".into()),
    ]);
    Resource { attributes }
}

fn pairs<const N: usize>(pairs: [(&'static str, Value); N]) -> Attributes {
    pairs.into_iter().collect()
}
