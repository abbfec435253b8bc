//! The spans themselves, by trace and in order of arrival, within a budget of bytes.

use std::{cmp::Reverse, collections::BinaryHeap, sync::Arc};

use imbl::{HashMap, Vector};
use model::{LogRecord, SmolStr, Span, SpanId, Timestamp, TraceId};

use crate::{
    Counters, Limits, Query, Stored, Trace, TraceSummary,
    trace::PER_TRACE,
    trace_index::{Recency, TraceIndex},
};

/// Traces that may stand wrong in the order of time before they are put right unasked.
const MAX_UNSETTLED: usize = 4096;

/// Bounded memory of spans. Cloning costs a few pointers, so a clone serves as a snapshot.
#[derive(Clone, Debug)]
pub struct Store {
    limits: Limits,
    counters: Counters,
    traces: HashMap<TraceId, Arc<Trace>>,
    index: TraceIndex,
    arrivals: Vector<Arrival>,
    /// Position of the last span or log kept.
    latest: u64,
    oldest: Oldest,
}

/// What became of an offered span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// It is new and kept.
    New,
    /// It was here already; nothing changed.
    Duplicate,
    /// Its trace is full; counted and dropped.
    Dropped,
}

/// Where the span numbered `sequence` is, if it still is.
#[derive(Clone, Copy, Debug)]
struct Arrival {
    sequence: u64,
    trace_id: TraceId,
    at: u32,
}

/// Traces by last arrival, the oldest on top. An entry may lag behind its trace: it is put right when it comes up,
/// so that a span costs nothing here. Only the writer needs it, so a clone begins without and makes it anew.
#[derive(Debug, Default)]
struct Oldest(Option<BinaryHeap<Reverse<(u64, TraceId)>>>);

impl Clone for Oldest {
    fn clone(&self) -> Oldest {
        Oldest(None)
    }
}

impl Store {
    /// Empty, with `limits`.
    pub fn new(limits: Limits) -> Store {
        Store {
            limits,
            counters: Counters::default(),
            traces: HashMap::new(),
            index: TraceIndex::default(),
            arrivals: Vector::new(),
            latest: 0,
            oldest: Oldest(Some(BinaryHeap::new())),
        }
    }

    /// Keeps `span`, making room by letting the oldest traces go. `tag` is the caller's.
    ///
    /// Idempotent: a span is known by its trace, its id and its kind, whatever else it says.
    pub fn insert(&mut self, span: Arc<Span>, tag: u32, now: Timestamp) -> Inserted {
        self.counters.received += 1;
        let trace_id = span.trace_id;
        let known = self.traces.get_mut(&trace_id);
        if known.as_ref().is_some_and(|trace| trace.same(span.span_id, span.kind).is_some()) {
            self.counters.duplicate += 1;
            return Inserted::Duplicate;
        }
        let (cost, held, count) = match &known {
            Some(trace) => (trace.cost_of(&span), trace.facts.bytes, trace.spans.len()),
            None => (PER_TRACE + Trace::default().cost_of(&span), 0, 0),
        };
        if count >= self.limits.max_spans_per_trace || held + cost > self.limits.max_bytes {
            self.counters.dropped += 1;
            return Inserted::Dropped;
        }
        self.latest += 1;
        let stored = Stored { span, tag, sequence: self.latest };
        let news = match known {
            Some(trace) => Arc::make_mut(trace).push(stored, cost, now),
            None => self.begin(trace_id).push(stored, cost, now),
        };
        self.arrivals.push_back(Arrival { sequence: self.latest, trace_id, at: count as u32 });
        self.index.note(trace_id, tag, news);
        self.counters.kept += 1;
        self.counters.bytes += cost;
        self.make_room(Some(trace_id));
        if self.index.unsettled() >= MAX_UNSETTLED {
            self.settle();
        }
        Inserted::New
    }

    /// Keeps a log record with its trace, whether or not spans of it have arrived.
    pub fn insert_log(&mut self, record: LogRecord, now: Timestamp) -> Inserted {
        self.counters.logs.received += 1;
        let trace_id = record.trace_id;
        let (cost, held, count) = match self.traces.get(&trace_id) {
            Some(trace) => (trace.cost_of_log(&record), trace.facts.bytes, trace.logs.len()),
            None => (PER_TRACE + Trace::default().cost_of_log(&record), 0, 0),
        };
        if count >= self.limits.max_spans_per_trace || held + cost > self.limits.max_bytes {
            self.counters.logs.dropped += 1;
            return Inserted::Dropped;
        }
        self.latest += 1;
        let latest = self.latest;
        let trace = match self.traces.get_mut(&trace_id) {
            Some(trace) => Arc::make_mut(trace),
            None => self.begin(trace_id),
        };
        if !trace.notes_log(&record) {
            self.counters.logs.duplicate += 1;
            return Inserted::Duplicate;
        }
        trace.push_log(record, cost, latest, now);
        self.counters.logs.kept += 1;
        self.counters.bytes += cost;
        self.make_room(Some(trace_id));
        Inserted::New
    }

    /// Brings the order of traces by time up to date: worth calling after a batch, and correct to leave out.
    pub fn settle(&mut self) {
        for trace_id in self.index.take_moved() {
            let Some(trace) = self.traces.get_mut(&trace_id).map(Arc::make_mut) else {
                continue;
            };
            let new = trace.recency();
            let old = trace.facts.recency.replace(new);
            trace.facts.is_moved = false;
            self.index.place(old, new);
        }
    }

    /// Keeps more or less from now on.
    pub fn set_limits(&mut self, limits: Limits) {
        self.limits = limits;
        self.make_room(None);
    }

    /// What is here of one trace.
    pub fn trace(&self, trace_id: TraceId) -> Option<&Arc<Trace>> {
        self.traces.get(&trace_id)
    }

    /// One span of a trace; of a shared id the first to arrive.
    pub fn span(&self, trace_id: TraceId, span_id: SpanId) -> Option<&Stored> {
        self.trace(trace_id)?.span(span_id)
    }

    /// Traces that `query` wants, newest first: by the end of their latest span.
    pub fn traces(&self, query: &Query) -> Vec<TraceSummary> {
        if self.index.unsettled() > 0 {
            let mut settled = self.clone();
            settled.settle();
            return settled.traces(query);
        }
        let recency_of = |trace_id: &TraceId| -> Option<Recency> { self.traces.get(trace_id)?.facts.recency };
        let limit = if query.limit == 0 { usize::MAX } else { query.limit };
        self.index
            .candidates(query, recency_of)
            .filter_map(|trace_id| self.traces.get(&trace_id))
            .filter(|trace| query.wants(trace))
            .filter_map(|trace| trace.summary())
            .take(limit)
            .collect()
    }

    /// Spans that arrived after the one numbered `sequence`, oldest first, at most `limit`.
    pub fn after(&self, sequence: u64, limit: usize) -> Vec<Stored> {
        let found = self.arrivals.binary_search_by(|arrival| arrival.sequence.cmp(&sequence));
        let from = found.map_or_else(|at| at, |at| at + 1);
        let later = self.arrivals.focus().narrow(from..);
        later.into_iter().filter_map(|arrival| self.arrived(arrival)).take(limit).cloned().collect()
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

    /// Every kept span, trace by trace in no particular order.
    pub fn spans(&self) -> impl Iterator<Item = &Stored> {
        self.traces.values().flat_map(|trace| trace.spans.iter())
    }

    /// How many traces are here, those of which only logs have arrived included.
    pub fn trace_count(&self) -> usize {
        self.traces.len()
    }

    /// What was seen, kept and lost.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    fn arrived(&self, arrival: &Arrival) -> Option<&Stored> {
        let stored = self.traces.get(&arrival.trace_id)?.spans.get(arrival.at as usize)?;
        (stored.sequence == arrival.sequence).then_some(stored)
    }

    fn begin(&mut self, trace_id: TraceId) -> &mut Trace {
        if let Some(heap) = &mut self.oldest.0 {
            heap.push(Reverse((self.latest, trace_id)));
        }
        let mut trace = Trace::default();
        trace.facts.latest = self.latest;
        Arc::make_mut(self.traces.entry(trace_id).or_insert(Arc::new(trace)))
    }

    /// Lets the oldest traces go until the budget holds, all but `spared`.
    fn make_room(&mut self, spared: Option<TraceId>) {
        if self.counters.bytes <= self.limits.max_bytes {
            return;
        }
        let traces = &self.traces;
        let mut heap = self.oldest.0.take().unwrap_or_else(|| {
            traces.iter().map(|(trace_id, trace)| Reverse((trace.facts.latest, *trace_id))).collect()
        });
        let mut passed_over = None;
        while self.counters.bytes > self.limits.max_bytes {
            let Some(Reverse((noted, trace_id))) = heap.pop() else {
                break;
            };
            let Some(trace) = self.traces.get(&trace_id) else {
                continue;
            };
            if trace.facts.latest != noted {
                heap.push(Reverse((trace.facts.latest, trace_id)));
            } else if Some(trace_id) == spared {
                passed_over = Some(Reverse((noted, trace_id)));
            } else {
                self.evict(trace_id);
            }
        }
        heap.extend(passed_over);
        self.oldest.0 = Some(heap);
        self.trim_arrivals();
    }

    fn evict(&mut self, trace_id: TraceId) {
        let Some(trace) = self.traces.remove(&trace_id) else {
            return;
        };
        self.index.remove(&trace, &self.traces);
        self.counters.bytes -= trace.facts.bytes;
        self.counters.kept -= trace.spans.len() as u64;
        self.counters.evicted += trace.spans.len() as u64;
        self.counters.logs.kept -= trace.logs.len() as u64;
        self.counters.logs.evicted += trace.logs.len() as u64;
    }

    /// Forgets arrivals of spans that left: at once at the front, in the middle when they are the majority.
    fn trim_arrivals(&mut self) {
        while self.arrivals.front().is_some_and(|arrival| self.arrived(arrival).is_none()) {
            self.arrivals.pop_front();
        }
        if self.arrivals.len() as u64 > 2 * self.counters.kept + 1024 {
            let live = self.arrivals.iter().filter(|arrival| self.arrived(arrival).is_some()).copied();
            self.arrivals = live.collect();
        }
    }
}

#[cfg(test)]
mod tests;
