//! Finds traces by time, service, tag and error without walking all of them.

use std::sync::Arc;

use foldhash::fast::RandomState;
use imbl::{GenericHashMap, OrdMap, OrdSet, Vector, shared_ptr::DefaultSharedPtr};
use model::{SmolStr, Timestamp};

use crate::{Query, Trace, postings::Postings, trace::News};

/// Up to so many candidates, looking at each is cheaper than walking all traces by time.
const FEW: usize = 1024;

/// Where a trace stands in the order of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Recency {
    /// Its end, or what arrival makes of it.
    pub(crate) credible: Timestamp,
    pub(crate) end: Timestamp,
    pub(crate) slot: u32,
}

/// What a tag or a service costs beyond its traces: its entry, and the first chunk of its list.
const PER_KEY: usize = 480;

/// The indexes of a store. Cloning costs a few pointers.
#[derive(Clone, Debug, Default)]
pub(crate) struct TraceIndex {
    by_time: OrdSet<Recency>,
    by_service: OrdMap<SmolStr, Postings>,
    by_tag: GenericHashMap<u32, Postings, RandomState, DefaultSharedPtr>,
    failing: Postings,
    /// Traces that may stand wrong in `by_time`: moved once a batch, not once a span.
    touched: Vec<u32>,
}

impl TraceIndex {
    /// Takes in what a span told of its trace.
    pub(crate) fn note(&mut self, slot: u32, tag: u32, news: News) {
        if let Some(service) = news.service {
            self.by_service.entry(service).or_default().add(slot);
        }
        if news.is_new_tag {
            self.by_tag.entry(tag).or_default().add(slot);
        }
        if news.is_first_error {
            self.failing.add(slot);
        }
    }

    /// Notes that a trace has changed since it was last placed.
    pub(crate) fn touch(&mut self, slot: u32) {
        self.touched.push(slot);
    }

    /// Traces to be passed to [`TraceIndex::place`].
    pub(crate) fn take_touched(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.touched)
    }

    /// How many traces may stand wrong in the order of time.
    pub(crate) fn unsettled(&self) -> usize {
        self.touched.len()
    }

    /// Bytes that it takes beyond what its traces are charged for.
    pub(crate) fn bytes(&self) -> usize {
        (self.by_tag.len() + self.by_service.len()) * PER_KEY
    }

    /// Puts a trace where it belongs in time.
    pub(crate) fn place(&mut self, old: Option<Recency>, new: Recency) {
        if old == Some(new) {
            return;
        }
        if let Some(old) = old {
            self.by_time.remove(&old);
        }
        self.by_time.insert(new);
    }

    /// Forgets `trace`, which is no longer among `traces`.
    pub(crate) fn remove(&mut self, trace: &Trace, traces: &Vector<Option<Arc<Trace>>>) {
        if let Some(recency) = &trace.facts.recency {
            self.by_time.remove(recency);
        }
        let live = |slot: &u32, has: &dyn Fn(&Trace) -> bool| {
            traces.get(*slot as usize).and_then(Option::as_ref).is_some_and(|trace| has(trace))
        };
        for service in &trace.facts.services {
            let has = |other: &Trace| other.facts.services.binary_search(service).is_ok();
            if self.by_service.get_mut(service).is_some_and(|list| !list.leave(|id| live(id, &has))) {
                self.by_service.remove(service);
            }
        }
        for tag in &trace.facts.tags {
            let has = |other: &Trace| other.has_tag(*tag);
            if self.by_tag.get_mut(tag).is_some_and(|list| !list.leave(|id| live(id, &has))) {
                self.by_tag.remove(tag);
            }
        }
        if trace.facts.errors > 0 && !self.failing.leave(|id| live(id, &|other| other.facts.errors > 0)) {
            self.failing = Postings::default();
        }
    }

    /// Services with the number of their traces, ordered by name.
    pub(crate) fn services(&self) -> impl Iterator<Item = (&SmolStr, usize)> {
        self.by_service.iter().map(|(service, traces)| (service, traces.len()))
    }

    /// Traces that may be what `query` wants, newest first: a superset that the caller filters.
    pub(crate) fn candidates<'a>(
        &'a self,
        query: &Query,
        recency_of: impl Fn(&u32) -> Option<Recency>,
    ) -> Box<dyn Iterator<Item = u32> + 'a> {
        let since = query.since.unwrap_or_default();
        match self.narrowest(query) {
            Some(lists) if lists.iter().map(|list| list.len()).sum::<usize>() <= FEW => {
                let mut found: Vec<_> =
                    lists.iter().flat_map(|list| list.iter()).filter_map(recency_of).collect();
                found.sort_unstable();
                found.dedup();
                Box::new(
                    found.into_iter().rev().filter(move |found| found.end >= since).map(|found| found.slot),
                )
            }
            _ => Box::new(
                self.by_time.iter().rev().filter(move |found| found.end >= since).map(|found| found.slot),
            ),
        }
    }

    /// The lists that hold every trace `query` can want, and as few others as possible; `None` for all traces.
    fn narrowest(&self, query: &Query) -> Option<Vec<&Postings>> {
        let by_service =
            query.service.as_ref().map(|service| self.by_service.get(service).into_iter().collect());
        let by_tags =
            query.tags.as_ref().map(|tags| tags.iter().filter_map(|tag| self.by_tag.get(tag)).collect());
        let failing = query.errors_only.then(|| vec![&self.failing]);
        let lists: [Option<Vec<_>>; 3] = [by_service, by_tags, failing];
        lists.into_iter().flatten().min_by_key(|lists| lists.iter().map(|list| list.len()).sum::<usize>())
    }
}
