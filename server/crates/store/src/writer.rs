//! What only the one who writes a store needs, made anew when a clone is written to.

use std::{cmp::Reverse, collections::BinaryHeap, hash::Hasher, sync::Arc};

use imbl::Vector;
use model::TraceId;
use rustc_hash::FxHasher;

use crate::{Trace, senders::Senders};

/// Traces that are found without asking the map.
const RECENT: usize = 256;

/// The writer's part of a store. A clone begins without, so that cloning costs nothing.
#[derive(Debug, Default)]
pub(crate) struct Writing(pub(crate) Option<Box<Writer>>);

/// Everything that only writing asks for.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    /// Traces by last arrival, the oldest on top. An entry may lag behind its trace: it is put right when it comes up,
    /// so that a span costs nothing here.
    pub(crate) oldest: BinaryHeap<Reverse<(u64, u32)>>,
    pub(crate) senders: Senders,
    /// Slots that are free.
    pub(crate) free: Vec<u32>,
    /// Where traces were found lately.
    recent: Vec<u32>,
    /// Where a record is written before it is known to be kept.
    pub(crate) scratch: Vec<u8>,
}

impl Clone for Writing {
    fn clone(&self) -> Writing {
        Writing(None)
    }
}

impl Writing {
    /// The writer's part, to be given back.
    pub(crate) fn take(&mut self, traces: &Vector<Option<Arc<Trace>>>) -> Box<Writer> {
        self.0.take().unwrap_or_else(|| Box::new(Writer::of(traces)))
    }
}

impl Writer {
    fn of(traces: &Vector<Option<Arc<Trace>>>) -> Writer {
        let mut writer = Writer::default();
        for (slot, trace) in traces.iter().enumerate() {
            match trace {
                Some(trace) => {
                    writer.oldest.push(Reverse((trace.facts.latest, slot as u32)));
                    trace.senders().iter().for_each(|sender| writer.senders.hold(sender));
                }
                None => writer.free.push(slot as u32),
            }
        }
        writer
    }

    /// The slot in which the trace was found lately.
    pub(crate) fn recent(&self, trace_id: TraceId) -> Option<u32> {
        self.recent.get(place(trace_id)).copied()
    }

    /// Notes where a trace is.
    pub(crate) fn note(&mut self, trace_id: TraceId, slot: u32) {
        if self.recent.is_empty() {
            self.recent = vec![u32::MAX; RECENT];
        }
        if let Some(known) = self.recent.get_mut(place(trace_id)) {
            *known = slot;
        }
    }

    /// Bytes it holds beyond what traces are charged for.
    pub(crate) fn bytes(&self) -> usize {
        self.senders.bytes()
    }
}

fn place(trace_id: TraceId) -> usize {
    let mut hasher = FxHasher::default();
    hasher.write(&trace_id.0);
    hasher.finish() as usize % RECENT
}
