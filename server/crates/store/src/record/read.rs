//! Reads spans and log records from bytes: the head at once, the rest as far as it is asked for.

use std::sync::Arc;

use model::{
    Attributes, Event, Link, LogRecord, Resource, Scope, SmolStr, Span, SpanId, SpanKind, Status, StatusCode,
    Timestamp, TraceId, Value,
};

use super::{Base, HAS_MORE, HAS_PARENT, bits_of_kind, kind_of, plain, status_of, tag};
use crate::{
    bytes::{Reader, unzigzag},
    words::Generation,
};

/// What is asked of most spans.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) span_id: SpanId,
    pub(crate) parent: Option<SpanId>,
    pub(crate) kind: SpanKind,
    pub(crate) status: StatusCode,
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    pub(crate) tag: u32,
    pub(crate) sequence: u64,
    pub(crate) origin: u32,
}

/// What follows the head.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Body<'a> {
    reader: Reader<'a>,
    words: &'a Generation,
    has_more: bool,
}

/// A text where it lies.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Text<'a> {
    Word(&'a SmolStr),
    Here(&'a str),
}

impl<'a> Text<'a> {
    pub(crate) fn as_str(self) -> &'a str {
        match self {
            Text::Word(word) => word,
            Text::Here(text) => text,
        }
    }
}

impl From<Text<'_>> for SmolStr {
    fn from(text: Text<'_>) -> SmolStr {
        match text {
            Text::Word(word) => word.clone(),
            Text::Here(text) => SmolStr::new(text),
        }
    }
}

impl Head {
    /// Where in a record its identifier stands, and where its parent's does if it has one.
    pub(crate) const ID_AT: usize = 1;
    pub(crate) const PARENT_AT: usize = 9;
    /// The bits of the first byte that tell the kind.
    pub(crate) const KIND: u8 = 7;

    /// Those bits for `kind`.
    pub(crate) fn first(kind: SpanKind) -> u8 {
        bits_of_kind(kind)
    }

    /// Identifier and kind, without reading further.
    pub(crate) fn id(bytes: &[u8]) -> (SpanId, SpanKind) {
        let mut reader = Reader(bytes);
        let first = reader.byte();
        (SpanId(reader.array()), kind_of(first))
    }

    /// The parent that the span names, without reading further.
    pub(crate) fn parent(bytes: &[u8]) -> Option<SpanId> {
        let mut reader = Reader(bytes);
        let has_parent = reader.byte() & HAS_PARENT != 0;
        reader.bytes(8);
        has_parent.then(|| SpanId(reader.array()))
    }

    /// The head of the span at the start of `bytes`, and what follows it.
    pub(crate) fn read<'a>(bytes: &'a [u8], words: &'a Generation, base: Base) -> (Head, Body<'a>) {
        let mut reader = Reader(bytes);
        let first = reader.byte();
        let span_id = SpanId(reader.array());
        let parent = (first & HAS_PARENT != 0).then(|| SpanId(reader.array()));
        let tag = reader.varint() as u32;
        let sequence = base.sequence.wrapping_add(reader.varint());
        let origin = reader.varint() as u32;
        let start = reader.delta(base.time);
        let end = reader.delta(start);
        let head = Head {
            span_id,
            parent,
            kind: kind_of(first),
            status: status_of(first),
            start: Timestamp(start),
            end: Timestamp(end),
            tag,
            sequence,
            origin,
        };
        (head, Body { reader, words, has_more: first & HAS_MORE != 0 })
    }
}

impl<'a> Body<'a> {
    pub(crate) fn name(self) -> Text<'a> {
        let mut body = self;
        body.text()
    }

    /// Whether there can be a message, a trace state, events or links.
    pub(crate) fn has_more(self) -> bool {
        self.has_more
    }

    /// The first value under `key`.
    pub(crate) fn attribute(self, key: &str) -> Option<Value> {
        let mut body = self;
        body.text();
        if body.has_more {
            body.skip_more();
        }
        let (schema, count) = body.list();
        for at in 0..count {
            let found = match schema {
                Some(keys) => keys.get(at)? == key,
                None => body.text().as_str() == key,
            };
            if found {
                return Some(body.value());
            }
            body.skip_value();
        }
        None
    }

    /// The whole span.
    pub(crate) fn span(
        self,
        trace_id: TraceId,
        head: &Head,
        resource: Arc<Resource>,
        scope: Arc<Scope>,
    ) -> Span {
        let mut body = self;
        let name = body.text().into();
        let mut span = Span {
            trace_id,
            span_id: head.span_id,
            parent: head.parent,
            name,
            kind: head.kind,
            start: head.start,
            end: head.end,
            attributes: Attributes::default(),
            events: Vec::new(),
            links: Vec::new(),
            status: Status { code: head.status, message: SmolStr::default() },
            trace_state: SmolStr::default(),
            resource,
            scope,
        };
        if body.has_more {
            span.status.message = body.text().into();
            span.trace_state = body.text().into();
            span.events = (0..body.reader.count()).map(|_| body.event(head.start)).collect();
            span.links = (0..body.reader.count()).map(|_| body.link()).collect();
        }
        span.attributes = body.attributes();
        span
    }

    /// The status message; empty when none was sent.
    pub(crate) fn message(self) -> Option<Text<'a>> {
        let mut body = self;
        body.text();
        self.has_more.then(|| body.text())
    }

    /// What the sampler wrote, among others.
    pub(crate) fn trace_state(self) -> Option<Text<'a>> {
        let mut body = self;
        body.text();
        self.has_more.then(|| {
            body.text();
            body.text()
        })
    }

    fn text(&mut self) -> Text<'a> {
        let number = self.reader.varint();
        if number & 1 == 1 {
            return self.words.word(number >> 1).map_or(Text::Here(""), Text::Word);
        }
        Text::Here(str::from_utf8(self.reader.bytes((number >> 1) as usize)).unwrap_or_default())
    }

    /// The keys, where they are known as a list, and how many pairs follow.
    fn list(&mut self) -> (Option<&'a [SmolStr]>, usize) {
        let number = self.reader.varint();
        if number & 1 == 1 {
            let keys = self.words.schema(number >> 1).unwrap_or_default();
            return (Some(keys), keys.len());
        }
        (None, ((number >> 1) as usize).min(self.reader.0.len()))
    }

    fn attributes(&mut self) -> Attributes {
        let (schema, count) = self.list();
        let pairs = (0..count).map(|at| {
            let key = match schema {
                Some(keys) => keys.get(at).cloned().unwrap_or_default(),
                None => self.text().into(),
            };
            (key, self.value())
        });
        Attributes(pairs.collect())
    }

    fn event(&mut self, start: Timestamp) -> Event {
        let time = Timestamp(self.reader.delta(start.0));
        Event { time, name: self.text().into(), attributes: self.attributes() }
    }

    fn link(&mut self) -> Link {
        let trace_id = TraceId(self.reader.array());
        let span_id = SpanId(self.reader.array());
        Link { trace_id, span_id, attributes: self.attributes() }
    }

    fn value(&mut self) -> Value {
        let number = self.reader.varint();
        let (kind, number) = (number & 7, number >> 3);
        let count = (number as usize).min(self.reader.0.len());
        match kind {
            tag::WORD => Value::Str(self.words.word(number).cloned().unwrap_or_default()),
            tag::TEXT => {
                let text = str::from_utf8(self.reader.bytes(number as usize)).unwrap_or_default();
                Value::Str(SmolStr::new(text))
            }
            tag::INT => Value::Int(unzigzag(number)),
            tag::BYTES => Value::Bytes(self.reader.bytes(number as usize).to_vec()),
            tag::ARRAY => Value::Array((0..count).map(|_| self.value()).collect()),
            tag::MAP => Value::Map((0..count).map(|_| (self.text().into(), self.value())).collect()),
            _ => self.plain(number),
        }
    }

    fn plain(&mut self, what: u64) -> Value {
        match what {
            plain::FALSE => Value::Bool(false),
            plain::TRUE => Value::Bool(true),
            plain::WIDE_INT => Value::Int(i64::from_le_bytes(self.reader.array())),
            plain::DOUBLE => Value::Double(f64::from_bits(u64::from_le_bytes(self.reader.array()))),
            _ => Value::Empty,
        }
    }

    fn skip_value(&mut self) {
        let number = self.reader.varint();
        let (kind, number) = (number & 7, number >> 3);
        let count = (number as usize).min(self.reader.0.len());
        match kind {
            tag::TEXT | tag::BYTES => drop(self.reader.bytes(number as usize)),
            tag::ARRAY => (0..count).for_each(|_| self.skip_value()),
            tag::MAP => (0..count).for_each(|_| {
                self.text();
                self.skip_value();
            }),
            tag::PLAIN if matches!(number, plain::WIDE_INT | plain::DOUBLE) => drop(self.reader.bytes(8)),
            _ => {}
        }
    }

    fn skip_attributes(&mut self) {
        let (schema, count) = self.list();
        for _ in 0..count {
            if schema.is_none() {
                self.text();
            }
            self.skip_value();
        }
    }

    fn skip_more(&mut self) {
        self.text();
        self.text();
        for _ in 0..self.reader.count() {
            self.reader.varint();
            self.text();
            self.skip_attributes();
        }
        for _ in 0..self.reader.count() {
            self.reader.bytes(24);
            self.skip_attributes();
        }
    }
}

/// The span that a log record names.
pub(crate) fn span_of_log(bytes: &[u8]) -> Option<SpanId> {
    let mut reader = Reader(bytes);
    (reader.byte() != 0).then(|| SpanId(reader.array()))
}

/// The log record at the start of `bytes`; `sender` tells resource and scope by their place in the trace's list.
pub(crate) fn log(
    bytes: &[u8],
    words: &Generation,
    base: Base,
    trace_id: TraceId,
    sender: impl Fn(u32) -> (Arc<Resource>, Arc<Scope>),
) -> LogRecord {
    let mut body = Body { reader: Reader(bytes), words, has_more: false };
    let span_id = (body.reader.byte() != 0).then(|| SpanId(body.reader.array()));
    let (resource, scope) = sender(body.reader.varint() as u32);
    LogRecord {
        trace_id,
        span_id,
        time: Timestamp(body.reader.delta(base.time)),
        severity: body.reader.byte(),
        name: body.text().into(),
        body: body.text().into(),
        attributes: body.attributes(),
        resource,
        scope,
    }
}
