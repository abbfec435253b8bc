//! What we add to LSP, as docs/protocol.md has it: its JSON, and nothing else. A change here is a change there.

use std::collections::BTreeMap;

use insight::rulings::Choice;
use serde::{Deserialize, Serialize};
use tower_lsp::lsp_types::{Url, notification::Notification};

/// A command that a client handles: start a replay.
pub(crate) const REPLAY: &str = "spanglass.replay";
/// A command that a client handles: list the traces of a function.
pub(crate) const SHOW_TRACES: &str = "spanglass.showTraces";
/// A command that the server handles: open a trace's page.
pub(crate) const OPEN_TRACE: &str = "spanglass.openTrace";
/// A command that the server handles: doctor's report.
pub(crate) const EXPLAIN: &str = "spanglass.explain";

/// A command that the server handles: spans belong to a function.
pub(crate) const PIN: &str = "spanglass.pin";
/// A command that the server handles: spans do not belong to a function.
pub(crate) const REJECT: &str = "spanglass.reject";

/// `initializationOptions`. Everything in it is optional, and what is unknown is passed over.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct InitializationOptions {
    /// Commands that the client handles itself; `None` from a client that does not know us.
    pub(crate) client_commands: Option<Vec<String>>,
    pub(crate) settings: Option<serde_json::Value>,
    pub(crate) trusted: Option<bool>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FunctionTarget {
    pub(crate) uri: Url,
    pub(crate) line: u32,
    pub(crate) function: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReplayTarget {
    #[serde(flatten)]
    pub(crate) function: FunctionTarget,
    pub(crate) trace_id: String,
    pub(crate) span_id: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpenTraceArguments {
    pub(crate) trace_id: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RulingArguments {
    pub(crate) service: String,
    pub(crate) span: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) scope: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) uri: Url,
    pub(crate) function: String,
    /// Which function of that name, from 0.
    #[serde(default)]
    pub(crate) nth: u16,
}

impl RulingArguments {
    /// What the command of a choice is given.
    pub(crate) fn new(uri: Url, choice: &Choice) -> RulingArguments {
        let subject = &choice.subject;
        let attributes = subject.attributes.iter().map(|(key, value)| (key.to_string(), value.to_string()));
        RulingArguments {
            service: subject.service.to_string(),
            span: subject.name.to_string(),
            kind: subject.kind.map(|kind| kind.to_string().to_lowercase()),
            scope: subject.scope.as_ref().map(ToString::to_string),
            attributes: attributes.collect(),
            uri,
            function: choice.function.path.to_string(),
            nth: choice.function.nth,
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct TracesParams {
    pub(crate) uri: Option<Url>,
    pub(crate) line: Option<u32>,
    pub(crate) service: Option<String>,
    pub(crate) errors: Option<bool>,
    pub(crate) limit: Option<usize>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct TracesResult {
    pub(crate) traces: Vec<TraceSummary>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TraceSummary {
    pub(crate) trace_id: String,
    pub(crate) span_id: String,
    pub(crate) name: String,
    pub(crate) service: String,
    pub(crate) services: Vec<String>,
    pub(crate) start_unix_ms: u64,
    pub(crate) duration_ms: f64,
    pub(crate) spans: usize,
    pub(crate) errors: usize,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TraceParams {
    pub(crate) trace_id: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TraceResult {
    pub(crate) trace_id: String,
    pub(crate) url: Option<String>,
    pub(crate) text: String,
    pub(crate) rows: Vec<TraceRow>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TraceRow {
    pub(crate) span_id: String,
    pub(crate) parent_span_id: Option<String>,
    pub(crate) depth: u32,
    pub(crate) name: String,
    pub(crate) service: String,
    pub(crate) kind: String,
    pub(crate) start_ms: f64,
    pub(crate) duration_ms: f64,
    pub(crate) error: bool,
    pub(crate) message: Option<String>,
    pub(crate) location: Option<FunctionTarget>,
    pub(crate) confidence: &'static str,
}

/// `spanglass/status` takes nothing; what clients send is passed over.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct StatusParams {}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Status {
    pub(crate) source: String,
    pub(crate) spans: u64,
    pub(crate) placed: u64,
    pub(crate) functions: usize,
    pub(crate) files: usize,
    pub(crate) ready: bool,
    pub(crate) last_span_unix_ms: Option<u64>,
    pub(crate) problem: Option<String>,
    pub(crate) page: Option<String>,
}

/// The notification `spanglass/status`.
pub(crate) enum StatusNotification {}

impl Notification for StatusNotification {
    type Params = Status;
    const METHOD: &'static str = "spanglass/status";
}
