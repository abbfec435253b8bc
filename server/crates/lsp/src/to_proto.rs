//! From our shapes to LSP's. The only place where figures become an editor's lenses, hints and Markdown.

use insight::{
    code_lens::Lens,
    figures,
    hover::Hover,
    inlay_hints::{Hint, HintPosition},
};
use model::{LinePosition, PositionEncoding, TextRange};
use serde::Serialize;
use source::{Document, Function, FunctionKind};
use tower_lsp::lsp_types::{
    self as lsp, CodeLens, Command, InlayHint, InlayHintLabel, InlayHintTooltip, MarkupContent, MarkupKind,
    Position, Range, SymbolKind, Url,
};
use world::Snapshot;

use crate::{
    ext::{FunctionTarget, OPEN_TRACE, OpenTraceArguments, REPLAY, ReplayTarget, SHOW_TRACES},
    markdown,
    session::Session,
};

/// The lenses of one function, all on one line: the figures, and what the client can do with them.
pub(crate) fn code_lens(session: &Session, uri: &Url, lens: Lens) -> Vec<CodeLens> {
    let start = Position { line: lens.line, character: 0 };
    let range = Range { start, end: start };
    let of = |title: &str, command: &str, argument: Option<serde_json::Value>| CodeLens {
        range,
        command: Some(Command {
            title: title.to_owned(),
            command: command.to_owned(),
            arguments: argument.map(|argument| vec![argument]),
        }),
        data: None,
    };
    let target =
        FunctionTarget { uri: uri.clone(), line: lens.name_line, function: lens.function.path.to_string() };
    let mut lenses = Vec::new();
    match lens.exemplar {
        Some(exemplar) => {
            let trace_id = exemplar.trace_id.to_string();
            lenses.push(of(&lens.title, OPEN_TRACE, json(OpenTraceArguments { trace_id: trace_id.clone() })));
            if session.features.replays {
                let span_id = exemplar.span_id.to_string();
                let replay = ReplayTarget { function: target.clone(), trace_id, span_id };
                lenses.push(of("▶ replay", REPLAY, json(replay)));
            }
        }
        None => lenses.push(of(&lens.title, "", None)),
    }
    if session.features.lists_traces {
        lenses.push(of("traces", SHOW_TRACES, json(target)));
    }
    lenses
}

/// One hint in the text of `document`.
pub(crate) fn inlay_hint(session: &Session, document: &Document, hint: Hint) -> InlayHint {
    let encoding = session.features.encoding;
    let offset = match hint.position {
        HintPosition::Offset(offset) => offset,
        HintPosition::LineEnd(line) => {
            let end = LinePosition { line, column: u32::MAX };
            document.lines.offset(&document.text, end, encoding)
        }
    };
    InlayHint {
        position: position(document, offset, session),
        label: InlayHintLabel::String(hint.label),
        kind: None,
        text_edits: None,
        tooltip: Some(InlayHintTooltip::String(figures::line(&hint.figures, hint.unit))),
        padding_left: Some(true),
        padding_right: None,
        data: None,
    }
}

/// A hover in the text of `document`, as Markdown where the client renders it.
pub(crate) fn hover(session: &Session, document: &Document, hover: &Hover) -> lsp::Hover {
    let contents = match session.features.markdown {
        true => MarkupContent {
            kind: MarkupKind::Markdown,
            value: markdown::hover(hover, |trace_id| session.hooks.page_url(trace_id)),
        },
        false => MarkupContent { kind: MarkupKind::PlainText, value: hover.to_text() },
    };
    lsp::Hover {
        contents: lsp::HoverContents::Markup(contents),
        range: Some(range(document, hover.range, session)),
    }
}

/// The sort of a function.
pub(crate) fn symbol_kind(function: &Function) -> SymbolKind {
    match function.kind {
        FunctionKind::Method => SymbolKind::METHOD,
        FunctionKind::Function | FunctionKind::Closure => SymbolKind::FUNCTION,
    }
}

/// A function's name.
pub(crate) fn name_range(session: &Session, snapshot: &Snapshot, function: &Function) -> Range {
    match snapshot.documents.get(&function.key.file) {
        Some((_, document)) => range(document, function.name_range, session),
        None => at_line(function.name_position),
    }
}

/// A function, its decorators included.
pub(crate) fn function_range(session: &Session, snapshot: &Snapshot, function: &Function) -> Range {
    match snapshot.documents.get(&function.key.file) {
        Some((_, document)) => range(document, function.range, session),
        None => Range {
            start: Position { line: function.first_line(), character: 0 },
            end: Position { line: function.last_line + 1, character: 0 },
        },
    }
}

/// A place in a file that may be open; its column counts bytes.
pub(crate) fn point(session: &Session, snapshot: &Snapshot, file: &str, at: LinePosition) -> Range {
    match snapshot.documents.get(file) {
        Some((_, document)) => {
            let offset = document.lines.offset(&document.text, at, PositionEncoding::Utf8);
            range(document, TextRange::new(offset, offset), session)
        }
        None => at_line(at),
    }
}

/// The first word of a line: a remark on all of it would have some editors underline all of it.
pub(crate) fn line(session: &Session, document: &Document, line: u32) -> Range {
    let start = document.lines.line_start(line) as usize;
    let text = document.text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let indent = text.len() - text.trim_start().len();
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let rest = text.trim_start();
    // Where a line begins with a sign, the sign stands for it.
    let first = rest.chars().next().map_or(0, char::len_utf8);
    let word = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len()).max(first);
    let end = indent + word;
    range(document, TextRange::new((start + indent) as u32, (start + end) as u32), session)
}

/// A place in a file whose text is not at hand. Bytes stand for whatever the client counts: before the name of a
/// function hardly anything but ASCII stands.
fn at_line(at: LinePosition) -> Range {
    let at = Position { line: at.line, character: at.column };
    Range { start: at, end: at }
}

/// Bytes of the text of `document`.
pub(crate) fn range(document: &Document, range: TextRange, session: &Session) -> Range {
    Range { start: position(document, range.start, session), end: position(document, range.end, session) }
}

fn position(document: &Document, offset: u32, session: &Session) -> Position {
    let position = document.lines.position(&document.text, offset, session.features.encoding);
    Position { line: position.line, character: position.column }
}

/// Our own shapes have text for keys and no failing parts, so this is never `None`.
fn json(value: impl Serialize) -> Option<serde_json::Value> {
    serde_json::to_value(value).ok()
}
