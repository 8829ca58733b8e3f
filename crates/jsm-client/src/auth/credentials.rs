//! Credentials: the value of the header `Authorization`.
//!
//! Secrets are kept in [`secrecy::SecretString`] and in header values marked as sensitive. Neither shows in `Debug`.
//! `transport` decides which addresses credentials may go to.

use std::error::Error as StdError;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use futures_core::future::BoxFuture;
use http::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};

use crate::error::printable::{is_invisible, trimmed};
use crate::error::{Error, Result};

/// Any error, for example of a store of credentials.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// A future of the value of the header `Authorization`.
pub type Authorization<'a> = BoxFuture<'a, Result<HeaderValue, BoxError>>;

/// A way to authenticate. Implement it for a scheme that [`ClientBuilder`](crate::ClientBuilder) does not have.
///
/// ```
/// use jsm_client::{Authorization, Credentials};
/// use jsm_client::http::HeaderValue;
///
/// #[derive(Debug)]
/// struct FromVault;
///
/// impl Credentials for FromVault {
///     fn authorization(&self, _refused: Option<&HeaderValue>) -> Authorization<'_> {
///         Box::pin(async {
///             let mut value = HeaderValue::from_static("Bearer token-from-the-vault");
///             value.set_sensitive(true);
///             Ok(value)
///         })
///     }
/// }
/// ```
pub trait Credentials: fmt::Debug + Send + Sync + 'static {
    /// The value of the header `Authorization`.
    ///
    /// `refused` is the value that the server has just refused with 401. Credentials that can renew themselves return
    /// another value, and the request is sent once more with it; if they return the same value, the call fails.
    fn authorization(&self, refused: Option<&HeaderValue>) -> Authorization<'_>;

    /// Whether the token in this value, which the server has just refused with 403 or 404, may have expired.
    ///
    /// Atlassian's gateway refuses expired tokens with these statuses too, not only with 401. If a request went through
    /// the gateway and this returns true, [`authorization`](Self::authorization) is called for another value, and the
    /// request is sent once more. Otherwise the call fails with the status. The default is false.
    fn may_be_expired(&self, refused: &HeaderValue) -> bool {
        let _ = refused;
        false
    }

    /// Whether only the gateway accepts them, as with scoped tokens and OAuth tokens. The default is false.
    fn needs_gateway(&self) -> bool {
        false
    }
}

/// Credentials that stay the same for the lifetime of the client.
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
    c.is_control() || is_invisible(c)
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
