//! Files that an editor holds open: its text counts, whatever the disk says, and is never lost track of.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use model::{PositionEncoding, SmolStr};
use source::{Document, Packed, ReadError};

use crate::{EditorEdit, edits::resolve};

/// Of a text that took too long to parse, at most so many edits pass before the next try.
const MAX_PATIENCE: u32 = 64;

/// Open files by path.
#[derive(Debug, Default)]
pub(crate) struct Documents(HashMap<SmolStr, OpenFile>);

/// One open file. The text is kept beside the document: when it becomes one that is not read (too large, too deep),
/// edits still have something to apply to, and it may become readable again.
#[derive(Debug)]
struct OpenFile {
    text: Arc<str>,
    form: Form,
    /// What the disk holds, as last read.
    disk: Option<Packed>,
}

#[derive(Debug)]
enum Form {
    Read(Arc<Document>),
    Unread {
        reason: SmolStr,
        /// Edits until the next try, and how many there were to be when it was set: doubled each time that parsing
        /// takes too long, so that typing in such a file does not hold up everything else.
        wait: u32,
        patience: u32,
    },
}

/// What an open file reads as after a change; else why it does not.
pub(crate) type Read = Result<Arc<Document>, SmolStr>;

impl Documents {
    /// Whether an editor holds `path` open.
    pub(crate) fn is_open(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    /// Notes what the disk holds behind an open file.
    pub(crate) fn note_disk(&mut self, path: &str, file: Option<Packed>) {
        if let Some(open) = self.0.get_mut(path) {
            open.disk = file;
        }
    }

    /// Opens `path`, or replaces its whole text if it is open already. `shown` is what the index holds of it.
    pub(crate) fn open(&mut self, path: &SmolStr, text: String, shown: Option<Packed>) -> Read {
        let disk = self.0.remove(path).map_or(shown, |open| open.disk);
        let (form, text) = parse(path, text, 1);
        let read = form.read();
        self.0.insert(path.clone(), OpenFile { text, form, disk });
        read
    }

    /// Applies edits one after the other; `None` when the file is not open.
    pub(crate) fn edit(
        &mut self,
        path: &SmolStr,
        edits: Vec<EditorEdit>,
        encoding: PositionEncoding,
    ) -> Option<Read> {
        let open = self.0.get_mut(path)?;
        let lines = match &open.form {
            Form::Read(document) => Some(&*document.lines),
            Form::Unread { .. } => None,
        };
        let (edits, text) = resolve(&open.text, lines, edits, encoding);
        (open.form, open.text) = match &mut open.form {
            Form::Read(document) => match contain(|| document.edit(&edits)) {
                Some(Ok(document)) => read(document),
                Some(Err(error)) => unread(error, text.into(), 1),
                // What panicked on the difference may read the whole.
                None => parse(path, text, 1),
            },
            Form::Unread { wait, reason, patience } if *wait > 0 => {
                (Form::Unread { wait: *wait - 1, reason: reason.clone(), patience: *patience }, text.into())
            }
            Form::Unread { patience, .. } => parse(path, text, *patience),
        };
        Some(open.form.read())
    }

    /// Closes `path`: `None` when it was not open, else what the disk holds.
    pub(crate) fn close(&mut self, path: &str) -> Option<Option<Packed>> {
        self.0.remove(path).map(|open| open.disk)
    }
}

impl Form {
    fn read(&self) -> Read {
        match self {
            Form::Read(document) => Ok(document.clone()),
            Form::Unread { reason, .. } => Err(reason.clone()),
        }
    }
}

fn parse(path: &str, text: String, patience: u32) -> (Form, Arc<str>) {
    let kept: Arc<str> = text.as_str().into();
    match contain(|| Document::open(path, text)) {
        Some(Ok(document)) => read(document),
        Some(Err(error)) => unread(error, kept, patience),
        None => {
            let reason = SmolStr::new_static("the reader failed on this text");
            (Form::Unread { reason, wait: 0, patience }, kept)
        }
    }
}

fn read(document: Document) -> (Form, Arc<str>) {
    let text = document.text.clone();
    (Form::Read(Arc::new(document)), text)
}

fn unread(error: ReadError, text: Arc<str>, patience: u32) -> (Form, Arc<str>) {
    let is_slow = matches!(error, ReadError::TooSlow);
    let wait = if is_slow { patience } else { 0 };
    let patience = if is_slow { (2 * patience).min(MAX_PATIENCE) } else { patience };
    (Form::Unread { reason: format!("{error}").into(), wait, patience }, text)
}

/// A reader that panics costs the reading of one text, not the text.
fn contain(read: impl FnOnce() -> Result<Document, ReadError>) -> Option<Result<Document, ReadError>> {
    catch_unwind(AssertUnwindSafe(read)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_takes_too_long_is_tried_ever_less_often() {
        let (mut form, mut tries) = (unread(ReadError::TooSlow, "".into(), 1).0, Vec::new());
        for edit in 1..=400 {
            form = match form {
                Form::Unread { wait: 0, patience, .. } => {
                    tries.push(edit);
                    unread(ReadError::TooSlow, "".into(), patience).0
                }
                Form::Unread { wait, reason, patience } => Form::Unread { wait: wait - 1, reason, patience },
                Form::Read(_) => return,
            };
        }
        assert_eq!(tries, [2, 5, 10, 19, 36, 69, 134, 199, 264, 329, 394]);
        let (form, _) = unread(ReadError::TooDeep, "".into(), 8);
        assert!(matches!(form, Form::Unread { wait: 0, .. }), "what is cheap to refuse is tried each time");
    }
}
