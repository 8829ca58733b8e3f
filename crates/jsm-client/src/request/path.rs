//! Paths of requests: which are safe, and how they are encoded.
//!
//! What an id of an operation may not do, a path may not do either: lead to another host or to another endpoint than it
//! reads like. Servers and proxies decode, some of them twice, so segments are checked in all their decoded forms.

use std::fmt::Display;

use jsm_raw::{RequestError, encode_segment};

/// A path with the values of its placeholders, encoded. Placeholders that the client fills in are left.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Filled {
    pub(super) path: String,
    pub(super) has_variables: bool,
}

/// Checks a path, and fills in the values of its placeholders.
///
/// `is_variable` says whether the client knows the value of a placeholder.
pub(super) fn fill(
    path: &str,
    params: &[(String, String)],
    is_variable: &dyn Fn(&str) -> bool,
) -> Result<Filled, RequestError> {
    check_whole(path)?;
    let mut filled = Filled::default();
    let mut used = Vec::new();
    for segment in path.split('/').skip(1) {
        filled.path.push('/');
        let Some(name) = placeholder(segment)? else {
            check_segment(segment)?;
            encode(segment, &mut filled.path);
            continue;
        };
        used.push(name);
        match params.iter().rfind(|(known, _)| known == name) {
            Some((_, value)) => filled.path += &encode_segment(name, value)?,
            None if is_variable(name) => {
                filled.path += segment;
                filled.has_variables = true;
            }
            None => {
                return Err(refused(&format_args!(
                    "has the placeholder {segment} without a value; set it with path_param({name:?}, ..)"
                )));
            }
        }
    }
    match params.iter().find(|(name, _)| !used.contains(&name.as_str())) {
        Some((name, _)) => Err(refused(&format_args!("has no placeholder {{{name}}}"))),
        None => Ok(filled),
    }
}

fn refused(why: &dyn Display) -> RequestError {
    RequestError::argument("the path", why)
}

fn check_whole(path: &str) -> Result<(), RequestError> {
    let why = match path {
        "" => "is empty; write it like /rest/api/3/myself",
        _ if path.chars().any(char::is_control) => "has a control character",
        _ if path.contains('\\') => "has a backslash, which servers read as a slash",
        _ if path.starts_with("//") => "begins with two slashes, which would lead to another host",
        _ if !path.starts_with('/') && path.contains("://") => {
            "is an address; write what follows the host, like /rest/api/3/myself"
        }
        _ if !path.starts_with('/') => "does not begin with a slash; write it like /rest/api/3/myself",
        _ if path.contains('?') => "has a query; give it to query(..), or write %3F for a question mark",
        _ if path.contains('#') => "has a fragment; write %23 for a number sign",
        _ => return Ok(()),
    };
    Err(refused(&why))
}

/// The name of the placeholder that a segment is.
fn placeholder(segment: &str) -> Result<Option<&str>, RequestError> {
    if !segment.contains(['{', '}']) {
        return Ok(None);
    }
    let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let is_name = |name: &&str| {
        !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
    };
    match name.filter(is_name) {
        Some(name) => Ok(Some(name)),
        None => Err(refused(
            &"has a brace; a placeholder is a whole segment, like {key}, and a brace is %7B or %7D",
        )),
    }
}

/// Rejects a segment that would lead to another endpoint, however often a server decodes it.
///
/// Java servers drop what follows a semicolon before they resolve dots, so what precedes it must be a name.
fn check_segment(segment: &str) -> Result<(), RequestError> {
    if segment.split(';').next().unwrap_or_default().is_empty() {
        return Err(refused(&"has an empty segment: two slashes, or a slash at its end"));
    }
    let mut bytes = segment.as_bytes().to_vec();
    loop {
        if bytes.iter().any(u8::is_ascii_control) {
            return Err(refused(&"has a control character"));
        }
        let mut parts = bytes.split(|byte| matches!(byte, b'/' | b'\\'));
        let name = |part: &[u8]| part.split(|byte| *byte == b';').next().map(<[u8]>::to_vec);
        if parts.any(|part| matches!(name(part).as_deref(), Some(b"." | b".."))) {
            return Err(refused(&"has `.` or `..` as a segment, which would lead to another endpoint"));
        }
        let decoded = decode(&bytes);
        if decoded == bytes {
            return Ok(());
        }
        bytes = decoded;
    }
}

/// The byte that is percent-encoded at this place.
fn encoded_byte(bytes: &[u8], at: usize) -> Option<u8> {
    let digit = |at: usize| bytes.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let value = 16 * digit(at + 1)? + digit(at + 2)?;
    (bytes[at] == b'%').then_some(value)?.try_into().ok()
}

fn decode(bytes: &[u8]) -> Vec<u8> {
    let (mut decoded, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let encoded = encoded_byte(bytes, at);
        decoded.push(encoded.unwrap_or(*byte));
        at += if encoded.is_some() { 3 } else { 1 };
    }
    decoded
}

/// Encodes what no segment can have. What is encoded stays as it is; a semicolon is encoded, as in ids.
fn encode(segment: &str, path: &mut String) {
    let bytes = segment.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        let is_plain = byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,=:@".contains(byte);
        match is_plain || encoded_byte(bytes, at).is_some() {
            true => path.push(char::from(*byte)),
            false => *path += &format!("%{byte:02X}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(path: &str, params: &[(&str, &str)]) -> Result<Filled, RequestError> {
        let params: Vec<_> =
            params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        fill(path, &params, &|name| name == "cloudId")
    }

    #[test]
    fn encodes_what_a_path_cannot_have_and_keeps_the_rest() {
        for (path, sent) in [
            ("/rest/api/3/myself", "/rest/api/3/myself"),
            ("/rest/api/3/issue/HELP-1", "/rest/api/3/issue/HELP-1"),
            ("/a b/ü/東", "/a%20b/%C3%BC/%E6%9D%B1"),
            ("/100%/%zz/%4", "/100%25/%25zz/%254"),
            ("/a%20b/%C3%bc/%2F/%252F", "/a%20b/%C3%bc/%2F/%252F"),
            ("/a;b=c", "/a%3Bb=c"),
            ("/\"<>^`|[]", "/%22%3C%3E%5E%60%7C%5B%5D"),
            ("/.../..a/a..", "/.../..a/a.."),
            ("/~a-b_c.d!$&'()*+,=:@", "/~a-b_c.d!$&'()*+,=:@"),
        ] {
            assert_eq!(filled(path, &[]).unwrap(), Filled { path: sent.to_owned(), has_variables: false });
            let url = reqwest::Url::parse(&format!("https://acme.example{sent}")).unwrap();
            assert_eq!(url.as_str(), format!("https://acme.example{sent}"), "the URL is as it was checked");
        }
    }

    #[test]
    fn refuses_what_leads_elsewhere() {
        for (path, why) in [
            ("", "is empty"),
            ("/", "empty segment"),
            ("rest/api", "begin with a slash"),
            ("https://evil.example/rest", "is an address"),
            ("@evil.example/rest", "begin with a slash"),
            (".evil.example", "begin with a slash"),
            ("//evil.example/rest", "another host"),
            ("/\\evil.example", "backslash"),
            ("\\\\evil.example", "backslash"),
            ("/rest/../admin", "`..`"),
            ("/rest/./admin", "`..`"),
            ("/rest/..", "`..`"),
            ("/rest/%2e%2e/admin", "`..`"),
            ("/rest/.%2E/admin", "`..`"),
            ("/rest/%252e%252e/admin", "`..`"),
            ("/rest/%25252e./admin", "`..`"),
            ("/rest/a%2f..%2fb", "`..`"),
            ("/rest/a%5C..", "`..`"),
            ("/rest/..;x=1/admin", "`..`"),
            ("/rest/%2e%2e%3bx/admin", "`..`"),
            ("/rest//admin", "empty segment"),
            ("/rest/;x/admin", "empty segment"),
            ("/rest/issue/", "empty segment"),
            ("/rest?x=1", "query"),
            ("/rest#x", "fragment"),
            ("/rest\n/x", "control"),
            ("/rest\t", "control"),
            ("/rest/%0d%0aHost:x", "control"),
            ("/rest/%00", "control"),
            ("/rest/\u{85}", "control"),
            ("/rest/{key}", "without a value"),
            ("/rest/{}", "brace"),
            ("/rest/{key", "brace"),
            ("/rest/a{key}", "brace"),
        ] {
            let error = filled(path, &[]).expect_err(path).to_string();
            assert!(error.starts_with("the path ") && error.contains(why), "{path:?}: {error}");
        }
    }

    #[test]
    fn placeholders_are_filled_in_as_one_segment() {
        let sent = |path, params: &[_]| filled(path, params).unwrap();
        assert_eq!(sent("/issue/{key}/x", &[("key", "A B:%2e")]).path, "/issue/A%20B:%252e/x");
        assert_eq!(sent("/{a}/{b}/{a}", &[("a", "1"), ("b", "2")]).path, "/1/2/1");
        assert_eq!(sent("/{a}", &[("a", "1"), ("a", "2")]).path, "/2", "the last value counts");
        let gateway = sent("/x/{cloudId}/{id}", &[("id", "{cloudId}")]);
        assert_eq!(gateway, Filled { path: "/x/{cloudId}/%7BcloudId%7D".to_owned(), has_variables: true });
        let own = sent("/x/{cloudId}", &[("cloudId", "a1")]);
        assert_eq!(own, Filled { path: "/x/a1".to_owned(), has_variables: false });
        for value in ["", ".", "..", "a/b", "a\\b", "a\nb", "..;x", ";x"] {
            let error = filled("/issue/{key}", &[("key", value)]).expect_err(value).to_string();
            assert!(error.starts_with("key "), "{value:?}: {error}");
        }
        let error = filled("/issue/{key}", &[("key", "A"), ("id", "B")]).unwrap_err().to_string();
        assert_eq!(error, "the path has no placeholder {id}");
    }
}
