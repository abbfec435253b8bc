//! Setting breakpoints of every kind, and asking where they could be.

use dap_types::{
    requests::{
        BreakpointLocationsArguments, DataBreakpointInfoArguments, SetBreakpointsArguments,
        SetDataBreakpointsArguments, SetExceptionBreakpointsArguments, SetFunctionBreakpointsArguments,
    },
    responses::{
        BreakpointLocationsResponse, DataBreakpointInfoResponse, SetBreakpointsResponse,
        SetDataBreakpointsResponse, SetExceptionBreakpointsResponse, SetFunctionBreakpointsResponse,
    },
    types::{Breakpoint, BreakpointLocation, DataBreakpointAccessType, SourceBreakpoint},
};
use replay::{Container, ExceptionFilter, Guard, Outcome};

use super::initialize::{ERROR, EXCEPTION};
use crate::{client::Client, player::Player, reply::Reply};

/// Breakpoints of one request; past that they are answered as not set.
const MAX_BREAKPOINTS: usize = 10_000;

/// `setBreakpoints`.
pub(crate) fn set_lines(player: &mut Player, client: &Client, arguments: &SetBreakpointsArguments) -> Reply {
    let wanted = lines_of(client, arguments);
    let Some(file) = player.file_key(client, &arguments.source) else {
        let why = match arguments.source.source_reference {
            Some(reference) if reference > 0 => {
                "a generated document has no lines to stop on; break on the span's name instead"
            }
            _ => "this file is not in the workspace of the replay",
        };
        let refused = wanted.iter().map(|_| player.session.breakpoints.refuse(why));
        let answers = refused.map(|outcome| answer(client, outcome)).collect();
        return Reply::body(SetBreakpointsResponse { breakpoints: answers });
    };
    let recording = player.session.recording().clone();
    let outcomes = player.session.breakpoints.set_lines(&recording, &file, &wanted);
    let breakpoints = outcomes.into_iter().map(|outcome| {
        let mut answer = answer(client, outcome);
        answer.source = Some(arguments.source.clone());
        answer
    });
    Reply::body(SetBreakpointsResponse { breakpoints: breakpoints.collect() })
}

/// `setFunctionBreakpoints`: functions and span names.
pub(crate) fn set_functions(player: &mut Player, arguments: &SetFunctionBreakpointsArguments) -> Reply {
    let wanted = arguments.breakpoints.iter().take(MAX_BREAKPOINTS).map(|breakpoint| {
        let guard = guard(&breakpoint.condition, &breakpoint.hit_condition);
        (breakpoint.name.trim().to_owned(), guard)
    });
    let recording = player.session.recording().clone();
    let outcomes = player.session.breakpoints.set_functions(&recording, &wanted.collect::<Vec<_>>());
    Reply::body(SetFunctionBreakpointsResponse { breakpoints: answers(outcomes) })
}

/// `setExceptionBreakpoints`, in both of its forms: names of filters, and filters with conditions.
pub(crate) fn set_exceptions(player: &mut Player, arguments: &SetExceptionBreakpointsArguments) -> Reply {
    let plain = arguments.filters.iter().map(|filter| (filter.as_str(), Guard::default()));
    let options = arguments.filter_options.iter().flatten();
    let with_conditions = options.map(|option| (option.filter_id.as_str(), guard(&option.condition, &None)));
    let all: Vec<(&str, Guard)> = plain.chain(with_conditions).take(MAX_BREAKPOINTS).collect();
    let known: Vec<(ExceptionFilter, Guard)> =
        all.iter().filter_map(|(name, guard)| Some((filter_named(name)?, guard.clone()))).collect();
    let recording = player.session.recording().clone();
    let mut outcomes = player.session.breakpoints.set_exceptions(&recording, &known).into_iter();
    let mut answer_one = |(name, _): &(&str, Guard)| match filter_named(name).and_then(|_| outcomes.next()) {
        Some(outcome) => outcome,
        None => player.session.breakpoints.refuse(&format!("there is no exception filter {name}")),
    };
    let breakpoints = answers(all.iter().map(&mut answer_one).collect());
    Reply::body(SetExceptionBreakpointsResponse { breakpoints: Some(breakpoints) })
}

/// `setDataBreakpoints`: an attribute's value becomes another one than in the span before.
pub(crate) fn set_data(player: &mut Player, arguments: &SetDataBreakpointsArguments) -> Reply {
    let wanted = arguments.breakpoints.iter().take(MAX_BREAKPOINTS).map(|breakpoint| {
        (breakpoint.data_id.clone(), guard(&breakpoint.condition, &breakpoint.hit_condition))
    });
    let recording = player.session.recording().clone();
    let outcomes = player.session.breakpoints.set_attributes(&recording, &wanted.collect::<Vec<_>>());
    Reply::body(SetDataBreakpointsResponse { breakpoints: answers(outcomes) })
}

/// Which attribute a variable is.
pub(crate) fn data_info(player: &Player, arguments: &DataBreakpointInfoArguments) -> Reply {
    let container = arguments.variables_reference.and_then(|number| player.handles.container_of(number));
    let recording = player.recording();
    let key = match container {
        Some(container) => {
            let variables = recording.variables(container, 0..usize::MAX);
            let variable = variables.into_iter().find(|variable| variable.name == arguments.name);
            let of_span =
                matches!(container, Container::Locals(_) | Container::Group(..) | Container::Flat(..));
            variable.and_then(|variable| variable.expression).filter(|_| of_span)
        }
        None => Some(arguments.name.clone()),
    };
    let key = key.as_deref().map(|key| key.strip_prefix("span.").unwrap_or(key).trim_matches('"').to_owned());
    let sent = |key: &String| {
        (0..recording.span_count() as u32).any(|span| recording.span(span).attributes.get(key).is_some())
    };
    match key.filter(sent) {
        Some(key) => Reply::body(DataBreakpointInfoResponse {
            description: format!("{key} changes"),
            data_id: Some(key),
            access_types: Some(vec![DataBreakpointAccessType::Write]),
            can_persist: Some(true),
        }),
        None => Reply::body(DataBreakpointInfoResponse {
            description: format!("{} is no attribute of a span", arguments.name),
            ..DataBreakpointInfoResponse::default()
        }),
    }
}

/// Lines of a range at which the trace can stop.
pub(crate) fn locations(player: &Player, client: &Client, arguments: &BreakpointLocationsArguments) -> Reply {
    let first = client.line_in(arguments.line);
    let last = client.line_in(arguments.end_line.unwrap_or(arguments.line));
    let lines = player.file_key(client, &arguments.source).map(|file| player.recording().lines_of(&file));
    let inside = lines.into_iter().flatten().filter(|line| (first..=last).contains(line));
    let location = |line| BreakpointLocation { line: client.line_out(line), ..BreakpointLocation::default() };
    Reply::body(BreakpointLocationsResponse { breakpoints: inside.map(location).collect() })
}

/// The wanted lines; old clients send bare numbers.
fn lines_of(client: &Client, arguments: &SetBreakpointsArguments) -> Vec<(u32, Guard)> {
    let full = |breakpoint: &SourceBreakpoint| {
        let log_message = breakpoint.log_message.clone();
        let guard = Guard { log_message, ..guard(&breakpoint.condition, &breakpoint.hit_condition) };
        (client.line_in(breakpoint.line), guard)
    };
    #[allow(deprecated)] // still sent by clients, and all that the oldest send
    match (&arguments.breakpoints, &arguments.lines) {
        (Some(breakpoints), _) => breakpoints.iter().take(MAX_BREAKPOINTS).map(full).collect(),
        (None, Some(lines)) => {
            let bare = |line: &i64| (client.line_in(*line), Guard::default());
            lines.iter().take(MAX_BREAKPOINTS).map(bare).collect()
        }
        (None, None) => Vec::new(),
    }
}

fn guard(condition: &Option<String>, hit_condition: &Option<String>) -> Guard {
    Guard { condition: condition.clone(), hit_condition: hit_condition.clone(), log_message: None }
}

fn filter_named(name: &str) -> Option<ExceptionFilter> {
    match name {
        EXCEPTION => Some(ExceptionFilter::Exception),
        ERROR => Some(ExceptionFilter::Error),
        _ => None,
    }
}

fn answers(outcomes: Vec<Outcome>) -> Vec<Breakpoint> {
    outcomes.into_iter().map(|outcome| answer(&Client::default(), outcome)).collect()
}

/// Every answer has a number: some clients drop breakpoints that come back without one.
fn answer(client: &Client, outcome: Outcome) -> Breakpoint {
    Breakpoint {
        id: Some(i64::from(outcome.id)),
        verified: outcome.verified,
        message: outcome.message,
        line: outcome.line.map(|line| client.line_out(line)),
        ..Breakpoint::default()
    }
}
