//! Numbers in as few bytes as they need, and a reader that never runs past the end.

/// Appends `value`, seven bits a byte, the lowest first.
#[inline]
pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    if value < 0x80 {
        out.push(value as u8);
        return;
    }
    if value < 0x4000 {
        out.extend_from_slice(&[value as u8 | 0x80, (value >> 7) as u8]);
        return;
    }
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends how far `value` is from `base`, whichever is larger.
pub(crate) fn put_delta(out: &mut Vec<u8>, value: u64, base: u64) {
    put_varint(out, zigzag(value.wrapping_sub(base) as i64));
}

/// Small numbers of either sign as small numbers.
pub(crate) fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// Undoes [`zigzag`].
pub(crate) fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// What is left of some bytes that were written here. Past the end it reads zeros, so that nothing can panic.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    pub(crate) fn varint(&mut self) -> u64 {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte();
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        value
    }

    /// The number that is so far from `base`.
    pub(crate) fn delta(&mut self, base: u64) -> u64 {
        base.wrapping_add(unzigzag(self.varint()) as u64)
    }

    pub(crate) fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    pub(crate) fn array<const N: usize>(&mut self) -> [u8; N] {
        self.bytes(N).try_into().unwrap_or([0; N])
    }

    /// A number of things that follow, each of at least one byte.
    pub(crate) fn count(&mut self) -> usize {
        (self.varint() as usize).min(self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    #[test]
    fn numbers_survive_whatever_their_size() {
        let mut random = Random::new(1);
        let edges = [0, 1, 127, 128, u64::MAX, u64::MAX - 1, 1 << 63];
        for value in edges.into_iter().chain((0..5_000).map(|_| random.spread())) {
            for base in [0, 5, u64::MAX, 1 << 62] {
                let mut out = Vec::new();
                put_varint(&mut out, value);
                put_delta(&mut out, value, base);
                let mut reader = Reader(&out);
                assert_eq!((reader.varint(), reader.delta(base), reader.0.len()), (value, value, 0));
            }
        }
    }

    #[test]
    fn what_is_cut_off_reads_as_zeros() {
        let mut reader = Reader(&[0xff, 0xff]);
        assert_eq!(reader.varint(), 0x3fff);
        assert_eq!((reader.byte(), reader.array::<4>(), reader.count()), (0, [0; 4], 0));
    }
}
