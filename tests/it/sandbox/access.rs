//! What keeps requests out: credentials, roles, scopes, headers, bodies and limits.
//!
//! The fields that bodies cannot go without are on the every_operation.

use std::time::Duration;

use jsm_sandbox::{RateLimits, Role, Sandbox, Seed};
use serde_json::{Value, json};

use super::{Answer, Visitor, customer, read, snapshot};

const API: &str = "/rest/servicedeskapi";

fn line(what: &str, answer: &Answer) -> String {
    format!("{what}\n  {} {}\n", answer.status, answer.text)
}

#[tokio::test]
async fn refusals_have_the_shapes_that_the_apis_give_them() {
    let sandbox = Sandbox::start().await.unwrap();
    let (admin, customer) = (Visitor::admin(&sandbox), Visitor::new(&sandbox, Role::Customer));
    let nobody = Visitor::new(&sandbox, Role::Anonymous);
    let mut text = String::new();
    let mut tell = |what: &str, answer: Answer| text += &line(what, &answer);
    tell("nobody lists desks", nobody.get("/rest/servicedeskapi/servicedesk").await);
    tell("nobody reads products", nobody.get("/api/v1/product").await);
    tell("a customer lists customers", customer.get("/rest/servicedeskapi/servicedesk/1/customer").await);
    tell("a desk that is not there", admin.get("/rest/servicedeskapi/servicedesk/99").await);
    tell("a product that is not there", admin.get("/api/v1/product/99").await);
    tell("a path that is not there", admin.get("/rest/servicedeskapi/desk").await);
    tell("a method that is not there", admin.send("DELETE", "/rest/servicedeskapi/info", &Value::Null).await);
    tell("a limit that is no number", admin.get("/rest/servicedeskapi/servicedesk?limit=ten").await);
    tell("a start before the first", admin.get("/rest/servicedeskapi/servicedesk?start=-1").await);
    let path = "/rest/servicedeskapi/organization";
    tell("a name that is a number", admin.send("POST", path, &json!({"name": 5})).await);
    let raw = admin.request("POST", path).header("content-type", "application/json").body("{");
    tell("half an object", read(raw).await.unwrap());
    tell("a body of no type", read(admin.request("POST", path).body("{}")).await.unwrap());
    let path = "/rest/servicedeskapi/servicedesk/1/attachTemporaryFile";
    let form = admin
        .request("POST", path)
        .header("content-type", "multipart/form-data; boundary=x")
        .body("--x--\r\n");
    tell("a form from another page", read(form).await.unwrap());
    let new = |number: &str, fields: Value| json!({"serviceDeskId": "1", "requestTypeId": number, "requestFieldValues": fields});
    let path = "/rest/servicedeskapi/request";
    tell("a request without its fields", admin.send("POST", path, &new("5", json!({"color": "red"}))).await);
    tell("a form without answers", admin.send("POST", path, &new("6", json!({"summary": "PC"}))).await);
    let path = "/rest/servicedeskapi/request/validate";
    tell("the same, only asked for", admin.send("POST", path, &new("6", json!({"summary": "PC"}))).await);
    let path = "/rest/servicedeskapi/request/HELP-1/comment";
    tell("a comment for whom", admin.send("POST", path, &json!({"body": "Hm"})).await);
    let path = "/rest/servicedeskapi/request/HELP-1/feedback";
    tell("six stars of five", admin.send("POST", path, &json!({"rating": 6})).await);
    snapshot("refusals", &text);
}

#[tokio::test]
async fn roles_see_what_is_theirs() {
    let sandbox = Sandbox::start().await.unwrap();
    let [admin, agent, customer] =
        [Role::Admin, Role::Agent, Role::Customer].map(|role| Visitor::new(&sandbox, role));
    for (visitor, path, status) in [
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
        let answer = visitor.get(&format!("{API}{path}")).await;
        assert_eq!(answer.status, status, "{:?} {path}: {}", visitor.role, answer.text);
    }
    let name = json!({"name": "Ferns"});
    assert_eq!(customer.send("POST", &format!("{API}/organization"), &name).await.status, 403);
    assert_eq!(agent.send("POST", &format!("{API}/organization"), &name).await.status, 201);
    assert_eq!(agent.send("DELETE", &format!("{API}/organization/6"), &Value::Null).await.status, 403);
}

#[tokio::test]
async fn experimental_operations_want_the_header() {
    let sandbox = Sandbox::start().await.unwrap();
    let account = sandbox.account(Role::Admin);
    for info in jsm_raw::servicedesk::OPERATIONS.iter().chain(&jsm_raw::csm::OPERATIONS) {
        let base = match info.api {
            "csm" => format!("{}/jsm/csm/cloudid/{}", sandbox.gateway_url(), sandbox.cloud_id()),
            _ => sandbox.url().to_owned(),
        };
        let path = info.path.replace(['{', '}'], "");
        let method = info.method.parse().unwrap();
        let request = reqwest::Client::new().request(method, format!("{base}{path}"));
        let answer = read(request.basic_auth(&account.email, Some(&account.token))).await.unwrap();
        assert_eq!(
            answer.status == 412,
            info.experimental || info.always_opt_in,
            "{} {}",
            info.api,
            info.name
        );
    }
}

#[tokio::test]
async fn refused_credentials_are_noticed_only_in_a_header_where_everybody_may_read() {
    let sandbox = Sandbox::start().await.unwrap();
    let url = format!("{}{API}/info", sandbox.url());
    let request = reqwest::Client::new().get(&url).basic_auth("admin@sandbox.example.com", Some("wrong"));
    let answer = read(request).await.unwrap();
    assert_eq!((answer.status, answer.header("x-seraph-loginreason")), (200, "AUTHENTICATED_FAILED"));
    let answer = Visitor::admin(&sandbox).get(&format!("{API}/info")).await;
    assert_eq!(answer.header("x-aaccountid"), sandbox.account(Role::Admin).account_id);
}

#[tokio::test]
async fn scopes_are_what_the_document_asks_for() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = reqwest::Client::new();
    let requests = format!("{}/ex/jira/{}{API}/request", sandbox.gateway_url(), sandbox.cloud_id());
    for (scopes, status) in [
        (&["read:servicedesk-request"][..], 200),
        (&["write:servicedesk-request"], 401),
        (&["manage:servicedesk-customer", "read:servicedesk-request"], 200),
        // Of the granular scopes it takes all.
        (&["read:request:jira-service-management"], 401),
        (&["read:request:jira-service-management", "read:user:jira"], 200),
    ] {
        let grant = sandbox.grant(Role::Agent, scopes);
        let answer = read(client.get(&requests).bearer_auth(&grant.access_token)).await.unwrap();
        assert_eq!(answer.status, status, "{scopes:?}: {}", answer.text);
        if status == 401 {
            assert_eq!(answer.json(), json!({"code": 401, "message": "Unauthorized; scope does not match"}));
        }
        let scoped = sandbox.scoped_token(Role::Agent, scopes);
        let answer =
            read(client.get(&requests).basic_auth(&scoped.email, Some(&scoped.token))).await.unwrap();
        assert_eq!(answer.status, status, "a scoped token of {scopes:?}");
        // On the site itself neither of them is good for anything.
        let site = format!("{}{API}/request", sandbox.url());
        let answer = read(client.get(&site).basic_auth(&scoped.email, Some(&scoped.token))).await.unwrap();
        assert_eq!(answer.status, 401);
        assert_eq!(read(client.get(&site).bearer_auth(&grant.access_token)).await.unwrap().status, 401);
    }
}

#[tokio::test]
async fn refresh_tokens_rotate_and_access_tokens_expire() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = reqwest::Client::new();
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
    let again = refresh(&grant.refresh_token).await.unwrap();
    assert_eq!((again.status, again.json()["error"].as_str()), (403, Some("invalid_grant")));
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
        "no secret is logged"
    );
}

#[tokio::test]
async fn customers_of_a_desk_are_listed_five_times_a_second() {
    let sandbox = Sandbox::builder().rate_limits(RateLimits::documented()).start().await.unwrap();
    let visitor = Visitor::admin(&sandbox);
    let path = format!("{API}/servicedesk/1/customer?limit=1");
    for _ in 0..5 {
        assert_eq!(visitor.get(&path).await.status, 200);
    }
    let refused = visitor.get(&path).await;
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
        visitor.get(&format!("{API}/servicedesk")).await.status,
        200,
        "other endpoints have their own budget"
    );
    sandbox.clock().advance(Duration::from_millis(200));
    assert_eq!(visitor.get(&path).await.status, 200);
    assert_eq!(visitor.get(&path).await.status, 429);
}

#[tokio::test]
async fn an_issue_takes_twenty_writes_in_two_seconds() {
    let sandbox = Sandbox::builder().rate_limits(RateLimits::documented()).start().await.unwrap();
    let visitor = Visitor::admin(&sandbox);
    let comment = json!({"body": "again", "public": true});
    let path = |key: &str| format!("{API}/request/{key}/comment");
    for _ in 0..20 {
        assert_eq!(visitor.send("POST", &path("HELP-1"), &comment).await.status, 201);
    }
    let refused = visitor.send("POST", &path("HELP-1"), &comment).await;
    assert_eq!((refused.status, refused.header("ratelimit-reason")), (429, "jira-per-issue-on-write"));
    assert_eq!(visitor.get(&path("HELP-1")).await.status, 200);
    assert_eq!(visitor.send("POST", &path("HELP-2"), &comment).await.status, 201);
    sandbox.clock().advance(Duration::from_secs(2));
    assert_eq!(visitor.send("POST", &path("HELP-1"), &comment).await.status, 201);
}

#[tokio::test]
async fn points_are_counted_for_programs_until_the_hour_turns() {
    let limits = RateLimits::none().points(20);
    let seed = Seed::demo();
    let sandbox = Sandbox::builder().seed(seed).rate_limits(limits).start().await.unwrap();
    let grant = sandbox.grant(Role::Admin, &["read:servicedesk-request"]);
    let desks = format!("{}/ex/jira/{}{API}/servicedesk", sandbox.gateway_url(), sandbox.cloud_id());
    let ask = || read(reqwest::Client::new().get(&desks).bearer_auth(&grant.access_token));
    // One point for the call and one for each of the two desks.
    for left in ["17", "14", "11", "8", "5", "2", "0"] {
        let answer = ask().await.unwrap();
        assert_eq!((answer.status, answer.header("x-ratelimit-remaining")), (200, left));
        assert_eq!(
            answer.header("x-ratelimit-nearlimit"),
            if matches!(left, "2" | "0") { "true" } else { "" }
        );
    }
    sandbox.clock().advance(Duration::from_secs(600));
    let refused = ask().await.unwrap();
    assert_eq!((refused.status, refused.header("ratelimit-reason")), (429, "jira-quota-tenant-based"));
    assert_eq!(refused.header("retry-after"), "3000");
    let visitor = Visitor::admin(&sandbox);
    assert_eq!(visitor.get(&format!("{API}/servicedesk")).await.status, 200, "API tokens are exempt");
    sandbox.clock().advance(Duration::from_secs(2_999));
    assert_eq!(ask().await.unwrap().status, 429);
    sandbox.clock().advance(Duration::from_secs(1));
    assert_eq!(ask().await.unwrap().status, 401, "by now the access token is an hour old");
    let grant = sandbox.grant(Role::Admin, &["read:servicedesk-request"]);
    let answer = read(reqwest::Client::new().get(&desks).bearer_auth(&grant.access_token)).await.unwrap();
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn what_the_api_passes_over_is_recorded_all_the_same() {
    let sandbox = Sandbox::start().await.unwrap();
    let visitor = Visitor::admin(&sandbox);
    assert_eq!(
        visitor.get(&format!("{API}/servicedesk?maxResults=5&requestLanguage=de-DE")).await.status,
        200
    );
    assert_eq!(visitor.send("GET", &format!("{API}/info"), &json!({})).await.status, 200);
    assert_eq!(visitor.get(&format!("{API}/customers")).await.status, 404);
    let path = format!("{API}/organization");
    assert_eq!(visitor.send("POST", &path, &json!({"name": "Moss", "nmae": "Moos"})).await.status, 201);
    // A name from older days stands in for the one that is asked for now.
    let path = format!("{API}/customer");
    let old = json!({"email": "old@example.com", "fullName": "Olga Old"});
    assert_eq!(visitor.send("POST", &path, &old).await.status, 201);
    let path = format!("{API}/servicedesk/1/customer/invite");
    assert_eq!(visitor.send("POST", &path, &json!({"email": customer(0)})).await.status, 400);
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
