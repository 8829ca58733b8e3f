//! One authorization, from the browser's way to Atlassian to its return.

use std::fmt;

use reqwest::Url;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::exposed;
use super::secrets::{hide, is_equal};
use crate::auth::credentials::cleaned;
use crate::error::{Error, ErrorKind, Result};

/// An authorization that has begun: where to send the browser, and what the program keeps until it returns.
/// [`App::authorize`](super::App::authorize) makes it. `Debug` shows no secret.
///
/// It is serializable so that a web application can keep it in the session of the browser: what is written holds secrets
/// in the clear. Keep it on the server or in an encrypted cookie, and remove it when the browser returns: it is valid once.
#[derive(Clone, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    url: String,
    redirect_uri: String,
    #[serde(with = "exposed")]
    state: SecretString,
    #[serde(with = "exposed")]
    code_verifier: SecretString,
}

/// The query with which a browser returns from an authorization. `Debug` shows nothing of it.
///
/// It is made from an address or a query: `Callback::from("/callback?code=...&state=...")`. As it implements
/// `Deserialize`, a web framework can read it too, for example as axum's `Query<Callback>`.
#[derive(Clone, Default, Deserialize)]
#[non_exhaustive]
pub struct Callback {
    #[serde(default, with = "exposed::option")]
    code: Option<SecretString>,
    #[serde(default, with = "exposed::option")]
    state: Option<SecretString>,
    #[serde(default)]
    error: Option<String>,
    #[serde(default)]
    error_description: Option<String>,
}

impl AuthorizationRequest {
    pub(super) fn new(
        url: String,
        redirect_uri: String,
        state: SecretString,
        code_verifier: SecretString,
    ) -> Self {
        Self { url, redirect_uri, state, code_verifier }
    }

    /// The address to which the program sends the browser.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address to which the browser returns.
    pub fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// Whether a callback has the `state` of this authorization. [`App::finish`](super::App::finish) checks it too; a
    /// program that listens on a loopback address skips other requests with it.
    pub fn matches(&self, callback: &Callback) -> bool {
        callback.state.as_ref().is_some_and(|state| is_equal(state, &self.state))
    }

    /// The code that a callback brings.
    pub(crate) fn code(&self, callback: &Callback) -> Result<SecretString> {
        let refused = |note: String| Error::new(ErrorKind::Authentication, note);
        if !self.matches(callback) {
            let wrong = match callback.state {
                Some(_) => "the state of the callback belongs to another authorization",
                None => "the callback has no state",
            };
            return Err(refused(format!("{wrong}, so its code is not used; start the authorization again")));
        }
        let secrets: Vec<&SecretString> =
            [Some(&self.state), Some(&self.code_verifier), callback.code.as_ref()]
                .into_iter()
                .flatten()
                .collect();
        let text = |text: &Option<String>| {
            let text = text.as_deref().map(|text| hide(text.trim(), &secrets));
            text.filter(|text| !text.is_empty())
        };
        if let Some(code) = text(&callback.error) {
            let note = match code.as_str() {
                "access_denied" => "the account did not authorise the app (access_denied)".to_owned(),
                code => format!("the authorization failed ({code})"),
            };
            return Err(refused(note).with_message(text(&callback.error_description)));
        }
        match &callback.code {
            Some(code) => cleaned("the authorization code", code),
            None => Err(refused("the callback has no code; start the authorization again".to_owned())),
        }
    }

    /// The secret to the challenge that [`url`](Self::url) has.
    pub(crate) fn code_verifier(&self) -> &SecretString {
        &self.code_verifier
    }
}

impl fmt::Debug for AuthorizationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { redirect_uri, .. } = self;
        f.debug_struct("AuthorizationRequest").field("redirect_uri", redirect_uri).finish_non_exhaustive()
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback").finish_non_exhaustive()
    }
}

impl From<&str> for Callback {
    /// Reads a query, or that of an address. Of a parameter that comes twice, the first counts.
    fn from(text: &str) -> Self {
        let text = text.trim().split('#').next().unwrap_or_default();
        // A value in a query can be an address, such as the issuer of RFC 9207.
        let scheme = text.split_once("://").map(|(scheme, _)| scheme);
        let is_address =
            text.starts_with(['/', '?']) || scheme.is_some_and(|scheme| !scheme.contains(['=', '&', '?']));
        Self::of_query(if is_address { text.split_once('?').map_or("", |(_, query)| query) } else { text })
    }
}

impl Callback {
    fn of_query(query: &str) -> Self {
        let mut callback = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.into_owned();
            match &*name {
                "code" => drop(callback.code.get_or_insert_with(|| value.into())),
                "state" => drop(callback.state.get_or_insert_with(|| value.into())),
                "error" => drop(callback.error.get_or_insert(value)),
                "error_description" => drop(callback.error_description.get_or_insert(value)),
                _ => {}
            }
        }
        callback
    }
}

impl From<&String> for Callback {
    fn from(text: &String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<String> for Callback {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<&Url> for Callback {
    fn from(url: &Url) -> Self {
        Self::of_query(url.query().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::{AuthorizationRequest, Callback};

    fn request() -> AuthorizationRequest {
        let (url, back) = ("https://id.example/authorize?state=st-1".into(), "https://a.example/back".into());
        AuthorizationRequest::new(url, back, "st-1".into(), "verifier-1".into())
    }

    #[test]
    fn a_code_is_read_from_any_form_of_a_callback() {
        use secrecy::ExposeSecret;
        for callback in [
            "https://a.example/back?code=c%2B1&state=st-1",
            "/back?state=st-1&code=c%2B1#top",
            "code=c%2B1&state=st-1&extra=%ff",
            " state=st-1&code=c%2B1&why=what?\n",
            "?code=c%2B1&state=st-1&code=other&state=other",
            "iss=https://id.example&code=c%2B1&state=st-1",
            "/back?code=c%2B1&state=st-1&iss=https://id.example/?a",
            "https://a.example/back?iss=https://id.example&code=c%2B1&state=st-1",
        ] {
            let code = request().code(&Callback::from(callback)).unwrap();
            assert_eq!(code.expose_secret(), "c+1", "{callback}");
            if let Ok(url) = reqwest::Url::parse(callback) {
                assert_eq!(request().code(&Callback::from(&url)).unwrap().expose_secret(), "c+1");
            }
        }
        let json = r#"{"code": "c+1", "state": "st-1", "extra": 1}"#;
        let callback: Callback = serde_json::from_str(json).unwrap();
        assert_eq!(request().code(&callback).unwrap().expose_secret(), "c+1");
    }

    #[test]
    fn a_callback_that_is_not_valid_is_refused_without_its_secrets() {
        for (callback, text) in [
            ("code=c-1&state=st-2", "the state of the callback belongs to another authorization, so"),
            ("code=c-1&state=", "the state of the callback belongs to another authorization, so"),
            ("code=c-1", "the callback has no state, so its code is not used; start"),
            ("", "the callback has no state"),
            ("/callback", "the callback has no state"),
            ("error=access_denied&error_description=No", "the callback has no state"),
            (
                "error=access_denied&error_description=User%20did%20not&state=st-1",
                "the account did not authorise the app (access_denied) (User did not)",
            ),
            (
                "error=bad+st-1&error_description=of+verifier-1&state=st-1",
                "the authorization failed (bad [secret])",
            ),
            ("state=st-1", "the callback has no code"),
            ("state=st-1&code=", "the authorization code is empty"),
            ("state=st-1&code=c-1%0Ax", "the authorization code has characters"),
        ] {
            let callback = Callback::from(callback);
            let error = request().code(&callback).unwrap_err();
            let shown = format!("{error} {error:?} {callback:?} {:?}", request());
            assert!(error.to_string().starts_with(text), "{error}");
            for secret in ["st-1", "st-2", "c-1", "verifier-1"] {
                assert!(!shown.contains(secret), "{secret} in {shown}");
            }
        }
    }

    #[test]
    fn a_request_survives_a_session() {
        let stored = serde_json::to_string(&request()).unwrap();
        let read: AuthorizationRequest = serde_json::from_str(&stored).unwrap();
        assert_eq!((read.url(), read.redirect_uri()), (request().url(), request().redirect_uri()));
        assert!(read.matches(&Callback::from("state=st-1")) && !read.matches(&Callback::from("state=st")));
    }
}
