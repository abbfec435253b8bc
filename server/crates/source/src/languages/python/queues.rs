//! Consumers that Python code registers by calls or classes, and commands of a command line.

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use super::{
    calls::keyword_literal,
    routes::{elements, handler},
    syntax::{argument, keyword, path_of, positional, text_of},
};
use crate::{
    field::Field,
    walk::{Walk, dotted},
    wiring::{ConsumerFact, Handler, MODULE, Reference, RpcFact, Text},
};

/// `channel.basic_consume(queue="jobs", on_message_callback=run)`.
pub(super) fn consumed<'t>(walk: &mut Walk<'t>, node: Node<'t>) -> bool {
    let queue = argument(walk, node, 0, "queue").and_then(|queue| text_of(walk, queue));
    let callback = argument(walk, node, 1, "on_message_callback").and_then(|run| handler(walk, run));
    let (Some(name), Some(handler)) = (queue, callback) else { return false };
    consumer(walk, name, handler);
    // The call itself is one of the client's.
    false
}

/// `queue.consume(run)` of aio-pika, where the queue was declared under a name.
pub(super) fn consumed_by_object<'t>(walk: &mut Walk<'t>, node: Node<'t>, object: &str) -> bool {
    let known = |mark: &SmolStr| mark.strip_prefix(object)?.strip_prefix(QUEUE).map(SmolStr::from);
    let Some(queue) = walk.draft.marks.iter().find_map(known) else { return false };
    let callback = argument(walk, node, 0, "callback")
        .filter(|run| matches!(run.kind(), "identifier" | "attribute"))
        .and_then(|run| handler(walk, run));
    if let Some(handler) = callback {
        consumer(walk, Text::literal(queue), handler);
    }
    false
}

/// `queue = await channel.declare_queue("jobs")`: the queue knows its name.
pub(super) fn declared<'t>(walk: &mut Walk<'t>, name: &SmolStr, right: Node<'t>) {
    let call = if right.kind() == "await" { right.named_child(0).unwrap_or(right) } else { right };
    let Some(callee) = call.field("function").filter(|_| call.kind() == "call") else { return };
    let last = callee.field("attribute").map(|last| walk.slice(last)).unwrap_or_default();
    if !matches!(last, "declare_queue" | "get_queue") {
        return;
    }
    let queue = argument(walk, call, 0, "name").and_then(|queue| text_of(walk, queue)?.as_literal());
    if let Some(queue) = queue {
        walk.draft.marks.insert(format_smolstr!("{name}{QUEUE}{queue}"));
    }
}

/// kombu's `Consumer(queues=Queue("jobs"), callbacks=[run])`.
pub(super) fn constructed<'t>(walk: &mut Walk<'t>, node: Node<'t>) {
    let Some(callbacks) = keyword(walk, node, "callbacks") else { return };
    let queues = keyword(walk, node, "queues").or_else(|| positional(node).first().copied());
    let Some(queues) = queues else { return };
    let listed = elements(queues);
    let queues = if listed.is_empty() { vec![queues] } else { listed };
    for queue in queues {
        let named = queue.field("arguments").and_then(|_| positional(queue).first().copied());
        let Some(name) = text_of(walk, named.unwrap_or(queue)) else { continue };
        for callback in elements(callbacks) {
            if let Some(handler) = handler(walk, callback) {
                consumer(walk, name.clone(), handler);
            }
        }
    }
}

/// `name = "orders.charge"` in a class that derives from Celery's `Task`: its `run` is the task.
pub(super) fn task_class<'t>(walk: &mut Walk<'t>, name: &str, right: Node<'t>) {
    let Some(class) = name.strip_suffix(".name").map(SmolStr::from) else { return };
    let fact = walk.draft.wiring.types.iter().rev().find(|fact| fact.path == class);
    if !fact.is_some_and(|fact| fact.bases.iter().any(|base| base.ends_with("Task"))) {
        return;
    }
    if let Some(text) = text_of(walk, right) {
        let handler = Handler::Named(MODULE, Reference::local(dotted(&class, "run")));
        consumer(walk, text, handler);
    }
}

/// `@click.command("load")`, `@cli.command()`: Click calls the command like the function, with `-` for `_`.
pub(super) fn command<'t>(walk: &mut Walk<'t>, index: u32, call: Option<Node<'t>>, path: &str) -> bool {
    let is_command = path == "command" || path.ends_with(".command");
    let Some(function) = walk.draft.functions.get(index as usize).filter(|_| is_command) else {
        return false;
    };
    let own: SmolStr = function.name.replace('_', "-").into();
    let given = call.and_then(|call| {
        let first = positional(call).first().and_then(|first| text_of(walk, *first)?.as_literal());
        first.or_else(|| keyword_literal(walk, call, "name"))
    });
    let method = Some(given.unwrap_or(own));
    let (service, handler) = (SmolStr::new_static("click"), Handler::Function(index));
    walk.draft.wiring.rpcs.push(RpcFact { service, method, handler, scope: MODULE });
    true
}

/// What stands between a queue's variable and the queue's name in a mark.
const QUEUE: &str = "~";

fn consumer(walk: &mut Walk<'_>, name: Text, handler: Handler) {
    let scope = walk.scope();
    walk.draft.wiring.consumers.push(ConsumerFact { name: Some(name), handler, scope });
}

/// Whether the callee makes a consumer of kombu.
pub(super) fn is_kombu(walk: &Walk<'_>, callee: Node<'_>) -> bool {
    path_of(walk, callee).is_some_and(|path| path == "Consumer" || path.ends_with(".Consumer"))
}
