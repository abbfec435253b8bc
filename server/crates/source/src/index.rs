//! All files of a workspace, and what only their sum tells: routes with the prefixes of their mounts, names.

use std::sync::{Arc, OnceLock};

use imbl::{OrdMap, Vector};
use model::SmolStr;

use crate::{
    CallSite, Function, FunctionKey, Key, NamePattern, Packed, Pattern, Route, SourceFile, SpanSite,
    normal_sql,
    postings::{Postings, program_name},
    resolve::{self, Consumer, Resolved, RpcMethod},
    slots::{Slot, Slots},
};

/// So many files are asked what they hold; of more, all look-ups are gone through.
const FEW: usize = 16;

/// Every file read so far. Cloning costs a few pointers, so a clone serves as a snapshot.
#[derive(Clone, Debug, Default)]
pub struct Index {
    numbers: OrdMap<SmolStr, u32>,
    slots: Slots,
    free: Vector<u32>,
    postings: Postings,
    /// What files tell together; made when asked for, dropped when one of them changes what it contributes.
    resolved: Arc<OnceLock<Resolved>>,
}

/// What changed from one index to another: enough to know which answers still hold.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Hashes of the [`Key`]s that some file has and had not, or had and has no more; sorted.
    pub keys: Vec<u32>,
    /// Whether routes, consumers, or names passed between files may differ.
    pub resolved: bool,
}

impl Index {
    /// Adds a file or replaces it. Costs the difference. It stays open until another one takes its place: meant for what
    /// an editor holds.
    pub fn insert(&mut self, file: Arc<SourceFile>) {
        let (path, keys) = (file.path.clone(), file.keys.to_vec());
        self.put(&path, Slot::of_file(file), &keys);
    }

    /// Adds a file at rest or replaces it. Costs the difference.
    pub fn insert_packed(&mut self, file: Packed) {
        let (path, keys) = (file.path().clone(), file.keys());
        self.put(&path, Slot::of_packed(file), &keys);
    }

    /// Forgets a file.
    pub fn remove(&mut self, path: &str) {
        let Some(number) = self.numbers.remove(path) else { return };
        if let Some(old) = self.slots.take(number) {
            self.postings.replace(number, &old.keys(), &[]);
            self.resolved = Arc::default();
        }
        self.free.push_back(number);
    }

    /// Whether few files lie open; while it says no, call [`Index::settle`] now and then.
    pub fn is_settled(&self) -> bool {
        self.slots.is_settled()
    }

    /// Lets files rest that were opened to be looked into, if there are many and nobody did since the last call. Cheap
    /// when there are not.
    pub fn settle(&mut self) {
        self.slots.settle();
    }

    /// As [`Index::settle`], and makes look-ups as small as they can be: once many files were added.
    pub fn compact(&mut self) {
        self.slots.close();
        self.postings.settle();
    }

    /// How many functions the file at `path` has, without opening it.
    pub fn functions_in(&self, path: &str) -> Option<usize> {
        Some(self.slots.get(*self.numbers.get(path)?)?.functions())
    }

    /// The file at `path` as it rests; `None` when there is none, or it is held open.
    pub fn packed(&self, path: &str) -> Option<&Packed> {
        self.slots.get(*self.numbers.get(path)?)?.packed()
    }

    /// The file known by `path`.
    pub fn file(&self, path: &str) -> Option<&Arc<SourceFile>> {
        self.slot(*self.numbers.get(path)?)
    }

    /// All files, ordered by path.
    pub fn files(&self) -> impl Iterator<Item = &Arc<SourceFile>> {
        self.numbers.values().filter_map(|number| self.slot(*number))
    }

    /// How many files there are.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// The function known by `key`, as it stands now.
    pub fn function(&self, key: &FunctionKey) -> Option<&Function> {
        self.file(&key.file)?.function(&key.path, key.nth)
    }

    /// Files that hold `key`, in the order in which they were first added. A hash decides: look again in the file.
    pub fn files_with<'a>(&'a self, key: Key<'_>) -> impl Iterator<Item = &'a Arc<SourceFile>> + use<'a> {
        self.postings.files(key.hash()).filter_map(|number| self.slot(number))
    }

    /// Functions called `name`, last segment, in files that people write.
    pub fn functions_named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Function> {
        self.files_with(Key::Function(name))
            .filter(|file| !file.generated)
            .flat_map(move |file| file.functions.iter().filter(move |function| function.name == name))
    }

    /// Files whose path ends with `suffix`, whole segments only. `suffix` is relative, with `/`.
    pub fn files_ending_with<'a>(&'a self, suffix: &'a str) -> impl Iterator<Item = &'a Arc<SourceFile>> {
        let name = suffix.rsplit('/').next().unwrap_or(suffix);
        self.files_with(Key::FileName(name)).filter(move |file| ends_with_segments(&file.path, suffix))
    }

    /// Places that start a span of this very name, those included whose name another file tells.
    pub fn span_sites<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a SpanSite> {
        let own =
            self.files_with(Key::Span(name)).filter(|file| !file.generated).flat_map(|file| &file.span_sites);
        let literal =
            own.filter(move |site| matches!(&site.name, NamePattern::Literal(literal) if literal == name));
        literal.chain(self.resolved().span_sites(name))
    }

    /// Places that start a span whose name has holes that `name` fits.
    pub fn span_patterns<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a SpanSite> {
        let own = self.files_with(Key::SpanPatterns).filter(|file| !file.generated);
        let patterns = own
            .flat_map(|file| &file.span_sites)
            .filter(|site| matches!(site.name, NamePattern::Pattern(_)))
            .chain(self.resolved().span_patterns());
        patterns.filter(move |site| site.name.matches(name))
    }

    /// Calls that run an SQL statement of the form `normal` (see [`normal_sql`]), with the files they are in.
    pub fn sql_calls<'a>(
        &'a self,
        normal: &'a str,
    ) -> impl Iterator<Item = (&'a Arc<SourceFile>, &'a CallSite)> {
        let files = self.files_with(Key::Sql(normal)).filter(|file| !file.generated);
        let own = files.flat_map(|file| file.call_sites.iter().map(move |call| (file, call)));
        own.filter(move |(_, call)| {
            call.kind == crate::CallKind::Sql
                && matches!(&call.target, Some(NamePattern::Literal(sql)) if normal_sql(sql) == normal)
        })
    }

    /// Calls of a kind whose target is known, with the files they are in: what stands there, then what is passed
    /// from elsewhere.
    pub fn calls_of<'a>(
        &'a self,
        key: Key<'_>,
    ) -> impl Iterator<Item = (&'a Arc<SourceFile>, &'a CallSite)> + use<'a> {
        let kind = match key {
            Key::Http => crate::CallKind::Http,
            Key::Messaging => crate::CallKind::Messaging,
            _ => crate::CallKind::Sql,
        };
        let files = self.files_with(key).filter(|file| !file.generated);
        let own = files.flat_map(|file| file.call_sites.iter().map(move |call| (file, call)));
        let passed = self.resolved().calls().filter_map(|(file, call)| Some((self.slot(file)?, call)));
        own.chain(passed).filter(move |(_, call)| call.kind == kind && call.target.is_some())
    }

    /// All routes, prefixes applied.
    pub fn routes(&self) -> Vec<Route> {
        self.routing().to_vec()
    }

    /// All routes, prefixes applied, without copying them.
    pub fn routing(&self) -> &[Route] {
        &self.resolved().routes
    }

    /// Routes of exactly the form of `pattern`.
    pub fn routes_equal(&self, pattern: &Pattern) -> impl Iterator<Item = &Route> {
        let resolved = self.resolved();
        resolved.route_table.equal(pattern).iter().filter_map(|number| resolved.routes.get(*number as usize))
    }

    /// Routes whose segments end with those of `pattern`, or the other way round, with how many segments agree.
    pub fn routes_ending<'a>(&'a self, pattern: &'a Pattern) -> impl Iterator<Item = (&'a Route, usize)> {
        let resolved = self.resolved();
        let known = resolved.route_table.ending(pattern);
        known.filter_map(|(number, shared)| Some((resolved.routes.get(number as usize)?, shared)))
    }

    /// Routes that `path` fits, with their forms, in no particular order.
    pub fn routes_fitting(&self, path: &str) -> Vec<(&Route, &Pattern)> {
        let resolved = self.resolved();
        let pair = |number: u32| {
            Some((resolved.routes.get(number as usize)?, resolved.route_table.pattern(number)?))
        };
        resolved.route_table.fitting(path).into_iter().filter_map(pair).collect()
    }

    /// Places that start a span whose name only several files together tell: a name passed to a helper, an imported
    /// constant.
    pub fn passed_span_sites(&self) -> &[SpanSite] {
        self.resolved().spans()
    }

    /// Folders of the programs that a manifest calls `name`, whatever custom adds to it (see [`program_name`]).
    pub fn programs_called(&self, name: &str) -> Vec<&SmolStr> {
        let name = program_name(name);
        let facts = self.files_with(Key::Program(&name)).flat_map(|file| &file.wiring.programs);
        facts.filter(|fact| program_name(&fact.name) == name).map(|fact| &fact.folder).collect()
    }

    /// Folders of all programs that manifests name.
    pub fn program_folders(&self) -> impl Iterator<Item = &SmolStr> {
        let facts = self.files_with(Key::Programs).flat_map(|file| &file.wiring.programs);
        facts.map(|fact| &fact.folder)
    }

    /// Functions that take messages or run as tasks.
    pub fn consumers(&self) -> &[Consumer] {
        &self.resolved().consumers
    }

    /// Functions that answer remote calls.
    pub fn rpc_methods(&self) -> &[RpcMethod] {
        &self.resolved().rpcs
    }

    /// What changed since `old`. Costs the difference.
    pub fn changes_since(&self, old: &Index) -> Changes {
        let (mut keys, mut changed) = (Vec::new(), Vec::new());
        for number in 0..self.slots.len().max(old.slots.len()) as u32 {
            let (before, after) = (old.slots.get(number), self.slots.get(number));
            let is_same = match (before, after) {
                (Some(before), Some(after)) => before.is_same(after),
                (before, after) => before.is_none() && after.is_none(),
            };
            if !is_same {
                changed.push(number);
                // The path, which every version changes.
                let slots = [before, after].into_iter().flatten();
                keys.extend(slots.map(|slot| Key::Path(slot.path()).hash()));
            }
        }
        let (before, after) = (old.held_by(&changed), self.held_by(&changed));
        let only = |some: &[(u32, u32)], others: &[(u32, u32)], keys: &mut Vec<u32>| {
            let new = some.iter().filter(|one| others.binary_search(one).is_err());
            keys.extend(new.map(|(key, _)| *key));
        };
        only(&before, &after, &mut keys);
        only(&after, &before, &mut keys);
        keys.sort_unstable();
        keys.dedup();
        Changes { keys, resolved: !Arc::ptr_eq(&self.resolved, &old.resolved) }
    }

    /// The file numbered `number`.
    pub(crate) fn slot(&self, number: u32) -> Option<&Arc<SourceFile>> {
        self.slots.open(number)
    }

    /// The number of the file at `path`.
    pub(crate) fn number_of(&self, path: &str) -> Option<u32> {
        self.numbers.get(path).copied()
    }

    /// Numbers of files that hold `key`.
    pub(crate) fn numbers_with(&self, key: Key<'_>) -> impl Iterator<Item = u32> + '_ {
        self.postings.files(key.hash())
    }

    /// Numbers and paths of the files in `folder`, not deeper.
    pub(crate) fn folder(&self, folder: &str) -> impl Iterator<Item = (u32, &SmolStr)> {
        let start = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let first = SmolStr::from(start.as_str());
        self.numbers
            .range(first..)
            .map(|(path, number)| (*number, path))
            .take_while({
                let start = start.clone();
                move |(_, path)| path.starts_with(&start)
            })
            .filter(move |(_, path)| !path[start.len()..].contains('/'))
    }

    /// Numbers and paths of the files in `folder` and below.
    pub(crate) fn below(&self, folder: &str) -> impl Iterator<Item = (u32, &SmolStr)> {
        let start = format!("{folder}/");
        let first = SmolStr::from(start.as_str());
        let all = self.numbers.range(first..).map(|(path, number)| (*number, path));
        all.take_while(move |(_, path)| path.starts_with(&start))
    }

    fn resolved(&self) -> &Resolved {
        self.resolved.get_or_init(|| resolve::resolve(self))
    }

    /// What the files numbered so hold: hash and file, sorted.
    fn held_by(&self, numbers: &[u32]) -> Vec<(u32, u32)> {
        if numbers.len() > FEW {
            return self.postings.of_files(|number| numbers.binary_search(&number).is_ok());
        }
        let mut held = Vec::new();
        for number in numbers {
            let keys = self.slots.get(*number).map(Slot::keys).unwrap_or_default();
            held.extend(keys.iter().map(|key| (*key, *number)));
        }
        held.sort_unstable();
        held
    }

    fn put(&mut self, path: &SmolStr, slot: Slot, keys: &[u32]) {
        let number = self.number(path);
        let old = self.slots.get(number);
        self.postings.replace(number, &old.map(Slot::keys).unwrap_or_default(), keys);
        let same_wiring = old.is_some_and(|old| old.wiring_fingerprint() == slot.wiring_fingerprint());
        if !same_wiring || self.resolved.get().is_some_and(|resolved| resolved.depends_on_lines_of(number)) {
            self.resolved = Arc::default();
        }
        self.slots.put(number, slot);
    }

    fn number(&mut self, path: &SmolStr) -> u32 {
        if let Some(number) = self.numbers.get(path) {
            return *number;
        }
        let number = self.free.pop_back().unwrap_or(self.slots.len() as u32);
        self.numbers.insert(path.clone(), number);
        number
    }
}

fn ends_with_segments(path: &str, suffix: &str) -> bool {
    path.strip_suffix(suffix).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}
