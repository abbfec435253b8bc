//! The ordered moments of a trace: what a position in a replay is an index into.
//!
//! Order is time first. At equal times it is the order of a walk through the tree, so that a call stands before what
//! it called, an event within its span, and an end after everything that it ended.

use model::Timestamp;

use crate::{
    clock::Times,
    groups::Groups,
    recording::{Position, SpanIndex},
    tree::Tree,
};

/// Something that happened at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When, on the replay's clock.
    pub time: Timestamp,
    /// The span that it happened to; for a call, the span that is called.
    pub span: SpanIndex,
    /// What happened.
    pub kind: MomentKind,
}

/// The kinds of moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MomentKind {
    /// The caller of the span is about to call it: the caller is still on top of the stack.
    Call,
    /// The span has begun.
    Start,
    /// The span recorded an event or a log record: its number in [`crate::Recording::event`].
    Event(u32),
    /// The span is about to end.
    End,
}

/// All moments, and where those of each span are.
#[derive(Debug)]
pub(crate) struct Moments {
    pub all: Vec<Moment>,
    /// Position of each span's start.
    pub starts: Vec<Position>,
    /// The same positions in order.
    pub starts_in_order: Vec<Position>,
    /// Position of each span's end.
    pub ends: Vec<Position>,
    /// Position of each span's call; `None` for spans that nobody waits for.
    pub calls: Vec<Option<Position>>,
    /// Positions at which each span is on top of the stack, in order.
    pub levels: Groups,
    /// The same without calls, but with the ends of what it called: where a walk back into calls stops.
    pub returns: Groups,
}

impl Moments {
    /// Orders everything that happened. `events` holds, per span, the numbers of its events. O(n log n).
    pub(crate) fn new(
        tree: &Tree,
        children: &Groups,
        times: &[Times],
        events: &Groups,
        event_time: impl Fn(SpanIndex, u32) -> Timestamp,
    ) -> Moments {
        let mut all = walk(tree, children, times, events, event_time);
        all.sort_by_key(|moment| moment.time);
        let mut starts = vec![0; tree.len()];
        let mut ends = vec![0; tree.len()];
        let mut calls = vec![None; tree.len()];
        for (position, moment) in all.iter().enumerate() {
            let (position, span) = (position as Position, moment.span as usize);
            match moment.kind {
                MomentKind::Start => starts[span] = position,
                MomentKind::End => ends[span] = position,
                MomentKind::Call => calls[span] = Some(position),
                MomentKind::Event(_) => {}
            }
        }
        let tops = all.iter().enumerate().map(|(position, moment)| (top(tree, moment), position as u32));
        let levels = Groups::new(tree.len(), tops);
        let returns = Groups::new(
            tree.len(),
            all.iter().enumerate().flat_map(|(position, moment)| {
                let called = moment.kind == MomentKind::End && calls[moment.span as usize].is_some();
                let caller = tree.parents[moment.span as usize].filter(|_| called);
                let own = Some(moment.span).filter(|_| moment.kind != MomentKind::Call);
                [own, caller].into_iter().flatten().map(move |span| (span, position as u32))
            }),
        );
        let mut starts_in_order = starts.clone();
        starts_in_order.sort_unstable();
        Moments { all, starts, starts_in_order, ends, calls, levels, returns }
    }
}

/// The span on top of the stack at `moment`.
fn top(tree: &Tree, moment: &Moment) -> SpanIndex {
    match moment.kind {
        MomentKind::Call => tree.parents[moment.span as usize].unwrap_or(moment.span),
        _ => moment.span,
    }
}

/// One span of which the walk is in the middle.
struct Visit {
    span: SpanIndex,
    children_seen: usize,
    events_seen: usize,
}

fn walk(
    tree: &Tree,
    children: &Groups,
    times: &[Times],
    events: &Groups,
    event_time: impl Fn(SpanIndex, u32) -> Timestamp,
) -> Vec<Moment> {
    let mut moments = Vec::with_capacity(3 * tree.len());
    let mut roots: Vec<SpanIndex> = tree.roots().collect();
    roots.sort_by_key(|root| times[*root as usize].start);
    for root in roots {
        let mut stack = vec![enter(&mut moments, times, root)];
        while let Some(visit) = stack.last_mut() {
            let span = visit.span;
            let own = &times[span as usize];
            let child = children.of(span).get(visit.children_seen).copied();
            let event = events.of(span).get(visit.events_seen).copied();
            let event = event.map(|number| (number, own.place(event_time(span, number))));
            match (child, event) {
                (child, Some((number, time)))
                    if child.is_none_or(|child| time <= times[child as usize].start) =>
                {
                    visit.events_seen += 1;
                    moments.push(Moment { time, span, kind: MomentKind::Event(number) });
                }
                (Some(child), _) => {
                    visit.children_seen += 1;
                    let start = times[child as usize].start;
                    if start <= own.end {
                        moments.push(Moment { time: start, span: child, kind: MomentKind::Call });
                    }
                    stack.push(enter(&mut moments, times, child));
                }
                (None, _) => {
                    moments.push(Moment { time: own.end, span, kind: MomentKind::End });
                    stack.pop();
                }
            }
        }
    }
    moments
}

fn enter(moments: &mut Vec<Moment>, times: &[Times], span: SpanIndex) -> Visit {
    moments.push(Moment { time: times[span as usize].start, span, kind: MomentKind::Start });
    Visit { span, children_seen: 0, events_seen: 0 }
}
