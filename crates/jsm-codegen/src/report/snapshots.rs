//! Which snapshots an update changes: those of the surface by comparing, those of the requests by their operations.
//!
//! Where snapshots lie and how they are read is `xtask`'s; what they hold is made by the tests.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::emit::facts::{self, Facts};

/// The snapshots of an API that will change.
///
/// `there` are the texts of its snapshots by file name; `parts` is its surface to be; `before` and `after` are its
/// effective documents, of which the old one may be missing.
pub fn snapshots(
    api: &str,
    there: &BTreeMap<String, String>,
    parts: &BTreeMap<String, String>,
    before: Option<&Value>,
    after: &Value,
) -> Vec<String> {
    let mut changed = BTreeSet::new();
    let surface = |part: &str| format!("it__surface__{api}-{part}.snap");
    for (part, lines) in parts {
        let name = surface(part);
        let differs = there.get(&name).is_none_or(|text| content(text).trim() != lines.trim());
        differs.then(|| changed.insert(name));
    }
    let current: BTreeSet<String> = parts.keys().map(|part| surface(part)).collect();
    let prefix = surface("");
    let prefix = prefix.trim_end_matches(".snap");
    changed.extend(there.keys().filter(|name| name.starts_with(prefix) && !current.contains(*name)).cloned());

    let sent = |document: Option<&Value>| -> BTreeMap<(String, String), Value> {
        let all = document.map(|document| (document, facts::facts(document)));
        let all = all.into_iter().flat_map(|(document, all)| {
            all.into_iter().map(move |facts| {
                let sent = sent(document, &facts);
                ((facts.group, facts.name), sent)
            })
        });
        all.collect()
    };
    let (before, after) = (sent(before), sent(Some(after)));
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    for key in keys.into_iter().filter(|key| before.get(*key) != after.get(*key)) {
        changed.insert(format!("it__requests__{api}-{}.snap", key.0));
    }
    changed.into_iter().collect()
}

/// A snapshot without the lines that insta puts in front of it.
fn content(text: &str) -> &str {
    text.strip_prefix("---\n")
        .and_then(|rest| rest.split_once("\n---\n"))
        .map_or(text, |(_, content)| content)
}

/// What a request of the operation is made of, as far as its snapshot shows it.
fn sent(document: &Value, facts: &Facts) -> Value {
    let parameters = facts
        .parameters
        .iter()
        .map(|parameter| json!([parameter.name, parameter.place, least(document, &parameter.schema, 0)]));
    let parameters: Vec<Value> = parameters.collect();
    json!({
        "method": facts.method,
        "path": facts.path,
        "parameters": parameters,
        "body": facts.body.as_ref().map(|schema| least(document, schema, 0)),
        "upload": facts.multipart,
    })
}

/// The part of a schema that decides what cannot be left out.
fn least(document: &Value, schema: &Value, depth: usize) -> Value {
    // Schemas can hold themselves; this deep no sample goes.
    if depth > 8 {
        return Value::Null;
    }
    let schema = facts::resolve(document, schema);
    let Value::Object(entries) = schema else { return schema.clone() };
    let required: BTreeSet<&str> = facts::list(schema, "required").filter_map(Value::as_str).collect();
    let mut kept = Map::new();
    for (key, value) in entries {
        match (key.as_str(), value) {
            ("properties", Value::Object(properties)) => {
                let needed = properties.iter().filter(|(name, _)| required.contains(name.as_str()));
                let needed = needed.map(|(name, schema)| (name.clone(), least(document, schema, depth + 1)));
                kept.insert(key.clone(), Value::Object(needed.collect()));
            }
            ("items" | "additionalProperties", Value::Object(_)) => {
                kept.insert(key.clone(), least(document, value, depth + 1));
            }
            ("allOf" | "oneOf" | "anyOf", Value::Array(parts)) => {
                let parts = parts.iter().map(|part| least(document, part, depth + 1));
                kept.insert(key.clone(), parts.collect());
            }
            ("type" | "format" | "enum" | "required", _) => drop(kept.insert(key.clone(), value.clone())),
            _ => {}
        }
    }
    Value::Object(kept)
}
