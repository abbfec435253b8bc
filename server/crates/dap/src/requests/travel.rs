//! Requests that move through time. A step never fails: clients that see one fail forget where they are.

use dap_types::{
    requests::GotoTargetsArguments,
    responses::{ContinueResponse, GotoTargetsResponse},
    types::{GotoTarget, SteppingGranularity},
};
use replay::{Cause, Direction, Position, Step, Stride, wording};
use serde_json::json;

use crate::{
    client::Client,
    messages,
    player::Player,
    reply::{Answer, Reply},
    wire::Failure,
};

/// Entries of a choice; people do not read longer ones.
const MAX_TARGETS: usize = 500;

/// A step of the protocol. `instruction` is the next moment on any thread; other granularities are what is usual.
pub(crate) fn step(
    player: &mut Player,
    client: &Client,
    thread_id: i64,
    step: Step,
    granularity: Option<&SteppingGranularity>,
) -> Answer {
    let stride = match granularity {
        Some(SteppingGranularity::Instruction) if step.stride != Stride::Out => Stride::Moment,
        _ => step.stride,
    };
    // A thread that is not there cannot be stepped, but to refuse would cost the client its place.
    let lane = player.lane(thread_id).unwrap_or_else(|_| player.session.lane());
    let arrival = player.session.step(Step { stride, ..step }, lane);
    Ok(Reply::empty().then_all(messages::arrived(player, client, &arrival)))
}

/// `continue` and `reverseContinue`.
pub(crate) fn run(player: &mut Player, client: &Client, direction: Direction) -> Reply {
    let arrival = player.session.run(direction);
    let reply = match direction {
        Direction::Forward => Reply::body(ContinueResponse { all_threads_continued: Some(true) }),
        Direction::Backward => Reply::empty(),
    };
    reply.then_all(messages::arrived(player, client, &arrival))
}

/// A replay always pauses already; the client is told so again.
pub(crate) fn pause(player: &Player) -> Reply {
    Reply::empty().then(messages::stopped(player, &player.here(Cause::EndOfTime(Direction::Forward))))
}

/// Back to where the replay began.
pub(crate) fn restart(player: &mut Player, client: &Client) -> Reply {
    let arrival = player.session.restart();
    Reply::empty().then_all(messages::moved(player, client, &arrival))
}

/// Back to the start of a frame's span.
pub(crate) fn restart_frame(player: &mut Player, client: &Client, frame: i64) -> Answer {
    let span = player.frame(Some(frame))?.span;
    let arrival = player.session.restart_span(span);
    Ok(Reply::empty().then_all(messages::arrived(player, client, &arrival)))
}

/// Every time that a line is reached, as places to go to.
pub(crate) fn goto_targets(player: &mut Player, client: &Client, arguments: &GotoTargetsArguments) -> Reply {
    let line = client.line_in(arguments.line);
    let found = player.file_key(client, &arguments.source);
    let found = found.and_then(|file| player.session.positions_of_line(&file, line));
    let (line, positions) = found.unwrap_or_default();
    let total = positions.len();
    let shown = nearest(&positions, player.session.position());
    let target = |(number, position): (usize, Position)| {
        let recording = player.session.recording();
        let time = wording::offset(recording.offset(recording.moment(position).time));
        let what = recording.describe(position);
        GotoTarget {
            id: player.handles.moment(position),
            label: format!("hit {} of {total} · {time} · {what}", number + 1),
            line: client.line_out(line),
            ..GotoTarget::default()
        }
    };
    Reply::body(GotoTargetsResponse { targets: shown.map(target).collect() })
}

/// Goes to one of them.
pub(crate) fn goto(player: &mut Player, client: &Client, target: i64) -> Answer {
    let gone = || Failure::shown("this place to go to is not known any more; choose the line again");
    let position = player.handles.moment_of(target).ok_or_else(gone)?;
    let arrival = player.session.go_to(position);
    Ok(Reply::empty().then_all(messages::arrived(player, client, &arrival)))
}

/// The calls that a frame has yet to make, as places to step into. The published types have no such answer.
pub(crate) fn step_in_targets(player: &mut Player, client: &Client, frame: i64) -> Answer {
    let frame = player.frame(Some(frame))?;
    let recording = player.session.recording().clone();
    let children = recording.children(frame.span).iter().copied();
    let later = children.filter(|child| recording.start_of(*child) > frame.position).take(MAX_TARGETS);
    let target = |child| {
        let place = recording.call_of(child).and_then(|call| recording.line_at(call));
        let id = player.handles.moment(recording.start_of(child));
        let mut target = json!({"id": id, "label": recording.frame_name(child)});
        if let Some(line) = place.filter(|_| recording.call_of(child).is_some()) {
            target["line"] = client.line_out(line.line).into();
        }
        target
    };
    Ok(Reply { body: Some(json!({"targets": later.map(target).collect::<Vec<_>>()})), events: Vec::new() })
}

/// Steps into one of them.
pub(crate) fn step_into_target(player: &mut Player, client: &Client, target: Option<i64>) -> Answer {
    let position = target.and_then(|target| player.handles.moment_of(target));
    let arrival = match position {
        Some(position) => player.session.go_to(position),
        None => player.here(Cause::Step),
    };
    let arrival = replay::Arrival { cause: Cause::Step, ..arrival };
    Ok(Reply::empty().then_all(messages::arrived(player, client, &arrival)))
}

/// The hits around `here`, with their numbers.
fn nearest(positions: &[Position], here: Position) -> impl Iterator<Item = (usize, Position)> {
    let passed = positions.partition_point(|position| *position < here);
    let last = positions.len().saturating_sub(MAX_TARGETS);
    let first = passed.saturating_sub(MAX_TARGETS / 2).min(last);
    positions.iter().copied().enumerate().skip(first).take(MAX_TARGETS)
}
