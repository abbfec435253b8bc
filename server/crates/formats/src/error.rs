//! Why a body could not be read at all, in one sentence that never repeats the input.

use thiserror::Error;

/// A body that is not what it was taken for. Nothing of it is used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// Not a protobuf message of the expected kind.
    #[error("this is not an OTLP protobuf message: {0}")]
    Protobuf(#[from] WireError),
    /// Not JSON.
    #[error("this is not JSON: it breaks off or is malformed at line {line}, column {column}")]
    Json {
        /// 1-based line.
        line: usize,
        /// 1-based column, in bytes.
        column: usize,
    },
    /// JSON with more values than could be useful.
    #[error("this JSON has more than {limit} values; send it in smaller parts")]
    TooManyValues {
        /// The most values that are read.
        limit: usize,
    },
    /// JSON, but without what the format must have.
    #[error("this JSON is not {expected}")]
    Shape {
        /// What was looked for, for example `OTLP: it has no resourceSpans`.
        expected: &'static str,
    },
    /// None of the known formats; says what was tried.
    #[error("this is no trace format that is known here ({tried}); {hint}")]
    Unknown {
        /// Each format tried and why it was not that.
        tried: String,
        /// What to do.
        hint: &'static str,
    },
}

/// Where a protobuf message breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WireError {
    /// It ends inside a field.
    #[error("it ends in the middle of a field")]
    Truncated,
    /// A variable-length integer of more than ten bytes, or a field number out of range.
    #[error("a number in it is malformed")]
    Varint,
    /// A wire type that does not exist or does not fit the field.
    #[error("a field has the wrong wire type")]
    WireType,
}
