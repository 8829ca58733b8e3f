//! Rules for operations: names, bodies, responses, and the annotations that a program relies on.

use std::collections::BTreeMap;

use super::{pagination, parameters};
use crate::diagnostic::Diagnostic;
use crate::emit::plain;
use crate::model::{Document, JSON, Operation, Pointer};

const ERGONOMICS: &str = "annotate it in ergonomics.yaml";

/// Checks every operation.
pub(super) fn check(document: &Document<'_>, found: &mut Vec<Diagnostic>) {
    let mut ids: BTreeMap<&str, String> = BTreeMap::new();
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    // What a reference leads to is checked where it is.
    let here =
        |operation: &&Operation<'_>| operation.at == Pointer::of(["paths", operation.path, operation.method]);
    for operation in document.operations.iter().filter(here) {
        let place = operation.place();
        let mut report =
            |problem: String, fix: &str| found.push(Diagnostic::new(place.as_str(), problem, fix));
        if operation.method == "trace" {
            report("no client can send TRACE".to_owned(), "remove it in corrections.yaml");
        }
        // It is optional: bindings are named by x-jsm-name.
        if let Some(id) = operation.id.map(str::trim).filter(|id| !id.is_empty())
            && let Some(first) = ids.insert(id, place.clone())
        {
            let problem = format!("its operationId {id} is that of {first} too");
            report(problem, "give it another in corrections.yaml");
        }
        let name = operation.name();
        // progenitor's methods have the name in small letters.
        if let Some(first) = names.insert(plain(&name), place.clone()) {
            let problem = format!("its name {name} is that of {first} too");
            report(problem, "give it another x-jsm-name in ergonomics.yaml");
        }
        annotations(operation, &name, &mut report);
        body(operation, &mut report);
        responses(operation, &mut report);
        parameters::check(document, operation, found);
        pagination::check(document, operation, found);
    }
}

fn annotations(operation: &Operation<'_>, name: &str, report: &mut dyn FnMut(String, &str)) {
    let is_ident = |name: &str| syn::parse_str::<syn::Ident>(name).is_ok();
    match operation.annotations.name {
        None | Some("") => report("it has no x-jsm-name".to_owned(), ERGONOMICS),
        Some(_) if is_ident(name) => {}
        Some(_) => report(format!("its x-jsm-name {name:?} is not a Rust name"), ERGONOMICS),
    }
    match operation.annotations.group {
        None | Some("") => report("it has no x-jsm-group".to_owned(), ERGONOMICS),
        Some(group) if is_ident(group) && !["types", "id", "bindings"].contains(&group) => {}
        Some(group) => report(format!("its x-jsm-group {group:?} cannot be a module"), ERGONOMICS),
    }
    if operation.method == "post" && operation.annotations.idempotent.is_none() {
        let problem = "nothing says whether it is idempotent".to_owned();
        report(problem, "set x-jsm-idempotent in ergonomics.yaml");
    }
    if operation.description.is_empty() {
        report("it has no description".to_owned(), "write one in docs.yaml");
    }
}

fn body(operation: &Operation<'_>, report: &mut dyn FnMut(String, &str)) {
    let Some(body) = &operation.body else { return };
    match body.content.as_slice() {
        [media] if media.name == JSON => {
            if media.schema.is_none() {
                let fix = "give it one in corrections.yaml, {} for any JSON";
                report("the body has no schema".to_owned(), fix);
            }
        }
        [media] if media.name.starts_with("multipart/") => report(
            "the body is a form, which the generator does not write".to_owned(),
            "remove the body in generator.yaml and set x-jsm-multipart to the field of the files",
        ),
        [] => report("the body has no media type".to_owned(), "remove it in corrections.yaml"),
        several => {
            let names: Vec<&str> = several.iter().map(|media| &*media.name).collect();
            let problem = format!("the body is {}, not JSON alone", names.join(" or "));
            report(problem, "leave one application/json in generator.yaml");
        }
    }
}

fn responses(operation: &Operation<'_>, report: &mut dyn FnMut(String, &str)) {
    for (status, response) in &operation.responses {
        if response.description.is_empty() {
            report(format!("the status {status} has no description"), "say what it means in docs.yaml");
        }
        for media in response.content.iter().filter(|media| media.schema.is_none()) {
            report(
                format!("the status {status} has {} without a schema", media.name),
                "give it one, or remove the content, in corrections.yaml",
            );
        }
    }
    let mut typed: BTreeMap<String, &str> = BTreeMap::new();
    for (status, response) in operation.successes() {
        let schema = response.content.iter().rev().find_map(|media| media.schema.as_ref());
        let kind = schema.map_or_else(|| "nothing".to_owned(), |schema| schema.json.to_string());
        typed.insert(kind, status);
    }
    if typed.is_empty() {
        report("no status says that it succeeded".to_owned(), "add one in corrections.yaml");
    }
    if typed.len() > 1 {
        let statuses: Vec<&str> = typed.into_values().collect();
        let problem = format!("the statuses {} have responses of different types", statuses.join(" and "));
        report(problem, "leave content to one of them in generator.yaml");
    }
}
