//! What arriving spans and logs do to the state: kept, counted by shape, and tied to their parents.

use std::{mem, sync::Arc};

use attribution::ShapeId;
use model::{Batch, LogRecord, Resource, SpanId, SpanKind, SpanView, StatusCode, Timestamp, Weight};
use store::{Inserted, Observation, Recorded, Stored, Trace};

use crate::{CallEdge, Calls, Effects, Telemetry, World, failures};

/// Edges known by name may exceed those with figures by this factor before they are cleaned up.
const EDGE_SLACK: usize = 2;

/// What counting needs of a span that was kept.
struct Kept {
    own: Observation,
    /// Spans that have not ended are not counted.
    has_ended: bool,
    parent: Option<SpanId>,
    kind: SpanKind,
    resource: Arc<Resource>,
    shape: ShapeId,
    sequence: u64,
}

/// A batch being taken in.
struct Intake {
    now: Timestamp,
    /// The last arrival before it.
    known: u64,
    shapes: usize,
    kept: Vec<Kept>,
    effects: Effects,
}

impl World {
    /// Takes in one batch. Duplicates change nothing.
    pub(crate) fn take_batch(&mut self, batch: Batch, now: Timestamp) -> Effects {
        self.state.status.refuse(batch.refused);
        let mut intake = self.begin(batch.spans.len(), now);
        for span in batch.spans {
            span.with_view(|view| self.take_span(view, &mut intake));
        }
        self.finish(intake, batch.logs)
    }

    /// As [`World::take_batch`]; spans are read where they lie.
    pub(crate) fn take_telemetry(&mut self, telemetry: Telemetry, now: Timestamp) -> Effects {
        self.state.status.refuse(telemetry.refused);
        let mut intake = self.begin(telemetry.spans.len(), now);
        let mut senders = mem::take(&mut self.senders);
        telemetry.spans.each(&mut senders, |view| self.take_span(view, &mut intake));
        self.senders = senders;
        self.finish(intake, telemetry.logs)
    }

    /// Counts every kept span again, as if all had arrived in one batch: after the window changed.
    pub(crate) fn count_again(&mut self, now: Timestamp) {
        let store = self.state.store.clone();
        let outside = self.state.status.outside_window;
        self.state.calls = Calls::default();
        // One at a time: all of them whole would take many times what they take kept.
        for trace in store.all_traces() {
            for stored in trace.spans() {
                let (shape, sequence) = (ShapeId(stored.tag), stored.sequence);
                let kept = stored.span().with_view(|view| {
                    let kept = Kept::new(view, shape, sequence, now);
                    self.count_failures(view, &kept);
                    kept
                });
                self.count(&kept, Some(trace), 0, now);
            }
        }
        self.state.status.outside_window = outside;
    }

    fn begin(&mut self, spans: usize, now: Timestamp) -> Intake {
        let (known, shapes) = (self.state.store.latest(), self.state.table.len());
        Intake { now, known, shapes, kept: Vec::with_capacity(spans), effects: Effects::default() }
    }

    /// Places and keeps one span.
    fn take_span(&mut self, span: &SpanView<'_>, intake: &mut Intake) {
        let now = intake.now;
        let shape = self.state.table.intern_view(span, &self.state.index);
        if self.state.store.insert(span, shape.0, now) != Inserted::New {
            return;
        }
        intake.effects.files.extend(self.places.count(&mut self.state, shape));
        let kept = Kept::new(span, shape, self.state.store.latest(), now);
        self.count_failures(span, &kept);
        intake.kept.push(kept);
    }

    /// Counts what a span says of its own failure.
    fn count_failures(&mut self, span: &SpanView<'_>, kept: &Kept) {
        if kept.has_ended {
            self.state.failures.record_span(kept.shape, span, kept.own);
        }
    }

    /// Counts what was kept of a batch, and takes in its log records.
    fn finish(&mut self, intake: Intake, logs: Vec<LogRecord>) -> Effects {
        let Intake { now, known, shapes, kept, mut effects } = intake;
        self.is_stale |= self.state.table.len() > shapes;
        self.state.store.settle();
        self.count_all(&kept, known, now);
        for record in logs {
            self.take_log(record, now);
        }
        if self.state.calls.len() > EDGE_SLACK * self.state.by_edge.len() + 1024 {
            self.state.calls = self.state.by_edge.keys().copied().collect();
        }
        if !kept.is_empty() {
            effects.first = self.state.status.last_span == Timestamp::ZERO;
            effects.figures = true;
            effects.spans = kept.len() as u64;
            self.state.status.last_span = now;
        }
        effects
    }

    fn count_all(&mut self, kept: &[Kept], known: u64, now: Timestamp) {
        // Spans of one trace tend to come together.
        for together in kept.chunk_by(|a, b| a.own.trace_id == b.own.trace_id) {
            let trace = together.first().and_then(|new| self.state.store.trace(new.own.trace_id)).cloned();
            for new in together {
                self.count(new, trace.as_deref(), known, now);
            }
        }
    }

    /// Counts one kept span: by shape, as its parent's child, and as the parent of children that came before this batch
    /// (those numbered up to `known`).
    fn count(&mut self, new: &Kept, trace: Option<&Trace>, known: u64, now: Timestamp) {
        let Kept { own, shape, .. } = new;
        if new.has_ended {
            self.state.by_shape.record(*shape, *own);
            self.last_end = self.last_end.max(own.end);
            self.state.status.outside_window += u64::from(now.since(own.end) > self.state.window);
        }
        let Some(trace) = trace else { return };
        if new.has_ended
            && let Some(parent) = parent_of(trace, new)
        {
            self.count_call(ShapeId(parent.tag), *shape, *own);
        }
        if trace.get(0).is_some_and(|first| first.sequence <= known) {
            for child in waiting(trace, new, known).filter(|child| child.end() != Timestamp::ZERO) {
                self.count_call(*shape, ShapeId(child.tag), observe(&child, now));
            }
        }
        if trace.log_count() > 0 {
            for record in trace.logs_of(own.span_id) {
                self.count_log(*shape, *own, &record, now);
            }
        }
    }

    fn count_call(&mut self, parent: ShapeId, child: ShapeId, observation: Observation) {
        let edge = CallEdge { parent, child };
        if self.state.by_edge.record(edge, observation) == Recorded::First {
            self.state.calls.insert(edge);
        }
    }

    fn take_log(&mut self, record: LogRecord, now: Timestamp) {
        if self.state.store.insert_log(record.clone(), now) != Inserted::New {
            return;
        }
        let Some(span_id) = record.span_id else { return };
        let found = self.state.store.span(record.trace_id, span_id);
        if let Some((tag, own)) = found.map(|stored| (stored.tag, observe(&stored, now))) {
            self.count_log(ShapeId(tag), own, &record, now);
        }
    }

    /// Counts an exception that was logged in a span that says `own` of itself.
    fn count_log(&mut self, shape: ShapeId, own: Observation, record: &LogRecord, now: Timestamp) {
        if failures::is_exception(record) {
            let observation = Observation { end: record.time.min(now), ..own };
            self.state.failures.record_log(shape, record, observation);
        }
    }
}

impl Kept {
    fn new(span: &SpanView<'_>, shape: ShapeId, sequence: u64, now: Timestamp) -> Kept {
        let own = Observation {
            trace_id: span.trace_id,
            span_id: span.span_id,
            end: credible(span.end, now),
            duration: span.end.since(span.start),
            is_error: span.status == StatusCode::Error,
            weight: Weight::of_trace_state(span.trace_state),
        };
        let has_ended = span.end != Timestamp::ZERO;
        let resource = span.resource.clone();
        Kept { own, has_ended, parent: span.parent, kind: span.kind, resource, shape, sequence }
    }
}

/// Spans numbered up to `known` whose parent `new` turns out to be: its children, unless the other half of a shared id
/// came first and has them already, and its serving half.
fn waiting<'a>(trace: &'a Trace, new: &'a Kept, known: u64) -> impl Iterator<Item = Stored<'a>> {
    let id = new.own.span_id;
    let is_first_half = trace.with_id(id).all(|other| other.sequence >= new.sequence);
    let children = trace.children(id).filter(move |_| is_first_half);
    let serving = trace.with_id(id).filter(|other| is_calling(new.kind, other.kind()));
    children.chain(serving).filter(move |child| child.sequence <= known)
}

/// What is counted of a kept span.
fn observe(stored: &Stored<'_>, now: Timestamp) -> Observation {
    Observation {
        trace_id: stored.trace_id(),
        span_id: stored.span_id(),
        end: credible(stored.end(), now),
        duration: stored.duration(),
        is_error: stored.is_error(),
        weight: stored.weight(),
    }
}

/// Nothing ends after it arrives, whatever its clock says: otherwise one sender's clock would push everybody's figures
/// out of the window.
fn credible(end: Timestamp, now: Timestamp) -> Timestamp {
    end.min(now)
}

/// The kept span that caused `new`. Of the two halves of a shared id it is the one in the same service; the serving
/// half's own parent is the calling half.
fn parent_of<'a>(trace: &'a Trace, new: &Kept) -> Option<Stored<'a>> {
    if matches!(new.kind, SpanKind::Server | SpanKind::Consumer) {
        let calling_half = trace.with_id(new.own.span_id).find(|other| is_calling(other.kind(), new.kind));
        if calling_half.is_some() {
            return calling_half;
        }
    }
    let mut halves = trace.with_id(new.parent?).filter(|half| half.span_id() != new.own.span_id);
    let first = halves.next()?;
    Some(halves.fold(first, |best, half| {
        let service = new.resource.service();
        if best.service() != service && half.service() == service { half } else { best }
    }))
}

/// Whether of two spans with one id, as Zipkin has them, the one of `kind` is the caller of the one of `other`.
fn is_calling(kind: SpanKind, other: SpanKind) -> bool {
    matches!(other, SpanKind::Server | SpanKind::Consumer)
        && matches!(kind, SpanKind::Client | SpanKind::Producer)
}

#[cfg(test)]
mod tests;
