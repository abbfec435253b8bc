//! Finds what a file declares by its name, where namespaces say nothing about folders.

use model::SmolStr;

use super::{modules::nearest, names::Names};
use crate::{
    Key, Language, SourceFile,
    wiring::{MODULE, Value},
};

/// The name under which a file notes what it includes.
pub(crate) const INCLUDE: &str = "#include";
/// How many files are looked into for what a file includes.
const MAX_INCLUDED: usize = 64;

/// What the name under which a file notes its namespace begins with.
pub(crate) const NAMESPACE: &str = "namespace ";

impl Names<'_> {
    /// The one file, nearest to `from`, that declares `name` in the namespace `space` (see `ModulePath::Declares`).
    pub(super) fn declaring(&self, from: u32, name: &str, space: &str) -> Vec<u32> {
        let Some(source) = self.index.slot(from) else { return Vec::new() };
        let last = name.rsplit('.').next().unwrap_or(name);
        let keys = [Key::Type(last), Key::Function(last)];
        let mut paths: Vec<&SmolStr> = Vec::new();
        for number in keys.into_iter().flat_map(|key| self.index.numbers_with(key)) {
            let Some(file) = self.index.slot(number) else { continue };
            let is_it = file.language == source.language
                && !file.generated
                && declares(file, name)
                && is_in_space(file, space);
            if is_it && !paths.contains(&&file.path) {
                paths.push(&file.path);
            }
        }
        let found = nearest(&source.path, &paths).and_then(|path| self.index.number_of(path));
        found.into_iter().collect()
    }
}

impl Names<'_> {
    /// The first file that `from` includes, itself or through others, that binds `name` to a text.
    pub(super) fn included(&self, from: u32, name: &str) -> Vec<u32> {
        let mut seen = vec![from];
        let mut at = 0;
        while let Some(file) = seen.get(at).copied() {
            at += 1;
            let Some(source) = self.index.slot(file) else { continue };
            for binding in source.wiring.bindings.iter().filter(|binding| binding.scope == MODULE) {
                match &binding.value {
                    Value::Text(_) if binding.name == name => return vec![file],
                    Value::Import(path, None) if binding.name == INCLUDE && seen.len() < MAX_INCLUDED => {
                        let found = self.module(file, path);
                        seen.extend(
                            found.iter().copied().filter(|other| !seen.contains(other)).collect::<Vec<_>>(),
                        );
                    }
                    _ => {}
                }
            }
        }
        Vec::new()
    }

    /// C++ declares a class in one file and defines its methods in another of the same name.
    pub(super) fn body_of_header(&self, source: &SourceFile) -> Vec<u32> {
        let name = source.path.rsplit('/').next().unwrap_or(&source.path);
        let header = name.rsplit_once('.').filter(|(_, end)| matches!(*end, "h" | "hh" | "hpp" | "hxx"));
        let Some((stem, _)) = header.filter(|_| source.language == Language::Cpp) else { return Vec::new() };
        let mut found = Vec::new();
        for end in ["cc", "cpp", "cxx", "c++"] {
            let body = format!("{stem}.{end}");
            let all: Vec<&SmolStr> = self.index.files_ending_with(&body).map(|file| &file.path).collect();
            let nearest = nearest(&source.path, &all);
            found.extend(nearest.and_then(|path| self.index.number_of(path)));
        }
        found
    }
}

fn declares(file: &SourceFile, name: &str) -> bool {
    file.wiring.types.iter().any(|fact| fact.path == name)
        || file.functions.iter().any(|function| function.key.path == name)
}

fn is_in_space(file: &SourceFile, space: &str) -> bool {
    let bindings = file.wiring.bindings.iter().filter(|binding| binding.scope == MODULE);
    let mut spaces = bindings.filter_map(|binding| binding.name.strip_prefix(NAMESPACE));
    match space {
        "" => true,
        "\\" => spaces.next().is_none(),
        whole if whole.starts_with('\\') => spaces.any(|declared| declared == whole),
        end => spaces.any(|declared| declared.strip_suffix(end).is_some_and(|before| before.ends_with('\\'))),
    }
}
