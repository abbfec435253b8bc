//! A distribution of durations in little memory: exact while there are few, within 3.2 % ever after.
//!
//! A log-linear histogram: every power of two is cut into 16 buckets of equal width, so that the middle of a bucket is
//! never further from a value in it than 1/32 of that value. Sketches merge without loss.

use std::mem::size_of;

use model::Weight;

/// Buckets of one power of two, as bits.
const SUB_BITS: u32 = 4;
const SUB: u64 = 1 << SUB_BITS;
/// Buckets that 64-bit values can need.
const BUCKETS: usize = ((64 - SUB_BITS as usize) << SUB_BITS) + SUB as usize;
/// Values kept as they are before buckets take over.
const EXACT: usize = 16;
/// What a value counts in a sum that may hold weighted ones.
const PARTS: u64 = Weight::ONE.parts();

/// A distribution of 64-bit values, in nanoseconds for durations. At most 4 KiB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sketch(Form);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    Few(Vec<u64>),
    /// Counts of the buckets from `first` on; others are empty. Counts saturate.
    Many {
        first: u16,
        counts: Vec<u32>,
    },
}

/// A distribution of values that stand for more or fewer than one. At most 8 KiB; never exact, always within 3.2 %.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Weighted {
    first: u16,
    /// Sums of [`Weight::parts`] in the buckets from `first` on; they saturate.
    parts: Vec<u64>,
}

/// The sum of many sketches, and its quantiles.
#[derive(Clone, Debug)]
pub struct Merged {
    few: Vec<u64>,
    /// In [`Weight::parts`], as `total` is.
    counts: Vec<u64>,
    /// Buckets in use: from the first up to the second, exclusive.
    used: (usize, usize),
    total: u64,
}

impl Default for Sketch {
    fn default() -> Sketch {
        Sketch(Form::Few(Vec::new()))
    }
}

impl Sketch {
    /// Adds one value.
    pub fn add(&mut self, value: u64) {
        if let Form::Few(values) = &mut self.0 {
            if values.len() < EXACT {
                values.push(value);
                return;
            }
            self.spill();
        }
        self.count(bucket(value), 1);
    }

    /// Adds everything that `other` holds.
    pub fn merge(&mut self, other: &Sketch) {
        match &other.0 {
            Form::Few(values) => values.iter().for_each(|value| self.add(*value)),
            Form::Many { first, counts } => {
                self.spill();
                for (at, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                    self.count(*first as usize + at, *count);
                }
            }
        }
    }

    /// The value at or below which half of all lie, by the nearest rank; 0 when there is none.
    pub fn median(&self) -> u64 {
        match &self.0 {
            Form::Few(values) => {
                let mut sorted = [0; EXACT];
                let sorted = &mut sorted[..values.len()];
                sorted.copy_from_slice(values);
                sorted.sort_unstable();
                sorted.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(0)
            }
            Form::Many { first, counts } => {
                let total: u64 = counts.iter().map(|count| u64::from(*count)).sum();
                let at = position_of_rank(counts.iter().map(|count| u64::from(*count)), total.div_ceil(2));
                middle(*first as usize + at)
            }
        }
    }

    /// Bytes it holds, itself included.
    pub fn bytes(&self) -> usize {
        size_of::<Sketch>()
            + match &self.0 {
                Form::Few(values) => values.capacity() * size_of::<u64>(),
                Form::Many { counts, .. } => counts.capacity() * size_of::<u32>(),
            }
    }

    fn spill(&mut self) {
        let Form::Few(values) = &mut self.0 else { return };
        let values = std::mem::take(values);
        self.0 = Form::Many { first: 0, counts: Vec::new() };
        values.iter().for_each(|value| self.count(bucket(*value), 1));
    }

    fn count(&mut self, bucket: usize, times: u32) {
        let Form::Many { first, counts } = &mut self.0 else {
            return;
        };
        let count = slot_of(first, counts, bucket);
        *count = count.saturating_add(times);
    }
}

impl Weighted {
    /// Adds one value.
    pub fn add(&mut self, value: u64, weight: Weight) {
        let sum = slot_of(&mut self.first, &mut self.parts, bucket(value));
        *sum = sum.saturating_add(weight.parts());
    }

    /// Bytes it holds, itself included.
    pub fn bytes(&self) -> usize {
        size_of::<Weighted>() + self.parts.capacity() * size_of::<u64>()
    }
}

/// The count of `bucket` where `counts` are those from the bucket `first` on; makes room for it.
fn slot_of<'a, N: Copy + Default>(first: &mut u16, counts: &'a mut Vec<N>, bucket: usize) -> &'a mut N {
    if counts.is_empty() {
        *first = bucket as u16;
    }
    if bucket < *first as usize {
        let missing = *first as usize - bucket;
        counts.splice(0..0, std::iter::repeat_n(N::default(), missing));
        *first = bucket as u16;
    }
    let at = bucket - *first as usize;
    if at >= counts.len() {
        counts.resize(at + 1, N::default());
    }
    &mut counts[at]
}

impl Default for Merged {
    fn default() -> Merged {
        Merged { few: Vec::new(), counts: vec![0; BUCKETS], used: (BUCKETS, 0), total: 0 }
    }
}

impl Merged {
    /// Adds everything that `sketch` holds.
    pub fn add(&mut self, sketch: &Sketch) {
        match &sketch.0 {
            Form::Few(values) => {
                self.few.extend_from_slice(values);
                self.add_total(values.len() as u64 * PARTS);
            }
            Form::Many { first, counts } => {
                let first = *first as usize;
                self.add_counts(first, counts.iter().map(|count| u64::from(*count) * PARTS));
            }
        }
    }

    /// Adds everything that `weighted` holds.
    pub fn add_weighted(&mut self, weighted: &Weighted) {
        self.add_counts(weighted.first as usize, weighted.parts.iter().copied());
    }

    /// How many values there are, or how many they stand for.
    pub fn total(&self) -> u64 {
        Weight::count(self.total)
    }

    fn add_counts(&mut self, first: usize, counts: impl ExactSizeIterator<Item = u64>) {
        self.used = (self.used.0.min(first), self.used.1.max(first + counts.len()));
        let mut total = 0u64;
        for (slot, count) in self.counts[first..].iter_mut().zip(counts) {
            *slot = slot.saturating_add(count);
            total = total.saturating_add(count);
        }
        self.add_total(total);
    }

    fn add_total(&mut self, parts: u64) {
        self.total = self.total.saturating_add(parts);
    }

    /// The values below or at which the `shares` (each 0 to 1) of all lie, by the nearest rank; zeros when there is
    /// none. Exact while no sketch had buckets, else within 3.2 %.
    pub fn quantiles<const N: usize>(&mut self, shares: [f64; N]) -> [u64; N] {
        if self.total == 0 {
            return [0; N];
        }
        let ranks = shares.map(|share| ((share * self.total as f64).ceil() as u64).clamp(1, self.total));
        if self.used.0 >= self.used.1 {
            self.few.sort_unstable();
            return ranks.map(|rank| self.few[rank.div_ceil(PARTS) as usize - 1]);
        }
        for value in std::mem::take(&mut self.few) {
            let bucket = bucket(value);
            self.counts[bucket] = self.counts[bucket].saturating_add(PARTS);
            self.used = (self.used.0.min(bucket), self.used.1.max(bucket + 1));
        }
        ranks.map(|rank| self.ranked(rank))
    }

    fn ranked(&self, rank: u64) -> u64 {
        let (from, to) = self.used;
        middle(from + position_of_rank(self.counts[from..to].iter().copied(), rank))
    }
}

/// The position at which the sum of `counts` reaches `rank`.
fn position_of_rank(counts: impl ExactSizeIterator<Item = u64>, rank: u64) -> usize {
    let last = counts.len().saturating_sub(1);
    let mut seen = 0u64;
    let reached = |count| {
        seen = seen.saturating_add(count);
        seen >= rank
    };
    { counts }.position(reached).unwrap_or(last)
}

/// The bucket that holds `value`: below 16 one each, then 16 for each power of two.
fn bucket(value: u64) -> usize {
    if value < SUB {
        return value as usize;
    }
    let exponent = 63 - value.leading_zeros();
    let sub = (value >> (exponent - SUB_BITS)) & (SUB - 1);
    (((exponent - SUB_BITS + 1) as usize) << SUB_BITS) + sub as usize
}

/// The value in the middle of a bucket.
fn middle(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < SUB {
        return bucket;
    }
    let shift = (bucket >> SUB_BITS) - 1;
    let low = (SUB + (bucket & (SUB - 1))) << shift;
    low + ((1u64 << shift) >> 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Random;

    fn sketch_of(values: &[u64]) -> Sketch {
        let mut sketch = Sketch::default();
        values.iter().for_each(|value| sketch.add(*value));
        sketch
    }

    fn quantiles_of(sketches: &[&Sketch]) -> [u64; 3] {
        let mut merged = Merged::default();
        sketches.iter().for_each(|sketch| merged.add(sketch));
        merged.quantiles([0.5, 0.95, 0.99])
    }

    fn true_quantiles(values: &[u64]) -> [u64; 3] {
        let mut sorted = values.to_vec();
        sorted.sort_unstable();
        [0.5, 0.95, 0.99].map(|share| sorted[((share * sorted.len() as f64).ceil() as usize).max(1) - 1])
    }

    #[test]
    fn every_value_is_near_the_middle_of_its_bucket() {
        let mut random = Random::new(1);
        let edges = (0..64).flat_map(|bit| [(1u64 << bit) - 1, 1 << bit, (1 << bit) + 1]);
        for value in edges.chain((0..20_000).map(|_| random.spread())).chain([u64::MAX]) {
            let middle = middle(bucket(value));
            let error = middle.abs_diff(value) as f64 / value.max(1) as f64;
            assert!(error <= 0.032, "{value} became {middle}");
            assert!(bucket(value) < BUCKETS);
        }
    }

    #[test]
    fn buckets_grow_with_values() {
        let mut random = Random::new(2);
        for _ in 0..20_000 {
            let (a, b) = (random.spread(), random.spread());
            assert!(bucket(a.min(b)) <= bucket(a.max(b)));
        }
    }

    #[test]
    fn quantiles_are_exact_while_few_and_near_when_many() {
        let mut random = Random::new(3);
        for count in [1usize, 2, 5, 16, 17, 100, 5_000] {
            let values: Vec<u64> = (0..count).map(|_| random.below(1 << 34) + 1).collect();
            let found = quantiles_of(&[&sketch_of(&values)]);
            for (found, exact) in found.into_iter().zip(true_quantiles(&values)) {
                let error = found.abs_diff(exact) as f64 / exact as f64;
                assert!(
                    if count <= EXACT { found == exact } else { error <= 0.032 },
                    "{count}: {found} for {exact}"
                );
            }
        }
    }

    #[test]
    fn the_median_of_one_is_that_of_the_sum_of_one() {
        let mut random = Random::new(6);
        for count in [0, 1, 2, 3, 16, 17, 200, 3_000] {
            let values: Vec<u64> = (0..count).map(|_| random.spread()).collect();
            let sketch = sketch_of(&values);
            assert_eq!(sketch.median(), quantiles_of(&[&sketch])[0], "{count}");
        }
    }

    #[test]
    fn merging_loses_nothing() {
        let mut random = Random::new(4);
        for parts in [2usize, 3, 7] {
            let lists: Vec<Vec<u64>> =
                (0..parts).map(|_| (0..random.below(60)).map(|_| random.spread()).collect()).collect();
            let whole: Vec<u64> = lists.concat();
            let sketches: Vec<Sketch> = lists.iter().map(|list| sketch_of(list)).collect();
            let mut merged = Sketch::default();
            sketches.iter().for_each(|sketch| merged.merge(sketch));
            let mut read = Merged::default();
            read.add(&merged);
            assert_eq!(read.total(), whole.len() as u64);
            if whole.len() > EXACT && merged == sketch_of(&whole) {
                assert_eq!(quantiles_of(&[&merged]), quantiles_of(&[&sketch_of(&whole)]));
            }
        }
    }

    #[test]
    fn memory_is_small_and_bounded() {
        let mut random = Random::new(5);
        let near: Vec<u64> = (0..10_000).map(|_| 1_000_000 + random.below(7_000_000)).collect();
        assert!(sketch_of(&near).bytes() < 400, "{}", sketch_of(&near).bytes());
        let far: Vec<u64> = (0..100_000).map(|_| random.spread()).collect();
        assert!(sketch_of(&far).bytes() <= 8_192);
    }
}
