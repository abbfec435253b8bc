//! Languages in which the body goes into a block that the span lasts for.

use model::TextRange;
use source::Function;

use super::{TextEdit, insert, lines::Lines};

/// `tracer.startActiveSpan` with a callback that ends the span.
pub(super) fn javascript(lines: &Lines<'_>, function: &Function, name: &str) -> Option<Vec<TextEdit>> {
    let (head, body) = (lines.head(function), lines.body(function));
    let inside = inside_braces(body)?;
    let is_constructor = function.name == "constructor";
    // In a callback `yield` and `arguments` mean something else.
    if is_constructor || head.contains('*') || inside.contains("arguments") || inside.contains("yield") {
        return None;
    }
    let (outer, step) = (lines.indent(function.name_range.start as usize), lines.step(function));
    let is_async = if head.contains("async") { "async " } else { "" };
    let inner = Lines::indented(inside, &step.repeat(2), &[])?;
    let mut edits = Vec::new();
    let tracer = match lines.variable_made_by(&["getTracer("]).or_else(|| imported_tracer(lines)) {
        Some(tracer) => tracer.to_owned(),
        None => {
            edits.push(javascript_import(lines, function));
            "tracer".to_owned()
        }
    };
    let text = format!(
        "{{\n{outer}{step}return {tracer}.startActiveSpan(\"{name}\", {is_async}(span) => {{\n\
         {outer}{step}{step}try {{\n{inner}{outer}{step}{step}}} finally {{\n\
         {outer}{step}{step}{step}span.end();\n{outer}{step}{step}}}\n{outer}{step}}});\n{outer}}}"
    );
    edits.push(TextEdit { range: function.body, text });
    Some(edits)
}

fn imported_tracer<'a>(lines: &Lines<'a>) -> Option<&'a str> {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$';
    let imports = lines.text.lines().filter(|line| line.contains("require(") || line.starts_with("import "));
    let mut words = imports.flat_map(|line| line.split(move |letter| !is_word(letter)));
    words.find(|word| *word == "tracer")
}

fn javascript_import(lines: &Lines<'_>, function: &Function) -> TextEdit {
    let before = function.range.start as usize;
    let is_module = lines.text.lines().any(|line| line.starts_with("import ") || line.starts_with("export "));
    let starts: &[&str] =
        if is_module { &["import ", "} from "] } else { &["const ", "let ", "var ", "\"use "] };
    let at = lines.after_last(starts, before).filter(|_| is_module);
    let at = at.or_else(|| last_require(lines, before)).unwrap_or(0);
    let import = match (lines.text.contains("@opentelemetry/api"), is_module) {
        (true, _) => String::new(),
        (false, true) => "import { trace } from \"@opentelemetry/api\";\n".to_owned(),
        (false, false) => "const { trace } = require(\"@opentelemetry/api\");\n".to_owned(),
    };
    let (file, _) =
        function.key.file.rsplit('/').next().unwrap_or_default().split_once('.').unwrap_or_default();
    insert(at, format!("{import}\nconst tracer = trace.getTracer(\"{file}\");\n"))
}

fn last_require(lines: &Lines<'_>, before: usize) -> Option<usize> {
    let above = lines.text.get(..before)?;
    let at = above.rmatch_indices("require(").map(|(at, _)| at).find(|at| lines.indent(*at).is_empty())?;
    Some(lines.next_line(at))
}

/// `tracer.in_span` with a block.
pub(super) fn ruby(lines: &Lines<'_>, function: &Function, name: &str) -> Option<Vec<TextEdit>> {
    let body = lines.body(function);
    let start = lines.start_of_line(function.body.start as usize);
    let end = function.body.end as usize;
    // A method of one line, or with a rescue of its own, is not simply a list of lines.
    let has_rescue = body.lines().any(|line| matches!(line.trim(), "rescue" | "ensure" | "else"))
        || body.contains("rescue ");
    if start <= function.name_range.start as usize || has_rescue || body.contains("__END__") {
        return None;
    }
    let step = lines.step(function);
    let outer = format!("{}{step}", lines.indent(function.name_range.start as usize));
    let inner =
        Lines::indented(lines.text.get(start..end)?.trim_end(), step, &["<<~", "<<-", "<<\"", "<<'"])?;
    let made = lines.variable_made_by(&[".tracer("]);
    let scope = function.receiver.as_deref().unwrap_or(&function.name);
    let tracer =
        made.map_or_else(|| format!("OpenTelemetry.tracer_provider.tracer(\"{scope}\")"), str::to_owned);
    let text = format!("{outer}{tracer}.in_span(\"{name}\") do |span|\n{inner}{outer}end");
    Some(vec![TextEdit {
        range: TextRange::new(start as u32, start as u32 + trimmed(lines, start, end)),
        text,
    }])
}

/// `spanBuilder`, and a block that ends the span whatever happens.
pub(super) fn php(lines: &Lines<'_>, function: &Function, name: &str) -> Option<Vec<TextEdit>> {
    let inside = inside_braces(lines.body(function))?;
    if inside.contains("yield") {
        return None;
    }
    let (outer, step) = (lines.indent(function.name_range.start as usize), lines.step(function));
    let inner = Lines::indented(inside, step, &["<<<"])?;
    let scope = function.receiver.as_deref().unwrap_or(&function.name);
    let i = format!("{outer}{step}");
    let text = format!(
        "{{\n{i}$span = \\OpenTelemetry\\API\\Globals::tracerProvider()->getTracer('{scope}')\
         ->spanBuilder('{name}')->startSpan();\n{i}$scope = $span->activate();\n{i}try {{\n{inner}{i}}} finally {{\n\
         {i}{step}$scope->detach();\n{i}{step}$span->end();\n{i}}}\n{outer}}}"
    );
    Some(vec![TextEdit { range: function.body, text }])
}

/// The macro `with_span`, which takes a block.
pub(super) fn elixir(lines: &Lines<'_>, function: &Function, name: &str) -> Option<Vec<TextEdit>> {
    let block = lines.body(function);
    let inside = block.strip_prefix("do")?.strip_suffix("end")?;
    let start = function.body.start as usize + 2 + inside.find('\n')? + 1;
    let end = function.body.end as usize - 3;
    let body = lines.text.get(start..end)?;
    let has_clauses = body.lines().any(|line| matches!(line.trim(), "rescue" | "after" | "catch" | "else"));
    if body.trim().is_empty() || has_clauses {
        return None;
    }
    let step = lines.step(function);
    let outer = format!("{}{step}", lines.indent(function.name_range.start as usize));
    let inner = Lines::indented(body.trim_end(), step, &["\"\"\"", "'''"])?;
    let mut edits = Vec::new();
    let tracer = match lines.text.contains("OpenTelemetry.Tracer, as: Tracer") {
        true => "Tracer",
        false => "OpenTelemetry.Tracer",
    };
    if !lines.text.contains("require OpenTelemetry.Tracer") {
        let module = lines.text.get(..start)?.rfind("defmodule ")?;
        let indent = format!("{}{step}", lines.indent(module));
        edits.push(insert(lines.next_line(module), format!("{indent}require OpenTelemetry.Tracer\n\n")));
    }
    let text = format!("{outer}{tracer}.with_span \"{name}\" do\n{inner}{outer}end");
    edits.push(TextEdit {
        range: TextRange::new(start as u32, start as u32 + trimmed(lines, start, end)),
        text,
    });
    Some(edits)
}

/// Bytes of a range without the white space at its end.
fn trimmed(lines: &Lines<'_>, start: usize, end: usize) -> u32 {
    lines.text.get(start..end).unwrap_or_default().trim_end().len() as u32
}

/// The lines between the braces of a body; `None` for one of a single line.
fn inside_braces(body: &str) -> Option<&str> {
    let inside = body.strip_prefix('{')?.strip_suffix('}')?;
    let inside = inside.strip_prefix('\n').or_else(|| inside.strip_prefix("\r\n"))?;
    let (lines, last) = inside.rsplit_once('\n')?;
    last.trim().is_empty().then_some(lines)
}
