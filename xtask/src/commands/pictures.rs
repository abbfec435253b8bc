//! Copies the screenshots that the documentation shows out of the last editor run.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;

/// Below the root; documents are looked for here, too.
const FOLDER: &str = "docs";

/// Copies every screenshot that a document shows to where the document looks for it below `docs`, and nothing else,
/// so that no picture lies there that nobody sees.
///
/// # Errors
/// When no screenshot was taken yet, or a document shows a picture that exists neither as a screenshot nor in `docs`.
pub fn pictures(workspace: &Workspace) -> Result<()> {
    let shots = workspace.shots();
    let wanted = wanted(&workspace.root)?;
    if wanted.is_empty() {
        bail!("no document shows a .png below {FOLDER}, so there is nothing to copy");
    }
    if !shots.is_dir() {
        bail!("no screenshot was taken yet; run `cargo xtask test --only nvim-look,vscode-e2e` first");
    }
    let mut missing = Vec::new();
    for picture in &wanted {
        let (shot, target) =
            (shots.join(picture.file_name().unwrap_or_default()), workspace.root.join(picture));
        if shot.is_file() {
            fs::create_dir_all(target.parent().unwrap_or(&workspace.root))?;
            fs::copy(&shot, &target).with_context(|| format!("cannot copy {}", shot.display()))?;
            println!("{}", picture.display());
        } else if !target.is_file() {
            missing.push(picture.display().to_string());
        }
    }
    if !missing.is_empty() {
        bail!("documents show {}, which no editor test took", missing.join(", "));
    }
    Ok(())
}

/// Pictures below `docs` that a document shows, relative to `root`.
fn wanted(root: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut wanted = BTreeSet::new();
    for folder in ["", FOLDER, "vscode-extension", "nvim"] {
        let Ok(entries) = fs::read_dir(root.join(folder)) else {
            continue;
        };
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "md") {
                let text =
                    fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
                wanted.extend(
                    shown(&text).iter().filter_map(|picture| below_root(Path::new(folder).join(picture))),
                );
            }
        }
    }
    wanted.retain(|picture| picture.starts_with(FOLDER));
    Ok(wanted)
}

/// Relative paths in `text` that end in `.png`.
fn shown(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "-_./:".contains(c)));
    words.filter(|word| word.ends_with(".png") && !word.contains(':')).collect()
}

/// `path` without `.` and `..`; none when it leaves the root.
fn below_root(path: PathBuf) -> Option<PathBuf> {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => plain.push(name),
            Component::ParentDir => plain.pop().then_some(())?,
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_found_in_markdown_and_html() {
        let text =
            "![a](docs/lens.png) <img src=\"../docs/page.png\" width=9> https://x.example/y.png docs/x.md";
        assert_eq!(shown(text), ["docs/lens.png", "../docs/page.png"]);
    }

    #[test]
    fn paths_are_made_plain() {
        let plain = |path: &str| below_root(PathBuf::from(path)).map(|path| path.display().to_string());
        assert_eq!(plain("vscode-extension/../docs/./a.png").as_deref(), Some("docs/a.png"));
        assert_eq!((plain("../a.png"), plain("/a.png")), (None, None));
    }

    #[test]
    fn only_pictures_that_documents_show_are_copied() {
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
                .starts_with("documents show docs/pictures/gone.png")
        );
        fs::remove_dir_all(root).unwrap();
    }
}
