//! Between the index's keys and the client's paths.

use std::path::{Component, Path, PathBuf};

/// Where the files of an index are: folders, each with what its keys begin with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Paths {
    roots: Vec<(String, PathBuf)>,
}

impl Paths {
    /// Keys are relative to `root`, with `/`.
    pub fn of_workspace(root: impl Into<PathBuf>) -> Paths {
        Paths { roots: vec![(String::new(), root.into())] }
    }

    /// Adds a folder whose keys begin with `prefix`, for example `backend/`.
    pub fn with_root(mut self, prefix: impl Into<String>, root: impl Into<PathBuf>) -> Paths {
        self.roots.push((prefix.into(), root.into()));
        self.roots.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        self
    }

    /// The path of the file known by `key`; `None` when no folder holds it, or the key leads out of its folder.
    pub fn path(&self, key: &str) -> Option<PathBuf> {
        let (rest, root) =
            self.roots.iter().find_map(|(prefix, root)| Some((key.strip_prefix(prefix.as_str())?, root)))?;
        let inside = Path::new(rest).components().all(|part| matches!(part, Component::Normal(_)));
        inside.then(|| rest.split('/').fold(root.clone(), |path, part| path.join(part)))
    }

    /// The key of the file at `path`; links on the way to the folder or to the file are followed when the path as
    /// written fits none.
    pub fn key(&self, path: &Path) -> Option<String> {
        self.key_as_written(path).or_else(|| {
            let real = path.canonicalize().ok()?;
            let real_roots = self
                .roots
                .iter()
                .filter_map(|(prefix, root)| Some((prefix.clone(), root.canonicalize().ok()?)));
            Paths { roots: real_roots.collect() }.key_as_written(&real)
        })
    }

    fn key_as_written(&self, path: &Path) -> Option<String> {
        let mut keys = self.roots.iter().filter_map(|(prefix, root)| {
            let parts = path.strip_prefix(root).ok()?.components();
            let parts: Option<Vec<&str>> = parts.map(|part| part.as_os_str().to_str()).collect();
            Some(format!("{prefix}{}", parts?.join("/")))
        });
        keys.next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_paths_lead_to_each_other() {
        let paths = Paths::of_workspace("/home/a/shop").with_root("lib/", "/home/a/lib");
        for (key, path) in [("src/app.py", "/home/a/shop/src/app.py"), ("lib/x.rs", "/home/a/lib/x.rs")] {
            assert_eq!(paths.path(key).as_deref(), Some(Path::new(path)));
            assert_eq!(paths.key(Path::new(path)).as_deref(), Some(key));
        }
        assert_eq!(paths.key(Path::new("/etc/passwd")), None);
        assert_eq!(paths.path("../../etc/passwd"), None);
        assert_eq!(paths.path("/etc/passwd"), None);
    }
}
