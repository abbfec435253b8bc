//! Everything that can happen to the state, as a closed list, and what each made stale.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use attribution::{Origins, Rulings};
use formats::{Clean, Spans};
use model::{Batch, LinePosition, LogRecord, PositionEncoding, Refusal, SmolStr};
use source::Packed;

/// Something that happened.
#[derive(Debug)]
pub enum Change {
    /// A file of the workspace was read from disk. Ignored while an editor holds it open.
    FileRead(Packed),
    /// A file of the workspace is gone.
    FileRemoved(SmolStr),
    /// A file was passed over, with the reason in words; shown by `doctor`.
    FileSkipped(SmolStr, SmolStr),
    /// Many files will follow, until [`Change::WorkspaceRead`]: meanwhile snapshots may show shapes where they stood a
    /// little before.
    WorkspaceBegun,
    /// The first read of the workspace is complete.
    WorkspaceRead,
    /// An editor opened a file: its text counts from now on, not the disk's.
    Opened {
        /// The file's key in the index.
        path: SmolStr,
        /// The editor's version.
        version: i32,
        /// The whole text.
        text: String,
    },
    /// An editor changed a file.
    Edited {
        /// The file's key in the index.
        path: SmolStr,
        /// The editor's version after the edit.
        version: i32,
        /// Edits one after the other; a range of `None` replaces the whole text.
        edits: Vec<EditorEdit>,
        /// What the edits' columns count.
        encoding: PositionEncoding,
    },
    /// An editor closed a file: the disk counts again.
    Closed(SmolStr),
    /// Telemetry arrived, in the owned form.
    Spans(Batch),
    /// Telemetry arrived.
    Telemetry(Telemetry),
    /// Settings changed.
    Settings(Settings),
    /// More is known of the revisions and bundles that ran.
    Origins(Arc<Origins>),
    /// People say something else of placements than before.
    Rulings(Arc<Rulings>),
    /// Time went by: windows slide.
    Tick,
}

/// One edit as an editor sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EditorEdit {
    /// From here to there; `None` for the whole text.
    pub range: Option<(LinePosition, LinePosition)>,
    /// What stands there now.
    pub text: String,
}

/// Telemetry, or a part of it, as the receiver passes it on: spans are read where they lie.
#[derive(Clone, Debug, Default)]
pub struct Telemetry {
    /// Spans.
    pub spans: Spans,
    /// Log records of traces.
    pub logs: Vec<LogRecord>,
    /// What was refused of it.
    pub refused: Vec<Refusal>,
}

/// What a change made stale. The union of many is the sum of their effects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// Figures may read differently now.
    pub figures: bool,
    /// Files whose functions or placements changed.
    pub files: BTreeSet<SmolStr>,
    /// Spans were added.
    pub spans: u64,
    /// The first data or the first complete index is there: worth one refresh at once.
    pub first: bool,
}

/// What the state needs to know of the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Over which time figures are shown, counted back from now.
    pub window: Duration,
    /// How much is kept.
    pub limits: store::Limits,
}

impl Change {
    /// What it is, for logs.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Change::FileRead(_) => "a file read",
            Change::FileRemoved(_) => "a file removed",
            Change::FileSkipped(..) => "a file skipped",
            Change::WorkspaceBegun => "the workspace being read",
            Change::WorkspaceRead => "the workspace read",
            Change::Opened { .. } => "a file opened",
            Change::Edited { .. } => "an edit",
            Change::Closed(_) => "a file closed",
            Change::Spans(_) | Change::Telemetry(_) => "telemetry",
            Change::Settings(_) => "settings",
            Change::Rulings(_) => "rulings",
            Change::Origins(_) => "origins",
            Change::Tick => "a tick",
        }
    }
}

impl Telemetry {
    /// Spans and log records.
    pub fn items(&self) -> usize {
        self.spans.len() + self.logs.len()
    }

    /// Takes the first part of it off: at most `most` items, spans before log records. What was refused comes with the
    /// last.
    pub(crate) fn split(&mut self, most: usize) -> Telemetry {
        if self.items() <= most && (self.spans.is_empty() || self.logs.is_empty()) {
            return std::mem::take(self);
        }
        let logs = match self.spans.is_empty() {
            true => self.logs.drain(..most.min(self.logs.len())).collect(),
            false => Vec::new(),
        };
        Telemetry { spans: self.spans.split(most), logs, refused: Vec::new() }
    }
}

impl From<Clean> for Telemetry {
    fn from(clean: Clean) -> Telemetry {
        Telemetry { spans: clean.walk(), logs: clean.records(), refused: clean.refused().to_vec() }
    }
}

impl Effects {
    /// Adds what another change made stale.
    pub fn merge(&mut self, other: Effects) {
        self.figures |= other.figures;
        self.files.extend(other.files);
        self.spans += other.spans;
        self.first |= other.first;
    }
}

impl Default for Settings {
    /// The last 15 minutes, and the store's own default limits.
    fn default() -> Settings {
        Settings { window: Duration::from_secs(15 * 60), limits: store::Limits::default() }
    }
}
