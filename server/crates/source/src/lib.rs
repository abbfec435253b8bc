//! Reads code: functions, routes with their prefixes, places that start spans, outgoing calls.
//!
//! Pure: it is given a path and a text, never a file system, and it knows nothing of spans. Broken code yields what
//! is whole; hostile code costs a bounded amount of time.

mod document;
mod facts;
mod file;
mod function;
mod index;
mod language;

pub use document::{Document, Edit};
pub use facts::{CallKind, CallSite, NamePattern, Route, SpanSite};
pub use file::{ReadError, SourceFile, read};
pub use function::{Function, FunctionKey, FunctionKind};
pub use index::Index;
pub use language::Language;
