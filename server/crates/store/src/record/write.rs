//! Writes spans and log records as bytes.

use model::{AttributesView, EventView, LinkView, LogRecord, SmolStr, SpanView, Timestamp, Value, ValueView};

use super::{HAS_MORE, HAS_PARENT, bits_of_kind, bits_of_status, plain, tag};
use crate::{
    bytes::{put_delta, put_varint, zigzag},
    words::Words,
};

/// What the numbers of a page are told from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Base {
    /// Nanoseconds: the start of its first span.
    pub(crate) time: u64,
    /// The position in the order of arrival of its first record.
    pub(crate) sequence: u64,
}

/// Appends records to `out`.
pub(crate) struct Packer<'a> {
    pub(crate) words: &'a mut Words,
    pub(crate) out: &'a mut Vec<u8>,
}

impl Packer<'_> {
    /// Appends `span`. `origin` is the place of its resource and scope in the trace's list.
    pub(crate) fn span(&mut self, span: &SpanView<'_>, tag: u32, sequence: u64, origin: u32, base: Base) {
        let has_more = !(span.message.is_empty()
            && span.trace_state.is_empty()
            && span.events.is_empty()
            && span.links.is_empty());
        let mut first = bits_of_kind(span.kind) | bits_of_status(span.status);
        first |= if span.parent.is_some() { HAS_PARENT } else { 0 };
        first |= if has_more { HAS_MORE } else { 0 };
        self.out.push(first);
        self.out.extend_from_slice(&span.span_id.0);
        if let Some(parent) = span.parent {
            self.out.extend_from_slice(&parent.0);
        }
        put_varint(self.out, u64::from(tag));
        put_varint(self.out, sequence.wrapping_sub(base.sequence));
        put_varint(self.out, u64::from(origin));
        put_delta(self.out, span.start.0, base.time);
        put_delta(self.out, span.end.0, span.start.0);
        self.text(span.name);
        if has_more {
            self.more(span);
        }
        self.attributes(span.attributes);
    }

    /// Appends `record`.
    pub(crate) fn log(&mut self, record: &LogRecord, origin: u32, base: Base) {
        self.out.push(u8::from(record.span_id.is_some()));
        if let Some(span_id) = record.span_id {
            self.out.extend_from_slice(&span_id.0);
        }
        put_varint(self.out, u64::from(origin));
        put_delta(self.out, record.time.0, base.time);
        self.out.push(record.severity);
        self.text(&record.name);
        self.text(&record.body);
        self.attributes(&record.attributes.view());
    }

    fn more(&mut self, span: &SpanView<'_>) {
        self.text(span.message);
        self.text(span.trace_state);
        put_varint(self.out, span.events.len() as u64);
        span.events.iter().for_each(|event| self.event(event, span.start));
        put_varint(self.out, span.links.len() as u64);
        span.links.iter().for_each(|link| self.link(link));
    }

    fn event(&mut self, event: &EventView<'_>, start: Timestamp) {
        put_delta(self.out, event.time.0, start.0);
        self.text(event.name);
        self.attributes(event.attributes);
    }

    fn link(&mut self, link: &LinkView<'_>) {
        self.out.extend_from_slice(&link.trace_id.0);
        self.out.extend_from_slice(&link.span_id.0);
        self.attributes(link.attributes);
    }

    /// The list of keys by its number, or its length and each key; then the values.
    fn attributes(&mut self, attributes: AttributesView<'_>) {
        if let Some(schema) = self.words.schema(attributes) {
            put_varint(self.out, u64::from(schema) << 1 | 1);
            attributes.iter().for_each(|(_, value)| self.value(*value));
            return;
        }
        put_varint(self.out, (attributes.len() as u64) << 1);
        for (key, value) in attributes {
            self.text(key);
            self.value(*value);
        }
    }

    /// The number of a word, or a length and the text.
    fn text(&mut self, text: &str) {
        match self.words.word(text) {
            Some(word) => put_varint(self.out, u64::from(word) << 1 | 1),
            None => {
                put_varint(self.out, (text.len() as u64) << 1);
                self.out.extend_from_slice(text.as_bytes());
            }
        }
    }

    fn value(&mut self, value: ValueView<'_>) {
        match value {
            ValueView::Str(text) => match self.words.word(text) {
                Some(word) => self.tagged(tag::WORD, u64::from(word)),
                None => {
                    self.tagged(tag::TEXT, text.len() as u64);
                    self.out.extend_from_slice(text.as_bytes());
                }
            },
            ValueView::Int(number) => match zigzag(number) {
                small if small < 1 << 60 => self.tagged(tag::INT, small),
                _ => self.wide(plain::WIDE_INT, number.to_le_bytes()),
            },
            ValueView::Bool(truth) => self.tagged(tag::PLAIN, if truth { plain::TRUE } else { plain::FALSE }),
            ValueView::Empty => self.tagged(tag::PLAIN, plain::EMPTY),
            ValueView::Double(number) => self.wide(plain::DOUBLE, number.to_bits().to_le_bytes()),
            ValueView::Bytes(bytes) => {
                self.tagged(tag::BYTES, bytes.len() as u64);
                self.out.extend_from_slice(bytes);
            }
            ValueView::Nested(Value::Array(items)) => {
                self.tagged(tag::ARRAY, items.len() as u64);
                items.iter().for_each(|item| self.value(item.view()));
            }
            ValueView::Nested(Value::Map(pairs)) => self.map(pairs),
            ValueView::Nested(other) => self.value(other.view()),
        }
    }

    fn map(&mut self, pairs: &[(SmolStr, Value)]) {
        self.tagged(tag::MAP, pairs.len() as u64);
        for (key, value) in pairs {
            self.text(key);
            self.value(value.view());
        }
    }

    fn tagged(&mut self, tag: u64, number: u64) {
        put_varint(self.out, number << 3 | tag);
    }

    fn wide(&mut self, what: u64, bytes: [u8; 8]) {
        self.tagged(tag::PLAIN, what);
        self.out.extend_from_slice(&bytes);
    }
}
