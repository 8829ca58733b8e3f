//! Clock, quirks, seeds and the other settings. Rate limits are with access.

use jsm_sandbox::{Quirk, Sandbox, SandboxBuilder, Seed};
use serde_json::{Value, json};

use crate::client::{TestClient, customer};
use crate::snapshot::snapshot;

const API: &str = "/rest/servicedeskapi";

#[tokio::test]
async fn two_sandboxes_respond_alike() {
    let paths = ["/request?limit=50&expand=comment,sla,status", "/servicedesk/1/customer", "/organization"];
    let mut texts = Vec::new();
    for _ in 0..2 {
        let sandbox = Sandbox::start().await.unwrap();
        let client = TestClient::admin(&sandbox);
        let mut text = String::new();
        for path in paths {
            text += &client.get(&format!("{API}{path}")).await.text.replace(sandbox.url(), "");
        }
        texts.push(text);
    }
    assert_eq!(texts[0], texts[1]);
}

#[tokio::test]
async fn a_page_looks_like_this() {
    let sandbox = Sandbox::start().await.unwrap();
    let page = TestClient::admin(&sandbox)
        .get(&format!("{API}/servicedesk/HELP/customer?query=smi&start=1&limit=1"))
        .await;
    snapshot("page_of_customers", &serde_json::to_string_pretty(&page.json()).unwrap());
}

#[tokio::test]
async fn quirks_change_how_a_response_is_written() {
    let mut text = String::new();
    for (quirk, path, pointer) in [
        (Quirk::AbsentFields, "/servicedesk/1/customer?limit=1", "/values/0"),
        (Quirk::Nulls, "/request/HELP-31?expand=attachment", "/attachments"),
        (Quirk::UnknownFields, "/servicedesk/1", ""),
        (Quirk::OddDates, "/request/HELP-1", "/createdDate"),
        (Quirk::LocalizedTexts, "/request/HELP-1", "/currentStatus"),
        (Quirk::PagesWithoutExpands, "/assets/workspace", ""),
        (Quirk::ZeroSize, "/assets/workspace", ""),
        (Quirk::NumericIds, "/servicedesk/1", ""),
        (Quirk::NewEnumValues, "/request/HELP-1", "/currentStatus"),
        (Quirk::CappedLimit, "/assets/workspace?limit=500", ""),
    ] {
        let sandbox = Sandbox::builder().quirk(quirk).start().await.unwrap();
        let response = TestClient::admin(&sandbox).get(&format!("{API}{path}")).await;
        text += &format!("{quirk:?}\n  {}\n", response.json().pointer(pointer).unwrap());
        assert_eq!(sandbox.violations(), [], "a quirk is no violation");
    }
    snapshot("quirks", &text);
}

#[tokio::test]
async fn links_of_the_gateway_lead_to_the_site_with_a_quirk_alone() {
    for (quirks, at_site) in [(vec![], false), (vec![Quirk::SiteLinks], true)] {
        let builder = quirks.into_iter().fold(Sandbox::builder(), SandboxBuilder::quirk);
        let sandbox = builder.start().await.unwrap();
        let gateway = format!("{}/ex/jira/{}", sandbox.gateway_url(), sandbox.cloud_id());
        let page =
            TestClient::admin(&sandbox).get(&format!("{gateway}{API}/organization?limit=1")).await.json();
        let next = page["_links"]["next"].as_str().unwrap();
        assert!(next.starts_with(if at_site { sandbox.url() } else { &gateway }), "{next}");
    }
}

#[tokio::test]
async fn a_failed_task_may_have_done_all_its_work() {
    let sandbox = Sandbox::builder().quirk(Quirk::FailedTasks).start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let entry = json!({"operationType": "CREATE", "payload": {"email": "ann@example.com"}});
    let body = json!({"customerAccounts": [entry]});
    let task = client.send("POST", "/api/v1/customer/bulk", &body).await.json();
    let task = client.get(task["statusUrl"].as_str().unwrap()).await.json();
    assert_eq!((&task["status"], &task["failures"]), (&json!("FAILED"), &json!([])));
    assert_eq!(client.get(&format!("/api/v1/customer/account/{}", customer(250))).await.status, 200);
}

#[tokio::test]
async fn a_sandbox_starts_with_the_data_of_its_seed() {
    let seed = Seed::empty()
        .desk("BOOKS", "Book Shop")
        .customer("Ada Reader", "ada@example.com")
        .organization("Readers", &["ada@example.com", "nobody@example.com"])
        .request("ada@example.com", "My book has no ending")
        .open_desk("TEA", "Tea Room")
        .product("Library card");
    let sandbox = Sandbox::builder().seed(seed).page_cap(1).start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let desks = client.get(&format!("{API}/servicedesk")).await.json();
    assert_eq!((desks["size"].as_u64(), &desks["isLastPage"]), (Some(1), &json!(false)));
    let customers = client.get(&format!("{API}/servicedesk/BOOKS/customer")).await.json();
    assert_eq!(customers["values"][0]["displayName"], "Ada Reader");
    let members = client.get(&format!("{API}/organization/1/user")).await.json();
    assert_eq!(members["size"], 1);
    let request = client.get(&format!("{API}/request/BOOKS-1")).await.json();
    assert_eq!(
        (&request["summary"], &request["reporter"]["displayName"]),
        (&json!("My book has no ending"), &json!("Ada Reader"))
    );
    let products = client.get("/api/v1/product").await.json();
    assert_eq!(products["results"][0]["name"], "Library card");
}

#[tokio::test]
async fn a_dropped_sandbox_frees_its_port() {
    let sandbox = Sandbox::start().await.unwrap();
    let port: u16 = sandbox.url().rsplit(':').next().unwrap().parse().unwrap();
    assert!(Sandbox::builder().port(port).start().await.is_err(), "the port is taken");
    drop(sandbox);
    let sandbox = Sandbox::builder().port(port).start().await.unwrap();
    assert_eq!(TestClient::admin(&sandbox).get(&format!("{API}/info")).await.status, 200);
}

#[tokio::test]
async fn requests_are_recorded_without_secrets() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    client.send("POST", &format!("{API}/organization?x=1"), &json!({"name": "Moss"})).await;
    let requests = sandbox.requests();
    let [request] = requests.as_slice() else { panic!("one request, not {}", requests.len()) };
    assert_eq!(request.to_string(), "POST /rest/servicedeskapi/organization?x=1 201");
    assert_eq!(
        (request.operation, request.header("authorization")),
        (Some("CreateOrganization"), Some("[redacted]"))
    );
    assert_eq!(serde_json::from_str::<Value>(&request.body).unwrap(), json!({"name": "Moss"}));
}
