//! Keeps spans in memory: bounded by bytes, indexed, with latency figures over sliding windows.
//!
//! Knows nothing of source code, wire formats or clocks: tags are opaque, time is passed in.

mod aggregate;
mod figures;
mod limits;
mod query;
mod span_store;

pub use aggregate::{Aggregates, Observation};
pub use figures::{Exemplar, Figures};
pub use limits::{Counters, Limits};
pub use query::{Query, TraceSummary};
pub use span_store::{Inserted, Store, Stored, Trace};
