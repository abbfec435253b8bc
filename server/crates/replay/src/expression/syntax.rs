//! The shape of a parsed expression.

use model::{SmolStr, SpanKind, StatusCode};
use regex::Regex;

/// An expression as a tree.
#[derive(Clone, Debug)]
pub(super) enum Node {
    Literal(Literal),
    Field(Field),
    Not(Box<Node>),
    Negative(Box<Node>),
    Binary(Operator, Box<Node>, Box<Node>),
    /// Whether the whole text fits; `bool` is whether it should.
    Matches(Box<Node>, Regex, bool),
}

/// A value written in the expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Literal {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(SmolStr),
    /// Nanoseconds.
    Duration(i64),
    Status(StatusCode),
    Kind(SpanKind),
}

/// Something that a span has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// An attribute.
    Attribute(Place, SmolStr),
    /// Something that every span has.
    Intrinsic(Intrinsic),
    /// A field of the calling span.
    Parent(Box<Field>),
}

/// Where an attribute is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// A name as it stands in the source: an argument, else the span's or the resource's attribute of that key.
    Source,
    /// `.key`: the span's, else the resource's.
    Any,
    /// `span.key`.
    Span,
    /// `resource.key`.
    Resource,
    /// `event.key`: the event at this moment, else any event of the span.
    Event,
    /// `link.key`: any link.
    Link,
    /// `instrumentation.key`: the scope's.
    Instrumentation,
}

/// What every span has, whatever its attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Intrinsic {
    /// How long the span took.
    Duration,
    /// Its name.
    Name,
    /// Its status.
    Status,
    /// The status's text.
    StatusMessage,
    /// Its kind.
    Kind,
    /// How many spans it called.
    ChildCount,
    /// Its identifier.
    SpanId,
    /// Its caller's identifier as sent.
    ParentId,
    /// Its service.
    Service,
    /// How long the trace took.
    TraceDuration,
    /// The trace's identifier.
    TraceId,
    /// The name of the trace's first root.
    RootName,
    /// That root's service.
    RootService,
    /// The name of the event at this moment, else of any event.
    EventName,
    /// When that event happened, since the span's start.
    EventTime,
    /// A linked trace.
    LinkTraceId,
    /// A linked span.
    LinkSpanId,
    /// The scope's name.
    ScopeName,
    /// The scope's version.
    ScopeVersion,
    /// The time passed since the span's start, at this moment.
    Elapsed,
}

/// Between two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
}

impl Intrinsic {
    /// The intrinsic written as `name`, in TraceQL's bare or scoped form.
    pub(super) fn named(name: &str) -> Option<Intrinsic> {
        let all = Intrinsic::NAMES.iter();
        all.filter(|(names, _)| names.contains(&name)).map(|(_, intrinsic)| *intrinsic).next()
    }

    /// Every name and what it means; the first name of each is the one to write.
    pub const NAMES: &'static [(&'static [&'static str], Intrinsic)] = &[
        (&["duration", "span:duration"], Intrinsic::Duration),
        (&["name", "span:name"], Intrinsic::Name),
        (&["status", "span:status"], Intrinsic::Status),
        (&["statusMessage", "span:statusMessage"], Intrinsic::StatusMessage),
        (&["kind", "span:kind"], Intrinsic::Kind),
        (&["childCount", "span:childCount"], Intrinsic::ChildCount),
        (&["span:id"], Intrinsic::SpanId),
        (&["span:parentID"], Intrinsic::ParentId),
        (&["service"], Intrinsic::Service),
        (&["traceDuration", "trace:duration"], Intrinsic::TraceDuration),
        (&["trace:id"], Intrinsic::TraceId),
        (&["rootName", "trace:rootName"], Intrinsic::RootName),
        (&["rootServiceName", "trace:rootService"], Intrinsic::RootService),
        (&["event:name"], Intrinsic::EventName),
        (&["event:timeSinceStart"], Intrinsic::EventTime),
        (&["link:traceID"], Intrinsic::LinkTraceId),
        (&["link:spanID"], Intrinsic::LinkSpanId),
        (&["instrumentation:name"], Intrinsic::ScopeName),
        (&["instrumentation:version"], Intrinsic::ScopeVersion),
        (&["elapsed"], Intrinsic::Elapsed),
    ];
}
