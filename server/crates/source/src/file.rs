//! One file as read: its functions and the facts found in it.

use std::fmt;

use model::SmolStr;
use tree_sitter::Tree;

use crate::{CallSite, Function, Language, SpanSite};

/// Everything found in one text. Immutable; an edit makes a new one.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Its key: path relative to the workspace root, with `/`.
    pub path: SmolStr,
    /// Its language.
    pub language: Language,
    /// Functions in the order in which they begin, so that a parent stands before its children.
    pub functions: Vec<Function>,
    /// Places that start spans.
    pub span_sites: Vec<SpanSite>,
    /// Outgoing calls, in the order of the text.
    pub call_sites: Vec<CallSite>,
    /// Whether the parser found errors: what is here is what was whole.
    pub broken: bool,
    // Routes, mounts, imports and constants as declared: only the index can resolve them across files.
}

/// Why a text was not read at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// No reader for the extension.
    UnknownLanguage,
    /// Over the size that hand-written code has.
    TooLarge,
    /// Nested deeper than hand-written code is; parsing it could cost minutes.
    TooDeep,
    /// The parser took longer than its budget.
    TooSlow,
}

/// Reads one text from nothing. At most some hundred milliseconds, whatever the text.
///
/// # Errors
/// When the text is not one that is read; never because the code is broken.
pub fn read(path: &str, text: &str) -> Result<SourceFile, ReadError> {
    crate::Document::open(path, text.to_owned()).map(|document| (*document.file).clone())
}

impl SourceFile {
    /// The innermost function around byte `offset`, its decorators included.
    pub fn function_at(&self, offset: u32) -> Option<&Function> {
        self.functions.iter().rev().find(|function| function.range.contains(offset))
    }

    /// The innermost function around 0-based `line`.
    pub fn function_on_line(&self, line: u32) -> Option<&Function> {
        self.functions
            .iter()
            .rev()
            .find(|function| function.first_line() <= line && line <= function.last_line)
    }

    /// The function known by `path` and `nth` of its key.
    pub fn function(&self, path: &str, nth: u16) -> Option<&Function> {
        self.functions.iter().find(|function| function.key.path == path && function.key.nth == nth)
    }

    /// Finds what a tree holds.
    pub(crate) fn extract(path: &str, language: Language, _text: &str, tree: &Tree) -> SourceFile {
        SourceFile {
            path: path.into(),
            language,
            functions: Vec::new(),
            span_sites: Vec::new(),
            call_sites: Vec::new(),
            broken: tree.root_node().has_error(),
        }
    }
}

impl Function {
    /// 0-based line on which its first decorator, or else its signature, begins.
    pub fn first_line(&self) -> u32 {
        self.name_position.line
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ReadError::UnknownLanguage => "no reader for this kind of file",
            ReadError::TooLarge => "the file is larger than code written by hand",
            ReadError::TooDeep => "the file is nested deeper than code written by hand",
            ReadError::TooSlow => "the file took too long to parse",
        })
    }
}

impl std::error::Error for ReadError {}
