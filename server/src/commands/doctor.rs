//! `spanglass doctor`: what is configured, reachable, received and placed; each problem with its remedy.

mod receiver;

use insight::{
    explain::{Explanation, explain},
    wording,
};
use serde_json::{Value, json};
use world::Snapshot;

use crate::{
    cli,
    commands::{Outcome, PROBLEM, SUCCESS},
    config::{Config, Origin, reference, user_file},
    offline::{self, Offline, Spans},
    output::{self, Paint, paint},
    received, wiring,
};

/// Runs the command.
pub(crate) async fn run(config: &Config, flags: &cli::Doctor) -> Outcome {
    let host = received::host(config).await;
    let source = match &host {
        Some(host) => format!("process {} receives at {}", host.pid, host.otlp),
        None => "no receiver is running; what is on disk counts".to_owned(),
    };
    let offline = offline::open(config, &flags.workspace, Spans::Received).await?;
    let receiver = received::receiver(host.as_ref()).await;
    let mut report = report(config, &offline.snapshot, &source, &receiver, &offline.problems);
    probe_backends(config, &mut report).await;
    if host.is_none() {
        report.advice.insert(
            0,
            "No receiver is running: open an editor with Spanglass, or run `spanglass serve`, before your app sends."
                .to_owned(),
        );
    }
    if flags.json {
        output::line(format!("{:#}", as_json(&offline, &report, &source, &receiver, host.is_some())));
    } else {
        print(&report);
    }
    Ok(if report.advice.is_empty() { SUCCESS } else { PROBLEM })
}

/// Doctor's report on a state.
pub(crate) fn report(
    config: &Config,
    snapshot: &Snapshot,
    source: &str,
    receiver: &Value,
    problems: &[String],
) -> Explanation {
    let mut report = explain(snapshot, source);
    receiver::add(&mut report, receiver);
    report.sections.push(("Settings".to_owned(), settings(config)));
    report.advice.extend(config.warnings.iter().chain(problems).cloned());
    report
}

/// Asks each configured backend whether it is there.
async fn probe_backends(config: &Config, report: &mut Explanation) {
    let mut lines = Vec::new();
    for backend in config.backends() {
        let probed = match wiring::open_backend(&backend) {
            Ok(opened) => opened.probe().await,
            Err(problem) => Err(problem),
        };
        let at = format!("{} ({} at {})", backend.name, backend.kind, backend.url);
        match probed {
            Ok(found) => {
                let version = found.version.map(|version| format!(" {version}")).unwrap_or_default();
                let services = wording::counted(found.services as u64, "service", "services");
                let took = wording::duration(found.round_trip);
                lines.push(format!("{at}: {}{version}, {services}, answered in {took}", found.product));
            }
            Err(problem) => {
                lines.push(format!("{at}: not usable"));
                report.advice.push(format!("Backend {}: {problem}", backend.name));
            }
        }
    }
    if !lines.is_empty() {
        report.sections.insert(1, ("Backends".to_owned(), lines));
    }
}

/// What differs from the defaults, and where that was said.
fn settings(config: &Config) -> Vec<String> {
    let mut lines = vec![format!("data folder {}", config.data_dir().display())];
    for setting in reference::SETTINGS.iter().filter(|setting| !setting.path.contains('*')) {
        let origin = config.origin(setting.path);
        if origin != Origin::Default {
            lines.push(format!(
                "{} = {} ({origin}): {}",
                setting.path,
                if setting.kind == reference::Kind::Token { "…" } else { config.text(setting.path) },
                setting.help
            ));
        }
    }
    if let Some(file) = user_file() {
        let state = if file.exists() { "is read" } else { "need not exist" };
        lines.push(format!("{} {state}", file.display()));
    }
    lines
}

/// In which folder the code of which service lies.
fn folders(snapshot: &Snapshot) -> Vec<Value> {
    let known = snapshot.table.services().into_iter();
    known
        .map(|known| json!({ "service": known.service, "folders": known.folders, "set_in": known.said_in }))
        .collect()
}

fn print(report: &Explanation) {
    for (heading, lines) in &report.sections {
        output::line(paint(heading, Paint::Bold));
        lines.iter().for_each(|line| output::line(format!("  {line}")));
    }
    if report.advice.is_empty() {
        output::line(paint("Nothing to mend.", Paint::Green));
        return;
    }
    output::line(paint("To do", Paint::Bold));
    report.advice.iter().for_each(|advice| output::line(format!("  {} {advice}", paint("!", Paint::Red))));
}

fn as_json(
    offline: &Offline,
    report: &Explanation,
    source: &str,
    receiver: &Value,
    is_hosted: bool,
) -> Value {
    let snapshot = &offline.snapshot;
    let counters = snapshot.store.counters();
    let unplaced: Vec<Value> = insight::explain::unplaced(snapshot)
        .into_iter()
        .map(|kind| {
            json!({ "service": kind.service, "kind": kind.kind, "name": kind.name, "spans": kind.spans, "why": kind.why })
        })
        .collect();
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "source": source,
        "hosted": is_hosted,
        "receiver": receiver,
        "spans": { "received": counters.received, "kept": counters.kept, "placed": snapshot.status.placed },
        "services": snapshot.store.services(),
        "folders": folders(snapshot),
        "workspace": { "files": snapshot.status.files, "functions": snapshot.status.functions,
                       "skipped": snapshot.status.skipped },
        "unplaced": unplaced,
        "not_followed": snapshot.table.origins().problems,
        "advice": report.advice,
    })
}
