//! Traces from text for tests: one span a line, indented under its caller, times in milliseconds.
//!
//! `shop GET /cart 0..100 kind=server user.id=7 error` is a span, `! 40 exception exception.type=E` an event of the
//! span above it by indentation. `open` leaves out the end, `orphan` names a parent that is not there,
//! `link=N` links to span number N, `place=FILE:FUNCTION` puts the span into a function, `call=FILE:LINE` says where
//! it is called.

use std::{collections::HashMap, sync::Arc};

use attribution::{CallPlace, Confidence, Placement};
use model::{
    Attributes, Event, Link, Resource, Scope, SmolStr, Span, SpanId, SpanKind, Status, StatusCode, Timestamp,
    TraceId, Value,
};
use source::FunctionKey;
use world::{PlacedSpan, Settings, Snapshot, World};

use crate::Recording;

/// The trace of the tests.
pub(crate) const TRACE: TraceId = TraceId([7; 16]);

/// A recording of the trace in `text`, without code.
pub(crate) fn record(text: &str) -> Recording {
    record_in(text, &snapshot(&[]))
}

/// A recording of the trace in `text`, against the code of `snapshot`.
pub(crate) fn record_in(text: &str, snapshot: &Snapshot) -> Recording {
    Recording::new(spans(text), &[], snapshot).expect("a trace with spans")
}

/// A snapshot with these files read.
pub(crate) fn snapshot(files: &[(&str, &str)]) -> Snapshot {
    let mut snapshot = World::new(Settings::default()).snapshot(Timestamp::ZERO);
    for (path, text) in files {
        snapshot.index.insert(Arc::new(source::read(path, text).expect("code")));
    }
    snapshot
}

/// Span number `number` of a text, counted from 1.
pub(crate) fn id(number: u64) -> SpanId {
    SpanId(number.to_be_bytes())
}

/// The spans of `text`, in its order.
pub(crate) fn spans(text: &str) -> Vec<PlacedSpan> {
    let mut resources: HashMap<String, Arc<Resource>> = HashMap::new();
    let mut spans: Vec<(usize, Span, Placement)> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let indent = line.len() - line.trim_start().len();
        let words: Vec<&str> = line.split_whitespace().collect();
        if words[0] == "!" {
            let (_, span, _) =
                spans.iter_mut().rev().find(|(depth, ..)| *depth < indent).expect("a span above");
            span.events.push(event(&words[1..]));
            continue;
        }
        let parent = spans.iter().rev().find(|(depth, ..)| *depth < indent).map(|(_, span, _)| span.span_id);
        let resource = resources.entry(words[0].to_owned()).or_insert_with(|| {
            Arc::new(Resource { attributes: [("service.name", Value::from(words[0]))].into_iter().collect() })
        });
        let number = spans.len() as u64 + 1;
        let (span, placement) = span(number, parent, resource.clone(), &words[1..]);
        spans.push((indent, span, placement));
    }
    let placed = |(_, span, placement)| PlacedSpan { span: Arc::new(span), placement: Arc::new(placement) };
    spans.into_iter().map(placed).collect()
}

fn span(number: u64, parent: Option<SpanId>, resource: Arc<Resource>, words: &[&str]) -> (Span, Placement) {
    let times = words.iter().position(|word| word.contains("..")).expect("times as START..END");
    let (start, end) = words[times].split_once("..").expect("times");
    let mut placement = Placement::default();
    let mut span = Span {
        trace_id: TRACE,
        span_id: id(number),
        parent,
        name: words[..times].join(" ").into(),
        kind: SpanKind::Internal,
        start: time(start),
        end: time(end),
        attributes: Attributes::default(),
        events: Vec::new(),
        links: Vec::new(),
        status: Status::default(),
        trace_state: SmolStr::default(),
        resource,
        scope: Arc::new(Scope::default()),
    };
    for word in &words[times + 1..] {
        match word.split_once('=') {
            None if *word == "error" => span.status.code = StatusCode::Error,
            None if *word == "open" => span.end = Timestamp::ZERO,
            None if *word == "orphan" => span.parent = Some(id(u64::MAX)),
            Some(("kind", kind)) => span.kind = kind_named(kind),
            Some(("id", number)) => span.span_id = id(number.parse().expect("a number")),
            Some(("parent", number)) => span.parent = Some(id(number.parse().expect("a number"))),
            Some(("link", number)) => span.links.push(Link {
                trace_id: TRACE,
                span_id: id(number.parse().expect("a number")),
                attributes: Attributes::default(),
            }),
            Some(("place", place)) => {
                let (file, path) = place.split_once(':').expect("FILE:FUNCTION");
                placement.function = Some(FunctionKey { file: file.into(), path: path.into(), nth: 0 });
                placement.confidence = Confidence::Certain;
            }
            Some(("call", place)) => {
                let (file, line) = place.split_once(':').expect("FILE:LINE");
                let line: u32 = line.parse().expect("a line");
                placement.call_place = Some(CallPlace { file: file.into(), line: line - 1 });
            }
            Some((key, value)) => span.attributes.push(key, read(value)),
            None => panic!("what is {word}?"),
        }
    }
    (span, placement)
}

fn event(words: &[&str]) -> Event {
    let mut event = Event { time: time(words[0]), name: words[1].into(), attributes: Attributes::default() };
    for (key, value) in words[2..].iter().filter_map(|word| word.split_once('=')) {
        event.attributes.push(key, read(value));
    }
    event
}

/// Milliseconds after some afternoon.
fn time(millis: &str) -> Timestamp {
    let millis: f64 = millis.parse().expect("milliseconds");
    Timestamp((1_700_000_000_000_000_000_i64 + (millis * 1e6) as i64) as u64)
}

fn kind_named(kind: &str) -> SpanKind {
    match kind {
        "server" => SpanKind::Server,
        "client" => SpanKind::Client,
        "producer" => SpanKind::Producer,
        "consumer" => SpanKind::Consumer,
        _ => SpanKind::Internal,
    }
}

fn read(value: &str) -> Value {
    if let Some(items) = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return Value::Array(items.split(',').map(read).collect());
    }
    match (value.parse::<i64>(), value.parse::<f64>(), value.parse::<bool>()) {
        (Ok(number), ..) => Value::Int(number),
        (_, Ok(number), _) => Value::Double(number),
        (.., Ok(truth)) => Value::Bool(truth),
        _ => Value::Str(value.replace('_', " ").into()),
    }
}
