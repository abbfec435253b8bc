//! A small debug client: enough DAP to walk a recorded trace.

use std::{path::Path, process::Command};

use serde_json::{Value, json};

use crate::{framed::Framed, spanglass};

/// A session with `spanglass dap`.
#[derive(Debug)]
pub struct DapClient {
    /// The wire.
    pub wire: Framed,
    next_seq: u64,
}

impl DapClient {
    /// Starts the adapter on stdio with a data folder of its own.
    pub fn start(data_dir: &Path) -> DapClient {
        let mut command = Command::new(spanglass());
        command.arg("dap").env("SPANGLASS_DATA_DIR", data_dir);
        DapClient { wire: Framed::spawn(&mut command), next_seq: 1 }
    }

    /// Launches with `arguments`, sets breakpoints by `configure`, and waits for the first stop.
    pub fn launch(&mut self, arguments: Value, configure: impl FnOnce(&mut DapClient)) -> Value {
        let capabilities = self.request(
            "initialize",
            json!({ "adapterID": "spanglass", "linesStartAt1": true, "columnsStartAt1": true, "pathFormat": "path" }),
        );
        assert_eq!(capabilities["supportsStepBack"], true, "{capabilities}");
        self.request("launch", arguments);
        self.event("initialized");
        configure(self);
        self.request("configurationDone", Value::Null);
        self.event("stopped")
    }

    /// Sends a request and waits for its body.
    ///
    /// # Panics
    /// When it fails, or is not answered.
    pub fn request(&mut self, command: &str, arguments: Value) -> Value {
        self.try_request(command, arguments).unwrap_or_else(|error| panic!("{command} failed: {error}"))
    }

    /// Sends a request and waits for its body or its error message.
    ///
    /// # Errors
    /// With the message of a failed answer.
    pub fn try_request(&mut self, command: &str, arguments: Value) -> Result<Value, String> {
        let seq = self.next_seq;
        self.next_seq += 1;
        let mut request = json!({ "seq": seq, "type": "request", "command": command });
        if !arguments.is_null() {
            request["arguments"] = arguments;
        }
        self.wire.send(&request);
        let is_answer = |message: &Value| message["type"] == "response" && message["request_seq"] == seq;
        let answer = self.wire.expect(command, is_answer);
        assert_eq!(answer["command"], command, "{answer}");
        match answer["success"].as_bool() {
            Some(true) => Ok(answer["body"].clone()),
            _ => Err(answer["message"].as_str().unwrap_or("no message").to_owned()),
        }
    }

    /// The next event of that name.
    pub fn event(&mut self, name: &str) -> Value {
        let event = self.wire.expect(name, |message| message["type"] == "event" && message["event"] == name);
        event["body"].clone()
    }

    /// Steps (or continues) the stopped thread and waits for the stop that follows. Answers with the stop.
    pub fn step(&mut self, command: &str, thread: u64) -> Value {
        self.request(command, json!({ "threadId": thread }));
        self.event("stopped")
    }

    /// The stack of a thread, as `function file:line`, innermost first.
    pub fn stack(&mut self, thread: u64) -> Vec<String> {
        let stack = self.request("stackTrace", json!({ "threadId": thread }));
        let frames = stack["stackFrames"].as_array().cloned().unwrap_or_default();
        frames
            .iter()
            .map(|frame| {
                let source = frame["source"]["name"].as_str().unwrap_or("-");
                format!("{} {source}:{}", frame["name"].as_str().unwrap_or_default(), frame["line"])
            })
            .collect()
    }

    /// The variables of every scope of the topmost frame, as `name = value`.
    pub fn variables(&mut self, thread: u64) -> Vec<String> {
        let stack = self.request("stackTrace", json!({ "threadId": thread, "levels": 1 }));
        let frame = stack["stackFrames"][0]["id"].clone();
        let scopes = self.request("scopes", json!({ "frameId": frame }))["scopes"].clone();
        let mut all = Vec::new();
        for scope in scopes.as_array().into_iter().flatten() {
            let variables =
                self.request("variables", json!({ "variablesReference": scope["variablesReference"] }));
            for variable in variables["variables"].as_array().into_iter().flatten() {
                let name = variable["name"].as_str().unwrap_or_default();
                all.push(format!("{name} = {}", variable["value"].as_str().unwrap_or_default()));
            }
        }
        all
    }
}
