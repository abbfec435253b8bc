//! Version 2 of Zipkin's JSON: one half of a call a span (openzipkin/zipkin-api `zipkin2-api.yaml`).

use model::{Attributes, Event, SmolStr, Timestamp, Value};

use super::{Draft, add_remote, micros, service_of};
use crate::{
    attributes::json_attributes,
    intake::{Intake, Part},
    json::{self, Json},
    otlp_json::kind_of_name,
};

/// Completes `draft` from a span of version 2.
pub(super) fn read(json: &Json<'_>, mut draft: Draft, intake: &mut Intake<'_>) -> Draft {
    if let Some(kind) = json.get("kind").and_then(Json::as_str) {
        draft.kind = kind_of_name(kind);
    }
    draft.service = service_of(json.get("localEndpoint"), intake);
    for (key, value) in json.get("tags").and_then(Json::as_object).unwrap_or(&[]) {
        if !intake.room_for(Part::Attribute, draft.tags.len()) {
            continue;
        }
        let text = match value {
            Json::Str(text) => intake.text(text),
            // Not by the book, but written by hand-made reporters.
            Json::Bool(truth) => SmolStr::from(truth.to_string()),
            Json::Int(number) => SmolStr::from(number.to_string()),
            Json::Double(number) => SmolStr::from(number.to_string()),
            _ => SmolStr::default(),
        };
        draft.tags.push((intake.text(key), Value::Str(text)));
    }
    add_remote(json.get("remoteEndpoint"), &mut draft, intake);
    for annotation in json.get("annotations").map_or(&[][..], Json::items) {
        if intake.room_for(Part::Event, draft.events.len()) {
            let text = annotation.get("value").and_then(Json::as_str).unwrap_or("");
            let event = event(micros(annotation.get("timestamp")), text, intake);
            draft.events.push(event);
        }
    }
    draft
}

/// An annotation is a name; SDKs write an event's attributes as `"name": {…}`, the collector as `name|{…}|dropped`.
pub(super) fn event(time: Timestamp, text: &str, intake: &mut Intake<'_>) -> Event {
    let mut event = Event { time, name: SmolStr::default(), attributes: Attributes::default() };
    if text.starts_with('"')
        && let whole = format!("{{{text}}}")
        && let Ok(parsed) = json::parse(&whole, intake.limits.values)
        && let Some([(name, attributes @ Json::Object(_))]) = parsed.as_object()
    {
        event.name = intake.text(name);
        json_attributes(Some(attributes), &mut event.attributes, intake);
        return event;
    }
    if let Some((name, rest)) = text.split_once("|{")
        && let Some((attributes, dropped)) = rest.rsplit_once('|')
        && dropped.parse::<u32>().is_ok()
        && let whole = format!("{{{attributes}")
        && let Ok(parsed) = json::parse(&whole, intake.limits.values)
    {
        event.name = intake.text(name);
        json_attributes(Some(&parsed), &mut event.attributes, intake);
        return event;
    }
    event.name = intake.text(text);
    event
}
