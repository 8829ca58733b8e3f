//! Grants: the form that is sent to a token endpoint, and the meaning of its responses.
//!
//! `refresh` decides when tokens are renewed, and `transport` sends the form.

use std::fmt;
use std::time::Duration;

use http::StatusCode;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserializer;
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde_json::{Value, json};

use super::app::{AUDIENCE, App};
use super::secrets::hide;
use crate::auth::credentials::cleaned;
use crate::error::known::{Meaning, says};
use crate::error::printable::excerpt;
use crate::error::{Error, ErrorKind, Result};

/// How many characters of an error code are shown.
const LONGEST_CODE: usize = 80;

/// What is exchanged for tokens.
#[derive(Clone, Copy)]
pub(crate) enum Grant<'a> {
    Code {
        code: &'a SecretString,
        redirect_uri: &'a str,
        verifier: Option<&'a SecretString>,
    },
    Refresh(&'a SecretString),
    /// The app's own id and secret.
    ClientCredentials,
}

/// The tokens in a response. Each part is read by itself, so that an invalid one does not lose the others.
#[derive(Debug)]
pub(crate) struct Granted {
    pub(crate) access_token: Option<SecretString>,
    pub(crate) refresh_token: Option<SecretString>,
    pub(crate) expires_in: Option<Duration>,
    pub(crate) scopes: Vec<String>,
}

/// A refusal by the token endpoint.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) error: Error,
    pub(crate) cause: Cause,
}

/// Why tokens are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The code or the refresh token is not valid any more.
    Grant,
    /// The app is not accepted.
    App,
    /// The endpoint, or something in front of it, failed. The tokens are as valid as they were.
    Server,
}

impl Grant<'_> {
    /// The body of the request.
    pub(crate) fn form(&self, app: &App) -> Result<String> {
        let client_secret = cleaned("the app's client secret", &app.client_secret)?;
        let mut form = json!({
            "client_id": app.client_id,
            "client_secret": client_secret.expose_secret(),
        });
        match self {
            Grant::Code { code, redirect_uri, verifier } => {
                form["grant_type"] = "authorization_code".into();
                form["code"] = code.expose_secret().into();
                form["redirect_uri"] = (*redirect_uri).into();
                if let Some(verifier) = verifier {
                    form["code_verifier"] = verifier.expose_secret().into();
                }
            }
            Grant::Refresh(token) => {
                form["grant_type"] = "refresh_token".into();
                form["refresh_token"] = token.expose_secret().into();
            }
            Grant::ClientCredentials => {
                form["grant_type"] = "client_credentials".into();
                form["audience"] = AUDIENCE.into();
            }
        }
        Ok(form.to_string())
    }

    /// The secrets in the grant itself.
    fn secrets(&self) -> [Option<&SecretString>; 2] {
        match self {
            Grant::Code { code, verifier, .. } => [Some(code), *verifier],
            Grant::Refresh(token) => [Some(token), None],
            Grant::ClientCredentials => [None, None],
        }
    }
}

/// The tokens in a response, as far as it can be read.
pub(crate) fn granted(body: &[u8]) -> Granted {
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

/// The meaning of an error response. Its message is kept, its body is not: it may repeat the secrets that were sent.
pub(crate) fn refused(app: &App, grant: &Grant<'_>, status: StatusCode, body: &[u8]) -> Refused {
    let secrets: Vec<&SecretString> =
        grant.secrets().into_iter().flatten().chain([&app.client_secret]).collect();
    let text = |name: &str| match field(body, name) {
        Some(Value::String(text)) => hide(text.trim(), &secrets),
        _ => String::new(),
    };
    // It becomes a part of what the client says itself.
    let (code, description) = (excerpt(&text("error"), LONGEST_CODE), text("error_description"));
    let status = status.as_u16();
    let message = Some(if description.is_empty() { code.clone() } else { description.clone() });
    if code.is_empty() || !matches!(status, 400 | 401 | 403) {
        let kind = if status == 429 { ErrorKind::RateLimited } else { ErrorKind::Server };
        let error = Error::new(kind, format!("the token endpoint responds with {status}"));
        let error = error.with_message(message.filter(|message| !message.is_empty()));
        return Refused { error, cause: Cause::Server };
    }
    let is_invalid = match grant {
        Grant::Code { .. } => code == "invalid_grant" || says(&description, Meaning::Code),
        // Atlassian sends this code for refresh tokens, in any language, and for the app, in English.
        Grant::Refresh(_) => {
            code == "invalid_grant"
                || says(&description, Meaning::RefreshToken)
                || code == "unauthorized_client" && !says(&description, Meaning::App)
        }
        // There is nothing but the app.
        Grant::ClientCredentials => false,
    };
    let note = match (is_invalid, grant) {
        (true, Grant::Refresh(_)) => {
            format!("the refresh token is no longer valid ({code}); let the account authorise the app again")
        }
        (true, Grant::Code { .. }) => format!(
            "the authorization code is not valid ({code}): it is wrong, used or expired, or belongs to another \
             redirect_uri; let the account authorise the app again"
        ),
        (_, Grant::ClientCredentials) => format!(
            "the token endpoint refuses the service account ({status} {code}); check the client id and the secret of \
             its OAuth 2.0 credential"
        ),
        (false, _) => {
            format!(
                "the token endpoint refuses the app ({status} {code}); check its client id and its secret"
            )
        }
    };
    let cause = if is_invalid { Cause::Grant } else { Cause::App };
    Refused { error: Error::new(ErrorKind::Authentication, note).with_message(message), cause }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use secrecy::{ExposeSecret, SecretString};

    use super::{App, Cause, Grant, StatusCode, granted, refused};

    #[test]
    fn an_invalid_field_loses_no_other() {
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
    fn a_refused_token_is_distinguished_from_a_refused_app() {
        let app = App::new("an app", "s-1");
        let (token, code) = (SecretString::from("r-1"), SecretString::from("c-1"));
        let refresh = Grant::Refresh(&token);
        let code = Grant::Code { code: &code, redirect_uri: "https://app.example", verifier: None };
        for (grant, status, error, description, is_invalid, authentication) in [
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
            (&Grant::ClientCredentials, 401, "access_denied", "Unauthorized", false, true),
            (&Grant::ClientCredentials, 403, "invalid_grant", "", false, true),
        ] {
            let body = serde_json::json!({"error": error, "error_description": description}).to_string();
            let status = StatusCode::from_u16(status).expect("it is a status");
            let refused = refused(&app, grant, status, body.as_bytes());
            assert_eq!(refused.cause == Cause::Grant, is_invalid, "{body}");
            assert_eq!(refused.error.is_authentication(), authentication, "{body}");
            assert!(description.is_empty() || refused.error.message() == Some(description), "{body}");
        }
        let body = br#"{"error":"invalid_grant","error_description":"unknown: r-1 of s-1"}"#;
        let refused = self::refused(&app, &refresh, StatusCode::FORBIDDEN, body);
        let shown = format!("{:?} {}", refused.error, refused.error);
        assert!(!shown.contains("r-1") && !shown.contains("s-1"), "{shown}");
        let long = serde_json::json!({"error": "not now, ".repeat(1_000), "error_description": "busy"});
        let refused = self::refused(&app, &refresh, StatusCode::UNAUTHORIZED, long.to_string().as_bytes());
        assert!(refused.cause == Cause::App && refused.error.to_string().len() < 250, "{}", refused.error);
    }
}
