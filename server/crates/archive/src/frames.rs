//! The reader: what an archive holds, oldest first, whatever happened to its files.

use std::{
    collections::VecDeque,
    ffi::OsStr,
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use model::Timestamp;

use crate::{
    Error, Settings, archive, lock,
    segment::{self, FRAME_OVERHEAD, HEADER, MOST_PAYLOAD},
};

/// A frame as it was appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The time that it was given.
    pub time: Timestamp,
    /// What was appended.
    pub bytes: Vec<u8>,
}

/// What reading met so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Good frames, those too old to be given out included.
    pub frames: u64,
    /// Files that were damaged, or not understood at all.
    pub damaged_files: u64,
    /// Bytes passed over in damaged files, and all bytes of those not understood.
    pub lost_bytes: u64,
    /// Unfinished frames at the end of a segment, whose writer died while it wrote.
    pub torn_tails: u64,
}

/// Frames of an archive, oldest first. Holds one segment in memory at a time.
#[derive(Debug)]
pub struct Frames {
    folder: PathBuf,
    oldest_kept: Timestamp,
    segments: VecDeque<Listed>,
    /// Time and bytes as they are on disk.
    ready: VecDeque<(Timestamp, Box<[u8]>)>,
    report: Report,
    /// Whether damaged files are mended and put aside; only the writer may.
    is_repairing: bool,
}

/// A segment as the folder lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) path: PathBuf,
    pub(crate) sequence: u64,
    pub(crate) created: Timestamp,
    /// No frame in it is newer.
    pub(crate) newest: Timestamp,
    pub(crate) bytes: u64,
}

/// Reads an archive without a right to write, also while another process writes it: frames that are not finished yet
/// are not seen, segments that expire meanwhile are missing. An archive that does not exist is empty.
///
/// # Errors
/// When the folder cannot be listed.
pub fn read(settings: &Settings) -> Result<Frames, Error> {
    let folder = &settings.folder;
    let segments = match list(folder) {
        Ok(segments) => segments,
        Err(error) if error.kind() == io::ErrorKind::NotFound => VecDeque::new(),
        Err(source) => return Err(Error::from_io(folder, folder, source)),
    };
    Ok(Frames { is_repairing: false, ..Frames::repairing(settings, segments) })
}

impl Frames {
    pub(crate) fn repairing(settings: &Settings, segments: VecDeque<Listed>) -> Frames {
        Frames {
            folder: settings.folder.clone(),
            oldest_kept: settings.now.minus(settings.max_age),
            segments,
            ready: VecDeque::new(),
            report: Report::default(),
            is_repairing: true,
        }
    }

    /// The newest segments only, `bytes` of them on disk: for a reader that has no room for more. The others are
    /// neither read nor mended.
    #[must_use]
    pub fn newest(mut self, bytes: u64) -> Frames {
        let mut left = bytes;
        let fitting = self.segments.iter().rev().take_while(|listed| {
            let fits = listed.bytes <= left;
            left = left.saturating_sub(listed.bytes);
            fits
        });
        let passed_over = self.segments.len() - fitting.count();
        self.segments.drain(..passed_over);
        self
    }

    /// What was met so far; complete when the iterator is at its end.
    pub fn report(&self) -> Report {
        self.report
    }

    fn load(&mut self, listed: &Listed) {
        let path = &listed.path;
        // More than a writer makes: foreign, and perhaps endless.
        let bytes = match listed.bytes > 2 * (MOST_PAYLOAD + FRAME_OVERHEAD) as u64 {
            true => Err(io::Error::from(io::ErrorKind::FileTooLarge)),
            false => fs::read(path),
        };
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) => {
                tracing::warn!(path = %path.display(), %error, "a segment cannot be read");
                self.report.damaged_files += 1;
                self.report.lost_bytes += listed.bytes;
                return;
            }
        };
        if !segment::is_known(&bytes) {
            return self.foreign(path, &bytes);
        }
        let (found, damage) = segment::frames(&bytes);
        self.report.frames += found.len() as u64;
        self.report.torn_tails += u64::from(damage.torn > 0);
        if damage.skipped > 0 {
            self.report.damaged_files += 1;
            self.report.lost_bytes += damage.skipped as u64;
            tracing::warn!(path = %path.display(), bytes = damage.skipped, "a segment is damaged");
            if self.is_repairing
                && let Err(error) = mend(&self.folder, path, &found)
            {
                tracing::warn!(path = %path.display(), %error, "it could not be mended");
            }
        }
        let kept = found.into_iter().filter(|frame| frame.time >= self.oldest_kept);
        self.ready.extend(kept.map(|frame| (frame.time, frame.whole.into())));
    }

    /// A file with the name of a segment and another content: of a later version, or destroyed.
    fn foreign(&mut self, path: &Path, bytes: &[u8]) {
        // Its writer died before the header was written: nothing was ever in it.
        if segment::is_torn_header(bytes) {
            if self.is_repairing {
                let _ = fs::remove_file(path);
            }
            return;
        }
        self.report.damaged_files += 1;
        self.report.lost_bytes += bytes.len() as u64;
        tracing::warn!(path = %path.display(), "a segment is not understood; it is put aside");
        if self.is_repairing
            && let Err(error) = quarantine(&self.folder, path)
        {
            tracing::warn!(path = %path.display(), %error, "it could not be put aside");
        }
    }
}

impl Iterator for Frames {
    type Item = Frame;

    fn next(&mut self) -> Option<Frame> {
        loop {
            while self.ready.is_empty() {
                let listed = self.segments.pop_front()?;
                self.load(&listed);
            }
            let (time, whole) = self.ready.pop_front()?;
            match segment::payload(&whole) {
                Some(bytes) => return Some(Frame { time, bytes }),
                None => self.report.lost_bytes += whole.len() as u64,
            }
        }
    }
}

/// The file name of a segment: sequence number and time of creation, so that names sort by age.
pub(crate) fn name(sequence: u64, created: Timestamp) -> String {
    format!("{sequence:012}-{:020}.seg", created.0)
}

/// The segments in `folder`, oldest first. Names that are none of ours are left alone.
pub(crate) fn list(folder: &Path) -> io::Result<VecDeque<Listed>> {
    let mut segments = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let Some((sequence, created)) = path.file_name().and_then(parse_name) else {
            continue;
        };
        let Ok(metadata) = entry.metadata() else {
            continue;
        };
        // No frame is written after the file was last changed.
        let changed = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let newest = changed.map_or(created, |time| Timestamp(time.as_nanos() as u64)).max(created);
        if metadata.is_file() {
            segments.push(Listed { path, sequence, created, newest, bytes: metadata.len() });
        }
    }
    segments.sort_by_key(|listed| listed.sequence);
    Ok(segments.into())
}

fn parse_name(name: &OsStr) -> Option<(u64, Timestamp)> {
    let (sequence, created) = name.to_str()?.strip_suffix(".seg")?.split_once('-')?;
    Some((sequence.parse().ok()?, Timestamp(created.parse().ok()?)))
}

/// Puts the damaged file aside and a segment with its good frames in its place. Whenever this is interrupted, one of
/// the two is there.
fn mend(folder: &Path, path: &Path, good: &[segment::Found<'_>]) -> io::Result<()> {
    let mut bytes = HEADER.to_vec();
    good.iter().for_each(|frame| bytes.extend(frame.whole));
    let draft = path.with_extension("mending");
    let mut file = lock::open_private(&draft, OpenOptions::new().create(true).truncate(true))?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    let aside = aside(folder, path)?;
    if fs::hard_link(path, &aside).is_err() {
        fs::copy(path, &aside)?;
    }
    fs::rename(&draft, path)?;
    archive::sync_folder(folder);
    Ok(())
}

fn quarantine(folder: &Path, path: &Path) -> io::Result<()> {
    fs::rename(path, aside(folder, path)?)
}

/// A free name in the folder for what is not understood.
fn aside(folder: &Path, path: &Path) -> io::Result<PathBuf> {
    let quarantine = folder.join("quarantine");
    lock::make_private(&quarantine)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let names = std::iter::once(name.to_string()).chain((2..1_000).map(|number| format!("{name}.{number}")));
    names
        .map(|name| quarantine.join(name))
        .find(|path| !path.exists())
        .ok_or_else(|| io::ErrorKind::AlreadyExists.into())
}
