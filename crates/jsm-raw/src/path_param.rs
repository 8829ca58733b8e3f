//! Path parameters: which values are safe, and how they are encoded.

use std::fmt::Display;

use crate::request_error::RequestError;

/// Rejects a value that would lead to another endpoint as part of a path.
///
/// Escaping does not help: URLs resolve an escaped dot like a plain one, and servers decode an escaped slash. Java servers
/// drop what follows a semicolon before they resolve dots, so only what precedes it counts. A percent sign in the value
/// is escaped, so that `%2e` stays a text of three characters.
pub(crate) fn path_segment(parameter: &str, value: &impl Display) -> Result<(), RequestError> {
    let value = value.to_string();
    let why = match value.split(';').next().unwrap_or_default() {
        "" => "must not be empty",
        "." | ".." => "is a relative path, not an id",
        _ if value.contains(['/', '\\']) => "has a slash, which would lead to another endpoint",
        _ if value.chars().any(char::is_control) => "has a control character",
        _ => return Ok(()),
    };
    Err(RequestError::argument(parameter, &why))
}

/// Encodes a value as one segment of a path.
///
/// Unlike progenitor, it escapes a semicolon too: what follows one would be a parameter of the segment, not part of it.
pub(crate) fn encode_path(value: &str) -> String {
    progenitor_client::encode_path(value).replace(';', "%3B")
}

/// Encodes a value as one segment of a path, after the checks of [`Operation::request`](crate::Operation::request).
///
/// # Errors
///
/// When the value would lead to another endpoint; the error names the parameter.
pub fn encode_segment(parameter: &str, value: &str) -> Result<String, RequestError> {
    path_segment(parameter, &value)?;
    Ok(encode_path(value))
}

#[cfg(test)]
mod tests {
    use super::{encode_path, path_segment};

    #[test]
    fn values_that_lead_to_another_endpoint_are_rejected() {
        for value in ["", ".", "..", "a/b", "..\\x", "a\nb", ".;x", "..;", "..;a=b", ";", ";x", "..;/x"] {
            assert!(path_segment("id", &value).is_err(), "{value:?} was taken");
        }
        for value in ["1", "ABC-1", "projectKey:ABC", "qm:1:2", "...", "a b", "a;b", "..a;", "%2e%2e", "100%"]
        {
            assert!(path_segment("id", &value).is_ok(), "{value:?} was refused");
        }
    }

    #[test]
    fn every_value_is_encoded_as_one_segment() {
        let base = reqwest::Url::parse("https://acme.example").expect("a URL");
        for value in [
            "a;b", "..a;.", "...", "a b", "100%", "%zz", "a?b#c", "é", "a&b=c", "{x}", "%2", "|^~", "%2e%2e",
            "%2E", ".%2e;", "a%3B..",
        ] {
            let url = base.join(&format!("/shelf/{}/books", encode_path(value))).expect("a URL");
            let segments: Vec<&str> = url.path().split('/').collect();
            assert_eq!(segments.len(), 4, "{url}");
            assert_eq!((segments[1], segments[3]), ("shelf", "books"), "{url}");
            assert!(!url.as_str().contains(';') && url.query().is_none(), "{url}");
        }
    }
}
