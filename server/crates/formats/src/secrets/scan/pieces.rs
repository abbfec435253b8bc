//! Finds many short words in bytes, case ignored, at a few instructions a byte.
//!
//! Of each word four bytes in a row are chosen, those least usual in telemetry. Whatever its place, one of the two
//! groups of three among them begins at an even place, so looking every second group of three up in a small table of
//! bits finds all. An automaton reads every byte and was ten times slower.

use rustc_hash::FxHashMap;

/// Bytes of the shortest word that can be found.
pub(super) const SHORTEST: usize = 3;
/// Bits of the hash of a group.
const HASH_BITS: u32 = 17;

/// Names as they are in any telemetry: groups that occur here make bad pieces.
const USUAL: &str = "http.request.method http.response.status_code url.full url.path url.scheme server.address \
    server.port client.address network.protocol.version user_agent.original db.system db.query.text db.statement \
    db.operation messaging.system messaging.destination.name exception.message exception.stacktrace exception.type \
    code.function.name code.file.path code.line.number code.namespace service.name service.version telemetry.sdk \
    process.runtime.description process.command_args process.executable host.name os.type thread.name error.type \
    opentelemetry instrumentation select insert update delete from where and values into order controller handler \
    success session access cookie account application content language service master function subscription private \
    connection processing express fastify django resource passed message information";

#[derive(Clone, Debug)]
pub(super) struct Pieces {
    words: Vec<Vec<u8>>,
    /// Whether a group with this hash is of a piece.
    bits: Vec<u64>,
    /// Which words a group is of, and where in them.
    groups: FxHashMap<u32, Vec<(usize, usize)>>,
}

impl Pieces {
    pub(super) fn new(words: &[String]) -> Pieces {
        let mut pieces =
            Pieces { words: Vec::new(), bits: vec![0; 1 << (HASH_BITS - 6)], groups: FxHashMap::default() };
        for (at, word) in words.iter().enumerate() {
            let word = word.to_ascii_lowercase().into_bytes();
            pieces.add(at, &word);
            pieces.words.push(word);
        }
        pieces
    }

    /// Tells `on` of each occurrence of a word, as its number and its range, until it answers with true; whether it
    /// did. Words that lie within or across each other are all told of, in no particular order.
    pub(super) fn any(&self, bytes: &[u8], mut on: impl FnMut(usize, (usize, usize)) -> bool) -> bool {
        let mut at = 0;
        // Three groups in eight bytes, then six bytes on.
        while let Some(eight) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
            let eight = u64::from_le_bytes(*eight) | FOLD;
            let (first, second, third) = (group(eight), group(eight >> 16), group(eight >> 32));
            if self.has(first) | self.has(second) | self.has(third) {
                let mut found =
                    |group: u32, at: usize| self.has(group) && self.compare(bytes, group, at, &mut on);
                if found(first, at) || found(second, at + 2) || found(third, at + 4) {
                    return true;
                }
            }
            at += 6;
        }
        while let Some(three) = bytes.get(at..at + 3) {
            let group = three.iter().rev().fold(0, |group, byte| group << 8 | u32::from(*byte))
                | FOLD as u32 & 0xff_ffff;
            if self.has(group) && self.compare(bytes, group, at, &mut on) {
                return true;
            }
            at += 2;
        }
        // A word of three bytes may end where no further group fits.
        self.ends_with_short(bytes, at, &mut on)
    }

    fn add(&mut self, at: usize, word: &[u8]) {
        if word.len() < SHORTEST {
            return;
        }
        let groups: Vec<(u32, usize)> =
            word.windows(3).enumerate().map(|(offset, three)| (folded(three), offset)).collect();
        if let [(group, offset)] = groups[..] {
            self.mark(group, at, offset);
            // At an odd place only its end and whatever follows is looked up.
            for next in 0..=u8::MAX {
                if next | 0x20 == next
                    && let [_, b, c] = *word
                {
                    self.mark(folded(&[b, c, next]), at, 1);
                }
            }
            return;
        }
        let usual = |group: u32| USUAL.as_bytes().windows(3).filter(|three| folded(three) == group).count();
        let best =
            groups.windows(2).min_by_key(|pair| pair.iter().map(|(group, _)| usual(*group)).sum::<usize>());
        for (group, offset) in best.unwrap_or_default() {
            self.mark(*group, at, *offset);
        }
    }

    fn mark(&mut self, group: u32, word: usize, offset: usize) {
        let hash = hash(group);
        if let Some(bits) = self.bits.get_mut(hash >> 6) {
            *bits |= 1 << (hash & 63);
        }
        self.groups.entry(group).or_default().push((word, offset));
    }

    fn has(&self, group: u32) -> bool {
        let hash = hash(group);
        self.bits.get(hash >> 6).is_some_and(|bits| bits >> (hash & 63) & 1 == 1)
    }

    /// Looks for the words that `group`, found at `at`, is of.
    #[inline(never)]
    fn compare(
        &self,
        bytes: &[u8],
        group: u32,
        at: usize,
        on: &mut impl FnMut(usize, (usize, usize)) -> bool,
    ) -> bool {
        let words = self.groups.get(&group).into_iter().flatten();
        words.copied().any(|(word, offset)| {
            let (Some(start), Some(said)) = (at.checked_sub(offset), self.words.get(word)) else {
                return false;
            };
            let end = start + said.len();
            let is_there = bytes.get(start..end).is_some_and(|part| part.eq_ignore_ascii_case(said));
            is_there && on(word, (start, end))
        })
    }

    fn ends_with_short(
        &self,
        bytes: &[u8],
        at: usize,
        on: &mut impl FnMut(usize, (usize, usize)) -> bool,
    ) -> bool {
        let short = self.words.iter().enumerate().filter(|(_, word)| word.len() == SHORTEST);
        for (number, word) in short {
            let start = bytes.len().saturating_sub(SHORTEST);
            let is_new = start + 1 == at;
            if is_new
                && bytes.get(start..).is_some_and(|end| end.eq_ignore_ascii_case(word))
                && on(number, (start, bytes.len()))
            {
                return true;
            }
        }
        false
    }
}

/// Makes capitals small, and of other bytes something that is the same on both sides.
const FOLD: u64 = 0x2020_2020_2020_2020;

fn folded(three: &[u8]) -> u32 {
    three.iter().rev().fold(0, |group, byte| group << 8 | u32::from(*byte | 0x20))
}

fn group(eight: u64) -> u32 {
    eight as u32 & 0xff_ffff
}

fn hash(group: u32) -> usize {
    (group.wrapping_mul(0x9e37_79b1) >> (u32::BITS - HASH_BITS)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found_at_every_place_in_any_case() {
        let words: Vec<String> = ["pwd", "token", "api_key", "x-y.z", "session"].map(str::to_owned).into();
        let pieces = Pieces::new(&words);
        for (number, word) in words.iter().enumerate() {
            for before in 0..20 {
                for after in 0..12 {
                    for word in [word.clone(), word.to_ascii_uppercase()] {
                        let text = format!("{}{word}{}", "#".repeat(before), "\u{7f}".repeat(after));
                        let mut found = Vec::new();
                        pieces.any(text.as_bytes(), |word, range| {
                            found.push((word, range));
                            false
                        });
                        found.dedup();
                        assert_eq!(found, [(number, (before, before + word.len()))], "{text}");
                    }
                }
            }
        }
        assert!(!pieces.any(b"tok en, apikey, sess-ion, p w d, pw", |_, _| true));
    }
}
