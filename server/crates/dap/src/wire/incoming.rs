//! From a frame to a request: the envelope is read first, so that whatever else is wrong can be answered.

use dap_types::requests::Command;
use serde_json::{Map, Value};

use super::quirks;

/// What one frame held.
#[derive(Debug)]
pub(crate) enum Received {
    /// A request that can be answered.
    Request(Incoming),
    /// The client's answer to a request of ours, or an event: nothing waits for it.
    Other,
    /// No message at all; why, in words.
    Malformed(String),
}

/// A request with its envelope.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub seq: i64,
    pub command: String,
    pub request: Request,
}

/// What is asked.
#[derive(Debug)]
pub(crate) enum Request {
    /// A request of the protocol.
    Known(Box<Command>),
    /// A request that the types do not have: our own, or a newer protocol's.
    Other(Map<String, Value>),
    /// Arguments that do not fit; why, in words.
    Bad(String),
}

/// The commands that the crate's types know.
const COMMANDS: [&str; 42] = [
    "attach",
    "breakpointLocations",
    "completions",
    "configurationDone",
    "continue",
    "dataBreakpointInfo",
    "disassemble",
    "disconnect",
    "evaluate",
    "exceptionInfo",
    "goto",
    "gotoTargets",
    "initialize",
    "launch",
    "loadedSources",
    "modules",
    "next",
    "pause",
    "readMemory",
    "restart",
    "restartFrame",
    "reverseContinue",
    "scopes",
    "setBreakpoints",
    "setDataBreakpoints",
    "setExceptionBreakpoints",
    "setExpression",
    "setFunctionBreakpoints",
    "setInstructionBreakpoints",
    "setVariable",
    "source",
    "stackTrace",
    "stepBack",
    "stepIn",
    "stepInTargets",
    "stepOut",
    "terminate",
    "terminateThreads",
    "threads",
    "variables",
    "writeMemory",
    "cancel",
];

impl Received {
    /// Reads the body of one frame. Never fails: what is wrong is part of the answer.
    pub(crate) fn read(body: &[u8]) -> Received {
        let mut message: Map<String, Value> = match serde_json::from_slice(body) {
            Ok(Value::Object(message)) => message,
            Ok(_) => return Received::Malformed("a message has to be a JSON object".to_owned()),
            Err(error) => return Received::Malformed(format!("a message is not JSON: {error}")),
        };
        match message.get("type").and_then(Value::as_str) {
            Some("request") => {}
            Some("response" | "event") => return Received::Other,
            _ => return Received::Malformed("a message has no type that the protocol knows".to_owned()),
        }
        let Some(seq) = message.get("seq").and_then(Value::as_i64) else {
            return Received::Malformed("a request has no `seq`, so it cannot be answered".to_owned());
        };
        let Some(Value::String(command)) = message.remove("command") else {
            return Received::Malformed("a request names no command".to_owned());
        };
        let request = read_request(&command, message.remove("arguments"));
        Received::Request(Incoming { seq, command, request })
    }
}

fn read_request(command: &str, arguments: Option<Value>) -> Request {
    if !COMMANDS.contains(&command) {
        return match arguments {
            Some(Value::Object(arguments)) => Request::Other(arguments),
            _ => Request::Other(Map::new()),
        };
    }
    let mut message = Map::new();
    message.insert("command".to_owned(), Value::from(command));
    if let Some(arguments) = quirks::arguments_inwards(command, arguments) {
        message.insert("arguments".to_owned(), arguments);
    }
    match serde_json::from_value(Value::Object(message)) {
        Ok(command) => Request::Known(Box::new(command)),
        Err(error) => Request::Bad(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str) -> String {
        match Received::read(body.as_bytes()) {
            Received::Request(Incoming { seq, command, request }) => match request {
                Request::Known(_) => format!("{seq} {command}"),
                Request::Other(arguments) => {
                    format!("{seq} {command} unknown, {} arguments", arguments.len())
                }
                Request::Bad(why) => format!("{seq} {command} bad: {why}"),
            },
            Received::Other => "other".to_owned(),
            Received::Malformed(why) => why,
        }
    }

    #[test]
    fn every_command_of_the_protocol_is_read() {
        for command in COMMANDS {
            let answer =
                check(&format!(r#"{{"seq":1,"type":"request","command":"{command}","arguments":{{}}}}"#));
            assert!(answer.starts_with(&format!("1 {command}")), "{answer}");
            assert!(!answer.contains("unknown"), "{answer}");
        }
    }

    #[test]
    fn arguments_may_be_left_out_or_be_empty() {
        for command in [
            "disconnect",
            "terminate",
            "restart",
            "modules",
            "cancel",
            "threads",
            "configurationDone",
            "loadedSources",
        ] {
            for arguments in ["", r#","arguments":{}"#, r#","arguments":null"#] {
                let answer =
                    check(&format!(r#"{{"seq":1,"type":"request","command":"{command}"{arguments}}}"#));
                assert_eq!(answer, format!("1 {command}"));
            }
        }
    }

    #[test]
    fn what_is_wrong_is_told_and_keeps_its_number() {
        let bad = check(r#"{"seq":7,"type":"request","command":"next","arguments":{"threadId":"one"}}"#);
        assert!(bad.starts_with("7 next bad: "), "{bad}");
        assert_eq!(check(r#"{"seq":8,"type":"request","command":"frob"}"#), "8 frob unknown, 0 arguments");
        assert_eq!(check(r#"{"seq":8,"type":"response"}"#), "other");
        assert!(check(r#"{"seq":8,"#).starts_with("a message is not JSON"));
        assert_eq!(check("[]"), "a message has to be a JSON object");
    }
}
