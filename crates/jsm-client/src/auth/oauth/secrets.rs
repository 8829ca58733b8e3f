//! Random secrets, the challenge of PKCE, comparing secrets and hiding them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use secrecy::{ExposeSecret, SecretString};

use crate::error::printable::trimmed;
use crate::error::{Error, ErrorKind, Result};

/// 256 random bits of the system, as 43 characters that need no escape in a query or in the name of a file.
pub(super) fn secret() -> Result<SecretString> {
    let mut bytes = [0; 32];
    SystemRandom::new()
        .fill(&mut bytes)
        .map_err(|_| Error::new(ErrorKind::Other, "the system provides no random numbers"))?;
    Ok(SecretString::from(URL_SAFE_NO_PAD.encode(bytes)))
}

/// The challenge of a PKCE verifier by the method S256 (RFC 7636).
pub(super) fn challenge(verifier: &SecretString) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.expose_secret().as_bytes()))
}

/// Whether two secrets are equal, in a time that does not depend on where they differ.
pub(super) fn is_equal(one: &SecretString, other: &SecretString) -> bool {
    let (one, other) = (one.expose_secret().as_bytes(), other.expose_secret().as_bytes());
    let difference = one.iter().zip(other).fold(0, |all, (one, other)| all | (one ^ other));
    one.len() == other.len() && difference == 0
}

/// The text without the secrets that were sent, if the server repeats them.
pub(super) fn hide(text: &str, secrets: &[&SecretString]) -> String {
    let secrets =
        secrets.iter().map(|secret| trimmed(secret.expose_secret())).filter(|secret| !secret.is_empty());
    secrets.fold(text.to_owned(), |text, secret| text.replace(secret, "[secret]"))
}

#[cfg(test)]
mod tests {
    use secrecy::{ExposeSecret, SecretString};

    use super::{challenge, is_equal, secret};

    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        let verifier = SecretString::from("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(challenge(&verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn secrets_are_long_and_differ() {
        let (one, other) = (secret().unwrap(), secret().unwrap());
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        assert!(one.expose_secret().len() == 43 && one.expose_secret().chars().all(is_plain));
        assert!(is_equal(&one, &one.clone()) && !is_equal(&one, &other));
        for part in ["", "a", &one.expose_secret()[..42]] {
            assert!(!is_equal(&one, &SecretString::from(part)));
        }
    }
}
