//! The lines that two texts share.

use attribution::SameLines;
use git2::{DiffOptions, Patch};

/// Runs of lines that stand in both texts, ascending; white space at line ends aside.
pub(crate) fn same_lines(then: &str, now: &str) -> Vec<SameLines> {
    let count = |text: &str| text.lines().count() as u32;
    let whole = SameLines { then: 0, now: 0, lines: count(then).min(count(now)) };
    if then == now {
        return vec![whole];
    }
    let mut options = DiffOptions::new();
    options.context_lines(0).ignore_whitespace_eol(true).force_text(true);
    let patch = Patch::from_buffers(then.as_bytes(), None, now.as_bytes(), None, Some(&mut options));
    let Ok(patch) = patch else { return Vec::new() };
    let mut same = Vec::new();
    let (mut then_at, mut now_at) = (0, 0);
    for at in 0..patch.num_hunks() {
        let Ok((hunk, _)) = patch.hunk(at) else { return Vec::new() };
        // Of a side without lines git gives the line before.
        let start = |start: u32, lines: u32| if lines == 0 { start } else { start.saturating_sub(1) };
        let then_start = start(hunk.old_start(), hunk.old_lines());
        let lines = then_start.saturating_sub(then_at);
        push(&mut same, SameLines { then: then_at, now: now_at, lines });
        then_at = then_start + hunk.old_lines();
        now_at = start(hunk.new_start(), hunk.new_lines()) + hunk.new_lines();
    }
    let rest = count(then).saturating_sub(then_at).min(count(now).saturating_sub(now_at));
    push(&mut same, SameLines { then: then_at, now: now_at, lines: rest });
    same
}

fn push(same: &mut Vec<SameLines>, run: SameLines) {
    if run.lines > 0 {
        same.push(run);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(then: &str, now: &str, expected: &[(u32, u32, u32)]) {
        let found: Vec<_> = same_lines(then, now).iter().map(|run| (run.then, run.now, run.lines)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn lines_are_followed_through_what_was_put_in_and_taken_out() {
        check("a\nb\nc\n", "a\nb\nc\n", &[(0, 0, 3)]);
        check("a\nb\nc\n", "new\na\nb\nc\n", &[(0, 1, 3)]);
        check("a\nb\nc\n", "a\nc\n", &[(0, 0, 1), (2, 1, 1)]);
        check("a\nb\nc\n", "a\nB\nB\nc\n", &[(0, 0, 1), (2, 3, 1)]);
        check("a\nb\nc", "a\nb\nc\nd\n", &[(0, 0, 3)]);
        check("a\r\nb\r\n", "a\nb\n", &[(0, 0, 2)]);
        check("", "a\n", &[]);
        check("a\n", "", &[]);
    }
}
