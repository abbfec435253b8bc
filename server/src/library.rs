//! Finds the recording that a debug session means: by trace, in a file, or the slowest, latest or failing one of a
//! function.

use std::{
    cmp::Reverse,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use dap::{LaunchRequest, Library, Loaded, Paths, Target, Which};
use futures::future::BoxFuture;
use insight::traces::{Filter, TraceSummary};
use model::{SpanId, TraceId};
use replay::{Context, Expression, Recording, SpanIndex};
use source::FunctionKey;

use crate::{
    config::Config,
    offline::{self, Offline, Spans},
};

/// Traces that are looked through for one that fits.
const MOST_CANDIDATES: usize = 1_000;

/// The traces and the code of this machine.
#[derive(Clone, Debug)]
pub(crate) struct LocalLibrary {
    config: Arc<Config>,
}

impl LocalLibrary {
    /// With the settings of this run.
    pub(crate) fn new(config: Config) -> LocalLibrary {
        LocalLibrary { config: Arc::new(config) }
    }
}

impl Library for LocalLibrary {
    fn load(&self, request: LaunchRequest) -> BoxFuture<'static, Result<Loaded, String>> {
        let config = self.config.clone();
        Box::pin(async move { load(&config, request).await })
    }
}

async fn load(config: &Config, request: LaunchRequest) -> Result<Loaded, String> {
    let workspace = request.workspace.clone().unwrap_or_else(|| PathBuf::from("."));
    let file = match &request.target {
        Target::File { path, .. } => Some([workspace.join(path)]),
        _ => None,
    };
    let from = file.as_ref().map_or(Spans::Received, |file| Spans::Files(file));
    let offline = offline::open(config, &workspace, from).await?;
    // Ordering and placing a large trace takes a while; other requests of the session are answered meanwhile.
    let work = move || record(&offline, &request.target);
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| "the trace could not be prepared; the log says why".to_owned())?
}

fn record(offline: &Offline, target: &Target) -> Result<Loaded, String> {
    let (trace_id, found) = match target {
        Target::Trace(trace_id) => (*trace_id, None),
        Target::File { trace: Some(trace_id), .. } => (*trace_id, None),
        Target::File { path, trace: None } => (largest_trace(offline, path)?, None),
        Target::Find { which, at, query } => find(offline, *which, at.as_ref(), query.as_deref())?,
    };
    let spans = offline.snapshot.placed_trace(trace_id);
    let logs = offline.snapshot.store.trace(trace_id).map(|trace| trace.logs()).unwrap_or_default();
    let recording = Recording::new(spans, &logs, &offline.snapshot)
        .map_err(|_| crate::commands::trace::unknown(trace_id))?;
    Ok(Loaded { recording: Arc::new(recording), paths: paths(offline), found })
}

fn paths(offline: &Offline) -> Paths {
    offline.roots.folders().next().map(Paths::of_workspace).unwrap_or_default()
}

/// The trace of a file that has most spans.
fn largest_trace(offline: &Offline, path: &Path) -> Result<TraceId, String> {
    let traces = offline.snapshot.store.traces(&store::Query::default());
    let largest = traces.iter().max_by_key(|trace| trace.spans);
    largest.map(|trace| trace.trace_id).ok_or_else(|| format!("{} holds no spans", path.display()))
}

fn find(
    offline: &Offline,
    which: Which,
    at: Option<&(PathBuf, u32)>,
    query: Option<&str>,
) -> Result<(TraceId, Option<SpanId>), String> {
    let function = match at {
        Some((path, line)) => Some(crate::commands::traces::function_on(offline, path, *line)?),
        None => None,
    };
    let filter = Filter {
        function: function.clone(),
        errors: which == Which::Failing,
        limit: MOST_CANDIDATES,
        ..Filter::default()
    };
    let mut candidates = insight::traces::recent(&offline.snapshot, &filter);
    if which == Which::Slowest {
        candidates.sort_by_key(|trace| Reverse(took(offline, function.as_ref(), trace)));
    }
    let fits = |trace: &&TraceSummary| query.is_none_or(|query| meets(offline, trace, query));
    let found = candidates.iter().find(fits);
    let found = found.ok_or("no recent trace fits; `spanglass traces` lists what there is")?;
    Ok((found.trace_id, Some(found.span_id)))
}

/// How long the asked function took in a trace; the trace itself when no function is asked for.
fn took(offline: &Offline, function: Option<&FunctionKey>, trace: &TraceSummary) -> Duration {
    if function.is_none() {
        return trace.duration;
    }
    let stored = offline.snapshot.store.span(trace.trace_id, trace.span_id);
    stored.map(|stored| stored.duration()).unwrap_or_default()
}

/// Whether a span of the trace meets the condition, which the surface has parsed before this.
fn meets(offline: &Offline, trace: &TraceSummary, query: &str) -> bool {
    let spans = offline.snapshot.placed_trace(trace.trace_id);
    let Ok(recording) = Recording::new(spans, &[], &offline.snapshot) else { return false };
    let Ok(condition) = Expression::parse(query) else { return false };
    let spans = 0..recording.span_count() as SpanIndex;
    spans
        .map(|span| Context { recording: &recording, span, position: None })
        .any(|context| condition.holds(&context))
}
