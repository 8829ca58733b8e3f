//! What may be one segment of a path, and how it is written.

use std::fmt::Display;

use crate::RequestError;

/// Refuses a value that would lead to another endpoint once it is part of a path.
///
/// Escaping does not help: URLs resolve an escaped dot as they do a plain one, servers decode an escaped slash, and some
/// decode twice. A value is therefore judged by what is left when nothing in it can be decoded any more. Servers of Java
/// drop what follows a semicolon before they resolve dots, so only what comes before it counts.
pub(crate) fn path_segment(parameter: &str, value: &impl Display) -> Result<(), RequestError> {
    let value = decoded(value.to_string());
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

/// A text in which nothing is percent-encoded any more, as far as it is ASCII.
fn decoded(mut text: String) -> String {
    // Each round makes the text shorter.
    while let Some((at, letter)) = text.match_indices('%').find_map(|(at, _)| {
        let digits =
            text.get(at + 1..at + 3).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
        u8::from_str_radix(digits, 16).ok().filter(u8::is_ascii).map(|byte| (at, char::from(byte)))
    }) {
        text.replace_range(at..at + 3, letter.encode_utf8(&mut [0; 4]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{encode_path, path_segment};

    #[test]
    fn refuses_what_leads_elsewhere() {
        for value in [
            "",
            ".",
            "..",
            "a/b",
            "..\\x",
            "a\nb",
            ".;x",
            "..;",
            "..;a=b",
            ";",
            ";x",
            "%2e",
            "%2E%2e",
            ".%2e",
            "%252e%252E",
            "%2e%2e%3Bx",
            "..%3b",
            "%25252e.",
            "a%2Fb",
            "a%5cb",
            "a%00b",
            "%",
            "%%32e%2e",
        ] {
            let refused = path_segment("id", &value).is_err();
            assert_eq!(refused, value != "%", "{value:?}");
        }
        for value in
            ["1", "ABC-1", "projectKey:ABC", "qm:1:2", "...", "a b", "a;b", "..a;", "100%", "%zz", "é%C3%A9"]
        {
            assert!(path_segment("id", &value).is_ok(), "{value:?} was refused");
        }
    }

    #[test]
    fn leads_to_one_segment_below_its_parent_whatever_the_value() {
        let base = reqwest::Url::parse("https://acme.example").expect("a URL");
        for value in ["a;b", "..a;.", "...", "a b", "100%", "%zz", "a?b#c", "é", "a&b=c", "{x}", "%2", "|^~"]
        {
            let url = base.join(&format!("/shelf/{}/books", encode_path(value))).expect("a URL");
            let segments: Vec<&str> = url.path().split('/').collect();
            assert_eq!(segments.len(), 4, "{url}");
            assert!(!url.as_str().contains(';') && url.query().is_none(), "{url}");
        }
    }
}
