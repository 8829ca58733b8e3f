//! Responses to right and wrong requests, compared with the documents.

use std::collections::BTreeSet;

use jsm_sandbox::{Role, Sandbox, Side};
use serde_json::{Value, json};

use crate::client::{TestClient, customer, read};
use crate::steps;

#[tokio::test]
async fn all_responses_are_documented() {
    let sandbox = Sandbox::builder().tick(std::time::Duration::from_secs(5)).start().await.unwrap();
    let clients = [Role::Admin, Role::Agent, Role::Customer].map(|role| TestClient::new(&sandbox, role));
    let mut statuses = BTreeSet::new();
    for (name, path, body, _) in steps::servicedesk().into_iter().chain(steps::csm()) {
        let info = steps::operation(name, &path);
        if name == "AttachTemporaryFiles" {
            statuses.insert(read(steps::upload(&clients[0], &path)).await.unwrap().status);
        }
        let other_bodies = bodies(&body).into_iter().map(|body| (path.clone(), body));
        let other_paths = paths(&path).into_iter().map(|path| (path, body.clone()));
        for (path, body) in other_bodies.chain(other_paths) {
            for client in &clients {
                statuses.insert(client.send(info.method, &path, &body).await.status);
            }
        }
    }
    let own: BTreeSet<String> = sandbox
        .violations()
        .iter()
        .filter(|violation| violation.side == Side::Response)
        .map(ToString::to_string)
        .collect();
    assert!(own.is_empty(), "{}", own.into_iter().collect::<Vec<_>>().join("\n"));
    // The requests were wrong in many ways.
    for status in [200, 201, 202, 204, 303, 400, 403, 404, 409] {
        assert!(statuses.contains(&status), "{status} never came: {statuses:?}");
    }
}

#[tokio::test]
async fn a_refusal_for_a_rule_of_the_site_is_no_violation() {
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let path = "/rest/servicedeskapi/request";
    let new = |number: &str, fields: Value| json!({"serviceDeskId": "1", "requestTypeId": number, "requestFieldValues": fields});
    for (body, status) in [
        (json!({"serviceDeskId": "1", "requestTypeId": "1"}), 400),
        (new("1", json!({})), 400),
        (new("5", json!({"color": "red"})), 400),
        (new("99", json!({})), 400),
        (new("6", json!({"summary": "PC"})), 422),
    ] {
        for path in [path, "/rest/servicedeskapi/request/validate"] {
            let response = client.send("POST", path, &body).await;
            let status = if path.ends_with("validate") { 400 } else { status };
            assert_eq!(response.status, status, "{path} {body}: {}", response.text);
        }
    }
}

#[tokio::test]
async fn a_malformed_request_to_validate_gets_a_negative_result() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    for body in [Value::Null, json!([]), json!("text"), json!({"serviceDeskId": {}})] {
        let response = client.send("POST", "/rest/servicedeskapi/request/validate", &body).await;
        assert_eq!(
            (response.status, &response.json()["valid"]),
            (400, &json!(false)),
            "{body}: {}",
            response.text
        );
    }
    let own: Vec<_> = sandbox.violations().into_iter().filter(|flaw| flaw.side == Side::Response).collect();
    assert_eq!(own, []);
}

/// The path, and the path with each id in turn replaced by one that does not exist.
fn paths(path: &str) -> Vec<String> {
    let (bare, query) =
        path.split_once('?').map_or((path, String::new()), |(bare, query)| (bare, format!("?{query}")));
    let steps: Vec<&str> = bare.split('/').collect();
    let id = |step: &&str| step.chars().any(|c| c.is_ascii_digit() || c == ':') && !["v1"].contains(step);
    let mut all = vec![path.to_owned()];
    for (at, step) in steps.iter().enumerate().filter(|(_, step)| id(step)) {
        let mut steps = steps.clone();
        steps[at] = if step.chars().all(|c| c.is_ascii_digit()) { "999999" } else { "NONE-999" };
        all.push(format!("{}{query}", steps.join("/")));
    }
    if !query.is_empty() {
        all.push(bare.to_owned());
    }
    all
}

/// The body, and the body with each value in turn removed, emptied, or replaced.
fn bodies(body: &Value) -> Vec<Value> {
    let mut all = vec![body.clone()];
    let mut places = Vec::new();
    collect(body, String::new(), &mut places);
    for place in places {
        let old = body.pointer(&place).unwrap();
        let others = match old {
            Value::String(_) => vec![json!(""), json!("nothing"), json!(customer(9_999)), json!(7)],
            Value::Number(_) => vec![json!(-1), json!(9_999_999), json!("seven")],
            Value::Bool(_) => vec![json!(false), json!("yes")],
            Value::Array(items) => {
                vec![
                    json!([]),
                    items.iter().chain(items).cloned().collect(),
                    Value::Array(vec![items[0].clone(); 101]),
                ]
            }
            _ => vec![json!({})],
        };
        for other in others.into_iter().chain([Value::Null]) {
            let mut body = body.clone();
            *body.pointer_mut(&place).unwrap() = other;
            all.push(body);
        }
    }
    all
}

fn collect(node: &Value, at: String, places: &mut Vec<String>) {
    match node {
        Value::Object(members) => {
            for (name, member) in members {
                collect(member, format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")), places);
            }
        }
        Value::Array(items) if !items.is_empty() => collect(&items[0], format!("{at}/0"), places),
        _ => {}
    }
    if !at.is_empty() {
        places.push(at);
    }
}
