//! Who calls.
//!
//! What is secret stands in [`secrecy::SecretString`] and in header values marked as sensitive: neither shows in
//! `Debug`, and both are wiped when dropped as far as that is in our hands. Where credentials may go is `site`'s.

use std::error::Error as StdError;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::BoxFuture;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use crate::error::{Error, Result, printable};
use crate::site::trimmed;

/// Why credentials could not be had.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// The value of an `Authorization` header, or why there is none.
pub type Authorization<'a> = BoxFuture<'a, Result<HeaderValue, BoxError>>;

/// A way to authenticate.
///
/// ```
/// use jsm_client::{Authorization, Credentials};
/// use reqwest::header::HeaderValue;
///
/// #[derive(Debug)]
/// struct FromVault;
///
/// impl Credentials for FromVault {
///     fn authorization(&self, _refused: Option<&HeaderValue>) -> Authorization<'_> {
///         Box::pin(async {
///             let mut value = HeaderValue::from_static("Bearer what-the-vault-says");
///             value.set_sensitive(true);
///             Ok(value)
///         })
///     }
/// }
/// ```
pub trait Credentials: fmt::Debug + Send + Sync + 'static {
    /// The value of the `Authorization` header.
    ///
    /// `refused` is the value that the server has just refused with 401. Credentials that can renew themselves do so
    /// and give another value, with which the request is sent once more; the same value ends the call.
    fn authorization(&self, refused: Option<&HeaderValue>) -> Authorization<'_>;

    /// Whether the token in this value, which the server has just refused with 403 or 404, may have expired.
    ///
    /// Atlassian's gateway refuses expired tokens with these statuses too, not only with 401. Where a request went
    /// through the gateway and this is true, [`authorization`](Self::authorization) is asked for another value, and
    /// the request is sent once more. Otherwise the status means what it says. The default is false.
    fn may_be_expired(&self, refused: &HeaderValue) -> bool {
        let _ = refused;
        false
    }

    /// Whether they are taken by the gateway alone, as scoped tokens and OAuth tokens are.
    fn needs_gateway(&self) -> bool {
        false
    }
}

/// Credentials that stay the same as long as the client lives.
#[derive(Debug)]
pub(crate) struct Fixed {
    value: SecretString,
    needs_gateway: bool,
}

impl Fixed {
    /// An email address with an API token, by Basic authentication.
    pub(crate) fn api_token(email: &str, token: &SecretString, scoped: bool) -> Result<Self> {
        let email = trimmed(email);
        if email.is_empty() {
            return Err(Error::configuration("the email address of the API token is empty"));
        }
        if email.contains(|c: char| c == ':' || is_never_sent(c)) {
            let note =
                "the email address of the API token has a colon or a control character; was it copied whole?";
            return Err(Error::configuration(note));
        }
        let token = cleaned("the API token", token)?;
        let pair = SecretString::from(format!("{email}:{}", token.expose_secret()));
        let value = SecretString::from(format!("Basic {}", STANDARD.encode(pair.expose_secret())));
        Ok(Self { value, needs_gateway: scoped })
    }

    /// An access token of OAuth 2.0 that the program renews.
    pub(crate) fn bearer(token: &SecretString) -> Result<Self> {
        let token = cleaned("the bearer token", token)?;
        let value = SecretString::from(format!("Bearer {}", token.expose_secret()));
        sensitive(&value).map_err(|_| not_whole("the bearer token"))?;
        Ok(Self { value, needs_gateway: true })
    }
}

/// A secret as it is sent: without the white space and the byte order mark that copies and files put around it.
pub(crate) fn cleaned(what: &str, secret: &SecretString) -> Result<SecretString> {
    let text = trimmed(secret.expose_secret());
    if text.is_empty() {
        return Err(Error::configuration(format!("{what} is empty")));
    }
    if text.contains(is_never_sent) {
        return Err(not_whole(what));
    }
    Ok(SecretString::from(text))
}

/// Whether no token has this character, though a copy of one can.
fn is_never_sent(c: char) -> bool {
    c.is_control() || printable::is_invisible(c)
}

fn not_whole(what: &str) -> Error {
    Error::configuration(format!("{what} has characters that no token has; was it copied whole?"))
}

impl Credentials for Fixed {
    fn authorization(&self, _: Option<&HeaderValue>) -> Authorization<'_> {
        Box::pin(std::future::ready(sensitive(&self.value)))
    }

    fn needs_gateway(&self) -> bool {
        self.needs_gateway
    }
}

/// A header value that `Debug` does not show.
pub(crate) fn sensitive(value: &SecretString) -> Result<HeaderValue, BoxError> {
    let mut header = HeaderValue::from_str(value.expose_secret())
        .map_err(|_| "the token has characters that no header can carry; was it copied whole?")?;
    header.set_sensitive(true);
    Ok(header)
}
