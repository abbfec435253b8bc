//! One module a command. Each answers with an exit code: 0, or 1 when it ran and found a problem; an `Err` is one
//! sentence for stderr and exit code 1.

pub(crate) mod annotate;
pub(crate) mod attribute;
pub(crate) mod dap;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod lsp;
pub(crate) mod pin;
pub(crate) mod serve;
pub(crate) mod trace;
pub(crate) mod traces;

/// What a command ends with: an exit code, or one sentence that says what is wrong and what to do.
pub(crate) type Outcome = Result<u8, String>;

/// Everything went well.
pub(crate) const SUCCESS: u8 = 0;
/// It ran and found a problem.
pub(crate) const PROBLEM: u8 = 1;
