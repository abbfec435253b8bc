//! The code on disk: which folders, how their files are named in the index, and the first read of them, or what
//! is remembered of it.

mod cache;
mod listing;
mod observed;
mod readers;
mod roots;
mod scan;

pub(crate) use roots::Roots;
pub(crate) use scan::{Scan, read_file, read_into};
