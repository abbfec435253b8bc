//! Copies the screenshots that the documentation shows out of the last editor run.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;

/// Below the root; documents name pictures as `…pictures/NAME.png`.
const FOLDER: &str = "docs/pictures";

/// Copies every screenshot that a document names into `docs/pictures`, and nothing else, so that no picture lies
/// there that nobody sees.
///
/// # Errors
/// When no screenshot was taken yet, or a document names one that the run did not take and `docs/pictures` lacks.
pub fn pictures(workspace: &Workspace) -> Result<()> {
    let shots = workspace.shots();
    let mut wanted = BTreeSet::new();
    for document in documents(&workspace.root)? {
        let text =
            fs::read_to_string(&document).with_context(|| format!("cannot read {}", document.display()))?;
        wanted.extend(named(&text));
    }
    if wanted.is_empty() {
        bail!("no document names a picture as `pictures/NAME.png`, so there is nothing to copy");
    }
    if !shots.is_dir() {
        bail!("no screenshot was taken yet; run `cargo xtask test --only vscode-e2e` first");
    }
    let folder = workspace.root.join(FOLDER);
    fs::create_dir_all(&folder)?;
    let mut missing = Vec::new();
    for name in &wanted {
        let (shot, picture) = (shots.join(name), folder.join(name));
        if shot.is_file() {
            fs::copy(&shot, &picture).with_context(|| format!("cannot copy {}", shot.display()))?;
            println!("{FOLDER}/{name}");
        } else if !picture.is_file() {
            missing.push(name.as_str());
        }
    }
    if !missing.is_empty() {
        bail!(
            "documents show {}, which the last editor run did not take",
            missing.join(", ")
        );
    }
    Ok(())
}

/// Markdown and help files that people read.
fn documents(root: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for folder in ["", "docs", "vscode-extension", "nvim", "nvim/doc"] {
        let Ok(entries) = fs::read_dir(root.join(folder)) else {
            continue;
        };
        for entry in entries {
            let path = entry?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "md" || extension == "txt")
            {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The names after `pictures/` in `text` that end in `.png`.
fn named(text: &str) -> Vec<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let after = text.split("pictures/").skip(1);
    let names = after.map(|rest| rest.chars().take_while(|c| is_name(*c)).collect::<String>());
    names.filter(|name| name.ends_with(".png")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_markdown_and_html() {
        let text = "![a](docs/pictures/lens.png) <img src=\"../pictures/trace-page.png\" width=9> pictures/ pictures/x.md";
        assert_eq!(named(text), ["lens.png", "trace-page.png"]);
    }

    #[test]
    fn only_named_pictures_are_copied() {
        let root = std::env::temp_dir().join(format!("xtask-pictures-{}", std::process::id()));
        let workspace = Workspace::at(&root);
        fs::create_dir_all(workspace.shots()).unwrap();
        fs::write(root.join("README.md"), "![](docs/pictures/lens.png)").unwrap();
        for shot in ["lens.png", "other.png"] {
            fs::write(workspace.shots().join(shot), shot).unwrap();
        }
        pictures(&workspace).unwrap();
        assert!(
            root.join("docs/pictures/lens.png").exists() && !root.join("docs/pictures/other.png").exists()
        );
        fs::write(root.join("README.md"), "![](docs/pictures/gone.png)").unwrap();
        assert!(
            pictures(&workspace)
                .unwrap_err()
                .to_string()
                .starts_with("documents show gone.png")
        );
        fs::remove_dir_all(root).unwrap();
    }
}
