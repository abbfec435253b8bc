//! Reads a workspace's files, away from the thread that answers editors.

use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use ignore::WalkBuilder;
use model::SmolStr;
use source::{Language, SourceFile};
use world::{Change, Handle};

use super::Roots;

/// Larger files are generated or bundled, not written by hand.
const LARGEST_FILE: u64 = 1 << 20;

/// Folders of other people's code and of build results, passed over even where git does not ignore them.
const FOREIGN: &[&str] = &[
    "node_modules",
    "vendor",
    "third_party",
    "site-packages",
    "target",
    "dist",
    "build",
    "__pycache__",
    "venv",
    "bower_components",
    "Pods",
];

/// A read of a workspace under way. Dropping it stops the read.
#[derive(Debug)]
pub(crate) struct Scan {
    stop: Arc<AtomicBool>,
}

impl Scan {
    /// Starts reading all files below `roots` on a thread of its own and sends each to `world`, then
    /// [`Change::WorkspaceRead`].
    pub(crate) fn start(roots: Roots, world: Handle) -> Scan {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let work = move || {
            read_workspace(&roots, &stopped, |change| world.send(change));
            world.send(Change::WorkspaceRead);
        };
        if let Err(error) = thread::Builder::new().name("spanglass-scan".to_owned()).spawn(work) {
            tracing::error!(%error, "the workspace cannot be read");
        }
        Scan { stop }
    }
}

impl Drop for Scan {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Reads all files below `roots` on this thread: a [`Change::FileRead`] or [`Change::FileSkipped`] each, and
/// [`Change::WorkspaceRead`] at the end.
pub(crate) fn read_into(roots: &Roots, mut send: impl FnMut(Change)) {
    read_workspace(roots, &AtomicBool::new(false), &mut send);
    send(Change::WorkspaceRead);
}

/// Reads one file. The error is a reason in words.
pub(crate) fn read_file(path: &Path, key: &str) -> Result<SourceFile, String> {
    let metadata = fs::metadata(path).map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("it is no regular file".to_owned());
    }
    if metadata.len() > LARGEST_FILE {
        return Err(source::ReadError::TooLarge.to_string());
    }
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    let file = File::open(path).map_err(|error| error.to_string())?;
    // A file can grow while it is read: the limit holds for what is read, not for what was announced.
    file.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
    source::read(key, &text).map_err(|error| error.to_string())
}

fn read_workspace(roots: &Roots, stop: &AtomicBool, mut send: impl FnMut(Change)) {
    for folder in roots.folders() {
        for (path, problem) in source_files(folder) {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            let key = roots.key(&path);
            let read = match problem {
                Some(problem) => Err(problem),
                None => read_file(&path, &key),
            };
            send(match read {
                Ok(file) => Change::FileRead(file.into()),
                Err(reason) => Change::FileSkipped(key, SmolStr::from(reason)),
            });
        }
    }
}

/// Files with a known extension that git would track, and what could not be looked into with the reason.
fn source_files(folder: &Path) -> impl Iterator<Item = (PathBuf, Option<String>)> {
    let walk = WalkBuilder::new(folder)
        .require_git(false)
        .follow_links(false)
        .filter_entry(|entry| {
            let is_folder = entry.file_type().is_some_and(|it| it.is_dir());
            let name = entry.file_name().to_string_lossy();
            !(is_folder && entry.depth() > 0 && FOREIGN.contains(&name.as_ref()))
        })
        .sort_by_file_path(Path::cmp)
        .build();
    let folder = folder.to_owned();
    walk.filter_map(move |entry| match entry {
        Ok(entry) => {
            let is_source = entry.file_type().is_some_and(|it| it.is_file())
                && Language::of_path(&entry.path().to_string_lossy()).is_some();
            is_source.then(|| (entry.into_path(), None))
        }
        Err(error) => Some((folder.clone(), Some(error.to_string()))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys_read(files: &[(&str, &str)]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let roots = Roots::new([folder.path().to_owned()]);
        let mut seen = Vec::new();
        read_workspace(&roots, &AtomicBool::new(false), |change| match change {
            Change::FileRead(file) => seen.push(file.path().to_string()),
            Change::FileSkipped(key, reason) => seen.push(format!("{key}: {reason}")),
            _ => {}
        });
        seen
    }

    #[test]
    fn own_code_is_read_and_other_peoples_is_not() {
        let files = [
            ("app.py", "def a(): pass"),
            ("notes.txt", "nothing"),
            ("web/node_modules/x/index.js", "function x() {}"),
            (".gitignore", "generated/"),
            ("generated/b.py", "def b(): pass"),
            ("src/main.rs", "fn main() {}"),
        ];
        assert_eq!(keys_read(&files), ["app.py", "src/main.rs"]);
    }

    #[test]
    fn what_is_passed_over_is_told_with_its_reason() {
        let large = "#".repeat(LARGEST_FILE as usize + 1);
        let seen = keys_read(&[("large.py", &large), ("small.py", "")]);
        assert_eq!(seen, ["large.py: the file is larger than code written by hand", "small.py"]);
    }
}
