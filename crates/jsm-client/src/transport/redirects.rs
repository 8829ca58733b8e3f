//! The way to a file: servers redirect to it, mostly at another origin.

use std::mem;

use bytes::Bytes;
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, HeaderMap, HeaderName, IF_RANGE, LOCATION, RANGE};
use http::{Method, StatusCode};
use reqwest::{Request, Response, Url};

use super::body::{Head, read_start};
use super::classify::{self, Failure};
use super::plan::{Plan, no_credentials, opt_in};
use super::retry_after;
use super::site::Site;
use crate::error::{self, Error, ErrorKind, Result};

/// The headers that say which bytes of a file are requested, and in which form. They go to every address of it.
const OF_FILE: [HeaderName; 3] = [ACCEPT_ENCODING, RANGE, IF_RANGE];

/// How many redirects are followed, one after the other.
const MAX_REDIRECTS: u32 = 5;

/// Follows a redirect, and those after it, up to the file.
///
/// Each of them is checked: credentials go to the client's own origins only, and none leads from https to http or to a
/// login page. A failure on the way is one of the attempt: the next attempt requests another address of the file.
pub(super) async fn follow(
    plan: &Plan<'_>,
    mut head: Head,
    mut from: Url,
) -> Result<(Head, Response), Failure> {
    let Plan { transport, spec, .. } = *plan;
    for _ in 0..MAX_REDIRECTS {
        let target = target(&transport.site, &from, &head)?;
        let mut request = Request::new(Method::GET, target);
        for name in OF_FILE {
            if let Some(value) = spec.options.headers.get(&name) {
                request.headers_mut().insert(name, value.clone());
            }
        }
        let is_own = transport.site.owns(request.url());
        if is_own {
            let authorization = plan.authorization(None).await.map_err(no_credentials)?;
            request.headers_mut().insert(AUTHORIZATION, authorization);
            if plan.opted_in() {
                opt_in(request.headers_mut());
            }
        }
        let authorization = request.headers().get(AUTHORIZATION).cloned();
        let http = transport.http.for_files(request.url())?;
        let response = tokio::time::timeout(plan.time_left(), http.execute(request)).await;
        let mut response = response
            .map_err(|_| classify::of_timeout("no response in time from the address of the file", true))?
            .map_err(|error| classify::of_network_error(error, true))?;
        head = Head { status: response.status(), headers: mem::take(response.headers_mut()) };
        if head.status.is_success() {
            return Ok((head, response));
        }
        if !is_redirect(head.status) {
            let asked = retry_after::pause(head.status, &head.headers, || transport.clock.date());
            let body = read_start(response, error::MAX_KEPT_BODY, plan.time_left()).await;
            let error = Error::of_response(head.status, &head.headers, body).with_retry_after(asked);
            return Err(match is_own {
                true => plan.classify(error, authorization),
                false => classify::of_status(head.status, error, true).of_other_server(),
            });
        }
        from = response.url().clone();
    }
    let note =
        format!("the address of the file redirects more than {MAX_REDIRECTS} times, which is not followed");
    Err(Error::new(ErrorKind::Other, note).with_response(head.status, &head.headers, Bytes::new()).into())
}

/// Whether a status redirects to another address.
pub(super) fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// The address that a redirect leads to, if it may be followed.
fn target(site: &Site, from: &Url, Head { status, headers }: &Head) -> Result<Url> {
    let wrong = |note: &str| Error::new(ErrorKind::Other, note).with_response(*status, headers, Bytes::new());
    let location = location(headers).ok_or_else(|| wrong("the server redirects without a target"))?;
    let target = from.join(&location).map_err(|_| wrong("the server redirects to an invalid address"))?;
    if is_login(site, &target) {
        let note = "redirected to a login page; check the site's address and the credentials";
        return Err(wrong(note).with_kind(ErrorKind::Authentication));
    }
    if target.scheme() != "https" && target.scheme() != from.scheme() {
        return Err(wrong("the server redirects to an address without encryption"));
    }
    Ok(target)
}

/// The target of a redirect, with blanks and bytes that are not ASCII escaped, whatever their encoding.
fn location(headers: &HeaderMap) -> Option<String> {
    headers.get(LOCATION).map(|location| escaped(location.as_bytes()))
}

fn escaped(location: &[u8]) -> String {
    let mut text = String::with_capacity(location.len());
    for byte in location.trim_ascii() {
        match byte {
            b'!'..=b'~' => text.push(char::from(*byte)),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

/// Whether an address is a login page.
fn is_login(site: &Site, target: &Url) -> bool {
    target.host_str() == Some("id.atlassian.com") || site.owns(target) && target.path().starts_with("/login")
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn escapes_bytes_that_an_address_cannot_hold() {
        for (location, written) in [
            (&b" /a b.pdf?name=c d "[..], "/a%20b.pdf?name=c%20d"),
            ("/f/Größe 東.pdf".as_bytes(), "/f/Gr%C3%B6%C3%9Fe%20%E6%9D%B1.pdf"),
            (b"/latin/\xfcber.txt", "/latin/%FCber.txt"),
            (b"https://x.example.com/%20?a=%41#b", "https://x.example.com/%20?a=%41#b"),
        ] {
            assert_eq!(escaped(location), written);
        }
    }
}
