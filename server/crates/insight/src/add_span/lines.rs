//! A text by its lines: what new code needs to know of the code around it.

use source::Function;

/// A text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lines<'a> {
    pub(super) text: &'a str,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str) -> Lines<'a> {
        Lines { text }
    }

    /// Where the line around byte `at` begins.
    pub(super) fn start_of_line(&self, at: usize) -> usize {
        self.text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
    }

    /// Where the line after the one around byte `at` begins.
    pub(super) fn next_line(&self, at: usize) -> usize {
        let rest = self.text.get(at..).unwrap_or_default();
        rest.find('\n').map_or(self.text.len(), |newline| at + newline + 1)
    }

    /// The white space before the first letter of the line around byte `at`.
    pub(super) fn indent(&self, at: usize) -> &'a str {
        let line = self.text.get(self.start_of_line(at)..).unwrap_or_default();
        let end = line.find(|letter| letter != ' ' && letter != '\t').unwrap_or(line.len());
        line.get(..end).unwrap_or_default()
    }

    /// One step of indentation: as the function's body has it over its head, else four spaces.
    pub(super) fn step(&self, function: &Function) -> &'a str {
        let outer = self.indent(function.name_range.start as usize);
        let (mut at, end) = (self.next_line(function.name_range.start as usize), function.body.end as usize);
        while at < end {
            let indent = self.indent(at);
            match indent.strip_prefix(outer) {
                Some(step) if !step.is_empty() => return step,
                _ => at = self.next_line(at),
            }
        }
        "    "
    }

    /// The function's body, braces included where the language has them.
    pub(super) fn body(&self, function: &Function) -> &'a str {
        self.text.get(function.body.start as usize..function.body.end as usize).unwrap_or_default()
    }

    /// The function's head: everything before its body.
    pub(super) fn head(&self, function: &Function) -> &'a str {
        self.text.get(function.range.start as usize..function.body.start as usize).unwrap_or_default()
    }

    /// Where the line after the last one that begins with one of `starts` begins; only lines above byte `before`.
    pub(super) fn after_last(&self, starts: &[&str], before: usize) -> Option<usize> {
        let mut at = 0;
        let mut after = None;
        while at < before {
            let next = self.next_line(at);
            let line = self.text.get(at..next).unwrap_or_default();
            if starts.iter().any(|start| line.starts_with(start)) {
                after = Some(next);
            }
            if next == at {
                break;
            }
            at = next;
        }
        after
    }

    /// The word before the first ` = ` of a line that holds one of `makers`: the variable that keeps what they make.
    pub(super) fn variable_made_by(&self, makers: &[&str]) -> Option<&'a str> {
        let line = self.text.lines().find(|line| makers.iter().any(|maker| line.contains(maker)))?;
        let (before, _) = line.split_once('=')?;
        let before = before.split(':').next()?.trim_end();
        let word = before.rsplit(|letter: char| !(letter.is_alphanumeric() || letter == '_')).next()?;
        (!word.is_empty()).then_some(word)
    }

    /// Every line of `body` one step further in; `None` when a line may lie within text that spans lines.
    pub(super) fn indented(body: &str, step: &str, openers: &[&str]) -> Option<String> {
        if openers.iter().any(|opener| body.contains(opener)) {
            return None;
        }
        let mut indented = String::with_capacity(body.len() + body.len() / 4);
        for line in body.lines() {
            if line.matches('`').count() % 2 == 1 {
                return None;
            }
            if !line.trim().is_empty() {
                indented.push_str(step);
                indented.push_str(line);
            }
            indented.push('\n');
        }
        Some(indented)
    }
}
