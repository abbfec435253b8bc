//! The folders of the workspace, and the keys of their files.

use std::path::{Path, PathBuf};

use model::SmolStr;

/// One folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    /// What stands before the keys of its files; empty when it is the only one.
    pub prefix: SmolStr,
    /// Where it is, absolute and without links.
    pub path: PathBuf,
}

impl Folder {
    /// The key of a file below; `None` for others.
    pub(crate) fn key(&self, path: &Path) -> Option<SmolStr> {
        let inner = path.strip_prefix(&self.path).ok()?.to_str()?;
        let inner = if cfg!(windows) { inner.replace('\\', "/") } else { inner.to_owned() };
        Some(if self.prefix.is_empty() { inner.into() } else { format!("{}/{inner}", self.prefix).into() })
    }

    /// The file of a key that begins here.
    pub(crate) fn path_of(&self, key: &str) -> Option<PathBuf> {
        let inner = match self.prefix.as_str() {
            "" => key,
            prefix => key.strip_prefix(prefix)?.strip_prefix('/')?,
        };
        Some(self.path.join(inner))
    }
}

/// The key of a file in any of `folders`.
pub(crate) fn key_of(folders: &[Folder], path: &Path) -> Option<SmolStr> {
    folders.iter().find_map(|folder| folder.key(path))
}
