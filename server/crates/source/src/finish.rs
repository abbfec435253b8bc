//! The end of a file: texts are looked up within it, spans credited to functions, names passed on told from the rest.

use std::collections::HashSet;

use model::{LinePosition, SmolStr};

use crate::{
    CallSite, Function, FunctionKind, NamePattern, SpanSite,
    constants::{Constants, Part},
    draft::Named,
    wiring::{
        ARGUMENT, DeferredFact, HelperFact, MODULE, PassFact, Piece, Purpose, Scope, Spot, Text, Wiring,
    },
};

/// The end of a file: texts are looked up, spans credited.
pub(crate) struct Finish<'a> {
    /// What outside of every other function belongs to.
    pub(crate) main: Option<u32>,
    /// Functions that handle something: what they start is theirs, though they have no name.
    pub(crate) handlers: &'a HashSet<u32>,
    pub(crate) functions: &'a [Function],
    /// Span starts whose name the file tells.
    pub(crate) sites: Vec<SpanSite>,
    pub(crate) wiring: Wiring,
}

impl Finish<'_> {
    /// Looks up what names spans and targets of calls.
    pub(crate) fn named(
        &mut self,
        all: Vec<Named>,
        tracers: &[(Scope, SmolStr, Text)],
        calls: &mut [CallSite],
    ) {
        let bindings = std::mem::take(&mut self.wiring.bindings);
        let constants = Constants::new(self.functions, &bindings);
        for named in all {
            let tracer =
                named.tracer.as_ref().and_then(|name| self.tracer(name, named.scope, tracers, &constants));
            let Some(function) = named.function.or_else(|| self.credit(named.scope, named.position)) else {
                self.target(&named, &constants, calls);
                continue;
            };
            for parts in constants.expand(&named.text, named.scope) {
                self.alternative(&named, function, parts, tracer.clone(), calls);
            }
        }
        self.wiring.bindings = bindings;
    }

    fn alternative(
        &mut self,
        named: &Named,
        function: u32,
        parts: Vec<Part>,
        tracer: Option<SmolStr>,
        calls: &mut [CallSite],
    ) {
        if parts.iter().any(|part| matches!(part, Part::Foreign(_))) {
            self.wiring.deferred.push(DeferredFact {
                purpose: named.purpose.clone(),
                text: parts_text(&parts, None),
                scope: named.scope,
                function,
                position: Spot(named.position),
            });
        }
        let parameter = parts.iter().find_map(|part| match part {
            Part::Parameter(function, at, taken) => Some((*function, *at, *taken)),
            _ => None,
        });
        let pattern = pattern_of(&parts);
        let literal_len = pattern.as_ref().map_or(0, NamePattern::literal_len);
        if let Some((helper, parameter, taken)) = parameter {
            // A span whose name the helper itself largely tells is the helper's own.
            let is_own = named.purpose == Purpose::Span && taken == ARGUMENT && literal_len > 2;
            if !is_own {
                let template = parts_text(&parts, Some((helper, parameter)));
                let purpose = named.purpose.clone();
                self.wiring.helpers.push(HelperFact { purpose, function: helper, parameter, template });
            }
        }
        let Some(pattern) = pattern else { return };
        if literal_len < 2 && !matches!(pattern, NamePattern::Literal(_)) {
            return;
        }
        match named.call {
            Some(call) => calls[call].target = calls[call].target.take().or(Some(pattern)),
            None => self.sites.push(SpanSite {
                name: pattern,
                function: self.functions[function as usize].key.clone(),
                position: named.position,
                scope: tracer,
            }),
        }
    }

    /// A call outside of every function keeps its target all the same.
    fn target(&self, named: &Named, constants: &Constants<'_>, calls: &mut [CallSite]) {
        let Some(call) = named.call.and_then(|call| calls.get_mut(call)) else { return };
        let first = constants.expand(&named.text, named.scope).into_iter().next();
        call.target = first.and_then(|parts| pattern_of(&parts));
    }

    fn tracer(
        &self,
        name: &str,
        scope: Scope,
        tracers: &[(Scope, SmolStr, Text)],
        constants: &Constants<'_>,
    ) -> Option<SmolStr> {
        let mut known = tracers.iter().filter(|(_, tracer, _)| tracer == name);
        let (at, _, text) = known.clone().find(|(at, _, _)| *at == scope).or_else(|| known.next())?;
        match pattern_of(constants.expand(text, *at).first()?)? {
            NamePattern::Literal(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// Texts that are passed on: constants looked up, parameters told apart, the rest dropped.
    pub(crate) fn passes(&mut self) {
        let bindings = std::mem::take(&mut self.wiring.bindings);
        let constants = Constants::new(self.functions, &bindings);
        let mut kept = Vec::new();
        for pass in std::mem::take(&mut self.wiring.passes) {
            let explicit = Some(pass.function).filter(|function| *function != MODULE);
            let Some(function) = explicit.or_else(|| self.credit(pass.scope, pass.position.0)) else {
                continue;
            };
            for parts in constants.expand(&pass.text, pass.scope) {
                // A text that is largely told here is the caller's own, whatever parameters are put into it.
                let is_own = pattern_of(&parts).map_or(0, |pattern| pattern.literal_len()) > 2;
                let forwards = parts.iter().find_map(|part| match part {
                    Part::Parameter(function, at, taken) if *taken != ARGUMENT || !is_own => {
                        Some((*function, *at))
                    }
                    _ => None,
                });
                let text = parts_text(&parts, forwards);
                if text.is_telling() {
                    kept.push(PassFact { text, forwards, function, ..pass.clone() });
                }
            }
        }
        self.wiring.passes = kept;
        self.wiring.bindings = bindings;
    }

    /// The function that something in `scope` belongs to: past closures, but not past one that handles requests.
    fn credit(&self, scope: Scope, place: LinePosition) -> Option<u32> {
        if scope == MODULE {
            let main = self.functions.get(self.main? as usize)?;
            return self.main.filter(|_| (main.first_line..=main.last_line).contains(&place.line));
        }
        let mut at = scope;
        let mut function = self.functions.get(at as usize)?;
        while function.kind == FunctionKind::Closure && !self.handlers.contains(&at) {
            let Some(parent) = function.parent else { break };
            at = parent;
            function = self.functions.get(at as usize)?;
        }
        Some(at)
    }
}

/// Parts as a pattern; parameters and foreign names are holes.
pub(crate) fn pattern_of(parts: &[Part]) -> Option<NamePattern> {
    let mut pieces = vec![String::new()];
    let mut open = false;
    for part in parts {
        match part {
            Part::Literal(text) => {
                if let Some(last) = pieces.last_mut() {
                    last.push_str(text);
                }
                open = false;
            }
            _ if open => {}
            _ => {
                pieces.push(String::new());
                open = true;
            }
        }
    }
    match pieces.as_slice() {
        [only] => Some(NamePattern::Literal(only.into())),
        _ => {
            let pattern = NamePattern::Pattern(pieces.iter().map(SmolStr::new).collect());
            (pattern.literal_len() > 0).then_some(pattern)
        }
    }
}

/// Parts as a text; what is taken of the parameter `argument` becomes its name, other parameters become holes.
fn parts_text(parts: &[Part], argument: Option<(u32, u8)>) -> Text {
    let mut text = Text::default();
    for part in parts {
        let piece = match part {
            Part::Literal(literal) => Piece::Literal(literal.clone()),
            Part::Foreign(name) => Piece::Name(name.clone()),
            Part::Parameter(function, at, taken) if argument == Some((*function, *at)) => {
                Piece::Name((*taken).into())
            }
            Part::Parameter(..) | Part::Hole => Piece::Hole,
        };
        text.append(Text(vec![piece]));
    }
    text
}
