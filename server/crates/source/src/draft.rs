//! One file while it is read: facts as the reader states them, completed when the file ends.

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use model::{LinePosition, SmolStr};

use crate::{
    CallKind, CallSite, Function, FunctionKey, FunctionKind, Language, NamePattern, SourceFile, SpanSite,
    constants::{Constants, Part},
    generated::is_generated,
    postings::file_keys,
    wiring::{
        ARGUMENT, Argument, Binding, DeferredFact, Handler, HelperFact, Holder, MODULE, PassFact, Piece,
        Purpose, Reference, Scope, Spot, Text, TypeFact, Value, Wiring,
    },
};

/// Facts kept of one file, of each kind; what comes after is dropped. Real files have a tenth.
const MAX_FACTS: usize = 20_000;

/// What was found so far.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) functions: Vec<Function>,
    pub(crate) wiring: Wiring,
    /// Names that the reader wants to know again, for example those of routers.
    pub(crate) marks: HashSet<SmolStr>,
    calls: Vec<CallSite>,
    named: Vec<Named>,
    tracers: Vec<(Scope, SmolStr, Text)>,
    starts: HashMap<u32, u32>,
    counts: HashMap<SmolStr, u16>,
}

/// A text that names something.
struct Named {
    purpose: Purpose,
    text: Text,
    scope: Scope,
    /// Whom it is credited to, where that is not the function around it.
    function: Option<u32>,
    position: LinePosition,
    call: Option<usize>,
    tracer: Option<SmolStr>,
}

impl Draft {
    /// The key of the next function known by `path`.
    pub(crate) fn key(&mut self, file: &str, path: SmolStr) -> FunctionKey {
        let count = self.counts.entry(path.clone()).or_default();
        let nth = *count;
        *count = count.saturating_add(1);
        let file = self.functions.first().map_or_else(|| file.into(), |first| first.key.file.clone());
        FunctionKey { file, path, nth }
    }

    /// Takes in a function that begins at byte `start`.
    pub(crate) fn add_function(&mut self, function: Function, start: u32) -> u32 {
        let index = self.functions.len() as u32;
        self.starts.insert(start, index);
        self.functions.push(function);
        index
    }

    /// Takes in a type.
    pub(crate) fn add_type(&mut self, path: SmolStr, bases: Vec<SmolStr>) {
        self.wiring.types.push(TypeFact { path, bases });
    }

    /// `name` stands for `value` in `scope`.
    pub(crate) fn bind(&mut self, scope: Scope, name: impl Into<SmolStr>, value: Value) {
        self.wiring.bindings.push(Binding { scope, name: name.into(), value });
    }

    /// `name` is a tracer (or a logger that makes spans) called `text`.
    pub(crate) fn tracer(&mut self, scope: Scope, name: impl Into<SmolStr>, text: Text) {
        self.tracers.push((scope, name.into(), text));
    }

    /// A span is started: by the function around it, or credited to `function`.
    pub(crate) fn span(
        &mut self,
        text: Text,
        scope: Scope,
        function: Option<u32>,
        position: LinePosition,
        tracer: Option<SmolStr>,
    ) {
        self.named.push(Named {
            purpose: Purpose::Span,
            text,
            scope,
            function,
            position,
            call: None,
            tracer,
        });
    }

    /// A call; its target is looked up when the file ends.
    pub(crate) fn call(&mut self, call: CallSite, target: Option<Text>) {
        if self.calls.len() >= MAX_FACTS {
            return;
        }
        if let Some(text) = target.filter(Text::is_telling) {
            let purpose = match call.kind {
                CallKind::Sql => Purpose::Sql,
                CallKind::Messaging => Purpose::Messaging,
                _ => Purpose::Http(call.method.clone()),
            };
            let scope = call.function.unwrap_or(MODULE);
            let place = (Some(self.calls.len()), call.position);
            self.named.push(Named {
                purpose,
                text,
                scope,
                function: None,
                position: place.1,
                call: place.0,
                tracer: None,
            });
        }
        self.calls.push(call);
    }

    /// `text` is passed to some function of the program.
    pub(crate) fn pass(
        &mut self,
        callee: Reference,
        argument: Argument,
        text: Text,
        scope: Scope,
        function: Option<u32>,
        position: LinePosition,
    ) {
        if self.wiring.passes.len() >= MAX_FACTS || !could_be_a_name(&text) || is_noise(callee.last()) {
            return;
        }
        // Credited when the file ends; until then the explicit function or none.
        let function = function.unwrap_or(MODULE);
        let position = Spot(position);
        self.wiring.passes.push(PassFact {
            callee,
            scope,
            argument,
            text,
            forwards: None,
            function,
            position,
        });
    }

    /// Completes the file.
    pub(crate) fn finish(mut self, path: &str, language: Language, text: &str, broken: bool) -> SourceFile {
        self.find_functions();
        let handlers = self.handlers();
        let wiring = std::mem::take(&mut self.wiring);
        let mut done = Finish { handlers: &handlers, functions: &self.functions, sites: Vec::new(), wiring };
        let named = std::mem::take(&mut self.named);
        done.named(named, &self.tracers, &mut self.calls);
        done.passes();
        let Finish { sites, mut wiring, .. } = done;
        wiring.bindings.retain(|binding| binding.scope == MODULE || !matches!(binding.value, Value::Text(_)));
        let mut handlers: Vec<u32> = handlers.into_iter().collect();
        handlers.sort_unstable();
        let mut file = SourceFile {
            path: path.into(),
            language,
            wiring_fingerprint: wiring_fingerprint(&wiring, &self.functions),
            functions: self.functions,
            span_sites: sites,
            call_sites: self.calls,
            broken,
            generated: is_generated(path, text),
            wiring: Box::new(wiring),
            handlers: handlers.into(),
            keys: Box::default(),
        };
        file.functions.shrink_to_fit();
        file.call_sites.shrink_to_fit();
        file.keys = file_keys(&file);
        file
    }

    /// Bytes become functions.
    fn find_functions(&mut self) {
        let starts = &self.starts;
        let known = |handler: &mut Handler| find_handler(starts, handler);
        let held = |holder: &mut Holder| {
            if let Holder::Inline(byte, at) = *holder
                && let Some(index) = starts.get(&byte)
            {
                *holder = Holder::Parameter(*index, at);
            }
        };
        let wiring = &mut self.wiring;
        wiring.routes.retain_mut(|fact| {
            held(&mut fact.holder);
            known(&mut fact.handler)
        });
        wiring.consumers.retain_mut(|fact| known(&mut fact.handler));
        wiring.rpcs.retain_mut(|fact| known(&mut fact.handler));
        for fact in &mut wiring.mounts {
            held(&mut fact.parent);
            held(&mut fact.child);
        }
        wiring.prefixes.iter_mut().for_each(|fact| held(&mut fact.holder));
    }

    fn handlers(&self) -> HashSet<u32> {
        let wiring = &self.wiring;
        let routes = wiring.routes.iter().map(|fact| &fact.handler);
        let others = wiring.consumers.iter().map(|fact| &fact.handler);
        let rpcs = wiring.rpcs.iter().map(|fact| &fact.handler);
        let mut indices = HashSet::new();
        let mut left: Vec<&Handler> = routes.chain(others).chain(rpcs).collect();
        while let Some(handler) = left.pop() {
            match handler {
                Handler::Function(index) => {
                    indices.insert(*index);
                }
                Handler::Wrapped(_, arguments) => left.extend(arguments),
                _ => {}
            }
        }
        indices
    }
}

/// Bytes become functions; whether the handler is known.
fn find_handler(starts: &HashMap<u32, u32>, handler: &mut Handler) -> bool {
    match handler {
        Handler::At(byte) => match starts.get(byte) {
            Some(index) => {
                *handler = Handler::Function(*index);
                true
            }
            None => false,
        },
        Handler::Wrapped(_, arguments) => {
            arguments.retain_mut(|argument| find_handler(starts, argument));
            true
        }
        _ => true,
    }
}

/// The end of a file: texts are looked up, spans credited.
struct Finish<'a> {
    handlers: &'a HashSet<u32>,
    functions: &'a [Function],
    sites: Vec<SpanSite>,
    wiring: Wiring,
}

impl Finish<'_> {
    fn named(&mut self, all: Vec<Named>, tracers: &[(Scope, SmolStr, Text)], calls: &mut [CallSite]) {
        let bindings = std::mem::take(&mut self.wiring.bindings);
        let constants = Constants::new(self.functions, &bindings);
        for named in all {
            let tracer =
                named.tracer.as_ref().and_then(|name| self.tracer(name, named.scope, tracers, &constants));
            let Some(function) = named.function.or_else(|| self.credit(named.scope)) else {
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
    fn passes(&mut self) {
        let bindings = std::mem::take(&mut self.wiring.bindings);
        let constants = Constants::new(self.functions, &bindings);
        let mut kept = Vec::new();
        for pass in std::mem::take(&mut self.wiring.passes) {
            let explicit = Some(pass.function).filter(|function| *function != MODULE);
            let Some(function) = explicit.or_else(|| self.credit(pass.scope)) else { continue };
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
    fn credit(&self, scope: Scope) -> Option<u32> {
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

fn wiring_fingerprint(wiring: &Wiring, functions: &[Function]) -> u64 {
    let mut hasher = DefaultHasher::new();
    wiring.hash(&mut hasher);
    for function in functions {
        function.key.path.hash(&mut hasher);
        function.key.nth.hash(&mut hasher);
    }
    hasher.finish()
}

/// Names of spans and routes are one line, and not long.
fn could_be_a_name(text: &Text) -> bool {
    text.is_telling()
        && text.0.iter().all(|piece| match piece {
            Piece::Literal(literal) => literal.len() <= 200 && !literal.contains('\n'),
            _ => true,
        })
}

/// Called everywhere with texts that never name a span.
fn is_noise(callee: &str) -> bool {
    const NOISE: &[&str] = &[
        "print",
        "println",
        "log",
        "debug",
        "info",
        "warn",
        "warning",
        "error",
        "exception",
        "critical",
        "fatal",
        "trace",
        "format",
        "join",
        "split",
        "replace",
        "strip",
        "startswith",
        "endswith",
        "startsWith",
        "endsWith",
        "includes",
        "indexOf",
        "append",
        "push",
        "get",
        "set",
        "has",
        "pop",
        "getattr",
        "setattr",
        "hasattr",
        "isinstance",
        "len",
        "str",
        "int",
        "open",
        "require",
        "import",
        "expect",
        "assertEqual",
        "assert",
        "toBe",
        "toEqual",
        "describe",
        "it",
        "test",
        "ValueError",
        "TypeError",
        "KeyError",
        "RuntimeError",
        "Exception",
        "Error",
        "set_attribute",
        "setAttribute",
        "add_event",
        "addEvent",
        "encode",
        "decode",
        "getenv",
        "contains",
        "unwrap",
        "expect_err",
        "to_string",
        "into",
        "from",
        "querySelector",
        "getElementById",
        "addEventListener",
        "on",
        "emit",
        "write",
        "send",
        "json",
        "status",
        "header",
        "setHeader",
        "find",
        "findall",
        "match",
        "compile",
        "sub",
        "strftime",
        "strptime",
        "add_argument",
        "Column",
        "Field",
        "CharField",
        "ForeignKey",
        "eq",
        "ok",
        "translate",
    ];
    NOISE.contains(&callee)
}
