//! Addresses of sites, tokens as they are pasted, and headers that are not the caller's.

use jsm_client::csm::product::GetProducts;
use jsm_client::servicedesk::organization::GetOrganization;
use jsm_client::{Client, ClientBuilder, ErrorKind};
use serde_json::json;

use super::clock::TestClock;
use super::script::{Script, ScriptedResponse, body_of, empty, json};
use super::{CLOUD_ID, to};

fn fine() -> ScriptedResponse {
    json(200, &json!({"id": "1", "values": [], "results": []}))
}

#[tokio::test]
async fn a_pasted_address_of_the_gateway_is_gateway_and_cloud_id() {
    for end in ["", "/", "/\n"] {
        let script = Script::serve(|_| fine()).await;
        let pasted = format!("{}/ex/jira/{CLOUD_ID}{end}", script.url);
        let atlassian = format!("https://api.atlassian.com/ex/jira/{CLOUD_ID}{end}");
        for builder in [Client::builder(pasted), Client::builder(atlassian).gateway(&script.url)] {
            let client = builder.api_token("ada@example.com", "token").build().unwrap();
            assert_eq!(client.site().path(), format!("/ex/jira/{CLOUD_ID}"));
            client.call(GetOrganization::new(1)).await.unwrap();
            client.call(GetProducts::new()).await.unwrap();
        }
        let paths: Vec<_> = script.requests().into_iter().map(|asked| asked.path).collect();
        assert_eq!(paths.len(), 4, "the cloud id is not looked up: {paths:?}");
        assert!(paths[0].starts_with(&format!("/ex/jira/{CLOUD_ID}/rest/")), "{paths:?}");
        assert!(paths[1].starts_with(&format!("/jsm/csm/cloudid/{CLOUD_ID}/")), "{paths:?}");
    }
    let pasted = format!("https://api.atlassian.com/ex/jira/{CLOUD_ID}");
    let error = Client::builder(&pasted).cloud_id("another").api_token("a@b.c", "token").build().unwrap_err();
    assert!(error.is_configuration() && error.to_string().contains(CLOUD_ID), "{error}");
    let error = Client::builder(format!("{pasted}#top")).api_token("a@b.c", "token").build().unwrap_err();
    assert!(error.to_string().ends_with(&format!("write {pasted}")), "{error}");
}

#[tokio::test]
async fn an_address_on_this_machine_is_never_asked_through_a_proxy() {
    let proxy = Script::serve(|_| body_of(502, "text/plain", b"the proxy was asked".to_vec())).await;
    let through = |builder: ClientBuilder| {
        let url = proxy.url.clone();
        builder.configure_http(move |http| http.proxy(reqwest::Proxy::all(&url).unwrap()))
    };
    let script = Script::serve(|_| fine()).await;
    let site = to(&script.url, &TestClock::new());
    through(site).build().unwrap().call(GetOrganization::new(1)).await.unwrap();
    // The gateway is on this machine, the site is not.
    let gateway = to("https://acme.invalid", &TestClock::new()).gateway(&script.url);
    through(gateway.through_gateway(true)).build().unwrap().call(GetOrganization::new(1)).await.unwrap();
    assert_eq!((script.requests().len(), proxy.requests().len()), (2, 0));
    // The proxy works: other hosts are asked through it.
    let remote = to("http://acme.invalid", &TestClock::new()).allow_http(true);
    let remote = through(remote).retry(jsm_client::RetryPolicy::never()).build().unwrap();
    remote.call(GetOrganization::new(1)).await.unwrap_err();
    assert_eq!(proxy.requests().len(), 1);
}

#[tokio::test]
async fn secrets_are_sent_without_what_a_copy_puts_around_them() {
    type Set = fn(ClientBuilder, &str, &str) -> ClientBuilder;
    let kinds: [(Set, &str); 3] = [
        (|builder, email, token| builder.api_token(email, token), "Basic YWRhQGV4YW1wbGUuY29tOnRva2Vu"),
        (
            |builder, email, token| builder.scoped_api_token(email, token),
            "Basic YWRhQGV4YW1wbGUuY29tOnRva2Vu",
        ),
        (|builder, _, token| builder.bearer_token(token), "Bearer token"),
    ];
    for (set, sent) in kinds {
        let script = Script::serve(|_| fine()).await;
        for (email, token) in [
            ("ada@example.com", "token"),
            (" ada@example.com\n", "token\n"),
            ("\u{feff}ada@example.com\r\n", "\u{feff} token\r\n"),
            ("ada@example.com\u{a0}", "\u{200b}token\t"),
        ] {
            let client = set(to(&script.url, &TestClock::new()), email, token).build().unwrap();
            client.call(GetOrganization::new(1)).await.unwrap();
        }
        for asked in script.requests() {
            assert_eq!(asked.header("authorization"), Some(sent));
        }
        for token in ["", " \n", "\u{feff}", "to\nken", "to\0ken", "to\u{200b}ken"] {
            let error = set(to("https://acme.example", &TestClock::new()), "ada@example.com", token)
                .build()
                .unwrap_err();
            assert!(error.is_configuration() && error.to_string().contains("token"), "{error}");
            assert!(!format!("{error:?}").contains("ken\u{22}"), "{error:?}");
        }
    }
    for email in ["", "\n", "a:b@example.com", "a\nb@example.com"] {
        let error =
            to("https://acme.example", &TestClock::new()).api_token(email, "token").build().unwrap_err();
        assert!(error.is_configuration() && error.to_string().contains("email"), "{error}");
    }
    // The last credentials count.
    to("https://acme.example", &TestClock::new()).api_token("", "").bearer_token("token").build().unwrap();
}

#[tokio::test]
async fn headers_of_the_client_and_the_connection_are_refused() {
    let script = Script::serve(|_| fine()).await;
    let client = to(&script.url, &TestClock::new()).build().unwrap();
    for name in [
        "Authorization",
        "authorization",
        "Proxy-Authorization",
        "Content-Length",
        "Host",
        "Transfer-Encoding",
        "Connection",
        "Keep-Alive",
        "Proxy-Connection",
        "TE",
        "Trailer",
        "Upgrade",
        "Expect",
    ] {
        let error = client.call(GetOrganization::new(1)).header(name, "1").await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Configuration, 0), "{name}");
        assert!(error.to_string().contains(&format!("the header {}", name.to_lowercase())), "{error}");
    }
    assert_eq!(script.requests().len(), 0);
    client.call(GetOrganization::new(1)).header("X-Own", "1").await.unwrap();
    assert_eq!(script.requests()[0].header("x-own"), Some("1"));
}

#[tokio::test]
async fn a_suspended_site_is_not_a_missing_thing() {
    let json_body = json(404, &json!({"errorMessage": "Site temporarily unavailable", "errorCode": "OTHER"}));
    let other_language = json(404, &json!({"errorMessage": "Site indisponible", "errorCode": "OTHER"}));
    let title = "<html><head><title>Atlassian Cloud Notifications - Page Unavailable</title></head></html>";
    let page = body_of(404, "text/html", title.as_bytes().to_vec());
    for suspended in [json_body, other_language, page] {
        let response = suspended.clone();
        let script = Script::serve(move |_| response.clone()).await;
        let client = to(&script.url, &TestClock::new()).build().unwrap();
        let error = client.call(GetOrganization::new(1)).await.unwrap_err();
        assert!(error.is_site_unavailable() && !error.is_not_found(), "{error}");
        // Where the cloud id is looked up, too.
        let client = Client::builder(&script.url).bearer_token("token").build().unwrap();
        let error = client.call(GetOrganization::new(1)).await.unwrap_err();
        assert!(error.is_site_unavailable(), "{error}");
    }
    for ordinary in [
        json(
            404,
            &json!({"errorMessage": "No such organization", "i18nErrorMessage": {"i18nKey": "sd.none"}}),
        ),
        body_of(404, "text/html", b"<title>Dead link</title>".to_vec()),
        empty(404),
    ] {
        let script = Script::of([ordinary]).await;
        let client = to(&script.url, &TestClock::new()).build().unwrap();
        assert!(client.call(GetOrganization::new(1)).await.unwrap_err().is_not_found());
    }
}
