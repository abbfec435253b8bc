//! A debug adapter on stdio over a folder of code and files of traces: `adapter [CODE [TRACE...]]`.
//!
//! Without arguments it replays the recorded shop of this repository. `adapter --generated 100000` replays a made-up
//! trace of that many spans instead, over the same code. Whatever a client launches with `traceId` is looked for
//! among these; `file` and `find` work too.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use dap::{LaunchRequest, Library, Loaded, Paths, Target, Which};
use futures::future::BoxFuture;
use model::{
    Batch, Event, Resource, Scope, Span, SpanId, SpanKind, Status, StatusCode, Timestamp, TraceId, Value,
    keys,
};
use replay::Recording;
use world::{Change, Settings, Snapshot, World};

/// Folders that hold no code of one's own.
const PASSED_OVER: &[&str] = &["node_modules", "target", ".git", "__pycache__", "dist"];

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../fixtures").canonicalize()?;
    let generated = arguments.iter().position(|argument| argument == "--generated").map(|at| {
        let count = arguments.get(at + 1).and_then(|count| count.parse().ok()).unwrap_or(1_000);
        arguments.drain(at..arguments.len().min(at + 2));
        count
    });
    let code = arguments.first().map_or_else(|| fixtures.join("apps"), PathBuf::from).canonicalize()?;
    let mut traces: Vec<PathBuf> = arguments.iter().skip(1).map(PathBuf::from).collect();
    if traces.is_empty() && generated.is_none() {
        traces = files_below(&fixtures.join("traces/otlp-json/shop"), "json");
    }
    let batches: Vec<Batch> = match generated {
        Some(count) => vec![generate(count)],
        None => traces
            .iter()
            .map(|path| read_batch(path))
            .collect::<Result<_, _>>()
            .map_err(std::io::Error::other)?,
    };
    let library = Arc::new(Files { snapshot: snapshot(&code, batches), paths: Paths::of_workspace(code) });
    dap::serve(tokio::io::stdin(), tokio::io::stdout(), library).await?;
    // A read from standard input cannot be cancelled, so the runtime would wait for it.
    std::process::exit(0);
}

/// Everything known, read once at the start.
struct Files {
    snapshot: Snapshot,
    paths: Paths,
}

impl Library for Files {
    fn load(&self, request: LaunchRequest) -> BoxFuture<'static, Result<Loaded, String>> {
        let (snapshot, paths) = (self.snapshot.clone(), self.paths.clone());
        let load = tokio::task::spawn_blocking(move || load(&snapshot, paths, request));
        Box::pin(async move { load.await.map_err(|error| error.to_string())? })
    }
}

fn load(snapshot: &Snapshot, paths: Paths, request: LaunchRequest) -> Result<Loaded, String> {
    let (spans, logs, found) = match request.target {
        Target::Trace(id) => of_store(snapshot, id, None)?,
        Target::Find { which, at, .. } => {
            let query = store::Query { errors_only: which == Which::Failing, ..store::Query::default() };
            let function = at.and_then(|(path, line)| {
                let key = paths.key(&path)?;
                snapshot.index.file(&key)?.function_on_line(line - 1).map(|function| function.key.clone())
            });
            let mut traces = match &function {
                Some(function) => snapshot.traces_through(function, 0),
                None => snapshot.store.traces(&query),
            };
            if which == Which::Slowest {
                traces.sort_by_key(|trace| std::cmp::Reverse(trace.duration));
            }
            let first = traces.first().ok_or("no trace fits; record some first")?;
            of_store(snapshot, first.trace_id, Some(first.span_id))?
        }
        Target::File { path, trace } => {
            let batch = read_batch(&path)?;
            let id = trace.or_else(|| largest(&batch)).ok_or("the file holds no spans")?;
            let spans = batch.spans.iter().filter(|span| span.trace_id == id).cloned().collect();
            (spans, batch.logs.into_iter().map(Arc::new).collect(), None)
        }
    };
    let recording =
        Recording::new(snapshot.place(spans), &logs, snapshot).map_err(|error| error.to_string())?;
    Ok(Loaded { recording: Arc::new(recording), paths, found })
}

type Found = (Vec<Arc<Span>>, Vec<Arc<model::LogRecord>>, Option<SpanId>);

fn of_store(snapshot: &Snapshot, id: TraceId, span: Option<SpanId>) -> Result<Found, String> {
    let trace =
        snapshot.store.trace(id).ok_or_else(|| format!("no trace {id} is here; was it recorded lately?"))?;
    Ok((trace.spans().map(|stored| Arc::new(stored.span())).collect(), trace.logs(), span))
}

fn largest(batch: &Batch) -> Option<TraceId> {
    let mut counts = std::collections::BTreeMap::new();
    for span in &batch.spans {
        *counts.entry(span.trace_id).or_insert(0) += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(id, _)| id)
}

fn snapshot(code: &Path, batches: Vec<Batch>) -> Snapshot {
    let now = batches.iter().flat_map(|batch| &batch.spans).map(|span| span.end).max().unwrap_or_default();
    let mut world = World::new(Settings::default());
    for path in files_below(code, "") {
        let Some(key) = path.strip_prefix(code).ok().and_then(|key| key.to_str()) else { continue };
        let Ok(text) = fs::read_to_string(&path) else { continue };
        if let Ok(file) = source::read(&key.replace('\\', "/"), &text) {
            world.apply(Change::FileRead(file.into()), now);
        }
    }
    world.apply(Change::WorkspaceRead, now);
    for batch in batches {
        world.apply(Change::Spans(batch), now);
    }
    world.snapshot(now)
}

fn read_batch(path: &Path) -> Result<Batch, String> {
    let bytes = fs::read(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    let decoded = formats::any::decode(&bytes, &formats::Limits::default());
    decoded.map(|(_, batch)| batch).map_err(|error| format!("{} holds no traces: {error}", path.display()))
}

fn files_below(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() && !PASSED_OVER.contains(&name.as_str()) {
                open.push(path);
            } else if extension.is_empty() || path.extension().is_some_and(|it| it == extension) {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// A trace of `count` spans of one service: a root, and calls nested by a simple rule, some of which fail.
fn generate(count: u64) -> Batch {
    const START: u64 = 1_700_000_000_000_000_000;
    let resource =
        Arc::new(Resource { attributes: [(keys::SERVICE_NAME, "checkout")].into_iter().collect() });
    let scope = Arc::new(Scope::default());
    let span = |number: u64| {
        let parent = if number == 0 { None } else { Some((number - 1) / 7 * 7 / 2) };
        let failed = number % 1_000 == 999;
        let exception = [(keys::EXCEPTION_TYPE, "ValueError"), (keys::EXCEPTION_MESSAGE, "made up")];
        let event = Event {
            time: Timestamp(START + number * 1_000 + 300),
            name: "exception".into(),
            attributes: exception.into_iter().collect(),
        };
        Arc::new(Span {
            trace_id: TraceId([0x5a; 16]),
            span_id: SpanId((number + 1).to_be_bytes()),
            parent: parent.map(|parent| SpanId((parent + 1).to_be_bytes())),
            name: format!("work {}", number % 50).into(),
            kind: SpanKind::Internal,
            start: Timestamp(START + number * 1_000),
            end: Timestamp(START + (count * 2 - number) * 1_000),
            attributes: [("number", Value::Int(number as i64)), ("half", Value::Int(number as i64 / 2))]
                .into_iter()
                .collect(),
            events: if failed { vec![event] } else { Vec::new() },
            links: Vec::new(),
            status: Status {
                code: if failed { StatusCode::Error } else { StatusCode::Unset },
                ..Status::default()
            },
            trace_state: Default::default(),
            resource: resource.clone(),
            scope: scope.clone(),
        })
    };
    Batch { spans: (0..count).map(span).collect(), ..Batch::default() }
}
