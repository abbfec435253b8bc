//! Events as the client sees them: where the replay stands now, and lines for the console.

use dap_types::{
    events::{ContinuedEventBody, Event, OutputEventBody, StoppedEventBody},
    types::{OutputEventCategory, Source, StoppedEventReason},
};
use replay::{Arrival, Cause, Direction, wording};

use crate::{client::Client, player::Player};

/// A line for the console.
pub(crate) fn console(text: &str) -> Event {
    output(OutputEventCategory::Console, text, None)
}

/// A line about something that is wrong with the connection.
pub(crate) fn stderr(text: &str) -> Event {
    output(OutputEventCategory::Stderr, text, None)
}

/// What a movement that the client asked for is followed by: messages of log points, the new place.
pub(crate) fn arrived(player: &mut Player, client: &Client, arrival: &Arrival) -> Vec<Event> {
    let mut events: Vec<Event> = arrival
        .logs
        .iter()
        .map(|(position, text)| {
            let recording = player.recording();
            let time = wording::offset(recording.offset(recording.moment(*position).time));
            let place = recording.line_at(*position).and_then(|line| player.source_line(client, &line));
            output(OutputEventCategory::Console, &format!("{time} {text}"), place)
        })
        .collect();
    if arrival.logs_dropped > 0 {
        events.push(console(&format!("and {} more messages", arrival.logs_dropped)));
    }
    match arrival.cause {
        Cause::EndOfTime(Direction::Forward) => events.push(console("This is the end of the trace.")),
        Cause::EndOfTime(Direction::Backward) => events.push(console("This is the start of the trace.")),
        _ => {}
    }
    events.push(stopped(player, arrival));
    events
}

/// As [`arrived`], for a movement that the client did not ask for by a request of the protocol: without the
/// announcement, clients take the second stop for another thread's and send it on its way.
pub(crate) fn moved(player: &mut Player, client: &Client, arrival: &Arrival) -> Vec<Event> {
    let thread_id = i64::from(player.session.lane()) + 1;
    let continued = Event::Continued(ContinuedEventBody { thread_id, all_threads_continued: Some(true) });
    let mut events = vec![continued];
    events.extend(arrived(player, client, arrival));
    events
}

/// The place where the replay stands; editors show `description` next to the thread.
pub(crate) fn stopped(player: &Player, arrival: &Arrival) -> Event {
    let recording = player.recording();
    let moment = recording.moment(arrival.position);
    let lane = recording.lane_at(arrival.position);
    let service = recording.lanes().get(lane as usize).map_or("", |lane| lane.service.as_str());
    let time = wording::offset(recording.offset(moment.time));
    let number = recording.started_by(arrival.position);
    let what = recording.describe(arrival.position);
    let text = match recording.failure(arrival.position) {
        Some(failure) if failure.message.is_empty() => failure.kind,
        Some(failure) => format!("{}: {}", failure.kind, failure.message),
        None => what.clone(),
    };
    Event::Stopped(StoppedEventBody {
        reason: StoppedEventReason::String(reason(arrival.cause).to_owned()),
        description: Some(format!(
            "Paused at {time} · {what} · span {number}/{} · {service}",
            recording.span_count()
        )),
        thread_id: Some(i64::from(lane) + 1),
        preserve_focus_hint: None,
        text: Some(wording::short(&text, 2_000)),
        all_threads_stopped: Some(true),
        hit_breakpoint_ids: Some(arrival.hits.iter().map(|id| i64::from(*id)).collect::<Vec<_>>())
            .filter(|ids| !ids.is_empty()),
    })
}

fn reason(cause: Cause) -> &'static str {
    match cause {
        Cause::Entry => "entry",
        Cause::Step => "step",
        Cause::Breakpoint => "breakpoint",
        Cause::Function => "function breakpoint",
        Cause::Data => "data breakpoint",
        Cause::Exception => "exception",
        Cause::Goto => "goto",
        Cause::Restart => "restart",
        Cause::EndOfTime(_) => "pause",
    }
}

fn output(category: OutputEventCategory, text: &str, place: Option<(Source, i64)>) -> Event {
    let (source, line) = place.unzip();
    Event::Output(OutputEventBody {
        category: Some(category),
        output: format!("{text}\n"),
        source,
        line,
        ..OutputEventBody::default()
    })
}
