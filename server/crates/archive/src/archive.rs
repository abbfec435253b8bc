//! The writer: the one process that appends and expires.

use std::{
    collections::VecDeque,
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use model::Timestamp;

use crate::{
    Error, Frames,
    frames::{self, Listed},
    lock,
    segment::{self, HEADER, MOST_PAYLOAD},
};

/// Where to keep frames, and how many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// A folder of its own; made if need be.
    pub folder: PathBuf,
    /// Bytes on disk, all together. Kept to within one segment, a sixteenth of it; quarantined files do not count.
    pub max_bytes: u64,
    /// Older frames are not kept. They leave with their segment, which spans at most an eighth of this.
    pub max_age: Duration,
    /// The time of opening.
    pub now: Timestamp,
}

impl Settings {
    fn segment_bytes(&self) -> u64 {
        (self.max_bytes / 16).clamp(64 * 1024, 64 * 1024 * 1024)
    }
}

/// An archive open for writing. Dropping it lets the next process write.
#[derive(Debug)]
pub struct Archive {
    settings: Settings,
    /// Finished segments, oldest first.
    old: VecDeque<Listed>,
    current: Option<Current>,
    next_sequence: u64,
    _lock: File,
}

/// A frame made ready to be appended: packed and checked. Making it is most of the work of keeping it, and needs no
/// archive.
#[derive(Clone, Debug)]
pub struct Prepared {
    bytes: Vec<u8>,
    time: Timestamp,
}

impl Prepared {
    /// Packs `frame`.
    ///
    /// # Errors
    /// [`Error::TooLarge`]: over 64 MiB.
    pub fn new(frame: &[u8], time: Timestamp) -> Result<Prepared, Error> {
        if frame.len() > MOST_PAYLOAD {
            return Err(Error::TooLarge { bytes: frame.len(), most: MOST_PAYLOAD });
        }
        let mut bytes = Vec::new();
        segment::write_frame(&mut bytes, frame, time);
        Ok(Prepared { bytes, time })
    }
}

/// The segment that is appended to.
#[derive(Debug)]
struct Current {
    listed: Listed,
    file: File,
    is_synced: bool,
}

/// Frames that were appended and may not survive a power cut yet.
#[derive(Debug)]
pub struct Unsynced {
    folder: PathBuf,
    path: PathBuf,
    file: File,
}

impl Unsynced {
    /// Waits until they are on the disk itself; blocks.
    ///
    /// # Errors
    /// As [`Archive::sync`].
    pub fn sync(self) -> Result<(), Error> {
        self.file.sync_data().map_err(|source| Error::from_io(&self.folder, &self.path, source))
    }
}

impl Archive {
    /// Opens the archive for writing and drops what has expired; the frames are what it held before, oldest first,
    /// read from disk as the iterator goes.
    ///
    /// # Errors
    /// [`Error::InUse`] when another process writes here, [`Error::Full`] and [`Error::Unusable`] when the folder
    /// cannot be made or locked.
    pub fn open(settings: &Settings) -> Result<(Archive, Frames), Error> {
        let folder = &settings.folder;
        let lock = lock::take(folder)?;
        let old = frames::list(folder).map_err(|source| Error::from_io(folder, folder, source))?;
        let next_sequence = old.back().map_or(1, |last| last.sequence + 1);
        let mut archive =
            Archive { settings: settings.clone(), old, current: None, next_sequence, _lock: lock };
        archive.expire(settings.now);
        let frames = Frames::repairing(settings, archive.old.clone());
        Ok((archive, frames))
    }

    /// Keeps a frame. When this returns, the frame survives the death of this process; see [`Archive::sync`] for that
    /// of the machine. Costs one write to the operating system.
    ///
    /// # Errors
    /// [`Error::Full`]: not taken, and the archive is as before. [`Error::TooLarge`]: over 64 MiB.
    /// [`Error::Unusable`]: nothing can be kept any more.
    pub fn append(&mut self, frame: &[u8], time: Timestamp) -> Result<(), Error> {
        self.append_prepared(&Prepared::new(frame, time)?)
    }

    /// As [`Archive::append`], for a frame that was packed elsewhere.
    ///
    /// # Errors
    /// As [`Archive::append`].
    pub fn append_prepared(&mut self, frame: &Prepared) -> Result<(), Error> {
        let Prepared { bytes, time } = frame;
        let time = *time;
        if self.current.as_ref().is_some_and(|current| self.is_finished(current, bytes.len(), time)) {
            self.finish_segment()?;
            self.expire(time);
        }
        let mut current = match self.current.take() {
            Some(current) => current,
            None => self.new_segment(time)?,
        };
        let written = current.file.write_all(bytes);
        if let Err(source) = written {
            let error = Error::from_io(&self.settings.folder, &current.listed.path, source);
            // Half a frame may be there: cut it off, or leave the segment if even that fails.
            if current.file.set_len(current.listed.bytes).is_ok() {
                self.current = Some(current);
            } else {
                self.old.push_back(current.listed);
            }
            return Err(error);
        }
        current.listed.bytes += bytes.len() as u64;
        current.listed.newest = current.listed.newest.max(time);
        current.is_synced = false;
        self.current = Some(current);
        Ok(())
    }

    /// Waits until everything that was appended is on the disk itself. Meant to be called about once a second from a
    /// thread that may block; costs nothing when nothing was appended since.
    ///
    /// # Errors
    /// As [`Archive::append`]; what was appended since the last success may not survive a power cut.
    pub fn sync(&mut self) -> Result<(), Error> {
        let Some(current) = &mut self.current else {
            return Ok(());
        };
        if !current.is_synced {
            let synced = current.file.sync_data();
            synced.map_err(|source| Error::from_io(&self.settings.folder, &current.listed.path, source))?;
            current.is_synced = true;
        }
        Ok(())
    }

    /// What is not on the disk itself yet, to be waited for without the archive: whoever shares one behind a lock need
    /// not hold it during [`Unsynced::sync`], which may take a second. `None` when everything is.
    pub fn unsynced(&mut self) -> Option<Unsynced> {
        let current = self.current.as_mut().filter(|current| !current.is_synced)?;
        let file = current.file.try_clone().ok()?;
        current.is_synced = true;
        Some(Unsynced { folder: self.settings.folder.clone(), path: current.listed.path.clone(), file })
    }

    /// Deletes whole segments: those whose newest frame is too old at `now`, and the oldest ones while there are too
    /// many bytes. Also done by itself whenever a segment is finished.
    pub fn expire(&mut self, now: Timestamp) {
        let oldest_kept = now.minus(self.settings.max_age);
        // Room for the segment that is being written.
        let most = self.settings.max_bytes.saturating_sub(self.settings.segment_bytes());
        let mut bytes: u64 = self.old.iter().map(|listed| listed.bytes).sum();
        while let Some(oldest) = self.old.front() {
            if bytes <= most && oldest.newest >= oldest_kept {
                return;
            }
            match fs::remove_file(&oldest.path) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    tracing::warn!(path = %oldest.path.display(), %error, "could not delete an expired segment");
                    return;
                }
            }
            bytes -= oldest.bytes;
            self.old.pop_front();
        }
    }

    /// Bytes on disk, quarantined files apart.
    pub fn bytes(&self) -> u64 {
        let current = self.current.as_ref().map_or(0, |current| current.listed.bytes);
        current + self.old.iter().map(|listed| listed.bytes).sum::<u64>()
    }

    /// Ends writing, with everything on the disk itself.
    ///
    /// # Errors
    /// As [`Archive::sync`].
    pub fn close(mut self) -> Result<(), Error> {
        self.sync()
    }

    fn is_finished(&self, current: &Current, more: usize, now: Timestamp) -> bool {
        current.listed.bytes + more as u64 > self.settings.segment_bytes()
            || now.since(current.listed.created) > self.settings.max_age / 8
    }

    fn finish_segment(&mut self) -> Result<(), Error> {
        let synced = self.sync();
        self.old.extend(self.current.take().map(|current| current.listed));
        synced
    }

    fn new_segment(&mut self, now: Timestamp) -> Result<Current, Error> {
        let path = self.settings.folder.join(frames::name(self.next_sequence, now));
        let failed = |source: io::Error| Error::from_io(&self.settings.folder, &path, source);
        // Appending, so that after a failed write the next one goes to where the file was cut off.
        let mut file =
            lock::open_private(&path, OpenOptions::new().append(true).create_new(true)).map_err(failed)?;
        self.next_sequence += 1;
        if let Err(source) = file.write_all(&HEADER) {
            let _ = fs::remove_file(&path);
            return Err(failed(source));
        }
        sync_folder(&self.settings.folder);
        let bytes = HEADER.len() as u64;
        let sequence = self.next_sequence - 1;
        let listed = Listed { path, sequence, created: now, newest: now, bytes };
        Ok(Current { listed, file, is_synced: false })
    }
}

/// Makes a new name in the folder last; where folders cannot be synced, names are on disk in time by themselves.
pub(crate) fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}
