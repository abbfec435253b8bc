//! Makes hostile text fit for a person's eyes: telemetry may say anything, also things that are made to deceive.

/// `text` on one line and in full view, at most `limit` characters long; a cut is marked by `…`.
///
/// Line breaks and tabs become a space, other control characters their picture (`␛`), and characters that are
/// invisible or turn the reading direction around their code point (`‹U+202E›`). Runs of white space shrink to one
/// space, so that nothing can be pushed out of sight.
pub fn visible(text: &str, limit: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(limit * 4));
    let mut length = 0;
    let mut after_space = true;
    for character in text.chars() {
        let is_space = character.is_whitespace();
        if is_space && after_space {
            continue;
        }
        after_space = is_space;
        if length >= limit {
            shown.truncate(shown.trim_end().len());
            shown.push('…');
            return shown;
        }
        length += push_visible(&mut shown, character);
    }
    shown.truncate(shown.trim_end().len());
    shown
}

/// As [`visible`], line by line: for texts that are shown in a block of their own, such as stack traces. At most
/// `lines` lines of at most `limit` characters; white space at the start of a line stays.
pub fn visible_lines(text: &str, lines: usize, limit: usize) -> Vec<String> {
    let mut shown: Vec<String> = Vec::new();
    let mut rest = text.lines();
    for line in rest.by_ref().take(lines) {
        let indent = line.chars().take_while(|character| matches!(character, ' ' | '\t')).count().min(40);
        shown.push(format!("{:indent$}{}", "", visible(line, limit)));
    }
    if rest.next().is_some() {
        shown.push("…".into());
    }
    shown
}

/// How many columns of a terminal `text` takes: two for the wide characters of East Asia and for emoji, none for
/// marks that sit on the character before. An approximation that is right for nearly all names.
pub fn columns(text: &str) -> usize {
    text.chars().map(character_columns).sum()
}

/// `text` in exactly `width` columns: filled up with spaces, or cut and marked by `…`.
pub fn fit(text: &str, width: usize) -> String {
    let mut fitted = String::with_capacity(width);
    let taken = columns(text);
    if taken <= width {
        fitted.push_str(text);
        fitted.extend(std::iter::repeat_n(' ', width - taken));
        return fitted;
    }
    let mut used = 0;
    for character in text.chars() {
        let next = character_columns(character);
        if used + next + 1 > width {
            break;
        }
        used += next;
        fitted.push(character);
    }
    if used < width {
        fitted.push('…');
        fitted.extend(std::iter::repeat_n(' ', width - used - 1));
    }
    fitted
}

/// Appends `character` or what stands for it; answers with how many characters were appended.
fn push_visible(shown: &mut String, character: char) -> usize {
    let code = u32::from(character);
    match character {
        _ if character.is_whitespace() => shown.push(' '),
        '\u{0}'..='\u{1f}' => shown.push(char::from_u32(0x2400 + code).unwrap_or('\u{fffd}')),
        '\u{7f}' => shown.push('\u{2421}'),
        _ if is_deceptive(character) => {
            let stand_in = format!("‹U+{code:04X}›");
            shown.push_str(&stand_in);
            return stand_in.chars().count();
        }
        _ => shown.push(character),
    }
    1
}

/// Characters that show nothing, or change how others are shown.
fn is_deceptive(character: char) -> bool {
    matches!(character,
        '\u{80}'..='\u{9f}'                         // C1 controls
        | '\u{ad}'                                  // soft hyphen
        | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}' | '\u{ffa0}'
        | '\u{180b}'..='\u{180f}'                   // Mongolian selectors
        | '\u{200b}'..='\u{200f}'                   // zero width, direction marks
        | '\u{202a}'..='\u{202e}'                   // embeddings and overrides of direction
        | '\u{2060}'..='\u{206f}'                   // isolates, invisible operators
        | '\u{2800}'                                // blank Braille pattern
        | '\u{fe00}'..='\u{fe0e}'                   // variation selectors, but for the one of emoji
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e000}'..='\u{f8ff}'                   // private use: every font shows something else
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}'                 // tags and further selectors
        | '\u{f0000}'..='\u{10ffff}')
}

fn character_columns(character: char) -> usize {
    match character {
        '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe0f}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{303e}'
        | '\u{3041}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1f64f}'
        | '\u{1f680}'..='\u{1f6ff}'
        | '\u{1f900}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_deceives_comes_into_view() {
        for (hostile, shown) in [
            ("plain äö 🦀", "plain äö 🦀"),
            ("a\r\nb\tc", "a b c"),
            ("\u{1b}[31mred", "␛[31mred"),
            ("safe\u{202e}gnp.exe", "safe‹U+202E›gnp.exe"),
            ("a\u{200b}b\u{feff}", "a‹U+200B›b‹U+FEFF›"),
            ("line\u{2028}separator\u{2029}", "line separator"),
            ("del\u{7f} nul\u{0} c1\u{9b}", "del␡ nul␀ c1‹U+009B›"),
            ("tag\u{e0041}", "tag‹U+E0041›"),
            ("far          away", "far away"),
        ] {
            assert_eq!(visible(hostile, 100), shown);
        }
    }

    #[test]
    fn long_texts_are_cut_and_say_so() {
        assert_eq!(visible("abcdef", 6), "abcdef");
        assert_eq!(visible("abcdefg", 6), "abcdef…");
        assert_eq!(visible("abc   def   ", 4), "abc…");
        let bomb = "\u{202e}".repeat(100_000);
        assert!(visible(&bomb, 50).chars().count() < 60);
    }

    #[test]
    fn blocks_keep_their_lines() {
        assert_eq!(visible_lines("a\n  b\u{202e}\nc\nd", 3, 80), ["a", "  b‹U+202E›", "c", "…"]);
    }

    #[test]
    fn fitting_counts_columns() {
        assert_eq!(fit("日本語", 8), "日本語  ");
        assert_eq!(fit("日本語", 5), "日本…");
        assert_eq!(fit("abcdef", 4), "abc…");
        assert_eq!(fit("abc", 0), "");
        for width in 0..12 {
            assert_eq!(columns(&fit("a日b本c🦀d", width)), width);
        }
    }
}
