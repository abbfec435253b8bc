//! Where the code that ran came from: what a file was at the revision that ran, from the git repositories of the
//! workspace, and what a bundle was made of, by its source map.
//!
//! Reads only what spans name, away from everything that answers, and only below the folders of the workspace and
//! in their repositories. Whatever cannot be read is a sentence for `doctor`.

#![forbid(unsafe_code)]

mod bundles;
mod folders;
mod lines;
mod reader;
mod repositories;
mod revision;
mod source_map;
mod wanted;

pub use folders::Folder;
pub use reader::Reader;
