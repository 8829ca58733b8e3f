//! Parts of a document that do not have the shape of OpenAPI 3.0 at all, so that the place can be named.
//!
//! What a well-formed part says is checked by the other modules. The types are those that progenitor reads.

use openapiv3::{Components, Info, Operation, Parameter, ReferenceOr, Schema};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::diagnostic::Diagnostic;
use crate::model::{Document, METHODS, is_openapi_3, object, place, text};

/// Reports another version of OpenAPI, and a document without operations.
pub(super) fn version(document: &Document<'_>, found: &mut Vec<Diagnostic>) {
    let version = text(document.json, "openapi");
    if !is_openapi_3(version) {
        let problem = format!("version {version:?} is not 3.0");
        found.push(Diagnostic::new("openapi", problem, "pin a document of OpenAPI 3.0"));
    }
    if object(document.json, "paths").next().is_none() {
        found.push(Diagnostic::new("paths", "there is no operation", "pin a document that has operations"));
    }
}

/// Reports every part of another shape.
pub(super) fn check(document: &Document<'_>, found: &mut Vec<Diagnostic>) {
    let document = document.json;
    shape::<Info>("info", document.get("info").unwrap_or(&Value::Null), found);
    for (path, item) in object(document, "paths") {
        if !item.is_object() {
            report(path, "an object has to be here", found);
        }
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                shape::<Operation>(&place(method, path), operation, found);
            }
        }
        if let Some(parameters) = item.get("parameters") {
            shape::<Vec<ReferenceOr<Parameter>>>(path, parameters, found);
        }
    }
    let Some(components) = document.get("components") else { return };
    let mut others = components.clone();
    if let Some(others) = others.as_object_mut() {
        others.remove("schemas");
    }
    shape::<Components>("components", &others, found);
    for (name, schema) in object(components, "schemas") {
        shape::<ReferenceOr<Schema>>(name, schema, found);
    }
}

fn shape<T: DeserializeOwned>(place: &str, part: &Value, found: &mut Vec<Diagnostic>) {
    if let Err(error) = serde_json::from_value::<T>(part.clone()) {
        report(place, &error.to_string(), found);
    }
}

fn report(place: &str, why: &str, found: &mut Vec<Diagnostic>) {
    let problem = format!("it does not have the shape of OpenAPI ({why})");
    found.push(Diagnostic::new(place, problem, "correct it in corrections.yaml"));
}
