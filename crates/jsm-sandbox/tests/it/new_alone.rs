//! Every operation with the parameters that `new` takes: no operation requires more.
//!
//! The samples say what `new` sends; the steps have values that name existing things.

use jsm_raw::OperationInfo;
use jsm_sandbox::{Role, Sandbox};
use reqwest::Url;
use serde_json::{Map, Value};

use crate::client::{TestClient, read};
use crate::steps::{self, operation, samples, upload};

#[tokio::test]
async fn no_operation_requires_what_new_does_not_take() {
    let sandbox = Sandbox::builder().tick(std::time::Duration::from_secs(5)).start().await.unwrap();
    let client = TestClient::new(&sandbox, Role::Admin);
    let samples = samples();
    let mut refused = Vec::new();
    for (name, path, body, _) in steps::servicedesk().into_iter().chain(steps::csm()) {
        let info = operation(name, &path);
        let sample = samples.iter().find(|sample| std::ptr::eq(sample.info, info)).unwrap();
        let built = (sample.new)(&crate::http::client(), "http://127.0.0.1").unwrap();
        let sent = built.body().and_then(|body| serde_json::from_slice(body.as_bytes()?).ok());
        let (bare, query) = path.split_once('?').unwrap_or((&path, ""));
        let path = format!("{bare}?{}", only(built.url(), query));
        let body = match sent {
            // A body without documented properties is one argument.
            Some(sent) if !is_free(info) => lend(&sent, &body),
            Some(_) => body,
            None => Value::Null,
        };
        let response = match name {
            "AttachTemporaryFiles" => read(upload(&client, bare)).await.unwrap(),
            _ => client.send(info.method, path.trim_end_matches('?'), &body).await,
        };
        let is_result = info.response_statuses.contains(&response.status);
        // The fields of a request type are configured by a site, not by the operation.
        let configured = name == "CreateRequest" && response.json()["errors"].is_object();
        if !(is_result || configured || (200..400).contains(&response.status)) {
            refused.push(format!("{} {name} {path} {body}: {} {}", info.api, response.status, response.text));
        }
    }
    assert!(refused.is_empty(), "mark what is required in corrections.yaml:\n{}", refused.join("\n"));
    assert_eq!(sandbox.violations(), []);
}

/// The query of a request as `new` builds it, with the values of a step where it has any.
fn only(built: &Url, step: &str) -> String {
    let step = Url::parse(&format!("http://x/?{step}")).unwrap();
    let value = |name: &str, own: &str| {
        step.query_pairs()
            .find(|(other, _)| other == name)
            .map_or_else(|| own.to_owned(), |(_, v)| v.into_owned())
    };
    let mut query = Url::parse("http://x/").unwrap();
    for (name, own) in built.query_pairs() {
        query.query_pairs_mut().append_pair(&name, &value(&name, &own));
    }
    query.query().unwrap_or_default().to_owned()
}

/// Whether the body of an operation has no documented properties.
fn is_free(info: &OperationInfo) -> bool {
    let document = steps::document(info);
    let operation = &document["paths"][info.path][info.method.to_lowercase()];
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let target = schema["$ref"].as_str().and_then(|target| document.pointer(&target[1..]));
    target.unwrap_or(schema)["properties"].is_null()
}

/// The properties that `new` sends, with the values of a step where it has any.
fn lend(sent: &Value, step: &Value) -> Value {
    match (sent, step) {
        (Value::Object(sent), Value::Object(step)) if sent.keys().any(|name| step.contains_key(name)) => {
            let lent = sent.iter().map(|(name, own)| (name.clone(), step.get(name).unwrap_or(own).clone()));
            Value::Object(lent.collect())
        }
        (Value::Object(sent), Value::Object(_)) if sent.is_empty() => Value::Object(Map::new()),
        _ => step.clone(),
    }
}
