//! What a run says at its end: one row a step, every skip and failure once more in full, and the counts.

use std::fmt::Write;
use std::path::PathBuf;
use std::time::Duration;

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It ran and everything held.
    Passed,
    /// It ran, or should have been able to, and something did not hold.
    Failed(String),
    /// It could not run on this machine.
    Skipped(String),
}

/// One step's row.
#[derive(Clone, Debug)]
pub struct Row {
    /// The step's name.
    pub step: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// Wall time, without installing tools.
    pub took: Duration,
    /// What it counted.
    pub detail: String,
    /// `what: why` of every test inside the step that could not run.
    pub inner_skips: Vec<String>,
    /// Everything it wrote.
    pub log: Option<PathBuf>,
}

/// A whole run.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Rows, in the order run.
    pub rows: Vec<Row>,
    /// Tools installed on the way and how long each took.
    pub installed: Vec<(String, Duration)>,
}

impl Report {
    /// Steps passed, failed, skipped. A skip inside a step that ran counts as a skip beside that step.
    pub fn counts(&self) -> (usize, usize, usize) {
        let of = |wanted: fn(&Outcome) -> bool| self.rows.iter().filter(|row| wanted(&row.outcome)).count();
        let inner: usize = self.rows.iter().map(|row| row.inner_skips.len()).sum();
        (
            of(|outcome| *outcome == Outcome::Passed),
            of(|outcome| matches!(outcome, Outcome::Failed(_))),
            of(|outcome| matches!(outcome, Outcome::Skipped(_))) + inner,
        )
    }

    /// True when nothing failed.
    pub fn is_good(&self) -> bool {
        self.counts().1 == 0
    }

    /// The closing text; its last line is exactly `N passed, N failed, N skipped`.
    pub fn closing(&self) -> String {
        let mut text = String::from("\n");
        for (tool, took) in &self.installed {
            let _ = writeln!(text, "installed {tool} in {}", seconds(*took));
        }
        let width = self.rows.iter().map(|row| row.step.len()).max().unwrap_or(0);
        for row in &self.rows {
            let line = format!(
                "{:width$}  {:7}  {:>8}  {}",
                row.step,
                word(&row.outcome),
                seconds(row.took),
                row.detail
            );
            let _ = writeln!(text, "{}", line.trim_end());
        }
        text.push('\n');
        for row in &self.rows {
            for skip in &row.inner_skips {
                let _ = writeln!(text, "SKIPPED in {}: {skip}", row.step);
            }
            if let Outcome::Skipped(why) = &row.outcome {
                let _ = writeln!(text, "SKIPPED {}: {why}", row.step);
            }
        }
        for row in &self.rows {
            if let Outcome::Failed(why) = &row.outcome {
                let log = row
                    .log
                    .as_ref()
                    .map(|log| format!(" (whole output: {})", log.display()))
                    .unwrap_or_default();
                let _ = writeln!(text, "FAILED {}: {why}{log}", row.step);
            }
        }
        let (passed, failed, skipped) = self.counts();
        let _ = writeln!(text, "{passed} passed, {failed} failed, {skipped} skipped");
        text
    }
}

/// A duration as people read it: `0.3 s`, `41 s`, `3 min 05 s`.
pub fn seconds(took: Duration) -> String {
    match took.as_secs() {
        0..10 => format!("{:.1} s", took.as_secs_f64()),
        short @ 10..120 => format!("{short} s"),
        long => format!("{} min {:02} s", long / 60, long % 60),
    }
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "passed",
        Outcome::Failed(_) => "FAILED",
        Outcome::Skipped(_) => "SKIPPED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(step: &'static str, outcome: Outcome, detail: &str) -> Row {
        let log = Some(PathBuf::from(format!("logs/{step}.log")));
        Row {
            step,
            outcome,
            took: Duration::from_millis(1300),
            detail: detail.to_owned(),
            inner_skips: vec![],
            log,
        }
    }

    #[test]
    fn closing_names_every_skip_and_failure_and_ends_with_the_counts() {
        let mut report = Report::default();
        report.rows.push(row("fmt", Outcome::Passed, ""));
        report.rows.push(row("unit", Outcome::Failed("2 tests failed".into()), "40 tests"));
        report.rows.push(row("vscode-e2e", Outcome::Skipped("chromium is not installed".into()), ""));
        report.rows.push(row("e2e", Outcome::Passed, "7 tests"));
        report.rows[3].inner_skips.push("clickhouse: chdb is not installed".into());
        report.installed.push(("node 24".into(), Duration::from_secs(7)));
        let expected = "
installed node 24 in 7.0 s
fmt         passed      1.3 s
unit        FAILED      1.3 s  40 tests
vscode-e2e  SKIPPED     1.3 s
e2e         passed      1.3 s  7 tests

SKIPPED vscode-e2e: chromium is not installed
SKIPPED in e2e: clickhouse: chdb is not installed
FAILED unit: 2 tests failed (whole output: logs/unit.log)
2 passed, 1 failed, 2 skipped
";
        assert_eq!(report.closing(), expected);
        assert!(!report.is_good());
    }

    #[test]
    fn skips_alone_are_good() {
        let mut report = Report::default();
        report.rows.push(row("zipkin", Outcome::Skipped("no Java".into()), ""));
        assert!(report.is_good());
        assert!(report.closing().ends_with("\n0 passed, 0 failed, 1 skipped\n"));
    }

    #[test]
    fn seconds_reads_well() {
        let shown = |millis| seconds(Duration::from_millis(millis));
        assert_eq!([shown(340), shown(41_900), shown(185_000)], ["0.3 s", "41 s", "3 min 05 s"]);
    }
}
