//! The product's own binary, as the tests drive it.

use std::path::PathBuf;

use super::{Lack, Toolbox};
use crate::process::{self, Cmd};

/// Builds `spanglass` and says where it is.
pub(super) fn ensure(toolbox: &mut Toolbox) -> Result<PathBuf, Lack> {
    println!("    building spanglass");
    let workspace = &toolbox.workspace;
    let log = workspace.log("build-spanglass");
    let what: &[&str] = if toolbox.builds_tests {
        &["--workspace", "--bins", "--tests"]
    } else {
        &["--package", "spanglass"]
    };
    let cargo = Cmd::new(&workspace.root, "cargo").args(["build", "--locked"]).args(what);
    match process::run(&cargo.limit_secs(30 * 60), &log, false) {
        Ok(ended) if ended.status.is_some_and(|status| status.success()) => {
            Ok(workspace.target.join("debug/spanglass"))
        }
        Ok(ended) => {
            let first =
                ended.output.lines().find(|line| line.starts_with("error")).unwrap_or("no error line");
            Err(Lack::Broken(format!("spanglass does not build: {first}; see {}", log.display())))
        }
        Err(error) => Err(Lack::Broken(format!("spanglass does not build: {error:#}"))),
    }
}
