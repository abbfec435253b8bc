//! What is here of one trace, and the facts that lists and indexes need of it without walking its spans.

use std::{
    collections::{HashSet, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use model::{LogRecord, SmolStr, Span, SpanId, SpanKind, Timestamp};

use crate::{TraceSummary, cost, kin::Kin, trace_index::Recency};

/// Tags and services of one trace that are indexed; a trace with more is found by the first of them.
pub(crate) const MAX_TAGS: usize = 4096;
pub(crate) const MAX_SERVICES: usize = 1024;
/// What a span costs beyond itself: its entries in the lists and indexes of the trace and of the store, with room for
/// growth.
const PER_SPAN: usize = 160;
/// What a log record costs beyond itself.
const PER_LOG: usize = 96;
/// What a trace costs beyond its spans.
pub(crate) const PER_TRACE: usize = 1024;
/// A sender's clock may be ahead by this much before the order of arrival is trusted more.
const CREDIBLE_SKEW: Duration = Duration::from_secs(24 * 60 * 60);

/// One kept span.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The span.
    pub span: Arc<Span>,
    /// What the caller attached; opaque here.
    pub tag: u32,
    /// Position in the order of arrival, from 1; log records take positions too.
    pub sequence: u64,
}

/// What is here of one trace, in order of arrival.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// Its spans; no two have the same id (but for a shared id of two services, as Zipkin has them).
    pub spans: Vec<Stored>,
    /// Its log records.
    pub logs: Vec<Arc<LogRecord>>,
    /// When its first span arrived.
    pub first_seen: Timestamp,
    /// When its latest span arrived.
    pub last_seen: Timestamp,
    pub(crate) kin: Kin,
    log_kin: Kin,
    pub(crate) facts: Facts,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// Bytes charged.
    pub(crate) bytes: usize,
    /// Earliest start that was sent; zero while none was.
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    pub(crate) errors: usize,
    /// Position of the earliest root, else of the earliest span.
    pub(crate) head: usize,
    /// Ordered.
    pub(crate) services: Vec<SmolStr>,
    /// Ordered.
    pub(crate) tags: Vec<u32>,
    /// Position of the latest span or log in the order of arrival.
    pub(crate) latest: u64,
    /// What it is indexed under by time.
    pub(crate) recency: Option<Recency>,
    /// Whether the index by time is to be told.
    pub(crate) is_moved: bool,
    log_hashes: HashSet<u64>,
}

/// What is new about a trace since a span was added.
pub(crate) struct News {
    pub(crate) service: Option<SmolStr>,
    pub(crate) is_new_tag: bool,
    pub(crate) is_first_error: bool,
    pub(crate) has_moved: bool,
}

impl Trace {
    /// One of its spans; of a shared id the first to arrive.
    pub fn span(&self, span_id: SpanId) -> Option<&Stored> {
        self.with_id(span_id).min_by_key(|stored| stored.sequence)
    }

    /// Its spans with `span_id`: one, or the two halves of a shared one.
    pub fn with_id(&self, span_id: SpanId) -> impl Iterator<Item = &Stored> {
        self.kin.with_id(span_id).filter_map(|at| self.spans.get(at))
    }

    /// Its spans that name `span_id` as their parent, in no particular order. Cost: their number.
    pub fn children(&self, span_id: SpanId) -> impl Iterator<Item = &Stored> {
        self.kin.children(span_id).filter_map(|at| self.spans.get(at))
    }

    /// Its log records that name `span_id`, in order of arrival. Cost: their number.
    pub fn logs_of(&self, span_id: SpanId) -> Vec<&Arc<LogRecord>> {
        let mut positions: Vec<_> = self.log_kin.with_id(span_id).collect();
        positions.sort_unstable();
        positions.into_iter().filter_map(|at| self.logs.get(at)).collect()
    }

    /// How many of its spans failed.
    pub fn errors(&self) -> usize {
        self.facts.errors
    }

    /// Services that took part, ordered by name.
    pub fn services(&self) -> &[SmolStr] {
        &self.facts.services
    }

    /// Whether one of its spans carries `tag`.
    pub fn has_tag(&self, tag: u32) -> bool {
        self.facts.tags.binary_search(&tag).is_ok()
    }

    /// Its line in a list; `None` while only logs of it have arrived. Costs nothing that grows with its spans.
    pub fn summary(&self) -> Option<TraceSummary> {
        let head = &self.spans.get(self.facts.head)?.span;
        Some(TraceSummary {
            trace_id: head.trace_id,
            name: head.name.clone(),
            service: head.service().into(),
            span_id: head.span_id,
            start: self.facts.start,
            duration: self.facts.end.since(self.facts.start),
            spans: self.spans.len(),
            errors: self.facts.errors,
            services: self.facts.services.clone(),
        })
    }

    /// The kept span of that identity: a shared id counts once for each kind.
    pub(crate) fn same(&self, span_id: SpanId, kind: SpanKind) -> Option<&Stored> {
        self.with_id(span_id).find(|stored| stored.span.kind == kind)
    }

    /// Bytes that keeping `span` here would cost.
    pub(crate) fn cost_of(&self, span: &Span) -> usize {
        let last = self.spans.last().map(|stored| &stored.span);
        let sender = match last {
            Some(last) if Arc::ptr_eq(&last.resource, &span.resource) => {
                if Arc::ptr_eq(&last.scope, &span.scope) { 0 } else { cost::scope_bytes(&span.scope) }
            }
            _ => cost::sender_bytes(&span.resource, &span.scope),
        };
        PER_SPAN + cost::span_bytes(span) + sender
    }

    /// Bytes that keeping `record` here would cost.
    pub(crate) fn cost_of_log(&self, record: &LogRecord) -> usize {
        let shares = |last: &Arc<LogRecord>| {
            Arc::ptr_eq(&last.resource, &record.resource) && Arc::ptr_eq(&last.scope, &record.scope)
        };
        let is_shared = self.logs.last().is_some_and(shares);
        let sender = if is_shared { 0 } else { cost::sender_bytes(&record.resource, &record.scope) };
        PER_LOG + cost::log_bytes(record) + sender
    }

    /// Adds a span that is not here yet.
    pub(crate) fn push(&mut self, stored: Stored, cost: usize, now: Timestamp) -> News {
        let span = &stored.span;
        let service = self.new_service(span);
        let facts = &mut self.facts;
        let is_new_tag = insert_ordered(&mut facts.tags, &stored.tag, MAX_TAGS);
        let is_first_error = span.is_error() && facts.errors == 0;
        facts.errors += usize::from(span.is_error());
        facts.bytes += cost;
        facts.latest = stored.sequence;
        if span.start != Timestamp::ZERO && (facts.start == Timestamp::ZERO || span.start < facts.start) {
            facts.start = span.start;
        }
        facts.end = facts.end.max(span.end).max(span.start);
        if self.spans.is_empty() {
            self.first_seen = now;
        }
        self.last_seen = self.last_seen.max(now);
        let is_head = self.spans.get(facts.head).is_none_or(|head| rank(span) < rank(&head.span));
        if is_head {
            facts.head = self.spans.len();
        }
        self.kin.push(span.span_id, span.parent);
        self.spans.push(stored);
        let has_moved =
            !self.facts.is_moved && self.facts.recency.is_none_or(|known| known != self.recency());
        self.facts.is_moved |= has_moved;
        News { service, is_new_tag, is_first_error, has_moved }
    }

    /// Where it stands in the order of time: by its end, unless that is absurdly far in the future.
    pub(crate) fn recency(&self) -> Recency {
        let trace_id = self.spans.first().map_or(model::TraceId([0; 16]), |stored| stored.span.trace_id);
        Recency {
            credible: self.facts.end.min(self.last_seen.plus(CREDIBLE_SKEW)),
            end: self.facts.end,
            trace_id,
        }
    }

    /// Adds a log record.
    pub(crate) fn push_log(&mut self, record: LogRecord, cost: usize, sequence: u64, now: Timestamp) {
        self.log_kin.push(record.span_id.unwrap_or(SpanId([0; 8])), None);
        self.logs.push(Arc::new(record));
        self.facts.bytes += cost;
        self.facts.latest = sequence;
        self.last_seen = self.last_seen.max(now);
    }

    /// Remembers that a log record like `record` is here; false when one was already.
    pub(crate) fn notes_log(&mut self, record: &LogRecord) -> bool {
        let mut hasher = DefaultHasher::new();
        (record.time, record.span_id, &record.name, &record.body, record.severity).hash(&mut hasher);
        for (key, value) in record.attributes.iter() {
            (key, value.to_string()).hash(&mut hasher);
        }
        self.facts.log_hashes.insert(hasher.finish())
    }

    /// The service of `span` if no span of it was here.
    fn new_service(&mut self, span: &Span) -> Option<SmolStr> {
        let last = self.spans.last();
        if last.is_some_and(|last| Arc::ptr_eq(&last.span.resource, &span.resource)) {
            return None;
        }
        let service = span.service();
        let services = &mut self.facts.services;
        let at = services.binary_search_by(|known| known.as_str().cmp(service)).err()?;
        if services.len() >= MAX_SERVICES {
            return None;
        }
        let service = SmolStr::new(service);
        services.insert(at, service.clone());
        Some(service)
    }
}

/// Roots before others, then by start; what has no start comes last.
fn rank(span: &Span) -> (bool, bool, Timestamp) {
    (span.parent.is_some(), span.start == Timestamp::ZERO, span.start)
}

fn insert_ordered<T: Ord + Clone>(list: &mut Vec<T>, item: &T, limit: usize) -> bool {
    match list.binary_search(item) {
        Err(at) if list.len() < limit => {
            list.insert(at, item.clone());
            true
        }
        _ => false,
    }
}
