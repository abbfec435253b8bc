//! A Python of our own with the libraries that check protocols.

use std::path::PathBuf;

use super::{Lack, Toolbox, apt};
use crate::process::{Cmd, find_program};

/// Raise when `PACKAGES` changes, so that an older folder is never taken for this one.
const VERSION: &str = "1";
/// debugpy is here for its copy of the DAP schema, `debugProtocol.json`.
const PACKAGES: &[&str] = &["pytest-lsp==1.0.1", "jsonschema==4.26.0", "debugpy==1.8.22"];

/// The virtual environment's `python`. Scripts beside it name the folder they were built in, so run modules:
/// `python -m pytest`.
pub(super) fn ensure(toolbox: &mut Toolbox) -> Result<PathBuf, Lack> {
    let python = system(toolbox)?;
    let folder = toolbox.install("python", VERSION, &PACKAGES.join(" "), |folder, shell| {
        shell.run(Cmd::new(folder, &python).args(["-m", "venv", "."]))?;
        let pip = Cmd::new(folder, folder.join("bin/python")).args(["-m", "pip", "install"]);
        shell.run(pip.args(PACKAGES))
    })?;
    Ok(folder.join("bin/python"))
}

/// The machine's `python3`.
pub(super) fn system(toolbox: &mut Toolbox) -> Result<PathBuf, Lack> {
    if find_program("python3").is_none() {
        apt::install(toolbox, "python3", &["python3", "python3-venv", "python3-pip"])?;
    }
    find_program("python3")
        .ok_or_else(|| Lack::Broken("apt-get installed python3, but PATH has none".to_owned()))
}
