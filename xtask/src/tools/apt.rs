//! Debian's packages, for what only they carry. Needs root; nobody is asked for a password.

use std::fs;

use super::{Lack, Shell, Toolbox};
use crate::process::{self, Cmd};

const LISTS: &str = "/var/lib/apt/lists";

/// Installs `packages`, or says why this machine does not allow it. `what` names the thing missing.
pub(super) fn install(toolbox: &mut Toolbox, what: &str, packages: &[&str]) -> Result<(), Lack> {
    let how = format!("install {} and run this again", packages.join(" "));
    if process::find_program("apt-get").is_none() {
        return Err(Lack::Unavailable(format!(
            "{what} is not installed and there is no apt-get here; {how}"
        )));
    }
    if !is_root() {
        return Err(Lack::Unavailable(format!("{what} is not installed and apt-get needs root; {how}")));
    }
    let shell = toolbox.may(what, "from apt-get")?;
    let start = std::time::Instant::now();
    get(toolbox, &shell, packages).map_err(|error| {
        Lack::Broken(format!("{what} could not be installed: {error:#}; see {}", shell.log.display()))
    })?;
    toolbox.installed.push((format!("{what} from apt-get"), start.elapsed()));
    Ok(())
}

fn get(toolbox: &Toolbox, shell: &Shell, packages: &[&str]) -> anyhow::Result<()> {
    let apt = |args: &[&str]| {
        let cmd = Cmd::new(&toolbox.workspace.root, "apt-get").args(args);
        shell.run(cmd.env("DEBIAN_FRONTEND", "noninteractive"))
    };
    let install: Vec<&str> =
        ["install", "-y", "--no-install-recommends"].iter().chain(packages).copied().collect();
    if has_lists() && apt(&install).is_ok() {
        return Ok(());
    }
    // No list, or one so old that what it names is gone.
    apt(&["update"])?;
    apt(&install)
}

fn has_lists() -> bool {
    let Ok(entries) = fs::read_dir(LISTS) else {
        return false;
    };
    entries.flatten().any(|entry| entry.file_name().to_string_lossy().contains("_Packages"))
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0)
}
