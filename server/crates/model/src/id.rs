//! Trace and span identifiers, as W3C Trace Context and OTLP define them.

use std::fmt;

/// A trace identifier: 16 bytes, never all zero when it names a trace (W3C Trace Context, section 3.2.2.3).
///
/// A 64-bit identifier of an older system is kept in the low eight bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TraceId(pub [u8; 16]);

/// A span identifier: 8 bytes, unique within its trace, never all zero when it names a span.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpanId(pub [u8; 8]);

/// Why a text is not an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdError {
    /// A character outside `0-9a-fA-F`.
    NotHex,
    /// No digits, or more than the identifier holds.
    Length,
    /// All digits are zero, which no valid identifier is.
    Zero,
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            IdError::NotHex => "an identifier is written in hexadecimal digits",
            IdError::Length => "a trace identifier has 32 (or 16) hexadecimal digits, a span identifier 16",
            IdError::Zero => "an identifier of zeros names nothing",
        })
    }
}

impl std::error::Error for IdError {}

impl TraceId {
    /// Reads 1 to 32 hexadecimal digits; shorter texts are padded with zeros on the left, as Tempo and
    /// 64-bit systems need.
    ///
    /// # Errors
    /// When the text is empty, too long, not hexadecimal, or all zero.
    pub fn from_hex(text: &str) -> Result<TraceId, IdError> {
        hex_to_bytes(text).map(TraceId)
    }

    /// Whether all bytes are zero, which the specifications call invalid.
    pub fn is_zero(self) -> bool {
        self.0 == [0; 16]
    }
}

impl SpanId {
    /// Reads 1 to 16 hexadecimal digits; shorter texts are padded with zeros on the left.
    ///
    /// # Errors
    /// When the text is empty, too long, not hexadecimal, or all zero.
    pub fn from_hex(text: &str) -> Result<SpanId, IdError> {
        hex_to_bytes(text).map(SpanId)
    }

    /// Whether all bytes are zero, which the specifications call invalid.
    pub fn is_zero(self) -> bool {
        self.0 == [0; 8]
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TraceId({self})")
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SpanId({self})")
    }
}

fn hex_to_bytes<const N: usize>(text: &str) -> Result<[u8; N], IdError> {
    if text.is_empty() || text.len() > 2 * N {
        return Err(IdError::Length);
    }
    let mut bytes = [0; N];
    for (place, digit) in text.bytes().rev().enumerate() {
        let value = (digit as char).to_digit(16).ok_or(IdError::NotHex)? as u8;
        bytes[N - 1 - place / 2] |= value << (4 * (place % 2));
    }
    if bytes == [0; N] { Err(IdError::Zero) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_survives_a_round_trip_and_short_ids_are_padded() {
        let text = "0af7651916cd43dd8448eb211c80319c";
        assert_eq!(TraceId::from_hex(text).unwrap().to_string(), text);
        assert_eq!(TraceId::from_hex("ABC").unwrap().to_string(), "00000000000000000000000000000abc");
        assert_eq!(SpanId::from_hex("1").unwrap().to_string(), "0000000000000001");
    }

    #[test]
    fn what_is_no_identifier_says_why() {
        assert_eq!(TraceId::from_hex(""), Err(IdError::Length));
        assert_eq!(SpanId::from_hex("00112233445566778"), Err(IdError::Length));
        assert_eq!(SpanId::from_hex("xyz"), Err(IdError::NotHex));
        assert_eq!(SpanId::from_hex("0000"), Err(IdError::Zero));
        assert_eq!(SpanId::from_hex("é"), Err(IdError::NotHex));
    }
}
