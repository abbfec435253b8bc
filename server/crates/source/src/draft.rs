//! One file while it is read: facts as the reader states them, completed when the file ends.

use std::{
    collections::{HashMap, HashSet},
    hash::{Hash, Hasher},
};

use model::{LinePosition, SmolStr};

use crate::{
    CallKind, CallSite, Function, FunctionKey, Language, SourceFile,
    finish::Finish,
    generated::{is_generated, is_test},
    manifest,
    postings::file_keys,
    prune,
    wiring::{
        Argument, Binding, Handler, Holder, MODULE, PassFact, Piece, Purpose, Reference, Scope, Spot, Text,
        TypeFact, Value, Wiring,
    },
};

/// Facts kept of one file, of each kind; what comes after is dropped. Real files have a tenth.
const MAX_FACTS: usize = 20_000;

/// What was found so far.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) functions: Vec<Function>,
    pub(crate) wiring: Wiring,
    /// The function that what stands outside of every other one is the body of, where the language has it.
    pub(crate) main: Option<u32>,
    /// Names that the reader wants to know again, for example those of routers.
    pub(crate) marks: HashSet<SmolStr>,
    calls: Vec<CallSite>,
    named: Vec<Named>,
    tracers: Vec<(Scope, SmolStr, Text)>,
    starts: HashMap<u32, u32>,
    credits: Vec<(Mark, Mark, u32)>,
    counts: HashMap<SmolStr, u16>,
}

/// How many texts were passed on and how many things named, at some point of the walk.
type Mark = (usize, usize);

/// A text that names something.
pub(crate) struct Named {
    pub(crate) purpose: Purpose,
    pub(crate) text: Text,
    pub(crate) scope: Scope,
    /// Whom it is credited to, where that is not the function around it.
    pub(crate) function: Option<u32>,
    pub(crate) position: LinePosition,
    pub(crate) call: Option<usize>,
    pub(crate) tracer: Option<SmolStr>,
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

    /// `name` stands for one of `texts`. What an address is by default says nothing of the one that is used.
    pub(crate) fn bind_alternatives(&mut self, scope: Scope, name: &SmolStr, texts: Vec<Text>) {
        let is_address = |piece: &Piece| matches!(piece, Piece::Literal(text) if text.contains('/'));
        if texts.iter().any(|text| text.0.iter().any(is_address)) {
            return self.bind(scope, name.clone(), Value::Text(Text::hole()));
        }
        for text in texts {
            self.bind(scope, name.clone(), Value::Text(text));
        }
    }

    /// The text that `name` stands for gets longer; `is_certain` says that it does on every way through the code.
    pub(crate) fn lengthen(&mut self, scope: Scope, name: &str, more: &Text, is_certain: bool) {
        let mut longer = Vec::new();
        for binding in &mut self.wiring.bindings {
            if binding.scope != scope || binding.name != name {
                continue;
            }
            let Value::Text(text) = &mut binding.value else { continue };
            let mut whole = text.clone();
            whole.append(more.clone());
            if is_certain {
                *text = whole;
            } else {
                longer.push(Binding { value: Value::Text(whole), ..binding.clone() });
            }
        }
        self.wiring.bindings.extend(longer.into_iter().take(8));
    }

    /// What is passed on and started so far, to be handed to [`Draft::credit`].
    pub(crate) fn mark(&self) -> Mark {
        (self.wiring.passes.len(), self.named.len())
    }

    /// What was passed on and started since `mark`, outside of every function, belongs to the function that begins at
    /// byte `start`.
    pub(crate) fn credit(&mut self, mark: Mark, start: u32) {
        if mark != self.mark() {
            self.credits.push((mark, self.mark(), start));
        }
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
        manifest::facts(path, text, &mut self.wiring);
        self.find_functions();
        self.credit_main();
        let handlers = self.handlers();
        let wiring = std::mem::take(&mut self.wiring);
        let mut done = Finish {
            main: self.main,
            handlers: &handlers,
            functions: &self.functions,
            sites: Vec::new(),
            wiring,
        };
        let named = std::mem::take(&mut self.named);
        done.named(named, &self.tracers, &mut self.calls);
        done.passes();
        let Finish { sites, mut wiring, .. } = done;
        wiring.bindings.retain(|binding| binding.scope == MODULE || !matches!(binding.value, Value::Text(_)));
        if is_test(path) {
            wiring.passes.clear();
        }
        prune::foreign(&mut wiring, language);
        let generated = is_generated(path, text);
        if generated {
            prune::generated(&mut wiring);
            self.calls.retain(|call| call.target.is_some());
        }
        prune::unmentioned(&mut wiring);
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
            generated,
            wiring: Box::new(wiring),
            handlers: handlers.into(),
            keys: Box::default(),
        };
        file.functions.shrink_to_fit();
        file.call_sites.shrink_to_fit();
        file.keys = file_keys(&file);
        file
    }

    /// Calls that stand outside of every other function are the main one's.
    fn credit_main(&mut self) {
        let Some(main) = self.main else { return };
        let Some(range) = self.functions.get(main as usize).map(|function| function.range) else { return };
        for call in self.calls.iter_mut().filter(|call| call.function.is_none()) {
            call.function = range.contains(call.end.saturating_sub(1)).then_some(main);
        }
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
        for (from, to, start) in &self.credits {
            let Some(function) = starts.get(start) else { continue };
            let passes = wiring.passes.get_mut(from.0..to.0).unwrap_or_default();
            passes.iter_mut().for_each(|pass| pass.function = *function);
            let named = self.named.get_mut(from.1..to.1).unwrap_or_default();
            named.iter_mut().filter(|named| named.purpose == Purpose::Span).for_each(|named| {
                named.function = Some(*function);
            });
        }
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
                Handler::Wrapped(_, arguments) | Handler::First(arguments) => left.extend(arguments),
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
        Handler::Wrapped(_, arguments) | Handler::First(arguments) => {
            arguments.retain_mut(|argument| find_handler(starts, argument));
            true
        }
        _ => true,
    }
}

fn wiring_fingerprint(wiring: &Wiring, functions: &[Function]) -> u64 {
    let mut hasher = rustc_hash::FxHasher::default();
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
    matches!(
        callee,
        "print"
            | "println"
            | "log"
            | "debug"
            | "info"
            | "warn"
            | "warning"
            | "error"
            | "exception"
            | "critical"
            | "fatal"
            | "trace"
            | "format"
            | "join"
            | "split"
            | "replace"
            | "strip"
            | "startswith"
            | "endswith"
            | "startsWith"
            | "endsWith"
            | "includes"
            | "indexOf"
            | "append"
            | "push"
            | "get"
            | "set"
            | "has"
            | "pop"
            | "getattr"
            | "setattr"
            | "hasattr"
            | "isinstance"
            | "len"
            | "str"
            | "int"
            | "open"
            | "require"
            | "import"
            | "expect"
            | "assertEqual"
            | "assert"
            | "toBe"
            | "toEqual"
            | "describe"
            | "it"
            | "test"
            | "ValueError"
            | "TypeError"
            | "KeyError"
            | "RuntimeError"
            | "Exception"
            | "Error"
            | "set_attribute"
            | "setAttribute"
            | "add_event"
            | "addEvent"
            | "encode"
            | "decode"
            | "getenv"
            | "contains"
            | "unwrap"
            | "expect_err"
            | "to_string"
            | "into"
            | "from"
            | "querySelector"
            | "getElementById"
            | "addEventListener"
            | "on"
            | "emit"
            | "write"
            | "send"
            | "json"
            | "status"
            | "header"
            | "setHeader"
            | "find"
            | "findall"
            | "match"
            | "compile"
            | "sub"
            | "strftime"
            | "strptime"
            | "add_argument"
            | "Column"
            | "Field"
            | "CharField"
            | "ForeignKey"
            | "eq"
            | "ok"
            | "translate"
    )
}
