//! Rules for parameters: where they are, how they are written, what they are called.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Finding;
use crate::emit::facts::{list, parameters, resolve, text};

pub(super) fn check(
    document: &Value,
    path: &str,
    item: &Value,
    operation: &Value,
    place: &str,
    found: &mut Vec<Finding>,
) {
    const MEND: &str = "mend it in corrections.yaml";
    let mut idents: BTreeMap<String, String> = BTreeMap::new();
    for raw in list(operation, "parameters").chain(list(item, "parameters")) {
        let parameter = resolve(document, raw);
        let name = text(parameter, "name");
        let style = text(parameter, "style");
        let kind = text(parameter, "in");
        let problem = match (kind.as_str(), style.as_str()) {
            ("path", "" | "simple") | ("header", "" | "simple") | ("query", "" | "form") => None,
            ("cookie", _) => Some("stands in a cookie, which the generator does not send".to_owned()),
            ("path" | "header" | "query", style) => {
                Some(format!("has the style {style}, which the generator does not write"))
            }
            (other, _) => Some(format!("stands in {other:?}, where no parameter can")),
        };
        if let Some(problem) = problem {
            found.push(Finding::new(place, format!("the parameter {name} {problem}"), MEND));
        }
        if let Some(problem) = unwritten(document, parameter, &kind) {
            let remedy =
                "make it a text, a number or a list of them in corrections.yaml, as the server reads it";
            found.push(Finding::new(place, format!("the parameter {name} {problem}"), remedy));
        }
        if parameter.get("schema").is_none_or(|schema| !schema.is_object()) {
            found.push(Finding::new(place, format!("the parameter {name} has no schema"), MEND));
        }
        let own = ["accept", "authorization", "content-type"].contains(&name.to_lowercase().as_str());
        if kind == "header" && own {
            let problem = format!("the parameter {name} is a header that clients set themselves");
            found.push(Finding::new(place, problem, "remove it in corrections.yaml"));
        }
        if name == "body" && operation.get("requestBody").is_some() {
            let problem = "the parameter body has the name of the operation's body";
            found.push(Finding::new(place, problem, "remove one of them in generator.yaml"));
        }
        if kind == "path" && parameter.get("required") != Some(&Value::Bool(true)) {
            found.push(Finding::new(place, format!("the path parameter {name} is not required"), MEND));
        }
        if kind == "path" && !path.contains(&format!("{{{name}}}")) {
            found.push(Finding::new(place, format!("the path parameter {name} is not in the path"), MEND));
        }
    }
    for parameter in parameters(document, item, operation) {
        let ident = crate::emit::plain(&parameter.name);
        if ident.is_empty() {
            found.push(Finding::new(
                place,
                format!("no Rust name can be made of {:?}", parameter.name),
                MEND,
            ));
        } else if let Some(first) = idents.insert(ident, parameter.name.clone()) {
            let problem = format!("the parameters {first} and {} have one Rust name", parameter.name);
            found.push(Finding::new(place, problem, MEND));
        }
    }
    for name in path.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
        let known = parameters(document, item, operation);
        if !known.iter().any(|parameter| parameter.place == "path" && parameter.name == name) {
            found.push(Finding::new(place, format!("the path's {name} is no parameter"), MEND));
        }
    }
}

/// What keeps the value of a parameter from being written: only a query takes lists, and nothing takes objects.
///
/// A list is repeated, or joined with commas where `explode` is false.
fn unwritten(document: &Value, parameter: &Value, place: &str) -> Option<String> {
    let schema = resolve(document, parameter.get("schema")?);
    let is_object = |schema: &Value| {
        text(schema, "type") == "object"
            || ["properties", "additionalProperties"].iter().any(|key| schema.get(key).is_some())
    };
    let is_list = |schema: &Value| text(schema, "type") == "array";
    let items = schema.get("items").map(|items| resolve(document, items));
    match items {
        _ if is_object(schema) => {
            Some("is an object, which the generator writes into bodies alone".to_owned())
        }
        Some(items) if is_list(items) || is_object(items) => {
            Some("is a list of lists or objects, which the generator writes into bodies alone".to_owned())
        }
        _ if is_list(schema) && place != "query" => {
            Some(format!("is a list in a {place}, which the generator does not write"))
        }
        _ => None,
    }
}
