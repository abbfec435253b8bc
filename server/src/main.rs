//! The `spanglass` binary: flags in, exit code out. Wiring only; what it wires is in the crates below.

mod cli;
mod commands;
mod config;
mod library;
mod logging;
mod offline;
mod output;
mod received;
mod rulings;
mod wiring;
mod workspace;

use std::{path::Path, process::ExitCode};

use clap::Parser as _;

use cli::{Cli, Command};
use config::Config;
use rulings::Verb;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let config = load_config(&cli);
    let code = {
        // Lives until the command has ended, so that the last of our own spans still go out.
        let _logging = logging::Logging::start(&config);
        run(cli.command, config)
    };
    // Not by returning: tokio's thread that reads stdin cannot be stopped, and dropping its runtime waits for it.
    std::process::exit(code.into())
}

fn run(command: Command, config: Config) -> u8 {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            output::error(format!("the asynchronous runtime cannot start: {error}"));
            return commands::PROBLEM;
        }
    };
    let code = runtime.block_on(dispatch(command, config)).unwrap_or_else(|sentence| {
        output::error(sentence);
        commands::PROBLEM
    });
    runtime.shutdown_background();
    code
}

async fn dispatch(command: Command, config: Config) -> commands::Outcome {
    match command {
        Command::Lsp(flags) => commands::lsp::run(config, &flags).await,
        Command::Dap(flags) => commands::dap::run(config, &flags).await,
        Command::Serve(flags) => commands::serve::run(config, &flags).await,
        Command::Demo(flags) => commands::demo::run(config, &flags).await,
        Command::Annotate(flags) => commands::annotate::run(&config, &flags).await,
        Command::Attribute(flags) => commands::attribute::run(&config, &flags).await,
        Command::Traces(flags) => commands::traces::run(&config, &flags).await,
        Command::Trace(flags) => commands::trace::run(&config, &flags).await,
        Command::Import(flags) => commands::import::run(&config, &flags).await,
        Command::Export(flags) => commands::export::run(&config, &flags).await,
        Command::Pin(flags) => commands::pin::run(Verb::Pin, &flags),
        Command::Reject(flags) => commands::pin::run(Verb::Reject, &flags),
        Command::Doctor(flags) => commands::doctor::run(&config, &flags).await,
    }
}

/// The settings of this run. The workspace's file counts for commands that name a workspace; an editor names its
/// own later.
fn load_config(cli: &Cli) -> Config {
    let here = Path::new(".");
    let workspace = match &cli.command {
        Command::Serve(flags) => Some(flags.workspace.as_path()),
        Command::Attribute(flags) => Some(flags.workspace.as_path()),
        Command::Doctor(flags) => Some(flags.workspace.as_path()),
        Command::Pin(flags) | Command::Reject(flags) => Some(flags.workspace.as_path()),
        Command::Annotate(flags) => Some(flags.workspace.as_deref().unwrap_or(here)),
        Command::Demo(_) => None,
        _ => Some(here),
    };
    let mut config = Config::load(workspace, std::env::vars());
    if let Some(folder) = &cli.global.data_dir {
        config.set_flag("data_dir", folder.display().to_string());
    }
    if let Some(level) = &cli.global.log {
        config.set_flag("log.level", level.clone());
    }
    if let Command::Serve(flags) = &cli.command {
        for (path, said) in [("receiver.http", &flags.http), ("receiver.grpc", &flags.grpc)] {
            said.iter().for_each(|address| config.set_flag(path, address.clone()));
        }
    }
    let is_for_people = !matches!(cli.command, Command::Lsp(_) | Command::Dap(_));
    if is_for_people && config.origin("log.level") == config::Origin::Default {
        // Beside what a command prints, only what is wrong is worth a line.
        config.set_flag("log.level", "warn".to_owned());
    }
    for warning in &config.warnings {
        output::note(format!("spanglass: {warning}"));
    }
    config
}
