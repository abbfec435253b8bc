//! The log records of one trace.

use std::{
    collections::{HashSet, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    mem::size_of,
    sync::Arc,
};

use model::{LogRecord, SpanId, TraceId};

use crate::{
    cost::PER_ALLOCATION,
    kin::{Kin, Look},
    page::Pages,
    record::{self, Base},
    senders::Sender,
    trace::Packed,
    words::Generation,
};

/// Log records as bytes, found by the span that they name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Logs {
    pages: Pages,
    kin: Kin,
    hashes: HashSet<u64>,
}

impl Logs {
    pub(crate) fn len(&self) -> usize {
        self.pages.len()
    }

    /// Every record in order of arrival.
    pub(crate) fn all(&self, trace_id: TraceId, senders: &[Sender]) -> impl Iterator<Item = LogRecord> {
        (0..self.len()).filter_map(move |at| self.get(at, trace_id, senders))
    }

    /// Those that name `span_id`, in order of arrival.
    pub(crate) fn of(
        &self,
        span_id: SpanId,
        trace_id: TraceId,
        senders: &[Sender],
    ) -> impl Iterator<Item = LogRecord> {
        let mut found: Vec<usize> = self.kin.children(span_id, &self.pages).collect();
        found.reverse();
        found.into_iter().filter_map(move |at| self.get(at, trace_id, senders))
    }

    /// Whether a record of that hash is here.
    pub(crate) fn has(&self, hash: u64) -> bool {
        self.hashes.contains(&hash)
    }

    pub(crate) fn base(&self, words: &Arc<Generation>, own: Base) -> Base {
        self.pages.base(words, own)
    }

    pub(crate) fn push(&mut self, hash: u64, packed: &Packed<'_>) {
        self.hashes.insert(hash);
        self.pages.push(packed.record, packed.base, packed.words);
        self.kin.push(&self.pages);
    }

    pub(crate) fn tighten(&mut self) {
        self.pages.tighten();
    }

    /// Bytes they take.
    pub(crate) fn bytes(&self) -> usize {
        let hashes = self.hashes.capacity() * (size_of::<u64>() + 1) * 8 / 7;
        size_of::<Logs>() + self.pages.bytes() + self.kin.bytes() + hashes + 5 * PER_ALLOCATION
    }

    /// Bytes by which one more may make it grow beyond its record, at most.
    pub(crate) fn next_growth(&self) -> usize {
        self.kin.next_growth() + 12 * self.hashes.capacity() + 512
    }

    fn get(&self, at: usize, trace_id: TraceId, senders: &[Sender]) -> Option<LogRecord> {
        let (page, bytes) = self.pages.get(at)?;
        let sender = |at: u32| {
            let sender = senders.get(at as usize);
            sender.map(|it| (it.resource.value.clone(), it.scope.value.clone())).unwrap_or_default()
        };
        Some(record::log(bytes, &page.words, page.base, trace_id, sender))
    }
}

impl Look for Pages {
    fn id(&self, _: u32) -> Option<SpanId> {
        None
    }

    fn parent(&self, at: u32) -> Option<SpanId> {
        self.get(at as usize).and_then(|(_, bytes)| record::span_of_log(bytes))
    }
}

/// What tells a record from the others of its trace.
pub(crate) fn hash_of(record: &LogRecord) -> u64 {
    let mut hasher = DefaultHasher::new();
    (record.time, record.span_id, &record.name, &record.body, record.severity).hash(&mut hasher);
    for (key, value) in record.attributes.iter() {
        (key, value.to_string()).hash(&mut hasher);
    }
    hasher.finish()
}
