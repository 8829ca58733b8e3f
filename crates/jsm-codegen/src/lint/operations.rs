//! Rules for operations: names, bodies, answers, and the annotations that a program relies on.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Finding;
use crate::emit::facts::{Facts, METHODS, facts, object, resolve, text};

const ERGONOMICS: &str = "annotate it in ergonomics.yaml";

pub(super) fn check(document: &Value, found: &mut Vec<Finding>) {
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for (path, item) in object(document, "paths") {
        if item.get("$ref").is_some() {
            found.push(Finding::new(path, "the path is a reference", "write it out in corrections.yaml"));
        }
        for method in METHODS {
            let Some(operation) = item.get(method).filter(|operation| operation.is_object()) else {
                continue;
            };
            let place = format!("{} {path}", method.to_uppercase());
            if method == "trace" {
                found.push(Finding::new(&place, "no client can send TRACE", "remove it in corrections.yaml"));
            }
            let id = text(operation, "operationId");
            // It is optional: bindings are named by x-jsm-name.
            if !id.is_empty()
                && let Some(first) = ids.insert(id.clone(), place.clone())
            {
                let problem = format!("its operationId {id} is that of {first} too");
                found.push(Finding::new(&place, problem, "give it another in corrections.yaml"));
            }
            super::parameters::check(document, path, item, operation, &place, found);
            body_rules(document, operation, &place, found);
            response_rules(document, operation, &place, found);
        }
    }
    for facts in facts(document) {
        let place = format!("{} {}", facts.method, facts.path);
        // progenitor's methods bear the name in small letters.
        if let Some(first) = names.insert(crate::emit::plain(&facts.name), place.clone()) {
            let problem = format!("its name {} is that of {first} too", facts.name);
            found.push(Finding::new(&place, problem, "give it another x-jsm-name in ergonomics.yaml"));
        }
        annotation_rules(document, &facts, &place, found);
    }
}

fn body_rules(document: &Value, operation: &Value, place: &str, found: &mut Vec<Finding>) {
    let Some(body) = operation.get("requestBody").map(|body| resolve(document, body)) else { return };
    let kinds: Vec<&String> = object(body, "content").map(|(kind, _)| kind).collect();
    match kinds.as_slice() {
        [kind] if *kind == "application/json" => {
            if body.pointer("/content").and_then(|c| c.get(kind.as_str())?.get("schema")).is_none() {
                let remedy = "give it one in corrections.yaml, {} for any JSON";
                found.push(Finding::new(place, "the body has no schema", remedy));
            }
        }
        [kind] if kind.starts_with("multipart/") => found.push(Finding::new(
            place,
            "the body is a form, which the generator does not write",
            "remove the body in generator.yaml and set x-jsm-multipart to the field of the files",
        )),
        [] => found.push(Finding::new(place, "the body has no media type", "remove it in corrections.yaml")),
        kinds => {
            let kinds: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
            let problem = format!("the body is {}, not JSON alone", kinds.join(" or "));
            found.push(Finding::new(place, problem, "leave one application/json in generator.yaml"));
        }
    }
}

fn response_rules(document: &Value, operation: &Value, place: &str, found: &mut Vec<Finding>) {
    let mut typed: BTreeMap<String, String> = BTreeMap::new();
    let mut succeeds = false;
    for (status, response) in object(operation, "responses") {
        let response = resolve(document, response);
        let success = status.starts_with('2');
        succeeds |= success;
        if text(response, "description").is_empty() {
            let problem = format!("the status {status} has no description");
            found.push(Finding::new(place, problem, "tell what it means in docs.yaml"));
        }
        let mut kind = "nothing".to_owned();
        for (media, content) in object(response, "content") {
            match content.get("schema") {
                Some(schema) => kind = schema.to_string(),
                None => found.push(Finding::new(
                    place,
                    format!("the status {status} has {media} without a schema"),
                    "give it one, or remove the content, in corrections.yaml",
                )),
            }
        }
        if success {
            typed.insert(kind, status.clone());
        }
    }
    if !succeeds {
        found.push(Finding::new(place, "no status says that it succeeded", "add one in corrections.yaml"));
    }
    if typed.len() > 1 {
        let statuses: Vec<&str> = typed.values().map(String::as_str).collect();
        let problem = format!("the statuses {} answer with different types", statuses.join(" and "));
        found.push(Finding::new(place, problem, "leave content to one of them in generator.yaml"));
    }
}

fn annotation_rules(document: &Value, facts: &Facts, place: &str, found: &mut Vec<Finding>) {
    let operation = document
        .get("paths")
        .and_then(|paths| paths.get(&facts.path)?.get(facts.method.to_lowercase()))
        .unwrap_or(&Value::Null);
    let has = |key: &str| operation.get(key).is_some();
    if text(operation, "x-jsm-name").is_empty() {
        found.push(Finding::new(place, "it has no x-jsm-name", ERGONOMICS));
    } else if syn::parse_str::<syn::Ident>(&facts.name).is_err() {
        let problem = format!("its x-jsm-name {:?} is no Rust name", facts.name);
        found.push(Finding::new(place, problem, ERGONOMICS));
    }
    if text(operation, "x-jsm-group").is_empty() {
        found.push(Finding::new(place, "it has no x-jsm-group", ERGONOMICS));
    } else if syn::parse_str::<syn::Ident>(&facts.group).is_err()
        || ["types", "id", "prelude"].contains(&facts.group.as_str())
    {
        let problem = format!("its x-jsm-group {:?} cannot be a module", facts.group);
        found.push(Finding::new(place, problem, ERGONOMICS));
    }
    if facts.method == "POST" && !has("x-jsm-idempotent") {
        let problem = "nothing says whether it can be sent twice";
        found.push(Finding::new(place, problem, "set x-jsm-idempotent in ergonomics.yaml"));
    }
    if facts.description.is_empty() {
        found.push(Finding::new(place, "it has no description", "write one in docs.yaml"));
    }
    paging_rules(document, facts, operation, place, found);
}

fn paging_rules(document: &Value, facts: &Facts, operation: &Value, place: &str, found: &mut Vec<Finding>) {
    let answer = object(operation, "responses")
        .filter(|(status, _)| status.starts_with('2'))
        .filter_map(|(_, response)| resolve(document, response).pointer("/content/application~1json/schema"))
        .map(|schema| resolve(document, schema))
        .next();
    let queries: Vec<&str> =
        facts.parameters.iter().filter(|p| p.place == "query").map(|p| p.name.as_str()).collect();
    let looks_paged = answer.is_some_and(|schema| schema.get("x-jsm-page").is_some())
        || queries.iter().any(|name| matches!(*name, "start" | "startAt" | "cursor" | "page"));
    let Some(pagination) = &facts.pagination else {
        let exempt = operation.get("x-jsm-pagination").and_then(Value::as_str) == Some("none");
        if looks_paged && !exempt {
            let remedy = "set x-jsm-pagination in ergonomics.yaml, to none if it is not";
            found.push(Finding::new(place, "it looks paged and nothing says how", remedy));
        }
        return;
    };
    let needed: &[&str] = match pagination.style.as_str() {
        "offset" => &["start"],
        "number" => &["page"],
        "cursor" | "link-cursor" => &["cursor"],
        other => {
            let problem = format!("its pagination style {other:?} is not known");
            found.push(Finding::new(place, problem, "use offset, number, cursor or link-cursor"));
            return;
        }
    };
    for part in needed.iter().chain(&["limit"]) {
        let named = pagination.name(part);
        let optional = *part == "limit" && named.is_none();
        if !optional && !named.is_some_and(|name| queries.contains(&name)) {
            let problem = format!("its pagination names no query parameter as {part}");
            found.push(Finding::new(place, problem, "mend x-jsm-pagination in ergonomics.yaml"));
        }
    }
    if answer.is_none_or(|schema| schema.get("x-jsm-page").is_none()) {
        let properties = answer.and_then(|schema| schema.get("properties"));
        for part in ["items", "next", "last"] {
            let named = pagination.name(part);
            let needed = part == "items" || part == "next" && pagination.style == "cursor";
            let there = named.is_some_and(|name| properties.is_some_and(|all| all.get(name).is_some()));
            if !there && (needed || named.is_some()) {
                let problem = format!("its pagination names no property of the answer as {part}");
                found.push(Finding::new(place, problem, "mend x-jsm-pagination in ergonomics.yaml"));
            }
        }
    }
}
