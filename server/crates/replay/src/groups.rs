//! Many short lists in two arrays: children of spans, moments of spans. One list a span would cost an allocation each.

/// Lists of numbers, by the number of their owner.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    /// Where each owner's items begin, and where the last one's end.
    bounds: Vec<u32>,
    items: Vec<u32>,
}

impl Groups {
    /// Sorts `pairs` of owner and item into lists for owners below `owners`; within a list they keep their order.
    pub(crate) fn new(owners: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Groups {
        let mut bounds = vec![0_u32; owners + 1];
        for (owner, _) in pairs.clone() {
            bounds[owner as usize + 1] += 1;
        }
        for at in 1..bounds.len() {
            bounds[at] += bounds[at - 1];
        }
        let mut next = bounds.clone();
        let mut items = vec![0; bounds[owners] as usize];
        for (owner, item) in pairs {
            let place = &mut next[owner as usize];
            items[*place as usize] = item;
            *place += 1;
        }
        Groups { bounds, items }
    }

    /// The items of `owner`.
    pub(crate) fn of(&self, owner: u32) -> &[u32] {
        let owner = owner as usize;
        &self.items[self.bounds[owner] as usize..self.bounds[owner + 1] as usize]
    }

    /// Sorts each list by `key`, which is given the owner and the item; equal keys keep their order.
    pub(crate) fn sort_within<K: Ord>(&mut self, key: impl Fn(u32, u32) -> K) {
        for (owner, bounds) in self.bounds.windows(2).enumerate() {
            let list = &mut self.items[bounds[0] as usize..bounds[1] as usize];
            list.sort_by_key(|item| key(owner as u32, *item));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_keep_their_order_within_their_owner() {
        let pairs = [(2, 7), (0, 3), (2, 5), (0, 9)];
        let mut groups = Groups::new(3, pairs.into_iter());
        assert_eq!((groups.of(0), groups.of(1), groups.of(2)), (&[3, 9][..], &[][..], &[7, 5][..]));
        groups.sort_within(|_, item| item);
        assert_eq!(groups.of(2), &[5, 7]);
    }
}
