//! Credentials: accounts with API tokens, and OAuth apps with their access and refresh tokens.
//!
//! Which role and which scopes an operation needs is checked by the pipeline.

use std::collections::BTreeMap;
use std::fmt;

use super::entities::person::{Caller, Role};

/// How long an access token is good for, in milliseconds.
pub(crate) const ACCESS_LASTS: i64 = 60 * 60 * 1_000;

/// An account that logs in with Basic credentials: [`email`](Account::email) and [`token`](Account::token).
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// The account id, such as `qm:...` for customers.
    pub account_id: String,
    /// The email address: the user name of Basic credentials.
    pub email: String,
    /// The API token: the password of Basic credentials.
    pub token: String,
    /// What the account may do.
    pub role: Role,
}

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
    /// A refresh token, good for one refresh. Each refresh returns the next one.
    pub refresh_token: String,
    /// Where tokens are refreshed.
    pub token_url: String,
}

impl fmt::Debug for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Account { account_id, email, role, .. } = self;
        let mut account = formatter.debug_struct("Account");
        account.field("account_id", account_id).field("email", email).field("role", role);
        account.finish_non_exhaustive()
    }
}

impl fmt::Debug for Grant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Grant { client_id, token_url, .. } = self;
        let mut grant = formatter.debug_struct("Grant");
        grant.field("client_id", client_id).field("token_url", token_url).finish_non_exhaustive()
    }
}

/// A request for new tokens, as it came to the token endpoint.
pub(crate) struct Refresh<'a> {
    pub(crate) grant_type: &'a str,
    pub(crate) refresh_token: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) client_secret: &'a str,
}

/// New tokens of an app.
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
    pub(crate) scopes: Vec<String>,
}

/// Why there are no new tokens.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefreshError {
    UnsupportedGrantType,
    InvalidGrant,
    WrongSecret,
}

/// All credentials that a site knows. It has no `Debug`, for it is full of secrets.
#[derive(Default)]
pub(crate) struct Credentials {
    accounts: Vec<Account>,
    scoped: Vec<(Account, Vec<String>)>,
    access: BTreeMap<String, Access>,
    refresh: BTreeMap<String, App>,
    made: u64,
}

struct Access {
    account_id: String,
    role: Role,
    scopes: Vec<String>,
    expires: i64,
}

#[derive(Clone)]
struct App {
    client_id: String,
    client_secret: String,
    account_id: String,
    role: Role,
    scopes: Vec<String>,
}

impl Credentials {
    pub(crate) fn new(accounts: &[Account]) -> Credentials {
        Credentials { accounts: accounts.to_vec(), ..Credentials::default() }
    }

    /// The caller behind an email address and an API token. Tokens with scopes are good on the gateway alone.
    pub(crate) fn basic(&self, email: &str, token: &str, gateway: bool) -> Option<Caller> {
        let is_theirs =
            |account: &Account| account.email.eq_ignore_ascii_case(email) && account.token == token;
        let plain = self.accounts.iter().find(|account| is_theirs(account)).map(|account| (account, None));
        let scoped = || {
            let found = self.scoped.iter().find(|(account, _)| gateway && is_theirs(account));
            found.map(|(account, scopes)| (account, Some(scopes.clone())))
        };
        let (account, scopes) = plain.or_else(scoped)?;
        let (account_id, role) = (account.account_id.clone(), account.role);
        Some(Caller { account_id, role, scopes, is_app: false })
    }

    /// The caller behind an access token that has not expired.
    pub(crate) fn bearer(&self, token: &str, now: i64) -> Option<Caller> {
        let access = self.access.get(token).filter(|access| access.expires > now)?;
        Some(Caller {
            account_id: access.account_id.clone(),
            role: access.role,
            scopes: Some(access.scopes.clone()),
            is_app: true,
        })
    }

    /// Makes an API token with scopes.
    pub(crate) fn scoped_token(&mut self, account: &Account, scopes: &[&str]) -> Account {
        self.made += 1;
        let account = Account { token: format!("sandbox-scoped-token-{}", self.made), ..account.clone() };
        self.scoped.push((account.clone(), owned(scopes)));
        account
    }

    /// Lets a new app act for an account.
    pub(crate) fn grant(&mut self, account: &Account, scopes: &[&str], token_url: String, now: i64) -> Grant {
        self.made += 1;
        let app = App {
            client_id: format!("sandbox-client-{}", self.made),
            client_secret: format!("sandbox-secret-{}", self.made),
            account_id: account.account_id.clone(),
            role: account.role,
            scopes: owned(scopes),
        };
        let tokens = self.issue(&app, now);
        let App { client_id, client_secret, .. } = app;
        Grant {
            client_id,
            client_secret,
            access_token: tokens.access,
            refresh_token: tokens.refresh,
            token_url,
        }
    }

    /// Exchanges a refresh token for new tokens. It is used up even when the response is lost.
    pub(crate) fn refresh(&mut self, request: &Refresh<'_>, now: i64) -> Result<Tokens, RefreshError> {
        if request.grant_type != "refresh_token" {
            return Err(RefreshError::UnsupportedGrantType);
        }
        let app = self.refresh.get(request.refresh_token).filter(|app| app.client_id == request.client_id);
        let app = app.cloned().ok_or(RefreshError::InvalidGrant)?;
        if app.client_secret != request.client_secret {
            return Err(RefreshError::WrongSecret);
        }
        self.refresh.remove(request.refresh_token);
        Ok(self.issue(&app, now))
    }

    fn issue(&mut self, app: &App, now: i64) -> Tokens {
        self.made += 1;
        let (access, refresh) =
            (format!("sandbox-access-{}", self.made), format!("sandbox-refresh-{}", self.made));
        let App { account_id, role, scopes, .. } = app.clone();
        let expires = now + ACCESS_LASTS;
        self.access.insert(access.clone(), Access { account_id, role, scopes: scopes.clone(), expires });
        self.refresh.insert(refresh.clone(), app.clone());
        Tokens { access, refresh, scopes }
    }
}

fn owned(scopes: &[&str]) -> Vec<String> {
    scopes.iter().map(|scope| (*scope).to_owned()).collect()
}
