//! Names that cannot be written in Rust, and names that meet there.
//!
//! The type generator names the types that have no name of their own after the place they stand in; two of one name
//! would silently become one.

use std::collections::BTreeMap;

use heck::ToPascalCase;
use serde_json::Value;

use super::Finding;
use crate::emit::facts::{METHODS, list, object, resolve, text};

const RENAME: &str = "give it an x-jsm-name in ergonomics.yaml";
const MEND: &str = "mend it in corrections.yaml";

/// The types of the module by their Rust names: where each stands and what it is.
type Types<'a> = BTreeMap<String, (String, &'a Value)>;

pub(super) fn check(document: &Value, found: &mut Vec<Finding>) {
    let mut types = Types::new();
    let schemas =
        || document.get("components").into_iter().flat_map(|components| object(components, "schemas"));
    for (name, schema) in schemas() {
        let rust = name.to_pascal_case();
        if syn::parse_str::<syn::Ident>(&rust).is_err() {
            found.push(Finding::new(name, "no Rust name can be made of its name", RENAME));
        }
        if let Some((first, _)) = types.insert(rust.clone(), (name.clone(), schema)) {
            found.push(Finding::new(name, format!("its Rust name {rust} is that of {first} too"), RENAME));
        }
    }
    for (name, schema) in schemas() {
        inside(schema, &name.to_pascal_case(), name, &mut types, found);
    }
    for (path, item) in object(document, "paths") {
        for method in METHODS {
            let Some(operation) = item.get(method).filter(|operation| operation.is_object()) else {
                continue;
            };
            let place = format!("{} {path}", method.to_uppercase());
            let name = text(operation, "x-jsm-name").to_pascal_case();
            for parameter in list(operation, "parameters").chain(list(item, "parameters")) {
                let parameter = resolve(document, parameter);
                let own = format!("{name}{}", text(parameter, "name").to_pascal_case());
                parameter
                    .get("schema")
                    .into_iter()
                    .for_each(|s| nameless(s, &own, &place, &mut types, found));
            }
            let body = operation.get("requestBody").map(|body| resolve(document, body));
            for (_, media) in body.into_iter().flat_map(|body| object(body, "content")) {
                let own = format!("{name}Body");
                media.get("schema").into_iter().for_each(|s| nameless(s, &own, &place, &mut types, found));
            }
            let answers = object(operation, "responses").filter(|(status, _)| status.starts_with('2'));
            for (_, media) in answers.flat_map(|(_, answer)| object(resolve(document, answer), "content")) {
                let own = format!("{name}Response");
                media.get("schema").into_iter().for_each(|s| nameless(s, &own, &place, &mut types, found));
            }
        }
    }
    super::each_schema(document, &mut |place, schema| {
        let mut fields: BTreeMap<String, &String> = BTreeMap::new();
        for (name, _) in object(schema, "properties") {
            let ident = crate::emit::plain(name);
            if ident.is_empty() {
                found.push(Finding::new(
                    place,
                    format!("no Rust name can be made of its property {name:?}"),
                    MEND,
                ));
            } else if let Some(first) = fields.insert(ident, name) {
                let problem = format!("its properties {first} and {name} have one Rust name");
                found.push(Finding::new(place, problem, MEND));
            }
        }
    });
}

/// Looks at a schema that gets the given name if it needs a type.
fn nameless<'a>(schema: &'a Value, name: &str, place: &str, types: &mut Types<'a>, found: &mut Vec<Finding>) {
    let needs_a_type = list(schema, "enum").next().is_some()
        || object(schema, "properties").next().is_some()
        || list(schema, "oneOf").chain(list(schema, "anyOf")).chain(list(schema, "allOf")).nth(1).is_some();
    if needs_a_type {
        let (first, other) = types.entry(name.to_owned()).or_insert_with(|| (place.to_owned(), schema));
        // One and the same schema in two places may well be one type.
        if *other != schema {
            let problem = format!("its Rust name would be {name}, which is that of {first} too");
            found.push(Finding::new(place, problem, "make it a schema of its own in generator.yaml"));
        }
    }
    inside(schema, name, place, types, found);
}

/// Looks at the schemas that stand inside one of the given name.
fn inside<'a>(schema: &'a Value, name: &str, place: &str, types: &mut Types<'a>, found: &mut Vec<Finding>) {
    for (property, inner) in object(schema, "properties") {
        let own = format!("{name}{}", property.to_pascal_case());
        nameless(inner, &own, &format!("{place}.{property}"), types, found);
    }
    for (key, ending) in [("items", "Item"), ("additionalProperties", "Value")] {
        if let Some(inner) = schema.get(key) {
            nameless(inner, &format!("{name}{ending}"), place, types, found);
        }
    }
}
