//! Spans read where they lie: a cursor over a clean `TracesData` that shows one view after the other.
//!
//! What was checked before is not reported again: a message that cannot be read is passed over.

use std::{collections::HashMap, ops::Range, sync::Arc};

use bytes::Bytes;
use model::{
    EventView, LinkView, Resource, Scope, SpanId, SpanKind, SpanView, StatusCode, Timestamp, TraceId, Value,
    ValueView,
};

use crate::{
    Limits,
    error::WireError,
    intake::Intake,
    wire::{self, Reader},
};

/// Resources and scopes that are kept for later batches, at most this many of each.
const MAX_SENDERS: usize = 1_024;
/// Longer descriptions are read again each time.
const LONGEST: usize = 16 * 1024;

type Pair<'a> = (&'a str, ValueView<'a>);

/// Spans of a [`crate::Clean`] that are still to be read. Cloning copies positions only.
#[derive(Clone, Debug, Default)]
pub struct Spans {
    bytes: Bytes,
    /// How many there are.
    left: usize,
    /// What is left of the whole.
    whole: Range<usize>,
    resource: Level,
    scope: Level,
}

/// A `ResourceSpans` or a `ScopeSpans`.
#[derive(Clone, Debug, Default)]
struct Level {
    message: Range<usize>,
    left: Range<usize>,
}

/// Resources and scopes by the bytes that describe them, so that senders who say the same in every batch share one.
#[derive(Debug, Default)]
pub struct Senders {
    resources: HashMap<Box<[u8]>, Arc<Resource>>,
    scopes: HashMap<Box<[u8]>, Arc<Scope>>,
}

/// Who sent the spans of a `ScopeSpans`.
struct Sender {
    /// The messages that say so.
    levels: (Range<usize>, Range<usize>),
    resource: Arc<Resource>,
    scope: Arc<Scope>,
}

impl Spans {
    /// The `count` spans of a clean `TracesData`.
    pub(crate) fn new(bytes: Bytes, count: usize) -> Spans {
        let whole = 0..bytes.len();
        Spans { bytes, left: count, whole, ..Spans::default() }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.left
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// Takes the first `most` of them off.
    pub fn split(&mut self, most: usize) -> Spans {
        let taken = most.min(self.left);
        let first = Spans { left: taken, ..self.clone() };
        self.left -= taken;
        if self.left > 0 {
            for _ in 0..taken {
                self.next();
            }
        }
        first
    }

    /// Shows every span to `visit`, in the order sent.
    pub fn each(mut self, senders: &mut Senders, mut visit: impl FnMut(&SpanView<'_>)) {
        let bytes = self.bytes.clone();
        let at = |range: &Range<usize>| bytes.get(range.clone()).unwrap_or_default();
        let mut scratch = Scratch::default();
        let mut sender: Option<Sender> = None;
        while self.left > 0 {
            let Some(message) = self.next() else { return };
            self.left -= 1;
            let levels = (&self.resource.message, &self.scope.message);
            let known = sender.take().filter(|known| (&known.levels.0, &known.levels.1) == levels);
            let known = sender.insert(known.unwrap_or_else(|| Sender {
                resource: senders.resource(at(levels.0)),
                scope: senders.scope(at(levels.1)),
                levels: (levels.0.clone(), levels.1.clone()),
            }));
            scratch.show(at(&message), &known.resource, &known.scope, &mut visit);
        }
    }

    /// Where the next span lies.
    fn next(&mut self) -> Option<Range<usize>> {
        loop {
            if let Some(span) = next_message(&self.bytes, &mut self.scope.left, 2) {
                return Some(span);
            }
            if let Some(scope) = next_message(&self.bytes, &mut self.resource.left, 2) {
                self.scope = Level { message: scope.clone(), left: scope };
                continue;
            }
            let resource = next_message(&self.bytes, &mut self.whole, 1)?;
            self.resource = Level { message: resource.clone(), left: resource };
        }
    }
}

impl Senders {
    fn resource(&mut self, resource_spans: &[u8]) -> Arc<Resource> {
        let read = |message: &[u8], resource: &mut Resource, intake: &mut Intake<'_>| {
            super::attributes_of(message, 1, &mut resource.attributes, intake)
        };
        known(&mut self.resources, resource_spans, read)
    }

    fn scope(&mut self, scope_spans: &[u8]) -> Arc<Scope> {
        known(&mut self.scopes, scope_spans, super::read_scope)
    }
}

/// What field 1 of `message` describes: as it was read before, or read by `read`.
fn known<T: Default>(
    all: &mut HashMap<Box<[u8]>, Arc<T>>,
    message: &[u8],
    read: impl Fn(&[u8], &mut T, &mut Intake<'_>) -> Result<(), WireError>,
) -> Arc<T> {
    let mut rest = 0..message.len();
    let first = next_message(message, &mut rest, 1).and_then(|range| message.get(range)).unwrap_or_default();
    let mut following = rest.clone();
    let is_only = next_message(message, &mut following, 1).is_none();
    if let Some(known) = all.get(first).filter(|_| is_only) {
        return known.clone();
    }
    let limits = Limits::none();
    let mut intake = Intake::new(&limits);
    let mut value = T::default();
    let mut result = read(first, &mut value, &mut intake);
    while let Some(more) = next_message(message, &mut rest, 1).and_then(|range| message.get(range)) {
        result = result.and_then(|()| read(more, &mut value, &mut intake));
    }
    let value = Arc::new(value);
    if is_only && first.len() <= LONGEST {
        if all.len() >= MAX_SENDERS {
            all.clear();
        }
        all.insert(first.into(), value.clone());
    }
    value
}

/// The next field `number` of what is `left`, if it is a message.
#[inline]
fn next_message(bytes: &[u8], left: &mut Range<usize>, number: u32) -> Option<Range<usize>> {
    let mut reader = Reader::new(bytes.get(left.clone())?);
    while let Ok(Some((found, field))) = reader.next() {
        if found != number {
            continue;
        }
        let Ok(message) = field.bytes() else { break };
        left.start = left.end - reader.left();
        return Some(left.start - message.len()..left.start);
    }
    left.start = left.end;
    None
}

/// Lists that one span after the other is read into.
#[derive(Default)]
struct Scratch<'a> {
    attributes: Vec<Pair<'a>>,
    events: Vec<(Timestamp, &'a str, Range<usize>)>,
    links: Vec<(TraceId, SpanId, Range<usize>)>,
    /// Attributes of events and links.
    parts: Vec<Pair<'a>>,
    /// Lists and maps, and which attribute's values they are.
    nested: Vec<(Place, Value)>,
}

#[derive(Clone, Copy)]
enum Place {
    Attribute(usize),
    Part(usize),
}

/// What a span says besides its lists.
struct Head<'a> {
    trace_id: TraceId,
    span_id: SpanId,
    parent: Option<SpanId>,
    name: &'a str,
    kind: SpanKind,
    start: Timestamp,
    end: Timestamp,
    status: StatusCode,
    message: &'a str,
    trace_state: &'a str,
}

impl<'a> Scratch<'a> {
    fn show(
        &mut self,
        message: &'a [u8],
        resource: &Arc<Resource>,
        scope: &Arc<Scope>,
        visit: &mut impl FnMut(&SpanView<'_>),
    ) {
        self.attributes.clear();
        self.events.clear();
        self.links.clear();
        self.parts.clear();
        self.nested.clear();
        let Ok(head) = self.read(message) else { return };
        if self.nested.is_empty() {
            return self.visit(&head, &self.attributes, &self.parts, resource, scope, visit);
        }
        let (mut attributes, mut parts) = (self.attributes.clone(), self.parts.clone());
        for (place, value) in &self.nested {
            let pair = match place {
                Place::Attribute(at) => attributes.get_mut(*at),
                Place::Part(at) => parts.get_mut(*at),
            };
            if let Some((_, view)) = pair {
                *view = value.view();
            }
        }
        self.visit(&head, &attributes, &parts, resource, scope, visit);
    }

    fn visit(
        &self,
        head: &Head<'_>,
        attributes: &[Pair<'_>],
        parts: &[Pair<'_>],
        resource: &Arc<Resource>,
        scope: &Arc<Scope>,
        visit: &mut impl FnMut(&SpanView<'_>),
    ) {
        let of = |range: &Range<usize>| parts.get(range.clone()).unwrap_or_default();
        let event = |(time, name, range): &(Timestamp, &'a str, Range<usize>)| EventView {
            time: *time,
            name,
            attributes: of(range),
        };
        let link = |(trace_id, span_id, range): &(TraceId, SpanId, Range<usize>)| LinkView {
            trace_id: *trace_id,
            span_id: *span_id,
            attributes: of(range),
        };
        let events: Vec<EventView<'_>> = self.events.iter().map(event).collect();
        let links: Vec<LinkView<'_>> = self.links.iter().map(link).collect();
        visit(&SpanView {
            trace_id: head.trace_id,
            span_id: head.span_id,
            parent: head.parent,
            name: head.name,
            kind: head.kind,
            start: head.start,
            end: head.end,
            attributes,
            events: &events,
            links: &links,
            status: head.status,
            message: head.message,
            trace_state: head.trace_state,
            resource,
            scope,
        });
    }

    fn read(&mut self, message: &'a [u8]) -> Result<Head<'a>, WireError> {
        let mut head = Head {
            trace_id: TraceId([0; 16]),
            span_id: SpanId([0; 8]),
            parent: None,
            name: "",
            kind: SpanKind::Unspecified,
            start: Timestamp::ZERO,
            end: Timestamp::ZERO,
            status: StatusCode::Unset,
            message: "",
            trace_state: "",
        };
        let mut reader = Reader::new(message);
        while let Some((number, field)) = reader.next()? {
            match number {
                9 => {
                    let pair =
                        pair(field.bytes()?, Place::Attribute(self.attributes.len()), &mut self.nested)?;
                    self.attributes.push(pair);
                }
                1 => head.trace_id = TraceId(field.bytes()?.try_into().unwrap_or_default()),
                2 => head.span_id = SpanId(field.bytes()?.try_into().unwrap_or_default()),
                3 => head.trace_state = text(field.bytes()?),
                4 => {
                    let id = SpanId(field.bytes()?.try_into().unwrap_or_default());
                    head.parent = Some(id).filter(|id| !id.is_zero());
                }
                5 => head.name = text(field.bytes()?),
                6 => head.kind = super::kind(field.varint()?),
                7 => head.start = Timestamp(field.fixed64()?),
                8 => head.end = Timestamp(field.fixed64()?),
                11 => self.event(field.bytes()?)?,
                13 => self.link(field.bytes()?)?,
                15 => (head.status, head.message) = status(field.bytes()?, head.status, head.message)?,
                _ => {}
            }
        }
        Ok(head)
    }

    fn event(&mut self, message: &'a [u8]) -> Result<(), WireError> {
        let (mut time, mut name) = (Timestamp::ZERO, "");
        let first = self.parts.len();
        let mut reader = Reader::new(message);
        while let Some((number, field)) = reader.next()? {
            match number {
                1 => time = Timestamp(field.fixed64()?),
                2 => name = text(field.bytes()?),
                3 => self.part(field.bytes()?)?,
                _ => {}
            }
        }
        self.events.push((time, name, first..self.parts.len()));
        Ok(())
    }

    fn link(&mut self, message: &'a [u8]) -> Result<(), WireError> {
        let (mut trace_id, mut span_id) = (TraceId([0; 16]), SpanId([0; 8]));
        let first = self.parts.len();
        let mut reader = Reader::new(message);
        while let Some((number, field)) = reader.next()? {
            match number {
                1 => trace_id = TraceId(field.bytes()?.try_into().unwrap_or_default()),
                2 => span_id = SpanId(field.bytes()?.try_into().unwrap_or_default()),
                4 => self.part(field.bytes()?)?,
                _ => {}
            }
        }
        self.links.push((trace_id, span_id, first..self.parts.len()));
        Ok(())
    }

    fn part(&mut self, message: &'a [u8]) -> Result<(), WireError> {
        let pair = pair(message, Place::Part(self.parts.len()), &mut self.nested)?;
        self.parts.push(pair);
        Ok(())
    }
}

fn status<'a>(
    message: &'a [u8],
    mut code: StatusCode,
    mut why: &'a str,
) -> Result<(StatusCode, &'a str), WireError> {
    let mut reader = Reader::new(message);
    while let Some((number, field)) = reader.next()? {
        match number {
            2 => why = text(field.bytes()?),
            3 => code = super::status_code(field.varint()?),
            _ => {}
        }
    }
    Ok((code, why))
}

#[inline]
fn pair<'a>(
    message: &'a [u8],
    place: Place,
    nested: &mut Vec<(Place, Value)>,
) -> Result<Pair<'a>, WireError> {
    if let Some((key, message)) = wire::usual_pair(message) {
        return Ok((text(key), value(message, place, nested)?));
    }
    let (mut key, mut view) = ("", ValueView::Empty);
    let mut reader = Reader::new(message);
    while let Some((number, field)) = reader.next()? {
        match number {
            1 => key = text(field.bytes()?),
            2 => view = value(field.bytes()?, place, nested)?,
            _ => {}
        }
    }
    Ok((key, view))
}

#[inline]
fn value<'a>(
    message: &'a [u8],
    place: Place,
    nested: &mut Vec<(Place, Value)>,
) -> Result<ValueView<'a>, WireError> {
    if let Some(bytes) = wire::usual_text(message) {
        return Ok(ValueView::Str(text(bytes)));
    }
    if let Some(number) = wire::usual_int(message) {
        return Ok(ValueView::Int(number));
    }
    let mut view = ValueView::Empty;
    let mut reader = Reader::new(message);
    while let Some((number, field)) = reader.next()? {
        view = match number {
            1 => ValueView::Str(text(field.bytes()?)),
            2 => ValueView::Bool(field.varint()? != 0),
            3 => ValueView::Int(field.varint()? as i64),
            4 => ValueView::Double(f64::from_bits(field.fixed64()?)),
            5 | 6 => return owned(message, place, nested),
            7 => ValueView::Bytes(field.bytes()?),
            _ => continue,
        };
    }
    Ok(view)
}

/// A value that holds others, somewhere among its fields: rare, so owned.
#[cold]
fn owned<'a>(
    message: &[u8],
    place: Place,
    nested: &mut Vec<(Place, Value)>,
) -> Result<ValueView<'a>, WireError> {
    let limits = Limits::none();
    let value = crate::attributes::proto_value(message, &mut Intake::new(&limits), 1)?;
    nested.push((place, value));
    Ok(ValueView::Empty)
}

#[inline]
fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}
