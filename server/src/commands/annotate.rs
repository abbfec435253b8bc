//! `spanglass annotate FILE…`: prints code as an editor would show it.

use std::path::{Path, PathBuf};

use insight::annotate::AnnotatedLine;
use serde_json::json;

use crate::{
    cli,
    commands::{Outcome, SUCCESS},
    config::Config,
    offline::{self, Offline, Spans},
    output::{self, Paint, paint},
};

/// Runs the command.
pub(crate) async fn run(config: &Config, flags: &cli::Annotate) -> Outcome {
    let first = flags.files.first().map(PathBuf::as_path).unwrap_or(Path::new("."));
    let first =
        first.canonicalize().map_err(|error| format!("{} cannot be opened: {error}", first.display()))?;
    let workspace = flags.workspace.clone().unwrap_or_else(|| workspace_of(&first));
    let from = if flags.traces.is_empty() { Spans::Received } else { Spans::Files(&flags.traces) };
    let offline = offline::open(config, &workspace, from).await?;
    offline.problems.iter().for_each(|problem| output::note(format!("spanglass: {problem}")));
    for file in &flags.files {
        print_file(&offline, file, flags.json)?;
    }
    Ok(SUCCESS)
}

fn print_file(offline: &Offline, file: &Path, as_json: bool) -> Result<(), String> {
    let path =
        file.canonicalize().map_err(|error| format!("{} cannot be opened: {error}", file.display()))?;
    let key = offline.roots.key(&path);
    if offline.snapshot.index.file(&key).is_none() {
        let folder = offline.roots.folders().next().unwrap_or(Path::new("."));
        return Err(format!(
            "{} is not read: it lies outside {}, git ignores it, or there is no reader for its language",
            file.display(),
            folder.display()
        ));
    }
    let text = std::fs::read_to_string(&path)
        .map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
    let lines = insight::annotate::annotate(&offline.snapshot, &key, &text);
    if as_json {
        json_lines(&key, &lines).into_iter().for_each(output::line);
    } else {
        lines.iter().for_each(print_line);
    }
    Ok(())
}

/// Prints one line of code, or what an editor shows above it.
pub(crate) fn print_line(line: &AnnotatedLine) {
    match line {
        AnnotatedLine::Lens(title) => output::line(format!("       {}", paint(title, Paint::Dim))),
        AnnotatedLine::Source { line, text, hints } => {
            let number = paint(&format!("{:>5}", line + 1), Paint::Dim);
            let hints: String = hints.iter().map(|hint| format!("  {}", paint(hint, Paint::Cyan))).collect();
            output::line(format!("{number}  {text}{hints}"));
        }
    }
}

/// One object for each line that has a lens or hints: `{"file","line","lenses","hints"}`, lines 1-based.
fn json_lines(key: &str, lines: &[AnnotatedLine]) -> Vec<String> {
    let mut lenses = Vec::new();
    let mut objects = Vec::new();
    for line in lines {
        match line {
            AnnotatedLine::Lens(title) => lenses.push(title.trim_start()),
            AnnotatedLine::Source { line, hints, .. } if !lenses.is_empty() || !hints.is_empty() => {
                let object = json!({ "file": key, "line": line + 1, "lenses": lenses, "hints": hints });
                objects.push(object.to_string());
                lenses.clear();
            }
            AnnotatedLine::Source { .. } => {}
        }
    }
    objects
}

/// The nearest folder above `file` that holds a `.git` or a `spanglass.toml`, else the file's own.
fn workspace_of(file: &Path) -> PathBuf {
    let folder = file.parent().unwrap_or(Path::new(".")).to_owned();
    let is_root = |folder: &&Path| folder.join(".git").exists() || folder.join("spanglass.toml").exists();
    folder.ancestors().find(is_root).map(Path::to_owned).unwrap_or(folder)
}
