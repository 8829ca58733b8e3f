//! Every operation of both APIs once, and again without each thing that it requires.

use std::collections::BTreeSet;

use jsm_raw::OperationInfo;
use jsm_sandbox::{Role, Sandbox};
use serde_json::Value;

use crate::client::{TestClient, read};
use crate::steps::{csm, document, operation, operations, samples, servicedesk, upload};

#[tokio::test]
async fn every_operation_responds_as_documented() {
    let sandbox = Sandbox::builder().tick(std::time::Duration::from_secs(5)).start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let samples = samples();
    let mut seen = BTreeSet::new();
    for (name, path, body, status) in servicedesk().into_iter().chain(csm()) {
        let info = operation(name, &path);
        let response = match name {
            "AttachTemporaryFiles" => read(upload(&client, &path)).await.unwrap(),
            _ => client.send(info.method, &path, &body).await,
        };
        assert_eq!(response.status, status, "{name} {path}: {}", response.text);
        let sample = samples.iter().find(|sample| std::ptr::eq(sample.info, info)).unwrap();
        if let Some(reread) = sample.reread.filter(|_| response.text.starts_with(['{', '['])) {
            reread(response.text.as_bytes())
                .unwrap_or_else(|error| panic!("{name}: {error}: {}", response.text));
        }
        seen.insert((info.api, info.name));
    }
    assert_eq!(sandbox.violations(), []);
    let all: BTreeSet<(&str, &str)> = operations().map(|info| (info.api, info.name)).collect();
    let left: Vec<_> = all.difference(&seen).collect();
    assert!(left.is_empty(), "add a step for {left:?}");
}

#[tokio::test]
async fn a_request_without_a_required_value_is_refused_with_its_name() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let mut count = 0;
    for (name, path, body, _) in servicedesk().into_iter().chain(csm()) {
        let info = operation(name, &path);
        for pointer in required(&body, info) {
            let mut short = body.clone();
            let (parent, field) = pointer.rsplit_once('/').unwrap();
            short.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(field);
            let response = client.send(info.method, &path, &short).await;
            assert_eq!(response.status, 400, "{name} without {pointer}: {}", response.text);
            let message = response.json()["errorMessage"].as_str().unwrap_or_default().to_owned();
            assert!(message.contains(field), "{name} without {pointer}: {message}");
            assert!(sandbox.violations().iter().any(|violation| {
                violation.operation == format!("{} {name}", info.api)
                    && violation.message.ends_with("is missing")
            }));
            count += 1;
        }
        for parameter in required_query(info) {
            let (bare, _) = path.split_once('?').unwrap();
            let response = client.send(info.method, bare, &body).await;
            assert_eq!(response.status, 400, "{name} without {parameter}: {}", response.text);
            assert!(response.text.contains(&parameter), "{name} without {parameter}: {}", response.text);
            count += 1;
        }
    }
    assert!(count > 100, "{count} values are required: the documents have lost them");
}

#[tokio::test]
async fn the_samples_of_every_operation_fit_the_documents() {
    let sandbox = Sandbox::start().await.unwrap();
    let account = sandbox.account(Role::Admin);
    let http = crate::http::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    for sample in samples() {
        let base = match sample.info.api {
            "csm" => format!("{}/jsm/csm/cloudid/{}", sandbox.gateway_url(), sandbox.cloud_id()),
            _ => sandbox.url().to_owned(),
        };
        for build in [sample.least, sample.new, sample.most] {
            let request = build(&http, &base).unwrap();
            let request = reqwest::RequestBuilder::from_parts(http.clone(), request)
                .basic_auth(&account.email, Some(&account.token))
                .header("X-ExperimentalApi", "opt-in");
            let response = read(request).await.unwrap();
            assert!(response.status < 500, "{}: {}", sample.info.name, response.text);
        }
    }
    let violations: Vec<String> = sandbox.violations().iter().map(ToString::to_string).collect();
    assert_eq!(violations, [""; 0]);
}

/// Pointers to the properties of a body that the document requires, at any depth.
fn required(body: &Value, info: &OperationInfo) -> Vec<String> {
    let document = document(info);
    let operation = &document["paths"][info.path][info.method.to_lowercase()];
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let mut found = Vec::new();
    collect(&document, schema, body, "", &mut found);
    found
}

/// The query parameters that the document requires.
fn required_query(info: &OperationInfo) -> Vec<String> {
    let document = document(info);
    let parameters = &document["paths"][info.path][info.method.to_lowercase()]["parameters"];
    let is_required = |parameter: &&Value| parameter["in"] == "query" && parameter["required"] == true;
    let parameters = parameters.as_array().into_iter().flatten().filter(is_required);
    parameters.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect()
}

fn collect(document: &Value, schema: &Value, body: &Value, at: &str, found: &mut Vec<String>) {
    if let Some(pointer) = schema["$ref"].as_str() {
        return collect(document, document.pointer(&pointer[1..]).unwrap(), body, at, found);
    }
    if let Some(part) = schema["allOf"].get(0) {
        return collect(document, part, body, at, found);
    }
    for field in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if body.get(field).is_some() {
            found.push(format!("{at}/{field}"));
        }
    }
    for (name, member) in body.as_object().into_iter().flatten() {
        collect(document, &schema["properties"][name], member, &format!("{at}/{name}"), found);
    }
    if let Some(first) = body.get(0) {
        collect(document, &schema["items"], first, &format!("{at}/0"), found);
    }
}
