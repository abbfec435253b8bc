//! Costs at the places that call, inside the text.

use model::TextRange;
use source::{FunctionKey, SourceFile};
use store::Figures;
use world::Snapshot;

use crate::{
    call_costs::{CallCost, Place, call_costs},
    figures::{self, Unit},
    wording,
};

/// Which hints are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// What calls cost, where they are made.
    pub calls: bool,
    /// A function's own figures behind its signature: for editors that show no lenses.
    pub signatures: bool,
}

/// One hint.
#[derive(Clone, Debug, PartialEq)]
pub struct Hint {
    /// Where in the text it stands.
    pub position: HintPosition,
    /// What it says: `⟶ cart 8 ms ×3`.
    pub label: String,
    /// The function it stands in.
    pub function: FunctionKey,
    /// What the call went to, where the text does not say so itself.
    pub target: Option<String>,
    /// The figures behind it.
    pub figures: Figures,
    /// What they count.
    pub unit: Unit,
    /// How many ran for each call of the function, where that is known.
    pub per_call: Option<f64>,
}

/// Where a hint stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HintPosition {
    /// At this byte of the text.
    Offset(u32),
    /// At the end of this 0-based line.
    LineEnd(u32),
}

/// The hints of the file known by `path` that stand within `range`, in the order of the text. Nothing that rests on
/// evidence below likely.
pub fn inlay_hints(snapshot: &Snapshot, path: &str, range: TextRange, options: &Options) -> Vec<Hint> {
    let Some(file) = snapshot.index.file(path) else {
        return Vec::new();
    };
    let lines = snapshot.documents.get(path).map(|(_, document)| document.lines.clone());
    let is_inside = |hint: &Hint| match hint.position {
        HintPosition::Offset(offset) => range.start <= offset && offset <= range.end,
        HintPosition::LineEnd(line) => lines.as_ref().is_none_or(|lines| {
            let end = lines.line_start(line.saturating_add(1)).saturating_sub(1);
            range.start <= end && end <= range.end
        }),
    };
    let mut hints: Vec<Hint> = Vec::new();
    if options.signatures {
        hints.extend(signature_hints(snapshot, file).filter(is_inside));
    }
    if options.calls {
        hints.extend(call_costs(snapshot, file).iter().map(call_hint).filter(is_inside));
    }
    hints
}

/// `⟶ cart 8 ms ×3 · 2 errors`: the median, and how often for each call of the function around it.
fn call_hint(cost: &CallCost<'_>) -> Hint {
    let mut label = "⟶ ".to_owned();
    if let Some(target) = &cost.target {
        label += target;
        label.push(' ');
    }
    label += &wording::duration(cost.figures.p50);
    if let Some(times) = cost.per_call.and_then(wording::times) {
        label += &format!(" {times}");
    }
    if cost.figures.errors > 0 {
        label += &format!(" · {}", wording::counted(cost.figures.errors, "error", "errors"));
    }
    let position = match cost.place {
        Place::Site(site) => HintPosition::Offset(site.end),
        Place::Line(line) => HintPosition::LineEnd(line),
    };
    Hint {
        position,
        label,
        function: cost.function.key.clone(),
        target: cost.target.as_ref().map(|target| target.to_string()),
        figures: cost.figures.clone(),
        unit: Unit::Calls,
        per_call: cost.per_call,
    }
}

fn signature_hints(snapshot: &Snapshot, file: &SourceFile) -> impl Iterator<Item = Hint> {
    file.functions.iter().filter_map(|function| {
        let (figures, unit) = figures::of_function(snapshot, &function.key)?;
        Some(Hint {
            position: HintPosition::LineEnd(function.name_position.line),
            label: figures::line(&figures, unit),
            function: function.key.clone(),
            target: None,
            figures,
            unit,
            per_call: None,
        })
    })
}
