//! Side effects: what one request changes in the responses of others.

use std::time::Duration;

use jsm_sandbox::{Role, Sandbox};
use serde_json::{Value, json};

use crate::client::{TestClient, customer, read};

const API: &str = "/rest/servicedeskapi";

/// The texts under a name in the items of a page.
fn each(page: &Value, name: &str) -> Vec<String> {
    let items = page["values"].as_array().expect("a page has values");
    items.iter().map(|item| item[name].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn following_the_pages_lists_every_customer_once() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let mut path = format!("{}{API}/servicedesk/1/customer?limit=100", sandbox.url());
    let (mut listed, mut pages) = (Vec::new(), 0);
    loop {
        let page = client.get(&path).await.json();
        assert_eq!(
            (page["limit"].as_u64(), page["size"].as_u64()),
            (Some(100), Some(50)),
            "the cap is silent"
        );
        listed.extend(each(&page, "accountId"));
        pages += 1;
        match page["_links"]["next"].as_str() {
            Some(next) => path = next.to_owned(),
            None => break assert_eq!(page["isLastPage"], true),
        }
    }
    let all: Vec<String> = (0..250).map(customer).collect();
    assert_eq!((pages, listed), (5, all));
}

#[tokio::test]
async fn articles_and_products_are_paginated_by_cursor() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let mut path = format!("{API}/knowledgebase/article?query=r&limit=3&highlight=false");
    let mut titles = Vec::new();
    loop {
        let page = client.get(&path).await.json();
        titles.extend(each(&page, "title"));
        let Some(next) = page["_links"]["next"].as_str() else { break };
        assert!(next.contains("cursor=") && !next.contains("start="), "{next}");
        path = next.to_owned();
    }
    assert_eq!(titles.len(), 7, "{titles:?}");
    let mut cursor = String::new();
    let mut names = Vec::new();
    loop {
        let page = client.get(&format!("/api/v1/product?limit=2&cursor={cursor}")).await.json();
        names.extend(page["results"].as_array().unwrap().iter().map(|product| product["name"].clone()));
        let Some(next) = page["nextPageCursor"].as_str() else { break };
        cursor = next.to_owned();
    }
    assert_eq!(names, ["Widget", "Gadget", "Sprocket"]);
    assert_eq!(sandbox.violations(), []);
}

#[tokio::test]
async fn a_customer_is_created_once_listed_where_added_and_gone_when_removed() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let new = json!({"email": "zed@example.com", "displayName": "Zed Zephyr"});
    let created = client.send("POST", &format!("{API}/customer"), &new).await;
    let people = json!({"accountIds": [created.json()["accountId"]]});
    let listed = async |desk: &str, query: &str| {
        each(
            &client.get(&format!("{API}/servicedesk/{desk}/customer?query={query}")).await.json(),
            "displayName",
        )
    };
    assert_eq!(listed("HELP", "zed").await, [""; 0]);
    for (strict, status) in
        [("", 400), ("?strictConflictStatusCode=false", 400), ("?strictConflictStatusCode=true", 409)]
    {
        let again = client.send("POST", &format!("{API}/customer{strict}"), &new).await;
        assert_eq!(again.status, status, "{strict}");
    }
    for desk in ["HELP", "SHOP"] {
        let response = client.send("POST", &format!("{API}/servicedesk/{desk}/customer"), &people).await;
        assert_eq!(response.status, 204);
    }
    for query in ["zed", "zeph", "Zed%20Z", "zed@exa"] {
        assert_eq!(listed("HELP", query).await, ["Zed Zephyr"], "{query}");
    }
    assert_eq!(client.send("DELETE", &format!("{API}/servicedesk/HELP/customer"), &people).await.status, 204);
    assert_eq!(listed("HELP", "zed").await, [""; 0]);
    // A service desk with open access keeps its customers.
    let refused = client.send("DELETE", &format!("{API}/servicedesk/SHOP/customer"), &people).await;
    let key = "sd.jsm.error.servicedesk.customer.remove.servicedesk.open.access.galaxia";
    assert_eq!((refused.status, &refused.json()["i18nErrorMessage"]["i18nKey"]), (400, &json!(key)));
    assert_eq!(listed("SHOP", "zed").await, ["Zed Zephyr"]);
    // The existing ones are added although one does not exist.
    let mixed = json!({"accountIds": [created.json()["accountId"], "qm:nobody"]});
    assert_eq!(client.send("POST", &format!("{API}/servicedesk/HELP/customer"), &mixed).await.status, 400);
    assert_eq!(listed("HELP", "zed").await, ["Zed Zephyr"]);
}

#[tokio::test]
async fn an_organization_that_is_deleted_is_gone_everywhere() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let organization = client.send("POST", &format!("{API}/organization"), &json!({"name": "Acme"})).await;
    assert_eq!(
        (organization.status, &organization.json()["id"]),
        (201, &json!("1")),
        "the organization that has the name"
    );
    let path = format!("{API}/servicedesk/HELP/organization");
    assert_eq!(each(&client.get(&path).await.json(), "name"), ["Acme", "Birch Books", "Cedar Cycles"]);
    assert_eq!(client.send("DELETE", "/api/v1/organization/1", &Value::Null).await.status, 204);
    assert_eq!(each(&client.get(&path).await.json(), "name"), ["Birch Books", "Cedar Cycles"]);
    assert_eq!(client.get(&format!("{API}/organization/1")).await.status, 404);
    assert_eq!(client.get("/api/v1/organization/1").await.status, 404);
}

#[tokio::test]
async fn a_transition_changes_status_history_and_what_can_follow() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let path = |rest: &str| format!("{API}/request/HELP-1{rest}");
    let names = async || each(&client.get(&path("/transition")).await.json(), "name");
    assert_eq!(names().await, ["Escalate", "Mark as resolved", "Cancel request"]);
    let sla = client.get(&path("/sla/2")).await.json();
    assert_eq!(
        (&sla["ongoingCycle"]["breached"], sla["completedCycles"].as_array().unwrap().len()),
        (&json!(false), 0)
    );
    sandbox.clock().advance(Duration::from_secs(17 * 3_600));
    assert_eq!(client.send("POST", &path("/transition"), &json!({"id": "21"})).await.status, 204);
    assert_eq!(names().await, ["Reopen"]);
    assert_eq!(
        each(&client.get(&path("/status")).await.json(), "status"),
        ["Resolved", "Waiting for support"]
    );
    let sla = client.get(&path("/sla/2")).await.json();
    let cycle = &sla["completedCycles"][0];
    assert_eq!((&cycle["breached"], &cycle["remainingTime"]["friendly"]), (&json!(true), &json!("-2h 0m")));
    assert_eq!(client.send("POST", &path("/transition"), &json!({"id": "21"})).await.status, 400);
    let latest = client.get(&format!("{API}/request?limit=1")).await.json();
    assert_eq!(each(&latest, "issueKey"), ["HELP-1"], "latest activity comes first");
    let closed =
        client.get(&format!("{API}/request?requestStatus=CLOSED_REQUESTS&serviceDeskId=1&limit=1")).await;
    assert_eq!(each(&closed.json(), "issueKey"), ["HELP-1"]);
}

#[tokio::test]
async fn an_approval_is_answered_once_and_by_its_approvers() {
    let sandbox = Sandbox::start().await.unwrap();
    let [admin, agent] = [Role::Admin, Role::Agent].map(|role| TestClient::new(&sandbox, role));
    let path = format!("{API}/request/HELP-31/approval/1");
    let approve = json!({"decision": "approve"});
    assert_eq!(agent.send("POST", &path, &approve).await.status, 403);
    let responded = admin.send("POST", &path, &approve).await.json();
    assert_eq!(
        (&responded["finalDecision"], &responded["canAnswerApproval"]),
        (&json!("approved"), &json!(false))
    );
    assert_eq!(admin.send("POST", &path, &approve).await.status, 409);
    let request = admin.get(&format!("{API}/request/HELP-31")).await.json();
    assert_eq!(request["currentStatus"]["status"], "Waiting for support");
}

#[tokio::test]
async fn customers_neither_read_nor_write_internal_comments() {
    let sandbox = Sandbox::start().await.unwrap();
    let [agent, customer] = [Role::Agent, Role::Customer].map(|role| TestClient::new(&sandbox, role));
    let path = format!("{API}/request/SHOP-6/comment");
    assert_eq!(agent.send("POST", &path, &json!({"body": "psst", "public": false})).await.status, 201);
    assert_eq!(agent.send("POST", &path, &json!({"body": "hello", "public": true})).await.status, 201);
    assert_eq!(each(&customer.get(&path).await.json(), "body"), ["hello"]);
    assert_eq!(each(&agent.get(&path).await.json(), "body"), ["psst", "hello"]);
    assert_eq!(each(&agent.get(&format!("{path}?public=false")).await.json(), "body"), ["psst"]);
    assert_eq!(customer.send("POST", &path, &json!({"body": "psst", "public": false})).await.status, 403);
}

#[tokio::test]
async fn a_file_is_attached_at_its_service_desk_and_downloaded_without_credentials() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let upload = async |desk: &str| {
        let body = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a b.txt\"\r\n\r\nhello\r\n--x--\r\n";
        let request = client
            .request("POST", &format!("{API}/servicedesk/{desk}/attachTemporaryFile"))
            .header("X-Atlassian-Token", "no-check")
            .header("content-type", "multipart/form-data; boundary=x")
            .body(body);
        read(request).await.unwrap().json()["temporaryAttachments"][0]["temporaryAttachmentId"].clone()
    };
    let attach = async |id: &Value| {
        let body = json!({"temporaryAttachmentIds": [id], "public": true});
        client.send("POST", &format!("{API}/request/HELP-1/attachment"), &body).await
    };
    assert_eq!(attach(&upload("SHOP").await).await.status, 400, "files are bound to their desk");
    let late = upload("HELP").await;
    sandbox.clock().advance(Duration::from_secs(3_600));
    assert_eq!(attach(&late).await.status, 400, "files expire");
    let id = upload("HELP").await;
    let attached = attach(&id).await.json();
    assert_eq!(attach(&id).await.status, 400, "a file is attached once");
    let content = attached["attachments"]["values"][0]["_links"]["content"].as_str().unwrap();
    let redirect = client.get(content).await;
    let address = redirect.header("location");
    assert_eq!((redirect.status, redirect.text.as_str()), (303, ""));
    assert!(!address.starts_with(sandbox.url()), "files come from another origin");
    let http = crate::http::client();
    assert_eq!(read(http.get(address)).await.unwrap().text, "hello");
    assert_eq!(sandbox.violations(), []);
    assert_eq!(read(http.get(address).bearer_auth("mine")).await.unwrap().status, 400);
    assert_eq!(sandbox.violations().len(), 1, "credentials that leave the site are a violation");
    assert_eq!(read(http.get(format!("{address}0"))).await.unwrap().status, 403);
    sandbox.clock().advance(Duration::from_secs(300));
    assert_eq!(read(http.get(address)).await.unwrap().status, 403);
}

#[tokio::test]
async fn an_upload_has_sixty_files_in_parts_of_one_name() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    for (name, files, status) in [("file", 60, 201), ("file", 61, 413), ("files", 1, 400)] {
        let part = format!(
            "--x\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"a\"\r\n\r\nhello\r\n"
        );
        let request = client
            .request("POST", &format!("{API}/servicedesk/HELP/attachTemporaryFile"))
            .header("X-Atlassian-Token", "no-check")
            .header("content-type", "multipart/form-data; boundary=x")
            .body(part.repeat(files) + "--x--\r\n");
        let response = read(request).await.unwrap();
        assert_eq!(response.status, status, "{files} parts {name}: {}", response.text);
    }
    let violations: Vec<String> = sandbox.violations().iter().map(ToString::to_string).collect();
    assert_eq!(violations, ["servicedesk AttachTemporaryFiles request: part files is unknown"]);
}

#[tokio::test]
async fn a_task_takes_its_time_and_is_done_once_for_each_key() {
    let entry = Duration::from_secs(5);
    let sandbox = Sandbox::builder().task_limit(2).task_duration(entry).start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let submit = async |key: &str, names: &[&str]| {
        let entry = |name: &&str| json!({"operationType": "CREATE", "payload": {"email": format!("{name}@example.com"), "displayName": name}});
        let body = json!({"customerAccounts": names.iter().map(entry).collect::<Value>()});
        let request =
            client.request("POST", "/api/v1/customer/bulk").header("Idempotency-Key", key).json(&body);
        read(request).await.unwrap()
    };
    let first = submit("a", &["ann", "bob"]).await;
    assert_eq!(first.status, 202);
    assert_eq!(submit("a", &["ann", "bob"]).await.json(), first.json());
    assert_eq!(submit("a", &["eve"]).await.status, 400);
    let second = submit("b", &["bob", "cid"]).await;
    let refused = submit("c", &["dan"]).await;
    let error = json!({"errorMessage": "Maximum number of tasks reached", "errors": ["BAD_REQUEST"], "statusCode": 400});
    assert_eq!((refused.status, refused.json()), (400, error));
    let status = async |task: &Value| client.get(task["statusUrl"].as_str().unwrap()).await.json();
    let known = async || {
        let pages = client.send("POST", "/api/v1/customer", &json!({"email": "ann@example.com"})).await;
        pages.status == 400
    };
    assert_eq!(status(&first.json()).await["status"], "IN_PROGRESS");
    sandbox.clock().advance(Duration::from_secs(10));
    assert!(known().await);
    let done = status(&first.json()).await;
    assert_eq!((&done["status"], &done["failures"]), (&json!("COMPLETED"), &json!([])));
    assert_eq!(done["updatedAt"], "2026-01-01T00:00:10Z");
    let failed = status(&second.json()).await;
    assert_eq!(
        (&failed["status"], &failed["failures"][0]["entityId"]),
        (&json!("FAILED"), &json!("bob@example.com"))
    );
    assert_eq!(submit("c", &["dan"]).await.status, 202, "finished tasks do not count");
    assert_eq!(sandbox.violations(), []);
}

#[tokio::test]
async fn a_task_is_finished_by_the_next_request_by_default() {
    let sandbox = Sandbox::builder().task_limit(1).no_violations().start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    for name in ["ann", "bob"] {
        let entry = json!({"operationType": "CREATE", "payload": {"email": format!("{name}@example.com")}});
        let body = json!({"customerAccounts": [entry]});
        let accepted = client.send("POST", "/api/v1/customer/bulk", &body).await;
        assert_eq!(accepted.status, 202, "{}", accepted.text);
        let task = client.get(accepted.json()["statusUrl"].as_str().unwrap()).await.json();
        assert_eq!(task["status"], "COMPLETED");
    }
}

#[tokio::test]
async fn details_entitlements_and_profiles_agree() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let profile = async || client.get(&format!("/api/v1/customer/profile/{}", customer(0))).await.json();
    let path = format!("/api/v1/customer/{}/details?fieldName=region", customer(0));
    assert_eq!(client.send("PUT", &path, &json!({"values": ["MARS"]})).await.status, 400);
    assert_eq!(client.send("PUT", &path, &json!({"values": ["EU"]})).await.status, 200);
    let region = json!([{"name": "Region", "value": {"type": "SELECT", "text": ["EU"]}}]);
    assert_eq!(profile().await["details"], region);
    // The first customer is a member of the first organization and inherits what it has.
    let widget = json!({"productId": "9c0d0c70-0000-4000-8000-000000000001"});
    assert_eq!(client.send("POST", "/api/v1/organization/1/entitlement", &widget).await.status, 201);
    let inherited = profile().await["entitlements"].clone();
    assert_eq!(inherited[0]["entitledEntity"], json!({"id": "1", "type": "ORGANIZATION"}));
    let renamed = json!({"name": "Area", "options": ["EU", "US"]});
    assert_eq!(client.send("PUT", "/api/v1/customer/details/Region", &renamed).await.status, 200);
    assert_eq!(profile().await["details"][0]["name"], "Area", "values move along with their field");
    let product = "/api/v1/product/9c0d0c70-0000-4000-8000-000000000001";
    assert_eq!(client.send("DELETE", product, &Value::Null).await.status, 204);
    assert_eq!(profile().await["entitlements"], json!([]));
    assert_eq!(client.send("DELETE", "/api/v1/customer/details/area", &Value::Null).await.status, 204);
    assert_eq!(profile().await["details"], json!([]));
    assert_eq!(sandbox.violations(), []);
}

#[tokio::test]
async fn either_api_deletes_an_organization_from_everything() {
    for path in ["/rest/servicedeskapi/organization/1", "/api/v1/organization/1"] {
        let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
        let client = TestClient::admin(&sandbox);
        let center = "/api/v1/helpcenter/c0e00000-0000-4000-8000-000000000002/access/organization";
        let product = json!({"productId": "9c0d0c70-0000-4000-8000-000000000001"});
        let entitlements = format!("/api/v1/customer/{}/entitlement", customer(0));
        let made = client.send("POST", "/api/v1/organization/1/entitlement", &product).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let new = json!({
            "serviceDeskId": "1", "requestTypeId": "1", "raiseOnBehalfOf": customer(0),
            "requestFieldValues": {"summary": "Hello"},
        });
        let raised = client.send("POST", "/rest/servicedeskapi/request", &new).await.json();
        let mentions = async || {
            let mut mentions = Vec::new();
            for path in [
                "/rest/servicedeskapi/servicedesk/1/organization",
                "/rest/servicedeskapi/organization",
                center,
                &entitlements,
                &format!("/api/v1/customer/{}", customer(0)),
            ] {
                let text = client.get(path).await.text;
                if text.contains("\"Acme\"") || text.contains("ORGANIZATION") {
                    mentions.push(path.to_owned());
                }
            }
            mentions
        };
        assert_eq!(mentions().await.len(), 5, "{path}");
        assert_eq!(client.send("DELETE", path, &Value::Null).await.status, 204);
        assert_eq!(mentions().await, [""; 0], "{path}");
        for gone in [
            "/rest/servicedeskapi/organization/1",
            "/api/v1/organization/1",
            "/api/v1/organization/profile/1",
        ] {
            assert_eq!(client.get(gone).await.status, 404, "{gone}");
        }
        let request = format!("/rest/servicedeskapi/request/{}", raised["issueKey"].as_str().unwrap());
        assert_eq!(client.get(&request).await.status, 200, "its members' requests stay");
    }
}

#[tokio::test]
async fn both_apis_take_the_same_email_addresses() {
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let apis = ["/rest/servicedeskapi/customer", "/api/v1/customer"];
    let response = async |path: &str, email: &str| {
        let body = json!({"email": email, "displayName": "Nina New"});
        client.send("POST", path, &body).await
    };
    for email in [
        "",
        " ",
        "nina",
        "@",
        "nina@",
        "@example.com",
        "nina@host",
        "nina@.com",
        "nina@example.",
        "nina@ex..com",
    ]
    .into_iter()
    .chain(["nina new@example.com", "nina@a@example.com", "nina@example.com\n x"])
    .chain(["<nina@example.com>", "Nina <nina@example.com>", "nina@example.com\0", "ni\u{1}na@example.com"])
    .chain([
        "ni\"na@example.com",
        "nina,ada@example.com",
        "nina@example.com;",
        "nina@[127.0.0.1]",
        "mailto:nina@a.com",
    ]) {
        let [one, other] = [response(apis[0], email).await, response(apis[1], email).await];
        assert_eq!([one.status, other.status], [400, 400], "{email:?}");
        assert_eq!(one.json()["errorMessage"], other.json()["errorMessage"], "{email:?}");
    }
    for (number, path) in apis.into_iter().enumerate() {
        let email = format!(" nina.{number}+x@mail.example.com ");
        assert_eq!(response(path, &email).await.status, 201, "{email}");
        for path in apis {
            let taken = response(path, &email.trim().to_uppercase()).await;
            assert_eq!(taken.status, 400, "{path} {email}");
        }
    }
    let strict = format!("{}?strictConflictStatusCode=true", apis[0]);
    assert_eq!(response(&strict, "nina.0+x@mail.example.com").await.status, 409);
}

#[tokio::test]
async fn an_organization_has_a_name_whatever_creates_or_renames_it() {
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let before = sandbox.organizations();
    let id = before[0].id.to_string();
    for name in ["", " ", "\t\n"] {
        for (method, path) in [
            ("POST", "/rest/servicedeskapi/organization".to_owned()),
            ("POST", "/api/v1/organization".to_owned()),
            ("PUT", format!("/api/v1/organization/{id}")),
            ("POST", "/api/v1/organization/profile".to_owned()),
        ] {
            let response = client.send(method, &path, &json!({"name": name})).await;
            assert_eq!(response.status, 400, "{method} {path} {name:?}: {}", response.text);
        }
        let entry = |operation: &str, id: Option<&str>| {
            let mut payload = json!({"name": name});
            if let Some(id) = id {
                payload["id"] = id.into();
            }
            json!({"operationType": operation, "payload": payload})
        };
        let entries = [entry("CREATE", None), entry("UPDATE", Some(&id))];
        for (path, list) in [("bulk", "organizations"), ("profile/bulk", "organizationProfiles")] {
            let path = format!("/api/v1/organization/{path}");
            let request = client.request("POST", &path).header("Idempotency-Key", format!("{path}{name:?}"));
            let accepted = read(request.json(&json!({list: entries}))).await.unwrap();
            assert_eq!(accepted.status, 202, "{path}: {}", accepted.text);
            let task = format!("/api/v1/tasks/{}", accepted.json()["id"].as_str().unwrap());
            let task = client.get(&task).await.json();
            assert_eq!(task["failures"].as_array().map(Vec::len), Some(2), "{path} {name:?}: {task}");
        }
    }
    assert_eq!(sandbox.organizations(), before);
}

#[tokio::test]
async fn account_ids_are_also_read_under_their_old_name() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let old = json!({"accountIds": [], "usernames": [customer(1)]});
    for path in [
        "/rest/servicedeskapi/servicedesk/1/customer",
        "/rest/servicedeskapi/organization/2/user",
        "/rest/servicedeskapi/request/HELP-1/participant",
    ] {
        for method in ["POST", "DELETE"] {
            let response = client.send(method, path, &old).await;
            assert!(matches!(response.status, 200 | 204), "{method} {path}: {}", response.text);
        }
    }
    assert_eq!(sandbox.violations(), []);
}
