//! The shape of a span: exactly those facts that decide where it belongs.
//!
//! Spans are many, shapes few: a placement is found once a shape and looked up ever after.

use model::{SmolStr, Span, SpanKind};

/// Everything about a span that placement may depend on, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// `service.name`.
    pub service: SmolStr,
    /// The instrumentation scope's name.
    pub scope: SmolStr,
    /// The span's name.
    pub name: SmolStr,
    /// Its kind.
    pub kind: SpanKind,
    /// Those of its attributes that some rule reads, ordered by key, as text.
    pub deciding: Vec<(SmolStr, SmolStr)>,
}

impl Shape {
    /// The shape of `span`.
    pub fn of(span: &Span) -> Shape {
        Shape {
            service: span.service().into(),
            scope: span.scope.name.clone(),
            name: span.name.clone(),
            kind: span.kind,
            deciding: Vec::new(),
        }
    }
}
