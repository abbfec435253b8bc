//! One span or log record as bytes: written once, read in part or as a whole, and the same again when read.
//!
//! Times are told from the start of the page, texts and lists of keys by number where they are known words. What most
//! spans lack (message, trace state, events, links) takes no byte where all of it is missing.

mod read;
mod write;

pub(crate) use read::{Body, Head, log, span_of_log};
pub(crate) use write::{Base, Packer};

use model::{SpanKind, StatusCode};

/// Bits of the first byte beyond kind and status.
const HAS_PARENT: u8 = 1 << 5;
const HAS_MORE: u8 = 1 << 6;

/// Tags of values, in the low three bits of their first number.
mod tag {
    /// The number of a word.
    pub(super) const WORD: u64 = 0;
    /// A text of that many bytes.
    pub(super) const TEXT: u64 = 1;
    /// A whole number of up to 60 bits.
    pub(super) const INT: u64 = 2;
    /// One of [`PLAIN`](super::plain).
    pub(super) const PLAIN: u64 = 3;
    /// That many bytes.
    pub(super) const BYTES: u64 = 4;
    /// That many values.
    pub(super) const ARRAY: u64 = 5;
    /// That many keys and values.
    pub(super) const MAP: u64 = 6;
}

/// What a value of the tag `PLAIN` is.
mod plain {
    pub(super) const EMPTY: u64 = 0;
    pub(super) const FALSE: u64 = 1;
    pub(super) const TRUE: u64 = 2;
    /// Eight bytes follow.
    pub(super) const WIDE_INT: u64 = 3;
    /// Eight bytes follow.
    pub(super) const DOUBLE: u64 = 4;
}

fn kind_of(bits: u8) -> SpanKind {
    match bits & 7 {
        1 => SpanKind::Internal,
        2 => SpanKind::Server,
        3 => SpanKind::Client,
        4 => SpanKind::Producer,
        5 => SpanKind::Consumer,
        _ => SpanKind::Unspecified,
    }
}

fn bits_of_kind(kind: SpanKind) -> u8 {
    match kind {
        SpanKind::Unspecified => 0,
        SpanKind::Internal => 1,
        SpanKind::Server => 2,
        SpanKind::Client => 3,
        SpanKind::Producer => 4,
        SpanKind::Consumer => 5,
    }
}

fn status_of(bits: u8) -> StatusCode {
    match (bits >> 3) & 3 {
        1 => StatusCode::Ok,
        2 => StatusCode::Error,
        _ => StatusCode::Unset,
    }
}

fn bits_of_status(status: StatusCode) -> u8 {
    match status {
        StatusCode::Unset => 0,
        StatusCode::Ok => 1 << 3,
        StatusCode::Error => 2 << 3,
    }
}

#[cfg(test)]
mod tests;
