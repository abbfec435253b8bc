//! Files that an editor holds open: its text counts, whatever the disk says, and is never lost track of.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use model::{LineIndex, PositionEncoding, SmolStr, TextRange};
use source::{Document, Edit, ReadError, SourceFile};

use crate::EditorEdit;

/// Open files by path.
#[derive(Debug, Default)]
pub(crate) struct Documents(HashMap<SmolStr, OpenFile>);

/// One open file. The text is kept beside the document: when it becomes one that is not read (too large, too deep),
/// edits still have something to apply to, and it may become readable again.
#[derive(Debug)]
struct OpenFile {
    text: Arc<str>,
    document: Option<Arc<Document>>,
    /// What the disk holds, as last read.
    disk: Option<Arc<SourceFile>>,
}

/// What an open file reads as after a change.
pub(crate) type Read = Result<Arc<Document>, SmolStr>;

impl Documents {
    /// Whether an editor holds `path` open.
    pub(crate) fn is_open(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    /// Notes what the disk holds behind an open file.
    pub(crate) fn note_disk(&mut self, path: &str, file: Option<Arc<SourceFile>>) {
        if let Some(open) = self.0.get_mut(path) {
            open.disk = file;
        }
    }

    /// Opens `path`, or replaces its whole text if it is open already. `shown` is what the index holds of it.
    pub(crate) fn open(&mut self, path: &SmolStr, text: String, shown: Option<Arc<SourceFile>>) -> Read {
        let disk = self.0.remove(path).map_or(shown, |open| open.disk);
        let kept: Arc<str> = text.as_str().into();
        let document = parse(|| Document::open(path, text));
        let open = OpenFile { text: kept, document: document.as_ref().ok().cloned(), disk };
        self.0.insert(path.clone(), open);
        document
    }

    /// Applies edits one after the other; `None` when the file is not open.
    pub(crate) fn edit(
        &mut self,
        path: &SmolStr,
        edits: Vec<EditorEdit>,
        encoding: PositionEncoding,
    ) -> Option<Read> {
        let open = self.0.get_mut(path)?;
        let (edits, text) =
            resolve(&open.text, open.document.as_ref().map(|known| &*known.lines), edits, encoding);
        let known = open.document.take();
        let document = match &known {
            Some(known) => {
                parse(|| known.edit(&edits)).or_else(|_| parse(|| Document::open(path, text.clone())))
            }
            None => parse(|| Document::open(path, text.clone())),
        };
        open.document = document.as_ref().ok().cloned();
        open.text = open.document.as_ref().map_or_else(|| text.into(), |document| document.text.clone());
        Some(document)
    }

    /// Closes `path`: `None` when it was not open, else what the disk holds.
    pub(crate) fn close(&mut self, path: &str) -> Option<Option<Arc<SourceFile>>> {
        self.0.remove(path).map(|open| open.disk)
    }
}

/// A parser that panics costs the reading of one text, not the text.
fn parse(read: impl FnOnce() -> Result<Document, ReadError>) -> Read {
    match catch_unwind(AssertUnwindSafe(read)) {
        Ok(Ok(document)) => Ok(Arc::new(document)),
        Ok(Err(error)) => Err(format!("{error}").into()),
        Err(_) => Err(SmolStr::new_static("the reader failed on this text")),
    }
}

/// Turns an editor's positions into bytes. Answers with the edits, each counting in the text that those before it
/// left, and with the text after all of them.
fn resolve(
    text: &str,
    lines: Option<&LineIndex>,
    edits: Vec<EditorEdit>,
    encoding: PositionEncoding,
) -> (Vec<Edit>, String) {
    let own;
    let lines = match lines {
        Some(lines) => lines,
        None => {
            own = LineIndex::new(text);
            &own
        }
    };
    let mut after = text.to_owned();
    // Up to here `after` is still `text`, so `lines` still answers: editors send edits of one change from the last
    // line to the first, and then the lines need not be counted again.
    let mut same_until = u32::MAX;
    let mut resolved = Vec::with_capacity(edits.len());
    for edit in edits {
        let range = match edit.range {
            None => TextRange::new(0, after.len() as u32),
            Some((start, end)) => {
                let offsets = [start, end].map(|position| lines.offset(text, position, encoding));
                if offsets.iter().all(|offset| *offset < same_until) {
                    TextRange::new(offsets[0], offsets[1])
                } else {
                    let lines = LineIndex::new(&after);
                    let [start, end] = [start, end].map(|position| lines.offset(&after, position, encoding));
                    TextRange::new(start, end)
                }
            }
        };
        after.replace_range(range.start as usize..range.end as usize, &edit.text);
        same_until = same_until.min(range.start);
        resolved.push(Edit { range, text: edit.text });
    }
    (resolved, after)
}

#[cfg(test)]
mod tests {
    use model::LinePosition;

    use super::*;

    fn edit(start: (u32, u32), end: (u32, u32), text: &str) -> EditorEdit {
        let position = |(line, column)| LinePosition { line, column };
        EditorEdit { range: Some((position(start), position(end))), text: text.into() }
    }

    fn check(before: &str, edits: &[EditorEdit], after: &str) {
        let (resolved, text) = resolve(before, None, edits.to_vec(), PositionEncoding::Utf16);
        assert_eq!(text, after);
        let mut replayed = before.to_owned();
        for edit in resolved {
            replayed.replace_range(edit.range.start as usize..edit.range.end as usize, &edit.text);
        }
        assert_eq!(replayed, after);
    }

    #[test]
    fn edits_from_the_last_line_up_and_from_the_first_down() {
        check("a\nb\nc\n", &[edit((2, 0), (2, 1), "C"), edit((0, 0), (0, 1), "A\nA")], "A\nA\nb\nC\n");
        check("a\nb\nc\n", &[edit((0, 0), (0, 1), "A\nA"), edit((3, 0), (3, 1), "C")], "A\nA\nb\nC\n");
        check("ab\n", &[edit((0, 2), (0, 2), "c"), edit((0, 3), (0, 3), "d")], "abcd\n");
        check("ab\n", &[edit((0, 1), (0, 1), "\n"), edit((1, 0), (1, 9), "")], "a\n\n");
    }

    #[test]
    fn hostile_ranges_are_clamped_and_turned() {
        check("ab", &[edit((0, 2), (0, 0), "x")], "x");
        check("ab", &[edit((7, 7), (9, 9), "x")], "abx");
        check("🦀b", &[edit((0, 1), (0, 2), "x")], "🦀xb");
        check("", &[EditorEdit { range: None, text: "new".into() }], "new");
    }
}
