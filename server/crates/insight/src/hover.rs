//! What is known of the function or the call under the cursor, as blocks of plain data.

mod errors;
mod sections;

use model::{SpanId, TextRange, TraceId};
use source::{CallSite, Document, Function, FunctionKey, SourceFile};
use world::Snapshot;

use crate::call_costs::{CallCost, Place, call_costs};

/// An answer: what it is about, and its blocks from top to bottom.
#[derive(Clone, Debug, PartialEq)]
pub struct Hover {
    /// The bytes of the text that it is about.
    pub range: TextRange,
    /// Never empty.
    pub blocks: Vec<Block>,
}

/// A part of a hover.
#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// The first line.
    Title(Vec<Piece>),
    /// A line of text.
    Line(Vec<Piece>),
    /// A short heading and the lines that belong to it.
    List(String, Vec<Vec<Piece>>),
    /// Lines to be shown exactly so, for example of a stack trace.
    Verbatim(Vec<String>),
}

/// A part of a line. All text is in full view ([`crate::visible`]), none is escaped for any markup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Our own words and figures.
    Words(String),
    /// Text that came from telemetry or from code: to be shown as it is and apart from our own words.
    Quoted(String),
    /// A trace worth opening, and the words that lead to it.
    Trace {
        /// For example `310 ms, 2 min ago`.
        words: String,
        /// The trace.
        trace_id: TraceId,
        /// The span within it.
        span_id: SpanId,
    },
    /// A function, and the words that lead to it.
    Function {
        /// For example `add (cart.py:12)`.
        words: String,
        /// The function.
        key: FunctionKey,
    },
}

/// What is known of what stands at byte `offset` of the file known by `path`: a call of which costs are known, or a
/// function's name or signature. `None` where nothing is known.
///
/// Calls are found only in files that an editor holds open: only their text is at hand.
pub fn hover(snapshot: &Snapshot, path: &str, offset: u32) -> Option<Hover> {
    let file = snapshot.index.file(path)?;
    if let Some((_, document)) = snapshot.documents.get(path)
        && let Some(hover) = call_hover(snapshot, file, document, offset)
    {
        return Some(hover);
    }
    let function = file.function_at(offset).filter(|function| is_head(function, offset))?;
    let blocks = sections::function(snapshot, file, function);
    (!blocks.is_empty()).then_some(Hover { range: function.name_range, blocks })
}

/// Whether `offset` lies before the function's body. Of a closure without a name of its own, the first token.
pub(crate) fn is_head(function: &Function, offset: u32) -> bool {
    function.name_range.contains(offset) || offset < function.body.start
}

fn call_hover(snapshot: &Snapshot, file: &SourceFile, document: &Document, offset: u32) -> Option<Hover> {
    let start = |site: &CallSite| document.lines.line_start(site.position.line) + site.position.column;
    let name = |site: &CallSite| TextRange::new(start(site), start(site) + site.callee.len() as u32);
    // Looked up before the costs are computed: most hovers are on no call at all.
    file.call_sites.iter().find(|site| name(site).contains(offset))?;
    let is_here =
        |cost: &CallCost<'_>| matches!(cost.place, Place::Site(site) if name(site).contains(offset));
    let cost = call_costs(snapshot, file).into_iter().find(is_here)?;
    let Place::Site(site) = cost.place else {
        return None;
    };
    Some(Hover { range: name(site), blocks: sections::call(snapshot, site, &cost) })
}

impl Hover {
    /// The hover as plain text, one line after the other.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for block in &self.blocks {
            match block {
                Block::Title(pieces) | Block::Line(pieces) => text += &format!("{}\n", line(pieces)),
                Block::List(heading, items) => {
                    text += &format!("{heading}\n");
                    items.iter().for_each(|item| text += &format!("  {}\n", line(item)));
                }
                Block::Verbatim(lines) => lines.iter().for_each(|line| text += &format!("    {line}\n")),
            }
        }
        text
    }
}

impl Piece {
    /// The piece as plain text.
    pub fn text(&self) -> &str {
        match self {
            Piece::Words(text) | Piece::Quoted(text) => text,
            Piece::Trace { words, .. } | Piece::Function { words, .. } => words,
        }
    }
}

fn line(pieces: &[Piece]) -> String {
    pieces.iter().map(Piece::text).collect()
}
