//! The endpoints of OAuth, as a client finds them that knows their documentation alone.

use std::time::Duration;

use jsm_sandbox::{Consent, OAuthApp, Role, Sandbox, Seed};
use serde_json::{Value, json};

use crate::client::{Response, TestClient, read};

const CALLBACK: &str = "https://app.example.com/callback";
const READ: &str = "read:servicedesk-request";

/// A verifier and its challenge, from RFC 7636.
const PKCE: [&str; 2] =
    ["dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"];

/// The page at which accounts authorise an app, with other values for some of its parameters.
fn page(app: &OAuthApp, other: &[(&str, &str)]) -> String {
    let mut pairs = vec![
        ("audience", "api.atlassian.com"),
        ("client_id", &app.client_id),
        ("scope", "read:servicedesk-request offline_access"),
        ("redirect_uri", CALLBACK),
        ("state", "only mine"),
        ("response_type", "code"),
        ("prompt", "consent"),
    ];
    for &(name, value) in other {
        pairs.retain(|(known, _)| *known != name);
        pairs.push((name, value));
    }
    let url = reqwest::Url::parse_with_params(&app.authorize_url, pairs).unwrap();
    url.into()
}

fn code_in(location: &str) -> String {
    let url = reqwest::Url::parse(location).unwrap();
    let pair = url.query_pairs().find(|(name, _)| name == "code");
    pair.map(|(_, code)| code.into_owned()).unwrap_or_default()
}

async fn token(app: &OAuthApp, grant: Value) -> Response {
    let mut body = json!({"client_id": app.client_id, "client_secret": app.client_secret});
    for (name, value) in grant.as_object().unwrap() {
        body[name] = value.clone();
    }
    read(crate::http::client().post(&app.token_url).json(&body)).await.unwrap()
}

fn of_code(code: &str) -> Value {
    json!({"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK})
}

#[tokio::test]
async fn a_browser_returns_with_a_code_that_is_exchanged_once() {
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let (app, client) = (sandbox.oauth_app(CALLBACK), TestClient::new(&sandbox, Role::Anonymous));
    // The page is on the gateway, and on the site, which serves what is the gateway's.
    for page in [page(&app, &[]), page(&app, &[]).replace(sandbox.gateway_url(), sandbox.url())] {
        let response = client.get(&page).await;
        assert_eq!(response.status, 302, "{}", response.text);
        let location = response.header("location").to_owned();
        assert!(location.starts_with(&format!("{CALLBACK}?code=")), "{location}");
        assert!(location.ends_with("&state=only+mine"), "{location}");
        let code = code_in(&location);
        let tokens = token(&app, of_code(&code)).await;
        assert_eq!((tokens.status, tokens.json()["expires_in"].as_u64()), (200, Some(3_600)));
        assert_eq!(tokens.json()["scope"], "read:servicedesk-request offline_access");
        let again = token(&app, of_code(&code)).await;
        assert_eq!((again.status, again.json()["error"].as_str()), (403, Some("invalid_grant")));
        let refresh = json!({"grant_type": "refresh_token", "refresh_token": tokens.json()["refresh_token"]});
        assert_eq!(token(&app, refresh).await.status, 200);
    }
    let recorded = format!("{:?}", sandbox.requests());
    for secret in ["only", "sandbox-code", "sandbox-secret", "sandbox-access"] {
        assert!(!recorded.contains(secret), "{secret} in {recorded}");
    }
    assert!(recorded.contains("scope=read%3Aservicedesk-request"), "{recorded}");
}

#[tokio::test]
async fn a_code_is_exchanged_by_its_app_alone() {
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let (app, other) = (sandbox.oauth_app(CALLBACK), sandbox.oauth_app(CALLBACK));
    let code = |parameters: &[(&str, &str)]| code_in(&sandbox.visit(&page(&app, parameters)).unwrap());
    let with_pkce = [("code_challenge", PKCE[1]), ("code_challenge_method", "S256")];
    let with = |code: &str, name: &str, value: &str| {
        let mut grant = of_code(code);
        grant[name] = value.into();
        grant
    };
    let bound = code(&with_pkce);
    for (app, grant, status) in [
        (&app, with(&bound, "code_verifier", PKCE[0]), 200),
        (&app, of_code(&code(&with_pkce)), 403),
        (&app, with(&code(&with_pkce), "code_verifier", "another"), 403),
        (&app, with(&code(&[]), "code_verifier", PKCE[0]), 403),
        (&app, with(&code(&[]), "redirect_uri", "https://app.example.com/other"), 403),
        (&app, with(&code(&[]), "client_secret", "another"), 401),
        (&other, of_code(&code(&[])), 403),
        (&app, of_code("sandbox-code-0"), 403),
        (&app, with("", "grant_type", "password"), 400),
        (&app, with("", "grant_type", "client_credentials"), 403),
        (&app, of_code(&code(&[])), 200),
    ] {
        assert_eq!(token(app, grant.clone()).await.status, status, "{grant}");
    }
    let late = code(&[]);
    sandbox.clock().advance(Duration::from_secs(600));
    assert_eq!(token(&app, of_code(&late)).await.status, 403);
    let without_refresh = token(&app, of_code(&code(&[("scope", READ)]))).await;
    assert_eq!((without_refresh.status, &without_refresh.json()["refresh_token"]), (200, &Value::Null));
}

#[tokio::test]
async fn tokens_are_asked_for_with_json_or_with_a_form() {
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let app = sandbox.oauth_app(CALLBACK);
    let code = code_in(&sandbox.visit(&page(&app, &[])).unwrap());
    let mut grant =
        format!("grant_type=authorization_code&code={code}&redirect_uri=https%3A%2F%2F{}", &CALLBACK[8..]);
    for _ in 0..2 {
        let form = format!("client_id={}&client_secret={}&{grant}", app.client_id, app.client_secret);
        let request = crate::http::client().post(&app.token_url).body(form);
        let request = request.header("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
        let response = read(request).await.unwrap();
        assert_eq!(response.status, 200, "{}", response.text);
        let token = response.json()["refresh_token"].as_str().unwrap().to_owned();
        grant = format!("grant_type=refresh_token&refresh_token={token}");
    }
}

#[tokio::test]
async fn a_browser_stays_where_it_cannot_be_sent_back() {
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let (app, client) = (sandbox.oauth_app(CALLBACK), TestClient::new(&sandbox, Role::Anonymous));
    for other in
        [("client_id", "unknown"), ("redirect_uri", "https://thief.example.com/"), ("redirect_uri", "")]
    {
        let response = client.get(&page(&app, &[other])).await;
        assert_eq!((response.status, response.header("location")), (400, ""), "{other:?}");
        assert!(sandbox.visit(&page(&app, &[other])).is_err(), "{other:?}");
    }
    assert!(sandbox.visit("https://auth.atlassian.com/authorize?client_id=1").is_err());
    for (other, error) in [
        (("response_type", "token"), "unsupported_response_type"),
        (("audience", ""), "invalid_request"),
        (("scope", " "), "invalid_scope"),
        (("code_challenge", "plain"), "invalid_request"),
    ] {
        let location = sandbox.visit(&page(&app, &[other])).unwrap();
        assert!(location.starts_with(&format!("{CALLBACK}?error={error}&")), "{location}");
    }
    sandbox.consent(Consent::denied());
    let location = sandbox.visit(&page(&app, &[])).unwrap();
    assert!(location.contains("?error=access_denied&error_description=User+did"), "{location}");
    assert!(location.ends_with("&state=only+mine"), "{location}");
}

#[tokio::test]
async fn sites_have_data_of_their_own_behind_one_gateway() {
    let books = Seed::empty().desk("BOOKS", "Book Shop");
    let sandbox = Sandbox::builder().site("Moss", books).site("Fern", Seed::empty()).start().await.unwrap();
    let app = sandbox.oauth_app(CALLBACK);
    let sites = sandbox.sites();
    assert_eq!(sites.iter().map(|site| site.name.as_str()).collect::<Vec<_>>(), ["sandbox", "Moss", "Fern"]);
    sandbox.consent(Consent::by(Role::Admin).site(&sites[0].cloud_id).site(&sites[1].cloud_id));
    let code = code_in(&sandbox.visit(&page(&app, &[])).unwrap());
    let access = token(&app, of_code(&code)).await.json()["access_token"].as_str().unwrap().to_owned();
    let client = crate::http::client();
    let listed = read(client.get(&app.resources_url).bearer_auth(&access)).await.unwrap().json();
    let ids: Vec<&str> = listed.as_array().unwrap().iter().map(|site| site["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [&sites[0].cloud_id, &sites[1].cloud_id]);
    assert_eq!((&listed[1]["name"], &listed[1]["url"]), (&json!("Moss"), &json!(sites[1].url)));

    for (site, desks) in sites.iter().zip([2, 1, 0]) {
        let tenant = read(client.get(format!("{}/_edge/tenant_info", site.url))).await.unwrap();
        assert_eq!(tenant.json()["cloudId"], site.cloud_id);
        let api = "rest/servicedeskapi/servicedesk";
        let account = sandbox.account(Role::Admin);
        let own = client.get(format!("{}/{api}", site.url)).basic_auth(&account.email, Some(&account.token));
        let own = read(own).await.unwrap().json();
        assert_eq!(own["size"], desks, "{}", site.name);
        // Links lead to the site that was asked.
        assert!(own["_links"]["self"].as_str().is_none_or(|link| link.starts_with(&site.url)), "{own}");
        for origin in [sandbox.gateway_url(), site.url.as_str()] {
            let address = format!("{origin}/ex/jira/{}/{api}", site.cloud_id);
            let response = read(client.get(address).bearer_auth(&access)).await.unwrap();
            match site.name.as_str() {
                "Fern" => assert_eq!(response.status, 401, "the account gave no consent to it"),
                _ => assert_eq!(response.json()["size"], desks),
            }
        }
    }
}

#[tokio::test]
async fn a_service_account_gets_tokens_for_its_id_and_secret() {
    let sandbox = Sandbox::builder().no_violations().start().await.unwrap();
    let robot = sandbox.service_account(Role::Agent, &[READ]);
    let credentials = || json!({"grant_type": "client_credentials", "audience": "api.atlassian.com"});
    let tokens = token(&robot, credentials()).await.json();
    assert_eq!((tokens["scope"].as_str(), &tokens["refresh_token"]), (Some(READ), &Value::Null));
    let desks =
        format!("{}/ex/jira/{}/rest/servicedeskapi/servicedesk", sandbox.gateway_url(), sandbox.cloud_id());
    let ask = |token: &Value| {
        read(crate::http::client().get(&desks).bearer_auth(token.as_str().unwrap_or_default()))
    };
    assert_eq!(ask(&tokens["access_token"]).await.unwrap().status, 200);
    sandbox.clock().advance(Duration::from_secs(3_600));
    assert_eq!(ask(&tokens["access_token"]).await.unwrap().status, 401);
    let next = token(&robot, credentials()).await.json();
    assert_eq!(ask(&next["access_token"]).await.unwrap().status, 200);
    let mut wrong = credentials();
    wrong["client_secret"] = "another".into();
    assert_eq!(token(&robot, wrong).await.status, 401);
    let shown = format!("{robot:?} {:?}", sandbox.grant(Role::Admin, &[READ]));
    assert!(!shown.contains("sandbox-secret") && !shown.contains("sandbox-access"), "{shown}");
}
