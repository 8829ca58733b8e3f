//! The order of lists whose order has no meaning.

use serde_json::Value;

use crate::document::canonical;

/// Sorts by the given keys; the canonical text settles what they leave equal.
pub(super) fn sort(items: &mut [Value], keys: [&str; 3]) {
    items.sort_by_cached_key(|item| (keys.map(|key| item.get(key).map(Value::to_string)), canonical(item)));
}
