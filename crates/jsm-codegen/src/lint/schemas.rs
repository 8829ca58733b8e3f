//! Rules for schemas: what the type generator cannot express, or expresses otherwise than it was meant.
//!
//! Names that meet in Rust are told in `names`.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use heck::ToPascalCase;
use serde_json::Value;

use super::Finding;
use crate::annotations::OfSchema;
use crate::emit::facts::{list, object, resolve, text};

const MEND: &str = "mend it in corrections.yaml";
const OPEN: &str = "leave any JSON ({}) in its place in generator.yaml";

pub(super) fn check(document: &Value, found: &mut Vec<Finding>) {
    super::each_schema(document, &mut |place, schema| rules(document, schema, place, found));
    let Some(components) = document.get("components") else { return };
    for (name, schema) in object(components, "schemas") {
        if let Some(values) = schema.get("x-jsm-page").and_then(Value::as_str) {
            let items = schema.get("properties").and_then(|all| all.get(values)?.get("items")?.get("$ref"));
            if items.is_none() {
                let problem = format!("its x-jsm-page {values:?} names no list of a schema's items");
                found.push(Finding::new(name, problem, "take x-jsm-page off it in ergonomics.yaml"));
            }
        }
        if schema.get("nullable") == Some(&Value::Bool(true)) {
            let remedy = "remove nullable in corrections.yaml; what refers to it is optional anyway";
            found.push(Finding::new(name, "it may be null as a whole, which takes a type around it", remedy));
        }
        if merges_itself(document, schema) {
            let remedy = "leave any JSON ({}) in place of the allOf in generator.yaml";
            found.push(Finding::new(name, "an allOf inside it leads back to it", remedy));
        }
        if requires_itself(document, schema) {
            let remedy = "require less in corrections.yaml";
            found.push(Finding::new(name, "it requires itself, so that no value of it ever ends", remedy));
        }
    }
}

fn rules(document: &Value, schema: &Value, place: &str, found: &mut Vec<Finding>) {
    let mut say = |problem: String, remedy: &str| found.push(Finding::new(place, problem, remedy));
    let properties: BTreeSet<&String> = object(schema, "properties").map(|(name, _)| name).collect();
    for listed in ["required", "x-jsm-always-present"] {
        for property in list(schema, listed).filter_map(Value::as_str) {
            if !properties.is_empty() && !properties.contains(&property.to_owned()) {
                say(format!("{listed} names {property}, which is no property of it"), MEND);
            }
        }
    }
    if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
        let remedy = "remove additionalProperties in corrections.yaml";
        say("it forbids unknown fields, which servers send all the same".to_owned(), remedy);
    }
    if schema.get("not").is_some() {
        say("it says what it is not, which no Rust type can".to_owned(), MEND);
    }
    match schema.get("type") {
        Some(Value::Array(kinds)) => say(
            format!("it has {} types at once", kinds.len()),
            "leave one, or none for any JSON, in corrections.yaml",
        ),
        Some(kind)
            if !["array", "boolean", "integer", "number", "object", "string"].iter().any(|k| kind == k) =>
        {
            say(format!("{kind} is no type of OpenAPI"), MEND);
        }
        Some(kind) if kind == "array" && schema.get("items").is_none() => say(
            "it is an array of nothing known".to_owned(),
            "give it items in corrections.yaml, {} for any JSON",
        ),
        _ => {}
    }
    for key in ["allOf", "oneOf", "anyOf"] {
        if list(schema, key).next().is_none() && schema.get(key).is_some() {
            say(format!("its {key} has no part"), "remove it in corrections.yaml");
        }
    }
    let kinds: BTreeSet<String> = list(schema, "allOf")
        .map(|part| text(resolve(document, part), "type"))
        .filter(|kind| !kind.is_empty())
        .collect();
    if kinds.len() > 1 {
        let kinds: Vec<String> = kinds.into_iter().collect();
        say(format!("its allOf asks for {} at once", kinds.join(" and ")), MEND);
    }
    if ambiguous(document, schema) {
        say(
            "its oneOf has objects that cannot be told apart, so that the first would be read for all"
                .to_owned(),
            OPEN,
        );
    }
    values(document, schema, &mut say);
}

/// Rules for the values that a schema lists.
fn values(document: &Value, schema: &Value, say: &mut dyn FnMut(String, &str)) {
    const REMOVE: &str = "remove the enum, or one of the two, in corrections.yaml";
    let kinds: BTreeSet<&str> = list(schema, "enum").filter(|value| !value.is_null()).map(kind).collect();
    if kinds.len() > 1 {
        let kinds: Vec<&str> = kinds.into_iter().collect();
        say(format!("its enum has values of {}", kinds.join(" and ")), "remove the enum in corrections.yaml");
    }
    let mut variants: BTreeMap<String, &str> = BTreeMap::new();
    for value in list(schema, "enum").filter_map(Value::as_str) {
        match variants.insert(value.to_pascal_case(), value) {
            Some(first) if first == value => say(format!("its enum lists {value:?} twice"), REMOVE),
            Some(first) => say(format!("its enum values {first:?} and {value:?} have one Rust name"), REMOVE),
            None => {}
        }
    }
    let meanings = OfSchema::read(schema).enum_docs;
    for value in meanings.keys().filter(|value| !list(schema, "enum").any(|known| known == *value)) {
        say(
            format!("its x-jsm-enum-docs describes {value:?}, which it does not list"),
            "remove it in docs.yaml",
        );
    }
    let Some(default) = schema.get("default") else { return };
    let meant = resolve(document, schema);
    let listed = meant.get("enum").is_none() || list(meant, "enum").any(|value| value == default);
    let fits = match (text(meant, "type").as_str(), default) {
        ("string", Value::String(_)) | ("boolean", Value::Bool(_)) | ("array", Value::Array(_)) => true,
        ("object", Value::Object(_)) | ("", _) => true,
        ("integer", Value::Number(number)) => !number.is_f64(),
        ("number", Value::Number(_)) => true,
        _ => false,
    };
    if !fits || !listed {
        say(format!("its default {default} is no value of it"), "remove the default in corrections.yaml");
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// Whether an object of one part of a `oneOf` can be read as an earlier part.
///
/// Parts are tried in their order. An earlier one is passed over only if it requires what the later one never has.
fn ambiguous(document: &Value, schema: &Value) -> bool {
    let objects: Vec<Object> =
        list(schema, "oneOf").filter_map(|part| Object::of(document, part, 0)).collect();
    objects
        .iter()
        .enumerate()
        .any(|(at, later)| objects[..at].iter().any(|earlier| earlier.required.is_subset(&later.properties)))
}

/// The properties of an object, with those of all that it is put together from.
#[derive(Default)]
struct Object {
    properties: BTreeSet<String>,
    required: BTreeSet<String>,
}

impl Object {
    fn of(document: &Value, schema: &Value, depth: usize) -> Option<Self> {
        let schema = resolve(document, schema);
        let parts: Vec<&Value> = list(schema, "allOf").collect();
        if depth > 16
            || (text(schema, "type") != "object" && schema.get("properties").is_none() && parts.is_empty())
        {
            return None;
        }
        let mut all = Self::default();
        all.properties.extend(object(schema, "properties").map(|(name, _)| name.clone()));
        all.required.extend(list(schema, "required").filter_map(Value::as_str).map(str::to_owned));
        for part in parts.into_iter().filter_map(|part| Self::of(document, part, depth + 1)) {
            all.properties.extend(part.properties);
            all.required.extend(part.required);
        }
        Some(all)
    }
}

/// Whether putting an `allOf` inside the schema together takes the schema itself, and so on without end.
fn merges_itself(document: &Value, schema: &Value) -> bool {
    fn merged<'a>(schema: &'a Value, all: &mut Vec<&'a Value>) {
        super::within(schema, "", &mut |_, schema| all.extend(list(schema, "allOf")));
    }
    let mut open = Vec::new();
    merged(schema, &mut open);
    let mut seen: HashSet<*const Value> = HashSet::new();
    while let Some(next) = open.pop() {
        let next = resolve(document, next);
        if std::ptr::eq(next, schema) {
            return true;
        }
        if seen.insert(next) {
            merged(next, &mut open);
        }
    }
    false
}

/// Whether a value of the schema has to hold another one of it.
fn requires_itself(document: &Value, schema: &Value) -> bool {
    let mut open = required(schema);
    let mut seen: HashSet<*const Value> = HashSet::new();
    while let Some(next) = open.pop() {
        let next = resolve(document, next);
        if std::ptr::eq(next, schema) {
            return true;
        }
        if seen.insert(next) {
            open.extend(required(next));
        }
    }
    false
}

/// The schemas of which a value of this one holds one in any case.
fn required(schema: &Value) -> Vec<&Value> {
    let names: Vec<&str> = list(schema, "required").filter_map(Value::as_str).collect();
    let properties = object(schema, "properties").filter(|(name, _)| names.contains(&name.as_str()));
    properties.map(|(_, property)| property).chain(list(schema, "allOf")).collect()
}
