//! The git repositories of a workspace: those around its folders, those directly in them, and their submodules.

use std::{
    fs,
    path::{Path, PathBuf},
};

use git2::{Commit, Repository};

use crate::folders::Folder;

/// Repositories looked at.
const MAX_REPOSITORIES: usize = 32;
/// Entries of a folder that are looked at for repositories.
const MAX_ENTRIES: usize = 1_000;

/// Repositories with a working tree.
#[derive(Default)]
pub(crate) struct Repositories {
    /// Each with its working tree, without links.
    pub(crate) all: Vec<(PathBuf, Repository)>,
    /// Why some are passed over.
    pub(crate) problems: Vec<String>,
}

impl Repositories {
    /// Opens those of `folders`.
    pub(crate) fn open(folders: &[Folder]) -> Repositories {
        let mut found = Repositories::default();
        for folder in folders {
            if let Ok(repository) = Repository::discover(&folder.path) {
                found.add(repository);
            } else if folder.path.ancestors().any(|it| it.join(".git").exists()) {
                found.open_at(&folder.path);
            }
            // A folder of several repositories.
            let entries = fs::read_dir(&folder.path).into_iter().flatten().take(MAX_ENTRIES).flatten();
            for entry in entries.filter(|entry| entry.path().join(".git").exists()) {
                found.open_at(&entry.path());
            }
        }
        found
    }

    /// The commit that `revision` names, with the number of its repository.
    pub(crate) fn commit(&self, revision: &str) -> Option<(usize, Commit<'_>)> {
        let found = |(at, (_, repository)): (usize, &'_ (PathBuf, Repository))| -> Option<usize> {
            commit_of(repository, revision).map(|_| at)
        };
        let at = self.all.iter().enumerate().find_map(found)?;
        Some((at, commit_of(&self.all.get(at)?.1, revision)?))
    }

    /// Whether `commit` is the one that is checked out in repository `at`.
    pub(crate) fn is_head(&self, at: usize, commit: &Commit<'_>) -> bool {
        let head = self.all.get(at).and_then(|(_, repository)| repository.head().ok()?.target());
        head == Some(commit.id())
    }

    /// Whether some lack the older part of their history.
    pub(crate) fn are_shallow(&self) -> bool {
        self.all.iter().any(|(_, repository)| repository.is_shallow())
    }

    fn open_at(&mut self, path: &Path) {
        match Repository::open(path) {
            Ok(repository) => self.add(repository),
            Err(error) => self.problems.push(format!(
                "the repository at {} is passed over: {}",
                path.display(),
                error.message()
            )),
        }
    }

    fn add(&mut self, repository: Repository) {
        let Some(tree) = repository.workdir().and_then(|tree| tree.canonicalize().ok()) else { return };
        if self.all.len() >= MAX_REPOSITORIES || self.all.iter().any(|(known, _)| *known == tree) {
            return;
        }
        let inner: Vec<Repository> = repository
            .submodules()
            .into_iter()
            .flatten()
            .filter_map(|submodule| submodule.open().ok())
            .collect();
        self.all.push((tree, repository));
        inner.into_iter().for_each(|inner| self.add(inner));
    }
}

/// A commit by its identifier, a tag's name, or what `git describe` calls it.
fn commit_of<'a>(repository: &'a Repository, revision: &str) -> Option<Commit<'a>> {
    if is_commit_id(revision) {
        return repository.revparse_single(revision).ok()?.peel_to_commit().ok();
    }
    for name in [format!("refs/tags/{revision}"), format!("refs/tags/v{revision}")] {
        if let Ok(reference) = repository.find_reference(&name) {
            return reference.peel_to_commit().ok();
        }
    }
    let (_, described) = revision.rsplit_once("-g")?;
    is_commit_id(described).then(|| repository.revparse_single(described).ok()?.peel_to_commit().ok())?
}

/// Whether a text can be a commit's identifier: hexadecimal, and no plain number unless it is long.
pub(crate) fn is_commit_id(text: &str) -> bool {
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    is_hex && (7..=64).contains(&text.len()) && (!is_number || text.len() >= 12)
}
