//! What spans say of the code that they come from, as far as it helps to read the right files first.

use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;
use world::Snapshot;

/// Texts searched for at most: what is seen most is not known yet, so the first ones do.
const MAX_TEXTS: usize = 2_000;
/// Shorter texts stand in every file.
const MIN_TEXT: usize = 4;

/// Paths and texts that spans have told so far.
#[derive(Debug, Default)]
pub(crate) struct Observed {
    /// File names, without folders.
    files: BTreeSet<String>,
    texts: Option<AhoCorasick>,
}

impl Observed {
    /// What the shapes of `snapshot` tell.
    pub(crate) fn of(snapshot: &Snapshot) -> Observed {
        let (mut files, mut texts) = (BTreeSet::new(), BTreeSet::new());
        for (_, shape, _) in snapshot.table.iter() {
            let path = shape.get("code.file.path").unwrap_or_default();
            files.extend(path.rsplit(['/', '\\']).next().filter(|name| !name.is_empty()).map(str::to_owned));
            texts.extend(telling(shape).filter(|text| text.len() >= MIN_TEXT).map(str::to_owned));
        }
        let texts: Vec<String> = texts.into_iter().take(MAX_TEXTS).collect();
        let texts = Some(texts).filter(|texts| !texts.is_empty());
        Observed { files, texts: texts.and_then(|texts| AhoCorasick::new(texts).ok()) }
    }

    /// Whether spans tell nothing yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.files.is_empty() && self.texts.is_none()
    }

    /// Whether some span names the file at `key`.
    pub(crate) fn names(&self, key: &str) -> bool {
        key.rsplit('/').next().is_some_and(|name| self.files.contains(name))
    }

    /// Whether `bytes` hold a text that some span tells.
    pub(crate) fn is_in(&self, bytes: &[u8]) -> bool {
        self.texts.as_ref().is_some_and(|texts| texts.is_match(bytes))
    }
}

/// The texts of a shape that stand in the code, if they do: its name, the last literal segment of its route, the
/// method that was called from afar, what it runs by name.
fn telling(shape: &attribution::Shape) -> impl Iterator<Item = &str> {
    let route = shape.get("http.route").or_else(|| shape.name.split_once(" /").map(|(_, route)| route));
    let segments = route.into_iter().flat_map(|route| route.split('/').rev());
    let segment = segments.map(|it| it.trim_end_matches("(.:format)")).find(|it| is_literal(it));
    let keys = ["code.function.name", "rpc.method", "messaging.destination.name", "celery.task_name"];
    let named = keys.into_iter().filter_map(|key| shape.get(key));
    let last = |text: &'_ str| text.rsplit(['.', ':', '/', '#']).next().map_or(0, str::len);
    let names = named.map(move |text| &text[text.len() - last(text)..]);
    let is_route = route.is_some();
    names.chain(segment).chain(Some(shape.name.as_str()).filter(move |_| !is_route))
}

fn is_literal(segment: &str) -> bool {
    segment.len() >= MIN_TEXT
        && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}
