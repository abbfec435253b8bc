//! Finds what a file declares by its name, where namespaces say nothing about folders.

use model::SmolStr;

use super::names::{Names, nearest};
use crate::{Key, SourceFile, wiring::MODULE};

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
            let Some(file) = self.index.slot(*number) else { continue };
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
