//! Decoding of response bodies.

use bytes::Bytes;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Error as _};
use serde_json::Error;

/// Decodes JSON. The text is checked as UTF-8 once, which is cheaper than string by string.
pub(crate) fn json<T: DeserializeOwned>(body: &Bytes) -> Result<T, Error> {
    match simdutf8::compat::from_utf8(body) {
        Ok(text) => serde_json::from_str(text),
        Err(error) => Err(Error::custom(error)),
    }
}

/// Decodes a JSON array.
#[allow(dead_code, reason = "only generated code calls it, and only where an API responds with lists")]
pub(crate) fn list<T: DeserializeOwned>(body: &Bytes) -> Result<Vec<T>, Error> {
    #[derive(Deserialize)]
    #[serde(transparent, bound(deserialize = "T: DeserializeOwned"))]
    struct Items<T>(#[serde(deserialize_with = "crate::lenient::list")] Vec<T>);
    json::<Items<T>>(body).map(|items| items.0)
}

/// Ignores the body: some servers send one where none is documented.
#[expect(clippy::unnecessary_wraps, reason = "generated code calls all decoders alike")]
pub(crate) fn nothing(_: &Bytes) -> Result<(), Error> {
    Ok(())
}

/// Returns the body unchanged.
#[allow(dead_code, reason = "only generated code calls it, and only where an API responds with files")]
#[expect(clippy::unnecessary_wraps, reason = "generated code calls all decoders alike")]
pub(crate) fn bytes(body: &Bytes) -> Result<Bytes, Error> {
    Ok(body.clone())
}
