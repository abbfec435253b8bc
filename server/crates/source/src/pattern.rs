//! Route patterns of all frameworks brought to one form: segments that are literal, vary, or take the rest.

use model::SmolStr;

/// One segment of a route.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Segment {
    /// Exactly this.
    Literal(SmolStr),
    /// Anything, one segment.
    Any,
    /// Literal pieces with something between two of them, within one segment: `{}.json`.
    Mixed(SmolStr),
    /// Everything that follows, at least nothing.
    Rest,
}

/// A route in one form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Pattern {
    /// Its segments; empty for `/`.
    pub segments: Vec<Segment>,
    /// How many segments at the end may be missing.
    pub optional: usize,
}

/// What stands for a part that varies.
const HOLE: &str = "{}";
/// What stands for everything that follows.
const REST: &str = "{*}";

impl Pattern {
    /// Reads a route as any framework spells it: `/users/:id`, `users/{id:int}`, `/users/<int:id>`, `^users/(?P<id>\d+)/$`,
    /// `/files/*`, `/x/[id]/[...rest]`, `GET example.com/x/{id}`. Scheme, host, query and outer slashes are dropped.
    pub fn parse(route: &str) -> Pattern {
        // Rails: an ending that may be missing, and one that may not. Go: nothing more may follow.
        let route = without_method_and_host(route.trim());
        let route = route.trim_end_matches("(.:format)").trim_end_matches(".:format").trim_end_matches("{$}");
        let text = if looks_like_regex(route) { regex_holes(route) } else { route.to_owned() };
        let mut pattern = Pattern::default();
        for part in text.split('/').filter(|part| !part.is_empty()) {
            let (part, optional) = parameter_holes(part);
            if part.is_empty() {
                continue;
            }
            pattern.optional = if optional { pattern.optional + 1 } else { 0 };
            pattern.segments.push(match part.as_str() {
                HOLE => Segment::Any,
                REST => Segment::Rest,
                part if part.contains(REST) => Segment::Rest,
                part if part.contains(HOLE) => Segment::Mixed(part.into()),
                part => Segment::Literal(part.into()),
            });
        }
        pattern
    }

    /// The form as text: equal for routes that mean the same.
    pub fn key(&self) -> String {
        let mut key = String::new();
        for segment in &self.segments {
            key.push('/');
            key.push_str(match segment {
                Segment::Literal(text) | Segment::Mixed(text) => text,
                Segment::Any => HOLE,
                Segment::Rest => REST,
            });
        }
        key
    }

    /// How many segments are literal, mixed ones included.
    pub fn literals(&self) -> usize {
        self.segments
            .iter()
            .filter(|segment| matches!(segment, Segment::Literal(_) | Segment::Mixed(_)))
            .count()
    }
}

impl Segment {
    /// Whether one segment of a path fits.
    pub fn matches(&self, part: &str) -> bool {
        match self {
            Segment::Literal(text) => text == part,
            Segment::Any | Segment::Rest => true,
            Segment::Mixed(text) => mixed_matches(text, part),
        }
    }
}

/// The segments of a path or URL, without scheme, host, query and fragment.
pub fn path_segments(url: &str) -> impl Iterator<Item = &str> {
    let path = without_host(url);
    let end = path.find(['?', '#']).unwrap_or(path.len());
    path[..end].split('/').filter(|part| !part.is_empty())
}

fn mixed_matches(text: &str, part: &str) -> bool {
    let mut pieces = text.split(HOLE);
    let Some(mut rest) = pieces.next().and_then(|first| part.strip_prefix(first)) else { return false };
    let mut pieces: Vec<&str> = pieces.collect();
    let last = pieces.pop().unwrap_or_default();
    for piece in pieces {
        let Some(at) = rest.find(piece) else { return false };
        rest = &rest[at + piece.len()..];
    }
    rest.ends_with(last)
}

/// Go writes `GET example.com/x`; others never have a space in a route.
fn without_method_and_host(route: &str) -> &str {
    let (first, rest) = route.split_once(' ').unwrap_or(("", route));
    let is_method = !first.is_empty() && first.bytes().all(|byte| byte.is_ascii_uppercase());
    let route = if is_method { rest.trim_start() } else { route };
    if is_method && !route.starts_with('/') && !route.starts_with('^') {
        return route.find('/').map_or(route, |at| &route[at..]);
    }
    without_host(route)
}

fn without_host(url: &str) -> &str {
    match url.split_once("://") {
        Some((scheme, rest)) if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
            rest.find('/').map_or("", |at| &rest[at..])
        }
        _ => url,
    }
}

fn looks_like_regex(route: &str) -> bool {
    route.starts_with('^')
        || route.ends_with('$')
        || ["(?", "\\d", "\\w", "[^", "[0-9", "[a-z", "\\.", "\\Z", "(.", "(["]
            .iter()
            .any(|mark| route.contains(mark))
}

/// A regular expression's groups and classes as holes.
fn regex_holes(route: &str) -> String {
    let mut text = String::with_capacity(route.len());
    let characters: Vec<char> = route.chars().collect();
    let mut at = 0;
    while let Some(character) = characters.get(at).copied() {
        at += 1;
        match character {
            '^' | '$' => {}
            // Express and its like: a name, then what it must fit.
            ':' if characters.get(at).is_some_and(|c| c.is_alphabetic()) => {
                while characters.get(at).is_some_and(|c| c.is_alphanumeric() || *c == '_') {
                    at += 1;
                }
                if characters.get(at) != Some(&'(') {
                    text.push_str(HOLE);
                }
            }
            '<' | '{' if !text.ends_with(HOLE) => {
                let close = if character == '<' { '>' } else { '}' };
                while let Some(inner) = characters.get(at - 1) {
                    text.push(*inner);
                    if *inner == close {
                        break;
                    }
                    at += 1;
                }
            }
            '\\' => {
                let next = characters.get(at).copied().unwrap_or_default();
                at += 1;
                match next {
                    'd' | 'w' | 's' | 'S' | 'D' | 'W' => text.push_str(HOLE),
                    'Z' | 'A' | 'b' => {}
                    other => text.push(other),
                }
            }
            '(' | '[' => {
                let end = closing(&characters, at, character);
                let inner: String = characters[at..end].iter().collect();
                at = end + 1;
                let takes_rest = character == '(' && (inner.contains(".*") || inner.contains(".+"));
                text.push_str(if takes_rest { REST } else { HOLE });
            }
            '.' if matches!(characters.get(at), Some('*' | '+')) => text.push_str(REST),
            '+' | '*' => {}
            '?' => {
                if text.ends_with('/') {
                    text.pop();
                }
            }
            '{' if text.ends_with(HOLE) => {
                while characters.get(at).is_some_and(|c| *c != '}') {
                    at += 1;
                }
                at += 1;
            }
            other => text.push(other),
        }
    }
    while text.contains("{}{}") {
        text = text.replace("{}{}", HOLE);
    }
    text
}

/// Where the bracket opened before `from` closes; the end when it does not.
fn closing(characters: &[char], from: usize, open: char) -> usize {
    let close = if open == '(' { ')' } else { ']' };
    let mut depth = 1;
    let mut at = from;
    while let Some(character) = characters.get(at) {
        match character {
            '\\' => at += 1,
            c if *c == open && open == '(' => depth += 1,
            c if *c == close => {
                depth -= 1;
                if depth == 0 {
                    return at;
                }
            }
            _ => {}
        }
        at += 1;
    }
    characters.len()
}

/// One segment with its parameters as holes, and whether it may be missing.
fn parameter_holes(part: &str) -> (String, bool) {
    let mut text = String::with_capacity(part.len());
    let mut optional = false;
    let mut rest = part;
    while let Some(character) = rest.chars().next() {
        let (length, hole) = match character {
            '{' => braced(rest, '}'),
            '<' => braced(rest, '>'),
            '[' => braced(rest, ']'),
            ':' => colon(rest),
            '*' => (star(rest), Some(REST)),
            '$' if text.is_empty() && rest.len() > 1 => (rest.len(), Some(HOLE)),
            other => (other.len_utf8(), None),
        };
        match hole {
            Some(hole) => text.push_str(hole),
            None => text.push_str(&rest[..length]),
        }
        optional |= hole.is_some() && rest[..length].trim_end_matches(['}', ']', '>']).ends_with('?');
        rest = &rest[length..];
        if hole.is_some() && (rest.starts_with('?') || rest.starts_with('+') || rest.starts_with('*')) {
            optional |= rest.starts_with('?') || rest.starts_with('*');
            if !rest.starts_with('?') {
                text.truncate(text.len() - HOLE.len().min(text.len()));
                text.push_str(REST);
            }
            rest = &rest[1..];
        }
    }
    (text, optional)
}

fn braced(rest: &str, close: char) -> (usize, Option<&'static str>) {
    let mut end = rest.find(close).map_or(rest.len(), |at| at + 1);
    // `[[...rest]]`, and `{name:[a-z]{2}}`.
    while end > 1 && (rest[end..].starts_with(close) || unclosed(&rest[1..end])) {
        match rest[end..].find(close) {
            Some(at) => end += at + 1,
            None => break,
        }
    }
    let inner = rest[1..end].trim_end_matches(close).trim_start_matches('[');
    let takes_rest = inner.starts_with('*')
        || inner.starts_with("...")
        || inner.ends_with("...")
        || inner.starts_with("path:")
        || inner.ends_with(":path")
        || inner.ends_with(":.*")
        || inner.ends_with(":.+")
        || inner.ends_with("..");
    (end, if inner == "$" { Some("") } else { Some(if takes_rest { REST } else { HOLE }) })
}

/// Whether the inside of braces, up to a closing one, has opened others.
fn unclosed(inner: &str) -> bool {
    inner.matches('{').count() >= inner.matches('}').count().max(1)
}

/// `:id`, `:id(\d+)`, `:rest*`.
fn colon(rest: &str) -> (usize, Option<&'static str>) {
    let end = rest[1..].find(|c: char| !(c.is_alphanumeric() || c == '_')).map_or(rest.len(), |at| at + 1);
    if end == 1 {
        return (1, None);
    }
    if rest[end..].starts_with('(') {
        let close = rest[end..].find(')').map_or(rest.len(), |at| end + at + 1);
        let inner = &rest[end..close];
        return (close, Some(if inner.contains(".*") { REST } else { HOLE }));
    }
    (end, Some(HOLE))
}

/// `*`, `**` and `*rest`.
fn star(rest: &str) -> usize {
    let stars = rest.bytes().take_while(|byte| *byte == b'*').count();
    let name = rest[stars..].find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len() - stars);
    stars + name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(routes: &[&str], key: &str) {
        for route in routes {
            assert_eq!(Pattern::parse(route).key(), key, "{route}");
        }
    }

    #[test]
    fn every_spelling_of_a_parameter_is_one() {
        check(
            &[
                "/users/:id",
                "users/{id}",
                "/users/{id:int}",
                "/users/{id?}",
                "/users/{id=7}",
                "/users/<int:id>/",
                "/users/<id>",
                "/users/<id:int>",
                "/users/[id]",
                "/users/$id",
                "/users/:id(\\d+)",
                "^users/(?P<id>\\d+)/$",
                "users/(?P<id>[^/]+)",
                "^users/([0-9]{4})/?$",
                "GET /users/{id}",
                "GET example.com/users/{id}",
                "http://host/users/{id}",
                "/users/{id:[a-z]{2}}",
                "users/(?P<pk>\\d+)$",
                "/users/:id(.:format)",
            ],
            "/users/{}",
        );
    }

    #[test]
    fn every_spelling_of_the_rest_is_one() {
        check(
            &[
                "/files/*",
                "/files/*path",
                "/files/{*path}",
                "/files/{**path}",
                "/files/{path...}",
                "/files/[...path]",
                "/files/[[...path]]",
                "/files/<path:path>",
                "/files/**",
                "/files/{path:path}",
                "/files/:path*",
                "^files/(?P<path>.*)$",
                "/files/(.*)",
            ],
            "/files/{*}",
        );
    }

    #[test]
    fn what_is_no_parameter_stays() {
        check(&["/", "", "^$", "/{$}"], "");
        check(&["/v1/users.json", "v1/users.json/"], "/v1/users.json");
        check(&["/a/{x}.json", "/a/:x.json"], "/a/{}.json");
        check(&["/%7Bx"], "/%7Bx");
        assert_eq!(Pattern::parse("/a/:x?").optional, 1);
        assert!(Segment::Mixed("{}.json".into()).matches("7.json"));
        assert!(!Segment::Mixed("{}.json".into()).matches("7.xml"));
    }

    #[test]
    fn hostile_patterns_do_not_fail() {
        for route in [
            "{", "[", "<", ":", "(", "^(", "[[", "{{{{", "\\", "^\\", "*", "?", "{}}}", "é{é", ":é", "^[",
            "$", "^{",
        ] {
            let _ = Pattern::parse(route).key();
        }
    }
}
