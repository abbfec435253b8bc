//! From text to code and spans, and back from placements to text.

use std::{fmt::Write, sync::Arc};

use attribution::{Placement, Table, place_trace};
use expect_test::Expect;
use model::{
    Attributes, Resource, Scope, SmolStr, Span, SpanId, SpanKind, Status, Timestamp, TraceId, Value,
};
use source::Index;

/// Reads files (each begins with a line `//- path`), places the spans one after the other, and compares.
///
/// A span is a line: kind, service, name in quotes, `@scope` (may be left out), then attributes as `key=value`; quotes
/// around a value allow spaces. A line that is indented is a child of the nearest line above with less indentation;
/// a line that is not begins a trace.
pub(crate) fn check(files: &str, spans: &str, expected: Expect) {
    let index = index(files);
    let traces = traces(spans);
    let mut table = Table::default();
    for span in traces.iter().flatten() {
        table.intern(span, &index);
    }
    table.refresh(&index);
    let mut text = String::new();
    for trace in &traces {
        for (span, placement) in trace.iter().zip(place_trace(&table, &index, trace)) {
            let _ = writeln!(text, "{}: {}", span.name, shown(&placement));
        }
    }
    expected.assert_eq(&text);
}

/// The files of a fixture as an index.
pub(crate) fn index(files: &str) -> Index {
    let mut index = Index::default();
    for file in files.split("//- ").skip(1) {
        let (path, text) = file.split_once('\n').expect("a path and a text");
        index.insert(Arc::new(source::read(path.trim(), text).expect("a file that is read")));
    }
    index
}

/// A placement in one line: how sure, where, the first reason.
pub(crate) fn shown(placement: &Placement) -> String {
    let mut text = placement.confidence.to_string();
    if let Some(function) = &placement.function {
        let _ = write!(text, " {function}");
    }
    if let Some(place) = &placement.call_place {
        let _ = write!(text, " at line {}", place.line + 1);
    }
    if placement.function.is_none() && !placement.candidates.is_empty() {
        let all: Vec<String> = placement.candidates.iter().map(ToString::to_string).collect();
        let _ = write!(text, " {}", all.join(" | "));
    }
    for evidence in placement.evidence.iter().take(if placement.function.is_some() { 2 } else { 1 }) {
        let _ = write!(text, " [{}: {}]", evidence.rule, evidence.detail);
    }
    text
}

/// One span of a line.
pub(crate) fn span(line: &str) -> Arc<Span> {
    traces(line).remove(0).remove(0)
}

/// The traces that lines describe.
pub(crate) fn traces(lines: &str) -> Vec<Vec<Arc<Span>>> {
    let mut traces: Vec<Vec<Arc<Span>>> = Vec::new();
    let mut above: Vec<(usize, SpanId)> = Vec::new();
    for (number, line) in lines.lines().filter(|line| !line.trim().is_empty()).enumerate() {
        let depth = line.len() - line.trim_start().len();
        above.retain(|(other, _)| *other < depth);
        let span_id = SpanId((number as u64 + 1).to_be_bytes());
        if above.is_empty() {
            traces.push(Vec::new());
        }
        let parent = above.last().map(|(_, id)| *id);
        above.push((depth, span_id));
        traces.last_mut().expect("a trace").push(Arc::new(parse(line.trim(), span_id, parent)));
    }
    traces
}

fn parse(line: &str, span_id: SpanId, parent: Option<SpanId>) -> Span {
    let mut words = words(line).into_iter();
    let kind = match words.next().as_deref() {
        Some("SERVER") => SpanKind::Server,
        Some("CLIENT") => SpanKind::Client,
        Some("PRODUCER") => SpanKind::Producer,
        Some("CONSUMER") => SpanKind::Consumer,
        Some("INTERNAL") => SpanKind::Internal,
        other => panic!("no kind of span: {other:?}"),
    };
    let service = words.next().expect("a service");
    let name = words.next().expect("a name");
    let (mut scope, mut attributes) = (SmolStr::default(), Attributes::default());
    for word in words {
        match word.split_once('=') {
            _ if word.starts_with('@') && !word.contains('=') => scope = word[1..].into(),
            Some((key, value)) => match value.parse::<i64>() {
                Ok(number) => attributes.push(key, number),
                Err(_) => attributes.push(key, value),
            },
            None => panic!("neither @scope nor key=value: {word}"),
        }
    }
    let (told, attributes): (Vec<_>, Vec<_>) = attributes
        .0
        .into_iter()
        .partition(|(key, _)| key.starts_with("telemetry.") || key.starts_with("vcs."));
    let named = (SmolStr::new_static("service.name"), Value::from(service.as_str()));
    let resource = Attributes(std::iter::once(named).chain(told).collect());
    let attributes = Attributes(attributes);
    Span {
        trace_id: TraceId([7; 16]),
        span_id,
        parent,
        name: name.into(),
        kind,
        start: Timestamp(1),
        end: Timestamp(2),
        attributes,
        events: Vec::new(),
        links: Vec::new(),
        status: Status::default(),
        trace_state: SmolStr::default(),
        resource: Arc::new(Resource { attributes: resource }),
        scope: Arc::new(Scope { name: scope, ..Scope::default() }),
    }
}

/// Words of a line; double quotes hold them together and are dropped.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for character in line.chars() {
        match character {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(std::mem::take(&mut word)),
            other => word.push(other),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}
