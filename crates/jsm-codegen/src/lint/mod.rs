//! What keeps a document from being generated, told before the generator meets it.
//!
//! Every finding names the place and the remedy. The rules stand in rooms by what they look at; whether an overlay
//! still fits is `overlay`'s to tell.

mod names;
mod operations;
mod parameters;
mod schemas;
mod structure;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::{Value, json};

use crate::emit::attempt;
use crate::emit::facts::{METHODS, list, object, resolve, text};

/// One thing to mend.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The operation (`POST /path`), the schema or the part of the document that is at fault.
    pub place: String,
    /// What is wrong with it.
    pub problem: String,
    /// What to do about it.
    pub remedy: String,
}

impl Finding {
    pub(crate) fn new(
        place: impl Into<String>,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { place: place.into(), problem: problem.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.place, self.problem, self.remedy)
    }
}

/// Everything in the effective document that stands in the generator's way, in the order of its places.
pub fn lint(document: &Value) -> Vec<Finding> {
    let mut found = Vec::new();
    let version = document.get("openapi").and_then(Value::as_str).unwrap_or_default();
    if !version.starts_with("3.0.") {
        found.push(Finding::new(
            "openapi",
            format!("version {version:?} is not 3.0"),
            "pin a document of OpenAPI 3.0",
        ));
    }
    if object(document, "paths").next().is_none() {
        found.push(Finding::new("paths", "there is no operation", "pin a document that has some"));
    }
    references(document, document, "", &mut found);
    operations::check(document, &mut found);
    schemas::check(document, &mut found);
    names::check(document, &mut found);
    // The rules above say it better than those that follow.
    if found.is_empty() {
        structure::check(document, &mut found);
    }
    if found.is_empty() {
        found.extend(unforeseen(document));
    }
    found.sort();
    found.dedup();
    found
}

/// What no rule tells: the generator is asked, and if it gives up, each operation is tried alone to name the place.
fn unforeseen(document: &Value) -> Option<Finding> {
    let why = gives_up(document)?;
    let mut alone = object(document, "paths").flat_map(|(path, item)| {
        METHODS.into_iter().filter_map(move |method| Some((path, method, item, item.get(method)?)))
    });
    let one = alone.find_map(|(path, method, item, operation)| {
        let mut small = document.clone();
        let parameters = item.get("parameters").cloned().unwrap_or_else(|| json!([]));
        small["paths"] = json!({ path: { method: operation, "parameters": parameters } });
        crate::effective::prune(&mut small);
        Some((format!("{} {path}", method.to_uppercase()), gives_up(&small)?))
    });
    let (place, why) = one.unwrap_or_else(|| ("the document".to_owned(), why));
    Some(Finding::new(place, why, "give it a plainer form in generator.yaml"))
}

/// The last words of the generator, if it does not take the document.
fn gives_up(document: &Value) -> Option<String> {
    match catch_unwind(AssertUnwindSafe(|| attempt("api", &document.to_string()))) {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(format!("the generator refuses it ({error})")),
        Err(panic) => {
            let words = panic.downcast_ref::<String>().map(String::as_str);
            let words = words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it panicked");
            let words: Vec<&str> = words.split_whitespace().collect();
            Some(format!("the generator gives up on it ({})", words.join(" ")))
        }
    }
}

/// Visits every schema of the document, those inside others too, with the place it stands in.
fn each_schema<'a>(document: &'a Value, visit: &mut dyn FnMut(&str, &'a Value)) {
    for (name, schema) in document.get("components").into_iter().flat_map(|all| object(all, "schemas")) {
        within(schema, name, visit);
    }
    for (path, item) in object(document, "paths") {
        for parameter in list(item, "parameters") {
            of_parameter(document, parameter, path, visit);
        }
        for method in METHODS {
            let Some(operation) = item.get(method) else { continue };
            let place = format!("{} {path}", method.to_uppercase());
            for parameter in list(operation, "parameters") {
                of_parameter(document, parameter, &place, visit);
            }
            let body = operation.get("requestBody").map(|body| (format!("{place}, body"), body));
            let answers =
                object(operation, "responses").map(|(status, answer)| (format!("{place}, {status}"), answer));
            for (place, holder) in body.into_iter().chain(answers) {
                for (_, media) in object(resolve(document, holder), "content") {
                    media.get("schema").into_iter().for_each(|schema| within(schema, &place, visit));
                }
            }
        }
    }
}

fn of_parameter<'a>(
    document: &'a Value,
    parameter: &'a Value,
    place: &str,
    visit: &mut dyn FnMut(&str, &'a Value),
) {
    let parameter = resolve(document, parameter);
    if let Some(schema) = parameter.get("schema") {
        within(schema, &format!("{place}, {}", text(parameter, "name")), visit);
    }
}

fn within<'a>(schema: &'a Value, place: &str, visit: &mut dyn FnMut(&str, &'a Value)) {
    visit(place, schema);
    for (name, property) in object(schema, "properties") {
        within(property, &format!("{place}.{name}"), visit);
    }
    for key in ["items", "additionalProperties", "not"] {
        if let Some(inside) = schema.get(key).filter(|inside| inside.is_object()) {
            within(inside, place, visit);
        }
    }
    for key in ["allOf", "oneOf", "anyOf"] {
        list(schema, key).for_each(|inside| within(inside, place, visit));
    }
}

/// References that lead nowhere, out of the document, or in a circle.
fn references(document: &Value, node: &Value, pointer: &str, found: &mut Vec<Finding>) {
    match node {
        Value::Object(map) => {
            if let Some(target) = map.get("$ref").and_then(Value::as_str) {
                let problem = match target.strip_prefix('#') {
                    None => Some("leads out of the document"),
                    Some(inside) => match document.pointer(inside) {
                        None => Some("leads nowhere"),
                        Some(_) if in_a_circle(document, target) => Some("leads in a circle"),
                        Some(_) => None,
                    },
                };
                if let Some(problem) = problem {
                    found.push(Finding::new(
                        format!("#{pointer}"),
                        format!("the reference {target} {problem}"),
                        "aim it at a component in corrections.yaml",
                    ));
                }
            }
            for (key, value) in map {
                let key = key.replace('~', "~0").replace('/', "~1");
                references(document, value, &format!("{pointer}/{key}"), found);
            }
        }
        Value::Array(list) => {
            for (at, value) in list.iter().enumerate() {
                references(document, value, &format!("{pointer}/{at}"), found);
            }
        }
        _ => {}
    }
}

/// Whether the target is itself nothing but a reference, and so on without end.
fn in_a_circle(document: &Value, target: &str) -> bool {
    let mut seen = vec![target];
    let mut at = target;
    while let Some(next) = at.strip_prefix('#').and_then(|p| document.pointer(p)?.get("$ref")?.as_str()) {
        if seen.contains(&next) {
            return true;
        }
        seen.push(next);
        at = next;
    }
    false
}
