//! As much of YAML as manifests use: maps, lists and plain values, by indentation. What it does not understand it passes
//! over.

use model::SmolStr;

use super::unquoted;

/// Values of one file, at most.
const MAX_ENTRIES: usize = 8_192;
/// How deep keys may nest.
const MAX_DEPTH: usize = 32;

/// A value with the keys that lead to it; items of lists are numbered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) keys: Vec<SmolStr>,
    pub(super) value: SmolStr,
}

impl Entry {
    /// The keys joined by dots, which may also stand in one key.
    pub(super) fn path(&self) -> String {
        self.keys.join(".")
    }

    /// The key numbered `at`; empty where there is none.
    pub(super) fn key(&self, at: usize) -> &str {
        self.keys.get(at).map_or("", SmolStr::as_str)
    }
}

/// All values, in the order of the text.
pub(super) fn entries(text: &str) -> Vec<Entry> {
    let mut found = Vec::new();
    // Keys above the current line, each with its indentation.
    let mut above: Vec<(usize, SmolStr)> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = without_comment(line);
        let mut rest = line.trim();
        let mut indent = line.len() - line.trim_start().len();
        if rest.is_empty() || rest.starts_with("---") || found.len() >= MAX_ENTRIES {
            continue;
        }
        // Items may stand as far to the left as the key of their list.
        let keeps =
            |at: usize, key: &str| at < indent || (at == indent && is_item(rest) && !key.starts_with('#'));
        while above.last().is_some_and(|(at, key)| !keeps(*at, key)) {
            above.pop();
        }
        while is_item(rest) && above.len() < MAX_DEPTH {
            let item = rest[1..].trim_start();
            above.push((indent, SmolStr::from(format!("#{number}.{indent}"))));
            indent += rest.len() - item.len();
            rest = item;
        }
        let mut keys: Vec<SmolStr> = above.iter().map(|(_, key)| key.clone()).take(MAX_DEPTH).collect();
        match key_of(rest) {
            Some((key, value)) => {
                above.push((indent, key.into()));
                keys.push(key.into());
                values(&keys, value, &mut found);
            }
            None => values(&keys, rest, &mut found),
        }
    }
    found
}

fn is_item(text: &str) -> bool {
    text == "-" || text.starts_with("- ")
}

/// A key and what stands behind its colon.
fn key_of(text: &str) -> Option<(&str, &str)> {
    if text.starts_with(['{', '[']) {
        return None;
    }
    if let Some(quote) = text.chars().next().filter(|first| matches!(first, '"' | '\'')) {
        let (key, rest) = text[1..].split_once(quote)?;
        return Some((key, rest.trim_start().strip_prefix(':')?.trim()));
    }
    let (key, value) = text.split_once(": ").or_else(|| Some((text.strip_suffix(':')?, "")))?;
    Some((key.trim(), value.trim()))
}

/// A value, or those inside of it where it is written in brackets.
fn values(keys: &[SmolStr], value: &str, found: &mut Vec<Entry>) {
    let value =
        if value.starts_with('&') { value.split_once(' ').map_or("", |(_, rest)| rest) } else { value };
    if value.is_empty() || value.starts_with(['|', '>', '*']) || keys.len() >= MAX_DEPTH {
        return;
    }
    let inner = |open: char, close: char| value.strip_prefix(open)?.strip_suffix(close);
    if let Some(map) = inner('{', '}') {
        for (key, value) in items(map).into_iter().filter_map(key_of) {
            let keys: Vec<SmolStr> = keys.iter().cloned().chain([key.into()]).collect();
            values(&keys, value, found);
        }
        return;
    }
    if let Some(list) = inner('[', ']') {
        for (at, item) in items(list).into_iter().enumerate() {
            let number = SmolStr::from(format!("#{at}"));
            let keys: Vec<SmolStr> = keys.iter().cloned().chain([number]).collect();
            values(&keys, item, found);
        }
        return;
    }
    if found.len() < MAX_ENTRIES {
        found.push(Entry { keys: keys.to_vec(), value: unquoted(value).into() });
    }
}

/// What stands between the commas that are in no brackets and no quotes.
fn items(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut quote, mut start) = (Vec::new(), 0_i32, None, 0);
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(character),
            (None, '{' | '[') => depth += 1,
            (None, '}' | ']') => depth -= 1,
            (None, ',') if depth == 0 => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

/// A line up to its comment.
fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with('#') {
        return "";
    }
    line.split(" #").next().unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::entries;

    #[test]
    fn maps_lists_and_values_in_brackets_are_read() {
        let text = "\
# a comment
a: 1 # and one behind
b:
  c.d: \"x: y\"
  e: &name
    - f: 2
      g: 3
    - h
list:
- one
-   two: 2
    three: 3
inline: { path: /x, methods: [GET, 'POST'], deep: { k: v } }
'quoted key': |
  some text
last: *name
";
        let lines: Vec<String> = entries(text)
            .into_iter()
            .map(|entry| {
                let keys: Vec<&str> =
                    entry.keys.iter().map(|key| if key.starts_with('#') { "#" } else { key }).collect();
                format!("{}={}", keys.join("/"), entry.value)
            })
            .collect();
        assert_eq!(
            lines,
            [
                "a=1",
                "b/c.d=x: y",
                "b/e/#/f=2",
                "b/e/#/g=3",
                "b/e/#=h",
                "list/#=one",
                "list/#/two=2",
                "list/#/three=3",
                "inline/path=/x",
                "inline/methods/#=GET",
                "inline/methods/#=POST",
                "inline/deep/k=v",
                "quoted key=some text",
            ]
        );
    }

    #[test]
    fn hostile_text_costs_what_it_is_long() {
        for text in ["- ".repeat(100_000), "{[".repeat(400), "a: ".repeat(100_000), "a: {b: ".repeat(500)] {
            assert!(entries(&text).len() < 10);
        }
    }
}
