//! What the token endpoint and the stores of programs do wrong, and what comes of it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use jsm_client::oauth::{App, ExposeSecret, OAuth, SecretString, Tokens};
use jsm_client::servicedesk::customer::CreateCustomer;
use jsm_client::servicedesk::service_desk::GetServiceDesks;
use jsm_client::{BoxError, Client, Error, ErrorKind};
use serde_json::json;

use super::CLOUD_ID;
use super::clock::{HeldTime, TestClock};
use super::script::{Script, ScriptedResponse, body_of, dropped, empty, json as response, silence, text};

const HOUR: Duration = Duration::from_secs(60 * 60);

fn app(script: &Script) -> App {
    App::new("an app", "its secret")
        .token_url(format!("{}/token", script.url))
        .resources_url(format!("{}/sites", script.url))
}

fn oauth(script: &Script) -> OAuth {
    OAuth::new(app(script), "refresh 0", |_| async { Ok(()) })
}

fn client(script: &Script, clock: &TestClock, oauth: OAuth) -> Client {
    Client::builder(&*script.url).cloud_id(CLOUD_ID).clock(clock.clone()).oauth(oauth).build().unwrap()
}

async fn call(client: &Client) -> Result<(), Error> {
    client.call(GetServiceDesks::new()).await.map(drop)
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

fn refusal(code: &str, description: &str) -> ScriptedResponse {
    response(403, &json!({"error": code, "error_description": description}))
}

/// What was sent: the token of a call, the refresh token of a renewal.
fn sent(script: &Script) -> Vec<String> {
    let asked = script.requests();
    let sent = asked.iter().map(|asked| match asked.path.as_str() {
        "/token" => serde_json::from_str::<serde_json::Value>(&asked.body).unwrap()["refresh_token"]
            .as_str()
            .unwrap_or("a code")
            .to_owned(),
        _ => asked.header("authorization").unwrap_or("nothing").to_owned(),
    });
    sent.collect()
}

#[tokio::test]
async fn an_expired_token_that_the_gateway_hides_is_renewed_once() {
    let forbidden = || response(403, &json!({"code": 403, "message": "Forbidden"}));
    let missing = || response(404, &json!({"code": 404, "message": "Not Found"}));
    let scope = || response(403, &json!({"message": "scope does not match"}));
    let challenge =
        || empty(403).header("WWW-Authenticate", "Bearer realm=\"x\", error=\"insufficient_scope\"");
    let site =
        || response(404, &json!({"errorMessage": "Site temporarily unavailable", "errorCode": "OTHER"}));
    type Refusal<'a> = &'a dyn Fn() -> ScriptedResponse;
    type Case<'a> = (Refusal<'a>, Option<Duration>, u64, usize, Option<ErrorKind>);
    let cases: [Case<'_>; 9] = [
        (&forbidden, None, 0, 1, None),
        (&missing, None, 0, 1, None),
        // It ends while the request is on its way.
        (&forbidden, Some(Duration::from_secs(100)), 0, 0, Some(ErrorKind::Permission)),
        (&missing, Some(HOUR), 0, 0, Some(ErrorKind::NotFound)),
        (&scope, None, 0, 0, Some(ErrorKind::Permission)),
        (&challenge, None, 0, 0, Some(ErrorKind::Permission)),
        (&site, None, 0, 0, Some(ErrorKind::SiteUnavailable)),
        (&forbidden, Some(HOUR), 2 * 60 * 60, 1, Some(ErrorKind::Permission)),
        (&|| empty(401), Some(HOUR), 0, 1, None),
    ];
    for (refusal, expires_in, passed, renewals, kind) in cases {
        let mut renewed = 0;
        let mut first = Some(refusal());
        let again = refusal();
        let script = Script::serve(move |asked| {
            if asked.path == "/token" {
                renewed += 1;
                return tokens(renewed);
            }
            match first.take() {
                Some(first) => first,
                // A token that was renewed ahead of the call is refused as such.
                None if passed > 0 => again.clone(),
                None => no_desks(),
            }
        })
        .await;
        let clock = TestClock::new();
        let client = client(&script, &clock, oauth(&script).access_token("access 0", expires_in));
        clock.advance_to(Duration::from_secs(passed));
        let outcome = call(&client).await;
        assert_eq!(outcome.err().map(|error| error.kind()), kind, "{:?}", sent(&script));
        assert_eq!(sent(&script).iter().filter(|sent| sent.starts_with("refresh")).count(), renewals);
    }
}

#[tokio::test]
async fn a_permission_that_is_missing_does_not_renew_again_and_again() {
    let script = Script::serve(|asked| if asked.path == "/token" { tokens(1) } else { empty(403) }).await;
    let client = client(&script, &TestClock::new(), oauth(&script).access_token("access 0", None));
    for _ in 0..3 {
        let error = client.call(CreateCustomer::new("fred@example.com", "Fred")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Permission);
    }
    let sent = sent(&script);
    assert_eq!(
        sent,
        ["Bearer access 0", "refresh 0", "Bearer access 1", "Bearer access 1", "Bearer access 1"]
    );
}

#[tokio::test]
async fn a_newer_refresh_token_is_read_before_giving_up() {
    for refused in [refusal("invalid_grant", ""), refusal("unauthorized_client", "refresh_token is invalid")]
    {
        let script = Script::of([
            refused.clone(),
            tokens(2),
            no_desks(),
            empty(401),
            refused.clone(),
            empty(401),
            empty(401),
            tokens(4),
            no_desks(),
        ])
        .await;
        let (stored, reads) = (Arc::new(Mutex::new("refresh 1\n")), Arc::new(AtomicUsize::new(0)));
        let (read, count) = (Arc::clone(&stored), Arc::clone(&reads));
        let oauth = oauth(&script).reload(move || {
            count.fetch_add(1, Ordering::SeqCst);
            let stored = SecretString::from(*read.lock().unwrap());
            async move { Ok(Some(stored)) }
        });
        let client = client(&script, &TestClock::new(), oauth);
        call(&client).await.unwrap();
        assert_eq!(sent(&script), ["refresh 0", "refresh 1", "Bearer access 2"]);
        // The store has none but the one that was refused.
        *stored.lock().unwrap() = "refresh 2";
        for reads_now in [2, 3] {
            let error = call(&client).await.unwrap_err();
            assert!(error.is_authentication(), "{error}");
            assert!(error.to_string().contains("authorise the app again"), "{error}");
            assert_eq!(reads.load(Ordering::SeqCst), reads_now);
            // The endpoint is not asked again with what it refused.
            assert_eq!(script.requests().len(), reads_now + 3);
        }
        // The account has authorised the app again, in another process.
        *stored.lock().unwrap() = "refresh 3";
        call(&client).await.unwrap();
        assert!(sent(&script).ends_with(&["refresh 3".to_owned(), "Bearer access 4".to_owned()]));
    }
    let script = Script::of([refusal("invalid_grant", "")]).await;
    let oauth = oauth(&script).reload(|| async { Err(BoxError::from("the disk is gone")) });
    let error = call(&client(&script, &TestClock::new(), oauth)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenStore, "{error}");
}

#[tokio::test]
async fn a_dead_refresh_token_keeps_the_servers_words() {
    let script = Script::of([refusal("unauthorized_client", "refresh_token is invalid")]).await;
    let error = call(&client(&script, &TestClock::new(), oauth(&script))).await.unwrap_err();
    assert_eq!(error.message(), Some("refresh_token is invalid"));
    assert_eq!(
        error.to_string(),
        "get service desks: the refresh token is no longer valid (unauthorized_client); let the account authorise \
         the app again (refresh_token is invalid)"
    );
}

#[tokio::test]
async fn a_renewal_without_a_refresh_token_keeps_the_old_one() {
    let odd = [
        json!({"access_token": "access 1", "expires_in": "3600", "scope": ["a"]}),
        json!({"access_token": "access 1", "refresh_token": null, "expires_in": null, "scope": null}),
        json!({"access_token": "access 1", "refresh_token": "", "expires_in": [], "scope": 7}),
    ];
    for body in odd {
        let script = Script::of([response(200, &body), no_desks(), empty(401), tokens(2), no_desks()]).await;
        let stored = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&stored);
        let oauth = OAuth::new(app(&script), "refresh 0", move |tokens: Tokens| {
            seen.lock().unwrap().push(tokens.refresh_token.unwrap().expose_secret().to_owned());
            async { Ok(()) }
        });
        let client = client(&script, &TestClock::new(), oauth);
        call(&client).await.unwrap();
        call(&client).await.unwrap();
        assert_eq!(*stored.lock().unwrap(), ["refresh 0", "refresh 2"], "{body}");
        assert_eq!(sent(&script)[3], "refresh 0");
    }
}

#[tokio::test]
async fn a_refresh_token_that_came_alone_is_stored_and_used() {
    let script = Script::of([
        response(200, &json!({"refresh_token": "refresh 1", "access_token": null})),
        tokens(2),
        no_desks(),
    ])
    .await;
    let client = client(&script, &TestClock::new(), oauth(&script));
    assert_eq!(call(&client).await.unwrap_err().kind(), ErrorKind::Decode);
    call(&client).await.unwrap();
    assert_eq!(sent(&script), ["refresh 0", "refresh 1", "Bearer access 2"]);
}

#[tokio::test]
async fn a_refusal_that_is_not_the_tokens_fails_one_call() {
    let page = || body_of(403, "text/html", b"<html><title>Request blocked</title></html>".to_vec());
    let app_refused =
        || response(401, &json!({"error": "invalid_client", "error_description": "no such app"}));
    for (refused, kind) in [
        (page(), ErrorKind::Server),
        (text(404, "nothing here"), ErrorKind::Server),
        (app_refused(), ErrorKind::Authentication),
        (empty(302).header("Location", "https://id.example/login?secret=1"), ErrorKind::Other),
    ] {
        let script = Script::of([refused, tokens(1), no_desks()]).await;
        let client = client(&script, &TestClock::new(), oauth(&script));
        let error = call(&client).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(!error.to_string().contains("secret=1"), "{error}");
        call(&client).await.unwrap();
        assert_eq!(sent(&script), ["refresh 0", "refresh 0", "Bearer access 1"]);
    }
}

#[tokio::test]
async fn what_comes_in_place_of_tokens_loses_no_refresh_token() {
    let page = |status| body_of(status, "text/html", b"<html><title>Wartung</title></html>".to_vec());
    let cut = || response(200, &json!({"token_type": "Bearer", "access_token": "access 1"})).cut(20);
    let long = format!("{{\"scope\": \"{}\", \"access_token\": \"access 1\"}}", "x".repeat(300_000));
    // What comes, the error, and how long the client waits before it comes again.
    let cases: [(ScriptedResponse, ErrorKind, &[f64]); 16] = [
        (page(200), ErrorKind::Decode, &[]),
        (page(403), ErrorKind::Server, &[]),
        (page(502), ErrorKind::Server, &[2.0, 4.0]),
        (text(429, ""), ErrorKind::RateLimited, &[2.0, 4.0, 8.0, 16.0]),
        (text(429, "").header("Retry-After", "25"), ErrorKind::RateLimited, &[25.5, 25.5]),
        (text(429, "").header("Retry-After", "3600"), ErrorKind::RateLimited, &[]),
        (text(500, "oops"), ErrorKind::Server, &[]),
        (text(503, "").header("Retry-After", "3600"), ErrorKind::Server, &[]),
        (empty(200), ErrorKind::Decode, &[]),
        (empty(204), ErrorKind::Decode, &[]),
        (response(200, &json!(null)), ErrorKind::Decode, &[]),
        (response(200, &json!([{"access_token": "access 1"}])), ErrorKind::Decode, &[]),
        (response(200, &json!({"access_token": {"value": "access 1"}})), ErrorKind::Decode, &[]),
        (text(200, &long), ErrorKind::Decode, &[]),
        (cut(), ErrorKind::Decode, &[]),
        (dropped(), ErrorKind::Connection, &[2.0, 4.0]),
    ];
    for (odd, kind, waits) in cases {
        let shown = format!("{odd:?}").chars().take(120).collect::<String>();
        let is_up = Arc::new(AtomicBool::new(false));
        let up = Arc::clone(&is_up);
        let script = Script::serve(move |asked| match asked.path.as_str() {
            "/token" if up.load(Ordering::SeqCst) => tokens(1),
            "/token" => odd.clone(),
            _ => no_desks(),
        })
        .await;
        let clock = TestClock::new();
        let jira = client(&script, &clock, oauth(&script));
        let calls = (0..50).map(|_| call(&jira));
        for outcome in join_all(calls).await {
            let error = outcome.unwrap_err();
            assert_eq!(error.kind(), kind, "{shown}: {error}");
            assert!(!format!("{error} {error:?}").contains("access 1"), "{error}");
        }
        assert_eq!(clock.waits(), waits, "{shown}");
        clock.advance_to(2 * HOUR);
        is_up.store(true, Ordering::SeqCst);
        call(&jira).await.unwrap_or_else(|error| panic!("{shown}: {error}"));
        let sent = sent(&script);
        let (last, before) = sent.split_last().unwrap();
        assert_eq!(last, "Bearer access 1", "{shown}");
        assert!(before.iter().all(|sent| sent == "refresh 0"), "{shown}: {sent:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_endpoint_that_hangs_holds_up_no_token_that_is_valid() {
    let _held = HeldTime::hold();
    let script = Script::serve(|asked| if asked.path == "/token" { silence() } else { no_desks() }).await;
    let clock = TestClock::new();
    let jira = client(&script, &clock, oauth(&script).access_token("access 0", Some(HOUR)));
    clock.advance_to(HOUR - Duration::from_secs(30));
    let start = tokio::time::Instant::now();
    let calls: Vec<_> = (0..512)
        .map(|_| {
            let call = jira.call(GetServiceDesks::new()).timeout(Duration::from_secs(8));
            tokio::spawn(call.send())
        })
        .collect();
    while script.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    for call in calls.iter().step_by(2) {
        call.abort();
    }
    tokio::time::advance(Duration::from_secs(5)).await;
    for (number, call) in calls.into_iter().enumerate() {
        assert!(call.await.map_or(number % 2 == 0, |called| called.is_ok()), "{number}");
    }
    // The renewal goes on, and calls do not wait for it any more.
    call(&jira).await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_secs(5));
    let sent = sent(&script);
    assert_eq!(sent.iter().filter(|sent| sent.starts_with("refresh")).count(), 1);
    assert_eq!(sent.iter().filter(|sent| *sent == "Bearer access 0").count(), 256 + 1);
    // Once it has ended, they do.
    clock.advance_to(HOUR);
    let late = jira.call(GetServiceDesks::new()).timeout(Duration::from_secs(8)).send();
    let late = tokio::spawn(late);
    tokio::task::yield_now().await;
    tokio::time::advance(Duration::from_secs(8)).await;
    assert_eq!(late.await.unwrap().unwrap_err().kind(), ErrorKind::Timeout);
}

#[tokio::test]
async fn a_long_pause_of_the_token_endpoint_fails_fast_with_the_time() {
    let clock = TestClock::new();
    let script = Script::of([text(503, "").header("Retry-After", "3600"), tokens(1), no_desks()]).await;
    let jira = client(&script, &clock, oauth(&script));
    let calls = (0..200).map(|_| {
        let jira = jira.clone();
        tokio::spawn(async move { call(&jira).await })
    });
    for outcome in join_all(calls).await {
        let error = outcome.unwrap().unwrap_err();
        assert_eq!((error.kind(), error.retry_after()), (ErrorKind::Server, Some(HOUR)), "{error}");
    }
    clock.advance_to(HOUR / 2);
    let error = call(&jira).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(HOUR / 2), "{error}");
    assert!(error.to_string().ends_with("retry after 1800 s"), "{error}");
    assert_eq!((script.requests().len(), clock.waits().len()), (1, 0));
    clock.advance_to(HOUR);
    call(&jira).await.unwrap();
    assert_eq!(script.requests().len(), 3);
}

#[tokio::test]
async fn a_token_is_used_to_its_end_where_it_cannot_be_renewed_ahead() {
    let clock = TestClock::new();
    let script = Script::of([text(503, "").header("Retry-After", "3600"), no_desks(), no_desks()]).await;
    let jira = client(&script, &clock, oauth(&script).access_token("access 0", Some(HOUR)));
    clock.advance_to(HOUR - Duration::from_secs(30));
    call(&jira).await.unwrap();
    call(&jira).await.unwrap();
    clock.advance_to(HOUR);
    assert_eq!(call(&jira).await.unwrap_err().kind(), ErrorKind::Server);
    assert_eq!(sent(&script), ["refresh 0", "Bearer access 0", "Bearer access 0"]);
}

#[tokio::test]
async fn a_store_that_panics_fails_the_call_and_keeps_the_tokens() {
    let script = Script::of([tokens(1), no_desks()]).await;
    let stores = AtomicUsize::new(0);
    let oauth = OAuth::new(app(&script), "refresh 0", move |_| {
        assert!(stores.fetch_add(1, Ordering::SeqCst) > 0, "the first store fails");
        async { Ok(()) }
    });
    let client = client(&script, &TestClock::new(), oauth);
    assert_eq!(call(&client).await.unwrap_err().kind(), ErrorKind::TokenStore);
    call(&client).await.unwrap();
    assert_eq!(sent(&script), ["refresh 0", "Bearer access 1"]);
}

#[tokio::test]
async fn the_apps_secret_follows_no_redirect() {
    let thief = Script::serve(|_| tokens(9)).await;
    for status in [301, 302, 303, 307, 308] {
        for follows in [false, true] {
            let target = format!("{}/token", thief.url);
            let script = Script::serve(move |_| empty(status).header("Location", &target)).await;
            let app = match follows {
                // As a program brings it that knows of no danger.
                true => app(&script).http_client(crate::http::client()),
                false => app(&script),
            };
            let error = app.exchange("code", "https://a.example").await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Other, "{status}: {error}");
            let oauth = OAuth::new(app, "refresh 0", |_| async { Ok(()) });
            let error = call(&client(&script, &TestClock::new(), oauth)).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Other, "{status}: {error}");
        }
    }
    for asked in thief.requests() {
        assert_eq!((asked.body.as_str(), asked.header("authorization")), ("", None));
    }
}

#[tokio::test]
async fn a_wrong_code_is_reported_as_such() {
    let script = Script::of([refusal("invalid_grant", "Invalid authorization code")]).await;
    let error = app(&script).exchange("old", "https://a.example").await.unwrap_err();
    assert!(error.is_authentication(), "{error}");
    assert!(error.to_string().starts_with("the authorization code is not valid (invalid_grant)"), "{error}");
    assert_eq!(error.message(), Some("Invalid authorization code"));
}

#[tokio::test]
async fn an_app_sends_as_the_program_says() {
    let proxy = Script::serve(|_| text(502, "the proxy was asked")).await;
    let url = proxy.url.clone();
    let app = App::new("an app", "its secret")
        .token_url("https://127.0.0.1:1/token")
        .resources_url("http://localhost:1/sites")
        .configure_http(move |http| http.user_agent("mine").proxy(reqwest::Proxy::all(&url).unwrap()));
    // Addresses on this machine are asked directly even so.
    app.exchange("code", "https://a.example").await.unwrap_err();
    app.accessible_resources(&"access".into()).await.unwrap_err();
    assert_eq!(proxy.requests().len(), 0);

    let script =
        Script::of([tokens(1), response(200, &json!([{"id": "1", "scopes": null}, {"name": "none"}, null]))])
            .await;
    let app = self::app(&script).configure_http(|http| http.user_agent("mine"));
    app.exchange("\u{feff}code\n", "https://a.example").await.unwrap();
    let sites = app.accessible_resources(&" access\n".into()).await.unwrap();
    assert_eq!(sites.len(), 1, "{sites:?}");
    let asked = script.requests();
    assert!(asked.iter().all(|asked| asked.header("user-agent") == Some("mine")), "{asked:?}");
    assert!(asked[0].body.contains("\"code\""), "{asked:?}");
}

#[test]
fn empty_secrets_are_refused_and_blanks_cut_off() {
    let build = |id: &str, secret: &str, refresh: &str, access: &str| {
        let oauth =
            OAuth::new(App::new(id, secret), refresh, |_| async { Ok(()) }).access_token(access, None);
        Client::builder("https://acme.atlassian.net").oauth(oauth).build()
    };
    build(" id\n", "\u{feff}secret\r\n", "refresh\n", " access").unwrap();
    for (id, secret, refresh, access, named) in [
        (" ", "secret", "refresh", "access", "client id"),
        ("id", "\u{feff}\n", "refresh", "access", "client secret"),
        ("id", "secret", "", "access", "refresh token"),
        ("id", "secret", "refresh", "\t", "access token"),
        ("id", "secret", "ref\nresh", "access", "refresh token"),
    ] {
        let error = build(id, secret, refresh, access).unwrap_err();
        assert!(error.is_configuration() && error.to_string().contains(named), "{error}");
        assert!(!format!("{error:?}").contains("resh\""), "{error:?}");
    }
}
