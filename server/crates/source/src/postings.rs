//! What files are found by: names in them, as hashes, so that a look-up touches only the files that hold one.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use imbl::HashMap;

use crate::{CallKind, NamePattern, SourceFile, normal_sql};

/// Something that a file may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key<'a> {
    /// A function of this name.
    Function(&'a str),
    /// A type of this name, last segment.
    Type(&'a str),
    /// A span of this very name.
    Span(&'a str),
    /// Spans whose names have holes.
    SpanPatterns,
    /// An SQL statement of this form (see [`normal_sql`]).
    Sql(&'a str),
    /// SQL statements with holes.
    SqlPatterns,
    /// Outgoing HTTP requests with a known URL.
    Http,
    /// Outgoing messages with a known destination.
    Messaging,
    /// This file name, without folders.
    FileName(&'a str),
    /// Anything that other files' facts depend on.
    Wired,
    /// This path: changes with every edit of the file.
    Path(&'a str),
}

/// Which files (by number) hold what (by hash). Cloning costs a pointer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Postings {
    lists: HashMap<u64, Posting>,
}

/// Most names stand in one file.
#[derive(Clone, Debug)]
enum Posting {
    One(u32),
    Many(Arc<[u32]>),
}

impl Key<'_> {
    /// The same for the same key, within one process.
    pub fn hash(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        Hash::hash(self, &mut hasher);
        hasher.finish()
    }
}

impl Postings {
    /// Files that hold what hashes to `key`, in ascending order. A different name may share the hash: look again.
    pub(crate) fn files(&self, key: u64) -> &[u32] {
        match self.lists.get(&key) {
            None => &[],
            Some(Posting::One(file)) => std::slice::from_ref(file),
            Some(Posting::Many(files)) => files,
        }
    }

    /// The file numbered `file` held `old` and holds `new`, both sorted: only the difference costs.
    pub(crate) fn replace(&mut self, file: u32, old: &[u64], new: &[u64]) {
        for key in old.iter().filter(|key| new.binary_search(key).is_err()) {
            self.remove(*key, file);
        }
        for key in new.iter().filter(|key| old.binary_search(key).is_err()) {
            self.add(*key, file);
        }
    }

    fn add(&mut self, key: u64, file: u32) {
        let mut files = self.files(key).to_vec();
        if let Err(at) = files.binary_search(&file) {
            files.insert(at, file);
        }
        self.lists.insert(key, Posting::of(files));
    }

    fn remove(&mut self, key: u64, file: u32) {
        let files: Vec<u32> = self.files(key).iter().copied().filter(|other| *other != file).collect();
        if files.is_empty() {
            self.lists.remove(&key);
        } else {
            self.lists.insert(key, Posting::of(files));
        }
    }
}

impl Posting {
    fn of(files: Vec<u32>) -> Posting {
        match files.as_slice() {
            [only] => Posting::One(*only),
            _ => Posting::Many(files.into()),
        }
    }
}

/// Everything that `file` is found by, sorted.
pub(crate) fn file_keys(file: &SourceFile) -> Box<[u64]> {
    let mut keys = vec![Key::FileName(file.path.rsplit('/').next().unwrap_or_default()).hash()];
    keys.push(Key::Path(&file.path).hash());
    keys.extend(file.functions.iter().map(|function| Key::Function(&function.name).hash()));
    for site in &file.span_sites {
        keys.push(match &site.name {
            NamePattern::Literal(name) => Key::Span(name).hash(),
            NamePattern::Pattern(_) => Key::SpanPatterns.hash(),
        });
    }
    for call in &file.call_sites {
        let Some(target) = &call.target else { continue };
        match (call.kind, target) {
            (CallKind::Sql, NamePattern::Literal(sql)) => keys.push(Key::Sql(&normal_sql(sql)).hash()),
            (CallKind::Sql, NamePattern::Pattern(_)) => keys.push(Key::SqlPatterns.hash()),
            (CallKind::Http, _) => keys.push(Key::Http.hash()),
            (CallKind::Messaging, _) => keys.push(Key::Messaging.hash()),
            _ => {}
        }
    }
    let wiring = &file.wiring;
    for fact in &wiring.types {
        keys.push(Key::Type(fact.path.rsplit('.').next().unwrap_or_default()).hash());
    }
    if file.is_wired() {
        keys.push(Key::Wired.hash());
    }
    keys.sort_unstable();
    keys.dedup();
    keys.into()
}
