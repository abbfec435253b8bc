//! The steps of `cargo xtask test`, as data: a name, what it needs, and the commands it would run.

mod adapter;
mod fixtures;
mod neovim;
mod rust;
mod vscode;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::process::Cmd;
use crate::tools::{self, Tool};
use crate::workspace::Workspace;

/// In which runs a step takes part when none is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// In quick and in whole runs.
    Always,
    /// In quick runs: a whole run does the same and more in another step.
    Quick,
    /// In whole runs.
    Whole,
}

/// One step.
pub struct Step {
    /// As typed after `--only`.
    pub name: &'static str,
    /// What it proves, in a few words.
    pub about: &'static str,
    /// In which runs.
    pub when: When,
    /// Part of `cargo xtask lint`.
    pub lint: bool,
    /// Looked for, and installed, before the plan is made. Their variables are set for every command.
    pub needs: &'static [Tool],
    /// The commands, all of which must pass, in order. An error fails the step: it says what is missing.
    pub plan: fn(&Site) -> Result<Vec<Cmd>>,
    /// False where the step has no meaning; then it is neither run nor counted.
    pub applies: fn(&Workspace) -> bool,
}

/// What a plan is made from.
pub struct Site<'a> {
    /// The repository.
    pub workspace: &'a Workspace,
    /// The tools that the step needs.
    pub tools: &'a BTreeMap<Tool, PathBuf>,
    /// True when linters may rewrite what they can.
    pub fix: bool,
    /// True when every step runs. Then all use cargo with the same selection of packages, since another selection
    /// means other features of shared dependencies, and those built again: minutes. A single step builds only its own.
    pub whole: bool,
}

/// Every step, in the order run: what fails fast and often comes first.
pub fn all() -> Vec<Step> {
    [rust::steps(), fixtures::steps(), adapter::steps(), neovim::steps(), vscode::steps()]
        .into_iter()
        .flatten()
        .collect()
}

/// Which steps a run takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// Everything.
    Whole,
    /// What takes seconds.
    Quick,
    /// Linters.
    Lint,
    /// These, by name.
    Only(Vec<String>),
}

impl Selection {
    /// The steps of `all` that are selected, in their order.
    ///
    /// # Errors
    /// When a name is not a step's; the message lists those that are.
    pub fn of(&self, all: Vec<Step>) -> Result<Vec<Step>> {
        if let Selection::Only(names) = self {
            let known: Vec<&str> = all.iter().map(|step| step.name).collect();
            if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
                bail!("there is no step `{unknown}`; the steps are {}", known.join(", "));
            }
        }
        Ok(all.into_iter().filter(|step| self.takes(step)).collect())
    }

    fn takes(&self, step: &Step) -> bool {
        match self {
            Selection::Whole => step.when != When::Quick,
            Selection::Quick => step.when != When::Whole,
            Selection::Lint => step.lint,
            Selection::Only(names) => names.iter().any(|name| name == step.name),
        }
    }
}

impl Site<'_> {
    /// A command in the repository's root that knows where every needed tool is.
    pub fn cmd(&self, program: impl AsRef<std::ffi::OsStr>) -> Cmd {
        self.cmd_in("", program)
    }

    /// The same in a folder below the root.
    pub fn cmd_in(&self, folder: &str, program: impl AsRef<std::ffi::OsStr>) -> Cmd {
        let mut cmd = Cmd::new(&self.workspace.root.join(folder), program);
        for (tool, path) in self.tools {
            cmd = cmd.env(tool.recipe().variable, path);
        }
        if let Some(node) = self.tools.get(&Tool::Node) {
            cmd = cmd.env("PATH", tools::path_with(node));
        }
        cmd.env("SPANGLASS_SHOTS", self.workspace.shots())
    }

    /// Where a needed tool is.
    ///
    /// # Errors
    /// When the step's table forgot to name it.
    pub fn tool(&self, tool: Tool) -> Result<OsString> {
        match self.tools.get(&tool) {
            Some(path) => Ok(path.clone().into_os_string()),
            None => bail!("the step uses {} without naming it among its needs", tool.recipe().name),
        }
    }

    /// The absolute path of a file or folder that the repository must have.
    ///
    /// # Errors
    /// When it has not.
    pub fn file(&self, path: &str) -> Result<PathBuf> {
        let file = self.workspace.root.join(path);
        if !file.exists() {
            bail!("{path} does not exist");
        }
        Ok(file)
    }
}

/// For steps that apply everywhere.
fn everywhere(_: &Workspace) -> bool {
    true
}

/// `npm ci` in `folder` where its modules are missing or older than its lock file.
///
/// # Errors
/// When the folder has no lock file.
fn npm_ci(site: &Site, folder: &str) -> Result<Option<Cmd>> {
    let lock = site.file(&format!("{folder}/package-lock.json"))?;
    let changed = |file: &Path| file.metadata().and_then(|meta| meta.modified()).ok();
    let installed = site.workspace.root.join(folder).join("node_modules/.package-lock.json");
    if changed(&installed).is_some_and(|done| changed(&lock).is_some_and(|lock| done >= lock)) {
        return Ok(None);
    }
    let npm = site.cmd_in(folder, "npm").args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    Ok(Some(npm.limit_secs(10 * 60)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(selection: Selection) -> Vec<&'static str> {
        selection.of(all()).unwrap().iter().map(|step| step.name).collect()
    }

    #[test]
    fn every_name_is_one_step() {
        let mut names: Vec<_> = all().iter().map(|step| step.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }

    #[test]
    fn quick_runs_need_no_editor_and_no_server() {
        let quick = Selection::Quick.of(all()).unwrap();
        assert_eq!(quick.iter().map(|step| step.name).collect::<Vec<_>>(), ["fmt", "pure", "house"]);
        assert!(quick.iter().all(|step| step.needs.is_empty()));
    }

    #[test]
    fn a_whole_run_leaves_out_only_what_it_does_elsewhere() {
        let whole = names(Selection::Whole);
        let left: Vec<_> = all().iter().map(|step| step.name).filter(|name| !whole.contains(name)).collect();
        assert_eq!(left, ["pure"]);
    }

    #[test]
    fn lint_is_part_of_a_whole_run() {
        let whole = names(Selection::Whole);
        let lint = names(Selection::Lint);
        assert_eq!(lint, ["fmt", "clippy", "nvim-lint", "vscode-lint"]);
        assert!(lint.iter().all(|name| whole.contains(name)));
    }

    #[test]
    fn only_keeps_the_tables_order() {
        assert_eq!(names(Selection::Only(vec!["nvim".into(), "fmt".into()])), ["fmt", "nvim"]);
    }

    #[test]
    fn an_unknown_name_is_an_error_that_lists_the_known_ones() {
        let error = Selection::Only(vec!["neovim".into()]).of(all()).err().unwrap().to_string();
        assert!(error.starts_with("there is no step `neovim`; the steps are fmt, "), "{error}");
    }
}
