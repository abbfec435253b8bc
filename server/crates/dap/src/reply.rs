//! An answer and the events that follow it: always in that order on the wire.

use dap_types::events::Event;
use serde::Serialize;
use serde_json::Value;

use crate::wire::Failure;

/// What a request is answered with.
pub(crate) type Answer = Result<Reply, Failure>;

/// A success.
#[derive(Debug, Default)]
pub(crate) struct Reply {
    pub body: Option<Value>,
    pub events: Vec<Event>,
}

impl Reply {
    /// Success, and nothing more to say.
    pub(crate) fn empty() -> Reply {
        Reply::default()
    }

    /// Success with a body of one of the protocol's types.
    pub(crate) fn body(body: impl Serialize) -> Reply {
        // The protocol's types hold nothing that JSON cannot; the envelope's caller would see an empty body.
        Reply { body: serde_json::to_value(body).ok(), events: Vec::new() }
    }

    /// An event to send afterwards.
    pub(crate) fn then(mut self, event: Event) -> Reply {
        self.events.push(event);
        self
    }

    /// Events to send afterwards, in order.
    pub(crate) fn then_all(mut self, events: impl IntoIterator<Item = Event>) -> Reply {
        self.events.extend(events);
        self
    }
}
