//! `code.*`: three generations of names, trusted only inside of the workspace.

use std::sync::Arc;

use model::{SmolStr, SpanKind};
use smol_str::format_smolstr;
use source::{Function, Language, SourceFile};

use crate::{
    CallPlace, Confidence, Rule,
    clues::{Answer, Candidate, Clues, candidate},
    compiled::{go, source_segments},
    dotnet::{is_compiled_name, source_name},
    family::Family,
    origins::{Fate, PastFile},
    paths::{home, is_library, name_segments},
    shape::COLUMN,
};

/// The function that `code.*` names, by file, line and name, whatever of them is there.
pub(crate) fn code_attributes(clues: &Clues<'_>) -> Answer {
    let file = clues.get("code.file.path");
    let written = clues.get("code.function.name");
    let is_dotnet = |name: &&str| {
        Family::of_shape(clues.shape)
            .map_or_else(|| is_compiled_name(name), |family| family == Family::DotNet)
    };
    let from_source = written.filter(is_dotnet).map(source_name);
    let function = match &from_source {
        Some(name) => name.as_deref(),
        None => written,
    };
    if file.is_some_and(is_library) {
        // A library's code made the span; other evidence may still tell whose it is.
        return Answer::Silent;
    }
    // The server span of a framework is made by a middleware: where only the middleware's line is told, say nothing.
    let is_served = clues.shape.kind == SpanKind::Server
        && (clues.get("http.route").is_some() || clues.get("http.request.method").is_some());
    match (file, function) {
        (Some(_), None) if is_served => Answer::Silent,
        (Some(file), _) => by_file(clues, file, function),
        (None, Some(function)) => match (clues.family, clues.get("code.namespace")) {
            (Some(family @ (Family::Go | Family::Jvm)), _) => by_compiled_name(clues, family, function),
            (_, Some(class)) if has_whole_names(clues) => {
                whole_name(clues, Rule::CodeAttributes, class, function)
            }
            (_, None) if has_whole_names(clues) && function.contains(['.', '#']) => {
                let (class, method) = function.rsplit_once(['.', '#']).unwrap_or(("", function));
                whole_name(clues, Rule::CodeAttributes, class, method)
            }
            _ => by_name(clues, function),
        },
        (None, None) => Answer::Silent,
    }
}

/// Whether names of classes are whole where they are told: in Ruby, and of modules in Elixir.
fn has_whole_names(clues: &Clues<'_>) -> bool {
    matches!(Family::of_shape(clues.shape), Some(Family::Ruby | Family::Beam))
}

/// A method of a class whose whole name is told, as Ruby and Elixir tell it: `UsersController` is not
/// `Admin::UsersController`. Elixir adds how many parameters it takes, and `Elixir.` before modules.
pub(super) fn whole_name(clues: &Clues<'_>, rule: Rule, class: &str, method: &str) -> Answer {
    let (method, arity) = match method.rsplit_once('/') {
        Some((name, arity)) => (name, arity.parse::<usize>().ok()),
        None => (method, None),
    };
    let class = class.strip_prefix("Elixir.").unwrap_or(class).trim_start_matches("::");
    let path = format!("{}.{method}", class.replace("::", "."));
    let same = clues.functions_named(method).filter(|function| {
        function.key.path == path && arity.is_none_or(|arity| function.parameters.len() >= arity)
    });
    let mut same: Vec<&Function> = same.collect();
    if same.iter().any(|function| Some(function.parameters.len()) == arity) {
        same.retain(|function| Some(function.parameters.len()) == arity);
    }
    let found = same.into_iter();
    let found =
        found.map(|function| candidate(&function.key, format_smolstr!("{class}.{method} by its whole name")));
    clues.found(rule, Confidence::Certain, found.collect())
}

/// A number that counts from 1.
fn number(clues: &Clues<'_>, key: &str) -> Option<u32> {
    clues.get(key).and_then(|number| number.parse::<u32>().ok()).filter(|number| *number > 0)
}

/// A line of a bundle is a line of one of its sources. Its function names are the bundler's and say nothing.
fn by_bundle(clues: &Clues<'_>, path: &str, line: Option<u32>) -> Option<Answer> {
    let bundle = clues.origins.bundle(path)?;
    let line = line?;
    let column = number(clues, COLUMN);
    let (source, source_line) = bundle.source_of(line - 1, column.map(|column| column - 1))?;
    clues.ask_file(source);
    let found = clues.index.file(source).and_then(|file| function_in(file, None, Some(source_line)));
    let place = match column {
        Some(column) => format_smolstr!("{}:{line}:{column}", bundle.path),
        None => format_smolstr!("{}:{line}", bundle.path),
    };
    let detail =
        format_smolstr!("code.* names {place}, which its source map says is {source}:{}", source_line + 1);
    let found = found.map(|candidate| Candidate { detail, ..candidate });
    Some(clues.found(Rule::CodeAttributes, Confidence::Certain, found.into_iter().collect()))
}

/// A place at the revision that ran, where that revision is known: the function there, and what has become of it.
/// `None` when the place is to be read in the code as it stands.
fn by_past(clues: &Clues<'_>, path: &str, function: Option<&str>, line: Option<u32>) -> Option<Answer> {
    let (revision, _) = clues.shape.past()?;
    let files = clues.origins.past(revision, path);
    let line = line.map(|line| line - 1);
    let mut found = Vec::new();
    let mut confidence = Confidence::Certain;
    for past in files {
        // What was not there at that revision is of another one.
        let Some(then) = function_in(&past.then, function, line) else { continue };
        let then = past.then.function(&then.function.path, then.function.nth)?;
        let candidate = in_past(clues, past, then, line);
        if candidate.as_ref().is_some_and(|candidate| candidate.function.path != then.key.path) {
            confidence = Confidence::Likely;
        }
        found.push((past, candidate));
    }
    if found.is_empty() {
        return None;
    }
    let is_sure = function.is_some_and(has_own_name) || found.iter().all(|(past, _)| past.exact);
    let is_gone = found.iter().any(|(_, candidate)| candidate.is_none());
    let mut found: Vec<Candidate> = found.into_iter().filter_map(|(_, candidate)| candidate).collect();
    keep_fitting(clues, &mut found);
    if !is_sure {
        // A line alone may be one of then or one of now: where both are not the same, nothing decides.
        found.extend(candidates_now(clues, path, function, line.map(|line| line + 1)));
        if is_gone {
            confidence = Confidence::Possible;
        }
    }
    Some(clues.found(Rule::CodeAttributes, confidence, found))
}

/// See [`by_past`]; `line` is 0-based.
fn in_past(clues: &Clues<'_>, past: &PastFile, then: &Function, line: Option<u32>) -> Option<Candidate> {
    if let Some(now) = &past.now {
        clues.ask_file(now);
    }
    let (revision, name, file) = (&past.revision, &then.key.path, &past.then.path);
    let (now, has_changed) = match past.fate(then, clues.index) {
        Fate::Here { function, has_changed } => (function, has_changed),
        Fate::Removed => {
            let detail = format_smolstr!("{name} of {file} was removed since {revision}");
            clues.note(Rule::CodeAttributes, detail);
            return None;
        }
        Fate::Unsure => {
            let detail =
                format_smolstr!("which {name} of {file} it was at {revision} cannot be told any more");
            clues.note(Rule::CodeAttributes, detail);
            return None;
        }
    };
    let detail = match line {
        Some(line) => format_smolstr!("code.* names {file}:{} of {revision}", line + 1),
        None => format_smolstr!("code.* names {name} in {file} of {revision}"),
    };
    if now.key.path != *name {
        clues.note(Rule::CodeAttributes, format_smolstr!("it was called {name} then"));
    }
    if has_changed {
        clues.note(Rule::CodeAttributes, format_smolstr!("changed since {revision}"));
    }
    let inside = line.filter(|line| *line > then.name_position.line && *line <= then.last_line);
    let line = inside.and_then(|line| past.line_in(then, line, now));
    let call_place = line.map(|line| CallPlace { file: now.key.file.clone(), line });
    Some(Candidate { call_place, ..candidate(&now.key, detail) })
}

fn by_file(clues: &Clues<'_>, path: &str, function: Option<&str>) -> Answer {
    let line = number(clues, "code.line.number");
    if let Some(answer) = by_bundle(clues, path, line).or_else(|| by_past(clues, path, function, line)) {
        return answer;
    }
    let found = candidates_now(clues, path, function, line);
    clues.found(Rule::CodeAttributes, Confidence::Certain, found)
}

/// The functions that file, line and name mean in the code as it stands.
fn candidates_now(
    clues: &Clues<'_>,
    path: &str,
    function: Option<&str>,
    line: Option<u32>,
) -> Vec<Candidate> {
    let Some(path) = home(path) else { return Vec::new() };
    let files = files_of(clues, &path);
    let mut found: Vec<Candidate> = Vec::new();
    for file in &files {
        clues.ask_file(&file.path);
        found.extend(function_in(file, function, line.map(|line| line - 1)));
    }
    keep_fitting(clues, &mut found);
    found
}

/// Of candidates in several files those that module and span's name fit best.
fn keep_fitting(clues: &Clues<'_>, found: &mut Vec<Candidate>) {
    let first = found.first().map(|first| first.function.file.clone());
    if found.iter().any(|other| Some(&other.function.file) != first.as_ref()) {
        let module = clues.get("code.namespace").map(name_segments).unwrap_or_default();
        keep_best(found, |candidate| module_agreement(&candidate.function.file, &module));
        // Spans of `#[instrument]` and its like are called like their function.
        let name = clues.shape.name.as_str();
        keep_best(found, |candidate| usize::from(candidate.function.path.rsplit('.').next() == Some(name)));
    }
}

/// Files that `path` may be: those that share the longest end with it. A bare file name of a longer path says
/// nothing unless the file lies at the workspace's root.
fn files_of<'a>(clues: &Clues<'a>, path: &str) -> Vec<&'a Arc<SourceFile>> {
    let mut end = path;
    loop {
        let files: Vec<_> = clues.files_ending_with(end).map(|file| file.path.clone()).collect();
        let is_whole = end.len() == path.len();
        let is_short = !end.contains('/') && !is_whole;
        let usable = files.iter().filter(|file| !is_short || *file == end);
        let found: Vec<_> =
            usable.filter_map(|file| clues.index.file(file)).filter(|file| !file.generated).collect();
        if !found.is_empty() {
            return found;
        }
        match end.split_once('/') {
            Some((_, shorter)) => end = shorter,
            None => return Vec::new(),
        }
    }
}

/// The function of that name or on that line; 0-based.
fn function_in(file: &SourceFile, name: Option<&str>, line: Option<u32>) -> Option<Candidate> {
    let on_line = line.and_then(|line| on_line(file, line));
    // The line tells which closure it is.
    let compiled = name.filter(|name| line.is_none() || !is_closure_name(name));
    let compiled = compiled.filter(|_| file.language == Language::Go).map(go);
    let name = compiled.as_deref().or(name);
    let named = name.and_then(|name| {
        let segments = name_segments(name);
        let mut same = best_named(file.functions.iter(), &segments);
        if same.len() > 1
            && let Some(line) = line
        {
            // One that holds the line, else the first that begins after it (a decorator's line), else all.
            same.sort_by_key(|function| distance(function, line));
            same.truncate(1);
        }
        if same.len() == 1 { same.pop() } else { None }
    });
    let has_name = name.is_some_and(has_own_name);
    let function = match (named, on_line) {
        (Some(named), _) => named,
        // A name that the file does not have: the code has changed, or the name is a closure's.
        (None, Some(on_line)) if !has_name => on_line,
        (None, Some(on_line)) if name.is_some_and(is_closure_name) => on_line,
        _ => return None,
    };
    let detail = match line {
        Some(line) => format_smolstr!("code.* names {}:{}", file.path, line + 1),
        None => format_smolstr!("code.* names {} in {}", function.name, file.path),
    };
    let inside = line.filter(|line| *line > function.name_position.line && *line <= function.last_line);
    let call_place = inside.map(|line| CallPlace { file: file.path.clone(), line });
    Some(Candidate { call_place, ..candidate(&function.key, detail) })
}

fn on_line(file: &SourceFile, line: u32) -> Option<&Function> {
    let innermost = file
        .functions
        .iter()
        .enumerate()
        .rev()
        .find(|(_, function)| function.first_line() <= line && line <= function.last_line);
    file.named_function(innermost?.0 as u32)
}

fn has_own_name(name: &str) -> bool {
    let last = name_segments(name);
    last.last().is_some_and(|last| !last.is_empty() && !last.starts_with('{'))
}

fn distance(function: &Function, line: u32) -> u32 {
    if function.first_line() <= line && line <= function.last_line {
        return 0;
    }
    function.first_line().abs_diff(line)
}

fn is_closure_name(name: &str) -> bool {
    ["<lambda>", "<anonymous>", "{closure", "{{closure}}", "lambda$", "$anonfun", ".func", "block in"]
        .iter()
        .any(|mark| name.contains(mark))
}

/// A qualified name without a file: Python's `module.qualname`, Java's class and method, Rails' controller and action.
fn by_name(clues: &Clues<'_>, function: &str) -> Answer {
    let mut segments = clues.get("code.namespace").map(name_segments).unwrap_or_default();
    segments.extend(name_segments(function));
    segments.retain(|segment| segment != "__main__");
    by_segments(clues, segments)
}

fn by_segments(clues: &Clues<'_>, segments: Vec<SmolStr>) -> Answer {
    let Some(last) = segments.last().cloned() else { return Answer::Silent };
    let functions: Vec<&Function> = clues.functions_named(&last).collect();
    let is_qualified = segments.len() > 1;
    let same: Vec<&Function> =
        functions.into_iter().filter(|function| !is_qualified || is_meant(function, &segments)).collect();
    let most = same.iter().map(|function| agreement(function, &segments)).max().unwrap_or(0);
    let best = same.into_iter().filter(|function| agreement(function, &segments) == most);
    let detail =
        |function: &Function| format_smolstr!("code.* names {} in {}", function.key.path, function.key.file);
    let found: Vec<Candidate> = best.map(|function| candidate(&function.key, detail(function))).collect();
    let confidence =
        if most == segments.len() && is_qualified { Confidence::Certain } else { Confidence::Likely };
    clues.found(Rule::CodeAttributes, confidence, found)
}

/// A name that a compiler made of the source's, closures included.
fn by_compiled_name(clues: &Clues<'_>, family: Family, function: &str) -> Answer {
    let namespace = clues.get("code.namespace");
    match source_segments(family, namespace, function) {
        Some(segments) => by_segments(clues, segments),
        None => Answer::Silent,
    }
}

/// Of `functions` those whose path agrees best with `segments`; none when not even the last one does.
fn best_named<'f>(functions: impl Iterator<Item = &'f Function>, segments: &[SmolStr]) -> Vec<&'f Function> {
    let Some(last) = segments.last() else { return Vec::new() };
    let same: Vec<&Function> = functions.filter(|function| function.name == *last).collect();
    let most = same.iter().map(|function| path_agreement(function, segments)).max().unwrap_or(0);
    same.into_iter().filter(|function| path_agreement(function, segments) == most).collect()
}

fn path_agreement(function: &Function, segments: &[SmolStr]) -> usize {
    common_end(&function.key.path.split('.').collect::<Vec<_>>(), segments)
}

/// Whether a qualified name can mean the function: all of it agrees with module and name; or what the module's path
/// shows agrees with its end (the workspace begins inside of a package); or class and method agree, in languages whose
/// packages need not be folders.
fn is_meant(function: &Function, segments: &[SmolStr]) -> bool {
    let agreement = agreement(function, segments);
    let inner = function.key.path.split('.').count();
    match Language::of_path(&function.key.file) {
        // A package is a folder, called like it by custom only: `main` is any.
        Some(Language::Go) => {
            let package = segments.get(..segments.len().saturating_sub(inner)).unwrap_or_default();
            return match package {
                [] => agreement == segments.len(),
                [main] if main == "main" => agreement >= inner,
                _ => agreement > inner,
            };
        }
        // A package is a folder and called like it; the workspace may begin inside of one.
        Some(Language::Java) if inner > 1 => {
            let folders = function.key.file.matches('/').count();
            return agreement == segments.len() || agreement >= folders + inner;
        }
        _ => {}
    }
    let whole = module_of(function).split('/').count() + inner;
    agreement == segments.len() || agreement >= whole || (inner > 1 && agreement >= inner)
}

/// How many segments at the end agree with the function's path within its module, or, for a member of a class,
/// within its folder: the class's file is called like it.
fn agreement(function: &Function, segments: &[SmolStr]) -> usize {
    let module = module_of(function);
    let inner: Vec<&str> = function.key.path.split('.').collect();
    let in_file: Vec<&str> = module.split('/').chain(inner.iter().copied()).collect();
    let by_file = common_end(&in_file, segments);
    let is_go = Language::of_path(&function.key.file) == Some(Language::Go);
    if inner.len() < 2 && !is_go {
        return by_file;
    }
    let folder = module.rsplit_once('/').map_or("", |(folder, _)| folder);
    let in_folder: Vec<&str> =
        folder.split('/').filter(|part| !part.is_empty()).chain(inner.iter().copied()).collect();
    by_file.max(common_end(&in_folder, segments))
}

/// The path of the function's file without its ending.
fn module_of(function: &Function) -> &str {
    let module = function.key.file.rsplit_once('.').map_or(function.key.file.as_str(), |(module, _)| module);
    module.strip_suffix("/__init__").unwrap_or(module)
}

fn common_end(path: &[&str], segments: &[SmolStr]) -> usize {
    path.iter().rev().zip(segments.iter().rev()).take_while(|(a, b)| **a == b.as_str()).count()
}

/// How well `shop::nested` agrees with `src/shop.rs`: modules within one file do not show in its path.
fn module_agreement(file: &str, module: &[SmolStr]) -> usize {
    let path = file.rsplit_once('.').map_or(file, |(path, _)| path);
    let parts: Vec<&str> =
        path.split('/').filter(|part| !matches!(*part, "src" | "mod" | "lib" | "main")).collect();
    let same = |a: &str, b: &str| a.replace('-', "_") == b.replace('-', "_");
    let agree = |module: &[SmolStr]| {
        parts.iter().rev().zip(module.iter().rev()).take_while(|(part, name)| same(part, name)).count()
    };
    (0..module.len()).map(|end| agree(&module[..module.len() - end])).max().unwrap_or(0)
}

fn keep_best(found: &mut Vec<Candidate>, score: impl Fn(&Candidate) -> usize) {
    let most = found.iter().map(&score).max().unwrap_or(0);
    found.retain(|candidate| score(candidate) == most);
}
