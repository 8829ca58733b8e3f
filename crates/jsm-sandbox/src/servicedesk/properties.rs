//! Values that programs keep on organizations and request types under keys of their own.
//!
//! Whose properties they are, and who may write them, is decided by the callers.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::call::Call;
use crate::reply::{Outcome, Reply};

const LONGEST_KEY: usize = 255;
const LONGEST_VALUE: usize = 32_768;

pub(super) fn keys(properties: &BTreeMap<String, Value>, call: &Call) -> Outcome {
    let keys: Vec<Value> = properties
        .keys()
        .map(|key| json!({"key": key, "self": format!("{}{}/{key}", call.base, call.api_path)}))
        .collect();
    Ok(Reply::ok(json!({"keys": keys})))
}

pub(super) fn get(properties: &BTreeMap<String, Value>, call: &Call) -> Outcome {
    let key = call.path("propertyKey");
    let value = properties.get(key).ok_or_else(|| Reply::not_found("The property"))?;
    Ok(Reply::ok(json!({"key": key, "value": value})))
}

pub(super) fn set(properties: &mut BTreeMap<String, Value>, call: &Call) -> Outcome {
    let key = call.path("propertyKey");
    if key.chars().count() > LONGEST_KEY {
        return Err(Reply::invalid(format!("The key of a property has at most {LONGEST_KEY} characters.")));
    }
    if call.body.to_string().len() > LONGEST_VALUE {
        return Err(Reply::invalid(format!(
            "The value of a property has at most {LONGEST_VALUE} characters."
        )));
    }
    match properties.insert(key.to_owned(), call.body.clone()) {
        Some(_) => Ok(Reply::empty(200)),
        None => Ok(Reply::empty(201)),
    }
}

pub(super) fn delete(properties: &mut BTreeMap<String, Value>, call: &Call) -> Outcome {
    match properties.remove(call.path("propertyKey")) {
        Some(_) => Ok(Reply::no_content()),
        None => Err(Reply::not_found("The property")),
    }
}
