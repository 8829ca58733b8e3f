//! Apps, the tokens that accounts grant them, and credentials made from both.
//!
//! The functions of [`App`] that send requests are in `transport::token_endpoint`.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use reqwest::Url;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use crate::auth::address::is_loopback;
use crate::auth::credentials::{BoxError, cleaned};
use crate::error::printable::trimmed;
use crate::error::{Error, Result};

const AUTHORIZE: &str = "https://auth.atlassian.com/authorize";
const TOKEN: &str = "https://auth.atlassian.com/oauth/token";
const RESOURCES: &str = "https://api.atlassian.com/oauth/token/accessible-resources";

/// The scope with which a refresh token is granted.
const OFFLINE: &str = "offline_access";

/// Makes the HTTP client for an address.
pub(crate) type HttpClients = Arc<dyn Fn(&Url) -> Result<reqwest::Client> + Send + Sync>;

/// An app as it is registered in Atlassian's developer console. `Debug` shows no more than its client id.
///
/// ```
/// use jsm_client::oauth::App;
///
/// let app = App::new("client id", "client secret");
/// let scopes = ["read:servicedesk-request", "write:servicedesk-request"];
/// let url = app.authorize_url("https://app.example.com/callback", &scopes, "a value that only this browser has")?;
/// assert_eq!(url.host_str(), Some("auth.atlassian.com"));
/// assert!(url.query().is_some_and(|query| query.contains("offline_access")));
/// # Ok::<(), jsm_client::Error>(())
/// ```
#[derive(Clone)]
pub struct App {
    pub(crate) client_id: String,
    pub(crate) client_secret: SecretString,
    authorize_url: String,
    pub(crate) token_url: String,
    pub(crate) resources_url: String,
    pub(crate) http: Option<HttpClients>,
}

/// Tokens that an account granted to an app. `Debug` does not show them.
///
/// To store them, a program reads them with [`expose_secret`](super::ExposeSecret::expose_secret).
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
    /// The token of API calls. Empty if a renewal brought a refresh token and no access token.
    pub access_token: SecretString,
    /// The token of the next renewal; it is valid once. `None` when the app was not granted `offline_access`. After a
    /// renewal it is always the valid one, whether it is new or not.
    pub refresh_token: Option<SecretString>,
    /// How long the access token is valid, from the time of the response.
    pub expires_in: Option<Duration>,
    /// The scopes of the access token.
    pub scopes: Vec<String>,
}

/// A site to which an account gives an app access.
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
    /// The scopes of the app on the site.
    #[serde(default)]
    pub scopes: Vec<String>,
}

pub(crate) type Store = Arc<dyn Fn(Tokens) -> BoxFuture<'static, Result<(), BoxError>> + Send + Sync>;
pub(crate) type Reload =
    Arc<dyn Fn() -> BoxFuture<'static, Result<Option<SecretString>, BoxError>> + Send + Sync>;

/// Credentials that renew themselves, for [`ClientBuilder::oauth`](crate::ClientBuilder::oauth).
///
/// ```
/// use jsm_client::{Client, oauth::{App, OAuth, Tokens}};
/// # async fn save(tokens: &Tokens) -> std::io::Result<()> { Ok(()) }
///
/// let app = App::new("client id", "client secret");
/// let oauth = OAuth::new(app, "the refresh token that was stored last", |tokens: Tokens| async move {
///     // The refresh token before this one is no longer valid. Without this one, the account has to authorise the app again.
///     save(&tokens).await?;
///     Ok(())
/// });
/// let jira = Client::builder("https://acme.atlassian.net").oauth(oauth).build()?;
/// # Ok::<(), jsm_client::Error>(())
/// ```
pub struct OAuth {
    pub(crate) app: App,
    pub(crate) refresh_token: SecretString,
    pub(crate) access: Option<(SecretString, Option<Duration>)>,
    pub(crate) store: Store,
    pub(crate) reload: Option<Reload>,
}

impl Tokens {
    /// Tokens that a program has stored. The other fields can be set afterwards.
    pub fn new(access_token: impl Into<SecretString>, refresh_token: Option<SecretString>) -> Self {
        Self { access_token: access_token.into(), refresh_token, expires_in: None, scopes: Vec::new() }
    }
}

impl App {
    /// An app with its client id and secret, as the developer console shows them.
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

    /// Sets the token endpoint; `https://auth.atlassian.com/oauth/token` by default.
    #[must_use]
    pub fn token_url(mut self, url: impl Into<String>) -> Self {
        self.token_url = url.into();
        self
    }

    /// Sets the page at which accounts authorise the app; `https://auth.atlassian.com/authorize` by default.
    #[must_use]
    pub fn authorize_page(mut self, url: impl Into<String>) -> Self {
        self.authorize_url = url.into();
        self
    }

    /// Sets the endpoint that lists the sites of an account; Atlassian's by default.
    #[must_use]
    pub fn resources_url(mut self, url: impl Into<String>) -> Self {
        self.resources_url = url.into();
        self
    }

    /// The page to which a program sends a person's browser, and at which the person authorises the app.
    ///
    /// The browser then comes to `redirect_uri` with a `code` for [`exchange`](Self::exchange) and with `state`. Check that
    /// it is the value that this browser was given. The scope `offline_access` is added.
    ///
    /// # Errors
    ///
    /// Of kind `Configuration`, when the address of the page is not valid.
    pub fn authorize_url(&self, redirect_uri: &str, scopes: &[&str], state: &str) -> Result<Url> {
        let mut all = scopes.to_vec();
        if !all.contains(&OFFLINE) {
            all.push(OFFLINE);
        }
        let mut url = secret_address(&self.authorize_url)?;
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

    /// Checks the app, whatever the tokens are.
    pub(crate) fn check(&self) -> Result<()> {
        if self.client_id.is_empty() {
            return Err(Error::configuration("the app's client id is empty"));
        }
        cleaned("the app's client secret", &self.client_secret)?;
        secret_address(&self.token_url).map(drop)
    }
}

impl fmt::Debug for App {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("App").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

impl AccessibleResource {
    /// A site, if its entry has an id. Other fields may be missing or of another type.
    pub(crate) fn read(entry: &Value) -> Option<Self> {
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
    /// Credentials of an app with a refresh token.
    ///
    /// `store` is called with the tokens after each renewal, and has to finish before the new ones are used. If it fails,
    /// the call fails with an error of kind [`TokenStore`](crate::ErrorKind::TokenStore); the new tokens are kept, and the
    /// next call stores them again.
    pub fn new<F, S>(app: App, refresh_token: impl Into<SecretString>, store: S) -> Self
    where
        S: Fn(Tokens) -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        let store: Store = Arc::new(move |tokens| store(tokens).boxed());
        Self { app, refresh_token: refresh_token.into(), access: None, store, reload: None }
    }

    /// Sets the first access token, and how long it is valid from now on, if that is known. Without one, the first call
    /// renews the tokens.
    #[must_use]
    pub fn access_token(mut self, token: impl Into<SecretString>, expires_in: Option<Duration>) -> Self {
        self.access = Some((token.into(), expires_in));
        self
    }

    /// Sets a function that loads the stored refresh token, for several processes that share one.
    ///
    /// When the token endpoint refuses the refresh token, another process may have used it and stored the next one. The
    /// function is then called once before the call fails, and once by every later call: a token that differs is used. If
    /// the function fails, the call fails with an error of kind [`TokenStore`](crate::ErrorKind::TokenStore).
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
}

impl fmt::Debug for OAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth").field("app", &self.app).finish_non_exhaustive()
    }
}

pub(crate) fn not_a_token(source: BoxError) -> Error {
    Error::configuration("the access token is not a valid token").with_source(source)
}

/// An address that secrets may be sent to. Only its host is repeated in an error.
pub(crate) fn secret_address(text: &str) -> Result<Url> {
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
