//! OAuth 2.0: apps, what accounts grant them, authorization codes, access tokens and refresh tokens.
//!
//! Which scopes an operation needs is checked by the pipeline.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::entities::account::Account;
use super::entities::person::{Caller, Role};

/// How long an access token is valid, in milliseconds.
pub(crate) const ACCESS_LASTS: i64 = 60 * 60 * 1_000;

/// How long an authorization code is valid, in milliseconds.
const CODE_LASTS: i64 = 10 * 60 * 1_000;

/// How long a refresh token is accepted again after it was used, in milliseconds, for a client that lost the response.
const LEEWAY: i64 = 10 * 60 * 1_000;

/// The scope with which a refresh token is granted.
const OFFLINE: &str = "offline_access";

/// What an app gets when an account grants it access by OAuth 2.0 (3LO).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Grant {
    /// The app's id.
    pub client_id: String,
    /// The app's secret.
    pub client_secret: String,
    /// An access token, good for an hour of the sandbox's clock.
    pub access_token: String,
    /// A refresh token. Each refresh returns the next one; the one that was used is accepted for ten more minutes of the
    /// sandbox's clock. When it is used later, all refresh tokens that came from this one end.
    pub refresh_token: String,
    /// Where tokens are refreshed.
    pub token_url: String,
}

/// An app that was registered, or the OAuth 2.0 credential of a service account, with the addresses for its requests.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OAuthApp {
    /// The app's id.
    pub client_id: String,
    /// The app's secret.
    pub client_secret: String,
    /// The page at which accounts authorise the app, which a real app has at `https://auth.atlassian.com/authorize`.
    pub authorize_url: String,
    /// Where codes, refresh tokens and client credentials are exchanged for tokens.
    pub token_url: String,
    /// Where the sites of an access token are listed.
    pub resources_url: String,
}

/// What the person at the consent page does, for [`Sandbox::consent`](crate::Sandbox::consent).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// None where consent is denied.
    pub(crate) role: Option<Role>,
    /// The cloud ids of the sites; all of them where there is no list.
    pub(crate) sites: Option<Vec<String>>,
}

impl Consent {
    /// The account with this role authorises the app, for all sites.
    pub fn by(role: Role) -> Consent {
        Consent { role: Some(role), sites: None }
    }

    /// The person does not authorise the app.
    pub fn denied() -> Consent {
        Consent { role: None, sites: None }
    }

    /// Limits the consent to the site with this cloud id. Each further call adds a site.
    #[must_use]
    pub fn site(mut self, cloud_id: &str) -> Consent {
        self.sites.get_or_insert_default().push(cloud_id.to_owned());
        self
    }
}

impl fmt::Debug for Grant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Grant { client_id, token_url, .. } = self;
        let mut grant = formatter.debug_struct("Grant");
        grant.field("client_id", client_id).field("token_url", token_url).finish_non_exhaustive()
    }
}

impl fmt::Debug for OAuthApp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let OAuthApp { client_id, token_url, .. } = self;
        let mut app = formatter.debug_struct("OAuthApp");
        app.field("client_id", client_id).field("token_url", token_url).finish_non_exhaustive()
    }
}

/// A request to the page at which accounts authorise apps.
pub(crate) struct AuthorizeRequest<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) redirect_uri: &'a str,
    pub(crate) response_type: &'a str,
    pub(crate) audience: &'a str,
    pub(crate) scope: &'a str,
    pub(crate) code_challenge: Option<&'a str>,
    pub(crate) code_challenge_method: Option<&'a str>,
}

/// What comes of an authorization.
pub(crate) enum Authorized {
    /// The browser returns with a code.
    Code(String),
    /// The browser returns with an error and its description.
    Error(&'static str, &'static str),
    /// The browser stays, because the address to return to cannot be trusted.
    Stays(&'static str),
}

/// A request for tokens, as it came to the token endpoint.
pub(crate) struct TokenRequest<'a> {
    pub(crate) grant_type: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) client_secret: &'a str,
    pub(crate) refresh_token: &'a str,
    pub(crate) code: &'a str,
    pub(crate) redirect_uri: &'a str,
    pub(crate) code_verifier: Option<&'a str>,
}

/// New tokens of an app.
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: Option<String>,
    pub(crate) scopes: Vec<String>,
}

/// Why there are no new tokens.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenError {
    UnsupportedGrantType,
    InvalidRefreshToken,
    InvalidCode,
    WrongVerifier,
    WrongSecret,
    NoServiceAccount,
}

/// All apps and tokens. It has no `Debug`, for it is full of secrets.
#[derive(Default)]
pub(crate) struct OAuth {
    apps: BTreeMap<String, App>,
    codes: BTreeMap<String, Code>,
    access: BTreeMap<String, Access>,
    refresh: BTreeMap<String, Refresh>,
    consent: Option<Consent>,
    made: u64,
}

struct App {
    client_secret: String,
    redirect_uri: Option<String>,
    /// What a service account may do.
    service_account: Option<Granted>,
}

struct Code {
    granted: Granted,
    redirect_uri: String,
    code_challenge: Option<String>,
    expires: i64,
}

struct Access {
    granted: Granted,
    expires: i64,
}

struct Refresh {
    granted: Granted,
    /// Which refresh tokens it ends with: those that came from the same authorization.
    family: u64,
    /// When it was used first.
    used: Option<i64>,
}

/// What an app may do, and for whom.
#[derive(Clone)]
struct Granted {
    client_id: String,
    account_id: String,
    role: Role,
    scopes: Vec<String>,
    /// The cloud ids of the sites; all of them where there is no list.
    sites: Option<Vec<String>>,
}

impl OAuth {
    /// The caller behind an access token that has not expired.
    pub(crate) fn bearer(&self, token: &str, now: i64) -> Option<Caller> {
        let Access { granted, .. } = self.access.get(token).filter(|access| access.expires > now)?;
        Some(Caller {
            account_id: granted.account_id.clone(),
            role: granted.role,
            scopes: Some(granted.scopes.clone()),
            sites: granted.sites.clone(),
            is_app: true,
        })
    }

    /// Sets what the person at the consent page does.
    pub(crate) fn set_consent(&mut self, consent: Consent) {
        self.consent = Some(consent);
    }

    /// Registers an app, and returns its id and secret.
    pub(crate) fn register(&mut self, redirect_uri: Option<&str>) -> (String, String) {
        self.made += 1;
        let client_id = format!("sandbox-client-{}", self.made);
        let client_secret = format!("sandbox-secret-{}", self.made);
        let redirect_uri = redirect_uri.map(str::to_owned);
        let app = App { client_secret: client_secret.clone(), redirect_uri, service_account: None };
        self.apps.insert(client_id.clone(), app);
        (client_id, client_secret)
    }

    /// Registers the credential of a service account that may do what an account may, and returns its id and secret.
    pub(crate) fn register_service_account(
        &mut self,
        account: &Account,
        scopes: &[&str],
    ) -> (String, String) {
        let (client_id, client_secret) = self.register(None);
        let granted = granted(&client_id, account, scopes.iter().copied(), None);
        if let Some(app) = self.apps.get_mut(&client_id) {
            app.service_account = Some(granted);
        }
        (client_id, client_secret)
    }

    /// Lets a new app act for an account, without a browser.
    pub(crate) fn grant(&mut self, account: &Account, scopes: &[&str], token_url: String, now: i64) -> Grant {
        let (client_id, client_secret) = self.register(None);
        let granted = granted(&client_id, account, scopes.iter().copied(), None);
        let access_token = self.issue_access(&granted, now);
        let refresh_token = self.issue_refresh(granted, self.made);
        Grant { client_id, client_secret, access_token, refresh_token, token_url }
    }

    /// Authorises an app, as the person at the consent page does.
    pub(crate) fn authorize(
        &mut self,
        accounts: &[Account],
        request: &AuthorizeRequest<'_>,
        now: i64,
    ) -> Authorized {
        let Some(app) = self.apps.get(request.client_id) else {
            return Authorized::Stays("The client_id is unknown.");
        };
        if app.redirect_uri.as_deref() != Some(request.redirect_uri) {
            return Authorized::Stays("The redirect_uri is not the callback URL of the app.");
        }
        if request.response_type != "code" {
            return Authorized::Error("unsupported_response_type", "The response_type has to be code.");
        }
        if request.audience != "api.atlassian.com" {
            return Authorized::Error("invalid_request", "The audience has to be api.atlassian.com.");
        }
        if request.scope.trim().is_empty() {
            return Authorized::Error("invalid_scope", "There is no scope.");
        }
        if request.code_challenge.is_some() && request.code_challenge_method != Some("S256") {
            return Authorized::Error("invalid_request", "The code_challenge_method has to be S256.");
        }
        let consent = self.consent.clone().unwrap_or_else(|| Consent::by(Role::Admin));
        let account = accounts.iter().find(|account| Some(account.role) == consent.role);
        let Some(account) = account else {
            return Authorized::Error("access_denied", "User did not authorize the request");
        };
        let scopes = request.scope.split_whitespace();
        let granted = granted(request.client_id, account, scopes, consent.sites);
        let code = Code {
            granted,
            redirect_uri: request.redirect_uri.to_owned(),
            code_challenge: request.code_challenge.map(str::to_owned),
            expires: now + CODE_LASTS,
        };
        self.made += 1;
        let name = format!("sandbox-code-{}", self.made);
        self.codes.insert(name.clone(), code);
        Authorized::Code(name)
    }

    /// Exchanges a grant for tokens. A code is used up even when the response is lost.
    pub(crate) fn exchange(&mut self, request: &TokenRequest<'_>, now: i64) -> Result<Tokens, TokenError> {
        match request.grant_type {
            "refresh_token" => {
                self.check_secret(request)?;
                let refresh = self.refresh.get_mut(request.refresh_token);
                let refresh = refresh.filter(|refresh| refresh.granted.client_id == request.client_id);
                let refresh = refresh.ok_or(TokenError::InvalidRefreshToken)?;
                let (granted, family) = (refresh.granted.clone(), refresh.family);
                if *refresh.used.get_or_insert(now) + LEEWAY <= now {
                    self.refresh.retain(|_, other| other.family != family);
                    return Err(TokenError::InvalidRefreshToken);
                }
                Ok(self.issue(granted, Some(family), now))
            }
            "authorization_code" => {
                self.check_secret(request)?;
                let code = self.codes.get(request.code);
                let code = code.filter(|code| code.granted.client_id == request.client_id);
                code.ok_or(TokenError::InvalidCode)?;
                let code = self.codes.remove(request.code).ok_or(TokenError::InvalidCode)?;
                if code.expires <= now || code.redirect_uri != request.redirect_uri {
                    return Err(TokenError::InvalidCode);
                }
                let challenge = request
                    .code_verifier
                    .map(|verifier| URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())));
                if code.code_challenge != challenge {
                    return Err(TokenError::WrongVerifier);
                }
                let is_renewed = code.granted.scopes.iter().any(|scope| scope == OFFLINE);
                Ok(self.issue(code.granted, is_renewed.then_some(self.made), now))
            }
            "client_credentials" => {
                self.check_secret(request)?;
                let app = self.apps.get(request.client_id);
                let granted = app.and_then(|app| app.service_account.clone());
                Ok(self.issue(granted.ok_or(TokenError::NoServiceAccount)?, None, now))
            }
            _ => Err(TokenError::UnsupportedGrantType),
        }
    }

    fn check_secret(&self, request: &TokenRequest<'_>) -> Result<(), TokenError> {
        let app = self.apps.get(request.client_id);
        let is_right = app.is_some_and(|app| app.client_secret == request.client_secret);
        if is_right { Ok(()) } else { Err(TokenError::WrongSecret) }
    }

    /// New tokens. With a family, there is a refresh token of it.
    fn issue(&mut self, granted: Granted, family: Option<u64>, now: i64) -> Tokens {
        let access = self.issue_access(&granted, now);
        let scopes = granted.scopes.clone();
        let refresh = family.map(|family| self.issue_refresh(granted, family));
        Tokens { access, refresh, scopes }
    }

    fn issue_access(&mut self, granted: &Granted, now: i64) -> String {
        self.made += 1;
        let token = format!("sandbox-access-{}", self.made);
        let access = Access { granted: granted.clone(), expires: now + ACCESS_LASTS };
        self.access.insert(token.clone(), access);
        token
    }

    fn issue_refresh(&mut self, granted: Granted, family: u64) -> String {
        let token = format!("sandbox-refresh-{}", self.made);
        self.refresh.insert(token.clone(), Refresh { granted, family, used: None });
        token
    }
}

fn granted<'a>(
    client_id: &str,
    account: &Account,
    scopes: impl Iterator<Item = &'a str>,
    sites: Option<Vec<String>>,
) -> Granted {
    Granted {
        client_id: client_id.to_owned(),
        account_id: account.account_id.clone(),
        role: account.role,
        scopes: scopes.map(str::to_owned).collect(),
        sites,
    }
}
