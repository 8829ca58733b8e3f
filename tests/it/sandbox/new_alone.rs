//! Every operation as its `new` alone builds it: none is one that the server always refuses for what is missing.
//!
//! The samples say what `new` sends; the every_operation lends the values, so that what is named exists.

use jsm_raw::OperationInfo;
use jsm_sandbox::{Role, Sandbox};
use reqwest::{Client, Url};
use serde_json::{Map, Value};

use super::every_operation::{self, operation, samples, upload};
use super::{Visitor, read};

#[tokio::test]
async fn no_operation_is_refused_for_what_new_does_not_take() {
    let sandbox = Sandbox::builder().tick(std::time::Duration::from_secs(5)).start().await.unwrap();
    let visitor = Visitor::new(&sandbox, Role::Admin);
    let samples = samples();
    let mut refused = Vec::new();
    for (name, path, body, _) in every_operation::servicedesk().into_iter().chain(every_operation::csm()) {
        let info = operation(name, &path);
        let sample = samples.iter().find(|sample| std::ptr::eq(sample.info, info)).unwrap();
        let built = (sample.new)(&Client::new(), "http://127.0.0.1").unwrap();
        let sent = built.body().and_then(|body| serde_json::from_slice(body.as_bytes()?).ok());
        let (bare, query) = path.split_once('?').unwrap_or((&path, ""));
        let path = format!("{bare}?{}", only(built.url(), query));
        let body = match sent {
            // Where nothing is documented of the body, it is an argument as a whole.
            Some(sent) if !is_free(info) => lend(&sent, &body),
            Some(_) => body,
            None => Value::Null,
        };
        let answer = match name {
            "AttachTemporaryFiles" => read(upload(&visitor, bare)).await.unwrap(),
            _ => visitor.send(info.method, path.trim_end_matches('?'), &body).await,
        };
        let verdict = info.response_statuses.contains(&answer.status);
        // Which fields a request type asks for is a site's configuration, and no property of the operation.
        let configured = name == "CreateRequest" && answer.json()["errors"].is_object();
        if !(verdict || configured || (200..400).contains(&answer.status)) {
            refused.push(format!("{} {name} {path} {body}: {} {}", info.api, answer.status, answer.text));
        }
    }
    assert!(refused.is_empty(), "mark what is required in corrections.yaml:\n{}", refused.join("\n"));
    assert_eq!(sandbox.violations(), []);
}

/// The query of a request as `new` builds it, with the every_operation's values where it has any.
fn only(built: &Url, every_operation: &str) -> String {
    let every_operation = Url::parse(&format!("http://x/?{every_operation}")).unwrap();
    let value = |name: &str, own: &str| {
        every_operation
            .query_pairs()
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
    let document = every_operation::document(info);
    let operation = &document["paths"][info.path][info.method.to_lowercase()];
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let target = schema["$ref"].as_str().and_then(|target| document.pointer(&target[1..]));
    target.unwrap_or(schema)["properties"].is_null()
}

/// The properties that `new` sends, with the every_operation's values where it has any.
fn lend(sent: &Value, every_operation: &Value) -> Value {
    match (sent, every_operation) {
        (Value::Object(sent), Value::Object(every_operation))
            if sent.keys().any(|name| every_operation.contains_key(name)) =>
        {
            let lent = sent
                .iter()
                .map(|(name, own)| (name.clone(), every_operation.get(name).unwrap_or(own).clone()));
            Value::Object(lent.collect())
        }
        (Value::Object(sent), Value::Object(_)) if sent.is_empty() => Value::Object(Map::new()),
        _ => every_operation.clone(),
    }
}
