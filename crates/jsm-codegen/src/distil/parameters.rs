//! Parameters that a path gives all of its operations.
//!
//! They move into the operations, so that a document which writes one of them at the path says the same, byte for byte,
//! as one which repeats it in every operation, and overlays find it in one place.

use serde_json::Value;

use super::grammar::PARAMETERS;
use super::order::sort;
use crate::model::{METHODS, resolve};

/// Gives every operation the parameters of its path, but for those of which it has its own.
///
/// Doing it again changes nothing. A path that is a reference stays as it is.
pub fn own_parameters(document: &mut Value) {
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    if !paths.into_iter().any(|(_, item)| item.get("parameters").is_some()) {
        return;
    }
    // References are looked up in the document as it was.
    let before = document.clone();
    let known = |one: &Value, other: &Value| {
        let (one, other) = (resolve(&before, one), resolve(&before, other));
        one.get("name") == other.get("name") && one.get("in") == other.get("in")
    };
    let paths = document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flatten();
    for (_, item) in paths {
        let Some(item) = item.as_object_mut().filter(|item| !item.contains_key("$ref")) else { continue };
        let Some(Value::Array(shared)) = item.remove("parameters") else { continue };
        for method in METHODS {
            let Some(Value::Object(operation)) = item.get_mut(method) else { continue };
            let own = operation.entry("parameters").or_insert_with(|| Value::Array(Vec::new()));
            let Value::Array(own) = own else { continue };
            let missing = shared.iter().filter(|shared| !own.iter().any(|own| known(own, shared)));
            let missing: Vec<Value> = missing.cloned().collect();
            own.extend(missing);
            sort(own, PARAMETERS);
            if own.is_empty() {
                operation.remove("parameters");
            }
        }
    }
}
