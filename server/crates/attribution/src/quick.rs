//! A number for everything about a span that placement may depend on, without building the shape: what makes placing
//! a span that was seen before cost a look-up.
//!
//! Two spans of one number have one shape, but for accidents of 64-bit hashing. Two spans of one shape may have
//! several numbers (SQL counts as sent, attributes in the order sent): then the shape is built once for each.

use std::{
    hash::{BuildHasherDefault, Hasher},
    sync::OnceLock,
};

use imbl::GenericHashMap;
use model::{Span, SpanKind, Value, keys};
use source::path_segments;

use crate::{
    ShapeId,
    shape::{deciding_keys, is_conventional, plain_part},
};

/// Numbers kept at most; then all are forgotten, which costs each shape one look-up.
const MAX_NUMBERS: usize = 131_072;

/// Shapes by number. Cloning costs a few pointers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Quick {
    ids: GenericHashMap<u64, ShapeId, BuildHasherDefault<Itself>, imbl::shared_ptr::DefaultSharedPtr>,
}

/// Numbers are hashes already.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Itself(u64);

/// How the value under a key counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    AsSent,
    /// Names a file: then the revision that ran counts as well.
    File,
    Route,
    Path,
    Url,
    Status,
}

/// The keys that count, found by one multiplication each.
struct Known {
    /// Lengths (below 64) of known keys by first byte: most keys of most spans end here.
    lengths: [u64; 256],
    /// Open addressing over 512 places.
    places: Vec<Option<(&'static str, Role)>>,
}

impl Quick {
    /// The shape known by `number`.
    pub(crate) fn get(&self, number: u64) -> Option<ShapeId> {
        self.ids.get(&number).copied()
    }

    /// `number` is that shape's.
    pub(crate) fn insert(&mut self, number: u64, id: ShapeId) {
        if self.ids.len() >= MAX_NUMBERS {
            self.ids = GenericHashMap::default();
        }
        self.ids.insert(number, id);
    }
}

/// The number of `span`.
pub(crate) fn number(span: &Span) -> u64 {
    let known = Known::all();
    let mut state = Mix(span.kind as u64 + 1);
    state.text(span.service().as_bytes());
    state.text(span.scope.name.as_bytes());
    state.text(span.name.as_bytes());
    if let Some(language) = span.resource.attributes.str("telemetry.sdk.language") {
        state.text(language.as_bytes());
    }
    let (mut route, mut path, mut url) = (None, None, None);
    let mut names_file = false;
    for (key, value) in &span.attributes.0 {
        let Some((place, role)) = known.find(key) else { continue };
        match (role, value) {
            (Role::Path, Value::Str(text)) => path = path.or(Some(text.as_str())),
            (Role::Url, Value::Str(text)) => url = url.or(Some(text.as_str())),
            (Role::Status, value) => {
                let status = value.as_int().filter(|status| (300..400).contains(status) || *status == 404);
                state.number(place, status.unwrap_or(0) as u64);
            }
            (role, value) => {
                if role == Role::Route {
                    route = value.as_str().filter(|route| !route.is_empty());
                }
                names_file |= role == Role::File;
                state.value(place, value);
            }
        }
    }
    if let Some(revision) = span.resource.revision().filter(|_| names_file) {
        state.text(revision.as_bytes());
    }
    let is_outgoing = matches!(span.kind, SpanKind::Client | SpanKind::Producer);
    let sent = if is_outgoing { url.or(path) } else { path.or(url) };
    if let Some(sent) = sent {
        let is_told = !is_outgoing
            && route.is_some_and(|route| {
                !is_conventional(route) && segments(route) == path_segments(sent).count()
            });
        if !is_told {
            state.url(sent);
        }
    }
    state.finish()
}

impl Known {
    fn all() -> &'static Known {
        static KNOWN: OnceLock<Known> = OnceLock::new();
        KNOWN.get_or_init(|| {
            let mut known = Known { lengths: [0; 256], places: vec![None; 512] };
            let mut add = |key: &'static str, role: Role| known.add(key, role);
            keys::CODE_FILE.iter().for_each(|key| add(key, Role::File));
            deciding_keys().for_each(|key| add(key, Role::AsSent));
            keys::HTTP_METHOD
                .iter()
                .chain(keys::DB_QUERY)
                .chain(&["method"])
                .for_each(|key| add(key, Role::AsSent));
            keys::HTTP_ROUTE.iter().chain(&["uri"]).for_each(|key| add(key, Role::Route));
            keys::URL_PATH.iter().for_each(|key| add(key, Role::Path));
            keys::URL_FULL.iter().for_each(|key| add(key, Role::Url));
            keys::HTTP_STATUS.iter().for_each(|key| add(key, Role::Status));
            known
        })
    }

    fn add(&mut self, key: &'static str, role: Role) {
        let Some(first) = key.as_bytes().first() else { return };
        self.lengths[*first as usize] |= 1 << (key.len() % 64);
        let mut at = Known::place(key);
        while let Some((other, _)) = self.places[at] {
            if other == key {
                return;
            }
            at = (at + 1) % self.places.len();
        }
        self.places[at] = Some((key, role));
    }

    /// The key's own number and role.
    fn find(&self, key: &str) -> Option<(u64, Role)> {
        let first = *key.as_bytes().first()?;
        if self.lengths[first as usize] & (1 << (key.len() % 64)) == 0 {
            return None;
        }
        let mut at = Known::place(key);
        loop {
            let (other, role) = self.places[at]?;
            if other == key {
                return Some((at as u64, role));
            }
            at = (at + 1) % self.places.len();
        }
    }

    fn place(key: &str) -> usize {
        let mut state = Mix(0x51_7c_c1);
        state.text(key.as_bytes());
        (state.0 % 512) as usize
    }
}

/// A running hash: eight bytes a multiplication.
struct Mix(u64);

impl Mix {
    fn word(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word ^ 0x9e37_79b9_7f4a_7c15) * 0xa076_1d64_78bd_642f_u128;
        self.0 = (product as u64) ^ ((product >> 64) as u64);
    }

    fn text(&mut self, bytes: &[u8]) {
        self.word(bytes.len() as u64);
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            self.word(chunk.try_into().map_or(0, u64::from_le_bytes));
        }
        let rest = chunks.remainder().iter().fold(0_u64, |word, byte| (word << 8) | u64::from(*byte));
        self.word(rest);
    }

    fn number(&mut self, place: u64, number: u64) {
        self.word(place);
        self.word(number);
    }

    fn value(&mut self, place: u64, value: &Value) {
        self.word(place);
        match value {
            Value::Str(text) => self.text(text.as_bytes()),
            Value::Int(number) => self.word(*number as u64),
            Value::Double(number) => self.word(number.to_bits()),
            Value::Bool(truth) => self.word(u64::from(*truth)),
            Value::Empty | Value::Bytes(_) | Value::Array(_) | Value::Map(_) => {}
        }
    }

    /// A URL without its query, identifiers made equal.
    fn url(&mut self, url: &str) {
        if let Some(host) = url.find("://") {
            let end = url[host + 3..].find(['/', '?', '#']).map_or(url.len(), |end| host + 3 + end);
            self.text(&url.as_bytes()[..end]);
        }
        path_segments(url).for_each(|part| self.text(plain_part(part).as_bytes()));
        let path = url.split(['?', '#']).next().unwrap_or(url);
        self.word(u64::from(path.ends_with('/')));
    }

    fn finish(self) -> u64 {
        self.0
    }
}

/// How many segments a route has.
fn segments(route: &str) -> usize {
    route.split('/').filter(|part| !part.is_empty()).count()
}

impl Hasher for Itself {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            self.0 = chunk.iter().fold(self.0.rotate_left(5), |word, byte| (word << 8) ^ u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use model::{Attributes, Resource, Scope, SmolStr, SpanId, Status, Timestamp, TraceId};

    use super::*;

    fn span(kind: SpanKind, attributes: &[(&str, &str)]) -> Span {
        Span {
            trace_id: TraceId([1; 16]),
            span_id: SpanId([1; 8]),
            parent: None,
            name: "GET /users/{id}".into(),
            kind,
            start: Timestamp(1),
            end: Timestamp(2),
            attributes: attributes.iter().map(|(key, value)| (*key, *value)).collect::<Attributes>(),
            events: Vec::new(),
            links: Vec::new(),
            status: Status::default(),
            trace_state: SmolStr::default(),
            resource: Arc::new(Resource::default()),
            scope: Arc::new(Scope::default()),
        }
    }

    #[test]
    fn what_does_not_decide_does_not_count() {
        let route = ("http.route", "/users/{id}");
        let one = span(
            SpanKind::Server,
            &[route, ("url.path", "/users/7"), ("server.address", "a"), ("url.query", "x")],
        );
        let other = span(SpanKind::Server, &[route, ("url.path", "/users/8"), ("server.address", "b")]);
        assert_eq!(number(&one), number(&other));
        let query = span(SpanKind::Client, &[("url.full", "http://a/users/7?x=1")]);
        assert_eq!(number(&query), number(&span(SpanKind::Client, &[("url.full", "http://a/users/9")])));
    }

    #[test]
    fn the_revision_counts_where_a_file_is_named() {
        let at = |revision: &str, key: &'static str| {
            let resource = [("vcs.ref.head.revision", revision)].into_iter().collect();
            Span {
                resource: Arc::new(Resource { attributes: resource }),
                ..span(SpanKind::Internal, &[(key, "a.py")])
            }
        };
        let shape = |span: &Span| crate::Shape::of(span);
        for (key, differs) in [("code.filepath", true), ("code.function.name", false)] {
            let (one, other) = (at("one", key), at("other", key));
            assert_eq!(number(&one) != number(&other), differs, "{key}");
            assert_eq!(shape(&one) != shape(&other), differs, "{key}");
        }
    }

    #[test]
    fn what_decides_counts() {
        let spans = [
            span(SpanKind::Server, &[("http.route", "/users/{id}")]),
            span(SpanKind::Internal, &[("http.route", "/users/{id}")]),
            span(SpanKind::Server, &[("http.route", "/users")]),
            span(SpanKind::Server, &[("http.route", "/users"), ("url.path", "/users/health")]),
            span(SpanKind::Server, &[("http.route", "/users"), ("url.path", "/users/ready")]),
            span(SpanKind::Server, &[("url.path", "/users")]),
            span(SpanKind::Server, &[("url.path", "/users/")]),
            span(SpanKind::Server, &[("http.method", "GET")]),
            span(SpanKind::Server, &[("http.method", "PUT")]),
            span(SpanKind::Client, &[("url.full", "http://a/users")]),
            span(SpanKind::Client, &[("url.full", "http://b/users")]),
            span(SpanKind::Client, &[("db.statement", "select 1")]),
            span(SpanKind::Client, &[("db.statement", "select 2")]),
        ];
        for (at, one) in spans.iter().enumerate() {
            for other in &spans[at + 1..] {
                assert_ne!(number(one), number(other), "{:?} and {:?}", one.attributes, other.attributes);
            }
        }
    }
}
