//! Access by OAuth 2.0 (3LO): an app, the tokens that accounts give it, and their renewal.
//!
//! Refresh tokens rotate: each is good for one renewal, which brings the next one. So the tokens are renewed by one
//! request at a time, the new ones are handed to the program to be stored before they are used, and a renewal that
//! has begun is brought to its end even if the call that wanted it is dropped. How requests are sent with them is
//! `send`'s.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::header::HeaderValue;
use reqwest::{StatusCode, Url};
pub use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::clock::Clock;
use crate::credentials::{Authorization, BoxError, Credentials, sensitive};
use crate::error::{Error, Kind, Result};
use crate::http::Setup;
use crate::retry::{self, RetryPolicy};
use crate::send::{read_body, transport};
use crate::site::is_loopback;

const AUTHORIZE: &str = "https://auth.atlassian.com/authorize";
const TOKEN: &str = "https://auth.atlassian.com/oauth/token";
const RESOURCES: &str = "https://api.atlassian.com/oauth/token/accessible-resources";

/// The scope that makes a refresh token come along.
const OFFLINE: &str = "offline_access";

/// How much earlier than at its end an access token is renewed.
const MARGIN: Duration = Duration::from_secs(60);

/// How long the token endpoint may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How much of its answer is read.
const LARGEST_ANSWER: usize = 256 * 1024;

/// An app as it is registered in Atlassian's developer console.
///
/// ```
/// use jsm_client::oauth::App;
///
/// let app = App::new("client id", "client secret");
/// let scopes = ["read:servicedesk-request", "write:servicedesk-request"];
/// let url = app.authorize_url("https://app.example.com/callback", &scopes, "what only this browser knows")?;
/// assert_eq!(url.host_str(), Some("auth.atlassian.com"));
/// assert!(url.query().is_some_and(|query| query.contains("offline_access")));
/// # Ok::<(), jsm_client::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct App {
    client_id: String,
    client_secret: SecretString,
    authorize_url: String,
    token_url: String,
    resources_url: String,
}

/// Tokens that an account gave an app. `Debug` does not show them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Tokens {
    /// What calls are made with.
    pub access_token: SecretString,
    /// What it is renewed with, once; absent when the app did not ask for `offline_access`.
    pub refresh_token: Option<SecretString>,
    /// How long the access token is good for, from the moment it came.
    pub expires_in: Option<Duration>,
    /// What it is good for.
    pub scopes: Vec<String>,
}

/// A site that an account lets an app into.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct AccessibleResource {
    /// Its cloud id, for [`Builder::cloud_id`](crate::Builder::cloud_id).
    pub id: String,
    /// Its address, for [`Client::builder`](crate::Client::builder).
    #[serde(default)]
    pub url: String,
    /// Its name.
    #[serde(default)]
    pub name: String,
    /// What the app may do there.
    #[serde(default)]
    pub scopes: Vec<String>,
}

type Store = Arc<dyn Fn(Tokens) -> BoxFuture<'static, Result<(), BoxError>> + Send + Sync>;

/// Credentials that renew themselves, for [`Builder::oauth`](crate::Builder::oauth).
///
/// ```
/// use jsm_client::{Client, oauth::{App, OAuth, Tokens}};
/// # async fn save(tokens: &Tokens) -> std::io::Result<()> { Ok(()) }
///
/// let app = App::new("client id", "client secret");
/// let oauth = OAuth::new(app, "the refresh token that was stored last", |tokens: Tokens| async move {
///     // Wherever it is kept: the one before is used up, and without this one the account has to authorise again.
///     save(&tokens).await?;
///     Ok(())
/// });
/// let jira = Client::builder("https://acme.atlassian.net").oauth(oauth).build()?;
/// # Ok::<(), jsm_client::Error>(())
/// ```
pub struct OAuth {
    app: App,
    refresh_token: SecretString,
    access: Option<(SecretString, Option<Duration>)>,
    store: Store,
}

impl App {
    /// An app by its id and secret.
    pub fn new(client_id: impl Into<String>, client_secret: impl Into<SecretString>) -> Self {
        Self {
            client_id: client_id.into(),
            client_secret: client_secret.into(),
            authorize_url: AUTHORIZE.to_owned(),
            token_url: TOKEN.to_owned(),
            resources_url: RESOURCES.to_owned(),
        }
    }

    /// Where codes and refresh tokens are exchanged; `https://auth.atlassian.com/oauth/token` by default.
    #[must_use]
    pub fn token_url(mut self, url: impl Into<String>) -> Self {
        self.token_url = url.into();
        self
    }

    /// Where accounts are asked; `https://auth.atlassian.com/authorize` by default.
    #[must_use]
    pub fn authorize_page(mut self, url: impl Into<String>) -> Self {
        self.authorize_url = url.into();
        self
    }

    /// Where the sites of an account are listed; at Atlassian's gateway by default.
    #[must_use]
    pub fn resources_url(mut self, url: impl Into<String>) -> Self {
        self.resources_url = url.into();
        self
    }

    /// The page to send a person's browser to, which asks whether the app may act for them.
    ///
    /// Afterwards the browser comes to `redirect_uri` with a `code` for [`exchange`](Self::exchange) and with `state`,
    /// which has to be the value that was given to this browser and to no other. The scope `offline_access` is added.
    ///
    /// # Errors
    ///
    /// Of kind `Configuration`, when the page has no address that can be used.
    pub fn authorize_url(&self, redirect_uri: &str, scopes: &[&str], state: &str) -> Result<Url> {
        let mut all = scopes.to_vec();
        if !all.contains(&OFFLINE) {
            all.push(OFFLINE);
        }
        let mut url = endpoint(&self.authorize_url)?;
        url.query_pairs_mut()
            .append_pair("audience", "api.atlassian.com")
            .append_pair("client_id", &self.client_id)
            .append_pair("scope", &all.join(" "))
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("state", state)
            .append_pair("response_type", "code")
            .append_pair("prompt", "consent");
        Ok(url)
    }

    /// Exchanges the code that a browser brought for tokens.
    ///
    /// # Errors
    ///
    /// Of kind `Authentication`, when the code or the app's secret is not good (any more).
    pub async fn exchange(&self, code: &str, redirect_uri: &str) -> Result<Tokens> {
        let body = json!({
            "grant_type": "authorization_code",
            "client_id": self.client_id,
            "client_secret": self.client_secret.expose_secret(),
            "code": code,
            "redirect_uri": redirect_uri,
        });
        self.token(&http()?, &body, std::time::SystemTime::now()).await
    }

    /// Lists the sites that the account lets the app into, with their cloud ids.
    ///
    /// # Errors
    ///
    /// Of kind `Authentication`, when the access token is not good any more.
    pub async fn accessible_resources(&self, access_token: &SecretString) -> Result<Vec<AccessibleResource>> {
        let value = bearer(access_token)
            .map_err(|source| Error::configuration("the access token is none").with_source(source))?;
        let request = http()?
            .get(endpoint(&self.resources_url)?)
            .header(reqwest::header::AUTHORIZATION, value)
            .timeout(TIMEOUT);
        let answer = request.send().await.map_err(transport)?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = read_body(answer, LARGEST_ANSWER).await?;
        match status {
            StatusCode::OK => serde_json::from_slice(&body).map_err(|source| {
                Error::new(Kind::Decode, "the answer is no list of sites").with_source(source)
            }),
            _ => Err(Error::new(
                Kind::of_status(status.as_u16()),
                "the sites of the account cannot be listed; renew the access token",
            )
            .with_answer(status, &headers, body)),
        }
    }

    async fn refresh(
        &self,
        http: &reqwest::Client,
        clock: &dyn Clock,
        refresh_token: &SecretString,
    ) -> Result<Tokens> {
        let body = json!({
            "grant_type": "refresh_token",
            "client_id": self.client_id,
            "client_secret": self.client_secret.expose_secret(),
            "refresh_token": refresh_token.expose_secret(),
        });
        let policy = RetryPolicy::default().max_retries(2);
        let mut retries = 0;
        loop {
            match self.token(http, &body, clock.date()).await {
                // A token that may have been used up by a lost answer is all there is to ask with.
                Err(error) if is_passing(&error) && retries < policy.max_retries => {
                    retries += 1;
                    clock.sleep(policy.wait(retries, error.retry_after(), clock.chance())).await;
                }
                other => return other,
            }
        }
    }

    async fn token(
        &self,
        http: &reqwest::Client,
        body: &Value,
        now: std::time::SystemTime,
    ) -> Result<Tokens> {
        let url = endpoint(&self.token_url)?;
        let answer = http.post(url).json(body).timeout(TIMEOUT).send().await.map_err(|error| {
            transport(error).map_note(|note| format!("no tokens from the token endpoint: {note}"))
        })?;
        let (status, asked) = (answer.status(), retry::retry_after(answer.headers(), now));
        let body = read_body(answer, LARGEST_ANSWER).await?;
        if status.is_success() {
            // What cannot be read may hold the tokens all the same, so nothing of it is kept.
            return read_tokens(&body)
                .ok_or_else(|| Error::new(Kind::Decode, "the token endpoint's answer has no access token"));
        }
        Err(refusal(status, &body).with_retry_after(asked))
    }
}

impl OAuth {
    /// Credentials of an app that hold this refresh token.
    ///
    /// `store` is given the tokens whenever they were renewed, and is waited for before the new ones are used. If it
    /// fails, so does the call; the new tokens are kept, and the next call hands them over again.
    pub fn new<F, S>(app: App, refresh_token: impl Into<SecretString>, store: S) -> Self
    where
        S: Fn(Tokens) -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        let store: Store = Arc::new(move |tokens| store(tokens).boxed());
        Self { app, refresh_token: refresh_token.into(), access: None, store }
    }

    /// An access token to begin with, and how long it is good for from now on, if that is known. Without one, the
    /// first call renews the tokens.
    #[must_use]
    pub fn access_token(mut self, token: impl Into<SecretString>, expires_in: Option<Duration>) -> Self {
        self.access = Some((token.into(), expires_in));
        self
    }

    pub(crate) fn into_credentials(
        self,
        http: reqwest::Client,
        clock: Arc<dyn Clock>,
    ) -> Result<Box<dyn Credentials>> {
        endpoint(&self.app.token_url)?;
        let current = match self.access {
            None => None,
            Some((token, expires_in)) => {
                let header = bearer(&token)
                    .map_err(|source| Error::configuration("the access token is none").with_source(source))?;
                Some(Current { header, renew_at: renew_at(clock.now(), expires_in) })
            }
        };
        Ok(Box::new(Renewing(Arc::new(Inner {
            app: self.app,
            store: self.store,
            http,
            clock,
            current: StdMutex::new(current),
            flight: Mutex::new(Flight { refresh_token: self.refresh_token, unstored: None, over: None }),
        }))))
    }
}

impl fmt::Debug for OAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth").field("app", &self.app).finish_non_exhaustive()
    }
}

/// Credentials at work.
struct Renewing(Arc<Inner>);

struct Inner {
    app: App,
    store: Store,
    http: reqwest::Client,
    clock: Arc<dyn Clock>,
    current: StdMutex<Option<Current>>,
    flight: Mutex<Flight>,
}

/// What calls are made with.
struct Current {
    header: HeaderValue,
    renew_at: Option<Instant>,
}

/// What only the one that renews may touch.
struct Flight {
    refresh_token: SecretString,
    /// Tokens that came and were not stored yet, and when they came.
    unstored: Option<(Tokens, Instant)>,
    /// Why the tokens cannot be renewed any more; asking again would not change it.
    over: Option<String>,
}

impl Credentials for Renewing {
    fn authorization(&self, refused: Option<&HeaderValue>) -> Authorization<'_> {
        if let Some(header) = self.0.fresh(refused) {
            return Box::pin(std::future::ready(Ok(header)));
        }
        let (inner, refused) = (Arc::clone(&self.0), refused.cloned());
        Box::pin(async move {
            // As a task of its own, because the refresh token is lost if nobody waits for the one that follows it.
            let renewal = tokio::spawn(async move { inner.renew(refused.as_ref()).await });
            match renewal.await {
                Ok(renewed) => renewed.map_err(BoxError::from),
                Err(stopped) => Err(BoxError::from(stopped)),
            }
        })
    }

    fn needs_gateway(&self) -> bool {
        true
    }
}

impl fmt::Debug for Renewing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth").field("app", &self.0.app).finish_non_exhaustive()
    }
}

impl Inner {
    /// The access token, unless it was refused or is about to end.
    fn fresh(&self, refused: Option<&HeaderValue>) -> Option<HeaderValue> {
        let current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let current = current.as_ref()?;
        let ends = current.renew_at.is_some_and(|at| self.clock.now() >= at);
        (!ends && refused != Some(&current.header)).then(|| current.header.clone())
    }

    async fn renew(&self, refused: Option<&HeaderValue>) -> Result<HeaderValue> {
        let mut flight = self.flight.lock().await;
        // Whoever waited here finds it done.
        if let Some(header) = self.fresh(refused) {
            return Ok(header);
        }
        if let Some(why) = &flight.over {
            return Err(Error::new(Kind::Authentication, why));
        }
        let (tokens, came) = match flight.unstored.clone() {
            Some(kept) => kept,
            None => {
                let asked = self.app.refresh(&self.http, &*self.clock, &flight.refresh_token).await;
                let tokens = asked.inspect_err(|error| {
                    flight.over = error.is_authentication().then(|| error.to_string());
                })?;
                if let Some(next) = &tokens.refresh_token {
                    flight.refresh_token = next.clone();
                }
                let came = self.clock.now();
                flight.unstored = Some((tokens.clone(), came));
                (tokens, came)
            }
        };
        (self.store)(tokens.clone()).await.map_err(|source| {
            let note = "the renewed tokens could not be stored; they are kept, and the next call stores them";
            Error::new(Kind::Authentication, note).with_source(source)
        })?;
        flight.unstored = None;
        let header = bearer(&tokens.access_token).map_err(|source| {
            Error::new(Kind::Decode, "the token endpoint's access token is none").with_source(source)
        })?;
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(Current { header: header.clone(), renew_at: renew_at(came, tokens.expires_in) });
        Ok(header)
    }
}

/// When to renew a token that came at this moment. One that is good for little longer than the margin is used for
/// most of its time nevertheless.
fn renew_at(came: Instant, expires_in: Option<Duration>) -> Option<Instant> {
    let time = expires_in?;
    came.checked_add(time - MARGIN.min(time / 10))
}

fn bearer(token: &SecretString) -> Result<HeaderValue, BoxError> {
    sensitive(&SecretString::from(format!("Bearer {}", token.expose_secret())))
}

/// An address that secrets may be sent to.
/// What is sent with before there is a client.
fn http() -> Result<reqwest::Client> {
    Setup { user_agent: None, connect_timeout: TIMEOUT }.client(true)
}

fn endpoint(text: &str) -> Result<Url> {
    let url = Url::parse(text).map_err(|_| Error::configuration(format!("{text:?} is no address")))?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        _ => Err(Error::configuration(format!("{text:?} would get secrets in the clear; use https"))),
    }
}

fn read_tokens(body: &[u8]) -> Option<Tokens> {
    #[derive(Deserialize)]
    struct Answer {
        access_token: String,
        refresh_token: Option<String>,
        expires_in: Option<f64>,
        scope: Option<String>,
    }
    let answer: Answer = serde_json::from_slice(body).ok()?;
    Some(Tokens {
        access_token: answer.access_token.into(),
        refresh_token: answer.refresh_token.map(SecretString::from),
        expires_in: answer.expires_in.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
        scopes: answer.scope.unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
    })
}

/// Why the token endpoint gave nothing. Its words are kept, its body is not: it may repeat what was sent.
fn refusal(status: StatusCode, body: &[u8]) -> Error {
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |name: &str| said.get(name).and_then(Value::as_str).unwrap_or_default();
    match (status.as_u16(), text("error")) {
        (400 | 401 | 403, "invalid_grant") => {
            let note = "the refresh token is no longer good (invalid_grant); let the account authorise the app again";
            Error::new(Kind::Authentication, note)
        }
        (400 | 401 | 403, error) => {
            let code = status.as_u16();
            let note = format!(
                "the token endpoint refuses the app ({code} {error}); check its client id and its secret"
            );
            Error::new(Kind::Authentication, note)
        }
        (code, _) => Error::new(Kind::of_status(code), format!("the token endpoint answers {code}")),
    }
}

fn is_passing(error: &Error) -> bool {
    matches!(error.kind(), Kind::Connection | Kind::Timeout | Kind::RateLimited | Kind::Server)
}
