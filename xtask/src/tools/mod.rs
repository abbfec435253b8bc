//! The editors, servers and checkers that tests drive: where each is found, and how it is installed when it is not.

mod apt;
mod binary;
mod cache;
mod chromium;
mod lua;
mod neovim;
mod node;
mod python;
mod senders;
mod vscode;
mod zipkin;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;

pub use cache::Cache;
pub use neovim::runtime_lua;
pub use node::{npm, path_with};

use crate::process::{self, Cmd};
use crate::report::seconds;
use crate::workspace::Workspace;

/// Everything that a step may need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tool {
    /// The product's own binary, built by cargo.
    Binary,
    /// Node 24.
    Node,
    /// VS Code's server with its web client.
    CodeServer,
    /// Node modules that tests import: playwright-core, vsce, Microsoft's DAP test client, StyLua.
    NodeTools,
    /// A browser for code-server.
    Chromium,
    /// Neovim 0.11.
    Neovim,
    /// A Python with pytest-lsp, jsonschema and debugpy's copy of the DAP schema.
    Python,
    /// Java 17 or later.
    Java,
    /// The Zipkin server's jar.
    Zipkin,
    /// A type checker for Lua.
    LuaCheck,
    /// Programs that send by the official SDKs, and a Collector.
    Senders,
}

/// A tool's entry in the table.
pub struct Recipe {
    /// Which.
    pub tool: Tool,
    /// As typed and shown.
    pub name: &'static str,
    /// Tells tests where it is. Set by the caller, it names the one to use instead.
    pub variable: &'static str,
    ensure: fn(&mut Toolbox) -> Result<PathBuf, Lack>,
}

/// Every tool, in the order in which `cargo xtask tools` installs them.
pub const RECIPES: &[Recipe] = &[
    recipe(Tool::Node, "node", "SPANGLASS_NODE", node::ensure),
    recipe(Tool::CodeServer, "code-server", "SPANGLASS_CODE_SERVER", vscode::ensure),
    recipe(Tool::NodeTools, "node-tools", "SPANGLASS_PLAYWRIGHT", node::ensure_modules),
    recipe(Tool::Chromium, "chromium", "SPANGLASS_CHROMIUM", chromium::ensure),
    recipe(Tool::Neovim, "neovim", "SPANGLASS_NVIM", neovim::ensure),
    recipe(Tool::Python, "python", "SPANGLASS_PYTHON", python::ensure),
    recipe(Tool::Java, "java", "SPANGLASS_JAVA", zipkin::ensure_java),
    recipe(Tool::Zipkin, "zipkin", "SPANGLASS_ZIPKIN_JAR", zipkin::ensure),
    recipe(Tool::LuaCheck, "emmylua-check", "SPANGLASS_LUA_CHECK", lua::ensure),
    recipe(Tool::Senders, "senders", "SPANGLASS_SENDERS", senders::ensure),
    recipe(Tool::Binary, "spanglass", "SPANGLASS_BIN", binary::ensure),
];

const fn recipe(
    tool: Tool,
    name: &'static str,
    variable: &'static str,
    ensure: fn(&mut Toolbox) -> Result<PathBuf, Lack>,
) -> Recipe {
    Recipe { tool, name, variable, ensure }
}

impl Tool {
    /// Its entry in the table.
    pub fn recipe(self) -> &'static Recipe {
        // A test checks that the table has every tool, so the first entry never stands in for another.
        RECIPES.iter().find(|recipe| recipe.tool == self).unwrap_or(&RECIPES[0])
    }
}

/// Why a tool is not to be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// This machine does not allow it: steps that need it are skipped.
    Unavailable(String),
    /// It should have worked and did not: steps that need it fail.
    Broken(String),
}

/// Finds and installs tools, each at most once a run.
pub struct Toolbox {
    /// Where the repository and its target folder are.
    pub workspace: Workspace,
    /// Where tools are installed.
    pub cache: Cache,
    /// False: use what is there, install nothing.
    pub may_install: bool,
    /// True: the product's binary is built together with every test, with the features that tests select.
    pub builds_tests: bool,
    /// Installed during this run, and how long each took.
    pub installed: Vec<(String, Duration)>,
    found: BTreeMap<Tool, Result<PathBuf, Lack>>,
}

impl Toolbox {
    /// A toolbox that has looked for nothing yet.
    pub fn new(workspace: Workspace, cache: Cache, may_install: bool) -> Toolbox {
        Toolbox {
            workspace,
            cache,
            may_install,
            builds_tests: false,
            installed: Vec::new(),
            found: BTreeMap::new(),
        }
    }

    /// Where `tool` is, installing it first when it is missing.
    pub fn get(&mut self, tool: Tool) -> Result<PathBuf, Lack> {
        if let Some(found) = self.found.get(&tool) {
            return found.clone();
        }
        let recipe = tool.recipe();
        let found = match std::env::var_os(recipe.variable).map(PathBuf::from) {
            Some(path) if path.exists() => Ok(path),
            Some(path) => Err(Lack::Broken(format!(
                "{} names {}, which does not exist",
                recipe.variable,
                path.display()
            ))),
            None => (recipe.ensure)(self),
        };
        self.found.insert(tool, found.clone());
        found
    }

    /// Installs into the cache unless it is there, trying three times: registries have bad moments.
    fn install(
        &mut self,
        name: &str,
        version: &str,
        recipe: &str,
        mut build: impl FnMut(&Path, &Shell) -> Result<()>,
    ) -> Result<PathBuf, Lack> {
        let cache = self.cache.clone();
        if cache.has(name, version, recipe) {
            return Ok(cache.folder(name, version));
        }
        let shell = self.may(name, version)?;
        let mut last = String::new();
        for _ in 0..3 {
            match cache.install(name, version, recipe, |folder| build(folder, &shell)) {
                Ok((folder, took)) => {
                    self.installed.extend(took.map(|took| (format!("{name} {version}"), took)));
                    println!("    {name} {version} is ready after {}", seconds(took.unwrap_or_default()));
                    return Ok(folder);
                }
                Err(error) => last = format!("{error:#}"),
            }
            println!("    {name} {version} could not be installed: {last}");
        }
        let log = shell.log.display();
        Err(Lack::Broken(format!(
            "{name} {version} could not be installed: {last}; see {log}, or use --no-install"
        )))
    }

    /// A shell to install `name` with, or why nothing may be installed.
    fn may(&self, name: &str, version: &str) -> Result<Shell, Lack> {
        if !self.may_install {
            return Err(Lack::Unavailable(format!(
                "{name} {version} is not installed and --no-install was given"
            )));
        }
        println!("    installing {name} {version}");
        Ok(Shell { log: self.workspace.log(&format!("install-{name}")) })
    }
}

/// Runs the commands of one installation into one log.
struct Shell {
    log: PathBuf,
}

impl Shell {
    fn run(&self, cmd: Cmd) -> Result<()> {
        let ended = process::run(&cmd, &self.log, false)?;
        let code = match ended.status {
            Some(status) if status.success() => return Ok(()),
            Some(status) => status.to_string(),
            None => format!("no answer within {}", seconds(cmd.limit)),
        };
        let last = ended.output.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
        anyhow::bail!("`{}` ended with {code}: {last}", cmd.shown())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_has_its_own_entry() {
        use Tool::*;
        let all =
            [Binary, Node, CodeServer, NodeTools, Chromium, Neovim, Python, Java, Zipkin, LuaCheck, Senders];
        assert!(all.iter().all(|tool| tool.recipe().tool == *tool));
        assert_eq!(all.len(), RECIPES.len());
    }

    #[test]
    fn nothing_is_installed_when_not_allowed() {
        let root = std::env::temp_dir().join(format!("xtask-tools-{}", std::process::id()));
        let mut toolbox = Toolbox::new(Workspace::at(&root), Cache::at(root.join("cache")), false);
        let lack = toolbox.install("neovim", "1", "", |_, _| anyhow::bail!("was built")).unwrap_err();
        assert_eq!(lack, Lack::Unavailable("neovim 1 is not installed and --no-install was given".into()));
        assert!(!root.exists());
    }
}
