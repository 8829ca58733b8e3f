//! Who calls: accounts of the sandbox and what their credentials prove.
//!
//! What a role may do stands beside each behaviour.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

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

/// An account that can log in.
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

/// The caller of one request.
#[derive(Clone, Debug)]
pub(crate) struct Actor {
    pub(crate) account_id: String,
    pub(crate) role: Role,
}

/// User name and password of a Basic `Authorization` header.
pub(crate) fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}
