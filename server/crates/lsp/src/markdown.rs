//! Markdown that hostile text cannot break out of: our own words escaped, everything else in code of its own.

use insight::hover::{Block, Hover, Piece};
use model::TraceId;

/// The hover as Markdown. `page_url` says where a trace's page is; only addresses on this machine become links, and
/// nothing else does.
pub(crate) fn hover(hover: &Hover, page_url: impl Fn(TraceId) -> Option<String>) -> String {
    let line = |pieces: &[Piece]| pieces.iter().map(|it| piece(it, &page_url)).collect::<String>();
    let mut blocks = Vec::new();
    for block in &hover.blocks {
        blocks.push(match block {
            Block::Title(pieces) => format!("### {}", line(pieces)),
            Block::Line(pieces) => line(pieces),
            Block::List(heading, items) => {
                let items: String = items.iter().map(|item| format!("\n- {}", line(item))).collect();
                format!("**{}**\n{items}", escape(heading))
            }
            Block::Verbatim(lines) => fenced(lines),
        });
    }
    blocks.join("\n\n")
}

/// `text` as Markdown that reads as `text`: for our own words, which hold figures and names of ours only.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for (at, character) in text.char_indices() {
        // An address in the open becomes a link of its own in many dialects.
        let begins_address = character == ':' && text.get(at..).is_some_and(|rest| rest.starts_with("://"));
        if begins_address || "\\`*_[]<>&#|~$!".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// `text` as a code span, whatever it holds: fenced by more backticks than it has in a row.
pub(crate) fn code(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(text) + 1);
    let needs_room = text.starts_with('`') || text.ends_with('`') || text.trim() != text;
    let room = if needs_room { " " } else { "" };
    format!("{fence}{room}{text}{room}{fence}")
}

fn fenced(lines: &[String]) -> String {
    let longest = lines.iter().map(|line| longest_run(line)).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{}\n{fence}", lines.join("\n"))
}

fn piece(piece: &Piece, page_url: &impl Fn(TraceId) -> Option<String>) -> String {
    match piece {
        Piece::Words(words) => escape(words),
        Piece::Quoted(text) => code(text),
        Piece::Function { words, .. } => code(words),
        Piece::Trace { words, trace_id, .. } => match page_url(*trace_id).filter(|url| is_own(url)) {
            Some(url) => format!("[{}]({url})", escape(words)),
            None => format!("{} {}", escape(words), code(&trace_id.to_string())),
        },
    }
}

/// Whether an address is one of our own pages and holds nothing that could end the link.
fn is_own(url: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b":/?&=.-_~%".contains(&byte);
    let rest = url.strip_prefix("http://127.0.0.1:").or_else(|| url.strip_prefix("http://localhost:"));
    rest.is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
        && url.bytes().all(is_plain)
}

fn longest_run(text: &str) -> usize {
    text.split(|character| character != '`').map(str::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use insight::visible::visible;
    use model::{SpanId, TextRange};

    use super::*;

    const HOSTILE: &[&str] = &[
        "<img src=x onerror=alert(1)>",
        "[x](command:workbench.action.terminal.new)",
        "`` ` ```",
        "`",
        " `x` ",
        "\u{1b}[31mred",
        "safe\u{202e}txt.exe",
        "a\n\n# heading\n- list\n```\nfence",
        "http://evil.example https://evil.example www.evil.example <https://evil.example>",
        "&lt;b&gt; $(zap) **bold** ~~x~~ | a | b |",
        "![i](http://evil.example/pixel.png)",
    ];

    #[test]
    fn hostile_text_stays_within_its_code_span() {
        for hostile in HOSTILE {
            let shown = visible(hostile, 200);
            let span = code(&shown);
            let fence: String = span.chars().take_while(|character| *character == '`').collect();
            assert!(span.len() >= 2 * fence.len() && span.ends_with(&fence));
            let inner = &span[fence.len()..span.len() - fence.len()];
            // A span ends at the first run of exactly as many backticks: there is none inside.
            assert!(longest_run(inner) < fence.len(), "{span}");
            assert!(!span.contains(['\n', '\r', '\u{1b}', '\u{202e}']));
            assert_eq!(inner.trim(), shown.trim());
        }
    }

    #[test]
    fn only_our_own_pages_are_links() {
        let trace_id = TraceId([7; 16]);
        let link = Piece::Trace { words: "310 ms".into(), trace_id, span_id: SpanId([1; 8]) };
        let one = Hover { range: TextRange::default(), blocks: vec![Block::Line(vec![link])] };
        let ours = "http://127.0.0.1:4319/trace/0707?token=abc";
        assert_eq!(hover(&one, |_| Some(ours.into())), format!("[310 ms]({ours})"));
        for other in [
            "https://evil.example",
            "http://127.0.0.1:80@evil.example",
            "http://127.0.0.1:4319/) [x](command:x",
            "http://127.0.0.1:4319/a b",
            "command:x",
            "http://127.0.0.1.evil.example",
        ] {
            assert_eq!(hover(&one, |_| Some(other.into())), format!("310 ms `{trace_id}`"), "{other}");
        }
    }

    #[test]
    fn our_words_read_as_they_are() {
        assert_eq!(escape("p50 12 ms · < 0.1 % (a_b) http://x"), "p50 12 ms · \\< 0.1 % (a\\_b) http\\://x");
    }

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        let block = fenced(&["a ````".to_owned(), "b".to_owned()]);
        assert_eq!(block, "`````text\na ````\nb\n`````");
    }
}
