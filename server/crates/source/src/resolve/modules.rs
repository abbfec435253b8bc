//! Finds the files of modules: by path, by folder, or by what they declare where a namespace says nothing of folders.

use std::rc::Rc;

use model::SmolStr;

use super::{ModulePath, names::Names};
use crate::{Key, SourceFile};

impl Names<'_> {
    /// The files of the module that `from` calls `module`.
    pub(crate) fn module(&self, from: u32, module: &str) -> Rc<[u32]> {
        let key = (from, SmolStr::from(module));
        if let Some(known) = self.modules.borrow().get(&key) {
            return known.clone();
        }
        let found: Rc<[u32]> = self.find_module(from, module).into();
        self.modules.borrow_mut().insert(key, found.clone());
        found
    }

    fn find_module(&self, from: u32, module: &str) -> Vec<u32> {
        let Some(source) = self.index.slot(from) else { return Vec::new() };
        for candidate in source.language.reader().module_paths(&source.path, module) {
            let files: Vec<u32> = match &candidate {
                ModulePath::File(path) => self.index.number_of(path).into_iter().collect(),
                ModulePath::Folder(folder) => {
                    self.index.folder(folder).map(|(number, _)| number).take(256).collect()
                }
                ModulePath::Type(name) => {
                    let declares =
                        |file: &SourceFile| file.wiring.types.iter().any(|fact| fact.path == *name);
                    self.nearest_declaring(source, Key::Type(name), declares)
                }
                ModulePath::Member(name, bound) => {
                    let declares =
                        |file: &SourceFile| file.wiring.bindings.iter().any(|binding| binding.name == *bound);
                    self.nearest_declaring(source, Key::Function(name), declares)
                }
                ModulePath::Suffix(suffix) => {
                    let all: Vec<_> = self.index.files_ending_with(suffix).map(|file| &file.path).collect();
                    nearest(&source.path, &all)
                        .and_then(|path| self.index.number_of(path))
                        .into_iter()
                        .collect()
                }
                ModulePath::Declares { name, space } => self.declaring(from, name, space),
                ModulePath::Included(name) => self.included(from, name),
            };
            if !files.is_empty() {
                return files;
            }
        }
        Vec::new()
    }

    /// The files of the language of `from` with `key` that declare something: those nearest to it; none where they lie
    /// in several folders as near.
    fn nearest_declaring(
        &self,
        from: &SourceFile,
        key: Key<'_>,
        declares: impl Fn(&SourceFile) -> bool,
    ) -> Vec<u32> {
        let numbers = self.index.numbers_with(key).take(256);
        let files = numbers.filter_map(|number| Some((number, self.index.slot(number)?)));
        let known: Vec<(u32, &str)> = files
            .filter(|(_, file)| file.language == from.language && declares(file))
            .map(|(number, file)| (number, file.path.as_str()))
            .collect();
        let shared =
            |path: &str| from.path.split('/').zip(path.split('/')).take_while(|(a, b)| a == b).count();
        let best = known.iter().map(|(_, path)| shared(path)).max().unwrap_or(0);
        let nearest: Vec<(u32, &str)> = known.into_iter().filter(|(_, path)| shared(path) == best).collect();
        let is_one = nearest.windows(2).all(|two| folder_of(two[0].1) == folder_of(two[1].1));
        if is_one { nearest.into_iter().map(|(number, _)| number).collect() } else { Vec::new() }
    }
}

/// The folder of a path.
fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Of several paths the one that shares most folders with `from`; `None` when two share as many.
pub(super) fn nearest<'p>(from: &str, paths: &[&'p SmolStr]) -> Option<&'p SmolStr> {
    let shared = |path: &str| from.split('/').zip(path.split('/')).take_while(|(a, b)| a == b).count();
    let best = paths.iter().map(|path| shared(path)).max()?;
    let mut nearest = paths.iter().filter(|path| shared(path) == best);
    match (nearest.next(), nearest.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}
