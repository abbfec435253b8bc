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
    let destination =
        clues.get("messaging.sidekiq.job_class").or_else(|| clues.get("messaging.destination.name"));
    let Some(destination) = destination else { return Answer::Silent };
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
