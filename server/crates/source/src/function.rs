//! Functions: what figures are shown on, and the name by which one is known through edits.

use std::{fmt, hash::Hasher};

use model::{LinePosition, SmolStr, TextRange};
use rustc_hash::FxHasher;

/// The name of a function that survives edits of the text around it: its file, its path of names within the file,
/// and which one it is among equals.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FunctionKey {
    /// The file's key in the [`crate::Index`]: its path relative to the workspace root, with `/`.
    pub file: SmolStr,
    /// Names from the outermost class or function inwards, joined by `.`, for example `CartService.add` or
    /// `main.handler`. A function without a name is `<anonymous>`, its parents' names before it.
    pub path: SmolStr,
    /// 0 for the first function of that path in the file, 1 for the next (overloads, several closures).
    pub nth: u16,
}

/// What sort of function it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FunctionKind {
    /// At the top level or nested in a function.
    Function,
    /// A member of a class, trait, impl block or object.
    Method,
    /// A closure, lambda, arrow function or block without a name of its own.
    Closure,
}

/// One function as it stands in the text that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    /// How it is known.
    pub key: FunctionKey,
    /// Its own name, the last segment of the key's path.
    pub name: SmolStr,
    /// The class, trait, impl type or object it is a member of.
    pub receiver: Option<SmolStr>,
    /// Its sort.
    pub kind: FunctionKind,
    /// From its first decorator, attribute or annotation to the end of its body.
    pub range: TextRange,
    /// The body alone.
    pub body: TextRange,
    /// Its name; for a closure the first token.
    pub name_range: TextRange,
    /// Where the name begins: 0-based line, and column in bytes.
    pub name_position: LinePosition,
    /// 0-based line on which [`Function::range`] begins.
    pub(crate) first_line: u32,
    /// 0-based last line of [`Function::range`].
    pub last_line: u32,
    /// Names of its parameters in order, without types; a pattern without a name is empty.
    pub parameters: Vec<SmolStr>,
    /// Index in [`crate::SourceFile::functions`] of the function it is nested in.
    pub parent: Option<u32>,
    /// Changes when the text of [`Function::range`] does, white space at line ends aside.
    pub fingerprint: u32,
}

impl fmt::Display for FunctionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.path)?;
        if self.nth > 0 { write!(f, "#{}", self.nth + 1) } else { Ok(()) }
    }
}

/// Hashes `text` line by line, white space at line ends aside.
pub(crate) fn fingerprint(text: &str) -> u32 {
    let mut hasher = FxHasher::default();
    for line in text.lines() {
        hasher.write(line.trim_end().as_bytes());
        hasher.write_u8(b'\n');
    }
    let hash = hasher.finish();
    (hash ^ (hash >> 32)) as u32
}
