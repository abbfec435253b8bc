//! A trace as lines of text: indented names, a bar on a common scale of time, durations, errors, places.

use std::time::Duration;

use crate::{
    trace_tree::{TraceRow, TraceTree},
    visible::{columns, fit, visible},
    wording,
};

/// Narrower than this nothing can be read.
const MIN_WIDTH: usize = 60;
/// Levels of indentation that are drawn; deeper ones stay at this one.
const MAX_INDENT: u32 = 24;

/// The waterfall of `tree` in lines of at most `width` columns: a heading, then one line for each row.
///
/// ```text
/// POST /checkout · 340 ms · 4 spans · storefront, cart · 1 error
/// POST /checkout      storefront ━━━━━━━━━━━━━━━━━━━━━━   340 ms   app.py:12
///   GET               storefront  ━━━━━━                    90 ms
/// ✗   GET /cart/{id}  cart        ━━━━━━                    88 ms   cart.js:30  out of stock
/// ```
pub fn waterfall_text(tree: &TraceTree, width: usize) -> Vec<String> {
    let layout = Layout::new(tree, width.max(MIN_WIDTH));
    let mut lines = vec![heading(tree, layout.width)];
    lines.extend(tree.rows.iter().map(|row| layout.line(tree, row)));
    lines
}

struct Layout {
    width: usize,
    names: usize,
    services: usize,
    bars: usize,
    places: usize,
}

/// Columns of a duration: `12 min 23 s`.
const DURATION: usize = 11;

impl Layout {
    fn new(tree: &TraceTree, width: usize) -> Layout {
        // The longest of many rows would push the bars out; what is longer than a third is cut.
        let longest =
            |measure: &dyn Fn(&TraceRow) -> usize| tree.rows.iter().map(measure).max().unwrap_or_default();
        let names = longest(&|row| indent(row) + columns(&name(row))).clamp(12, width * 3 / 10);
        let services = match tree.services.len() {
            0 | 1 => 0,
            _ => {
                tree.services.iter().map(|service| columns(&visible(service, 20))).max().unwrap_or(0).min(16)
            }
        };
        let places = longest(&|row| columns(&tail(row))).min(width / 4);
        let taken = 2 + names + 1 + services + usize::from(services > 0) + 1 + DURATION + 2 + places;
        Layout { width, names, services, bars: width.saturating_sub(taken).max(8), places }
    }

    fn line(&self, tree: &TraceTree, row: &TraceRow) -> String {
        let mark = if row.span.is_error() { "✗ " } else { "  " };
        let indent = " ".repeat(indent(row));
        let mut line = format!("{mark}{} ", fit(&format!("{indent}{}", name(row)), self.names));
        if self.services > 0 {
            line += &format!("{} ", fit(&visible(row.span.service(), 20), self.services));
        }
        let duration = if row.span.end.0 == 0 { "open".to_owned() } else { wording::duration(row.duration) };
        line += &format!("{} {:>DURATION$}  ", bar(tree, row, self.bars), duration);
        line += &fit(&tail(row), self.places.min(self.width.saturating_sub(columns(&line))));
        line.truncate(line.trim_end().len());
        line
    }
}

fn heading(tree: &TraceTree, width: usize) -> String {
    let Some(root) = tree.root() else {
        return "no spans".into();
    };
    let services: Vec<String> = tree.services.iter().take(5).map(|service| visible(service, 30)).collect();
    let mut heading = format!(
        "{} · {} · {} · {}",
        visible(&root.span.name, 60),
        wording::duration(tree.duration),
        wording::counted(tree.rows.len() as u64, "span", "spans"),
        services.join(", "),
    );
    if tree.services.len() > services.len() {
        heading += &format!(" and {} more", tree.services.len() - services.len());
    }
    if tree.errors > 0 {
        heading += &format!(" · {}", wording::counted(tree.errors as u64, "error", "errors"));
    }
    let heading = fit(&heading, width);
    heading.trim_end().to_owned()
}

fn indent(row: &TraceRow) -> usize {
    row.depth.min(MAX_INDENT) as usize * 2
}

fn name(row: &TraceRow) -> String {
    visible(&row.span.name, 80)
}

/// Place and reason of failure.
fn tail(row: &TraceRow) -> String {
    let place = place(row);
    match (place, row.message()) {
        (Some(place), Some(message)) => format!("{place}  {}", visible(message, 120)),
        (Some(place), None) => place,
        (None, Some(message)) => visible(message, 120),
        (None, None) => String::new(),
    }
}

/// `app.py:12`, with a question mark where the placement is unsure.
fn place(row: &TraceRow) -> Option<String> {
    let function = row.placement.function.as_ref()?;
    let file = function.file.rsplit('/').next().unwrap_or_default();
    let unsure = if row.placement.is_shown() { "" } else { " ?" };
    Some(match row.line {
        Some(line) => format!("{}:{}{unsure}", visible(file, 40), line + 1),
        None => format!("{} {}{unsure}", visible(file, 40), visible(&function.path, 40)),
    })
}

/// At least one column for what took any time or none, never beyond the scale.
fn bar(tree: &TraceTree, row: &TraceRow, width: usize) -> String {
    let share = |time: Duration| match tree.duration.as_nanos() {
        0 => 0.0,
        whole => time.as_nanos() as f64 / whole as f64,
    };
    let begin = ((share(row.offset) * width as f64) as usize).min(width.saturating_sub(1));
    let length = ((share(row.duration) * width as f64).round() as usize).clamp(1, width - begin);
    let stroke = if row.duration.is_zero() { "·" } else { "━" };
    format!("{}{}{}", " ".repeat(begin), stroke.repeat(length), " ".repeat(width - begin - length))
}
