//! The one mutable state. Only the hub's thread holds it.

use std::{mem, sync::Arc, time::Duration};

use attribution::Table;
use imbl::HashMap;
use model::{SmolStr, Timestamp};
use source::{Index, Language, Packed, SourceFile};
use store::{Aggregates, Store};

use crate::{
    Calls, Change, Effects, Failures, Settings, Snapshot, Status, documents::Documents, documents::Read,
    places::Places,
};

/// Bytes that figures by shape, and figures by edge, may each hold.
const MAX_FIGURES_BYTES: usize = 48 << 20;

/// How long a file of the index lies open after it was last looked into, at the least.
const REST: Duration = Duration::from_secs(2);

/// Everything known. [`World::apply`] is the only way in, [`World::snapshot`] the only way out.
#[derive(Debug)]
pub struct World {
    pub(crate) state: Snapshot,
    documents: Documents,
    /// Who sent telemetry so far, to share what they say of themselves.
    pub(crate) senders: formats::Senders,
    pub(crate) places: Places,
    /// Whether the code changed, or new shapes came, since shapes were placed.
    pub(crate) is_stale: bool,
    /// Whether the files of the workspace are being read.
    is_reading: bool,
    /// The latest end that was counted, as far as it can be believed; zero while none was.
    pub(crate) last_end: Timestamp,
    /// Whether figures were in the window at the last tick.
    was_live: bool,
}

impl World {
    /// Knows nothing yet.
    pub fn new(settings: Settings) -> World {
        let state = Snapshot {
            now: Timestamp::ZERO,
            window: settings.window,
            index: Index::default(),
            documents: HashMap::new(),
            store: Store::new(settings.limits),
            table: Table::default(),
            by_shape: Aggregates::new(settings.window, MAX_FIGURES_BYTES),
            by_edge: Aggregates::new(settings.window, MAX_FIGURES_BYTES),
            calls: Calls::default(),
            failures: Failures::new(settings.window),
            shapes_of: HashMap::new(),
            status: Status::default(),
        };
        World {
            state,
            documents: Documents::default(),
            senders: formats::Senders::default(),
            places: Places::default(),
            is_stale: false,
            is_reading: false,
            last_end: Timestamp::ZERO,
            was_live: false,
        }
    }

    /// Takes in one change; `now` is the time at which it is applied. Never fails, never waits.
    pub fn apply(&mut self, change: Change, now: Timestamp) -> Effects {
        let mut effects = self.absorb(change, now);
        effects.merge(self.settle());
        effects
    }

    /// As [`World::apply`], but leaves known shapes placed as they were before: whoever applies many changes calls
    /// [`World::settle`] once after them.
    pub fn absorb(&mut self, change: Change, now: Timestamp) -> Effects {
        self.state.now = now;
        match change {
            Change::FileRead(file) => self.read_file(file),
            Change::FileRemoved(path) => self.remove_file(&path),
            Change::FileSkipped(path, reason) => self.skip_file(path, reason),
            Change::WorkspaceBegun => {
                self.is_reading = true;
                Effects::default()
            }
            Change::WorkspaceRead => {
                self.is_reading = false;
                let is_first = !mem::replace(&mut self.state.status.workspace_read, true);
                self.state.index.compact();
                Effects { first: is_first, ..Effects::default() }
            }
            // Editors open more than code.
            Change::Opened { path, .. } if Language::of_path(&path).is_none() => Effects::default(),
            Change::Opened { path, version, text } => {
                let shown = self.state.index.packed(&path).cloned();
                let read = self.documents.open(&path, text, shown);
                self.show_document(path, version, read)
            }
            Change::Edited { path, version, edits, encoding } => {
                match self.documents.edit(&path, edits, encoding) {
                    Some(read) => self.show_document(path, version, read),
                    None => Effects::default(),
                }
            }
            Change::Closed(path) => self.close(&path),
            Change::Spans(batch) => self.take_batch(batch, now),
            Change::Telemetry(part) => self.take_telemetry(part, now),
            Change::Settings(settings) => self.set(settings, now),
            Change::Origins(origins) => {
                self.state.table.set_origins(origins);
                self.is_stale = true;
                Effects::default()
            }
            Change::Rulings(rulings) => {
                self.state.table.set_rulings(rulings);
                self.is_stale = true;
                Effects::default()
            }
            Change::Tick => self.tick(now),
        }
    }

    /// Places shapes in the code as it stands, by all that is known of their services. Costs nothing when neither
    /// changed.
    pub fn settle(&mut self) -> Effects {
        if !mem::take(&mut self.is_stale) {
            return Effects::default();
        }
        let files = self.places.refresh(&mut self.state);
        Effects { files, ..Effects::default() }
    }

    /// Whether the files of the workspace are being read, so that placing shapes anew for every snapshot would cost
    /// more than it tells.
    pub fn is_reading(&self) -> bool {
        self.is_reading
    }

    /// Whether [`World::settle`] has something to do.
    pub fn is_settled(&self) -> bool {
        !self.is_stale
    }

    /// What is known at `now`.
    pub fn snapshot(&self, now: Timestamp) -> Snapshot {
        let mut snapshot = Snapshot { now, ..self.state.clone() };
        if self.is_stale && !self.is_reading {
            self.places.clone().refresh(&mut snapshot);
        }
        snapshot
    }

    /// How long after `now` figures will read differently if nothing else happens; `None` when nothing is in the
    /// window, so that whoever sends ticks can sleep.
    pub fn next_tick(&self, now: Timestamp) -> Option<Duration> {
        if !self.state.index.is_settled() {
            return Some(REST);
        }
        if !self.is_live(now) && !self.was_live {
            return None;
        }
        let slot = u64::try_from(self.state.by_shape.slot().as_nanos()).unwrap_or(u64::MAX).max(1);
        Some(Duration::from_nanos(slot - now.0 % slot))
    }

    fn is_live(&self, now: Timestamp) -> bool {
        let longest = self.state.window + self.state.by_shape.slot();
        self.last_end != Timestamp::ZERO && now.since(self.last_end) <= longest
    }

    fn tick(&mut self, now: Timestamp) -> Effects {
        if !self.state.index.is_settled() {
            self.state.index.settle();
            // Shapes hold on to the index that they were placed in, files that lay open then included.
            self.is_stale = true;
        }
        let is_live = self.is_live(now);
        let was_live = mem::replace(&mut self.was_live, is_live);
        Effects { figures: is_live || was_live, ..Effects::default() }
    }

    fn set(&mut self, settings: Settings, now: Timestamp) -> Effects {
        self.state.store.set_limits(settings.limits);
        if settings.window != self.state.window {
            self.state.window = settings.window;
            self.state.by_shape = Aggregates::new(settings.window, MAX_FIGURES_BYTES);
            self.state.by_edge = Aggregates::new(settings.window, MAX_FIGURES_BYTES);
            self.state.failures = Failures::new(settings.window);
            self.state.calls = Calls::default();
            self.count_again(now);
        }
        Effects { figures: true, ..Effects::default() }
    }

    fn read_file(&mut self, file: Packed) -> Effects {
        let path = file.path().clone();
        self.state.status.unskip(&path);
        if self.documents.is_open(&path) {
            self.documents.note_disk(&path, Some(file));
            return Effects::default();
        }
        self.show(path, Some(Shown::Disk(file)))
    }

    fn remove_file(&mut self, path: &SmolStr) -> Effects {
        self.state.status.unskip(path);
        if self.documents.is_open(path) {
            self.documents.note_disk(path, None);
            return Effects::default();
        }
        self.show(path.clone(), None)
    }

    fn skip_file(&mut self, path: SmolStr, reason: SmolStr) -> Effects {
        self.state.status.skip(path.clone(), reason);
        if self.documents.is_open(&path) {
            self.documents.note_disk(&path, None);
            return Effects::default();
        }
        self.show(path, None)
    }

    fn close(&mut self, path: &SmolStr) -> Effects {
        self.state.documents.remove(path);
        match self.documents.close(path) {
            Some(disk) => self.show(path.clone(), disk.map(Shown::Disk)),
            None => Effects::default(),
        }
    }

    fn show_document(&mut self, path: SmolStr, version: i32, read: Read) -> Effects {
        match read {
            Ok(document) => {
                let file = document.file.clone();
                self.state.documents.insert(path.clone(), (version, document));
                self.state.status.unskip(&path);
                self.show(path, Some(Shown::Editor(file)))
            }
            Err(reason) => {
                self.state.documents.remove(&path);
                self.state.status.skip(path.clone(), reason);
                self.show(path, None)
            }
        }
    }

    /// Puts `file` into the index in place of what is there, or takes that out.
    fn show(&mut self, path: SmolStr, file: Option<Shown>) -> Effects {
        let index = &mut self.state.index;
        let mut effects = Effects::default();
        let old = index.functions_in(&path);
        if old.is_none() && file.is_none() {
            return effects;
        }
        // Only a file that was known before is worth opening to see what moved.
        let before = old.and_then(|_| index.file(&path).cloned());
        match file {
            Some(Shown::Editor(file)) => index.insert(file),
            Some(Shown::Disk(file)) => index.insert_packed(file),
            None => index.remove(&path),
        }
        let same =
            before.is_some_and(|old| index.file(&path).is_some_and(|new| has_same_functions(&old, new)));
        let status = &mut self.state.status;
        status.functions = status.functions + index.functions_in(&path).unwrap_or(0) - old.unwrap_or(0);
        status.files = index.len();
        self.is_stale = true;
        if !same {
            effects.files.insert(path);
        }
        effects
    }
}

/// Where a file's text is from.
enum Shown {
    Editor(Arc<SourceFile>),
    Disk(Packed),
}

fn has_same_functions(old: &SourceFile, new: &SourceFile) -> bool {
    let count = |file: &SourceFile| file.functions.len();
    count(old) == count(new) && old.functions.iter().zip(&new.functions).all(|(old, new)| old.key == new.key)
}

#[cfg(test)]
mod tests;
