//! Reads code: functions, routes with their prefixes, places that start spans, outgoing calls.
//!
//! Pure: it is given a path and a text, never a file system, and it knows nothing of spans. Broken code yields what
//! is whole; hostile code costs a bounded amount of time.
#![forbid(unsafe_code)]

mod constants;
mod document;
mod draft;
mod facts;
mod field;
mod file;
mod finish;
mod function;
mod generated;
mod guard;
mod index;
mod language;
mod languages;
mod manifest;
mod pack;
mod pattern;
mod postings;
mod prune;
mod resolve;
mod route_table;
mod slots;
mod sql;
mod walk;
mod wiring;

pub use document::{Document, Edit};
pub use facts::{CallKind, CallSite, NamePattern, Route, SpanSite};
pub use file::{ReadError, SourceFile, read};
pub use function::{Function, FunctionKey, FunctionKind};
pub use guard::{parse_only, tree_text};
pub use index::{Changes, Index};
pub use language::Language;
pub use manifest::{is_read, manifest_globs};
pub use pack::Packed;
pub use pattern::{Pattern, Segment, path_segments};
pub use postings::{Key, program_name};
pub use resolve::{Consumer, RpcMethod};
pub use sql::normal_sql;
