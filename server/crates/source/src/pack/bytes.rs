//! The bytes of a packed file: numbers as varints, every text once.

use std::collections::HashMap;

use model::SmolStr;

/// Puts values one after the other.
#[derive(Default)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
    texts: Vec<SmolStr>,
    known: HashMap<SmolStr, u32, rustc_hash::FxBuildHasher>,
}

/// Takes values in the order in which they were put. Bytes that nobody put give `None`, never a panic.
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    texts: Vec<SmolStr>,
}

/// A value that can be put and taken.
pub(crate) trait Pack: Sized {
    /// Puts it.
    fn pack(&self, to: &mut Writer);
    /// Takes it; `None` when the bytes are none of ours.
    fn unpack(from: &mut Reader<'_>) -> Option<Self>;
}

impl Writer {
    /// Puts a number, small ones in a byte.
    pub(crate) fn number(&mut self, mut number: u32) {
        while number >= 0x80 {
            self.bytes.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.bytes.push(number as u8);
    }

    /// Puts how far `number` is from `base`, in either direction.
    pub(crate) fn near(&mut self, number: u32, base: u32) {
        let difference = number.wrapping_sub(base) as i32;
        self.number(((difference << 1) ^ (difference >> 31)) as u32);
    }

    /// Puts a text, or its number if it was put before.
    pub(crate) fn text(&mut self, text: &SmolStr) {
        let number = match self.known.get(text) {
            Some(number) => *number,
            None => {
                let number = self.texts.len() as u32;
                self.known.insert(text.clone(), number);
                self.texts.push(text.clone());
                number
            }
        };
        self.number(number);
    }

    /// All that was put: the texts first.
    pub(crate) fn finish(self) -> Vec<u8> {
        let mut head = Writer::default();
        head.number(self.texts.len() as u32);
        self.texts.iter().for_each(|text| head.number(text.len() as u32));
        self.texts.iter().for_each(|text| head.bytes.extend(text.as_bytes()));
        head.bytes.extend(self.bytes);
        head.bytes
    }
}

impl<'a> Reader<'a> {
    /// Begins with what [`Writer::finish`] gave.
    pub(crate) fn new(bytes: &'a [u8]) -> Option<Reader<'a>> {
        let mut reader = Reader { bytes, texts: Vec::new() };
        let lengths: Vec<u32> = reader.many(|reader| reader.number())?;
        for length in lengths {
            let (text, rest) = reader.bytes.split_at_checked(length as usize)?;
            reader.texts.push(std::str::from_utf8(text).ok()?.into());
            reader.bytes = rest;
        }
        Some(reader)
    }

    /// Takes a number.
    pub(crate) fn number(&mut self) -> Option<u32> {
        let mut number = 0_u32;
        for shift in [0, 7, 14, 21, 28] {
            let (byte, rest) = self.bytes.split_first()?;
            self.bytes = rest;
            number |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    /// Takes a number near `base`.
    pub(crate) fn near(&mut self, base: u32) -> Option<u32> {
        let number = self.number()?;
        let difference = (number >> 1) as i32 ^ -((number & 1) as i32);
        Some(base.wrapping_add(difference as u32))
    }

    /// Takes a text.
    pub(crate) fn text(&mut self) -> Option<SmolStr> {
        let number = self.number()?;
        self.texts.get(number as usize).cloned()
    }

    /// Takes how many there are, and as many.
    pub(crate) fn many<T>(&mut self, mut one: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let count = self.number()? as usize;
        // A value takes a byte at least: a count beyond the bytes is none of ours.
        let mut all = Vec::with_capacity(Some(count).filter(|count| *count <= self.bytes.len())?);
        for _ in 0..count {
            all.push(one(self)?);
        }
        Some(all)
    }
}

impl Pack for u32 {
    /// One more, so that `u32::MAX`, which stands for no function, takes a byte.
    fn pack(&self, to: &mut Writer) {
        to.number(self.wrapping_add(1));
    }
    fn unpack(from: &mut Reader<'_>) -> Option<u32> {
        Some(from.number()?.wrapping_sub(1))
    }
}

impl Pack for u8 {
    fn pack(&self, to: &mut Writer) {
        to.number(u32::from(*self));
    }
    fn unpack(from: &mut Reader<'_>) -> Option<u8> {
        from.number()?.try_into().ok()
    }
}

impl Pack for bool {
    fn pack(&self, to: &mut Writer) {
        to.number(u32::from(*self));
    }
    fn unpack(from: &mut Reader<'_>) -> Option<bool> {
        Some(from.number()? != 0)
    }
}

impl Pack for SmolStr {
    fn pack(&self, to: &mut Writer) {
        to.text(self);
    }
    fn unpack(from: &mut Reader<'_>) -> Option<SmolStr> {
        from.text()
    }
}

impl<T: Pack> Pack for Vec<T> {
    fn pack(&self, to: &mut Writer) {
        to.number(self.len() as u32);
        self.iter().for_each(|one| one.pack(to));
    }
    fn unpack(from: &mut Reader<'_>) -> Option<Vec<T>> {
        from.many(T::unpack)
    }
}

impl<T: Pack> Pack for Option<T> {
    fn pack(&self, to: &mut Writer) {
        self.is_some().pack(to);
        if let Some(value) = self {
            value.pack(to);
        }
    }
    fn unpack(from: &mut Reader<'_>) -> Option<Option<T>> {
        if bool::unpack(from)? { Some(Some(T::unpack(from)?)) } else { Some(None) }
    }
}

impl<T: Pack> Pack for Box<T> {
    fn pack(&self, to: &mut Writer) {
        (**self).pack(to);
    }
    fn unpack(from: &mut Reader<'_>) -> Option<Box<T>> {
        T::unpack(from).map(Box::new)
    }
}

impl<A: Pack, B: Pack> Pack for (A, B) {
    fn pack(&self, to: &mut Writer) {
        self.0.pack(to);
        self.1.pack(to);
    }
    fn unpack(from: &mut Reader<'_>) -> Option<(A, B)> {
        Some((A::unpack(from)?, B::unpack(from)?))
    }
}
