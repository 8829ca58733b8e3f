//! What is told to nobody: tokens, and what they are made into.

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use jsm_client::servicedesk::comment::CreateComment;
use jsm_client::servicedesk::organization::GetOrganization;
use jsm_client::{Builder, Client, RetryPolicy};
use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::clock::TestClock;
use super::script::{Script, dropped, empty, json};
use super::to;

const TOKEN: &str = "s3cr3t-t0k3n";

/// The token, and the header that it and the address are made into.
const FORMS: [&str; 2] = [TOKEN, "YWRhQGV4YW1wbGUuY29tOnMzY3IzdC10MGszbg=="];

const KINDS: [fn(Builder) -> Builder; 3] = [
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
    let asked = script.asked();
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
    let answer = client.call(GetOrganization::new(1)).with_meta().await.unwrap();
    assert_eq!(answer.headers["set-cookie"], TOKEN, "it is there for who asks");
    hides(&format!("{answer:?}"));
}

/// Keeps everything that is traced, whoever traces it.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<String>>);

struct Lines<'a>(&'a mut String);

impl Visit for Lines<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Subscriber for Told {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut told = self.0.lock().unwrap();
        write!(told, "span {}", span.metadata().name()).unwrap();
        span.record(&mut Lines(&mut told));
        told.push('\n');
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut Lines(&mut self.0.lock().unwrap()));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut told = self.0.lock().unwrap();
        write!(told, "{} {}", event.metadata().level(), event.metadata().target()).unwrap();
        event.record(&mut Lines(&mut told));
        told.push('\n');
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn are_not_traced() {
    let told = Told::default();
    let guard = tracing::subscriber::set_default(told.clone());
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
            client.call(CreateComment::new("HELP-17", "hush-hush")).await.unwrap_err();
        }
        assert_eq!(script.asked().len(), 4);
    }
    drop(guard);
    let told = told.0.lock().unwrap().clone();
    hides(&told);
    for private in ["hush-hush", "ada@example.com", "HELP-17"] {
        let lines: Vec<&str> = told.lines().filter(|line| line.contains(private)).collect();
        assert!(lines.is_empty(), "{lines:#?}");
    }
    for public in ["CreateComment", "jsm_client", "429", "7f1c", "/request/{issueIdOrKey}/comment"] {
        assert!(told.contains(public), "{public} is not told:\n{told}");
    }
}
