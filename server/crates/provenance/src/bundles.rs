//! Bundles that spans name, looked up on disk when they do: never indexed, and at most so many and so large.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Instant, SystemTime},
};

use attribution::{Bundle, Origins, home, is_library};
use model::SmolStr;
use source::Language;
use world::Snapshot;

use crate::{
    folders::{Folder, key_of},
    reader::PATIENCE,
    source_map::{Found, read},
};

/// Bundles kept.
const MAX_BUNDLES: usize = 64;
/// Paths that are remembered as none, so that they are not looked for again.
const MAX_ASKED: usize = 4_096;
/// Folders with a `package.json` that bundles are looked for in.
const MAX_PACKAGES: usize = 256;
/// Sentences kept for `doctor`.
const MAX_PROBLEMS: usize = 8;

/// Bundles that were found, by the paths that spans give them.
pub(crate) struct Bundles {
    folders: Vec<Folder>,
    /// Asked for, but not looked for while the workspace is still being read.
    waiting: HashSet<SmolStr>,
    asked: HashSet<SmolStr>,
    /// Those of them that were not found, and since when.
    missed: HashSet<SmolStr>,
    missed_since: Option<Instant>,
    found: HashMap<SmolStr, Known>,
    /// Why some say nothing.
    pub(crate) problems: Vec<String>,
}

/// One bundle, and by what it is known to be the same.
struct Known {
    path: PathBuf,
    state: Vec<(PathBuf, Option<SystemTime>)>,
    bundle: Arc<Bundle>,
}

impl Bundles {
    pub(crate) fn new(folders: Vec<Folder>) -> Bundles {
        Bundles {
            folders,
            waiting: HashSet::new(),
            asked: HashSet::new(),
            missed: HashSet::new(),
            missed_since: None,
            found: HashMap::new(),
            problems: Vec::new(),
        }
    }

    /// Looks for what was not looked for yet, and again at what was built again; whether that tells anything new.
    pub(crate) fn read(&mut self, snapshot: &Snapshot, wanted: HashSet<SmolStr>) -> bool {
        self.waiting.extend(wanted.into_iter().filter(|path| !self.asked.contains(path)));
        // Sources are told by the index: they have to be in it first.
        if !snapshot.status.workspace_read {
            return false;
        }
        let mut has_changed = self.refresh(snapshot);
        if self.missed_since.is_some_and(|since| since.elapsed() > PATIENCE) {
            self.missed_since = None;
            self.problems.clear();
            let missed = std::mem::take(&mut self.missed);
            self.asked.retain(|path| !missed.contains(path));
            self.waiting.extend(missed);
        }
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return has_changed;
        }
        let places = self.places(snapshot);
        for path in waiting {
            if self.asked.len() >= MAX_ASKED || !self.asked.insert(path.clone()) {
                continue;
            }
            let problems = self.problems.len();
            if let Some(found) = self.find(snapshot, &places, &path) {
                self.found.insert(path, found);
                has_changed = true;
            } else {
                self.missed.insert(path);
                self.missed_since.get_or_insert_with(Instant::now);
            }
            has_changed |= self.problems.len() > problems;
        }
        has_changed
    }

    pub(crate) fn add_to(&self, origins: &mut Origins) {
        for (path, known) in &self.found {
            origins.add_bundle(path.clone(), known.bundle.clone());
        }
    }

    fn find(&mut self, snapshot: &Snapshot, places: &[PathBuf], named: &str) -> Option<Known> {
        if is_library(named) {
            return None;
        }
        let path = on_disk(places, &home(named)?)?;
        if self.found.len() >= MAX_BUNDLES {
            self.problem(format!(
                "of more than {MAX_BUNDLES} bundles, only the first are followed to their sources"
            ));
            return None;
        }
        let known = self.open(snapshot, path.clone());
        if known.is_none() {
            let key = key_of(&self.folders, &path)?;
            // A file that somebody wrote needs no source map.
            if snapshot.index.file(&key).is_none() {
                self.problem(format!(
                    "{key} has no source map that is understood: build with source maps, and keep them beside the bundle"
                ));
            }
        }
        known
    }

    fn open(&self, snapshot: &Snapshot, path: PathBuf) -> Option<Known> {
        let root = self.folders.iter().find(|folder| path.starts_with(&folder.path))?;
        let Found { map, map_path } = read(&path, &root.path)?;
        let folder = map_path.as_deref().unwrap_or(&path).parent()?;
        let files: Vec<PathBuf> = std::iter::once(path.clone()).chain(map_path.clone()).collect();
        let sources =
            map.sources.iter().map(|source| self.source_key(snapshot, root, folder, source)).collect();
        let bundle = Bundle { path: key_of(&self.folders, &path)?, tokens: map.tokens, sources };
        Some(Known { path, state: files.into_iter().map(state).collect(), bundle: Arc::new(bundle) })
    }

    /// Reads again what was built again.
    fn refresh(&mut self, snapshot: &Snapshot) -> bool {
        let is_stale = |known: &Known| known.state.iter().any(|before| state(before.0.clone()) != *before);
        let stale: Vec<(SmolStr, PathBuf)> = self
            .found
            .iter()
            .filter(|(_, known)| is_stale(known))
            .map(|(named, known)| (named.clone(), known.path.clone()))
            .collect();
        let mut has_changed = false;
        for (named, path) in stale {
            // In the middle of a build there is none: what is known holds until the next one is complete.
            if let Some(known) = self.open(snapshot, path) {
                self.found.insert(named, known);
                has_changed = true;
            }
        }
        has_changed
    }

    /// The key of a source as the map names it, where that is a file of the workspace.
    fn source_key(&self, snapshot: &Snapshot, root: &Folder, folder: &Path, source: &str) -> Option<SmolStr> {
        let is_indexed = |key: &SmolStr| snapshot.index.file(key).is_some();
        let key = |path: &Path| key_of(&self.folders, path).filter(is_indexed);
        if is_library(source) {
            return None;
        }
        let inner = without_scheme(source);
        if inner.len() == source.len() {
            let path = Path::new(source);
            let joined = if path.is_absolute() { path.to_owned() } else { folder.join(path) };
            if let Some(found) = key(&plain(&joined)) {
                return Some(found);
            }
        }
        let within = home(inner)?;
        // Relative to the package that was built: the nearest folder around the bundle that has it. webpack puts the
        // package's name before it.
        let shorter = within.split_once('/').map(|(_, rest)| rest.to_owned());
        for candidate in std::iter::once(within.clone()).chain(shorter) {
            let around = folder.ancestors().take_while(|it| it.starts_with(&root.path));
            if let Some(found) = around.filter_map(|it| key(&it.join(&candidate))).next() {
                return Some(found);
            }
        }
        // Built elsewhere: the only file whose path ends so.
        let mut ends = within.as_str();
        while ends.contains('/') {
            let mut files = snapshot.index.files_ending_with(ends);
            match (files.next(), files.next()) {
                (Some(only), None) => return Some(only.path.clone()),
                (Some(_), Some(_)) => return None,
                _ => ends = ends.split_once('/')?.1,
            }
        }
        None
    }

    /// Where bundles are looked for: the folders of the workspace, and the packages in them.
    fn places(&self, snapshot: &Snapshot) -> Vec<PathBuf> {
        let mut places: Vec<PathBuf> = self.folders.iter().map(|folder| folder.path.clone()).collect();
        let mut looked_at: HashSet<PathBuf> = places.iter().cloned().collect();
        let scripts = snapshot.index.files().filter(|file| {
            matches!(
                Language::of_path(&file.path),
                Some(Language::JavaScript | Language::TypeScript | Language::Tsx)
            )
        });
        for file in scripts {
            let Some(folder) = self.folders.iter().find(|it| it.path_of(&file.path).is_some()) else {
                continue;
            };
            let path = folder.path_of(&file.path).unwrap_or_default();
            for above in path.ancestors().skip(1).take_while(|it| it.starts_with(&folder.path)) {
                if looked_at.len() >= 8 * MAX_PACKAGES || !looked_at.insert(above.to_owned()) {
                    break;
                }
                if places.len() < MAX_PACKAGES && above.join("package.json").is_file() {
                    places.push(above.to_owned());
                }
            }
        }
        places
    }

    fn problem(&mut self, sentence: String) {
        if self.problems.len() < MAX_PROBLEMS && !self.problems.contains(&sentence) {
            self.problems.push(sentence);
        }
    }
}

/// The one file below `places` whose path shares the longest end with `path`.
fn on_disk(places: &[PathBuf], path: &str) -> Option<PathBuf> {
    let mut end = path;
    loop {
        let inside = |place: &PathBuf| {
            let file = place.join(end).canonicalize().ok()?;
            // A link may lead anywhere.
            (file.is_file() && places.iter().any(|place| file.starts_with(place))).then_some(file)
        };
        let mut found: Vec<PathBuf> = places.iter().filter_map(inside).collect();
        found.sort();
        found.dedup();
        match (found.len(), end.split_once('/')) {
            (1, _) => return found.pop(),
            (0, Some((_, shorter))) => end = shorter,
            _ => return None,
        }
    }
}

fn state(path: PathBuf) -> (PathBuf, Option<SystemTime>) {
    let modified = fs::metadata(&path).and_then(|metadata| metadata.modified()).ok();
    (path, modified)
}

/// `src/x.ts` of `webpack://shop/./src/x.ts`, `webpack:///./src/x.ts` and their like.
fn without_scheme(source: &str) -> &str {
    match source.split_once("://") {
        Some((_, rest)) => {
            rest.trim_start_matches('/').trim_start_matches("./").trim_start_matches("[project]/")
        }
        None => source,
    }
}

/// Without `.` and `..`, by the text alone.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => drop(plain.pop()),
            std::path::Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bundlers_names_of_sources_become_paths() {
        for (source, path) in [
            ("webpack://shop/./src/x.ts", "shop/src/x.ts"),
            ("webpack:///./src/x.ts", "src/x.ts"),
            ("turbopack:///[project]/src/x.ts", "src/x.ts"),
            ("../src/x.ts", "src/x.ts"),
        ] {
            assert_eq!(home(without_scheme(source)).as_deref(), Some(path), "{source}");
        }
        assert_eq!(plain(Path::new("/w/dist/../src/./x.ts")), Path::new("/w/src/x.ts"));
    }
}
