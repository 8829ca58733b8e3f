//! Rules for parameters: where they are, how they are written, what they are called.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::diagnostic::Diagnostic;
use crate::emit::plain;
use crate::model::{Document, Operation, Parameter, Schema};

const CORRECT: &str = "correct it in corrections.yaml";

/// Checks the parameters of one operation.
pub(super) fn check(document: &Document<'_>, operation: &Operation<'_>, found: &mut Vec<Diagnostic>) {
    let place = operation.place();
    let mut report = |problem: String, fix: &str| found.push(Diagnostic::new(&place, problem, fix));
    for parameter in &operation.parameters {
        let name = parameter.name;
        if let Some(problem) = unsupported(parameter) {
            report(format!("the parameter {name} {problem}"), CORRECT);
        }
        if let Some(problem) = unwritable(document, parameter) {
            let fix =
                "make it a text, a number or a list of them in corrections.yaml, as the server reads it";
            report(format!("the parameter {name} {problem}"), fix);
        }
        if parameter.schema.is_none() {
            report(format!("the parameter {name} has no schema"), CORRECT);
        }
        let own = ["accept", "authorization", "content-type"].contains(&name.to_lowercase().as_str());
        if parameter.location == "header" && own {
            let problem = format!("the parameter {name} is a header that clients set themselves");
            report(problem, "remove it in corrections.yaml");
        }
        if name == "body" && operation.body.is_some() {
            let problem = "the parameter body has the name of the operation's body".to_owned();
            report(problem, "remove one of them in generator.yaml");
        }
        if parameter.location == "path" && !parameter.required {
            report(format!("the path parameter {name} is not required"), CORRECT);
        }
        if parameter.location == "path" && !operation.path.contains(&format!("{{{name}}}")) {
            report(format!("the path parameter {name} is not in the path"), CORRECT);
        }
    }
    let mut idents: BTreeMap<String, &str> = BTreeMap::new();
    for Parameter { name, .. } in &operation.parameters {
        let ident = plain(name);
        if ident.is_empty() {
            report(format!("no Rust name can be made of {name:?}"), CORRECT);
        } else if let Some(first) = idents.insert(ident, name) {
            report(format!("the parameters {first} and {name} have one Rust name"), CORRECT);
        }
    }
    for name in operation.path.split('{').skip(1).filter_map(|rest| rest.split('}').next()) {
        if operation.parameter("path", name).is_none() {
            report(format!("the path's {name} is no parameter"), CORRECT);
        }
    }
}

/// What is wrong with a parameter's location or style.
fn unsupported(parameter: &Parameter<'_>) -> Option<String> {
    let style = parameter.style.and_then(Value::as_str).unwrap_or_default();
    match (parameter.location, style) {
        ("path" | "header", "" | "simple") | ("query", "" | "form") => None,
        ("cookie", _) => Some("is in a cookie, which the generator does not send".to_owned()),
        ("path" | "header" | "query", style) => {
            Some(format!("has the style {style}, which the generator does not write"))
        }
        (other, _) => Some(format!("is in {other:?}, where no parameter can be")),
    }
}

/// What keeps the value of a parameter from being written: only a query takes lists, and nothing takes objects.
///
/// A list is repeated, or joined with commas where `explode` is false.
fn unwritable(document: &Document<'_>, parameter: &Parameter<'_>) -> Option<String> {
    let schema = document.resolve(parameter.schema.as_ref()?);
    let is_object = |schema: &Schema<'_>| {
        let keys = ["properties", "additionalProperties"];
        schema.kind() == "object" || keys.iter().any(|key| schema.json.get(key).is_some())
    };
    let is_list = |schema: &Schema<'_>| schema.kind() == "array";
    match schema.items.as_deref().map(|items| document.resolve(items)) {
        _ if is_object(schema) => {
            Some("is an object, which the generator writes into bodies alone".to_owned())
        }
        Some(items) if is_list(items) || is_object(items) => {
            Some("is a list of lists or objects, which the generator writes into bodies alone".to_owned())
        }
        _ if is_list(schema) && parameter.location != "query" => {
            Some(format!("is a list in a {}, which the generator does not write", parameter.location))
        }
        _ => None,
    }
}
