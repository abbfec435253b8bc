//! Precision and recall of placements, counted as the tables define them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use attribution::Placement;
use source::Index;

use crate::recordings::{Place, Row};

/// Counts of spans.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Shown with a place.
    pub placed: u32,
    /// Shown with a right one.
    pub right: u32,
    /// Spans that have a place.
    pub placeable: u32,
    /// Of those, shown with a right one.
    pub found: u32,
}

/// Counts of lines at which calls are made.
#[derive(Clone, Copy, Debug, Default)]
pub struct CallSites {
    /// Rightly placed spans of which the table knows the line.
    pub wanted: u32,
    /// Of those, with a line.
    pub told: u32,
    /// Of those, with the right one.
    pub right: u32,
}

/// All counts.
#[derive(Clone, Debug, Default)]
pub struct Score {
    /// Over everything.
    pub total: Counts,
    /// Lines at which calls are made.
    pub call_sites: CallSites,
    by_language: BTreeMap<String, Counts>,
    by_app: BTreeMap<String, Counts>,
    by_why: BTreeMap<String, Counts>,
    by_rule: BTreeMap<String, Counts>,
    /// What was wrong or missed, once a kind.
    pub misses: BTreeSet<String>,
}

impl Score {
    /// Counts one span.
    pub fn count(&mut self, row: &Row, name: &str, placement: &Placement, index: &Index) {
        let shown = placement.is_shown();
        let function = placement.function.as_ref().filter(|_| shown).and_then(|key| index.function(key));
        let is_answer = |answer: &Place| {
            function.is_some_and(|function| {
                function.key.file == format!("{}/{}", row.app, answer.file)
                    && (function.name_position.line + 1 == answer.line
                        || (!answer.function.starts_with('<') && function.name == answer.function))
            })
        };
        let answer = row.answers().find(is_answer);
        let right = answer.is_some();
        if let Some(line) = answer.and_then(|answer| answer.call_site) {
            self.call_sites.wanted += 1;
            // A table may name the line of the text in a call that begins on the line before.
            let same = |told: u32| told.abs_diff(line) <= 1;
            let told = placement.call_place.as_ref().map(|place| place.line + 1);
            self.call_sites.told += u32::from(told.is_some());
            self.call_sites.right += u32::from(told.is_some_and(same));
            if told.is_some_and(|told| !same(told)) {
                self.misses.insert(format!(
                    "WRONG  call site of {name:?} in {}: expected line {line}, got {told:?}",
                    row.app
                ));
            }
        }
        let placeable = row.file.is_some();
        let rule = placement.evidence.first().map_or("none", |first| first.rule.name());
        let language = row.app.split('/').next().unwrap_or_default();
        let groups = [
            self.by_language.entry(language.to_owned()).or_default(),
            self.by_app.entry(row.app.clone()).or_default(),
            self.by_why.entry(row.why.clone()).or_default(),
            self.by_rule.entry(rule.to_owned()).or_default(),
            &mut self.total,
        ];
        for counts in groups {
            counts.placed += u32::from(shown);
            counts.right += u32::from(right);
            counts.placeable += u32::from(placeable);
            counts.found += u32::from(placeable && right);
        }
        if !right && (shown || placeable) {
            self.misses.insert(miss(row, name, placement));
        }
    }

    /// Tables for people.
    pub fn report(&self) -> String {
        let mut text = String::new();
        let all = [
            ("language", &self.by_language),
            ("app", &self.by_app),
            ("why", &self.by_why),
            ("rule", &self.by_rule),
        ];
        for (title, groups) in all {
            let _ = writeln!(text, "{title:26} precision          recall");
            for (name, counts) in groups {
                let _ = writeln!(text, "  {name:24} {:>9}  {:>13}", counts.precision(), counts.recall());
            }
        }
        let _ = writeln!(text, "{:26} {:>9}  {:>13}", "all", self.total.precision(), self.total.recall());
        let CallSites { wanted, told, right } = self.call_sites;
        let _ = writeln!(text, "call sites                 {right}/{told} of {wanted}");
        text
    }
}

impl Counts {
    fn precision(&self) -> String {
        format!("{}/{}", self.right, self.placed)
    }

    fn recall(&self) -> String {
        format!("{}/{}", self.found, self.placeable)
    }
}

fn miss(row: &Row, name: &str, placement: &Placement) -> String {
    let word = if placement.is_shown() { "WRONG " } else { "missed" };
    let expected = match (&row.file, &row.function, row.line) {
        (Some(file), Some(function), Some(line)) => format!("{}/{file}:{line} {function}", row.app),
        _ => "nothing".to_owned(),
    };
    let got = placement.function.as_ref().map_or_else(|| "nothing".to_owned(), ToString::to_string);
    let why: Vec<String> =
        placement.evidence.iter().map(|evidence| format!("{}: {}", evidence.rule, evidence.detail)).collect();
    format!(
        "{word} [{}] {} {name:?}: expected {expected}, got {got} ({}) {}",
        row.why,
        row.kind,
        placement.confidence,
        why.join("; ")
    )
}
