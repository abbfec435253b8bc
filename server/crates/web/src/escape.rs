//! Telemetry is hostile text: the one way in which it gets into a page.

use std::fmt;

/// Shows text so that a browser can take it for nothing but text; usable in content and in quoted attributes.
/// Control characters and those that turn the direction of writing become visible.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'a>(pub(crate) &'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '&' => f.write_str("&amp;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' | '\t' => write!(f, "{character}")?,
                _ if character.is_control() || is_directional(character) => {
                    write!(f, "⟨U+{:04X}⟩", u32::from(character))?;
                }
                _ => write!(f, "{character}")?,
            }
        }
        Ok(())
    }
}

/// Bidirectional controls (Unicode UAX 9) and invisible joiners.
fn is_directional(character: char) -> bool {
    matches!(character, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_and_controls_become_text() {
        let hostile = "<img src=x onerror='a()'>&\"\u{202E}\u{7}";
        let shown = Text(hostile).to_string();
        assert_eq!(shown, "&lt;img src=x onerror=&#39;a()&#39;&gt;&amp;&quot;⟨U+202E⟩⟨U+0007⟩");
    }
}
