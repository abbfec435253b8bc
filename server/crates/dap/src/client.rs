//! What the client said it can do, and how it counts.

use std::path::{Path, PathBuf};

use dap_types::requests::{InitializeArguments, PathFormat};

/// The client's habits; before `initialize`, the protocol's defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Client {
    /// Number of the first line.
    pub first_line: i64,
    /// Number of the first column.
    pub first_column: i64,
    /// Whether paths are URIs.
    pub uris: bool,
    /// Whether long lists are asked for in pages.
    pub pages: bool,
    /// Whether types are shown.
    pub types: bool,
    /// Whether progress is shown.
    pub shows_progress: bool,
}

impl Default for Client {
    fn default() -> Client {
        Client {
            first_line: 1,
            first_column: 1,
            uris: false,
            pages: false,
            types: false,
            shows_progress: false,
        }
    }
}

impl Client {
    /// Reads what `initialize` said.
    pub(crate) fn of(arguments: &InitializeArguments) -> Client {
        let first = |counts_from_1: Option<bool>| i64::from(counts_from_1.unwrap_or(true));
        Client {
            first_line: first(arguments.lines_start_at1),
            first_column: first(arguments.columns_start_at1),
            uris: matches!(arguments.path_format, Some(PathFormat::Uri)),
            pages: arguments.supports_variable_paging.unwrap_or(false),
            types: arguments.supports_variable_type.unwrap_or(false),
            shows_progress: arguments.supports_progress_reporting.unwrap_or(false),
        }
    }

    /// A 0-based line as the client counts.
    pub(crate) fn line_out(&self, line: u32) -> i64 {
        i64::from(line) + self.first_line
    }

    /// The client's line, 0-based; lines before the first are the first, and none is past what the protocol can say.
    pub(crate) fn line_in(&self, line: i64) -> u32 {
        let last = i64::from(i32::MAX) - 1;
        u32::try_from(line.saturating_sub(self.first_line).clamp(0, last)).unwrap_or(0)
    }

    /// A path as the client writes it.
    pub(crate) fn path_out(&self, path: &Path) -> String {
        let text = path.to_string_lossy();
        match self.uris {
            true => format!(
                "file://{}{}",
                if text.starts_with('/') { "" } else { "/" },
                escape(&text.replace('\\', "/"))
            ),
            false => text.into_owned(),
        }
    }

    /// The path that the client wrote; URIs are understood whatever it announced.
    pub(crate) fn path_in(&self, path: &str) -> PathBuf {
        let Some(rest) = path.strip_prefix("file://") else { return PathBuf::from(path) };
        let path = unescape(rest);
        // `file:///C:/x` is `C:/x`.
        let drive = path.as_bytes().get(2) == Some(&b':') && path.starts_with('/');
        PathBuf::from(if drive { path.get(1..).unwrap_or_default().to_owned() } else { path })
    }
}

fn escape(path: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' | b':' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    path.bytes().map(byte).collect()
}

fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let digits = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped =
            digits.filter(|_| *first == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_survive_the_way_through_a_uri() {
        let client = Client { uris: true, ..Client::default() };
        let path = Path::new("/home/ä b/100%/x.py");
        let uri = client.path_out(path);
        assert_eq!(uri, "file:///home/%C3%A4%20b/100%25/x.py");
        assert_eq!(client.path_in(&uri), path);
        assert_eq!(client.path_in("file:///C:/x%2"), Path::new("C:/x%2"));
    }

    #[test]
    fn lines_count_as_the_client_does() {
        let from_0 = Client { first_line: 0, ..Client::default() };
        assert_eq!((from_0.line_out(4), from_0.line_in(4)), (4, 4));
        assert_eq!((Client::default().line_out(4), Client::default().line_in(5)), (5, 4));
        assert_eq!(Client::default().line_in(i64::MIN), 0);
    }
}
