//! From an editor's positions to bytes: many edits, each counting in the text that those before it left.

use model::{LineIndex, PositionEncoding, TextRange};
use source::Edit;

use crate::EditorEdit;

/// Turns an editor's positions into bytes. Answers with the edits, each counting in the text that those before it
/// left, and with the text after all of them.
pub(crate) fn resolve(
    text: &str,
    lines: Option<&LineIndex>,
    edits: Vec<EditorEdit>,
    encoding: PositionEncoding,
) -> (Vec<Edit>, String) {
    let own;
    let lines = match lines {
        Some(lines) => lines,
        None => {
            own = LineIndex::new(text);
            &own
        }
    };
    let mut after = text.to_owned();
    // Up to here `after` is still `text`, so `lines` still answers: editors send edits of one change from the last
    // line to the first, and then the lines need not be counted again.
    let mut same_until = u32::MAX;
    let mut resolved = Vec::with_capacity(edits.len());
    for edit in edits {
        let range = match edit.range {
            None => TextRange::new(0, after.len() as u32),
            Some((start, end)) => {
                let offsets = [start, end].map(|position| lines.offset(text, position, encoding));
                if offsets.iter().all(|offset| *offset < same_until) {
                    TextRange::new(offsets[0], offsets[1])
                } else {
                    let lines = LineIndex::new(&after);
                    let [start, end] = [start, end].map(|position| lines.offset(&after, position, encoding));
                    TextRange::new(start, end)
                }
            }
        };
        after.replace_range(range.start as usize..range.end as usize, &edit.text);
        same_until = same_until.min(range.start);
        resolved.push(Edit { range, text: edit.text });
    }
    (resolved, after)
}

#[cfg(test)]
mod tests {
    use model::LinePosition;

    use super::*;

    fn edit(start: (u32, u32), end: (u32, u32), text: &str) -> EditorEdit {
        let position = |(line, column)| LinePosition { line, column };
        EditorEdit { range: Some((position(start), position(end))), text: text.into() }
    }

    fn check(before: &str, edits: &[EditorEdit], after: &str) {
        let (resolved, text) = resolve(before, None, edits.to_vec(), PositionEncoding::Utf16);
        assert_eq!(text, after);
        let mut replayed = before.to_owned();
        for edit in resolved {
            replayed.replace_range(edit.range.start as usize..edit.range.end as usize, &edit.text);
        }
        assert_eq!(replayed, after);
    }

    #[test]
    fn edits_from_the_last_line_up_and_from_the_first_down() {
        check("a\nb\nc\n", &[edit((2, 0), (2, 1), "C"), edit((0, 0), (0, 1), "A\nA")], "A\nA\nb\nC\n");
        check("a\nb\nc\n", &[edit((0, 0), (0, 1), "A\nA"), edit((3, 0), (3, 1), "C")], "A\nA\nb\nC\n");
        check("ab\n", &[edit((0, 2), (0, 2), "c"), edit((0, 3), (0, 3), "d")], "abcd\n");
        check("ab\n", &[edit((0, 1), (0, 1), "\n"), edit((1, 0), (1, 9), "")], "a\n\n");
    }

    #[test]
    fn hostile_ranges_are_clamped_and_turned() {
        check("ab", &[edit((0, 2), (0, 0), "x")], "x");
        check("ab", &[edit((7, 7), (9, 9), "x")], "abx");
        check("🦀b", &[edit((0, 1), (0, 2), "x")], "🦀xb");
        check("", &[EditorEdit { range: None, text: "new".into() }], "new");
    }

    #[test]
    fn random_edits_agree_with_counting_lines_each_time() {
        let mut seed = 3_u64;
        let mut below = |limit: u32| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) as u32 % limit
        };
        let mut text = "def f():\r\n    '🦀'\n\n    return é\n".to_owned();
        for _ in 0..2_000 {
            let edits: Vec<EditorEdit> = (0..1 + below(4))
                .map(|_| {
                    let (start, end) = ((below(7), below(12)), (below(7), below(12)));
                    edit(start, end, ["", "x", "\n", "🦀\n", "a\r", "\n\n  é"][below(6) as usize])
                })
                .collect();
            let mut expected = text.clone();
            for EditorEdit { range, text } in edits.clone() {
                let (start, end) = range.unwrap();
                let lines = LineIndex::new(&expected);
                let offset = |at| lines.offset(&expected, at, PositionEncoding::Utf16);
                let range = TextRange::new(offset(start), offset(end));
                expected.replace_range(range.start as usize..range.end as usize, &text);
            }
            check(&text, &edits, &expected);
            text = if expected.len() > 300 { "short\n".into() } else { expected };
        }
    }
}
