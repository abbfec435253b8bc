//! Every decoder on small inputs of its dialect, on hostile input, and against the published types as the oracle.

mod bombs;
mod clean;
mod dialects;
mod lenient;
mod oracle;
mod recorded;

use std::{fmt::Write as _, sync::Arc};

use model::{Attributes, Batch, Span};

use crate::Limits;

/// A body of one span that has everything.
const RICH: &str = r#"{"resourceSpans":[{
  "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},
  "scopeSpans":[{"scope":{"name":"lib","version":"1","attributes":[{"key":"s","value":{"boolValue":true}}]},
    "spans":[{"traceId":"0AF7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","parentSpanId":"00f067aa0ba902b7",
      "traceState":"a=b","name":"GET /cart","kind":2,
      "startTimeUnixNano":"1544712660000000000","endTimeUnixNano":1544712661000000001,
      "attributes":[
        {"key":"text","value":{"stringValue":"ä"}},{"key":"int","value":{"intValue":"-7"}},
        {"key":"double","value":{"doubleValue":1.5}},{"key":"nan","value":{"doubleValue":"NaN"}},
        {"key":"bytes","value":{"bytesValue":"AAEC"}},
        {"key":"list","value":{"arrayValue":{"values":[{"intValue":1},{"stringValue":"b"}]}}},
        {"key":"map","value":{"kvlistValue":{"values":[{"key":"k","value":{"boolValue":false}}]}}},
        {"key":"none","value":{}}],
      "events":[{"timeUnixNano":"1544712660500000000","name":"exception",
        "attributes":[{"key":"exception.type","value":{"stringValue":"ValueError"}}]}],
      "links":[{"traceId":"0af7651916cd43dd8448eb211c80319d","spanId":"b7ad6b7169203332",
        "attributes":[{"key":"why","value":{"stringValue":"retry"}}]}],
      "status":{"code":2,"message":"boom"}}]}]}]}"#;

/// A batch as text: one line a span, its parts indented, what was left out at the end.
fn show(batch: &Batch) -> String {
    let out = show_all(batch);
    out.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn show_all(batch: &Batch) -> String {
    let mut out = String::new();
    for span in &batch.spans {
        show_span(&mut out, span);
    }
    for log in &batch.logs {
        let span = log.span_id.map_or("-".to_owned(), |id| id.to_string());
        let _ = writeln!(
            out,
            "log {} {span} at {} severity {} {:?} {:?} {} service={}",
            log.trace_id,
            log.time.0,
            log.severity,
            log.name,
            log.body,
            pairs(&log.attributes),
            log.resource.service()
        );
    }
    batch.refused.iter().for_each(|part| {
        let _ = writeln!(out, "refused {}: {}", part.count, part.reason);
    });
    batch.trimmed.iter().for_each(|part| {
        let _ = writeln!(out, "trimmed {}: {}", part.count, part.reason);
    });
    out
}

/// Says that something was not tested, past the harness, which swallows what passing tests print.
fn skipped(reason: &str) {
    let _ = std::io::Write::write_all(&mut std::io::stderr(), format!("SKIPPED: {reason}\n").as_bytes());
}

fn show_span(out: &mut String, span: &Span) {
    let parent = span.parent.map_or("-".to_owned(), |id| id.to_string());
    let _ = writeln!(
        out,
        "{} {} < {parent} {} {:?} {}+{} {:?}{} service={} scope={}/{}{}",
        span.trace_id,
        span.span_id,
        span.kind,
        span.name,
        span.start.0,
        span.duration().as_nanos(),
        span.status.code,
        if span.status.message.is_empty() { String::new() } else { format!(" {:?}", span.status.message) },
        span.service(),
        span.scope.name,
        span.scope.version,
        if span.trace_state.is_empty() { String::new() } else { format!(" state={}", span.trace_state) },
    );
    if span.resource.attributes.len() > 1 {
        let _ = writeln!(out, "  resource {}", pairs(&span.resource.attributes));
    }
    if !span.attributes.is_empty() {
        let _ = writeln!(out, "  {}", pairs(&span.attributes));
    }
    for event in &span.events {
        let _ = writeln!(out, "  event {:?} at {} {}", event.name, event.time.0, pairs(&event.attributes));
    }
    for link in &span.links {
        let _ = writeln!(out, "  link {} {} {}", link.trace_id, link.span_id, pairs(&link.attributes));
    }
}

fn pairs(attributes: &Attributes) -> String {
    attributes.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ")
}

fn rich() -> Vec<Arc<Span>> {
    crate::otlp_json::decode(RICH.as_bytes(), &Limits::default()).unwrap().spans
}
