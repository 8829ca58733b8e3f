//! What is not of OpenAPI's shape at all, part by part, so that the place can be named.
//!
//! What a well-formed part says is for the other rooms to judge.

use openapiv3::{Components, Info, Operation, Parameter, ReferenceOr, Schema};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Finding;
use crate::emit::facts::{METHODS, object};

pub(super) fn check(document: &Value, found: &mut Vec<Finding>) {
    let none = Value::Null;
    shape::<Info>("info", document.get("info").unwrap_or(&none), found);
    for (path, item) in object(document, "paths") {
        if !item.is_object() {
            tell(path, "an object has to stand here", found);
        }
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                shape::<Operation>(&format!("{} {path}", method.to_uppercase()), operation, found);
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

fn shape<T: DeserializeOwned>(place: &str, part: &Value, found: &mut Vec<Finding>) {
    if let Err(error) = serde_json::from_value::<T>(part.clone()) {
        tell(place, &error.to_string(), found);
    }
}

fn tell(place: &str, why: &str, found: &mut Vec<Finding>) {
    found.push(Finding::new(
        place,
        format!("it has not the shape of OpenAPI ({why})"),
        "mend it in corrections.yaml",
    ));
}
