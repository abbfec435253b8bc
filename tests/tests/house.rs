//! The rules of the house: imports go down the floors, files stay small and say why they exist, nothing speaks of
//! the machine it was written on.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use spanglass_tests::repository;

/// Floor, and which of our crates each may import (docs/architecture.md).
const FLOORS: &[(&str, u8, &[&str])] = &[
    ("model", 0, &[]),
    ("formats", 1, &["model"]),
    ("store", 1, &["model"]),
    ("source", 1, &["model"]),
    ("attribution", 2, &["model", "source"]),
    ("world", 3, &["model", "formats", "store", "source", "attribution"]),
    ("insight", 4, &["model", "store", "source", "attribution", "world"]),
    ("replay", 4, &["model", "store", "source", "attribution", "world"]),
    ("ingest", 5, &["model", "formats"]),
    ("archive", 5, &["model"]),
    ("provenance", 5, &["model", "source", "attribution", "world"]),
    ("lsp", 5, &["model", "store", "source", "attribution", "world", "insight"]),
    ("dap", 5, &["model", "world", "replay"]),
    ("web", 5, &["model", "formats", "store", "world", "insight"]),
];

/// Outside crates that exactly one of ours may name.
const ONLY_IN: &[(&str, &str)] = &[
    ("tower-lsp", "lsp"),
    ("dap-types", "dap"),
    ("tree-sitter", "source"),
    ("git2", "provenance"),
    ("sourcemap", "provenance"),
    ("clap", "server"),
    ("toml", "server"),
    ("toml_edit", "server"),
];

/// No file is longer than this many lines.
const LONGEST_FILE: usize = 600;

#[test]
fn imports_go_down_the_floors_only() {
    let mut wrong = Vec::new();
    for (name, floor, allowed) in FLOORS {
        for dependency in dependencies(&repository().join("server/crates").join(name)) {
            let Some((_, other_floor, _)) = FLOORS.iter().find(|(other, ..)| *other == dependency) else {
                continue;
            };
            if !allowed.contains(&dependency.as_str()) {
                wrong.push(format!("{name} (floor {floor}) imports {dependency} (floor {other_floor})"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new(), "see docs/architecture.md, “Floors”");
}

#[test]
fn every_crate_has_its_floor() {
    let crates = repository().join("server/crates");
    let mut found: Vec<String> = fs::read_dir(&crates)
        .expect("server/crates is a folder")
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .collect();
    found.sort();
    let mut known: Vec<String> = FLOORS.iter().map(|(name, ..)| (*name).to_owned()).collect();
    known.sort();
    assert_eq!(found, known, "a new crate needs a row in this file and in docs/architecture.md");
}

#[test]
fn outside_crates_stay_where_they_belong() {
    let mut wrong = Vec::new();
    for (outside, home) in ONLY_IN {
        for (name, ..) in FLOORS {
            let names_it =
                dependencies(&repository().join("server/crates").join(name)).contains(&(*outside).to_owned());
            if names_it && name != home {
                wrong.push(format!("{name} names {outside}, which belongs to {home}"));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn every_file_says_why_it_exists() {
    let wrong: Vec<_> = tracked(&["rs"])
        .into_iter()
        .filter(|path| !path.starts_with("fixtures/"))
        .filter(|path| !read(path).starts_with("//!"))
        .collect();
    assert_eq!(wrong, Vec::<String>::new(), "the first line of a Rust file is `//!` and says why it exists");
}

#[test]
fn files_stay_small() {
    let wrong: Vec<_> = tracked(&["rs", "ts", "mts", "mjs", "js", "lua", "py"])
        .into_iter()
        .map(|path| (read(&path).lines().count(), path))
        .filter(|(lines, _)| *lines > LONGEST_FILE)
        .collect();
    assert_eq!(wrong, Vec::new(), "no file over {LONGEST_FILE} lines");
}

#[test]
fn no_trailing_white_space() {
    let mut wrong = Vec::new();
    for path in tracked(&["rs", "ts", "mjs", "lua", "py", "toml", "sh", "md"]) {
        if path.starts_with("fixtures/traces/") {
            continue;
        }
        for (at, line) in read(&path).lines().enumerate() {
            if line.ends_with([' ', '\t']) {
                wrong.push(format!("{path}:{}", at + 1));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// Words that no file may hold: where it was written says nothing to whom it is for.
#[test]
fn nothing_speaks_of_the_machine_it_was_written_on() {
    let checkout = repository().canonicalize().expect("the repository exists");
    let mut words = vec!["/root/".to_owned(), format!("{}/", checkout.display())];
    if let Ok(home) = std::env::var("HOME") {
        words.extend((home.len() > "/home/".len()).then(|| format!("{home}/")));
    }
    let mut wrong = Vec::new();
    for path in all_tracked() {
        if path == "tests/tests/house.rs" {
            continue;
        }
        let text = fs::read(repository().join(&path)).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        wrong.extend(
            words.iter().filter(|word| text.contains(word.as_str())).map(|word| format!("{path}: {word}")),
        );
    }
    assert_eq!(wrong, Vec::<String>::new());
}

fn dependencies(folder: &Path) -> Vec<String> {
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("every crate has a manifest");
    let manifest: toml::Table = manifest.parse().expect("a manifest is TOML");
    let empty = toml::Table::new();
    let tables: BTreeMap<&str, &toml::Table> = ["dependencies", "build-dependencies"]
        .into_iter()
        .map(|key| (key, manifest.get(key).and_then(toml::Value::as_table).unwrap_or(&empty)))
        .collect();
    tables.values().flat_map(|table| table.keys().cloned()).collect()
}

fn read(path: &str) -> String {
    String::from_utf8_lossy(&fs::read(repository().join(path)).unwrap_or_default()).into_owned()
}

fn tracked(extensions: &[&str]) -> Vec<String> {
    all_tracked()
        .into_iter()
        .filter(|path| {
            Path::new(path).extension().is_some_and(|it| extensions.iter().any(|want| it == *want))
        })
        .collect()
}

/// Files that git tracks, or would track, and that exist.
fn all_tracked() -> Vec<String> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(repository())
        .output()
        .expect("the rules of the house are checked in a git checkout");
    let paths = String::from_utf8_lossy(&output.stdout);
    let paths: Vec<String> = paths
        .lines()
        .filter(|path| PathBuf::from(repository()).join(path).is_file())
        .map(str::to_owned)
        .collect();
    assert!(paths.len() > 20, "git lists {} files: this is no checkout", paths.len());
    paths
}
