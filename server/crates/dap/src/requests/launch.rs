//! Launch arguments, and where a replay begins once its breakpoints are set.

use std::path::PathBuf;

use model::{SpanId, TraceId};
use replay::{Cause, Direction, Expression};
use serde_json::Value;

use crate::{
    client::Client,
    library::{Target, Which},
    messages,
    player::Player,
    reply::Reply,
    session::span_id,
};

/// What a launch request asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Launch {
    pub target: Target,
    pub workspace: Option<PathBuf>,
    pub span_id: Option<SpanId>,
    pub stop_on_entry: Option<bool>,
}

impl Launch {
    /// Reads the arguments; what is not one of ours is the client's own and is passed over.
    ///
    /// # Errors
    /// One sentence about the first argument that is wrong or missing.
    pub(crate) fn read(arguments: Option<&Value>) -> Result<Launch, String> {
        let arguments = arguments.unwrap_or(&Value::Null);
        let compared = text(arguments, "compareWith")?;
        if compared.is_some() {
            return Err("comparing with a second trace is not possible yet; leave compareWith out".to_owned());
        }
        Ok(Launch {
            target: target(arguments)?,
            workspace: text(arguments, "workspace")?.map(PathBuf::from),
            span_id: text(arguments, "spanId")?.map(|id| span_id(&id)).transpose()?,
            stop_on_entry: match arguments.get("stopOnEntry") {
                None | Some(Value::Null) => None,
                Some(Value::Bool(stop)) => Some(*stop),
                Some(_) => return Err("stopOnEntry has to be true or false".to_owned()),
            },
        })
    }
}

/// Stops at the entry, or runs to the first breakpoint when there is one that can hit and the client left it open.
pub(crate) fn configuration_done(player: &mut Player, client: &Client) -> Reply {
    if player.configured {
        return Reply::empty();
    }
    player.configured = true;
    let notes: Vec<_> = player.notes.drain(..).map(|note| messages::console(&note)).collect();
    let stop = player.stop_on_entry.unwrap_or(!player.session.breakpoints.can_stop());
    let arrival = match stop {
        true => player.here(Cause::Entry),
        false => player.session.run(Direction::Forward),
    };
    Reply::empty().then_all(notes).then_all(messages::arrived(player, client, &arrival))
}

fn target(arguments: &Value) -> Result<Target, String> {
    let trace = text(arguments, "traceId")?.map(|id| trace_id(&id)).transpose()?;
    let file = text(arguments, "file")?;
    let find = text(arguments, "find")?;
    match (trace, file, find) {
        (trace, Some(path), None) => Ok(Target::File { path: path.into(), trace }),
        (Some(trace), None, None) => Ok(Target::Trace(trace)),
        (None, None, Some(find)) => Ok(Target::Find {
            which: which(&find)?,
            at: text(arguments, "at")?.map(|at| place(&at)).transpose()?,
            query: text(arguments, "query")?.map(checked).transpose()?,
        }),
        (None, None, None) => {
            Err("say what to replay: traceId, file, or find (slowest, latest or failing)".to_owned())
        }
        _ => Err("say what to replay in one way: traceId, file, or find".to_owned()),
    }
}

fn text(arguments: &Value, key: &str) -> Result<Option<String>, String> {
    match arguments.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)),
        Some(_) => Err(format!("{key} has to be a text")),
    }
}

fn trace_id(id: &str) -> Result<TraceId, String> {
    TraceId::from_hex(id).map_err(|error| format!("traceId {id:?} is no trace's identifier: {error}"))
}

fn which(find: &str) -> Result<Which, String> {
    match find {
        "slowest" => Ok(Which::Slowest),
        "latest" => Ok(Which::Latest),
        "failing" => Ok(Which::Failing),
        other => Err(format!("find has to be slowest, latest or failing, not {other:?}")),
    }
}

/// `path:line`, the line counted from 1; the path may hold colons of its own.
fn place(at: &str) -> Result<(PathBuf, u32), String> {
    let split = at.rsplit_once(':').and_then(|(path, line)| Some((path, line.trim().parse().ok()?)));
    match split {
        Some((path, line)) if !path.is_empty() && line > 0 => Ok((PathBuf::from(path), line)),
        _ => Err(format!("at has to be path:line, for example src/orders.py:12, not {at:?}")),
    }
}

fn checked(query: String) -> Result<String, String> {
    match Expression::parse(&query) {
        Ok(_) => Ok(query),
        Err(error) => Err(format!("the query cannot be read: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(arguments: Value) -> String {
        match Launch::read(Some(&arguments)) {
            Ok(launch) => format!("{:?}", launch.target),
            Err(why) => why,
        }
    }

    #[test]
    fn a_launch_says_what_to_replay_in_one_way() {
        let id = "0af7651916cd43dd8448eb211c80319c";
        assert_eq!(
            check(json!({"traceId": id, "name": "x", "__sessionId": 1})),
            format!("Trace(TraceId({id}))")
        );
        assert_eq!(check(json!({"file": "t.json"})), r#"File { path: "t.json", trace: None }"#);
        assert_eq!(
            check(json!({"find": "slowest", "at": "C:\\a.py:12", "query": "duration > 1s"})),
            r#"Find { which: Slowest, at: Some(("C:\\a.py", 12)), query: Some("duration > 1s") }"#
        );
        assert_eq!(
            check(json!({})),
            "say what to replay: traceId, file, or find (slowest, latest or failing)"
        );
        assert_eq!(
            check(json!({"find": "latest", "file": "x"})),
            "say what to replay in one way: traceId, file, or find"
        );
    }

    #[test]
    fn wrong_arguments_are_named() {
        assert!(check(json!({"traceId": "xyz"})).starts_with("traceId \"xyz\" is no trace's identifier"));
        assert!(check(json!({"traceId": 5})).starts_with("traceId has to be a text"));
        assert!(check(json!({"find": "best"})).starts_with("find has to be slowest"));
        assert!(check(json!({"find": "latest", "at": "x"})).starts_with("at has to be path:line"));
        assert!(
            check(json!({"find": "latest", "query": "a ="}))
                .starts_with("the query cannot be read: column 4")
        );
        assert!(check(json!({"file": "x", "stopOnEntry": 1})).starts_with("stopOnEntry"));
        assert!(check(json!({"file": "x", "spanId": "no"})).starts_with("spanId \"no\""));
    }
}
