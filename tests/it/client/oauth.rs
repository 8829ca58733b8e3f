//! Access by OAuth 2.0: tokens that renew themselves, once for all who wait, and are never lost.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use jsm_client::oauth::{App, ExposeSecret, OAuth, SecretString, Tokens};
use jsm_client::servicedesk::customer::CreateCustomer;
use jsm_client::servicedesk::service_desk::GetServiceDesks;
use jsm_client::{BoxError, Client, ClientBuilder, ErrorKind, RetryPolicy};
use jsm_sandbox::{Fault, Grant, Role, Sandbox};
use serde_json::json;
use tokio::sync::mpsc;

use super::clock::TestClock;
use super::script::{Script, ScriptedResponse, empty, json as response, text};
use super::{CLOUD_ID, of};

const READ: &str = "read:servicedesk-request";
const HOUR: Duration = Duration::from_secs(60 * 60);

/// What a program stored, the newest last.
type Stored = Arc<Mutex<Vec<String>>>;

fn app(grant: &Grant) -> App {
    App::new(&*grant.client_id, &*grant.client_secret).token_url(&*grant.token_url)
}

/// Credentials that write down what they are given to store.
fn storing(grant: &Grant, stored: &Stored) -> OAuth {
    let stored = Arc::clone(stored);
    OAuth::new(app(grant), &*grant.refresh_token, move |tokens: Tokens| {
        let refresh = tokens.refresh_token.map(|token| token.expose_secret().to_owned());
        stored.lock().unwrap().extend(refresh);
        async { Ok(()) }
    })
}

fn renewals(sandbox: &Sandbox) -> usize {
    sandbox.requests().iter().filter(|request| request.path == "/oauth/token").count()
}

/// A client of a script that plays token endpoint and site.
fn scripted(script: &Script, clock: &TestClock, oauth: OAuth) -> Client {
    let builder: ClientBuilder = Client::builder(&*script.url).cloud_id(CLOUD_ID).clock(clock.clone());
    builder.oauth(oauth).build().unwrap()
}

fn scripted_app(script: &Script) -> App {
    App::new("an app", "its secret").token_url(format!("{}/token", script.url))
}

fn tokens(number: u32) -> ScriptedResponse {
    response(
        200,
        &json!({"access_token": format!("access {number}"), "refresh_token": format!("refresh {number}"), "expires_in": 3600}),
    )
}

fn no_desks() -> ScriptedResponse {
    response(200, &json!({"values": [], "isLastPage": true}))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_calls_at_once_renew_once() {
    let sandbox = Arc::new(Sandbox::builder().no_violations().start().await.unwrap());
    let clock = TestClock::along_with(&sandbox);
    let grant = sandbox.grant(Role::Admin, &[READ]);
    let stored = Stored::default();
    // Without an access token, and with one that has ended without a word.
    let oauth = storing(&grant, &stored);
    let ended = storing(&sandbox.grant(Role::Admin, &[READ]), &stored);
    let access = sandbox.grant(Role::Admin, &[READ]).access_token;
    sandbox.clock().advance(2 * HOUR);
    for (oauth, expected) in [(oauth, 1), (ended.access_token(access, None), 2)] {
        let jira = of(&sandbox, &clock).oauth(oauth).build().unwrap();
        let calls = (0..50).map(|_| {
            let jira = jira.clone();
            tokio::spawn(async move { jira.call(GetServiceDesks::new()).await.map(drop) })
        });
        for call in join_all(calls).await {
            call.unwrap().unwrap();
        }
        assert_eq!(renewals(&sandbox), expected);
        assert_eq!(stored.lock().unwrap().len(), expected);
    }
}

#[tokio::test]
async fn a_renewal_whose_response_is_lost_is_sent_again_and_succeeds() {
    let sandbox = Arc::new(Sandbox::builder().no_violations().start().await.unwrap());
    let (clock, stored) = (TestClock::along_with(&sandbox), Stored::default());
    let oauth = storing(&sandbox.grant(Role::Admin, &[READ]), &stored);
    let jira = of(&sandbox, &clock).oauth(oauth).build().unwrap();
    sandbox.fault(Fault::drop_after().matching(|request| request.path == "/oauth/token"));
    jira.call(GetServiceDesks::new()).await.unwrap();
    assert_eq!((renewals(&sandbox), stored.lock().unwrap().len()), (2, 1));
}

#[tokio::test]
async fn tokens_are_stored_before_they_are_used() {
    let sandbox = Arc::new(Sandbox::builder().no_violations().start().await.unwrap());
    let grant = sandbox.grant(Role::Admin, &[READ]);
    let called = |sandbox: &Sandbox| sandbox.requests().iter().any(|r| r.operation.is_some());
    let (seen, watched) = (Arc::new(AtomicUsize::new(0)), Arc::clone(&sandbox));
    let count = Arc::clone(&seen);
    let oauth = OAuth::new(app(&grant), &*grant.refresh_token, move |_| {
        assert!(!called(&watched), "a call went out before the tokens were stored");
        count.fetch_add(1, Ordering::SeqCst);
        async { Ok(()) }
    });
    let jira = of(&sandbox, &TestClock::new()).oauth(oauth).build().unwrap();
    jira.call(GetServiceDesks::new()).await.unwrap();
    assert!(called(&sandbox));
    assert_eq!(seen.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn tokens_that_could_not_be_stored_are_kept() {
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let grant = sandbox.grant(Role::Admin, &[READ]);
    let tries = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&tries);
    let oauth = OAuth::new(app(&grant), &*grant.refresh_token, move |tokens: Tokens| {
        let mut seen = seen.lock().unwrap();
        seen.push(tokens.refresh_token.unwrap().expose_secret().to_owned());
        let first = seen.len() == 1;
        async move { if first { Err(BoxError::from("the disk is full")) } else { Ok(()) } }
    });
    let jira = of(&sandbox, &TestClock::new()).oauth(oauth).build().unwrap();
    let error = jira.call(GetServiceDesks::new()).await.unwrap_err();
    assert!(error.to_string().contains("could not be stored"), "{error}");
    assert!(error.is_token_store() && !error.is_authentication(), "{error}");
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "the disk is full");
    assert!(sandbox.requests().iter().all(|request| request.operation.is_none()), "they were used");

    jira.call(GetServiceDesks::new()).await.unwrap();
    let tries = tries.lock().unwrap();
    assert_eq!(tries.len(), 2);
    assert_eq!(tries[0], tries[1], "the same tokens are stored again");
    assert_eq!(renewals(&sandbox), 1);
}

#[tokio::test]
async fn every_renewal_uses_the_token_of_the_one_before() {
    let sandbox = Arc::new(Sandbox::builder().no_violations().start().await.unwrap());
    let clock = TestClock::along_with(&sandbox);
    let stored = Stored::default();
    let oauth = storing(&sandbox.grant(Role::Admin, &[READ]), &stored);
    let jira = of(&sandbox, &clock).oauth(oauth).build().unwrap();
    for hour in 0..3 {
        // A minute early, so that no call meets a refusal.
        clock.advance_to(hour * (HOUR - Duration::from_secs(60)));
        jira.call(GetServiceDesks::new()).await.unwrap();
        jira.call(GetServiceDesks::new()).await.unwrap();
    }
    assert_eq!(renewals(&sandbox), 3);
    assert!(sandbox.requests().iter().all(|request| request.status == Some(200)));
    let mut stored = stored.lock().unwrap().clone();
    stored.dedup();
    assert_eq!(stored.len(), 3);
}

#[tokio::test]
async fn a_refresh_token_that_is_refused_is_refused_for_good() {
    for status in [400, 403] {
        let refusal =
            json!({"error": "invalid_grant", "error_description": "Unknown or invalid refresh token."});
        let script = Script::of([response(status, &refusal)]).await;
        let oauth = OAuth::new(scripted_app(&script), "used up", |_| async { Ok(()) });
        let jira = scripted(&script, &TestClock::new(), oauth);
        for _ in 0..2 {
            let error = jira.call(GetServiceDesks::new()).await.unwrap_err();
            assert!(error.is_authentication());
            assert!(error.to_string().contains("authorise the app again"), "{error}");
        }
        assert_eq!(script.requests().len(), 1, "asking again changes nothing");
    }
}

#[tokio::test]
async fn a_token_endpoint_that_stumbles_is_asked_again() {
    let (clock, stumble) = (TestClock::new(), || text(503, "later"));
    let script = Script::of([stumble(), stumble(), tokens(1), no_desks()]).await;
    let oauth = OAuth::new(scripted_app(&script), "refresh 0", |_| async { Ok(()) });
    scripted(&script, &clock, oauth).call(GetServiceDesks::new()).await.unwrap();
    assert_eq!(clock.waits(), [2.0, 4.0]);

    let script = Script::of([stumble(), stumble(), stumble(), tokens(1), no_desks()]).await;
    let oauth = OAuth::new(scripted_app(&script), "refresh 0", |_| async { Ok(()) });
    let jira = scripted(&script, &clock, oauth);
    assert_eq!(jira.call(GetServiceDesks::new()).await.unwrap_err().kind(), ErrorKind::Server);
    jira.call(GetServiceDesks::new()).await.expect("the refresh token is as good as it was");
}

#[tokio::test]
async fn a_scope_that_is_missing_renews_nothing() {
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let grant = sandbox.grant(Role::Admin, &[READ]);
    let oauth = storing(&grant, &Stored::default()).access_token(&*grant.access_token, Some(HOUR));
    let jira = of(&sandbox, &TestClock::new()).oauth(oauth).build().unwrap();
    let error = jira.call(CreateCustomer::new("eve@example.com", "Eve")).await.unwrap_err();
    assert!(error.is_authentication(), "{error}");
    assert!(error.required_scopes().is_some(), "{error}");
    assert_eq!(renewals(&sandbox), 0);
}

#[tokio::test]
async fn a_renewal_outlives_the_call_that_wanted_it() {
    // The endpoint responds once another caller has asked, which is after the call was dropped.
    let script = Script::of([tokens(1).after(2), text(200, ""), no_desks()]).await;
    let (sender, mut stored) = mpsc::unbounded_channel();
    let oauth = OAuth::new(scripted_app(&script), "refresh 0", move |tokens: Tokens| {
        sender.send(tokens.refresh_token.unwrap().expose_secret().to_owned()).unwrap();
        async { Ok(()) }
    });
    let jira = scripted(&script, &TestClock::new(), oauth);
    let call = tokio::spawn({
        let jira = jira.clone();
        async move { jira.call(GetServiceDesks::new()).await }
    });
    while script.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    crate::http::client().get(&script.url).send().await.unwrap();
    assert_eq!(stored.recv().await.as_deref(), Some("refresh 1"));
    jira.call(GetServiceDesks::new()).await.unwrap();
    let asked = script.requests();
    assert_eq!(asked.last().unwrap().header("authorization"), Some("Bearer access 1"));
    assert_eq!(asked.len(), 3, "the token was renewed once");
}

#[tokio::test]
async fn callers_that_leave_take_nothing_from_those_that_wait() {
    const CALLS: usize = 512;
    for is_refused in [true, false] {
        // The tokens come once all have been refused, and one more request has come after them.
        let before = if is_refused { CALLS + 1 } else { 1 };
        let script = Script::serve(move |asked| match (asked.path.as_str(), asked.header("authorization")) {
            ("/token", _) => tokens(1).after(before + 1),
            ("/go", _) => text(200, ""),
            (_, Some("Bearer access 0")) => empty(401),
            _ => no_desks(),
        })
        .await;
        let clock = TestClock::new();
        let oauth = OAuth::new(scripted_app(&script), "refresh 0", |_| async { Ok(()) });
        let jira = scripted(&script, &clock, oauth.access_token("access 0", (!is_refused).then_some(HOUR)));
        clock.advance_to(HOUR);
        let calls: Vec<_> = (0..CALLS)
            .map(|_| {
                let jira = jira.clone();
                tokio::spawn(async move { jira.call(GetServiceDesks::new()).await.map(drop) })
            })
            .collect();
        while script.requests().len() < before {
            tokio::task::yield_now().await;
        }
        for call in calls.iter().step_by(2) {
            call.abort();
        }
        crate::http::client().get(format!("{}/go", script.url)).send().await.unwrap();
        for (number, call) in calls.into_iter().enumerate() {
            let ended = call.await;
            assert!(ended.map_or(number % 2 == 0, |called| called.is_ok()), "{number} of {is_refused}");
        }
        let asked = script.requests();
        let count = |path: &str| asked.iter().filter(|asked| asked.path == path).count();
        assert_eq!((count("/token"), count("/go")), (1, 1), "{is_refused}");
        assert_eq!(asked.len(), before + 1 + CALLS / 2, "{is_refused}");
    }
}

#[tokio::test]
async fn an_app_learns_tokens_and_sites() {
    let script = Script::of([tokens(7)]).await;
    let got = scripted_app(&script).exchange("a code", "https://app.example.com/back").await.unwrap();
    assert_eq!(got.access_token.expose_secret(), "access 7");
    let left = got.expires_at.unwrap().duration_since(jsm_client::Timestamp::now()).as_secs_f64();
    assert!((3500.0..=3600.0).contains(&left), "{left}");
    let sent: serde_json::Value = serde_json::from_str(&script.requests()[0].body).unwrap();
    assert_eq!(sent["grant_type"], "authorization_code");
    assert_eq!(sent["code"], "a code");

    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let grant = sandbox.grant(Role::Admin, &[READ]);
    let resources = format!("{}/oauth/token/accessible-resources", sandbox.gateway_url());
    let app = app(&grant).resources_url(resources);
    let sites = app.accessible_resources(&SecretString::from(&*grant.access_token)).await.unwrap();
    assert_eq!(sites[0].id, sandbox.cloud_id());
    assert_eq!(sites[0].url, sandbox.url());
    assert_eq!(sites[0].scopes, [READ]);
    let error = app.accessible_resources(&SecretString::from("another")).await.unwrap_err();
    assert!(error.is_authentication());
}

#[test]
fn an_authorize_page_is_asked_for_all_it_needs() {
    let url = App::new("me", "secret").authorize_url("https://a.example/b?c=d", &[READ, "x"], "s&t").unwrap();
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let get = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    assert_eq!(get("audience"), Some("api.atlassian.com"));
    assert_eq!(get("scope"), Some("read:servicedesk-request x offline_access"));
    assert_eq!(get("redirect_uri"), Some("https://a.example/b?c=d"));
    assert_eq!(get("state"), Some("s&t"));
    assert_eq!((get("response_type"), get("prompt")), (Some("code"), Some("consent")));
    assert!(!url.as_str().contains("secret"));
}

#[tokio::test]
async fn secrets_show_nowhere_and_go_nowhere_in_the_clear() {
    let script = Script::of([tokens(1)]).await;
    let app = scripted_app(&script);
    let got = app.exchange("code", "https://a.example").await.unwrap();
    let oauth = OAuth::new(app.clone(), "refresh 0", |_| async { Ok(()) }).access_token("access 0", None);
    let shown = format!("{app:?} {got:?} {oauth:?}");
    let builder = Client::builder(&*script.url).oauth(oauth);
    let shown = format!("{shown} {builder:?}");
    let shown = format!("{shown} {:?}", builder.build().unwrap());
    for secret in ["its secret", "refresh", "access 0", "access 1"] {
        assert!(!shown.replace("refresh_token", "").contains(secret), "{secret} in {shown}");
    }
    let clear = App::new("me", "hush").token_url("http://auth.example.com/token");
    let oauth = OAuth::new(clear, "refresh", |_| async { Ok(()) });
    let builder = Client::builder("https://acme.example").retry(RetryPolicy::never()).oauth(oauth);
    let error = builder.build().unwrap_err();
    assert!(error.is_configuration() && !error.to_string().contains("hush"), "{error}");
}
