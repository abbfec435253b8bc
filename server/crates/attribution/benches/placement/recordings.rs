//! The recorded apps below `fixtures/`: their sources as one workspace, their spans, and the right answer for each.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use model::{Span, SpanKind, TraceId, Value};
use serde::Deserialize;
use source::Index;

/// Everything that is recorded.
pub struct Recordings {
    /// The sources of all apps, keys relative to `fixtures/apps`.
    pub index: Index,
    /// The spans of each recording, by trace, in the order in which they were sent.
    pub traces: Vec<Vec<Arc<Span>>>,
    /// The tables of all apps.
    pub rows: Vec<Row>,
}

/// One row of a `truth.toml`; its fields are told in `fixtures/README.md`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    pub service: String,
    pub name: String,
    pub kind: String,
    pub scope: Option<String>,
    #[serde(default)]
    pub when: HashMap<String, toml::Value>,
    pub parent: Option<String>,
    pub server: Option<String>,
    pub file: Option<String>,
    pub function: Option<String>,
    pub line: Option<u32>,
    pub call_site: Option<u32>,
    #[serde(default)]
    pub accept: Vec<Place>,
    pub why: String,
    /// The app's folder, relative to `fixtures/apps`: language, then name.
    #[serde(skip)]
    pub app: String,
}

/// A right answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub file: String,
    pub function: String,
    pub line: u32,
    pub call_site: Option<u32>,
}

#[derive(Deserialize)]
struct Table {
    span: Vec<Row>,
}

impl Recordings {
    /// Reads everything. Panics where the fixtures are not what they should be.
    pub fn read() -> Recordings {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures");
        let apps = fixtures.join("apps");
        let mut index = Index::default();
        for path in files(&apps) {
            let key = path.strip_prefix(&apps).unwrap().to_string_lossy().replace('\\', "/");
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            if let Ok(file) = source::read(&key, &text) {
                index.insert(Arc::new(file));
            }
        }
        let rows = files(&apps)
            .into_iter()
            .filter(|path| path.ends_with("truth.toml"))
            .flat_map(|path| rows(&apps, &path));
        Recordings { index, rows: rows.collect(), traces: traces(&fixtures) }
    }

    /// The one row that fits the span at `at` of a trace; `None` for spans of apps in languages that are not read.
    pub fn row(&self, trace: &[Arc<Span>], at: usize) -> Option<&Row> {
        let span = &trace[at];
        let parent = |span: &Span| trace.iter().find(|other| Some(other.span_id) == span.parent);
        let above = parent(span);
        let mut server = Some(span);
        for _ in 0..64 {
            server = server.filter(|span| span.kind != SpanKind::Server).map_or(server, |span| parent(span));
        }
        let server = server.filter(|span| span.kind == SpanKind::Server);
        let mut fitting = self
            .rows
            .iter()
            .filter(|row| row.fits(span, above.map(|span| &**span), server.map(|span| &**span)));
        // Two rows are a fault of the table, which its own check tells.
        fitting.next().filter(|_| fitting.next().is_none())
    }
}

impl Row {
    fn fits(&self, span: &Span, parent: Option<&Span>, server: Option<&Span>) -> bool {
        self.service == span.service()
            && self.kind == span.kind.to_string()
            && fits(&self.name, &span.name)
            && self.scope.as_ref().is_none_or(|scope| *scope == span.scope.name)
            && self.when.iter().all(|(key, wanted)| {
                let found = span.attributes.get(key).or_else(|| span.resource.attributes.get(key));
                found.is_some_and(|found| same_value(wanted, found))
            })
            && self.parent.as_ref().is_none_or(|name| parent.is_some_and(|parent| fits(name, &parent.name)))
            && self.server.as_ref().is_none_or(|name| server.is_some_and(|server| server.name == *name))
    }

    /// All right answers.
    pub fn answers(&self) -> impl Iterator<Item = Place> {
        let own = self.file.clone().map(|file| Place {
            file,
            function: self.function.clone().unwrap_or_default(),
            line: self.line.unwrap_or_default(),
            call_site: self.call_site,
        });
        own.into_iter().chain(self.accept.iter().cloned())
    }
}

fn fits(wanted: &str, actual: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(start) => actual.starts_with(start),
        None => wanted == actual,
    }
}

fn same_value(wanted: &toml::Value, found: &Value) -> bool {
    match (wanted, found) {
        (toml::Value::String(wanted), Value::Str(found)) => fits(wanted, found),
        (toml::Value::Integer(wanted), Value::Int(found)) => wanted == found,
        (toml::Value::Boolean(wanted), Value::Bool(found)) => wanted == found,
        _ => false,
    }
}

fn rows(apps: &Path, path: &Path) -> Vec<Row> {
    let text = std::fs::read_to_string(path).unwrap();
    let table: Table = toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let app = path.parent().unwrap().strip_prefix(apps).unwrap().to_string_lossy().replace('\\', "/");
    table.span.into_iter().map(|row| Row { app: app.clone(), ..row }).collect()
}

/// Spans of one recording belong together: every folder of bodies is one, every `derived.json` too.
fn traces(fixtures: &Path) -> Vec<Vec<Arc<Span>>> {
    let mut recordings: Vec<Vec<PathBuf>> = Vec::new();
    for index in files(&fixtures.join("traces")).into_iter().filter(|path| path.ends_with("index.jsonl")) {
        let folder = index.parent().unwrap();
        let text = std::fs::read_to_string(&index).unwrap();
        let entries = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let bodies = entries.filter(|entry| entry["path"] == "/v1/traces");
        recordings.push(bodies.map(|entry| folder.join(entry["file"].as_str().unwrap())).collect());
    }
    let derived = files(&fixtures.join("apps")).into_iter().filter(|path| path.ends_with("derived.json"));
    recordings.extend(derived.map(|path| vec![path]));
    let mut traces = Vec::new();
    for recording in recordings {
        let mut by_trace: HashMap<TraceId, usize> = HashMap::new();
        for body in recording {
            let (_, batch) =
                formats::any::decode(&std::fs::read(&body).unwrap(), &formats::Limits::default())
                    .unwrap_or_else(|error| panic!("{}: {error:?}", body.display()));
            for span in batch.spans {
                let at = *by_trace.entry(span.trace_id).or_insert_with(|| {
                    traces.push(Vec::<Arc<Span>>::new());
                    traces.len() - 1
                });
                traces[at].push(span);
            }
        }
    }
    traces
}

/// All files below a folder, ordered; what package managers and compilers wrote is passed over.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut entries: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    entries.sort();
    let skipped = ["node_modules", "target", "build", ".next", "dist", "vendor", "_build", "deps"];
    let mut all = Vec::new();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && !skipped.contains(&&*name) && !name.starts_with('.') {
            all.extend(files(&path));
        } else if path.is_file() {
            all.push(path);
        }
    }
    all
}
