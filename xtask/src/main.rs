//! `cargo xtask`: whatever is more than one cargo command.

mod cli;
mod commands;
mod process;
mod report;
mod run;
mod steps;
mod tally;
mod tools;
mod workspace;

use std::process::ExitCode;

use anyhow::{Context, Result};

use cli::Command;
use steps::Selection;
use tools::{Cache, Toolbox};
use workspace::Workspace;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let command = match cli::parse(&args) {
        Ok(command) => command,
        Err(error) => return told(&error, 2),
    };
    match obey(command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => told(&error, 1),
    }
}

fn told(error: &anyhow::Error, code: u8) -> ExitCode {
    eprintln!("xtask: {error:#}");
    ExitCode::from(code)
}

/// True when what was asked for held.
fn obey(command: Command) -> Result<bool> {
    match command {
        Command::Help => print!("{}", cli::HELP),
        Command::List => commands::list(),
        Command::Test(test) => {
            let selected = test.selection.of(steps::all())?;
            let whole = test.selection == Selection::Whole;
            let options = run::Options { verbose: test.verbose, fix: test.fix, whole };
            return Ok(run::run(&selected, &mut toolbox(test.install)?, options).is_good());
        }
        Command::Tools(names) => return commands::tools(&mut toolbox(true)?, &names),
        Command::Demo(args) => commands::demo(&Workspace::load()?, &args)?,
        Command::Package => commands::package(&mut toolbox(true)?)?,
        Command::Bench(args) => commands::bench(&Workspace::load()?, &args)?,
        Command::Record(args) => commands::record(&Workspace::load()?, &args)?,
        Command::Pictures(again) => {
            let walk =
                Selection::Only(vec!["nvim-look".to_owned(), "vscode-e2e".to_owned()]).of(steps::all())?;
            if again && !run::run(&walk, &mut toolbox(true)?, run::Options::default()).is_good() {
                return Ok(false);
            }
            commands::pictures(&Workspace::load()?)?;
        }
    }
    Ok(true)
}

fn toolbox(may_install: bool) -> Result<Toolbox> {
    let place = Cache::place(|name| std::env::var_os(name));
    let place = place.context("no place for tools: set SPANGLASS_CACHE to a folder")?;
    Ok(Toolbox::new(Workspace::load()?, Cache::at(place), may_install))
}
