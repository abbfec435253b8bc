//! A shop that fails, replayed over an in-memory stream: what the tests of this crate talk to.

use std::{path::Path, sync::Arc};

use futures::{SinkExt, StreamExt, future::BoxFuture};
use model::{
    Batch, Event, Resource, Scope, Span, SpanId, SpanKind, Status, StatusCode, Timestamp, TraceId,
    Value as Sent,
};
use replay::Recording;
use serde_json::{Value, json};
use tokio::io::DuplexStream;
use tokio_util::codec::{FramedRead, FramedWrite};
use world::{Change, Settings, World};

use crate::{LaunchRequest, Library, Loaded, Paths, Target, wire::Codec};

/// The trace that the tests replay.
pub(crate) const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

/// The one file of the shop; nothing has to be on disk.
pub(crate) const FILE: &str = "/shop/orders.py";

const CODE: &str = "\
def create_order(cart):
    total = price(cart)
    charge(cart, total)
    return total


def price(cart):
    return sum(cart)


def charge(cart, total):
    check_card(cart)


def check_card(cart):
    raise Declined('no')
";

const STACK: &str = "Traceback (most recent call last):
  File \"/srv/orders.py\", line 12, in charge
    check_card(cart)
  File \"/srv/orders.py\", line 16, in check_card
    raise Declined('no')
Declined: no
";

/// The recording of the failing order, with `items` in the cart.
pub(crate) fn recording(items: usize) -> Arc<Recording> {
    let mut world = World::new(Settings::default());
    let now = Timestamp(1_700_000_001_000_000_000);
    world.apply(Change::FileRead(source::read("orders.py", CODE).expect("code").into()), now);
    world.apply(Change::WorkspaceRead, now);
    let spans = spans(items);
    world.apply(Change::Spans(Batch { spans: spans.clone(), ..Batch::default() }), now);
    let snapshot = world.snapshot(now);
    Arc::new(Recording::new(snapshot.place(spans), &[], &snapshot).expect("spans"))
}

fn spans(items: usize) -> Vec<Arc<Span>> {
    let shop = Arc::new(Resource { attributes: [("service.name", "shop")].into_iter().collect() });
    let pay = Arc::new(Resource { attributes: [("service.name", "pay")].into_iter().collect() });
    let scope = Arc::new(Scope::default());
    let span = |number: u64,
                parent: u64,
                name: &str,
                range: (u64, u64),
                resource: &Arc<Resource>,
                function: &str| {
        let at = |millis: u64| Timestamp(1_700_000_000_000_000_000 + millis * 1_000_000);
        let mut span = Span {
            trace_id: TraceId::from_hex(TRACE).expect("an identifier"),
            span_id: SpanId(number.to_be_bytes()),
            parent: (parent > 0).then(|| SpanId(parent.to_be_bytes())),
            name: name.into(),
            kind: SpanKind::Internal,
            start: at(range.0),
            end: at(range.1),
            attributes: Default::default(),
            events: Vec::new(),
            links: Vec::new(),
            status: Status::default(),
            trace_state: Default::default(),
            resource: resource.clone(),
            scope: scope.clone(),
        };
        if !function.is_empty() {
            span.attributes.push("code.function.name", function);
            span.attributes.push("code.file.path", "/srv/orders.py");
        }
        span
    };
    let mut order = span(1, 0, "POST /orders", (0, 100), &shop, "create_order");
    let cart = (0..items as i64).map(Sent::Int).collect();
    order.attributes.push("app.cart", Sent::Array(cart));
    order.kind = SpanKind::Server;
    order.status.code = StatusCode::Error;
    let price = span(2, 1, "price", (10, 30), &shop, "price");
    let mut charge = span(3, 1, "charge", (40, 90), &shop, "charge");
    charge.status = Status { code: StatusCode::Error, message: "no".into() };
    charge.events.push(Event {
        time: Timestamp(1_700_000_000_080_000_000),
        name: "exception".into(),
        attributes: [
            ("exception.type", "Declined"),
            ("exception.message", "no"),
            ("exception.stacktrace", STACK),
        ]
        .into_iter()
        .collect(),
    });
    let authorize = span(4, 3, "authorize", (50, 70), &pay, "");
    [order, price, charge, authorize].into_iter().map(Arc::new).collect()
}

/// Answers every launch of [`TRACE`], and no other.
pub(crate) struct Shop {
    pub recording: Arc<Recording>,
}

impl Library for Shop {
    fn load(&self, request: LaunchRequest) -> BoxFuture<'static, Result<Loaded, String>> {
        let recording = self.recording.clone();
        Box::pin(async move {
            match request.target {
                Target::Trace(id) if id == recording.trace_id() => {
                    Ok(Loaded { recording, paths: Paths::of_workspace("/shop"), found: None })
                }
                other => Err(format!("{other:?} is not here")),
            }
        })
    }
}

/// A client of a session on an in-memory stream; keeps a transcript that reads like the conversation.
pub(crate) struct Client {
    pub input: FramedRead<DuplexStream, Codec>,
    pub output: FramedWrite<DuplexStream, Codec>,
    pub transcript: String,
    seq: i64,
}

impl Client {
    /// Connects to a new session of `library`.
    pub(crate) fn connect(library: Arc<dyn Library>) -> Client {
        let (input, adapter_output) = tokio::io::duplex(1 << 16);
        let (adapter_input, output) = tokio::io::duplex(1 << 16);
        tokio::spawn(crate::serve(adapter_input, adapter_output, library));
        Client {
            input: FramedRead::new(input, Codec::default()),
            output: FramedWrite::new(output, Codec::default()),
            transcript: String::new(),
            seq: 0,
        }
    }

    /// Sends a request without waiting; answers with its number.
    pub(crate) async fn send(&mut self, command: &str, arguments: Value) -> i64 {
        self.seq += 1;
        let mut request = json!({"seq": self.seq, "type": "request", "command": command});
        if !arguments.is_null() {
            request["arguments"] = arguments;
        }
        self.raw(&request.to_string()).await;
        self.seq
    }

    /// Sends a frame of any content.
    pub(crate) async fn raw(&mut self, body: &str) {
        self.output.send(body.as_bytes()).await.expect("the session reads");
    }

    /// The next message; `None` when the session has closed the stream.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        let patience = std::time::Duration::from_secs(20);
        let frame = tokio::time::timeout(patience, self.input.next()).await.expect("an answer in time");
        Some(serde_json::from_slice(&frame?.expect("a frame")).expect("JSON"))
    }

    /// Sends a request; answers with everything that came before the answer to a request sent right behind it.
    pub(crate) async fn request(&mut self, command: &str, arguments: Value) -> Vec<Value> {
        let line = if arguments.is_null() { String::new() } else { format!(" {arguments}") };
        self.transcript += &format!("> {command}{line}\n");
        let asked = self.send(command, arguments).await;
        // Answered behind everything before it, a launch under way included.
        let fence = self.send("spanglass/position", Value::Null).await;
        let mut messages = Vec::new();
        loop {
            let message = self.next().await.expect("the session lives");
            if message["request_seq"] == fence {
                break;
            }
            messages.push(message);
        }
        let answers = messages.iter().filter(|message| message["request_seq"] == asked).count();
        assert_eq!(answers, 1, "one answer to {command}: {messages:?}");
        for message in &messages {
            self.transcript += &line_of(message);
        }
        messages
    }

    /// The body of the answer to a request that succeeds.
    pub(crate) async fn body(&mut self, command: &str, arguments: Value) -> Value {
        let messages = self.request(command, arguments).await;
        let answer = messages.into_iter().find(|message| message["type"] == "response").expect("an answer");
        assert_eq!(answer["success"], true, "{answer}");
        answer["body"].clone()
    }

    /// Starts a replay of [`TRACE`] and stops at its beginning.
    pub(crate) async fn begin(&mut self) {
        let habits =
            json!({"adapterID": "test", "supportsVariableType": true, "supportsVariablePaging": true});
        self.request("initialize", habits).await;
        self.request("launch", json!({"traceId": TRACE, "stopOnEntry": true})).await;
        self.request("configurationDone", Value::Null).await;
        self.transcript.clear();
    }
}

/// One message as a line: what matters of the envelope, and the body.
fn line_of(message: &Value) -> String {
    let body = match message.get("body") {
        None => String::new(),
        Some(body) if message["success"] == false => format!(" {}", body["error"]["variables"]["why"]),
        Some(body) => format!(" {}", in_lines(body)),
    };
    match message["type"].as_str() {
        Some("event") => format!("  * {}{body}\n", message["event"].as_str().unwrap_or("?")),
        _ if message["success"] == true => format!("  < ok{body}\n"),
        _ => format!("  < failed{body}\n"),
    }
}

/// Lists of objects one a line, everything else as it is.
fn in_lines(body: &Value) -> String {
    let list = body.as_object().filter(|fields| fields.len() <= 2).and_then(|fields| {
        fields
            .iter()
            .find(|(_, value)| value.as_array().is_some_and(|items| items.iter().any(Value::is_object)))
    });
    match list {
        Some((key, Value::Array(items))) => {
            let items: String = items.iter().map(|item| format!("\n      {item}")).collect();
            format!("{key}:{items}")
        }
        _ => body.to_string(),
    }
}

/// A path of the shop as a source.
pub(crate) fn source() -> Value {
    json!({"path": Path::new(FILE)})
}
