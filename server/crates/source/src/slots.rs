//! The files of an index by number. They rest packed and are opened when they are looked into; those that nobody looked
//! into of late are closed again, so that a large workspace costs what is asked of it.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use imbl::Vector;
use model::SmolStr;

use crate::{Packed, SourceFile};

/// Packed bytes of files that may lie open at once; open they take some thirty times as much.
const MAX_OPEN: usize = 96 << 10;

/// One file.
#[derive(Debug)]
pub(crate) struct Slot {
    /// `None` for a file that is held open.
    packed: Option<Packed>,
    open: OnceLock<Arc<SourceFile>>,
    /// Whether somebody looked into it since files were last closed.
    is_wanted: AtomicBool,
}

/// All files. Cloning costs a few pointers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slots {
    all: Vector<Option<Arc<Slot>>>,
    /// Packed bytes of what lies open, snapshots' included.
    opened: Arc<AtomicUsize>,
}

impl Slot {
    /// A file that is held open.
    pub(crate) fn of_file(file: Arc<SourceFile>) -> Slot {
        Slot { packed: None, open: file.into(), is_wanted: AtomicBool::new(false) }
    }

    /// A file at rest.
    pub(crate) fn of_packed(file: Packed) -> Slot {
        Slot { packed: Some(file.bare()), open: OnceLock::new(), is_wanted: AtomicBool::new(false) }
    }

    /// The file's path.
    pub(crate) fn path(&self) -> &SmolStr {
        self.told(|packed| packed.path(), |file| &file.path)
    }

    /// What it is found by, sorted. Costs opening a file at rest.
    pub(crate) fn keys(&self) -> Arc<Vec<u32>> {
        match (self.open.get(), &self.packed) {
            (Some(file), _) => Arc::new(file.keys.to_vec()),
            (None, Some(packed)) => packed.keys(),
            (None, None) => Arc::default(),
        }
    }

    /// Changes when something does that other files' facts may depend on.
    pub(crate) fn wiring_fingerprint(&self) -> u64 {
        self.told(|packed| packed.wiring_fingerprint(), |file| file.wiring_fingerprint)
    }

    /// How many functions it has.
    pub(crate) fn functions(&self) -> usize {
        self.told(|packed| packed.functions(), |file| file.functions.len())
    }

    /// The file at rest.
    pub(crate) fn packed(&self) -> Option<&Packed> {
        self.packed.as_ref()
    }

    /// Whether both are one version of one file.
    pub(crate) fn is_same(&self, other: &Slot) -> bool {
        match (&self.packed, &other.packed) {
            (Some(one), Some(other)) => one.is_same(other),
            (None, None) => {
                matches!((self.open.get(), other.open.get()), (Some(one), Some(other)) if Arc::ptr_eq(one, other))
            }
            _ => false,
        }
    }

    /// What is known whether it lies open or not.
    fn told<'a, T>(&'a self, packed: impl Fn(&'a Packed) -> T, open: impl Fn(&'a SourceFile) -> T) -> T {
        match &self.packed {
            Some(file) => packed(file),
            None => open(self.open.get_or_init(|| Arc::new(SourceFile::empty("")))),
        }
    }
}

impl Slots {
    /// How many numbers are given.
    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    /// The slot of that number.
    pub(crate) fn get(&self, number: u32) -> Option<&Slot> {
        self.all.get(number as usize)?.as_deref()
    }

    /// The file of that number, opened if it rests.
    pub(crate) fn open(&self, number: u32) -> Option<&Arc<SourceFile>> {
        let slot = self.get(number)?;
        if let Some(file) = slot.open.get() {
            // Most look-ups find it so: reading costs no cache line to others, writing would.
            if !slot.is_wanted.load(Ordering::Relaxed) {
                slot.is_wanted.store(true, Ordering::Relaxed);
            }
            return Some(file);
        }
        let packed = slot.packed.as_ref()?;
        let file = slot.open.get_or_init(|| {
            self.opened.fetch_add(packed.size(), Ordering::Relaxed);
            Arc::new(packed.open())
        });
        slot.is_wanted.store(true, Ordering::Relaxed);
        Some(file)
    }

    /// Puts a file in the place of what has that number; numbers are given one after the other.
    pub(crate) fn put(&mut self, number: u32, slot: Slot) {
        if number as usize == self.all.len() {
            self.all.push_back(None);
        }
        self.all.set(number as usize, Some(Arc::new(slot)));
    }

    /// Takes a file out.
    pub(crate) fn take(&mut self, number: u32) -> Option<Arc<Slot>> {
        self.all.get_mut(number as usize)?.take()
    }

    /// Whether few enough files lie open.
    pub(crate) fn is_settled(&self) -> bool {
        self.opened.load(Ordering::Relaxed) <= MAX_OPEN
    }

    /// Closes, if too many lie open, those that nobody looked into since the last time.
    pub(crate) fn settle(&mut self) {
        if !self.is_settled() {
            self.close_where(|slot| !slot.is_wanted.swap(false, Ordering::Relaxed));
        }
    }

    /// Closes every file that is not held open.
    pub(crate) fn close(&mut self) {
        self.close_where(|_| true);
    }

    /// Closes files of which `may` says so.
    fn close_where(&mut self, may: impl Fn(&Slot) -> bool) {
        let mut left = 0;
        for number in 0..self.all.len() {
            let Some(Some(slot)) = self.all.get(number) else { continue };
            let (Some(packed), Some(_)) = (&slot.packed, slot.open.get()) else { continue };
            if may(slot) {
                let rested = Slot::of_packed(packed.clone());
                self.all.set(number, Some(Arc::new(rested)));
            } else {
                left += packed.size();
            }
        }
        // Snapshots that still hold what was closed count on with their own.
        self.opened = Arc::new(AtomicUsize::new(left));
    }
}
