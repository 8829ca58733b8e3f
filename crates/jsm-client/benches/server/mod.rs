//! A server that responds with pages of users, so cheaply that what it costs does not blur what is measured.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::Response;
use hyper::header::{CONTENT_TYPE, HeaderValue};

use crate::listen::listen;

/// A server on a loopback port.
pub(crate) struct Server {
    /// Its address, without a slash at the end.
    pub(crate) url: String,
}

/// Starts a server of so many users with pages built beforehand, each of which takes at least the latency.
#[allow(dead_code, reason = "not every benchmark has so few users")]
pub(crate) fn start(users: usize, page: usize, latency: Duration) -> Server {
    let body = |start| Bytes::from(self::page(start, page, users));
    let pages: Arc<[Bytes]> = (0..users).step_by(page).map(body).collect();
    let beyond = body(users);
    let respond =
        move |target: &str| Some(response(pages.get(start_of(target) / page).unwrap_or(&beyond).clone()));
    Server { url: listen(latency, respond) }
}

/// Starts a server of more users than there is memory for: each page is built when it is asked for.
#[allow(dead_code, reason = "not every benchmark has so many users")]
pub(crate) fn start_vast(users: usize, page: usize) -> Server {
    let respond = move |target: &str| Some(response(self::page(start_of(target), page, users).into()));
    Server { url: listen(Duration::ZERO, respond) }
}

/// The parameter `start` of a query.
fn start_of(target: &str) -> usize {
    target.split_once("start=").map_or(0, |(_, rest)| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap_or(0)
    })
}

fn response(body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// The body of a page: users of about 1,410 bytes, as a site sends them.
pub(crate) fn page(start: usize, page: usize, users: usize) -> Vec<u8> {
    let end = (start + page).min(users);
    let values: Vec<String> = (start..end).map(user).collect();
    let site = "https://acme.atlassian.net/rest/servicedeskapi/organization/1/user";
    format!(
        r#"{{"_expands":[],"size":{},"start":{start},"limit":{page},"isLastPage":{},"_links":{{"base":"https://acme.atlassian.net/rest/servicedeskapi","context":"","next":"{site}?start={end}&limit={page}","self":"{site}?start={start}&limit={page}"}},"values":[{}]}}"#,
        end.saturating_sub(start),
        end >= users,
        values.join(",")
    )
    .into_bytes()
}

fn user(number: usize) -> String {
    let id = format!("qm:0b8e1c52-6f3d-4a97-b1de-5c0f7e2a9d41:{number:012}");
    let picture = "https://avatar-management--avatars.us-west-2.prod.public.example.net/default-avatar-0";
    let padding = "x".repeat(60);
    let avatars: Vec<String> = [48, 24, 16, 32]
        .iter()
        .map(|size| format!(r#""{size}x{size}":"{picture}?account={id}&size={size}&version={padding}""#))
        .collect();
    format!(
        r#"{{"accountId":"{id}","name":"user-{number}","key":"user-{number}","emailAddress":"user-{number}@example.com","displayName":"User {number}","active":{},"timeZone":"Australia/Sydney","_links":{{"jiraRest":"https://acme.atlassian.net/rest/api/2/user?accountId={id}","avatarUrls":{{{}}},"self":"https://acme.atlassian.net/rest/api/2/user?accountId={id}"}}}}"#,
        !number.is_multiple_of(10),
        avatars.join(",")
    )
}
