//! Combines the rules: right or silent, and ambiguity stays visible.

use std::sync::Arc;

use smol_str::format_smolstr;
use source::{FunctionKey, Index};

use crate::{
    Confidence, Evidence, Placement, Rule, Shape,
    clues::{Answer, Candidate, Clues, Finding},
    rules::rules,
    services::Services,
    table::Given,
};

/// What the rules say of one shape, before anything is known of its service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// The best finding; one candidate, or several between which no rule decides.
    pub(crate) finding: Option<Finding>,
    /// Why the span has no function, if that is certain.
    pub(crate) nowhere: Option<Evidence>,
    /// What people said that changed it.
    pub(crate) notes: Vec<Evidence>,
    /// Where people said that it does not belong.
    pub(crate) rejected: Vec<FunctionKey>,
    /// Hashes of what was asked of the index, sorted.
    pub(crate) asked: Box<[u32]>,
}

/// Asks the rules in turn. The first that knows exactly one function has it; one that knows several is settled by a
/// later one that knows exactly one of those.
pub(crate) fn resolve(shape: &Shape, index: &Index, given: &Given) -> Verdict {
    let clues = Clues::new(shape, index, &given.origins);
    let said = given.rulings.of(shape);
    if let Some(finding) = said.pinned(&clues) {
        return Verdict { finding: Some(finding), asked: clues.asked(), ..Verdict::default() };
    }
    let mut notes = Vec::new();
    let mut best: Option<Finding> = None;
    let mut nowhere = None;
    for rule in rules(shape.kind) {
        match rule(&clues) {
            Answer::Silent => {}
            Answer::Nowhere(detail) => {
                if best.is_none() {
                    nowhere = Some(Evidence { rule: Rule::Noise, detail });
                }
                break;
            }
            Answer::Found(finding) => {
                let Some(finding) = said.admit(shape, finding, &mut notes) else { continue };
                best = Some(match best {
                    None => finding,
                    Some(before) => settle(before, finding),
                });
            }
        }
        let is_settled =
            |finding: &Finding| finding.candidates.len() == 1 && finding.confidence >= Confidence::Likely;
        if best.as_ref().is_some_and(is_settled) {
            break;
        }
    }
    notes.extend(clues.notes());
    Verdict { finding: best, nowhere, notes, rejected: said.rejected(), asked: clues.asked() }
}

/// Of several candidates those that a later rule finds too; a guess gives way to something better.
fn settle(before: Finding, after: Finding) -> Finding {
    if before.candidates.len() == 1 && before.confidence == Confidence::Possible {
        let agrees =
            after.candidates.iter().any(|candidate| candidate.function == before.candidates[0].function);
        return if agrees && after.candidates.len() == 1 {
            Finding { confidence: Confidence::Likely, ..before }
        } else {
            after
        };
    }
    let known =
        |candidate: &&Candidate| after.candidates.iter().any(|other| other.function == candidate.function);
    let both: Vec<Candidate> = before.candidates.iter().filter(known).cloned().collect();
    if both.is_empty() { before } else { Finding { candidates: both, ..before } }
}

impl Verdict {
    /// The placement, where several candidates are left to what is known of the service.
    pub(crate) fn placement(&self, shape: &Shape, index: &Index, services: &Services) -> Placement {
        let mut placement = self.found(shape, index, services);
        placement.evidence.extend(self.notes.iter().cloned());
        placement.rejected.clone_from(&self.rejected);
        placement
    }

    fn found(&self, shape: &Shape, index: &Index, services: &Services) -> Placement {
        if let Some(evidence) = &self.nowhere {
            return Placement { evidence: vec![evidence.clone()], ..Placement::default() };
        }
        let Some(finding) = &self.finding else { return Placement::default() };
        if self.waits_for_route() && services.sends_routes(&shape.service, &shape.scope) {
            let detail =
                format_smolstr!("requests of {} carry their routes when a handler runs", shape.service);
            let evidence = vec![Evidence { rule: Rule::Noise, detail }];
            return Placement { evidence, ..Placement::default() };
        }
        if let [only] = finding.candidates.as_slice() {
            if self.is_weak() && services.is_elsewhere(index, &shape.service, &only.function.file) {
                let detail = format_smolstr!("spans of {} come from another program", shape.service);
                let evidence = vec![Evidence { rule: Rule::Noise, detail }];
                return Placement { evidence, ..Placement::default() };
            }
            return placed(finding, only, finding.confidence, None);
        }
        match services.decide(index, &shape.service, finding.rule, &finding.candidates) {
            Some((chosen, why)) => {
                let confidence = finding.confidence.min(Confidence::Likely);
                placed(finding, &finding.candidates[chosen], confidence, Some(why))
            }
            None => Placement {
                function: None,
                confidence: Confidence::Possible,
                evidence: finding
                    .candidates
                    .iter()
                    .take(8)
                    .map(|candidate| evidence(finding.rule, candidate))
                    .collect(),
                call_place: None,
                candidates: finding.candidates.iter().map(|candidate| candidate.function.clone()).collect(),
                rejected: Vec::new(),
            },
        }
    }

    /// The function that is certain without any knowledge of the service.
    pub(crate) fn certain(&self) -> Option<&Candidate> {
        let finding = self.finding.as_ref().filter(|finding| finding.confidence >= Confidence::Likely)?;
        match finding.candidates.as_slice() {
            [only] if !only.sends_route => Some(only),
            _ => None,
        }
    }

    /// Whether what is known of the service may settle it.
    pub(crate) fn is_open(&self) -> bool {
        self.waits_for_route()
            || self.is_weak()
            || self.finding.as_ref().is_some_and(|finding| finding.candidates.len() > 1)
    }

    /// Whether it is one function by a path only, which any program may serve.
    fn is_weak(&self) -> bool {
        self.finding.as_ref().is_some_and(|found| found.rule == Rule::UrlPath && found.candidates.len() == 1)
    }

    /// Whether the handlers would have sent their route, so that the finding holds only for services that send none.
    fn waits_for_route(&self) -> bool {
        self.finding.iter().flat_map(|finding| &finding.candidates).any(|candidate| candidate.sends_route)
    }
}

fn placed(
    finding: &Finding,
    candidate: &Candidate,
    confidence: Confidence,
    why: Option<Evidence>,
) -> Placement {
    let mut all = vec![evidence(finding.rule, candidate)];
    all.extend(why);
    let is_guess = confidence < Confidence::Likely;
    Placement {
        function: Some(candidate.function.clone()),
        confidence,
        evidence: all,
        call_place: candidate.call_place.clone(),
        candidates: if is_guess { vec![candidate.function.clone()] } else { Vec::new() },
        rejected: Vec::new(),
    }
}

fn evidence(rule: Rule, candidate: &Candidate) -> Evidence {
    Evidence { rule, detail: candidate.detail.clone() }
}

/// The placement of a shape that is not kept.
pub(crate) fn place(shape: &Shape, index: &Index, services: &Services, given: &Given) -> Arc<Placement> {
    Arc::new(resolve(shape, index, given).placement(shape, index, services))
}
