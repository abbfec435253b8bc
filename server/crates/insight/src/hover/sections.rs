//! The parts of a hover, one function each, in the order in which they are read.

use std::collections::BTreeSet;

use attribution::{Confidence, Placement, ShapeId};
use model::SmolStr;
use source::{CallSite, Function, FunctionKey, SourceFile};
use store::{Exemplar, Figures};
use world::Snapshot;

use super::{Block, Piece, errors::errors};
use crate::{
    call_costs::{CallCost, is_call},
    exemplars::{Worth, worth_opening},
    figures::{self, Unit},
    neighbours::{self, Neighbour},
    visible::visible,
    wording,
};

/// Callers or callees shown.
const MAX_NEIGHBOURS: usize = 6;
/// Kinds of spans shown with their evidence.
const MAX_SHAPES: usize = 4;
/// Kinds of spans that are shown as unsure.
const MAX_UNSURE: usize = 3;

/// Everything about a function; empty when nothing is known.
pub(super) fn function(snapshot: &Snapshot, file: &SourceFile, function: &Function) -> Vec<Block> {
    let unsure = unsure(snapshot, &function.key);
    let Some((figures, unit)) = figures::of_function(snapshot, &function.key) else {
        return unsure;
    };
    let all = snapshot.shapes(&function.key);
    let runs: Vec<ShapeId> = all.iter().copied().filter(|shape| !is_call(snapshot, *shape)).collect();
    let calls = figures::calls_among(snapshot, all);
    let mut blocks = vec![title(function, snapshot, &calls), distribution(&figures, unit)];
    blocks.extend(over_time(snapshot, &figures));
    blocks.extend(errors_block(snapshot, &calls, &figures));
    blocks.extend(callers_block(snapshot, &neighbours::callers(snapshot, &calls)));
    blocks.extend(callees_block(snapshot, "Calls", &neighbours::callees(snapshot, &runs), figures.calls));
    blocks.extend(traces_block(snapshot, &figures));
    blocks.extend(evidence(snapshot, &calls, file));
    blocks.push(origin(snapshot, &figures));
    blocks.extend(unsure);
    blocks
}

/// Everything about one call.
pub(super) fn call(snapshot: &Snapshot, site: &CallSite, cost: &CallCost<'_>) -> Vec<Block> {
    let mut title = vec![words("call of "), quoted(&site.callee, 80)];
    if let Some(target) = &cost.target {
        title.extend([words(" to "), quoted(target, 40)]);
    }
    let mut blocks = vec![Block::Title(title), distribution(&cost.figures, Unit::Calls)];
    if let Some(per_call) = cost.per_call.filter(|per_call| wording::times(*per_call).is_some()) {
        let times = wording::times(per_call).unwrap_or_default();
        blocks.push(Block::Line(vec![
            words(&format!("{times} for each call of ")),
            quoted(&cost.function.name, 80),
        ]));
    }
    blocks.extend(over_time(snapshot, &cost.figures));
    let reached = neighbours::reached(snapshot, &cost.edges);
    blocks.extend(callees_block(snapshot, "Runs", &reached, cost.figures.calls));
    blocks.extend(traces_block(snapshot, &cost.figures));
    blocks.push(origin(snapshot, &cost.figures));
    blocks
}

fn title(function: &Function, snapshot: &Snapshot, calls: &[ShapeId]) -> Block {
    let mut pieces = vec![quoted(&function.key.path, 120)];
    let services: BTreeSet<SmolStr> = calls
        .iter()
        .filter_map(|shape| snapshot.table.shape(*shape))
        .map(|shape| shape.service.clone())
        .collect();
    if !services.is_empty() {
        pieces.push(words(" in "));
        pieces.push(quoted(&services.into_iter().take(4).collect::<Vec<_>>().join(", "), 120));
    }
    Block::Title(pieces)
}

fn distribution(figures: &Figures, unit: Unit) -> Block {
    let mut calls = figures::counted(figures, unit);
    if figures.is_estimate() {
        calls += &format!(" from {} sampled", wording::count(figures.seen));
    }
    let mut line = format!(
        "{calls} · p50 {} · p95 {} · p99 {} · max {}",
        wording::duration(figures.p50),
        wording::duration(figures.p95),
        wording::duration(figures.p99),
        wording::duration(figures.max),
    );
    if figures.errors > 0 {
        let errors = figures::errors(figures);
        line += &format!(" · {errors} ({})", wording::percent(figures.errors, figures.calls));
    }
    Block::Line(vec![words(&line)])
}

fn over_time(snapshot: &Snapshot, figures: &Figures) -> Option<Block> {
    if figures.seen < 2 || figures.calls_over_time.len() < 2 {
        return None;
    }
    let calls = wording::sparkline(figures.calls_over_time.iter().map(|calls| *calls as f64));
    let medians = wording::sparkline(figures.p50_over_time.iter().map(|median| median.as_secs_f64()));
    let window = wording::duration(snapshot.window);
    Some(Block::Line(vec![words(&format!("calls {calls} · p50 {medians} over the last {window}"))]))
}

fn errors_block(snapshot: &Snapshot, calls: &[ShapeId], figures: &Figures) -> Option<Block> {
    if figures.errors == 0 {
        return None;
    }
    let (kinds, more) = errors(snapshot, calls);
    let item = |kind: &super::errors::ErrorKind| {
        let age = wording::ago(snapshot.now.since(kind.latest));
        let mut pieces = vec![quoted(&kind.name, 80), words(&format!(" {}, {age}", kind.times()))];
        if let Some(place) = &kind.place {
            pieces.extend([words(", thrown at "), quoted(place, 160)]);
        }
        if !kind.message.is_empty() {
            pieces.extend([words(": "), quoted(&kind.message, 300)]);
        }
        pieces
    };
    let mut items: Vec<_> = kinds.iter().map(item).collect();
    if more > 0 {
        items.push(vec![words(&format!("and {more} more types"))]);
    }
    (!items.is_empty()).then(|| Block::List("Errors".into(), items))
}

fn callers_block(snapshot: &Snapshot, callers: &[Neighbour]) -> Option<Block> {
    neighbours_block(snapshot, "Called by", callers, |figures| {
        let calls = figures::counted(figures, Unit::Calls);
        format!("{calls}, p50 {}", wording::duration(figures.p50))
    })
}

/// `per`: how many calls the callees' calls are counted for.
fn callees_block(snapshot: &Snapshot, heading: &str, callees: &[Neighbour], per: u64) -> Option<Block> {
    neighbours_block(snapshot, heading, callees, |figures| {
        let times = wording::times(figures.calls as f64 / per.max(1) as f64).unwrap_or_default();
        let rarely = u128::from(figures.calls) * 10 < u128::from(per) * 9;
        let share = if rarely { format!("in {}", wording::percent(figures.calls, per)) } else { times };
        format!("{} {share}", wording::duration(figures.p50)).trim_end().to_owned()
    })
}

fn neighbours_block(
    snapshot: &Snapshot,
    heading: &str,
    neighbours: &[Neighbour],
    in_words: impl Fn(&Figures) -> String,
) -> Option<Block> {
    let rest = neighbours.len().saturating_sub(MAX_NEIGHBOURS);
    let item = |neighbour: &Neighbour| {
        let mut pieces = vec![quoted(&neighbour.service, 40), words(" ")];
        pieces.push(match &neighbour.function {
            Some(key) => Piece::Function { words: place_words(snapshot, key), key: key.clone() },
            None => quoted(&neighbour.name, 80),
        });
        let figures = &neighbour.figures;
        pieces.push(words(&format!(" {}", in_words(figures))));
        if figures.errors > 0 {
            pieces.push(words(&format!(" · {}", figures::errors(figures))));
        }
        pieces
    };
    let mut items: Vec<_> = neighbours.iter().take(MAX_NEIGHBOURS).map(item).collect();
    if rest > 0 {
        items.push(vec![words(&format!("and {rest} more"))]);
    }
    (!items.is_empty()).then(|| Block::List(heading.into(), items))
}

/// The traces worth opening.
fn traces_block(snapshot: &Snapshot, figures: &Figures) -> Option<Block> {
    let item = |worth: Worth| {
        let Exemplar { trace_id, span_id, .. } = worth.exemplar;
        vec![words(&format!("{} ", worth.reasons)), Piece::Trace { words: worth.words, trace_id, span_id }]
    };
    let items: Vec<_> = worth_opening(snapshot, figures).into_iter().map(item).collect();
    (!items.is_empty()).then(|| Block::List("Traces".into(), items))
}

fn evidence(snapshot: &Snapshot, calls: &[ShapeId], file: &SourceFile) -> Option<Block> {
    let mut items: Vec<Vec<Piece>> = Vec::new();
    for placement in calls.iter().take(MAX_SHAPES).filter_map(|shape| snapshot.table.placement(*shape)) {
        let item = evidence_pieces(placement);
        if !items.contains(&item) {
            items.push(item);
        }
    }
    if file.broken {
        items.push(vec![words(
            "the file does not parse as a whole: what stands in the broken part is not seen",
        )]);
    }
    (!items.is_empty()).then(|| Block::List("How the placement is known".into(), items))
}

fn evidence_pieces(placement: &Placement) -> Vec<Piece> {
    let mut pieces = vec![words(placement.confidence.name())];
    for (at, evidence) in placement.evidence.iter().enumerate() {
        pieces.push(words(if at == 0 { ": " } else { "; " }));
        pieces.push(quoted(&evidence.detail, 200));
    }
    pieces
}

/// Window and revision: what the figures are figures of.
fn origin(snapshot: &Snapshot, figures: &Figures) -> Block {
    let mut pieces = vec![words(&format!("The last {}", wording::duration(snapshot.window)))];
    let latest = figures.latest.and_then(|latest| snapshot.store.span(latest.trace_id, latest.span_id));
    if let Some(revision) = latest.and_then(|stored| stored.resource().revision().map(|it| visible(it, 40))) {
        pieces.extend([words(", latest from revision "), Piece::Quoted(revision)]);
    }
    Block::Line(pieces)
}

/// Kinds of spans that may or may not belong to the function: named as unsure, and counted nowhere.
fn unsure(snapshot: &Snapshot, key: &FunctionKey) -> Vec<Block> {
    let mut items = Vec::new();
    for (id, shape, placement) in snapshot.table.iter() {
        if placement.confidence != Confidence::Possible || !placement.candidates.contains(key) {
            continue;
        }
        let Some(figures) = snapshot.by_shape.figures([&id], snapshot.window, snapshot.now) else {
            continue;
        };
        let others = placement.candidates.len().saturating_sub(1) as u64;
        let spans = wording::counted(figures.seen, "span", "spans");
        let between = wording::counted(others, "other function", "other functions");
        items.push(vec![
            quoted(&shape.name, 80),
            words(&format!(": {spans} that may as well belong to {between}")),
        ]);
        if items.len() == MAX_UNSURE {
            break;
        }
    }
    if items.is_empty() { Vec::new() } else { vec![Block::List("Unsure, and not counted".into(), items)] }
}

/// `add (cart.py:12)`
fn place_words(snapshot: &Snapshot, key: &FunctionKey) -> String {
    let file = visible(&key.file, 120);
    let path = visible(&key.path, 80);
    match snapshot.index.function(key) {
        Some(function) => format!("{path} ({file}:{})", function.name_position.line + 1),
        None => format!("{path} ({file})"),
    }
}

fn words(text: &str) -> Piece {
    Piece::Words(text.to_owned())
}

fn quoted(text: &str, limit: usize) -> Piece {
    Piece::Quoted(visible(text, limit))
}
