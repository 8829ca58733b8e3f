//! The endpoints of the Jira platform.

use jsm_sandbox::{Fault, Role, Sandbox};
use serde_json::{Value, json};

use crate::client::{TestClient, read};

const SEARCH: &str = "/rest/api/3/user/search";

async fn get(client: &TestClient<'_>, path: &str) -> (u16, Value) {
    let response = read(client.request("GET", path)).await.unwrap();
    (response.status, response.json())
}

async fn put(client: &TestClient<'_>, path: &str, body: &str) -> (u16, Value) {
    let request =
        client.request("PUT", path).header("content-type", "application/json").body(body.to_owned());
    let response = read(request).await.unwrap();
    (response.status, response.json())
}

#[tokio::test]
async fn an_agent_finds_people_by_their_email() {
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let agent = TestClient::new(&sandbox, Role::Agent);
    let (status, me) = get(&agent, "/rest/api/3/myself").await;
    let account = sandbox.account(Role::Agent);
    assert_eq!((status, me["accountId"].as_str()), (200, Some(account.account_id.as_str())));
    assert_eq!(me["accountType"], "atlassian");

    let (status, found) = get(&agent, &format!("{SEARCH}?query=ADA.adler.0%40example.com")).await;
    assert_eq!((status, found.as_array().map(Vec::len)), (200, Some(1)));
    assert_eq!(
        (&found[0]["displayName"], &found[0]["accountType"]),
        (&json!("Ada Adler"), &json!("customer"))
    );
    let id = found[0]["accountId"].as_str().unwrap();
    let (_, same) = get(&agent, &format!("{SEARCH}?accountId={id}")).await;
    assert_eq!(same, found);

    let (_, all) = get(&agent, &format!("{SEARCH}?query=a&maxResults=1000")).await;
    let all = all.as_array().unwrap().clone();
    let (_, page) = get(&agent, &format!("{SEARCH}?query=a&startAt=3&maxResults=2")).await;
    assert_eq!(page.as_array().map(Vec::as_slice), Some(&all[3..5]));
    assert_eq!(get(&agent, &format!("{SEARCH}?query=a&startAt=9999")).await, (200, json!([])));
    assert_eq!(get(&agent, SEARCH).await.0, 400);
    assert_eq!(get(&agent, &format!("{SEARCH}?query=a&startAt=x")).await.0, 400);

    let customer = TestClient::new(&sandbox, Role::Customer);
    assert_eq!(get(&customer, &format!("{SEARCH}?query=a")).await, (200, json!([])));
    let anonymous = TestClient::new(&sandbox, Role::Anonymous);
    assert_eq!(get(&anonymous, "/rest/api/3/myself").await.0, 401);
}

#[tokio::test]
async fn an_agent_changes_the_fields_of_an_issue() {
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let agent = TestClient::new(&sandbox, Role::Agent);
    let path = "/rest/api/3/issue/HELP-1";
    let changed = put(&agent, path, r#"{"fields": {"summary": "On fire", "description": null}}"#).await;
    assert_eq!(changed, (204, Value::Null));
    let (status, issue) = get(&agent, path).await;
    assert_eq!(
        (status, &issue["key"], &issue["fields"]["summary"]),
        (200, &json!("HELP-1"), &json!("On fire"))
    );
    let (_, few) = get(&agent, &format!("{path}?fields=summary,status")).await;
    assert_eq!(few["fields"].as_object().map(|fields| fields.len()), Some(2));
    let request = get(&agent, "/rest/servicedeskapi/request/HELP-1").await.1;
    assert_eq!(request["summary"], "On fire", "both APIs show the same issue");

    for (body, status) in [
        (r#"{"fields": {"summary": " "}}"#, 400),
        (r#"{"fields": {"summary": null}}"#, 400),
        (r#"{"fields": {"summary": "two\nlines"}}"#, 400),
        (&json!({"fields": {"summary": "x".repeat(256)}}).to_string(), 400),
        (r#"{"fields": {"colour": "red"}}"#, 400),
        (r#"{"fields": []}"#, 400),
        ("{", 400),
        ("{}", 204),
    ] {
        assert_eq!(put(&agent, path, body).await.0, status, "{body}");
    }
    let wrong = put(&agent, path, r#"{"fields": {"colour": "red"}}"#).await.1;
    assert!(wrong["errors"]["colour"].is_string() && wrong["errorMessages"] == json!([]), "{wrong}");
    assert_eq!(get(&agent, path).await.1["fields"]["summary"], "On fire");
    let (status, missing) = get(&agent, "/rest/api/3/issue/NONE-1").await;
    assert!(status == 404 && missing["errorMessages"][0].is_string(), "{missing}");
    let customer = TestClient::new(&sandbox, Role::Customer);
    assert!([403, 404].contains(&put(&customer, path, r#"{"fields": {"summary": "x"}}"#).await.0));
}

#[tokio::test]
async fn scopes_faults_and_the_gateway_are_as_for_operations() {
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let agent = TestClient::new(&sandbox, Role::Agent);
    let below = format!("{}/ex/jira/{}/rest/api/3/myself", sandbox.gateway_url(), sandbox.cloud_id());
    assert_eq!(get(&agent, &below).await.0, 200);
    for (scopes, status) in [(&["read:jira-user"] as &[&str], 200), (&["read:servicedesk-request"], 401)] {
        let grant = sandbox.scoped_token(Role::Agent, scopes);
        let http = crate::http::builder().build().unwrap();
        let request = http.get(&below).basic_auth(&grant.email, Some(&grant.token));
        assert_eq!(request.send().await.unwrap().status().as_u16(), status, "{scopes:?}");
    }
    sandbox.fault(Fault::status(503).on("/rest/api/3/myself"));
    assert_eq!(get(&agent, "/rest/api/3/myself").await.0, 503);
    sandbox.route("get", "/rest/api/3/myself", |_| json!({"own": true}));
    assert_eq!(
        get(&agent, "/rest/api/3/myself").await.1,
        json!({"own": true}),
        "a test's own route goes first"
    );
}
