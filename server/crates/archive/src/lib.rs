//! Spans on disk: append, expire, reload. Sole owner of its folder.
//!
//! The archive keeps opaque frames of bytes, each with a time, in segments: files that only grow, and that leave as a
//! whole. What it promises:
//!
//! * A frame that [`Archive::append`] took survives the death of the process, however it dies: it has been written to
//!   the operating system. It survives the death of the machine once [`Archive::sync`] returned after it. Call that
//!   about once a second, not for each frame: waiting for the disk each time would cost a hundred times the writing,
//!   to save at most the last second before a power cut.
//! * Damage costs only what it touches. Each frame has a mark and a checksum; reading goes on at the next good frame.
//! * What is not understood is never deleted: damaged and foreign files move to the folder `quarantine`.
//! * One process writes at a time; others may read along with [`read`].

#![forbid(unsafe_code)]

mod archive;
mod error;
mod frames;
mod lock;
mod segment;
#[cfg(test)]
mod tests;

pub use archive::{Archive, Prepared, Settings, Unsynced};
pub use error::Error;
pub use frames::{Frame, Frames, Report, read};
