//! What an update brings and the document has already.
//!
//! Nothing is changed here.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::model::{resolve, template};

/// The first thing that the update adds although it is there: a member, where all of them have to be new (`adds`), or
/// an entry of a list.
pub(super) fn already(document: &Value, node: &Value, update: &Value, adds: bool) -> Option<String> {
    match (node, update) {
        (Value::Object(node), Value::Object(update)) => update.iter().find_map(|(key, value)| {
            let (known, old) = node.get_key_value(key).or_else(|| {
                // A path is the same whatever its parameters are called.
                let braced = key.contains('{').then(|| template(key))?;
                node.iter().find(|(known, _)| adds && template(known) == braced)
            })?;
            match (old, value) {
                (Value::Array(_), Value::Array(_)) => already(document, old, value, adds),
                _ if adds => Some(known.clone()),
                _ => already(document, old, value, adds),
            }
            .map(|inside| if inside == *known { inside } else { format!("{known}: {inside}") })
        }),
        (Value::Array(node), Value::Array(update)) => {
            let known = |entry: &&Value| node.iter().any(|old| alike(document, old, entry));
            update.iter().find(known).map(|entry| name(resolve(document, entry)))
        }
        _ => adds.then(|| node.to_string()),
    }
}

/// The parts of the update that leave the node as it is, as paths below the target.
pub(super) fn idle(node: &Value, update: &Value) -> BTreeSet<String> {
    fn visit(node: &Value, update: &Value, at: &str, found: &mut BTreeSet<String>) {
        match (node, update) {
            (Value::Object(node), Value::Object(update)) if !update.is_empty() => {
                for (key, value) in update {
                    if let Some(old) = node.get(key) {
                        visit(old, value, &format!("{at}.{key}"), found);
                    }
                }
            }
            (Value::Array(_), Value::Array(update)) if !update.is_empty() => {}
            (node, update) if node.is_array() && update.is_array() || node == update => {
                found.insert(at.to_owned());
            }
            (Value::Object(_), Value::Object(_)) => {
                found.insert(at.to_owned());
            }
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    visit(node, update, "@", &mut found);
    found
}

/// Whether two entries of a list are one and the same: equal, or parameters or tags of one name.
fn alike(document: &Value, one: &Value, other: &Value) -> bool {
    let (one, other) = (resolve(document, one), resolve(document, other));
    let name = |entry: &Value| entry.get("name").cloned().map(|name| (name, entry.get("in").cloned()));
    one == other || name(one).is_some_and(|one| name(other) == Some(one))
}

fn name(entry: &Value) -> String {
    entry.get("name").and_then(Value::as_str).map_or_else(|| entry.to_string(), str::to_owned)
}
