//! The request of every operation as it goes on the wire, but for what a client adds: credentials, the opt-in to
//! experimental operations, its own name.
//!
//! A body is shown with what it cannot go without; that it can hold all the rest is checked against the document, so
//! that a property is news in one place, the surface.

use std::collections::{BTreeMap, BTreeSet};

use http_body_util::BodyExt;
use jsm_raw::samples::{Build, Sample};
use jsm_raw::{OperationInfo, RequestBody};
use reqwest::Request;
use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::apis::{self, APIS, Api};

const BASE: &str = "https://acme.example/below";

#[tokio::test]
async fn are_what_the_documents_ask_for() {
    let http = crate::http::client();
    for api in APIS {
        let mut groups: BTreeMap<&str, String> = BTreeMap::new();
        for sample in (api.samples)() {
            let build = |build: Build| build(&http, BASE).expect("a sample has arguments that fit");
            let text = show(sample.info, build(sample.least), build(sample.most)).await;
            groups.entry(sample.info.group).or_default().push_str(&text);
        }
        for (group, text) in groups {
            insta::assert_snapshot!(format!("{}-{group}", api.name), text);
        }
    }
}

#[test]
fn have_no_snapshot_of_what_is_gone() {
    let groups: BTreeSet<String> = APIS
        .iter()
        .flat_map(|api| api.operations.iter().map(|info| format!("{}-{}", api.name, info.group)))
        .collect();
    assert_eq!(apis::left_over("requests", groups.iter()), Vec::<String>::new(), "delete these snapshots");
}

#[test]
fn have_the_method_and_the_path_of_their_facts() {
    let http = crate::http::client();
    for_every(|api, sample| {
        let info = sample.info;
        assert_eq!(info.api, api.name);
        for build in [sample.least, sample.most] {
            let request = build(&http, BASE).unwrap_or_else(|error| panic!("{}: {error}", info.name));
            assert_eq!(request.method().as_str(), info.method, "{}", info.name);
            let filled =
                filled(info, &request).unwrap_or_else(|| panic!("{} asks for {}", info.name, request.url()));
            for (name, value) in filled {
                assert!([name.as_str(), "7"].contains(&value.as_str()), "{}: {name} is {value}", info.name);
            }
        }
    });
}

#[test]
fn carry_no_header_that_nobody_asked_for() {
    let http = crate::http::client();
    for_every(|_, sample| {
        for build in [sample.least, sample.most] {
            let request = build(&http, BASE).expect("the sample is built elsewhere too");
            assert!(!request.headers().contains_key("api-version"), "{}", sample.info.name);
            assert!(!request.headers().contains_key("authorization"), "{}", sample.info.name);
        }
    });
}

#[test]
fn announce_how_long_their_body_is() {
    let http = crate::http::client();
    for_every(|_, sample| {
        for build in [sample.least, sample.most] {
            let request = build(&http, BASE).expect("the sample is built elsewhere too");
            let announced = request.headers().get("content-length").map(|length| length.as_bytes());
            let name = sample.info.name;
            match (request.method().as_str(), request.body()) {
                ("POST" | "PUT" | "PATCH", None) => assert_eq!(announced, Some(&b"0"[..]), "{name}"),
                (method, None) => assert_eq!(announced, None, "{method} {name}"),
                (method, Some(_)) => assert_ne!(method, "GET", "{name} has a body"),
            }
        }
    });
}

#[test]
fn refuse_an_id_that_leads_to_another_endpoint() {
    let http = crate::http::client();
    let mut tried = 0;
    for_every(|_, sample| {
        let placeholders = sample.info.path.matches('{').count();
        assert_eq!(sample.segments.len(), placeholders, "{} {}", sample.info.name, sample.info.path);
        for (parameter, lead) in &sample.segments {
            for astray in ["", ".", "..", "a/b", "/", "..\\a", "a\nb", "\0", "..;", ".;x", "..;a=b", ";x"] {
                let name = sample.info.name;
                let error =
                    lead(astray, &http, BASE).expect_err(&format!("{name} took {astray:?} as {parameter}"));
                assert!(error.to_string().contains(parameter), "{name}: {error}");
                tried += 1;
            }
        }
    });
    assert!(tried > 0, "no operation has a parameter in its path");
}

#[test]
fn keep_any_other_id_within_its_segment() {
    let http = crate::http::client();
    for_every(|_, sample| {
        for (parameter, lead) in &sample.segments {
            for id in [
                "12",
                "HELP-1",
                "projectKey:HELP",
                "qm:1:2",
                "a b",
                "%2e%2e",
                "50%",
                "?x=1",
                "#",
                "...",
                "a;b",
                "..a;",
            ] {
                let info = sample.info;
                let request = match lead(id, &http, BASE) {
                    // Which parameters have to be numbers is tried in `parameters`.
                    Err(error) if error.to_string().contains("must be a number") => continue,
                    built => built.unwrap_or_else(|error| panic!("{}: {error}", info.name)),
                };
                let filled =
                    filled(info, &request).unwrap_or_else(|| panic!("{}: {}", info.name, request.url()));
                assert_eq!(filled[*parameter], id, "{}: {}", info.name, request.url());
                assert!(!request.url().path().contains(';'), "{}: {}", info.name, request.url());
                assert_eq!(request.url().fragment(), None, "{}: {}", info.name, request.url());
            }
        }
    });
}

#[test]
fn can_hold_every_property_of_their_bodies() {
    let http = crate::http::client();
    for api in APIS {
        let document = api.value();
        for sample in (api.samples)() {
            let Some(schema) = body_schema(&document, sample.info) else { continue };
            for (build, full) in [(sample.least, false), (sample.most, true)] {
                let request = build(&http, BASE).expect("the sample is built elsewhere too");
                let body =
                    json_body(&request).unwrap_or_else(|| panic!("{} sends no JSON", sample.info.name));
                fits(&document, schema, &body, full, sample.info.name);
            }
        }
    }
}

fn for_every(mut check: impl FnMut(&Api, &Sample)) {
    for api in APIS {
        for sample in (api.samples)() {
            check(&api, &sample);
        }
    }
}

/// What a request has in place of the placeholders of its operation's path; `None` if it is another path.
fn filled(info: &OperationInfo, request: &Request) -> Option<BTreeMap<String, String>> {
    let path = request.url().as_str().strip_prefix(BASE)?.split(['?', '#']).next()?.to_owned();
    let (wanted, found): (Vec<&str>, Vec<&str>) = (info.path.split('/').collect(), path.split('/').collect());
    let mut values = BTreeMap::new();
    for (wanted, found) in wanted.iter().zip(&found) {
        match wanted.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) => drop(values.insert(name.to_owned(), unescaped(found))),
            None if wanted == found => {}
            None => return None,
        }
    }
    (wanted.len() == found.len()).then_some(values)
}

fn unescaped(segment: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = segment.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped = (first == b'%').then(|| after.get(..2)).flatten();
        let byte = escaped.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        rest = if byte.is_some() { &after[2..] } else { after };
        bytes.push(byte.unwrap_or(first));
    }
    String::from_utf8(bytes).expect("paths are UTF-8")
}

/// What an operation sends: its request lines with the least and the most, its headers, the least body.
async fn show(info: &OperationInfo, least: Request, most: Request) -> String {
    let mut lines = vec![line(&least), line(&most), headers(&least), headers(&most)];
    lines.dedup();
    lines.extend(body(info, least).await);
    let lines: String =
        lines.iter().filter(|line| !line.is_empty()).map(|line| format!("  {line}\n")).collect();
    format!("{}\n{lines}", info.name)
}

fn line(request: &Request) -> String {
    let url = request.url().as_str().strip_prefix(BASE).expect("requests go below their base");
    format!("{} {url}", request.method())
}

fn headers(request: &Request) -> String {
    let mut headers: Vec<String> = request
        .headers()
        .iter()
        .map(|(name, value)| format!("{name}: {}", value.to_str().expect("sample headers are ASCII")))
        .collect();
    headers.sort();
    let boundary = boundary(request.headers()).unwrap_or("no form");
    headers.join(", ").replace(boundary, "[boundary]")
}

async fn body(info: &OperationInfo, mut request: Request) -> Vec<String> {
    let boundary = boundary(request.headers()).unwrap_or_default().to_owned();
    match info.body {
        RequestBody::Json => json_body(&request).iter().map(Value::to_string).collect(),
        RequestBody::Multipart(_) => {
            let form = request.body_mut().take().expect("an upload has a body").collect().await;
            let form = form.expect("it is in memory").to_bytes();
            let form = String::from_utf8_lossy(&form).replace(&boundary, "[boundary]");
            form.lines().map(|line| format!("| {line}").trim_end().to_owned()).collect()
        }
        _ => {
            assert!(request.body().is_none(), "{} carries a body it does not tell of", info.name);
            Vec::new()
        }
    }
}

fn boundary(headers: &HeaderMap) -> Option<&str> {
    headers.get("content-type")?.to_str().ok()?.split_once("boundary=").map(|(_, boundary)| boundary)
}

fn json_body(request: &Request) -> Option<Value> {
    serde_json::from_slice(request.body()?.as_bytes()?).ok()
}

fn body_schema<'a>(document: &'a Value, info: &OperationInfo) -> Option<&'a Value> {
    let operation = &document["paths"][info.path][info.method.to_lowercase()];
    operation.pointer("/requestBody/content/application~1json/schema")
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str() {
        Some(target) => document.pointer(target.trim_start_matches('#')).expect("the lint has followed it"),
        None => schema,
    }
}

/// Checks that a body has what its schema requires and nothing that it does not know; `full`, that it has all.
fn fits(document: &Value, schema: &Value, body: &Value, full: bool, place: &str) {
    let schema = resolved(document, schema);
    let strings = |key: &str| schema[key].as_array().into_iter().flatten().filter_map(Value::as_str);
    match (schema["type"].as_str(), body) {
        (Some("object"), Value::Object(entries)) => {
            for name in strings("required") {
                assert!(entries.contains_key(name), "{place} goes without {name}");
            }
            let properties = schema["properties"].as_object();
            for (name, value) in entries {
                match properties.and_then(|all| all.get(name)) {
                    // Deep inside, a sample stops: schemas can hold themselves.
                    Some(property) => fits(document, property, value, false, &format!("{place}.{name}")),
                    None => assert!(schema.get("additionalProperties").is_some(), "{place} knows no {name}"),
                }
            }
            for name in properties.into_iter().flatten().map(|(name, _)| name).filter(|_| full) {
                assert!(entries.contains_key(name), "{place} cannot hold {name}");
            }
        }
        (Some("array"), Value::Array(items)) => {
            items.iter().for_each(|item| fits(document, &schema["items"], item, full, &format!("{place}[]")));
        }
        (Some("string"), Value::String(_)) | (Some("boolean"), Value::Bool(_)) => {}
        (Some("integer" | "number"), Value::Number(_)) => {}
        (None, _) => {}
        (Some(kind), other) => panic!("{place}: {other} is no {kind}"),
    }
}
