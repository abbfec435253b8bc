//! Telemetry on its way to where it is kept: one body's bytes in one form, known to be good.

use std::sync::Arc;

use bytes::Bytes;
use model::{Batch, LogRecord, Refusal};

use crate::{
    DecodeError, Limits, Senders, Spans,
    otlp_proto::{self, decode_batch, decode_logs},
    otlp_reply::Signal,
};

/// Spans that are owned at a time while a body is written anew.
const PART: usize = 512;

/// Spans and log records as OTLP protobuf of which it is known that every text is UTF-8, every id valid and nothing over
/// a limit; and a count of what was left out to make it so. Cloning copies no telemetry.
#[derive(Clone, Debug, Default)]
pub struct Clean {
    /// A `TracesData`.
    traces: Bytes,
    /// A `LogsData`.
    logs: Bytes,
    spans: usize,
    records: usize,
    refused: Vec<Refusal>,
    trimmed: Vec<Refusal>,
}

impl Clean {
    /// Takes the body of an OTLP request for traces or logs: as it is when nothing is wrong with it, else what is
    /// good of it, written anew. Metrics hold nothing that is kept.
    ///
    /// # Errors
    /// When the bytes are no such message; then nothing is taken.
    pub fn of(body: Bytes, signal: Signal, limits: &Limits) -> Result<Clean, DecodeError> {
        match signal {
            Signal::Traces => Clean::of_traces(body, limits),
            Signal::Logs => Clean::of_logs(body, limits),
            Signal::Metrics => Ok(Clean::default()),
        }
    }

    /// Takes what [`Clean::frame`] wrote, or any `TracesData`.
    ///
    /// # Errors
    /// When the bytes are no such message; then nothing is taken.
    pub fn of_frame(frame: Bytes, limits: &Limits) -> Result<Clean, DecodeError> {
        match otlp_proto::clean_spans(&frame, limits) {
            Some(spans) => Ok(Clean { spans, traces: frame, ..Clean::default() }),
            None => Ok(decode_batch(&frame, limits)?.into()),
        }
    }

    /// Both signals as one message that [`decode_batch`] reads, for archives and followers.
    pub fn frame(&self) -> Bytes {
        if self.logs.is_empty() {
            return self.traces.clone();
        }
        let mut frame = self.traces.to_vec();
        otlp_proto::append_logs(&self.logs, &mut frame);
        frame.into()
    }

    /// The log records alone, as [`Clean::frame`] writes them; `None` when there are none.
    pub fn logs_frame(&self) -> Option<Bytes> {
        let frame = || {
            let mut frame = Vec::with_capacity(self.logs.len() + 8);
            otlp_proto::append_logs(&self.logs, &mut frame);
            frame.into()
        };
        (self.records > 0).then(frame)
    }

    /// Its spans, to be read where they lie.
    pub fn walk(&self) -> Spans {
        Spans::new(self.traces.clone(), self.spans)
    }

    /// Its log records.
    pub fn records(&self) -> Vec<LogRecord> {
        // They were read before.
        decode_logs(&self.logs, &Limits::none()).unwrap_or_default().logs
    }

    /// The owned form, with the counts of what was left out.
    pub fn to_batch(&self) -> Batch {
        let mut spans = Vec::with_capacity(self.spans);
        self.walk().each(&mut Senders::default(), |view| spans.push(Arc::new(view.to_span())));
        Batch { spans, logs: self.records(), refused: self.refused.clone(), trimmed: self.trimmed.clone() }
    }

    /// How many spans it holds.
    pub fn spans(&self) -> usize {
        self.spans
    }

    /// How many log records it holds.
    pub fn logs(&self) -> usize {
        self.records
    }

    /// Bytes that it holds on to.
    pub fn bytes(&self) -> usize {
        self.traces.len() + self.logs.len()
    }

    /// Whether there is nothing to keep and nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.spans + self.records == 0 && self.refused.is_empty() && self.trimmed.is_empty()
    }

    /// What was refused and how often.
    pub fn refused(&self) -> &[Refusal] {
        &self.refused
    }

    /// What was left out of items that were kept, counted in those parts.
    pub fn trimmed(&self) -> &[Refusal] {
        &self.trimmed
    }

    /// How many items were refused for any reason.
    pub fn refused_count(&self) -> u64 {
        self.refused.iter().map(|refusal| refusal.count).sum()
    }

    /// The one place where it is decided whether bytes stay as they came.
    fn of_traces(body: Bytes, limits: &Limits) -> Result<Clean, DecodeError> {
        match otlp_proto::clean_spans(&body, limits) {
            Some(spans) => Ok(Clean { spans, traces: body, ..Clean::default() }),
            None => Clean::rewritten(&body, limits),
        }
    }

    /// What is good of `body`, written anew part by part: a message may be followed by more of itself.
    fn rewritten(body: &[u8], limits: &Limits) -> Result<Clean, DecodeError> {
        let (mut traces, mut spans) = (Vec::new(), 0);
        let left_out = otlp_proto::decode_traces_in_parts(body, limits, PART, &mut |part| {
            spans += part.spans.len();
            traces.extend(otlp_proto::encode_traces(&part.spans));
        })?;
        let Batch { refused, trimmed, .. } = left_out;
        Ok(Clean { traces: traces.into(), spans, refused, trimmed, ..Clean::default() })
    }

    fn of_logs(body: Bytes, limits: &Limits) -> Result<Clean, DecodeError> {
        let batch = decode_logs(&body, limits)?;
        if batch.refused.is_empty() && batch.trimmed.is_empty() {
            return Ok(Clean { records: batch.logs.len(), logs: body, ..Clean::default() });
        }
        Ok(batch.into())
    }
}

impl From<Batch> for Clean {
    /// Writes what other dialects hold.
    fn from(batch: Batch) -> Clean {
        let encode = |is_empty: bool, encoded: &dyn Fn() -> Vec<u8>| match is_empty {
            true => Bytes::new(),
            false => encoded().into(),
        };
        Clean {
            traces: encode(batch.spans.is_empty(), &|| otlp_proto::encode_traces(&batch.spans)),
            logs: encode(batch.logs.is_empty(), &|| otlp_proto::encode_logs(&batch.logs)),
            spans: batch.spans.len(),
            records: batch.logs.len(),
            refused: batch.refused,
            trimmed: batch.trimmed,
        }
    }
}
