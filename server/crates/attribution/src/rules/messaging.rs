//! Queues and topics: the function that consumes what was sent.

use model::SpanKind;
use smol_str::format_smolstr;

use crate::{
    Confidence, Rule,
    clues::{Answer, Clues, candidate},
};

/// The consumer of the span's destination.
pub(crate) fn messaging(clues: &Clues<'_>) -> Answer {
    let operation = clues.get("messaging.operation.type").or_else(|| clues.get("messaging.operation"));
    let operation = operation.or_else(|| clues.get("bullmq.queue.operation"));
    if clues.shape.kind != SpanKind::Consumer && operation != Some("process") {
        return Answer::Silent;
    }
    // Where the client calls back, the instrumentation's span of receiving is around the callback.
    let calls_back = matches!(
        clues.shape.scope.as_str(),
        "opentelemetry.instrumentation.pika" | "opentelemetry.instrumentation.aio_pika"
    );
    if (operation == Some("receive") && !calls_back) || operation == Some("settle") {
        return Answer::Silent;
    }
    // amqplib's spans have the exchange as an attribute and the queue in the name.
    let queue = clues.shape.name.strip_suffix(" process").filter(|_| clues.shape.scope.ends_with("amqplib"));
    let names = ["messaging.sidekiq.job_class", "messaging.destination.name", "bullmq.queue.name"];
    let Some(destination) = queue.or_else(|| names.iter().find_map(|key| clues.get(key))) else {
        return Answer::Silent;
    };
    clues.ask_resolved();
    let consumers = clues
        .index
        .consumers()
        .iter()
        .filter(|consumer| consumer.is_named && consumer.name.matches(destination));
    let detail = format_smolstr!("consumes {destination}");
    let found = consumers.map(|consumer| candidate(&consumer.handler, detail.clone())).collect();
    clues.found(Rule::Messaging, Confidence::Likely, found)
}
