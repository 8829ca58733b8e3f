//! Access by OAuth 2.0 (3LO): an app, the tokens that accounts give it, and their renewal.
//!
//! How requests are sent with the tokens is `send`'s.

mod endpoint;
mod renewal;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::{StatusCode, Url};
pub use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;

use crate::clock::Clock;
use crate::credentials::{BoxError, Credentials, cleaned};
use crate::error::{Error, ErrorKind, Result};
use crate::http::{Http, Origin, Setup};
use crate::retry;
use crate::send::{read_body, transport};
use crate::site::{is_loopback, trimmed};

const AUTHORIZE: &str = "https://auth.atlassian.com/authorize";
const TOKEN: &str = "https://auth.atlassian.com/oauth/token";
const RESOURCES: &str = "https://api.atlassian.com/oauth/token/accessible-resources";

/// The scope that makes a refresh token come along.
const OFFLINE: &str = "offline_access";

/// How long the token endpoint may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How much of its response is read.
const LARGEST_RESPONSE: usize = 256 * 1024;

/// An app as it is registered in Atlassian's developer console. `Debug` shows no more than its client id.
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
#[derive(Clone)]
pub struct App {
    client_id: String,
    client_secret: SecretString,
    authorize_url: String,
    token_url: String,
    resources_url: String,
    http: Option<Setup>,
}

/// Tokens that an account gave an app. `Debug` does not show them.
///
/// A program keeps what [`expose_secret`](ExposeSecret::expose_secret) shows of them, and the moment at which the
/// access token expires.
///
/// ```
/// use jsm_client::oauth::{ExposeSecret, Tokens};
/// use std::time::Duration;
///
/// let mut tokens = Tokens::new("an access token", Some("a refresh token".into()));
/// tokens.expires_in = Some(Duration::from_secs(3600));
/// assert_eq!(tokens.access_token.expose_secret(), "an access token");
/// assert!(!format!("{tokens:?}").contains("an access token"));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Tokens {
    /// What calls are made with. Empty where a renewal brought a refresh token and no access token.
    pub access_token: SecretString,
    /// What it is renewed with, once; absent when the app did not ask for `offline_access`. After a renewal it is
    /// always the one that is valid, whether it is new or not.
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
    /// Its cloud id, for [`ClientBuilder::cloud_id`](crate::ClientBuilder::cloud_id).
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
type Reload = Arc<dyn Fn() -> BoxFuture<'static, Result<Option<SecretString>, BoxError>> + Send + Sync>;

/// Credentials that renew themselves, for [`ClientBuilder::oauth`](crate::ClientBuilder::oauth).
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
    reload: Option<Reload>,
}

impl Tokens {
    /// Tokens that a program has kept. The other fields can be set afterwards.
    pub fn new(access_token: impl Into<SecretString>, refresh_token: Option<SecretString>) -> Self {
        Self { access_token: access_token.into(), refresh_token, expires_in: None, scopes: Vec::new() }
    }
}

impl App {
    /// An app by its id and secret.
    pub fn new(client_id: impl Into<String>, client_secret: impl Into<SecretString>) -> Self {
        Self {
            client_id: trimmed(&client_id.into()).to_owned(),
            client_secret: client_secret.into(),
            authorize_url: AUTHORIZE.to_owned(),
            token_url: TOKEN.to_owned(),
            resources_url: RESOURCES.to_owned(),
            http: None,
        }
    }

    /// Changes how the HTTP clients for [`exchange`](Self::exchange), [`accessible_resources`
    /// ](Self::accessible_resources) and renewals are set up, as
    /// [`ClientBuilder::configure_http`](crate::ClientBuilder::configure_http) does. Without it, renewals are sent as the client's
    /// builder says.
    #[must_use]
    pub fn configure_http(
        mut self,
        configure: impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync + 'static,
    ) -> Self {
        self.http = Some(setup(Origin::Configured(Arc::new(configure))));
        self
    }

    /// A reqwest client of your own for [`exchange`](Self::exchange), [`accessible_resources`
    /// ](Self::accessible_resources) and renewals. Where it follows redirects, the app's secret does not go along, and
    /// the call fails; see [`ClientBuilder::http_client`](crate::ClientBuilder::http_client).
    #[must_use]
    pub fn http_client(mut self, http: reqwest::Client) -> Self {
        self.http = Some(setup(Origin::Brought(http)));
        self
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
        let mut url = address(&self.authorize_url)?;
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
    /// Of kind `Authentication`, when the code or the app's secret is not valid (any more); the sentence says which.
    pub async fn exchange(&self, code: &str, redirect_uri: &str) -> Result<Tokens> {
        let code = cleaned("the authorization code", &SecretString::from(code))?;
        self.check()?;
        let http = self.http(&self.token_url)?;
        let grant = endpoint::Grant::Code { code: &code, redirect_uri };
        let granted =
            endpoint::ask(self, &http, &grant, SystemTime::now()).await.map_err(|refused| refused.error)?;
        let access_token = granted.access_token.ok_or_else(|| {
            Error::new(ErrorKind::Decode, "the token endpoint's response has no access token")
        })?;
        let endpoint::Granted { refresh_token, expires_in, scopes, .. } = granted;
        Ok(Tokens { access_token, refresh_token, expires_in, scopes })
    }

    /// Lists the sites that the account lets the app into, with their cloud ids.
    ///
    /// # Errors
    ///
    /// Of kind `Authentication`, when the access token is not valid (any more).
    pub async fn accessible_resources(&self, access_token: &SecretString) -> Result<Vec<AccessibleResource>> {
        let token = cleaned("the access token", access_token)?;
        let value = renewal::bearer(&token).map_err(not_a_token)?;
        let url = address(&self.resources_url)?;
        let request = self.http(&self.resources_url)?.get(url.clone());
        let request = request.header(reqwest::header::AUTHORIZATION, value).timeout(TIMEOUT);
        let response = request.send().await.map_err(transport)?;
        let (status, headers) = (response.status(), response.headers().clone());
        if *response.url() != url {
            let note = "the list of sites redirects to another address, which is not trusted with the token";
            return Err(Error::new(ErrorKind::Other, note));
        }
        let asked = retry::retry_after(&headers, SystemTime::now());
        let body = read_body(response, LARGEST_RESPONSE).await?;
        if status != StatusCode::OK {
            let error = Error::of_response(status, &headers, body).with_retry_after(asked);
            return Err(match error.kind() {
                ErrorKind::Authentication if status == StatusCode::UNAUTHORIZED => {
                    error.with_note("the sites of the account cannot be listed; renew the access token")
                }
                _ => error,
            });
        }
        let sites: Vec<Value> = serde_json::from_slice(&body).map_err(|source| {
            Error::new(ErrorKind::Decode, "the response is not a list of sites").with_source(source)
        })?;
        Ok(sites.iter().filter_map(AccessibleResource::read).collect())
    }

    /// What is sent with where there is no client yet.
    fn http(&self, url: &str) -> Result<reqwest::Client> {
        let setup = self.http.clone().unwrap_or_else(|| setup(Origin::Own));
        setup.client_for(&address(url)?)
    }

    /// Checks what is wrong whatever the tokens are.
    fn check(&self) -> Result<()> {
        if self.client_id.is_empty() {
            return Err(Error::configuration("the app's client id is empty"));
        }
        cleaned("the app's client secret", &self.client_secret)?;
        address(&self.token_url).map(drop)
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

impl AccessibleResource {
    /// A site, whatever else is odd about its entry, if it has an id.
    fn read(entry: &Value) -> Option<Self> {
        let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let scopes = match entry.get("scopes") {
            Some(Value::Array(scopes)) => {
                scopes.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            Some(Value::String(scopes)) => scopes.split_whitespace().map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        let id = text("id");
        (!id.is_empty()).then(|| Self { id, url: text("url"), name: text("name"), scopes })
    }
}

impl OAuth {
    /// Credentials of an app that hold this refresh token.
    ///
    /// `store` is given the tokens whenever they were renewed, and is waited for before the new ones are used. If it
    /// fails, so does the call, with an error of kind `TokenStore`; the new tokens are kept, and the next call hands
    /// them over again.
    pub fn new<F, S>(app: App, refresh_token: impl Into<SecretString>, store: S) -> Self
    where
        S: Fn(Tokens) -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        let store: Store = Arc::new(move |tokens| store(tokens).boxed());
        Self { app, refresh_token: refresh_token.into(), access: None, store, reload: None }
    }

    /// An access token to begin with, and how long it is good for from now on, if that is known. Without one, the
    /// first call renews the tokens.
    #[must_use]
    pub fn access_token(mut self, token: impl Into<SecretString>, expires_in: Option<Duration>) -> Self {
        self.access = Some((token.into(), expires_in));
        self
    }

    /// Reads the refresh token that is stored now, where several processes share one.
    ///
    /// When the token endpoint refuses the refresh token, another process may have used it and stored the next one. So
    /// the function is asked once before the client gives up, and once more by every later call: a token that differs
    /// is taken. If the function fails, so does the call, with an error of kind `TokenStore`.
    ///
    /// ```
    /// # use jsm_client::oauth::{App, OAuth, Tokens};
    /// # async fn save(tokens: &Tokens) -> std::io::Result<()> { Ok(()) }
    /// # async fn load() -> std::io::Result<String> { Ok("stored".to_owned()) }
    /// # let app = App::new("client id", "client secret");
    /// let oauth = OAuth::new(app, "the refresh token that was stored last", |tokens: Tokens| async move {
    ///     save(&tokens).await?;
    ///     Ok(())
    /// })
    /// .reload(|| async { Ok(Some(load().await?.into())) });
    /// ```
    #[must_use]
    pub fn reload<F, R>(mut self, reload: R) -> Self
    where
        R: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = Result<Option<SecretString>, BoxError>> + Send + 'static,
    {
        self.reload = Some(Arc::new(move || reload().boxed()));
        self
    }

    pub(crate) fn into_credentials(self, http: &Http, clock: Arc<dyn Clock>) -> Result<Box<dyn Credentials>> {
        self.app.check()?;
        let refresh_token = cleaned("the refresh token", &self.refresh_token)?;
        let access = self.access.map(|(token, expires_in)| -> Result<_> {
            let token = cleaned("the access token", &token)?;
            Ok((renewal::bearer(&token).map_err(not_a_token)?, expires_in))
        });
        let http = match &self.app.http {
            Some(_) => self.app.http(&self.app.token_url)?,
            None => http.client_for(&address(&self.app.token_url)?)?.clone(),
        };
        let parts = (self.app, self.store, self.reload);
        Ok(Box::new(renewal::Renewing::new(parts, refresh_token, access.transpose()?, http, clock)))
    }
}

impl fmt::Debug for OAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth").field("app", &self.app).finish_non_exhaustive()
    }
}

fn setup(origin: Origin) -> Setup {
    Setup { user_agent: None, connect_timeout: TIMEOUT, origin }
}

fn not_a_token(source: BoxError) -> Error {
    Error::configuration("the access token is not a valid token").with_source(source)
}

/// An address that secrets may be sent to. Only its host is repeated in an error.
fn address(text: &str) -> Result<Url> {
    let url = Url::parse(trimmed(text))
        .map_err(|_| Error::configuration("an address of the app is not an https address"))?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        scheme => {
            let host = url.host_str().unwrap_or_default();
            Err(Error::configuration(format!("{scheme}://{host} would get secrets in the clear; use https")))
        }
    }
}
