//! Pins, rejections and the folders of services in `spanglass.toml`: reading what people write there, and writing
//! what they say elsewhere without touching the rest.

mod read;
mod watch;
mod write;

use std::path::{Path, PathBuf};

use attribution::Rulings;
use source::FunctionKey;

#[cfg(test)]
pub(crate) use read::KEYS;
pub(crate) use read::{function_of, kind_of, read};
pub(crate) use watch::watch;
pub(crate) use write::write;

/// The name of the settings file at the root of a workspace.
pub(crate) const FILE: &str = "spanglass.toml";

/// What the settings files of a workspace say of placements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Spoken {
    /// What can be used.
    pub(crate) rulings: Rulings,
    /// What cannot, each a sentence.
    pub(crate) warnings: Vec<String>,
}

/// Pinned or rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    /// The spans belong to the function.
    Pin,
    /// They do not.
    Reject,
}

impl Verb {
    /// The key of its entries in the file.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Verb::Pin => "pin",
            Verb::Reject => "reject",
        }
    }

    fn other(self) -> Verb {
        match self {
            Verb::Pin => Verb::Reject,
            Verb::Reject => Verb::Pin,
        }
    }
}

/// Everything that cannot be followed: what could not be read, and what the code as it stands does not have.
pub(crate) fn problems(spoken: &[String], snapshot: &world::Snapshot) -> Vec<String> {
    let mut all = spoken.to_vec();
    // While the workspace is being read, what is missing may yet come.
    if snapshot.status.workspace_read {
        all.extend(snapshot.table.rulings().problems(&snapshot.index));
    }
    all
}

/// `Payments.charge`, or `Payments.charge#2` for the second of that name.
fn function_text(function: &FunctionKey) -> String {
    match function.nth {
        0 => function.path.to_string(),
        nth => format!("{}#{}", function.path, nth + 1),
    }
}

/// The settings files of `folders`.
fn files<'a>(folders: impl Iterator<Item = &'a Path>) -> Vec<PathBuf> {
    folders.map(|folder| folder.join(FILE)).collect()
}
