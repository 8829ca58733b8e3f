//! Who and what is let in: credentials, roles, scopes, headers, bodies and rate limits.
//!
//! Required values are tested with every operation.

use std::time::Duration;

use jsm_sandbox::{Fault, Grant, RateLimits, Role, Sandbox, Seed};
use serde_json::{Value, json};

use crate::client::{Response, TestClient, customer, read};
use crate::snapshot::snapshot;

const API: &str = "/rest/servicedeskapi";

fn line(what: &str, response: &Response) -> String {
    format!("{what}\n  {} {}\n", response.status, response.text)
}

#[tokio::test]
async fn errors_have_the_shape_of_their_api() {
    let sandbox = Sandbox::start().await.unwrap();
    let (admin, customer) = (TestClient::admin(&sandbox), TestClient::new(&sandbox, Role::Customer));
    let anonymous = TestClient::new(&sandbox, Role::Anonymous);
    let mut text = String::new();
    let mut add = |what: &str, response: Response| text += &line(what, &response);
    add("an anonymous caller lists service desks", anonymous.get("/rest/servicedeskapi/servicedesk").await);
    add("an anonymous caller reads products", anonymous.get("/api/v1/product").await);
    add("a customer lists customers", customer.get("/rest/servicedeskapi/servicedesk/1/customer").await);
    add("a service desk that does not exist", admin.get("/rest/servicedeskapi/servicedesk/99").await);
    add("a product that does not exist", admin.get("/api/v1/product/99").await);
    add("a path that does not exist", admin.get("/rest/servicedeskapi/desk").await);
    add(
        "a method that does not exist",
        admin.send("DELETE", "/rest/servicedeskapi/info", &Value::Null).await,
    );
    add("a limit that is no number", admin.get("/rest/servicedeskapi/servicedesk?limit=ten").await);
    add("a start before the first", admin.get("/rest/servicedeskapi/servicedesk?start=-1").await);
    let path = "/rest/servicedeskapi/organization";
    add("a name that is a number", admin.send("POST", path, &json!({"name": 5})).await);
    let raw = admin.request("POST", path).header("content-type", "application/json").body("{");
    add("a body that is not JSON", read(raw).await.unwrap());
    add("a body without a content type", read(admin.request("POST", path).body("{}")).await.unwrap());
    let path = "/rest/servicedeskapi/servicedesk/1/attachTemporaryFile";
    let form = admin
        .request("POST", path)
        .header("content-type", "multipart/form-data; boundary=x")
        .body("--x--\r\n");
    add("a form without the XSRF header", read(form).await.unwrap());
    let new = |number: &str, fields: Value| json!({"serviceDeskId": "1", "requestTypeId": number, "requestFieldValues": fields});
    let path = "/rest/servicedeskapi/request";
    add("a request without its fields", admin.send("POST", path, &new("5", json!({"color": "red"}))).await);
    add("a form without answers", admin.send("POST", path, &new("6", json!({"summary": "PC"}))).await);
    let path = "/rest/servicedeskapi/request/validate";
    add(
        "a form without answers, validated",
        admin.send("POST", path, &new("6", json!({"summary": "PC"}))).await,
    );
    let path = "/rest/servicedeskapi/request/HELP-1/comment";
    add(
        "a comment that is neither public nor internal",
        admin.send("POST", path, &json!({"body": "Hm"})).await,
    );
    let path = "/rest/servicedeskapi/request/HELP-1/feedback";
    add("a rating of six", admin.send("POST", path, &json!({"rating": 6})).await);
    snapshot("refusals", &text);
}

#[tokio::test]
async fn each_role_sees_what_it_may() {
    let sandbox = Sandbox::start().await.unwrap();
    let [admin, agent, customer] =
        [Role::Admin, Role::Agent, Role::Customer].map(|role| TestClient::new(&sandbox, role));
    for (client, path, status) in [
        (&admin, "/servicedesk/1/queue", 200),
        (&agent, "/servicedesk/1/queue", 200),
        (&customer, "/servicedesk/1/queue", 403),
        (&customer, "/servicedesk/1", 404),
        (&customer, "/servicedesk/2", 200),
        (&customer, "/servicedesk/SHOP", 200),
        (&customer, "/servicedesk/projectKey:SHOP", 200),
        (&customer, "/servicedesk/projectId:10002", 200),
        (&customer, "/servicedesk/serviceDeskId:2", 200),
        (&customer, "/servicedesk/projectKey:NONE", 404),
        (&customer, "/request/SHOP-1", 200),
        (&customer, "/request/10001", 200),
        (&customer, "/request/HELP-2", 404),
        (&agent, "/request/HELP-2", 200),
        (&customer, "/organization/1", 404),
        (&agent, "/organization/1", 200),
    ] {
        let response = client.get(&format!("{API}{path}")).await;
        assert_eq!(response.status, status, "{:?} {path}: {}", client.role, response.text);
    }
    let name = json!({"name": "Ferns"});
    assert_eq!(customer.send("POST", &format!("{API}/organization"), &name).await.status, 403);
    assert_eq!(agent.send("POST", &format!("{API}/organization"), &name).await.status, 201);
    assert_eq!(agent.send("DELETE", &format!("{API}/organization/6"), &Value::Null).await.status, 403);
}

#[tokio::test]
async fn experimental_operations_need_the_opt_in_header() {
    let sandbox = Sandbox::start().await.unwrap();
    let account = sandbox.account(Role::Admin);
    for info in jsm_raw::servicedesk::OPERATIONS.iter().chain(&jsm_raw::csm::OPERATIONS) {
        let base = match info.api {
            "csm" => format!("{}/jsm/csm/cloudid/{}", sandbox.gateway_url(), sandbox.cloud_id()),
            _ => sandbox.url().to_owned(),
        };
        let path = info.path.replace(['{', '}'], "");
        let method = info.method.parse().unwrap();
        let request = crate::http::client().request(method, format!("{base}{path}"));
        let response = read(request.basic_auth(&account.email, Some(&account.token))).await.unwrap();
        assert_eq!(
            response.status == 412,
            info.experimental || info.always_opt_in,
            "{} {}",
            info.api,
            info.name
        );
    }
}

#[tokio::test]
async fn anonymous_operations_report_refused_credentials_in_a_header_alone() {
    let sandbox = Sandbox::start().await.unwrap();
    let url = format!("{}{API}/info", sandbox.url());
    let request = crate::http::client().get(&url).basic_auth("admin@sandbox.example.com", Some("wrong"));
    let response = read(request).await.unwrap();
    assert_eq!((response.status, response.header("x-seraph-loginreason")), (200, "AUTHENTICATED_FAILED"));
    let response = TestClient::admin(&sandbox).get(&format!("{API}/info")).await;
    assert_eq!(response.header("x-aaccountid"), sandbox.account(Role::Admin).account_id);
}

#[tokio::test]
async fn scopes_are_checked_against_the_document() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = crate::http::client();
    let requests = format!("{}/ex/jira/{}{API}/request", sandbox.gateway_url(), sandbox.cloud_id());
    for (scopes, status) in [
        (&["read:servicedesk-request"][..], 200),
        (&["write:servicedesk-request"], 401),
        (&["manage:servicedesk-customer", "read:servicedesk-request"], 200),
        // All granular scopes are needed.
        (&["read:request:jira-service-management"], 401),
        (&["read:request:jira-service-management", "read:user:jira"], 200),
    ] {
        let grant = sandbox.grant(Role::Agent, scopes);
        let response = read(client.get(&requests).bearer_auth(&grant.access_token)).await.unwrap();
        assert_eq!(response.status, status, "{scopes:?}: {}", response.text);
        if status == 401 {
            assert_eq!(
                response.json(),
                json!({"code": 401, "message": "Unauthorized; scope does not match"})
            );
        }
        let scoped = sandbox.scoped_token(Role::Agent, scopes);
        let response =
            read(client.get(&requests).basic_auth(&scoped.email, Some(&scoped.token))).await.unwrap();
        assert_eq!(response.status, status, "a scoped token of {scopes:?}");
        // The site itself takes neither of them.
        let site = format!("{}{API}/request", sandbox.url());
        let response = read(client.get(&site).basic_auth(&scoped.email, Some(&scoped.token))).await.unwrap();
        assert_eq!(response.status, 401);
        assert_eq!(read(client.get(&site).bearer_auth(&grant.access_token)).await.unwrap().status, 401);
    }
}

#[tokio::test]
async fn refresh_tokens_rotate_and_access_tokens_expire() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = crate::http::client();
    let grant = sandbox.grant(Role::Admin, &["read:servicedesk-request", "offline_access"]);
    let desks = format!("{}/ex/jira/{}{API}/servicedesk", sandbox.gateway_url(), sandbox.cloud_id());
    let ask = |token: &str| read(client.get(&desks).bearer_auth(token));
    let refresh = |token: &str| {
        let body = json!({
            "grant_type": "refresh_token", "refresh_token": token,
            "client_id": grant.client_id, "client_secret": grant.client_secret,
        });
        read(client.post(&grant.token_url).json(&body))
    };
    assert_eq!(ask(&grant.access_token).await.unwrap().status, 200);
    sandbox.clock().advance(Duration::from_secs(3_600));
    assert_eq!(ask(&grant.access_token).await.unwrap().status, 401);
    let fresh = refresh(&grant.refresh_token).await.unwrap();
    assert_eq!((fresh.status, fresh.json()["expires_in"].as_u64()), (200, Some(3_600)));
    assert_eq!(ask(fresh.json()["access_token"].as_str().unwrap()).await.unwrap().status, 200);
    let next = refresh(fresh.json()["refresh_token"].as_str().unwrap()).await.unwrap();
    assert_eq!(next.status, 200);
    let sites = format!("{}/oauth/token/accessible-resources", sandbox.gateway_url());
    let sites =
        read(client.get(sites).bearer_auth(next.json()["access_token"].as_str().unwrap())).await.unwrap();
    assert_eq!(sites.json()[0]["id"], sandbox.cloud_id());
    let tenant = read(client.get(format!("{}/_edge/tenant_info", sandbox.url()))).await.unwrap();
    assert_eq!(tenant.json()["cloudId"], sandbox.cloud_id());
    assert!(
        sandbox.requests().iter().all(|request| !format!("{request:?}").contains("sandbox-")),
        "no secret is recorded"
    );
}

#[tokio::test]
async fn a_refresh_token_is_accepted_again_for_ten_minutes_and_then_ends_all_that_came_from_it() {
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let [grant, other] = [(); 2].map(|()| sandbox.grant(Role::Admin, &["read:servicedesk-request"]));
    let refresh = async |grant: &Grant, token: &str| {
        let body = json!({
            "grant_type": "refresh_token", "refresh_token": token,
            "client_id": grant.client_id, "client_secret": grant.client_secret,
        });
        let response = read(crate::http::client().post(&grant.token_url).json(&body)).await.unwrap().json();
        let [error, next] = ["error", "refresh_token"].map(|name| response[name].as_str().map(str::to_owned));
        next.ok_or_else(|| error.unwrap())
    };
    let dead = Err("invalid_grant".to_owned());
    // The response of the first one is lost.
    sandbox.fault(Fault::drop_after());
    let body = json!({
        "grant_type": "refresh_token", "refresh_token": grant.refresh_token,
        "client_id": grant.client_id, "client_secret": grant.client_secret,
    });
    assert!(read(crate::http::client().post(&grant.token_url).json(&body)).await.is_err());
    sandbox.clock().advance(Duration::from_millis(599_999));
    let one = refresh(&grant, &grant.refresh_token).await.unwrap();
    let two = refresh(&grant, &one).await.unwrap();
    assert_ne!(one, two);
    assert_eq!(refresh(&other, &two).await, dead, "it is of another app");
    // The time counts from the first use.
    sandbox.clock().advance(Duration::from_millis(1));
    assert_eq!(refresh(&grant, &grant.refresh_token).await, dead);
    for token in [&one, &two, &grant.refresh_token] {
        assert_eq!(refresh(&grant, token).await, dead, "{token}");
    }
    assert!(refresh(&other, &other.refresh_token).await.is_ok());
}

#[tokio::test]
async fn an_app_is_checked_before_its_refresh_token() {
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let [grant, other] = [(); 2].map(|()| sandbox.grant(Role::Admin, &["read:servicedesk-request"]));
    let (token, secret) = (grant.refresh_token.as_str(), grant.client_secret.as_str());
    for (id, secret, token, status, error) in [
        ("unknown", "wrong", token, 401, "access_denied"),
        ("unknown", secret, token, 401, "access_denied"),
        ("", "", token, 401, "access_denied"),
        (&grant.client_id, "wrong", token, 401, "access_denied"),
        (&grant.client_id, "wrong", "unknown", 401, "access_denied"),
        (&grant.client_id, secret, "unknown", 403, "invalid_grant"),
        (&other.client_id, &other.client_secret, token, 403, "invalid_grant"),
    ] {
        let body = json!({
            "grant_type": "refresh_token", "client_id": id, "client_secret": secret, "refresh_token": token,
        });
        let response = read(crate::http::client().post(&grant.token_url).json(&body)).await.unwrap();
        let found = (response.status, response.json()["error"].as_str().unwrap().to_owned());
        assert_eq!(found, (status, error.to_owned()), "{body}");
    }
}

#[tokio::test]
async fn customers_of_a_service_desk_can_be_listed_five_times_a_second() {
    let sandbox = Sandbox::builder().rate_limits(RateLimits::documented()).start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let path = format!("{API}/servicedesk/1/customer?limit=1");
    for _ in 0..5 {
        assert_eq!(client.get(&path).await.status, 200);
    }
    let refused = client.get(&path).await;
    let headers = [
        "retry-after",
        "x-ratelimit-limit",
        "x-ratelimit-remaining",
        "x-ratelimit-reset",
        "ratelimit-reason",
    ];
    assert_eq!(refused.status, 429);
    assert_eq!(
        headers.map(|name| refused.header(name)),
        ["1", "5", "0", "2026-01-01T00:00:01Z", "jira-burst-based"]
    );
    assert_eq!(
        client.get(&format!("{API}/servicedesk")).await.status,
        200,
        "other endpoints have their own budget"
    );
    sandbox.clock().advance(Duration::from_millis(200));
    assert_eq!(client.get(&path).await.status, 200);
    assert_eq!(client.get(&path).await.status, 429);
}

#[tokio::test]
async fn an_issue_takes_twenty_writes_in_two_seconds() {
    let sandbox = Sandbox::builder().rate_limits(RateLimits::documented()).start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let comment = json!({"body": "again", "public": true});
    let path = |key: &str| format!("{API}/request/{key}/comment");
    for _ in 0..20 {
        assert_eq!(client.send("POST", &path("HELP-1"), &comment).await.status, 201);
    }
    let refused = client.send("POST", &path("HELP-1"), &comment).await;
    assert_eq!((refused.status, refused.header("ratelimit-reason")), (429, "jira-per-issue-on-write"));
    assert_eq!(client.get(&path("HELP-1")).await.status, 200);
    assert_eq!(client.send("POST", &path("HELP-2"), &comment).await.status, 201);
    sandbox.clock().advance(Duration::from_secs(2));
    assert_eq!(client.send("POST", &path("HELP-1"), &comment).await.status, 201);
}

#[tokio::test]
async fn points_of_apps_are_limited_until_the_hour_ends() {
    let limits = RateLimits::none().points(20);
    let seed = Seed::demo();
    let sandbox = Sandbox::builder().seed(seed).rate_limits(limits).start().await.unwrap();
    let grant = sandbox.grant(Role::Admin, &["read:servicedesk-request"]);
    let desks = format!("{}/ex/jira/{}{API}/servicedesk", sandbox.gateway_url(), sandbox.cloud_id());
    let get_desks = || read(crate::http::client().get(&desks).bearer_auth(&grant.access_token));
    // One point for the request and one for each of the two service desks.
    for left in ["17", "14", "11", "8", "5", "2", "0"] {
        let response = get_desks().await.unwrap();
        assert_eq!((response.status, response.header("x-ratelimit-remaining")), (200, left));
        assert_eq!(
            response.header("x-ratelimit-nearlimit"),
            if matches!(left, "2" | "0") { "true" } else { "" }
        );
    }
    sandbox.clock().advance(Duration::from_secs(600));
    let refused = get_desks().await.unwrap();
    assert_eq!((refused.status, refused.header("ratelimit-reason")), (429, "jira-quota-tenant-based"));
    assert_eq!(refused.header("retry-after"), "3000");
    let client = TestClient::admin(&sandbox);
    assert_eq!(client.get(&format!("{API}/servicedesk")).await.status, 200, "API tokens are exempt");
    sandbox.clock().advance(Duration::from_secs(2_999));
    assert_eq!(get_desks().await.unwrap().status, 429);
    sandbox.clock().advance(Duration::from_secs(1));
    assert_eq!(get_desks().await.unwrap().status, 401, "by now the access token is an hour old");
    let grant = sandbox.grant(Role::Admin, &["read:servicedesk-request"]);
    let response = read(crate::http::client().get(&desks).bearer_auth(&grant.access_token)).await.unwrap();
    assert_eq!(response.status, 200);
}

#[tokio::test]
async fn what_the_api_ignores_is_recorded() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    assert_eq!(
        client.get(&format!("{API}/servicedesk?maxResults=5&requestLanguage=de-DE")).await.status,
        200
    );
    assert_eq!(client.send("GET", &format!("{API}/info"), &json!({})).await.status, 200);
    assert_eq!(client.get(&format!("{API}/customers")).await.status, 404);
    let path = format!("{API}/organization");
    assert_eq!(client.send("POST", &path, &json!({"name": "Moss", "nmae": "Moos"})).await.status, 201);
    // A deprecated property replaces the one that is required now.
    let path = format!("{API}/customer");
    let old = json!({"email": "old@example.com", "fullName": "Olga Old"});
    assert_eq!(client.send("POST", &path, &old).await.status, 201);
    let path = format!("{API}/servicedesk/1/customer/invite");
    assert_eq!(client.send("POST", &path, &json!({"email": customer(0)})).await.status, 400);
    let violations: Vec<String> = sandbox.violations().iter().map(ToString::to_string).collect();
    assert_eq!(
        violations,
        [
            "servicedesk GetServiceDesks request: query parameter maxResults is unknown",
            "servicedesk GetInfo request: body is not expected",
            "GET /rest/servicedeskapi/customers request: there is no such operation",
            "servicedesk CreateOrganization request: body.nmae is unknown",
            "servicedesk CreateCustomer request: body.displayName is missing",
            "servicedesk InviteCustomer request: body.displayName is missing",
        ]
    );
}

#[tokio::test]
async fn a_project_key_is_taken_in_paths_alone() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let new = |desk: &str| json!({"serviceDeskId": desk, "requestTypeId": "1", "requestFieldValues": {"summary": "PC"}});
    let mut seen = Vec::new();
    for desk in ["1", "HELP", "projectKey:HELP", "serviceDeskId:1"] {
        let status = async |path: String| client.get(&path).await.status;
        seen.push((
            desk,
            status(format!("{API}/servicedesk/{desk}/requesttype")).await,
            status(format!("{API}/requesttype?serviceDeskId={desk}")).await,
            status(format!("{API}/requesttype?serviceDeskId=2,{desk}")).await,
            status(format!("{API}/request?serviceDeskId={desk}")).await,
            client.send("POST", &format!("{API}/request"), &new(desk)).await.status,
            client.send("POST", &format!("{API}/request/validate"), &new(desk)).await.status,
        ));
    }
    assert_eq!(
        seen,
        [
            ("1", 200, 200, 200, 200, 201, 200),
            ("HELP", 200, 400, 400, 400, 400, 400),
            ("projectKey:HELP", 200, 400, 400, 400, 400, 400),
            ("serviceDeskId:1", 200, 400, 400, 400, 400, 400),
        ]
    );
    let error = client.get(&format!("{API}/request?serviceDeskId=HELP")).await.text;
    assert!(error.contains("query parameter serviceDeskId is not a number"), "{error}");
}

#[tokio::test]
async fn an_id_in_a_path_that_has_to_be_a_number_is_recorded_where_it_is_none() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    for (path, violations) in [
        ("/organization/1", 0),
        ("/organization/99", 0),
        ("/organization/Acme", 1),
        ("/servicedesk/HELP/queue/10", 0),
        ("/servicedesk/HELP/queue/All", 1),
        ("/request/HELP-1/comment/none", 1),
    ] {
        let before = sandbox.violations().len();
        client.get(&format!("{API}{path}")).await;
        assert_eq!(sandbox.violations().len() - before, violations, "{path}: {:?}", sandbox.violations());
    }
}

#[tokio::test]
async fn points_can_be_reported_and_not_enforced() {
    let limits = RateLimits::none().report_points(10);
    let sandbox = Sandbox::builder().rate_limits(limits).start().await.unwrap();
    sandbox.clock().advance(Duration::from_secs(30 * 60));
    let client = TestClient::new(&sandbox, Role::Anonymous);
    let grant = sandbox.grant(Role::Admin, &["read:servicedesk-request"]);
    let address =
        format!("{}/ex/jira/{}{API}/servicedesk?limit=2", sandbox.gateway_url(), sandbox.cloud_id());
    let mut text = String::new();
    for _ in 0..4 {
        let request = client.request("GET", &address).bearer_auth(&grant.access_token);
        let response = read(request).await.unwrap();
        text += &format!("{}\n", response.status);
        for (name, value) in &response.headers {
            if name.as_str().contains("beta-") || name.as_str().contains("ratelimit") {
                text += &format!("  {name}: {}\n", value.to_str().unwrap());
            }
        }
    }
    snapshot("reported_points", &text);
    // Requests with API tokens cost nothing.
    let response = TestClient::admin(&sandbox).get(&format!("{API}/servicedesk")).await;
    assert_eq!((response.status, response.header("beta-ratelimit")), (200, ""));
}
