//! `spanglass attribute`: one line a span, where it belongs, how sure, why.

use std::{collections::HashMap, sync::Arc, time::Duration};

use attribution::Placement;
use insight::visible::visible;
use model::{Span, SpanId, TraceId};
use serde_json::{Value, json};
use source::FunctionKey;
use world::Snapshot;

use crate::{
    cli,
    commands::{Outcome, SUCCESS},
    config::{Config, parse},
    offline::{self, Offline, Spans},
    output,
};

/// Runs the command.
pub(crate) async fn run(config: &Config, flags: &cli::Attribute) -> Outcome {
    let since = parse::duration(&flags.since)
        .ok_or_else(|| format!("--since {} is no duration; write 15m, 2h or 7d", flags.since))?;
    let from = if flags.traces.is_empty() { Spans::Received } else { Spans::Files(&flags.traces) };
    let offline = offline::open(config, &flags.workspace, from).await?;
    offline.problems.iter().for_each(|problem| output::note(format!("spanglass: {problem}")));
    let wanted = wanted_spans(&offline, flags, since);
    let placements = placements(&offline, &wanted);
    for span in &wanted {
        let placement = placements.get(&(span.trace_id, span.span_id)).cloned().unwrap_or_default();
        output::line(if flags.json {
            json_line(&offline.snapshot, span, &placement).to_string()
        } else {
            text_line(&offline.snapshot, span, &placement)
        });
    }
    if wanted.is_empty() {
        output::note("no spans; `spanglass doctor` says why");
    }
    Ok(SUCCESS)
}

fn wanted_spans(offline: &Offline, flags: &cli::Attribute, since: Duration) -> Vec<Arc<Span>> {
    let earliest = flags.traces.is_empty().then(|| offline.snapshot.now.minus(since));
    let of_service =
        |span: &&Arc<Span>| flags.service.as_ref().is_none_or(|service| span.service() == service);
    let recent = |span: &&Arc<Span>| earliest.is_none_or(|earliest| span.end.max(span.start) >= earliest);
    offline.spans.iter().filter(of_service).filter(recent).cloned().collect()
}

/// Placements of whole traces, so that ancestors count even when only some spans are wanted.
fn placements(offline: &Offline, wanted: &[Arc<Span>]) -> HashMap<(TraceId, SpanId), Arc<Placement>> {
    let mut traces: HashMap<TraceId, Vec<Arc<Span>>> =
        wanted.iter().map(|span| (span.trace_id, Vec::new())).collect();
    for span in &offline.spans {
        if let Some(trace) = traces.get_mut(&span.trace_id) {
            trace.push(span.clone());
        }
    }
    let placed = traces.into_values().flat_map(|spans| offline.snapshot.place(spans));
    placed.map(|it| ((it.span.trace_id, it.span.span_id), it.placement)).collect()
}

fn json_line(snapshot: &Snapshot, span: &Span, placement: &Placement) -> Value {
    let evidence: Vec<Value> =
        placement.evidence.iter().map(|it| json!({"rule": it.rule.name(), "detail": it.detail})).collect();
    let mut line = json!({
        "trace_id": span.trace_id.to_string(),
        "span_id": span.span_id.to_string(),
        "service": span.service(),
        "span_name": span.name,
        "kind": span.kind.to_string(),
        "file": placement.function.as_ref().map(|function| &function.file),
        "function": placement.function.as_ref().map(|function| &function.path),
        "line": placement.function.as_ref().and_then(|function| line_of(snapshot, function)),
        "call_site": placement.call_place.as_ref().map(|place| json!({"file": place.file, "line": place.line + 1})),
        "confidence": placement.confidence.name(),
        "evidence": evidence,
    });
    if !placement.candidates.is_empty() {
        let candidates = placement.candidates.iter().map(|function| {
            json!({"file": function.file, "function": function.path, "line": line_of(snapshot, function)})
        });
        line["candidates"] = candidates.collect();
    }
    line
}

fn text_line(snapshot: &Snapshot, span: &Span, placement: &Placement) -> String {
    let place = match &placement.function {
        Some(function) => place_text(snapshot, function),
        None if placement.candidates.is_empty() => "no place".to_owned(),
        None => {
            let candidates: Vec<String> =
                placement.candidates.iter().map(|function| place_text(snapshot, function)).collect();
            format!("one of {}", candidates.join(", "))
        }
    };
    let why: Vec<String> =
        placement.evidence.iter().map(|it| format!("{}: {}", it.rule, visible(&it.detail, 300))).collect();
    let name = visible(&span.name, 120);
    let service = visible(span.service(), 60);
    format!("{service}  {name}  {place}  [{}]  {}", placement.confidence, why.join("; "))
}

/// 1-based line of a function's name.
pub(crate) fn line_of(snapshot: &Snapshot, function: &FunctionKey) -> Option<u32> {
    Some(snapshot.index.function(function)?.name_position.line + 1)
}

/// `file:line function`, as terminals make clickable.
pub(crate) fn place_text(snapshot: &Snapshot, function: &FunctionKey) -> String {
    match line_of(snapshot, function) {
        Some(line) => format!("{}:{line} {}", function.file, function.path),
        None => format!("{} {}", function.file, function.path),
    }
}
