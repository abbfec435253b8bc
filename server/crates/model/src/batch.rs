//! What one body of telemetry decodes to: what was good, and a count of what was not.

use std::sync::Arc;

use smol_str::SmolStr;

use crate::{Attributes, Resource, Scope, Span, SpanId, Timestamp, TraceId};

/// Everything decoded from one request, file or page of a backend's answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// Good spans, in the order sent.
    pub spans: Vec<Arc<Span>>,
    /// Log records that belong to a trace; others are not kept.
    pub logs: Vec<LogRecord>,
    /// What was refused and how often; empty when all was good.
    pub refused: Vec<Refusal>,
    /// What was left out of items that were kept (attributes over a limit, the end of a long text), counted in
    /// those parts; empty when nothing was.
    pub trimmed: Vec<Refusal>,
}

/// A log record of a trace: newer SDKs send exceptions this way instead of as span events.
#[derive(Clone, Debug, PartialEq)]
pub struct LogRecord {
    /// Its trace.
    pub trace_id: TraceId,
    /// Its span, when sent.
    pub span_id: Option<SpanId>,
    /// When it happened, else when it was observed.
    pub time: Timestamp,
    /// `EventName`, for example `exception`; empty when not sent.
    pub name: SmolStr,
    /// The body as text; empty when not sent.
    pub body: SmolStr,
    /// Severity number 1 to 24 (OTLP logs data model); 0 when not sent.
    pub severity: u8,
    /// Details.
    pub attributes: Attributes,
    /// Who sent it.
    pub resource: Arc<Resource>,
    /// Which library sent it.
    pub scope: Arc<Scope>,
}

/// Some input that could not be used, and why, in words for the sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong, without repeating the input, for example `span id is not 8 bytes`.
    pub reason: SmolStr,
    /// How many spans (or records) it cost.
    pub count: u64,
}

impl Batch {
    /// Counts one refused item under `reason`.
    pub fn refuse(&mut self, reason: &str) {
        self.refuse_many(reason, 1);
    }

    /// Counts `count` refused items under `reason`.
    pub fn refuse_many(&mut self, reason: &str, count: u64) {
        tally(&mut self.refused, reason, count);
    }

    /// Counts `count` parts left out of items that were kept.
    pub fn trim_many(&mut self, reason: &str, count: u64) {
        tally(&mut self.trimmed, reason, count);
    }

    /// How many items were refused for any reason.
    pub fn refused_count(&self) -> u64 {
        self.refused.iter().map(|refusal| refusal.count).sum()
    }
}

fn tally(list: &mut Vec<Refusal>, reason: &str, count: u64) {
    match list.iter_mut().find(|refusal| refusal.reason == reason) {
        Some(refusal) => refusal.count += count,
        None => list.push(Refusal { reason: reason.into(), count }),
    }
}
