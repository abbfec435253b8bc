//! Counts for people who wonder why nothing shows.

use model::{Refusal, SmolStr, Timestamp};

/// Files passed over that are named; of others only the number is known.
const MAX_SKIPPED: usize = 100;
/// Reasons for refusals that are told apart.
const MAX_REASONS: usize = 32;

/// Counts for people who wonder why nothing shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Files read.
    pub files: usize,
    /// Files passed over, with the reason; at most 100 of them.
    pub skipped: Vec<(SmolStr, SmolStr)>,
    /// Times that a file was passed over.
    pub skipped_count: u64,
    /// Functions found.
    pub functions: usize,
    /// Whether the first read of the workspace is complete.
    pub workspace_read: bool,
    /// Spans received, duplicates and those dropped by a limit not counted.
    pub spans: u64,
    /// Those of them whose shape is placed (likely or certain).
    pub placed: u64,
    /// Those of them that had ended before the window when they arrived: a sender's clock is behind, or the spans are
    /// old.
    pub outside_window: u64,
    /// When the last span arrived; zero while none has.
    pub last_span: Timestamp,
    /// Refused input, by reason; at most 32 reasons and `other`.
    pub refused: Vec<(SmolStr, u64)>,
}

impl Status {
    /// Counts what a decoder refused.
    pub(crate) fn refuse(&mut self, refusals: Vec<Refusal>) {
        for Refusal { reason, count } in refusals {
            let is_known = self.refused.iter().any(|(known, _)| *known == reason);
            let reason = if is_known || self.refused.len() < MAX_REASONS {
                reason
            } else {
                SmolStr::new_static("other")
            };
            match self.refused.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, total)) => *total += count,
                None => self.refused.push((reason, count)),
            }
        }
    }

    /// Notes that a file was passed over.
    pub(crate) fn skip(&mut self, path: SmolStr, reason: SmolStr) {
        self.skipped_count += 1;
        if let Some((_, known)) = self.skipped.iter_mut().find(|(known, _)| *known == path) {
            *known = reason;
        } else if self.skipped.len() < MAX_SKIPPED {
            self.skipped.push((path, reason));
        }
    }

    /// Notes that a file was read after all, or is gone.
    pub(crate) fn unskip(&mut self, path: &str) {
        self.skipped.retain(|(known, _)| known != path);
    }
}
