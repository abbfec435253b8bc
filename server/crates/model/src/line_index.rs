//! From byte offsets to lines and columns and back, in the three encodings that editors count in.

use crate::LinePosition;

/// What a column counts (LSP 3.17, `PositionEncodingKind`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PositionEncoding {
    /// Bytes.
    Utf8,
    /// UTF-16 code units: what every LSP client understands.
    #[default]
    Utf16,
    /// Unicode scalar values.
    Utf32,
}

/// Where the lines of one text start. Answers in O(log lines); knows nothing of the text's later versions.
///
/// Lines end at `\n`, `\r\n` or a lone `\r`, as LSP has it. Every answer is clamped to the text, so a hostile
/// position cannot fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineIndex {
    /// Offset of each line's first byte; the first is 0.
    starts: Vec<u32>,
    length: u32,
}

impl LineIndex {
    /// Walks `text` once. Texts of 4 GiB and more are cut there.
    pub fn new(text: &str) -> LineIndex {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (offset, byte) in bytes.iter().enumerate() {
            let ends_line = *byte == b'\n' || (*byte == b'\r' && bytes.get(offset + 1) != Some(&b'\n'));
            if ends_line {
                starts.push(offset as u32 + 1);
            }
        }
        LineIndex { starts, length: u32::try_from(text.len()).unwrap_or(u32::MAX) }
    }

    /// How many lines there are; at least 1.
    pub fn line_count(&self) -> u32 {
        self.starts.len() as u32
    }

    /// The 0-based line that holds `offset`.
    pub fn line(&self, offset: u32) -> u32 {
        self.starts.partition_point(|start| *start <= offset).saturating_sub(1) as u32
    }

    /// Offset of the first byte of 0-based `line`, clamped to the end of the text.
    pub fn line_start(&self, line: u32) -> u32 {
        self.starts.get(line as usize).copied().unwrap_or(self.length)
    }

    /// The line and column of `offset` in `text`, which must be the text this was made from.
    pub fn position(&self, text: &str, offset: u32, encoding: PositionEncoding) -> LinePosition {
        let offset = offset.min(self.length);
        let line = self.line(offset);
        let start = self.line_start(line);
        let before = char_floor(text, start as usize, offset as usize);
        let column = match encoding {
            PositionEncoding::Utf8 => before.len() as u32,
            PositionEncoding::Utf16 => before.encode_utf16().count() as u32,
            PositionEncoding::Utf32 => before.chars().count() as u32,
        };
        LinePosition { line, column }
    }

    /// The byte offset of `position` in `text`; beyond a line's end it is that end, before its line break.
    pub fn offset(&self, text: &str, position: LinePosition, encoding: PositionEncoding) -> u32 {
        let start = self.line_start(position.line);
        let next = self.line_start(position.line.saturating_add(1));
        let line = char_floor(text, start as usize, next as usize).trim_end_matches(['\n', '\r']);
        let mut column = 0;
        for (at, character) in line.char_indices() {
            if column >= position.column {
                return start + at as u32;
            }
            column += match encoding {
                PositionEncoding::Utf8 => character.len_utf8() as u32,
                PositionEncoding::Utf16 => character.len_utf16() as u32,
                PositionEncoding::Utf32 => 1,
            };
        }
        start + line.len() as u32
    }
}

/// `text[from..to]`, with `to` moved back to a character's start so that slicing cannot fail.
fn char_floor(text: &str, from: usize, to: usize) -> &str {
    let mut end = to.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(from..end.max(from)).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "a\näö🦀x\r\nlast";

    #[test]
    fn columns_count_in_each_encoding() {
        let index = LineIndex::new(TEXT);
        let offset_of_x = TEXT.find('x').unwrap() as u32;
        for (encoding, column) in
            [(PositionEncoding::Utf8, 8), (PositionEncoding::Utf16, 4), (PositionEncoding::Utf32, 3)]
        {
            let position = LinePosition { line: 1, column };
            assert_eq!(index.position(TEXT, offset_of_x, encoding), position);
            assert_eq!(index.offset(TEXT, position, encoding), offset_of_x);
        }
    }

    #[test]
    fn every_kind_of_line_break_counts_once() {
        assert_eq!(LineIndex::new("a\rb\r\nc\n").line_count(), 4);
        assert_eq!(LineIndex::new("").line_count(), 1);
    }

    #[test]
    fn hostile_positions_are_clamped() {
        let index = LineIndex::new(TEXT);
        let far = LinePosition { line: u32::MAX, column: u32::MAX };
        assert_eq!(index.offset(TEXT, far, PositionEncoding::Utf16), TEXT.len() as u32);
        let past_end = LinePosition { line: 0, column: 99 };
        assert_eq!(index.offset(TEXT, past_end, PositionEncoding::Utf16), 1);
        assert_eq!(index.position(TEXT, u32::MAX, PositionEncoding::Utf16).line, 2);
    }
}
