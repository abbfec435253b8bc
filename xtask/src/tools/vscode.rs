//! A real VS Code: code-server from npm's registry, which is VS Code's server with its web client.

use std::path::PathBuf;

use super::node::{npm, npm_install};
use super::{Lack, Tool, Toolbox};

/// Carries VS Code 1.139.1.
const VERSION: &str = "4.139.1";

/// The script that Node runs: `$SPANGLASS_NODE $SPANGLASS_CODE_SERVER --bind-addr 127.0.0.1:PORT …`.
///
/// Install scripts stay off: they would build native modules for minutes, and everything that tests use (language
/// clients, debugging, panels, search, the terminal) works without.
pub(super) fn ensure(toolbox: &mut Toolbox) -> Result<PathBuf, Lack> {
    let node = toolbox.get(Tool::Node)?;
    let folder = toolbox.install("code-server", VERSION, VERSION, |folder, shell| {
        npm_install(shell, folder, Some(&node), &["--ignore-scripts", &format!("code-server@{VERSION}")])?;
        let server = folder.join("node_modules/code-server/lib/vscode");
        for part in [server.clone(), server.join("extensions")] {
            let flags = ["install", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"];
            shell.run(npm(&part, Some(&node)).args(flags))?;
        }
        Ok(())
    })?;
    Ok(folder.join("node_modules/code-server/out/node/entry.js"))
}
