//! The tokens that an account grants to an app.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::exposed;

/// Tokens that an account granted to an app. `Debug` does not show them.
///
/// They are serializable so that a program can store them: what is written holds the secrets in the clear. Write it to a
/// place that only the program can read, and to no log. [`FileTokenStore`](super::FileTokenStore) is such a place.
///
/// ```
/// use jsm_client::Timestamp;
/// use jsm_client::oauth::{ExposeSecret, Tokens};
///
/// let mut tokens = Tokens::new("an access token", Some("a refresh token".into()));
/// tokens.expires_at = Some(Timestamp::from_second(1_800_000_000)?);
/// assert!(!format!("{tokens:?}").contains("an access token"));
///
/// let stored = serde_json::to_string(&tokens)?;
/// assert!(stored.contains(r#""expires_at":1800000000"#));
/// let tokens: Tokens = serde_json::from_str(&stored)?;
/// assert_eq!(tokens.access_token.expose_secret(), "an access token");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tokens {
    /// The token of API calls. Empty if a renewal brought a refresh token and no access token.
    #[serde(default, with = "exposed")]
    pub access_token: SecretString,
    /// The token of the next renewal, which brings another one. `None` when the app was not granted `offline_access`. After a
    /// renewal it is always the valid one, whether it is new or not.
    #[serde(default, with = "exposed::option", skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<SecretString>,
    /// When the access token expires; `None` when the token endpoint did not report it. Written as seconds since 1970.
    #[serde(default, with = "seconds", skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// The scopes of the access token.
    #[serde(default)]
    pub scopes: Vec<String>,
}

impl Tokens {
    /// Tokens that a program has stored. The other fields can be set afterwards.
    pub fn new(access_token: impl Into<SecretString>, refresh_token: Option<SecretString>) -> Self {
        Self { access_token: access_token.into(), refresh_token, expires_at: None, scopes: Vec::new() }
    }
}

/// When a token expires that was received at this date.
pub(crate) fn expires_at(received: SystemTime, expires_in: Option<Duration>) -> Option<Timestamp> {
    Timestamp::try_from(received.checked_add(expires_in?)?).ok()
}

/// A moment as seconds since 1970.
mod seconds {
    use super::{Deserialize, Deserializer, Serialize, Serializer, Timestamp};

    pub(super) fn serialize<S: Serializer>(
        time: &Option<Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        time.map(Timestamp::as_second).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        let Some(seconds) = Option::<i64>::deserialize(deserializer)? else { return Ok(None) };
        Timestamp::from_second(seconds).map(Some).map_err(serde::de::Error::custom)
    }
}
