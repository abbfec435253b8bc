//! A file as an editor would show it, as text: lenses above functions, hints at the ends of lines.

use std::collections::BTreeMap;

use model::{LineIndex, TextRange};
use world::Snapshot;

use crate::{
    code_lens::code_lenses,
    inlay_hints::{HintPosition, Options, inlay_hints},
};

/// One line of an annotated file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AnnotatedLine {
    /// A lens, indented as the line below it.
    Lens(String),
    /// A line of the source.
    Source {
        /// 0-based.
        line: u32,
        /// Its text, without the line break; as it is in the file.
        text: String,
        /// Hints at its end, in the order of the text.
        hints: Vec<String>,
    },
}

/// The file known by `path`, whose text is `text`, annotated. All lines, in order.
pub fn annotate(snapshot: &Snapshot, path: &str, text: &str) -> Vec<AnnotatedLine> {
    let lines = LineIndex::new(text);
    let mut lenses: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for lens in code_lenses(snapshot, path) {
        lenses.entry(lens.line).or_default().push(lens.title);
    }
    let mut hints: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    let options = Options { calls: true, signatures: false };
    for hint in inlay_hints(snapshot, path, TextRange::new(0, u32::MAX), &options) {
        let line = match hint.position {
            HintPosition::Offset(offset) => lines.line(offset),
            HintPosition::LineEnd(line) => line,
        };
        hints.entry(line).or_default().push(hint.label);
    }
    let mut annotated = Vec::new();
    for line in 0..lines.line_count() {
        let source = line_text(text, &lines, line);
        if line + 1 == lines.line_count() && source.is_empty() {
            break; // the empty line behind the last line break
        }
        let indent: String = source.chars().take_while(|character| character.is_whitespace()).collect();
        let above = lenses.remove(&line).unwrap_or_default();
        annotated.extend(above.into_iter().map(|title| AnnotatedLine::Lens(format!("{indent}{title}"))));
        let hints = hints.remove(&line).unwrap_or_default();
        annotated.push(AnnotatedLine::Source { line, text: source.to_owned(), hints });
    }
    annotated
}

/// The annotated file as plain text, hints two spaces behind the code.
pub fn to_text(lines: &[AnnotatedLine]) -> String {
    let mut text = String::new();
    for line in lines {
        match line {
            AnnotatedLine::Lens(title) => text += title,
            AnnotatedLine::Source { text: source, hints, .. } => {
                text += source;
                hints.iter().for_each(|hint| text += &format!("  {hint}"));
            }
        }
        text.push('\n');
    }
    text
}

fn line_text<'a>(text: &'a str, lines: &LineIndex, line: u32) -> &'a str {
    let (start, end) = (lines.line_start(line) as usize, lines.line_start(line + 1) as usize);
    text.get(start..end).unwrap_or_default().trim_end_matches(['\n', '\r'])
}
