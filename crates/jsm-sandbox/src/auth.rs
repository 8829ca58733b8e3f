//! Who calls: accounts of the sandbox, their API tokens, and programs they let in with OAuth.
//!
//! What a role may do stands beside each behaviour; which scopes suffice, in the documents.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::reply::Reply;

/// How long an access token is good for, in milliseconds.
const ACCESS_LASTS: i64 = 60 * 60 * 1_000;

/// What an account may do on the site, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Role {
    /// Nobody: no credentials, or some that were refused.
    Anonymous,
    /// Raises requests and sees their own.
    Customer,
    /// Works on requests and manages customers.
    Agent,
    /// Administers the site.
    Admin,
}

/// An account that can log in with Basic credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its account id.
    pub account_id: String,
    /// The email address: the user name of Basic credentials.
    pub email: String,
    /// The API token: the password of Basic credentials.
    pub token: String,
    /// What it may do.
    pub role: Role,
}

/// What a program gets when an account lets it in with OAuth 2.0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The program's id.
    pub client_id: String,
    /// The program's secret.
    pub client_secret: String,
    /// Good for an hour of the sandbox's clock.
    pub access_token: String,
    /// Good for one refresh: each answer brings the next one.
    pub refresh_token: String,
    /// Where tokens are refreshed.
    pub token_url: String,
}

/// The caller of one request.
#[derive(Clone, Debug)]
pub(crate) struct Actor {
    pub(crate) account_id: String,
    pub(crate) role: Role,
    /// What the credentials are good for; everything when there is no list.
    scopes: Option<Vec<String>>,
    /// Whether a program calls, whose requests are counted in points.
    pub(crate) program: bool,
}

/// All credentials that the site knows.
#[derive(Debug, Default)]
pub(crate) struct Credentials {
    accounts: Vec<Account>,
    scoped: Vec<(Account, Vec<String>)>,
    access: BTreeMap<String, Access>,
    refresh: BTreeMap<String, Program>,
    made: u64,
}

#[derive(Clone, Debug)]
struct Access {
    account_id: String,
    role: Role,
    scopes: Vec<String>,
    expires: i64,
}

#[derive(Clone, Debug)]
struct Program {
    client_id: String,
    client_secret: String,
    account_id: String,
    role: Role,
    scopes: Vec<String>,
}

impl Actor {
    pub(crate) fn anonymous() -> Actor {
        Actor { account_id: String::new(), role: Role::Anonymous, scopes: None, program: false }
    }

    /// Whether the credentials hold one of the sets of scopes of which any suffices.
    pub(crate) fn has_one_of(&self, sets: &[&[&str]]) -> bool {
        let Some(held) = &self.scopes else { return true };
        sets.is_empty()
            || sets.iter().any(|set| set.iter().all(|scope| held.iter().any(|other| other == scope)))
    }
}

impl Credentials {
    pub(crate) fn new(accounts: &[Account]) -> Credentials {
        Credentials { accounts: accounts.to_vec(), ..Credentials::default() }
    }

    /// Who is behind an `Authorization` header; none when nobody is. Some credentials are good on the gateway alone.
    pub(crate) fn actor(&self, header: &str, gateway: bool, now: i64) -> Option<Actor> {
        let (scheme, rest) = header.split_once(' ')?;
        if scheme.eq_ignore_ascii_case("basic") {
            let decoded = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
            let (email, token) = decoded.split_once(':')?;
            let theirs =
                |account: &Account| account.email.eq_ignore_ascii_case(email) && account.token == token;
            let plain = self.accounts.iter().find(|account| theirs(account)).map(|account| (account, None));
            let scoped = || {
                let found = self.scoped.iter().find(|(account, _)| gateway && theirs(account));
                found.map(|(account, scopes)| (account, Some(scopes.clone())))
            };
            let (account, scopes) = plain.or_else(scoped)?;
            let (account_id, role) = (account.account_id.clone(), account.role);
            return Some(Actor { account_id, role, scopes, program: false });
        }
        if !gateway || !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let access = self.access.get(rest.trim()).filter(|access| access.expires > now)?.clone();
        Some(Actor {
            account_id: access.account_id,
            role: access.role,
            scopes: Some(access.scopes),
            program: true,
        })
    }

    /// Makes an API token that is good for some scopes, and only on the gateway.
    pub(crate) fn scoped_token(&mut self, account: &Account, scopes: &[&str]) -> Account {
        self.made += 1;
        let account = Account { token: format!("sandbox-scoped-token-{}", self.made), ..account.clone() };
        self.scoped.push((account.clone(), owned(scopes)));
        account
    }

    /// Lets a new program act for an account.
    pub(crate) fn grant(&mut self, account: &Account, scopes: &[&str], token_url: String, now: i64) -> Grant {
        self.made += 1;
        let program = Program {
            client_id: format!("sandbox-client-{}", self.made),
            client_secret: format!("sandbox-secret-{}", self.made),
            account_id: account.account_id.clone(),
            role: account.role,
            scopes: owned(scopes),
        };
        let (access_token, refresh_token) = self.issue(&program, now);
        Grant {
            client_id: program.client_id,
            client_secret: program.client_secret,
            access_token,
            refresh_token,
            token_url,
        }
    }

    fn issue(&mut self, program: &Program, now: i64) -> (String, String) {
        self.made += 1;
        let (access, refresh) =
            (format!("sandbox-access-{}", self.made), format!("sandbox-refresh-{}", self.made));
        self.access.insert(
            access.clone(),
            Access {
                account_id: program.account_id.clone(),
                role: program.role,
                scopes: program.scopes.clone(),
                expires: now + ACCESS_LASTS,
            },
        );
        self.refresh.insert(refresh.clone(), program.clone());
        (access, refresh)
    }

    /// Answers the token endpoint. A refresh token that was used is dead, whatever came of the answer.
    pub(crate) fn token(&mut self, body: &Value, now: i64) -> Reply {
        let text = |name: &str| body[name].as_str().unwrap_or_default();
        let error = |status, error: &str, description: &str| {
            Reply::json(status, json!({"error": error, "error_description": description}))
        };
        if text("grant_type") != "refresh_token" {
            return error(400, "unsupported_grant_type", "Only refresh_token is served here.");
        }
        let known = self.refresh.get(text("refresh_token"));
        let Some(program) = known.filter(|program| program.client_id == text("client_id")).cloned() else {
            return error(403, "invalid_grant", "Unknown or invalid refresh token.");
        };
        if program.client_secret != text("client_secret") {
            return error(401, "access_denied", "Unauthorized");
        }
        self.refresh.remove(text("refresh_token"));
        let (access, refresh) = self.issue(&program, now);
        Reply::ok(json!({
            "access_token": access,
            "refresh_token": refresh,
            "token_type": "Bearer",
            "expires_in": ACCESS_LASTS / 1_000,
            "scope": program.scopes.join(" "),
        }))
    }

    /// The scopes of an access token, if it is good.
    pub(crate) fn scopes(&self, header: &str, now: i64) -> Option<Vec<String>> {
        self.actor(header, true, now)?.scopes
    }
}

fn owned(scopes: &[&str]) -> Vec<String> {
    scopes.iter().map(|scope| (*scope).to_owned()).collect()
}
