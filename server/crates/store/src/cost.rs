//! What a span or a log record holds of memory: an estimate that errs on the large side.
//!
//! Counted are the value itself, every list and text behind it, and what the allocator adds to each.

use std::mem::size_of;

use model::{Attributes, Event, Link, LogRecord, Resource, Scope, SmolStr, Span, Value};

/// What the allocator adds to one allocation: its header and the rounding.
pub(crate) const PER_ALLOCATION: usize = 16;

/// Bytes that one span keeps alive, its resource and scope not included.
pub fn span_bytes(span: &Span) -> usize {
    let events: usize =
        span.events.iter().map(|event| text(&event.name) + attributes(&event.attributes)).sum();
    let links: usize = span.links.iter().map(|link| attributes(&link.attributes)).sum();
    shared::<Span>()
        + text(&span.name)
        + text(&span.status.message)
        + text(&span.trace_state)
        + attributes(&span.attributes)
        + list::<Event>(span.events.capacity())
        + events
        + list::<Link>(span.links.capacity())
        + links
}

/// Bytes that one log record keeps alive, its resource and scope not included.
pub fn log_bytes(record: &LogRecord) -> usize {
    shared::<LogRecord>() + text(&record.name) + text(&record.body) + attributes(&record.attributes)
}

/// Bytes that a resource keeps alive.
pub(crate) fn resource_bytes(resource: &Resource) -> usize {
    shared::<Resource>() + attributes(&resource.attributes)
}

/// Bytes that a scope keeps alive.
pub(crate) fn scope_bytes(scope: &Scope) -> usize {
    shared::<Scope>() + text(&scope.name) + text(&scope.version) + attributes(&scope.attributes)
}

fn attributes(attributes: &Attributes) -> usize {
    list::<(SmolStr, Value)>(attributes.0.capacity()) + pairs(&attributes.0)
}

fn pairs(pairs: &[(SmolStr, Value)]) -> usize {
    let cost = |(key, value): &(SmolStr, Value)| {
        // Most values are texts or numbers, and this is done for each attribute that arrives.
        let behind = match value {
            Value::Str(string) => text(string),
            Value::Int(_) | Value::Bool(_) => 0,
            other => behind(other),
        };
        text(key) + behind
    };
    pairs.iter().map(cost).sum()
}

/// What a value holds beyond its own size. Nesting is bounded by whoever decoded it.
fn behind(value: &Value) -> usize {
    match value {
        Value::Empty | Value::Bool(_) | Value::Int(_) | Value::Double(_) => 0,
        Value::Str(string) => text(string),
        Value::Bytes(bytes) => list::<u8>(bytes.capacity()),
        Value::Array(items) => list::<Value>(items.capacity()) + items.iter().map(behind).sum::<usize>(),
        Value::Map(entries) => list::<(SmolStr, Value)>(entries.capacity()) + pairs(entries),
    }
}

/// A text's heap part: a reference-counted copy when it is too long to live inline.
fn text(text: &SmolStr) -> usize {
    if text.is_heap_allocated() { 2 * size_of::<usize>() + text.len() + PER_ALLOCATION } else { 0 }
}

fn list<T>(capacity: usize) -> usize {
    if capacity == 0 { 0 } else { capacity * size_of::<T>() + PER_ALLOCATION }
}

/// A value behind an `Arc`: itself and its two counts.
fn shared<T>() -> usize {
    size_of::<T>() + 2 * size_of::<usize>() + PER_ALLOCATION
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_and_nested_values_cost_what_they_hold() {
        let mut attributes_of_one = Attributes::default();
        attributes_of_one.push("k", Value::from("short"));
        let short = attributes(&attributes_of_one);
        let mut long = Attributes::default();
        long.push("k", Value::from("x".repeat(1000).as_str()));
        assert!(attributes(&long) - short >= 1000);
        let nested = Value::Array(vec![Value::Array(vec![Value::Bytes(vec![0; 500])])]);
        assert!(behind(&nested) >= 500 + 2 * size_of::<Value>());
    }
}
