//! One trace made ready for a replay: its moments, threads and places. Immutable; sessions share it.

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use attribution::{Origins, Placement};
use model::{Attributes, Event, LogRecord, SmolStr, Span, SpanId, Timestamp, TraceId};
use source::Index;
use store::Figures;
use world::{PlacedSpan, Snapshot};

use crate::{
    clock::{self, Times},
    groups::Groups,
    lanes::{Lane, Lanes},
    moments::{Moment, MomentKind, Moments},
    places::{Line, Places},
    tree::{Origin, Tree},
};

/// A span's number in its recording, dense from 0, in the order of starts as sent.
pub type SpanIndex = u32;

/// A lane's number in its recording, dense from 0, in the order in which lanes are first used.
pub type LaneIndex = u32;

/// An index into the ordered moments of a recording.
pub type Position = u32;

/// One trace made ready for a replay. The same spans, in whatever order, make the same recording.
#[derive(Debug)]
pub struct Recording {
    pub(crate) tree: Tree,
    pub(crate) children: Groups,
    pub(crate) times: Vec<Times>,
    pub(crate) moments: Moments,
    pub(crate) lanes: Lanes,
    pub(crate) index: Index,
    pub(crate) origins: Arc<Origins>,
    pub(crate) places: Places,
    pub(crate) depths: Vec<Depth>,
    events: Groups,
    logs: Vec<Arc<LogRecord>>,
    figures: HashMap<source::FunctionKey, Figures>,
    start: Timestamp,
    end: Timestamp,
}

/// How deep a span stands in the stack.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Depth {
    /// Spans above it.
    pub spans: u32,
    /// Changes from one service to another above it.
    pub hops: u32,
}

/// There is nothing to replay: no span was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmptyTrace;

/// An event or a log record of a span.
#[derive(Clone, Copy, Debug)]
pub struct Occurrence<'a> {
    /// Its name; empty when not sent.
    pub name: &'a str,
    /// When, by the sender's clock; zero when not sent.
    pub time: Timestamp,
    /// The text of a log record; empty for events.
    pub body: &'a str,
    /// Details.
    pub attributes: &'a Attributes,
    /// Severity of a log record, 1 to 24; 0 for events.
    pub severity: u8,
    /// Whether it came as a log record.
    pub is_log: bool,
    /// Whether it records an exception.
    pub is_exception: bool,
}

impl Recording {
    /// Makes a trace ready: about a microsecond and a half a span. `logs` may hold records of other traces and
    /// spans, which are passed over. Of `snapshot` only the code and the figures of the functions that ran are kept.
    ///
    /// # Errors
    /// When there is no span.
    pub fn new(
        spans: Vec<PlacedSpan>,
        logs: &[Arc<LogRecord>],
        snapshot: &Snapshot,
    ) -> Result<Recording, EmptyTrace> {
        let tree = Tree::new(spans);
        if tree.len() == 0 {
            return Err(EmptyTrace);
        }
        let mut children = tree.children();
        let processes = clock::number_processes(&tree);
        let times = clock::align(&tree, &children, &processes);
        children.sort_within(|_, child| times[child as usize].start);
        let logs = logs_of_spans(&tree, logs);
        let events = number_events(&tree, &times, &logs);
        let event_time =
            |span, number| occurrence(&tree, &logs, span, number).map_or(Timestamp::ZERO, |it| it.time);
        let moments = Moments::new(&tree, &children, &times, &events, event_time);
        let lanes = Lanes::new(&tree, &processes, &moments);
        let index = snapshot.index.clone();
        let places = Places::new(&tree, &index);
        Ok(Recording {
            start: moments.all.first().map_or(Timestamp::ZERO, |moment| moment.time),
            end: moments.all.last().map_or(Timestamp::ZERO, |moment| moment.time),
            figures: figures_of(&tree, snapshot),
            depths: depths(&tree, &children),
            logs: logs.into_iter().map(|(_, record)| record).collect(),
            tree,
            children,
            times,
            moments,
            lanes,
            index,
            origins: snapshot.table.origins().clone(),
            places,
            events,
        })
    }

    /// The trace.
    pub fn trace_id(&self) -> TraceId {
        self.span(0).trace_id
    }

    /// How many spans there are; at least 1.
    pub fn span_count(&self) -> usize {
        self.tree.len()
    }

    /// How many spans were here twice and are shown once.
    pub fn duplicate_spans(&self) -> usize {
        self.tree.duplicates
    }

    /// All moments in order; never empty.
    pub fn moments(&self) -> &[Moment] {
        &self.moments.all
    }

    /// The moment at `position`; past the end it is the last.
    pub fn moment(&self, position: Position) -> Moment {
        let moments = self.moments();
        moments[(position as usize).min(moments.len() - 1)]
    }

    /// The last position.
    pub fn last(&self) -> Position {
        self.moments().len() as Position - 1
    }

    /// From the first moment to the last.
    pub fn duration(&self) -> Duration {
        self.end.since(self.start)
    }

    /// How long after the first moment `time` is.
    pub fn offset(&self, time: Timestamp) -> Duration {
        time.since(self.start)
    }

    /// The last position not later than `offset` after the first moment.
    pub fn at_offset(&self, offset: Duration) -> Position {
        let time = self.start.plus(offset);
        let later = self.moments().partition_point(|moment| moment.time <= time);
        later.saturating_sub(1) as Position
    }

    /// The span on top of the stack at `position`.
    pub fn top(&self, position: Position) -> SpanIndex {
        let moment = self.moment(position);
        match moment.kind {
            MomentKind::Call => self.parent(moment.span).unwrap_or(moment.span),
            _ => moment.span,
        }
    }

    /// The span numbered `span`.
    ///
    /// # Panics
    /// When there is none: numbers come from this recording only.
    pub fn span(&self, span: SpanIndex) -> &Span {
        &self.tree.spans[span as usize].span
    }

    /// Where the span belongs.
    pub fn placement(&self, span: SpanIndex) -> &Placement {
        &self.tree.spans[span as usize].placement
    }

    /// The span with that identifier; of two halves of one call the called one.
    pub fn find(&self, id: SpanId) -> Option<SpanIndex> {
        let spans = (0..self.span_count() as SpanIndex).filter(|span| self.span(*span).span_id == id);
        spans.max_by_key(|span| self.depths[*span as usize].spans)
    }

    /// The span that called it.
    pub fn parent(&self, span: SpanIndex) -> Option<SpanIndex> {
        self.tree.parents[span as usize]
    }

    /// Why the span stands where it stands in the stack.
    pub fn origin(&self, span: SpanIndex) -> Origin {
        self.tree.origins[span as usize]
    }

    /// The spans that it called, by start.
    pub fn children(&self, span: SpanIndex) -> &[SpanIndex] {
        self.children.of(span)
    }

    /// Start and end of a span on the replay's clock.
    pub fn times(&self, span: SpanIndex) -> (Timestamp, Timestamp) {
        let times = &self.times[span as usize];
        (times.start, times.end)
    }

    /// What was added to the span's own times so that they fit its caller's, in nanoseconds.
    pub fn shift(&self, span: SpanIndex) -> i64 {
        self.times[span as usize].shift
    }

    /// Whether the sender said when the span ended, and that was not before its start.
    pub fn has_end(&self, span: SpanIndex) -> bool {
        self.times[span as usize].ended
    }

    /// Position of the span's start.
    pub fn start_of(&self, span: SpanIndex) -> Position {
        self.moments.starts[span as usize]
    }

    /// Position of the span's end.
    pub fn end_of(&self, span: SpanIndex) -> Position {
        self.moments.ends[span as usize]
    }

    /// Position at which the span's caller is about to call it; `None` for a span that nobody waits for.
    pub fn call_of(&self, span: SpanIndex) -> Option<Position> {
        self.moments.calls[span as usize]
    }

    /// Positions at which the span is on top of the stack, in order; never empty.
    pub fn level(&self, span: SpanIndex) -> &[Position] {
        self.moments.levels.of(span)
    }

    /// All lanes.
    pub fn lanes(&self) -> &[Lane] {
        &self.lanes.all
    }

    /// The lane on which a span runs.
    pub fn lane_of(&self, span: SpanIndex) -> LaneIndex {
        self.lanes.of_span[span as usize]
    }

    /// The lane whose stack changed last at `position`.
    pub fn lane_at(&self, position: Position) -> LaneIndex {
        self.lane_of(self.top(position))
    }

    /// The span on top of a lane's stack at `position`; `None` while the lane is idle.
    pub fn running(&self, lane: LaneIndex, position: Position) -> Option<SpanIndex> {
        if self.lane_at(position) == lane {
            return Some(self.top(position));
        }
        self.lanes.running(&self.moments, lane, position)
    }

    /// The events and log records of a span, by time.
    pub fn events(&self, span: SpanIndex) -> &[u32] {
        self.events.of(span)
    }

    /// The event or log record of that number.
    pub fn event(&self, span: SpanIndex, number: u32) -> Option<Occurrence<'_>> {
        let sent = self.span(span).events.len();
        match (number as usize).checked_sub(sent) {
            None => self.span(span).events.get(number as usize).map(of_event),
            Some(log) => self.logs.get(log).map(|record| of_log(record)),
        }
    }

    /// When an event of the span happened, on the replay's clock.
    pub fn event_time(&self, span: SpanIndex, number: u32) -> Timestamp {
        let sent = self.event(span, number).map_or(Timestamp::ZERO, |it| it.time);
        self.times[span as usize].place(sent)
    }

    /// The event that happens at `position`.
    pub fn event_at(&self, position: Position) -> Option<Occurrence<'_>> {
        match self.moment(position) {
            Moment { kind: MomentKind::Event(number), span, .. } => self.event(span, number),
            _ => None,
        }
    }

    /// Whether any exception was recorded in the span.
    pub fn has_exception(&self, span: SpanIndex) -> bool {
        self.events(span)
            .iter()
            .any(|number| self.event(span, *number).is_some_and(|event| event.is_exception))
    }

    /// Figures of the span's function over the window before the recording was made; `None` when it has no function
    /// or none ended in the window.
    pub fn figures(&self, span: SpanIndex) -> Option<&Figures> {
        self.figures.get(self.placement(span).function.as_ref()?)
    }

    /// The line of the code at which the span on top of the stack is at `position`.
    pub fn line_at(&self, position: Position) -> Option<Line> {
        self.places.at(self, position)
    }
}

impl fmt::Display for EmptyTrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the trace has no spans, so there is nothing to replay")
    }
}

impl std::error::Error for EmptyTrace {}

fn of_event(event: &Event) -> Occurrence<'_> {
    Occurrence {
        name: &event.name,
        time: event.time,
        body: "",
        attributes: &event.attributes,
        severity: 0,
        is_log: false,
        is_exception: event.is_exception(),
    }
}

fn of_log(record: &LogRecord) -> Occurrence<'_> {
    let carries = |key| record.attributes.get(key).is_some();
    Occurrence {
        name: &record.name,
        time: record.time,
        body: &record.body,
        attributes: &record.attributes,
        severity: record.severity,
        is_log: true,
        is_exception: carries(model::keys::EXCEPTION_TYPE) || carries(model::keys::EXCEPTION_MESSAGE),
    }
}

fn occurrence<'a>(
    tree: &'a Tree,
    logs: &'a [(SpanIndex, Arc<LogRecord>)],
    span: SpanIndex,
    number: u32,
) -> Option<Occurrence<'a>> {
    let events = &tree.spans[span as usize].span.events;
    match (number as usize).checked_sub(events.len()) {
        None => events.get(number as usize).map(of_event),
        Some(log) => logs.get(log).map(|(_, record)| of_log(record)),
    }
}

/// The records that belong to a span that is here, ordered so that the order of arrival does not matter.
fn logs_of_spans(tree: &Tree, logs: &[Arc<LogRecord>]) -> Vec<(SpanIndex, Arc<LogRecord>)> {
    if logs.is_empty() {
        return Vec::new();
    }
    let first = &tree.spans[0].span;
    let by_id: HashMap<SpanId, SpanIndex> =
        tree.spans.iter().enumerate().map(|(at, placed)| (placed.span.span_id, at as SpanIndex)).collect();
    let of_span = |record: &Arc<LogRecord>| {
        let span = by_id.get(&record.span_id?)?;
        (record.trace_id == first.trace_id).then(|| (*span, record.clone()))
    };
    let mut found: Vec<_> = logs.iter().filter_map(of_span).collect();
    found.sort_by(|(a_span, a), (b_span, b)| {
        (a_span, a.time, &a.name, &a.body).cmp(&(b_span, b.time, &b.name, &b.body))
    });
    found
}

/// The events and log records of each span, by time; equal times keep the order sent, events before logs.
fn number_events(tree: &Tree, times: &[Times], logs: &[(SpanIndex, Arc<LogRecord>)]) -> Groups {
    let sent = tree.spans.iter().enumerate();
    let own = sent.flat_map(|(at, placed)| (0..placed.span.events.len() as u32).map(move |n| (at as u32, n)));
    let of_logs = logs.iter().enumerate().map(|(number, (span, _))| {
        (*span, tree.spans[*span as usize].span.events.len() as u32 + number as u32)
    });
    let mut events = Groups::new(tree.len(), own.chain(of_logs));
    events.sort_within(|span, number| {
        let sent = occurrence(tree, logs, span, number).map_or(Timestamp::ZERO, |it| it.time);
        times[span as usize].place(sent)
    });
    events
}

fn depths(tree: &Tree, children: &Groups) -> Vec<Depth> {
    let mut depths = vec![Depth::default(); tree.len()];
    for span in tree.parents_first(children) {
        let Some(parent) = tree.parents[span as usize] else { continue };
        let above = depths[parent as usize];
        let (own, other) = (&tree.spans[span as usize].span, &tree.spans[parent as usize].span);
        let same = Arc::ptr_eq(&own.resource, &other.resource) || own.service() == other.service();
        let hop = u32::from(!same);
        depths[span as usize] = Depth { spans: above.spans + 1, hops: above.hops + hop };
    }
    depths
}

fn figures_of(tree: &Tree, snapshot: &Snapshot) -> HashMap<source::FunctionKey, Figures> {
    let mut figures = HashMap::new();
    for function in tree.spans.iter().filter_map(|placed| placed.placement.function.as_ref()) {
        if !figures.contains_key(function) {
            figures.insert(function.clone(), snapshot.figures(function).unwrap_or_default());
        }
    }
    figures.retain(|_, figures| figures.calls > 0);
    figures
}

/// The name under which a function is known to readers: its path of names, without the file.
pub(crate) fn function_name(placement: &Placement) -> Option<SmolStr> {
    placement.is_shown().then(|| placement.function.as_ref().map(|key| key.path.clone())).flatten()
}
