//! The headers that a fixture may have. All others are left out: credentials, cookies, ids of accounts and of traces.

use http::HeaderMap;
use percent_encoding::percent_decode_str;

use super::place::Place;
use super::texts::Replacer;
use super::vocabulary;

/// How a header is kept.
#[derive(Clone, Copy)]
enum Form {
    MediaType,
    /// One of these words.
    Words(&'static [&'static str]),
    /// Words of rate limits, numbers and dates.
    RateLimit,
    Id,
    EntityTag,
    Range,
    RetryAfter,
    Address,
    Links,
    FileName,
    /// The scheme of each challenge.
    Challenge,
}

const REQUEST: &[(&str, Form)] = &[
    ("content-type", Form::MediaType),
    ("idempotency-key", Form::Id),
    ("if-match", Form::EntityTag),
    ("if-none-match", Form::EntityTag),
    ("if-range", Form::EntityTag),
    ("range", Form::Range),
    ("x-atlassian-token", Form::Words(&["no-check", "nocheck"])),
    ("x-experimentalapi", Form::Words(&["opt-in"])),
];

const RESPONSE: &[(&str, Form)] = &[
    ("accept-ranges", Form::Words(&["bytes", "none"])),
    ("content-disposition", Form::FileName),
    ("content-range", Form::Range),
    ("content-type", Form::MediaType),
    ("etag", Form::EntityTag),
    ("link", Form::Links),
    ("location", Form::Address),
    ("retry-after", Form::RetryAfter),
    ("www-authenticate", Form::Challenge),
    (
        "x-authentication-denied-reason",
        Form::Words(&["CAPTCHA_CHALLENGE", "AUTHENTICATION_DENIED", "AUTHENTICATED_FAILED"]),
    ),
    (
        "x-seraph-loginreason",
        Form::Words(&["OK", "OUT", "AUTHENTICATED_FAILED", "AUTHENTICATION_DENIED", "AUTHORISATION_FAILED"]),
    ),
];

/// What the names of rate limit headers begin with.
const RATE_LIMITS: [&str; 5] =
    ["ratelimit", "x-ratelimit", "beta-ratelimit", "beta-retry-after", "x-beta-ratelimit"];

/// The words in rate limit headers.
const RATE_LIMIT_WORDS: &str = " jira quota global tenant based burst per issue on write true false api r t w q c policy pk default jsm points ";

pub(super) fn of_request(replacer: &mut Replacer, headers: &HeaderMap) -> Vec<(String, String)> {
    kept(replacer, headers, REQUEST, false)
}

pub(super) fn of_response(replacer: &mut Replacer, headers: &HeaderMap) -> Vec<(String, String)> {
    kept(replacer, headers, RESPONSE, true)
}

fn kept(
    replacer: &mut Replacer,
    headers: &HeaderMap,
    known: &[(&str, Form)],
    rate_limits: bool,
) -> Vec<(String, String)> {
    let mut kept = Vec::new();
    for name in headers.keys() {
        let form = known.iter().find(|(known, _)| name.as_str() == *known).map(|(_, form)| *form);
        let is_rate_limit =
            || rate_limits && RATE_LIMITS.iter().any(|start| name.as_str().starts_with(start));
        let Some(form) = form.or_else(|| is_rate_limit().then_some(Form::RateLimit)) else { continue };
        let all = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
        let text = all.collect::<Vec<_>>().join(", ");
        kept.extend(value(replacer, form, text.trim()).map(|value| (name.as_str().to_owned(), value)));
    }
    kept.sort();
    kept
}

/// What a fixture has as the value; none where it is none that servers send.
fn value(replacer: &mut Replacer, form: Form, text: &str) -> Option<String> {
    let is_digits =
        |text: &str| (1..=6).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    Some(match form {
        Form::MediaType => media_type(text),
        Form::Words(words) => {
            let first = text.split([';', ',']).next().unwrap_or_default().trim();
            words.iter().find(|word| word.eq_ignore_ascii_case(first))?.to_string()
        }
        Form::RateLimit => rate_limit(replacer, text),
        Form::Id => replacer.text(&Place::id(), text),
        Form::EntityTag if text == "*" => text.to_owned(),
        Form::EntityTag => {
            let (weak, tag) = text.strip_prefix("W/").map_or(("", text), |tag| ("W/", tag));
            let tag = replacer.pseudonyms.of(tag, "etag", |n| format!("\"etag-{n}\""));
            format!("{weak}{tag}")
        }
        Form::Range => {
            let rest = text.trim_start_matches("bytes");
            let is_range =
                rest.len() < text.len() && rest.bytes().all(|b| b.is_ascii_digit() || b"=-/*, ".contains(&b));
            is_range.then(|| text.to_owned())?
        }
        Form::RetryAfter if is_digits(text) => text.to_owned(),
        // A date of HTTP is the same for all. That it is in the past ends the wait at once.
        Form::RetryAfter if text.ends_with(" GMT") => "Thu, 01 Jan 2026 00:00:00 GMT".to_owned(),
        Form::RetryAfter => rate_limit(replacer, text),
        Form::Address => replacer.address("GET", text),
        Form::Links => {
            let link = |part: &str| {
                let (before, rest) = part.split_once('<')?;
                let (address, after) = rest.split_once('>')?;
                let rel = ["next", "prev", "first", "last", "self"]
                    .into_iter()
                    .find(|rel| after.contains(&format!("rel=\"{rel}\"")))?;
                before
                    .trim()
                    .is_empty()
                    .then(|| format!("<{}>; rel=\"{rel}\"", replacer.address("GET", address)))
            };
            let links: Vec<String> = text.split(", ").map(link).collect::<Option<_>>()?;
            links.join(", ")
        }
        Form::FileName => {
            let kind = if text.starts_with("inline") { "inline" } else { "attachment" };
            match file_name(text) {
                Some(name) => format!("{kind}; filename=\"{}\"", replacer.file_name(&name)),
                None => kind.to_owned(),
            }
        }
        Form::Challenge => {
            let scheme = text.split([' ', ',']).next().unwrap_or_default();
            let scheme = ["Basic", "Bearer", "OAuth", "JWT"]
                .into_iter()
                .find(|known| known.eq_ignore_ascii_case(scheme))?;
            let code = ["insufficient_scope", "invalid_token", "invalid_request"]
                .into_iter()
                .find(|code| text.contains(code));
            code.map_or(scheme.to_owned(), |code| format!("{scheme} error=\"{code}\""))
        }
    })
}

/// The name in a `Content-Disposition`, in either of its forms: `filename="a.txt"` or `filename*=UTF-8''a%2Etxt`.
fn file_name(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let (at, name) = ["filename*", "filename"].iter().find_map(|name| Some((lower.find(name)?, name)))?;
    let value = text[at + name.len()..].trim_start().strip_prefix('=')?.trim_start();
    if let Some(quoted) = value.strip_prefix('"') {
        let mut name = String::new();
        let mut letters = quoted.chars();
        while let Some(letter) = letters.next().filter(|letter| *letter != '"') {
            name.extend(if letter == '\\' { letters.next() } else { Some(letter) });
        }
        return Some(name);
    }
    let value = value.split(';').next().unwrap_or_default().trim();
    let encoded = value.splitn(3, '\'').nth(2).unwrap_or(value);
    Some(percent_decode_str(encoded).decode_utf8_lossy().into_owned())
}

/// A media type without parameters other than a usual charset.
pub(super) fn media_type(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let kind = lower.split(';').next().unwrap_or_default().trim();
    let kind = if vocabulary::is_media_type(kind) { kind } else { "application/octet-stream" };
    let charset = ["utf-8", "iso-8859-1", "us-ascii", "windows-1252"].into_iter();
    match charset.into_iter().find(|charset| lower.contains(&format!("charset={charset}"))) {
        Some(charset) => format!("{kind};charset={charset}"),
        None => kind.to_owned(),
    }
}

/// The value of a rate limit header: known words and numbers stay, other words become `x`.
fn rate_limit(replacer: &Replacer, text: &str) -> String {
    if let Some(date) = replacer.date(text) {
        return date;
    }
    let mut made = String::new();
    let mut word = String::new();
    for letter in text.chars().chain(['\0']) {
        if letter.is_alphanumeric() {
            word.push(letter);
            continue;
        }
        let is_number = word.len() <= 6 && word.bytes().all(|byte| byte.is_ascii_digit());
        let is_known = is_number || RATE_LIMIT_WORDS.contains(&format!(" {word} "));
        made += if is_known { &word } else { "x" };
        word.clear();
        if "-;=,.\"_: /".contains(letter) {
            made.push(letter);
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use http::{HeaderName, HeaderValue};

    use super::super::texts::Origins;
    use super::*;

    #[test]
    fn headers_are_left_out_unless_they_are_known_to_be_harmless() {
        let origin = || "https://acme.atlassian.net".to_owned();
        let origins = Origins { site: origin(), gateway: origin(), own: origin(), own_files: origin() };
        let mut replacer = Replacer::new(&origins, HashSet::new(), 30);
        for (name, text, expected) in [
            ("authorization", "Basic YWRhOnNlY3JldA==", None),
            ("set-cookie", "session=ada", None),
            ("x-aaccountid", "5eedfa11b0a7c0ffee123456", None),
            ("atl-traceid", "0123456789abcdef", None),
            ("content-type", "application/json;charset=UTF-8", Some("application/json;charset=utf-8")),
            ("content-type", "application/vnd.ada; boundary=ada", Some("application/octet-stream")),
            ("retry-after", "30", Some("30")),
            ("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT", Some("Thu, 01 Jan 2026 00:00:00 GMT")),
            ("retry-after", "ada", Some("x")),
            ("ratelimit-reason", "jira-quota-tenant-based", Some("jira-quota-tenant-based")),
            ("beta-ratelimit", "\"jira-burst-based\";r=99;t=1", Some("\"jira-burst-based\";r=99;t=1")),
            ("x-ratelimit-reset", "2026-11-26T07:00Z", Some("2026-12-26T07:00Z")),
            ("x-ratelimit-remaining", "Ada Lovelace 7", Some("x x 7")),
            ("etag", "W/\"ada\"", Some("W/\"etag-1\"")),
            (
                "link",
                "<https://acme.atlassian.net/rest/api/3/search?startAt=50>; rel=\"next\"",
                Some("<https://site.example.com/rest/api/3/search?startAt=50>; rel=\"next\""),
            ),
            ("link", "<javascript:ada", None),
            (
                "content-disposition",
                "attachment; filename=\"Ada.PDF\"",
                Some("attachment; filename=\"file-1.pdf\""),
            ),
            // The same file, whatever the form of its name.
            (
                "content-disposition",
                "inline; filename*=UTF-8''Ada%2EPDF",
                Some("inline; filename=\"file-1.pdf\""),
            ),
            (
                "content-disposition",
                "attachment; filename=Ada.PDF; size=7",
                Some("attachment; filename=\"file-1.pdf\""),
            ),
            (
                "content-disposition",
                "attachment; filename=\"x.txt\"; filename*=UTF-8''Ad%C3%A4.txt",
                Some("attachment; filename=\"file-2.txt\""),
            ),
            ("content-disposition", "attachment; filename", Some("attachment")),
            ("content-range", "bytes 0-99/200", Some("bytes 0-99/200")),
            ("www-authenticate", "OAuth realm=\"ada\"", Some("OAuth")),
            ("x-seraph-loginreason", "AUTHENTICATED_FAILED", Some("AUTHENTICATED_FAILED")),
            (
                "x-authentication-denied-reason",
                "CAPTCHA_CHALLENGE; login-url=https://ada",
                Some("CAPTCHA_CHALLENGE"),
            ),
        ] {
            let value = HeaderValue::from_str(text).unwrap();
            let headers = HeaderMap::from_iter([(HeaderName::from_static(name), value)]);
            let expected: Vec<_> =
                expected.map(|value| (name.to_owned(), value.to_owned())).into_iter().collect();
            assert_eq!(of_response(&mut replacer, &headers), expected, "{name}: {text}");
        }
    }
}
