//! What Ruby's classes tell by what they derive from and include: jobs, consumers, remote services; and Rake's tasks.

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use super::syntax::{arguments, constant_path, method_of, positional, word};
use crate::{
    field::Field,
    walk::{Walk, children, dotted},
    wiring::{ConsumerFact, Handler, MODULE, Piece, Reference, RpcFact, Text, Value},
};

/// A class was entered.
pub(super) fn entered(walk: &mut Walk<'_>) {
    let Some(path) = walk.type_path() else { return };
    let base =
        walk.draft.wiring.types.last().and_then(|fact| fact.bases.first()).cloned().unwrap_or_default();
    let (outer, last) = base.rsplit_once('.').unwrap_or(("", &base));
    if last == "Service" && !outer.is_empty() {
        let service = outer.rsplit('.').next().unwrap_or(outer).into();
        let handler = Handler::Named(MODULE, Reference::local(path));
        walk.draft.wiring.rpcs.push(RpcFact { service, method: None, handler, scope: MODULE });
        return;
    }
    let is_job = |name: &str| name.ends_with("Job") || name.ends_with("Worker");
    if is_job(last) || base == "ActiveJob.Base" {
        job(walk, &path);
    }
}

/// A class whose instances run as jobs, under its own name.
fn job(walk: &mut Walk<'_>, path: &str) {
    let handler = Handler::Named(MODULE, Reference::local(dotted(path, "perform")));
    let name = Some(Text::literal(path.replace('.', "::")));
    walk.draft.wiring.consumers.push(ConsumerFact { name, handler, scope: MODULE });
}

/// Job runners of several kinds call `perform` (`run` in Que) of a class by its name.
pub(super) fn method_entered(walk: &mut Walk<'_>, index: u32) {
    let Some(function) = walk.draft.functions.get(index as usize) else { return };
    let is_runner = function.name == "perform" || function.name == "run" && derives_from_que(walk);
    if !is_runner || function.receiver.is_none() {
        return;
    }
    let Some((class, _)) = function.key.path.rsplit_once('.') else { return };
    let name = Some(Text::literal(class.replace('.', "::")));
    let fact = ConsumerFact { name, handler: Handler::Function(index), scope: MODULE };
    walk.draft.wiring.consumers.push(fact);
}

fn derives_from_que(walk: &Walk<'_>) -> bool {
    let base = walk.draft.wiring.types.last().and_then(|fact| fact.bases.first());
    base.is_some_and(|base| base == "Que.Job")
}

/// Calls in the bodies of classes and of Rakefiles that declare something; whether this is one.
pub(super) fn call<'t>(walk: &mut Walk<'t>, node: Node<'t>, method: &str) -> bool {
    if node.field("receiver").is_some() {
        return false;
    }
    match method {
        "include" | "extend" | "prepend" => include(walk, node),
        "alias_method" => alias(walk, node),
        "subscribes_to" | "from_queue" => consumes(walk, node, method),
        "bind" => gruf(walk, node),
        "task" | "multitask" => task(walk, node),
        _ => false,
    }
}

/// Methods of a module become those of the class.
fn include(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let Some(owner) = walk.direct_type().and_then(|_| walk.type_path()) else { return false };
    for module in arguments(node) {
        let Some(name) = constant_path(walk, module) else { continue };
        if matches!(name.as_str(), "Sidekiq.Worker" | "Sidekiq.Job" | "Sidekiq.IterableJob") {
            job(walk, &owner);
        }
        let types = &mut walk.draft.wiring.types;
        if let Some(fact) = types.iter_mut().rfind(|fact| fact.path == owner) {
            if fact.bases.is_empty() {
                // The first is the class above.
                fact.bases.push("Object".into());
            }
            fact.bases.push(name);
        }
    }
    true
}

fn alias(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let names: Vec<SmolStr> = arguments(node).into_iter().filter_map(|name| word(walk, name)).collect();
    if let ([new, old], Some(owner)) = (names.as_slice(), walk.type_path()) {
        let value = Value::Alias(Reference::local(dotted(&owner, old)));
        walk.draft.bind(MODULE, dotted(&owner, new), value);
        return true;
    }
    false
}

/// Racecar and Sneakers: the class takes what comes from a topic or queue.
fn consumes(walk: &mut Walk<'_>, node: Node<'_>, method: &str) -> bool {
    let Some(owner) = walk.direct_type().and_then(|_| walk.type_path()) else { return false };
    let handler = if method == "from_queue" { "work" } else { "process" };
    let names: Vec<SmolStr> = positional(node).into_iter().filter_map(|name| word(walk, name)).collect();
    for name in names {
        let handler = Handler::Named(MODULE, Reference::local(dotted(&owner, handler)));
        let fact = ConsumerFact { name: Some(Text::literal(name)), handler, scope: MODULE };
        walk.draft.wiring.consumers.push(fact);
    }
    true
}

/// Gruf: `bind ::Rpc::Jobs::Service` in a controller.
fn gruf(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let Some(owner) = walk.direct_type().and_then(|_| walk.type_path()) else { return false };
    let bound = arguments(node).first().and_then(|service| constant_path(walk, *service));
    let Some(service) = bound.as_deref().and_then(|name| name.strip_suffix(".Service")) else { return false };
    let service = service.rsplit('.').next().unwrap_or(service).into();
    let handler = Handler::Named(MODULE, Reference::local(owner));
    walk.draft.wiring.rpcs.push(RpcFact { service, method: None, handler, scope: MODULE });
    true
}

/// `task sync: :environment do … end` below `namespace`s is called `outer:sync`.
fn task(walk: &mut Walk<'_>, node: Node<'_>) -> bool {
    let Some(block) = node.field("block") else { return false };
    let Some(name) = arguments(node).first().and_then(|first| task_name(walk, *first)) else { return false };
    let mut whole = name;
    for outer in walk.ancestors.iter().rev().filter(|outer| outer.kind() == "call") {
        if method_of(walk, *outer) == "namespace"
            && let Some(space) = arguments(*outer).first().and_then(|first| task_name(walk, *first))
        {
            whole = format_smolstr!("{space}:{whole}");
        }
    }
    let name = Some(Text(vec![Piece::Literal(format_smolstr!("rake {whole}"))]));
    let handler = Handler::At(block.start_byte() as u32);
    walk.draft.wiring.consumers.push(ConsumerFact { name, handler, scope: MODULE });
    true
}

/// The name in `:sync`, `"sync"`, `sync: :environment` and `:sync => [:a]`.
fn task_name(walk: &Walk<'_>, node: Node<'_>) -> Option<SmolStr> {
    match node.kind() {
        "pair" => word(walk, node.field("key")?),
        "hash" => task_name(walk, *children(node).first()?),
        _ => word(walk, node),
    }
}
