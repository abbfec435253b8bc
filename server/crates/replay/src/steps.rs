//! Steps: where in, over and out lead from a position, and their mirrors.
//!
//! Each is a function of the recording and the position alone; what they mean is in docs/replay.md, "Steps".

use crate::{
    moments::MomentKind,
    recording::{LaneIndex, Position, Recording, SpanIndex},
};

/// Which way in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// As it happened.
    Forward,
    /// Back in time.
    Backward,
}

/// One way to move on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stride {
    /// Into whatever happens next: the next start, event or end, on whatever thread.
    In,
    /// To the next thing that the running function does, past what it calls.
    Over,
    /// To the next thing that the caller does.
    Out,
    /// To the next moment of the trace, calls included.
    Moment,
}

/// A stride and its direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Step {
    /// How far.
    pub stride: Stride,
    /// Which way.
    pub direction: Direction,
}

impl Direction {
    /// The other one.
    pub fn reversed(self) -> Direction {
        match self {
            Direction::Forward => Direction::Backward,
            Direction::Backward => Direction::Forward,
        }
    }
}

impl Step {
    /// As it happened.
    pub fn forward(stride: Stride) -> Step {
        Step { stride, direction: Direction::Forward }
    }

    /// Back in time.
    pub fn backward(stride: Stride) -> Step {
        Step { stride, direction: Direction::Backward }
    }

    /// The same stride the other way.
    pub fn reversed(self) -> Step {
        Step { direction: self.direction.reversed(), ..self }
    }
}

/// Where `step` on `lane` leads from `from`; `None` past the trace's first or last moment.
/// At most one look-up per ancestor.
pub(crate) fn target(recording: &Recording, step: Step, lane: LaneIndex, from: Position) -> Option<Position> {
    match step.stride {
        Stride::Moment => return neighbour(recording, from, step.direction),
        Stride::In if lane == recording.lane_at(from) => return past_calls(recording, from, step.direction),
        _ => {}
    }
    let Some(span) = recording.running(lane, from) else {
        return wake(recording, lane, from, step.direction);
    };
    match (step.stride, step.direction) {
        (Stride::In | Stride::Moment, Direction::Forward) => into(recording, span, from),
        (Stride::Over, Direction::Forward) => over(recording, span, from),
        (Stride::Out, Direction::Forward) => out(recording, span, from),
        (Stride::In | Stride::Moment, Direction::Backward) => back_into(recording, span, from),
        (Stride::Over, Direction::Backward) => back_over(recording, span, from),
        (Stride::Out, Direction::Backward) => back_out(recording, span, from),
    }
}

/// The next moment that is no call: a call stands right before its start, so it is a choice of where to look from.
fn past_calls(recording: &Recording, from: Position, direction: Direction) -> Option<Position> {
    let next = neighbour(recording, from, direction)?;
    match recording.moment(next).kind {
        MomentKind::Call => neighbour(recording, next, direction),
        _ => Some(next),
    }
}

/// As [`past_calls`], for a thread that is not the one that moved last: it stays with that thread's work.
fn into(recording: &Recording, span: SpanIndex, from: Position) -> Option<Position> {
    let here = recording.moment(from);
    if here.kind == MomentKind::Call && recording.parent(here.span) == Some(span) {
        return Some(recording.start_of(here.span));
    }
    let next = over(recording, span, from)?;
    let there = recording.moment(next);
    Some(if there.kind == MomentKind::Call { recording.start_of(there.span) } else { next })
}

fn over(recording: &Recording, span: SpanIndex, from: Position) -> Option<Position> {
    after(recording, span, from).or_else(|| in_a_caller(recording, span, from, after)).or_else(|| {
        // Nobody waits: what else the trace holds comes next.
        neighbour(recording, from, Direction::Forward)
    })
}

/// Work side by side goes on while a function is left: the caller may do something before that function ends.
fn out(recording: &Recording, span: SpanIndex, from: Position) -> Option<Position> {
    let end = recording.end_of(span);
    in_a_caller(recording, span, from, after)
        .or((from < end).then_some(end))
        .or_else(|| neighbour(recording, from, Direction::Forward))
}

fn back_over(recording: &Recording, span: SpanIndex, from: Position) -> Option<Position> {
    before(recording, span, from)
        .or_else(|| in_a_caller(recording, span, from, before))
        .or_else(|| neighbour(recording, from, Direction::Backward))
}

/// Back to what the running function did last, or into the end of what it called, whichever was later.
fn back_into(recording: &Recording, span: SpanIndex, from: Position) -> Option<Position> {
    returned_before(recording, span, from)
        .or_else(|| in_a_caller(recording, span, from, returned_before))
        .or_else(|| neighbour(recording, from, Direction::Backward))
}

fn back_out(recording: &Recording, span: SpanIndex, from: Position) -> Option<Position> {
    let start = recording.start_of(span);
    in_a_caller(recording, span, start.min(from), before)
        .or((from > start).then_some(start))
        .or_else(|| neighbour(recording, from, Direction::Backward))
}

/// The next thing that `span` itself does.
fn after(recording: &Recording, span: SpanIndex, from: Position) -> Option<Position> {
    let level = recording.level(span);
    level.get(level.partition_point(|position| *position <= from)).copied()
}

/// The last thing that `span` itself did.
fn before(recording: &Recording, span: SpanIndex, from: Position) -> Option<Position> {
    last_before(recording.level(span), from)
}

/// The last thing that `span` itself did, calls left out, or the last return of what it called.
fn returned_before(recording: &Recording, span: SpanIndex, from: Position) -> Option<Position> {
    last_before(recording.moments.returns.of(span), from)
}

fn last_before(positions: &[Position], from: Position) -> Option<Position> {
    positions
        .partition_point(|position| *position < from)
        .checked_sub(1)
        .and_then(|at| positions.get(at))
        .copied()
}

/// The first answer of `find` for the callers of `span`, nearest first: a caller may be over before what it called.
fn in_a_caller(
    recording: &Recording,
    span: SpanIndex,
    from: Position,
    find: impl Fn(&Recording, SpanIndex, Position) -> Option<Position>,
) -> Option<Position> {
    let callers = std::iter::successors(recording.parent(span), |caller| recording.parent(*caller));
    let mut found = callers.filter_map(|caller| find(recording, caller, from));
    found.next()
}

fn neighbour(recording: &Recording, from: Position, direction: Direction) -> Option<Position> {
    match direction {
        Direction::Forward => (from < recording.last()).then_some(from + 1),
        Direction::Backward => from.checked_sub(1),
    }
}

/// The next time that an idle lane has work, or the last time that it had.
fn wake(recording: &Recording, lane: LaneIndex, from: Position, direction: Direction) -> Option<Position> {
    let spans = recording.lanes.spans.of(lane);
    let started = spans.partition_point(|span| recording.start_of(*span) <= from);
    match direction {
        Direction::Forward => spans.get(started).map(|span| recording.start_of(*span)),
        Direction::Backward => spans.get(started.checked_sub(1)?).map(|span| recording.end_of(*span)),
    }
}
