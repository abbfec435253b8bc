//! From a call to the code that served it, in whatever service and folder that ran.

use source::{CallKind, CallSite, Document, FunctionKey};
use world::Snapshot;

use crate::{
    call_costs::{CallCost, Place, call_costs},
    neighbours::reached,
};

/// A call and what served it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// The functions that ran, the most frequent first; never empty.
    pub by: Vec<FunctionKey>,
    /// Whether the call leaves the program: no language server can follow it.
    pub leaves: bool,
}

/// What served the call on whose line byte `offset` of the open file known by `path` stands. Where a line holds several
/// calls, the one whose name is nearest before the offset. `None` where nothing is known to have run.
pub fn served(snapshot: &Snapshot, path: &str, offset: u32) -> Option<Served> {
    let file = snapshot.index.file(path)?;
    let (_, document) = snapshot.documents.get(path)?;
    let line = line_of(document, offset);
    let costs: Vec<CallCost<'_>> =
        call_costs(snapshot, file).into_iter().filter(|cost| line_of_place(&cost.place) == line).collect();
    let start = |site: &CallSite| document.lines.line_start(site.position.line) + site.position.column;
    let before = |cost: &&CallCost<'_>| matches!(cost.place, Place::Site(site) if start(site) <= offset);
    let nearest = costs.iter().rev().find(before).or(costs.first())?;
    let by: Vec<FunctionKey> =
        reached(snapshot, &nearest.edges).into_iter().filter_map(|neighbour| neighbour.function).collect();
    let leaves = match nearest.place {
        Place::Site(site) => site.kind != CallKind::Function,
        Place::Line(_) => nearest.target.is_some(),
    };
    (!by.is_empty()).then_some(Served { by, leaves })
}

/// Whether byte `offset` lies within quotes on its line: there a language server has nothing to follow.
pub fn is_in_text(document: &Document, offset: u32) -> bool {
    let start = document.lines.line_start(line_of(document, offset)) as usize;
    let Some(before) = document.text.get(start..offset as usize) else { return false };
    let mut open = None;
    let mut is_escaped = false;
    for character in before.chars() {
        match open {
            _ if is_escaped => is_escaped = false,
            _ if character == '\\' => is_escaped = true,
            Some(quote) if quote == character => open = None,
            None if matches!(character, '"' | '\'' | '`') => open = Some(character),
            _ => (),
        }
    }
    open.is_some()
}

fn line_of(document: &Document, offset: u32) -> u32 {
    document.lines.position(&document.text, offset, model::PositionEncoding::Utf8).line
}

fn line_of_place(place: &Place<'_>) -> u32 {
    match place {
        Place::Site(site) => site.position.line,
        Place::Line(line) => *line,
    }
}
