//! Authorizing an app from the browser's way to the consent page to calls of the chosen site, and service accounts.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use jsm_client::oauth::{
    AccessibleResource, App, AuthorizationRequest, Callback, ExposeSecret, FileTokenStore, OAuth, TokenStore,
    Tokens,
};
use jsm_client::servicedesk::customer::CreateCustomer;
use jsm_client::servicedesk::service_desk::GetServiceDesks;
use jsm_client::{Client, Error};
use jsm_sandbox::{Consent, OAuthApp, Role, Sandbox, Seed};
use serde_json::json;

use super::clock::TestClock;
use super::script::{Script, json as response};

const CALLBACK: &str = "https://app.example.com/callback?tenant=1";
const READ: &str = "read:servicedesk-request";
const HOUR: Duration = Duration::from_secs(60 * 60);

fn app(app: &OAuthApp) -> App {
    App::new(&*app.client_id, &*app.client_secret)
        .authorize_page(&*app.authorize_url)
        .token_url(&*app.token_url)
        .resources_url(&*app.resources_url)
}

async fn desks(client: &Client) -> Result<Vec<String>, Error> {
    let desks = client.call(GetServiceDesks::new()).await?;
    Ok(desks.values.into_iter().map(|desk| desk.project_name).collect())
}

fn renewals(sandbox: &Sandbox) -> usize {
    sandbox.requests().iter().filter(|request| request.path == "/oauth/token").count()
}

#[tokio::test]
async fn an_authorization_ends_with_calls_to_the_chosen_site() {
    let books = Seed::empty().desk("BOOKS", "Book Shop");
    let sandbox = Sandbox::builder().site("Moss", books).no_violations().start().await.unwrap();
    let app = app(&sandbox.oauth_app(CALLBACK));

    // One request of the browser begins it, and the session is read from where it was stored.
    let request = app.authorize(CALLBACK, &[READ]).unwrap();
    let session = serde_json::to_string(&request).unwrap();
    let page = request.url().to_owned();
    // Another request ends it.
    let callback = sandbox.visit(&page).unwrap();
    let request: AuthorizationRequest = serde_json::from_str(&session).unwrap();
    let tokens = app.finish(&request, &callback).await.unwrap();
    assert!(tokens.refresh_token.is_some() && tokens.expires_at.is_some());
    assert_eq!(tokens.scopes, [READ, "offline_access"]);

    let sites = app.accessible_resources(&tokens.access_token).await.unwrap();
    let error = AccessibleResource::only(&sites).unwrap_err().to_string();
    assert!(error.contains("several sites") && error.contains("Moss (http://127.0.0.1:"), "{error}");
    let folder = tempfile::tempdir().unwrap();
    for (wanted, name, shops) in [("moss", "Moss", 1), (sandbox.url(), "sandbox", 2)] {
        let site = AccessibleResource::choose(&sites, wanted).unwrap();
        assert_eq!((site.name.as_str(), site.scopes.len()), (name, 2));
        let store = FileTokenStore::new(folder.path().join(name));
        store.save(&tokens).await.unwrap();
        let oauth = OAuth::from_store(app.clone(), store);
        let jira = Client::builder(&site.url).cloud_id(&site.id).oauth(oauth).build().unwrap();
        let desks = desks(&jira).await.unwrap();
        assert_eq!((desks.len(), desks.contains(&"Book Shop".to_owned())), (shops, shops == 1), "{desks:?}");
    }
    assert_eq!(renewals(&sandbox), 1, "the code was exchanged, and nothing renewed");
    let shown = format!("{:?} {session:?}", sandbox.requests());
    assert!(!shown.replace(&session, "").contains("sandbox-code"), "a code is in a recorded request");
}

#[tokio::test]
async fn access_ends_where_consent_ends() {
    let sandbox = Sandbox::builder().site("Moss", Seed::empty()).no_violations().start().await.unwrap();
    let app = app(&sandbox.oauth_app(CALLBACK));
    let [first, moss] = <[_; 2]>::try_from(sandbox.sites()).unwrap();
    sandbox.consent(Consent::by(Role::Agent).site(&moss.cloud_id));
    let request = app.authorize(CALLBACK, &[READ]).unwrap();
    let tokens = app.finish(&request, sandbox.visit(request.url()).unwrap()).await.unwrap();
    let sites = app.accessible_resources(&tokens.access_token).await.unwrap();
    assert_eq!(AccessibleResource::only(&sites).unwrap().id, moss.cloud_id);
    for (site, is_allowed) in [(moss, true), (first, false)] {
        let token = tokens.access_token.expose_secret();
        let jira = Client::builder(site.url).cloud_id(site.cloud_id).bearer_token(token).build().unwrap();
        assert_eq!(desks(&jira).await.is_ok(), is_allowed);
    }
    sandbox.consent(Consent::denied());
    let request = app.authorize(CALLBACK, &[READ]).unwrap();
    let error = app.finish(&request, sandbox.visit(request.url()).unwrap()).await.unwrap_err();
    assert!(error.is_authentication(), "{error}");
    assert_eq!(
        error.to_string(),
        "the account did not authorise the app (access_denied) (User did not authorize the request)"
    );
    assert_eq!(renewals(&sandbox), 1, "without a code, nothing is exchanged");
}

#[tokio::test]
async fn a_code_is_good_once_for_the_authorization_that_it_belongs_to() {
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let app = app(&sandbox.oauth_app(CALLBACK));
    let request = app.authorize(CALLBACK, &[READ]).unwrap();
    let other = app.authorize(CALLBACK, &[READ]).unwrap();
    let callback = sandbox.visit(request.url()).unwrap();
    let code = callback.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let mut errors = vec![
        // A page of an attacker sends the browser back with the attacker's code.
        app.finish(&other, &callback).await.unwrap_err(),
        app.finish(&other, format!("?code={code}")).await.unwrap_err(),
    ];
    assert_eq!(renewals(&sandbox), 0, "the state is checked before anything is sent");
    // A thief of the code has no verifier, and uses the code up.
    errors.push(app.exchange(&code, CALLBACK).await.unwrap_err());
    errors.push(app.finish(&request, &callback).await.unwrap_err());

    let request = app.authorize(CALLBACK, &[READ]).unwrap();
    let late = sandbox.visit(request.url()).unwrap();
    sandbox.clock().advance(Duration::from_secs(11 * 60));
    errors.push(app.finish(&request, &late).await.unwrap_err());
    for error in errors {
        let shown = format!("{error} {error:?}");
        assert!(error.is_authentication() && shown.contains("authori"), "{shown}");
        assert!(!shown.contains("sandbox-code") && !shown.contains(&code), "{shown}");
    }

    let request = app.authorize(CALLBACK, &[READ]).unwrap();
    let callback = sandbox.visit(request.url()).unwrap();
    app.finish(&request, &callback).await.unwrap();
    let error = app.finish(&request, &callback).await.unwrap_err();
    assert!(error.to_string().starts_with("the authorization code is not valid (invalid_grant)"), "{error}");

    // A program that checks the state by itself.
    let page = app.authorize_url(CALLBACK, &[READ], "mine").unwrap();
    let callback = sandbox.visit(page.as_str()).unwrap();
    assert!(callback.ends_with("&state=mine"), "{callback}");
    let code = callback.split("code=").nth(1).unwrap().split('&').next().unwrap();
    app.exchange(code, CALLBACK).await.unwrap();
}

#[test]
fn an_authorization_that_cannot_work_is_refused_at_once() {
    let app = |id: &str, secret: &str| App::new(id, secret);
    for (app, redirect_uri, scopes, named) in [
        (app("", "secret"), CALLBACK, &[READ][..], "client id"),
        (app("id", " \n"), CALLBACK, &[READ], "client secret"),
        (app("id", "secret"), "/callback", &[READ], "redirect_uri"),
        (app("id", "secret"), "https://app.example.com/#callback", &[READ], "redirect_uri"),
        (app("id", "secret"), "", &[READ], "redirect_uri"),
        (app("id", "secret"), CALLBACK, &[], "scopes"),
        (app("id", "secret"), CALLBACK, &[" "], "scopes"),
        (app("id", "secret").authorize_page("http://id.example.com/"), CALLBACK, &[READ], "use https"),
    ] {
        let error = app.authorize(redirect_uri, scopes).unwrap_err();
        assert!(error.is_configuration() && error.to_string().contains(named), "{error}");
    }
    let request = app("id", "secret").authorize("http://127.0.0.1:8914/callback", &[READ]).unwrap();
    let url = reqwest::Url::parse(request.url()).unwrap();
    let get =
        |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    assert_eq!(get("code_challenge_method").as_deref(), Some("S256"));
    assert_eq!((get("code_challenge").unwrap().len(), get("state").unwrap().len()), (43, 43));
    assert_eq!(get("scope").as_deref(), Some("read:servicedesk-request offline_access"));
    let callback = Callback::from(&url);
    assert!(request.matches(&callback));
    let listed = app("id", "secret").authorize_url(CALLBACK, &["a offline_access", " ", "b\n"], "x").unwrap();
    assert!(listed.as_str().contains("&scope=a+offline_access+b&"), "{listed}");
    let shown = format!("{request:?} {callback:?}");
    assert!(shown.contains("8914") && !shown.contains(&get("state").unwrap()), "{shown}");
}

#[tokio::test]
async fn a_site_comes_once_with_the_scopes_of_all_its_products() {
    let entry =
        |scopes: &[&str]| json!({"id": "1", "name": "Acme", "url": "https://acme.example", "scopes": scopes});
    let list = json!([entry(&["read:a"]), {"id": "2"}, null, entry(&["read:b", "read:a"])]);
    let script = Script::of([response(200, &list)]).await;
    let app = App::new("id", "secret").resources_url(format!("{}/sites", script.url));
    let sites = app.accessible_resources(&"access".into()).await.unwrap();
    assert_eq!(sites.len(), 2);
    assert_eq!(sites[0].scopes, ["read:a", "read:b"]);

    // A consultant's account. The chosen site is stored with the tokens.
    let scopes: Vec<String> = (0..40).map(|number| format!("read:scope-{number}:jira")).collect();
    let many: Vec<_> = (0..1_000).map(|id| json!({"id": id.to_string(), "scopes": scopes})).collect();
    let script = Script::of([response(200, &json!(many))]).await;
    let app = App::new("id", "secret").resources_url(format!("{}/sites", script.url));
    let sites = app.accessible_resources(&"access".into()).await.unwrap();
    let stored = serde_json::to_string(&sites[999]).unwrap();
    assert_eq!(
        (sites.len(), &serde_json::from_str::<AccessibleResource>(&stored).unwrap()),
        (1_000, &sites[999])
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_service_account_gets_a_token_whenever_it_needs_one() {
    let sandbox = Arc::new(Sandbox::builder().no_violations().start().await.unwrap());
    let clock = TestClock::along_with(&sandbox);
    let robot = sandbox.service_account(Role::Agent, &[READ]);
    let jira = Client::builder(sandbox.url())
        .clock(clock.clone())
        .oauth(OAuth::client_credentials(app(&robot)))
        .build()
        .unwrap();
    for hours in 0..3 {
        // A minute early, so that no call meets a refusal.
        clock.advance_to(hours * (HOUR - Duration::from_secs(60)));
        let calls = (0..512).map(|number| {
            let jira = jira.clone();
            let call = tokio::spawn(async move { desks(&jira).await });
            if number % 2 == 0 {
                call.abort();
            }
            call
        });
        for call in join_all(calls).await {
            assert!(call.map_or_else(|left| left.is_cancelled(), |desks| desks.is_ok()));
        }
        assert_eq!(renewals(&sandbox), usize::try_from(hours).unwrap() + 1);
    }
    let error = jira.call(CreateCustomer::new("eve@example.com", "Eve")).await.unwrap_err();
    assert!(error.required_scopes().is_some(), "{error}");

    for (app, code) in [
        (App::new(&*robot.client_id, "wrong").token_url(&*robot.token_url), "401 access_denied"),
        (app(&sandbox.oauth_app(CALLBACK)), "403 unauthorized_client"),
    ] {
        let oauth = OAuth::client_credentials(app);
        let jira = Client::builder(sandbox.url()).cloud_id(sandbox.cloud_id()).oauth(oauth).build().unwrap();
        let error = desks(&jira).await.unwrap_err();
        let text = format!("refuses the service account ({code}); check the client id and the secret");
        assert!(error.is_authentication() && error.to_string().contains(&text), "{error}");
    }
}

#[tokio::test]
async fn a_token_endpoint_is_asked_for_a_service_account_as_documented() {
    let granted = json!({"access_token": "access 1", "refresh_token": "not asked for", "expires_in": 3600});
    let desks = json!({"values": [], "isLastPage": true});
    let script = Script::of([response(200, &granted), response(200, &desks)]).await;
    let app = App::new("robot", "its secret").token_url(format!("{}/token", script.url));
    let oauth = OAuth::client_credentials(app.clone());
    let jira = Client::builder(&*script.url).cloud_id(super::CLOUD_ID).oauth(oauth).build().unwrap();
    self::desks(&jira).await.unwrap();
    let asked = script.requests();
    let body: serde_json::Value = serde_json::from_str(&asked[0].body).unwrap();
    let expected = json!({
        "grant_type": "client_credentials", "client_id": "robot", "client_secret": "its secret",
        "audience": "api.atlassian.com",
    });
    assert_eq!(body, expected);
    assert_eq!(asked[1].header("authorization"), Some("Bearer access 1"));

    let oauth = OAuth::client_credentials(app).reload(|| async { Ok(None) });
    let error = Client::builder(&*script.url).oauth(oauth).build().unwrap_err();
    assert!(error.is_configuration() && error.to_string().contains("reload"), "{error}");
}

#[test]
fn tokens_are_written_and_read_on_purpose() {
    let mut tokens = Tokens::new("access", Some("refresh".into()));
    tokens.expires_at = Some(jsm_client::Timestamp::from_second(1_800_000_000).unwrap());
    tokens.scopes = vec![READ.to_owned()];
    let written = serde_json::to_value(&tokens).unwrap();
    let expected = json!({
        "access_token": "access", "refresh_token": "refresh", "expires_at": 1_800_000_000, "scopes": [READ],
    });
    assert_eq!(written, expected);
    for (text, refresh, expires) in [
        (written.to_string(), true, true),
        (r#"{"access_token": "access", "token_type": "Bearer"}"#.to_owned(), false, false),
        (r#"{"access_token": "access", "refresh_token": null, "expires_at": null}"#.to_owned(), false, false),
    ] {
        let read: Tokens = serde_json::from_str(&text).unwrap();
        assert_eq!(read.access_token.expose_secret(), "access");
        assert_eq!((read.refresh_token.is_some(), read.expires_at.is_some()), (refresh, expires), "{text}");
        assert!(!format!("{read:?}").contains("access\""), "{read:?}");
    }
}
