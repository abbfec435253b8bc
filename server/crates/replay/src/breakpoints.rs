//! Breakpoints: every position at which each one stops is found when it is set, so that a replay stops at the same
//! moments in both directions.

use std::str::FromStr;

use crate::{
    expression::{Context, Expression, Template},
    moments::MomentKind,
    recording::{Position, Recording},
    steps::Direction,
};

/// What a breakpoint asks for besides its place; texts as typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guard {
    /// An expression that has to hold.
    pub condition: Option<String>,
    /// Which of the hits count: `5`, `>= 5`, `% 3`. Hits are counted from the start of the trace.
    pub hit_condition: Option<String>,
    /// A message to print instead of stopping.
    pub log_message: Option<String>,
}

/// What an exception breakpoint stops at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExceptionFilter {
    /// An exception was recorded.
    Exception,
    /// A span ends in error without having recorded an exception.
    Error,
}

/// What a breakpoint stops at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A 0-based line of a file, by the file's key.
    Line(String, u32),
    /// The start of functions or spans of this name; `*` stands for anything, `?` for any one character.
    Function(String),
    /// Exceptions.
    Exception(ExceptionFilter),
    /// The start of spans whose attribute of this key is another one than the span's before that had it.
    Attribute(String),
}

/// What became of a breakpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Its number, never given twice in a session.
    pub id: u32,
    /// Whether it can stop: the trace or the code knows its place, and its texts can be read.
    pub verified: bool,
    /// What is wrong, or worth knowing.
    pub message: Option<String>,
    /// For a line: the 0-based line to which it was moved.
    pub line: Option<u32>,
}

/// The breakpoints of one session.
#[derive(Debug, Default)]
pub struct Breakpoints {
    all: Vec<Breakpoint>,
    last_id: u32,
}

#[derive(Debug)]
struct Breakpoint {
    id: u32,
    kind: Kind,
    log: Option<Template>,
    /// In order.
    hits: Vec<Position>,
}

/// Positions at which a session stops, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    pub position: Position,
    /// Breakpoints that stop there, with what they stop at.
    pub breakpoints: Vec<(u32, Kind)>,
}

impl Breakpoints {
    /// Replaces the breakpoints of one file.
    pub fn set_lines(&mut self, recording: &Recording, file: &str, wanted: &[(u32, Guard)]) -> Vec<Outcome> {
        self.all.retain(|breakpoint| !matches!(&breakpoint.kind, Kind::Line(of, _) if of == file));
        let set = |(line, guard): &(u32, Guard)| {
            let (line, positions, note) = match cover(recording, file, *line) {
                Some(cover) => (cover.line, cover.positions, cover.note),
                None => (*line, Vec::new(), None),
            };
            let known = note.is_some() || !positions.is_empty();
            let mut outcome = self.add(recording, Kind::Line(file.to_owned(), line), guard, positions);
            outcome.line = Some(line);
            if !known {
                outcome.verified = false;
                outcome.message =
                    Some("no function of this trace or of the workspace stands here".to_owned());
            } else if outcome.verified {
                outcome.message = outcome.message.or(note);
            }
            outcome
        };
        wanted.iter().map(set).collect()
    }

    /// Replaces the breakpoints on functions and span names.
    pub fn set_functions(&mut self, recording: &Recording, wanted: &[(String, Guard)]) -> Vec<Outcome> {
        self.all.retain(|breakpoint| !matches!(breakpoint.kind, Kind::Function(_)));
        let set = |(name, guard): &(String, Guard)| {
            let positions = starts_of_named(recording, name);
            let none = positions.is_empty();
            let mut outcome = self.add(recording, Kind::Function(name.clone()), guard, positions);
            if none && outcome.verified {
                outcome.message = Some(format!("nothing in this trace is called {name}"));
                outcome.verified = false;
            }
            outcome
        };
        wanted.iter().map(set).collect()
    }

    /// Replaces the exception breakpoints.
    pub fn set_exceptions(
        &mut self,
        recording: &Recording,
        wanted: &[(ExceptionFilter, Guard)],
    ) -> Vec<Outcome> {
        self.all.retain(|breakpoint| !matches!(breakpoint.kind, Kind::Exception(_)));
        let set = |(filter, guard): &(ExceptionFilter, Guard)| {
            let positions = failures(recording, *filter);
            self.add(recording, Kind::Exception(*filter), guard, positions)
        };
        wanted.iter().map(set).collect()
    }

    /// Replaces the breakpoints on attributes.
    pub fn set_attributes(&mut self, recording: &Recording, wanted: &[(String, Guard)]) -> Vec<Outcome> {
        self.all.retain(|breakpoint| !matches!(breakpoint.kind, Kind::Attribute(_)));
        let set = |(key, guard): &(String, Guard)| {
            let positions = changes_of(recording, key);
            self.add(recording, Kind::Attribute(key.clone()), guard, positions)
        };
        wanted.iter().map(set).collect()
    }

    /// The outcome of a breakpoint that cannot be set at all.
    pub fn refuse(&mut self, why: &str) -> Outcome {
        self.last_id += 1;
        Outcome { id: self.last_id, verified: false, message: Some(why.to_owned()), line: None }
    }

    /// Whether any of them would stop a run from the start.
    pub fn can_stop(&self) -> bool {
        self.all.iter().any(|breakpoint| breakpoint.log.is_none() && !breakpoint.hits.is_empty())
    }

    /// The next position after `from`, in `direction`, at which one stops.
    pub(crate) fn next_stop(&self, from: Position, direction: Direction) -> Option<Hit> {
        let next = |breakpoint: &Breakpoint| next_of(&breakpoint.hits, from, direction);
        let stopping = self.all.iter().filter(|breakpoint| breakpoint.log.is_none());
        let position = match direction {
            Direction::Forward => stopping.filter_map(next).min(),
            Direction::Backward => stopping.filter_map(next).max(),
        }?;
        Some(self.hit_at(position))
    }

    /// What stops at `position`; may be nothing.
    pub(crate) fn hit_at(&self, position: Position) -> Hit {
        let here = self.all.iter().filter(|breakpoint| {
            breakpoint.log.is_none() && breakpoint.hits.binary_search(&position).is_ok()
        });
        Hit { position, breakpoints: here.map(|it| (it.id, it.kind.clone())).collect() }
    }

    /// Messages of log points passed on the way from `from`, itself left out, to `to`, in the order of passing; at
    /// most `limit`, and how many more there would have been.
    pub(crate) fn logs(
        &self,
        recording: &Recording,
        from: Position,
        to: Position,
        limit: usize,
    ) -> (Vec<(Position, String)>, usize) {
        let (low, high) = if from <= to { (from + 1, to + 1) } else { (to, from) };
        let mut passed: Vec<(Position, &Template)> = Vec::new();
        let mut dropped = 0;
        for breakpoint in &self.all {
            let Some(template) = &breakpoint.log else { continue };
            let begin = breakpoint.hits.partition_point(|position| *position < low);
            let end = breakpoint.hits.partition_point(|position| *position < high);
            passed.extend(
                breakpoint.hits.get(begin..end).into_iter().flatten().map(|position| (*position, template)),
            );
        }
        passed.sort_by_key(|(position, _)| *position);
        if to < from {
            passed.reverse();
        }
        if passed.len() > limit {
            dropped = passed.len() - limit;
            passed.truncate(limit);
        }
        let render = |(position, template): (Position, &Template)| {
            let context = Context { recording, span: recording.top(position), position: Some(position) };
            (position, template.render(&context))
        };
        (passed.into_iter().map(render).collect(), dropped)
    }

    /// Positions of a line breakpoint's kind, for a choice of where to run to.
    pub(crate) fn positions_of_line(
        recording: &Recording,
        file: &str,
        line: u32,
    ) -> Option<(u32, Vec<Position>)> {
        cover(recording, file, line).map(|cover| (cover.line, cover.positions))
    }

    fn add(&mut self, recording: &Recording, kind: Kind, guard: &Guard, positions: Vec<Position>) -> Outcome {
        self.last_id += 1;
        let id = self.last_id;
        match Parsed::new(guard) {
            Err(message) => Outcome { id, verified: false, message: Some(message), line: None },
            Ok(parsed) => {
                let hits = parsed.filter(recording, positions);
                self.all.push(Breakpoint { id, kind, log: parsed.log, hits });
                Outcome { id, verified: true, message: None, line: None }
            }
        }
    }
}

/// A guard whose texts have been read.
struct Parsed {
    condition: Option<Expression>,
    hits: Option<HitCondition>,
    log: Option<Template>,
}

impl Parsed {
    fn new(guard: &Guard) -> Result<Parsed, String> {
        let text = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        let condition = text(&guard.condition).map(|text| Expression::parse(&text)).transpose();
        let log = text(&guard.log_message).map(|text| Template::parse(&text)).transpose();
        Ok(Parsed {
            condition: condition.map_err(|error| format!("the condition cannot be read: {error}"))?,
            hits: text(&guard.hit_condition).map(|text| text.parse()).transpose()?,
            log: log.map_err(|error| format!("the log message cannot be read: {error}"))?,
        })
    }

    fn filter(&self, recording: &Recording, mut positions: Vec<Position>) -> Vec<Position> {
        if let Some(condition) = &self.condition {
            positions.retain(|position| {
                let span = recording.top(*position);
                condition.holds(&Context { recording, span, position: Some(*position) })
            });
        }
        let Some(hits) = self.hits else { return positions };
        let counted = positions.into_iter().enumerate().filter(|(before, _)| hits.counts(*before as u64 + 1));
        counted.map(|(_, position)| position).collect()
    }
}

/// Which hits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HitCondition {
    Exactly(u64),
    From(u64),
    UpTo(u64),
    Every(u64),
}

impl HitCondition {
    /// Whether hit number `number`, counted from 1, is one.
    fn counts(self, number: u64) -> bool {
        match self {
            HitCondition::Exactly(wanted) => number == wanted,
            HitCondition::From(least) => number >= least,
            HitCondition::UpTo(most) => number <= most,
            HitCondition::Every(step) => number.is_multiple_of(step),
        }
    }
}

impl FromStr for HitCondition {
    type Err = String;

    fn from_str(text: &str) -> Result<HitCondition, String> {
        let text = text.trim();
        let sign = text.find(|character: char| character.is_ascii_digit()).unwrap_or(text.len());
        let (sign, number) = text.split_at(sign);
        let wrong =
            || format!("a hit condition is a number, or one of = > >= < <= % before a number, not `{text}`");
        let number: u64 = number.trim().parse().map_err(|_| wrong())?;
        Ok(match sign.trim() {
            "" | "=" | "==" => HitCondition::Exactly(number),
            ">=" => HitCondition::From(number),
            ">" => HitCondition::From(number.saturating_add(1)),
            "<=" => HitCondition::UpTo(number),
            "<" => HitCondition::UpTo(number.saturating_sub(1)),
            "%" if number > 0 => HitCondition::Every(number),
            _ => return Err(wrong()),
        })
    }
}

/// Where a line breakpoint ends up.
struct Cover {
    line: u32,
    positions: Vec<Position>,
    /// Present when the code knows the line but the trace does not.
    note: Option<String>,
}

/// The line itself, or the next one of the same function at which the trace can stop, or the function.
fn cover(recording: &Recording, file: &str, line: u32) -> Option<Cover> {
    let stops = recording.places.by_line(recording).get(file);
    let at = |line: u32| stops.and_then(|lines| lines.get(&line)).cloned();
    if let Some(positions) = at(line) {
        return Some(Cover { line, positions, note: None });
    }
    let function = recording.index.file(file).and_then(|code| code.function_on_line(line))?;
    let inside = |range: std::ops::RangeInclusive<u32>| {
        let mut lines = stops.into_iter().flat_map(move |lines| lines.range(range.clone()));
        lines.next().map(|(line, positions)| Cover { line: *line, positions: positions.clone(), note: None })
    };
    let later = if line <= function.last_line { inside(line..=function.last_line) } else { None };
    later.or_else(|| {
        let line = function.name_position.line;
        let positions = at(line).unwrap_or_default();
        let note = positions.is_empty().then(|| format!("this trace does not run {}", function.key.path));
        Some(Cover { line, positions, note })
    })
}

fn starts_of_named(recording: &Recording, pattern: &str) -> Vec<Position> {
    let spans = (0..recording.span_count() as u32).filter(|span| {
        let sent = recording.span(*span);
        let placement = recording.placement(*span);
        let function = placement.function.as_ref().filter(|_| placement.is_shown());
        let path = function.map(|key| key.path.as_str());
        let name = path.and_then(|path| path.rsplit('.').next());
        let code = sent.attributes.first_str(model::keys::CODE_FUNCTION);
        [Some(sent.name.as_str()), path, name, code].into_iter().flatten().any(|name| fits(pattern, name))
    });
    in_order(spans.map(|span| recording.start_of(span)))
}

fn failures(recording: &Recording, filter: ExceptionFilter) -> Vec<Position> {
    let moments = recording.moments().iter().enumerate();
    let failing = moments.filter(|(_, moment)| match (filter, moment.kind) {
        (ExceptionFilter::Exception, MomentKind::Event(number)) => {
            recording.event(moment.span, number).is_some_and(|event| event.is_exception)
        }
        (ExceptionFilter::Error, MomentKind::End) => {
            recording.span(moment.span).is_error() && !recording.has_exception(moment.span)
        }
        _ => false,
    });
    failing.map(|(position, _)| position as Position).collect()
}

fn changes_of(recording: &Recording, key: &str) -> Vec<Position> {
    let mut last = None;
    let starts =
        recording.moments().iter().enumerate().filter(|(_, moment)| moment.kind == MomentKind::Start);
    let changed = starts.filter(|(_, moment)| {
        let Some(value) = recording.span(moment.span).attributes.get(key) else { return false };
        last.replace(value) != Some(value)
    });
    changed.map(|(position, _)| position as Position).collect()
}

fn in_order(positions: impl Iterator<Item = Position>) -> Vec<Position> {
    let mut positions: Vec<Position> = positions.collect();
    positions.sort_unstable();
    positions
}

fn next_of(hits: &[Position], from: Position, direction: Direction) -> Option<Position> {
    match direction {
        Direction::Forward => hits.get(hits.partition_point(|hit| *hit <= from)).copied(),
        Direction::Backward => {
            hits.partition_point(|hit| *hit < from).checked_sub(1).and_then(|at| hits.get(at)).copied()
        }
    }
}

/// Whether `name` fits a pattern with `*` and `?`. Linear in the name for each star.
fn fits(pattern: &str, name: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut in_pattern) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(character) = name.get(at) {
        match pattern.get(in_pattern) {
            Some('*') => {
                star = Some((in_pattern, at));
                in_pattern += 1;
            }
            Some(wanted) if wanted == character || *wanted == '?' => {
                in_pattern += 1;
                at += 1;
            }
            _ => {
                let Some((after, taken)) = star else { return false };
                star = Some((after, taken + 1));
                in_pattern = after + 1;
                at = taken + 1;
            }
        }
    }
    pattern.get(in_pattern..).into_iter().flatten().all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_file_names_do() {
        assert!(fits("GET *", "GET /users"));
        assert!(fits("*cart*", "add to cart now"));
        assert!(fits("a?c", "abc"));
        assert!(fits("*", ""));
        assert!(!fits("GET", "GET /users"));
        assert!(!fits("a*b*c", "acb"));
    }

    #[test]
    fn hit_conditions_count_from_the_start() {
        let check = |text: &str| {
            let condition: HitCondition = text.parse().unwrap();
            (1..=6)
                .filter(|number| condition.counts(*number))
                .map(|number| number.to_string())
                .collect::<String>()
        };
        assert_eq!(check("5"), "5");
        assert_eq!(check(" == 2"), "2");
        assert_eq!(check(">4"), "56");
        assert_eq!(check(">= 4"), "456");
        assert_eq!(check("<3"), "12");
        assert_eq!(check("%2"), "246");
        for wrong in ["", "x", "%0", "=>3", "3x", "-1"] {
            assert!(wrong.parse::<HitCondition>().is_err(), "{wrong}");
        }
    }
}
