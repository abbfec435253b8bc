//! Languages in which a statement at the start of the body starts the span and sees to its end.

use source::Function;

use super::{TextEdit, insert, lines::Lines};

/// `ctx, span := tracer.Start(ctx, "name")` and the deferred end; only where a context is at hand.
pub(super) fn go(lines: &Lines<'_>, function: &Function, name: &str) -> Option<Vec<TextEdit>> {
    let (left, context) = go_context(lines.head(function), function)?;
    let made = lines.variable_made_by(&["otel.Tracer(", ".Tracer("]);
    let package = lines.text.lines().find_map(|line| line.strip_prefix("package "))?.trim();
    let tracer = made.map_or_else(|| format!("otel.Tracer(\"{package}\")"), str::to_owned);
    let inner = format!("{}{}", lines.indent(function.name_range.start as usize), lines.step(function));
    let start =
        format!("\n{inner}{left}, span := {tracer}.Start({context}, \"{name}\")\n{inner}defer span.End()");
    let mut edits = vec![insert(function.body.start as usize + 1, start)];
    const OTEL: &str = "\"go.opentelemetry.io/otel\"";
    if made.is_none() && !lines.text.contains(OTEL) {
        edits.push(go_import(lines, OTEL)?);
    }
    lines.body(function).starts_with('{').then_some(edits)
}

/// What takes the new context, and the context that there is.
fn go_context(head: &str, function: &Function) -> Option<(&'static str, String)> {
    if function.parameters.iter().any(|parameter| parameter == "ctx") {
        return Some(("ctx", "ctx".to_owned()));
    }
    let before = head.split_once("*http.Request")?.0.trim_end();
    let request = before.rsplit(|letter: char| !(letter.is_alphanumeric() || letter == '_')).next()?;
    // A variable that nobody uses is an error.
    function.parameters.iter().any(|known| known == request).then(|| ("_", format!("{request}.Context()")))
}

fn go_import(lines: &Lines<'_>, path: &str) -> Option<TextEdit> {
    if let Some(open) = lines.text.find("\nimport (") {
        let close = lines.text.get(open..)?.find("\n)")? + open + 1;
        return Some(insert(close, format!("\t{path}\n")));
    }
    let after = lines.after_last(&["import \""], lines.text.len());
    let blank = if after.is_none() { "\n" } else { "" };
    let at = after.or_else(|| lines.after_last(&["package "], lines.text.len()))?;
    Some(insert(at, format!("{blank}import {path}\n")))
}

/// `using var activity = Source.StartActivity("name");` with the source of the class, else a new one.
pub(super) fn csharp(lines: &Lines<'_>, function: &Function, name: &str) -> Option<Vec<TextEdit>> {
    let body = lines.body(function);
    if !body.starts_with('{') || body.contains("yield return") {
        return None;
    }
    let outer = lines.indent(function.name_range.start as usize);
    let inner = format!("{outer}{}", lines.step(function));
    let mut edits = Vec::new();
    let source = match lines.variable_made_by(&["new ActivitySource(", "ActivitySource "]) {
        Some(source) => source.to_owned(),
        None => {
            let class = format!("class {}", function.receiver.as_deref()?);
            let at = lines.text.get(..function.range.start as usize)?.rfind(&class)?;
            let open = at + lines.text.get(at..)?.find('{')? + 1;
            let field = format!(
                "\n{outer}private static readonly System.Diagnostics.ActivitySource Activities = new(\"{}\");\n",
                function.receiver.as_deref()?
            );
            edits.push(insert(open, field));
            "Activities".to_owned()
        }
    };
    let start = format!("\n{inner}using var activity = {source}.StartActivity(\"{name}\");");
    edits.push(insert(function.body.start as usize + 1, start));
    Some(edits)
}

/// A span and its scope, which end with the block.
pub(super) fn cpp(lines: &Lines<'_>, function: &Function, name: &str) -> Option<Vec<TextEdit>> {
    if !lines.body(function).starts_with('{') || lines.head(function).contains("constexpr") {
        return None;
    }
    let inner = format!("{}{}", lines.indent(function.name_range.start as usize), lines.step(function));
    let mut edits = Vec::new();
    let tracer = match lines.variable_made_by(&["GetTracer("]) {
        Some(tracer) => format!("{tracer}->"),
        None => {
            const PROVIDER: &str = "opentelemetry/trace/provider.h";
            if !lines.text.contains(PROVIDER) {
                let at = lines.after_last(&["#include "], lines.text.len()).unwrap_or(0);
                edits.push(insert(at, format!("#include \"{PROVIDER}\"\n")));
            }
            let scope = function.receiver.as_deref().unwrap_or(&function.name);
            format!("opentelemetry::trace::Provider::GetTracerProvider()->GetTracer(\"{scope}\")->")
        }
    };
    let start = format!(
        "\n{inner}auto span = {tracer}StartSpan(\"{name}\");\n{inner}opentelemetry::trace::Scope scope(span);"
    );
    edits.push(insert(function.body.start as usize + 1, start));
    Some(edits)
}
