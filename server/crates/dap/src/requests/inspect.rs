//! What the replay looks like where it stands: threads, stacks, scopes, variables, exceptions.

use dap_types::{
    requests::{StackTraceArguments, VariablesArguments},
    responses::{
        ExceptionInfoResponse, ScopesResponse, StackTraceResponse, ThreadsResponse, VariablesResponse,
    },
    types::{
        ExceptionBreakMode, ExceptionDetails, Scope, ScopePresentationhint, StackFrame,
        StackFramePresentationhint, Thread, Variable, VariablePresentationHint,
        VariablePresentationHintAttributes, VariablePresentationHintKind, VariablesArgumentsFilter,
    },
};
use replay::{Container, Frame};

use crate::{
    client::Client,
    player::Player,
    reply::{Answer, Reply},
    wire::Failure,
};

/// Frames of one answer; the total tells that there are more.
const MAX_FRAMES: usize = 2_000;

/// Variables of one answer.
const MAX_VARIABLES: usize = 10_000;

/// Entries of a list past which clients that cannot ask for pages get groups.
const PAGE: usize = 100;

/// All threads, always: they are known from the start, and clients mistake late ones for running.
pub(crate) fn threads(player: &Player) -> Reply {
    let lanes = player.recording().lanes().iter().zip(1..);
    let threads = lanes.map(|(lane, id)| Thread { id, name: lane.name.to_string() }).collect();
    Reply::body(ThreadsResponse { threads })
}

/// `stackTrace`.
pub(crate) fn stack_trace(player: &mut Player, client: &Client, arguments: &StackTraceArguments) -> Answer {
    let lane = player.lane(arguments.thread_id)?;
    let position = player.session.position();
    let first = usize::try_from(arguments.start_frame.unwrap_or(0)).unwrap_or(0);
    let levels =
        arguments.levels.and_then(|levels| usize::try_from(levels).ok()).filter(|levels| *levels > 0);
    let recording = player.session.recording().clone();
    let stack = recording.stack(lane, position, first, levels.unwrap_or(MAX_FRAMES).min(MAX_FRAMES));
    let frames = stack.frames.into_iter().map(|frame| stack_frame(player, client, frame)).collect();
    Ok(Reply::body(StackTraceResponse {
        stack_frames: frames,
        total_frames: i64::try_from(stack.total).ok(),
    }))
}

/// The parts of a frame.
pub(crate) fn scopes(player: &mut Player, client: &Client, frame: i64) -> Answer {
    let frame = player.frame(Some(frame))?;
    let recording = player.session.recording().clone();
    let scopes = recording.scopes(frame.span, frame.position);
    let scope = |scope: replay::Scope| {
        let is_locals = matches!(scope.container, Container::Locals(_));
        let counts = Counts::of(&recording, client, &scope.container);
        Scope {
            name: scope.name.to_owned(),
            presentation_hint: is_locals.then_some(ScopePresentationhint::Locals),
            variables_reference: player.handles.container(scope.container),
            named_variables: counts.named,
            indexed_variables: counts.indexed,
            expensive: scope.expensive,
            ..Scope::default()
        }
    };
    Ok(Reply::body(ScopesResponse { scopes: scopes.into_iter().map(scope).collect() }))
}

/// `variables`, whole or by pages. The union of all pages is the whole; absurd numbers give what there is.
pub(crate) fn variables(player: &mut Player, client: &Client, arguments: &VariablesArguments) -> Answer {
    let number = arguments.variables_reference;
    let unknown = || Failure::quiet(format!("variables {number} are not of this stop any more"));
    let container = player.handles.container_of(number).cloned().ok_or_else(unknown)?;
    let recording = player.session.recording().clone();
    let is_list = recording.is_list(&container);
    let excluded = match &arguments.filter {
        Some(VariablesArgumentsFilter::Indexed) => !is_list,
        Some(VariablesArgumentsFilter::Named) => is_list,
        None => false,
    };
    let start = usize::try_from(arguments.start.unwrap_or(0)).unwrap_or(0);
    let count = arguments.count.and_then(|count| usize::try_from(count).ok()).filter(|count| *count > 0);
    let range = start..start.saturating_add(count.unwrap_or(MAX_VARIABLES).min(MAX_VARIABLES));
    let found = match () {
        () if excluded => Vec::new(),
        () if is_list && !client.pages && recording.count(&container) > PAGE => {
            let pages = pages(&container, recording.count(&container));
            pages.into_iter().skip(range.start).take(range.len()).collect()
        }
        () => recording.variables(&container, range),
    };
    let variables = found.into_iter().map(|it| variable(player, client, it)).collect();
    Ok(Reply::body(VariablesResponse { variables }))
}

/// The exception or error at which the replay stands.
pub(crate) fn exception_info(player: &Player, thread_id: i64) -> Answer {
    player.lane(thread_id)?;
    let failure = player.recording().failure(player.session.position());
    let failure = failure.ok_or_else(|| Failure::quiet("the replay does not stand at an exception"))?;
    let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let mode = if failure.unhandled { ExceptionBreakMode::Unhandled } else { ExceptionBreakMode::Always };
    Ok(Reply::body(ExceptionInfoResponse {
        exception_id: failure.kind.clone(),
        description: some(&failure.message),
        break_mode: mode,
        details: Some(ExceptionDetails {
            message: some(&failure.message),
            type_name: failure.kind.rsplit(['.', ':', '\\']).next().map(str::to_owned),
            full_type_name: some(&failure.kind),
            stack_trace: some(&failure.stack),
            ..ExceptionDetails::default()
        }),
    }))
}

/// A variable as the client wants it.
pub(crate) fn variable(player: &mut Player, client: &Client, variable: replay::Variable) -> Variable {
    let counts = match &variable.inner {
        Some(container) => Counts::of(player.recording(), client, container),
        None => Counts::default(),
    };
    let is_event = matches!(variable.inner, Some(Container::Event(..)));
    let kind =
        if is_event { VariablePresentationHintKind::Event } else { VariablePresentationHintKind::Data };
    Variable {
        name: variable.name,
        value: variable.value,
        type_field: Some(variable.kind.to_owned()).filter(|kind| client.types && !kind.is_empty()),
        presentation_hint: Some(read_only(kind)),
        evaluate_name: variable.expression,
        variables_reference: variable.inner.map_or(0, |container| player.handles.container(container)),
        named_variables: counts.named,
        indexed_variables: counts.indexed,
        memory_reference: None,
    }
}

/// The hint of a value that nobody can change.
pub(crate) fn read_only(kind: VariablePresentationHintKind) -> VariablePresentationHint {
    VariablePresentationHint {
        kind: Some(kind),
        attributes: Some(vec![VariablePresentationHintAttributes::ReadOnly]),
        ..VariablePresentationHint::default()
    }
}

/// How many children a variable has. Both are given or neither: clients that see one ask for that sort alone.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub named: Option<i64>,
    pub indexed: Option<i64>,
}

impl Counts {
    /// Only lists are worth pages, and only clients that can ask for pages are told.
    pub(crate) fn of(recording: &replay::Recording, client: &Client, container: &Container) -> Counts {
        if !client.pages || !recording.is_list(container) {
            return Counts::default();
        }
        Counts { named: Some(0), indexed: i64::try_from(recording.count(container)).ok() }
    }
}

fn stack_frame(player: &mut Player, client: &Client, frame: Frame) -> StackFrame {
    let Some(span) = frame.span else {
        // A label has no source, so that nobody is led there.
        return StackFrame {
            id: player.handles.label(),
            name: frame.name,
            can_restart: Some(false),
            presentation_hint: Some(StackFramePresentationhint::Label),
            ..StackFrame::default()
        };
    };
    let position = player.session.position();
    let place = frame.line.and_then(|line| player.source_line(client, &line));
    let is_placed = place.is_some();
    let (source, line) = place.unwrap_or_else(|| (player.document(span), client.first_line));
    StackFrame {
        id: player.handles.frame(span, position),
        name: frame.name,
        source: Some(source),
        line,
        column: client.first_column,
        can_restart: Some(true),
        presentation_hint: (!is_placed).then_some(StackFramePresentationhint::Subtle),
        ..StackFrame::default()
    }
}

/// A long list as groups of groups, at most a hundred each.
fn pages(container: &Container, count: usize) -> Vec<replay::Variable> {
    let mut size = PAGE;
    while count.div_ceil(size) > PAGE {
        size *= PAGE;
    }
    let (of, offset) = match container {
        Container::Page(of, first, _) => (of.as_ref(), *first as usize),
        other => (other, 0),
    };
    let page = |first: usize| {
        let length = size.min(count - first);
        let inner = Container::Page(Box::new(of.clone()), (offset + first) as u32, length as u32);
        replay::Variable {
            name: format!("[{}..{}]", offset + first, offset + first + length - 1),
            value: String::new(),
            kind: "",
            expression: None,
            inner: Some(inner),
        }
    };
    (0..count).step_by(size).map(page).collect()
}
