//! What went wrong, by shape and by type of exception, with the latest message of each.
//!
//! A failure counts for the span that recorded it, and only there: an exception that travels up through callers is
//! recorded by each span that it passes, and each of them did fail. Nothing is moved to the deepest span, since a
//! caller that swallows or translates an exception is a fact of its own. A span that records one type twice counts
//! once for it.

use attribution::ShapeId;
use imbl::OrdMap;
use model::{
    Attributes, AttributesView, EventView, LogRecord, SmolStr, SpanView, StatusCode, Timestamp, ValueView,
    keys,
};
use store::{Aggregates, Exemplar, Figures, Observation};

/// Bytes that figures of failures may hold.
const MAX_BYTES: usize = 12 << 20;
/// Characters kept of a message.
const MAX_MESSAGE: usize = 400;
/// Characters kept of a type's name.
const MAX_TYPE: usize = 200;
/// What a span says of the sort of its failure when it recorded no exception.
const ERROR_TYPE: &str = "error.type";

/// One type of failure of a function over the window.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The exception's type, else the span's `error.type`; empty when neither was sent.
    pub kind: SmolStr,
    /// The latest message, cut to some hundred characters; empty when none was sent.
    pub message: SmolStr,
    /// How often it happened in the window: what the spans that recorded it stand for.
    pub count: u64,
    /// How many spans recorded it.
    pub seen: u64,
    /// The last span to record it.
    pub latest: Exemplar,
}

/// Failures by shape and type. Cloning costs a few pointers.
#[derive(Clone, Debug)]
pub struct Failures {
    figures: Aggregates<(ShapeId, SmolStr)>,
    messages: OrdMap<(ShapeId, SmolStr), SmolStr>,
}

impl Failures {
    /// None yet; `window` is the longest that will be asked for.
    pub(crate) fn new(window: std::time::Duration) -> Failures {
        Failures { figures: Aggregates::new(window, MAX_BYTES), messages: OrdMap::new() }
    }

    /// Failures of `shapes` together, the most frequent first.
    pub fn of(&self, shapes: &[ShapeId], window: std::time::Duration, now: Timestamp) -> Vec<Failure> {
        let mut found: Vec<Failure> = Vec::new();
        for shape in shapes {
            let from = (*shape, SmolStr::default());
            let until = (ShapeId(shape.0.saturating_add(1)), SmolStr::default());
            for (key, message) in self.messages.range(from..until) {
                let failure = self.failure(key, message, window, now);
                failure.into_iter().for_each(|failure| add(&mut found, failure));
            }
        }
        found.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.kind.cmp(&b.kind)));
        found
    }

    /// Every failure in the window with the shape that recorded it, in no particular order.
    pub fn all(
        &self,
        window: std::time::Duration,
        now: Timestamp,
    ) -> impl Iterator<Item = (ShapeId, Failure)> {
        self.messages.iter().filter_map(move |(key, message)| {
            self.failure(key, message, window, now).map(|failure| (key.0, failure))
        })
    }

    fn failure(
        &self,
        key: &(ShapeId, SmolStr),
        message: &SmolStr,
        window: std::time::Duration,
        now: Timestamp,
    ) -> Option<Failure> {
        let Figures { calls: count, seen, latest, .. } = self.figures.figures([key], window, now)?;
        Some(Failure { kind: key.1.clone(), message: message.clone(), count, seen, latest: latest? })
    }

    /// Counts what `span` itself says of its failure.
    pub(crate) fn record_span(&mut self, shape: ShapeId, span: &SpanView<'_>, observation: Observation) {
        let mut kinds: Vec<SmolStr> = Vec::new();
        for event in span.events.iter().filter(|event| is_exception_event(event)) {
            let kind = kind_in(event.attributes);
            let message = text(event.attributes, keys::EXCEPTION_MESSAGE).unwrap_or(span.message);
            if !kinds.contains(&kind) {
                kinds.push(kind.clone());
                self.record(shape, kind, message, observation);
            }
        }
        if kinds.is_empty() && span.status == StatusCode::Error {
            self.record(shape, kind_in(span.attributes), span.message, observation);
        }
    }

    /// Counts an exception that was sent as a log record.
    pub(crate) fn record_log(&mut self, shape: ShapeId, record: &LogRecord, observation: Observation) {
        let message = record.attributes.str(keys::EXCEPTION_MESSAGE).unwrap_or(&record.body);
        self.record(shape, kind_of(&record.attributes), message, observation);
    }

    fn record(&mut self, shape: ShapeId, kind: SmolStr, message: &str, observation: Observation) {
        let key = (shape, kind);
        self.figures.record(key.clone(), observation);
        self.messages.insert(key, cut(message, MAX_MESSAGE));
        if self.messages.len() > 2 * self.figures.len() + 64 {
            let messages = std::mem::take(&mut self.messages);
            self.messages = self
                .figures
                .keys()
                .filter_map(|key| Some((key.clone(), messages.get(key)?.clone())))
                .collect();
        }
    }
}

/// Whether a log record tells of an exception.
pub(crate) fn is_exception(record: &LogRecord) -> bool {
    record.attributes.get(keys::EXCEPTION_TYPE).is_some()
        || record.attributes.get(keys::EXCEPTION_MESSAGE).is_some()
}

/// As [`model::Event::is_exception`] has it.
fn is_exception_event(event: &EventView<'_>) -> bool {
    let has = |key: &str| event.attributes.iter().any(|(candidate, _)| *candidate == key);
    event.name == "exception"
        || event.name.ends_with(".exception")
        || has(keys::EXCEPTION_TYPE)
        || has(keys::EXCEPTION_MESSAGE)
}

/// The first value under `key` that is text and not empty.
fn text<'a>(attributes: AttributesView<'a>, key: &str) -> Option<&'a str> {
    match attributes.iter().find(|(candidate, _)| *candidate == key)?.1 {
        ValueView::Str(text) => Some(text).filter(|text| !text.is_empty()),
        _ => None,
    }
}

fn kind_in(attributes: AttributesView<'_>) -> SmolStr {
    let kind = [keys::EXCEPTION_TYPE, ERROR_TYPE].into_iter().find_map(|key| text(attributes, key));
    cut(kind.unwrap_or_default(), MAX_TYPE)
}

fn add(found: &mut Vec<Failure>, failure: Failure) {
    match found.iter_mut().find(|known| known.kind == failure.kind) {
        Some(known) => {
            known.count = known.count.saturating_add(failure.count);
            known.seen += failure.seen;
            if failure.latest.end > known.latest.end {
                known.latest = failure.latest;
                known.message = failure.message;
            }
        }
        None => match found.iter_mut().find(|known| is_told_twice(known, &failure)) {
            Some(known) => {
                known.count = known.count.max(failure.count);
                known.seen = known.seen.max(failure.seen);
                if failure.kind.len() > known.kind.len() {
                    known.kind = failure.kind;
                }
            }
            None => found.push(failure),
        },
    }
}

/// Whether both tell of the same exception: of one span, once as an event and once as a log record, whose senders
/// differ in whether a type's name carries its module.
fn is_told_twice(one: &Failure, other: &Failure) -> bool {
    let is_one_span =
        one.latest.trace_id == other.latest.trace_id && one.latest.span_id == other.latest.span_id;
    is_one_span && (is_end_of(&one.kind, &other.kind) || is_end_of(&other.kind, &one.kind))
}

/// Whether `qualified` is `name` with its module, package or namespace before it.
fn is_end_of(name: &str, qualified: &str) -> bool {
    let before = qualified.strip_suffix(name).unwrap_or_default();
    !name.is_empty() && before.ends_with(['.', ':', '/', '\\'])
}

fn kind_of(attributes: &Attributes) -> SmolStr {
    cut(attributes.first_str(&[keys::EXCEPTION_TYPE, ERROR_TYPE]).unwrap_or_default(), MAX_TYPE)
}

fn cut(text: &str, characters: usize) -> SmolStr {
    match text.char_indices().nth(characters) {
        Some((end, _)) => SmolStr::new(&text[..end]),
        None => SmolStr::new(text),
    }
}

#[cfg(test)]
mod tests {
    use model::{SpanId, TraceId};

    use super::*;

    fn failure(kind: &str, span: u8, count: u64) -> Failure {
        let latest = Exemplar {
            trace_id: TraceId([1; 16]),
            span_id: SpanId([span; 8]),
            duration: std::time::Duration::ZERO,
            end: Timestamp(u64::from(span)),
        };
        Failure { kind: kind.into(), message: SmolStr::default(), count, seen: count, latest }
    }

    fn together(failures: &[Failure]) -> Vec<(String, u64)> {
        let mut found = Vec::new();
        for one in failures {
            add(&mut found, one.clone());
        }
        found.into_iter().map(|found| (found.kind.to_string(), found.count)).collect()
    }

    #[test]
    fn an_exception_told_by_event_and_by_log_counts_once() {
        let twice = [failure("PaymentDeclined", 1, 2), failure("payments.PaymentDeclined", 1, 3)];
        assert_eq!(together(&twice), [("payments.PaymentDeclined".to_owned(), 3)]);
    }

    #[test]
    fn exceptions_of_two_spans_and_of_two_names_stay_apart() {
        let spans = [failure("Declined", 1, 1), failure("payments.Declined", 2, 1)];
        assert_eq!(together(&spans).len(), 2);
        let names = [failure("Declined", 1, 1), failure("payments.PaymentDeclined", 1, 1), failure("", 1, 1)];
        assert_eq!(together(&names).len(), 3);
        let same = [failure("Declined", 1, 1), failure("Declined", 2, 4)];
        assert_eq!(together(&same), [("Declined".to_owned(), 5)]);
    }
}
