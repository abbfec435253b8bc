//! Which span called which: one tree (or several) out of whatever spans arrived, on every input.
//!
//! The answer depends on the spans alone, never on the order in which they arrived.

use std::{cmp::Reverse, collections::HashMap};

use model::{SpanId, SpanKind};
use world::PlacedSpan;

use crate::groups::Groups;

/// Why a span stands at the top of the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It names no parent.
    Root,
    /// The parent that it names is not in the trace.
    ParentMissing,
    /// Following parents leads back to it: the circle is cut at its earliest span.
    ParentCircle,
    /// It has a parent.
    Child,
}

/// Spans in canonical order (start as sent, then identifier), with their parents.
#[derive(Debug)]
pub(crate) struct Tree {
    /// Each different span once.
    pub spans: Vec<PlacedSpan>,
    /// The caller of each.
    pub parents: Vec<Option<u32>>,
    /// Why each stands where it stands.
    pub origins: Vec<Origin>,
    /// Spans that were here twice; one of each is kept.
    pub duplicates: usize,
}

impl Tree {
    /// Finds each span's parent. O(n log n).
    pub(crate) fn new(mut spans: Vec<PlacedSpan>) -> Tree {
        let received = spans.len();
        keep_one_of_each(&mut spans);
        let duplicates = received - spans.len();
        spans.sort_by_cached_key(|placed| {
            (placed.span.start, placed.span.span_id, caller_first(placed.span.kind))
        });
        let groups = by_id(&spans);
        let mut tree =
            Tree { parents: Vec::with_capacity(spans.len()), origins: Vec::new(), spans, duplicates };
        for at in 0..tree.spans.len() {
            let (parent, origin) = parent_of(&tree.spans, &groups, at);
            tree.parents.push(parent);
            tree.origins.push(origin);
        }
        tree.cut_circles();
        tree
    }

    /// How many spans there are.
    pub(crate) fn len(&self) -> usize {
        self.spans.len()
    }

    /// Spans without a parent, in canonical order.
    pub(crate) fn roots(&self) -> impl Iterator<Item = u32> {
        (0..self.len() as u32).filter(|at| self.parents[*at as usize].is_none())
    }

    /// The children of each span, in canonical order.
    pub(crate) fn children(&self) -> Groups {
        let pairs = self.parents.iter().enumerate();
        Groups::new(self.len(), pairs.filter_map(|(at, parent)| Some(((*parent)?, at as u32))))
    }

    /// Spans with every parent before its children.
    pub(crate) fn parents_first(&self, children: &Groups) -> Vec<u32> {
        let mut order: Vec<u32> = self.roots().collect();
        let mut next = 0;
        while let Some(at) = order.get(next) {
            order.extend(children.of(*at));
            next += 1;
        }
        order
    }

    fn cut_circles(&mut self) {
        const NEW: u32 = u32::MAX;
        let mut walk_of = vec![NEW; self.len()];
        for first in 0..self.len() {
            let mut at = first;
            while walk_of[at] == NEW {
                walk_of[at] = first as u32;
                match self.parents[at] {
                    Some(parent) => at = parent as usize,
                    None => break,
                }
            }
            // Met again within one walk, and not at a root: a circle. Walks begin at the earliest span not yet
            // seen, so `first` need not lie on the circle, and its earliest span has to be looked for.
            if walk_of[at] == first as u32 && self.parents[at].is_some() {
                self.cut_circle_through(at);
            }
        }
    }

    fn cut_circle_through(&mut self, start: usize) {
        let mut earliest = start;
        let mut at = start;
        while let Some(parent) = self.parents[at] {
            at = parent as usize;
            earliest = earliest.min(at);
            if at == start {
                self.parents[earliest] = None;
                self.origins[earliest] = Origin::ParentCircle;
                return;
            }
        }
    }
}

/// Two halves of one call may share an identifier, as Zipkin's do: the caller's half comes first.
fn caller_first(kind: SpanKind) -> u8 {
    match kind {
        SpanKind::Client | SpanKind::Producer => 0,
        SpanKind::Unspecified | SpanKind::Internal => 1,
        SpanKind::Server | SpanKind::Consumer => 2,
    }
}

/// The same span sent twice is kept once: the copy that ended last and says most.
fn keep_one_of_each(spans: &mut Vec<PlacedSpan>) {
    let mut ids: Vec<(SpanId, u8)> =
        spans.iter().map(|placed| (placed.span.span_id, caller_first(placed.span.kind))).collect();
    ids.sort_unstable();
    if ids.windows(2).all(|pair| pair[0] != pair[1]) {
        return;
    }
    spans.sort_by(|a, b| {
        let key = |placed: &PlacedSpan| {
            let span = &placed.span;
            (
                span.span_id,
                caller_first(span.kind),
                Reverse(span.end),
                Reverse(span.attributes.len()),
                span.start,
            )
        };
        (a.span.span_id, caller_first(a.span.kind))
            .cmp(&(b.span.span_id, caller_first(b.span.kind)))
            .then_with(|| a.span.service().cmp(b.span.service()))
            .then_with(|| key(a).cmp(&key(b)))
            .then_with(|| a.span.name.cmp(&b.span.name))
    });
    spans.dedup_by(|later, earlier| {
        later.span.span_id == earlier.span.span_id
            && caller_first(later.span.kind) == caller_first(earlier.span.kind)
            && later.span.service() == earlier.span.service()
    });
}

/// Spans by identifier; within one identifier the caller's half first.
fn by_id(spans: &[PlacedSpan]) -> HashMap<SpanId, Vec<u32>> {
    let mut groups: HashMap<SpanId, Vec<u32>> = HashMap::with_capacity(spans.len());
    for (at, placed) in spans.iter().enumerate() {
        groups.entry(placed.span.span_id).or_default().push(at as u32);
    }
    for group in groups.values_mut().filter(|group| group.len() > 1) {
        group.sort_by_key(|at| (caller_first(spans[*at as usize].span.kind), *at));
    }
    groups
}

fn parent_of(spans: &[PlacedSpan], groups: &HashMap<SpanId, Vec<u32>>, at: usize) -> (Option<u32>, Origin) {
    let span = &spans[at].span;
    let twins = groups.get(&span.span_id).map(Vec::as_slice).unwrap_or_default();
    let place = twins.iter().position(|twin| *twin as usize == at).unwrap_or(0);
    if let Some(outer) = place.checked_sub(1).and_then(|before| twins.get(before)) {
        return (Some(*outer), Origin::Child);
    }
    match span.parent {
        None => (None, Origin::Root),
        Some(id) if id == span.span_id => (None, Origin::ParentCircle),
        Some(id) => match groups.get(&id).and_then(|group| nearest(spans, group, span.service())) {
            Some(parent) => (Some(parent), Origin::Child),
            None => (None, Origin::ParentMissing),
        },
    }
}

/// Of spans that share an identifier, the one that a child of `service` hangs under: its own service's, else the
/// innermost.
fn nearest(spans: &[PlacedSpan], group: &[u32], service: &str) -> Option<u32> {
    if let [only] = group {
        return Some(*only);
    }
    let own = group.iter().rev().find(|at| spans[**at as usize].span.service() == service);
    own.or(group.last()).copied()
}
