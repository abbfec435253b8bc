//! What keeps hostile texts cheap: refused before parsing when they can be told, stopped while parsing when not.

use std::{
    ops::ControlFlow,
    time::{Duration, Instant},
};

use tree_sitter::{ParseOptions, ParseState, Parser, Tree};

use crate::{Language, ReadError, languages::cpp::mask};

/// Over this size a text is generated, bundled or data.
pub(crate) const MAX_BYTES: usize = 1 << 20;
/// Code written by hand nests its brackets less than a tenth as deep.
const MAX_DEPTH: usize = 1_000;
/// What one parse may take. Real files of 1 MiB take a third of it.
const PARSE_BUDGET: Duration = Duration::from_millis(500);

/// Refuses what is not text, too large, or nested deeper than code written by hand. One pass over the bytes.
pub(crate) fn check(text: &str) -> Result<(), ReadError> {
    if text.len() > MAX_BYTES {
        return Err(ReadError::TooLarge);
    }
    let bytes = text.as_bytes();
    if memchr::memchr(0, bytes).is_some() {
        return Err(ReadError::NotText);
    }
    // Nearly no text has so many brackets on one line of thought; counting them costs a tenth of telling their depth.
    let opening = bytes.iter().filter(|byte| matches!(byte, b'(' | b'[' | b'{')).count();
    if opening > MAX_DEPTH && deepest(bytes) > MAX_DEPTH { Err(ReadError::TooDeep) } else { Ok(()) }
}

/// Parses within the budget, reusing `old` where the text did not change.
pub(crate) fn parse(language: Language, text: &str, old: Option<&Tree>) -> Result<Tree, ReadError> {
    let mut parser = Parser::new();
    parser.set_language(&language.grammar()).map_err(|_| ReadError::UnknownLanguage)?;
    let deadline = Instant::now() + PARSE_BUDGET;
    let mut watch = |_: &ParseState| {
        if Instant::now() > deadline { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    // What is blanked of C++ depends on the whole text, so a part of it cannot be parsed again alone.
    let masked = if language == Language::Cpp { mask(text) } else { None };
    let old = old.filter(|_| language != Language::Cpp);
    let bytes = masked.as_deref().unwrap_or(text).as_bytes();
    let mut chunk = |offset: usize, _| bytes.get(offset..).unwrap_or_default();
    let options = ParseOptions::new().progress_callback(&mut watch);
    parser.parse_with_options(&mut chunk, old, Some(options)).ok_or(ReadError::TooSlow)
}

/// Parses and forgets: what reading is measured against.
pub fn parse_only(path: &str, text: &str) {
    if let Some(language) = Language::of_path(path) {
        drop(std::hint::black_box(parse(language, text, None)));
    }
}

/// The tree of a text, for those who write readers; empty when it does not parse.
pub fn tree_text(language: Language, text: &str) -> String {
    parse(language, text, None).map(|tree| tree.root_node().to_sexp()).unwrap_or_default()
}

/// The deepest nesting of brackets, strings and comments included: an upper bound that needs no grammar.
fn deepest(bytes: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    for byte in bytes {
        match byte {
            b'(' | b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use crate::{ReadError, read};

    #[test]
    fn what_is_no_code_is_refused_with_its_reason() {
        assert_eq!(read("a.py", "x = 1\0").unwrap_err(), ReadError::NotText);
        assert_eq!(read("a.py", &"#".repeat(2 << 20)).unwrap_err(), ReadError::TooLarge);
        assert_eq!(read("a.rs", &"(".repeat(300_000)).unwrap_err(), ReadError::TooDeep);
        assert_eq!(read("a.txt", "x").unwrap_err(), ReadError::UnknownLanguage);
    }

    #[test]
    fn a_text_that_parses_in_quadratic_time_costs_a_bounded_amount() {
        let begun = Instant::now();
        let _ = read("a.js", &"\"".repeat(100_000));
        let _ = read("a.py", &"[".repeat(999));
        let _ = read("a.js", &"a.".repeat(200_000));
        let _ = read("a.php", &format!("<?php {}1;", "fn() => ".repeat(20_000)));
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    }
}
