//! What cargo knows of the workspace: its folders, packages and test targets.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::process::{Cmd, read};

/// The repository as cargo sees it.
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    /// The repository's root.
    pub root: PathBuf,
    /// Cargo's target folder.
    pub target: PathBuf,
    /// Members of the workspace.
    pub packages: Vec<Package>,
}

/// One member of the workspace.
#[derive(Clone, Debug, Default)]
pub struct Package {
    /// As in its manifest.
    pub name: String,
    /// As in its manifest.
    pub version: String,
    /// Names of its integration tests.
    pub tests: Vec<String>,
    /// Names of its benchmarks.
    pub benches: Vec<String>,
    /// Names of its examples.
    pub examples: Vec<String>,
}

impl Workspace {
    /// Asks cargo.
    ///
    /// # Errors
    /// When cargo cannot read the workspace.
    pub fn load() -> Result<Workspace> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let cmd = Cmd::new(here, "cargo").args(["metadata", "--no-deps", "--format-version", "1"]);
        Workspace::parse(&read(&cmd)?).context("cannot read what `cargo metadata` says")
    }

    /// A workspace of no packages, with everything under `root`.
    #[cfg(test)]
    pub fn at(root: &Path) -> Workspace {
        Workspace { root: root.to_owned(), target: root.join("target"), packages: Vec::new() }
    }

    /// A member by name.
    pub fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }

    /// Where `name`'s output is kept.
    pub fn log(&self, name: &str) -> PathBuf {
        self.target.join("xtask-logs").join(format!("{name}.log"))
    }

    /// Where editor tests put their screenshots.
    pub fn shots(&self) -> PathBuf {
        self.target.join("shots")
    }

    fn parse(metadata: &str) -> Result<Workspace> {
        let json: Value = serde_json::from_str(metadata)?;
        let folder =
            |key: &str| json[key].as_str().map(PathBuf::from).with_context(|| format!("`{key}` is missing"));
        let packages = json["packages"].as_array().context("`packages` is missing")?;
        Ok(Workspace {
            root: folder("workspace_root")?,
            target: folder("target_directory")?,
            packages: packages.iter().map(package).collect(),
        })
    }
}

fn package(json: &Value) -> Package {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let targets = json["targets"].as_array().map(Vec::as_slice).unwrap_or_default();
    let of = |kind: &str| {
        let is =
            |target: &&Value| target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|k| k == kind));
        targets.iter().filter(is).map(|target| text(&target["name"])).collect()
    };
    Package {
        name: text(&json["name"]),
        version: text(&json["version"]),
        tests: of("test"),
        benches: of("bench"),
        examples: of("example"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_read() {
        let json = r#"{"workspace_root":"/r","target_directory":"/t","packages":[{"name":"spanglass-tests",
            "version":"0.1.0","targets":[{"name":"spanglass_tests","kind":["lib"]},{"name":"house","kind":["test"]},
            {"name":"placement","kind":["bench"]}]}]}"#;
        let workspace = Workspace::parse(json).unwrap();
        let package = workspace.package("spanglass-tests").unwrap();
        assert_eq!(
            (package.tests.as_slice(), package.benches.as_slice()),
            (&["house".into()][..], &["placement".into()][..])
        );
        assert_eq!(workspace.log("fmt"), Path::new("/t/xtask-logs/fmt.log"));
    }

    #[test]
    fn metadata_without_folders_is_refused() {
        let error = Workspace::parse("{}").unwrap_err();
        assert_eq!(error.to_string(), "`packages` is missing");
    }
}
