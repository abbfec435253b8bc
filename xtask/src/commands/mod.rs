//! The commands that are not tests.

mod bench;
mod package;
mod pictures;

use anyhow::{Result, bail};

pub use bench::bench;
pub use package::package;
pub use pictures::pictures;

use crate::process::{Cmd, run_here};
use crate::steps::{self, When};
use crate::tools::{Lack, RECIPES, Toolbox};
use crate::workspace::Workspace;

/// Prints the steps.
pub fn list() {
    for step in steps::all() {
        let when = match step.when {
            When::Always => "quick+whole",
            When::Quick => "quick",
            When::Whole => "whole",
        };
        let needs: Vec<&str> = step.needs.iter().map(|tool| tool.recipe().name).collect();
        let needs = if needs.is_empty() { String::new() } else { format!("  [{}]", needs.join(", ")) };
        println!("{:12} {when:12} {}{needs}", step.name, step.about);
    }
}

/// Installs the tools named, or all, and prints `VARIABLE=path` for each. True when all are there.
///
/// # Errors
/// When a name is not a tool's.
pub fn tools(toolbox: &mut Toolbox, names: &[String]) -> Result<bool> {
    let known: Vec<&str> = RECIPES.iter().map(|recipe| recipe.name).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        bail!("there is no tool `{unknown}`; the tools are {}", known.join(", "));
    }
    let mut lines = Vec::new();
    let mut all = true;
    for recipe in
        RECIPES.iter().filter(|recipe| names.is_empty() || names.iter().any(|name| name == recipe.name))
    {
        match toolbox.get(recipe.tool) {
            Ok(path) => lines.push(format!("{}={}", recipe.variable, path.display())),
            Err(Lack::Unavailable(why) | Lack::Broken(why)) => {
                lines.push(format!("# {}: {why}", recipe.variable));
                all = false;
            }
        }
    }
    println!("{}", lines.join("\n"));
    Ok(all)
}

/// Builds and runs `spanglass demo ARGS`.
///
/// # Errors
/// When it does not build or ends badly.
pub fn demo(workspace: &Workspace, args: &[String]) -> Result<()> {
    let cargo =
        Cmd::new(&workspace.root, "cargo").args(["run", "--release", "--quiet", "--package", "spanglass"]);
    run_here(&cargo.args(["--", "demo"]).args(args))
}

/// Runs the recorder of the fixtures.
///
/// # Errors
/// When there is none or it ends badly.
pub fn record(workspace: &Workspace, args: &[String]) -> Result<()> {
    let script = workspace.root.join("fixtures/record/record.py");
    if !script.is_file() {
        bail!("fixtures/record/record.py does not exist");
    }
    run_here(&Cmd::new(&workspace.root, "python3").arg(script).args(args))
}
