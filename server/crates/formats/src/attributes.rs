//! Attribute values from protobuf and from JSON: the only part of OTLP that nests without end, so depth is counted.

use model::{Attributes, SmolStr, Value};

use crate::{
    error::WireError,
    intake::{Intake, Part},
    json::Json,
    wire::Reader,
};

/// Reads a `KeyValue` (key 1, value 2) into `into`, if there is room.
pub(crate) fn proto_pair(
    message: &[u8],
    into: &mut Attributes,
    intake: &mut Intake<'_>,
) -> Result<(), WireError> {
    if intake.room_for(Part::Attribute, into.0.len())
        && let Some(pair) = key_value(message, intake, 1)?
    {
        into.0.push(pair);
    }
    Ok(())
}

/// Reads an `AnyValue`: text 1, bool 2, int 3, double 4, array 5, map 6, bytes 7. `depth` counts from 1; what lies
/// deeper than the limit stays as the bytes of its message.
pub(crate) fn proto_value(message: &[u8], intake: &mut Intake<'_>, depth: usize) -> Result<Value, WireError> {
    let mut value = Value::Empty;
    let mut reader = Reader::new(message);
    while let Some((number, field)) = reader.next()? {
        value = match number {
            1 => Value::Str(intake.text_bytes(field.bytes()?)),
            2 => Value::Bool(field.varint()? != 0),
            3 => Value::Int(field.varint()? as i64),
            4 => Value::Double(f64::from_bits(field.fixed64()?)),
            5 | 6 if depth >= intake.limits.depth => {
                intake.too_deep();
                Value::Bytes(intake.bytes(field.bytes()?))
            }
            5 => Value::Array(proto_list(field.bytes()?, intake, &mut |item, intake| {
                proto_value(item, intake, depth + 1).map(Some)
            })?),
            6 => Value::Map(proto_list(field.bytes()?, intake, &mut |item, intake| {
                key_value(item, intake, depth + 1)
            })?),
            7 => Value::Bytes(intake.bytes(field.bytes()?)),
            _ => continue,
        };
    }
    Ok(value)
}

/// Reads an `AnyValue` of OTLP/JSON, also one without its wrapper (`"value": "text"`).
pub(crate) fn json_value(json: &Json<'_>, intake: &mut Intake<'_>, depth: usize) -> Value {
    if depth > intake.limits.depth {
        intake.too_deep();
        return Value::Empty;
    }
    match json {
        Json::Null => Value::Empty,
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Int(number) => Value::Int(*number),
        Json::Unsigned(number) => Value::Double(*number as f64),
        Json::Double(number) => Value::Double(*number),
        Json::Str(text) => Value::Str(intake.text(text)),
        Json::Array(items) => Value::Array(json_list(items, intake, depth)),
        Json::Object(_) => wrapped_value(json, intake, depth),
        Json::TooDeep => {
            intake.too_deep();
            Value::Empty
        }
    }
}

/// Reads a list of `{"key": …, "value": …}`, or an object used as a map, into `into`.
pub(crate) fn json_attributes(json: Option<&Json<'_>>, into: &mut Attributes, intake: &mut Intake<'_>) {
    match json {
        Some(Json::Array(pairs)) => {
            for pair in pairs {
                let key = pair.get("key").and_then(Json::as_str).unwrap_or("");
                json_pair(key, pair.get("value").unwrap_or(&Json::Null), into, intake);
            }
        }
        Some(Json::Object(members)) => {
            for (key, value) in members {
                json_pair(key, value, into, intake);
            }
        }
        _ => {}
    }
}

/// A log's body as text: itself if it is text, else as JSON would write it, within the limit.
pub(crate) fn body_text(value: &Value, intake: &mut Intake<'_>) -> SmolStr {
    match value {
        Value::Empty => SmolStr::default(),
        Value::Str(text) => text.clone(),
        other => intake.text(&other.to_string()),
    }
}

fn key_value(
    message: &[u8],
    intake: &mut Intake<'_>,
    depth: usize,
) -> Result<Option<(SmolStr, Value)>, WireError> {
    let (mut key, mut value) = (SmolStr::default(), Value::Empty);
    let mut reader = Reader::new(message);
    while let Some((number, field)) = reader.next()? {
        match number {
            1 => key = intake.text_bytes(field.bytes()?),
            2 => value = proto_value(field.bytes()?, intake, depth)?,
            _ => {}
        }
    }
    if key.is_empty() {
        intake.empty_key();
        return Ok(None);
    }
    Ok(Some((key, value)))
}

type ReadItem<'f, T> = &'f mut dyn FnMut(&[u8], &mut Intake<'_>) -> Result<Option<T>, WireError>;

fn proto_list<T>(
    message: &[u8],
    intake: &mut Intake<'_>,
    read: ReadItem<'_, T>,
) -> Result<Vec<T>, WireError> {
    let mut items = Vec::new();
    let mut reader = Reader::new(message);
    while let Some((number, field)) = reader.next()? {
        if number == 1 {
            let item = field.bytes()?;
            if intake.room_for(Part::Element, items.len()) {
                items.extend(read(item, intake)?);
            }
        }
    }
    Ok(items)
}

fn json_pair(key: &str, value: &Json<'_>, into: &mut Attributes, intake: &mut Intake<'_>) {
    if !intake.room_for(Part::Attribute, into.0.len()) {
        return;
    }
    if key.is_empty() {
        intake.empty_key();
        return;
    }
    let key = intake.text(key);
    let value = json_value(value, intake, 1);
    into.0.push((key, value));
}

fn json_list(items: &[Json<'_>], intake: &mut Intake<'_>, depth: usize) -> Vec<Value> {
    let mut values = Vec::new();
    for item in items {
        if intake.room_for(Part::Element, values.len()) {
            values.push(json_value(item, intake, depth + 1));
        }
    }
    values
}

/// The value inside `{"stringValue": …}` and its siblings; an object that is none of them is a map.
fn wrapped_value(json: &Json<'_>, intake: &mut Intake<'_>, depth: usize) -> Value {
    let Json::Object(members) = json else {
        return Value::Empty;
    };
    let mut wrapper = members.is_empty();
    for (key, inner) in members {
        let value = match key.as_ref() {
            "stringValue" | "string_value" => inner.as_str().map(|text| Value::Str(intake.text(text))),
            "boolValue" | "bool_value" => inner.as_bool().map(Value::Bool),
            "intValue" | "int_value" => inner.as_i64().map(Value::Int),
            "doubleValue" | "double_value" => inner.as_f64().map(Value::Double),
            "bytesValue" | "bytes_value" => {
                inner.as_str().map(|text| Value::Bytes(intake.bytes(&crate::json::base64(text))))
            }
            "arrayValue" | "array_value" => {
                let items = inner.get("values").map_or(&[][..], Json::items);
                inner.as_object().map(|_| Value::Array(json_list(items, intake, depth)))
            }
            "kvlistValue" | "kvlist_value" => {
                inner.as_object().map(|_| Value::Map(json_map(inner.get("values"), intake, depth)))
            }
            _ => continue,
        };
        wrapper = true;
        if let Some(value) = value {
            return value;
        }
    }
    if wrapper { Value::Empty } else { Value::Map(json_map(Some(json), intake, depth)) }
}

fn json_map(json: Option<&Json<'_>>, intake: &mut Intake<'_>, depth: usize) -> Vec<(SmolStr, Value)> {
    let mut map = Vec::new();
    let mut add = |key: &str, value: &Json<'_>, intake: &mut Intake<'_>| {
        if intake.room_for(Part::Element, 0) {
            map.push((intake.text(key), json_value(value, intake, depth + 1)));
        }
    };
    match json {
        Some(Json::Array(pairs)) => {
            for pair in pairs {
                let key = pair.get("key").and_then(Json::as_str).unwrap_or("");
                add(key, pair.get("value").unwrap_or(&Json::Null), intake);
            }
        }
        Some(Json::Object(members)) => {
            for (key, value) in members {
                add(key, value, intake);
            }
        }
        _ => {}
    }
    map
}
