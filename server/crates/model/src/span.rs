//! One span, as OpenTelemetry defines it, after decoding and before any interpretation.

use std::{fmt, sync::Arc, time::Duration};

use smol_str::SmolStr;

use crate::{Attributes, Resource, Scope, SpanId, Timestamp, TraceId, keys};

/// What role a span plays between services (OTLP `Span.SpanKind`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SpanKind {
    /// Not sent; the specification says to treat it as [`SpanKind::Internal`].
    #[default]
    Unspecified,
    /// Work inside a service.
    Internal,
    /// The handling of a request from elsewhere.
    Server,
    /// A request to elsewhere.
    Client,
    /// A message put on a queue.
    Producer,
    /// The handling of a message.
    Consumer,
}

/// How a span ended (OTLP `Status.StatusCode`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StatusCode {
    /// Nothing said: the usual case of success.
    #[default]
    Unset,
    /// Success, said by the application.
    Ok,
    /// Failure.
    Error,
}

/// Status code and its description.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Status {
    /// The code.
    pub code: StatusCode,
    /// Why it failed; empty when not sent.
    pub message: SmolStr,
}

/// Something that happened at one moment of a span.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Event {
    /// When.
    pub time: Timestamp,
    /// What, for example `exception`.
    pub name: SmolStr,
    /// Details.
    pub attributes: Attributes,
}

/// A reference to a span elsewhere that is related, but is not the parent.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// The other trace, or this one.
    pub trace_id: TraceId,
    /// The other span.
    pub span_id: SpanId,
    /// Details.
    pub attributes: Attributes,
}

/// One unit of work. Immutable once decoded, and passed on as `Arc<Span>`.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// The trace it is part of; never zero.
    pub trace_id: TraceId,
    /// Its own identifier; never zero.
    pub span_id: SpanId,
    /// The span that caused it; `None` for a root.
    pub parent: Option<SpanId>,
    /// Its name, as sent: hostile text.
    pub name: SmolStr,
    /// Its role.
    pub kind: SpanKind,
    /// Start by the sender's clock.
    pub start: Timestamp,
    /// End by the sender's clock; may lie before the start, or be zero when the span never ended.
    pub end: Timestamp,
    /// Details.
    pub attributes: Attributes,
    /// Moments, in the order sent.
    pub events: Vec<Event>,
    /// Relations to other spans.
    pub links: Vec<Link>,
    /// How it ended.
    pub status: Status,
    /// W3C `tracestate`; empty when not sent.
    pub trace_state: SmolStr,
    /// Who ran it.
    pub resource: Arc<Resource>,
    /// Which library made it.
    pub scope: Arc<Scope>,
}

impl Span {
    /// How long it took; zero when it ended before it started or never ended.
    pub fn duration(&self) -> Duration {
        self.end.since(self.start)
    }

    /// The service it ran in.
    pub fn service(&self) -> &str {
        self.resource.service()
    }

    /// Whether its status says that it failed.
    pub fn is_error(&self) -> bool {
        self.status.code == StatusCode::Error
    }

    /// Its recorded exceptions, in the order sent.
    pub fn exceptions(&self) -> impl Iterator<Item = &Event> {
        self.events.iter().filter(|event| event.is_exception())
    }
}

impl Event {
    /// Whether it records an exception: named `exception` or `….exception`, or carrying an exception's type or
    /// message (Rust's `error!` keeps its own message as the event's name).
    pub fn is_exception(&self) -> bool {
        self.name == "exception"
            || self.name.ends_with(".exception")
            || self.attributes.get(keys::EXCEPTION_TYPE).is_some()
            || self.attributes.get(keys::EXCEPTION_MESSAGE).is_some()
    }
}

impl fmt::Display for SpanKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SpanKind::Unspecified => "UNSPECIFIED",
            SpanKind::Internal => "INTERNAL",
            SpanKind::Server => "SERVER",
            SpanKind::Client => "CLIENT",
            SpanKind::Producer => "PRODUCER",
            SpanKind::Consumer => "CONSUMER",
        })
    }
}
