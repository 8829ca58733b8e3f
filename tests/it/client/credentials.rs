//! Who calls, and where credentials go.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use jsm_client::csm::organization::GetOrganization as GetCsmOrganization;
use jsm_client::csm::product::GetProducts;
use jsm_client::servicedesk::attachment::AttachTemporaryFiles;
use jsm_client::servicedesk::customer::{CreateCustomer, GetCustomers};
use jsm_client::servicedesk::organization::{DeleteOrganization, GetOrganization};
use jsm_client::servicedesk::request::GetRequests;
use jsm_client::servicedesk::request_type::SearchRequestTypes;
use jsm_client::{Authorization, Client, ClientBuilder, Credentials, Error, ErrorKind, FilePart, Operation};
use jsm_sandbox::{Role, Sandbox};
use reqwest::header::HeaderValue;
use serde_json::{Value, json};

use super::clock::TestClock;
use super::script::{Script, ScriptedRequest, ScriptedResponse, body_of, dropped, empty, json, silence};
use super::{CLOUD_ID, check, to};

fn fine() -> ScriptedResponse {
    json(200, &json!({"id": "1", "accountId": "a", "values": [], "results": [], "temporaryAttachments": []}))
}

/// A site that tells its cloud id to whoever asks.
fn site(asked: &ScriptedRequest) -> ScriptedResponse {
    if asked.path == "/_edge/tenant_info" { json(200, &json!({"cloudId": CLOUD_ID})) } else { fine() }
}

#[tokio::test]
async fn go_where_they_are_taken() {
    type ErrorKind = (&'static str, fn(ClientBuilder) -> ClientBuilder);
    let kinds: [ErrorKind; 5] = [
        ("API token", |builder| builder.api_token("ada@example.com", "ada's token")),
        ("API token through the gateway", |builder| {
            builder.api_token("ada@example.com", "ada's token").through_gateway(true)
        }),
        ("scoped API token", |builder| builder.scoped_api_token("ada@example.com", "ada's token")),
        ("bearer token", |builder| builder.bearer_token("eyJ.ada")),
        ("bearer token with the cloud id", |builder| builder.bearer_token("eyJ.ada").cloud_id(CLOUD_ID)),
    ];
    let mut table = String::new();
    for (title, set) in kinds {
        let (site, gateway) = (Script::serve(site).await, Script::serve(site).await);
        let builder = Client::builder(&site.url).gateway(&gateway.url).clock(TestClock::new());
        let client = set(builder).build().unwrap();
        let reads = (0..5).map(|_| async { client.call(GetOrganization::new(1)).await });
        assert!(join_all(reads).await.iter().all(Result::is_ok), "{title}");
        let reads = (0..5).map(|_| async { client.call(GetProducts::new()).await });
        assert!(join_all(reads).await.iter().all(Result::is_ok), "{title}");
        table += &format!("{title}\n");
        for (host, script) in [("site", &site), ("gateway", &gateway)] {
            let mut lines: Vec<String> = script
                .requests()
                .iter()
                .map(|asked| format!("{} {}", asked.path, asked.header("authorization").unwrap_or("nothing")))
                .collect();
            lines.sort();
            for same in lines.chunk_by(|one, other| one == other) {
                table += &format!("  {} to the {host}: {}\n", same.len(), same[0]);
            }
        }
    }
    check("credentials_ways", &table);
}

#[tokio::test]
async fn are_what_the_sandbox_takes() {
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let scopes = ["read:servicedesk-request"];
    let scoped = sandbox.scoped_token(Role::Agent, &scopes);
    let grant = sandbox.grant(Role::Agent, &scopes);
    let builder = || {
        Client::builder(sandbox.url())
            .gateway(sandbox.gateway_url())
            .experimental(true)
            .clock(TestClock::new())
    };
    for client in [
        builder().scoped_api_token(&scoped.email, scoped.token.clone()).build().unwrap(),
        builder().bearer_token(grant.access_token.clone()).build().unwrap(),
    ] {
        client.call(GetRequests::new()).await.unwrap();
        let error = client.call(GetCustomers::new("1")).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Authentication, 1));
        assert!(error.required_scopes().unwrap().contains(&["manage:servicedesk-customer"].as_slice()));
    }
    assert_eq!(sandbox.violations(), []);
}

#[tokio::test]
async fn need_a_cloud_id_that_can_be_had() {
    let report = |id: Value| json(200, &json!({"cloudId": id}));
    let mut table = String::new();
    for (title, responses) in [
        ("a site that is away for a moment", vec![empty(503), report(json!(CLOUD_ID)), fine()]),
        ("a site that is busy", vec![empty(429), report(json!(CLOUD_ID)), fine()]),
        ("a connection that drops", vec![dropped(), report(json!(CLOUD_ID)), fine()]),
        ("a site that says nothing", vec![silence(), report(json!(CLOUD_ID)), fine()]),
        ("a site that does not know", vec![empty(404)]),
        ("a page", vec![body_of(200, "text/html", b"<html></html>".to_vec())]),
        ("an answer without it", vec![json(200, &json!({}))]),
        ("an id that leads elsewhere", vec![report(json!("../../other"))]),
        ("an id that is empty", vec![report(json!(""))]),
        ("a redirect", vec![empty(302).header("Location", "/login")]),
        ("an answer without end", vec![body_of(200, "application/json", vec![b' '; 100_000])]),
    ] {
        let script = Script::of(responses).await;
        let clock = TestClock::new();
        let builder = Client::builder(&script.url).bearer_token("eyJ.ada").clock(clock.clone());
        let client = builder.timeout(Duration::from_millis(100)).build().unwrap();
        let outcome = match client.call(GetOrganization::new(1)).await {
            Ok(_) => "answered".to_owned(),
            Err(error) => format!("{:?}: {error}", error.kind()),
        };
        table += &format!(
            "{title}\n  waits {:?}, {} requests: {outcome}\n",
            clock.waits(),
            script.requests().len()
        );
        let asked = script.requests();
        let strangers = asked.iter().filter(|asked| asked.path == "/_edge/tenant_info");
        assert!(strangers.into_iter().all(|asked| asked.header("authorization").is_none()), "{title}");
    }
    check("credentials_cloud_id", &table);
}

/// Credentials that make others of themselves once these are refused.
#[derive(Clone, Debug, Default)]
struct Renewing {
    renewals: Arc<AtomicUsize>,
    /// How often they can be renewed; then they stay as they are.
    most: usize,
    fails: bool,
    refused: Arc<Mutex<Vec<String>>>,
}

impl Credentials for Renewing {
    fn authorization(&self, refused: Option<&HeaderValue>) -> Authorization<'_> {
        if let Some(refused) = refused {
            self.refused.lock().unwrap().push(refused.to_str().unwrap().to_owned());
            if self.fails {
                return Box::pin(async { Err("the vault is shut".into()) });
            }
            if self.renewals.load(Ordering::SeqCst) < self.most {
                self.renewals.fetch_add(1, Ordering::SeqCst);
            }
        }
        let value = format!("Custom {}", self.renewals.load(Ordering::SeqCst));
        Box::pin(async move { Ok(HeaderValue::from_str(&value)?) })
    }
}

#[tokio::test]
async fn are_renewed_once_when_they_are_refused() {
    let mismatch = || json(401, &json!({"code": 401, "message": "Unauthorized; scope does not match"}));
    let stranger = || fine().header("X-Seraph-LoginReason", "AUTHENTICATED_FAILED");
    let (renews, stays) = (Renewing { most: 9, ..Renewing::default() }, Renewing::default());
    let shut = Renewing { fails: true, ..Renewing::default() };
    let get = |client: Client| -> futures_util::future::BoxFuture<'static, Result<(), Error>> {
        Box::pin(async move { client.call(GetOrganization::new(1)).await.map(drop) })
    };
    let post = |client: Client| -> futures_util::future::BoxFuture<'static, Result<(), Error>> {
        Box::pin(async move { client.call(CreateCustomer::new("fred@example.com", "Fred")).await.map(drop) })
    };
    type Run = dyn Fn(Client) -> futures_util::future::BoxFuture<'static, Result<(), Error>>;
    let cases: Vec<(&str, &Renewing, Vec<ScriptedResponse>, &Run)> = vec![
        ("refused and renewed", &renews, vec![empty(401), fine()], &get),
        ("refused and renewed, for what is done once", &renews, vec![empty(401), fine()], &post),
        ("refused twice", &renews, vec![empty(401), empty(401), fine()], &get),
        ("refused again after a pause", &renews, vec![empty(401), empty(503), empty(401), fine()], &get),
        ("renewed, then a pause", &renews, vec![empty(401), empty(503), fine()], &get),
        ("lacking a scope", &renews, vec![mismatch(), fine()], &get),
        ("refused without a word", &renews, vec![stranger(), fine()], &get),
        ("refused without a word, for what is done once", &renews, vec![stranger(), fine()], &post),
        ("refused and the same as before", &stays, vec![empty(401), fine()], &get),
        ("refused and not to be renewed", &shut, vec![empty(401), fine()], &get),
        ("forbidden", &renews, vec![empty(403), fine()], &get),
    ];
    let mut table = String::new();
    for (title, credentials, responses, run) in cases {
        let credentials =
            Renewing { renewals: Arc::default(), refused: Arc::default(), ..credentials.clone() };
        let script = Script::of(responses).await;
        let client = to(&script.url, &TestClock::new()).credentials(credentials.clone()).build().unwrap();
        let outcome = run(client).await.map_or_else(|error| error.to_string(), |()| "answered".to_owned());
        let sent: Vec<String> = script
            .requests()
            .iter()
            .map(|asked| asked.header("authorization").unwrap_or("nothing").to_owned())
            .collect();
        let refused = credentials.refused.lock().unwrap().clone();
        table += &format!("{title}\n  sent {sent:?}, asked to renew {refused:?}: {outcome}\n");
    }
    check("credentials_renewed", &table);
}

#[tokio::test]
async fn are_renewed_for_the_next_call_where_this_one_cannot_be_sent_again() {
    let script = Script::of([empty(401), fine()]).await;
    let credentials = Renewing { most: 9, ..Renewing::default() };
    let client = to(&script.url, &TestClock::new()).credentials(credentials).build().unwrap();
    let upload =
        || client.call(AttachTemporaryFiles::new("1", [FilePart::reader("notes.txt", &b"once"[..])]));
    let error = upload().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Authentication, 1), "{error}");
    upload().await.unwrap();
    let sent: Vec<_> =
        script.requests().iter().map(|asked| asked.header("authorization").unwrap().to_owned()).collect();
    assert_eq!(sent, ["Custom 0", "Custom 1"]);
}

/// Credentials that never come.
#[derive(Debug)]
struct Lost;

impl Credentials for Lost {
    fn authorization(&self, _: Option<&HeaderValue>) -> Authorization<'_> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn are_not_waited_for_longer_than_for_an_answer() {
    let script = Script::of([fine()]).await;
    let client = to(&script.url, &TestClock::new()).credentials(Lost).build().unwrap();
    let error = client.call(GetOrganization::new(1)).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Timeout, 0), "{error}");
    assert!(error.to_string().ends_with("the credentials did not come in time"), "{error}");
    assert!(script.requests().is_empty());
}

#[tokio::test]
async fn are_needed_and_have_to_fit_a_header() {
    let error = Client::builder("https://acme.atlassian.net").build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    let script = Script::of([fine()]).await;
    let error = to(&script.url, &TestClock::new()).bearer_token("half\na token").build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert!(!format!("{error} {error:?}").contains("half"));
    assert_eq!(script.requests().len(), 0);
}

#[tokio::test]
async fn follow_no_redirect() {
    let thief = Script::serve(|_| fine()).await;
    for status in [301, 302, 303, 307, 308] {
        for target in [format!("{}/rest/servicedeskapi/organization/1", thief.url), "/login".to_owned()] {
            let script = Script::of([empty(status).header("Location", &target), fine()]).await;
            let client = to(&script.url, &TestClock::new()).build().unwrap();
            let error = client.call(DeleteOrganization::new(1)).await.unwrap_err();
            assert_eq!(
                (error.kind(), error.attempts()),
                (ErrorKind::Authentication, 1),
                "{status} to {target}"
            );
            assert_eq!(script.requests().len(), 1);
        }
    }
    assert_eq!(thief.requests().len(), 0);
}

#[test]
fn go_to_no_address_in_the_clear() {
    let mut table = String::new();
    for (site, gateway) in [
        ("https://acme.atlassian.net", None),
        ("https://acme.atlassian.net/", None),
        (" https://acme.atlassian.net ", None),
        ("http://localhost:8080", None),
        ("http://[::1]:8080", None),
        ("http://acme.atlassian.net", None),
        ("http://localhost.example.com", None),
        ("acme.atlassian.net", None),
        ("acme", None),
        ("", None),
        ("file:///etc/passwd", None),
        ("https://acme.atlassian.net/jira", None),
        ("https://acme.atlassian.net?x=1", None),
        ("https://acme.atlassian.net#", None),
        ("https://acme.atlassian.net:8443/#top", None),
        ("\u{feff}https://acme.atlassian.net\n", None),
        ("https://ada:hush@acme .net", None),
        ("https://api.atlassian.com/ex/jira/a1-b2", None),
        ("https://api.atlassian.com/ex/jira/a1-b2/rest", None),
        ("https://ada:hush@acme.atlassian.net", None),
        ("https://acme.atlassian.net", Some("http://api.example.com")),
    ] {
        for allowed in [false, true] {
            let builder = Client::builder(site).api_token("ada@example.com", "token").allow_http(allowed);
            let builder =
                gateway.into_iter().fold(builder, |builder, gateway: &str| builder.gateway(gateway));
            let outcome = match builder.build() {
                Ok(client) => client.site().to_string(),
                Err(error) => {
                    assert_eq!(error.kind(), ErrorKind::Configuration);
                    error.to_string()
                }
            };
            assert!(!outcome.contains("hush"), "{outcome}");
            let how = if allowed { "with allow_http" } else { "as it is" };
            let gateway = gateway.map(|gateway| format!(" by {gateway}")).unwrap_or_default();
            table += &format!("{site:?}{gateway}, {how}: {outcome}\n");
        }
    }
    check("credentials_addresses", &table);
}

#[tokio::test]
async fn opt_in_to_experiments_by_name() {
    let script = Script::serve(|_| fine()).await;
    let opt_in = |asked: &ScriptedRequest| asked.header("x-experimentalapi").map(str::to_owned);
    for (client_says, call_says, sent) in [
        (false, None, false),
        (false, Some(false), false),
        (true, Some(false), false),
        (true, None, true),
        (false, Some(true), true),
    ] {
        let client = to(&script.url, &TestClock::new()).experimental(client_says).build().unwrap();
        let before = script.requests().len();
        let call = client.call(SearchRequestTypes::new());
        let call = if let Some(says) = call_says { call.experimental(says) } else { call };
        match call.await {
            Ok(_) => assert_eq!(opt_in(&script.requests()[before]).as_deref(), Some("opt-in")),
            Err(error) => {
                assert_eq!((error.kind(), error.attempts()), (ErrorKind::ExperimentalOptIn, 0));
                assert!(error.to_string().contains("experimental(true)"), "{error}");
            }
        }
        assert_eq!(script.requests().len() > before, sent, "{client_says} {call_says:?}");
        let before = script.requests().len();
        client.call(GetOrganization::new(1)).await.unwrap();
        let header = client_says.then(|| "opt-in".to_owned());
        assert_eq!(opt_in(&script.requests()[before]), header, "it goes out wherever the program opted in");
    }
}

#[tokio::test]
async fn reach_no_endpoint_but_the_one_that_was_meant() {
    let script = Script::serve(|_| fine()).await;
    let client = to(&script.url, &TestClock::new()).build().unwrap();
    for id in ["", ".", "..", "a/b", "../organization", "a\\b", "a\nb"] {
        for error in [
            client.call(GetCustomers::new(id)).await.unwrap_err(),
            client.call(DeleteOrganization::new(id)).await.unwrap_err(),
        ] {
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::Configuration, 0), "{id:?}");
        }
    }
    assert_eq!(script.requests().len(), 0);
    client.call(GetCustomers::new("%2e%2e?x#y")).await.unwrap();
    assert_eq!(script.requests()[0].path, "/rest/servicedeskapi/servicedesk/%252e%252e%3Fx%23y/customer");
}

#[tokio::test]
async fn a_wrong_argument_is_refused_before_the_cloud_id_is_looked_up() {
    let script = Script::serve(site).await;
    let csm = Client::builder(&script.url).bearer_token("token").build().unwrap();
    let error = csm.call(GetCsmOrganization::new("..")).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Configuration, 0));
    assert_eq!(script.requests().len(), 0);
    csm.call(GetCsmOrganization::new("7")).await.unwrap();
    assert_eq!(script.requests().len(), 2);
}

#[tokio::test]
async fn are_not_replaced_by_a_header() {
    let script = Script::serve(|_| fine()).await;
    let client = to(&script.url, &TestClock::new()).build().unwrap();
    for (name, value) in [("no name", "x"), ("X-Own", "two\nlines"), ("Authorization", "Basic other")] {
        let error = client.call(GetOrganization::new(1)).header(name, value).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::Configuration, 0));
        assert_eq!(error.operation().unwrap().name, GetOrganization::INFO.name);
    }
    assert_eq!(script.requests().len(), 0);
}
