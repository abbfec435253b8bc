//! The only place that prints to stdout: commands for people and scripts. `lsp` and `dap` never come here.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::io::{self, IsTerminal, Write};

/// Prints one line to stdout. A reader that went away (`| head`) ends the process quietly, as such tools do.
pub(crate) fn line(text: impl AsRef<str>) {
    if writeln!(io::stdout().lock(), "{}", text.as_ref()).is_err() {
        std::process::exit(0);
    }
}

/// Says on stderr what went wrong, in one sentence.
pub(crate) fn error(text: impl AsRef<str>) {
    drop(writeln!(io::stderr().lock(), "spanglass: {}", text.as_ref()));
}

/// Says something on stderr that is no error.
pub(crate) fn note(text: impl AsRef<str>) {
    drop(writeln!(io::stderr().lock(), "{}", text.as_ref()));
}

/// Whether colours are wanted: on a terminal, unless `NO_COLOR` says otherwise.
pub(crate) fn is_colourful() -> bool {
    io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty())
}

/// `text` in one of the terminal's own colours, where colours are wanted.
pub(crate) fn paint(text: &str, paint: Paint) -> String {
    if !is_colourful() {
        return text.to_owned();
    }
    let code = match paint {
        Paint::Bold => 1,
        Paint::Dim => 2,
        Paint::Red => 31,
        Paint::Green => 32,
        Paint::Cyan => 36,
    };
    format!("\x1b[{code}m{text}\x1b[0m")
}

/// How text looks on a terminal.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Paint {
    /// Headings.
    Bold,
    /// What matters less.
    Dim,
    /// Failures.
    Red,
    /// Success.
    Green,
    /// Figures and addresses.
    Cyan,
}
