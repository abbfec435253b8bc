//! Where places that telemetry names lie in the code as it stands, when what ran was something else: an earlier
//! revision, or a bundle. Filled by whoever reads repositories and source maps; asked here without any reading.

use std::{collections::HashMap, sync::Arc};

use model::SmolStr;
use source::{Function, Index, SourceFile};

/// All that is known of revisions and bundles. Immutable: more knowledge makes a new one.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    past: HashMap<(SmolStr, SmolStr), Vec<Arc<PastFile>>>,
    bundles: HashMap<SmolStr, Arc<Bundle>>,
    /// What could not be read, each a sentence.
    pub problems: Vec<String>,
}

/// A file as it was at a revision, beside what has become of it.
#[derive(Clone, Debug)]
pub struct PastFile {
    /// The revision, short, for people.
    pub revision: SmolStr,
    /// Its key in the index today; `None` when it was removed since.
    pub now: Option<SmolStr>,
    /// Whether it is certain that just this ran. A version's name may as well be that of the code on its way to the
    /// next one, and the commit that is checked out that of the code with changes.
    pub exact: bool,
    /// What it held.
    pub then: SourceFile,
    /// The lines that are the same in both, in ascending order.
    pub same: Vec<SameLines>,
}

/// Lines that follow each other in both texts; 0-based.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SameLines {
    /// The first of them at the revision.
    pub then: u32,
    /// The first of them today.
    pub now: u32,
    /// How many.
    pub lines: u32,
}

/// What has become of a function.
#[derive(Debug)]
pub(crate) enum Fate<'a> {
    /// It is there.
    Here {
        function: &'a Function,
        has_changed: bool,
    },
    Removed,
    /// Nothing tells which one it is.
    Unsure,
}

/// A bundled file and where its code comes from.
#[derive(Clone, Debug, Default)]
pub struct Bundle {
    /// Its path, for people.
    pub path: SmolStr,
    /// Ordered by place in the bundle.
    pub tokens: Vec<Token>,
    /// Keys in the index of the files that it was made of; `None` for those that are not of the workspace.
    pub sources: Vec<Option<SmolStr>>,
}

/// From this place of a bundle on, the code is that of a place of a source. All 0-based.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Token {
    /// Line in the bundle.
    pub line: u32,
    /// Column in the bundle, in UTF-16 units.
    pub column: u32,
    /// Index in [`Bundle::sources`].
    pub source: u32,
    /// Line in the source.
    pub source_line: u32,
}

/// Lines of a source that one line of a bundle may stand for at most, when no column tells which.
const MAX_SPREAD: u32 = 2;

impl Origins {
    /// What `path`, as telemetry spells it, was at `revision`: several files where its end fits several.
    pub fn past(&self, revision: &str, path: &str) -> &[Arc<PastFile>] {
        self.past.get(&(revision.into(), path.into())).map_or(&[], Vec::as_slice)
    }

    /// Whether it was looked for.
    pub fn knows_past(&self, revision: &str, path: &str) -> bool {
        self.past.contains_key(&(revision.into(), path.into()))
    }

    /// The bundle at `path`, as telemetry spells it.
    pub fn bundle(&self, path: &str) -> Option<&Arc<Bundle>> {
        self.bundles.get(path)
    }

    /// Takes in what `path` was at `revision`.
    pub fn add_past(&mut self, revision: SmolStr, path: SmolStr, files: Vec<Arc<PastFile>>) {
        self.past.insert((revision, path), files);
    }

    /// Takes in the bundle at `path`.
    pub fn add_bundle(&mut self, path: SmolStr, bundle: Arc<Bundle>) {
        self.bundles.insert(path, bundle);
    }

    /// How many files of revisions, and bundles, there are.
    pub fn len(&self) -> usize {
        self.past.len() + self.bundles.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl PastFile {
    /// Where a line of then stands now, if it is the same.
    pub(crate) fn line_now(&self, then: u32) -> Option<u32> {
        let run = self.same.iter().find(|run| run.then <= then && then < run.then + run.lines)?;
        Some(run.now + (then - run.then))
    }

    /// The file as it stands; `None` when it was removed.
    pub(crate) fn file_now<'a>(&self, index: &'a Index) -> Option<&'a Arc<SourceFile>> {
        index.file(self.now.as_ref()?)
    }

    /// What has become of `function`, which is one of [`PastFile::then`].
    pub(crate) fn fate<'a>(&self, function: &Function, index: &'a Index) -> Fate<'a> {
        let Some(now) = self.file_now(index) else { return Fate::Removed };
        let of_path = |file: &'a SourceFile| -> Vec<&'a Function> {
            file.functions.iter().filter(|other| other.key.path == function.key.path).collect()
        };
        let was_one = self.then.functions.iter().filter(|it| it.key.path == function.key.path).count() == 1;
        let named = of_path(now);
        let same = |other: &&&Function| other.fingerprint == function.fingerprint;
        match named[..] {
            [only] if was_one => return here(only, function),
            [] => {}
            // Of several equally named ones the lines tell; a text that is there once tells as well.
            _ => {
                let mut equal = named.iter().filter(same);
                if let (Some(only), None) = (equal.next(), equal.next()) {
                    return here(only, function);
                }
                let heir = self.heir(function, now).filter(|heir| named.iter().any(|it| it.key == heir.key));
                return heir.map_or(Fate::Unsure, |heir| here(heir, function));
            }
        }
        // Renamed: another function holds its lines, and was not there before under its name.
        let is_new =
            |heir: &&Function| !self.then.functions.iter().any(|before| before.key.path == heir.key.path);
        self.heir(function, now).filter(is_new).map_or(Fate::Removed, |heir| here(heir, function))
    }

    /// The function that holds most lines of `function` now: more than half of them.
    fn heir<'a>(&self, function: &Function, now: &'a SourceFile) -> Option<&'a Function> {
        let mut counts: HashMap<u32, u32> = HashMap::new();
        let all = function.first_line()..=function.last_line;
        let lines = all.clone().count() as u32;
        for line in all.filter_map(|line| self.line_now(line)) {
            let at = now.functions.iter().rposition(|it| it.first_line() <= line && line <= it.last_line);
            if let Some(at) = at {
                *counts.entry(at as u32).or_default() += 1;
            }
        }
        let (at, count) = counts.into_iter().max_by_key(|(at, count)| (*count, u32::MAX - at))?;
        if 2 * count <= lines {
            return None;
        }
        now.named_function(at)
    }

    /// Where `line` of `function` stands in what has become of it.
    pub(crate) fn line_in(&self, function: &Function, line: u32, now: &Function) -> Option<u32> {
        if function.fingerprint == now.fingerprint {
            return Some(now.first_line() + line.checked_sub(function.first_line())?);
        }
        self.line_now(line).filter(|line| now.first_line() <= *line && *line <= now.last_line)
    }
}

fn here<'a>(now: &'a Function, then: &Function) -> Fate<'a> {
    Fate::Here { function: now, has_changed: now.fingerprint != then.fingerprint }
}

impl Bundle {
    /// The source and its 0-based line behind a 0-based place of the bundle; without a column only where the whole
    /// line comes from one place.
    pub(crate) fn source_of(&self, line: u32, column: Option<u32>) -> Option<(&SmolStr, u32)> {
        let token = match column {
            Some(column) => {
                let after = self.tokens.partition_point(|token| (token.line, token.column) <= (line, column));
                let token = self.tokens.get(after.checked_sub(1)?)?;
                (token.line == line).then_some(token)?
            }
            None => self.only_token(line)?,
        };
        let source = self.sources.get(token.source as usize)?.as_ref()?;
        Some((source, token.source_line))
    }

    fn only_token(&self, line: u32) -> Option<&Token> {
        let first = self.tokens.partition_point(|token| token.line < line);
        let on_line = self.tokens.get(first..)?;
        let on_line = on_line.get(..on_line.partition_point(|token| token.line == line))?;
        let token = on_line.first()?;
        let lines = || on_line.iter().map(|token| token.source_line);
        let is_one = on_line.iter().all(|other| other.source == token.source)
            && lines().max()? - lines().min()? <= MAX_SPREAD;
        is_one.then_some(token)
    }
}

/// Whether a path may be a bundle's.
pub fn may_be_bundle(path: &str) -> bool {
    [".js", ".mjs", ".cjs"].iter().any(|ending| path.ends_with(ending))
}
