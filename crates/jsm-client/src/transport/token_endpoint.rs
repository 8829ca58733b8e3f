//! Requests for tokens, through the retry loop of all requests, and the functions of an app that send requests.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use futures_core::future::BoxFuture;
use futures_util::FutureExt;
use futures_util::stream;
use http::StatusCode;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use reqwest::{Body, Client};
use secrecy::SecretString;
use serde_json::Value;

use super::body::{read_body, read_start};
use super::classify::{self, Failure};
use super::clock::{Clock, FOREVER, SystemClock};
use super::http::{Http, Origin, Setup};
use super::network_error::describe;
use super::rate_limit::{Limits, Subject, Throttling};
use super::retry::RetryPolicy;
use super::retry_after;
use super::retry_loop::{Exchange, RetryLoop};
use crate::auth::credentials::{BoxError, Credentials, cleaned};
use crate::auth::oauth::grant::{self, Cause, Grant, Granted, Refused};
use crate::auth::oauth::refresh::{Renewing, TokenEndpoint, bearer};
use crate::auth::oauth::tokens::expires_at;
use crate::auth::oauth::{
    AccessibleResource, App, AuthorizationRequest, Callback, HttpClients, OAuth, Tokens, not_a_token,
    secret_address,
};
use crate::error::{Error, ErrorKind, Result, redirect_target};

/// How long one request to the token endpoint may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How long an exchange may take in all, with retries. Calls wait for it no longer than for a response.
const DEADLINE: Duration = Duration::from_secs(60);

/// How often a renewal is retried.
const RETRIES: u32 = 2;

/// How many bytes of the token endpoint's response are read.
const MAX_RESPONSE: usize = 256 * 1024;

/// How many bytes of a list of sites are read. Each product of a site has an entry, with the names of all scopes.
const MAX_SITES: usize = 16 * 1024 * 1024;

/// Makes the credentials that a client uses.
pub(crate) fn credentials(oauth: OAuth, http: &Http, clock: Arc<dyn Clock>) -> Result<Box<dyn Credentials>> {
    oauth.app.check()?;
    let url = secret_address(&oauth.app.token_url)?;
    let http = match &oauth.app.http {
        Some(clients) => clients(&url)?,
        None => http.client_for(&url)?.clone(),
    };
    let endpoint = Endpoint { app: oauth.app.clone(), http, clock };
    Ok(Box::new(Renewing::new(oauth, Box::new(endpoint))?))
}

impl App {
    /// Changes how the HTTP clients for [`exchange`](Self::exchange), [`accessible_resources`
    /// ](Self::accessible_resources) and renewals are set up, as
    /// [`ClientBuilder::configure_http`](crate::ClientBuilder::configure_http) does. By default, renewals are sent as the
    /// client's builder is configured.
    #[must_use]
    pub fn configure_http(
        mut self,
        configure: impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync + 'static,
    ) -> Self {
        self.http = Some(clients(Origin::Configured(Arc::new(configure))));
        self
    }

    /// Uses a reqwest client of the program for [`exchange`](Self::exchange), [`accessible_resources`
    /// ](Self::accessible_resources) and renewals. If it follows redirects, the app's secret is not sent along, and the
    /// call fails; see [`ClientBuilder::http_client`](crate::ClientBuilder::http_client).
    #[must_use]
    pub fn http_client(mut self, http: Client) -> Self {
        self.http = Some(clients(Origin::Brought(http)));
        self
    }

    /// Finishes an authorization: checks that the browser returned from this one, and exchanges its code for tokens. The
    /// request for tokens is sent once, because a code is valid once.
    ///
    /// `callback` is the address to which the browser returned, or its query. See [`Callback`].
    ///
    /// ```no_run
    /// # async fn example(app: jsm_client::oauth::App) -> jsm_client::Result<()> {
    /// let request = app.authorize("https://app.example.com/callback", &["read:servicedesk-request"])?;
    /// // ... the browser goes to request.url(), and returns:
    /// let tokens = app.finish(&request, "/callback?state=aW50ZXJlc3Rpbmc&code=eyJhbGciOi").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Of kind `Authentication`, when the callback is of another authorization, when the account did not authorise the
    /// app, and when the code or the app's secret is not valid; the message says which.
    pub async fn finish(
        &self,
        request: &AuthorizationRequest,
        callback: impl Into<Callback>,
    ) -> Result<Tokens> {
        let code = request.code(&callback.into())?;
        let (redirect_uri, verifier) = (request.redirect_uri(), Some(request.code_verifier()));
        self.tokens_for(Grant::Code { code: &code, redirect_uri, verifier }).await
    }

    /// Exchanges a code for tokens, for a program that has checked `state` by itself. It is sent once: a code is valid
    /// once. [`finish`](Self::finish) does both.
    ///
    /// # Errors
    ///
    /// Of kind `Authentication`, when the code or the app's secret is not valid; the message names which.
    pub async fn exchange(&self, code: &str, redirect_uri: &str) -> Result<Tokens> {
        let code = cleaned("the authorization code", &SecretString::from(code))?;
        self.tokens_for(Grant::Code { code: &code, redirect_uri, verifier: None }).await
    }

    async fn tokens_for(&self, grant: Grant<'_>) -> Result<Tokens> {
        self.check()?;
        let http = self.http_for(&self.token_url)?;
        let endpoint = Endpoint { app: self.clone(), http, clock: Arc::new(SystemClock) };
        let granted = endpoint.exchange(grant).await.map_err(|refused| refused.error)?;
        let Granted { access_token, refresh_token, expires_in, scopes } = granted;
        let mut tokens = Tokens::new(access_token.ok_or_else(no_access_token)?, refresh_token);
        tokens.expires_at = expires_at(endpoint.date(), expires_in);
        tokens.scopes = scopes;
        Ok(tokens)
    }

    /// Lists the sites to which the account gives the app access, each once, with their cloud ids.
    ///
    /// An account that authorises the app several times, for another site each time, gives access to all of them. See
    /// [`AccessibleResource::choose`].
    ///
    /// # Errors
    ///
    /// Of kind `Authentication`, when the access token is not valid.
    pub async fn accessible_resources(&self, access_token: &SecretString) -> Result<Vec<AccessibleResource>> {
        let token = cleaned("the access token", access_token)?;
        let value = bearer(&token).map_err(not_a_token)?;
        let url = secret_address(&self.resources_url)?;
        let request = self.http_for(&self.resources_url)?.get(url.clone());
        let request = request.header(AUTHORIZATION, value).timeout(TIMEOUT);
        let response = request.send().await.map_err(describe)?;
        let (status, headers) = (response.status(), response.headers().clone());
        if *response.url() != url {
            let note = "the list of sites redirects to another address, to which the token is not sent";
            return Err(Error::new(ErrorKind::Other, note));
        }
        let asked = retry_after::pause(status, &headers, SystemTime::now);
        let body = read_body(response, MAX_SITES).await?;
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
            Error::new(ErrorKind::Decode, "cannot decode the response as a list of sites").with_source(source)
        })?;
        Ok(AccessibleResource::read_all(&sites))
    }

    /// The HTTP client for an address, where there is no client of a site.
    fn http_for(&self, url: &str) -> Result<Client> {
        let clients = self.http.clone().unwrap_or_else(|| clients(Origin::Own));
        clients(&secret_address(url)?)
    }
}

fn clients(origin: Origin) -> HttpClients {
    let setup = Setup { user_agent: None, connect_timeout: TIMEOUT, origin };
    Arc::new(move |url| setup.client_for(url))
}

fn no_access_token() -> Error {
    Error::new(ErrorKind::Decode, "the token endpoint's response has no access token")
}

/// The token endpoint of an app.
struct Endpoint {
    app: App,
    http: Client,
    clock: Arc<dyn Clock>,
}

impl TokenEndpoint for Endpoint {
    fn exchange<'a>(&'a self, grant: Grant<'a>) -> BoxFuture<'a, Result<Granted, Refused>> {
        async move {
            let policy = match grant {
                // A code is used up by its first request.
                Grant::Code { .. } => RetryPolicy::never(),
                Grant::Refresh(_) | Grant::ClientCredentials => RetryPolicy::default().max_retries(RETRIES),
            };
            let retries = RetryLoop {
                operation: "token endpoint",
                // They last for one exchange: how long the endpoint wants no requests is remembered by the renewal.
                limits: &Limits::new(Throttling::Off, 1),
                clock: &*self.clock,
                policy: &policy,
                single_use: false,
                deadline: self.clock.now() + DEADLINE,
                time: DEADLINE,
                paid: None,
            };
            let request = TokenRequest { endpoint: self, grant, is_invalid: AtomicBool::new(false) };
            let cause = || match request.is_invalid.load(Ordering::Relaxed) {
                true => Cause::Grant,
                false => Cause::Server,
            };
            match retries.run(&request).await {
                Ok((granted, _)) => Ok(granted),
                Err(error) => Err(Refused { error, cause: cause() }),
            }
        }
        .boxed()
    }

    fn now(&self) -> Instant {
        self.clock.now()
    }

    fn date(&self) -> SystemTime {
        self.clock.date()
    }
}

/// The request for tokens. It has no credentials but those of the grant.
struct TokenRequest<'a> {
    endpoint: &'a Endpoint,
    grant: Grant<'a>,
    /// Whether the token endpoint has refused the grant itself.
    is_invalid: AtomicBool,
}

impl Exchange for TokenRequest<'_> {
    type Request = Bytes;
    type Response = Granted;

    async fn prepare(&self, _: Option<HeaderValue>) -> Result<(Bytes, Subject), Failure> {
        let form = self.grant.form(&self.endpoint.app)?;
        Ok((Bytes::from(form), Subject::of_no_operation()))
    }

    async fn refresh(&self, _: &mut Bytes) -> Result<(), Failure> {
        Ok(())
    }

    async fn execute(&self, form: Bytes, _: u32) -> Result<Granted, Failure> {
        let Endpoint { app, http, clock } = self.endpoint;
        let url = secret_address(&app.token_url)?;
        let request = http
            .post(url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(CONTENT_LENGTH, form.len())
            // A body that can be sent once only: no client takes it along where a redirect leads.
            .body(Body::wrap_stream(stream::iter([Ok::<_, Infallible>(form)])))
            .timeout(TIMEOUT);
        let response = request.send().await.map_err(|error| {
            // If the response is lost, the refresh token may be used up. It is all there is to try again with.
            let failure = classify::of_network_error(error, true);
            failure.map(|error| error.map_note(|note| format!("no tokens from the token endpoint: {note}")))
        })?;
        let (status, headers) = (response.status(), response.headers().clone());
        if status.is_redirection() || *response.url() != url {
            let target = match status.is_redirection() {
                true => redirect_target(&headers),
                false => "another address".to_owned(),
            };
            let note =
                format!("the token endpoint redirects to {target}; the app's secret is not sent there");
            return Err(Error::new(ErrorKind::Other, note).into());
        }
        let asked = retry_after::pause(status, &headers, || clock.date());
        // If the body breaks off, the tokens in front are valid. The timeout of the request holds for its body.
        let body = read_start(response, MAX_RESPONSE, FOREVER).await;
        if !status.is_success() {
            let Refused { error, cause } = grant::refused(app, &self.grant, status, &body);
            self.is_invalid.store(cause == Cause::Grant, Ordering::Relaxed);
            let error = error.with_retry_after(asked);
            return Err(match cause {
                Cause::Server => classify::of_status(status, error, true),
                Cause::Grant | Cause::App => Failure::Permanent(error),
            });
        }
        let granted = grant::granted(&body);
        if granted.access_token.is_none() && granted.refresh_token.is_none() {
            // A response that cannot be read may hold the tokens all the same, so nothing of it is kept.
            return Err(no_access_token().into());
        }
        Ok(granted)
    }

    async fn renew(&self, refused: &HeaderValue) -> Result<HeaderValue, BoxError> {
        Ok(refused.clone())
    }
}
