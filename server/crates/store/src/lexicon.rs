//! The generations of words that kept bytes refer to: the one that is written, and those before it.

use std::sync::Arc;

use crate::words::{Generation, Words};

/// Generations that are in use. A clone only reads: it begins a generation of its own when it is written to.
#[derive(Debug)]
pub(crate) struct Lexicon {
    words: Option<Words>,
    /// Those before, with their bytes.
    past: Vec<(Arc<Generation>, usize)>,
    past_bytes: usize,
    /// Bytes that were written with the present words.
    written: usize,
    budget: usize,
}

impl Clone for Lexicon {
    fn clone(&self) -> Lexicon {
        let mut past = self.past.clone();
        past.extend(self.words.as_ref().and_then(closed));
        let past_bytes = past.iter().map(|(_, bytes)| bytes).sum();
        Lexicon { words: None, past, past_bytes, written: 0, budget: self.budget }
    }
}

impl Lexicon {
    /// Empty, for a store with a budget of `budget` bytes.
    pub(crate) fn new(budget: usize) -> Lexicon {
        Lexicon { words: None, past: Vec::new(), past_bytes: 0, written: 0, budget }
    }

    /// The words to write with. Full ones are followed by new ones once half the budget was written with them.
    pub(crate) fn words(&mut self) -> &mut Words {
        let is_over = self.words.as_ref().is_some_and(Words::is_full) && self.written > self.budget / 2;
        if is_over {
            self.retire();
        }
        self.words.get_or_insert_with(|| Words::new(self.budget))
    }

    /// Notes that so many bytes were written with the present words.
    pub(crate) fn wrote(&mut self, bytes: usize) {
        self.written += bytes;
    }

    /// Bytes of all generations that are in use.
    pub(crate) fn bytes(&self) -> usize {
        self.past_bytes + self.words.as_ref().map_or(0, Words::bytes)
    }

    /// Lets the present words go as soon as nothing refers to them, and those before that nothing refers to.
    pub(crate) fn retire(&mut self) {
        let words = self.words.take();
        self.past.extend(words.as_ref().and_then(closed));
        drop(words);
        self.written = 0;
        self.sweep();
    }

    /// Forgets generations that nothing refers to.
    pub(crate) fn sweep(&mut self) {
        self.past.retain(|(generation, _)| Arc::strong_count(generation) > 1);
        self.past_bytes = self.past.iter().map(|(_, bytes)| bytes).sum();
    }

    /// From now on for a budget of `budget` bytes.
    pub(crate) fn set_budget(&mut self, budget: usize) {
        if budget != self.budget {
            self.budget = budget;
            self.retire();
        }
    }
}

/// What stays of words that are written no more.
fn closed(words: &Words) -> Option<(Arc<Generation>, usize)> {
    (!words.is_empty()).then(|| (words.generation.clone(), words.held()))
}
