//! Routes under the prefixes of everything they are mounted on.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use model::SmolStr;
use smol_str::format_smolstr;

use super::{
    bases::Bases,
    names::{Entity, Names, methods},
};
use crate::{
    FunctionKey, FunctionKind, Language, NamePattern, Route, SourceFile,
    wiring::{Handler, Holder, LOCATED, META, MODULE, Reference, RouteFact, Scope, Text, Value},
};

/// Prefixes of one holder, at most: a router mounted at more places is rare, a loop is possible.
const MAX_PREFIXES: usize = 32;
/// How deep mounts may nest.
const MAX_DEPTH: usize = 16;
/// Routes of a workspace, at most.
const MAX_ROUTES: usize = 200_000;

/// What routes are declared on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Node {
    Entity(Entity),
    /// Whatever serves the file.
    App(u32),
    /// What calling something unknown gives: file, scope, name.
    Unknown(u32, Scope, SmolStr),
}

/// A prefix as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Prefix {
    text: String,
    /// Something unknown may stand before the text.
    is_open: bool,
}

struct Mounts {
    own: HashMap<Node, Vec<Prefix>>,
    parents: HashMap<Node, Vec<(Node, Prefix)>>,
}

/// All routes of the index.
pub(crate) fn routes(names: &Names<'_>) -> Vec<Route> {
    let mounts = mounts(names);
    let bases = Bases::new(names);
    let mut routes = Vec::new();
    let mut derived = None;
    for (file, source) in names.wired() {
        let framework = framework(source);
        let bases = bases.of(source);
        for fact in &source.wiring.routes {
            let Some(node) = node(names, file, &fact.holder) else { continue };
            let Some(fact) = with_methods(names, file, fact).filter(|_| mounts.lead_to(&node)) else {
                continue;
            };
            let fact = &*fact;
            let mut handlers = handlers(names, file, fact);
            implemented(names, &mut derived, &mut handlers);
            if handlers.is_empty() || routes.len() > MAX_ROUTES {
                continue;
            }
            let Some(declared) = prefix(names, file, fact.scope, &fact.pattern) else { continue };
            for outer in mounts.prefixes(&node, &mut HashSet::new()) {
                let whole = outer.join(&declared);
                // A method without a template is no route where its class has none either.
                if fact.pattern.0.is_empty() && whole.text.is_empty() && source.language == Language::CSharp {
                    continue;
                }
                for (base, (method, handler)) in
                    bases.iter().flat_map(|base| handlers.iter().map(move |one| (base, one)))
                {
                    let pattern = base.before(&whole.text, whole.is_open);
                    routes.push(Route {
                        method: method.clone(),
                        pattern: with_tokens(&pattern, source.language, handler),
                        context: if whole.is_open { 0 } else { base.segments() },
                        declared: SmolStr::from(&declared.text),
                        is_open: whole.is_open,
                        framework: framework.clone(),
                        handler: handler.clone(),
                    });
                }
            }
        }
    }
    routes
}

/// The route with the methods that an annotation of the program stands for; `None` when it is no route.
fn with_methods<'f>(names: &Names<'_>, file: u32, fact: &'f RouteFact) -> Option<Cow<'f, RouteFact>> {
    let meta = |method: &'f SmolStr| method.strip_prefix(META);
    let Some(annotation) = fact.methods.first().and_then(meta) else { return Some(Cow::Borrowed(fact)) };
    let text = Text::name(format_smolstr!("{annotation}.{META}"));
    let NamePattern::Literal(told) = names.pattern(file, MODULE, &text)? else { return None };
    let methods = told.split(',').filter(|method| *method != META).map(SmolStr::from).collect();
    Some(Cow::Owned(RouteFact { methods, ..fact.clone() }))
}

/// A template that a class inherits names the class and the method that it is used for.
fn with_tokens(text: &str, language: Language, handler: &FunctionKey) -> SmolStr {
    if language != Language::CSharp || !text.contains('[') {
        return text.into();
    }
    let mut names = handler.path.rsplit('.');
    let action = names.next().unwrap_or_default();
    let class = names.next().unwrap_or_default();
    let controller = class.strip_suffix("Controller").unwrap_or(class);
    let action = action.strip_suffix("Async").unwrap_or(action);
    text.replace("[controller]", controller).replace("[action]", action).into()
}

/// The first package that the file imports of those that its language knows as web frameworks.
fn framework(source: &SourceFile) -> Option<SmolStr> {
    let known = source.language.reader().frameworks();
    let imported = source.wiring.bindings.iter().filter_map(|binding| match &binding.value {
        Value::Import(module, _) => Some(module.as_str()),
        // `require('express').Router()` names its module in place.
        Value::Result(callee) | Value::Alias(callee) => callee.module.as_deref(),
        _ => None,
    });
    imported
        .filter_map(|module| known.iter().find(|name| **name == module))
        .map(|name| SmolStr::new_static(name))
        .next()
}

fn mounts(names: &Names<'_>) -> Mounts {
    let mut mounts = Mounts { own: HashMap::new(), parents: HashMap::new() };
    for (file, source) in names.wired() {
        for fact in &source.wiring.prefixes {
            let own = node(names, file, &fact.holder).zip(prefix(names, file, fact.scope, &fact.prefix));
            if let Some((node, prefix)) = own {
                mounts.own.entry(node).or_default().push(prefix);
            }
        }
        for fact in &source.wiring.mounts {
            let Some(parent) = node(names, file, &fact.parent) else { continue };
            if let Holder::Folder(folder) = &fact.child {
                let before = prefix(names, file, fact.scope, &fact.prefix).unwrap_or_default();
                for (child, between) in folder_members(names, folder) {
                    let parents = mounts.parents.entry(child).or_default();
                    parents.push((parent.clone(), before.join(&between)));
                }
                continue;
            }
            let Some(child) = node(names, file, &fact.child) else { continue };
            let prefix = prefix(names, file, fact.scope, &fact.prefix)
                .unwrap_or(Prefix { text: String::new(), is_open: true });
            let parents = mounts.parents.entry(child).or_default();
            if parents.len() < MAX_PREFIXES && !parents.contains(&(parent.clone(), prefix.clone())) {
                parents.push((parent, prefix));
            }
        }
    }
    mounts
}

/// What the files below a folder take, each with the folders in between as its prefix.
fn folder_members(names: &Names<'_>, folder: &str) -> Vec<(Node, Prefix)> {
    let files = names.index.below(folder).take(4_096);
    let member = |(file, path): (u32, &SmolStr)| {
        let Entity::Function(at, function) = names.look_up(file, MODULE, &Reference::local("default"))?
        else {
            return None;
        };
        let between = path.get(folder.len() + 1..)?.rsplit_once('/').map_or("", |(folders, _)| folders);
        let segments = between.split('/').filter(|segment| !segment.is_empty());
        let text: String = segments.map(|segment| format!("/{}", segment.replacen('_', ":", 1))).collect();
        Some((Node::Entity(Entity::Parameter(at, function, 0)), Prefix { text, is_open: false }))
    };
    files.filter_map(member).collect()
}

impl Mounts {
    /// Whether it is known where `node` is: a class that only others lead to may be nowhere, and no path at all.
    fn lead_to(&self, node: &Node) -> bool {
        let Node::Entity(Entity::Value(_, _, name)) = node else { return true };
        let is_led_to = name.ends_with(LOCATED) || name.ends_with(META);
        !is_led_to || self.parents.contains_key(node) || self.own.contains_key(node)
    }

    /// Everything that may stand before a route of `node`.
    fn prefixes(&self, node: &Node, above: &mut HashSet<Node>) -> Vec<Prefix> {
        let none = vec![Prefix::default()];
        let own = self.own.get(node).unwrap_or(&none);
        let parents = self.parents.get(node).map(Vec::as_slice).unwrap_or_default();
        if above.len() >= MAX_DEPTH || !above.insert(node.clone()) {
            return own.clone();
        }
        let mut outer = Vec::new();
        for (parent, prefix) in parents {
            if above.contains(parent) {
                continue;
            }
            let before = self.prefixes(parent, above);
            outer.extend(before.iter().map(|before| before.join(prefix)));
        }
        above.remove(node);
        if outer.is_empty() {
            outer = none.clone();
        }
        let all = outer.iter().flat_map(|outer| own.iter().map(move |own| outer.join(own)));
        let mut all: Vec<Prefix> = all.take(MAX_PREFIXES).collect();
        all.dedup();
        all
    }
}

impl Prefix {
    /// `after` under this prefix: exactly one slash where they meet, and Django's anchors dropped.
    fn join(&self, after: &Prefix) -> Prefix {
        let before = self.text.trim_end_matches('$').trim_end_matches('/');
        let next = after.text.trim_start_matches('^');
        if after.is_open {
            return Prefix { text: next.to_owned(), is_open: true };
        }
        let text = match (before.is_empty(), next.is_empty()) {
            (true, _) => after.text.clone(),
            (false, true) => self.text.clone(),
            (false, false) => format!("{before}/{}", next.trim_start_matches('/')),
        };
        Prefix { text, is_open: self.is_open }
    }
}

/// `text` as a prefix or pattern: what stands behind the last unknown part.
fn prefix(names: &Names<'_>, file: u32, scope: Scope, text: &Text) -> Option<Prefix> {
    if text.0.is_empty() {
        return Some(Prefix::default());
    }
    match names.pattern(file, scope, text)? {
        NamePattern::Literal(text) => Some(Prefix { text: text.to_string(), is_open: false }),
        NamePattern::Pattern(pieces) => {
            let last = pieces.last().filter(|last| !last.is_empty());
            // A hole between slashes is a segment that varies; a hole at the start hides what stands before.
            match (pieces.first(), last) {
                (Some(first), _) if !first.is_empty() => {
                    Some(Prefix { text: pieces.join("{}"), is_open: false })
                }
                (_, Some(_)) => {
                    let known: Vec<&str> = pieces.iter().skip(1).map(SmolStr::as_str).collect();
                    Some(Prefix { text: known.join("{}"), is_open: true })
                }
                _ => None,
            }
        }
    }
}

fn node(names: &Names<'_>, file: u32, holder: &Holder) -> Option<Node> {
    let entity = match holder {
        Holder::App => return Some(Node::App(file)),
        Holder::Inline(..) | Holder::Folder(_) => return None,
        Holder::Parameter(function, at) => Entity::Parameter(file, *function, *at),
        Holder::Returned(function) => names.returned(file, *function, 8),
        Holder::Named(scope, reference) => match names.look_up(file, *scope, reference)? {
            Entity::Function(file, function) => names.returned(file, function, 8),
            found => found,
        },
        Holder::Result(scope, reference) => match names.look_up(file, *scope, reference)? {
            Entity::Function(file, function) => names.returned(file, function, 8),
            found @ Entity::Type(..) => found,
            _ => return Some(Node::Unknown(file, *scope, reference.path.clone())),
        },
        Holder::Argument(scope, reference, at) => match names.look_up(file, *scope, reference)? {
            Entity::Function(file, function) => Entity::Parameter(file, function, *at),
            _ => return None,
        },
    };
    // A module as a holder is the list or router that it exports.
    Some(Node::Entity(entity))
}

/// Handlers with the method each takes: a class takes what its methods are called.
fn handlers(names: &Names<'_>, file: u32, fact: &RouteFact) -> Vec<(Option<SmolStr>, FunctionKey)> {
    if let Some((file, function)) = names.function(file, &fact.handler) {
        let Some(key) = names.key(file, function) else { return Vec::new() };
        if fact.methods.is_empty() {
            return vec![(None, key)];
        }
        return fact.methods.iter().map(|method| (Some(method.clone()), key.clone())).collect();
    }
    let Handler::Named(scope, reference) = &fact.handler else { return Vec::new() };
    let Some(Entity::Type(file, path)) = names.look_up(file, *scope, reference) else { return Vec::new() };
    let methods = names.methods(file, &path);
    let named = |verb: fn(&str) -> Option<&'static str>| {
        let of_name = |(file, function): &(u32, u32)| {
            let key = names.key(*file, *function)?;
            let method = verb(key.path.rsplit('.').next()?)?;
            (fact.methods.is_empty() || fact.methods.iter().any(|wanted| wanted == method))
                .then(|| (Some(SmolStr::new_static(method)), key.clone()))
        };
        methods.iter().filter_map(of_name).collect::<Vec<_>>()
    };
    let verbs = named(verb);
    if verbs.is_empty() && is_generic_view(names, file, &path) {
        return named(action);
    }
    // A resource of Falcon answers by `on_get` and the like: its `get` is its own business.
    if named(responder).is_empty() { verbs } else { Vec::new() }
}

/// The HTTP method of a responder of Falcon.
fn responder(name: &str) -> Option<&'static str> {
    verb(name.strip_prefix("on_")?)
}

/// Whether a class derives from one of Django REST framework's views whose verbs run actions: `ListAPIView`.
fn is_generic_view(names: &Names<'_>, file: u32, path: &str) -> bool {
    let Some(source) = names.index.slot(file).filter(|source| source.language == Language::Python) else {
        return false;
    };
    let bases = source.wiring.types.iter().filter(|fact| fact.path == path).flat_map(|fact| &fact.bases);
    let mut last = bases.filter_map(|base| base.rsplit('.').next());
    last.any(|base| base.ends_with("ModelMixin") || (base.ends_with("APIView") && base != "APIView"))
}

/// The HTTP method of an action of Django REST framework.
fn action(name: &str) -> Option<&'static str> {
    Some(match name {
        "list" | "retrieve" => "GET",
        "create" => "POST",
        "update" => "PUT",
        "partial_update" => "PATCH",
        "destroy" => "DELETE",
        _ => return None,
    })
}

/// Types by the type that they derive from: file and path.
type Derived = HashMap<(u32, SmolStr), Vec<(u32, SmolStr)>>;

/// The JVM maps routes on methods of interfaces, too: who handles is the one class that implements the method; of several
/// it is not known which one.
fn implemented(
    names: &Names<'_>,
    derived: &mut Option<Derived>,
    handlers: &mut Vec<(Option<SmolStr>, FunctionKey)>,
) {
    handlers.retain_mut(|(_, key)| {
        let Some((file, source)) = names.index.number_of(&key.file).zip(names.index.file(&key.file)) else {
            return true;
        };
        let abstract_method = source.functions.iter().find(|function| {
            function.key == *key
                && function.kind == FunctionKind::Method
                && is_jvm(source.language)
                && function.body == function.range
        });
        let Some(method) = abstract_method else { return true };
        let Some((class, _)) = key.path.rsplit_once('.') else { return false };
        let derived = derived.get_or_insert_with(|| derived_types(names));
        let types = derived.get(&(file, class.into())).map(Vec::as_slice).unwrap_or_default();
        let overriding = types.iter().filter_map(|(file, path)| {
            let (_, function) =
                methods(names.index.slot(*file)?, path).find(|(_, own)| own.name == method.name)?;
            Some(&function.key)
        });
        let overriding: Vec<&FunctionKey> = overriding.take(2).collect();
        if let [only] = overriding.as_slice() {
            *key = (*only).clone();
        }
        overriding.len() == 1
    });
}

fn is_jvm(language: Language) -> bool {
    matches!(language, Language::Java | Language::Kotlin)
}

fn derived_types(names: &Names<'_>) -> Derived {
    let mut derived = Derived::new();
    for source in names.index.files().filter(|file| is_jvm(file.language) && !file.generated) {
        let Some(file) = names.index.number_of(&source.path) else { continue };
        for fact in source.wiring.types.iter().filter(|fact| !fact.bases.is_empty()) {
            for base in names.bases(file, &fact.path) {
                derived.entry(base).or_default().push((file, fact.path.clone()));
            }
        }
    }
    derived
}

/// The HTTP method that a method of a class-based view is named after.
fn verb(name: &str) -> Option<&'static str> {
    Some(match name {
        "get" => "GET",
        "post" => "POST",
        "put" => "PUT",
        "patch" => "PATCH",
        "delete" => "DELETE",
        "head" => "HEAD",
        "options" => "OPTIONS",
        _ => return None,
    })
}
