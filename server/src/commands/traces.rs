//! `spanglass traces`: lists recent traces.

use std::path::Path;

use insight::visible::visible;
use model::SmolStr;
use serde_json::json;
use source::FunctionKey;
use store::{Query, TraceSummary};

use crate::{
    cli,
    commands::{Outcome, SUCCESS},
    config::{Config, parse},
    offline::{self, Offline, Spans},
    output::{self, Paint, paint},
};

/// Runs the command.
pub(crate) async fn run(config: &Config, flags: &cli::Traces) -> Outcome {
    let since = parse::duration(&flags.since)
        .ok_or_else(|| format!("--since {} is no duration; write 15m, 2h or 7d", flags.since))?;
    let offline = offline::open(config, Path::new("."), Spans::Received).await?;
    let tags = match &flags.at {
        Some(place) => Some(shapes_at(&offline, place)?),
        None => None,
    };
    let query = Query {
        service: flags.service.as_deref().map(SmolStr::from),
        name: flags.name.as_deref().map(SmolStr::from),
        tags,
        errors_only: flags.errors,
        since: Some(offline.snapshot.now.minus(since)),
        limit: flags.limit,
    };
    let traces = offline.snapshot.store.traces(&query);
    for trace in &traces {
        output::line(if flags.json { json_line(trace) } else { text_line(&offline, trace) });
    }
    if traces.is_empty() {
        output::note(format!(
            "no traces in the last {}; `spanglass doctor` says what was received",
            flags.since
        ));
    }
    Ok(SUCCESS)
}

/// The shapes of the function at `FILE:LINE`.
fn shapes_at(offline: &Offline, place: &str) -> Result<Vec<u32>, String> {
    let function = function_at(offline, place)?;
    let shapes = offline.snapshot.shapes_of.get(&function);
    Ok(shapes.map(|shapes| shapes.iter().map(|shape| shape.0).collect()).unwrap_or_default())
}

/// The function at `FILE:LINE`, or one sentence.
pub(crate) fn function_at(offline: &Offline, place: &str) -> Result<FunctionKey, String> {
    let wrong = || format!("--at {place} is no place; write a file and a line, as in src/orders.py:21");
    let (file, line) = place.rsplit_once(':').ok_or_else(wrong)?;
    let line: u32 = line.parse().map_err(|_| wrong())?;
    function_on(offline, Path::new(file), line)
}

/// The function around a 1-based line of a file, or one sentence.
pub(crate) fn function_on(offline: &Offline, file: &Path, line: u32) -> Result<FunctionKey, String> {
    let path =
        file.canonicalize().map_err(|error| format!("{} cannot be opened: {error}", file.display()))?;
    let key = offline.roots.key(&path);
    let found = offline.snapshot.index.file(&key);
    let found =
        found.ok_or_else(|| format!("{} is not part of the workspace, or is not read", file.display()))?;
    let function = insight::traces::function_on_line(&offline.snapshot, found, line.saturating_sub(1));
    function.ok_or_else(|| format!("there is no function at {}:{line}", file.display()))
}

fn text_line(offline: &Offline, trace: &TraceSummary) -> String {
    let ago = insight::wording::ago(offline.snapshot.now.since(trace.start));
    let took = format!("{:>9}", insight::wording::duration(trace.duration));
    let spans = format!("{:>5} spans", trace.spans);
    let errors = match trace.errors {
        0 => String::new(),
        1 => paint("  1 error", Paint::Red),
        n => paint(&format!("  {n} errors"), Paint::Red),
    };
    let name = visible(&trace.name, 80);
    let service = visible(&trace.service, 40);
    let id = paint(&trace.trace_id.to_string(), Paint::Cyan);
    format!("{id}  {ago:>12}  {took}  {spans}  {service}: {name}{errors}")
}

fn json_line(trace: &TraceSummary) -> String {
    json!({
        "trace_id": trace.trace_id.to_string(),
        "span_id": trace.span_id.to_string(),
        "name": trace.name,
        "service": trace.service,
        "services": trace.services,
        "start_unix_ms": trace.start.as_millis(),
        "duration_ms": trace.duration.as_secs_f64() * 1000.0,
        "spans": trace.spans,
        "errors": trace.errors,
    })
    .to_string()
}
