//! What nobody will ask for is let go when a file ends: names of locals that no fact mentions, and the inside of what
//! tools wrote. It is the larger part of what a reader states.

use std::collections::{HashMap, HashSet};

use model::SmolStr;
use rustc_hash::FxBuildHasher;

use crate::{
    Language,
    languages::go::packages,
    wiring::{Binding, Handler, Holder, MODULE, Piece, Reference, Text, Value, Wiring},
};

/// Drops bindings of locals that cannot be reached from any fact of the file. What stands at the top level stays:
/// other files may import it.
pub(crate) fn unmentioned(wiring: &mut Wiring) {
    let bindings = std::mem::take(&mut wiring.bindings);
    let mut mentions = Mentions::default();
    mentions.facts(wiring);
    let mut locals: HashMap<&str, Vec<&Binding>, FxBuildHasher> = HashMap::default();
    for binding in &bindings {
        if binding.scope == MODULE {
            mentions.value(&binding.value);
        } else {
            locals.entry(root(&binding.name)).or_default().push(binding);
        }
    }
    while let Some(name) = mentions.new.pop() {
        for binding in locals.get(name.as_str()).into_iter().flatten() {
            mentions.value(&binding.value);
        }
    }
    let seen = mentions.seen;
    wiring.bindings = bindings
        .into_iter()
        .filter(|it| it.scope == MODULE || is_mark(&it.name) || seen.contains(root(&it.name)))
        .collect();
}

/// Lets go of what a file that a tool wrote says inside its functions: its types and names may be built upon, what it
/// does is nobody's code.
pub(crate) fn generated(wiring: &mut Wiring) {
    wiring.passes.clear();
    wiring.deferred.clear();
    wiring.helpers.clear();
    wiring.bindings.retain(|binding| binding.scope == MODULE);
}

/// Drops texts that are passed to functions of a language's own library: they name no span of the program.
pub(crate) fn foreign(wiring: &mut Wiring, language: Language) {
    let imports = wiring.bindings.iter().filter(|binding| binding.scope == MODULE);
    let own: HashMap<&str, bool, FxBuildHasher> = imports
        .filter_map(|binding| match &binding.value {
            Value::Import(module, _) => Some((binding.name.as_str(), is_own_library(language, module))),
            _ => None,
        })
        .collect();
    let passes = &mut wiring.passes;
    passes.retain(|pass| {
        pass.callee.module.is_some() || own.get(root(&pass.callee.path)).is_none_or(|is_own| !is_own)
    });
}

/// Whether a module comes with the language.
fn is_own_library(language: Language, module: &str) -> bool {
    const PYTHON: &[&str] = &[
        "argparse",
        "collections",
        "contextlib",
        "copy",
        "dataclasses",
        "datetime",
        "decimal",
        "enum",
        "functools",
        "hashlib",
        "importlib",
        "itertools",
        "json",
        "logging",
        "math",
        "os",
        "pathlib",
        "random",
        "re",
        "shutil",
        "string",
        "subprocess",
        "sys",
        "tempfile",
        "textwrap",
        "time",
        "typing",
        "unittest",
        "urllib",
        "uuid",
        "warnings",
    ];
    match language {
        Language::Go => packages::is_standard(module.split('/').next().unwrap_or_default()),
        Language::Python => PYTHON.contains(&root(module)),
        Language::Java | Language::Kotlin => matches!(root(module), "java" | "javax" | "kotlin"),
        _ => false,
    }
}

/// First segments of the names that facts mention.
#[derive(Default)]
struct Mentions {
    seen: HashSet<SmolStr, FxBuildHasher>,
    /// Those of which it is still to be told what their values mention.
    new: Vec<SmolStr>,
}

impl Mentions {
    fn facts(&mut self, wiring: &Wiring) {
        for fact in &wiring.routes {
            self.holder(&fact.holder);
            self.text(&fact.pattern);
            self.handler(&fact.handler);
        }
        for fact in &wiring.mounts {
            self.holder(&fact.parent);
            self.holder(&fact.child);
            self.text(&fact.prefix);
        }
        for fact in &wiring.prefixes {
            self.holder(&fact.holder);
            self.text(&fact.prefix);
        }
        for fact in &wiring.consumers {
            fact.name.iter().for_each(|name| self.text(name));
            self.handler(&fact.handler);
        }
        wiring.rpcs.iter().for_each(|fact| self.handler(&fact.handler));
        wiring.returns.iter().for_each(|(_, reference)| self.reference(reference));
        wiring.types.iter().flat_map(|fact| &fact.bases).for_each(|base| self.name(base));
        wiring.deferred.iter().for_each(|fact| self.text(&fact.text));
        wiring.helpers.iter().for_each(|fact| self.text(&fact.template));
        for fact in &wiring.passes {
            self.reference(&fact.callee);
            self.text(&fact.text);
        }
        wiring.decorations.iter().for_each(|fact| self.reference(&fact.decorator));
    }

    fn holder(&mut self, holder: &Holder) {
        match holder {
            Holder::Named(_, reference)
            | Holder::Result(_, reference)
            | Holder::Argument(_, reference, _) => {
                self.reference(reference);
            }
            Holder::Inline(..)
            | Holder::Parameter(..)
            | Holder::Returned(_)
            | Holder::Folder(_)
            | Holder::App => {}
        }
    }

    fn handler(&mut self, handler: &Handler) {
        let mut left = vec![handler];
        while let Some(handler) = left.pop() {
            match handler {
                Handler::Named(_, reference) => self.reference(reference),
                Handler::Wrapped(maker, arguments) => {
                    left.push(maker);
                    left.extend(arguments);
                }
                Handler::First(handlers) => left.extend(handlers),
                Handler::At(_) | Handler::Function(_) => {}
            }
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Alias(reference) | Value::Result(reference) => self.reference(reference),
            Value::Text(text) => self.text(text),
            Value::Import(..) | Value::Other => {}
        }
    }

    fn text(&mut self, text: &Text) {
        for piece in &text.0 {
            if let Piece::Name(path) = piece {
                self.name(path);
            }
        }
    }

    fn reference(&mut self, reference: &Reference) {
        if reference.module.is_none() {
            self.name(&reference.path);
        }
    }

    fn name(&mut self, path: &str) {
        let root = root(path);
        if !self.seen.contains(root) {
            self.seen.insert(root.into());
            self.new.push(root.into());
        }
    }
}

/// Not a name of the program: something that a reader noted under a name that no program can have.
fn is_mark(name: &str) -> bool {
    name.starts_with('@') || name.contains(' ')
}

fn root(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}
