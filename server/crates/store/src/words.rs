//! The words that spans have in common: said once, and named by a number wherever they are kept.
//!
//! A word gets in when it is met for the second time, so that identifiers, of which each is met once, do not push the
//! common ones out. Words are only ever added: bytes that name one stay readable for as long as their page holds the
//! generation. A full generation is followed by a new one once enough was kept under it, and leaves with the last page
//! that was written under it; so the words of long ago do not stay for ever.

use std::{
    hash::Hasher,
    mem::size_of,
    sync::{Arc, OnceLock},
};

use model::{AttributesView, SmolStr};
use rustc_hash::FxHasher;

/// Words of one generation.
const MAX_WORDS: u32 = 65_536;
/// Lists of keys of one generation.
const MAX_SCHEMAS: u32 = 4_096;
/// A list of more keys than this is not kept as one.
const MAX_KEYS: usize = 64;
/// Shorter texts are no longer than the number that would name them.
const SHORTEST: usize = 3;
/// Longer texts are kept where they are.
const LONGEST: usize = 4_096;
/// The share of the store's budget that one generation may take.
const SHARE: usize = 12;
/// Bytes of a store's budget for each hash that the doorkeeper remembers.
const BUDGET_PER_KNOCK: usize = 4_096;
const MAX_KNOCKS: usize = 65_536;
/// Places for lists of keys met lately.
const RECENT: usize = 64;
const FIRST_CHUNK: u32 = 64;
const CHUNKS: usize = 11;

/// Words by number. Shared by the writer, who adds to it, and everybody who reads.
#[derive(Debug, Default)]
pub(crate) struct Generation {
    words: Slots<SmolStr>,
    /// Lists of the keys of attributes, in order.
    schemas: Slots<Box<[SmolStr]>>,
}

impl Generation {
    pub(crate) fn word(&self, number: u64) -> Option<&SmolStr> {
        self.words.get(u32::try_from(number).ok()?)
    }

    pub(crate) fn schema(&self, number: u64) -> Option<&[SmolStr]> {
        self.schemas.get(u32::try_from(number).ok()?).map(|keys| &**keys)
    }
}

/// The writer's side: finds the number of a word, and admits new ones.
#[derive(Debug)]
pub(crate) struct Words {
    pub(crate) generation: Arc<Generation>,
    words: Table,
    schemas: Table,
    /// Hashes of what was met lately, at the place that each hash names.
    door: Vec<u16>,
    knocks: usize,
    /// Bytes of texts that do not fit into their slot.
    texts: usize,
    /// Bytes of everything, counted when it changes.
    bytes: usize,
    max_bytes: usize,
    is_full: bool,
    /// Lists of keys met lately, by their [`look`]: found again without hashing every key.
    recent: [u32; RECENT],
}

impl Words {
    /// None yet, for a store with a budget of `budget` bytes.
    pub(crate) fn new(budget: usize) -> Words {
        Words {
            generation: Arc::default(),
            words: Table::default(),
            schemas: Table::default(),
            door: Vec::new(),
            knocks: (budget / BUDGET_PER_KNOCK).clamp(16, MAX_KNOCKS).next_power_of_two(),
            texts: 0,
            bytes: 0,
            max_bytes: budget / SHARE,
            is_full: false,
            recent: [0; RECENT],
        }
    }

    /// The number of `text`, if it is known or gets in now.
    pub(crate) fn word(&mut self, text: &str) -> Option<u32> {
        if text.len() < SHORTEST || text.len() > LONGEST {
            return None;
        }
        let hash = hash_of(text);
        let generation = &*self.generation;
        let is_it = |number| {
            generation.words.get(number).is_some_and(|word| word.len() == text.len() && word == text)
        };
        let known = self.words.find(hash, is_it);
        if known.is_some() || self.is_full || !self.is_seen_again(hash) {
            return known;
        }
        let heap = if text.len() > 23 { text.len() + 32 } else { 0 };
        if self.words.len >= MAX_WORDS || self.bytes_with(1, 0) + heap > self.max_bytes {
            self.is_full = true;
            return None;
        }
        let number = self.words.insert(hash)?;
        self.generation.words.set(number, SmolStr::new(text));
        self.texts += heap;
        self.bytes = self.bytes_with(0, 0);
        Some(number)
    }

    /// The number of the list of keys of `attributes`, if it is known or gets in now.
    pub(crate) fn schema(&mut self, attributes: AttributesView<'_>) -> Option<u32> {
        if attributes.is_empty() || attributes.len() > MAX_KEYS {
            return None;
        }
        let generation = &*self.generation;
        let is_it = |number| {
            generation.schemas.get(number).is_some_and(|keys| {
                keys.len() == attributes.len()
                    && keys.iter().zip(attributes).all(|(key, (other, _))| key == other)
            })
        };
        let look = look(attributes);
        if let Some(number) = self.recent.get(look).copied().filter(|number| is_it(*number)) {
            return Some(number);
        }
        let mut hasher = FxHasher::default();
        attributes.iter().for_each(|(key, _)| hasher.write(key.as_bytes()));
        let hash = hasher.finish();
        let known = self.schemas.find(hash, is_it);
        if let (Some(number), Some(recent)) = (known, self.recent.get_mut(look)) {
            *recent = number;
        }
        if known.is_some() || self.is_full || !self.is_seen_again(hash) {
            return known;
        }
        let long = |key: &&str| key.len() > 23;
        let texts: usize =
            attributes.iter().map(|(key, _)| *key).filter(long).map(|key| key.len() + 32).sum();
        let held = attributes.len() * size_of::<SmolStr>() + texts + 16;
        if self.schemas.len >= MAX_SCHEMAS || self.bytes_with(0, 1) + held > self.max_bytes {
            return None;
        }
        let number = self.schemas.insert(hash)?;
        self.generation.schemas.set(number, attributes.iter().map(|(key, _)| SmolStr::new(key)).collect());
        self.texts += held;
        self.bytes = self.bytes_with(0, 0);
        Some(number)
    }

    /// Bytes that the generation and this side of it hold.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Bytes that stay with the generation when its writer is gone.
    pub(crate) fn held(&self) -> usize {
        self.held_with(0, 0)
    }

    /// The same with so many words and lists more.
    fn bytes_with(&self, words: u32, schemas: u32) -> usize {
        let tables = self.words.bytes(words) + self.schemas.bytes(schemas);
        self.held_with(words, schemas) + tables + self.door.len() * size_of::<u16>()
    }

    fn held_with(&self, words: u32, schemas: u32) -> usize {
        self.texts
            + Slots::<SmolStr>::bytes(self.words.len + words)
            + Slots::<Box<[SmolStr]>>::bytes(self.schemas.len + schemas)
            + size_of::<Generation>()
    }

    /// Whether it has no word yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.words.len == 0 && self.schemas.len == 0
    }

    /// Whether nothing more gets in.
    pub(crate) fn is_full(&self) -> bool {
        self.is_full
    }

    fn is_seen_again(&mut self, hash: u64) -> bool {
        if self.door.is_empty() {
            self.door = vec![0; self.knocks];
            self.bytes = self.bytes_with(0, 0);
        }
        let mark = (hash >> 40) as u16 | 1;
        let at = (hash >> 12) as usize & (self.knocks - 1);
        let Some(known) = self.door.get_mut(at) else { return false };
        std::mem::replace(known, mark) == mark
    }
}

/// A list that grows without moving, so that it can be read while it does.
#[derive(Debug)]
struct Slots<T>([OnceLock<Box<[OnceLock<T>]>>; CHUNKS]);

impl<T> Default for Slots<T> {
    fn default() -> Slots<T> {
        Slots(Default::default())
    }
}

impl<T> Slots<T> {
    /// The chunk that holds `number`, and the place in it: each chunk is twice as long as the one before.
    fn place(number: u32) -> (usize, usize) {
        let chunk = (number / FIRST_CHUNK + 1).ilog2();
        (chunk as usize, (number - FIRST_CHUNK * ((1 << chunk) - 1)) as usize)
    }

    fn get(&self, number: u32) -> Option<&T> {
        let (chunk, at) = Slots::<T>::place(number);
        self.0.get(chunk)?.get()?.get(at)?.get()
    }

    fn set(&self, number: u32, value: T) {
        let (chunk, at) = Slots::<T>::place(number);
        let Some(chunk_of) = self.0.get(chunk) else { return };
        let slots = chunk_of.get_or_init(|| (0..FIRST_CHUNK << chunk).map(|_| OnceLock::new()).collect());
        if let Some(slot) = slots.get(at) {
            slot.get_or_init(|| value);
        }
    }

    /// Bytes of a list of `len`.
    fn bytes(len: u32) -> usize {
        let chunks = len.checked_sub(1).map_or(0, |last| Slots::<T>::place(last).0 as u32 + 1);
        (FIRST_CHUNK * ((1 << chunks) - 1)) as usize * size_of::<OnceLock<T>>()
    }
}

/// Numbers by hash. A look-up that finds no end soon gives up, so that hashes made to collide cost no time: their
/// words are just not found.
#[derive(Debug, Default)]
struct Table {
    /// 40 bits of hash, 24 bits of the number plus one; zero where nothing is.
    entries: Vec<u64>,
    len: u32,
}

impl Table {
    /// Places looked at.
    const WINDOW: usize = 16;

    fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let mask = self.entries.len().checked_sub(1)?;
        for step in 0..Table::WINDOW {
            let entry = *self.entries.get(Table::home(hash).wrapping_add(step) & mask)?;
            if entry == 0 {
                return None;
            }
            let number = (entry & 0xff_ffff) as u32 - 1;
            if entry >> 24 == hash >> 24 && is_it(number) {
                return Some(number);
            }
        }
        None
    }

    /// The number of a new word; `None` when it would not be found again.
    fn insert(&mut self, hash: u64) -> Option<u32> {
        if self.is_full(1) {
            self.grow();
        }
        let number = self.len;
        self.put(hash & !0xff_ffff | u64::from(number + 1)).then(|| self.len += 1)?;
        Some(number)
    }

    fn put(&mut self, entry: u64) -> bool {
        let Some(mask) = self.entries.len().checked_sub(1) else { return false };
        for step in 0..Table::WINDOW {
            let at = Table::home(entry).wrapping_add(step) & mask;
            if let Some(place) = self.entries.get_mut(at)
                && *place == 0
            {
                *place = entry;
                return true;
            }
        }
        false
    }

    fn grow(&mut self) {
        let size = (self.entries.len() * 2).max(64);
        let old = std::mem::replace(&mut self.entries, vec![0; size]);
        // What finds no place is forgotten here, and stays readable where it is named.
        old.into_iter().filter(|entry| *entry != 0).for_each(|entry| {
            self.put(entry);
        });
    }

    fn home(hash: u64) -> usize {
        (hash >> 24) as usize
    }

    fn is_full(&self, more: u32) -> bool {
        (self.len + more) as usize * 3 > self.entries.len() * 2
    }

    /// Bytes that it takes with so many more.
    fn bytes(&self, more: u32) -> usize {
        let size = if self.is_full(more) && more > 0 {
            (self.entries.len() * 2).max(64)
        } else {
            self.entries.len()
        };
        size * size_of::<u64>()
    }
}

/// What a list of keys looks like at a glance, below [`RECENT`]: how many, and how long the first, middle and last are.
fn look(attributes: AttributesView<'_>) -> usize {
    let length = |at: usize| attributes.get(at).map_or(0, |(key, _)| key.len());
    let count = attributes.len();
    (count + 3 * length(0) + 7 * length(count / 2) + 13 * length(count.saturating_sub(1))) % RECENT
}

/// A hash of `text`: quick, and not proof against texts that were made to collide (see [`Table`]).
pub(crate) fn hash_of(text: &str) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(text.as_bytes());
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use model::ValueView;

    use super::*;

    #[test]
    fn a_word_gets_in_when_it_comes_again_and_keeps_its_number() {
        let mut words = Words::new(64 << 20);
        assert_eq!(words.word("GET /orders"), None);
        let number = words.word("GET /orders");
        assert_eq!((number, words.word("GET /orders")), (Some(0), Some(0)));
        assert_eq!(words.generation.word(0).map(SmolStr::as_str), Some("GET /orders"));
        assert_eq!((words.word("ab"), words.word("ab")), (None, None), "too short to be worth a number");
    }

    #[test]
    fn thousands_of_words_are_found_again_and_the_bytes_stay_within_the_share() {
        let mut words = Words::new(256 << 20);
        let texts: Vec<String> = (0..20_000).map(|at| format!("a word of middling length, {at}")).collect();
        for _ in 0..3 {
            for text in &texts {
                words.word(text);
            }
        }
        let known = texts.iter().filter_map(|text| Some((text, words.word(text)?)));
        let known: Vec<_> = known.collect();
        assert!(known.len() > 12_000, "{}", known.len());
        assert!(
            known
                .iter()
                .all(|(text, number)| words.generation.word(u64::from(*number)).unwrap() == text.as_str())
        );
        let mut small = Words::new(120_000);
        for text in texts.iter().flat_map(|text| [text, text]) {
            small.word(text);
        }
        assert!(small.is_full() && small.bytes() <= 120_000 / 6, "{}", small.bytes());
    }

    #[test]
    fn words_that_come_once_do_not_fill_it() {
        let mut words = Words::new(256 << 20);
        for number in 0..500_000u64 {
            words.word(&format!("id-{number}"));
        }
        assert!(words.words.len < 100, "{}", words.words.len);
    }

    #[test]
    fn lists_of_keys_are_words_too() {
        let mut words = Words::new(64 << 20);
        let attributes = [("http.route", ValueView::Empty), ("a", ValueView::Int(1))];
        assert_eq!(words.schema(&attributes), None);
        assert_eq!(words.schema(&attributes), Some(0));
        assert_eq!(words.schema(&attributes[..1]), None);
        assert_eq!(words.generation.schema(0).unwrap(), ["http.route", "a"]);
    }
}
