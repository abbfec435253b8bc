//! A trace as a tree, whatever its spans claim: parents missing, going in circles, clocks apart.
//!
//! Pure: spans in, rows out, none lost and none twice. Every reader of a trace (waterfall, replay) walks this one tree.

use std::{collections::HashMap, sync::Arc, time::Duration};

use model::{Resource, Span, SpanId, SpanKind, Timestamp};

use crate::{Stored, skew};

/// Holders of one id that are looked at when a child names it.
const MAX_HALVES: usize = 8;
const NONE: u32 = u32::MAX;

/// A trace in pre-order: parents before their children, siblings by start. Built in milliseconds for 100,000 spans.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TraceTree {
    /// One for each span that was given, in pre-order.
    pub nodes: Vec<Node>,
    /// Corrected start of the earliest span; zero when no span says when it started.
    pub start: Timestamp,
    /// From [`TraceTree::start`] to the latest corrected end.
    pub duration: Duration,
    /// For each span that was given its place in [`TraceTree::nodes`].
    place: Vec<u32>,
}

/// One span in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// Position of the span among those given.
    pub span: usize,
    /// Place of its parent in [`TraceTree::nodes`]; `None` at the top.
    pub parent: Option<usize>,
    /// 0 at the top.
    pub depth: u32,
    /// One past the place of its last descendant: its subtree is `place..subtree_end`.
    pub subtree_end: usize,
    /// Corrected start, since [`TraceTree::start`].
    pub offset: Duration,
    /// Its duration by its own clock; zero when it did not end, or before it started.
    pub duration: Duration,
    /// Nanoseconds added to its times because its clock contradicts its parent's. For display only: its own times
    /// stay as sent.
    pub shift_ns: i64,
    /// How it came to stand where it stands.
    pub standing: Standing,
}

/// Why a span stands where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It has no parent.
    Root,
    /// Under its parent.
    Child,
    /// At the top, because its parent is not here.
    MissingParent,
    /// At the top, because its ancestors go in a circle that had to be opened somewhere.
    Cycle,
}

/// What is asked of a span to find its place: read from an owned span, or from a kept one without making it whole.
#[derive(Clone, Copy, Debug)]
pub struct Leaf<'a> {
    /// Its identifier.
    pub span_id: SpanId,
    /// The span that it names as its parent.
    pub parent: Option<SpanId>,
    /// Its role.
    pub kind: SpanKind,
    /// Start as sent.
    pub start: Timestamp,
    /// End as sent.
    pub end: Timestamp,
    /// The service it ran in.
    pub service: &'a str,
    /// Who ran it, where that is known.
    pub resource: Option<&'a Arc<Resource>>,
}

impl Leaf<'_> {
    /// How long it took; zero when it ended before it started or never ended.
    pub(crate) fn duration(&self) -> Duration {
        self.end.since(self.start)
    }
}

impl<'a> From<&'a Span> for Leaf<'a> {
    fn from(span: &'a Span) -> Leaf<'a> {
        Leaf {
            span_id: span.span_id,
            parent: span.parent,
            kind: span.kind,
            start: span.start,
            end: span.end,
            service: span.service(),
            resource: Some(&span.resource),
        }
    }
}

impl<'a> From<Stored<'a>> for Leaf<'a> {
    fn from(stored: Stored<'a>) -> Leaf<'a> {
        Leaf {
            span_id: stored.span_id(),
            parent: stored.parent(),
            kind: stored.kind(),
            start: stored.start(),
            end: stored.end(),
            service: stored.service(),
            resource: stored.resource_ref(),
        }
    }
}

/// Whether `other` is the calling half of a span whose serving half is `span`: in Zipkin's model both have one id.
pub fn is_shared_parent<'a>(other: impl Into<Leaf<'a>>, span: impl Into<Leaf<'a>>) -> bool {
    let (other, span) = (other.into(), span.into());
    other.span_id == span.span_id
        && matches!(span.kind, SpanKind::Server | SpanKind::Consumer)
        && matches!(other.kind, SpanKind::Client | SpanKind::Producer)
}

impl TraceTree {
    /// Arranges `spans`, which are taken to be of one trace.
    pub fn new<'a>(spans: impl IntoIterator<Item = impl Into<Leaf<'a>>>) -> TraceTree {
        let spans: Vec<Leaf<'a>> = spans.into_iter().map(Into::into).collect();
        let mut links = link(&spans);
        open_cycles(&spans, &mut links);
        let mut tree = flatten(&spans, &links);
        skew::correct(&spans, &mut tree);
        tree
    }

    /// The place of the span that was given at position `span`.
    pub fn place_of(&self, span: usize) -> Option<usize> {
        self.place.get(span).map(|place| *place as usize)
    }

    /// Places at the top, in order.
    pub fn roots(&self) -> impl Iterator<Item = usize> {
        self.siblings(0, self.nodes.len())
    }

    /// Places of the children of the node at `place`, in order.
    pub fn children(&self, place: usize) -> impl Iterator<Item = usize> {
        let end = self.nodes.get(place).map_or(0, |node| node.subtree_end);
        self.siblings(place + 1, end)
    }

    /// Places from the parent of the node at `place` up to the top.
    pub fn ancestors(&self, place: usize) -> impl Iterator<Item = usize> {
        let parent = |place: &usize| self.nodes.get(*place)?.parent;
        std::iter::successors(parent(&place), parent)
    }

    fn siblings(&self, from: usize, end: usize) -> impl Iterator<Item = usize> {
        let here = move |place: usize| (place < end).then_some(place);
        std::iter::successors(here(from), move |place| here(self.nodes.get(*place)?.subtree_end))
    }
}

/// What each span hangs under, by position; and why it does not.
struct Links {
    parents: Vec<u32>,
    standings: Vec<Standing>,
}

fn link(spans: &[Leaf<'_>]) -> Links {
    let mut holders: HashMap<SpanId, u32> = HashMap::with_capacity(spans.len());
    let mut next = vec![NONE; spans.len()];
    for (at, span) in spans.iter().enumerate().rev() {
        if let Some(later) = holders.insert(span.span_id, at as u32) {
            next[at] = later;
        }
    }
    let halves = |id: SpanId| {
        let first = holders.get(&id).copied().filter(|at| *at != NONE);
        let follow = |at: &u32| Some(next[*at as usize]).filter(|at| *at != NONE);
        std::iter::successors(first, follow).take(MAX_HALVES)
    };
    let links = spans.iter().enumerate().map(|(at, span)| {
        if matches!(span.kind, SpanKind::Server | SpanKind::Consumer) {
            let calling = halves(span.span_id).find(|half| is_shared_parent(spans[*half as usize], *span));
            if let Some(calling) = calling {
                return (calling, Standing::Child);
            }
        }
        let Some(parent) = span.parent else {
            return (NONE, Standing::Root);
        };
        let others = halves(parent).filter(|half| *half as usize != at);
        match best_half(spans, span, others) {
            Some(parent) => (parent, Standing::Child),
            None if parent == span.span_id => (NONE, Standing::Cycle),
            None => (NONE, Standing::MissingParent),
        }
    });
    let (parents, standings) = links.unzip();
    Links { parents, standings }
}

/// The holder of a shared id that runs in the child's service, else the first.
fn best_half(spans: &[Leaf<'_>], child: &Leaf<'_>, mut halves: impl Iterator<Item = u32>) -> Option<u32> {
    let is_at_home = |half: u32| spans[half as usize].service == child.service;
    let first = halves.next()?;
    // One holder is the rule, and then services need not be compared.
    let Some(second) = halves.next() else {
        return Some(first);
    };
    [first, second].into_iter().chain(halves).find(|half| is_at_home(*half)).or(Some(first))
}

/// Opens each circle of parents at its earliest span (of equals: the smallest id, then the first given), and leaves
/// everything that hangs on the circle where it is.
fn open_cycles(spans: &[Leaf<'_>], links: &mut Links) {
    const UNSEEN: u32 = 0;
    let mut round = vec![UNSEEN; spans.len()];
    for at in 0..spans.len() {
        let this_round = at as u32 + 1;
        let mut walker = at as u32;
        while walker != NONE && round[walker as usize] == UNSEEN {
            round[walker as usize] = this_round;
            walker = links.parents[walker as usize];
        }
        if walker == NONE || round[walker as usize] != this_round {
            continue;
        }
        let follow = |member: &u32| Some(links.parents[*member as usize]).filter(|next| *next != walker);
        let circle = std::iter::successors(Some(walker), follow);
        let first = circle.min_by_key(|member| {
            let span = spans[*member as usize];
            (span.start, span.span_id, *member)
        });
        if let Some(first) = first {
            links.parents[first as usize] = NONE;
            links.standings[first as usize] = Standing::Cycle;
        }
    }
}

/// Pre-order of the forest. Siblings stand by start as sent, then by order given.
fn flatten(spans: &[Leaf<'_>], links: &Links) -> TraceTree {
    let mut order: Vec<(Timestamp, u32)> = spans.iter().map(|span| span.start).zip(0..).collect();
    order.sort_unstable();
    let mut first_child = vec![NONE; spans.len()];
    let mut next_sibling = vec![NONE; spans.len()];
    let mut first_root = NONE;
    for (_, at) in order.into_iter().rev() {
        let parent = links.parents[at as usize];
        let head = if parent == NONE { &mut first_root } else { &mut first_child[parent as usize] };
        next_sibling[at as usize] = std::mem::replace(head, at);
    }
    let mut tree = TraceTree { place: vec![0; spans.len()], ..TraceTree::default() };
    tree.nodes.reserve(spans.len());
    let mut open: Vec<usize> = Vec::new();
    let mut at = first_root;
    while at != NONE {
        let place = tree.nodes.len();
        tree.place[at as usize] = place as u32;
        tree.nodes.push(Node {
            span: at as usize,
            parent: open.last().copied(),
            depth: open.len() as u32,
            subtree_end: place + 1,
            offset: Duration::ZERO,
            duration: Duration::ZERO,
            shift_ns: 0,
            standing: links.standings[at as usize],
        });
        open.push(place);
        let mut following = first_child[at as usize];
        while following == NONE {
            let Some(done) = open.pop() else { break };
            tree.nodes[done].subtree_end = tree.nodes.len();
            following = next_sibling[tree.nodes[done].span];
        }
        at = following;
    }
    tree
}

#[cfg(test)]
mod tests;
