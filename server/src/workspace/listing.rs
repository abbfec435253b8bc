//! Which files of the workspace there are to read, found on several threads: what spans tell of is found on the way, so
//! that it is read while the rest is still listed.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    time::SystemTime,
};

use ignore::{DirEntry, WalkBuilder, WalkState};

use super::{
    Roots,
    cache::{Cache, Stamp},
    observed::Observed,
    readers::{Intake, Job},
    scan::bytes_of,
};

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

/// What decides what becomes of a file that is found.
pub(super) struct Listing<'a> {
    pub(super) roots: &'a Roots,
    pub(super) stop: &'a AtomicBool,
    /// What is known from before.
    pub(super) cache: &'a Cache,
    /// What spans tell.
    pub(super) observed: &'a Observed,
}

impl Listing<'_> {
    /// Hands in every file with a known extension that git would track, and tells what could not be looked into.
    pub(super) fn run(&self, intake: &Intake, threads: usize) {
        let now = SystemTime::now();
        for folder in self.roots.folders() {
            walk(folder, threads).run(|| {
                Box::new(move |entry| {
                    if self.stop.load(Ordering::Relaxed) {
                        return WalkState::Quit;
                    }
                    match entry {
                        Ok(entry) => self.file(&entry, now, intake),
                        Err(error) => {
                            let (path, reason) = unreadable(folder, &error);
                            self.pass_over(path, reason, intake);
                        }
                    }
                    WalkState::Continue
                })
            });
        }
    }

    fn file(&self, entry: &DirEntry, now: SystemTime, intake: &Intake) {
        let path = entry.path();
        let kind = entry.file_type();
        if kind.is_some_and(|kind| kind.is_dir()) {
            return;
        }
        if kind.is_some_and(|kind| kind.is_symlink()) {
            // What a link leads to is read where it lies; code that it does not lead to may be missed by somebody.
            let found = fs::metadata(path).and_then(|_| around(path));
            let is_told = |error: &io::Error| error.kind() != io::ErrorKind::NotFound || is_code(path);
            if let Some(error) = found.err().filter(is_told) {
                self.pass_over(path.to_owned(), reason(&error), intake);
            }
            return;
        }
        if !is_code(path) {
            return;
        }
        if !kind.is_some_and(|kind| kind.is_file()) {
            return self.pass_over(path.to_owned(), "it is no regular file".to_owned(), intake);
        }
        let key = self.roots.key(path);
        let stamp = entry.metadata().ok().and_then(|metadata| Stamp::of(&metadata, now));
        let job = Job { path: path.to_owned(), key, stamp };
        match stamp.and_then(|stamp| self.cache.get(&job.key, stamp)) {
            Some(packed) => intake.tell((job, Ok(packed.clone()))),
            None => {
                let is_wanted = self.is_told_of(&job);
                intake.add(job, is_wanted);
            }
        }
    }

    /// Whether spans name the file, or a text of theirs stands in it: looking for it costs a thirtieth of reading it.
    fn is_told_of(&self, job: &Job) -> bool {
        let holds = || bytes_of(&job.path).is_ok_and(|bytes| self.observed.is_in(&bytes));
        !self.observed.is_empty() && (self.observed.names(&job.key) || holds())
    }

    fn pass_over(&self, path: PathBuf, reason: String, intake: &Intake) {
        let key = self.roots.key(&path);
        intake.tell((Job { path, key, stamp: None }, Err(reason)));
    }
}

/// Whether it is code, or tells of a program's name or settings.
fn is_code(path: &Path) -> bool {
    source::is_read(&path.to_string_lossy())
}

fn walk(folder: &Path, threads: usize) -> ignore::WalkParallel {
    WalkBuilder::new(folder)
        .require_git(false)
        .follow_links(false)
        .filter_entry(|entry| {
            let is_folder = entry.file_type().is_some_and(|it| it.is_dir());
            let name = entry.file_name().to_string_lossy();
            !(is_folder && entry.depth() > 0 && FOREIGN.contains(&name.as_ref()))
        })
        .threads(threads)
        .build_parallel()
}

/// Fails for a link to a folder that it lies in: following it would never end.
fn around(link: &Path) -> io::Result<()> {
    let target = link.canonicalize()?;
    let parent = link.parent().map(Path::canonicalize).transpose()?;
    if parent.is_some_and(|parent| parent.starts_with(&target)) {
        return Err(io::Error::other(
            "it is a symbolic link to a folder that it lies in; it is not followed",
        ));
    }
    Ok(())
}

/// What could not be looked into, and why.
fn unreadable(folder: &Path, error: &ignore::Error) -> (PathBuf, String) {
    match error {
        ignore::Error::WithPath { path, err } => (path.clone(), unreadable(folder, err).1),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            unreadable(folder, err)
        }
        ignore::Error::Io(error) => (folder.to_owned(), reason(error)),
        other => (folder.to_owned(), other.to_string()),
    }
}

/// Why something could not be read, in words that say what to do.
pub(super) fn reason(error: &io::Error) -> String {
    /// Too many levels of symbolic links: Linux, macOS and the BSDs.
    const LOOPS: [i32; 2] = if cfg!(target_os = "linux") { [40, 40] } else { [62, 62] };
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "there is no right to read it; grant it, or have git ignore it".to_owned()
        }
        io::ErrorKind::NotFound => "it leads to nothing, or is gone".to_owned(),
        _ if cfg!(unix) && error.raw_os_error().is_some_and(|code| LOOPS.contains(&code)) => {
            "it is a symbolic link that leads back to itself".to_owned()
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_read_is_told_with_what_to_do() {
        let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
        assert!(reason(&denied()).contains("no right to read it"));
        let error = ignore::Error::WithPath {
            path: "shop/secret".into(),
            err: Box::new(ignore::Error::WithDepth { depth: 1, err: Box::new(ignore::Error::Io(denied())) }),
        };
        let (path, words) = unreadable(Path::new("shop"), &error);
        assert_eq!((path.as_path(), words), (Path::new("shop/secret"), reason(&denied())));
        assert_eq!(reason(&io::Error::other("the disk is gone")), "the disk is gone");
    }

    #[cfg(unix)]
    #[test]
    fn links_that_lead_in_circles_are_told_and_others_are_not() {
        use std::os::unix::fs::symlink;

        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::write(path("a.py"), "").unwrap();
        fs::create_dir(path("inner")).unwrap();
        symlink("itself.py", path("itself.py")).unwrap();
        symlink("..", path("inner/up")).unwrap();
        symlink("../a.py", path("inner/b.py")).unwrap();
        symlink("/dev/zero", path("zero.py")).unwrap();
        symlink("gone", path("gone.py")).unwrap();
        symlink("gone", path("gone.txt")).unwrap();
        let mut seen = Vec::new();
        super::super::read_into(&Roots::new([folder.path().to_owned()]), None, |change| match change {
            world::Change::FileRead(file) => seen.push(file.path().to_string()),
            world::Change::FileSkipped(key, reason) => seen.push(format!("{key}: {reason}")),
            _ => {}
        });
        seen.sort();
        let wanted = [
            "a.py",
            "gone.py: it leads to nothing, or is gone",
            "inner/up: it is a symbolic link to a folder that it lies in; it is not followed",
            "itself.py: it is a symbolic link that leads back to itself",
        ];
        assert_eq!(seen, wanted);
    }
}
