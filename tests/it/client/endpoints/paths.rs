//! Where requests go, and where they do not.

use jsm_client::http::Method;
use jsm_client::{Client, ErrorKind, ListStyle};
use serde_json::{Value, json};

use crate::client::clock::TestClock;
use crate::client::script::{Script, empty, json};
use crate::client::{CLOUD_ID, to};

#[tokio::test]
async fn the_credentials_choose_the_site_or_the_gateway() {
    let site = Script::serve(|_| json(200, &json!({"cloudId": CLOUD_ID}))).await;
    let gateway = Script::serve(|_| json(200, &json!({}))).await;
    let of = |token: &str| {
        let builder = Client::builder(&site.url).gateway(&gateway.url).clock(TestClock::new());
        match token {
            "site" => builder.api_token("ada@example.com", "t"),
            "scoped" => builder.scoped_api_token("ada@example.com", "t"),
            _ => builder.bearer_token("t"),
        }
        .base_variable("workspaceId", "w1")
        .build()
        .unwrap()
    };
    let below = format!("/ex/jira/{CLOUD_ID}");
    for (token, path, at_gateway, sent) in [
        ("site", "/rest/api/3/myself", false, "site /rest/api/3/myself".to_owned()),
        ("scoped", "/rest/api/3/myself", false, format!("gateway {below}/rest/api/3/myself")),
        ("bearer", "/rest/api/3/myself", false, format!("gateway {below}/rest/api/3/myself")),
        (
            "site",
            "/jsm/csm/cloudid/{cloudId}/api/v2/x",
            false,
            format!("gateway /jsm/csm/cloudid/{CLOUD_ID}/api/v2/x"),
        ),
        (
            "site",
            "/jsm/ops/api/{cloudId}/v1/alerts",
            false,
            format!("gateway /jsm/ops/api/{CLOUD_ID}/v1/alerts"),
        ),
        (
            "site",
            "/jsm/assets/workspace/{workspaceId}/v1/x",
            false,
            "gateway /jsm/assets/workspace/w1/v1/x".to_owned(),
        ),
        ("bearer", "/jsm/assets/workspace/w2/v1/x", true, "gateway /jsm/assets/workspace/w2/v1/x".to_owned()),
    ] {
        let client = of(token);
        let mut request = client.request(Method::GET, path).query(&[("q", "a b")]);
        if at_gateway {
            request = request.at_gateway();
        }
        let (before_site, before_gateway) = (site.requests().len(), gateway.requests().len());
        request.send::<Value>().await.unwrap();
        let asked = site.requests()[before_site..]
            .iter()
            .filter(|asked| asked.path != "/_edge/tenant_info")
            .cloned()
            .collect::<Vec<_>>();
        let reached = match (&asked[..], &gateway.requests()[before_gateway..]) {
            ([one], []) => format!("site {}", one.path),
            ([], [one]) => format!("gateway {}", one.path),
            other => panic!("one request was expected: {other:?}"),
        };
        assert_eq!(reached, sent, "{token} {path}");
    }
    // A client of the gateway's address of a site.
    let client =
        Client::builder(format!("{}/ex/jira/{CLOUD_ID}", gateway.url)).api_token("ada@example.com", "t");
    client.build().unwrap().request(Method::GET, "/rest/api/3/myself").send::<Value>().await.unwrap();
    assert_eq!(gateway.requests().last().unwrap().path, format!("{below}/rest/api/3/myself"));
}

#[tokio::test]
async fn what_leads_elsewhere_is_refused_before_anything_is_sent() {
    let script = Script::serve(|_| json(200, &json!([]))).await;
    let scoped =
        |url: &str| to(url, &TestClock::new()).scoped_api_token("ada@example.com", "t").build().unwrap();
    for jira in [to(&script.url, &TestClock::new()).build().unwrap(), scoped(&script.url)] {
        for path in [
            "",
            "/",
            "rest/api",
            "https://evil.example/rest",
            "http:/evil.example",
            "//evil.example/rest",
            "/\\evil.example",
            "\\\\evil.example",
            "@evil.example",
            ".evil.example",
            ":80@evil.example/",
            "/rest/../../ex/jira/other/rest",
            "/%2e%2e/%2E%2e/x",
            "/%252e%252e/x",
            "/a/..%2f..%2fx",
            "/a/..;/x",
            "/a//b",
            "/a/",
            "/a?x=1",
            "/a#b",
            "/a\r\nHost: evil.example",
            "/a%0d%0aX: y",
            "/a\tb",
            "/{key}",
            "/{cloudid}",
        ] {
            let request = || jira.request(Method::GET, path.to_owned());
            for error in [
                request().send::<Value>().await.unwrap_err(),
                request().send_raw().await.map(drop).unwrap_err(),
                request().at_gateway().send::<Value>().await.unwrap_err(),
                request().items::<Value>(ListStyle::offset("start", "limit")).try_next().await.unwrap_err(),
                request().json(&json!({})).send::<()>().await.unwrap_err(),
            ] {
                assert_eq!(
                    (error.kind(), error.attempts()),
                    (ErrorKind::Configuration, 0),
                    "{path:?}: {error}"
                );
                assert!(error.to_string().contains("the path "), "{path:?}: {error}");
            }
        }
        for value in ["", "..", "a/b", "a\\b", "..;x", "a\nb"] {
            let request = jira.request(Method::GET, "/issue/{key}").path_param("key", value);
            let error = request.send::<Value>().await.unwrap_err();
            assert!(error.is_configuration() && error.to_string().contains("key "), "{value:?}: {error}");
        }
    }
    assert_eq!(script.requests().len(), 0);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let other = Script::serve(|_| json(200, &json!({}))).await;
    for status in [301, 302, 303, 307, 308] {
        let to_other = other.url.clone();
        let script = Script::serve(move |_| empty(status).header("Location", &to_other)).await;
        let jira = to(&script.url, &TestClock::new()).build().unwrap();
        let error = jira.request(Method::GET, "/x").send::<Value>().await.unwrap_err();
        assert!(error.is_authentication() && error.to_string().contains("not followed"), "{error}");
        assert!(jira.request(Method::GET, "/x").send_raw().await.is_err());
    }
    assert_eq!(other.requests().len(), 0);
}
