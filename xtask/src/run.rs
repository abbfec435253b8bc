//! Runs steps one after another, whatever happens to each, and reports.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Instant;

use crate::process::{self, Cmd, Ended};
use crate::report::{Outcome, Report, Row, seconds};
use crate::steps::{Site, Step};
use crate::tally::{Tally, plain};
use crate::tools::{Lack, Toolbox};

/// How many lines of a failed step's log are shown.
const TAIL: usize = 60;

/// How to run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Show what steps write as it comes.
    pub verbose: bool,
    /// Let linters rewrite what they can.
    pub fix: bool,
    /// Every step is run.
    pub whole: bool,
}

/// Runs `steps` and prints as it goes; the report's last line is the last line printed.
pub fn run(steps: &[Step], toolbox: &mut Toolbox, options: Options) -> Report {
    let mut report = Report::default();
    toolbox.builds_tests = options.whole;
    let steps: Vec<&Step> = steps.iter().filter(|step| (step.applies)(&toolbox.workspace)).collect();
    for (index, step) in steps.iter().enumerate() {
        println!("==> {}/{} {}: {}", index + 1, steps.len(), step.name, step.about);
        let row = run_step(step, toolbox, options);
        match &row.outcome {
            Outcome::Passed => println!("    passed in {}{}", seconds(row.took), detail(&row.detail)),
            Outcome::Failed(why) => println!("    FAILED after {}: {why}", seconds(row.took)),
            Outcome::Skipped(why) => println!("    SKIPPED: {why}"),
        }
        report.rows.push(row);
    }
    report.installed = std::mem::take(&mut toolbox.installed);
    print!("{}", report.closing());
    report
}

fn detail(detail: &str) -> String {
    if detail.is_empty() { String::new() } else { format!(" ({detail})") }
}

fn run_step(step: &Step, toolbox: &mut Toolbox, options: Options) -> Row {
    let log = toolbox.workspace.log(step.name);
    // A log of an earlier run would be taken for this one's.
    let _ = fs::remove_file(&log);
    let mut tools = BTreeMap::new();
    let mut lack = None;
    for tool in step.needs {
        match toolbox.get(*tool) {
            Ok(path) => _ = tools.insert(*tool, path),
            Err(why) => lack = lack.or(Some(why)),
        }
    }
    let start = Instant::now();
    let mut tally = Tally::default();
    let outcome = match lack {
        Some(Lack::Unavailable(why)) => Outcome::Skipped(why),
        Some(Lack::Broken(why)) => Outcome::Failed(why),
        None => {
            let site =
                Site { workspace: &toolbox.workspace, tools: &tools, fix: options.fix, whole: options.whole };
            (step.plan)(&site).map_or_else(
                |error| Outcome::Failed(format!("{error:#}")),
                |cmds| run_all(&cmds, &log, options, &mut tally),
            )
        }
    };
    if matches!(outcome, Outcome::Failed(_)) && !options.verbose {
        show_tail(&log);
    }
    let log = log.exists().then_some(log);
    let detail = tally.shown();
    Row { step: step.name, outcome, took: start.elapsed(), detail, inner_skips: tally.skips, log }
}

/// Runs every command even after one failed, so that one run shows everything; the first failure names the step's.
fn run_all(cmds: &[Cmd], log: &Path, options: Options, tally: &mut Tally) -> Outcome {
    let mut failure = None;
    for cmd in cmds {
        let objection = match process::run(cmd, log, options.verbose) {
            Ok(ended) => {
                let counted = Tally::of(&ended.output);
                let objection = objection(cmd, &ended, &counted);
                tally.add(counted);
                objection
            }
            Err(error) => Some(format!("{error:#}")),
        };
        failure = failure.or(objection);
    }
    failure.map_or(Outcome::Passed, Outcome::Failed)
}

fn objection(cmd: &Cmd, ended: &Ended, counted: &Tally) -> Option<String> {
    let brief = cmd.brief();
    let Some(status) = ended.status else {
        return Some(format!("no end after {}, so it was ended: {brief}", seconds(cmd.limit)));
    };
    if status.success() {
        return counted.objection(cmd.expect).map(|counts| format!("{counts}: {brief}"));
    }
    if counted.failed > 0 {
        return Some(format!("{} tests failed: {brief}", counted.failed));
    }
    match ended.output.lines().find(|line| line.starts_with("error")) {
        Some(error) => Some(format!("{error} ({status}): {brief}")),
        None => Some(format!("{status}: {brief}")),
    }
}

fn show_tail(log: &Path) {
    let Ok(bytes) = fs::read(log) else { return };
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    let skipped = lines.len().saturating_sub(TAIL);
    println!("    --- the last {} of {} lines of {}", lines.len() - skipped, lines.len(), log.display());
    for line in &lines[skipped..] {
        println!("    | {}", plain(line));
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::process::Expect;

    fn check(script: &str, expect: Expect) -> Outcome {
        let folder = TempDir::new().unwrap();
        let log = folder.path().join("step.log");
        let cmd = Cmd::new(Path::new("/"), "sh").args(["-c", script]).expect(expect);
        run_all(&[cmd], &log, Options::default(), &mut Tally::default())
    }

    fn failed(outcome: Outcome, start: &str) {
        assert!(matches!(&outcome, Outcome::Failed(why) if why.starts_with(start)), "{outcome:?}");
    }

    #[test]
    fn both_the_exit_code_and_the_counts_must_be_good() {
        assert_eq!(check("echo 3 passed, 0 failed", Expect::ClosingLine), Outcome::Passed);
        failed(check("echo 3 passed, 0 failed; exit 1", Expect::ClosingLine), "exit status: 1: sh -c");
        failed(check("echo ok", Expect::ClosingLine), "the last line is not `N passed, 0 failed` but `ok`");
        failed(check("true", Expect::Tests), "no test was run: sh -c");
        failed(check("echo 1 failing; exit 1", Expect::Tests), "1 tests failed: sh -c");
        failed(check("echo 'error: no'; exit 1", Expect::Tests), "error: no (exit status: 1): sh -c");
    }

    #[test]
    fn the_first_failure_is_told_and_the_rest_still_runs() {
        let folder = TempDir::new().unwrap();
        let log = folder.path().join("step.log");
        let sh = |script: &str| Cmd::new(Path::new("/"), "sh").args(["-c", script]);
        let mut tally = Tally::default();
        let outcome =
            run_all(&[sh("exit 7"), sh("echo 2 passed, 0 failed")], &log, Options::default(), &mut tally);
        failed(outcome, "exit status: 7");
        assert_eq!(tally.passed, 2);
    }
}
