//! The pages that people read: the list of recent traces, and the waterfall of one.

mod detail;

use std::fmt::Write as _;

use axum::{
    extract::{Path, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use insight::{trace_tree::TraceRow, trace_tree::TraceTree, visible::visible, wording};
use model::TraceId;
use store::{Query, TraceSummary};
use world::Snapshot;

use crate::{Door, api, escape::Text, stylesheet::STYLE};

/// Traces in the list.
const LISTED: usize = 200;
/// Rows of one page; a browser that gets more becomes slow. The rest is counted.
const MOST_ROWS: usize = 5_000;
/// Characters of a name in a row.
const NAME: usize = 120;
/// Pixels by which a level is indented, and the deepest level that is.
const INDENT: u32 = 14;
const DEEPEST: u32 = 20;
/// Colours for services, in the style sheet as `.s0` and so on.
const COLOURS: usize = 8;

/// The style sheet.
pub(crate) async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response()
}

/// The list of recent traces.
pub(crate) async fn traces(State(door): State<Door>) -> Response {
    let Some(snapshot) = door.world.snapshot().await else {
        return api::gone();
    };
    let query = Query { limit: LISTED, ..Query::default() };
    let traces = snapshot.store.traces(&query);
    Html(list(&snapshot, &traces, door.settings.token.secret())).into_response()
}

/// The waterfall of one trace.
pub(crate) async fn trace(State(door): State<Door>, Path(id): Path<String>) -> Response {
    let Some(snapshot) = door.world.snapshot().await else {
        return api::gone();
    };
    if let Err((status, reason)) = api::find_trace(&snapshot, &id) {
        return (status, Html(failure(&reason))).into_response();
    }
    let Ok(trace_id) = TraceId::from_hex(&id) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let drawn =
        tokio::task::spawn_blocking(move || waterfall(&snapshot, trace_id, door.settings.token.secret()));
    match drawn.await {
        Ok(page) => Html(page).into_response(),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "the page could not be drawn; the log says why\n")
            .into_response(),
    }
}

fn list(snapshot: &Snapshot, traces: &[TraceSummary], token: &str) -> String {
    let mut page = head("Recent traces");
    let counters = snapshot.store.counters();
    let spans = wording::counted(counters.kept, "span", "spans");
    let services = wording::counted(snapshot.store.services().len() as u64, "service", "services");
    put(&mut page, format_args!("<header><h1>Recent traces</h1><p>{spans} of {services}</p></header><main>"));
    if traces.is_empty() {
        page.push_str("<p>No spans yet. Let your app send OTLP to the receiver, for example with ");
        page.push_str(
            "<code>OTEL_EXPORTER_OTLP_ENDPOINT</code>; <code>spanglass doctor</code> names the address.</p>",
        );
    } else {
        page.push_str(
            "<table class=\"list\"><tr><th>Trace</th><th>Service</th><th>When</th><th class=\"n\">Duration</th>",
        );
        page.push_str("<th class=\"n\">Spans</th><th class=\"n\">Errors</th></tr>");
        traces.iter().for_each(|trace| list_row(&mut page, snapshot, trace, token));
        page.push_str("</table>");
    }
    page.push_str("</main></html>");
    page
}

fn list_row(page: &mut String, snapshot: &Snapshot, trace: &TraceSummary, token: &str) {
    let name = visible(&trace.name, NAME);
    let service = visible(&trace.service, NAME);
    let ago = wording::ago(snapshot.now.since(trace.start));
    let took = wording::duration(trace.duration);
    let errors = if trace.errors == 0 {
        String::new()
    } else {
        format!("<span class=\"bad\">{}</span>", trace.errors)
    };
    put(
        page,
        format_args!(
            "<tr><td><a href=\"/trace/{}?token={}\">{}</a></td><td>{}</td><td class=\"dim\">{ago}</td>\
             <td class=\"n\">{took}</td><td class=\"n\">{}</td><td class=\"n\">{errors}</td></tr>",
            trace.trace_id,
            Text(token),
            Text(&name),
            Text(&service),
            trace.spans,
        ),
    );
}

fn waterfall(snapshot: &Snapshot, trace_id: TraceId, token: &str) -> String {
    let tree = TraceTree::of(snapshot, trace_id).unwrap_or_default();
    let title = tree.root().map_or_else(|| trace_id.to_string(), |root| visible(&root.span.name, NAME));
    let mut page = head(&title);
    heading(&mut page, &tree, &title, trace_id, token);
    page.push_str("<main>");
    axis(&mut page, &tree);
    for row in tree.rows.iter().take(MOST_ROWS) {
        span_row(&mut page, snapshot, &tree, row);
    }
    let left = tree.rows.len().saturating_sub(MOST_ROWS);
    if left > 0 {
        let left = wording::count(left as u64);
        put(
            &mut page,
            format_args!(
                "<p class=\"dim\">{left} more spans; <code>spanglass trace {trace_id}</code> shows all</p>"
            ),
        );
    }
    page.push_str("</main></html>");
    page
}

fn heading(page: &mut String, tree: &TraceTree, title: &str, trace_id: TraceId, token: &str) {
    let took = wording::duration(tree.duration);
    let spans = wording::counted(tree.rows.len() as u64, "span", "spans");
    put(page, format_args!("<header><h1>{}</h1><p>{took} · {spans}", Text(title)));
    if tree.errors > 0 {
        let errors = wording::counted(tree.errors as u64, "error", "errors");
        put(page, format_args!(" · <span class=\"bad\">{errors}</span>"));
    }
    put(
        page,
        format_args!(
            " · <span class=\"mono\">{trace_id}</span> · <a href=\"/?token={}\">all traces</a></p>",
            Text(token)
        ),
    );
    page.push_str("<p class=\"legend\">");
    for (at, service) in tree.services.iter().enumerate() {
        let name = visible(service, 60);
        let colour = at % COLOURS;
        put(
            page,
            format_args!(
                "<span><svg><rect class=\"s{colour}\" width=\"10\" height=\"10\"/></svg>{}</span>",
                Text(&name)
            ),
        );
    }
    page.push_str("</p></header>");
}

/// Five marks of time above the bars.
fn axis(page: &mut String, tree: &TraceTree) {
    page.push_str("<div class=\"row axis\"><span></span><span class=\"ticks\">");
    for quarter in 0..=4_u32 {
        put(page, format_args!("<span>{}</span>", wording::duration(tree.duration * quarter / 4)));
    }
    page.push_str("</span><span></span></div>");
}

fn span_row(page: &mut String, snapshot: &Snapshot, tree: &TraceTree, row: &TraceRow) {
    let name = visible(&row.span.name, NAME);
    let service = visible(row.span.service(), 60);
    let indent = row.depth.min(DEEPEST) * INDENT;
    let class = if row.span.is_error() { "name bad" } else { "name" };
    let mark = if row.span.is_error() { "✗ " } else { "" };
    put(
        page,
        format_args!(
            "<details class=\"span\" id=\"{}\"><summary><span class=\"row\"><span class=\"what\">",
            row.span.span_id
        ),
    );
    put(
        page,
        format_args!(
            "<svg width=\"{indent}\" height=\"1\"></svg><span class=\"{class}\">{mark}{}</span> ",
            Text(&name)
        ),
    );
    put(page, format_args!("<span class=\"service\">{}</span>", Text(&service)));
    if let Some(place) = place(snapshot, row) {
        put(page, format_args!(" <span class=\"place\">{}</span>", Text(&place)));
    }
    page.push_str("</span>");
    bar(page, tree, row);
    let took = if row.span.end.0 == 0 { "open".to_owned() } else { wording::duration(row.duration) };
    put(page, format_args!("<span class=\"took\">{took}</span></span></summary>"));
    detail::detail(page, snapshot, tree, row);
    page.push_str("</details>");
}

/// `orders.py:18`, where the span is surely placed.
fn place(snapshot: &Snapshot, row: &TraceRow) -> Option<String> {
    let function = row.placement.function.as_ref().filter(|_| row.placement.is_shown())?;
    let line = snapshot.index.function(function)?.name_position.line + 1;
    let file = function.file.rsplit('/').next().unwrap_or_default();
    Some(format!("{}:{line}", visible(file, 60)))
}

/// The span's time on the trace's, in thousandths; a mark for each event.
fn bar(page: &mut String, tree: &TraceTree, row: &TraceRow) {
    let whole = tree.duration.as_secs_f64().max(1e-9);
    let share = |time: f64| (time / whole * 1000.0).clamp(0.0, 1000.0);
    let begin = share(row.offset.as_secs_f64()).min(997.0);
    let width = share(row.duration.as_secs_f64()).max(3.0).min(1000.0 - begin);
    let service =
        tree.services.iter().position(|service| service == row.span.service()).unwrap_or(0) % COLOURS;
    let edge = if row.span.is_error() { " edge" } else { "" };
    page.push_str("<svg class=\"bar\" viewBox=\"0 0 1000 18\" preserveAspectRatio=\"none\">");
    put(
        page,
        format_args!(
            "<rect class=\"s{service}{edge}\" x=\"{begin:.1}\" y=\"3\" width=\"{width:.1}\" height=\"12\"/>"
        ),
    );
    for event in row.span.exceptions().take(20) {
        let at = share(event.time.since(tree.start).as_secs_f64()).min(996.0);
        put(page, format_args!("<rect class=\"event\" x=\"{at:.1}\" y=\"1\" width=\"4\" height=\"16\"/>"));
    }
    page.push_str("</svg>");
}

fn failure(reason: &str) -> String {
    let mut page = head("No such trace");
    put(
        &mut page,
        format_args!("<header><h1>No such trace</h1></header><main><p>{}</p></main></html>", Text(reason)),
    );
    page
}

fn head(title: &str) -> String {
    let mut page = String::with_capacity(64 * 1024);
    page.push_str("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">");
    page.push_str("<meta name=\"viewport\" content=\"width=device-width\"><link rel=\"stylesheet\" href=\"/style.css\">");
    put(&mut page, format_args!("<title>{} · Spanglass</title>", Text(title)));
    page
}

/// Appends to a page; memory takes everything.
fn put(page: &mut String, text: std::fmt::Arguments<'_>) {
    page.write_fmt(text).unwrap_or_default();
}
