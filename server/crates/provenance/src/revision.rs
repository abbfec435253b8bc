//! One revision of one repository: its files, what they held, and what they are called today.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use attribution::home;
use git2::{Delta, DiffFindOptions, DiffOptions, ObjectType, Oid, Repository, TreeWalkMode, TreeWalkResult};
use model::SmolStr;
use source::Language;

/// Files of a revision that are known by name.
const MAX_FILES: usize = 300_000;
/// Pairs compared when renamed files are looked for.
const RENAME_LIMIT: usize = 1_000;
/// Larger files are generated or bundled, not written by hand.
const LARGEST_FILE: usize = 1 << 20;
/// Files that one path may mean.
const MAX_MEANT: usize = 8;

/// A revision that was found.
pub(crate) struct Revision {
    /// The number of its repository.
    pub(crate) repository: usize,
    /// For people.
    pub(crate) short: SmolStr,
    /// See [`attribution::PastFile::exact`].
    pub(crate) exact: bool,
    tree: Oid,
    /// Files by their name without folders.
    files: HashMap<String, Vec<(String, Oid)>>,
    renames: Option<HashMap<String, PathBuf>>,
}

impl Revision {
    /// Reads the names of the files of `commit`.
    pub(crate) fn of(repository: usize, commit: &git2::Commit<'_>, exact: bool) -> Option<Revision> {
        let tree = commit.tree().ok()?;
        let mut files: HashMap<String, Vec<(String, Oid)>> = HashMap::new();
        let mut count = 0;
        let walked = tree.walk(TreeWalkMode::PreOrder, |folder, entry| {
            if let (Some(ObjectType::Blob), Ok(name)) = (entry.kind(), entry.name())
                && Language::of_path(name).is_some()
            {
                count += 1;
                files.entry(name.to_owned()).or_default().push((format!("{folder}{name}"), entry.id()));
            }
            if count < MAX_FILES { TreeWalkResult::Ok } else { TreeWalkResult::Abort }
        });
        if walked.is_err() && count < MAX_FILES {
            return None;
        }
        let id = commit.id().to_string();
        let short = id.get(..7).unwrap_or(&id).into();
        Some(Revision { repository, short, exact, tree: tree.id(), files, renames: None })
    }

    /// The files that `path`, as telemetry spells it, may mean: those that share the longest end with it.
    pub(crate) fn meant_by(&self, path: &str) -> Vec<(String, Oid)> {
        let Some(path) = home(path) else { return Vec::new() };
        let name = path.rsplit('/').next().unwrap_or(&path);
        let Some(named) = self.files.get(name) else { return Vec::new() };
        let mut end = path.as_str();
        loop {
            let is_short = !end.contains('/') && end.len() < path.len();
            let fits = |(file, _): &&(String, Oid)| {
                let before = file.strip_suffix(end);
                before.is_some_and(|it| it.is_empty() || (it.ends_with('/') && !is_short))
            };
            let found: Vec<_> = named.iter().filter(fits).take(MAX_MEANT).cloned().collect();
            match end.split_once('/') {
                Some((_, shorter)) if found.is_empty() => end = shorter,
                _ => return found,
            }
        }
    }

    /// The file in the working tree that `path` became, if it was renamed.
    pub(crate) fn renamed(&mut self, repository: &Repository, path: &str) -> Option<PathBuf> {
        let tree = self.tree;
        self.renames.get_or_insert_with(|| renames(repository, tree).unwrap_or_default()).get(path).cloned()
    }

    /// Renames are looked for again when next asked for: the working tree has changed.
    pub(crate) fn forget_renames(&mut self) {
        self.renames = None;
    }
}

/// The text of a file of a revision, if it is one that is read.
pub(crate) fn text_of(repository: &Repository, id: Oid) -> Option<String> {
    let blob = repository.find_blob(id).ok()?;
    if blob.size() > LARGEST_FILE {
        return None;
    }
    String::from_utf8(blob.content().to_vec()).ok()
}

fn renames(repository: &Repository, tree: Oid) -> Option<HashMap<String, PathBuf>> {
    let tree = repository.find_tree(tree).ok()?;
    let mut options = DiffOptions::new();
    options.include_untracked(true).recurse_untracked_dirs(true).ignore_submodules(true);
    let mut diff = repository.diff_tree_to_workdir_with_index(Some(&tree), Some(&mut options)).ok()?;
    let mut find = DiffFindOptions::new();
    find.renames(true).for_untracked(true).rename_limit(RENAME_LIMIT);
    diff.find_similar(Some(&mut find)).ok()?;
    let renamed = diff.deltas().filter(|delta| delta.status() == Delta::Renamed);
    let pair = |delta: git2::DiffDelta<'_>| {
        let text = |path: Option<&Path>| path.and_then(Path::to_str).map(str::to_owned);
        Some((text(delta.old_file().path())?, delta.new_file().path()?.to_owned()))
    };
    Some(renamed.filter_map(pair).collect())
}
