//! Who is who within one large trace: spans by id, and children by their parent's id, whichever came first.

use std::{
    hash::{BuildHasher, RandomState},
    mem::size_of,
};

use hashbrown::HashTable;
use model::SpanId;

const NONE: u32 = u32::MAX;

/// Positions of spans in order of arrival, found by id or by parent. Plain numbers: what they say of whom is asked of
/// `look`, which knows the span at a position.
#[derive(Clone, Debug)]
pub(crate) struct Kin {
    by_id: HashTable<u32>,
    /// The latest child of each parent.
    by_parent: HashTable<u32>,
    /// For each span the child of the same parent that came before it.
    before: Vec<u32>,
    /// What makes hashes differ from trace to trace, so that nobody can choose identifiers that collide.
    seed: u64,
}

/// Tells identifier and parent of the span at a position.
pub(crate) trait Look {
    /// `None` when it is never looked for by its own.
    fn id(&self, at: u32) -> Option<SpanId>;
    fn parent(&self, at: u32) -> Option<SpanId>;
}

impl Default for Kin {
    fn default() -> Kin {
        let seed = RandomState::new().hash_one(0u8) | 1;
        Kin { by_id: HashTable::new(), by_parent: HashTable::new(), before: Vec::new(), seed }
    }
}

impl Kin {
    /// Adds the next span.
    pub(crate) fn push(&mut self, look: &impl Look) {
        let at = self.before.len() as u32;
        let seed = self.seed;
        let hash = |id: SpanId| hash(id, seed);
        if let Some(id) = look.id(at) {
            self.by_id.insert_unique(hash(id), at, |at| look.id(*at).map_or(0, hash));
        }
        let mut before = NONE;
        if let Some(parent) = look.parent(at) {
            match self.by_parent.find_mut(hash(parent), |child| look.parent(*child) == Some(parent)) {
                Some(latest) => before = std::mem::replace(latest, at),
                None => {
                    let rehash = |child: &u32| look.parent(*child).map_or(0, hash);
                    self.by_parent.insert_unique(hash(parent), at, rehash);
                }
            }
        }
        if self.before.capacity() == self.before.len() {
            self.before.reserve_exact(16 + self.before.len() / 4);
        }
        self.before.push(before);
    }

    /// How many spans it knows.
    pub(crate) fn len(&self) -> usize {
        self.before.len()
    }

    /// Positions of the spans with `id`: at most one per kind.
    pub(crate) fn with_id<'a>(&'a self, id: SpanId, look: &'a impl Look) -> impl Iterator<Item = usize> + 'a {
        let hash = hash(id, self.seed);
        self.by_id.iter_hash(hash).filter(move |at| look.id(**at) == Some(id)).map(|at| *at as usize)
    }

    /// Positions of the spans that name `id` as their parent, the latest first.
    pub(crate) fn children(&self, id: SpanId, look: &impl Look) -> impl Iterator<Item = usize> {
        let hash = hash(id, self.seed);
        let latest = self.by_parent.find(hash, |child| look.parent(*child) == Some(id)).copied();
        let before = |at: &u32| self.before.get(*at as usize).copied().filter(|at| *at != NONE);
        std::iter::successors(latest, before).map(|at| at as usize)
    }

    /// Bytes it holds.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Kin>()
            + self.by_id.allocation_size()
            + self.by_parent.allocation_size()
            + self.before.capacity() * size_of::<u32>()
    }

    /// Bytes that one more span may make it grow by.
    pub(crate) fn next_growth(&self) -> usize {
        let doubled = |table: &HashTable<u32>| {
            if table.capacity() == table.len() { table.allocation_size() + 64 } else { 0 }
        };
        doubled(&self.by_id) + doubled(&self.by_parent) + self.before.len()
    }
}

/// Two multiplications by odd secrets, each folded: what one half of a product hides, the other shows.
fn hash(id: SpanId, seed: u64) -> u64 {
    let fold = |one: u64, other: u64| {
        let product = u128::from(one) * u128::from(other);
        product as u64 ^ (product >> 64) as u64
    };
    fold(fold(u64::from_le_bytes(id.0) ^ seed, seed.rotate_left(32) | 1), 0x9E37_79B9_7F4A_7C15)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A binary heap: the parent of each is half its number.
    struct Halves;

    fn id(number: u64) -> SpanId {
        SpanId(number.to_be_bytes())
    }

    impl Look for Halves {
        fn id(&self, at: u32) -> Option<SpanId> {
            Some(id(u64::from(at) + 1))
        }

        fn parent(&self, at: u32) -> Option<SpanId> {
            (at > 0).then(|| id(u64::from(at).div_ceil(2)))
        }
    }

    #[test]
    fn spans_and_children_are_found() {
        let mut kin = Kin::default();
        let count = 500u64;
        (0..count).for_each(|_| kin.push(&Halves));
        for number in 1..=count {
            assert_eq!(kin.with_id(id(number), &Halves).collect::<Vec<_>>(), [number as usize - 1]);
            let children: Vec<_> = kin.children(id(number), &Halves).map(|at| at as u64 + 1).collect();
            let expected = [2 * number + 1, 2 * number].into_iter().filter(|child| *child <= count);
            assert_eq!(children, expected.collect::<Vec<_>>());
        }
        assert_eq!(kin.with_id(id(count + 1), &Halves).count(), 0);
        assert!(kin.bytes() < 500 * 32, "{}", kin.bytes());
    }
}
