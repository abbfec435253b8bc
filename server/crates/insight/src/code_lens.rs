//! One line of figures above every function that has data.

use source::{Function, FunctionKey};
use store::{Exemplar, Figures};
use world::Snapshot;

use crate::figures::{self, Unit};

/// What stands above one function.
#[derive(Clone, Debug, PartialEq)]
pub struct Lens {
    /// The function.
    pub function: FunctionKey,
    /// 0-based line above which it stands: of the first decorator, or of the signature.
    pub line: u32,
    /// 0-based line of the function's name.
    pub name_line: u32,
    /// The figures in words.
    pub title: String,
    /// The figures themselves.
    pub figures: Figures,
    /// What they count.
    pub unit: Unit,
    /// The trace worth a look: the last that failed, else the slowest.
    pub exemplar: Option<Exemplar>,
}

/// The lenses of the file known by `path`, in the order of the text; one for each function with data.
pub fn code_lenses(snapshot: &Snapshot, path: &str) -> Vec<Lens> {
    let Some(file) = snapshot.index.file(path) else {
        return Vec::new();
    };
    file.functions.iter().filter_map(|function| code_lens(snapshot, function)).collect()
}

fn code_lens(snapshot: &Snapshot, function: &Function) -> Option<Lens> {
    let (figures, unit) = figures::of_function(snapshot, &function.key)?;
    Some(Lens {
        function: function.key.clone(),
        line: function.first_line(),
        name_line: function.name_position.line,
        title: figures::line(&figures, unit),
        unit,
        exemplar: figures.latest_error.or(figures.slowest).or(figures.latest),
        figures,
    })
}
