//! The document as progenitor gets it: a copy without what would make types strict or methods differ in kind.
//!
//! Error responses are left out, because one hand-written place reads error bodies whatever their shape. Operations
//! are called as their Rust types are.

use serde_json::{Map, Value};

use crate::model::{Document, LIMITS, METHODS};

/// Copies the document and narrows the copy.
pub(crate) fn narrow(document: &Document<'_>) -> Value {
    let mut json = document.json.clone();
    for operation in &document.operations {
        let node =
            json.get_mut("paths").and_then(|paths| paths.get_mut(operation.path)?.get_mut(operation.method));
        if let (Some(Value::Object(node)), Some(name)) = (node, operation.annotations.name) {
            node.insert("operationId".to_owned(), name.into());
        }
    }
    let items = json.get_mut("paths").and_then(Value::as_object_mut).into_iter().flatten();
    for (_, item) in items {
        for method in METHODS {
            let responses = item.get_mut(method).and_then(|operation| operation.get_mut("responses"));
            if let Some(Value::Object(responses)) = responses {
                responses.retain(|status, _| status.starts_with('2'));
            }
        }
    }
    // progenitor writes the version into a header, which takes no other letters.
    if let Some(Value::String(version)) = json.pointer_mut("/info/version") {
        version.retain(|letter| letter == ' ' || letter.is_ascii_graphic());
    }
    for (part, names) in [("paths", true), ("components", false)] {
        json.get_mut(part).into_iter().for_each(|part| loosen(part, names));
    }
    json
}

/// A description with what the server takes where nothing is sent.
pub(crate) fn with_default(description: &str, default: Option<&Value>) -> String {
    let default = default.map(|default| format!("The server's default: `{default}`."));
    let parts = [Some(description.to_owned()).filter(|text| !text.is_empty()), default];
    parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n")
}

/// Maps whose keys are names that the API chooses.
const NAMED: [&str; 7] =
    ["content", "headers", "parameters", "properties", "requestBodies", "responses", "schemas"];

/// Drops what a type would hold servers to: a response that breaks it is still a response.
///
/// `names` says that the keys of a map are names, so that none of them is a keyword.
fn loosen(node: &mut Value, names: bool) {
    match node {
        Value::Object(map) => {
            if !names {
                loosen_schema(map);
            }
            for (key, value) in map {
                loosen(value, !names && NAMED.contains(&key.as_str()));
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|node| loosen(node, false)),
        _ => {}
    }
}

fn loosen_schema(map: &mut Map<String, Value>) {
    map.retain(|key, _| !LIMITS.contains(&key.as_str()));
    // A text in another form than promised is still a text.
    if map.get("type").is_some_and(|kind| kind == "string")
        && map.get("format").is_some_and(|f| f != "binary")
    {
        map.remove("format");
    }
    // Only texts have names in Rust; a number that is not listed is still a number.
    if let Some(values) = map.get("enum").and_then(Value::as_array)
        && values.iter().any(|value| !value.is_string() && !value.is_null())
    {
        if values.iter().all(|value| value.is_i64() || value.is_null()) {
            map.entry("type").or_insert_with(|| "integer".into());
        }
        map.remove("enum");
    }
    // What a server does without a value is documentation: nothing is read or sent in its place.
    if let Some(default) = map.remove("default") {
        let known = map.get("description").and_then(Value::as_str).unwrap_or_default();
        let described = with_default(known, Some(&default));
        map.insert("description".to_owned(), described.into());
    }
}
