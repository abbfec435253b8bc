//! Version 1 of Zipkin's JSON: both halves of a call in one span, told apart by core annotations (`cs`, `sr`, …) and
//! by the endpoint of each annotation (openzipkin/zipkin-api `zipkin-api.yaml`).

use model::{SmolStr, SpanKind, Timestamp, Value};

use super::{Draft, add_remote, micros, service_of, v2};
use crate::{
    intake::{Intake, Part},
    json::Json,
};

/// What a core annotation says: the half it belongs to, and whether that half begins or ends there.
fn core(value: &str) -> Option<(SpanKind, bool)> {
    Some(match value {
        "cs" => (SpanKind::Client, true),
        "cr" => (SpanKind::Client, false),
        "sr" => (SpanKind::Server, true),
        "ss" => (SpanKind::Server, false),
        "ms" => (SpanKind::Producer, true),
        "mr" => (SpanKind::Consumer, true),
        _ => return None,
    })
}

/// Whether `json` is a span of this version.
pub(super) fn is_span(json: &Json<'_>) -> bool {
    let annotations = json.get("annotations").map_or(&[][..], Json::items);
    json.get("binaryAnnotations").is_some()
        || (json.get("localEndpoint").is_none()
            && annotations.iter().any(|one| one.get("endpoint").is_some()))
}

/// Adds one draft for each half that the span holds, or one local draft.
pub(super) fn read(json: &Json<'_>, draft: Draft, drafts: &mut Vec<Draft>, intake: &mut Intake<'_>) {
    let annotations = json.get("annotations").map_or(&[][..], Json::items);
    let binary = json.get("binaryAnnotations").map_or(&[][..], Json::items);
    let mut halves = halves_of(draft, annotations, binary, intake);
    for annotation in annotations {
        let text = annotation.get("value").and_then(Json::as_str).unwrap_or("");
        if core(text).is_some() {
            continue;
        }
        let service = service_of(annotation.get("endpoint"), intake);
        if let Some(half) = half_of(&mut halves, &service)
            && intake.room_for(Part::Event, half.events.len())
        {
            let event = v2::event(micros(annotation.get("timestamp")), text, intake);
            half.events.push(event);
        }
    }
    for annotation in binary {
        add_tag(annotation, &mut halves, intake);
    }
    drafts.extend(halves);
}

/// The halves, client before server, with kind, service and times.
fn halves_of(
    draft: Draft,
    annotations: &[Json<'_>],
    binary: &[Json<'_>],
    intake: &mut Intake<'_>,
) -> Vec<Draft> {
    let mut halves: Vec<Draft> = Vec::new();
    for annotation in annotations {
        let Some((kind, begins)) = annotation.get("value").and_then(Json::as_str).and_then(core) else {
            continue;
        };
        let time = micros(annotation.get("timestamp"));
        let at = halves.iter().position(|half| half.kind == kind).unwrap_or_else(|| {
            let service = service_of(annotation.get("endpoint"), intake);
            halves.push(Draft {
                kind,
                service,
                start: Timestamp::ZERO,
                end: Timestamp::ZERO,
                name: draft.name.clone(),
                tags: Vec::new(),
                events: Vec::new(),
                ..draft
            });
            halves.len() - 1
        });
        if let Some(half) = halves.get_mut(at) {
            let place = if begins { &mut half.start } else { &mut half.end };
            *place = time;
        }
    }
    if halves.is_empty() {
        let endpoints = annotations.iter().chain(binary).filter_map(|one| one.get("endpoint"));
        let service =
            endpoints.map(|endpoint| service_of(Some(endpoint), intake)).find(|name| !name.is_empty());
        return vec![Draft { service: service.unwrap_or_default(), ..draft }];
    }
    halves.sort_by_key(|half| matches!(half.kind, SpanKind::Server | SpanKind::Consumer));
    settle_times(&mut halves, &draft);
    halves
}

/// The span's own times are those of its first half; a half without an end ends where it begins.
fn settle_times(halves: &mut [Draft], draft: &Draft) {
    let both = halves.len() > 1;
    for (place, half) in halves.iter_mut().enumerate() {
        if place == 0 && draft.start != Timestamp::ZERO {
            half.start = draft.start;
            half.end = if draft.end > draft.start { draft.end } else { half.end };
        }
        half.start = if half.start == Timestamp::ZERO { half.end } else { half.start };
        half.end = half.end.max(half.start);
        // The first half is the caller's: the second was made under the caller's id.
        half.shared = both && place > 0;
    }
}

fn half_of<'d>(halves: &'d mut [Draft], service: &str) -> Option<&'d mut Draft> {
    let at = halves.iter().position(|half| half.service == service).unwrap_or(0);
    halves.get_mut(at)
}

/// `sa`, `ca` and `ma` give the address of the other side; everything else is a tag of the half whose endpoint it has.
fn add_tag(annotation: &Json<'_>, halves: &mut [Draft], intake: &mut Intake<'_>) {
    let key = annotation.get("key").and_then(Json::as_str).unwrap_or("");
    let endpoint = annotation.get("endpoint");
    let other_side = match key {
        "sa" | "ma" => Some([SpanKind::Client, SpanKind::Producer]),
        "ca" => Some([SpanKind::Server, SpanKind::Consumer]),
        _ => None,
    };
    if let Some(kinds) = other_side {
        if let Some(half) = halves.iter_mut().find(|half| kinds.contains(&half.kind)) {
            add_remote(endpoint, half, intake);
        }
        return;
    }
    let service = service_of(endpoint, intake);
    let Some(half) = half_of(halves, &service) else {
        return;
    };
    if !intake.room_for(Part::Attribute, half.tags.len()) {
        return;
    }
    let value = match annotation.get("value") {
        Some(Json::Str(text)) => Value::Str(intake.text(text)),
        Some(Json::Bool(truth)) => Value::Bool(*truth),
        Some(Json::Int(number)) => Value::Int(*number),
        Some(Json::Double(number)) => Value::Double(*number),
        _ => Value::Str(SmolStr::default()),
    };
    half.tags.push((intake.text(key), value));
}
