//! `spanglass demo`: the product in one command, on a recorded shop of three services in three languages.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use insight::{annotate::AnnotatedLine, trace_tree::TraceTree};
use model::SmolStr;
use source::FunctionKey;
use store::{Query, TraceSummary};
use world::Snapshot;

use crate::{
    cli,
    commands::{Outcome, SUCCESS, annotate, attribute, serve, trace},
    config::Config,
    offline,
    output::{self, Paint, paint},
    wiring::{self, Running},
    workspace::Roots,
};

#[allow(missing_docs)]
mod shop {
    include!(concat!(env!("OUT_DIR"), "/shop.rs"));
}

/// How long the recorded spans may take from their sender to the last figure.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs the command.
pub(crate) async fn run(mut config: Config, flags: &cli::Demo) -> Outcome {
    let folder = config.data_dir().join("demo");
    let workspace = unpack(&folder).map_err(|error| {
        format!(
            "the demo cannot be unpacked into {}: {error}; set SPANGLASS_DATA_DIR to another folder",
            folder.display()
        )
    })?;
    // A receiver of its own on a free port: the demo must not disturb what is really received.
    config.set_flag("receiver.http", "127.0.0.1:0".to_owned());
    config.set_flag("receiver.grpc", "off".to_owned());
    config.set_flag("data_dir", folder.join("data").display().to_string());
    config.set_flag("archive.enabled", "false".to_owned());

    let roots = Roots::new([workspace.clone()]);
    let running = wiring::start(&config).await?;
    let receiver = running.receiver_address().ok_or_else(|| running.label())?;
    crate::workspace::read_into(&roots, None, |change| running.world.send(change));
    heading(&format!(
        "Sending {} recorded request bodies of a shop to http://{receiver}/v1/traces",
        shop::BODIES.len()
    ));
    let sent = send_recording(&receiver).await?;
    let snapshot = wait_for(&running, sent).await?;
    output::line(format!(
        "{} spans in {} traces from {} services, {} of them placed in the code at {}",
        insight::wording::count(snapshot.status.spans),
        insight::wording::count(snapshot.store.traces(&Query::default()).len() as u64),
        snapshot.store.services().len(),
        insight::wording::count(snapshot.status.placed),
        workspace.display(),
    ));
    print_functions(&snapshot, &workspace);
    print_traces(&snapshot);
    print_where_next(&running, &snapshot, &workspace);
    if flags.once {
        running.stop().await;
        return Ok(SUCCESS);
    }
    output::line("");
    output::line(paint("Serving until Ctrl-C.", Paint::Dim));
    serve::until_stopped(running).await
}

/// Writes the shop's code to disk, where an editor can open it.
fn unpack(folder: &Path) -> std::io::Result<PathBuf> {
    let workspace = folder.join("shop");
    for (path, text) in shop::SOURCES {
        let path = workspace.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, text)?;
    }
    workspace.canonicalize()
}

/// Sends the recording over HTTP as the shop's exporters did, its last span ending now. Answers with the number of
/// spans.
async fn send_recording(receiver: &str) -> Result<u64, String> {
    let limits = formats::Limits::default();
    let mut batches = Vec::new();
    for body in shop::BODIES {
        let batch = formats::otlp_proto::decode_traces(body, &limits)
            .map_err(|error| format!("the recording: {error}"))?;
        batches.push(batch);
    }
    let end = batches.iter().map(formats::latest_time).max().unwrap_or_default();
    let mut sent = 0;
    for batch in batches {
        let batch = formats::shift_times(batch, offline::until_now(end));
        sent += batch.spans.len() as u64;
        let body = formats::otlp_proto::encode_traces(&batch.spans);
        ingest::send::otlp_http(&format!("http://{receiver}"), body)
            .await
            .map_err(|error| error.to_string())?;
    }
    Ok(sent)
}

/// Waits until everything sent has reached the figures.
async fn wait_for(running: &Running, sent: u64) -> Result<Snapshot, String> {
    let mut received = running.received.clone();
    let waiting = async {
        loop {
            received.borrow_and_update();
            let snapshot = running.world.snapshot().await.ok_or("the state ended unexpectedly")?;
            if snapshot.store.counters().received >= sent {
                return Ok(snapshot);
            }
            received.changed().await.map_err(|_| "the receiver ended unexpectedly".to_owned())?;
        }
    };
    tokio::time::timeout(PATIENCE, waiting)
        .await
        .map_err(|_| format!("not all of the {sent} spans arrived within {} s", PATIENCE.as_secs()))?
}

/// Functions with figures, file by file: the lens, the signature, and the lines that carry a hint.
fn print_functions(snapshot: &Snapshot, workspace: &Path) {
    let files: BTreeSet<SmolStr> = snapshot.shapes_of.keys().map(|function| function.file.clone()).collect();
    for file in files {
        let Ok(text) = fs::read_to_string(workspace.join(file.as_str())) else { continue };
        let lines = insight::annotate::annotate(snapshot, &file, &text);
        let functions = snapshot.index.file(&file).map(|file| file.functions.as_slice()).unwrap_or_default();
        let signatures = functions.iter().map(|function| function.name_position.line).collect();
        heading(&file);
        for line in shown_lines(&lines, &signatures) {
            match line {
                Some(line) => annotate::print_line(line),
                None => output::line(paint("       ⋮", Paint::Dim)),
            }
        }
    }
}

/// Lenses with the signature below them, and lines with hints; `None` stands for lines left out between two.
/// `signatures` has the 0-based lines of functions' names: decorators may stand between a lens and its function.
fn shown_lines<'a>(lines: &'a [AnnotatedLine], signatures: &BTreeSet<u32>) -> Vec<Option<&'a AnnotatedLine>> {
    let mut shown = Vec::new();
    let mut last = None;
    let mut below_lens = false;
    for (at, line) in lines.iter().enumerate() {
        let is_shown = match line {
            AnnotatedLine::Lens(_) => {
                below_lens = true;
                true
            }
            AnnotatedLine::Source { line, hints, .. } => {
                let is_shown = below_lens || !hints.is_empty();
                below_lens &= !signatures.contains(line);
                is_shown
            }
        };
        if is_shown {
            if last.is_some_and(|last| at > last + 1) {
                shown.push(None);
            }
            shown.push(Some(line));
            last = Some(at);
        }
    }
    shown
}

/// The slowest trace that went through several services, and one that failed with an exception in several.
fn print_traces(snapshot: &Snapshot) {
    let traces = snapshot.store.traces(&Query::default());
    let slowest =
        traces.iter().filter(|it| it.errors == 0).max_by_key(|it| (it.services.len().min(2), it.duration));
    let failing =
        traces.iter().filter(|it| has_exception(snapshot, it)).max_by_key(|it| (it.errors, it.spans));
    for (title, found) in [("A slow trace", slowest), ("A failing trace", failing)] {
        let Some(found) = found else { continue };
        heading(&format!("{title}: {}", found.trace_id));
        TraceTree::of(snapshot, found.trace_id).iter().for_each(trace::print_waterfall);
    }
}

fn has_exception(snapshot: &Snapshot, trace: &TraceSummary) -> bool {
    let trace = snapshot.store.trace(trace.trace_id);
    trace.is_some_and(|trace| {
        trace.spans().any(|stored| stored.may_have_events() && stored.span().exceptions().next().is_some())
    })
}

fn print_where_next(running: &Running, snapshot: &Snapshot, workspace: &Path) {
    heading("Where next");
    if let Some((page, trace_id)) = running.page().zip(snapshot.store.traces(&Query::default()).first()) {
        let page = trace::page_address(&page.api, &page.token, trace_id.trace_id);
        output::line(format!("Trace page   {}", paint(&page, Paint::Cyan)));
    }
    let slowest = slowest_function(snapshot);
    if let Some(function) = slowest {
        output::line(format!("Look at      {}", attribute::place_text(snapshot, &function)));
    }
    let binary = std::env::current_exe().unwrap_or_else(|_| "spanglass".into());
    let data = running.data_dir().display().to_string();
    let (binary, workspace) = (binary.display(), workspace.display());
    output::line(format!(
        "
VS Code, after `cargo xtask package` and `code --install-extension spanglass.vsix`, in a terminal:

    SPANGLASS_DATA_DIR='{data}' code '{workspace}'

Neovim 0.11 or newer, in init.lua:

    vim.lsp.config('spanglass', {{ cmd = {{ '{binary}', 'lsp' }}, root_markers = {{ '.git', 'spanglass.toml' }},
      filetypes = {{ 'python', 'javascript', 'typescript', 'typescriptreact', 'rust', 'go', 'java', 'kotlin',
        'cs', 'php', 'cpp', 'c', 'ruby', 'elixir' }} }})
    vim.lsp.enable('spanglass')

and in a terminal, while this runs:

    SPANGLASS_DATA_DIR='{data}' nvim '{workspace}/checkout/orders.py'

Your own app needs no set-up: it sends to 127.0.0.1:4318, where `spanglass lsp` and `spanglass serve` listen."
    ));
}

fn slowest_function(snapshot: &Snapshot) -> Option<FunctionKey> {
    let figures =
        snapshot.shapes_of.keys().filter_map(|function| Some((snapshot.figures(function)?.p95, function)));
    figures.max().map(|(_, function)| function.clone())
}

fn heading(text: &str) {
    output::line("");
    output::line(paint(text, Paint::Bold));
}
