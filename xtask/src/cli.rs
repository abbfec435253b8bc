//! What was typed, as data.

use anyhow::{Result, bail};

use crate::steps::Selection;

/// One command of `cargo xtask`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Run steps.
    Test(Test),
    /// List the steps.
    List,
    /// Install tools, all or by name, and say where they are.
    Tools(Vec<String>),
    /// Run the product's demo with these arguments.
    Demo(Vec<String>),
    /// Build what is handed out.
    Package,
    /// Run the benchmark named first with the rest as its arguments; without a name, list them.
    Bench(Vec<String>),
    /// Record the fixtures anew with these arguments.
    Record(Vec<String>),
    /// Copy screenshots into the documentation, after taking them again when true.
    Pictures(bool),
    /// Say how to use this.
    Help,
}

/// A run of steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// Which steps.
    pub selection: Selection,
    /// Show what steps write as it comes.
    pub verbose: bool,
    /// Let linters rewrite what they can.
    pub fix: bool,
    /// Install what is missing.
    pub install: bool,
}

/// Printed by `--help`.
pub const HELP: &str = "\
Whatever is more than one cargo command.

cargo xtask test                 everything; installs the editors and servers it needs (1.5 GB in the user's cache)
cargo xtask test --quick         format, unit tests of the pure crates, house rules: seconds
cargo xtask test --only A,B      these steps
cargo xtask test --list          the steps and what each needs
cargo xtask lint [--fix]         every linter; --fix rewrites what can be rewritten
cargo xtask tools [NAME…]        install tools without running a test, and print where they are
cargo xtask demo [ARGS…]         build and run the product's demo
cargo xtask package              release binary, VS Code extension and Neovim plugin, in target/package
cargo xtask bench [NAME [ARGS…]] run a benchmark; without a name, list them
cargo xtask record [ARGS…]       record the fixtures anew from the real apps
cargo xtask pictures [--keep]    take the documentation's screenshots again; --keep uses those of the last test run

test and lint also take: --verbose (show output as it comes), --no-install (skip what needs a missing tool)
Tools go to $SPANGLASS_CACHE, else $XDG_CACHE_HOME/spanglass, else ~/.cache/spanglass.
To use a tool of your own, name it in its variable (cargo xtask tools prints them), e.g. SPANGLASS_NVIM=/usr/bin/nvim.
";

/// Reads the arguments after `cargo xtask`.
///
/// # Errors
/// When a command or flag is unknown.
pub fn parse(args: &[String]) -> Result<Command> {
    let Some((command, rest)) = args.split_first() else {
        return Ok(Command::Help);
    };
    match command.as_str() {
        "demo" => return Ok(Command::Demo(rest.to_vec())),
        "bench" => return Ok(Command::Bench(rest.to_vec())),
        "record" => return Ok(Command::Record(rest.to_vec())),
        _ if rest.iter().any(|arg| arg == "--help" || arg == "-h") => return Ok(Command::Help),
        _ => {}
    }
    match (command.as_str(), rest) {
        ("test" | "lint", _) => test(command == "lint", rest),
        ("tools", names) => Ok(Command::Tools(names.to_vec())),
        ("package", []) => Ok(Command::Package),
        ("pictures", []) => Ok(Command::Pictures(true)),
        ("pictures", [keep]) if keep == "--keep" => Ok(Command::Pictures(false)),
        ("help" | "--help" | "-h", _) => Ok(Command::Help),
        ("package" | "pictures", [arg, ..]) => bail!("`{command}` takes no `{arg}`"),
        _ => bail!("there is no command `{command}`; `cargo xtask help` lists them"),
    }
}

fn test(lint: bool, args: &[String]) -> Result<Command> {
    let all = if lint { Selection::Lint } else { Selection::Whole };
    let mut run = Test { selection: all.clone(), verbose: false, fix: false, install: true };
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let (flag, value) =
            arg.split_once('=').map_or((arg.as_str(), None), |(flag, value)| (flag, Some(value)));
        let selection = match flag {
            "--verbose" | "-v" => {
                run.verbose = true;
                continue;
            }
            "--no-install" => {
                run.install = false;
                continue;
            }
            "--fix" if lint => {
                run.fix = true;
                continue;
            }
            "--list" => return Ok(Command::List),
            "--quick" if !lint => Selection::Quick,
            "--only" => match value.or_else(|| args.next().map(String::as_str)) {
                Some(names) => Selection::Only(names.split(',').map(|name| name.trim().to_owned()).collect()),
                None => bail!("--only needs the names of steps, e.g. --only fmt,nvim"),
            },
            _ => bail!("there is no flag `{arg}` here; `cargo xtask help` lists them"),
        };
        if run.selection != all {
            bail!("--quick and --only exclude each other, and each is given once");
        }
        run.selection = selection;
    }
    Ok(Command::Test(run))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Command> {
        parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    fn run(line: &str) -> Test {
        match parsed(line) {
            Ok(Command::Test(run)) => run,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn wrong(line: &str, start: &str) {
        let error = parsed(line).unwrap_err().to_string();
        assert!(error.starts_with(start), "{error}");
    }

    #[test]
    fn tests_and_lints() {
        assert_eq!(
            run("test"),
            Test { selection: Selection::Whole, verbose: false, fix: false, install: true }
        );
        assert_eq!(run("test --quick -v").selection, Selection::Quick);
        assert_eq!(run("lint --fix").selection, Selection::Lint);
        let only = Selection::Only(vec!["fmt".into(), "nvim".into()]);
        assert_eq!(
            (run("test --only fmt,nvim").selection, run("test --only=fmt,nvim").selection),
            (only.clone(), only)
        );
        assert!(!run("test --no-install").install);
        assert_eq!(parsed("test --list").unwrap(), Command::List);
    }

    #[test]
    fn the_rest_goes_to_the_demo() {
        assert_eq!(
            parsed("demo --once --help").unwrap(),
            Command::Demo(vec!["--once".into(), "--help".into()])
        );
        assert_eq!(parsed("").unwrap(), Command::Help);
        assert_eq!(parsed("package --help").unwrap(), Command::Help);
    }

    #[test]
    fn wrong_use_is_named() {
        wrong("tset", "there is no command `tset`");
        wrong("test --fast", "there is no flag `--fast`");
        wrong("test --fix", "there is no flag `--fix`");
        wrong("test --only", "--only needs the names");
        wrong("test --quick --only fmt", "--quick and --only exclude each other");
        wrong("package now", "`package` takes no `now`");
    }
}
