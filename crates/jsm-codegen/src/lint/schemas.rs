//! Rules for schemas: what the type generator cannot express, or expresses otherwise than it was meant.
//!
//! Names that are one and the same in Rust are reported by `names`.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use heck::ToPascalCase;
use serde_json::Value;

use crate::diagnostic::Diagnostic;
use crate::model::{Additional, Document, Id, Schema};

const CORRECT: &str = "correct it in corrections.yaml";
const OPEN: &str = "put any JSON ({}) in its place in generator.yaml";

/// Checks every schema.
pub(super) fn check(document: &Document<'_>, found: &mut Vec<Diagnostic>) {
    document.each_schema(&mut |schema| {
        let mut report = |problem: String, fix: &str| {
            found.push(Diagnostic::new(schema.place.as_str(), problem, fix));
        };
        rules(document, schema, &mut report);
        values(document, schema, &mut report);
    });
    for (name, schema) in &document.schemas {
        let mut report = |problem: String, fix: &str| found.push(Diagnostic::new(*name, problem, fix));
        if let Some(page) = schema.annotations.page
            && schema.page_item().is_none()
        {
            let problem = format!("its x-jsm-page {page:?} names no list of a schema's items");
            report(problem, "remove x-jsm-page in ergonomics.yaml");
        }
        if schema.annotations.same_id.is_some() && schema.annotations.id != Some(Id::Own) {
            let fix = "remove x-jsm-same-id, or set x-jsm-id: true, in ergonomics.yaml";
            report("its x-jsm-same-id is on what is no id".to_owned(), fix);
        }
        if schema.nullable {
            let fix = "remove nullable in corrections.yaml; what refers to it is optional anyway";
            report("it may be null as a whole, which takes a type around it".to_owned(), fix);
        }
        if merges_itself(document, schema) {
            let fix = "put any JSON ({}) in place of the allOf in generator.yaml";
            report("an allOf inside it leads back to it".to_owned(), fix);
        }
        if requires_itself(document, schema) {
            let fix = "require less in corrections.yaml";
            report("it requires itself, so that no value of it ever ends".to_owned(), fix);
        }
    }
}

fn rules(document: &Document<'_>, schema: &Schema<'_>, report: &mut dyn FnMut(String, &str)) {
    let listed =
        [("required", &schema.required), ("x-jsm-always-present", &schema.annotations.always_present)];
    for (list, names) in listed {
        for name in names.iter().filter(|name| !schema.properties.contains_key(*name)) {
            if !schema.properties.is_empty() {
                report(format!("{list} names {name}, which is no property of it"), CORRECT);
            }
        }
    }
    if matches!(schema.additional, Additional::Forbidden) {
        let fix = "remove additionalProperties in corrections.yaml";
        report("it forbids unknown fields, which servers send all the same".to_owned(), fix);
    }
    if schema.json.get("not").is_some() {
        report("it says what it is not, which no Rust type can".to_owned(), CORRECT);
    }
    if schema.json.get("type").is_some_and(Value::is_array) {
        let problem = format!("it has {} types at once", schema.types.len());
        report(problem, "leave one, or none for any JSON, in corrections.yaml");
    } else if let Some(kind) = schema.types.first() {
        if !["array", "boolean", "integer", "number", "object", "string"].contains(&&**kind) {
            report(format!("{kind:?} is no type of OpenAPI"), CORRECT);
        }
        if kind == "array" && schema.items.is_none() {
            let fix = "give it items in corrections.yaml, {} for any JSON";
            report("it is an array of nothing known".to_owned(), fix);
        }
    }
    for (key, parts) in [("allOf", &schema.all_of), ("oneOf", &schema.one_of), ("anyOf", &schema.any_of)] {
        if parts.as_ref().is_some_and(Vec::is_empty) {
            report(format!("its {key} has no part"), "remove it in corrections.yaml");
        }
    }
    let parts = schema.all_of.iter().flatten().map(|part| document.resolve(part).kind());
    let kinds: BTreeSet<&str> = parts.filter(|kind| !kind.is_empty()).collect();
    if kinds.len() > 1 {
        let kinds: Vec<&str> = kinds.into_iter().collect();
        report(format!("its allOf asks for {} at once", kinds.join(" and ")), CORRECT);
    }
    if ambiguous(document, schema) {
        let problem =
            "its oneOf has objects that cannot be distinguished, so that the first would be read for all";
        report(problem.to_owned(), OPEN);
    }
}

/// Rules for the values that a schema lists.
fn values(document: &Document<'_>, schema: &Schema<'_>, report: &mut dyn FnMut(String, &str)) {
    const REMOVE: &str = "remove the enum, or one of the two, in corrections.yaml";
    let values = schema.values.unwrap_or_default();
    let kinds: BTreeSet<&str> = values.iter().filter(|value| !value.is_null()).map(kind).collect();
    if kinds.len() > 1 {
        let kinds: Vec<&str> = kinds.into_iter().collect();
        let problem = format!("its enum has values of {}", kinds.join(" and "));
        report(problem, "remove the enum in corrections.yaml");
    }
    let mut variants: BTreeMap<String, &str> = BTreeMap::new();
    for value in values.iter().filter_map(Value::as_str) {
        match variants.insert(value.to_pascal_case(), value) {
            Some(first) if first == value => report(format!("its enum lists {value:?} twice"), REMOVE),
            Some(first) => {
                report(format!("its enum values {first:?} and {value:?} have one Rust name"), REMOVE);
            }
            None => {}
        }
    }
    for value in schema.annotations.enum_docs.keys() {
        if !values.iter().any(|known| known == value) {
            let problem = format!("its x-jsm-enum-docs describes {value:?}, which it does not list");
            report(problem, "remove it in docs.yaml");
        }
    }
    let Some(default) = schema.default else { return };
    let meant = document.resolve(schema);
    let listed = meant.values.is_none_or(|values| values.contains(default));
    let fits = match (meant.kind(), default) {
        ("string", Value::String(_)) | ("boolean", Value::Bool(_)) | ("array", Value::Array(_)) => true,
        ("object", Value::Object(_)) | ("", _) => true,
        ("integer", Value::Number(number)) => !number.is_f64(),
        ("number", Value::Number(_)) => true,
        _ => false,
    };
    if !fits || !listed {
        report(format!("its default {default} is no value of it"), "remove the default in corrections.yaml");
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
fn ambiguous(document: &Document<'_>, schema: &Schema<'_>) -> bool {
    let parts = schema.one_of.iter().flatten();
    let objects: Vec<Object<'_>> = parts.filter_map(|part| Object::of(document, part, 0)).collect();
    objects
        .iter()
        .enumerate()
        .any(|(at, later)| objects[..at].iter().any(|earlier| earlier.required.is_subset(&later.properties)))
}

/// The properties of an object, with those of all that it is put together from.
#[derive(Default)]
struct Object<'s> {
    properties: BTreeSet<&'s str>,
    required: BTreeSet<&'s str>,
}

impl<'s> Object<'s> {
    fn of(document: &'s Document<'_>, schema: &'s Schema<'_>, depth: usize) -> Option<Self> {
        let schema = document.resolve(schema);
        let is_object = schema.kind() == "object" || !schema.properties.is_empty() || schema.all_of.is_some();
        if depth > 16 || !is_object {
            return None;
        }
        let mut all = Self::default();
        all.properties.extend(schema.properties.keys().copied());
        all.required.extend(schema.required.iter().copied());
        let parts = schema.all_of.iter().flatten();
        for part in parts.filter_map(|part| Self::of(document, part, depth + 1)) {
            all.properties.extend(part.properties);
            all.required.extend(part.required);
        }
        Some(all)
    }
}

/// Whether merging an `allOf` inside the schema takes the schema itself, and so on without end.
fn merges_itself(document: &Document<'_>, schema: &Schema<'_>) -> bool {
    leads_back(document, schema, |schema, found| {
        schema.each(&mut |schema| found.extend(schema.all_of.iter().flatten()));
    })
}

/// Whether a value of the schema has to hold another one of it.
fn requires_itself(document: &Document<'_>, schema: &Schema<'_>) -> bool {
    leads_back(document, schema, |schema, found| {
        let properties = schema.properties.iter().filter(|(name, _)| schema.requires(name));
        found.extend(properties.map(|(_, property)| property).chain(schema.all_of.iter().flatten()));
    })
}

/// Whether following the schemas that `next` gives leads back to the first.
fn leads_back<'s, 'a>(
    document: &'s Document<'a>,
    schema: &'s Schema<'a>,
    next: impl Fn(&'s Schema<'a>, &mut Vec<&'s Schema<'a>>),
) -> bool {
    let mut open = Vec::new();
    next(schema, &mut open);
    let mut seen: HashSet<*const Schema<'_>> = HashSet::new();
    while let Some(one) = open.pop() {
        let one = document.resolve(one);
        if std::ptr::eq(one, schema) {
            return true;
        }
        if seen.insert(std::ptr::from_ref(one)) {
            next(one, &mut open);
        }
    }
    false
}
