//! The spans themselves, by trace and in order of arrival, within a budget of bytes.

use std::{cmp::Reverse, fmt, mem::size_of, sync::Arc};

use imbl::{HashMap, Vector};
use model::{LogRecord, SmolStr, SpanId, SpanView, Timestamp, TraceId};

use crate::{
    Counters, Limits, Query, Stored, Trace, TraceSummary,
    arrivals::{Arrivals, Run},
    lexicon::Lexicon,
    logs,
    record::{Base, Packer},
    trace::{Growth, Packed},
    trace_index::{Recency, TraceIndex},
    writer::{Writer, Writing},
};

/// Traces that may stand wrong in the order of time before they are put right unasked.
const MAX_UNSETTLED: usize = 4096;
/// A record buffer larger than this is not kept for the next record.
const MAX_SCRATCH: usize = 64 << 10;

/// Bounded memory of spans. Cloning costs a few pointers, so a clone serves as a snapshot.
///
/// Spans are kept as bytes, some hundred each: words, resources and scopes that they have in common are kept once.
#[derive(Clone, Debug)]
pub struct Store {
    limits: Limits,
    counters: Counters,
    /// Where each trace is among `traces`.
    slots: HashMap<TraceId, u32>,
    traces: Vector<Option<Arc<Trace>>>,
    index: TraceIndex,
    arrivals: Arrivals,
    lexicon: Lexicon,
    /// Bytes charged to traces.
    of_traces: usize,
    /// Bytes charged to pinned traces.
    pinned: usize,
    /// Position of the last span or log kept.
    latest: u64,
    writing: Writing,
}

/// What became of an offered span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// It is new and kept.
    New,
    /// It was here already; nothing changed.
    Duplicate,
    /// Its trace is full, or there is no room beside what is pinned; counted and dropped.
    Dropped,
}

/// Why a trace cannot be pinned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinError {
    /// It is not here.
    Unknown,
    /// With what is pinned already it would take more than three quarters of the budget.
    TooMuch {
        /// Bytes that all pinned traces would take.
        wanted: usize,
        /// Bytes that pinned traces may take.
        allowed: usize,
    },
}

impl Store {
    /// Empty, with `limits`.
    pub fn new(limits: Limits) -> Store {
        Store {
            limits,
            counters: Counters::default(),
            slots: HashMap::new(),
            traces: Vector::new(),
            index: TraceIndex::default(),
            arrivals: Arrivals::default(),
            lexicon: Lexicon::new(limits.max_bytes),
            of_traces: 0,
            pinned: 0,
            latest: 0,
            writing: Writing::default(),
        }
    }

    /// Keeps `span`, making room by letting the oldest traces go. `tag` is the caller's.
    ///
    /// Idempotent: a span is known by its trace, its id and its kind, whatever else it says.
    pub fn insert(&mut self, span: &SpanView<'_>, tag: u32, now: Timestamp) -> Inserted {
        let mut writer = self.writing.take(&self.traces);
        let inserted = self.insert_with(&mut writer, span, tag, now);
        self.put_back(writer);
        match inserted {
            Inserted::New => self.counters.kept += 1,
            Inserted::Duplicate => self.counters.duplicate += 1,
            Inserted::Dropped => self.counters.dropped += 1,
        }
        self.counters.received += 1;
        self.after_insert(inserted, span.trace_id);
        inserted
    }

    /// Keeps a log record with its trace, whether or not spans of it have arrived.
    pub fn insert_log(&mut self, record: LogRecord, now: Timestamp) -> Inserted {
        let mut writer = self.writing.take(&self.traces);
        let inserted = self.insert_log_with(&mut writer, &record, now);
        self.put_back(writer);
        let counters = &mut self.counters.logs;
        match inserted {
            Inserted::New => counters.kept += 1,
            Inserted::Duplicate => counters.duplicate += 1,
            Inserted::Dropped => counters.dropped += 1,
        }
        counters.received += 1;
        self.after_insert(inserted, record.trace_id);
        inserted
    }

    /// Brings the order of traces by time up to date and gives back room: worth calling after a batch, and correct to
    /// leave out.
    pub fn settle(&mut self) {
        for slot in self.index.take_touched() {
            let Some(trace) = self.traces.get_mut(slot as usize).and_then(Option::as_mut).map(Arc::make_mut)
            else {
                continue;
            };
            trace.facts.is_touched = false;
            trace.tighten();
            let bytes = trace.footprint();
            let before = std::mem::replace(&mut trace.facts.bytes, bytes);
            let is_pinned = trace.facts.is_pinned;
            if !trace.is_empty() {
                let new = trace.recency(slot);
                let old = trace.facts.recency.replace(new);
                self.index.place(old, new);
            }
            self.charge(before, bytes, is_pinned);
        }
        if let Some(writer) = &mut self.writing.0 {
            writer.senders.forget_recent();
        }
        self.measure();
    }

    /// Keeps more or less from now on. Pins that do not fit are undone.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
        self.lexicon.set_budget(limits.max_bytes);
        self.make_room(None);
    }

    /// Keeps a trace until it is unpinned, whatever else has to go.
    ///
    /// # Errors
    /// When it is not here, or when pinned traces would take more than three quarters of the budget.
    pub fn pin(&mut self, trace_id: TraceId) -> Result<(), PinError> {
        let trace = self.trace(trace_id).ok_or(PinError::Unknown)?;
        if trace.is_pinned() {
            return Ok(());
        }
        let (wanted, allowed) = (self.pinned + trace.facts.bytes, self.limits.max_bytes / 4 * 3);
        if wanted > allowed {
            return Err(PinError::TooMuch { wanted, allowed });
        }
        self.set_pinned(trace_id, true);
        Ok(())
    }

    /// Lets a trace go again when it is its turn.
    pub fn unpin(&mut self, trace_id: TraceId) {
        if self.trace(trace_id).is_some_and(|trace| trace.is_pinned()) {
            self.set_pinned(trace_id, false);
        }
    }

    /// What is here of one trace.
    pub fn trace(&self, trace_id: TraceId) -> Option<&Arc<Trace>> {
        self.in_slot(*self.slots.get(&trace_id)?)
    }

    /// One span of a trace; of a shared id the first to arrive.
    pub fn span(&self, trace_id: TraceId, span_id: SpanId) -> Option<Stored<'_>> {
        self.trace(trace_id)?.span(span_id)
    }

    /// Traces that `query` wants, newest first: by the end of their latest span.
    pub fn traces(&self, query: &Query) -> Vec<TraceSummary> {
        if self.index.unsettled() > 0 {
            let mut settled = self.clone();
            settled.settle();
            return settled.traces(query);
        }
        let recency_of = |slot: &u32| -> Option<Recency> { self.in_slot(*slot)?.facts.recency };
        let limit = if query.limit == 0 { usize::MAX } else { query.limit };
        self.index
            .candidates(query, recency_of)
            .filter_map(|slot| self.in_slot(slot))
            .filter(|trace| query.wants(trace))
            .filter_map(|trace| trace.summary())
            .take(limit)
            .collect()
    }

    /// Spans that arrived after the one numbered `sequence`, oldest first, at most `limit`.
    pub fn after(&self, sequence: u64, limit: usize) -> Vec<Stored<'_>> {
        let runs = self.arrivals.after(sequence).filter_map(|run| Some((run, self.of_run(&run)?)));
        let spans =
            runs.flat_map(|(run, trace)| (run.at..run.at + run.count).map(|at| trace.get(at as usize)));
        spans.flatten().filter(|stored| stored.sequence > sequence).take(limit).collect()
    }

    /// Number of the latest arrival; 0 while nothing came.
    pub fn latest(&self) -> u64 {
        self.latest
    }

    /// Services of the traces that are here, ordered by name.
    pub fn services(&self) -> Vec<SmolStr> {
        self.index.services().map(|(service, _)| service.clone()).collect()
    }

    /// Services with the number of traces they took part in, ordered by name.
    pub fn trace_counts(&self) -> Vec<(SmolStr, usize)> {
        self.index.services().map(|(service, traces)| (service.clone(), traces)).collect()
    }

    /// Every trace, in no particular order.
    pub fn all_traces(&self) -> impl Iterator<Item = &Arc<Trace>> {
        self.traces.iter().flatten()
    }

    /// Every kept span, trace by trace in no particular order.
    pub fn spans(&self) -> impl Iterator<Item = Stored<'_>> {
        self.all_traces().flat_map(|trace| trace.spans())
    }

    /// How many traces are here, those of which only logs have arrived included.
    pub fn trace_count(&self) -> usize {
        self.slots.len()
    }

    /// What was seen, kept and lost.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    fn insert_with(
        &mut self,
        writer: &mut Writer,
        span: &SpanView<'_>,
        tag: u32,
        now: Timestamp,
    ) -> Inserted {
        let trace_id = span.trace_id;
        let slot = self.slot_of(writer, trace_id);
        let known = slot.and_then(|slot| self.in_slot(slot));
        if known.is_some_and(|trace| trace.has(span.span_id, span.kind)) {
            return Inserted::Duplicate;
        }
        let sequence = self.latest + 1;
        let sender = writer.senders.of(span.resource, span.scope);
        let own = Base { time: span.start.0, sequence };
        let words = self.lexicon.words();
        let known = slot.and_then(|slot| self.traces.get(slot as usize)?.as_deref());
        let (base, place, count) = match known {
            Some(trace) => (trace.base(&words.generation, own), trace.place_of(&sender), trace.len()),
            None => (own, 0, 0),
        };
        writer.scratch.clear();
        let mut packer = Packer { words, out: &mut writer.scratch };
        packer.span(span, tag, sequence, place as u32, base);
        let generation = words.generation.clone();
        let growth = known.map_or(NEW_TRACE, |trace| trace.next_growth());
        if count >= self.limits.max_spans_per_trace || !self.has_room(writer, known, growth, sender.bytes()) {
            return Inserted::Dropped;
        }
        self.lexicon.wrote(writer.scratch.len());
        let slot = slot.unwrap_or_else(|| self.begin(writer, trace_id));
        self.latest = sequence;
        let is_new_run = self.arrivals.push(sequence, slot, count as u32);
        let Some(trace) = self.traces.get_mut(slot as usize).and_then(Option::as_mut).map(Arc::make_mut)
        else {
            return Inserted::Dropped;
        };
        let packed = Packed { record: &writer.scratch, base, words: &generation, sender: &sender };
        let news = trace.push(span, packed, tag, now);
        trace.facts.runs += u32::from(is_new_run);
        trace.facts.latest = sequence;
        let growth = trace.grew();
        if news.is_new_sender {
            writer.senders.hold(&sender);
        }
        self.index.note(slot, tag, news);
        self.charge_growth(slot, growth);
        Inserted::New
    }

    fn insert_log_with(&mut self, writer: &mut Writer, record: &LogRecord, now: Timestamp) -> Inserted {
        let trace_id = record.trace_id;
        let slot = self.slot_of(writer, trace_id);
        let sequence = self.latest + 1;
        let sender = writer.senders.of(&record.resource, &record.scope);
        let own = Base { time: record.time.0, sequence };
        let words = self.lexicon.words();
        let known = slot.and_then(|slot| self.traces.get(slot as usize)?.as_deref());
        let logs = known.and_then(|trace| trace.logs.as_deref());
        let base = logs.map_or(own, |logs| logs.base(&words.generation, own));
        let place = known.map_or(0, |trace| trace.place_of(&sender));
        writer.scratch.clear();
        Packer { words, out: &mut writer.scratch }.log(record, place as u32, base);
        let generation = words.generation.clone();
        let growth = known.map_or(NEW_TRACE, |_| 0) + logs.map_or(NEW_TRACE, |logs| logs.next_growth());
        let count = logs.map_or(0, |logs| logs.len());
        if count >= self.limits.max_spans_per_trace || !self.has_room(writer, known, growth, sender.bytes()) {
            return Inserted::Dropped;
        }
        let hash = logs::hash_of(record);
        if logs.is_some_and(|logs| logs.has(hash)) {
            return Inserted::Duplicate;
        }
        self.lexicon.wrote(writer.scratch.len());
        let slot = slot.unwrap_or_else(|| self.begin(writer, trace_id));
        self.latest = sequence;
        let Some(trace) = self.traces.get_mut(slot as usize).and_then(Option::as_mut).map(Arc::make_mut)
        else {
            return Inserted::Dropped;
        };
        let packed = Packed { record: &writer.scratch, base, words: &generation, sender: &sender };
        if trace.push_log(hash, packed, now) {
            writer.senders.hold(&sender);
        }
        trace.facts.latest = sequence;
        let growth = trace.grew();
        self.charge_growth(slot, growth);
        Inserted::New
    }

    /// Whether the trace with one more record fits into the budget, were it alone beside what is pinned and shared.
    fn has_room(&self, writer: &Writer, trace: Option<&Trace>, growth: usize, of_sender: usize) -> bool {
        let held = trace.map_or(0, |trace| trace.facts.bytes);
        let pinned = trace.filter(|trace| trace.is_pinned()).map_or(self.pinned, |_| self.pinned - held);
        // Written records grow by half at a time until the batch is over.
        let record = writer.scratch.len() + writer.scratch.len() / 2;
        let beside = pinned + self.lexicon.bytes() + of_sender;
        held + growth + record + beside <= self.limits.max_bytes
    }

    fn put_back(&mut self, mut writer: Box<Writer>) {
        if writer.scratch.capacity() > MAX_SCRATCH {
            writer.scratch = Vec::new();
        }
        self.writing.0 = Some(writer);
    }

    fn after_insert(&mut self, inserted: Inserted, trace_id: TraceId) {
        if inserted == Inserted::Duplicate {
            return;
        }
        self.make_room(Some(trace_id));
        if self.index.unsettled() >= MAX_UNSETTLED {
            self.settle();
        }
    }

    fn slot_of(&self, writer: &mut Writer, trace_id: TraceId) -> Option<u32> {
        let recent = writer.recent(trace_id);
        let is_it = |slot: &u32| self.in_slot(*slot).is_some_and(|trace| trace.id() == trace_id);
        if let Some(slot) = recent.filter(is_it) {
            return Some(slot);
        }
        let slot = self.slots.get(&trace_id).copied()?;
        writer.note(trace_id, slot);
        Some(slot)
    }

    fn in_slot(&self, slot: u32) -> Option<&Arc<Trace>> {
        self.traces.get(slot as usize)?.as_ref()
    }

    fn of_run(&self, run: &Run) -> Option<&Arc<Trace>> {
        let trace = self.in_slot(run.slot)?;
        trace.get(run.at as usize).is_some_and(|stored| stored.sequence == run.sequence).then_some(trace)
    }

    fn begin(&mut self, writer: &mut Writer, trace_id: TraceId) -> u32 {
        let trace = Some(Arc::new(Trace::new(trace_id)));
        let slot = writer.free.pop().unwrap_or(self.traces.len() as u32);
        match self.traces.get_mut(slot as usize) {
            Some(free) => *free = trace,
            None => self.traces.push_back(trace),
        }
        self.slots.insert(trace_id, slot);
        writer.note(trace_id, slot);
        writer.oldest.push(Reverse((self.latest, slot)));
        slot
    }

    /// Charges for what was added to the trace in `slot`.
    fn charge_growth(&mut self, slot: u32, growth: Growth) {
        self.charge(growth.before, growth.after, growth.is_pinned);
        if growth.is_first {
            self.index.touch(slot);
        }
    }

    fn charge(&mut self, before: usize, after: usize, is_pinned: bool) {
        self.of_traces = self.of_traces + after - before;
        if is_pinned {
            self.pinned = self.pinned + after - before;
        }
    }

    /// Brings the count of bytes up to date.
    fn measure(&mut self) {
        let of_writer = self.writing.0.as_ref().map_or(0, |writer| writer.bytes());
        self.counters.bytes = self.of_traces + self.lexicon.bytes() + self.index.bytes() + of_writer;
    }

    fn set_pinned(&mut self, trace_id: TraceId, is_pinned: bool) {
        let slot = self.slots.get(&trace_id).copied();
        let trace = slot.and_then(|slot| self.traces.get_mut(slot as usize)?.as_mut());
        let Some(facts) = trace.map(|trace| &mut Arc::make_mut(trace).facts) else { return };
        facts.is_pinned = is_pinned;
        self.pinned = if is_pinned { self.pinned + facts.bytes } else { self.pinned - facts.bytes };
    }

    /// Lets the oldest traces go until the budget holds: all but `spared` and those that are pinned, and those too when
    /// nothing else is left.
    fn make_room(&mut self, spared: Option<TraceId>) {
        self.measure();
        if self.counters.bytes <= self.limits.max_bytes {
            return;
        }
        let mut writer = self.writing.take(&self.traces);
        self.lexicon.sweep();
        let mut passed_over = Vec::new();
        while self.bytes_with(&writer) > self.limits.max_bytes {
            let Some(Reverse((noted, slot))) = writer.oldest.pop() else {
                break;
            };
            let Some(trace) = self.in_slot(slot) else {
                continue;
            };
            if trace.facts.latest != noted {
                let latest = trace.facts.latest;
                writer.oldest.push(Reverse((latest, slot)));
            } else if Some(trace.id()) == spared || trace.is_pinned() {
                passed_over.push(Reverse((noted, slot)));
            } else {
                self.evict(&mut writer, slot);
            }
        }
        // Nothing else is left: the words may be too many, then what was spared is too much.
        if self.bytes_with(&writer) > self.limits.max_bytes {
            self.lexicon.retire();
        }
        while self.bytes_with(&writer) > self.limits.max_bytes {
            let Some(Reverse((_, slot))) = passed_over.pop() else { break };
            self.evict(&mut writer, slot);
            self.lexicon.sweep();
        }
        writer.oldest.extend(passed_over);
        self.writing.0 = Some(writer);
        self.trim_arrivals();
        self.measure();
    }

    fn bytes_with(&self, writer: &Writer) -> usize {
        self.of_traces + self.lexicon.bytes() + self.index.bytes() + writer.bytes()
    }

    fn evict(&mut self, writer: &mut Writer, slot: u32) {
        let Some(trace) = self.traces.get_mut(slot as usize).and_then(Option::take) else {
            return;
        };
        self.slots.remove(&trace.id());
        writer.free.push(slot);
        trace.senders().iter().for_each(|sender| writer.senders.release(sender));
        self.index.remove(&trace, &self.traces);
        self.arrivals.leave(trace.facts.runs);
        self.charge(trace.facts.bytes, 0, trace.is_pinned());
        let (spans, logs) = (trace.len() as u64, trace.log_count() as u64);
        self.counters.kept -= spans;
        self.counters.evicted += spans;
        self.counters.logs.kept -= logs;
        self.counters.logs.evicted += logs;
    }

    /// Forgets arrivals of spans that left.
    fn trim_arrivals(&mut self) {
        let mut arrivals = std::mem::take(&mut self.arrivals);
        arrivals.trim(|run| self.of_run(run).is_some());
        self.arrivals = arrivals;
    }
}

/// What a trace that is not here yet costs at most beyond its record.
const NEW_TRACE: usize = 1_536 + size_of::<Trace>();

impl fmt::Display for PinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PinError::Unknown => {
                f.write_str("the trace is not here: it was never received, or it left to make room")
            }
            PinError::TooMuch { wanted, allowed } => write!(
                f,
                "pinned traces would take {wanted} bytes, of at most {allowed}: unpin another, or raise store.max_bytes"
            ),
        }
    }
}

impl std::error::Error for PinError {}

#[cfg(test)]
mod tests;
