//! The stack of a thread: the span that runs, its callers across threads and services, each at the line where it is.

use model::keys;

use crate::{
    moments::MomentKind,
    places::{Line, function_of},
    recording::{LaneIndex, Position, Recording, SpanIndex, function_name},
    tree::Origin,
    wording,
};

/// One line of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The span; `None` for a label between frames.
    pub span: Option<SpanIndex>,
    /// What the frame is called: the function and the span, or the label's text.
    pub name: String,
    /// Where it stands; `None` when the span has no place, or for a label.
    pub line: Option<Line>,
}

/// Part of a stack, and how many frames the whole has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack {
    /// The frames asked for, innermost first.
    pub frames: Vec<Frame>,
    /// How many there are in all, labels included.
    pub total: usize,
}

impl Recording {
    /// The stack of `lane` at `position`: `count` frames from the `first`. Empty while the lane is idle. Costs a
    /// step per frame up to the last one asked for.
    pub fn stack(&self, lane: LaneIndex, position: Position, first: usize, count: usize) -> Stack {
        let Some(top) = self.running(lane, position) else { return Stack { frames: Vec::new(), total: 0 } };
        let depth = self.depths[top as usize];
        let root = self.root_of_stack(top);
        let origin = self.label_of_root(root);
        let total = depth.spans as usize + 1 + depth.hops as usize + usize::from(origin.is_some());
        let frames =
            Frames { recording: self, next: Some(Next::Span { span: top, child: None }), top_at: position };
        let frames = frames.chain(origin.map(Frame::label)).skip(first).take(count).collect();
        Stack { frames, total }
    }

    /// What the frame of a span is called.
    pub fn frame_name(&self, span: SpanIndex) -> String {
        let sent = self.span(span);
        let name = wording::short(&sent.name, 120);
        let Some(function) = function_name(self.placement(span)) else { return name };
        let changed = if self.code_changed(span) { " · code changed since" } else { "" };
        let callers = self.parent(span).and_then(|parent| function_name(self.placement(parent)));
        if function == name
            || function.ends_with(&format!(".{name}"))
            || name.ends_with(&format!(".{function}"))
        {
            format!("{function}{changed}")
        } else if callers.as_ref() == Some(&function) {
            format!("{name} (in {function}){changed}")
        } else {
            format!("{function} ({name}){changed}")
        }
    }

    /// Whether the line that the span was sent with no longer lies in the function of its name.
    pub fn code_changed(&self, span: SpanIndex) -> bool {
        let Some(function) = function_of(&self.index, self.placement(span)) else { return false };
        let Some(line) = self.span(span).attributes.first_int(keys::CODE_LINE) else { return false };
        let named = self.span(span).attributes.first_str(keys::CODE_FUNCTION).is_some();
        // 1-based, and compilers may point at the line before or after the declaration.
        let range = i64::from(function.first_line())..=i64::from(function.last_line) + 2;
        named && !range.contains(&line)
    }

    /// The last position up to `position` at which `span` was on top of the stack.
    pub(crate) fn last_on_top(&self, span: SpanIndex, position: Position) -> Position {
        let level = self.level(span);
        let passed = level.partition_point(|at| *at <= position);
        level.get(passed.saturating_sub(1)).copied().unwrap_or(position)
    }

    fn root_of_stack(&self, span: SpanIndex) -> SpanIndex {
        std::iter::successors(Some(span), |span| self.parent(*span)).last().unwrap_or(span)
    }

    /// What is known of where the outermost span came from.
    fn label_of_root(&self, root: SpanIndex) -> Option<String> {
        match self.origin(root) {
            Origin::ParentMissing => return Some("── the caller's span is not in this trace ──".to_owned()),
            Origin::ParentCircle => return Some("── the spans name each other as parents ──".to_owned()),
            Origin::Root | Origin::Child => {}
        }
        let link = self.span(root).links.first()?;
        let from = match self.find(link.span_id).filter(|_| link.trace_id == self.trace_id()) {
            Some(span) => self.frame_name(span),
            None => format!("trace {}", link.trace_id),
        };
        Some(format!("── linked from {from} ──"))
    }
}

impl Frame {
    fn label(name: String) -> Frame {
        Frame { span: None, name, line: None }
    }
}

enum Next {
    Span { span: SpanIndex, child: Option<SpanIndex> },
    Hop { caller: SpanIndex, child: SpanIndex },
}

/// Walks from the innermost frame outwards.
struct Frames<'a> {
    recording: &'a Recording,
    next: Option<Next>,
    top_at: Position,
}

impl Iterator for Frames<'_> {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        let recording = self.recording;
        match self.next.take()? {
            Next::Hop { caller, child } => {
                self.next = Some(Next::Span { span: caller, child: Some(child) });
                Some(Frame::label(format!("── {} ──", wording::short(recording.span(caller).service(), 80))))
            }
            Next::Span { span, child } => {
                self.next = recording.parent(span).map(|caller| {
                    let hop = recording.span(caller).service() != recording.span(span).service();
                    match hop {
                        true => Next::Hop { caller, child: span },
                        false => Next::Span { span: caller, child: Some(span) },
                    }
                });
                let line = match child {
                    None => recording.line_of_top(span, self.top_at),
                    Some(child) => {
                        recording.places.call(child).or_else(|| recording.places.own(span)).cloned()
                    }
                };
                Some(Frame { span: Some(span), name: recording.frame_name(span), line })
            }
        }
    }
}

impl Recording {
    /// The line of a stack's innermost span: at the moment itself, or where it was last seen.
    fn line_of_top(&self, span: SpanIndex, position: Position) -> Option<Line> {
        self.line_at(self.last_on_top(span, position))
    }

    /// What happens at `position`, in a few words.
    pub fn describe(&self, position: Position) -> String {
        let moment = self.moment(position);
        let name = wording::short(&self.span(moment.span).name, 80);
        match moment.kind {
            MomentKind::Call => format!("about to call {name}"),
            MomentKind::Start => format!("{name} starts"),
            MomentKind::Event(number) => match self.event(moment.span, number) {
                Some(event) if event.is_exception => wording::exception(&event),
                Some(event) if !event.name.is_empty() => wording::short(event.name, 80),
                Some(event) => wording::short(event.body, 80),
                None => name,
            },
            MomentKind::End => {
                let (start, end) = self.times(moment.span);
                let took = wording::duration(end.since(start));
                let how = match (self.has_end(moment.span), self.span(moment.span).is_error()) {
                    (false, _) => "no end was recorded".to_owned(),
                    (true, true) => format!("ends with an error after {took}"),
                    (true, false) => format!("ends after {took}"),
                };
                format!("{name} {how}")
            }
        }
    }
}
