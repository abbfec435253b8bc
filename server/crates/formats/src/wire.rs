//! Walks protobuf fields without allocating and without recursion, so that hostile bytes cost only their reading.

use crate::error::WireError;

/// What is left of a message.
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

/// One field's value, borrowed from the input.
#[derive(Clone, Copy)]
pub(crate) enum Field<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32,
    Bytes(&'a [u8]),
}

impl<'a> Reader<'a> {
    pub(crate) fn new(message: &'a [u8]) -> Reader<'a> {
        Reader { rest: message }
    }

    /// How many bytes are left.
    pub(crate) fn left(&self) -> usize {
        self.rest.len()
    }

    /// The next field's number and value; groups, which no OTLP version uses, are skipped.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Option<(u32, Field<'a>)>, WireError> {
        while !self.rest.is_empty() {
            let (number, wire_type) = self.key()?;
            match wire_type {
                3 => self.skip_group(number)?,
                4 => return Err(WireError::WireType),
                _ => return Ok(Some((number, self.value(wire_type)?))),
            }
        }
        Ok(None)
    }

    #[inline]
    fn key(&mut self) -> Result<(u32, u8), WireError> {
        let key = u32::try_from(self.varint()?).map_err(|_| WireError::Varint)?;
        match key >> 3 {
            0 => Err(WireError::Varint),
            number => Ok((number, (key & 7) as u8)),
        }
    }

    #[inline]
    fn value(&mut self, wire_type: u8) -> Result<Field<'a>, WireError> {
        Ok(match wire_type {
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| WireError::Truncated)?;
                Field::Bytes(self.take(length)?)
            }
            0 => Field::Varint(self.varint()?),
            1 => Field::Fixed64(u64::from_le_bytes(self.array()?)),
            5 => {
                self.take(4)?;
                Field::Fixed32
            }
            _ => return Err(WireError::WireType),
        })
    }

    /// Nearly all keys and lengths are one byte.
    #[inline]
    fn varint(&mut self) -> Result<u64, WireError> {
        match self.rest {
            [byte, rest @ ..] if *byte < 0x80 => {
                self.rest = rest;
                Ok(u64::from(*byte))
            }
            _ => self.long_varint(),
        }
    }

    #[cold]
    fn long_varint(&mut self) -> Result<u64, WireError> {
        let mut value = 0;
        for (place, byte) in self.rest.iter().enumerate().take(10) {
            value |= u64::from(byte & 0x7f) << (7 * place);
            if *byte < 0x80 {
                if place == 9 && *byte > 1 {
                    return Err(WireError::Varint);
                }
                self.rest = self.rest.get(place + 1..).unwrap_or(&[]);
                return Ok(value);
            }
        }
        Err(if self.rest.len() < 10 { WireError::Truncated } else { WireError::Varint })
    }

    #[inline]
    fn take(&mut self, length: usize) -> Result<&'a [u8], WireError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(WireError::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    /// Skips to the end of the group `number`, nested groups included, by counting instead of recursing.
    #[cold]
    fn skip_group(&mut self, number: u32) -> Result<(), WireError> {
        let mut open = 1_u64;
        let mut last = number;
        while open > 0 {
            let (number, wire_type) = match self.rest.is_empty() {
                true => return Err(WireError::Truncated),
                false => self.key()?,
            };
            match wire_type {
                3 => open += 1,
                4 => open -= 1,
                _ => {
                    self.value(wire_type)?;
                }
            }
            last = number;
        }
        if last == number { Ok(()) } else { Err(WireError::WireType) }
    }
}

impl<'a> Field<'a> {
    #[inline]
    pub(crate) fn varint(self) -> Result<u64, WireError> {
        match self {
            Field::Varint(value) => Ok(value),
            _ => Err(WireError::WireType),
        }
    }

    #[inline]
    pub(crate) fn fixed64(self) -> Result<u64, WireError> {
        match self {
            Field::Fixed64(value) => Ok(value),
            _ => Err(WireError::WireType),
        }
    }

    #[inline]
    pub(crate) fn bytes(self) -> Result<&'a [u8], WireError> {
        match self {
            Field::Bytes(value) => Ok(value),
            _ => Err(WireError::WireType),
        }
    }
}

/// The key and the value of a `KeyValue` as encoders write it: both once, in order, both shorter than 128 bytes.
/// `None` for what is written otherwise, which may be right as well.
#[inline]
pub(crate) fn usual_pair(message: &[u8]) -> Option<(&[u8], &[u8])> {
    let [0x0a, length @ 0..=0x7f, rest @ ..] = message else { return None };
    let (key, rest) = rest.split_at_checked(usize::from(*length))?;
    match rest {
        [0x12, length @ 0..=0x7f, value @ ..] if value.len() == usize::from(*length) => Some((key, value)),
        _ => None,
    }
}

/// The text of an `AnyValue` that is one, shorter than 128 bytes, and nothing else.
#[inline]
pub(crate) fn usual_text(message: &[u8]) -> Option<&[u8]> {
    match message {
        [0x0a, length @ 0..=0x7f, text @ ..] if text.len() == usize::from(*length) => Some(text),
        _ => None,
    }
}

/// The number of an `AnyValue` that is a whole number below 2^14, and nothing else.
#[inline]
pub(crate) fn usual_int(message: &[u8]) -> Option<i64> {
    match message {
        [0x18, byte @ 0..=0x7f] => Some(i64::from(*byte)),
        [0x18, low @ 0x80..=0xff, high @ 0..=0x7f] => Some(i64::from(low & 0x7f) | i64::from(*high) << 7),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(message: &[u8]) -> Result<Vec<u32>, WireError> {
        let mut reader = Reader::new(message);
        let mut numbers = Vec::new();
        while let Some((number, _)) = reader.next()? {
            numbers.push(number);
        }
        Ok(numbers)
    }

    #[test]
    fn groups_are_skipped_however_deep() {
        let mut message = vec![0x08, 0x01];
        message.extend(std::iter::repeat_n(0x1b, 100_000));
        message.extend(std::iter::repeat_n(0x1c, 100_000));
        message.extend([0x10, 0x02]);
        assert_eq!(walk(&message), Ok(vec![1, 2]));
    }

    #[test]
    fn usual_forms_are_told_from_others() {
        assert_eq!(usual_pair(&[0x0a, 1, b'k', 0x12, 2, 0x18, 5]), Some((&b"k"[..], &[0x18, 5][..])));
        let others: [&[u8]; 5] = [
            &[0x12, 2, 0x18, 5, 0x0a, 1, b'k'],
            &[0x0a, 1, b'k'],
            &[0x0a, 1, b'k', 0x12, 2, 0x18],
            &[0x0a, 1, b'k', 0x12, 2, 0x18, 5, 0x12, 0],
            &[0x0a, 9, b'k', 0x12, 0],
        ];
        assert!(others.iter().all(|other| usual_pair(other).is_none()));
        assert_eq!(usual_text(&[0x0a, 2, b'o', b'k']), Some(&b"ok"[..]));
        assert_eq!((usual_text(&[0x0a, 2, b'o']), usual_text(&[0x0a, 1, b'o', 0x0a, 0])), (None, None));
        for number in [0, 1, 127, 128, 300, 16_383] {
            let mut message = vec![0x18];
            prost::encoding::encode_varint(number, &mut message);
            assert_eq!(usual_int(&message), Some(number as i64));
        }
        assert_eq!((usual_int(&[0x18, 0x80, 0x80, 1]), usual_int(&[0x18, 5, 0x18, 6])), (None, None));
    }

    #[test]
    fn broken_bytes_are_named() {
        assert_eq!(walk(&[0x0a, 0x05, 1]), Err(WireError::Truncated));
        assert_eq!(walk(&[0x08, 0xff]), Err(WireError::Truncated));
        assert_eq!(
            walk(&[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]),
            Err(WireError::Truncated)
        );
        assert_eq!(
            walk(&[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]),
            Err(WireError::Varint)
        );
        assert_eq!(walk(&[0x00, 0x01]), Err(WireError::Varint));
        assert_eq!(walk(&[0x0e, 0x01]), Err(WireError::WireType));
        assert_eq!(walk(&[0x1c]), Err(WireError::WireType));
        assert_eq!(walk(&[0x1b]), Err(WireError::Truncated));
    }
}
