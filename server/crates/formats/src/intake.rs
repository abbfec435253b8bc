//! Where every decoder puts what it found: one place that holds the limits and counts what they cost.

use std::sync::Arc;

use model::{Attributes, Batch, LogRecord, SmolStr, Span, SpanId, TraceId, Value};

use crate::{Limits, words::Words};

/// Under this reason [`Batch::trimmed`] counts log records that no trace asked for. That is usual, so it is no
/// reason to warn the sender.
pub const UNTRACED_LOGS: &str = "log records without a trace id are not kept";

pub(crate) const BAD_TRACE_ID: &str = "the trace id is not 16 bytes, or is zero";
pub(crate) const BAD_SPAN_ID: &str = "the span id is not 8 bytes, or is zero";
const SPANS_OVER: &str = "there are more spans in one body than are accepted";
const LOGS_OVER: &str = "there are more log records in one body than are accepted";
const NO_SPAN: &str = "a span is not a JSON object";
const PARENT_UNREADABLE: &str = "parent ids that cannot be read are left out";
const LINK_UNREADABLE: &str = "links without readable ids are left out";
const EMPTY_KEY: &str = "attributes without a key are left out";

/// A batch being filled.
pub(crate) struct Intake<'l> {
    pub(crate) limits: &'l Limits,
    batch: Batch,
    /// Spans that were handed on.
    handed_on: usize,
    items_left: usize,
    elements_left: usize,
    cut: Cut,
    words: Words,
    spare: Vec<(SmolStr, Value)>,
}

/// What was left out so far, per kind: counted by plain numbers, because hostile bodies do it by the million.
#[derive(Default)]
struct Cut {
    attributes: u64,
    events: u64,
    links: u64,
    elements: u64,
    texts: u64,
    deep: u64,
    spans: u64,
    logs: u64,
    no_span: u64,
    bad_trace_id: u64,
    bad_span_id: u64,
    parents: u64,
    bad_links: u64,
    empty_keys: u64,
    empty_events: u64,
    untraced_logs: u64,
}

/// A part of a span that comes in numbers.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    Attribute,
    Event,
    Link,
    Element,
}

impl<'l> Intake<'l> {
    pub(crate) fn new(limits: &'l Limits) -> Intake<'l> {
        Intake {
            limits,
            batch: Batch::default(),
            handed_on: 0,
            items_left: limits.items,
            elements_left: limits.elements(),
            cut: Cut::default(),
            words: Words::default(),
            spare: Vec::new(),
        }
    }

    /// Whether one more `part` may be kept beside `already` of its kind; counts it when not.
    #[inline]
    pub(crate) fn room_for(&mut self, part: Part, already: usize) -> bool {
        let most = match part {
            Part::Attribute => self.limits.attributes,
            Part::Event => self.limits.events,
            Part::Link => self.limits.links,
            Part::Element => self.elements_left.saturating_add(already),
        };
        if already < most && self.items_left > 0 {
            self.items_left -= 1;
            self.elements_left -= usize::from(matches!(part, Part::Element));
            return true;
        }
        match part {
            Part::Attribute => self.cut.attributes += 1,
            Part::Event => self.cut.events += 1,
            Part::Link => self.cut.links += 1,
            Part::Element => self.cut.elements += 1,
        }
        false
    }

    /// Whether one more span may be kept beside `already`; counts it as refused when not.
    #[inline]
    pub(crate) fn room_for_span(&mut self, already: usize) -> bool {
        let room = already < self.limits.spans;
        self.cut.spans += u64::from(!room);
        room
    }

    /// Whether one more log record may be kept; counts it as refused when not.
    #[inline]
    pub(crate) fn room_for_log(&mut self) -> bool {
        let room = self.batch.logs.len() < self.limits.spans;
        self.cut.logs += u64::from(!room);
        room
    }

    /// Text that may be anything, cut to the limit.
    pub(crate) fn text(&mut self, text: &str) -> SmolStr {
        match self.words.find(text.as_bytes()) {
            Some(known) => known,
            None => self.new_text(text),
        }
    }

    fn new_text(&mut self, text: &str) -> SmolStr {
        let kept = char_floor(text, self.limits.value_bytes);
        self.cut.texts += u64::from(kept.len() < text.len());
        let kept = SmolStr::new(kept);
        self.words.add(&kept);
        kept
    }

    /// Text as bytes; what is not UTF-8 is replaced by U+FFFD.
    #[inline]
    pub(crate) fn text_bytes(&mut self, bytes: &[u8]) -> SmolStr {
        if let Some(known) = self.words.find(bytes) {
            return known;
        }
        match std::str::from_utf8(bytes) {
            Ok(text) => self.new_text(text),
            Err(_) => {
                let most = self.limits.value_bytes.saturating_add(4).min(bytes.len());
                let lossy = String::from_utf8_lossy(bytes.get(..most).unwrap_or(bytes)).into_owned();
                self.text(&lossy)
            }
        }
    }

    /// Opaque bytes, cut to the limit.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Vec<u8> {
        let kept = bytes.get(..self.limits.value_bytes).unwrap_or(bytes);
        self.cut.texts += u64::from(kept.len() < bytes.len());
        kept.to_vec()
    }

    /// Counts a value that lies too deep.
    pub(crate) fn too_deep(&mut self) {
        self.cut.deep += 1;
    }

    /// Counts an attribute without a key.
    pub(crate) fn empty_key(&mut self) {
        self.cut.empty_keys += 1;
    }

    /// Counts an event that says nothing, not even when.
    pub(crate) fn empty_event(&mut self) {
        self.cut.empty_events += 1;
    }

    /// Counts a parent id that is none.
    pub(crate) fn bad_parent(&mut self) {
        self.cut.parents += 1;
    }

    /// Counts a link whose ids are none.
    pub(crate) fn bad_link(&mut self) {
        self.cut.bad_links += 1;
    }

    /// Counts something in a span's place that is none.
    pub(crate) fn no_span(&mut self) {
        self.cut.no_span += 1;
    }

    /// An empty list with room from earlier use, so that attributes are gathered without growing step by step.
    pub(crate) fn take_spare(&mut self) -> Vec<(SmolStr, Value)> {
        std::mem::take(&mut self.spare)
    }

    /// The gathered attributes in a list of just their size; the room goes back.
    pub(crate) fn settle(&mut self, mut gathered: Vec<(SmolStr, Value)>) -> Attributes {
        let mut exact = Vec::with_capacity(gathered.len());
        exact.append(&mut gathered);
        self.spare = gathered;
        Attributes(exact)
    }

    /// How many parts the body may still have.
    pub(crate) fn items_left(&self) -> usize {
        self.items_left
    }

    /// Frees what the parts of a refused span took.
    pub(crate) fn give_back(&mut self, items_left: usize) {
        self.items_left = items_left;
    }

    /// Both ids, or `None` and a count of the first that is wrong; zero is wrong.
    #[inline]
    pub(crate) fn ids(&mut self, trace: Option<TraceId>, span: Option<SpanId>) -> Option<(TraceId, SpanId)> {
        match (trace.filter(|id| !id.is_zero()), span.filter(|id| !id.is_zero())) {
            (Some(trace), Some(span)) => Some((trace, span)),
            (None, _) => {
                self.cut.bad_trace_id += 1;
                None
            }
            _ => {
                self.cut.bad_span_id += 1;
                None
            }
        }
    }

    /// Counts a log record that belongs to no trace.
    pub(crate) fn untraced_log(&mut self) {
        self.cut.untraced_logs += 1;
    }

    pub(crate) fn span(&mut self, span: Span) {
        self.batch.spans.push(Arc::new(span));
    }

    pub(crate) fn log(&mut self, log: LogRecord) {
        self.batch.logs.push(log);
    }

    /// Counts spans that could not be used for another reason.
    pub(crate) fn refuse(&mut self, reason: &str) {
        self.batch.refuse(reason);
    }

    pub(crate) fn kept_spans(&self) -> usize {
        self.handed_on + self.batch.spans.len()
    }

    /// How many spans there are to hand on.
    pub(crate) fn part(&self) -> usize {
        self.batch.spans.len()
    }

    /// The spans since the last part.
    pub(crate) fn take_part(&mut self) -> Batch {
        self.handed_on += self.batch.spans.len();
        Batch { spans: std::mem::take(&mut self.batch.spans), ..Batch::default() }
    }

    /// The batch, with all that was left out.
    pub(crate) fn finish(mut self) -> Batch {
        let cut = &self.cut;
        let refused = [
            (BAD_TRACE_ID, cut.bad_trace_id),
            (BAD_SPAN_ID, cut.bad_span_id),
            (NO_SPAN, cut.no_span),
            (SPANS_OVER, cut.spans),
            (LOGS_OVER, cut.logs),
        ];
        for (reason, count) in refused.into_iter().filter(|(_, count)| *count > 0) {
            self.batch.refuse_many(reason, count);
        }
        let trimmed = [
            ("attributes over the limit are left out", cut.attributes),
            ("events over the limit are left out", cut.events),
            ("links over the limit are left out", cut.links),
            ("list elements over the limit are left out", cut.elements),
            ("long values are cut", cut.texts),
            ("values nested too deep are kept as bytes or left out", cut.deep),
            (PARENT_UNREADABLE, cut.parents),
            (LINK_UNREADABLE, cut.bad_links),
            (EMPTY_KEY, cut.empty_keys),
            ("events that say nothing are left out", cut.empty_events),
            (UNTRACED_LOGS, cut.untraced_logs),
        ];
        for (reason, count) in trimmed.into_iter().filter(|(_, count)| *count > 0) {
            self.batch.trim_many(reason, count);
        }
        self.batch
    }
}

/// At most `most` bytes of `text`, ending at a character's end.
fn char_floor(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}
