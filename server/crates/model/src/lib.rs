//! The words everybody shares: spans and what they carry, and positions in text.
//!
//! No async, no files, no editors, no wire formats. Domain types are deliberately not serialisable:
//! every edge has its own shapes and converts.

mod attributes;
mod batch;
mod id;
pub mod keys;
mod line_index;
mod resource;
mod sampling;
mod span;
mod text;
mod time;
mod view;

pub use attributes::{Attributes, Value};
pub use batch::{Batch, LogRecord, Refusal};
pub use id::{IdError, SpanId, TraceId};
pub use line_index::{LineIndex, PositionEncoding};
pub use resource::{Resource, Scope};
pub use sampling::Weight;
pub use smol_str::SmolStr;
pub use span::{Event, Link, Span, SpanKind, Status, StatusCode};
pub use text::{LinePosition, TextRange};
pub use time::Timestamp;
pub use view::{AttributesView, EventView, LinkView, SpanView, ValueView};
