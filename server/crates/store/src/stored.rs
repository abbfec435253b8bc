//! One kept span as its readers see it: what lists and trees need at once, the rest when it is asked for.

use std::{fmt, sync::Arc, time::Duration};

use model::{
    Resource, Scope, SmolStr, Span, SpanId, SpanKind, StatusCode, Timestamp, TraceId, Value, Weight,
};

use crate::{
    page::Page,
    record::{Body, Head},
    senders::Sender,
};

/// One kept span, where it lies. Copying it copies a few words; [`Stored::span`] makes the whole.
#[derive(Clone, Copy)]
pub struct Stored<'a> {
    /// What the caller attached; opaque here.
    pub tag: u32,
    /// Position in the order of arrival, from 1; log records take positions too.
    pub sequence: u64,
    trace_id: TraceId,
    head: Head,
    body: Body<'a>,
    sender: Option<&'a Sender>,
}

impl<'a> Stored<'a> {
    pub(crate) fn read(
        trace_id: TraceId,
        page: &'a Page,
        record: &'a [u8],
        senders: &'a [Sender],
    ) -> Stored<'a> {
        let (head, body) = Head::read(record, &page.words, page.base);
        let sender = senders.get(head.origin as usize);
        Stored { tag: head.tag, sequence: head.sequence, trace_id, head, body, sender }
    }

    /// The trace it is part of.
    pub fn trace_id(&self) -> TraceId {
        self.trace_id
    }

    /// Its own identifier.
    pub fn span_id(&self) -> SpanId {
        self.head.span_id
    }

    /// The span that caused it; `None` for a root.
    pub fn parent(&self) -> Option<SpanId> {
        self.head.parent
    }

    /// Its role.
    pub fn kind(&self) -> SpanKind {
        self.head.kind
    }

    /// How it ended.
    pub fn status(&self) -> StatusCode {
        self.head.status
    }

    /// Whether its status says that it failed.
    pub fn is_error(&self) -> bool {
        self.head.status == StatusCode::Error
    }

    /// Start by the sender's clock.
    pub fn start(&self) -> Timestamp {
        self.head.start
    }

    /// End by the sender's clock.
    pub fn end(&self) -> Timestamp {
        self.head.end
    }

    /// How long it took; zero when it ended before it started or never ended.
    pub fn duration(&self) -> Duration {
        self.head.end.since(self.head.start)
    }

    /// Its name, as sent: hostile text.
    pub fn name(&self) -> &'a str {
        self.body.name().as_str()
    }

    /// Its name as a text of its own; cheap for a name that is known.
    pub fn name_owned(&self) -> SmolStr {
        self.body.name().into()
    }

    /// The service it ran in.
    pub fn service(&self) -> &'a str {
        self.sender.map_or("unknown_service", |sender| sender.service())
    }

    /// Its service as a text of its own.
    pub fn service_owned(&self) -> SmolStr {
        self.sender.map_or(SmolStr::new_static("unknown_service"), |sender| sender.service().clone())
    }

    /// Who ran it.
    pub fn resource(&self) -> Arc<Resource> {
        self.sender.map(|sender| sender.resource.value.clone()).unwrap_or_default()
    }

    /// Who ran it, where it lies.
    pub fn resource_ref(&self) -> Option<&'a Arc<Resource>> {
        self.sender.map(|sender| &sender.resource.value)
    }

    /// Which library made it.
    pub fn scope(&self) -> Arc<Scope> {
        self.sender.map(|sender| sender.scope.value.clone()).unwrap_or_default()
    }

    /// The first value under `key`, without reading the others.
    pub fn attribute(&self, key: &str) -> Option<Value> {
        self.body.attribute(key)
    }

    /// Why it failed; empty when not sent.
    pub fn message(&self) -> SmolStr {
        self.body.message().map(SmolStr::from).unwrap_or_default()
    }

    /// W3C `tracestate`; empty when not sent.
    pub fn trace_state(&self) -> SmolStr {
        self.body.trace_state().map(SmolStr::from).unwrap_or_default()
    }

    /// How many spans it stands for.
    pub fn weight(&self) -> Weight {
        self.body.trace_state().map_or(Weight::ONE, |state| Weight::of_trace_state(state.as_str()))
    }

    /// Whether it can have events or links; false is certain.
    pub fn may_have_events(&self) -> bool {
        self.body.has_more()
    }

    /// The whole span, equal to the one that was kept. Cost: as much as decoding it.
    pub fn span(&self) -> Span {
        self.body.span(self.trace_id, &self.head, self.resource(), self.scope())
    }
}

impl fmt::Debug for Stored<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (tag, sequence) = (self.tag, self.sequence);
        f.debug_struct("Stored")
            .field("tag", &tag)
            .field("sequence", &sequence)
            .field("span", &self.span())
            .finish()
    }
}
