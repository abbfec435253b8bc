//! What a person may want to say of the placements in a function: that spans belong to it, or that they do not.

use attribution::{Confidence, Rule, Shape, ShapeId, Subject};
use source::FunctionKey;
use world::Snapshot;

use crate::{hover::is_head, visible::visible};

/// Choices of either sort.
const MAX_CHOICES: usize = 6;

/// One thing that may be said.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// In words.
    pub title: String,
    /// Whether spans are to belong to the function; else they are not to.
    pub is_pin: bool,
    /// Which spans.
    pub subject: Subject,
    /// The function.
    pub function: FunctionKey,
}

/// What may be said of the function whose name or signature stands at byte `offset` of the file known by `path`.
pub fn choices(snapshot: &Snapshot, path: &str, offset: u32) -> Vec<Choice> {
    let Some(file) = snapshot.index.file(path) else { return Vec::new() };
    let Some(function) = file.function_at(offset).filter(|function| is_head(function, offset)) else {
        return Vec::new();
    };
    let key = &function.key;
    let (mut pins, mut rejections) = (Vec::new(), Vec::new());
    for (id, shape, placement) in snapshot.table.iter() {
        let is_here = placement.function.as_ref() == Some(key);
        if !(is_here || placement.candidates.contains(key)) || !has_figures(snapshot, id) {
            continue;
        }
        let is_pinned = placement.evidence.iter().any(|evidence| evidence.rule == Rule::Pinned);
        if placement.confidence < Confidence::Certain && !is_pinned {
            add(&mut pins, choice(shape, key, true));
        }
        add(&mut rejections, choice(shape, key, false));
    }
    pins.into_iter().chain(rejections).collect()
}

fn choice(shape: &Shape, key: &FunctionKey, is_pin: bool) -> Choice {
    let (name, function) = (visible(&shape.name, 60), visible(&key.path, 60));
    let title = match is_pin {
        true => format!("Spanglass: spans `{name}` belong to `{function}`"),
        false => format!("Spanglass: spans `{name}` do not belong to `{function}`"),
    };
    Choice { title, is_pin, subject: Subject::of(shape), function: key.clone() }
}

fn add(choices: &mut Vec<Choice>, choice: Choice) {
    if choices.len() < MAX_CHOICES && !choices.contains(&choice) {
        choices.push(choice);
    }
}

fn has_figures(snapshot: &Snapshot, id: ShapeId) -> bool {
    snapshot.by_shape.figures([&id], snapshot.window, snapshot.now).is_some()
}
