//! A text that an editor holds open: edited in place, parsed again only where it changed.

use std::sync::Arc;

use model::{LineIndex, TextRange};
use tree_sitter::{InputEdit, Point, Tree};

use crate::{Language, ReadError, SourceFile, guard};

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
    /// The last tree without errors, moved along with every edit since.
    whole: Option<Tree>,
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
        guard::check(&text)?;
        let tree = guard::parse(language, &text, None)?;
        Ok(Document::of(path, language, text, tree, None))
    }

    /// The document after `edits`, applied one after the other as LSP has it: each range counts in the text that
    /// the edits before it left. A range is clamped to the text and to whole characters. Costs a reparse of what
    /// changed (under a millisecond for a key press in 100 KB) and one walk over the tree.
    ///
    /// # Errors
    /// As [`Document::open`]; the document as it was stays usable.
    pub fn edit(&self, edits: &[Edit]) -> Result<Document, ReadError> {
        let mut text = self.text.to_string();
        let mut tree = self.tree.clone();
        let mut whole = self.whole.clone();
        for edit in edits {
            let start = floor(&text, edit.range.start as usize);
            let end = floor(&text, edit.range.end as usize).max(start);
            let start_position = point(&text, start);
            let old_end_position = point(&text, end);
            text.replace_range(start..end, &edit.text);
            let new_end_byte = start + edit.text.len();
            let moved = InputEdit {
                start_byte: start,
                old_end_byte: end,
                new_end_byte,
                start_position,
                old_end_position,
                new_end_position: point(&text, new_end_byte),
            };
            tree.edit(&moved);
            if let Some(whole) = &mut whole {
                whole.edit(&moved);
            }
        }
        guard::check(&text)?;
        let tree = guard::parse(self.file.language, &text, Some(&tree))?;
        Ok(Document::of(&self.file.path, self.file.language, text, tree, whole))
    }

    /// While code is typed, an open bracket may swallow the rest of the file. Then the last whole tree, its places
    /// moved with the edits, still knows the functions behind it.
    fn of(path: &str, language: Language, text: String, tree: Tree, whole: Option<Tree>) -> Document {
        let mut file = SourceFile::extract(path, language, &text, &tree);
        if let Some(whole) = whole.as_ref().filter(|_| file.broken) {
            let before = SourceFile::extract(path, language, &text, whole);
            if before.functions.len() > file.functions.len() {
                file = SourceFile { broken: true, ..before };
            }
        }
        let whole = if file.broken { whole } else { Some(tree.clone()) };
        Document {
            whole,
            file: Arc::new(file),
            lines: Arc::new(LineIndex::new(&text)),
            text: text.into(),
            tree,
        }
    }
}

/// The start of the character that holds byte `at`, at most the text's end.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Row and column as tree-sitter counts them: rows end at `\n`, columns are bytes.
fn point(text: &str, at: usize) -> Point {
    let before = &text.as_bytes()[..at];
    let row = memchr::memchr_iter(b'\n', before).count();
    let line_start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    Point { row, column: at - line_start }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(document: &Document) -> Vec<&str> {
        document.file.functions.iter().map(|function| function.key.path.as_str()).collect()
    }

    #[test]
    fn edits_follow_one_another() {
        let document = Document::open("a.py", "def a():\n    pass\n".into()).unwrap();
        let edited = document
            .edit(&[
                Edit { range: TextRange::new(4, 5), text: "ä1".into() },
                Edit { range: TextRange::new(0, 0), text: "# note\ndef z(): pass\n".into() },
            ])
            .unwrap();
        assert_eq!(names(&edited), ["z", "ä1"]);
        assert_eq!(edited.file.functions[1].name_position.line, 2);
        assert_eq!(names(&document), ["a"], "the document as it was");
    }

    #[test]
    fn an_open_bracket_does_not_swallow_what_stands_behind_it() {
        let text = "def a():\n    pass\n\n@app.get('/b')\ndef b():\n    pass\n\ndef c():\n    pass\n";
        let mut document = Document::open("a.py", text.into()).unwrap();
        for (at, typed) in [(13, "x"), (14, " = ("), (18, "f("), (20, "1, ")] {
            let edit = Edit { range: TextRange::new(at, at), text: typed.into() };
            document = document.edit(&[edit]).unwrap();
            assert_eq!(names(&document), ["a", "b", "c"], "after {typed:?}");
            assert!(document.file.functions[1].name_position.line == 4, "after {typed:?}");
        }
        assert!(document.file.broken);
        let mut index = crate::Index::default();
        index.insert(document.file);
        assert_eq!(index.routes().len(), 1, "its route is still there");
    }

    #[test]
    fn an_edit_gives_what_reading_the_text_from_nothing_gives() {
        let text = "class A:\n    def b(self):\n        return 1\n\ndef c():\n    pass\n";
        let document = Document::open("a.py", text.into()).unwrap();
        for at in 0..text.len() as u32 {
            let edit = Edit { range: TextRange::new(at, at + 1), text: "(é".into() };
            let edited = document.edit(&[edit]).unwrap();
            let afresh = Document::open("a.py", edited.text.to_string()).unwrap();
            assert!(edited.file.functions.len() >= afresh.file.functions.len(), "at {at}");
            let undone =
                Edit { range: TextRange::new(at, at + 3), text: text[at as usize..=at as usize].into() };
            let undone = edited.edit(&[undone]).unwrap();
            assert_eq!(undone.file.functions, document.file.functions, "undone at {at}");
        }
    }

    #[test]
    fn hostile_ranges_are_clamped() {
        let document = Document::open("a.py", "é".into()).unwrap();
        let edit = Edit { range: TextRange::new(1, 99), text: "x".into() };
        assert_eq!(&*document.edit(&[edit]).unwrap().text, "x");
    }
}
