//! Why something shows, and why something does not: what was received, what was placed, and what to do.

use std::collections::BTreeMap;

use attribution::{Confidence, Placement, Rule, ServiceFolder, Shape, ShapeId, place_below};
use world::Snapshot;

use crate::{visible::visible, wording};

/// Kinds of spans listed.
const MAX_KINDS: usize = 15;
/// Services listed.
const MAX_SERVICES: usize = 30;
/// Files or reasons listed.
const MAX_LISTED: usize = 5;

/// Everything a person who wonders may want to know.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Headings and their lines, in the order in which they are read.
    pub sections: Vec<(String, Vec<String>)>,
    /// What to do, if anything is wrong: each names what is wrong and the remedy.
    pub advice: Vec<String>,
}

/// A kind of span that has no place.
#[derive(Clone, Debug, PartialEq)]
pub struct Unplaced {
    /// Its service.
    pub service: String,
    /// `SERVER`, `CLIENT`, …
    pub kind: String,
    /// Its name.
    pub name: String,
    /// How many ended in the window.
    pub spans: u64,
    /// What the rules found, or that there was nothing to go by.
    pub why: String,
}

/// Explains the state as it is. `source` is where spans come from, in words.
pub fn explain(snapshot: &Snapshot, source: &str) -> Explanation {
    let status = &snapshot.status;
    let unplaced = unplaced(snapshot);
    let sections = vec![
        ("Source".to_owned(), vec![visible(source, 200)]),
        ("Received".to_owned(), received(snapshot)),
        ("Workspace".to_owned(), workspace(snapshot)),
        ("Placed".to_owned(), placed(snapshot)),
        ("Code of services".to_owned(), services(snapshot)),
        ("Revisions and source maps".to_owned(), origins(snapshot)),
        (
            "Not placed, by kind of span".to_owned(),
            unplaced
                .iter()
                .take(MAX_KINDS)
                .map(|kind| {
                    let Unplaced { service, kind, name, spans, why } = kind;
                    format!("{} {service} {kind} {name}: {why}", wording::count(*spans))
                })
                .collect(),
        ),
        (
            "Refused".to_owned(),
            status
                .refused
                .iter()
                .map(|(why, count)| format!("{} {}", wording::count(*count), visible(why, 160)))
                .collect(),
        ),
    ];
    let sections = sections.into_iter().filter(|(_, lines)| !lines.is_empty()).collect();
    Explanation { sections, advice: advice(snapshot) }
}

/// Kinds of spans without a sure place, the most frequent first; without those that are known to have none.
pub fn unplaced(snapshot: &Snapshot) -> Vec<Unplaced> {
    let mut kinds: BTreeMap<(String, String, String, String), u64> = BTreeMap::new();
    for (id, shape, placement) in snapshot.table.iter() {
        if placement.is_shown() || is_nowhere(placement) || has_caller(snapshot, id, shape, placement) {
            continue;
        }
        let Some(spans) = count_of(snapshot, id) else { continue };
        let (service, name) = (visible(&shape.service, 60), visible(&shape.name, 100));
        *kinds.entry((service, shape.kind.to_string(), name, why(placement))).or_default() += spans;
    }
    let mut kinds: Vec<Unplaced> = kinds
        .into_iter()
        .map(|((service, kind, name, why), spans)| Unplaced { service, kind, name, spans, why })
        .collect();
    kinds.sort_by(|a, b| b.spans.cmp(&a.spans).then_with(|| a.name.cmp(&b.name)));
    kinds
}

/// What the rules found, in words.
fn why(placement: &Placement) -> String {
    let mut details: Vec<String> =
        placement.evidence.iter().map(|evidence| visible(&evidence.detail, 160)).collect();
    details.dedup();
    let details = details.join("; ");
    if placement.confidence == Confidence::Possible && !placement.candidates.is_empty() {
        let functions = wording::counted(placement.candidates.len() as u64, "function", "functions");
        let colon = if details.is_empty() { "" } else { ": " };
        return format!("nothing decides between {functions}{colon}{details}");
    }
    if details.is_empty() {
        return "no code attribute, name, route or caller leads to this workspace".into();
    }
    details
}

/// Whether spans are known to have no function: work of a library, a framework, the runtime.
fn is_nowhere(placement: &Placement) -> bool {
    !placement.is_shown() && placement.evidence.iter().any(|evidence| evidence.rule == Rule::Noise)
}

impl Explanation {
    /// As text: headings, indented lines, then what to do.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (heading, lines) in &self.sections {
            text += &format!("{heading}\n");
            lines.iter().for_each(|line| text += &format!("  {line}\n"));
        }
        if !self.advice.is_empty() {
            text += "What to do\n";
            self.advice.iter().for_each(|line| text += &format!("  {line}\n"));
        }
        text
    }
}

/// Whether spans of a shape belong to a call that is known because of what called them.
fn has_caller(snapshot: &Snapshot, id: ShapeId, shape: &Shape, own: &Placement) -> bool {
    let parents = snapshot.calls.to(id).filter_map(|edge| snapshot.table.placement(edge.parent));
    let mut functions =
        parents.filter(|parent| parent.is_shown()).filter_map(|parent| parent.function.as_ref());
    functions.any(|function| {
        place_below(&snapshot.index, shape, own, function).is_some_and(|placement| placement.is_shown())
    })
}

fn count_of(snapshot: &Snapshot, id: ShapeId) -> Option<u64> {
    snapshot.by_shape.figures([&id], snapshot.window, snapshot.now).map(|figures| figures.seen)
}

fn received(snapshot: &Snapshot) -> Vec<String> {
    let status = &snapshot.status;
    if status.spans == 0 {
        return vec!["no span yet".into()];
    }
    let services: Vec<String> =
        snapshot.store.services().iter().map(|service| visible(service, 40)).collect();
    let shown = services.iter().take(8).cloned().collect::<Vec<_>>().join(", ");
    let more = services.len().saturating_sub(8);
    let and_more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let spans = wording::counted(status.spans, "span", "spans");
    let counters = snapshot.store.counters();
    let mut lines = vec![
        format!("{spans}, the last {}", wording::ago(snapshot.now.since(status.last_span))),
        format!("from {}: {shown}{and_more}", wording::counted(services.len() as u64, "service", "services")),
        format!("kept {} in {}", wording::count(counters.kept), wording::bytes(counters.bytes)),
    ];
    let lost = [
        (counters.duplicate, "were here already"),
        (counters.dropped, "were over the limit of their trace"),
        (counters.evicted, "left to make room for newer ones"),
    ];
    lines.extend(lost.iter().filter(|(n, _)| *n > 0).map(|(n, why)| format!("{} {why}", wording::count(*n))));
    lines
}

fn workspace(snapshot: &Snapshot) -> Vec<String> {
    let status = &snapshot.status;
    let mut lines = vec![format!(
        "{} with {}{}",
        wording::counted(status.files as u64, "file", "files"),
        wording::counted(status.functions as u64, "function", "functions"),
        if status.workspace_read { "" } else { ", still reading" },
    )];
    let skipped = status.skipped.iter().take(MAX_LISTED);
    lines.extend(
        skipped.map(|(file, why)| format!("passed over {}: {}", visible(file, 120), visible(why, 120))),
    );
    let more = status.skipped.len().saturating_sub(MAX_LISTED);
    if more > 0 {
        lines.push(format!("passed over {more} more"));
    }
    lines
}

fn placed(snapshot: &Snapshot) -> Vec<String> {
    let status = &snapshot.status;
    if status.spans == 0 {
        return Vec::new();
    }
    let share = wording::percent(status.placed, status.spans);
    let with_data = wording::counted(snapshot.shapes_of.len() as u64, "function", "functions");
    let (placed, spans) = (wording::count(status.placed), wording::count(status.spans));
    let mut lines = vec![format!("{placed} of {spans} ({share}), in {with_data}")];
    let nowhere = snapshot.table.iter().filter(|(_, _, placement)| is_nowhere(placement));
    let nowhere: u64 = nowhere.filter_map(|(id, _, _)| count_of(snapshot, id)).sum();
    if nowhere > 0 {
        let nowhere = wording::count(nowhere);
        lines
            .push(format!("{nowhere} are work of libraries, frameworks or the runtime and have no function"));
    }
    lines
}

/// What was read of what ran, and why the rest was not.
fn origins(snapshot: &Snapshot) -> Vec<String> {
    let origins = snapshot.table.origins();
    let mut lines = Vec::new();
    if !origins.is_empty() {
        let places = wording::counted(origins.len() as u64, "file", "files");
        lines.push(format!(
            "followed to the code here: {places} of other revisions and bundles, as spans name them"
        ));
    }
    lines.extend(origins.problems.iter().map(|problem| visible(problem, 300)));
    lines
}

/// In which folders the code of each service lies, and whether that was said or learned.
fn services(snapshot: &Snapshot) -> Vec<String> {
    let line = |known: ServiceFolder| {
        let folders: Vec<String> = known.folders.iter().map(|folder| visible(folder, 120)).collect();
        let how = match &known.said_in {
            Some(said_in) => format!("set in {said_in}"),
            None => {
                let kinds = wording::counted(u64::from(known.shapes), "kind of span", "kinds of spans");
                let files = wording::counted(known.files as u64, "file", "files");
                format!("learned from {kinds} in {files}")
            }
        };
        format!("{}: {} ({how})", visible(&known.service, 60), folders.join(", "))
    };
    snapshot.table.services().into_iter().take(MAX_SERVICES).map(line).collect()
}

fn advice(snapshot: &Snapshot) -> Vec<String> {
    let status = &snapshot.status;
    let mut advice = Vec::new();
    if status.spans == 0 {
        advice.push(
            "Nothing has arrived: set OTEL_EXPORTER_OTLP_ENDPOINT of the app to the address above, \
             and OTEL_EXPORTER_OTLP_PROTOCOL to http/protobuf."
                .to_owned(),
        );
    } else if snapshot.now.since(status.last_span) > snapshot.window {
        let window = wording::duration(snapshot.window);
        advice.push(format!(
            "Nothing has arrived in the last {window}, over which figures are shown: use the app."
        ));
    }
    if status.workspace_read && status.files == 0 {
        advice.push(
            "No file of the workspace is in a language that is read (Python, JavaScript, TypeScript, Rust, Go, Java, \
             Kotlin, C#, PHP, C++, Ruby, Elixir): open the folder that holds the code of the app."
                .to_owned(),
        );
    }
    if status.spans > 0 && status.placed == 0 && status.workspace_read && status.files > 0 {
        advice.push(
            "Spans arrive, but none belongs to a function here: compare the services above with this workspace, \
             and the names below with its routes."
                .to_owned(),
        );
    }
    advice
}
