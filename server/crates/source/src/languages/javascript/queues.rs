//! Consumers of queues and topics: amqplib, BullMQ, kafkajs, and what is called like them.

use model::SmolStr;
use smol_str::format_smolstr;
use tree_sitter::Node;

use super::{
    express,
    syntax::{arguments, path_of, property, property_name, text_of, unwrapped},
};
use crate::{
    field::Field,
    walk::{Walk, children},
    wiring::{ConsumerFact, Handler, MODULE, Text, Value},
};

/// `new Worker('queue', fn)`, `queue.process(fn)`, `channel.consume('queue', fn)`, `consumer.run({ eachMessage })`.
pub(super) fn call<'t>(walk: &mut Walk<'t>, node: Node<'t>, object: &str, last: &str) {
    if !matches!(last, "Worker" | "consume" | "process" | "subscribe" | "run") {
        return;
    }
    let list = arguments(node);
    match last {
        "subscribe" => subscribed(walk, object, &list),
        "run" => return running(walk, object, &list),
        _ => {}
    }
    if !(last == "Worker"
        || (matches!(last, "consume" | "process" | "subscribe") && is_channel(walk, object)))
    {
        return;
    }
    let Some(first) = list.first().copied().map(unwrapped) else { return };
    let name = match first.kind() {
        "string" | "template_string" | "identifier" => text_of(walk, first),
        // `const jobs = await channel.assertQueue('jobs')`, then `channel.consume(jobs.queue, …)`.
        "member_expression" => path_of(walk, first).map(|path| match path.strip_suffix(".queue") {
            Some(queue) => Text::name(known_as("queue", queue)),
            None => Text::name(path),
        }),
        // `const mails = new Queue('mails')`, then `mails.process(…)`.
        "arrow_function" | "function_expression" if last == "process" => {
            Some(Text::name(known_as("queue", object)))
        }
        _ => None,
    };
    let Some(name) = name else { return };
    let is_handler = |value: &&Node<'t>| {
        matches!(
            value.kind(),
            "arrow_function" | "function_expression" | "identifier" | "member_expression" | "call_expression"
        )
    };
    let skipped = usize::from(!matches!(first.kind(), "arrow_function" | "function_expression"));
    let target = list.iter().skip(skipped).find(is_handler).copied();
    // `mails.process(send)`: what stands first may be the handler, where nothing follows.
    let (name, target) = match target {
        None if last == "process" && list.len() == 1 => (Text::name(known_as("queue", object)), Some(first)),
        target => (name, target),
    };
    if let Some(handler) = target.and_then(|target| express::handler(walk, target)) {
        add(walk, name, handler);
    }
}

/// `const jobs = await channel.assertQueue('jobs')`, `const mails = new Queue('mails')`: the name stands for a queue.
pub(super) fn bound<'t>(walk: &mut Walk<'t>, name: &SmolStr, value: Node<'t>) {
    let Some(callee) = path_of(walk, value) else { return };
    if !matches!(callee.rsplit('.').next(), Some("assertQueue" | "Queue")) {
        return;
    }
    if let Some(text) =
        arguments(value).first().and_then(|queue| text_of(walk, *queue)).filter(Text::is_telling)
    {
        walk.draft.marks.insert(known_as("queue", name));
        walk.draft.bind(MODULE, known_as("queue", name), Value::Text(text));
    }
}

/// Whether an object is a queue, or is called like one.
fn is_channel(walk: &Walk<'_>, object: &str) -> bool {
    const WORDS: &[&str] = &["channel", "consumer", "queue", "subscriber", "nats", "client", "bus"];
    let lower = object.to_lowercase();
    lower == "ch"
        || lower.ends_with(".ch")
        || WORDS.iter().any(|word| lower.ends_with(word))
        || walk.draft.marks.contains(&known_as("queue", object))
}

/// kafkajs: `consumer.subscribe({ topic: 'orders' })` comes before `run`.
fn subscribed<'t>(walk: &mut Walk<'t>, object: &str, list: &[Node<'t>]) {
    let Some(options) = list.first().copied() else { return };
    let one = property(walk, options, "topic");
    let listed = property(walk, options, "topics").map(unwrapped).filter(|list| list.kind() == "array");
    let topics = one.into_iter().chain(listed.map(children).unwrap_or_default());
    let texts: Vec<Text> = topics.filter_map(|topic| text_of(walk, topic)).collect();
    for text in texts {
        walk.draft.bind(MODULE, known_as("topic", object), Value::Text(text));
    }
}

/// `consumer.run({ eachMessage: async ({ message }) => … })`.
fn running<'t>(walk: &mut Walk<'t>, object: &str, list: &[Node<'t>]) {
    let Some(options) = list.first().copied().map(unwrapped).filter(|options| options.kind() == "object")
    else {
        return;
    };
    for part in children(options) {
        let (key, value) = match part.kind() {
            "pair" => (part.field("key"), part.field("value")),
            "method_definition" => (part.field("name"), Some(part)),
            "shorthand_property_identifier" => (Some(part), Some(part)),
            _ => continue,
        };
        let (Some(key), Some(value)) = (key, value) else { continue };
        if !matches!(property_name(walk, key).as_str(), "eachMessage" | "eachBatch") {
            continue;
        }
        let handler = match value.kind() {
            "method_definition" => Some(Handler::At(value.start_byte() as u32)),
            "shorthand_property_identifier" => {
                let reference = crate::wiring::Reference::local(walk.slice(value));
                Some(Handler::Named(walk.scope(), reference))
            }
            _ => express::handler(walk, value),
        };
        if let Some(handler) = handler {
            add(walk, Text::name(known_as("topic", object)), handler);
        }
    }
}

/// The name under which the file knows what an object's queue or topic is called: one that code cannot spell.
fn known_as(what: &str, object: &str) -> SmolStr {
    format_smolstr!("@{what}:{}", object.replace('.', "/"))
}

fn add(walk: &mut Walk<'_>, name: Text, handler: Handler) {
    let scope = walk.scope();
    walk.draft.wiring.consumers.push(ConsumerFact { name: Some(name), handler, scope });
}
