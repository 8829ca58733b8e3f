//! Idempotency keys, for every bulk operation.

use std::time::Duration;

use jsm_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::client::{Response, TestClient, read};
use crate::steps::{self, operation};

/// How long an entry of a task takes.
const ENTRY: Duration = Duration::from_secs(5);

/// The paths and bodies of all operations that take a key.
fn bulk_steps() -> Vec<(String, Value)> {
    let is_bulk = |name: &str| name.starts_with("Bulk");
    steps::csm()
        .into_iter()
        .filter(|(name, ..)| is_bulk(name))
        .map(|(_, path, body, _)| (path, body))
        .collect()
}

async fn submit(client: &TestClient<'_>, key: &str, path: &str, body: &Value) -> Response {
    read(client.request("POST", path).header("Idempotency-Key", key).json(body)).await.unwrap()
}

/// The body with one more entry in its list.
fn longer(body: &Value) -> Value {
    let mut body = body.clone();
    let list = body.as_object_mut().unwrap().values_mut().find_map(Value::as_array_mut).unwrap();
    list.push(list[0].clone());
    body
}

#[tokio::test]
async fn the_same_key_and_body_lead_to_the_same_task() {
    let sandbox = Sandbox::builder().task_limit(20).start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let all = bulk_steps();
    assert_eq!(all.len(), 8);
    let mut ids = Vec::new();
    for (number, (path, body)) in all.iter().enumerate() {
        let key = format!("key {number}");
        let first = submit(&client, &key, path, body).await;
        assert_eq!(first.status, 202, "{path}: {}", first.text);
        // It is the same task, whether it is done or not.
        sandbox.clock().advance(Duration::from_secs(60));
        let again = submit(&client, &key, path, body).await;
        assert_eq!((again.status, again.json()), (202, first.json()), "{path}");
        ids.push(first.json()["id"].as_str().unwrap().to_owned());
        let other = submit(&client, &key, path, &longer(body)).await;
        assert_eq!(other.status, 400, "{path} with another body: {}", other.text);
        let (elsewhere, its_body) = &all[(number + 1) % all.len()];
        let other = submit(&client, &key, elsewhere, its_body).await;
        assert_eq!(other.status, 400, "{elsewhere} with the key of {path}: {}", other.text);
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all.len(), "one task each");
    assert_eq!(sandbox.violations(), []);
}

#[tokio::test]
async fn the_same_key_and_body_lead_to_the_same_validation_errors() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let path = "/api/v1/customer/details/definitions/bulk";
    let taken = json!({"detailFields": [{"name": "region", "type": {"name": "TEXT"}}]});
    let first = submit(&client, "a", path, &taken).await;
    assert_eq!(first.status, 400, "{}", first.text);
    // The name is free now, and the response stays the same.
    assert_eq!(client.send("DELETE", "/api/v1/customer/details/Region", &Value::Null).await.status, 204);
    let again = submit(&client, "a", path, &taken).await;
    assert_eq!((again.status, again.json()), (400, first.json()));
    assert_eq!(submit(&client, "b", path, &taken).await.status, 202);
    // What the document refuses is kept as well.
    let empty = submit(&client, "c", path, &json!({})).await;
    assert_eq!(empty.status, 400, "{}", empty.text);
    let other = json!({"detailFields": [{"name": "Size", "type": {"name": "TEXT"}}]});
    let refused = submit(&client, "c", path, &other).await;
    assert_eq!(refused.status, 400);
    assert_ne!(refused.json(), empty.json(), "the key was used with another request");
}

#[tokio::test]
async fn a_key_is_forgotten_after_three_days() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let (path, body) = bulk_steps().remove(0);
    let first = submit(&client, "a", &path, &body).await.json();
    sandbox.clock().advance(Duration::from_secs(3 * 24 * 3_600 - 1));
    assert_eq!(submit(&client, "a", &path, &body).await.json(), first);
    sandbox.clock().advance(Duration::from_secs(1));
    let later = submit(&client, "a", &path, &body).await;
    assert_eq!(later.status, 202);
    assert_ne!(later.json(), first);
}

#[tokio::test]
async fn a_refusal_for_too_many_tasks_is_not_kept() {
    let sandbox = Sandbox::builder().task_limit(1).task_duration(ENTRY).start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let all = bulk_steps();
    assert_eq!(submit(&client, "a", &all[0].0, &all[0].1).await.status, 202);
    let full = submit(&client, "b", &all[1].0, &all[1].1).await;
    assert_eq!(
        (full.status, full.json()["errorMessage"].as_str()),
        (400, Some("Maximum number of tasks reached"))
    );
    sandbox.clock().advance(Duration::from_secs(3_600));
    assert_eq!(submit(&client, "b", &all[1].0, &all[1].1).await.status, 202);
}

#[tokio::test]
async fn a_short_task_ends_before_a_long_one_that_was_submitted_earlier() {
    let sandbox = Sandbox::builder().task_duration(ENTRY).start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let account = |number: usize| json!({"operationType": "CREATE", "payload": {"email": format!("n{number}@example.com"), "displayName": "N"}});
    let body = |numbers: std::ops::Range<usize>| json!({"customerAccounts": numbers.map(account).collect::<Value>()});
    let path = "/api/v1/customer/bulk";
    assert_eq!(operation("BulkManageCustomerAccounts", path).path, path);
    let long = submit(&client, "long", path, &body(0..50)).await.json();
    let short = submit(&client, "short", path, &body(50..51)).await.json();
    sandbox.clock().advance(Duration::from_secs(10));
    let status =
        async |task: &Value| client.get(task["statusUrl"].as_str().unwrap()).await.json()["status"].clone();
    assert_eq!([status(&long).await, status(&short).await], ["IN_PROGRESS", "COMPLETED"]);
}
