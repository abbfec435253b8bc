//! What was found in each file, kept on disk between two starts: a file that did not change since need not be read.
//!
//! One file a workspace. It is only ever replaced as a whole, and whatever is wrong with it costs no more than reading
//! the sources again.

use std::{
    collections::HashMap,
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    io::Write,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use model::SmolStr;
use source::Packed;

use super::Roots;

/// Begins every cache; the number changes with the layout.
const MAGIC: &[u8] = b"spanglass index 1\n";
/// Times on disk may be this coarse: what changed shortly before it was read may have changed again unseen.
const COARSE: Duration = Duration::from_secs(2);

/// A workspace that was not opened for so long is forgotten.
const KEPT: Duration = Duration::from_secs(60 * 24 * 3_600);

/// By what a file is known not to have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Nanoseconds since 1970.
    modified: u64,
    size: u64,
}

/// What was found in the files of one workspace, with the stamps that they had.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    file: Option<PathBuf>,
    entries: HashMap<SmolStr, (Stamp, Packed)>,
}

impl Stamp {
    /// The stamp of a file; `None` for one that changed so lately that it may change again without another stamp.
    pub(crate) fn of(metadata: &fs::Metadata, now: SystemTime) -> Option<Stamp> {
        let modified = metadata.modified().ok()?;
        if modified + COARSE > now {
            return None;
        }
        let modified = modified.duration_since(UNIX_EPOCH).ok()?.as_nanos();
        Some(Stamp { modified: u64::try_from(modified).ok()?, size: metadata.len() })
    }
}

impl Cache {
    /// Reads the cache of the workspace at `roots` in `folder`; empty where there is none that can be used.
    pub(crate) fn load(folder: &Path, roots: &Roots) -> Cache {
        let mut hasher = DefaultHasher::new();
        roots.folders().for_each(|root| root.hash(&mut hasher));
        let file = folder.join(format!("{:016x}.index", hasher.finish()));
        let entries = fs::read(&file).ok().and_then(|bytes| decode(&bytes)).unwrap_or_default();
        Cache { file: Some(file), entries }
    }

    /// What was found in the file known by `key`, if that has this stamp.
    pub(crate) fn get(&self, key: &str, stamp: Stamp) -> Option<&Packed> {
        self.entries.get(key).filter(|(known, _)| *known == stamp).map(|(_, packed)| packed)
    }

    /// Replaces the cache on disk.
    ///
    /// # Errors
    /// When it cannot be written; the one before stays as it was.
    pub(crate) fn store(&self, entries: &[(Stamp, Packed)]) -> std::io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        if entries.is_empty() && self.entries.is_empty() {
            return Ok(());
        }
        if entries.len() == self.entries.len()
            && entries.iter().all(|(stamp, packed)| {
                self.get(packed.path(), *stamp).is_some_and(|known| known.is_same(packed))
            })
        {
            return used(file);
        }
        let folder = file.parent().unwrap_or(Path::new("."));
        private_folder(folder)?;
        forget_old(folder);
        let beside = file.with_extension(format!("{}.new", std::process::id()));
        let written = private_file(&beside).and_then(|mut new| {
            new.write_all(&encode(entries))?;
            fs::rename(&beside, file)
        });
        if written.is_err() {
            drop(fs::remove_file(&beside));
        }
        written
    }
}

/// Names and texts of private code are nobody else's business.
fn private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn private_file(file: &Path) -> std::io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

/// Notes that a cache is in use, by its time.
fn used(file: &Path) -> std::io::Result<()> {
    fs::File::options().append(true).open(file)?.set_modified(SystemTime::now())
}

/// Removes caches of workspaces that nobody has opened for long.
fn forget_old(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.path().extension().is_some_and(|it| it == "index")) {
        let age = entry.metadata().and_then(|it| it.modified()).ok().and_then(|it| it.elapsed().ok());
        if age.is_some_and(|age| age > KEPT) {
            drop(fs::remove_file(entry.path()));
        }
    }
}

/// The build that wrote a cache: readers of another one may find other facts.
fn build() -> Vec<u8> {
    let program = std::env::current_exe().and_then(fs::metadata);
    let stamp = program.ok().and_then(|it| Some((it.len(), it.modified().ok()?)));
    let mut hasher = DefaultHasher::new();
    (env!("CARGO_PKG_VERSION"), stamp).hash(&mut hasher);
    hasher.finish().to_le_bytes().to_vec()
}

fn encode(entries: &[(Stamp, Packed)]) -> Vec<u8> {
    let mut bytes = [MAGIC, &build()].concat();
    let mut record = Vec::new();
    for (stamp, packed) in entries {
        record.clear();
        record.extend(stamp.modified.to_le_bytes());
        record.extend(stamp.size.to_le_bytes());
        record.extend((packed.path().len() as u32).to_le_bytes());
        record.extend(packed.path().as_bytes());
        packed.write(&mut record);
        bytes.extend((record.len() as u32).to_le_bytes());
        bytes.extend(crc32fast::hash(&record).to_le_bytes());
        bytes.extend(&record);
    }
    bytes
}

/// The records up to the first that is cut off or damaged; `None` when another build wrote them.
fn decode(bytes: &[u8]) -> Option<HashMap<SmolStr, (Stamp, Packed)>> {
    let mut rest = bytes.strip_prefix(MAGIC)?.strip_prefix(&*build())?;
    let mut entries = HashMap::new();
    while let Some((record, after)) = next_record(rest) {
        let (stamp, packed) = decode_record(record)?;
        entries.insert(packed.path().clone(), (stamp, packed));
        rest = after;
    }
    Some(entries)
}

fn next_record(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, bytes) = bytes.split_first_chunk()?;
    let (sum, bytes) = bytes.split_first_chunk()?;
    let (record, after) = bytes.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    (crc32fast::hash(record) == u32::from_le_bytes(*sum)).then_some((record, after))
}

fn decode_record(record: &[u8]) -> Option<(Stamp, Packed)> {
    let (modified, record) = record.split_first_chunk()?;
    let (size, record) = record.split_first_chunk()?;
    let (length, record) = record.split_first_chunk()?;
    let (path, record) = record.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let stamp = Stamp { modified: u64::from_le_bytes(*modified), size: u64::from_le_bytes(*size) };
    Some((stamp, Packed::read(std::str::from_utf8(path).ok()?, record)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, modified: u64) -> (Stamp, Packed) {
        let packed = source::read(path, "def a(): pass").unwrap().into();
        (Stamp { modified, size: 13 }, packed)
    }

    #[test]
    fn what_was_stored_is_known_by_its_stamp() {
        let folder = tempfile::tempdir().unwrap();
        let roots = Roots::new([folder.path().join("shop")]);
        let entries = [entry("a.py", 1), entry("b.py", 2)];
        Cache::load(folder.path(), &roots).store(&entries).unwrap();
        let cache = Cache::load(folder.path(), &roots);
        assert_eq!(cache.get("b.py", entries[1].0).unwrap().functions(), 1);
        assert!(cache.get("b.py", entries[0].0).is_none());
        assert!(Cache::load(folder.path(), &Roots::new([folder.path().join("other")])).entries.is_empty());
    }

    #[test]
    fn nothing_to_keep_needs_no_cache() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::load(&folder.path().join("index"), &Roots::new([folder.path().to_owned()]));
        cache.store(&[]).unwrap();
        assert!(!folder.path().join("index").exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_cache_is_for_its_user_alone_and_is_forgotten_when_nobody_uses_it() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let (caches, roots) = (folder.path().join("index"), Roots::new([folder.path().join("shop")]));
        let cache = Cache::load(&caches, &roots);
        cache.store(&[entry("a.py", 1)]).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let file = cache.file.unwrap();
        assert_eq!((mode(&caches), mode(&file)), (0o700, 0o600));
        let other = Cache::load(&caches, &Roots::new([folder.path().join("other")]));
        private_file(&file).unwrap().set_modified(SystemTime::now() - KEPT - COARSE).unwrap();
        other.store(&[entry("a.py", 1)]).unwrap();
        assert!(!file.exists());
    }

    #[test]
    fn a_damaged_cache_costs_what_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let roots = Roots::new([folder.path().join("shop")]);
        let cache = Cache::load(folder.path(), &roots);
        cache.store(&[entry("a.py", 1), entry("b.py", 2)]).unwrap();
        let file = cache.file.unwrap();
        let whole = fs::read(&file).unwrap();
        for at in 0..whole.len() {
            fs::write(&file, &whole[..at]).unwrap();
            assert!(Cache::load(folder.path(), &roots).entries.len() < 2);
        }
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x10;
            fs::write(&file, &bytes).unwrap();
            assert!(Cache::load(folder.path(), &roots).entries.len() < 2, "byte {at}");
        }
    }
}
