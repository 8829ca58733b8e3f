//! From a pinned document and its overlays to the effective document.
//!
//! Besides applying the overlays this makes the document plain: what OpenAPI says in two ways is said in one,
//! schemas get the names that their Rust types have, and what no operation reaches is left out. What progenitor
//! cannot take is not hidden here; `lint` reports it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::diagnostic::Diagnostic;
use crate::distil::own_parameters;
use crate::model::{Pointer, SCHEMAS, texts};
use crate::overlay::{self, Overlay};

/// The overlays of an API, in the order in which they apply.
pub const OVERLAYS: [&str; 6] =
    ["corrections.yaml", overlay::ADDITIONS, "generator.yaml", PROPOSED, "ergonomics.yaml", "docs.yaml"];

/// The overlay that `cargo xtask update` proposes, for operations that have no name or no group.
pub const PROPOSED: &str = "proposed.yaml";

/// The annotation with the names that renamed schemas have in the pinned document, by their names in the effective one.
const PINNED_NAMES: &str = "x-jsm-pinned-names";

/// Makes the effective document.
///
/// # Errors
/// Every action that does not fit, and schemas that would have one name.
pub fn effective(pinned: &Value, overlays: &[Overlay]) -> Result<Value, Vec<Diagnostic>> {
    let (document, problems) = attempt(pinned, overlays);
    if problems.is_empty() { Ok(document) } else { Err(problems) }
}

/// Makes as much of the effective document as the overlays allow, beside what does not fit.
///
/// A document that comes with problems is for reports alone, so that one run shows everything there is to fix.
pub fn attempt(pinned: &Value, overlays: &[Overlay]) -> (Value, Vec<Diagnostic>) {
    let mut document = pinned.clone();
    own_parameters(&mut document);
    let mut problems = overlay::apply(&mut document, overlays).err().unwrap_or_default();
    numbers(&mut document);
    plain(&mut document);
    prune(&mut document);
    let names = names(&document);
    match clashes(&names) {
        Ok(()) => rename(&mut document, &names),
        Err(clashes) => problems.extend(clashes),
    }
    if let Some(root) = document.as_object_mut() {
        root.remove("x-jsm-strip-suffixes");
    }
    (document, problems)
}

/// Notes which parameters have to be numbers although their type is an id, of which any text is one.
///
/// An overlay gives such a parameter its id beside the type that the document has for it.
fn numbers(document: &mut Value) {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flatten();
    let operations = paths.flat_map(|(_, item)| item.as_object_mut().into_iter().flatten());
    let parameters = operations.filter_map(|(_, operation)| operation.get_mut("parameters")?.as_array_mut());
    for parameter in parameters.flatten() {
        let is_number =
            |schema: &Value| schema.get("$ref").is_some() && schema.get("type") == Some(&"integer".into());
        let schema = parameter.get("schema");
        if schema.into_iter().chain(schema.and_then(|schema| schema.get("items"))).any(is_number) {
            parameter["x-jsm-number"] = true.into();
        }
    }
}

/// Drops what is beside a `$ref`, which OpenAPI 3.0 ignores, and the `allOf` around a lone `$ref`.
fn plain(node: &mut Value) {
    match node {
        Value::Object(map) => {
            if let Some(Value::Array(all)) = map.get("allOf")
                && let [only] = all.as_slice()
                && only.get("$ref").is_some_and(Value::is_string)
                && map.keys().all(|key| matches!(key.as_str(), "allOf" | "readOnly"))
            {
                *node = only.clone();
                return;
            }
            if let Some(Value::String(_)) = map.get("$ref") {
                map.retain(|key, _| key == "$ref");
            }
            map.values_mut().for_each(plain);
        }
        Value::Array(list) => list.iter_mut().for_each(plain),
        _ => {}
    }
}

/// The Rust name of every schema, by its name in the document.
fn names(document: &Value) -> BTreeMap<String, String> {
    let suffixes: Vec<&str> = texts(document, "x-jsm-strip-suffixes").collect();
    let Some(Value::Object(schemas)) = document.pointer("/components/schemas") else {
        return BTreeMap::new();
    };
    let plain_name = |name: &str| -> String {
        if let Some(own) = schemas.get(name).and_then(|s| s.get("x-jsm-name")).and_then(Value::as_str) {
            return own.to_owned();
        }
        suffixes
            .iter()
            .find_map(|suffix| name.strip_suffix(suffix))
            .filter(|n| !n.is_empty())
            .unwrap_or(name)
            .to_owned()
    };
    schemas
        .iter()
        .map(|(name, schema)| {
            let page = schema.get("x-jsm-page").and_then(Value::as_str);
            let item = page.and_then(|page| {
                let items = schema.get("properties")?.get(page)?.get("items")?;
                items.get("$ref")?.as_str()?.strip_prefix(SCHEMAS)
            });
            let rust = item.map_or_else(|| plain_name(name), |item| format!("PageOf{}", plain_name(item)));
            (name.clone(), rust)
        })
        .collect()
}

fn clashes(names: &BTreeMap<String, String>) -> Result<(), Vec<Diagnostic>> {
    let mut taken: BTreeMap<&str, &str> = BTreeMap::new();
    let mut problems = Vec::new();
    for (name, rust) in names {
        if let Some(first) = taken.insert(rust, name) {
            let problem = format!("schemas {first} and {name} would both be called {rust}");
            problems.push(Diagnostic::new("ergonomics.yaml", problem, "give one an x-jsm-name"));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn rename(document: &mut Value, names: &BTreeMap<String, String>) {
    point(document, names);
    if let Some(Value::Object(schemas)) = document.pointer_mut("/components/schemas") {
        let old = std::mem::take(schemas);
        for (name, mut schema) in old {
            if let Some(schema) = schema.as_object_mut() {
                schema.remove("x-jsm-name");
            }
            schemas.insert(names.get(&name).unwrap_or(&name).clone(), schema);
        }
    }
    // Overlays keep to the names of the pinned document. From what is found in responses, this list leads to them.
    let renamed = names.iter().filter(|(pinned, rust)| pinned != rust);
    let renamed: Map<_, _> = renamed.map(|(pinned, rust)| (rust.clone(), pinned.as_str().into())).collect();
    if let Some(root) = document.as_object_mut().filter(|_| !renamed.is_empty()) {
        root.insert(PINNED_NAMES.to_owned(), renamed.into());
    }
}

fn point(node: &mut Value, names: &BTreeMap<String, String>) {
    match node {
        Value::Object(map) => {
            for (key, value) in map {
                match value {
                    Value::String(target) if key == "$ref" => {
                        if let Some(rust) = target.strip_prefix(SCHEMAS).and_then(|name| names.get(name)) {
                            *target = format!("{SCHEMAS}{rust}");
                        }
                    }
                    value => point(value, names),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|value| point(value, names)),
        _ => {}
    }
}

/// Leaves out the components that no operation reaches.
pub(crate) fn prune(document: &mut Value) {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&Value> = document.get("paths").into_iter().collect();
    while let Some(node) = open.pop() {
        let mut targets = Vec::new();
        references(node, &mut targets);
        for target in targets {
            if reached.insert(target.to_owned()) {
                open.extend(Pointer::from_reference(target).and_then(|target| target.find(document)));
            }
        }
    }
    let Some(Value::Object(components)) = document.get_mut("components") else { return };
    for (section, entries) in components.iter_mut().filter(|(section, _)| *section != "securitySchemes") {
        if let Value::Object(entries) = entries {
            entries.retain(|name, _| {
                reached.contains(&format!("#{}", Pointer::of(["components", section, name])))
            });
        }
    }
    components.retain(|_, entries| entries.as_object().is_none_or(|entries: &Map<_, _>| !entries.is_empty()));
}

fn references<'a>(node: &'a Value, found: &mut Vec<&'a str>) {
    match node {
        Value::Object(map) => {
            found.extend(map.get("$ref").and_then(Value::as_str));
            map.values().for_each(|value| references(value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}
