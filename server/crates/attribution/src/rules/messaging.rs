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
    let names = ["messaging.destination.name", "bullmq.queue.name"];
    let told = queue.or_else(|| job(clues)).or_else(|| names.iter().find_map(|key| clues.get(key)));
    let Some(destination) = told else { return Answer::Silent };
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

/// The class that a job runs, where the instrumentation tells it.
fn job<'a>(clues: &Clues<'a>) -> Option<&'a str> {
    const KEYS: &[&str] = &[
        "messaging.sidekiq.job_class",
        "messaging.resque.job_class",
        "messaging.que.job_class",
        "messaging.delayed_job.name",
        "oban.job.worker",
        "messaging.oban.worker",
    ];
    let told = KEYS.iter().find_map(|key| clues.get(key));
    // Active Job: the class is the namespace of the code.
    let active = || clues.get("messaging.active_job.adapter.name").and_then(|_| clues.get("code.namespace"));
    // Delayed Job names the method too.
    let class = told.or_else(active)?;
    Some(class.strip_prefix("Elixir.").unwrap_or(class).trim_end_matches("#perform"))
}
