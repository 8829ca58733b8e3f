//! Apps, and the page at which accounts authorise them.
//!
//! The functions of [`App`] that send requests are in `transport::token_endpoint`.

use std::fmt;
use std::sync::Arc;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

use super::authorization::AuthorizationRequest;
use super::secrets::{challenge, secret};
use crate::auth::address::is_loopback;
use crate::auth::credentials::cleaned;
use crate::error::printable::trimmed;
use crate::error::{Error, Result};

const AUTHORIZE: &str = "https://auth.atlassian.com/authorize";
const TOKEN: &str = "https://auth.atlassian.com/oauth/token";
const RESOURCES: &str = "https://api.atlassian.com/oauth/token/accessible-resources";

/// The API that tokens are for.
pub(super) const AUDIENCE: &str = "api.atlassian.com";

/// The scope with which a refresh token is granted.
const OFFLINE: &str = "offline_access";

/// Makes the HTTP client for an address.
pub(crate) type HttpClients = Arc<dyn Fn(&Url) -> Result<reqwest::Client> + Send + Sync>;

/// An app as it is registered in Atlassian's developer console, or the OAuth credential of a service account. `Debug`
/// shows no more than its client id.
///
/// ```
/// use jsm_client::oauth::App;
///
/// let app = App::new("client id", "client secret");
/// let request = app.authorize("https://app.example.com/callback", &["read:servicedesk-request"])?;
/// assert!(request.url().starts_with("https://auth.atlassian.com/authorize?"));
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

    /// Starts an authorization: the address to which the program sends a person's browser, with a random `state` and a
    /// PKCE challenge.
    ///
    /// `redirect_uri` is the address to which the browser returns. It has to be the app's callback URL in the developer
    /// console, character by character. The scope `offline_access`, with which a refresh token is granted, is added.
    ///
    /// The program keeps the [`AuthorizationRequest`] in the session of the browser, and gives it to
    /// [`finish`](Self::finish) when the browser returns.
    ///
    /// PKCE binds the code to the program that requested it. Atlassian's documentation does not mention it; a server that
    /// does not know it ignores its parameters, and the app's secret is sent in any case.
    ///
    /// # Errors
    ///
    /// Of kind `Configuration`, when the client id or secret is empty, when `redirect_uri` is not an absolute address or
    /// has a fragment, and when there are no scopes.
    pub fn authorize(&self, redirect_uri: &str, scopes: &[&str]) -> Result<AuthorizationRequest> {
        self.check()?;
        let is_absolute = Url::parse(redirect_uri).is_ok_and(|url| url.fragment().is_none());
        if !is_absolute {
            let note =
                "the redirect_uri is not an absolute address without a fragment; give the app's callback URL";
            return Err(Error::configuration(note));
        }
        if scopes.iter().all(|scope| scope.trim().is_empty()) {
            let note = "there are no scopes; name those of the operations, such as read:servicedesk-request";
            return Err(Error::configuration(note));
        }
        let (state, verifier) = (secret()?, secret()?);
        let mut url = self.authorize_url(redirect_uri, scopes, state.expose_secret())?;
        url.query_pairs_mut()
            .append_pair("code_challenge", &challenge(&verifier))
            .append_pair("code_challenge_method", "S256");
        Ok(AuthorizationRequest::new(url.into(), redirect_uri.to_owned(), state, verifier))
    }

    /// The page at which a person authorises the app, for a program that makes and checks `state` by itself.
    ///
    /// The browser then returns to `redirect_uri` with a `code` for [`exchange`](Self::exchange) and with `state`. Check
    /// that it is the value that this browser was given; [`authorize`](Self::authorize) does so, and uses PKCE. The scope
    /// `offline_access` is added.
    ///
    /// # Errors
    ///
    /// Of kind `Configuration`, when the address of the page is not valid.
    pub fn authorize_url(&self, redirect_uri: &str, scopes: &[&str], state: &str) -> Result<Url> {
        let mut all: Vec<&str> = scopes.iter().flat_map(|scope| scope.split_whitespace()).collect();
        if !all.contains(&OFFLINE) {
            all.push(OFFLINE);
        }
        let mut url = secret_address(&self.authorize_url)?;
        url.query_pairs_mut()
            .append_pair("audience", AUDIENCE)
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
