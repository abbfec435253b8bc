//! Reads a workspace's files, away from the thread that answers editors.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::Read,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use source::Packed;
use world::{Change, Handle};

use super::{
    Roots,
    cache::{Cache, Stamp},
    listing::{Listing, reason},
    observed::Observed,
    readers::{Job, Readers},
};

/// Larger files are generated or bundled, not written by hand.
const LARGEST_FILE: u64 = 1 << 20;

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
        let failed = world.clone();
        let work = move || {
            let observed =
                || world.snapshot_blocking().map(|snapshot| Observed::of(&snapshot)).unwrap_or_default();
            let reading =
                Reading { roots: &roots, caches: Some(&caches), stop: &stopped, observed: &observed };
            reading.run(|change| world.send(change));
        };
        if let Err(error) = thread::Builder::new().name("spanglass-scan".to_owned()).spawn(work) {
            tracing::error!(%error, "the workspace cannot be read");
            failed.send(Change::WorkspaceRead);
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
    /// The whole read. Whatever happens in it, the world is told when it is over.
    fn run(&self, mut send: impl FnMut(Change)) {
        send(Change::WorkspaceBegun);
        let whole = catch_unwind(AssertUnwindSafe(|| self.read_all(&mut send)));
        if whole.is_err() {
            let reason =
                "reading the workspace failed; what was read until then is known, restart to read the rest";
            send(Change::FileSkipped(".".into(), reason.into()));
            send(Change::WorkspaceRead);
        }
    }

    fn read_all(&self, send: &mut dyn FnMut(Change)) {
        let cache = self.caches.map(|folder| Cache::load(folder, self.roots)).unwrap_or_default();
        let observed = (self.observed)();
        let mut known = Vec::new();
        let threads = thread::available_parallelism().map_or(2, usize::from).min(8);
        let (readers, intake) = Readers::start(threads, !observed.is_empty(), read_job);
        let whole = thread::scope(|scope| {
            let listing = Listing { roots: self.roots, stop: self.stop, cache: &cache, observed: &observed };
            let list = move || listing.run(&intake, threads);
            let listed = thread::Builder::new().name("spanglass-list".to_owned()).spawn_scoped(scope, list);
            if let Err(error) = listed {
                tracing::error!(%error, "the folders of the workspace cannot be listed");
            }
            self.read(readers, !observed.is_empty(), &mut known, send)
        });
        if !whole {
            return;
        }
        send(Change::WorkspaceRead);
        if let Err(error) = cache.store(&known) {
            tracing::warn!(%error, "what was found in the sources could not be kept for the next start");
        }
    }

    /// Sends what is read, in whatever order it comes; whether it was not told to stop.
    fn read(
        &self,
        mut readers: Readers,
        is_told: bool,
        known: &mut Vec<(Stamp, Packed)>,
        send: &mut dyn FnMut(Change),
    ) -> bool {
        let (mut is_told, mut looked) = (is_told, Instant::now());
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
            if !is_told && looked.elapsed() > LOOK_AGAIN {
                let observed = (self.observed)();
                looked = Instant::now();
                if !observed.is_empty() {
                    is_told = true;
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

/// The bytes of a file that may hold code. The error is a reason in words.
pub(super) fn bytes_of(path: &Path) -> Result<Vec<u8>, String> {
    let metadata = fs::metadata(path).map_err(|error| reason(&error))?;
    if !metadata.is_file() {
        return Err("it is no regular file".to_owned());
    }
    if metadata.len() > LARGEST_FILE {
        return Err(source::ReadError::TooLarge.to_string());
    }
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    let file = File::open(path).map_err(|error| reason(&error))?;
    // A file can grow while it is read: the limit holds for what is read, not for what was announced.
    file.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(|error| reason(&error))?;
    Ok(bytes)
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
    fn a_read_that_fails_is_over_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let roots = Roots::new([folder.path().to_owned()]);
        let (stop, observed) = (AtomicBool::new(false), || -> Observed { panic!("a mistake") });
        let mut seen = Vec::new();
        let reading = Reading { roots: &roots, caches: None, stop: &stop, observed: &observed };
        reading.run(|change| seen.push(change));
        assert!(matches!(seen.first(), Some(Change::WorkspaceBegun)));
        assert!(matches!(seen.last(), Some(Change::WorkspaceRead)));
    }

    #[test]
    fn what_is_passed_over_is_told_with_its_reason() {
        let large = "#".repeat(LARGEST_FILE as usize + 1);
        let seen = keys_read(&[("large.py", &large), ("small.py", "")]);
        assert_eq!(seen, ["large.py: the file is larger than code written by hand", "small.py"]);
    }
}
