//! One file as read: its functions and the facts found in it.

use std::fmt;

use model::SmolStr;
use tree_sitter::Tree;

use crate::{
    CallSite, Function, Language, SpanSite, guard, manifest, walk,
    wiring::{Binding, Value, Wiring},
};

/// Everything found in one text. Immutable; an edit makes a new one.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Its key: path relative to the workspace root, with `/`.
    pub path: SmolStr,
    /// Its language; of a manifest, that of the programs it is written for.
    pub language: Language,
    /// Functions in the order in which they begin, so that a parent stands before its children.
    pub functions: Vec<Function>,
    /// Places that start spans.
    pub span_sites: Vec<SpanSite>,
    /// Outgoing calls, in the order of the text.
    pub call_sites: Vec<CallSite>,
    /// Whether the parser found errors: what is here is what was whole.
    pub broken: bool,
    /// Whether a tool wrote it (bundled, minified, marked as generated): nobody wants to be shown it.
    pub generated: bool,
    /// Routes, mounts, imports and constants as declared: only the index can resolve them across files.
    pub(crate) wiring: Box<Wiring>,
    /// Changes when something does that other files' facts may depend on.
    pub(crate) wiring_fingerprint: u64,
    /// Functions that handle requests or messages, by index, sorted.
    pub(crate) handlers: Box<[u32]>,
    /// What the index finds this file by, sorted.
    pub(crate) keys: Box<[u32]>,
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
    /// It holds bytes that no text has.
    NotText,
}

/// Reads one text from nothing. At most some hundred milliseconds, whatever the text.
///
/// # Errors
/// When the text is not one that is read; never because the code is broken.
pub fn read(path: &str, text: &str) -> Result<SourceFile, ReadError> {
    if let Some(manifest) = manifest::read(path, text) {
        return manifest;
    }
    let language = Language::of_path(path).ok_or(ReadError::UnknownLanguage)?;
    guard::check(text)?;
    let tree = guard::parse(language, text, None)?;
    Ok(SourceFile::extract(path, language, text, &tree))
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

    /// The functions nested directly in the type `path` (`Cart`, `shop.Cart`): its methods.
    pub fn methods_of<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a Function> {
        self.functions.iter().filter(move |function| {
            function.key.path.strip_suffix(function.name.as_str()).and_then(|rest| rest.strip_suffix('.'))
                == Some(path)
        })
    }

    /// The function numbered `index`, or the nearest one around it that is more than a callback: that has a name,
    /// handles requests, or has nothing around it.
    pub fn named_function(&self, index: u32) -> Option<&Function> {
        let mut index = index;
        let mut function = self.functions.get(index as usize)?;
        while function.kind == crate::FunctionKind::Closure && self.handlers.binary_search(&index).is_err() {
            let Some(parent) = function.parent else { break };
            index = parent;
            function = self.functions.get(index as usize)?;
        }
        Some(function)
    }

    /// Whether other files' facts may depend on this one's, beyond its names.
    pub(crate) fn is_wired(&self) -> bool {
        let wiring = &self.wiring;
        !(wiring.routes.is_empty()
            && wiring.mounts.is_empty()
            && wiring.prefixes.is_empty()
            && wiring.consumers.is_empty()
            && wiring.rpcs.is_empty()
            && wiring.deferred.is_empty()
            && wiring.helpers.is_empty()
            && wiring.passes.is_empty()
            && wiring.decorations.is_empty()
            && wiring.bases.is_empty()
            && !self.is_barrel())
    }

    /// Whether it only hands on what other files export, some of it under other names.
    fn is_barrel(&self) -> bool {
        let renames = |binding: &Binding| matches!(&binding.value, Value::Import(_, Some(name)) if *name != binding.name);
        self.functions.is_empty() && self.wiring.bindings.iter().any(renames)
    }

    /// A file in which nothing was found.
    pub(crate) fn empty(path: &str) -> SourceFile {
        SourceFile {
            path: path.into(),
            language: Language::of_path(path).unwrap_or(Language::Python),
            functions: Vec::new(),
            span_sites: Vec::new(),
            call_sites: Vec::new(),
            broken: true,
            generated: false,
            wiring: Box::default(),
            wiring_fingerprint: 0,
            handlers: Box::default(),
            keys: Box::default(),
        }
    }

    /// Finds what a tree holds.
    pub(crate) fn extract(path: &str, language: Language, text: &str, tree: &Tree) -> SourceFile {
        walk::walk(path, language, text, tree)
    }
}

impl Function {
    /// 0-based line on which its first decorator, or else its signature, begins.
    pub fn first_line(&self) -> u32 {
        self.first_line
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ReadError::UnknownLanguage => "no reader for this kind of file",
            ReadError::TooLarge => "the file is larger than code written by hand",
            ReadError::TooDeep => "the file is nested deeper than code written by hand",
            ReadError::TooSlow => "the file took too long to parse",
            ReadError::NotText => "the file is not text",
        })
    }
}

impl std::error::Error for ReadError {}
