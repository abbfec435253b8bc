//! What the published protocol types spell wrong, put right in both directions.
//!
//! `dap` 0.4.1-alpha1 has no camel-case renaming on `SourceBreakpoint`, `Source`, `ExceptionBreakpointsFilter`,
//! `Breakpoint` and `ContinueResponse`: without this a log point would stop the program. A test below fails when a
//! new version spells them right, and then this file can go.

use serde_json::{Map, Value};

/// The protocol's spelling, and the crate's.
const KEYS: [(&str, &str); 11] = [
    ("sourceReference", "source_reference"),
    ("presentationHint", "presentation_hint"),
    ("adapterData", "adapter_data"),
    ("hitCondition", "hit_condition"),
    ("logMessage", "log_message"),
    ("endLine", "end_line"),
    ("endColumn", "end_column"),
    ("instructionReference", "instruction_reference"),
    ("supportsCondition", "supports_condition"),
    ("conditionDescription", "condition_description"),
    ("allThreadsContinued", "all_threads_continued"),
];

/// Values below these are the client's or ours, not the protocol's.
const OPAQUE: [&str; 4] = ["adapterData", "data", "restart", "configuration"];

/// Requests whose type in the crate refuses `arguments`, even empty ones.
const WITHOUT_ARGUMENTS: [&str; 3] = ["threads", "configurationDone", "loadedSources"];

/// Rewrites a request's arguments so that the crate's types read them whole.
pub(super) fn arguments_inwards(command: &str, arguments: Option<Value>) -> Option<Value> {
    if WITHOUT_ARGUMENTS.contains(&command) {
        return None;
    }
    let mut arguments = match arguments {
        None | Some(Value::Null) => Value::Object(Map::new()),
        Some(arguments) => arguments,
    };
    if let Some(source) = arguments.get_mut("source") {
        source_inwards(source, 0);
    }
    if command == "setBreakpoints" {
        let breakpoints = arguments.get_mut("breakpoints").and_then(Value::as_array_mut);
        for breakpoint in breakpoints.into_iter().flatten() {
            rename(breakpoint, &["hitCondition", "logMessage"]);
        }
    }
    if command == "source" && arguments.get("sourceReference").is_none() {
        // Required by the protocol, left out by clients that send it inside `source`.
        let inner = arguments.pointer("/source/source_reference").cloned().unwrap_or(Value::from(0));
        if let Some(arguments) = arguments.as_object_mut() {
            arguments.insert("sourceReference".to_owned(), inner);
        }
    }
    Some(arguments)
}

/// Rewrites a body made of the crate's types so that it is the protocol's.
pub(super) fn body_outwards(body: Value) -> Value {
    match body {
        Value::Object(fields) => Value::Object(fields.into_iter().filter_map(field_outwards).collect()),
        Value::Array(items) => Value::Array(items.into_iter().map(body_outwards).collect()),
        other => other,
    }
}

fn field_outwards((key, value): (String, Value)) -> Option<(String, Value)> {
    let key = match KEYS.iter().find(|(_, wrong)| *wrong == key) {
        Some((right, _)) => (*right).to_owned(),
        None => key,
    };
    // `null` is not the same as absent: clients look for `undefined`. Only `dataId` may be null.
    if value.is_null() && key != "dataId" {
        return None;
    }
    if OPAQUE.contains(&key.as_str()) {
        return Some((key, value));
    }
    if key == "presentationHint" && value == "deEmphasize" {
        return Some((key, Value::from("deemphasize")));
    }
    Some((key, body_outwards(value)))
}

fn source_inwards(source: &mut Value, depth: usize) {
    rename(source, &["sourceReference", "presentationHint", "adapterData"]);
    // Hints that the crate's enum does not know would refuse the whole request, and nothing here reads them.
    if let Some(source) = source.as_object_mut() {
        source.remove("presentation_hint");
        source.remove("checksums");
    }
    if depth < 4 {
        let inner = source.get_mut("sources").and_then(Value::as_array_mut);
        inner.into_iter().flatten().for_each(|source| source_inwards(source, depth + 1));
    } else if let Some(source) = source.as_object_mut() {
        source.remove("sources");
    }
}

fn rename(value: &mut Value, keys: &[&str]) {
    let Some(fields) = value.as_object_mut() else { return };
    for (right, wrong) in KEYS.iter().filter(|(right, _)| keys.contains(right)) {
        if let Some(value) = fields.remove(*right) {
            fields.insert((*wrong).to_owned(), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use dap_types::{
        responses::ContinueResponse,
        types::{Breakpoint, ExceptionBreakpointsFilter, Source, SourceBreakpoint},
    };
    use serde_json::{json, to_value};

    use super::*;

    /// When this fails, `dap` was upgraded and spells its keys right: take them out of `KEYS`.
    #[test]
    fn the_crate_still_misspells_these_keys() {
        let written = [
            to_value(Source { source_reference: Some(1), ..Source::default() }).unwrap(),
            to_value(SourceBreakpoint {
                hit_condition: Some(String::new()),
                log_message: Some(String::new()),
                ..SourceBreakpoint::default()
            })
            .unwrap(),
            to_value(Breakpoint {
                end_line: Some(1),
                end_column: Some(1),
                instruction_reference: Some(String::new()),
                ..Breakpoint::default()
            })
            .unwrap(),
            to_value(ExceptionBreakpointsFilter {
                supports_condition: Some(true),
                condition_description: Some(String::new()),
                ..ExceptionBreakpointsFilter::default()
            })
            .unwrap(),
            to_value(ContinueResponse { all_threads_continued: Some(true) }).unwrap(),
        ];
        let keys: Vec<&String> = written.iter().flat_map(|value| value.as_object().unwrap().keys()).collect();
        for wrong in [
            "source_reference",
            "hit_condition",
            "log_message",
            "end_line",
            "end_column",
            "instruction_reference",
            "supports_condition",
            "condition_description",
            "all_threads_continued",
        ] {
            assert!(keys.iter().any(|key| *key == wrong), "{wrong} is spelt right now");
        }
    }

    #[test]
    fn log_points_and_virtual_sources_arrive_whole() {
        let sent = json!({
            "source": {"path": "a.py", "sourceReference": 3, "presentationHint": "deemphasize",
                "sources": [{"adapterData": {"hitCondition": 1}}]},
            "breakpoints": [{"line": 3, "logMessage": "hi", "hitCondition": ">2"}],
        });
        let read = arguments_inwards("setBreakpoints", Some(sent)).unwrap();
        let read: dap_types::requests::SetBreakpointsArguments = serde_json::from_value(read).unwrap();
        assert_eq!(read.source.source_reference, Some(3));
        let breakpoint = &read.breakpoints.unwrap()[0];
        assert_eq!(breakpoint.log_message.as_deref(), Some("hi"));
        assert_eq!(breakpoint.hit_condition.as_deref(), Some(">2"));
    }

    #[test]
    fn bodies_leave_without_nulls_and_with_the_protocols_keys() {
        let body = json!({
            "source_reference": 1, "dataId": null, "text": null,
            "source": {"presentation_hint": "deEmphasize", "adapter_data": {"end_line": null}},
        });
        let right = json!({
            "sourceReference": 1, "dataId": null,
            "source": {"presentationHint": "deemphasize", "adapterData": {"end_line": null}},
        });
        assert_eq!(body_outwards(body), right);
    }
}
