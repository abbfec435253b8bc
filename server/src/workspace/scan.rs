//! Reads a workspace's files, away from the thread that answers editors.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

use ignore::WalkBuilder;
use source::Packed;
use world::{Change, Handle};

use super::{
    Roots,
    cache::{Cache, Stamp},
    observed::Observed,
    readers::{Job, Readers},
};

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

/// How often what spans tell is looked at again while files are read.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// A read of a workspace under way. Dropping it stops the read.
#[derive(Debug)]
pub(crate) struct Scan {
    stop: Arc<AtomicBool>,
}

impl Scan {
    /// Starts reading all files below `roots` on threads of their own and sends each to `world`, then
    /// [`Change::WorkspaceRead`]. What is known from the start before, in `caches`, comes first, then what spans tell of.
    pub(crate) fn start(roots: Roots, caches: PathBuf, world: Handle) -> Scan {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let work = move || {
            let observed =
                || world.snapshot_blocking().map(|snapshot| Observed::of(&snapshot)).unwrap_or_default();
            let reading =
                Reading { roots: &roots, caches: Some(&caches), stop: &stopped, observed: &observed };
            reading.run(|change| world.send(change));
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

/// Reads all files below `roots`, with the help of `caches` where that is a folder: a [`Change::FileRead`] or
/// [`Change::FileSkipped`] each, and [`Change::WorkspaceRead`] at the end.
pub(crate) fn read_into(roots: &Roots, caches: Option<&Path>, send: impl FnMut(Change)) {
    let (stop, observed) = (AtomicBool::new(false), Observed::default);
    Reading { roots, caches, stop: &stop, observed: &observed }.run(send);
}

/// One read of a workspace.
struct Reading<'a> {
    roots: &'a Roots,
    caches: Option<&'a Path>,
    stop: &'a AtomicBool,
    /// What spans tell by now.
    observed: &'a dyn Fn() -> Observed,
}

impl Reading<'_> {
    fn run(&self, mut send: impl FnMut(Change)) {
        let cache = self.caches.map(|folder| Cache::load(folder, self.roots)).unwrap_or_default();
        let mut known = Vec::new();
        send(Change::WorkspaceBegun);
        let Some(unknown) = self.list(&cache, &mut known, &mut send) else { return };
        if !self.read(unknown, &mut known, &mut send) {
            return;
        }
        send(Change::WorkspaceRead);
        if let Err(error) = cache.store(&known) {
            tracing::warn!(%error, "what was found in the sources could not be kept for the next start");
        }
    }

    /// Sends what is known from before; answers with the rest, `None` when it was told to stop.
    fn list(
        &self,
        cache: &Cache,
        known: &mut Vec<(Stamp, Packed)>,
        send: &mut dyn FnMut(Change),
    ) -> Option<Vec<Job>> {
        let (now, mut unknown) = (SystemTime::now(), Vec::new());
        for (path, problem) in self.roots.folders().flat_map(source_files) {
            if self.stop.load(Ordering::Relaxed) {
                return None;
            }
            let key = self.roots.key(&path);
            if let Some(problem) = problem {
                send(Change::FileSkipped(key, problem.into()));
                continue;
            }
            let stamp = fs::metadata(&path).ok().and_then(|metadata| Stamp::of(&metadata, now));
            match stamp.and_then(|stamp| Some((stamp, cache.get(&key, stamp)?.clone()))) {
                Some((stamp, packed)) => {
                    known.push((stamp, packed.clone()));
                    send(Change::FileRead(packed));
                }
                None => unknown.push(Job { path, key, stamp }),
            }
        }
        Some(unknown)
    }

    /// Reads and sends files, those first that spans tell of; whether it was not told to stop.
    fn read(
        &self,
        unknown: Vec<Job>,
        known: &mut Vec<(Stamp, Packed)>,
        send: &mut dyn FnMut(Change),
    ) -> bool {
        let threads = thread::available_parallelism().map_or(2, usize::from).min(8);
        let mut observed = (self.observed)();
        let is_told = !observed.is_empty();
        let mut readers = Readers::start(unknown, threads, is_told, read_job);
        if is_told {
            self.prefer(&readers, &observed);
        }
        let mut looked = Instant::now();
        while let Ok(done) = readers.next(Duration::from_millis(50)) {
            if self.stop.load(Ordering::Relaxed) {
                return false;
            }
            if let Some((job, result)) = done {
                known.extend(result.as_ref().ok().and_then(|packed| Some((job.stamp?, packed.clone()))));
                send(match result {
                    Ok(packed) => Change::FileRead(packed),
                    Err(reason) => Change::FileSkipped(job.key, reason.into()),
                });
            }
            // Spans may come after the start: once is enough, the rest is read in seconds.
            if observed.is_empty() && looked.elapsed() > LOOK_AGAIN {
                observed = (self.observed)();
                looked = Instant::now();
                if !observed.is_empty() {
                    self.prefer(&readers, &observed);
                }
            }
        }
        true
    }

    /// Puts first what spans name, then what holds a text of theirs: looking for it costs a thirtieth of reading it.
    fn prefer(&self, readers: &Readers, observed: &Observed) {
        readers.want(&|job| observed.names(&job.key));
        // Moving a file to the front costs a pass over what waits: the first one at once, later ones many at a time.
        let (mut found, mut enough) = (HashSet::new(), 1);
        for job in readers.waiting() {
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            let bytes = bytes_of(&job.path).unwrap_or_default();
            if observed.is_in(&bytes) {
                found.insert(job.key);
            }
            if found.len() >= enough {
                readers.want(&|job| found.contains(&job.key));
                found.clear();
                enough *= 2;
            }
        }
        readers.want(&|job| found.contains(&job.key));
        readers.release();
    }
}

fn read_job(job: &Job) -> Result<Packed, String> {
    read_file(&job.path, &job.key)
}

/// Reads one file. The error is a reason in words.
pub(crate) fn read_file(path: &Path, key: &str) -> Result<Packed, String> {
    let text = String::from_utf8(bytes_of(path)?).map_err(|_| "it is not UTF-8 text".to_owned())?;
    source::read(key, &text).map(Packed::from).map_err(|error| error.to_string())
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, String> {
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
    Ok(bytes)
}

/// Code and manifests that git would track, and what could not be looked into with the reason.
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
                && source::is_read(&entry.path().to_string_lossy());
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
        read_into(&roots, None, |change| match change {
            Change::FileRead(file) => seen.push(file.path().to_string()),
            Change::FileSkipped(key, reason) => seen.push(format!("{key}: {reason}")),
            _ => {}
        });
        seen.sort();
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
            ("web/package.json", "{\"name\": \"web\"}"),
            ("web/tsconfig.json", "{}"),
        ];
        assert_eq!(keys_read(&files), ["app.py", "src/main.rs", "web/package.json"]);
    }

    #[test]
    fn what_is_passed_over_is_told_with_its_reason() {
        let large = "#".repeat(LARGEST_FILE as usize + 1);
        let seen = keys_read(&[("large.py", &large), ("small.py", "")]);
        assert_eq!(seen, ["large.py: the file is larger than code written by hand", "small.py"]);
    }
}
