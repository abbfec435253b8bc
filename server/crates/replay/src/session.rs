//! One walk through a recording: where it is, how it got there, and what stops it.

use std::{collections::VecDeque, sync::Arc};

use model::SpanId;

use crate::{
    breakpoints::{Breakpoints, ExceptionFilter, Hit, Kind},
    moments::MomentKind,
    recording::{LaneIndex, Position, Recording, SpanIndex},
    steps::{self, Direction, Step},
};

/// Steps that can be taken back exactly.
const MAX_TRAIL: usize = 10_000;

/// Log lines of one movement.
const MAX_LOGS: usize = 1_000;

/// A position in a recording, breakpoints, and the way here.
#[derive(Debug)]
pub struct Session {
    recording: Arc<Recording>,
    at: Position,
    entry: Position,
    trail: VecDeque<Taken>,
    /// What stops a run.
    pub breakpoints: Breakpoints,
}

/// Where a movement ended, and why there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The new position.
    pub position: Position,
    /// Why there.
    pub cause: Cause,
    /// Breakpoints that hit here.
    pub hits: Vec<u32>,
    /// Messages of log points that were passed, with their positions, in the order of passing.
    pub logs: Vec<(Position, String)>,
    /// Messages past the limit of one movement.
    pub logs_dropped: usize,
}

/// Why a movement ended where it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A session begins.
    Entry,
    /// A step was completed.
    Step,
    /// A breakpoint on a line.
    Breakpoint,
    /// A breakpoint on a function or a span's name.
    Function,
    /// A breakpoint on an attribute.
    Data,
    /// An exception or an error.
    Exception,
    /// The place that was asked for.
    Goto,
    /// A frame was restarted.
    Restart,
    /// There is no more time in that direction.
    EndOfTime(Direction),
}

/// A step that was taken.
#[derive(Clone, Copy, Debug)]
struct Taken {
    step: Step,
    from: Position,
    to: Position,
}

impl Session {
    /// Stands at the start of `entry`, or of the trace when there is no such span.
    pub fn new(recording: Arc<Recording>, entry: Option<SpanId>) -> Session {
        let span = entry.and_then(|id| recording.find(id));
        let entry = span.map_or(0, |span| recording.start_of(span));
        Session { recording, at: entry, entry, trail: VecDeque::new(), breakpoints: Breakpoints::default() }
    }

    /// The trace.
    pub fn recording(&self) -> &Arc<Recording> {
        &self.recording
    }

    /// Where the session stands.
    pub fn position(&self) -> Position {
        self.at
    }

    /// The lane whose stack changed last.
    pub fn lane(&self) -> LaneIndex {
        self.recording.lane_at(self.at)
    }

    /// Stands at the entry again.
    pub fn restart(&mut self) -> Arrival {
        self.jump(self.entry, Cause::Entry)
    }

    /// Takes a step on `lane`. Never fails: past the ends of time it stays. The same stride the other way, taken
    /// next, leads back to where this one began.
    pub fn step(&mut self, step: Step, lane: LaneIndex) -> Arrival {
        let retraced = self
            .trail
            .back()
            .copied()
            .filter(|last| last.step == step.reversed() && last.to == self.at && self.lane() == lane);
        let from = self.at;
        let target = match retraced {
            Some(last) => Some(last.from),
            None => steps::target(&self.recording, step, lane, from),
        };
        let Some(target) = target else {
            return self.arrive(from, Cause::EndOfTime(step.direction));
        };
        let arrival = self.travel(target, step.direction, Cause::Step);
        match retraced {
            Some(_) if arrival.position == target => drop(self.trail.pop_back()),
            _ => self.remember(Taken { step, from, to: arrival.position }),
        }
        arrival
    }

    /// Runs to the next breakpoint, or to the end of time.
    pub fn run(&mut self, direction: Direction) -> Arrival {
        self.trail.clear();
        let end = match direction {
            Direction::Forward => self.recording.last(),
            Direction::Backward => 0,
        };
        match self.breakpoints.next_stop(self.at, direction) {
            Some(hit) => self.travel(hit.position, direction, Cause::Step),
            None => self.travel(end, direction, Cause::EndOfTime(direction)),
        }
    }

    /// Goes to `position`, whatever lies between; past the last it is the last.
    pub fn go_to(&mut self, position: Position) -> Arrival {
        self.jump(position.min(self.recording.last()), Cause::Goto)
    }

    /// Goes back (or on) to the start of `span`.
    pub fn restart_span(&mut self, span: SpanIndex) -> Arrival {
        self.jump(self.recording.start_of(span), Cause::Restart)
    }

    /// Goes to the next exception or failed span, whether or not breakpoints ask for it; stays when there is none.
    pub fn go_to_error(&mut self, direction: Direction) -> Arrival {
        let recording = self.recording.clone();
        let is_error = |position: &Position| recording.is_failure(*position);
        let found = match direction {
            Direction::Forward => (self.at + 1..=recording.last()).find(is_error),
            Direction::Backward => (0..self.at).rev().find(is_error),
        };
        match found {
            Some(position) => self.jump(position, Cause::Exception),
            None => self.arrive(self.at, Cause::EndOfTime(direction)),
        }
    }

    /// Every position at which a line of a file is reached, and the line to which the question was moved.
    pub fn positions_of_line(&self, file: &str, line: u32) -> Option<(u32, Vec<Position>)> {
        Breakpoints::positions_of_line(&self.recording, file, line)
    }

    fn travel(&mut self, target: Position, direction: Direction, otherwise: Cause) -> Arrival {
        let between = self.breakpoints.next_stop(self.at, direction).filter(|hit| match direction {
            Direction::Forward => hit.position < target,
            Direction::Backward => hit.position > target,
        });
        let target = between.map_or(target, |hit| hit.position);
        let (logs, logs_dropped) = self.breakpoints.logs(&self.recording, self.at, target, MAX_LOGS);
        Arrival { logs, logs_dropped, ..self.arrive(target, otherwise) }
    }

    fn jump(&mut self, position: Position, cause: Cause) -> Arrival {
        self.trail.clear();
        let arrival = self.arrive(position, cause);
        Arrival { cause, ..arrival }
    }

    fn arrive(&mut self, position: Position, otherwise: Cause) -> Arrival {
        let moved = position != self.at;
        self.at = position;
        let hit = self.breakpoints.hit_at(position);
        // Who could not move has not hit anything again.
        let stuck = matches!(otherwise, Cause::EndOfTime(_)) && !moved;
        let hit = if stuck { Hit { position, breakpoints: Vec::new() } } else { hit };
        let cause = cause_of(&hit).unwrap_or(otherwise);
        let hits = hit.breakpoints.iter().map(|(id, _)| *id).collect();
        Arrival { position, cause, hits, logs: Vec::new(), logs_dropped: 0 }
    }

    fn remember(&mut self, taken: Taken) {
        if taken.from == taken.to {
            return;
        }
        if self.trail.len() == MAX_TRAIL {
            self.trail.pop_front();
        }
        self.trail.push_back(taken);
    }
}

impl Recording {
    /// Whether an exception was recorded at `position`, or a span ends there in error without one.
    pub fn is_failure(&self, position: Position) -> bool {
        let moment = self.moment(position);
        match moment.kind {
            MomentKind::Event(number) => {
                self.event(moment.span, number).is_some_and(|event| event.is_exception)
            }
            MomentKind::End => self.span(moment.span).is_error() && !self.has_exception(moment.span),
            MomentKind::Start | MomentKind::Call => false,
        }
    }
}

/// Exceptions first: editors show more for them.
fn cause_of(hit: &Hit) -> Option<Cause> {
    let kinds = || hit.breakpoints.iter().map(|(_, kind)| kind);
    if kinds()
        .any(|kind| matches!(kind, Kind::Exception(ExceptionFilter::Exception | ExceptionFilter::Error)))
    {
        return Some(Cause::Exception);
    }
    kinds().next().map(|kind| match kind {
        Kind::Function(_) => Cause::Function,
        Kind::Attribute(_) => Cause::Data,
        Kind::Line(..) | Kind::Exception(_) => Cause::Breakpoint,
    })
}
