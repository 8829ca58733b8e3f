//! What the headers of a response report about an error.

use http::header::{HeaderMap, HeaderName, LOCATION};
use reqwest::Url;

use super::printable::excerpt;

/// The headers in which a server names the request, the most useful first.
const REQUEST_IDS: [&str; 4] = ["atl-request-id", "atl-traceid", "x-arequestid", "x-request-id"];

/// The header with which a site explains why it does not check the credentials.
const DENIED_REASON: HeaderName = HeaderName::from_static("x-authentication-denied-reason");

/// The code of RFC 6750 for a token that lacks a scope.
pub(super) const INSUFFICIENT_SCOPE: &str = "insufficient_scope";

/// The id under which the server keeps a request in its logs.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<&str> {
    REQUEST_IDS.iter().find_map(|name| {
        let value = headers.get(HeaderName::from_static(name))?.to_str().ok()?.trim();
        (!value.is_empty()).then_some(value)
    })
}

/// The `error` of a challenge of the scheme Bearer.
pub(super) fn bearer_error(challenge: &str) -> Option<&str> {
    if !challenge.to_ascii_lowercase().contains("bearer") {
        return None;
    }
    challenge.split([',', ' ']).find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("error").then(|| value.trim().trim_matches('"'))
    })
}

/// Why the site denies authentication, and what a person can do about it.
pub(super) fn denied(headers: &HeaderMap) -> Option<String> {
    let reason = String::from_utf8_lossy(headers.get(DENIED_REASON)?.as_bytes()).into_owned();
    let mut parts = reason.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty()).unwrap_or("no reason given");
    let login = parts.find_map(|part| part.strip_prefix("login-url=")).map(shown_address);
    Some(match login {
        Some(login) => format!("authentication is denied ({name}); log in once with a browser at {login}"),
        None => format!("authentication is denied ({name}); log in once with a browser"),
    })
}

/// The address that a redirect leads to, without the parts that can be secret.
pub(crate) fn redirect_target(headers: &HeaderMap) -> String {
    match headers.get(LOCATION) {
        Some(location) => shown_address(&String::from_utf8_lossy(location.as_bytes())),
        None => "an address that it does not name".to_owned(),
    }
}

/// An address without user info, query and fragment, which can be secret.
fn shown_address(text: &str) -> String {
    const LONGEST: usize = 200;
    const RELATIVE: &str = "relative.invalid";
    let Ok(url) = Url::parse(&format!("https://{RELATIVE}")).and_then(|base| base.join(text.trim())) else {
        return "an address that cannot be read".to_owned();
    };
    let shown = match (url.host_str(), url.port()) {
        (Some(RELATIVE), _) => url.path().to_owned(),
        (Some(host), None) => format!("{}://{host}{}", url.scheme(), url.path()),
        (Some(host), Some(port)) => format!("{}://{host}:{port}{}", url.scheme(), url.path()),
        (None, _) => format!("an address of the scheme {}", url.scheme()),
    };
    excerpt(&shown, LONGEST)
}
