//! Endpoints that a test serves itself.

use std::sync::{Arc, Barrier};

use jsm_sandbox::{Consent, Fault, Role, RouteResponse, Sandbox, Seed};
use serde_json::{Value, json};

use crate::client::{TestClient, read};

const PROJECT: &str = "/rest/api/3/project/{key}";

/// A route that responds with what it was sent.
fn echo(sandbox: &Sandbox) {
    sandbox.route("post", "/rest/api/3/thing/{id}/part/{part}", |request| {
        json!({
            "method": request.method,
            "path": request.path,
            "id": request.parameter("id"),
            "part": request.parameter("part"),
            "query": request.query_pairs(),
            "first": request.query("a"),
            "none": request.query("b"),
            "header": request.header("x-color"),
            "login": request.header("authorization"),
            "body": request.json(),
            "account": request.account_id,
            "role": format!("{:?}", request.role),
        })
    });
}

#[tokio::test]
async fn a_route_reads_all_of_a_request_on_the_site_and_on_the_gateway() {
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    echo(&sandbox);
    let client = TestClient::new(&sandbox, Role::Agent);
    let path = "/rest/api/3/thing/caf%C3%A9%2Fbar/part/2?a=1&a=x%26y";
    let (gateway, cloud_id) = (sandbox.gateway_url(), sandbox.cloud_id());
    for address in [
        path.to_owned(),
        format!("{gateway}/ex/jira/{cloud_id}{path}"),
        format!("{}/ex/jira/{cloud_id}{path}", sandbox.url()),
    ] {
        let request = client.request("POST", &address).header("x-color", "blue").body(r#"{"n":[1]}"#);
        let response = read(request).await.unwrap();
        assert_eq!(
            (response.status, response.json()),
            (
                200,
                json!({
                    "method": "POST",
                    "path": "/rest/api/3/thing/caf%C3%A9%2Fbar/part/2",
                    "id": "caf\u{e9}/bar",
                    "part": "2",
                    "query": [["a", "1"], ["a", "x&y"]],
                    "first": "1",
                    "none": null,
                    "header": "blue",
                    "login": "[redacted]",
                    "body": {"n": [1]},
                    "account": sandbox.account(Role::Agent).account_id,
                    "role": "Agent",
                })
            ),
            "{address}"
        );
    }
    let recorded: Vec<String> = sandbox.requests().iter().map(ToString::to_string).collect();
    assert_eq!(recorded[0], format!("POST {path} 200"));
    assert_eq!(recorded.len(), 3);
}

#[tokio::test]
async fn a_route_is_found_by_method_and_path_alone() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    for (method, path) in [
        ("GET", PROJECT),
        ("GET", "/rest/api/3/project/search"),
        ("DELETE", PROJECT),
        ("GET", "/jsm/assets/workspace/{id}/v1/object"),
        ("GET", "/rest/servicedeskapi/info"),
        ("GET", "/rest/api/3/größe/mit leerzeichen"),
        ("GET", "/rest/api/3/gr%C3%B6%C3%9Fe"),
    ] {
        sandbox.route(method, path, move |request| {
            RouteResponse::text(200, format!("{} {path}", request.method))
        });
    }
    let (gateway, cloud_id) = (sandbox.gateway_url(), sandbox.cloud_id());
    for (method, path, expected) in [
        ("GET", "/rest/api/3/project/HELP".to_owned(), Some(format!("GET {PROJECT}"))),
        ("DELETE", "/rest/api/3/project/HELP".to_owned(), Some(format!("DELETE {PROJECT}"))),
        ("GET", "/rest/api/3/project/search".to_owned(), Some("GET /rest/api/3/project/search".to_owned())),
        // A route takes precedence over an operation.
        ("GET", "/rest/servicedeskapi/info".to_owned(), Some("GET /rest/servicedeskapi/info".to_owned())),
        (
            "GET",
            "/rest/api/3/gr%C3%B6%c3%9fe/mit%20leerzeichen".to_owned(),
            Some("GET /rest/api/3/größe/mit leerzeichen".to_owned()),
        ),
        ("GET", "/rest/api/3/gr%C3%B6%C3%9Fe".to_owned(), Some("GET /rest/api/3/gr%C3%B6%C3%9Fe".to_owned())),
        (
            "GET",
            format!("{gateway}/jsm/assets/workspace/7/v1/object"),
            Some("GET /jsm/assets/workspace/{id}/v1/object".to_owned()),
        ),
        ("PUT", "/rest/api/3/project/HELP".to_owned(), None),
        ("GET", "/rest/api/3/project".to_owned(), None),
        ("GET", "/rest/api/3/project/".to_owned(), None),
        ("GET", "/rest/api/3/project/HELP/more".to_owned(), None),
        // The gateway serves the paths of the site behind the id of this site alone.
        ("GET", format!("{gateway}/rest/api/3/project/HELP"), None),
        ("GET", format!("{gateway}/ex/jira/another-site/rest/api/3/project/HELP"), None),
        ("GET", format!("{gateway}/ex/jira/{cloud_id}0/rest/api/3/project/HELP"), None),
    ] {
        let response = client.send(method, &path, &Value::Null).await;
        match expected {
            Some(text) => assert_eq!((response.status, response.text), (200, text), "{method} {path}"),
            None => assert_eq!(response.status, 404, "{method} {path}: {}", response.text),
        }
    }
    sandbox.route(reqwest::Method::GET, PROJECT, |_| RouteResponse::empty(204));
    assert_eq!(client.get("/rest/api/3/project/HELP").await.status, 204, "the newer route counts");
    assert_eq!(client.get("/rest/servicedeskapi/servicedesk").await.status, 200);
}

#[tokio::test]
async fn a_route_needs_credentials_that_are_good_there() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.route("GET", "/rest/api/3/myself", |request| json!({"accountId": request.account_id}));
    let gateway = format!("{}/ex/jira/{}/rest/api/3/myself", sandbox.gateway_url(), sandbox.cloud_id());
    let site = "/rest/api/3/myself".to_owned();
    let anonymous = TestClient::new(&sandbox, Role::Anonymous);
    let scoped = sandbox.scoped_token(Role::Agent, &[]);
    let grant = sandbox.grant(Role::Customer, &[]);
    for (address, on_gateway) in [(&site, false), (&gateway, true)] {
        assert_eq!(anonymous.get(address).await.status, 401);
        let wrong = anonymous.request("GET", address).basic_auth(sandbox.email(), Some("wrong"));
        assert_eq!(read(wrong).await.unwrap().status, 401);
        let scoped = anonymous.request("GET", address).basic_auth(&scoped.email, Some(&scoped.token));
        assert_eq!(read(scoped).await.unwrap().status, if on_gateway { 200 } else { 401 });
        let bearer = read(anonymous.request("GET", address).bearer_auth(&grant.access_token)).await.unwrap();
        assert_eq!(bearer.status, if on_gateway { 200 } else { 401 });
        if on_gateway {
            assert_eq!(bearer.json()["accountId"], sandbox.account(Role::Customer).account_id);
        }
    }
}

#[tokio::test]
async fn faults_happen_to_routes() {
    let sandbox = Sandbox::start().await.unwrap();
    let client = TestClient::admin(&sandbox);
    let site = sandbox.url().to_owned();
    sandbox.route("GET", "/rest/api/3/thing/search", move |request| {
        let start: u64 = request.query("startAt").unwrap_or("0").parse().unwrap();
        json!({"startAt": start, "isLast": true, "values": [start], "self": format!("{site}/rest/api/3/thing")})
    });
    sandbox.route("GET", PROJECT, |_| json!({}));
    let path = "/rest/api/3/thing/search?startAt=4";
    sandbox.fault(Fault::status(503).on(PROJECT));
    assert_eq!(client.get(path).await.json()["values"], json!([4]));
    assert_eq!(client.get("/rest/api/3/project/HELP").await.status, 503);
    sandbox.fault(Fault::drop_after().on("/rest/api/3/thing/search"));
    assert!(read(client.request("GET", path)).await.is_err());
    sandbox.fault(Fault::repeat_page());
    assert_eq!(client.get("/rest/api/3/thing/search?startAt=9").await.json()["startAt"], 4);
    sandbox.fault(Fault::foreign_links("https://elsewhere.example.com"));
    assert_eq!(client.get(path).await.json()["self"], "https://elsewhere.example.com/rest/api/3/thing");
    sandbox.fault(Fault::endless());
    let page = client.get(path).await.json();
    assert_eq!((&page["startAt"], &page["isLast"]), (&json!(4), &json!(false)));
}

#[tokio::test]
async fn a_handler_that_panics_or_waits_holds_up_nothing() {
    let sandbox = Arc::new(Sandbox::start().await.unwrap());
    let client = TestClient::admin(&sandbox);
    let barrier = Arc::new(Barrier::new(2));
    sandbox
        .route("GET", "/rest/api/3/panic", |request| -> Value { panic!("{}", request.parameter("nothing")) });
    let weak = Arc::downgrade(&sandbox);
    sandbox.route("GET", "/rest/api/3/wait", move |_| {
        // Two requests at once, each of which uses the sandbox.
        barrier.wait();
        json!(weak.upgrade().unwrap().requests().len())
    });
    assert_eq!(client.get("/rest/api/3/panic").await.status, 500);
    let (one, other) = tokio::join!(client.get("/rest/api/3/wait"), client.get("/rest/api/3/wait"));
    assert_eq!((one.status, one.text.as_str(), other.text.as_str()), (200, "3", "3"));
    sandbox.fault(Fault::status(503).matching(|_| panic!("a condition")));
    assert_eq!(client.get("/rest/api/3/wait").await.status, 500);
    sandbox.clear_faults();
    assert_eq!(client.get("/rest/servicedeskapi/info").await.status, 200);
}

#[tokio::test]
async fn a_request_without_a_response_is_recorded_and_a_sandbox_ends_without_it() {
    let sandbox = Sandbox::start().await.unwrap();
    let (begin, begun) = std::sync::mpsc::channel();
    let (end, ended) = std::sync::mpsc::channel::<()>();
    let ended = std::sync::Mutex::new(ended);
    sandbox.route("GET", "/rest/api/3/wait", move |_| {
        begin.send(()).unwrap();
        let _ = ended.lock().unwrap().recv();
        json!(null)
    });
    let client = TestClient::admin(&sandbox);
    let request = tokio::spawn(read(client.request("GET", "/rest/api/3/wait")));
    tokio::task::spawn_blocking(move || begun.recv()).await.unwrap().unwrap();
    let recorded = sandbox.requests();
    assert_eq!((recorded.len(), recorded[0].status), (1, None));
    drop(sandbox);
    assert!(request.await.unwrap().is_err());
    drop(end);
}

#[test]
fn a_path_that_is_none_is_refused() {
    let sandbox = Sandbox::builder().start_blocking().unwrap();
    for path in [
        "",
        "rest/api",
        "https://example.com/rest",
        "/rest?x=1",
        "/rest#x",
        "/rest/{}",
        "/rest/{id",
        "/rest/x{id}",
        "/rest/{id}/{id}",
    ] {
        let route = std::panic::AssertUnwindSafe(|| sandbox.route("GET", path, |_| json!({})));
        assert!(std::panic::catch_unwind(route).is_err(), "{path}");
    }
}

#[tokio::test]
async fn one_route_serves_all_sites_and_knows_which() {
    let sandbox = Sandbox::builder().site("Moss", Seed::empty()).start().await.unwrap();
    sandbox.route("GET", "/rest/api/3/serverInfo", |request| json!(request.site.as_ref().unwrap().name));
    sandbox.route("GET", "/jsm/assets/workspace/{id}", |request| json!(request.site.is_none()));
    let client = TestClient::admin(&sandbox);
    let [first, moss] = sandbox.sites().try_into().unwrap();
    for (site, name) in [(&first, "sandbox"), (&moss, "Moss")] {
        for address in [site.url.clone(), format!("{}/ex/jira/{}", sandbox.gateway_url(), site.cloud_id)] {
            let response = client.get(&format!("{address}/rest/api/3/serverInfo")).await;
            assert_eq!(response.json(), json!(name), "{address}");
        }
    }
    let response = client.get(&format!("{}/jsm/assets/workspace/7", sandbox.gateway_url())).await;
    assert_eq!(response.json(), json!(true));
}

#[tokio::test]
async fn a_token_for_one_site_is_refused_by_the_routes_and_the_platform_of_another() {
    let sandbox = Sandbox::builder().site("Moss", Seed::empty()).start().await.unwrap();
    sandbox.route("GET", "/rest/api/3/serverInfo", |_| json!({}));
    let [first, moss] = sandbox.sites().try_into().unwrap();
    sandbox.consent(Consent::by(Role::Agent).site(&moss.cloud_id));
    let app = sandbox.oauth_app("https://app.example.com/callback");
    let page = format!(
        "{}?client_id={}&redirect_uri=https://app.example.com/callback&response_type=code&audience=api.atlassian.com\
         &scope=read:jira-user",
        app.authorize_url, app.client_id
    );
    let code = sandbox.visit(&page).unwrap().split_once("code=").unwrap().1.to_owned();
    let client = TestClient::new(&sandbox, Role::Anonymous);
    let exchange = json!({
        "grant_type": "authorization_code", "client_id": app.client_id, "client_secret": app.client_secret, "code": code,
        "redirect_uri": "https://app.example.com/callback",
    });
    let tokens = client.send("POST", &app.token_url, &exchange).await.json();
    for (site, status) in [(&moss, 200), (&first, 401)] {
        for path in ["/rest/api/3/serverInfo", "/rest/api/3/myself"] {
            let address = format!("{}/ex/jira/{}{path}", sandbox.gateway_url(), site.cloud_id);
            let request =
                client.request("GET", &address).bearer_auth(tokens["access_token"].as_str().unwrap());
            assert_eq!(read(request).await.unwrap().status, status, "{address}");
        }
    }
}
