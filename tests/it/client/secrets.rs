//! Secrets, which appear nowhere: tokens, and what is made of them.

use jsm_client::servicedesk::comment::CreateComment;
use jsm_client::servicedesk::organization::GetOrganization;
use jsm_client::{Client, ClientBuilder, RetryPolicy};
use serde_json::json;
use tracing_subscriber::fmt::format::FmtSpan;

use super::clock::TestClock;
use super::script::{Script, dropped, empty, json};
use super::to;
use super::traces::Traced;

const TOKEN: &str = "s3cr3t-t0k3n";

/// The token, and the header that it and the address are made into.
const FORMS: [&str; 2] = [TOKEN, "YWRhQGV4YW1wbGUuY29tOnMzY3IzdC10MGszbg=="];

const KINDS: [fn(ClientBuilder) -> ClientBuilder; 3] = [
    |builder| builder.api_token("ada@example.com", TOKEN),
    |builder| builder.scoped_api_token("ada@example.com", TOKEN),
    |builder| builder.bearer_token(TOKEN),
];

fn hides(shown: &str) {
    for form in FORMS {
        assert!(!shown.contains(form), "{shown}");
    }
}

#[tokio::test]
async fn show_in_no_debug_and_no_display() {
    let script = Script::serve(|_| {
        // What comes back shows neither.
        empty(401).header("Set-Cookie", TOKEN).header("WWW-Authenticate", "Basic")
    })
    .await;
    for kind in KINDS {
        let builder = kind(to(&script.url, &TestClock::new()));
        hides(&format!("{builder:?} {builder:#?}"));
        let client = builder.build().unwrap();
        hides(&format!("{client:?} {client:#?}"));
        let call = client.call(GetOrganization::new(1)).header("X-Vault", TOKEN);
        hides(&format!("{call:?}"));
        let with_meta = call.with_meta();
        hides(&format!("{with_meta:?}"));
        let error = with_meta.await.unwrap_err();
        assert!(error.is_authentication());
        hides(&format!("{error} {error:?} {error:#?} {:?}", error.headers()));
        hides(&format!("{:?}", client.items(jsm_client::servicedesk::organization::GetOrganizations::new())));
    }
    let asked = script.requests();
    assert_eq!(asked.len(), KINDS.len());
    assert!(FORMS.iter().any(|form| asked[0].header("authorization").unwrap().contains(form)));

    let gone = Script::of([]).await.url.clone();
    let client = KINDS[0](to(&gone, &TestClock::new())).retry(RetryPolicy::never()).build().unwrap();
    let error = client.call(GetOrganization::new(1)).await.unwrap_err();
    hides(&format!("{error:?} {error}"));
    let error = KINDS[0](Client::builder("http://acme.atlassian.net")).build().unwrap_err();
    hides(&format!("{error:?} {error}"));

    let script = Script::of([json(200, &json!({"id": "1"})).header("Set-Cookie", TOKEN)]).await;
    let client = KINDS[0](to(&script.url, &TestClock::new())).build().unwrap();
    let response = client.call(GetOrganization::new(1)).with_meta().await.unwrap();
    assert_eq!(response.headers["set-cookie"], TOKEN, "it is there for who asks");
    hides(&format!("{response:?}"));
}

#[tokio::test]
async fn are_not_traced() {
    let (traced, guard) = Traced::listen(FmtSpan::FULL).await;
    for kind in KINDS {
        let script = Script::of([
            empty(429).header("RateLimit-Reason", "jira-burst-based"),
            dropped(),
            json(400, &json!({"errorMessage": "ada@example.com may not say hush-hush"})),
            empty(401).header("ATL-TraceId", "7f1c"),
        ])
        .await;
        let client = kind(to(&script.url, &TestClock::new())).build().unwrap();
        for _ in 0..3 {
            client.call(CreateComment::new("HELP-17", "hush-hush", true)).await.unwrap_err();
        }
        assert_eq!(script.requests().len(), 4);
    }
    drop(guard);
    let traced = traced.text();
    hides(&traced);
    for private in ["hush-hush", "ada@example.com", "HELP-17"] {
        let lines: Vec<&str> = traced.lines().filter(|line| line.contains(private)).collect();
        assert!(lines.is_empty(), "{lines:#?}");
    }
    for public in ["CreateComment", "jsm_client", "429", "7f1c", "/request/{issueIdOrKey}/comment"] {
        assert!(traced.contains(public), "{public} is not traced:\n{traced}");
    }
}
