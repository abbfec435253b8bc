//! A span as it lies in the bytes that it came in: every text borrowed, nothing owned.
//!
//! Telemetry is read once on its way to where it is kept. What reads it there (placing, counting, keeping) takes a
//! view, so that a span which is already known by its shape costs no allocation. [`crate::Span`] is the owned form, for
//! everything that looks at one span at a time.

use std::sync::Arc;

use crate::{
    Attributes, Event, Link, Resource, Scope, SmolStr, Span, SpanId, SpanKind, Status, StatusCode, Timestamp,
    TraceId, Value,
};

/// One attribute value, borrowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ValueView<'a> {
    /// Sent without a value.
    Empty,
    /// Text.
    Str(&'a str),
    /// A truth value.
    Bool(bool),
    /// A 64-bit integer.
    Int(i64),
    /// A double; may be NaN or infinite.
    Double(f64),
    /// Opaque bytes.
    Bytes(&'a [u8]),
    /// A list or a map: rare, so owned.
    Nested(&'a Value),
}

/// Attributes in the order in which they were sent.
pub type AttributesView<'a> = &'a [(&'a str, ValueView<'a>)];

/// One unit of work; see [`Span`] for what each part means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpanView<'a> {
    /// The trace it is part of; never zero.
    pub trace_id: TraceId,
    /// Its own identifier; never zero.
    pub span_id: SpanId,
    /// The span that caused it; `None` for a root.
    pub parent: Option<SpanId>,
    /// Its name, as sent: hostile text.
    pub name: &'a str,
    /// Its role.
    pub kind: SpanKind,
    /// Start by the sender's clock.
    pub start: Timestamp,
    /// End by the sender's clock.
    pub end: Timestamp,
    /// Details.
    pub attributes: AttributesView<'a>,
    /// Moments, in the order sent.
    pub events: &'a [EventView<'a>],
    /// Relations to other spans.
    pub links: &'a [LinkView<'a>],
    /// How it ended.
    pub status: StatusCode,
    /// Why it failed; empty when not sent.
    pub message: &'a str,
    /// W3C `tracestate`; empty when not sent.
    pub trace_state: &'a str,
    /// Who ran it.
    pub resource: &'a Arc<Resource>,
    /// Which library made it.
    pub scope: &'a Arc<Scope>,
}

/// Something that happened at one moment of a span.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EventView<'a> {
    /// When.
    pub time: Timestamp,
    /// What.
    pub name: &'a str,
    /// Details.
    pub attributes: AttributesView<'a>,
}

/// A reference to a related span.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinkView<'a> {
    /// The other trace, or this one.
    pub trace_id: TraceId,
    /// The other span.
    pub span_id: SpanId,
    /// Details.
    pub attributes: AttributesView<'a>,
}

impl SpanView<'_> {
    /// The owned form.
    pub fn to_span(&self) -> Span {
        let event = |event: &EventView<'_>| Event {
            time: event.time,
            name: event.name.into(),
            attributes: owned(event.attributes),
        };
        let link = |link: &LinkView<'_>| Link {
            trace_id: link.trace_id,
            span_id: link.span_id,
            attributes: owned(link.attributes),
        };
        Span {
            trace_id: self.trace_id,
            span_id: self.span_id,
            parent: self.parent,
            name: self.name.into(),
            kind: self.kind,
            start: self.start,
            end: self.end,
            attributes: owned(self.attributes),
            events: self.events.iter().map(event).collect(),
            links: self.links.iter().map(link).collect(),
            status: Status { code: self.status, message: self.message.into() },
            trace_state: self.trace_state.into(),
            resource: self.resource.clone(),
            scope: self.scope.clone(),
        }
    }
}

impl Span {
    /// Passes a view of this span to `look`.
    pub fn with_view<T>(&self, look: impl FnOnce(&SpanView<'_>) -> T) -> T {
        let attributes = self.attributes.view();
        let of_events: Vec<_> = self.events.iter().map(|event| event.attributes.view()).collect();
        let of_links: Vec<_> = self.links.iter().map(|link| link.attributes.view()).collect();
        let events: Vec<_> = self
            .events
            .iter()
            .zip(&of_events)
            .map(|(event, attributes)| EventView { time: event.time, name: &event.name, attributes })
            .collect();
        let links: Vec<_> = self
            .links
            .iter()
            .zip(&of_links)
            .map(|(link, attributes)| LinkView { trace_id: link.trace_id, span_id: link.span_id, attributes })
            .collect();
        look(&SpanView {
            trace_id: self.trace_id,
            span_id: self.span_id,
            parent: self.parent,
            name: &self.name,
            kind: self.kind,
            start: self.start,
            end: self.end,
            attributes: &attributes,
            events: &events,
            links: &links,
            status: self.status.code,
            message: &self.status.message,
            trace_state: &self.trace_state,
            resource: &self.resource,
            scope: &self.scope,
        })
    }
}

impl Attributes {
    /// Every pair, borrowed.
    pub fn view(&self) -> Vec<(&str, ValueView<'_>)> {
        self.iter().map(|(key, value)| (key, value.view())).collect()
    }
}

impl Value {
    /// This value, borrowed.
    pub fn view(&self) -> ValueView<'_> {
        match self {
            Value::Empty => ValueView::Empty,
            Value::Str(text) => ValueView::Str(text),
            Value::Bool(truth) => ValueView::Bool(*truth),
            Value::Int(number) => ValueView::Int(*number),
            Value::Double(number) => ValueView::Double(*number),
            Value::Bytes(bytes) => ValueView::Bytes(bytes),
            Value::Array(_) | Value::Map(_) => ValueView::Nested(self),
        }
    }
}

impl From<ValueView<'_>> for Value {
    fn from(view: ValueView<'_>) -> Value {
        match view {
            ValueView::Empty => Value::Empty,
            ValueView::Str(text) => Value::Str(SmolStr::new(text)),
            ValueView::Bool(truth) => Value::Bool(truth),
            ValueView::Int(number) => Value::Int(number),
            ValueView::Double(number) => Value::Double(number),
            ValueView::Bytes(bytes) => Value::Bytes(bytes.to_vec()),
            ValueView::Nested(value) => value.clone(),
        }
    }
}

fn owned(view: AttributesView<'_>) -> Attributes {
    Attributes(view.iter().map(|(key, value)| (SmolStr::new(key), Value::from(*value))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_survives_being_viewed() {
        let attributes: Attributes =
            [("list", Value::Array(vec![Value::Int(1)])), ("text", Value::from("a"))].into_iter().collect();
        let span = Span {
            trace_id: TraceId([1; 16]),
            span_id: SpanId([2; 8]),
            parent: Some(SpanId([3; 8])),
            name: "name".into(),
            kind: SpanKind::Server,
            start: Timestamp(5),
            end: Timestamp(7),
            events: vec![Event { time: Timestamp(6), name: "event".into(), attributes: attributes.clone() }],
            links: vec![Link {
                trace_id: TraceId([4; 16]),
                span_id: SpanId([5; 8]),
                attributes: attributes.clone(),
            }],
            attributes,
            status: Status { code: StatusCode::Error, message: "why".into() },
            trace_state: "a=b".into(),
            resource: Arc::default(),
            scope: Arc::default(),
        };
        assert_eq!(span.with_view(|view| view.to_span()), span);
    }
}
