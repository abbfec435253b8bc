//! Blanks what no grammar of C++ reads without running the preprocessor: macros in the place of syntax, and
//! conditionals whose branches do not close what they open. Every byte keeps its place.

/// `text` with that blanked; `None` when there is nothing of the kind.
pub(crate) fn mask(text: &str) -> Option<String> {
    let mut masked = Masked { bytes: text.as_bytes().to_vec(), is_changed: false };
    masked.conditionals(text);
    masked.lines(text);
    // Only ASCII was replaced, by ASCII, or whole lines by spaces.
    masked.is_changed.then(|| String::from_utf8(masked.bytes).ok()).flatten()
}

struct Masked {
    bytes: Vec<u8>,
    is_changed: bool,
}

/// A branch of a conditional: where it begins, and how many braces it leaves open at most.
struct Branch {
    start: usize,
    depth: i32,
}

/// A conditional that is open.
struct Conditional {
    directives: Vec<(usize, usize)>,
    branches: Vec<Branch>,
}

impl Masked {
    fn blank(&mut self, start: usize, end: usize) {
        for byte in self.bytes.get_mut(start..end).unwrap_or_default() {
            if !matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
        self.is_changed = true;
    }

    fn put(&mut self, at: usize, text: &str) {
        if let Some(place) = self.bytes.get_mut(at..at + text.len()) {
            place.copy_from_slice(text.as_bytes());
        }
    }

    /// Of a conditional with an unbalanced branch only the first one stays.
    fn conditionals(&mut self, text: &str) {
        let mut open: Vec<Conditional> = Vec::new();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let (start, end) = (at, at + line.len());
            at = end;
            let directive = line.trim_start().strip_prefix('#').map(str::trim_start);
            let Some(directive) = directive else {
                if let Some(branch) = open.last_mut().and_then(|inner| inner.branches.last_mut()) {
                    branch.depth += depth_of(line);
                }
                continue;
            };
            if directive.starts_with("if") {
                let branches = vec![Branch { start: end, depth: 0 }];
                open.push(Conditional { directives: vec![(start, end)], branches });
            } else if directive.starts_with("el") {
                if let Some(inner) = open.last_mut() {
                    inner.directives.push((start, end));
                    inner.branches.push(Branch { start: end, depth: 0 });
                }
            } else if directive.starts_with("endif")
                && let Some(mut done) = open.pop()
            {
                done.directives.push((start, end));
                let first = done.branches.first().map_or(0, |branch| branch.depth);
                if done.branches.iter().any(|branch| branch.depth != 0) {
                    self.keep_first(&done, start);
                }
                if let Some(outer) = open.last_mut().and_then(|outer| outer.branches.last_mut()) {
                    outer.depth += first;
                }
            }
        }
    }

    fn keep_first(&mut self, done: &Conditional, end: usize) {
        for (start, end) in &done.directives {
            self.blank(*start, *end);
        }
        if let Some(second) = done.branches.get(1) {
            self.blank(second.start, end);
        }
    }

    /// Macros in lines of their own, and those that stand for a class's or function's head.
    fn lines(&mut self, text: &str) {
        let mut at = 0;
        let mut is_start = true;
        let mut lines = text.split_inclusive('\n').peekable();
        while let Some(line) = lines.next() {
            let (start, end) = (at, at + line.len());
            at = end;
            let trimmed = line.trim();
            if trimmed.is_empty() || trimmed.starts_with("//") || trimmed.starts_with('#') {
                is_start = is_start || trimmed.starts_with('#');
                continue;
            }
            let next = lines.peek().map(|next| next.trim_start()).unwrap_or_default();
            let indent = start + (line.len() - line.trim_start().len());
            if is_start && (is_bare_macro(trimmed) && begins_anew(next) || is_drogon(trimmed)) {
                self.blank(start, end);
                continue;
            }
            self.endpoint(text, indent);
            self.exported(trimmed, indent);
            self.assigned(text, trimmed, indent);
            if is_start && has_macro_before_it(trimmed) {
                let length = trimmed.find(' ').unwrap_or(0);
                self.blank(indent, indent + length);
            }
            is_start = trimmed.ends_with([';', '{', '}', ':']);
        }
    }

    /// `class SHOP_EXPORT Cart`: the macro between.
    fn exported(&mut self, trimmed: &str, indent: usize) {
        let Some(rest) = trimmed.strip_prefix("class ").or_else(|| trimmed.strip_prefix("struct ")) else {
            return;
        };
        let mut words = rest.split_whitespace();
        let (Some(first), Some(second)) = (words.next(), words.next()) else { return };
        let is_name = second.starts_with(|c: char| c.is_alphabetic() || c == '_') && second != "final";
        if is_macro_name(first) && is_name {
            let start = indent + trimmed.len() - rest.len();
            self.blank(start, start + first.len());
        }
    }

    /// `ASSIGN_OR_RETURN(auto one, make());` as `auto one = make();`.
    fn assigned(&mut self, text: &str, trimmed: &str, at: usize) {
        let Some((name, _)) = trimmed.split_once('(').filter(|(name, _)| name.contains("ASSIGN_OR_")) else {
            return;
        };
        let open = at + name.len() + 1;
        let Some(inside) = text.get(open..).and_then(|rest| rest.get(..closing(rest)?)) else { return };
        let (mut depth, mut comma) = (0_i32, None);
        for (place, byte) in inside.bytes().enumerate() {
            match byte {
                b'<' | b'(' | b'[' | b'{' => depth += 1,
                b'>' | b')' | b']' | b'}' => depth -= 1,
                b',' if depth == 0 => {
                    comma = Some(place);
                    break;
                }
                _ => {}
            }
        }
        let Some(comma) = comma.filter(|_| is_macro_name(name)) else { return };
        self.blank(at, open);
        self.put(open + comma, "=");
        self.put(open + inside.len(), ";");
    }

    /// oatpp's `ENDPOINT("GET", "/path", name, PARAMETERS) {` as `auto name(PARAMETERS) {`, its asynchronous kind as a
    /// `struct`.
    fn endpoint(&mut self, text: &str, at: usize) {
        let Some(head) = Endpoint::read(text, at) else { return };
        self.blank(at, head.name.0);
        if head.is_async {
            self.put(at, "struct");
            self.blank(head.name.1, head.close + 1);
            return;
        }
        let behind = self.bytes.get(head.close + 1).copied();
        match head.comma {
            Some(comma) => self.put(comma, "("),
            None if matches!(behind, Some(b' ' | b'\n')) => self.put(head.close, "()"),
            None => return,
        }
        self.put(at, "auto");
    }
}

/// The head of a handler as oatpp's macros write it.
pub(super) struct Endpoint<'t> {
    pub(super) method: &'t str,
    pub(super) path: &'t str,
    pub(super) is_async: bool,
    name: (usize, usize),
    comma: Option<usize>,
    close: usize,
}

impl<'t> Endpoint<'t> {
    /// Reads the head that begins at byte `at`.
    pub(super) fn read(text: &'t str, at: usize) -> Option<Endpoint<'t>> {
        let rest = text.get(at..)?;
        let (open, is_async) = match rest {
            _ if rest.starts_with("ENDPOINT(") => ("ENDPOINT(".len(), false),
            _ if rest.starts_with("ENDPOINT_ASYNC(") => ("ENDPOINT_ASYNC(".len(), true),
            _ => return None,
        };
        let close = open + closing(&rest[open..])?;
        let inside = &rest[open..close];
        let (method, behind) = quoted(inside)?;
        let (path, behind) = quoted(behind)?;
        let name_at = behind.find(|c: char| c.is_alphabetic() || c == '_')?;
        let name = &behind[name_at..];
        let length = name.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(name.len());
        let start = at + close - name.len();
        let end = start + length;
        let comma = name[length..].find(',').map(|comma| end + comma);
        Some(Endpoint { method, path, is_async, name: (start, end), comma, close: at + close })
    }
}

/// The text in quotes at the head, and what stands behind it.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let (_, rest) = text.split_once('"')?;
    rest.split_once('"')
}

/// Where the bracket closes that was opened before `text`.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut is_quoted) = (1_u32, false);
    for (at, byte) in text.bytes().enumerate().take(4_096) {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'(' if !is_quoted => depth += 1,
            b')' if !is_quoted => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// Braces that a line opens more than it closes; those in strings and comments are not counted.
fn depth_of(line: &str) -> i32 {
    let (mut depth, mut quote, mut is_escaped) = (0, None, false);
    let mut previous = b' ';
    for byte in line.bytes() {
        match (quote, byte) {
            _ if is_escaped => is_escaped = false,
            (Some(_), b'\\') => is_escaped = true,
            (Some(open), byte) if open == byte => quote = None,
            (Some(_), _) => {}
            // A digit before it makes it a separator of digits.
            (None, b'"') => quote = Some(b'"'),
            (None, b'\'') if !previous.is_ascii_digit() => quote = Some(b'\''),
            (None, b'/') if previous == b'/' => break,
            (None, b'{') => depth += 1,
            (None, b'}') => depth -= 1,
            _ => {}
        }
        previous = byte;
    }
    depth
}

/// `Q_OBJECT`, `SHOP_BEGIN_NAMESPACE`, `DISALLOW_COPY(Cart)`: nothing else on the line.
fn is_bare_macro(trimmed: &str) -> bool {
    let name = trimmed.split(['(', ' ']).next().unwrap_or_default();
    let rest = trimmed[name.len()..].trim();
    is_macro_name(name)
        && (rest.is_empty()
            || (rest.starts_with('(') && closing(&rest[1..]).is_some_and(|close| close + 2 == rest.len())))
}

/// Whether a line does not go on with what stands before it.
fn begins_anew(next: &str) -> bool {
    !next.starts_with(['{', '(', '.', ',', '-', '<', '+', '*', '=', ')', '?', '|', '&', ';', '>', '['])
}

/// `SHOP_API static int count()`: a macro before a word that begins a declaration.
fn has_macro_before_it(trimmed: &str) -> bool {
    const WORDS: &[&str] = &[
        "static",
        "inline",
        "virtual",
        "explicit",
        "constexpr",
        "friend",
        "void",
        "auto",
        "extern",
        "class",
        "struct",
        "template",
    ];
    let mut words = trimmed.split(' ');
    words.next().is_some_and(is_macro_name) && words.next().is_some_and(|word| WORDS.contains(&word))
}

/// Drogon's lists of routes in a class; they are read as text.
fn is_drogon(trimmed: &str) -> bool {
    ["ADD_METHOD_TO(", "METHOD_ADD(", "ADD_METHOD_VIA_REGEX(", "PATH_ADD(", "WS_PATH_ADD("]
        .iter()
        .any(|name| trimmed.starts_with(name))
}

fn is_macro_name(name: &str) -> bool {
    name.len() > 3
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::mask;

    fn check(text: &str, expected: &str) {
        let masked = mask(text).unwrap_or_else(|| text.to_owned());
        assert_eq!(masked.len(), text.len(), "{text}");
        let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(plain(&masked), plain(expected));
    }

    #[test]
    fn of_branches_that_do_not_close_what_they_open_the_first_stays() {
        check("#if A\nvoid f() {\n#else\nvoid f(int) {\n#endif\n}\n", "void f() { }");
        let whole = "#if A\nvoid f() {}\n#else\nvoid g() { puts(\"{\"); } // {\n#endif\n";
        check(whole, whole);
    }

    #[test]
    fn macros_in_the_place_of_syntax_are_blanked() {
        check("class A {\n  Q_OBJECT\n  int a;\n};\n", "class A { int a; };");
        check("class SHOP_API A : public B {\n};\n", "class A : public B { };");
        check(
            "ASSIGN_OR_RETURN(std::pair<A, B> one,\n    make(\")\", 1));\n",
            "std::pair<A, B> one= make(\")\", 1);;",
        );
        check("SHOP_API static int count() {\n}\n", "static int count() { }");
        check("SHOP_BEGIN_NAMESPACE\nint a;\n", "int a;");
        check("int a = call(\n    LAST_ONE\n);\n", "int a = call( LAST_ONE );");
        check("TEST_F(A, B)\n{\n}\n", "TEST_F(A, B) { }");
        check("CROW_ROUTE(app, \"/\")\n([] {});\n", "CROW_ROUTE(app, \"/\") ([] {});");
        check("ENDPOINT(\"GET\", \"/a/{b}\", get, PATH(Int32, b)) {\n}\n", "auto get( PATH(Int32, b)) { }");
        check("ENDPOINT(\"GET\", \"/a\", get) {\n}\n", "auto get(){ }");
        check("ENDPOINT(\"GET\", \"/a\", get){\n}\n", "get){ }");
        check("ENDPOINT_ASYNC(\"GET\", \"/a\", Get) {\n};\n", "struct Get { };");
    }

    #[test]
    fn hostile_texts_do_not_fail() {
        for text in [
            "#endif",
            "#else\n#if",
            "ENDPOINT(",
            "ENDPOINT(\"",
            "ENDPOINT(\"é\", \"é\", é",
            "class É É",
            "'",
            "\"\\",
        ] {
            let _ = mask(text);
        }
    }
}
