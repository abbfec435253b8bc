//! A number for everything about a span that placement may depend on, without building the shape: what makes placing
//! a span that was seen before cost a look-up.
//!
//! Two spans of one number have one shape, but for accidents of 64-bit hashing, which nobody can bring about since the
//! hash begins with a number that each process draws for itself. Two spans of one shape may have several numbers (SQL
//! counts as sent, attributes in the order sent): then the shape is built once for each.

use std::{
    hash::{BuildHasher as _, BuildHasherDefault, Hasher, RandomState},
    sync::{Arc, OnceLock},
};

use imbl::GenericHashMap;
use model::{Resource, Scope, SmolStr, SpanKind, SpanView, ValueView, keys};
use source::{Pattern, path_segments};

use crate::{
    ShapeId,
    shape::{cut, deciding_keys, fits_whole, is_conventional, is_deciding, plain_part},
};

/// Numbers kept at most; then all are forgotten, which costs each shape one look-up.
const MAX_NUMBERS: usize = 131_072;
/// Places for routes that were read; a new one takes the place of another.
const ROUTES: u64 = 256;

/// Shapes by number. Cloning costs a few pointers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Quick {
    ids: GenericHashMap<u64, ShapeId, BuildHasherDefault<Itself>, imbl::shared_ptr::DefaultSharedPtr>,
}

/// Numbers are hashes already.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Itself(u64);

/// Gives spans their numbers, and remembers what many spans share. A clone begins without.
#[derive(Debug, Default)]
pub(crate) struct Numbering {
    sender: Option<Sender>,
    /// Routes by place, and how they match; `None` for those that a path may tell more than.
    routes: Vec<(SmolStr, Option<Pattern>)>,
}

/// What a resource and a scope decide.
#[derive(Debug)]
struct Sender {
    resource: Arc<Resource>,
    scope: Arc<Scope>,
    number: u64,
    /// Of the revision that ran.
    revision: u64,
}

/// How the value under a key counts. The number is the key's rank among those of one meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    AsSent,
    /// Names a file: then the revision that ran counts as well.
    File,
    Route(usize),
    Path(usize),
    Url(usize),
    Status(usize),
}

/// The keys that count, found by one multiplication each.
struct Known {
    /// Lengths (below 64) of known keys by first byte: most keys of most spans end here.
    lengths: [u64; 256],
    /// Open addressing over 512 places.
    places: Vec<Option<(&'static str, Role)>>,
}

/// The first value under each of the keys of a request.
#[derive(Default)]
struct Http<'a> {
    routes: [Option<ValueView<'a>>; 3],
    paths: [Option<ValueView<'a>>; 2],
    urls: [Option<ValueView<'a>>; 2],
    statuses: [Option<ValueView<'a>>; 2],
}

impl Clone for Numbering {
    fn clone(&self) -> Numbering {
        Numbering::default()
    }
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

impl Numbering {
    /// The number of `span`.
    pub(crate) fn number(&mut self, span: &SpanView<'_>) -> u64 {
        let known = Known::all();
        let sender = self.sender(span);
        let (mut state, revision) = (Mix(sender.number), sender.revision);
        state.word(span.kind as u64);
        state.text(span.name.as_bytes());
        let mut http = Http::default();
        let mut names_file = false;
        for (key, value) in span.attributes {
            let Some((place, role)) = known.find(key) else { continue };
            match role {
                Role::Route(rank) => first(&mut http.routes, rank, *value),
                Role::Path(rank) => first(&mut http.paths, rank, *value),
                Role::Url(rank) => first(&mut http.urls, rank, *value),
                Role::Status(rank) => first(&mut http.statuses, rank, *value),
                Role::File | Role::AsSent => {
                    names_file |= role == Role::File;
                    state.value(place, *value);
                }
            }
        }
        if names_file {
            state.word(revision);
        }
        self.http(span.kind, &http, &mut state);
        state.finish()
    }

    fn http(&mut self, kind: SpanKind, http: &Http<'_>, state: &mut Mix) {
        let status = http.statuses.iter().flatten().find_map(|value| int(*value));
        if let Some(status) = status.filter(|status| is_deciding(*status)) {
            state.word(status as u64);
        }
        let route = http.routes.iter().flatten().find_map(|value| text(*value));
        state.word(u64::from(route.is_some()));
        if let Some(route) = route {
            state.text(route.as_bytes());
        }
        let said =
            |values: &[Option<ValueView<'_>>; 2]| values.iter().flatten().any(|value| !is_blank(*value));
        if !said(&http.paths) && !said(&http.urls) {
            return;
        }
        let path = http.paths.iter().flatten().find_map(|value| text(*value).filter(|text| !text.is_empty()));
        let url = http.urls.iter().flatten().find_map(|value| text(*value).filter(|text| !text.is_empty()));
        let is_outgoing = matches!(kind, SpanKind::Client | SpanKind::Producer);
        let sent = if is_outgoing { url.or(path) } else { path.or(url) };
        let Some(sent) = sent else { return };
        if is_outgoing || !route.is_some_and(|route| self.is_told(route, sent)) {
            state.word(u64::from(url.is_some()));
            state.url(sent);
        }
    }

    /// Whether `path` says nothing that its route does not.
    fn is_told(&mut self, route: &str, path: &str) -> bool {
        let mut place = Mix(0);
        place.text(route.as_bytes());
        if self.routes.is_empty() {
            self.routes.resize(ROUTES as usize, (SmolStr::default(), None));
        }
        let Some(known) = self.routes.get_mut((place.finish() % ROUTES) as usize) else { return false };
        if known.0 != route {
            let tells = !route.is_empty() && !is_conventional(route);
            *known = (route.into(), tells.then(|| Pattern::parse(route)));
        }
        known.1.as_ref().is_some_and(|pattern| fits_whole(pattern, path))
    }

    fn sender(&mut self, span: &SpanView<'_>) -> &Sender {
        let is_same = |sender: &Sender| {
            Arc::ptr_eq(&sender.resource, span.resource) && Arc::ptr_eq(&sender.scope, span.scope)
        };
        let known = self.sender.take().filter(is_same);
        self.sender.insert(known.unwrap_or_else(|| Sender::new(span.resource, span.scope)))
    }
}

impl Sender {
    fn new(resource: &Arc<Resource>, scope: &Arc<Scope>) -> Sender {
        let mut state = Mix::begin();
        state.text(resource.service().as_bytes());
        state.text(scope.name.as_bytes());
        let language = resource.attributes.get("telemetry.sdk.language");
        state.value(0, language.map_or(ValueView::Empty, |value| value.view()));
        let mut revision = Mix(state.finish());
        revision.text(resource.revision().unwrap_or_default().as_bytes());
        Sender {
            resource: resource.clone(),
            scope: scope.clone(),
            number: state.finish(),
            revision: revision.finish(),
        }
    }
}

fn first<'a>(values: &mut [Option<ValueView<'a>>], rank: usize, value: ValueView<'a>) {
    if let Some(first) = values.get_mut(rank) {
        first.get_or_insert(value);
    }
}

fn text(value: ValueView<'_>) -> Option<&str> {
    match value {
        ValueView::Str(text) => Some(text),
        _ => None,
    }
}

fn is_blank(value: ValueView<'_>) -> bool {
    text(value).is_none_or(str::is_empty)
}

/// As [`model::Value::as_int`] has it.
fn int(value: ValueView<'_>) -> Option<i64> {
    match value {
        ValueView::Int(number) => Some(number),
        ValueView::Str(_) | ValueView::Double(_) => model::Value::from(value).as_int(),
        _ => None,
    }
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
            let routes = keys::HTTP_ROUTE.iter().chain(&["uri"]).enumerate();
            routes.for_each(|(rank, key)| add(key, Role::Route(rank)));
            keys::URL_PATH.iter().enumerate().for_each(|(rank, key)| add(key, Role::Path(rank)));
            keys::URL_FULL.iter().enumerate().for_each(|(rank, key)| add(key, Role::Url(rank)));
            keys::HTTP_STATUS.iter().enumerate().for_each(|(rank, key)| add(key, Role::Status(rank)));
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
#[derive(Clone, Copy)]
struct Mix(u64);

impl Mix {
    /// The number that this process begins with.
    fn begin() -> Mix {
        static SEED: OnceLock<u64> = OnceLock::new();
        Mix(*SEED.get_or_init(|| RandomState::new().hash_one(0)))
    }

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

    fn value(&mut self, place: u64, value: ValueView<'_>) {
        let mut word = |form: u64, value: u64| {
            self.word(place << 3 | form);
            self.word(value);
        };
        match value {
            ValueView::Str(text) => {
                self.word(place << 3);
                self.text(cut(text).as_bytes());
            }
            ValueView::Int(number) => word(1, number as u64),
            ValueView::Double(number) => word(2, number.to_bits()),
            ValueView::Bool(truth) => word(3, u64::from(truth)),
            ValueView::Empty | ValueView::Bytes(_) | ValueView::Nested(_) => word(4, 0),
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

    use model::{Attributes, Resource, Scope, SmolStr, Span, SpanId, Status, Timestamp, TraceId, Value};

    use super::*;
    use crate::Shape;

    fn number(span: &Span) -> u64 {
        span.with_view(|view| Numbering::default().number(view))
    }

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
        let shape = |span: &Span| Shape::of(span);
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
            span(SpanKind::Server, &[("http.route", "/users"), ("http.status_code", "401")]),
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

    /// A small generator (splitmix), so that a failing case fails again.
    struct Random(u64);

    impl Random {
        fn below(&mut self, limit: usize) -> usize {
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            ((mixed ^ (mixed >> 27)) % limit as u64) as usize
        }

        fn of<T: Copy>(&mut self, list: &[T]) -> T {
            list[self.below(list.len())]
        }
    }

    /// Any keys that decide something, some that do not, with values of every form, in any order and number.
    fn arbitrary(random: &mut Random) -> Span {
        const TEXTS: &[&str] = &[
            "",
            "/users/7",
            "/users/8",
            "/api/x",
            "/users/{id}",
            "/users/",
            "/users",
            "{controller}/x",
            "GET",
            "get",
            "http://a/users/7?x=1",
            "http://b/users/9#y",
            "select 1",
            "404",
            "200",
            "401",
            "1",
            "true",
            "a.js",
            "a.py",
        ];
        let keys: Vec<&str> = deciding_keys()
            .chain(["server.address", "url.query", "method", "uri", "http.route", "next.route"])
            .chain(
                [keys::HTTP_METHOD, keys::DB_QUERY, keys::URL_PATH, keys::URL_FULL, keys::HTTP_STATUS]
                    .concat(),
            )
            .collect();
        let http: Vec<&str> = [keys::HTTP_ROUTE, keys::URL_PATH, keys::URL_FULL, keys::HTTP_STATUS].concat();
        let mut pairs = Attributes::default();
        for _ in 0..random.below(5) {
            let key = if random.below(3) == 0 { random.of(&keys) } else { random.of(&http) };
            let value = match random.below(12) {
                0 => Value::Int(random.of(&[1, 200, 302, 401, 403, 404])),
                1 => Value::Double(random.of(&[1.0, 404.0, 0.5])),
                2 => Value::Bool(random.below(2) == 0),
                3 => Value::Empty,
                4 => Value::Array(vec![Value::Int(1)]),
                _ => Value::from(random.of(TEXTS)),
            };
            pairs.push(key, value);
        }
        let mut resource = Attributes::default();
        for key in ["service.name", "telemetry.sdk.language", "git.sha", "service.version"] {
            if random.below(4) == 0 {
                resource.push(key, random.of(&["a", "b"]));
            }
        }
        Span {
            kind: random.of(&[SpanKind::Server, SpanKind::Client, SpanKind::Internal]),
            name: random.of(&["a", "b"]).into(),
            attributes: pairs,
            resource: Arc::new(Resource { attributes: resource }),
            scope: Arc::new(Scope { name: random.of(&["", "lib"]).into(), ..Scope::default() }),
            ..span(SpanKind::Server, &[])
        }
    }

    #[test]
    fn one_number_is_one_shape() {
        let mut random = Random(11);
        let mut numbering = Numbering::default();
        let mut shapes = std::collections::HashMap::new();
        let mut again = 0;
        for _ in 0..150_000 {
            let span = arbitrary(&mut random);
            let shape = Shape::of(&span);
            let number = span.with_view(|view| numbering.number(view));
            let known = shapes.entry(number).or_insert_with(|| shape.clone());
            assert_eq!(*known, shape, "{span:?}");
            again += usize::from(*known == shape);
        }
        assert!(again - shapes.len() > 10_000, "only {} numbers came again", again - shapes.len());
    }
}
