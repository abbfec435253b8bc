//! Records of one trace that were written one after another: their bytes, and where each begins.

use std::{mem::size_of, sync::Arc};

use crate::{cost::PER_ALLOCATION, record::Base, words::Generation};

/// A page that holds so much is closed. What a snapshot shares is copied when more is added, so a page is not large;
/// and every record begins below 64 KiB.
const ENOUGH: usize = 16 << 10;
/// Sequences of one page lie within this of its first.
const REACH: u64 = u32::MAX as u64;

/// Records, in order of arrival, whose words are of one generation.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// The position in the trace of the first record.
    pub(crate) first: u32,
    pub(crate) base: Base,
    pub(crate) words: Arc<Generation>,
    starts: Vec<u16>,
    bytes: Vec<u8>,
}

/// Pages of one kind of record of a trace.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pages {
    pages: Vec<Arc<Page>>,
    len: u32,
    /// Bytes of all pages but the last.
    closed: usize,
}

impl Page {
    fn bytes(&self) -> usize {
        size_of::<Page>()
            + 2 * size_of::<usize>()
            + self.starts.capacity() * size_of::<u16>()
            + self.bytes.capacity()
            + 3 * PER_ALLOCATION
    }

    fn record(&self, at: usize) -> Option<&[u8]> {
        self.bytes.get(usize::from(*self.starts.get(at)?)..)
    }

    /// Records that hold `id` at `offset`.
    fn holding(&self, offset: usize, id: [u8; 8]) -> impl Iterator<Item = &[u8]> {
        let record = move |start: &u16| {
            let record = self.bytes.get(usize::from(*start)..)?;
            (record.get(offset..)?.first_chunk() == Some(&id)).then_some(record)
        };
        self.starts.iter().filter_map(record)
    }

    /// Records from the first on.
    pub(crate) fn records(&self) -> impl Iterator<Item = &[u8]> {
        self.starts.iter().filter_map(|start| self.bytes.get(usize::from(*start)..))
    }
}

impl Pages {
    pub(crate) fn len(&self) -> usize {
        self.len as usize
    }

    /// The record at `at`, with its page.
    pub(crate) fn get(&self, at: usize) -> Option<(&Page, &[u8])> {
        let page = match self.pages.as_slice() {
            [only] => only,
            pages => pages.get(pages.partition_point(|page| page.first as usize <= at).checked_sub(1)?)?,
        };
        Some((page, page.record(at.checked_sub(page.first as usize)?)?))
    }

    /// Whether a record begins with `first` in the bits of `mask`, followed by `id`.
    pub(crate) fn has(&self, first: u8, mask: u8, id: [u8; 8]) -> bool {
        let is_it = |page: &Page, start: u16| {
            let at = usize::from(start);
            page.bytes.get(at + 1..at + 9) == Some(&id[..])
                && page.bytes.get(at).is_some_and(|byte| byte & mask == first)
        };
        self.pages.iter().any(|page| page.starts.iter().any(|start| is_it(page, *start)))
    }

    /// Records that hold `id` at `offset`, with their pages: compared where they lie, without reading the rest.
    pub(crate) fn holding(&self, offset: usize, id: [u8; 8]) -> impl Iterator<Item = (&Page, &[u8])> {
        self.pages.iter().flat_map(move |page| page.holding(offset, id).map(move |record| (&**page, record)))
    }

    /// Every record with its page.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Page, &[u8])> {
        self.pages.iter().flat_map(|page| page.records().map(move |record| (&**page, record)))
    }

    /// What the next record is to be written from: the last page's base if it can take one more, else its own.
    pub(crate) fn base(&self, words: &Arc<Generation>, own: Base) -> Base {
        let open = self.pages.last().filter(|page| {
            page.bytes.len() < ENOUGH
                && Arc::ptr_eq(&page.words, words)
                && own.sequence.wrapping_sub(page.base.sequence) < REACH
        });
        open.map_or(own, |page| page.base)
    }

    /// Appends a record that was written from `base`.
    pub(crate) fn push(&mut self, record: &[u8], base: Base, words: &Arc<Generation>) {
        let fits = |page: &Arc<Page>| page.base == base && Arc::ptr_eq(&page.words, words);
        if !self.pages.last().is_some_and(fits) {
            self.begin(base, words.clone());
        }
        self.len += 1;
        if let Some(page) = self.pages.last_mut().map(Arc::make_mut) {
            make_room(&mut page.starts, 1, 12);
            page.starts.push(page.bytes.len() as u16);
            make_room(&mut page.bytes, record.len(), 320);
            page.bytes.extend_from_slice(record);
        }
    }

    /// Gives back room that was taken for more.
    pub(crate) fn tighten(&mut self) {
        let Some(page) = self.pages.last_mut() else { return };
        if page.bytes.capacity() - page.bytes.len() > page.bytes.len() / 8 {
            let page = Arc::make_mut(page);
            page.bytes.shrink_to_fit();
            page.starts.shrink_to_fit();
        }
    }

    /// Bytes they take.
    pub(crate) fn bytes(&self) -> usize {
        let list = self.pages.capacity() * size_of::<Arc<Page>>();
        self.closed + list + self.pages.last().map_or(0, |page| page.bytes())
    }

    fn begin(&mut self, base: Base, words: Arc<Generation>) {
        if let Some(last) = self.pages.last_mut() {
            let last = Arc::make_mut(last);
            last.bytes.shrink_to_fit();
            last.starts.shrink_to_fit();
            self.closed += last.bytes();
        }
        make_room(&mut self.pages, 1, 4);
        let page = Page { first: self.len, base, words, starts: Vec::new(), bytes: Vec::new() };
        self.pages.push(Arc::new(page));
    }
}

/// Makes room for `more`: exactly that for what comes first, which mostly comes alone, then for at least `least` beyond.
fn make_room<T>(list: &mut Vec<T>, more: usize, least: usize) {
    if list.capacity() - list.len() < more {
        list.reserve_exact(more + if list.is_empty() { 0 } else { list.len().max(least) });
    }
}
