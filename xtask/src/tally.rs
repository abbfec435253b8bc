//! Counts tests in what a test runner wrote, so that a runner that ran nothing cannot pass for one that did.

use crate::process::Expect;

/// What runners said, added up over one output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Tests that passed.
    pub passed: u64,
    /// Tests that failed.
    pub failed: u64,
    /// Tests that the runner found and did not run.
    pub ignored: u64,
    /// Lines `SKIPPED what: why` that tests wrote, without the first word.
    pub skips: Vec<String>,
    /// The last line that is not blank.
    pub last_line: String,
}

impl Tally {
    /// Reads the closing lines of cargo test, pytest, mocha, node's runner and of plain `N passed, N failed`.
    pub fn of(output: &str) -> Tally {
        let mut tally = Tally::default();
        for line in output.lines().map(plain) {
            let line = line.trim();
            let skip = line.strip_prefix("SKIPPED").filter(|rest| rest.starts_with([' ', ':']));
            tally.skips.extend(skip.map(|rest| rest.trim_start_matches([' ', ':']).to_owned()));
            for (count, word) in closing_counts(line) {
                match word.as_str() {
                    "passed" | "passing" | "pass" => tally.passed += count,
                    "failed" | "failing" | "fail" => tally.failed += count,
                    "ignored" | "pending" | "skipped" => tally.ignored += count,
                    _ => {}
                }
            }
            if !line.is_empty() {
                tally.last_line = line.to_owned();
            }
        }
        tally
    }

    /// Adds another command's counts.
    pub fn add(&mut self, other: Tally) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
        self.skips.extend(other.skips);
        self.last_line = other.last_line;
    }

    /// Why these counts are not a pass, if they are not.
    pub fn objection(&self, expect: Expect) -> Option<String> {
        match expect {
            Expect::Success => None,
            Expect::Tests if self.failed > 0 => Some(format!("{} tests failed", self.failed)),
            Expect::Tests if self.passed == 0 => Some("no test was run".to_owned()),
            Expect::Tests => None,
            Expect::ClosingLine => match closing_counts(&self.last_line).as_slice() {
                [(passed, p), (0, f), ..] if *passed > 0 && p == "passed" && f == "failed" => None,
                _ => Some(format!("the last line is not `N passed, 0 failed` but `{}`", self.last_line)),
            },
        }
    }

    /// For the closing table: `12 tests, 1 ignored`, or nothing.
    pub fn shown(&self) -> String {
        match (self.passed + self.failed, self.ignored) {
            (0, 0) => String::new(),
            (run, 0) => format!("{run} tests"),
            (run, ignored) => format!("{run} tests, {ignored} ignored"),
        }
    }
}

/// The counts in `line` when it is a runner's closing line, else nothing.
fn closing_counts(line: &str) -> Vec<(u64, String)> {
    let body = match line.strip_prefix("test result:") {
        Some(rest) => rest.split_once('.').map_or("", |(_, counts)| counts),
        None => line.trim_matches(|c: char| c == '=' || c == ' '),
    };
    let node =
        body.strip_prefix("# ").or_else(|| body.strip_prefix("ℹ ")).and_then(|rest| rest.split_once(' '));
    if let Some((word, count)) = node {
        let known = matches!(word, "pass" | "fail" | "skipped");
        return count
            .parse()
            .ok()
            .filter(|_| known)
            .map(|count| vec![(count, word.to_owned())])
            .unwrap_or_default();
    }
    let mut counts = Vec::new();
    for part in body.split([',', ';']) {
        let mut words = part.split_whitespace();
        let Some(count) = words.next().and_then(|word| word.parse().ok()) else {
            break;
        };
        let Some(word) = words.next() else { break };
        counts.push((count, word.to_owned()));
    }
    let first = counts.first().map(|(_, word)| word.as_str());
    let closing = matches!(first, Some("passed" | "failed" | "passing" | "failing" | "pending"));
    if closing { counts } else { Vec::new() }
}

/// `line` without terminal colours.
pub fn plain(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c != '\u{1b}' {
            text.push(c);
            continue;
        }
        // `ESC [ 31 m`, or `ESC ( B`: both end with their first letter.
        chars.by_ref().find(char::is_ascii_alphabetic);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(output: &str, passed: u64, failed: u64, ignored: u64) {
        let tally = Tally::of(output);
        assert_eq!((tally.passed, tally.failed, tally.ignored), (passed, failed, ignored), "{output}");
    }

    #[test]
    fn cargo_test() {
        let line =
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.01s";
        check(&format!("running 13 tests\n{line}\n\n   Doc-tests x\n{line}\n"), 24, 0, 2);
        check("test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out", 3, 2, 0);
    }

    #[test]
    fn pytest() {
        check("======= 1 failed, 3 passed in 0.20s =======", 3, 1, 0);
        check("3 passed, 1 skipped in 0.2s", 3, 0, 1);
    }

    #[test]
    fn mocha_and_node() {
        check("  \u{1b}[32m5 passing\u{1b}[0m (3s)\n  1 pending\n  2 failing\n", 5, 2, 1);
        check("# tests 4\n# pass 3\n# fail 1\n# skipped 2\n", 3, 1, 2);
        check("ℹ pass 3\nℹ fail 0\n", 3, 0, 0);
    }

    #[test]
    fn plain_closing_line() {
        check("14 passed, 0 failed\n", 14, 0, 0);
        check("14 passed, 1 failed, 2 skipped\n", 14, 1, 2);
    }

    #[test]
    fn prose_is_not_counted() {
        check("check 3 passed here\n7 spans passed the filter, 2 failed\n2 files\n", 0, 0, 0);
    }

    #[test]
    fn skips_that_tests_report_are_kept() {
        let tally = Tally::of("SKIPPED clickhouse: chdb is not installed\n1 passed, 0 failed\n");
        assert_eq!(tally.skips, ["clickhouse: chdb is not installed"]);
        assert_eq!(Tally::of("SKIPPED: no server").skips, ["no server"]);
    }

    #[test]
    fn a_runner_that_ran_nothing_is_no_pass() {
        let objection = |output: &str, expect| Tally::of(output).objection(expect);
        assert_eq!(objection("", Expect::Success), None);
        assert_eq!(objection("", Expect::Tests).as_deref(), Some("no test was run"));
        assert_eq!(objection("5 passing", Expect::Tests), None);
        assert_eq!(objection("5 passing\n1 failing", Expect::Tests).as_deref(), Some("1 tests failed"));
    }

    #[test]
    fn the_closing_line_must_close() {
        let objection = |output: &str| Tally::of(output).objection(Expect::ClosingLine);
        assert_eq!(objection("ok one\n3 passed, 0 failed\n\n"), None);
        assert!(objection("3 passed, 0 failed\nok four").is_some_and(|why| why.ends_with("but `ok four`")));
        assert!(objection("3 passed, 1 failed").is_some());
        assert!(objection("0 passed, 0 failed").is_some());
        assert!(objection("").is_some());
    }
}
