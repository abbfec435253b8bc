//! What files are found by: names in them, as hashes, so that a look-up touches only the files that hold one.

use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

use imbl::HashMap;
use rustc_hash::FxHasher;

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
    /// A program of this name (see [`program_name`]).
    Program(&'a str),
    /// Any program that a manifest names.
    Programs,
    /// Anything that other files' facts depend on.
    Wired,
    /// This path: changes with every edit of the file.
    Path(&'a str),
}

/// Which files (by number) hold what (by hash). Cloning costs a few pointers. Most of it lies in one sorted list; what
/// changed since that was made lies beside it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Postings {
    /// Hash and file, sorted.
    settled: Arc<[(u32, u32)]>,
    /// The whole answer for hashes whose files are others than the sorted list says.
    changed: HashMap<u32, Arc<Vec<u32>>>,
}

impl Key<'_> {
    /// The same for the same key, for one build of the program.
    pub fn hash(&self) -> u32 {
        let mut hasher = FxHasher::default();
        Hash::hash(self, &mut hasher);
        let hash = hasher.finish();
        (hash ^ (hash >> 32)) as u32
    }
}

impl Postings {
    /// Files that hold what hashes to `key`, in ascending order. A different name may share the hash: look again.
    pub(crate) fn files(&self, key: u32) -> impl Iterator<Item = u32> + '_ {
        let changed = self.changed.get(&key);
        let settled = if changed.is_some() { &[] } else { self.settled_files(key) };
        changed
            .into_iter()
            .flat_map(|files| files.iter().copied())
            .chain(settled.iter().map(|(_, file)| *file))
    }

    /// The file numbered `file` held `old` and holds `new`, both sorted: only the difference costs.
    pub(crate) fn replace(&mut self, file: u32, old: &[u32], new: &[u32]) {
        for key in old.iter().filter(|key| new.binary_search(key).is_err()) {
            self.change(*key, |files| files.retain(|other| *other != file));
        }
        for key in new.iter().filter(|key| old.binary_search(key).is_err()) {
            self.change(*key, |files| {
                if let Err(at) = files.binary_search(&file) {
                    files.insert(at, file);
                }
            });
        }
        // A list that grows by an eighth each time is made again a few dozen times, however many files come.
        if self.changed.len() > 4_096 + self.settled.len() / 8 {
            self.settle();
        }
    }

    /// What files hold of which `is_meant` says so: hash and file, sorted. Costs a pass over everything.
    pub(crate) fn of_files(&self, is_meant: impl Fn(u32) -> bool) -> Vec<(u32, u32)> {
        let settled = self.settled.iter().copied();
        let settled = settled.filter(|(key, file)| is_meant(*file) && !self.changed.contains_key(key));
        let changed = self.changed.iter().flat_map(|(key, files)| files.iter().map(|file| (*key, *file)));
        let mut all: Vec<(u32, u32)> = settled.chain(changed.filter(|(_, file)| is_meant(*file))).collect();
        all.sort_unstable();
        all
    }

    /// Puts what changed into the sorted list.
    pub(crate) fn settle(&mut self) {
        if self.changed.is_empty() {
            return;
        }
        let kept = self.settled.iter().filter(|(key, _)| !self.changed.contains_key(key)).copied();
        let changed = self.changed.iter().flat_map(|(key, files)| files.iter().map(|file| (*key, *file)));
        let mut all: Vec<(u32, u32)> = kept.chain(changed).collect();
        all.sort_unstable();
        *self = Postings { settled: all.into(), changed: HashMap::default() };
    }

    /// Changes the list of a hash in place: some have an entry of nearly every file.
    fn change(&mut self, key: u32, change: impl FnOnce(&mut Vec<u32>)) {
        if !self.changed.contains_key(&key) {
            let settled = self.settled_files(key).iter().map(|(_, file)| *file).collect();
            self.changed.insert(key, Arc::new(settled));
        }
        if let Some(files) = self.changed.get_mut(&key) {
            change(Arc::make_mut(files));
        }
    }

    fn settled_files(&self, key: u32) -> &[(u32, u32)] {
        let from = self.settled.partition_point(|(other, _)| *other < key);
        let rest = self.settled.get(from..).unwrap_or_default();
        let count = rest.iter().take_while(|(other, _)| *other == key).count();
        &rest[..count]
    }
}

/// A name of a service, a package or a folder without what custom adds: `Cart-Service` is `cart`.
pub fn program_name(name: &str) -> String {
    let name: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    name.strip_suffix("service").filter(|rest| !rest.is_empty()).unwrap_or(&name).to_owned()
}

/// Everything that `file` is found by, sorted.
pub(crate) fn file_keys(file: &SourceFile) -> Box<[u32]> {
    let mut keys = vec![Key::FileName(file.path.rsplit('/').next().unwrap_or_default()).hash()];
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
    for fact in &wiring.programs {
        keys.push(Key::Program(&program_name(&fact.name)).hash());
        keys.push(Key::Programs.hash());
    }
    if file.is_wired() {
        keys.push(Key::Wired.hash());
    }
    keys.sort_unstable();
    keys.dedup();
    keys.into()
}
