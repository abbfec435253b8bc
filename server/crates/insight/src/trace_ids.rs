//! Trace ids that stand in a text: in comments, logs and tests, for traces that are at hand.

use model::{TextRange, TraceId};
use world::Snapshot;

use crate::wording;

/// Characters of a trace id in hexadecimal.
const LENGTH: usize = 32;
/// Ids looked up in one text; a log of millions of lines is not for links.
const MAX_IDS: usize = 10_000;

/// A trace id in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    /// Its bytes.
    pub range: TextRange,
    /// The trace, which is at hand.
    pub trace_id: TraceId,
    /// For example `POST /orders, 52 ms, 1 error`.
    pub title: String,
}

/// The ids in `text` of traces that are at hand, in the order of the text.
pub fn mentions(snapshot: &Snapshot, text: &str) -> Vec<Mention> {
    let found = candidates(text).take(MAX_IDS);
    found
        .filter_map(|(start, digits)| {
            let trace_id = TraceId::from_hex(digits).ok()?;
            let trace = snapshot.store.trace(trace_id)?.summary()?;
            let errors = match trace.errors {
                0 => String::new(),
                errors => format!(", {}", wording::counted(errors as u64, "error", "errors")),
            };
            let name = crate::visible::visible(&trace.name, 80);
            Some(Mention {
                range: TextRange::new(start as u32, (start + LENGTH) as u32),
                trace_id,
                title: format!("{name}, {}{errors}", wording::duration(trace.duration)),
            })
        })
        .collect()
}

/// Runs of exactly as many hexadecimal digits as an id has, with where they begin.
fn candidates(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            at += bytes.get(at..)?.iter().position(u8::is_ascii_hexdigit)?;
            let start = at;
            at += bytes.get(at..)?.iter().take_while(|byte| is_word(**byte)).count();
            let is_whole = start == 0 || !bytes.get(start - 1).is_some_and(|byte| is_word(*byte));
            let run = text.get(start..at)?;
            if is_whole && run.len() == LENGTH && run.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Some((start, run));
            }
        }
    })
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::candidates;

    #[test]
    fn only_whole_runs_of_the_right_length_are_ids() {
        let id = "4bf92f3577b34da6a3ce929d0e0e4736";
        let found = |text: &str| candidates(text).map(|(start, _)| start).collect::<Vec<_>>();
        assert_eq!(found(&format!("trace {id}, {id}")), [6, 40]);
        assert_eq!(found(&format!("00-{id}-00f067aa0ba902b7-01")), [3]);
        assert_eq!(found(&format!("{id}0 x{id} _{id} é{id}")), [0_usize; 0]);
        assert_eq!(found("deadbeef"), [0_usize; 0]);
    }
}
