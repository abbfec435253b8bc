//! What is worth a remark in a file: exceptions on the line that threw them, calls made again and again.
//!
//! A remark must be true for whoever reads it, so each sort has its own file with what it takes, and its
//! counter-examples in its tests.

mod exceptions;
mod repeated;

use std::fmt;

use model::SmolStr;
use source::SourceFile;
use world::Snapshot;

/// A remark on one line.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Its sort.
    pub code: Code,
    /// 0-based.
    pub line: u32,
    /// In words, on one line, all text in full view.
    pub message: String,
    /// Other places that have to do with it.
    pub related: Vec<Related>,
    /// What it is about, apart from numbers: findings are the same while this is.
    pub(crate) subject: String,
    /// How often.
    pub(crate) count: f64,
}

/// A place that has to do with a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// The file's key in the index.
    pub file: SmolStr,
    /// 0-based.
    pub line: u32,
    /// In words.
    pub message: String,
}

/// The sorts of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// An exception was thrown here.
    Exception,
    /// One call for each of many things, where one for all would do.
    NPlusOne,
    /// A call that fails and is made again.
    Retries,
}

impl Code {
    /// Every sort, in the order of the documentation.
    pub const ALL: [Code; 3] = [Code::Exception, Code::NPlusOne, Code::Retries];

    /// As editors show it and as settings name it, for example `n-plus-one`.
    pub fn name(self) -> &'static str {
        match self {
            Code::Exception => "exception",
            Code::NPlusOne => "n-plus-one",
            Code::Retries => "retries",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is worth a remark in `file`, in the order of the text.
pub fn findings(snapshot: &Snapshot, file: &SourceFile) -> Vec<Finding> {
    let mut found = exceptions::find(snapshot, file);
    found.extend(repeated::find(snapshot, file));
    found.sort_by(|a, b| (a.line, a.code, &a.subject).cmp(&(b.line, b.code, &b.subject)));
    found
}
