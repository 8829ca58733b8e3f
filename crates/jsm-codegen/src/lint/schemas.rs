//! Rules for schemas: what the type generator cannot express, and names that meet in Rust.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToPascalCase;
use serde_json::Value;

use super::Finding;
use crate::generate::facts::{list, object};

const MEND: &str = "mend it in corrections.yaml";

pub(super) fn check(document: &Value, found: &mut Vec<Finding>) {
    let Some(components) = document.get("components") else { return };
    let mut names: BTreeMap<String, &String> = BTreeMap::new();
    for (name, schema) in object(components, "schemas") {
        let rust = name.to_pascal_case();
        if syn::parse_str::<syn::Ident>(&rust).is_err() {
            let remedy = "give it an x-jsm-name in ergonomics.yaml";
            found.push(Finding::new(name, "no Rust name can be made of its name", remedy));
        }
        if let Some(first) = names.insert(rust.clone(), name) {
            let problem = format!("its Rust name {rust} is that of {first} too");
            found.push(Finding::new(name, problem, "give it an x-jsm-name in ergonomics.yaml"));
        }
        if let Some(values) = schema.get("x-jsm-page").and_then(Value::as_str) {
            let items = schema.get("properties").and_then(|all| all.get(values)?.get("items")?.get("$ref"));
            if items.is_none() {
                let problem = format!("its x-jsm-page {values:?} names no list of a schema's items");
                found.push(Finding::new(name, problem, "take x-jsm-page off it in ergonomics.yaml"));
            }
        }
        let properties: BTreeSet<&String> = object(schema, "properties").map(|(name, _)| name).collect();
        for listed in ["required", "x-jsm-always"] {
            for property in list(schema, listed).filter_map(Value::as_str) {
                if !properties.is_empty() && !properties.contains(&property.to_owned()) {
                    let problem = format!("{listed} names {property}, which is no property of it");
                    found.push(Finding::new(name, problem, MEND));
                }
            }
        }
        walk(schema, name, found);
    }
    for (path, item) in object(document, "paths") {
        walk_operations(item, path, found);
    }
}

/// Looks at the schemas inside an operation, which stand under the key `schema`.
fn walk_operations(node: &Value, place: &str, found: &mut Vec<Finding>) {
    match node {
        Value::Object(map) => {
            for (key, value) in map {
                if key == "schema" { walk(value, place, found) } else { walk_operations(value, place, found) }
            }
        }
        Value::Array(all) => all.iter().for_each(|value| walk_operations(value, place, found)),
        _ => {}
    }
}

fn walk(schema: &Value, place: &str, found: &mut Vec<Finding>) {
    let mut say = |problem: String, remedy: &str| found.push(Finding::new(place, problem, remedy));
    if schema.get("additionalProperties") == Some(&Value::Bool(false)) {
        let remedy = "remove additionalProperties in corrections.yaml";
        say("it forbids unknown fields, which servers send all the same".to_owned(), remedy);
    }
    if schema.get("not").is_some() {
        say("it says what it is not, which no Rust type can".to_owned(), MEND);
    }
    if schema.get("type") == Some(&Value::from("array")) && schema.get("items").is_none() {
        say(
            "it is an array of nothing known".to_owned(),
            "give it items in corrections.yaml, {} for any JSON",
        );
    }
    if let Some(Value::Array(kinds)) = schema.get("type") {
        say(
            format!("it has {} types at once", kinds.len()),
            "leave one, or none for any JSON, in corrections.yaml",
        );
    }
    let mut variants: BTreeMap<String, String> = BTreeMap::new();
    for value in list(schema, "enum") {
        let Some(text) = value.as_str() else { continue };
        let variant = text.to_pascal_case();
        if let Some(first) = variants.insert(variant, text.to_owned()) {
            let problem = if first == text {
                format!("its enum lists {text:?} twice")
            } else {
                format!("its enum values {first:?} and {text:?} have one Rust name")
            };
            say(problem, "remove the enum, or one of the two, in corrections.yaml");
        }
    }
    let mut fields: BTreeMap<String, &String> = BTreeMap::new();
    for (name, _) in object(schema, "properties") {
        let ident = crate::generate::plain(name);
        if ident.is_empty() {
            say(format!("no Rust name can be made of its property {name:?}"), MEND);
        } else if let Some(first) = fields.insert(ident, name) {
            say(format!("its properties {first} and {name} have one Rust name"), MEND);
        }
    }
    for (_, property) in object(schema, "properties") {
        walk(property, place, found);
    }
    for key in ["items", "additionalProperties", "not"] {
        if let Some(inside) = schema.get(key).filter(|inside| inside.is_object()) {
            walk(inside, place, found);
        }
    }
    for key in ["allOf", "oneOf", "anyOf"] {
        list(schema, key).for_each(|inside| walk(inside, place, found));
    }
}
