//! Keeps spans in memory: bounded by bytes, indexed, with latency figures over sliding windows.
//!
//! Knows nothing of source code, wire formats or clocks: tags are opaque, time is passed in.

#![forbid(unsafe_code)]

mod aggregate;
mod arrivals;
mod bytes;
mod cost;
mod figures;
mod kin;
mod lexicon;
mod limits;
mod logs;
mod page;
mod postings;
mod query;
mod record;
mod senders;
mod sketch;
mod skew;
mod span_store;
mod stored;
#[cfg(test)]
mod testing;
mod trace;
mod trace_index;
pub mod tree;
mod window;
mod words;
mod writer;

pub use aggregate::{Aggregates, Observation, Recorded};
pub use cost::{log_bytes, span_bytes};
pub use figures::{Exemplar, Figures};
pub use limits::{Counters, Limits, LogCounters};
pub use query::{Query, TraceSummary};
pub use sketch::{Merged, Sketch, Weighted};
pub use span_store::{Inserted, PinError, Store};
pub use stored::Stored;
pub use trace::Trace;
pub use window::SLOTS;
