//! Names that are known everywhere without an import: constants of Ruby, modules of Elixir.

use std::rc::Rc;

use model::SmolStr;

use super::{
    modules::nearest,
    names::{Entity, Names},
};
use crate::{Key, Language, walk::dotted, wiring::Scope};

/// How many types one derives from, at most.
const MAX_ANCESTORS: usize = 64;

impl Names<'_> {
    /// A name with dots that any file may define, seen from the types around `scope`, where the language has it so.
    pub(super) fn everywhere(&self, file: u32, scope: Scope, path: &str, steps: u8) -> Option<Entity> {
        let source = self.index.slot(file)?;
        if !source.language.reader().shares_all() || steps == 0 {
            return None;
        }
        let mut around =
            source.functions.get(scope as usize).map_or("", |function| function.key.path.as_str());
        loop {
            around = around.rsplit_once('.').map_or("", |(outer, _)| outer);
            let whole = dotted(around, path);
            if let Some(found) = self.elsewhere(file, &whole).or_else(|| self.type_elsewhere(file, &whole)) {
                return Some(found);
            }
            if let Some((owner, member)) = whole.rsplit_once('.')
                && owner.len() >= around.len()
                && let Some(found @ Entity::Type(..)) = self.type_elsewhere(file, owner)
                && let Some(found) = self.member(found, member, steps - 1)
            {
                return Some(found);
            }
            if around.is_empty() {
                return None;
            }
        }
    }

    /// The function of this whole name in the file nearest to `from`, where names are known everywhere. Frameworks that
    /// make names from paths do not know how capitals are set.
    pub(super) fn elsewhere(&self, from: u32, whole: &str) -> Option<Entity> {
        let source = self.index.slot(from)?;
        if !source.language.reader().shares_all() {
            return None;
        }
        let name = whole.rsplit('.').next().unwrap_or(whole);
        let find = |same: &dyn Fn(&str) -> bool| {
            let files = self.index.numbers_with(Key::Function(name)).filter_map(|number| {
                let file = self.index.slot(number).filter(|file| file.language == source.language)?;
                let at = file.functions.iter().position(|function| same(&function.key.path))?;
                (!file.generated).then_some((number, at as u32))
            });
            let found: Vec<(u32, u32)> = files.collect();
            let files: Vec<u32> = found.iter().map(|(file, _)| *file).collect();
            let nearest = self.nearest_file(&source.path, &files)?;
            let (file, function) = found.into_iter().find(|(file, _)| *file == nearest)?;
            Some(Entity::Function(file, function))
        };
        find(&|path| path == whole).or_else(|| find(&|path| path.eq_ignore_ascii_case(whole)))
    }

    /// The type of this whole name: types may be opened in several files, the nearest stands for them.
    fn type_elsewhere(&self, from: u32, whole: &str) -> Option<Entity> {
        let source = self.index.slot(from)?;
        let files = self.files_of_type(source.language, whole);
        let file = self.nearest_file(&source.path, &files).or(files.first().copied())?;
        Some(Entity::Type(file, whole.into()))
    }

    /// The files that open a type; of those, the ones that say what it derives from, if any does.
    fn files_of_type(&self, language: Language, whole: &str) -> Rc<[u32]> {
        let key = (language, SmolStr::from(whole));
        if let Some(known) = self.types.borrow().get(&key) {
            return known.clone();
        }
        let name = whole.rsplit('.').next().unwrap_or(whole);
        let (mut plain, mut derived) = (Vec::new(), Vec::new());
        for number in self.index.numbers_with(Key::Type(name)) {
            let Some(file) = self.index.slot(number).filter(|file| file.language == language) else {
                continue;
            };
            let mut opened = file.wiring.types.iter().filter(|fact| fact.path == whole).peekable();
            if opened.peek().is_some() {
                plain.push(number);
            }
            if opened.any(|fact| !fact.bases.is_empty()) {
                derived.push(number);
            }
        }
        let files: Rc<[u32]> = if derived.is_empty() { plain.into() } else { derived.into() };
        self.types.borrow_mut().insert(key, files.clone());
        files
    }

    /// The file that lies nearest to `from`. `None` when two lie as near.
    fn nearest_file(&self, from: &str, files: &[u32]) -> Option<u32> {
        if let [only] = files {
            return Some(*only);
        }
        let paths = files.iter().filter_map(|file| Some(&self.index.slot(*file)?.path));
        let paths: Vec<&SmolStr> = paths.collect();
        nearest(from, &paths).and_then(|path| self.index.number_of(path))
    }

    /// The type that `base` is, seen from the type `path` and those around it, where types are known everywhere.
    pub(super) fn base_elsewhere(&self, file: u32, path: &str, base: &str) -> Option<(u32, SmolStr)> {
        let mut around = path;
        loop {
            let whole = dotted(around, base);
            if whole != path
                && let Some(Entity::Type(file, found)) = self.type_elsewhere(file, &whole)
            {
                return Some((file, found));
            }
            if around.is_empty() {
                return None;
            }
            around = around.rsplit_once('.').map_or("", |(outer, _)| outer);
        }
    }

    /// Everything that a type derives from, the nearest first, where types are known everywhere.
    pub(super) fn ancestors(&self, file: u32, path: &str) -> Rc<[(u32, SmolStr)]> {
        let key = (file, SmolStr::from(path));
        if let Some(known) = self.ancestors.borrow().get(&key) {
            return known.clone();
        }
        let mut found = vec![key.clone()];
        let mut at = 0;
        while let Some((file, path)) = found.get(at).cloned() {
            at += 1;
            // What is included last is asked first, the class above after that.
            let mut bases = self.bases_within(file, &path, 0);
            let above = if bases.is_empty() { None } else { Some(bases.remove(0)) };
            for base in bases.into_iter().rev().chain(above) {
                if found.len() < MAX_ANCESTORS && !found.contains(&base) {
                    found.push(base);
                }
            }
        }
        let found: Rc<[(u32, SmolStr)]> = found.get(1..).unwrap_or_default().into();
        self.ancestors.borrow_mut().insert(key, found.clone());
        found
    }
}
