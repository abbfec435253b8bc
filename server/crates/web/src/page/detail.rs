//! What unfolds below a span: where it belongs and why, its attributes, events, links and resource.

use insight::{
    trace_tree::{TraceRow, TraceTree},
    visible::{visible, visible_lines},
    wording,
};
use model::{Attributes, Event, keys};
use world::Snapshot;

use super::put;
use crate::escape::Text;

/// Characters of a value.
const VALUE: usize = 2_000;
/// Events shown.
const EVENTS: usize = 50;
/// Lines of a stack trace shown.
const STACK_LINES: usize = 80;

/// Appends the details of `row`.
pub(super) fn detail(page: &mut String, snapshot: &Snapshot, tree: &TraceTree, row: &TraceRow) {
    page.push_str("<div class=\"detail\">");
    place(page, snapshot, row);
    page.push_str("<h2>Span</h2><table>");
    let span = &row.span;
    line(page, "kind", &span.kind.to_string());
    line(page, "span id", &span.span_id.to_string());
    line(page, "starts at", &wording::duration(row.offset));
    if span.is_error() {
        line(page, "error", row.message().unwrap_or("no message"));
    }
    if !span.scope.name.is_empty() {
        line(page, "scope", &format!("{} {}", span.scope.name, span.scope.version));
    }
    for link in span.links.iter().take(EVENTS) {
        line(page, "link", &format!("trace {} span {}", link.trace_id, link.span_id));
    }
    page.push_str("</table>");
    table(page, "Attributes", &span.attributes);
    span.events.iter().take(EVENTS).for_each(|event| one_event(page, tree, event));
    table(page, "Resource", &span.resource.attributes);
    page.push_str("</div>");
}

fn place(page: &mut String, snapshot: &Snapshot, row: &TraceRow) {
    page.push_str("<h2>Place</h2><table>");
    match &row.placement.function {
        Some(function) => {
            let line_number = snapshot.index.function(function).map(|found| found.name_position.line + 1);
            let at = line_number
                .map_or_else(|| function.file.to_string(), |line| format!("{}:{line}", function.file));
            line(page, "function", &format!("{} at {at}", function.path));
        }
        None if row.placement.candidates.is_empty() => line(page, "function", "none known in this workspace"),
        None => {
            let candidates: Vec<String> = row.placement.candidates.iter().map(|it| it.to_string()).collect();
            line(page, "one of", &candidates.join(", "));
        }
    }
    if let Some(call) = &row.placement.call_place {
        line(page, "called at", &format!("{}:{}", call.file, call.line + 1));
    }
    line(page, "confidence", row.placement.confidence.name());
    for evidence in &row.placement.evidence {
        line(page, evidence.rule.name(), &evidence.detail);
    }
    page.push_str("</table>");
}

fn one_event(page: &mut String, tree: &TraceTree, event: &Event) {
    let at = wording::duration(event.time.since(tree.start));
    let name = visible(&event.name, 200);
    let class = if event.is_exception() { " class=\"bad\"" } else { "" };
    put(page, format_args!("<h2>Event at {at}: <span{class}>{}</span></h2><table>", Text(&name)));
    for (key, value) in event.attributes.iter().filter(|(key, _)| *key != keys::EXCEPTION_STACKTRACE) {
        line(page, key, &value.to_string());
    }
    page.push_str("</table>");
    if let Some(stack) = event.attributes.str(keys::EXCEPTION_STACKTRACE) {
        let lines = visible_lines(stack, STACK_LINES, VALUE).join("\n");
        put(page, format_args!("<pre class=\"stack\">{}</pre>", Text(&lines)));
    }
}

fn table(page: &mut String, title: &str, attributes: &Attributes) {
    if attributes.is_empty() {
        return;
    }
    put(page, format_args!("<h2>{title}</h2><table>"));
    for (key, value) in attributes.iter() {
        line(page, key, &value.to_string());
    }
    page.push_str("</table>");
}

fn line(page: &mut String, key: &str, value: &str) {
    let (key, value) = (visible(key, 200), visible(value, VALUE));
    put(page, format_args!("<tr><th>{}</th><td>{}</td></tr>", Text(&key), Text(&value)));
}
