//! What may be one segment of a path, and how it is written.

use std::fmt::Display;

use crate::RequestError;

/// Refuses a value that would lead to another endpoint once it is part of a path.
///
/// Escaping does not help: URLs resolve an escaped dot as they do a plain one, and servers decode an escaped slash. Servers
/// of Java drop what follows a semicolon before they resolve dots, so only what comes before it counts. A percent sign of
/// the value's own is escaped, so that `%2e` stays a text of three characters.
pub(crate) fn path_segment(parameter: &str, value: &impl Display) -> Result<(), RequestError> {
    let value = value.to_string();
    let why = match value.split(';').next().unwrap_or_default() {
        "" => "is empty; name the thing that is meant",
        "." | ".." => "is a relative path, not an id",
        _ if value.contains(['/', '\\']) => "has a slash, which would lead to another endpoint",
        _ if value.chars().any(char::is_control) => "has a control character",
        _ => return Ok(()),
    };
    Err(RequestError::argument(parameter, &why))
}

/// Writes a value as one segment of a path.
///
/// Beside what progenitor escapes, a semicolon is: what follows it would be a parameter of the segment, not part of it.
#[allow(dead_code, reason = "only generated code calls it")]
pub(crate) fn encode_path(value: &str) -> String {
    progenitor_client::encode_path(value).replace(';', "%3B")
}

#[cfg(test)]
mod tests {
    use super::{encode_path, path_segment};

    #[test]
    fn refuses_what_leads_elsewhere() {
        for value in ["", ".", "..", "a/b", "..\\x", "a\nb", ".;x", "..;", "..;a=b", ";", ";x", "..;/x"] {
            assert!(path_segment("id", &value).is_err(), "{value:?} was taken");
        }
        for value in ["1", "ABC-1", "projectKey:ABC", "qm:1:2", "...", "a b", "a;b", "..a;", "%2e%2e", "100%"]
        {
            assert!(path_segment("id", &value).is_ok(), "{value:?} was refused");
        }
    }

    #[test]
    fn leads_to_one_segment_below_its_parent_whatever_the_value() {
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
