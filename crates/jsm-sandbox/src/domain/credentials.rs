//! Credentials: accounts with API tokens, and the apps of OAuth.
//!
//! Which role and which scopes an operation needs is checked by the pipeline.

use super::entities::account::Account;
use super::entities::person::Caller;
use super::oauth::{AuthorizeRequest, Authorized, OAuth};

/// All credentials that a site knows. It has no `Debug`, for it is full of secrets.
#[derive(Default)]
pub(crate) struct Credentials {
    accounts: Vec<Account>,
    scoped: Vec<(Account, Vec<String>)>,
    pub(crate) oauth: OAuth,
    made: u64,
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
        Some(Caller { account_id, role, scopes, sites: None, is_app: false })
    }

    /// Authorises an app, as the person at the consent page does.
    pub(crate) fn authorize(&mut self, request: &AuthorizeRequest<'_>, now: i64) -> Authorized {
        self.oauth.authorize(&self.accounts, request, now)
    }

    /// Makes an API token with scopes.
    pub(crate) fn scoped_token(&mut self, account: &Account, scopes: &[&str]) -> Account {
        self.made += 1;
        let account = Account { token: format!("sandbox-scoped-token-{}", self.made), ..account.clone() };
        self.scoped.push((account.clone(), owned(scopes)));
        account
    }
}

fn owned(scopes: &[&str]) -> Vec<String> {
    scopes.iter().map(|scope| (*scope).to_owned()).collect()
}
