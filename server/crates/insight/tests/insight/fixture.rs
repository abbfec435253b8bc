//! Code and spans in one text, and the state that they make.
//!
//! ```text
//! //- shop/app.py
//! def checkout(): $0
//! //- spans
//! POST /checkout 10ms..80ms x240 errors=3 kind=server service=shop http.route=/checkout
//!   SELECT orders 8ms x3 kind=client db.query.text="SELECT * FROM orders"
//! ```
//!
//! A span is its name, its duration, then words: `x3` for so many of it (and of what is below it), `errors=3` for the last
//! so many of them failing, `error` for all, `message=…`, `exception=Type`, `kind=…`, `service=…` (else the parent's),
//! `state=…` (W3C `tracestate`), and every other `key=value` is an attribute. Runs of the first level are a second
//! apart, the last ends at [`NOW`].

use std::{sync::Arc, time::Duration};

use model::{Batch, Event, Resource, Span, SpanId, SpanKind, Status, StatusCode, Timestamp, TraceId, keys};
use world::{Change, Settings, Snapshot, World};

/// The moment at which every fixture is looked at.
pub(crate) const NOW: Timestamp = Timestamp(1_760_000_000_000_000_000);

/// What a text like the above says.
pub(crate) struct Parsed {
    /// Paths and texts, without the mark of the cursor.
    pub(crate) files: Vec<(String, String)>,
    /// File and byte offset of `$0`.
    pub(crate) cursor: Option<(String, u32)>,
    /// All spans.
    pub(crate) spans: Batch,
}

/// What a text like the above makes.
pub(crate) struct Fixture {
    pub(crate) snapshot: Snapshot,
    pub(crate) files: Vec<(String, String)>,
    pub(crate) cursor: Option<(String, u32)>,
}

/// Reads `text`.
pub(crate) fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed { files: Vec::new(), cursor: None, spans: Batch::default() };
    for (path, body) in sections(text) {
        if path == "spans" {
            parsed.spans = spans(&body);
            continue;
        }
        if let Some(at) = body.find("$0") {
            parsed.cursor = Some((path.clone(), at as u32));
        }
        parsed.files.push((path, body.replace("$0", "")));
    }
    parsed
}

/// Reads `text` and applies it to a new state: files are open in an editor, then spans arrive.
pub(crate) fn fixture(text: &str) -> Fixture {
    let Parsed { files, cursor, spans } = parse(text);
    let mut world = World::new(Settings::default());
    for (path, text) in &files {
        world.apply(Change::Opened { path: path.as_str().into(), version: 1, text: text.clone() }, NOW);
    }
    world.apply(Change::WorkspaceRead, NOW);
    world.apply(Change::Spans(spans), NOW);
    Fixture { snapshot: world.snapshot(NOW), files, cursor }
}

fn sections(text: &str) -> Vec<(String, String)> {
    let mut sections: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        match line.strip_prefix("//- ") {
            Some(path) => sections.push((path.trim().to_owned(), String::new())),
            None => {
                if let Some((_, body)) = sections.last_mut() {
                    body.push_str(line);
                    body.push('\n');
                }
            }
        }
    }
    sections
}

/// A line of the section `spans`, with what is below it.
#[derive(Clone, Debug, Default)]
struct Line {
    name: String,
    shortest: Duration,
    longest: Duration,
    count: u64,
    errors: u64,
    words: Vec<(String, String)>,
    below: Vec<Line>,
}

fn spans(text: &str) -> Batch {
    let mut roots: Vec<Line> = Vec::new();
    for text in text.lines().filter(|line| !line.trim().is_empty()) {
        let depth = (text.len() - text.trim_start().len()) / 2;
        let mut siblings = &mut roots;
        for _ in 0..depth {
            siblings = &mut siblings.last_mut().expect("a span stands below another").below;
        }
        siblings.push(line(text.trim()));
    }
    let mut writer = Writer { batch: Batch::default(), next_id: 0 };
    for root in &roots {
        for run in 0..root.count {
            writer.next_id += 1;
            let trace_id = TraceId(u128::from(writer.next_id).to_be_bytes());
            let end = NOW.minus(Duration::from_secs(root.count - 1 - run));
            let start = end.minus(duration(root, run));
            writer.span(root, run, trace_id, None, "unnamed", start);
        }
    }
    writer.batch
}

struct Writer {
    batch: Batch,
    next_id: u64,
}

impl Writer {
    fn span(
        &mut self,
        line: &Line,
        run: u64,
        trace_id: TraceId,
        parent: Option<SpanId>,
        service: &str,
        start: Timestamp,
    ) -> Timestamp {
        self.next_id += 1;
        let span_id = SpanId(self.next_id.to_be_bytes());
        let end = start.plus(duration(line, run));
        let word =
            |key: &str| line.words.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str());
        let service = word("service").unwrap_or(service).to_owned();
        let is_error = run >= line.count - line.errors;
        let mut resource = vec![(keys::SERVICE_NAME, service.as_str())];
        resource.extend(word("version").map(|version| (keys::SERVICE_VERSION, version)));
        let exception = word("exception").filter(|_| is_error).map(|kind| Event {
            time: end,
            name: "exception".into(),
            attributes: [
                (keys::EXCEPTION_TYPE, kind),
                (keys::EXCEPTION_MESSAGE, word("message").unwrap_or_default()),
                (keys::EXCEPTION_STACKTRACE, word("stack").unwrap_or_default()),
            ]
            .into_iter()
            .collect(),
        });
        let is_ours = |key: &str| {
            ["service", "version", "kind", "message", "exception", "stack", "state"].contains(&key)
        };
        let attributes = line.words.iter().filter(|(key, _)| !is_ours(key));
        self.batch.spans.push(Arc::new(Span {
            trace_id,
            span_id,
            parent,
            name: line.name.as_str().into(),
            kind: kind(word("kind").unwrap_or_default()),
            start,
            end,
            attributes: attributes.map(|(key, value)| (key.as_str(), value.as_str())).collect(),
            events: exception.into_iter().collect(),
            links: Vec::new(),
            status: Status {
                code: if is_error { StatusCode::Error } else { StatusCode::Unset },
                message: word("message").filter(|_| is_error).unwrap_or_default().into(),
            },
            trace_state: word("state").unwrap_or_default().into(),
            resource: Arc::new(Resource { attributes: resource.into_iter().collect() }),
            scope: Default::default(),
        }));
        let mut next = start;
        for child in &line.below {
            for run in 0..child.count {
                next = self.span(child, run, trace_id, Some(span_id), &service, next);
            }
        }
        end
    }
}

fn line(text: &str) -> Line {
    let words = words(text);
    let at = words.iter().position(|word| durations(word).is_some()).expect("a span has a duration");
    let (shortest, longest) = durations(&words[at]).unwrap_or_default();
    let mut line = Line { name: words[..at].join(" "), shortest, longest, count: 1, ..Line::default() };
    for word in &words[at + 1..] {
        match word.split_once('=') {
            Some(("errors", errors)) => line.errors = errors.parse().expect("a number of errors"),
            Some((key, value)) => line.words.push((key.to_owned(), value.to_owned())),
            None if word == "error" => line.errors = u64::MAX,
            None => line.count = word.trim_start_matches('x').parse().expect("a word that a span takes"),
        }
    }
    line.errors = line.errors.min(line.count);
    line
}

/// Words apart at spaces; within quotes spaces stay. `\n` is a line break, `\e` escape, `\<` turns the reading direction.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut is_quoted = false;
    for character in text.chars() {
        match character {
            '"' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            _ => words.last_mut().expect("there is a first word").push(character),
        }
    }
    words.iter().filter(|word| !word.is_empty()).map(|word| unescaped(word)).collect()
}

fn unescaped(word: &str) -> String {
    word.replace("\\n", "\n").replace("\\e", "\u{1b}").replace("\\<", "\u{202e}")
}

/// `12ms`, or `10ms..80ms` from the first run to the last.
fn durations(word: &str) -> Option<(Duration, Duration)> {
    let (first, last) = word.split_once("..").unwrap_or((word, word));
    Some((one_duration(first)?, one_duration(last)?))
}

fn one_duration(word: &str) -> Option<Duration> {
    let digits = word.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let number: u64 = digits.parse().ok()?;
    Some(match &word[digits.len()..] {
        "us" => Duration::from_micros(number),
        "ms" => Duration::from_millis(number),
        "s" => Duration::from_secs(number),
        _ => return None,
    })
}

fn duration(line: &Line, run: u64) -> Duration {
    let share = run as f64 / (line.count.max(2) - 1) as f64;
    line.shortest + (line.longest - line.shortest).mul_f64(share)
}

fn kind(word: &str) -> SpanKind {
    match word {
        "server" => SpanKind::Server,
        "client" => SpanKind::Client,
        "producer" => SpanKind::Producer,
        "consumer" => SpanKind::Consumer,
        _ => SpanKind::Internal,
    }
}
