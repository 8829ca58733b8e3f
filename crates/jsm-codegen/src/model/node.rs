//! Reading one JSON node leniently: what has another type than asked for counts as absent.

use serde_json::Value;

/// The entries of an object inside a node.
pub(crate) fn object<'v>(node: &'v Value, key: &str) -> impl Iterator<Item = (&'v str, &'v Value)> {
    node.get(key).and_then(Value::as_object).into_iter().flatten().map(|(key, value)| (key.as_str(), value))
}

/// The entries of a list inside a node.
pub(crate) fn list<'v>(node: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    node.get(key).and_then(Value::as_array).into_iter().flatten()
}

/// The texts of a list inside a node.
pub(crate) fn texts<'v>(node: &'v Value, key: &str) -> impl Iterator<Item = &'v str> {
    list(node, key).filter_map(Value::as_str)
}

/// A text inside a node, without the spaces around it; empty where there is none.
pub(crate) fn text<'v>(node: &'v Value, key: &str) -> &'v str {
    node.get(key).and_then(Value::as_str).unwrap_or_default().trim()
}

/// Whether a node says that something is so.
pub(crate) fn flag(node: &Value, key: &str) -> bool {
    node.get(key) == Some(&Value::Bool(true))
}
