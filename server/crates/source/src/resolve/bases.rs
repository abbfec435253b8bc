//! What settings put before routes: context paths of applications, prefixes under which files are imported.

use std::borrow::Cow;

use crate::{
    Language, SourceFile,
    pattern::path_segments,
    wiring::{BaseFact, Value},
};

use super::names::Names;

/// How many imports may lie within each other.
const MAX_DEPTH: u8 = 4;

/// All of them, each with the file that states it.
pub(super) struct Bases<'a> {
    facts: Vec<(&'a SourceFile, &'a BaseFact)>,
}

/// What stands before the routes of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Base {
    path: String,
    names: String,
    /// Whether routes are known by names, too, which have another prefix.
    has_names: bool,
}

impl<'a> Bases<'a> {
    /// Those of all files.
    pub(super) fn new(names: &Names<'a>) -> Bases<'a> {
        let files = names.wired().map(|(_, source)| &**source);
        Bases {
            facts: files.flat_map(|file| file.wiring.bases.iter().map(move |fact| (file, fact))).collect(),
        }
    }

    /// The alternatives of one file; one that is empty where nothing is said.
    pub(super) fn of(&self, source: &SourceFile) -> Vec<Base> {
        if self.facts.is_empty() {
            return vec![Base::default()];
        }
        let outer = self.nearest(source, false, MAX_DEPTH);
        let inner = self.nearest(source, true, MAX_DEPTH);
        let mut all: Vec<Base> =
            outer.iter().flat_map(|outer| inner.iter().map(move |inner| outer.join(inner))).collect();
        all.dedup();
        all
    }

    /// Those of the innermost folder that has any.
    fn nearest(&self, source: &SourceFile, is_inner: bool, depth: u8) -> Vec<Base> {
        let holds = |(file, fact): &&(&SourceFile, &BaseFact)| {
            fact.is_inner == is_inner
                && family(file.language) == family(source.language)
                && (is_inner || file.path != source.path)
                && is_below(&source.path, &fact.folder)
                && imports(source, &fact.imported)
        };
        let all: Vec<_> = self.facts.iter().filter(holds).collect();
        let Some(nearest) = all.iter().map(|(_, fact)| fact.folder.len()).max().filter(|_| depth > 0) else {
            return vec![Base::default()];
        };
        let mut found = Vec::new();
        for (file, fact) in all.into_iter().filter(|(_, fact)| fact.folder.len() == nearest).take(8) {
            let own = Base {
                path: fact.prefix.to_string(),
                names: fact.names.to_string(),
                has_names: file.language == Language::Php,
            };
            // A file of routes may be imported by another one; settings are not.
            let above = if file.language == Language::Php {
                self.nearest(file, is_inner, depth - 1)
            } else {
                Vec::new()
            };
            match above.is_empty() {
                true => found.push(own),
                false => found.extend(above.iter().map(|above| above.join(&own))),
            }
        }
        found
    }
}

impl Base {
    /// `pattern` with this before it; nothing is put before what is not known from its start on.
    pub(super) fn before<'p>(&self, pattern: &'p str, is_open: bool) -> Cow<'p, str> {
        if is_open || (self.path.is_empty() && self.names.is_empty()) {
            return pattern.into();
        }
        // Symfony sends a route's name in place of its pattern.
        if self.has_names && !pattern.is_empty() && !pattern.contains(['/', '{']) {
            return format!("{}{pattern}", self.names).into();
        }
        slashed(&self.path, pattern).into()
    }

    /// How many segments it has.
    pub(super) fn segments(&self) -> usize {
        path_segments(&self.path).count()
    }

    fn join(&self, inner: &Base) -> Base {
        Base {
            path: slashed(&self.path, &inner.path),
            names: format!("{}{}", self.names, inner.names),
            has_names: self.has_names || inner.has_names,
        }
    }
}

/// Exactly one slash where two paths meet.
fn slashed(before: &str, after: &str) -> String {
    match (before.trim_matches('/'), after.trim_start_matches('/')) {
        ("", _) => after.to_owned(),
        (before, "") => format!("/{before}"),
        (before, after) => format!("/{before}/{after}"),
    }
}

fn is_below(path: &str, folder: &str) -> bool {
    let rest = path.strip_prefix(folder);
    folder.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn imports(source: &SourceFile, part: &str) -> bool {
    part.is_empty()
        || source
            .wiring
            .bindings
            .iter()
            .any(|binding| matches!(&binding.value, Value::Import(module, _) if module.contains(part)))
}

/// Languages that are served by one application.
fn family(language: Language) -> Language {
    if language == Language::Kotlin { Language::Java } else { language }
}
