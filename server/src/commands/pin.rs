//! `spanglass pin` and `spanglass reject`: says in `spanglass.toml` to which function spans belong, or do not.

use std::path::Path;

use attribution::Subject;
use source::{FunctionKey, SourceFile};

use crate::{
    cli,
    commands::{Outcome, SUCCESS},
    offline::existing_folder,
    output,
    rulings::{self, FILE, Verb},
    workspace::{self, Roots},
};

/// Runs the command.
pub(crate) fn run(verb: Verb, flags: &cli::Ruling) -> Outcome {
    let workspace = existing_folder(&flags.workspace)?;
    let subject = subject(flags)?;
    let function = function(&workspace, &flags.function)?;
    rulings::write(&workspace, verb, &subject, &function)?;
    let belong = match verb {
        Verb::Pin => "belong",
        Verb::Reject => "do not belong",
    };
    output::line(format!(
        "spans `{}` of {} {belong} to {function}; said in {}",
        subject.name,
        subject.service,
        workspace.join(FILE).display()
    ));
    Ok(SUCCESS)
}

fn subject(flags: &cli::Ruling) -> Result<Subject, String> {
    let attribute = |told: &String| {
        let (key, value) = told
            .split_once('=')
            .ok_or_else(|| format!("--attribute {told} has no value; write http.route=/orders"))?;
        let key =
            Subject::key(key).ok_or_else(|| format!("placement does not read the attribute `{key}`"))?;
        Ok((key.into(), value.into()))
    };
    Ok(Subject {
        service: flags.service.as_str().into(),
        name: flags.span.as_str().into(),
        kind: flags.kind.as_deref().map(rulings::kind_of).transpose()?,
        scope: flags.scope.as_deref().map(Into::into),
        attributes: flags.attributes.iter().map(attribute).collect::<Result<_, String>>()?,
    })
}

/// The function that `file:name` or `file:line` names.
fn function(workspace: &Path, place: &str) -> Result<FunctionKey, String> {
    let (file, name) = place
        .rsplit_once(':')
        .ok_or_else(|| format!("{place} names no function; write file.py:name, or file.py:12"))?;
    let file = file.strip_prefix("./").unwrap_or(file);
    let path = workspace.join(file);
    let path =
        path.canonicalize().map_err(|error| format!("{} cannot be opened: {error}", path.display()))?;
    let roots = Roots::new([workspace.to_owned()]);
    if !path.starts_with(workspace) {
        return Err(format!("{} lies outside the workspace {}", path.display(), workspace.display()));
    }
    let read = workspace::read_file(&path, &roots.key(&path));
    let read = read.map_err(|reason| format!("{} is not read: {reason}", path.display()))?;
    match name.parse::<u32>() {
        Ok(line) => on_line(&read.open(), line),
        Err(_) => named(&read.open(), name),
    }
}

fn on_line(file: &SourceFile, line: u32) -> Result<FunctionKey, String> {
    let found = line.checked_sub(1).and_then(|line| file.function_on_line(line));
    found
        .map(|function| function.key.clone())
        .ok_or_else(|| format!("{}:{line} is in no function", file.path))
}

/// The function of that path; else the only one whose path ends so.
fn named(file: &SourceFile, name: &str) -> Result<FunctionKey, String> {
    let (path, nth) = rulings::function_of(name);
    if let Some(function) = file.function(&path, nth) {
        return Ok(function.key.clone());
    }
    let ends = |of: &str| of.strip_suffix(path.as_str()).is_some_and(|before| before.ends_with('.'));
    let all: Vec<&FunctionKey> =
        file.functions.iter().map(|function| &function.key).filter(|key| ends(&key.path)).collect();
    match all[..] {
        [only] => Ok(only.clone()),
        [] => {
            let some: Vec<&str> =
                file.functions.iter().map(|function| function.key.path.as_str()).take(8).collect();
            Err(format!("there is no function `{name}` in {}; there are {}", file.path, some.join(", ")))
        }
        _ => {
            let all: Vec<String> = all.iter().map(|key| key.path.to_string()).collect();
            Err(format!("`{name}` in {} may be {}; write one of them", file.path, all.join(" or ")))
        }
    }
}
