//! What arriving spans and logs do to the state: kept, counted by shape, and tied to their parents.

use std::sync::Arc;

use attribution::ShapeId;
use model::{Batch, LogRecord, Span, Timestamp};
use store::{Inserted, Observation, Recorded, Stored, Trace, tree::Leaf};

use crate::{CallEdge, Calls, Effects, World, failures};

/// Edges known by name may exceed those with figures by this factor before they are cleaned up.
const EDGE_SLACK: usize = 2;

/// A span that was kept.
struct Kept {
    span: Arc<Span>,
    shape: ShapeId,
    sequence: u64,
}

impl World {
    /// Takes in one batch. Duplicates change nothing.
    pub(crate) fn take_batch(&mut self, batch: Batch, now: Timestamp) -> Effects {
        self.state.status.refuse(batch.refused);
        let mut effects = Effects::default();
        let known = self.state.store.latest();
        let shapes = self.state.table.len();
        let mut kept = Vec::with_capacity(batch.spans.len());
        for span in batch.spans {
            let shape = self.state.table.intern(&span, &self.state.index);
            let inserted = span.with_view(|view| self.state.store.insert(view, shape.0, now));
            if inserted == Inserted::New {
                effects.files.extend(self.places.count(&mut self.state, shape));
                kept.push(Kept { span, shape, sequence: self.state.store.latest() });
            }
        }
        self.is_stale |= self.state.table.len() > shapes;
        self.state.store.settle();
        self.count_all(&kept, known, now);
        for record in batch.logs {
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

    /// Counts every kept span again, as if all had arrived in one batch: after the window changed.
    pub(crate) fn count_again(&mut self, now: Timestamp) {
        let store = self.state.store.clone();
        let outside = self.state.status.outside_window;
        self.state.calls = Calls::default();
        // One at a time: all of them whole would take many times what they take kept.
        for trace in store.all_traces() {
            for stored in trace.spans() {
                let (shape, sequence) = (ShapeId(stored.tag), stored.sequence);
                self.count(&Kept { span: Arc::new(stored.span()), shape, sequence }, Some(trace), 0, now);
            }
        }
        self.state.status.outside_window = outside;
    }

    fn count_all(&mut self, kept: &[Kept], known: u64, now: Timestamp) {
        // Spans of one trace tend to come together.
        for together in kept.chunk_by(|a, b| a.span.trace_id == b.span.trace_id) {
            let trace = together.first().and_then(|new| self.state.store.trace(new.span.trace_id)).cloned();
            for new in together {
                self.count(new, trace.as_deref(), known, now);
            }
        }
    }

    /// Counts one kept span: by shape, as its parent's child, as the parent of children that came before this batch
    /// (those numbered up to `known`), and by what went wrong in it.
    fn count(&mut self, new: &Kept, trace: Option<&Trace>, known: u64, now: Timestamp) {
        let Kept { span, shape, .. } = new;
        let own = observe(span, now);
        if let Some(own) = own {
            self.state.by_shape.record(*shape, own);
            self.last_end = self.last_end.max(own.end);
            self.state.status.outside_window += u64::from(now.since(own.end) > self.state.window);
            self.state.failures.record_span(*shape, span, own);
        }
        let Some(trace) = trace else { return };
        if let (Some(own), Some(parent)) = (own, parent_of(trace, span)) {
            self.count_call(ShapeId(parent.tag), *shape, own);
        }
        for child in waiting(trace, new, known) {
            if let Some(observation) = observe_kept(&child, now) {
                self.count_call(*shape, ShapeId(child.tag), observation);
            }
        }
        if trace.log_count() > 0 {
            for record in trace.logs_of(span.span_id) {
                self.count_log(*shape, span, &record, now);
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
        if let Some((tag, span)) = found.map(|stored| (stored.tag, stored.span())) {
            self.count_log(ShapeId(tag), &span, &record, now);
        }
    }

    fn count_log(&mut self, shape: ShapeId, span: &Span, record: &LogRecord, now: Timestamp) {
        if !failures::is_exception(record) {
            return;
        }
        let observation = Observation {
            trace_id: span.trace_id,
            span_id: span.span_id,
            end: record.time.min(now),
            duration: span.duration(),
            is_error: span.is_error(),
        };
        self.state.failures.record_log(shape, record, observation);
    }
}

/// Spans numbered up to `known` whose parent `new` turns out to be: its children, unless the other half of a shared id
/// came first and has them already, and its serving half.
fn waiting<'a>(trace: &'a Trace, new: &'a Kept, known: u64) -> impl Iterator<Item = Stored<'a>> {
    let span = &new.span;
    let is_first_half = trace.with_id(span.span_id).all(|other| other.sequence >= new.sequence);
    let children = trace.children(span.span_id).filter(move |_| is_first_half);
    let serving = trace
        .with_id(span.span_id)
        .filter(|other| store::tree::is_shared_parent(Leaf::from(&**span), *other));
    children.chain(serving).filter(move |child| child.sequence <= known)
}

/// What is counted of a span; `None` while it has not ended. Nothing ends after it arrives, whatever its clock says:
/// otherwise one sender's clock would push everybody's figures out of the window.
fn observe(span: &Span, now: Timestamp) -> Option<Observation> {
    (span.end != Timestamp::ZERO).then(|| Observation {
        trace_id: span.trace_id,
        span_id: span.span_id,
        end: span.end.min(now),
        duration: span.duration(),
        is_error: span.is_error(),
    })
}

/// The same of a span that is kept, which need not be made whole for it.
fn observe_kept(stored: &Stored<'_>, now: Timestamp) -> Option<Observation> {
    (stored.end() != Timestamp::ZERO).then(|| Observation {
        trace_id: stored.trace_id(),
        span_id: stored.span_id(),
        end: stored.end().min(now),
        duration: stored.duration(),
        is_error: stored.is_error(),
    })
}

/// The kept span that caused `span`. Of the two halves of a shared id it is the one in the same service; the serving
/// half's own parent is the calling half.
fn parent_of<'a>(trace: &'a Trace, span: &Span) -> Option<Stored<'a>> {
    let calling_half =
        trace.with_id(span.span_id).find(|other| store::tree::is_shared_parent(Leaf::from(*other), span));
    if calling_half.is_some() {
        return calling_half;
    }
    let mut halves = trace.with_id(span.parent?).filter(|half| half.span_id() != span.span_id);
    let first = halves.next()?;
    let service = span.service();
    Some(halves.fold(
        first,
        |best, half| {
            if best.service() != service && half.service() == service { half } else { best }
        },
    ))
}

#[cfg(test)]
mod tests;
