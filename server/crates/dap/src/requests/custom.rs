//! Our own requests, for what the protocol has no word for: reverse steps in and out, errors, times.
//!
//! They are described in docs/replay.md, "Requests beside the protocol".

use std::time::Duration;

use replay::{Direction, Step, Stride, wording};
use serde_json::{Map, Value, json};

use super::console;
use crate::{
    client::Client,
    player::Player,
    reply::{Answer, Reply},
    wire::Failure,
};

/// Answers a request whose name begins with `spanglass/`.
pub(crate) fn handle(
    player: &mut Player,
    client: &Client,
    command: &str,
    arguments: &Map<String, Value>,
) -> Answer {
    let reply = match command {
        "spanglass/stepInBack" => console::step(player, client, Step::backward(Stride::In)),
        "spanglass/stepOutBack" => console::step(player, client, Step::backward(Stride::Out)),
        "spanglass/nextError" => console::to_error(player, client, Direction::Forward),
        "spanglass/previousError" => console::to_error(player, client, Direction::Backward),
        "spanglass/seek" => {
            let offset =
                arguments.get("offsetMs").and_then(Value::as_f64).filter(|ms| ms.is_finite() && *ms >= 0.0);
            let offset = offset.and_then(|ms| Duration::try_from_secs_f64(ms / 1e3).ok());
            let wrong = || Failure::shown("spanglass/seek needs offsetMs, a number of milliseconds");
            console::to_offset(player, client, offset.ok_or_else(wrong)?)
        }
        "spanglass/position" => Reply::empty(),
        other => return Err(Failure::quiet(format!("unknown request '{other}'"))),
    };
    Ok(Reply { body: Some(position(player)), ..reply })
}

fn position(player: &Player) -> Value {
    let recording = player.recording();
    let position = player.session.position();
    let offset = recording.offset(recording.moment(position).time);
    json!({
        "position": position,
        "last": recording.last(),
        "offsetMs": offset.as_secs_f64() * 1e3,
        "durationMs": recording.duration().as_secs_f64() * 1e3,
        "time": wording::offset(offset),
        "what": recording.describe(position),
        "traceId": recording.trace_id().to_string(),
        "spanId": recording.span(recording.top(position)).span_id.to_string(),
    })
}
