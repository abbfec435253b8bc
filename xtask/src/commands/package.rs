//! Builds what is handed out: the binary, the VS Code extension, the Neovim plugin.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::process::{Cmd, run_here};
use crate::tools::{Lack, Tool, Toolbox, npm};

/// Puts all three into `target/package` and says how large each is.
///
/// # Errors
/// When one does not build.
pub fn package(toolbox: &mut Toolbox) -> Result<()> {
    let workspace = toolbox.workspace.clone();
    let version = &workspace.package("spanglass").context("there is no package spanglass")?.version;
    let out = workspace.target.join("package");
    fs::create_dir_all(&out)?;

    let cargo =
        Cmd::new(&workspace.root, "cargo").args(["build", "--locked", "--release", "--package", "spanglass"]);
    run_here(&cargo)?;
    let binary = out.join("spanglass");
    fs::copy(workspace.target.join("release/spanglass"), &binary).context("cannot copy the binary")?;

    let vsix = out.join(format!("spanglass-{version}.vsix"));
    extension(toolbox, &workspace.root.join("vscode-extension"), &vsix)?;

    let plugin = out.join(format!("spanglass.nvim-{version}.tar.gz"));
    let tar = Cmd::new(&workspace.root.join("nvim"), "tar").args([
        "--create",
        "--gzip",
        "--exclude=./tests",
        "--file",
    ]);
    run_here(&tar.arg(&plugin).arg("."))?;

    for file in [binary, vsix, plugin] {
        let size = fs::metadata(&file)?.len();
        println!("{}  {:.1} MB", file.display(), size as f64 / 1e6);
    }
    Ok(())
}

fn extension(toolbox: &mut Toolbox, folder: &Path, vsix: &Path) -> Result<()> {
    let mut get = |tool: Tool| match toolbox.get(tool) {
        Ok(path) => Ok(path),
        Err(Lack::Unavailable(why) | Lack::Broken(why)) => bail!("{why}"),
    };
    let (node, modules) = (get(Tool::Node)?, get(Tool::NodeTools)?);
    run_here(&npm(folder, Some(&node)).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]))?;
    run_here(&npm(folder, Some(&node)).args(["run", "build"]))?;
    let vsce = Cmd::new(folder, &node).env("PATH", crate::tools::path_with(&node));
    let vsce = vsce.arg(modules.join("@vscode/vsce/vsce")).args(["package", "--no-dependencies", "--out"]);
    run_here(&vsce.arg(vsix))
}
