//! What people say of placements: pins, rejections, and the folders of services. It wins over what rules find.

use std::collections::BTreeMap;

use model::{SmolStr, SpanKind};
use smol_str::format_smolstr;
use source::{FunctionKey, Index};

use crate::{
    Confidence, Evidence, Rule, Shape,
    clues::{Candidate, Clues, Finding, candidate},
};

/// Everything that was said, in the order in which it was. Small: people write it by hand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rulings {
    /// Spans that belong to a function, whatever else is known.
    pub pins: Vec<Ruling>,
    /// Spans that do not belong to a function, whatever else is known.
    pub rejections: Vec<Ruling>,
    /// The folders that hold the code of a service, by `service.name`.
    pub services: BTreeMap<SmolStr, Folders>,
}

/// One pin or one rejection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// Which spans.
    pub subject: Subject,
    /// Which function.
    pub function: FunctionKey,
    /// Where it was said, in words: `spanglass.toml:12`.
    pub said_in: SmolStr,
}

/// The folders of one service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folders {
    /// Their keys in the index, without a slash at the end; an empty one is the whole workspace.
    pub folders: Vec<SmolStr>,
    /// Where it was said, in words.
    pub said_in: SmolStr,
}

/// A kind of span, as people name one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// `service.name`.
    pub service: SmolStr,
    /// The span's name.
    pub name: SmolStr,
    /// Its kind, unless all are meant.
    pub kind: Option<SpanKind>,
    /// The instrumentation scope's name, unless all are meant.
    pub scope: Option<SmolStr>,
    /// Attributes that it has, by the newest name of their key ([`Subject::key`]).
    pub attributes: BTreeMap<SmolStr, SmolStr>,
}

/// What was said of one shape.
#[derive(Debug, Default)]
pub(crate) struct Said<'a> {
    pin: Option<&'a Ruling>,
    rejections: Vec<&'a Ruling>,
    rulings: Option<&'a Rulings>,
}

/// Attributes that tell kinds of spans of one name apart.
const TELLING: &[&str] = &[
    "db.query.text",
    "http.request.method",
    "http.route",
    "messaging.destination.name",
    "rpc.method",
    "rpc.service",
];

impl Subject {
    /// The kind of span that `shape` is, in as few words as tell it from others.
    pub fn of(shape: &Shape) -> Subject {
        let told = TELLING.iter().filter_map(|key| Some((SmolStr::new_static(key), shape.get(key)?.into())));
        Subject {
            service: shape.service.clone(),
            name: shape.name.clone(),
            kind: Some(shape.kind).filter(|kind| *kind != SpanKind::Unspecified),
            scope: Some(shape.scope.clone()).filter(|scope| !scope.is_empty()),
            attributes: told.collect(),
        }
    }

    /// The name under which attributes of `written` count; `None` for what placement does not read.
    pub fn key(written: &str) -> Option<&'static str> {
        crate::shape::newest_key(written)
    }

    /// Whether spans of `shape` are meant.
    pub fn covers(&self, shape: &Shape) -> bool {
        self.service == shape.service
            && self.name == shape.name
            && self.kind.is_none_or(|kind| kind == shape.kind)
            && self.scope.as_ref().is_none_or(|scope| *scope == shape.scope)
            && self.attributes.iter().all(|(key, value)| shape.get(key) == Some(value))
    }

    /// How much it says; of two that cover a span, the one that says more counts.
    fn precision(&self) -> usize {
        usize::from(self.kind.is_some()) + usize::from(self.scope.is_some()) + self.attributes.len()
    }
}

impl Rulings {
    /// What of it cannot be followed in the code as it stands: one sentence each, with the remedy.
    pub fn problems(&self, index: &Index) -> Vec<String> {
        let all = self.pins.iter().chain(&self.rejections);
        let mut problems: Vec<String> = all.filter_map(|ruling| ruling.problem(index)).collect();
        for (service, set) in &self.services {
            for folder in set.folders.iter().filter(|folder| !folder.is_empty()) {
                if !index.files().any(|file| is_below(&file.path, folder)) {
                    let said = &set.said_in;
                    problems.push(format!(
                        "{said}: {folder}, the folder of {service}, holds no code that is read; name one that does"
                    ));
                }
            }
        }
        problems
    }

    /// What was said of spans of `shape`.
    pub(crate) fn of<'a>(&'a self, shape: &Shape) -> Said<'a> {
        let covers = |ruling: &&Ruling| ruling.subject.covers(shape);
        // Of equals the last one, as with settings.
        let pin = self.pins.iter().filter(covers).max_by_key(|ruling| ruling.subject.precision());
        Said { pin, rejections: self.rejections.iter().filter(covers).collect(), rulings: Some(self) }
    }

    /// The services in whose folders `file` lies: of folders within each other the innermost.
    fn owners(&self, file: &str) -> Vec<&SmolStr> {
        let longest = |set: &Folders| {
            set.folders.iter().filter(|folder| is_below(file, folder)).map(|folder| folder.len() + 1).max()
        };
        let lengths: Vec<_> =
            self.services.iter().filter_map(|(service, set)| Some((service, longest(set)?))).collect();
        let most = lengths.iter().map(|(_, length)| *length).max();
        lengths.into_iter().filter(|(_, length)| Some(*length) == most).map(|(service, _)| service).collect()
    }
}

impl Ruling {
    fn problem(&self, index: &Index) -> Option<String> {
        let FunctionKey { file, path, .. } = &self.function;
        let said = &self.said_in;
        let Some(found) = index.file(file) else {
            return Some(format!("{said}: {file} is no file that is read here; correct it, or take it out"));
        };
        if index.function(&self.function).is_some() {
            return None;
        }
        let last = path.rsplit('.').next().unwrap_or(path);
        let like = found.functions.iter().find(|function| function.name.eq_ignore_ascii_case(last));
        let remedy = match like {
            Some(like) => format!("did you mean `{}`?", like.key.path),
            None => "was it renamed? Correct it, or take it out".to_owned(),
        };
        let function = match self.function.nth {
            0 => path.to_string(),
            nth => format!("{path}#{}", nth + 1),
        };
        Some(format!("{said}: there is no function `{function}` in {file}; {remedy}"))
    }
}

impl Said<'_> {
    /// The pinned function, as long as the code has it.
    pub(crate) fn pinned(&self, clues: &Clues<'_>) -> Option<Finding> {
        let pin = self.pin?;
        clues.ask_file(&pin.function.file);
        clues.index.function(&pin.function)?;
        let detail = format_smolstr!("pinned in {}", pin.said_in);
        let candidates = vec![candidate(&pin.function, detail)];
        Some(Finding { rule: Rule::Pinned, confidence: Confidence::Certain, candidates })
    }

    /// What is left of a finding; `None` when nothing is. `notes` takes what led to that.
    pub(crate) fn admit(
        &self,
        shape: &Shape,
        mut finding: Finding,
        notes: &mut Vec<Evidence>,
    ) -> Option<Finding> {
        for ruling in &self.rejections {
            let before = finding.candidates.len();
            finding.candidates.retain(|candidate| candidate.function != ruling.function);
            if finding.candidates.len() < before {
                note(notes, ruling.evidence());
            }
        }
        self.keep_own(shape, &mut finding, notes);
        (!finding.candidates.is_empty()).then_some(finding)
    }

    /// The functions that were rejected.
    pub(crate) fn rejected(&self) -> Vec<FunctionKey> {
        self.rejections.iter().map(|ruling| ruling.function.clone()).collect()
    }

    /// Of the candidates those in the service's own folders; none from folders that are set to be others' only.
    fn keep_own(&self, shape: &Shape, finding: &mut Finding, notes: &mut Vec<Evidence>) {
        let Some(rulings) = self.rulings.filter(|rulings| !rulings.services.is_empty()) else { return };
        let owners = |candidate: &Candidate| rulings.owners(&candidate.function.file);
        let is_own = |candidate: &Candidate| owners(candidate).contains(&&shape.service);
        let is_free = |candidate: &Candidate| owners(candidate).is_empty();
        let before = finding.candidates.len();
        let set = rulings.services.get(&shape.service);
        if finding.candidates.iter().any(is_own) {
            finding.candidates.retain(is_own);
        } else if set.is_some() || finding.candidates.iter().any(is_free) {
            // Of a service without folders nothing was said: what only another one's folders hold stays.
            finding.candidates.retain(is_free);
        }
        if finding.candidates.len() == before {
            return;
        }
        let detail = match set {
            Some(set) => {
                let folders: Vec<&str> = set.folders.iter().map(|folder| shown_folder(folder)).collect();
                format_smolstr!(
                    "the code of {} is in {}, says {}",
                    shape.service,
                    folders.join(", "),
                    set.said_in
                )
            }
            None => format_smolstr!("other folders are set to be other services'"),
        };
        note(notes, Evidence { rule: Rule::Service, detail });
    }
}

impl Ruling {
    fn evidence(&self) -> Evidence {
        let detail = format_smolstr!("not {}, which {} rejects", self.function, self.said_in);
        Evidence { rule: Rule::Rejected, detail }
    }
}

/// Whether `file` lies in `folder` or below.
pub(crate) fn is_below(file: &str, folder: &str) -> bool {
    folder.is_empty() || file.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// A folder's key as people write it.
pub(crate) fn shown_folder(folder: &str) -> &str {
    if folder.is_empty() { "." } else { folder }
}

fn note(notes: &mut Vec<Evidence>, evidence: Evidence) {
    if !notes.contains(&evidence) {
        notes.push(evidence);
    }
}
