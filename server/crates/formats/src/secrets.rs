//! Secrets leave telemetry before anything keeps or shows it: by the names they stand under, and by what they look
//! like.
//!
//! Two doors: [`Mask::apply`] replaces the secrets of a decoded batch, and [`Mask::may_hold_secret`] tells in one pass
//! over an encoded body whether that is needed at all. What is masked says `[masked]`, and as much as is useful stays:
//! of an address its host and path, of a header line its name, of a statement its shape.

mod cards;
mod names;
mod scan;
mod text;
mod walk;

#[cfg(test)]
mod tests;

use model::Batch;
use thiserror::Error;

use names::Names;
use scan::Scan;
use text::Texts;

/// What stands where a secret was.
pub const MASKED: &str = "[masked]";

/// The rules beside those that are built in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Whether anything is masked.
    pub is_on: bool,
    /// Further words: what stands under a key that contains one of them, case ignored, is masked.
    pub keys: Vec<String>,
    /// Keys whose values are left alone whatever they hold, case ignored; a `*` at the end stands for anything.
    pub allow: Vec<String>,
    /// Further regular expressions: what they match in any text is masked. Time is linear in the text.
    pub values: Vec<String>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { is_on: true, keys: Vec::new(), allow: Vec::new(), values: Vec::new() }
    }
}

/// A rule of the user's that cannot be used; one sentence that names it.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum BadRule {
    /// It is no regular expression, or one that would take too much memory.
    #[error("{pattern:?} is no regular expression that can be used: {reason}")]
    Value {
        /// The rule.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// It is empty, and would fit everything.
    #[error("an empty word fits every key; leave it out")]
    EmptyKey,
}

/// Compiled rules. Cheap to share, not to make: make it once.
#[derive(Clone, Debug)]
pub struct Mask {
    is_on: bool,
    names: Names,
    texts: Texts,
    scan: Scan,
}

impl Default for Mask {
    fn default() -> Mask {
        let names = Names::new(&[], &[]);
        let scan = Scan::new(&[], false);
        Mask { is_on: true, names, texts: Texts::new(Vec::new()), scan }
    }
}

impl Mask {
    /// The built-in rules and those of `settings`.
    ///
    /// # Errors
    /// The first rule that cannot be used.
    pub fn new(settings: &Settings) -> Result<Mask, BadRule> {
        if settings.keys.iter().any(|word| word.trim().is_empty()) {
            return Err(BadRule::EmptyKey);
        }
        let values =
            settings.values.iter().map(|pattern| text::own_rule(pattern)).collect::<Result<_, _>>()?;
        Ok(Mask {
            is_on: settings.is_on,
            names: Names::new(&settings.keys, &settings.allow),
            texts: Texts::new(values),
            scan: Scan::new(&settings.keys, !settings.values.is_empty()),
        })
    }

    /// A mask that leaves everything as it is.
    pub fn off() -> Mask {
        Mask { is_on: false, ..Mask::default() }
    }

    /// Whether [`Mask::apply`] might change what `body` decodes to: an OTLP message in protobuf with the fields of each
    /// message in order, as every encoder writes them. Never wrongly says no, unless a key is longer than 256 bytes;
    /// says yes rarely for what holds no secret. One pass, no allocation while nothing is found.
    pub fn may_hold_secret(&self, body: &[u8]) -> bool {
        self.is_on && self.scan.finds(body, &self.names)
    }

    /// Replaces every secret of `batch`; answers with how many values were changed. Applying it again changes nothing.
    pub fn apply(&self, batch: &mut Batch) -> u64 {
        if self.is_on { walk::apply(self, batch) } else { 0 }
    }
}
