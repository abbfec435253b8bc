//! A type checker for Lua that knows Neovim's annotations: `emmylua_check`, built from the Rust registry.

use std::path::PathBuf;

use super::{Lack, Toolbox};
use crate::process::Cmd;

const VERSION: &str = "0.25.1";

/// The binary. Built without optimisation: some 80 seconds instead of six minutes, for checks of five seconds
/// instead of one.
pub(super) fn ensure(toolbox: &mut Toolbox) -> Result<PathBuf, Lack> {
    let folder = toolbox.install("emmylua-check", VERSION, VERSION, |folder, shell| {
        let target = folder.join("target");
        let cargo = Cmd::new(folder, "cargo").args(["install", "--locked", "--debug", "--root", "."]);
        let cargo = cargo.arg("--target-dir").arg(&target).arg(format!("emmylua_check@{VERSION}"));
        shell.run(cargo.env("CARGO_PROFILE_DEV_DEBUG", "false"))?;
        Ok(std::fs::remove_dir_all(target)?)
    })?;
    Ok(folder.join("bin/emmylua_check"))
}
