//! What is here of one trace, and the facts that lists and indexes need of it without walking its spans.

use std::{mem::size_of, sync::Arc, time::Duration};

use model::{LogRecord, SmolStr, SpanId, SpanKind, SpanView, StatusCode, Timestamp, TraceId};

use crate::{
    Stored, TraceSummary,
    cost::PER_ALLOCATION,
    kin::{Kin, Look},
    logs::Logs,
    page::{Page, Pages},
    record::{Base, Head},
    senders::Sender,
    trace_index::Recency,
    words::{Generation, hash_of},
};

/// Tags and services of one trace that are indexed; a trace with more is found by the first of them.
pub(crate) const MAX_TAGS: usize = 4096;
pub(crate) const MAX_SERVICES: usize = 1024;
/// Names of one trace that are noted; a trace with more is looked through when a name is asked for.
const MAX_NAMES: usize = 1024;
/// Up to so many spans, walking all is faster than hashing one.
const FEW: usize = 32;
/// Senders of a trace that are compared with the next span's; one that was met before them is listed again.
const RECENT_SENDERS: usize = 64;
/// What a trace costs in the store's maps and lists, by measurement.
const PER_TRACE: usize = 136;
/// What a run of spans costs in the order of arrival.
const PER_RUN: usize = 32;
/// What a tag or a service of a trace costs in the indexes.
const PER_POSTING: usize = 8;
/// A sender's clock may be ahead by this much before the order of arrival is trusted more.
const CREDIBLE_SKEW: Duration = Duration::from_secs(24 * 60 * 60);

/// What is here of one trace, in order of arrival. No two of its spans have the same id (but for a shared id of two
/// services, as Zipkin has them).
#[derive(Clone, Debug)]
pub struct Trace {
    /// When its first span arrived.
    pub first_seen: Timestamp,
    /// When its latest span arrived.
    pub last_seen: Timestamp,
    trace_id: TraceId,
    spans: Pages,
    senders: Vec<Sender>,
    /// Absent while the spans are few.
    kin: Option<Box<Kin>>,
    /// Absent while there are none.
    pub(crate) logs: Option<Box<Logs>>,
    pub(crate) facts: Facts,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// Bytes charged.
    pub(crate) bytes: usize,
    /// Earliest start that was sent; zero while none was.
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    pub(crate) errors: u32,
    /// Position of the earliest root, else of the earliest span.
    head: u32,
    head_rank: Rank,
    /// Ordered.
    pub(crate) services: Vec<SmolStr>,
    /// Ordered.
    pub(crate) tags: Vec<u32>,
    /// Parts of the hashes of its spans' names, ordered.
    names: Vec<u16>,
    /// Position of the latest span or log in the order of arrival.
    pub(crate) latest: u64,
    /// Runs of it in the order of arrival.
    pub(crate) runs: u32,
    /// What it is indexed under by time.
    pub(crate) recency: Option<Recency>,
    /// Whether it has changed since the index by time was told.
    pub(crate) is_touched: bool,
    /// Whether it is to stay.
    pub(crate) is_pinned: bool,
}

/// Roots before others, then by start; what has no start comes last.
type Rank = (bool, bool, Timestamp);

/// What is new about a trace since a span was added.
pub(crate) struct News {
    pub(crate) service: Option<SmolStr>,
    pub(crate) is_new_sender: bool,
    pub(crate) is_new_tag: bool,
    pub(crate) is_first_error: bool,
}

/// A span as bytes, and what came with it.
pub(crate) struct Packed<'a> {
    pub(crate) record: &'a [u8],
    pub(crate) base: Base,
    pub(crate) words: &'a Arc<Generation>,
    pub(crate) sender: &'a Sender,
}

/// What adding to a trace changed of its charge.
pub(crate) struct Growth {
    /// Bytes charged before, and from now on.
    pub(crate) before: usize,
    pub(crate) after: usize,
    pub(crate) is_pinned: bool,
    /// Whether it is the first change since the index by time was told.
    pub(crate) is_first: bool,
}

impl Trace {
    /// Without spans.
    pub(crate) fn new(trace_id: TraceId) -> Trace {
        Trace {
            first_seen: Timestamp::ZERO,
            last_seen: Timestamp::ZERO,
            trace_id,
            spans: Pages::default(),
            senders: Vec::new(),
            kin: None,
            logs: None,
            facts: Facts::default(),
        }
    }

    /// Its identifier.
    pub fn id(&self) -> TraceId {
        self.trace_id
    }

    /// How many of its spans are here.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether only logs of it are here.
    pub fn is_empty(&self) -> bool {
        self.spans.len() == 0
    }

    /// The span at position `at` in order of arrival.
    pub fn get(&self, at: usize) -> Option<Stored<'_>> {
        let (page, record) = self.spans.get(at)?;
        Some(self.stored(page, record))
    }

    /// Its spans, in order of arrival.
    pub fn spans(&self) -> impl Iterator<Item = Stored<'_>> {
        self.spans.iter().map(|(page, record)| self.stored(page, record))
    }

    /// One of its spans; of a shared id the first to arrive.
    pub fn span(&self, span_id: SpanId) -> Option<Stored<'_>> {
        self.with_id(span_id).min_by_key(|stored| stored.sequence)
    }

    /// Its spans with `span_id`: one, or the two halves of a shared one.
    pub fn with_id(&self, span_id: SpanId) -> impl Iterator<Item = Stored<'_>> {
        let scanned = self.few().flat_map(move |spans| spans.holding(Head::ID_AT, span_id.0));
        let found = self.kin.iter().flat_map(move |kin| kin.with_id(span_id, self));
        scanned.map(|(page, record)| self.stored(page, record)).chain(found.filter_map(|at| self.get(at)))
    }

    /// Its spans that name `span_id` as their parent, in no particular order. Cost: their number.
    pub fn children(&self, span_id: SpanId) -> impl Iterator<Item = Stored<'_>> {
        let scanned = self.few().flat_map(move |spans| spans.holding(Head::PARENT_AT, span_id.0));
        // A span without a parent may hold the same bytes there by chance.
        let scanned = scanned.filter(move |(_, record)| Head::parent(record) == Some(span_id));
        let found = self.kin.iter().flat_map(move |kin| kin.children(span_id, self));
        scanned.map(|(page, record)| self.stored(page, record)).chain(found.filter_map(|at| self.get(at)))
    }

    /// How many log records of it are here.
    pub fn log_count(&self) -> usize {
        self.logs.as_ref().map_or(0, |logs| logs.len())
    }

    /// Its log records, in order of arrival.
    pub fn logs(&self) -> Vec<Arc<LogRecord>> {
        let logs = self.logs.iter().flat_map(|logs| logs.all(self.trace_id, &self.senders));
        logs.map(Arc::new).collect()
    }

    /// Its log records that name `span_id`, in order of arrival. Cost: their number.
    pub fn logs_of(&self, span_id: SpanId) -> Vec<LogRecord> {
        self.logs.iter().flat_map(|logs| logs.of(span_id, self.trace_id, &self.senders)).collect()
    }

    /// How many of its spans failed.
    pub fn errors(&self) -> usize {
        self.facts.errors as usize
    }

    /// Services that took part, ordered by name.
    pub fn services(&self) -> &[SmolStr] {
        &self.facts.services
    }

    /// Whether one of its spans carries `tag`.
    pub fn has_tag(&self, tag: u32) -> bool {
        self.facts.tags.binary_search(&tag).is_ok()
    }

    /// Whether one of its spans is called `name`. Most traces without one are told at once.
    pub fn has_name(&self, name: &str) -> bool {
        let names = &self.facts.names;
        let is_possible = names.len() >= MAX_NAMES || names.binary_search(&mark_of(name)).is_ok();
        is_possible && self.spans().any(|stored| stored.name() == name)
    }

    /// Whether it is kept for as long as it is not unpinned.
    pub fn is_pinned(&self) -> bool {
        self.facts.is_pinned
    }

    /// Its line in a list; `None` while only logs of it have arrived. Costs nothing that grows with its spans.
    pub fn summary(&self) -> Option<TraceSummary> {
        let head = self.get(self.facts.head as usize)?;
        Some(TraceSummary {
            trace_id: self.trace_id,
            name: head.name_owned(),
            service: head.service_owned(),
            span_id: head.span_id(),
            start: self.facts.start,
            duration: self.facts.end.since(self.facts.start),
            spans: self.len(),
            errors: self.errors(),
            services: self.facts.services.clone(),
        })
    }

    /// Whether a span of that identity is here: a shared id counts once for each kind.
    pub(crate) fn has(&self, span_id: SpanId, kind: SpanKind) -> bool {
        match &self.kin {
            None => self.spans.has(Head::first(kind), Head::KIND, span_id.0),
            Some(kin) => kin
                .with_id(span_id, self)
                .any(|at| self.spans.get(at).is_some_and(|(_, record)| Head::id(record).1 == kind)),
        }
    }

    /// What the next span is to be written from.
    pub(crate) fn base(&self, words: &Arc<Generation>, own: Base) -> Base {
        self.spans.base(words, own)
    }

    /// The place of `sender` in the list of senders, the end when it is new.
    pub(crate) fn place_of(&self, sender: &Sender) -> usize {
        let from = self.senders.len().saturating_sub(RECENT_SENDERS);
        let recent = self.senders.get(from..).unwrap_or_default();
        recent.iter().rposition(|known| known.is(sender)).map_or(self.senders.len(), |at| from + at)
    }

    /// Who sent what is here; some may be named twice.
    pub(crate) fn senders(&self) -> &[Sender] {
        &self.senders
    }

    /// Bytes by which one more span may make it grow beyond its record, at most.
    pub(crate) fn next_growth(&self) -> usize {
        size_of::<Page>() + 256 + self.kin.as_ref().map_or(0, |kin| kin.next_growth())
    }

    /// Adds a span that is not here yet.
    pub(crate) fn push(&mut self, span: &SpanView<'_>, packed: Packed<'_>, tag: u32, now: Timestamp) -> News {
        let is_new_sender = self.notes_sender(packed.sender);
        // Logs bring senders too, but no service: that one took part is said by spans.
        let may_be_new = is_new_sender || self.logs.is_some();
        let service = if may_be_new { self.new_service(packed.sender) } else { None };
        let facts = &mut self.facts;
        let is_new_tag = insert_ordered(&mut facts.tags, tag, MAX_TAGS);
        insert_ordered(&mut facts.names, mark_of(span.name), MAX_NAMES);
        let is_error = span.status == StatusCode::Error;
        let is_first_error = is_error && facts.errors == 0;
        facts.errors += u32::from(is_error);
        if span.start != Timestamp::ZERO && (facts.start == Timestamp::ZERO || span.start < facts.start) {
            facts.start = span.start;
        }
        facts.end = facts.end.max(span.end).max(span.start);
        let rank = (span.parent.is_some(), span.start == Timestamp::ZERO, span.start);
        if self.spans.len() == 0 {
            self.first_seen = now;
        }
        if self.spans.len() == 0 || rank < facts.head_rank {
            (facts.head, facts.head_rank) = (self.spans.len() as u32, rank);
        }
        self.last_seen = self.last_seen.max(now);
        self.spans.push(packed.record, packed.base, packed.words);
        self.note_kin();
        News { service, is_new_sender, is_new_tag, is_first_error }
    }

    /// Adds a log record that is not here yet; true when its sender is new to the trace.
    pub(crate) fn push_log(&mut self, hash: u64, packed: Packed<'_>, now: Timestamp) -> bool {
        let is_new_sender = self.notes_sender(packed.sender);
        self.logs.get_or_insert_default().push(hash, &packed);
        self.last_seen = self.last_seen.max(now);
        is_new_sender
    }

    /// Notes that something was added.
    pub(crate) fn grew(&mut self) -> Growth {
        let after = self.footprint();
        let facts = &mut self.facts;
        let before = std::mem::replace(&mut facts.bytes, after);
        let is_first = !std::mem::replace(&mut facts.is_touched, true);
        Growth { before, after, is_pinned: facts.is_pinned, is_first }
    }

    /// Where it stands in the order of time: by its end, unless that is absurdly far in the future.
    pub(crate) fn recency(&self, slot: u32) -> Recency {
        Recency {
            credible: self.facts.end.min(self.last_seen.plus(CREDIBLE_SKEW)),
            end: self.facts.end,
            slot,
        }
    }

    /// Gives back room that was taken for more spans.
    pub(crate) fn tighten(&mut self) {
        self.spans.tighten();
        if let Some(logs) = &mut self.logs {
            logs.tighten();
        }
    }

    /// Bytes it takes now, its entries in the store's indexes included.
    pub(crate) fn footprint(&self) -> usize {
        let facts = &self.facts;
        let lists = self.senders.capacity() * size_of::<Sender>()
            + facts.services.capacity() * size_of::<SmolStr>()
            + facts.tags.capacity() * size_of::<u32>()
            + facts.names.capacity() * size_of::<u16>()
            + 4 * PER_ALLOCATION;
        let entries =
            (facts.tags.len() + facts.services.len() + 1) * PER_POSTING + facts.runs as usize * PER_RUN;
        size_of::<Trace>()
            + PER_TRACE
            + self.spans.bytes()
            + lists
            + entries
            + self.kin.as_ref().map_or(0, |kin| kin.bytes() + 3 * PER_ALLOCATION)
            + self.logs.as_ref().map_or(0, |logs| logs.bytes())
    }

    fn stored<'a>(&'a self, page: &'a Page, record: &'a [u8]) -> Stored<'a> {
        Stored::read(self.trace_id, page, record, &self.senders)
    }

    /// The records while they are few, none after.
    fn few(&self) -> impl Iterator<Item = &Pages> {
        self.kin.is_none().then_some(&self.spans).into_iter()
    }

    fn note_kin(&mut self) {
        let mut kin = match self.kin.take() {
            Some(kin) => kin,
            None if self.spans.len() > FEW => Box::default(),
            None => return,
        };
        while kin.len() < self.spans.len() {
            kin.push(self);
        }
        self.kin = Some(kin);
    }

    fn notes_sender(&mut self, sender: &Sender) -> bool {
        let is_new = self.place_of(sender) == self.senders.len();
        if is_new {
            make_place(&mut self.senders);
            self.senders.push(sender.clone());
        }
        is_new
    }

    /// The service of a new sender if no span of it was here.
    fn new_service(&mut self, sender: &Sender) -> Option<SmolStr> {
        let services = &mut self.facts.services;
        let at = services.binary_search(sender.service()).err()?;
        if services.len() >= MAX_SERVICES {
            return None;
        }
        make_place(services);
        services.insert(at, sender.service().clone());
        Some(sender.service().clone())
    }
}

impl Look for Trace {
    fn id(&self, at: u32) -> Option<SpanId> {
        self.spans.get(at as usize).map(|(_, record)| Head::id(record).0)
    }

    fn parent(&self, at: u32) -> Option<SpanId> {
        self.spans.get(at as usize).and_then(|(_, record)| Head::parent(record))
    }
}

/// What is noted of a name.
fn mark_of(name: &str) -> u16 {
    (hash_of(name) >> 24) as u16
}

fn insert_ordered<T: Ord>(list: &mut Vec<T>, item: T, limit: usize) -> bool {
    match list.binary_search(&item) {
        Err(at) if list.len() < limit => {
            make_place(list);
            list.insert(at, item);
            true
        }
        _ => false,
    }
}

/// Room for one more, and not much more: most traces are small.
fn make_place<T>(list: &mut Vec<T>) {
    if list.len() == list.capacity() {
        list.reserve_exact(1 + list.len() / 2);
    }
}
