//! Envelopes of what is sent: numbered without gaps, answers before the events that they cause.

use dap_types::events::Event;
use serde_json::{Value, json};

use super::{incoming::Incoming, quirks};

/// Messages in the order in which they will be written.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    last_seq: i64,
    messages: Vec<Value>,
}

/// Why a request could not be answered: one sentence for the person in front of the editor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// A stable number for the kind of failure.
    pub id: i64,
    pub message: String,
    /// Whether the editor should show it by itself.
    pub show: bool,
}

impl Failure {
    /// A failure that the person should see.
    pub(crate) fn shown(message: impl Into<String>) -> Failure {
        Failure { id: 1000, message: message.into(), show: true }
    }

    /// A failure that matters to the client only.
    pub(crate) fn quiet(message: impl Into<String>) -> Failure {
        Failure { id: 1001, message: message.into(), show: false }
    }
}

impl Outbox {
    /// Answers a request.
    pub(crate) fn answer(&mut self, request: &Incoming, answer: Result<Option<Value>, Failure>) {
        self.answer_to(request.seq, &request.command, answer);
    }

    /// Answers the request of that number and command.
    pub(crate) fn answer_to(&mut self, seq: i64, command: &str, answer: Result<Option<Value>, Failure>) {
        let mut message = json!({
            "seq": 0, "type": "response", "request_seq": seq, "command": command, "success": answer.is_ok(),
        });
        match answer {
            Ok(None) => {}
            Ok(Some(body)) => message["body"] = quirks::body_outwards(body),
            Err(failure) => {
                // `format` may hold braces of its own, which clients would take for variables.
                message["message"] = Value::from(failure.message.as_str());
                message["body"] = json!({"error": {
                    "id": failure.id,
                    "format": "{why}",
                    "variables": {"why": failure.message},
                    "showUser": failure.show,
                }});
            }
        }
        self.push(message);
    }

    /// Sends an event.
    pub(crate) fn event(&mut self, event: Event) {
        // The crate writes `{"event": …, "body": …}`; only the envelope is missing.
        let Ok(Value::Object(mut fields)) = serde_json::to_value(event) else { return };
        let mut message = json!({"seq": 0, "type": "event"});
        message["event"] = fields.remove("event").unwrap_or_default();
        if let Some(body) = fields.remove("body").filter(|body| !body.is_null()) {
            message["body"] = quirks::body_outwards(body);
        }
        self.push(message);
    }

    /// Takes what is to be written.
    pub(crate) fn take(&mut self) -> Vec<Value> {
        std::mem::take(&mut self.messages)
    }

    fn push(&mut self, mut message: Value) {
        self.last_seq += 1;
        message["seq"] = Value::from(self.last_seq);
        self.messages.push(message);
    }
}
