//! What keeps a document from being generated, told before the generator meets it.
//!
//! Every finding names the place and the remedy. Rules for operations and for schemas are in rooms of their own;
//! whether an overlay still fits is `overlay`'s to tell.

mod operations;
mod schemas;

use std::fmt;

use serde_json::Value;

use crate::generate::facts::object;

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
    found.sort();
    found.dedup();
    found
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
