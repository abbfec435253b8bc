//! The line at which each frame stands: where a child is called, where an exception was thrown, else where the
//! function is.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, OnceLock},
};

use attribution::Placement;
use model::{Event, SmolStr, keys};
use source::{Function, Index};

use crate::{
    moments::MomentKind,
    recording::{Occurrence, Position, Recording, SpanIndex},
    tree::Tree,
};

/// A line of a file of the workspace.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Line {
    /// The file's key in the index.
    pub file: SmolStr,
    /// 0-based.
    pub line: u32,
}

/// Lines of spans, found once.
#[derive(Debug)]
pub(crate) struct Places {
    lines: Vec<Line>,
    /// Where each span's own function is, or where in it the span is started.
    own: Vec<Option<u32>>,
    /// Where each span is called, in its caller's function.
    call: Vec<Option<u32>>,
    by_line: OnceLock<ByLine>,
}

/// Positions at which the top of the stack stands on a line, by file and line.
pub(crate) type ByLine = HashMap<SmolStr, BTreeMap<u32, Vec<Position>>>;

impl Places {
    /// Looks every span up; spans of one shape share their placement, so each pair of shapes is looked up once.
    pub(crate) fn new(tree: &Tree, index: &Index) -> Places {
        let mut interned = Interned::default();
        let mut known_own: HashMap<*const Placement, Option<u32>> = HashMap::new();
        let mut known_calls: HashMap<(*const Placement, *const Placement), Option<u32>> = HashMap::new();
        let mut own = Vec::with_capacity(tree.len());
        let mut call = Vec::with_capacity(tree.len());
        for (at, placed) in tree.spans.iter().enumerate() {
            let placement = &placed.placement;
            let pointer = Arc::as_ptr(placement);
            own.push(*known_own.entry(pointer).or_insert_with(|| interned.keep(own_line(index, placement))));
            let caller = tree.parents[at].map(|parent| &tree.spans[parent as usize].placement);
            call.push(caller.and_then(|caller| {
                let pair = (Arc::as_ptr(caller), pointer);
                *known_calls.entry(pair).or_insert_with(|| interned.keep(call_line(index, caller, placement)))
            }));
        }
        Places { lines: interned.lines, own, call, by_line: OnceLock::new() }
    }

    /// The line of the span's function, or of the statement in it that starts the span.
    pub(crate) fn own(&self, span: SpanIndex) -> Option<&Line> {
        self.lines.get(self.own[span as usize]? as usize)
    }

    /// The line of the caller's function at which `span` is called.
    pub(crate) fn call(&self, span: SpanIndex) -> Option<&Line> {
        self.lines.get(self.call[span as usize]? as usize)
    }

    /// The line on which the top of the stack stands at `position`.
    pub(crate) fn at(&self, recording: &Recording, position: Position) -> Option<Line> {
        let moment = recording.moment(position);
        match moment.kind {
            MomentKind::Call => {
                self.call(moment.span).or_else(|| self.own(recording.parent(moment.span)?)).cloned()
            }
            MomentKind::Event(number) => {
                let event = recording.event(moment.span, number);
                event
                    .and_then(|event| event_line(recording, moment.span, event))
                    .or_else(|| self.own(moment.span).cloned())
            }
            MomentKind::Start | MomentKind::End => self.own(moment.span).cloned(),
        }
    }

    /// Where breakpoints can hit: found at the first question.
    pub(crate) fn by_line(&self, recording: &Recording) -> &ByLine {
        self.by_line.get_or_init(|| find_by_line(self, recording))
    }
}

/// The function as it stands now, when the placement is sure.
pub(crate) fn function_of<'a>(index: &'a Index, placement: &Placement) -> Option<&'a Function> {
    if !placement.is_shown() {
        return None;
    }
    index.function(placement.function.as_ref()?)
}

#[derive(Default)]
struct Interned {
    lines: Vec<Line>,
    numbers: HashMap<Line, u32>,
}

impl Interned {
    fn keep(&mut self, line: Option<Line>) -> Option<u32> {
        let line = line?;
        Some(*self.numbers.entry(line.clone()).or_insert_with(|| {
            self.lines.push(line);
            self.lines.len() as u32 - 1
        }))
    }
}

fn own_line(index: &Index, placement: &Placement) -> Option<Line> {
    let function = function_of(index, placement)?;
    let started = placement.call_place.as_ref().filter(|place| stands_in(function, &place.file, place.line));
    let line = started.map_or(function.name_position.line, |place| place.line);
    Some(Line { file: function.key.file.clone(), line })
}

fn call_line(index: &Index, caller: &Placement, callee: &Placement) -> Option<Line> {
    let function = function_of(index, caller)?;
    let known = callee.call_place.as_ref().filter(|place| stands_in(function, &place.file, place.line));
    if let Some(place) = known {
        return Some(Line { file: place.file.clone(), line: place.line });
    }
    let called = callee.function.as_ref().filter(|called| callee.is_shown() && **called != function.key)?;
    let name = called.path.rsplit('.').next()?;
    let line = only_call(index, function, name)?;
    Some(Line { file: function.key.file.clone(), line })
}

/// The line of the one call of `name` in `function`; `None` when there is none, or several and nothing decides.
fn only_call(index: &Index, function: &Function, name: &str) -> Option<u32> {
    let file = index.file(&function.key.file)?;
    let inside = file.call_sites.iter().filter(|site| {
        let around = site.function.and_then(|at| file.functions.get(at as usize));
        site.callee == name && around.is_some_and(|around| around.key == function.key)
    });
    let mut lines: Vec<u32> = inside.map(|site| site.position.line).collect();
    lines.dedup();
    match lines[..] {
        [line] => Some(line),
        _ => None,
    }
}

fn stands_in(function: &Function, file: &str, line: u32) -> bool {
    function.key.file == file && function.first_line() <= line && line <= function.last_line
}

/// The line that an event names: where an exception was thrown, or where a log was written.
fn event_line(recording: &Recording, span: SpanIndex, event: Occurrence<'_>) -> Option<Line> {
    if event.is_exception {
        let exception =
            Event { time: event.time, name: event.name.into(), attributes: event.attributes.clone() };
        let place = attribution::throwing_place(
            &recording.index,
            &recording.origins,
            recording.span(span).resource.revision(),
            &exception,
        )?;
        return Some(Line { file: place.file, line: place.line });
    }
    // A line alone names no file, but within the span's own function it can only mean one.
    let line = u32::try_from(event.attributes.first_int(keys::CODE_LINE)?).ok()?.checked_sub(1)?;
    let function = function_of(&recording.index, recording.placement(span))?;
    let file_fits = match event.attributes.first_str(keys::CODE_FILE) {
        Some(file) => same_end(file, &function.key.file),
        None => true,
    };
    let fits = file_fits && stands_in(function, &function.key.file, line);
    fits.then(|| Line { file: function.key.file.clone(), line })
}

/// Whether one of two paths ends with all of the other.
fn same_end(sent: &str, key: &str) -> bool {
    let sent = sent.replace('\\', "/");
    let (long, short) = if sent.len() >= key.len() { (sent.as_str(), key) } else { (key, sent.as_str()) };
    long.strip_suffix(short)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('/') || rest.ends_with("./"))
}

fn find_by_line(places: &Places, recording: &Recording) -> ByLine {
    let mut found = ByLine::new();
    let mut thrown: HashMap<&str, Option<Line>> = HashMap::new();
    for (position, moment) in recording.moments().iter().enumerate() {
        let line = match moment.kind {
            MomentKind::Start => places.own(moment.span).cloned(),
            // A span started by hand stands where it is called: one stop is enough.
            MomentKind::Call => {
                places.call(moment.span).filter(|line| places.own(moment.span) != Some(line)).cloned()
            }
            MomentKind::Event(number) => recording.event(moment.span, number).and_then(|event| {
                match event.attributes.str(keys::EXCEPTION_STACKTRACE).filter(|_| event.is_exception) {
                    Some(trace) => thrown
                        .entry(trace)
                        .or_insert_with(|| event_line(recording, moment.span, event))
                        .clone(),
                    None => event_line(recording, moment.span, event),
                }
            }),
            MomentKind::End => None,
        };
        if let Some(line) = line {
            found.entry(line.file).or_default().entry(line.line).or_default().push(position as Position);
        }
    }
    found
}
