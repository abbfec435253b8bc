//! Reads what spans name, remembers what was read, and reads again what has changed.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use attribution::{Origins, PastFile, is_library};
use git2::Oid;
use model::SmolStr;
use source::SourceFile;
use world::Snapshot;

use crate::{
    bundles::Bundles,
    folders::{Folder, key_of},
    lines::same_lines,
    repositories::{Repositories, is_commit_id},
    revision::{Revision, text_of},
    wanted::Seen,
};

/// Revisions looked at.
const MAX_REVISIONS: usize = 64;
/// Files of revisions kept.
const MAX_PAST: usize = 4_096;
/// Sentences kept for `doctor`.
const MAX_PROBLEMS: usize = 16;
/// What was not there is looked for again after this time: somebody may have fetched.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Reads for one workspace. Slow; lives on a thread of its own.
pub struct Reader {
    folders: Vec<Folder>,
    repositories: Option<Repositories>,
    revisions: HashMap<SmolStr, Option<Revision>>,
    missing_since: Option<Instant>,
    missing: HashSet<(SmolStr, SmolStr)>,
    seen: Seen,
    past: HashMap<(SmolStr, SmolStr), Vec<Read>>,
    bundles: Bundles,
    problems: Vec<String>,
}

/// A file of a revision, and what it was compared with.
struct Read {
    path: String,
    id: Oid,
    past: Arc<PastFile>,
    compared_with: Option<Arc<SourceFile>>,
    /// How many files there were.
    files: usize,
}

impl Reader {
    /// For the workspace of these folders.
    pub fn new(folders: Vec<Folder>) -> Reader {
        Reader {
            bundles: Bundles::new(folders.clone()),
            folders,
            repositories: None,
            revisions: HashMap::new(),
            missing_since: None,
            missing: HashSet::new(),
            seen: Seen::default(),
            past: HashMap::new(),
            problems: Vec::new(),
        }
    }

    /// Reads what `snapshot` names and was not read yet, and what has changed since. `None` when all is as it was.
    pub fn read(&mut self, snapshot: &Snapshot) -> Option<Origins> {
        let mut wanted = self.seen.new_in(snapshot);
        if self.missing_since.is_some_and(|since| since.elapsed() > PATIENCE) {
            self.missing_since = None;
            self.revisions.retain(|_, revision| revision.is_some());
            self.repositories = None;
            self.revisions.clear();
            wanted.past.extend(self.missing.drain());
        }
        let mut has_changed = self.refresh(snapshot);
        for (revision, path) in wanted.past {
            has_changed |= self.read_past(snapshot, &revision, &path);
        }
        has_changed |= self.bundles.read(snapshot, wanted.bundles);
        has_changed.then(|| self.origins())
    }

    fn origins(&self) -> Origins {
        let mut origins = Origins::default();
        for ((revision, path), files) in &self.past {
            let files = files.iter().map(|read| read.past.clone()).collect();
            origins.add_past(revision.clone(), path.clone(), files);
        }
        self.bundles.add_to(&mut origins);
        let opened = self.repositories.iter().flat_map(|opened| &opened.problems);
        origins.problems = opened.chain(&self.problems).chain(&self.bundles.problems).cloned().collect();
        origins
    }

    /// Compares again what was compared with a text that is another one now.
    fn refresh(&mut self, snapshot: &Snapshot) -> bool {
        let files = snapshot.index.len();
        let may_be_back = |read: &Read| {
            let is_counted = snapshot.status.workspace_read && read.files != files;
            is_counted || snapshot.index.file(&read.past.then.path).is_some()
        };
        let is_stale = |read: &Read| {
            if read.past.now.is_none() {
                return may_be_back(read);
            }
            let now = read.past.now.as_ref().and_then(|now| snapshot.index.file(now));
            match (&read.compared_with, now) {
                (Some(before), Some(now)) => !Arc::ptr_eq(before, now),
                (before, now) => before.is_some() || now.is_some(),
            }
        };
        let stale: Vec<(SmolStr, SmolStr)> = self
            .past
            .iter()
            .filter(|(_, files)| files.iter().any(is_stale))
            .map(|(key, _)| key.clone())
            .collect();
        for revision in self.revisions.values_mut().flatten().filter(|_| !stale.is_empty()) {
            revision.forget_renames();
        }
        for key in &stale {
            let files: Vec<(String, Oid)> =
                self.past.get(key).into_iter().flatten().map(Read::source).collect();
            let read = self.read_files(snapshot, &key.0, files);
            self.past.insert(key.clone(), read);
        }
        !stale.is_empty()
    }

    /// Whether that tells anything new.
    fn read_past(&mut self, snapshot: &Snapshot, revision: &SmolStr, path: &SmolStr) -> bool {
        let key = (revision.clone(), path.clone());
        if is_library(path) || self.past.contains_key(&key) || self.past.len() >= MAX_PAST {
            return false;
        }
        let problems = self.problems.len();
        if !self.find(revision) {
            self.missing.insert(key);
            return self.problems.len() > problems;
        }
        let found = self.revisions.get(revision).and_then(Option::as_ref);
        let files = found.map(|found| found.meant_by(path)).unwrap_or_default();
        let read = self.read_files(snapshot, revision, files);
        let has_found = !read.is_empty();
        self.past.insert(key, read);
        has_found
    }

    /// Whether `revision` is one of the workspace's repositories.
    fn find(&mut self, revision: &SmolStr) -> bool {
        if let Some(known) = self.revisions.get(revision) {
            return known.is_some();
        }
        if self.revisions.len() >= MAX_REVISIONS {
            self.problem(format!("of more than {MAX_REVISIONS} revisions, only the first are followed"));
            return false;
        }
        let folders = &self.folders;
        let repositories = self.repositories.get_or_insert_with(|| Repositories::open(folders));
        let found = repositories.commit(revision).and_then(|(at, commit)| {
            // A version or the commit that is checked out may as well name code with changes.
            let exact = revision.len() >= 40 && !repositories.is_head(at, &commit);
            Revision::of(at, &commit, exact)
        });
        let is_found = found.is_some();
        // A version that is no tag is no problem: it may mean anything.
        if !is_found && is_commit_id(revision) {
            let remedy = match (repositories.all.is_empty(), repositories.are_shallow()) {
                (true, _) => "no folder of the workspace is in a git repository",
                (_, true) => "the clone is shallow; `git fetch --unshallow` brings the rest",
                _ => "it is in no repository of the workspace; `git fetch` may bring it",
            };
            self.problem(format!("lines of revision {revision} are not followed: {remedy}"));
        }
        if !is_found {
            self.missing_since.get_or_insert_with(Instant::now);
        }
        self.revisions.insert(revision.clone(), found);
        is_found
    }

    fn read_files(
        &mut self,
        snapshot: &Snapshot,
        revision: &SmolStr,
        files: Vec<(String, Oid)>,
    ) -> Vec<Read> {
        let Some(Some(revision)) = self.revisions.get_mut(revision) else { return Vec::new() };
        let Some((tree, repository)) =
            self.repositories.as_ref().and_then(|opened| opened.all.get(revision.repository))
        else {
            return Vec::new();
        };
        let folders = &self.folders;
        let read = |(path, id): (String, Oid)| {
            let key = key_of(folders, &tree.join(&path))?;
            let text = text_of(repository, id)?;
            let then = source::read(&key, &text).ok()?;
            let same_place = tree.join(&path);
            let now = if same_place.is_file() {
                Some(same_place)
            } else {
                revision.renamed(repository, &path).map(|renamed| tree.join(renamed))
            };
            let now = now.and_then(|now| key_of(folders, &now));
            let text_now = now.as_ref().and_then(|now| text_now(folders, snapshot, now)).unwrap_or_default();
            let same = same_lines(&text, &text_now);
            let compared_with = now.as_ref().and_then(|now| snapshot.index.file(now)).cloned();
            let past = PastFile { revision: revision.short.clone(), exact: revision.exact, now, then, same };
            Some(Read { path, id, past: Arc::new(past), compared_with, files: snapshot.index.len() })
        };
        files.into_iter().filter_map(read).collect()
    }

    fn problem(&mut self, sentence: String) {
        if self.problems.len() < MAX_PROBLEMS && !self.problems.contains(&sentence) {
            self.problems.push(sentence);
        }
    }
}

impl Read {
    fn source(&self) -> (String, Oid) {
        (self.path.clone(), self.id)
    }
}

/// The text as an editor has it, else as it is on disk.
fn text_now(folders: &[Folder], snapshot: &Snapshot, key: &str) -> Option<String> {
    if let Some((_, document)) = snapshot.documents.get(key) {
        return Some(document.text.to_string());
    }
    let path = folders.iter().find_map(|folder| folder.path_of(key).filter(|path| path.is_file()))?;
    read_text(&path, 1 << 20)
}

/// A file of at most `limit` bytes.
pub(crate) fn read_text(path: &Path, limit: u64) -> Option<String> {
    let metadata = fs::metadata(path).ok()?;
    if !metadata.is_file() || metadata.len() > limit {
        return None;
    }
    fs::read_to_string(path).ok()
}
