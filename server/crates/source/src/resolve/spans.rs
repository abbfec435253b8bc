//! Names of spans, URLs and statements that travel between files: imported constants, arguments of helpers,
//! decorators that name spans after what they decorate.

use std::collections::{HashMap, HashSet};

use model::SmolStr;
use smol_str::format_smolstr;

use super::{
    Resolved,
    names::{Entity, Names},
};
use crate::{
    CallKind, CallSite, Function, FunctionKind, Language, NamePattern, SourceFile, SpanSite,
    constants::parameters,
    wiring::{
        ARGUMENT, Argument, BARE_NAME, CALLER, CLASS_NAME, MODULE, PassFact, Piece, Purpose, QUALIFIED_NAME,
        Scope, Spot, Text, Value,
    },
};

/// How many helpers a name may pass through.
const MAX_ROUNDS: usize = 4;

/// A parameter that becomes a name.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Helper {
    purpose: Purpose,
    parameter: u8,
    template: Text,
}

/// Helpers by file and function.
type Helpers = HashMap<(u32, u32), Vec<Helper>>;

/// Adds what is known only together to `resolved`.
pub(crate) fn passed_names(names: &Names<'_>, resolved: &mut Resolved) {
    for (file, source) in names.wired() {
        for fact in &source.wiring.deferred {
            let Some(pattern) = names.pattern(file, fact.scope, &fact.text) else { continue };
            add(names, resolved, file, fact.function, &fact.purpose, pattern, fact.position);
        }
    }
    let mut helpers = direct_helpers(names);
    if helpers.is_empty() {
        return;
    }
    let mut done = HashSet::new();
    for _ in 0..MAX_ROUNDS {
        let found = passes(names, resolved, &helpers, &mut done);
        if found.is_empty() {
            break;
        }
        for (key, helper) in found {
            let known = helpers.entry(key).or_default();
            if !known.contains(&helper) {
                known.push(helper);
            }
        }
    }
    decorations(names, resolved, &helpers);
}

fn direct_helpers(names: &Names<'_>) -> Helpers {
    let mut helpers = Helpers::new();
    for (file, source) in names.wired() {
        for fact in &source.wiring.helpers {
            let (purpose, template) = (fact.purpose.clone(), fact.template.clone());
            let helper = Helper { purpose, parameter: fact.parameter, template };
            helpers.entry((file, fact.function)).or_default().push(helper);
        }
    }
    helpers
}

/// One round: every text that is passed to a helper becomes a name, or makes its caller a helper too.
fn passes(
    names: &Names<'_>,
    resolved: &mut Resolved,
    helpers: &Helpers,
    done: &mut HashSet<(u32, usize, u32, u32, usize)>,
) -> Vec<((u32, u32), Helper)> {
    let by_name = by_name(names, helpers);
    let mut found = Vec::new();
    for (file, source) in names.wired() {
        for (at, pass) in source.wiring.passes.iter().enumerate() {
            let Some(same_name) = by_name.get(pass.callee.last()) else { continue };
            let Some(helper_of) = called(names, file, source.language, pass, same_name) else { continue };
            for (nth, helper) in helpers.get(&helper_of).into_iter().flatten().enumerate() {
                if !fits(names, helper_of, helper, pass)
                    || !done.insert((file, at, helper_of.0, helper_of.1, nth))
                {
                    continue;
                }
                let taken = if matches!(pass.argument, Argument::NameOf(_)) { BARE_NAME } else { ARGUMENT };
                let text = substitute(&helper.template, taken, &pass.text);
                let pattern = names.pattern(file, pass.scope, &text);
                // A span whose name the caller itself largely tells is the caller's own.
                let is_own = helper.purpose == Purpose::Span
                    && pattern.as_ref().is_some_and(|pattern| pattern.literal_len() > 2);
                if let Some((function, parameter)) = pass.forwards.filter(|_| !is_own) {
                    let purpose = helper.purpose.clone();
                    found.push(((file, function), Helper { purpose, parameter, template: text }));
                } else if let Some(pattern) = pattern {
                    add(names, resolved, file, pass.function, &helper.purpose, pattern, pass.position);
                }
            }
        }
    }
    found
}

fn by_name(names: &Names<'_>, helpers: &Helpers) -> HashMap<SmolStr, Vec<(u32, u32)>> {
    let mut by_name: HashMap<SmolStr, Vec<(u32, u32)>> = HashMap::new();
    for (file, function) in helpers.keys() {
        let Some(source) = names.index.slot(*file) else { continue };
        let Some(found) = source.functions.get(*function as usize) else { continue };
        let name = if matches!(found.name.as_str(), "__init__" | "constructor" | "new" | "initialize") {
            found.receiver.clone().unwrap_or_else(|| found.name.clone())
        } else {
            found.name.clone()
        };
        by_name.entry(name).or_default().push((*file, *function));
    }
    add_aliases(names, &mut by_name);
    by_name.values_mut().for_each(|found| found.sort_unstable());
    by_name
}

/// `import { withSpan as traced }`: helpers go by other names where they are imported so.
fn add_aliases(names: &Names<'_>, by_name: &mut HashMap<SmolStr, Vec<(u32, u32)>>) {
    let mut aliases: Vec<(SmolStr, SmolStr)> = Vec::new();
    for (_, source) in names.wired() {
        for binding in &source.wiring.bindings {
            let Value::Import(_, Some(name)) = &binding.value else { continue };
            if binding.name != *name && by_name.contains_key(name) && !by_name.contains_key(&binding.name) {
                aliases.push((binding.name.clone(), name.clone()));
            }
        }
    }
    for (alias, name) in aliases {
        let helpers = by_name.get(&name).cloned().unwrap_or_default();
        let known = by_name.entry(alias).or_default();
        known.extend(helpers.into_iter().filter(|helper| !known.contains(helper)).collect::<Vec<_>>());
    }
}

/// The helper that `pass` calls: the function its callee means, or the only one of that name where nothing tells
/// what the callee's object is.
fn called(
    names: &Names<'_>,
    file: u32,
    language: Language,
    pass: &PassFact,
    same_name: &[(u32, u32)],
) -> Option<(u32, u32)> {
    match names.look_up(file, pass.scope, &pass.callee) {
        Some(Entity::Function(file, function)) => {
            let exactly = Some((file, function)).filter(|key| same_name.contains(key));
            exactly.or_else(|| overload(names, file, function, same_name))
        }
        Some(Entity::Type(file, path)) => same_name.iter().copied().find(|(at, function)| {
            let owner = names.key(*at, *function).map(|key| key.path);
            *at == file
                && owner.is_some_and(|owner| owner.rsplit_once('.').is_some_and(|(owner, _)| owner == path))
        }),
        Some(Entity::Module(_)) => None,
        _ => {
            let related = |at: u32| {
                names.index.slot(at).is_some_and(|other| family(other.language) == family(language))
            };
            let is_method = |at: u32, function: u32| {
                let source = names.index.slot(at);
                source
                    .and_then(|source| source.functions.get(function as usize))
                    .is_some_and(|found| found.kind == FunctionKind::Method)
            };
            match same_name {
                [(at, function)]
                    if related(*at) && pass.callee.path.contains('.') && is_method(*at, *function) =>
                {
                    Some((*at, *function))
                }
                _ => None,
            }
        }
    }
}

/// C#: another method of the same name and class, or one that implements the interface's method that is meant.
fn overload(names: &Names<'_>, file: u32, function: u32, same_name: &[(u32, u32)]) -> Option<(u32, u32)> {
    let source = names.index.slot(file).filter(|source| source.language == Language::CSharp)?;
    let meant = &source.functions.get(function as usize)?.key.path;
    let path = |(at, function): &(u32, u32)| names.key(*at, *function).map(|key| key.path);
    let beside = same_name.iter().find(|other| other.0 == file && path(other).as_ref() == Some(meant));
    if let Some(beside) = beside {
        return Some(*beside);
    }
    let (class, _) = meant.rsplit_once('.')?;
    let implements = |other: &&(u32, u32)| {
        let own = path(other);
        let owner = own.as_ref().and_then(|path| path.rsplit_once('.')).map(|(owner, _)| owner);
        owner.is_some_and(|owner| {
            names.bases(other.0, owner).iter().any(|(at, base)| *at == file && base == class)
        })
    };
    let all: Vec<&(u32, u32)> = same_name.iter().filter(implements).collect();
    let is_one = all.windows(2).all(|two| two[0].0 == two[1].0 && path(two[0]) == path(two[1]));
    all.first().filter(|_| is_one).map(|only| **only)
}

/// Whether the text is passed as the helper's parameter.
fn fits(names: &Names<'_>, helper_of: (u32, u32), helper: &Helper, pass: &PassFact) -> bool {
    let file = names.index.slot(helper_of.0);
    let Some((file, function)) =
        file.and_then(|file| Some((file, file.functions.get(helper_of.1 as usize)?)))
    else {
        return false;
    };
    let wanted = || parameters(function).nth(helper.parameter as usize);
    match &pass.argument {
        Argument::At(at) => {
            // C#: what stands before the dot is the first argument of an extension method.
            let is_extended = file.language == Language::CSharp
                && is_extension(file, function)
                && !function.receiver.as_ref().is_some_and(|class| is_static(&pass.callee.path, class));
            at.saturating_add(u8::from(is_extended)) == helper.parameter
        }
        Argument::NameOf(at) => {
            let takes = |piece: &Piece| matches!(piece, Piece::Name(name) if name == BARE_NAME);
            *at == helper.parameter && helper.template.0.iter().any(takes)
        }
        Argument::Key(key) if key == CALLER => file.wiring.bindings.iter().any(|binding| {
            binding.scope == helper_of.1
                && binding.name == CALLER
                && matches!(&binding.value, Value::Alias(name) if Some(&name.path) == wanted())
        }),
        Argument::Key(key) => wanted().is_some_and(|name| name == key),
    }
}

fn is_extension(file: &SourceFile, function: &Function) -> bool {
    let known = format_smolstr!("extension {}", function.name);
    file.wiring.bindings.iter().any(|binding| binding.name == known)
}

/// Whether a method is called on its class.
fn is_static(callee: &str, class: &str) -> bool {
    callee.rsplit_once('.').is_some_and(|(object, _)| object.rsplit('.').next() == Some(class))
}

/// `template` with what it takes of its argument replaced by `text`.
fn substitute(template: &Text, taken: &str, text: &Text) -> Text {
    let mut whole = Text::default();
    for piece in &template.0 {
        match piece {
            Piece::Name(name) if name == taken => whole.append(text.clone()),
            piece => whole.append(Text(vec![piece.clone()])),
        }
    }
    whole
}

/// Decorators that name a span after the function they stand on.
fn decorations(names: &Names<'_>, resolved: &mut Resolved, helpers: &Helpers) {
    for (file, source) in names.wired() {
        for fact in &source.wiring.decorations {
            let Some(Entity::Function(at, decorator)) = names.look_up(file, MODULE, &fact.decorator) else {
                continue;
            };
            let Some(function) = source.functions.get(fact.function as usize) else { continue };
            let inner = helpers.iter().filter(|((other, inner), _)| {
                *other == at && (*inner == decorator || parent(names, at, *inner) == Some(decorator))
            });
            let templates =
                inner.flat_map(|(_, helpers)| helpers).filter(|helper| helper.purpose == Purpose::Span);
            for helper in templates {
                let Some(text) = named_after(&helper.template, source, function) else { continue };
                let Some(pattern) = names.pattern(at, MODULE, &text) else { continue };
                add(
                    names,
                    resolved,
                    file,
                    fact.function,
                    &Purpose::Span,
                    pattern,
                    Spot(function.name_position),
                );
            }
        }
    }
}

/// `template` with the names of the decorated function in it; `None` when it takes none.
fn named_after(template: &Text, source: &SourceFile, function: &Function) -> Option<Text> {
    let mut takes = false;
    let mut text = Text::default();
    for piece in &template.0 {
        let name = match piece {
            Piece::Name(name) if name == QUALIFIED_NAME => Some(qualified_name(source, function)),
            Piece::Name(name) if name == BARE_NAME => Some(function.name.clone()),
            Piece::Name(name) if name == CLASS_NAME => function.receiver.clone(),
            _ => None,
        };
        takes |= name.is_some();
        text.append(Text(vec![name.map_or_else(|| piece.clone(), Piece::Literal)]));
    }
    takes.then_some(text)
}

/// What Python calls `__qualname__`: `<locals>` stands behind every function that another one is nested in.
fn qualified_name(source: &SourceFile, function: &Function) -> SmolStr {
    let outer = function.parent.and_then(|parent| source.functions.get(parent as usize));
    let inner = outer.and_then(|outer| function.key.path.strip_prefix(outer.key.path.as_str()));
    match (outer, inner) {
        (Some(outer), Some(inner)) => {
            format_smolstr!("{}.<locals>{inner}", qualified_name(source, outer))
        }
        _ => function.key.path.clone(),
    }
}

fn parent(names: &Names<'_>, file: u32, function: u32) -> Option<u32> {
    names.index.slot(file)?.functions.get(function as usize)?.parent
}

fn add(
    names: &Names<'_>,
    resolved: &mut Resolved,
    file: u32,
    function: Scope,
    purpose: &Purpose,
    pattern: NamePattern,
    position: Spot,
) {
    if pattern.literal_len() < 2 && !matches!(pattern, NamePattern::Literal(_)) {
        return;
    }
    let Some(key) = names.key(file, function) else { return };
    let (kind, method) = match purpose {
        Purpose::Span => {
            let site = SpanSite { name: pattern, function: key, position: position.0, scope: None };
            return resolved.add_span(file, site);
        }
        Purpose::Http(method) => (CallKind::Http, method.clone()),
        Purpose::Sql => (CallKind::Sql, None),
        Purpose::Messaging => (CallKind::Messaging, None),
    };
    let call = CallSite {
        kind,
        callee: key.path.rsplit('.').next().unwrap_or_default().into(),
        method,
        target: Some(pattern),
        function: Some(function),
        position: position.0,
        end: 0,
        in_loop: false,
    };
    resolved.add_call(file, call);
}

/// Languages whose code calls each other.
fn family(language: Language) -> u8 {
    match language {
        Language::JavaScript | Language::TypeScript | Language::Tsx => 1,
        other => 2 + other as u8,
    }
}
