//! The token endpoint: what is sent to it, what it grants, and why it grants nothing.
//!
//! When to ask and what to do with the tokens is `renewal`'s.

use std::convert::Infallible;
use std::fmt;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::stream;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use reqwest::{Body, Client, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserializer;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::{Value, json};

use super::{App, LARGEST_RESPONSE, TIMEOUT, address};
use crate::credentials::cleaned;
use crate::error::known::{Meaning, says};
use crate::error::{self, Error, ErrorKind, Result};
use crate::retry;
use crate::send::{is_permanent, read_start, transport};

/// The longest pause that the token endpoint can impose.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 60 * 60);

/// What tokens are asked for with.
pub(super) enum Grant<'a> {
    Code { code: &'a SecretString, redirect_uri: &'a str },
    Refresh(&'a SecretString),
}

/// What the token endpoint grants. Each part is read by itself, so that an odd one costs no other.
#[derive(Debug)]
pub(super) struct Granted {
    pub(super) access_token: Option<SecretString>,
    pub(super) refresh_token: Option<SecretString>,
    pub(super) expires_in: Option<Duration>,
    pub(super) scopes: Vec<String>,
}

/// Why it grants nothing.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) error: Error,
    /// Whether what was asked with is not valid any more, so that asking again is in vain.
    pub(super) is_dead: bool,
    /// Whether asking again soon may help.
    pub(super) passes: bool,
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        let passes =
            matches!(error.kind(), ErrorKind::Connection | ErrorKind::Timeout | ErrorKind::RateLimited)
                && !is_permanent(&error);
        Self { error, is_dead: false, passes }
    }
}

/// Asks the token endpoint once.
pub(super) async fn ask(
    app: &App,
    http: &Client,
    grant: &Grant<'_>,
    date: SystemTime,
) -> Result<Granted, Refused> {
    let url = address(&app.token_url)?;
    let client_secret = cleaned("the app's client secret", &app.client_secret)?;
    let mut form = json!({
        "client_id": app.client_id,
        "client_secret": client_secret.expose_secret(),
    });
    let secret = match grant {
        Grant::Code { code, redirect_uri } => {
            form["grant_type"] = "authorization_code".into();
            form["code"] = code.expose_secret().into();
            form["redirect_uri"] = (*redirect_uri).into();
            code
        }
        Grant::Refresh(token) => {
            form["grant_type"] = "refresh_token".into();
            form["refresh_token"] = token.expose_secret().into();
            token
        }
    };
    let form = Bytes::from(form.to_string());
    let request = http
        .post(url.clone())
        .header(CONTENT_TYPE, "application/json")
        .header(CONTENT_LENGTH, form.len())
        // A body that can be sent once only: no client takes it along where a redirect leads.
        .body(Body::wrap_stream(stream::iter([Ok::<_, Infallible>(form)])))
        .timeout(TIMEOUT);
    let response = request.send().await.map_err(|error| {
        transport(error).map_note(|note| format!("no tokens from the token endpoint: {note}"))
    })?;
    let (status, headers) = (response.status(), response.headers().clone());
    if status.is_redirection() || *response.url() != url {
        let target = match status.is_redirection() {
            true => error::target(&headers),
            false => "another address".to_owned(),
        };
        let note =
            format!("the token endpoint redirects to {target}; the app's secret does not follow it there");
        return Err(Error::new(ErrorKind::Other, note).into());
    }
    let pause = retry::retry_after(&headers, date).map(|pause| pause.min(LONGEST_PAUSE));
    // Where the body breaks off, the tokens in front are all there is, and they are valid.
    // The timeout of the request holds for its body.
    let body = read_start(response, LARGEST_RESPONSE, retry::FOREVER).await;
    if !status.is_success() {
        let mut refused = refused(grant, status, &body, &[secret, &client_secret]);
        refused.error = refused.error.with_retry_after(pause);
        return Err(refused);
    }
    let granted = granted(&body);
    if granted.access_token.is_none() && granted.refresh_token.is_none() {
        // What cannot be read may hold the tokens all the same, so nothing of it is kept.
        return Err(Error::new(ErrorKind::Decode, "the token endpoint's response has no access token").into());
    }
    Ok(granted)
}

/// What a response grants, as far as it can be read.
fn granted(body: &[u8]) -> Granted {
    let token = |name: &str| match field(body, name) {
        Some(Value::String(token)) => cleaned("the token", &SecretString::from(token)).ok(),
        _ => None,
    };
    let seconds = match field(body, "expires_in") {
        Some(Value::Number(seconds)) => seconds.as_f64(),
        Some(Value::String(seconds)) => seconds.trim().parse().ok(),
        _ => None,
    };
    let scopes = match field(body, "scope") {
        Some(Value::String(scopes)) => scopes.split_whitespace().map(str::to_owned).collect(),
        Some(Value::Array(scopes)) => {
            scopes.iter().filter_map(Value::as_str).map(|scope| scope.trim().to_owned()).collect()
        }
        _ => Vec::new(),
    };
    Granted {
        access_token: token("access_token"),
        refresh_token: token("refresh_token"),
        expires_in: seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
        scopes,
    }
}

/// One property of an object, whatever is wrong with the others or with what follows.
fn field(body: &[u8], name: &str) -> Option<Value> {
    struct Field<'a>(&'a str, &'a mut Option<Value>);

    impl<'de> Visitor<'de> for Field<'_> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            while let Some(key) = map.next_key::<String>()? {
                if key == self.0 {
                    *self.1 = Some(map.next_value()?);
                } else {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            Ok(())
        }
    }

    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let mut found = None;
    // An error behind the property does not matter, and one in front leaves nothing found.
    let _ = serde_json::Deserializer::from_slice(body).deserialize_map(Field(name, &mut found));
    found
}

/// Why the token endpoint grants nothing. Its words are kept, its body is not: it may repeat what was sent.
fn refused(grant: &Grant<'_>, status: StatusCode, body: &[u8], secrets: &[&SecretString]) -> Refused {
    let text = |name: &str| match field(body, name) {
        Some(Value::String(text)) => hide(text.trim(), secrets),
        _ => String::new(),
    };
    let (code, description) = (text("error"), text("error_description"));
    let status = status.as_u16();
    let message = Some(if description.is_empty() { code.clone() } else { description.clone() });
    if code.is_empty() || !matches!(status, 400 | 401 | 403) {
        // Something in front of the endpoint, or its failure: the tokens are as good as they were.
        let kind = if status == 429 { ErrorKind::RateLimited } else { ErrorKind::Server };
        let error = Error::new(kind, format!("the token endpoint responds with {status}"));
        let error = error.with_message(message.filter(|message| !message.is_empty()));
        return Refused { error, is_dead: false, passes: status == 429 || status >= 500 };
    }
    let (meaning, unclear) = match grant {
        Grant::Code { .. } => (Meaning::Code, false),
        // Atlassian says so of refresh tokens, in whatever language; of the app, it says so in English.
        Grant::Refresh(_) => (Meaning::RefreshToken, code == "unauthorized_client"),
    };
    let is_dead = code == "invalid_grant"
        || says(&description, meaning)
        || unclear && !says(&description, Meaning::App);
    let note = match (is_dead, grant) {
        (true, Grant::Refresh(_)) => {
            format!("the refresh token is no longer valid ({code}); let the account authorise the app again")
        }
        (true, Grant::Code { .. }) => format!(
            "the authorization code is not valid ({code}): it is wrong, used or expired, or belongs to another \
             redirect_uri; let the account authorise the app again"
        ),
        (false, _) => {
            format!(
                "the token endpoint refuses the app ({status} {code}); check its client id and its secret"
            )
        }
    };
    Refused {
        error: Error::new(ErrorKind::Authentication, note).with_message(message),
        is_dead,
        passes: false,
    }
}

/// The text without the secrets that were sent, should the server repeat them.
fn hide(text: &str, secrets: &[&SecretString]) -> String {
    secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.expose_secret(), "[secret]"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use secrecy::{ExposeSecret, SecretString};

    use super::{Grant, StatusCode, granted, refused};

    #[test]
    fn an_odd_field_loses_no_other() {
        let hour = Some(Duration::from_secs(3600));
        for (rest, expires_in, scopes) in [
            (r#""expires_in":3600,"scope":"a b""#, hour, 2),
            (r#""expires_in":"3600","scope":["a","b",7]"#, hour, 2),
            (r#""expires_in":null,"scope":null"#, None, 0),
            (r#""expires_in":-1,"scope":{}"#, None, 0),
            (r#""expires_in":1e999,"scope":"a""#, None, 1),
            (r#""scope":"\ud800","expires_in":3600"#, hour, 0),
            (r#""expires_in":3600,"scope":"a b","#, hour, 2),
        ] {
            for body in [
                format!(r#"{{"access_token":" a1 ","refresh_token":"r1",{rest}}}"#),
                format!(
                    "\u{feff}{{{}\"refresh_token\":\"r1\",\"access_token\":\"a1\"}}",
                    [rest.trim_end_matches(','), ","].concat()
                ),
            ] {
                let granted = granted(body.as_bytes());
                let shown =
                    |token: &Option<SecretString>| token.as_ref().map(|t| t.expose_secret().to_owned());
                assert_eq!(shown(&granted.refresh_token).as_deref(), Some("r1"), "{body}");
                assert_eq!(shown(&granted.access_token).as_deref(), Some("a1"), "{body}");
                assert_eq!((granted.expires_in, granted.scopes.len()), (expires_in, scopes), "{body}");
            }
        }
        let cut = granted(br#"{"refresh_token":"r1","access_token":"a"#);
        assert!(cut.refresh_token.is_some() && cut.access_token.is_none());
        assert!(granted(b"<html>").refresh_token.is_none());
    }

    #[test]
    fn a_dead_token_is_told_from_a_wrong_app() {
        let (token, code) = (SecretString::from("r-1"), SecretString::from("c-1"));
        let refresh = Grant::Refresh(&token);
        let code = Grant::Code { code: &code, redirect_uri: "https://app.example" };
        for (grant, status, error, description, is_dead, authentication) in [
            (&refresh, 403, "invalid_grant", "Unknown or invalid refresh token.", true, true),
            (&refresh, 400, "invalid_grant", "", true, true),
            (&refresh, 403, "unauthorized_client", "refresh_token is invalid", true, true),
            (&refresh, 403, "unauthorized_client", "Ce jeton n'est plus valable", true, true),
            (&refresh, 401, "invalid_request", "The refresh token has expired", true, true),
            (&refresh, 403, "unauthorized_client", "The client may not use this grant type", false, true),
            (&refresh, 401, "invalid_client", "", false, true),
            (&refresh, 401, "access_denied", "Unauthorized", false, true),
            (&refresh, 500, "invalid_grant", "", false, false),
            (&refresh, 403, "", "", false, false),
            (&code, 403, "invalid_grant", "Invalid authorization code", true, true),
            (&code, 403, "unauthorized_client", "authorization_code is invalid", true, true),
            (&code, 401, "access_denied", "Unauthorized", false, true),
        ] {
            let body = serde_json::json!({"error": error, "error_description": description}).to_string();
            let status = StatusCode::from_u16(status).expect("it is a status");
            let refused = refused(grant, status, body.as_bytes(), &[]);
            assert_eq!(refused.is_dead, is_dead, "{body}");
            assert_eq!(refused.error.is_authentication(), authentication, "{body}");
            assert!(description.is_empty() || refused.error.message() == Some(description), "{body}");
        }
        let body = br#"{"error":"invalid_grant","error_description":"unknown: r-1"}"#;
        let refused = refused(&refresh, StatusCode::FORBIDDEN, body, &[&token]);
        assert!(!format!("{:?} {}", refused.error, refused.error).contains("r-1"));
    }
}
