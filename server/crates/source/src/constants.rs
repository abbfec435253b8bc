//! Looks names up within one file: what a name in a text stands for, as far as the file tells.

use std::collections::HashMap;

use model::SmolStr;

use crate::{
    Function,
    wiring::{ARGUMENT, BARE_NAME, Binding, CLASS_NAME, MODULE, Piece, QUALIFIED_NAME, Scope, Text, Value},
};

/// How many values a name may have before it counts as unknown.
const MAX_ALTERNATIVES: usize = 4;
/// How many names deep a constant may be defined by others.
const MAX_DEPTH: usize = 4;

/// The names of one file.
pub(crate) struct Constants<'a> {
    functions: &'a [Function],
    bindings: HashMap<&'a str, Vec<&'a Binding>>,
}

/// A part of a text after look-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Literal(SmolStr),
    Hole,
    /// A parameter of a function, `self` not counted, and what of it is taken ([`ARGUMENT`] and its like).
    Parameter(u32, u8, &'static str),
    /// A name that another file knows.
    Foreign(SmolStr),
}

impl<'a> Constants<'a> {
    /// The names that `bindings` give, seen from the bodies of `functions`.
    pub(crate) fn new(functions: &'a [Function], all: &'a [Binding]) -> Constants<'a> {
        let mut bindings: HashMap<&str, Vec<&Binding>> = HashMap::new();
        for binding in all {
            bindings.entry(binding.name.as_str()).or_default().push(binding);
        }
        Constants { functions, bindings }
    }

    /// What `text` may be, seen from `scope`: several alternatives when a name has several values.
    pub(crate) fn expand(&self, text: &Text, scope: Scope) -> Vec<Vec<Part>> {
        self.expand_within(text, scope, MAX_DEPTH)
    }

    fn expand_within(&self, text: &Text, scope: Scope, depth: usize) -> Vec<Vec<Part>> {
        let mut alternatives = vec![Vec::new()];
        for piece in &text.0 {
            let values = match piece {
                Piece::Literal(text) => vec![vec![Part::Literal(text.clone())]],
                Piece::Hole => vec![vec![Part::Hole]],
                Piece::Name(path) => self.name(path, scope, depth),
            };
            if alternatives.len() * values.len() > MAX_ALTERNATIVES {
                alternatives.iter_mut().for_each(|parts| parts.push(Part::Hole));
                continue;
            }
            alternatives = alternatives
                .iter()
                .flat_map(|before| values.iter().map(move |value| [before.as_slice(), value].concat()))
                .collect();
        }
        alternatives
    }

    fn name(&self, path: &str, scope: Scope, depth: usize) -> Vec<Vec<Part>> {
        let unknown = || vec![vec![Part::Hole]];
        if depth == 0 {
            return unknown();
        }
        let path = path.strip_suffix(".value").unwrap_or(path);
        let root = path.split('.').next().unwrap_or(path);
        let mut at = scope;
        loop {
            let mut found = Vec::new();
            for binding in self.bound(path, root, at) {
                match &binding.value {
                    Value::Text(text) if binding.name == path => {
                        found.extend(self.expand_within(text, at, depth - 1));
                    }
                    Value::Import(..) => found.push(vec![Part::Foreign(path.into())]),
                    Value::Alias(target) if target.module.is_none() => {
                        let rest = &path[binding.name.len()..];
                        found.extend(self.name(&format!("{}{rest}", target.path), at, depth - 1));
                    }
                    _ => found.push(vec![Part::Hole]),
                }
            }
            found.extend(self.parameter(path, root, at));
            if !found.is_empty() {
                found.dedup();
                return if found.len() > MAX_ALTERNATIVES { unknown() } else { found };
            }
            if at == MODULE {
                return unknown();
            }
            at = self.functions.get(at as usize).and_then(|function| function.parent).unwrap_or(MODULE);
        }
    }

    fn bound(&self, path: &str, root: &str, scope: Scope) -> impl Iterator<Item = &&'a Binding> {
        let whole = self.bindings.get(path).map(Vec::as_slice).unwrap_or_default();
        let of_root = if path == root || !whole.is_empty() { None } else { self.bindings.get(root) };
        let both = whole.iter().chain(of_root.map(Vec::as_slice).unwrap_or_default());
        both.filter(move |binding| binding.scope == scope)
    }

    fn parameter(&self, path: &str, root: &str, scope: Scope) -> Option<Vec<Part>> {
        let function = self.functions.get(scope as usize)?;
        let at = parameters(function).position(|name| name == root)?;
        let taken = match path.get(root.len()..)? {
            // JavaScript's decorators of methods get the class, the method's name and its descriptor.
            "" if at == 1 && decorates_methods(function) => {
                return Some(vec![Part::Parameter(scope, 0, BARE_NAME)]);
            }
            "" => ARGUMENT,
            ".__qualname__" => QUALIFIED_NAME,
            ".__name__" | ".name" => BARE_NAME,
            ".constructor.name" => CLASS_NAME,
            _ => return Some(vec![Part::Hole]),
        };
        Some(vec![Part::Parameter(scope, u8::try_from(at).ok()?, taken)])
    }
}

fn decorates_methods(function: &Function) -> bool {
    let [_, _, descriptor] = function.parameters.as_slice() else { return false };
    descriptor.to_lowercase().contains("desc")
}

/// The parameters that a caller fills in: without the object itself.
pub(crate) fn parameters(function: &Function) -> impl Iterator<Item = &SmolStr> {
    let own =
        function.parameters.first().is_some_and(|first| matches!(first.as_str(), "self" | "cls" | "this"));
    function.parameters.iter().skip(usize::from(own))
}
