//! Follows names: through scopes, imports, re-exports, constants and instances, across files.

use std::{cell::RefCell, collections::HashMap, rc::Rc, sync::Arc};

use model::SmolStr;
use smol_str::format_smolstr;

use crate::{
    Function, FunctionKey, Index, Key, Language, NamePattern, SourceFile,
    constants::{Part, parameters},
    finish::pattern_of,
    walk::dotted,
    wiring::{Binding, Handler, MODULE, Piece, Reference, Scope, Text, Value},
};

/// How many steps one name is followed.
const MAX_STEPS: u8 = 16;

/// What a name means in the end.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Entity {
    /// A function: file, index.
    Function(u32, u32),
    /// A type: file, path.
    Type(u32, SmolStr),
    /// A module: its files.
    Module(Rc<[u32]>),
    /// A variable: file, scope, name.
    Value(u32, Scope, SmolStr),
    /// A parameter: file, function, number without `self`.
    Parameter(u32, u32, u8),
    /// What a function returns: file, index.
    Returned(u32, u32),
}

/// Files of modules, by the file that names them and the name it uses.
type Modules = HashMap<(u32, SmolStr), Rc<[u32]>>;
/// Files that open types, by the whole name.
type Types = HashMap<(Language, SmolStr), Rc<[u32]>>;
/// What types derive from, by file and path.
type Ancestors = HashMap<(u32, SmolStr), Rc<[(u32, SmolStr)]>>;

/// Names of all files of an index.
pub(crate) struct Names<'a> {
    pub(crate) index: &'a Index,
    pub(super) modules: RefCell<Modules>,
    pub(super) ancestors: RefCell<Ancestors>,
    pub(super) types: RefCell<Types>,
}

impl<'a> Names<'a> {
    /// The names of `index`.
    pub(crate) fn new(index: &'a Index) -> Names<'a> {
        Names { index, modules: RefCell::default(), ancestors: RefCell::default(), types: RefCell::default() }
    }

    /// Files that state something for others, with their numbers; generated ones are left out.
    pub(crate) fn wired(&self) -> impl Iterator<Item = (u32, &'a Arc<SourceFile>)> {
        let index = self.index;
        let numbers = index.numbers_with(Key::Wired);
        numbers
            .filter_map(move |number| Some((number, index.slot(number)?)))
            .filter(|(_, file)| !file.generated)
    }

    /// What `reference`, seen from `scope` of `file`, means.
    pub(crate) fn look_up(&self, file: u32, scope: Scope, reference: &Reference) -> Option<Entity> {
        self.reference(file, scope, reference, MAX_STEPS)
    }

    /// The key of a function.
    pub(crate) fn key(&self, file: u32, function: u32) -> Option<FunctionKey> {
        Some(self.index.slot(file)?.functions.get(function as usize)?.key.clone())
    }

    /// The one function that handles, if `handler` is one.
    pub(crate) fn function(&self, file: u32, handler: &Handler) -> Option<(u32, u32)> {
        match handler {
            Handler::At(_) => None,
            Handler::Function(index) => Some((file, *index)),
            Handler::Named(scope, reference) => match self.look_up(file, *scope, reference) {
                Some(Entity::Function(file, function)) => Some((file, function)),
                Some(Entity::Module(files)) => self.namesake(&files, reference.last()),
                _ => self.serving_method(file, *scope, reference),
            },
            Handler::First(handlers) => handlers.iter().find_map(|handler| self.function(file, handler)),
            Handler::Wrapped(callee, arguments) => {
                let mut inner: Vec<(u32, u32)> =
                    arguments.iter().filter_map(|argument| self.function(file, argument)).collect();
                inner.dedup();
                match inner.as_slice() {
                    [only] => Some(*only),
                    [] => self.made_by(file, callee),
                    _ => None,
                }
            }
        }
    }

    /// The closure that a function returns, or the serving method of the type that it returns.
    fn made_by(&self, file: u32, callee: &Handler) -> Option<(u32, u32)> {
        let (file, maker) = self.function(file, callee)?;
        let source = self.index.slot(file)?;
        let returned = source.wiring.returns.iter().filter(|(at, _)| *at == maker);
        let mut found: Vec<(u32, u32)> = Vec::new();
        for (_, reference) in returned {
            match self.look_up(file, maker, reference) {
                Some(Entity::Function(file, function)) => found.push((file, function)),
                Some(Entity::Type(..)) => found.extend(self.serving_method(file, maker, reference)),
                _ => {}
            }
        }
        found.dedup();
        if let [only] = found.as_slice() { Some(*only) } else { None }
    }

    /// Rust: functions and modules have names of their own, so that `use routes::health` may mean `health::health`,
    /// which `pub use health::*` lifts.
    fn namesake(&self, files: &[u32], name: &str) -> Option<(u32, u32)> {
        let [file] = files else { return None };
        if self.index.slot(*file)?.language != Language::Rust {
            return None;
        }
        match self.top_level(*file, name, MAX_STEPS)? {
            Entity::Function(file, function) => Some((file, function)),
            _ => None,
        }
    }

    /// Go: the method by which a value is an `http.Handler`.
    fn serving_method(&self, file: u32, scope: Scope, value: &Reference) -> Option<(u32, u32)> {
        if self.index.slot(file)?.language != Language::Go {
            return None;
        }
        let method = Reference { path: dotted(&value.path, "ServeHTTP"), ..value.clone() };
        match self.look_up(file, scope, &method)? {
            Entity::Function(file, function) => Some((file, function)),
            _ => None,
        }
    }

    /// The files whose top levels are one with that of `file`: itself, and its folder where the language has it so.
    pub(crate) fn beside(&self, file: u32) -> Vec<u32> {
        let Some(source) = self.index.slot(file) else { return Vec::new() };
        let mut files = vec![file];
        if source.language.reader().shares_folder() {
            let folder = source.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let language = Some(source.language);
            let others = self
                .index
                .folder(folder)
                .filter(|(other, path)| *other != file && Language::of_path(path) == language);
            files.extend(others.map(|(other, _)| other).take(256));
        }
        files.extend(self.body_of_header(source));
        files
    }

    /// The methods of a type, its bases' included where it does not override them.
    pub(crate) fn methods(&self, file: u32, path: &str) -> Vec<(u32, u32)> {
        let mut found: Vec<(u32, u32)> = Vec::new();
        let mut names: Vec<SmolStr> = Vec::new();
        let mut queue = vec![(file, SmolStr::from(path))];
        for _ in 0..MAX_STEPS {
            let Some((file, path)) = queue.pop() else { break };
            for beside in self.beside(file) {
                let Some(source) = self.index.slot(beside) else { continue };
                for (index, function) in methods(source, &path) {
                    if !names.contains(&function.name) {
                        names.push(function.name.clone());
                        found.push((beside, index));
                    }
                }
            }
            queue.extend(self.bases(file, &path));
        }
        found
    }

    /// The known types that a type derives from directly.
    pub(crate) fn bases(&self, file: u32, path: &str) -> Vec<(u32, SmolStr)> {
        self.bases_within(file, path, MAX_STEPS)
    }

    pub(super) fn bases_within(&self, file: u32, path: &str, steps: u8) -> Vec<(u32, SmolStr)> {
        let Some(source) = self.index.slot(file) else { return Vec::new() };
        let bases = source.wiring.types.iter().filter(|fact| fact.path == path).flat_map(|fact| &fact.bases);
        if source.language.reader().shares_all() {
            return bases.filter_map(|base| self.base_elsewhere(file, path, base)).collect();
        }
        let known = bases.filter_map(|base| {
            match self.reference(file, MODULE, &Reference::local(base.clone()), steps)? {
                Entity::Type(file, found) if found != path => Some((file, found)),
                _ => None,
            }
        });
        known.collect()
    }

    /// `text` with its names looked up; `None` when nothing of it is known.
    pub(crate) fn pattern(&self, file: u32, scope: Scope, text: &Text) -> Option<NamePattern> {
        pattern_of(&self.parts(file, scope, text, MAX_STEPS))
    }

    fn parts(&self, file: u32, scope: Scope, text: &Text, steps: u8) -> Vec<Part> {
        let pieces = text.0.iter().flat_map(|piece| match piece {
            Piece::Literal(text) => vec![Part::Literal(text.clone())],
            Piece::Hole => vec![Part::Hole],
            Piece::Name(_) if steps == 0 => vec![Part::Hole],
            Piece::Name(path) => match self.constant(file, scope, path, steps - 1) {
                Some(parts) => parts,
                None => vec![Part::Hole],
            },
        });
        pieces.collect()
    }

    fn constant(&self, file: u32, scope: Scope, path: &str, steps: u8) -> Option<Vec<Part>> {
        let path = path.strip_suffix(".value").unwrap_or(path);
        let Entity::Value(file, scope, name) = self.reference(file, scope, &Reference::local(path), steps)?
        else {
            return None;
        };
        let source = self.index.slot(file)?;
        let mut texts = source.wiring.bindings.iter().filter_map(|binding| match &binding.value {
            Value::Text(text) if binding.name == name && binding.scope == scope => Some(text),
            _ => None,
        });
        let text = texts.next()?;
        if texts.next().is_some() {
            return None;
        }
        Some(self.parts(file, scope, text, steps))
    }

    fn reference(&self, file: u32, scope: Scope, reference: &Reference, steps: u8) -> Option<Entity> {
        if steps == 0 {
            return None;
        }
        match &reference.module {
            Some(module) => {
                self.in_module(file, &self.module(file, module), module, &reference.path, steps - 1)
            }
            None => self.name(file, scope, &reference.path, steps - 1),
        }
    }

    /// A name with dots, seen from `scope` outwards.
    fn name(&self, file: u32, scope: Scope, path: &str, steps: u8) -> Option<Entity> {
        let source = self.index.slot(file)?;
        let root = path.split('.').next().unwrap_or(path);
        let rest = path.get(root.len() + 1..).unwrap_or_default();
        let mut at = scope;
        while at != MODULE {
            let function = source.functions.get(at as usize)?;
            if let Some(number) = parameters(function).position(|name| name == root) {
                if rest.is_empty() {
                    return Some(Entity::Parameter(file, at, u8::try_from(number).ok()?));
                }
                // A parameter whose type is known knows its methods.
                return self
                    .bound(file, at, path, root, rest, steps)
                    .or_else(|| Some(Entity::Value(file, at, path.into())));
            }
            if let Some(found) = self.bound(file, at, path, root, rest, steps) {
                return Some(found);
            }
            let inner = |other: &Function| other.parent == Some(at) && other.name == root;
            if let Some(index) = source.functions.iter().position(inner) {
                return self.member(Entity::Function(file, index as u32), rest, steps);
            }
            at = function.parent.unwrap_or(MODULE);
        }
        self.top_level(file, path, steps)
            .or_else(|| self.in_folder(file, path, steps))
            .or_else(|| self.everywhere(file, scope, path, steps))
            .or_else(|| Some(Entity::Value(file, MODULE, path.into())))
    }

    /// A name with dots at the top level of a file; `None` when the file does not know it.
    fn top_level(&self, file: u32, path: &str, steps: u8) -> Option<Entity> {
        let source = self.index.slot(file)?;
        if steps == 0 {
            return None;
        }
        let root = path.split('.').next().unwrap_or(path);
        let rest = path.get(root.len() + 1..).unwrap_or_default();
        let defined = |path: &str| source.functions.iter().position(|function| function.key.path == path);
        if let Some(index) = defined(path) {
            return Some(Entity::Function(file, index as u32));
        }
        if let Some(fact) = source.wiring.types.iter().find(|fact| fact.path == root) {
            return self.member(Entity::Type(file, fact.path.clone()), rest, steps);
        }
        if let Some(found) = self.bound(file, MODULE, path, root, rest, steps) {
            return Some(found);
        }
        if !rest.is_empty()
            && let Some(index) = defined(root)
        {
            return self.member(Entity::Function(file, index as u32), rest, steps);
        }
        let everything = source.wiring.bindings.iter().filter(|binding| binding.name == "*");
        let modules = everything.filter_map(|binding| match &binding.value {
            Value::Import(module, _) => Some(module),
            _ => None,
        });
        modules.take(32).find_map(|module| {
            let files = self.module(file, module);
            files
                .iter()
                .filter(|other| **other != file)
                .find_map(|other| self.top_level(*other, path, steps - 1))
        })
    }

    /// What a binding of exactly this scope tells.
    fn bound(
        &self,
        file: u32,
        scope: Scope,
        path: &str,
        root: &str,
        rest: &str,
        steps: u8,
    ) -> Option<Entity> {
        let bindings = &self.index.slot(file)?.wiring.bindings;
        let here = || bindings.iter().filter(|binding| binding.scope == scope);
        if !rest.is_empty()
            && let Some(found) = self.exactly(file, scope, path, steps)
        {
            return Some(found);
        }
        let mut last = None;
        for binding in here().filter(|binding| binding.name == root).take(8) {
            let found = self.value(file, binding, rest, steps);
            if matches!(found, Some(Entity::Function(..) | Entity::Type(..))) {
                return found;
            }
            last = last.or(found);
        }
        last
    }

    /// What the binding of a name with dots tells.
    fn exactly(&self, file: u32, scope: Scope, path: &str, steps: u8) -> Option<Entity> {
        let mut bindings = self.index.slot(file)?.wiring.bindings.iter();
        let binding = bindings.find(|binding| binding.scope == scope && binding.name == path)?;
        self.value(file, binding, "", steps)
    }

    fn value(&self, file: u32, binding: &Binding, rest: &str, steps: u8) -> Option<Entity> {
        let itself = || Entity::Value(file, binding.scope, dotted(&binding.name, rest));
        if steps == 0 {
            return None;
        }
        match &binding.value {
            Value::Text(_) | Value::Other => Some(itself()),
            Value::Import(module, name) => {
                let path = dotted(name.as_deref().unwrap_or_default(), rest);
                let files = self.module(file, module);
                self.in_module(file, &files, module, &path, steps - 1)
            }
            Value::Alias(target) if target.module.is_none() && target.path == binding.name => None,
            Value::Alias(target) => {
                let found = self.reference(file, binding.scope, target, steps - 1)?;
                self.member(found, rest, steps - 1)
            }
            Value::Result(callee) => match self.reference(file, binding.scope, callee, steps - 1) {
                Some(Entity::Function(other, function)) => {
                    self.member(self.returned(other, function, steps - 1), rest, steps - 1)
                }
                Some(found @ Entity::Type(..)) if !rest.is_empty() => self.member(found, rest, steps - 1),
                _ => Some(itself()),
            },
        }
    }

    /// What a function returns: the value behind the name it returns, else something of its own.
    pub(crate) fn returned(&self, file: u32, function: u32, steps: u8) -> Entity {
        let itself = Entity::Returned(file, function);
        let Some(source) = self.index.slot(file) else { return itself };
        let name = source.wiring.returns.iter().find(|(at, _)| *at == function).map(|(_, name)| name);
        match name {
            Some(name) if steps > 0 => match self.reference(file, function, name, steps - 1) {
                Some(Entity::Function(other, inner)) if (other, inner) != (file, function) => {
                    self.returned(other, inner, steps - 1)
                }
                Some(found @ (Entity::Value(..) | Entity::Returned(..) | Entity::Type(..))) => found,
                _ => itself,
            },
            _ => itself,
        }
    }

    /// A name inside of what was found.
    pub(super) fn member(&self, found: Entity, rest: &str, steps: u8) -> Option<Entity> {
        if rest.is_empty() {
            return Some(found);
        }
        if steps == 0 {
            return None;
        }
        match found {
            Entity::Module(files) => {
                files.iter().find_map(|file| self.in_module(*file, &[*file], "", rest, steps - 1))
            }
            Entity::Type(file, path) => self.type_member(file, &path, rest, steps - 1),
            Entity::Value(file, scope, name) => {
                let path = dotted(&name, rest);
                let source = self.index.slot(file)?;
                let around = source.functions.get(scope as usize).map(|function| &function.key.path);
                let inner = around.map_or(path.clone(), |around| dotted(around, &path));
                if let Some(index) = source.functions.iter().position(|function| function.key.path == inner) {
                    return Some(Entity::Function(file, index as u32));
                }
                self.exactly(file, scope, &path, steps - 1)
                    // An alias may stand for a part of a name only: `alias Shop.Carts`, then `Carts.Queries.all`.
                    .or_else(|| {
                        let is_module = path.starts_with(|c: char| c.is_uppercase());
                        is_module.then(|| self.everywhere(file, scope, &path, steps - 1))?
                    })
                    .or(Some(Entity::Value(file, scope, path)))
            }
            Entity::Function(file, function) => {
                let outer = &self.index.slot(file)?.functions.get(function as usize)?.key.path;
                let path = dotted(outer, rest);
                let inner =
                    self.index.slot(file)?.functions.iter().position(|other| other.key.path == path)?;
                Some(Entity::Function(file, inner as u32))
            }
            Entity::Parameter(..) | Entity::Returned(..) => None,
        }
    }

    fn type_member(&self, file: u32, path: &str, rest: &str, steps: u8) -> Option<Entity> {
        let source = self.index.slot(file)?;
        let name = rest.split('.').next().unwrap_or(rest);
        let wanted = dotted(path, name);
        for beside in self.beside(file) {
            let functions =
                self.index.slot(beside).map(|source| source.functions.as_slice()).unwrap_or_default();
            if let Some(index) = functions.iter().position(|function| function.key.path == wanted) {
                return Some(Entity::Function(beside, index as u32));
            }
        }
        if steps > 0 && source.wiring.types.iter().any(|fact| fact.path == wanted) {
            let inside = rest.get(name.len() + 1..).unwrap_or_default();
            return self.member(Entity::Type(file, wanted), inside, steps - 1);
        }
        // A constant or a member: the longest known start of the rest, then what is inside of it.
        let mut known = rest;
        loop {
            let constant = dotted(path, known);
            if source
                .wiring
                .bindings
                .iter()
                .any(|binding| binding.scope == MODULE && binding.name == constant)
            {
                let found = self.exactly(file, MODULE, &constant, steps)?;
                let inside = rest.get(known.len() + 1..).unwrap_or_default();
                return self.inside_of(file, &constant, found, inside, steps);
            }
            match known.rsplit_once('.') {
                Some((shorter, _)) => known = shorter,
                None => break,
            }
        }
        if steps == 0 {
            return None;
        }
        if source.language.reader().shares_all() {
            let ancestors = self.ancestors(file, path);
            return self.elsewhere(file, &wanted).or_else(|| {
                ancestors.iter().find_map(|(at, base)| self.elsewhere(*at, &dotted(base, name)))
            });
        }
        self.bases_within(file, path, steps - 1)
            .into_iter()
            .find_map(|(file, base)| self.type_member(file, &base, rest, steps - 1))
    }

    /// What `rest` is inside of the member `constant`: an instance's class knows more than the member itself.
    fn inside_of(&self, file: u32, constant: &str, found: Entity, rest: &str, steps: u8) -> Option<Entity> {
        if rest.is_empty() || steps == 0 {
            return Some(found);
        }
        let source = self.index.slot(file)?;
        let binding = source
            .wiring
            .bindings
            .iter()
            .find(|binding| binding.scope == MODULE && binding.name == constant)?;
        self.value(file, binding, rest, steps - 1)
    }

    /// A name with dots inside of a module; empty for what it exports by default, or itself.
    fn in_module(&self, from: u32, files: &[u32], module: &str, path: &str, steps: u8) -> Option<Entity> {
        if steps == 0 {
            return None;
        }
        let default = Reference::local("default");
        let by_default = |file: u32| self.top_level(file, &default.path, steps - 1);
        if path.is_empty() {
            return match files {
                [] => None,
                [file] => by_default(*file).or_else(|| Some(Entity::Module(files.into()))),
                _ => Some(Entity::Module(files.into())),
            };
        }
        for file in files.iter().copied() {
            if let Some(found) = self.top_level(file, path, steps - 1) {
                return Some(found);
            }
            if let Some(rest) = path.strip_prefix("default.") {
                if let Some(found) = self.in_module(from, &[file], module, rest, steps - 1) {
                    return Some(found);
                }
            } else if path == "default" {
                return Some(Entity::Module([file].as_slice().into()));
            } else if let Some(found @ (Entity::Type(..) | Entity::Value(..) | Entity::Module(..))) =
                by_default(file)
                && let Some(inside) = self.member(found, path, steps - 1)
            {
                return Some(inside);
            }
        }
        if module.is_empty() {
            return None;
        }
        let first = path.split('.').next().unwrap_or(path);
        let rest = path.get(first.len() + 1..).unwrap_or_default();
        let inner = self.inner_module(from, module, first)?;
        self.in_module(from, &inner.1, &inner.0, rest, steps - 1)
    }

    fn inner_module(&self, from: u32, module: &str, name: &str) -> Option<(SmolStr, Rc<[u32]>)> {
        let separators = if module.ends_with('.') { ["", "::", "/"] } else { [".", "::", "/"] };
        separators.into_iter().find_map(|separator| {
            let module = format_smolstr!("{module}{separator}{name}");
            let files = self.module(from, &module);
            (!files.is_empty()).then_some((module, files))
        })
    }

    /// Names that files of one folder share, where the language has it so.
    fn in_folder(&self, file: u32, path: &str, steps: u8) -> Option<Entity> {
        let source = self.index.slot(file)?;
        if !source.language.reader().shares_folder() {
            return None;
        }
        let others = self.beside(file).into_iter().skip(1);
        others.into_iter().find_map(|other| self.top_level(other, path, steps))
    }
}

/// The methods that stand in the type `path` itself, with their indices.
pub(crate) fn methods<'f>(file: &'f SourceFile, path: &'f str) -> impl Iterator<Item = (u32, &'f Function)> {
    let functions = file.functions.iter().enumerate().map(|(index, function)| (index as u32, function));
    functions.filter(move |(_, function)| {
        let outer = function.key.path.strip_suffix(function.name.as_str());
        outer.and_then(|outer| outer.strip_suffix('.')) == Some(path)
    })
}
