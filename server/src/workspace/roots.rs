//! Workspace folders, and the keys under which their files are known: relative paths with `/`.

use std::path::{Component, Path, PathBuf};

use model::SmolStr;
use provenance::Folder;

/// The folders of a workspace. With one folder a key is the path within it; with several, the folder's name comes
/// first. A file outside of all is known by its absolute path, and is read only while an editor holds it open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Roots {
    /// Name and absolute path; names differ.
    folders: Vec<(SmolStr, PathBuf)>,
}

impl Roots {
    /// The roots at `folders`. Folders that lie within another one are part of that one.
    pub(crate) fn new(folders: impl IntoIterator<Item = PathBuf>) -> Roots {
        let mut paths: Vec<PathBuf> =
            folders.into_iter().map(|folder| folder.canonicalize().unwrap_or(folder)).collect();
        paths.sort();
        paths.dedup_by(|inner, outer| inner.starts_with(outer.as_path()));
        let mut roots = Roots::default();
        for path in paths {
            let base = path
                .file_name()
                .map_or_else(|| "root".to_owned(), |name| name.to_string_lossy().into_owned());
            let name = roots.free_name(&base);
            roots.folders.push((name, path));
        }
        roots
    }

    /// Absolute paths of the folders.
    pub(crate) fn folders(&self) -> impl Iterator<Item = &Path> {
        self.folders.iter().map(|(_, path)| path.as_path())
    }

    /// The key of an absolute path.
    pub(crate) fn key(&self, path: &Path) -> SmolStr {
        let inside = self.folders.iter().find_map(|(name, root)| Some((name, path.strip_prefix(root).ok()?)));
        match inside {
            Some((_, rest)) if self.folders.len() == 1 => slashed(rest).into(),
            Some((name, rest)) => format!("{name}/{}", slashed(rest)).into(),
            None => slashed(path).into(),
        }
    }

    /// The absolute path of a key. Keys come from our own index; one that would leave its root has no path.
    pub(crate) fn path(&self, key: &str) -> Option<PathBuf> {
        let relative = Path::new(key);
        if relative.is_absolute() {
            return Some(relative.to_owned());
        }
        if relative.components().any(|part| !matches!(part, Component::Normal(_))) {
            return None;
        }
        if let [(_, only)] = self.folders.as_slice() {
            return Some(only.join(relative));
        }
        let (name, rest) = key.split_once('/')?;
        let (_, root) = self.folders.iter().find(|(candidate, _)| candidate == name)?;
        Some(root.join(rest))
    }

    /// The folders with what stands before the keys of their files.
    pub(crate) fn provenance(&self) -> Vec<Folder> {
        let is_only = self.folders.len() == 1;
        let folder = |(name, path): &(SmolStr, PathBuf)| Folder {
            prefix: if is_only { SmolStr::default() } else { name.clone() },
            path: path.clone(),
        };
        self.folders.iter().map(folder).collect()
    }

    fn free_name(&self, base: &str) -> SmolStr {
        let taken = |name: &str| self.folders.iter().any(|(other, _)| other == name);
        let numbered = (2..).map(|n| format!("{base}-{n}"));
        let free = std::iter::once(base.to_owned()).chain(numbered).find(|name| !taken(name));
        free.unwrap_or_default().into()
    }
}

fn slashed(path: &Path) -> String {
    let text = path.to_string_lossy();
    if cfg!(windows) { text.replace('\\', "/") } else { text.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_root_has_bare_keys() {
        let roots = Roots::new([PathBuf::from("/w/shop")]);
        assert_eq!(roots.key(Path::new("/w/shop/src/a.py")), "src/a.py");
        assert_eq!(roots.path("src/a.py"), Some(PathBuf::from("/w/shop/src/a.py")));
        assert_eq!(roots.key(Path::new("/elsewhere/b.py")), "/elsewhere/b.py");
    }

    #[test]
    fn several_roots_are_told_apart_by_name() {
        let roots =
            Roots::new([PathBuf::from("/w/a/api"), PathBuf::from("/w/b/api"), PathBuf::from("/w/a/api/src")]);
        assert_eq!(roots.key(Path::new("/w/a/api/src/x.rs")), "api/src/x.rs");
        assert_eq!(roots.key(Path::new("/w/b/api/x.rs")), "api-2/x.rs");
        assert_eq!(roots.path("api-2/x.rs"), Some(PathBuf::from("/w/b/api/x.rs")));
        assert_eq!(roots.path("other/x.rs"), None);
    }

    #[test]
    fn keys_cannot_leave_their_root() {
        let roots = Roots::new([PathBuf::from("/w/shop")]);
        assert_eq!(roots.path("../secret.py"), None);
        assert_eq!(roots.path("src/../../secret.py"), None);
    }
}
