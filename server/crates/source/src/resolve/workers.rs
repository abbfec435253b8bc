//! Functions that take messages, run as tasks, or answer remote calls.

use model::SmolStr;

use super::{
    Consumer, RpcMethod,
    names::{Entity, Names, methods},
};
use crate::{
    NamePattern,
    wiring::{Handler, RpcFact},
};

/// How many generations of classes may stand between a generated base and an implementation.
const MAX_GENERATIONS: usize = 4;

/// Consumers and tasks of the index.
pub(crate) fn consumers(names: &Names<'_>) -> Vec<Consumer> {
    let mut consumers = Vec::new();
    for (file, source) in names.wired() {
        for fact in &source.wiring.consumers {
            let Some((at, function)) = names.function(file, &fact.handler) else { continue };
            let Some(handler) = names.key(at, function) else { continue };
            let name = match &fact.name {
                Some(text) => names.pattern(file, fact.scope, text),
                None => Some(NamePattern::Literal(module_name(&handler.file, &handler.path))),
            };
            let Some(name) = name else { continue };
            consumers.push(Consumer { name, is_named: fact.name.is_some(), handler });
        }
    }
    consumers
}

/// Methods that answer remote calls.
pub(crate) fn rpcs(names: &Names<'_>) -> Vec<RpcMethod> {
    let mut found = Vec::new();
    let mut classes: Vec<(u32, SmolStr, SmolStr)> = Vec::new();
    for (file, source) in names.wired() {
        for fact in &source.wiring.rpcs {
            match class_of(names, file, fact) {
                Some((at, path)) => {
                    let class = (at, path, fact.service.clone());
                    if !classes.contains(&class) {
                        classes.push(class);
                    }
                }
                None => {
                    let function = names.function(file, &fact.handler);
                    let handler = function.and_then(|(file, function)| names.key(file, function));
                    if let (Some(handler), Some(method)) = (handler, &fact.method) {
                        let service = fact.service.clone();
                        found.push(RpcMethod { service, method: method.clone(), handler });
                    }
                }
            }
        }
    }
    add_derived(names, &mut classes);
    for (file, path, service) in &classes {
        for beside in names.beside(*file) {
            let Some(source) = names.index.slot(beside) else { continue };
            for (_, function) in methods(source, path) {
                let (service, method) = (service.clone(), function.name.clone());
                found.push(RpcMethod { service, method, handler: function.key.clone() });
            }
        }
    }
    found
}

fn class_of(names: &Names<'_>, file: u32, fact: &RpcFact) -> Option<(u32, SmolStr)> {
    let Handler::Named(scope, reference) = &fact.handler else { return None };
    match names.look_up(file, *scope, reference)? {
        Entity::Type(file, path) if fact.method.is_none() => Some((file, path)),
        // What a constructor makes.
        Entity::Function(file, function) if fact.method.is_none() => {
            match names.returned(file, function, 8) {
                Entity::Type(file, path) => Some((file, path)),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Classes that derive from known implementations implement the same service.
fn add_derived(names: &Names<'_>, classes: &mut Vec<(u32, SmolStr, SmolStr)>) {
    if classes.is_empty() {
        return;
    }
    for _ in 0..MAX_GENERATIONS {
        let mut derived = Vec::new();
        for source in names.index.files().filter(|file| !file.generated) {
            let Some(file) = names.index.number_of(&source.path) else { continue };
            for fact in source.wiring.types.iter().filter(|fact| !fact.bases.is_empty()) {
                if classes.iter().any(|(at, path, _)| *at == file && *path == fact.path) {
                    continue;
                }
                let mut bases = names.bases(file, &fact.path).into_iter();
                let known = |(at, base): (u32, SmolStr)| {
                    classes.iter().find(|(file, path, _)| *file == at && *path == base)
                };
                if let Some((_, _, service)) = bases.find_map(known) {
                    derived.push((file, fact.path.clone(), service.clone()));
                }
            }
        }
        if derived.is_empty() {
            return;
        }
        classes.extend(derived);
    }
}

/// `shop/tasks.py` and `send` as `shop.tasks.send`.
fn module_name(file: &str, path: &str) -> SmolStr {
    let module = file.rsplit_once('.').map_or(file, |(module, _)| module);
    let module = module.strip_suffix("/__init__").unwrap_or(module);
    format!("{}.{path}", module.replace('/', ".")).into()
}
