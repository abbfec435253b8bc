//! Scores placement against truth tables: `place FOLDER TABLE.jsonl [--verbose]`, each row a trace of its own.
//!
//! Counts as the scorer of the product's truth tables does; for those who write rules.
#![allow(clippy::print_stdout)]

use std::{collections::BTreeMap, path::Path, sync::Arc};

use attribution::{Placement, Table, place_trace};
use model::{
    Attributes, Resource, Scope, SmolStr, Span, SpanId, SpanKind, Status, Timestamp, TraceId, Value, keys,
};
use serde_json::Value as Json;
use source::Index;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (Some(folder), Some(table)) = (arguments.next(), arguments.next()) else {
        println!("usage: place FOLDER TABLE.jsonl [--verbose]");
        return;
    };
    let verbose = arguments.next().is_some();
    let mut index = Index::default();
    add(Path::new(&folder), Path::new(&folder), &mut index);
    let text = std::fs::read_to_string(&table).unwrap_or_default();
    let rows: Vec<Json> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let traces: Vec<Vec<Arc<Span>>> =
        rows.iter().enumerate().map(|(at, row)| spans(row, at as u64)).collect();
    let mut places = Table::default();
    for span in traces.iter().flatten() {
        places.intern(span, &index);
    }
    places.refresh(&index);
    let mut score = Score::default();
    for (row, spans) in rows.iter().zip(&traces) {
        let placed = place_trace(&places, &index, spans);
        if let Some(last) = placed.last() {
            score.count(row, last, &index, verbose);
        }
    }
    score.print();
}

#[derive(Default)]
struct Score {
    placed: u32,
    right: u32,
    placeable: u32,
    found: u32,
    by: BTreeMap<String, (u32, u32, u32)>,
}

impl Score {
    fn count(&mut self, row: &Json, placement: &Placement, index: &Index, verbose: bool) {
        let shown = placement.is_shown();
        let function = placement.function.as_ref().filter(|_| shown).and_then(|key| index.function(key));
        let mut answers: Vec<&Json> = vec![&row["expected"]];
        answers.extend(row["accept"].as_array().into_iter().flatten());
        let is_ambiguous =
            row["tags"].as_array().is_some_and(|tags| tags.iter().any(|tag| tag == "ambiguous"));
        let is_right = !is_ambiguous
            && function.is_some_and(|function| answers.iter().any(|answer| same(answer, function)));
        let is_placeable = !row["expected"].is_null() && !is_ambiguous;
        self.placed += u32::from(shown);
        self.right += u32::from(is_right);
        self.placeable += u32::from(is_placeable);
        self.found += u32::from(is_placeable && is_right);
        let by = self.by.entry(row["how"].as_str().unwrap_or_default().to_owned()).or_default();
        by.0 += u32::from(is_placeable);
        by.1 += u32::from(is_placeable && is_right);
        by.2 += u32::from(shown && !is_right);
        if verbose && !is_right && (shown || is_placeable) {
            let word = if shown { "WRONG" } else { "missed" };
            println!(
                "{word} {} {} {}: expected {} got {:?} {} {:?} {:?}",
                row["id"],
                row["span_kind"],
                row["span_name"],
                row["expected"],
                placement.function.as_ref().map(ToString::to_string),
                placement.confidence,
                placement
                    .evidence
                    .iter()
                    .map(|evidence| format!("{}: {}", evidence.rule, evidence.detail))
                    .collect::<Vec<_>>(),
                placement.candidates.iter().map(ToString::to_string).collect::<Vec<_>>(),
            );
        }
    }

    fn print(&self) {
        println!("precision {}/{} recall {}/{}", self.right, self.placed, self.found, self.placeable);
        for (how, (placeable, found, wrong)) in &self.by {
            println!("    {how:24} found {found}/{placeable}, wrong {wrong}");
        }
    }
}

fn same(answer: &Json, function: &source::Function) -> bool {
    let Some(file) = answer["file"].as_str() else { return false };
    if file != function.key.file {
        return false;
    }
    if answer["line"].as_u64() == Some(u64::from(function.name_position.line) + 1) {
        return true;
    }
    let name = answer["function"].as_str().unwrap_or_default();
    let last = |name: &str| {
        let name = name.replace("::", ".").replace('#', ".");
        name.rsplit('.').next().unwrap_or_default().trim_matches(['(', ')', '<', '>']).to_owned()
    };
    !name.starts_with('<') && !last(name).is_empty() && last(name) == last(&function.name)
}

fn spans(row: &Json, number: u64) -> Vec<Arc<Span>> {
    let mut resource: Attributes =
        [("service.name", row["service"].as_str().unwrap_or_default())].into_iter().collect();
    push_all(&mut resource, &row["resource"]);
    let resource = Arc::new(Resource { attributes: resource });
    let parent_id = SpanId((number * 2 + 1).to_be_bytes());
    let own_id = SpanId((number * 2 + 2).to_be_bytes());
    let has_parent = row["parent"].is_object();
    let mut spans = Vec::new();
    if has_parent {
        spans.push(Arc::new(span(&row["parent"], parent_id, None, &resource)));
    }
    spans.push(Arc::new(span(row, own_id, has_parent.then_some(parent_id), &resource)));
    spans
}

fn span(row: &Json, span_id: SpanId, parent: Option<SpanId>, resource: &Arc<Resource>) -> Span {
    let mut attributes = Attributes::default();
    push_all(&mut attributes, &row["attributes"]);
    let kind = match row["span_kind"].as_str().unwrap_or_default().to_uppercase().as_str() {
        "SERVER" => SpanKind::Server,
        "CLIENT" => SpanKind::Client,
        "PRODUCER" => SpanKind::Producer,
        "CONSUMER" => SpanKind::Consumer,
        _ => SpanKind::Internal,
    };
    Span {
        trace_id: TraceId([1; 16]),
        span_id,
        parent,
        name: row["span_name"].as_str().unwrap_or_default().into(),
        kind,
        start: Timestamp(1),
        end: Timestamp(2),
        attributes,
        events: Vec::new(),
        links: Vec::new(),
        status: Status::default(),
        trace_state: SmolStr::default(),
        resource: resource.clone(),
        scope: Arc::new(Scope {
            name: row["scope_name"].as_str().unwrap_or_default().into(),
            ..Scope::default()
        }),
    }
}

fn push_all(attributes: &mut Attributes, pairs: &Json) {
    for (key, value) in pairs.as_object().into_iter().flatten() {
        let value = match value {
            Json::String(text) => Value::from(text.as_str()),
            Json::Number(number) => {
                number.as_i64().map_or(Value::Double(number.as_f64().unwrap_or(0.0)), Value::Int)
            }
            Json::Bool(truth) => Value::Bool(*truth),
            Json::Null => continue,
            other => Value::from(other.to_string().as_str()),
        };
        if key != keys::SERVICE_NAME {
            attributes.0.push((key.as_str().into(), value));
        }
    }
}

fn add(root: &Path, folder: &Path, index: &mut Index) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() && !name.starts_with('.') && name != "node_modules" && name != "target" {
            add(root, &path, index);
        } else if let (Ok(relative), Ok(text)) = (path.strip_prefix(root), std::fs::read_to_string(&path))
            && let Ok(file) = source::read(&relative.to_string_lossy().replace('\\', "/"), &text)
        {
            index.insert(Arc::new(file));
        }
    }
}
