//! Files that are no code but say what the code beside them is called and where it is served: manifests of packages and
//! settings of frameworks. Read line by line and only for the few words that tell it, which costs next to nothing.

mod compose;
mod package;
mod spring;
mod symfony;
mod yaml;

pub(crate) use spring::program_folder;

use model::SmolStr;

use crate::{
    Language, ReadError, SourceFile,
    draft::Draft,
    guard,
    wiring::{ProgramFact, Wiring},
};

/// Manifests that are no code, by their whole name.
const NAMES: &[(&str, Language)] = &[
    ("Cargo.toml", Language::Rust),
    ("Dockerfile", Language::Python),
    ("Procfile", Language::Python),
    ("application.conf", Language::Kotlin),
    ("application.properties", Language::Java),
    ("application.yaml", Language::Java),
    ("application.yml", Language::Java),
    ("bootstrap.properties", Language::Java),
    ("bootstrap.yml", Language::Java),
    ("compose.yaml", Language::Python),
    ("compose.yml", Language::Python),
    ("composer.json", Language::Php),
    ("docker-compose.yaml", Language::Python),
    ("docker-compose.yml", Language::Python),
    ("go.mod", Language::Go),
    ("package.json", Language::JavaScript),
    ("pom.xml", Language::Java),
    ("pyproject.toml", Language::Python),
    ("settings.gradle", Language::Java),
];

/// Whether the file at `path` is read: code, or a manifest that names it.
pub fn is_read(path: &str) -> bool {
    Language::of_path(path).is_some() || language_of(path).is_some()
}

/// Globs of the manifests that are read, below any folder.
pub fn manifest_globs() -> impl Iterator<Item = String> {
    let names = NAMES.iter().map(|(name, _)| format!("**/{name}"));
    names
        .chain(["**/*.csproj".to_owned(), "**/config/**/routes/**/*.{yaml,yml}".to_owned()])
        .chain(["**/{routes,routing}.{yaml,yml}".to_owned()])
}

/// The language of the programs that a manifest is written for, as far as that says how its names are looked up; any
/// for those that are written for all. `None` for other files.
fn language_of(path: &str) -> Option<Language> {
    let name = path.rsplit('/').next()?;
    if let Ok(at) = NAMES.binary_search_by(|(known, _)| (*known).cmp(name)) {
        return Some(NAMES[at].1);
    }
    if name.ends_with(".csproj") {
        return Some(Language::CSharp);
    }
    symfony::is_routes(path).then_some(Language::Php)
}

/// Reads a manifest; `None` when the file is none.
pub(crate) fn read(path: &str, text: &str) -> Option<Result<SourceFile, ReadError>> {
    let language = language_of(path)?;
    if let Err(error) = guard::check(text) {
        return Some(Err(error));
    }
    let mut draft = Draft::default();
    // What it names is stated of every file when it ends.
    if symfony::is_routes(path) {
        symfony::routes(path, text, &mut draft.wiring);
    }
    Some(Ok(draft.finish(path, language, text, false)))
}

/// What a file says as a manifest; some are code, too.
pub(crate) fn facts(path: &str, text: &str, wiring: &mut Wiring) {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    match name {
        "package.json" | "composer.json" => package::json(folder, text, wiring),
        "Cargo.toml" => package::toml(folder, text, &["[package]"], wiring),
        "pyproject.toml" => package::toml(folder, text, &["[project]", "[tool.poetry]"], wiring),
        "go.mod" => package::go(folder, text, wiring),
        "pom.xml" => package::maven(folder, text, wiring),
        "settings.gradle" | "settings.gradle.kts" => package::gradle(folder, text, wiring),
        "mix.exs" => package::mix(folder, text, wiring),
        "Dockerfile" | "Procfile" => package::environment(folder, text, wiring),
        "compose.yaml" | "compose.yml" | "docker-compose.yaml" | "docker-compose.yml" => {
            compose::services(folder, text, wiring);
        }
        "application.yml"
        | "application.yaml"
        | "application.properties"
        | "bootstrap.yml"
        | "bootstrap.properties"
        | "application.conf" => spring::settings(path, text, wiring),
        _ if name.ends_with(".csproj") => package::csproj(folder, name, text, wiring),
        _ => {}
    }
}

/// The program in `folder` is called `name`.
fn call(wiring: &mut Wiring, folder: &str, name: &str) {
    let name = name.trim();
    if name.is_empty() || name.len() > 200 || name.contains(['$', '{', '@', '\n']) {
        return;
    }
    let fact = ProgramFact { folder: folder.into(), name: name.into() };
    if wiring.programs.len() < 1_024 && !wiring.programs.contains(&fact) {
        wiring.programs.push(fact);
    }
}

/// `inner` seen from `folder`, both with `/`; `None` when it leads out of the workspace.
fn joined(folder: &str, inner: &str) -> Option<SmolStr> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in inner.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join("/").into())
}

/// A value without the quotes around it.
fn unquoted(text: &str) -> &str {
    let text = text.trim();
    let inner = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    inner('"').or_else(|| inner('\'')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_can_be_searched() {
        assert!(NAMES.is_sorted_by_key(|(name, _)| *name));
    }

    #[test]
    fn paths_stay_in_the_workspace() {
        assert_eq!(joined("a/b", "../c").as_deref(), Some("a/c"));
        assert_eq!(joined("", "./x/").as_deref(), Some("x"));
        assert_eq!(joined("a", "../../etc"), None);
    }
}
