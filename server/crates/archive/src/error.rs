//! What can go wrong, told apart by what to do about it.

use std::{io, path::PathBuf};

use thiserror::Error;

/// Each is one sentence that names the folder or file.
#[derive(Debug, Error)]
pub enum Error {
    /// Another process writes here: read along with [`crate::read`], or try again when it has ended.
    #[error("another process keeps spans in {folder}; this one reads them and keeps its own in memory only")]
    InUse {
        /// The archive's folder.
        folder: PathBuf,
    },
    /// No room: keep in memory only, and try again later. The archive is whole, and the frame is not in it.
    #[error("there is no room left on the disk of {folder}; make room, or set data_dir to another disk")]
    Full {
        /// The archive's folder.
        folder: PathBuf,
    },
    /// The frame is over the limit and was not taken; others will be.
    #[error("{bytes} bytes are too many for one piece of the archive; the most is {most}")]
    TooLarge {
        /// What was offered.
        bytes: usize,
        /// What would have been taken.
        most: usize,
    },
    /// The folder cannot be used: keep in memory only.
    #[error(
        "{path} cannot be used ({source}); check its owner and permissions, or set data_dir to another folder"
    )]
    Unusable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Error {
    /// Sorts an error of the operating system by its consequence.
    pub(crate) fn from_io(folder: &std::path::Path, path: &std::path::Path, source: io::Error) -> Error {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Error::Full { folder: folder.to_owned() }
            }
            _ => Error::Unusable { path: path.to_owned(), source },
        }
    }
}
