//! What a rule is given: the shape, the index, and a record of what was asked of it.

use std::{cell::RefCell, sync::Arc};

use model::SmolStr;
use source::{CallSite, Function, FunctionKey, Index, Key, Language, Pattern, Route, SourceFile, SpanSite};

use crate::{CallPlace, Confidence, Evidence, Origins, Rule, Shape, family::Family, paths::is_test};

/// The clues to where one shape belongs. Look-ups go through here, so that it is known which of them an edit of the
/// code may answer differently.
pub(crate) struct Clues<'a> {
    pub(crate) shape: &'a Shape,
    pub(crate) index: &'a Index,
    pub(crate) family: Option<Family>,
    pub(crate) origins: &'a Origins,
    asked: RefCell<Vec<u32>>,
    notes: RefCell<Vec<Evidence>>,
}

/// In the record of what was asked: facts that several files tell together.
pub(crate) const RESOLVED: u32 = 0;

/// A function that may be the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    pub(crate) function: FunctionKey,
    pub(crate) call_place: Option<CallPlace>,
    /// The evidence in words.
    pub(crate) detail: SmolStr,
    /// A request that this function handles would have sent its route, if the service sends routes at all.
    pub(crate) sends_route: bool,
}

/// What a rule says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// Nothing.
    Silent,
    /// The span has no function, and no other rule need look.
    Nowhere(SmolStr),
    /// One of these.
    Found(Finding),
}

/// Candidates of one rule, and how sure one alone would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) rule: Rule,
    pub(crate) confidence: Confidence,
    pub(crate) candidates: Vec<Candidate>,
}

impl<'a> Clues<'a> {
    /// The clues of `shape` in `index`.
    pub(crate) fn new(shape: &'a Shape, index: &'a Index, origins: &'a Origins) -> Clues<'a> {
        let family = Family::of_shape(shape);
        Clues { shape, index, family, origins, asked: RefCell::default(), notes: RefCell::default() }
    }

    /// Adds to the evidence what is no reason, but should be known.
    pub(crate) fn note(&self, rule: Rule, detail: SmolStr) {
        self.notes.borrow_mut().push(Evidence { rule, detail });
    }

    /// What was noted so far; forgotten here.
    pub(crate) fn notes(&self) -> Vec<Evidence> {
        self.notes.take()
    }

    /// Hashes of everything that was asked, sorted.
    pub(crate) fn asked(self) -> Box<[u32]> {
        let mut asked = self.asked.into_inner();
        asked.sort_unstable();
        asked.dedup();
        asked.into()
    }

    /// A deciding attribute.
    pub(crate) fn get(&self, key: &str) -> Option<&'a str> {
        self.shape.get(key)
    }

    /// Functions called so.
    pub(crate) fn functions_named<'n>(
        &self,
        name: &'n str,
    ) -> impl Iterator<Item = &'n Function> + use<'n, 'a>
    where
        'a: 'n,
    {
        self.ask(Key::Function(name));
        self.index.functions_named(name)
    }

    /// Files whose path ends so.
    pub(crate) fn files_ending_with<'n>(
        &self,
        suffix: &'n str,
    ) -> impl Iterator<Item = &'n Arc<SourceFile>> + use<'n, 'a>
    where
        'a: 'n,
    {
        self.ask(Key::FileName(suffix.rsplit('/').next().unwrap_or(suffix)));
        self.index.files_ending_with(suffix)
    }

    /// Places that start spans of this name.
    pub(crate) fn span_sites(&self, name: &'a str) -> impl Iterator<Item = &'a SpanSite> + use<'a> {
        self.ask(Key::Span(name));
        self.ask_resolved();
        self.index.span_sites(name)
    }

    /// Places that start spans whose names have holes that this one fits.
    pub(crate) fn span_patterns(&self, name: &'a str) -> impl Iterator<Item = &'a SpanSite> + use<'a> {
        self.ask(Key::SpanPatterns);
        self.ask_resolved();
        self.index.span_patterns(name)
    }

    /// Routes of this form.
    pub(crate) fn routes_equal(&self, pattern: &Pattern) -> Vec<&'a Route> {
        self.ask_resolved();
        self.index.routes_equal(pattern).collect()
    }

    /// Calls that run this statement.
    pub(crate) fn sql_calls<'n>(
        &self,
        sql: &'n str,
    ) -> impl Iterator<Item = (&'n Arc<SourceFile>, &'n CallSite)> + use<'n, 'a>
    where
        'a: 'n,
    {
        self.ask(Key::Sql(sql));
        self.index.sql_calls(sql)
    }

    /// Calls with a known target: [`Key::Http`], [`Key::Messaging`] or [`Key::SqlPatterns`].
    pub(crate) fn calls_of(
        &self,
        key: Key<'_>,
    ) -> impl Iterator<Item = (&'a Arc<SourceFile>, &'a CallSite)> + use<'a> {
        self.ask(key);
        self.ask_resolved();
        self.index.calls_of(key)
    }

    /// Facts that several files tell together were asked for.
    pub(crate) fn ask_resolved(&self) {
        self.asked.borrow_mut().push(RESOLVED);
    }

    /// Everything in this file was looked at.
    pub(crate) fn ask_file(&self, path: &str) {
        self.ask(Key::Path(path));
    }

    /// Candidates as a finding of `rule`: those of another language left out, equal functions once, tests only where
    /// there is nothing else.
    pub(crate) fn found(&self, rule: Rule, confidence: Confidence, candidates: Vec<Candidate>) -> Answer {
        let candidates = self.narrow(candidates);
        if candidates.is_empty() {
            Answer::Silent
        } else {
            Answer::Found(Finding { rule, confidence, candidates })
        }
    }

    /// See [`Clues::found`].
    pub(crate) fn narrow(&self, candidates: Vec<Candidate>) -> Vec<Candidate> {
        let mut kept: Vec<Candidate> = Vec::new();
        for candidate in candidates {
            self.ask_file(&candidate.function.file);
            let fits = self.fits(&candidate.function);
            if fits && !kept.iter().any(|other| other.function == candidate.function) {
                kept.push(candidate);
            }
        }
        self.keep_first_clauses(&mut kept);
        if kept.iter().any(|candidate| !is_test(&candidate.function.file)) {
            kept.retain(|candidate| !is_test(&candidate.function.file));
        }
        kept
    }

    /// Whether the span can come from the function's language, and from one of its name where Rails told it.
    pub(crate) fn fits(&self, function: &FunctionKey) -> bool {
        let Some(family) = self.family else { return true };
        let told = self.get("code.function.name").filter(|_| family == Family::Ruby);
        let told = told.filter(|_| self.get("code.namespace").is_some());
        self.index.file(&function.file).is_some_and(|file| Family::of(file.language) == family)
            && told.is_none_or(|name| function.path.rsplit('.').next() == Some(name))
    }

    /// Clauses of one function in Elixir are one candidate: the first of them.
    fn keep_first_clauses(&self, candidates: &mut Vec<Candidate>) {
        if candidates.len() < 2 {
            return;
        }
        let arity = |key: &FunctionKey| self.index.function(key).map(|function| function.parameters.len());
        let keys: Vec<(FunctionKey, Option<usize>)> = candidates
            .iter()
            .map(|candidate| (candidate.function.clone(), arity(&candidate.function)))
            .collect();
        candidates.retain(|candidate| {
            let own = &candidate.function;
            let is_elixir = self.index.file(&own.file).is_some_and(|file| file.language == Language::Elixir);
            !is_elixir
                || !keys.iter().any(|(other, parameters)| {
                    other.file == own.file
                        && other.path == own.path
                        && other.nth < own.nth
                        && *parameters == arity(own)
                })
        });
    }

    fn ask(&self, key: Key<'_>) {
        self.asked.borrow_mut().push(key.hash());
    }
}

/// A function as a candidate.
pub(crate) fn candidate(function: &FunctionKey, detail: impl Into<SmolStr>) -> Candidate {
    Candidate { function: function.clone(), call_place: None, detail: detail.into(), sends_route: false }
}
