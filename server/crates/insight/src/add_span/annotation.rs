//! Languages in which something above the function starts the span.

use source::Function;

use super::{TextEdit, insert, lines::Lines};

/// A decorator next to the function itself, so that routes and permissions stay outside of it.
pub(super) fn python(lines: &Lines<'_>, function: &Function, name: &str) -> Option<Vec<TextEdit>> {
    let body = lines.body(function);
    if body.contains("yield") {
        return None; // its span would end before its work begins
    }
    let mut edits = Vec::new();
    let tracer = match python_tracer(lines) {
        Some(tracer) => tracer.to_owned(),
        None => {
            edits.push(python_import(lines, function));
            "tracer".to_owned()
        }
    };
    let at = lines.start_of_line(function.name_range.start as usize);
    let indent = lines.indent(at);
    edits.push(insert(at, format!("{indent}@{tracer}.start_as_current_span(\"{name}\")\n")));
    Some(edits)
}

fn python_tracer<'a>(lines: &Lines<'a>) -> Option<&'a str> {
    let made = lines.variable_made_by(&["get_tracer("]);
    made.or_else(|| {
        let imports =
            lines.text.lines().filter(|line| line.starts_with("from ") && line.contains(" import "));
        let names = imports.flat_map(|line| line.rsplit(" import ").next().unwrap_or_default().split(','));
        names.map(str::trim).find(|name| *name == "tracer")
    })
}

/// After the imports of the file, which may go on over several lines in parentheses.
fn python_import(lines: &Lines<'_>, function: &Function) -> TextEdit {
    let before = function.range.start as usize;
    let mut at = lines.after_last(&["import ", "from "], before).unwrap_or(0);
    let last = lines.text.get(..at).and_then(|text| text.trim_end().lines().last()).unwrap_or_default();
    if last.contains('(') && !last.contains(')') {
        let rest = lines.text.get(at..).unwrap_or_default();
        at = rest.find(')').map_or(at, |close| lines.next_line(at + close));
    }
    let import = match lines.text.contains("from opentelemetry import trace") {
        true => "",
        false => "from opentelemetry import trace\n",
    };
    insert(at, format!("{import}\ntracer = trace.get_tracer(__name__)\n"))
}

/// The attribute of `tracing`; arguments are left out, for they may be large or secret.
pub(super) fn rust(lines: &Lines<'_>, function: &Function) -> Option<Vec<TextEdit>> {
    if lines.head(function).contains("const fn") {
        return None;
    }
    let at = lines.start_of_line(function.name_range.start as usize);
    let attribute = match lines.text.contains("tracing::instrument;") || lines.text.contains("#[instrument") {
        true => "#[instrument(skip_all)]",
        false => "#[tracing::instrument(skip_all)]",
    };
    Some(vec![insert(at, format!("{}{attribute}\n", lines.indent(at)))])
}

/// The annotation of OpenTelemetry's agent and starters, which names the span after the method.
pub(super) fn jvm(lines: &Lines<'_>, function: &Function, end: &str) -> Option<Vec<TextEdit>> {
    const WITH_SPAN: &str = "io.opentelemetry.instrumentation.annotations.WithSpan";
    let at = lines.start_of_line(function.range.start as usize);
    let mut edits = vec![insert(at, format!("{}@WithSpan\n", lines.indent(function.range.start as usize)))];
    if !lines.text.contains(WITH_SPAN) {
        let after_imports = lines.after_last(&["import "], at);
        let blank = if after_imports.is_none() { "\n" } else { "" };
        let place = after_imports.or_else(|| lines.after_last(&["package "], at)).unwrap_or(0);
        edits.push(insert(place, format!("{blank}import {WITH_SPAN}{end}\n")));
    }
    Some(edits)
}
