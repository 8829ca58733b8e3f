//! Entity properties.

use serde_json::{Value, json};

use crate::domain::entities::properties::Properties;
use crate::message::request::Links;

/// The keys of all properties of the thing that a request names.
pub(crate) fn property_keys(properties: &Properties, links: &Links) -> Value {
    let keys: Vec<Value> = properties
        .keys()
        .map(|key| json!({"key": key, "self": format!("{}{}/{key}", links.base, links.api_path)}))
        .collect();
    json!({"keys": keys})
}

pub(crate) fn property(key: &str, value: &Value) -> Value {
    json!({"key": key, "value": value})
}
