//! The traces of a function that are worth opening: the one that failed last, the slowest, the latest.

use store::{Exemplar, Figures};
use world::Snapshot;

use crate::{figures::of_function, hover::is_head, wording};

/// A trace worth opening. One that is worth it for several reasons stands once.
#[derive(Clone, Debug, PartialEq)]
pub struct Worth {
    /// For example `failed, slowest`.
    pub reasons: String,
    /// Its duration and age, for example `400 ms, 2 min ago`.
    pub words: String,
    /// The span.
    pub exemplar: Exemplar,
}

/// Of the function whose name or signature stands at byte `offset` of the file known by `path`.
pub fn worth_opening_at(
    snapshot: &Snapshot,
    path: &str,
    offset: u32,
) -> Option<(source::FunctionKey, Vec<Worth>)> {
    let file = snapshot.index.file(path)?;
    let function = file.function_at(offset).filter(|function| is_head(function, offset))?;
    let (figures, _) = of_function(snapshot, &function.key)?;
    Some((function.key.clone(), worth_opening(snapshot, &figures)))
}

/// Of everything that `figures` count.
pub(crate) fn worth_opening(snapshot: &Snapshot, figures: &Figures) -> Vec<Worth> {
    let named = [("failed", figures.latest_error), ("slowest", figures.slowest), ("latest", figures.latest)];
    let mut found: Vec<Worth> = Vec::new();
    for (reason, exemplar) in named {
        let Some(exemplar) = exemplar else { continue };
        match found.iter_mut().find(|known| known.exemplar == exemplar) {
            Some(known) => known.reasons += &format!(", {reason}"),
            None => {
                let age = wording::ago(snapshot.now.since(exemplar.end));
                let words = format!("{}, {age}", wording::duration(exemplar.duration));
                found.push(Worth { reasons: reason.to_owned(), words, exemplar });
            }
        }
    }
    found
}
