//! Who is who within one trace: spans by id, and children by their parent's id, whichever came first.

use std::collections::HashMap;

use model::SpanId;

/// Up to so many spans, walking all is faster than hashing one.
const FEW: usize = 32;
const NONE: u32 = u32::MAX;

/// Positions of spans in order of arrival, found by id or by parent. Plain numbers, so that cloning copies memory.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kin {
    links: Vec<Link>,
    /// Absent while the spans are few.
    heads: Option<HashMap<SpanId, Heads>>,
}

#[derive(Clone, Copy, Debug)]
struct Link {
    id: SpanId,
    /// Zero for a root.
    parent: SpanId,
    next_same: u32,
    next_child: u32,
}

#[derive(Clone, Copy, Debug)]
struct Heads {
    same: u32,
    child: u32,
}

impl Kin {
    /// Adds the next span.
    pub(crate) fn push(&mut self, id: SpanId, parent: Option<SpanId>) {
        let parent = parent.unwrap_or(SpanId([0; 8]));
        self.links.push(Link { id, parent, next_same: NONE, next_child: NONE });
        if self.heads.is_some() {
            self.chain(self.links.len() - 1);
        } else if self.links.len() > FEW {
            self.heads = Some(HashMap::new());
            (0..self.links.len()).for_each(|at| self.chain(at));
        }
    }

    /// Positions of the spans with `id`: at most one per kind.
    pub(crate) fn with_id(&self, id: SpanId) -> impl Iterator<Item = usize> {
        self.walk(id, |heads| heads.same, |link| link.next_same, |link| link.id)
    }

    /// Positions of the spans that name `id` as their parent, in no particular order.
    pub(crate) fn children(&self, id: SpanId) -> impl Iterator<Item = usize> {
        self.walk(id, |heads| heads.child, |link| link.next_child, |link| link.parent)
    }

    fn walk(
        &self,
        id: SpanId,
        head: fn(&Heads) -> u32,
        next: fn(&Link) -> u32,
        key: fn(&Link) -> SpanId,
    ) -> impl Iterator<Item = usize> {
        let few = if self.heads.is_none() { self.links.as_slice() } else { &[] };
        let scanned = few.iter().enumerate().filter(move |(_, link)| key(link) == id).map(|(at, _)| at);
        let first = self.heads.as_ref().and_then(|heads| heads.get(&id)).map_or(NONE, head);
        let exists = |at: u32| (at != NONE).then_some(at as usize);
        let chained = std::iter::successors(exists(first), move |at| exists(next(self.links.get(*at)?)));
        scanned.chain(chained)
    }

    fn chain(&mut self, at: usize) {
        let Some(heads) = self.heads.as_mut() else { return };
        let Link { id, parent, .. } = self.links[at];
        let unknown = Heads { same: NONE, child: NONE };
        let known = heads.entry(id).or_insert(unknown);
        self.links[at].next_same = std::mem::replace(&mut known.same, at as u32);
        if parent != SpanId([0; 8]) {
            let known = heads.entry(parent).or_insert(unknown);
            self.links[at].next_child = std::mem::replace(&mut known.child, at as u32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64) -> SpanId {
        SpanId(number.to_be_bytes())
    }

    #[test]
    fn few_and_many_spans_answer_alike() {
        for count in [3u64, FEW as u64, FEW as u64 + 1, 500] {
            let mut kin = Kin::default();
            for number in 1..=count {
                kin.push(id(number), (number > 1).then(|| id(number / 2)));
            }
            for number in 1..=count {
                assert_eq!(kin.with_id(id(number)).collect::<Vec<_>>(), [number as usize - 1]);
                let mut children: Vec<_> = kin.children(id(number)).map(|at| at as u64 + 1).collect();
                children.sort_unstable();
                let expected: Vec<_> =
                    [2 * number, 2 * number + 1].into_iter().filter(|c| *c > 1 && *c <= count).collect();
                assert_eq!(children, expected);
            }
            assert_eq!(kin.with_id(id(count + 1)).count(), 0);
        }
    }
}
